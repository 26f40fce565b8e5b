"""Established calls end: from either side, by a dead dialog, by silence, on request."""

from __future__ import annotations

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.calls import CallOutcome
from hipper.pbx.ids import LegId, PairId
from tests.fmc_gateway.call.kit import B1, B2, ELSEWHERE, M1, A, Ladder, binding, sdp

OTHER = {A: B1, B1: A}


def talking() -> Ladder:
    ladder = Ladder()
    ladder.talk()
    return ladder


@pytest.mark.parametrize(("leg", "by"), [(A, "calling"), (B1, "called")])
def test_either_side_hangs_up_and_the_other_hears_why(leg: LegId, by: str) -> None:
    ladder = talking()
    ladder.tell(ev.LegEnded(leg=leg, cause="bye", q850=16, reason="Q.850;cause=16"), after_s=30)
    assert ladder.of(cmd.EndLeg) == [cmd.EndLeg(leg=OTHER[leg], reason="Q.850;cause=16")]
    assert ladder.of(cmd.DeleteMedia) == [cmd.DeleteMedia(pair=M1)]
    assert ladder.live() is None
    assert ladder.last[-1] == cmd.Finish()
    assert ladder.call is None
    record = ladder.record
    assert (record.outcome, {one.ended_by for one in record.legs}) == (CallOutcome.ANSWERED, {by})
    assert record.answered is not None
    assert record.ended - record.answered == pytest.approx(30.1)
    assert ladder.leg(leg).q850 == 16
    assert all(one.status == 200 for one in record.legs)


@pytest.mark.parametrize(
    ("leg", "cause"),
    [(A, "no_ack"), *((B1, cause) for cause in ("no_ack", "session_expired", "dialog_gone", "transport"))],
)
def test_dead_dialog_ends_the_other_side_with_a_reason(cause: str, leg: LegId) -> None:
    """Of a desk phone; of a handset see test_losing."""
    ladder = talking()
    ladder.tell(ev.LegEnded(leg=leg, cause=cause))
    (end,) = ladder.of(cmd.EndLeg)
    assert end.leg == OTHER[leg]
    assert end.reason is not None
    assert {one.ended_by for one in ladder.record.legs} == {"gateway"}


def test_peers_reason_goes_before_ours() -> None:
    ladder = talking()
    ladder.tell(ev.LegEnded(leg=B1, cause="transport", reason="Q.850;cause=38"))
    assert ladder.of(cmd.EndLeg)[0].reason == "Q.850;cause=38"


def test_media_stops_and_both_sides_are_ended() -> None:
    ladder = talking()
    ladder.tell(ev.MediaTimedOut(pair=M1))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A, B1]
    assert {one.reason for one in ladder.of(cmd.EndLeg)} == {'Q.850;cause=102;text="Media timeout"'}
    assert {one.ended_by for one in ladder.record.legs} == {"gateway"}
    assert ladder.record.outcome is CallOutcome.ANSWERED


def test_media_of_another_pair_stops() -> None:
    ladder = talking()
    assert ladder.tell(ev.MediaTimedOut(pair=PairId("x"))) == ()


@pytest.mark.parametrize(
    ("by", "recorded"),
    [("user:suze", "calling"), ("user:piet", "called"), ("operator", "operator"), ("drain", "gateway")],
)
def test_hang_up_on_request_ends_both_and_says_who_asked(by: str, recorded: str) -> None:
    ladder = talking()
    ladder.tell(ev.HangUpRequested(by=by))
    assert {one.leg for one in ladder.of(cmd.EndLeg)} == {A, B1}
    assert ladder.of(cmd.RejectLeg) == []
    assert {one.ended_by for one in ladder.record.legs} == {recorded}
    assert ladder.record.outcome is CallOutcome.ANSWERED


def test_cancel_crosses_our_200_and_there_was_no_call() -> None:
    ladder = talking()
    assert ladder.tell(ev.LegCancelled(leg=B1)) == ()
    ladder.tell(ev.LegCancelled(leg=A, reason="SIP;cause=487"))
    assert ladder.of(cmd.EndLeg) == [cmd.EndLeg(leg=B1, reason="SIP;cause=487")]
    assert ladder.record.outcome is CallOutcome.CANCELLED
    assert ladder.record.answered is None
    assert ladder.leg(A).status == 487


def talking_with_a_loser() -> Ladder:
    """B2 was cancelled and has not said a word since."""
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"))
    ladder.answer()
    return ladder


def test_loser_says_487_while_the_others_talk() -> None:
    ladder = talking_with_a_loser()
    assert ladder.tell(ev.LegRejected(leg=B2, status=487)) == ()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.call is None
    assert ladder.leg(B2).status == 487


def test_loser_answers_while_the_others_talk_and_is_ended() -> None:
    ladder = talking_with_a_loser()
    assert ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("late"), to_tag="t")) == (
        cmd.EndLeg(leg=B2, reason=ELSEWHERE),
    )
    assert ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("late"), to_tag="t")) == ()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.call is None


def test_losers_connection_breaks() -> None:
    ladder = talking_with_a_loser()
    assert ladder.tell(ev.LegEnded(leg=B2, cause="transport")) == ()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.call is None


def test_call_ends_before_the_loser_said_487() -> None:
    ladder = talking_with_a_loser()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.state == "Ending"
    assert ladder.of(cmd.WriteRecord) == []
    ladder.tell(ev.LegRejected(leg=B2, status=487))
    assert ladder.call is None
    assert ladder.record.outcome is CallOutcome.ANSWERED
