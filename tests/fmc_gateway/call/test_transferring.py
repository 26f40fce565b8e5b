"""The user leaves before anybody has answered, or transfers without a word to whoever does."""

from __future__ import annotations

from typing import Any

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.bus import RefusedBecause
from hipper.contracts.calls import LivePhase
from hipper.pbx.ids import LegId, SubscriberId
from tests.fmc_gateway.call.consultations import (
    C1,
    DESK,
    SUZE,
    answer,
    ask,
    bridge,
    consult,
    consulting,
    nothing_is_left_of_it,
    outside,
    pairs_left,
    picks_up,
    ringing,
    sounding,
    transferred,
)
from tests.fmc_gateway.call.kit import (
    B1,
    M1,
    A,
    Ladder,
    binding,
    invite,
    joined,
    kees,
    piet,
    sdp,
    suze,
)

# Left to ring.


def left() -> Ladder:
    """The user has completed while Piet's desk phone rings."""
    ladder = ringing()
    ladder.tell(ask("complete"))
    return ladder


def test_user_leaves_while_the_colleague_rings_and_is_free() -> None:
    ladder = left()
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A]
    assert answer(ladder)[0]
    assert sounding(ladder) == {(M1, B1, True)}, "the far party hears ringing"
    live = ladder.live()
    assert live is not None
    assert (live.calling.subscriber, live.calling.ringing) == ("piet", ("piet-desk1",))
    assert SUZE not in {live.called.subscriber, *(one.subscriber for one in live.others)}


def test_colleague_answers_the_far_party_when_the_user_has_left() -> None:
    ladder = left()
    picks_up(ladder)
    bridge(ladder)
    transferred(ladder)
    ladder.tell(ev.LegEnded(leg=C1, cause="bye"))
    assert {one.leg for one in ladder.record.legs} == {A, B1, C1}
    talks = [(one.calling, one.called) for one in ladder.record.segments if one.calling != one.called]
    assert talks == [(A, B1), (C1, B1)]


@pytest.mark.parametrize("event", [ev.LegRejected(leg=C1, status=486), ev.TimerFired(name="no_answer")])
def test_nobody_answers_and_the_users_telephones_ring_for_the_far_party(event: ev.AnyEvent) -> None:
    ladder = left()
    ladder.tell(event)
    assert ladder.of(cmd.LoadContext, last=True)[0].served_subscriber == SUZE
    ladder.load(suze(), None, binding("suze-desk1"))
    assert sounding(ladder) == {(M1, B1, False)}, "the far party waits with music"
    ladder.offers()
    back = [one for one in ladder.of(cmd.Originate) if one.leg not in (B1, C1)]
    assert [one.leg for one in back] == ["c1-c2", "c1-c3"], "also the telephone the call was on"
    desk = LegId("c1-c2")
    ladder.tell(ev.LegAnswered(leg=desk, sdp=sdp("desk"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.calling.device, live.called.leg) == (LivePhase.ESTABLISHED, "suze-desk1", B1)
    assert sounding(ladder) == set()


def test_nobody_takes_it_back_and_it_is_over() -> None:
    ladder = left()
    ladder.tell(ev.LegRejected(leg=C1, status=486))
    ladder.tell(ev.ContextFailed(reason="away"))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A, B1]
    assert pairs_left(ladder) == set()


# Without consultation.


def transfer(**more: Any) -> Ladder:
    """Suze sends her call outside on to Piet, whose INVITE is out."""
    ladder = outside()
    ladder.tell(ev.TransferRequested(request="r1", subscriber=SUZE, destination="202", **more))
    ladder.load(suze(), piet(**DESK), binding("piet-desk1"))
    ladder.offers()
    return ladder


def test_user_is_let_go_when_it_rings_and_the_far_party_hears_that() -> None:
    ladder = transfer()
    assert answer(ladder)[0]
    assert ladder.of(cmd.EndLeg) == []
    ladder.tell(ev.LegRinging(leg=C1, status=180))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A]
    assert sounding(ladder) == {(M1, B1, True)}
    picks_up(ladder)
    bridge(ladder)
    transferred(ladder)


def test_who_answers_at_once_has_the_far_party() -> None:
    ladder = transfer()
    picks_up(ladder)
    bridge(ladder)
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A]
    transferred(ladder)


def test_user_may_hang_up_before_it_rings() -> None:
    ladder = transfer()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.of(cmd.EndLeg) == []
    assert sounding(ladder) == {(M1, B1, True)}
    picks_up(ladder)
    bridge(ladder)
    transferred(ladder)


def test_refused_before_it_rings_and_the_user_is_there_still() -> None:
    ladder = transfer()
    ladder.tell(ev.LegRejected(leg=C1, status=486))
    nothing_is_left_of_it(ladder)


@pytest.mark.parametrize("returns", [True, False])
def test_nobody_answers_and_the_call_comes_back_if_wanted(returns: bool) -> None:
    ladder = transfer(returns=returns, no_answer_s=12)
    assert cmd.StartTimer(name="move", after_s=12.0) in ladder.commands
    ladder.tell(ev.LegRinging(leg=C1, status=180))
    ladder.tell(ev.TimerFired(name="move"))
    assert bool(ladder.of(cmd.LoadContext, last=True)) == returns
    assert (B1 in {one.leg for one in ladder.of(cmd.EndLeg)}) != returns


# Refused.


def test_what_the_state_does_not_allow_is_refused() -> None:
    ladder = outside()
    for step in ("complete", "cancel", "swap"):
        ladder.tell(ask(step))
        assert not answer(ladder)[0]
    ladder.tell(ev.ConsultRequested(request="r3", subscriber=SubscriberId("kees"), destination="202"))
    assert not answer(ladder)[0]
    ladder = ringing()
    for event in (consult(), ask("swap"), ask("cancel", SubscriberId("piet"))):
        ladder.tell(event)
        assert not answer(ladder)[0]
        assert len(ladder.last) == 1
    ladder = consulting()
    for event in (consult(), ask("complete", SubscriberId("piet"))):
        ladder.tell(event)
        assert not answer(ladder)[0]
    ladder.tell(joined("j1", "suze", "suze-desk1"))
    assert ladder.of(cmd.ReturnLeg, last=True)


def test_113_is_not_put_aside() -> None:
    ladder = Ladder()
    ladder.tell(invite("113"))
    ladder.load(suze(), None)
    ladder.offers()
    ladder.answer()
    ladder.tell(consult())
    assert (answer(ladder)[0], answer(ladder)[2]) == (False, RefusedBecause.EMERGENCY)


@pytest.mark.parametrize("helpline", ["113", "0800 0113"])
def test_nobody_is_given_to_113(helpline: str) -> None:
    """Nothing may be asked of a call with 113: who consulted it could neither go back nor give it up, and by
    hanging up would leave the far party there."""
    wishes = (consult(helpline), ev.TransferRequested(request="r1", subscriber=SUZE, destination=helpline))
    for wish in wishes:
        ladder = outside()
        ladder.tell(wish)
        ladder.load(suze(), None)
        assert (answer(ladder)[0], answer(ladder)[2]) == (False, RefusedBecause.EMERGENCY)
        assert ladder.of(cmd.Originate, last=True) == []
        nothing_is_left_of_it(ladder)


def test_a_user_who_was_called_consults_as_well() -> None:
    """Piet was called by Suze; Kees talks to Suze in the end."""
    ladder = Ladder()
    ladder.talk()
    who = SubscriberId("piet")
    ladder.tell(ev.ConsultRequested(request="r1", subscriber=who, destination="204"))
    ladder.load(piet(**DESK), kees(devices=kees().devices[:1]), binding("kees-desk1"))
    ladder.offers()
    picks_up(ladder)
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    assert sounding(ladder) == {(M1, A, False)}
    ladder.tell(ask("complete", who))
    bridge(ladder)
    live = ladder.live()
    assert live is not None
    assert (live.calling.subscriber, live.called.subscriber) == ("suze", "kees")
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert {one.leg for one in ladder.record.legs} == {A, B1, C1}
    assert ladder.record.legs[0].leg == A
