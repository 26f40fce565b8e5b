"""``*11`` from a telephone that leaves the offer to us (RFC 3261 §13.2.1): it gets it in the 200."""

from __future__ import annotations

import msgspec
import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.calls import LivePhase
from hipper.pbx.ids import CallId, LegId, PairId
from tests.fmc_gateway.call.consultations import outside, pairs_left, sounding
from tests.fmc_gateway.call.kit import B1, M1, A, Ladder, invite_from_desk, joined, sdp, suze

J, N1 = LegId("j1"), PairId("c1-n1")
NOTHING = ev.LegConfirmed(leg=J, sdp=None)


def late() -> ev.LegJoined:
    event = joined(J, "suze", "suze-desk1")
    return msgspec.structs.replace(event, offered=msgspec.structs.replace(event.offered, sdp=None))


def offered() -> Ladder:
    """The desk phone has the offer in its 200."""
    ladder = outside()
    ladder.tell(late())
    assert ladder.last == (cmd.OfferMedia(pair=N1, from_leg=B1, to_leg=J, sdp=sdp("piet")),)
    ladder.offers()
    return ladder


def test_code_without_a_description_asks_for_the_call() -> None:
    ladder = Ladder()
    ladder.tell(invite_from_desk("*11", sdp=None))
    ladder.load(suze(), None)
    assert [type(one) for one in ladder.last] == [cmd.FindCall]
    ladder.tell(ev.CallChosen(call=CallId("c2")))
    assert [one.joined.offered.sdp for one in ladder.of(cmd.HandOver)] == [None]
    nobody = Ladder()
    nobody.tell(invite_from_desk("*11", sdp=None))
    nobody.load(suze(), None)
    nobody.tell(ev.CallChosen(call=None, explanation="no"))
    assert [one.status for one in nobody.of(cmd.RejectLeg)] == [480], "nothing can be spoken to it"


def test_it_answers_in_its_ack_and_only_then_is_the_far_party_asked() -> None:
    ladder = offered()
    (answer,) = ladder.last
    assert isinstance(answer, cmd.AnswerLeg)
    assert (answer.leg, answer.sdp) == (J, sdp(f"for {J}"))
    assert answer.connected is not None
    assert answer.connected.number == "+31301112233"
    ladder.tell(ev.LegConfirmed(leg=J, sdp=sdp("desk")))
    assert ladder.last == (cmd.AnswerMedia(pair=N1, offering_leg=B1, answering_leg=J, sdp=sdp("desk")),)
    ladder.answers()
    assert [one.leg for one in ladder.of(cmd.Reoffer, last=True)] == [B1]
    assert ladder.of(cmd.EndLeg) == []
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A]
    live = ladder.live()
    assert live is not None
    assert (live.calling.leg, live.called.leg, live.phase) == (J, B1, LivePhase.ESTABLISHED)
    assert pairs_left(ladder) == {N1}
    assert sounding(ladder) == set()


@pytest.mark.parametrize(
    "event",
    [NOTHING, ev.LegEnded(leg=J, cause="no_ack"), ev.LegEnded(leg=J, cause="bye")],
)
def test_without_an_answer_the_two_talk_on(event: ev.AnyEvent) -> None:
    ladder = offered()
    ladder.tell(event)
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == ([J] if event is NOTHING else [])
    assert ladder.of(cmd.Reoffer) == []
    assert pairs_left(ladder) == {M1}
    assert ladder.of(cmd.ReturnLeg) == [], "it has been answered"


def test_media_that_cannot_be_offered_leaves_it_as_it_was() -> None:
    ladder = outside()
    ladder.tell(late())
    ladder.tell(ev.MediaFailed(pair=N1, reason="x"))
    assert [one.returned.joined.leg for one in ladder.of(cmd.ReturnLeg)] == [J]
    assert pairs_left(ladder) == {M1}


def test_far_party_that_refuses_stays_where_it_was() -> None:
    ladder = offered()
    ladder.tell(ev.LegConfirmed(leg=J, sdp=sdp("desk")))
    ladder.answers()
    ladder.tell(ev.LegReofferRejected(leg=B1, status=488))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [J]
    assert pairs_left(ladder) == {M1}
