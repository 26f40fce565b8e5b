"""A handset that is lost without a word: the far party waits, then the user's other telephones ring."""

from __future__ import annotations

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.calls import CallOutcome, LivePhase
from hipper.pbx.ids import LegId, PairId
from tests.fmc_gateway.call.kit import (
    B1,
    M1,
    A,
    Ladder,
    binding,
    invite,
    joined,
    music_of,
    piet,
    sdp,
    suze,
)

C1, N1 = LegId("c1-c1"), PairId("c1-n1")


def outside() -> Ladder:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.answer()
    return ladder


def waiting() -> Ladder:
    ladder = outside()
    ladder.tell(ev.LegEnded(leg=A, cause="session_expired"))
    return ladder


LOST = (
    {"cause": "session_expired"},
    {"cause": "dialog_gone"},
    {"cause": "transport"},
    {"cause": "bye", "reason": 'SIP;cause=503;text="Media bearer or signalling lost"'},
    {"cause": "bye", "reason": 'RELEASE_CAUSE;cause=2;text="RTP/RTCP time-out"'},
    {"cause": "bye", "reason": "Q.850; cause=41"},
)


@pytest.mark.parametrize("how", LOST)
def test_far_party_of_a_lost_handset_hears_music_for_20_seconds(how: dict[str, str]) -> None:
    ladder = outside()
    ladder.tell(ev.LegEnded(leg=A, **how))  # type: ignore[arg-type]
    assert ladder.of(cmd.EndLeg) == []
    assert ladder.of(cmd.PlayMusic) == [cmd.PlayMusic(pair=M1, leg=B1, music=music_of("suze"))]
    assert [one.leg for one in ladder.of(cmd.BlockMedia)] == [A, B1]
    assert cmd.StartTimer(name="lost", after_s=20.0) in ladder.last
    live = ladder.live()
    assert live is not None
    assert live.phase is LivePhase.HELD


ENDED = (
    {"cause": "bye"},
    {"cause": "no_ack"},
    {"cause": "bye", "reason": "Q.850;cause=16"},
    {"cause": "bye", "reason": 'SIP;cause=200;text="503 is no cause"'},
    {"cause": "bye", "reason": "RELEASE_CAUSE;cause=1"},
)


@pytest.mark.parametrize("how", ENDED)
def test_who_hangs_up_has_hung_up(how: dict[str, str]) -> None:
    ladder = outside()
    ladder.tell(ev.LegEnded(leg=A, **how))  # type: ignore[arg-type]
    assert ladder.call is None


def test_desk_phones_and_the_outside_are_no_handsets() -> None:
    ladder = Ladder()
    ladder.talk()
    ladder.tell(ev.LegEnded(leg=B1, cause="dialog_gone"))
    assert ladder.call is None
    other = outside()
    other.tell(ev.LegEnded(leg=B1, cause="dialog_gone"))
    assert other.call is None


def test_handset_of_the_called_user_is_lost_as_well() -> None:
    ladder = Ladder()
    ladder.ring_colleague(devices=piet().devices[-1:])
    ladder.answer()
    ladder.tell(ev.LegEnded(leg=B1, cause="dialog_gone"))
    assert ladder.of(cmd.PlayMusic) == [cmd.PlayMusic(pair=M1, leg=A, music=music_of("piet"))]


def test_emergency_call_ends_as_ever() -> None:
    ladder = Ladder()
    ladder.tell(invite("112"))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("112"), to_tag="t"))
    ladder.tell(ev.LegEnded(leg=A, cause="dialog_gone"))
    assert ladder.call is None
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [B1]


def test_another_telephone_takes_the_far_party_out_of_the_music() -> None:
    ladder = waiting()
    ladder.tell(joined("j1", "suze", "suze-desk1"))
    ladder.offers()
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("far")))
    ladder.answers()
    ladder.tell(ev.LegConfirmed(leg=LegId("j1")))
    assert ladder.of(cmd.EndLeg) == [], "the lost one has no dialog to end"
    assert cmd.StopTimer(name="lost") in ladder.last
    assert ladder.of(cmd.BlockMedia, last=True) == []
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.calling.device) == (LivePhase.ESTABLISHED, "suze-desk1")
    ladder.tell(ev.LegEnded(leg=LegId("j1"), cause="bye"))
    assert ladder.record.outcome is CallOutcome.ANSWERED


def test_pull_that_fails_leaves_the_far_party_waiting_on() -> None:
    ladder = waiting()
    ladder.tell(joined("j1", "suze", "suze-desk1"))
    ladder.offers()
    ladder.tell(ev.LegReofferRejected(leg=B1, status=488))
    assert ladder.call is not None
    assert len(ladder.of(cmd.ReturnLeg)) == 1
    ladder.tell(joined("j2", "suze", "suze-desk1"))
    assert ladder.of(cmd.OfferMedia, last=True)


def test_after_20_seconds_the_others_ring_and_one_takes_the_call() -> None:
    ladder = waiting()
    ladder.tell(ev.TimerFired(name="lost"), after_s=20)
    assert ladder.last == (cmd.LoadContext(served_subscriber=suze().subscriber, dialled=""),)
    ladder.load(suze(), None, binding("suze-desk1"))
    assert ladder.of(cmd.OfferMedia, last=True) == [
        cmd.OfferMedia(pair=N1, from_leg=B1, to_leg=C1, sdp=sdp("piet"))
    ]
    ladder.offers()
    (call,) = ladder.of(cmd.Originate, last=True)
    assert call.identity.number == "+31301112233"
    ladder.tell(ev.LegAnswered(leg=C1, sdp=sdp("desk"), to_tag="t"))
    ladder.answers()
    assert [one.leg for one in ladder.of(cmd.Reoffer, last=True)] == [B1]
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.calling.device) == (LivePhase.ESTABLISHED, "suze-desk1")


def test_nobody_takes_it_and_it_is_over() -> None:
    ladder = waiting()
    ladder.tell(ev.TimerFired(name="lost"), after_s=20)
    ladder.load(suze(), None, binding("suze-desk1"))
    ladder.offers()
    ladder.tell(ev.TimerFired(name="move"), after_s=25)
    assert [one.leg for one in ladder.of(cmd.CancelLeg)] == [C1]
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [B1]
    ladder.tell(ev.LegRejected(leg=C1, status=487))
    assert ladder.call is None
    assert ladder.record.outcome is CallOutcome.ANSWERED


@pytest.mark.parametrize("answer", [None, ev.ContextFailed(reason="away")])
def test_no_other_telephone_is_there(answer: ev.AnyEvent | None) -> None:
    ladder = waiting()
    ladder.tell(ev.TimerFired(name="lost"), after_s=20)
    ladder.tell(answer or ev.ContextLoaded(caller=suze(), called=None))
    assert ladder.call is None
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [B1]


def test_far_party_that_offers_anew_while_it_waits_is_answered_here() -> None:
    """The lost handset would never answer."""
    ladder = waiting()
    ladder.tell(ev.LegReoffered(leg=B1, sdp=sdp("elsewhere", version=4), method="INVITE"))
    ladder.offers()
    ladder.answers()
    assert ladder.of(cmd.Reoffer) == []
    assert [one.leg for one in ladder.of(cmd.AnswerReoffer, last=True)] == [B1]
    ladder.tell(joined("j1", "suze", "suze-desk1"))
    assert ladder.of(cmd.OfferMedia, last=True)


def test_far_party_hangs_up_while_it_waits() -> None:
    ladder = waiting()
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    assert ladder.call is None
    assert ladder.of(cmd.EndLeg) == []
    assert cmd.StopTimer(name="lost") in ladder.last
