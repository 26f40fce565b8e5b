"""Waiting for cancelled legs, refusing what comes too late, forgetting."""

from __future__ import annotations

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.calls import AttemptOutcome, CallOutcome
from tests.fmc_gateway.call.kit import B1, B2, A, Ladder, binding, invite, sdp


def ending() -> Ladder:
    """The caller gave up; two cancelled legs owe their final responses."""
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"))
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(ev.LegCancelled(leg=A))
    assert ladder.state == "Ending"
    return ladder


def test_record_waits_for_the_last_cancelled_leg() -> None:
    ladder = ending()
    assert ladder.of(cmd.StartTimer, last=True) == [cmd.StartTimer(name="settle", after_s=4.0)]
    assert ladder.tell(ev.LegRejected(leg=B1, status=487)) == ()
    ladder.tell(ev.LegRejected(leg=B2, status=487))
    assert [type(one) for one in ladder.last] == [cmd.StopTimer, cmd.WriteRecord, cmd.Finish]
    assert ladder.call is None


def test_dead_phone_does_not_hold_back_the_record_and_its_late_200_is_still_ended() -> None:
    ladder = ending()
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    ladder.tell(ev.TimerFired(name="settle"), after_s=4)
    assert [type(one) for one in ladder.last] == [cmd.WriteRecord, cmd.StartTimer]
    assert ladder.leg(B2).status is None
    assert ladder.leg(B2).ended is not None
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("late"), to_tag="t"), after_s=20)
    assert [type(one) for one in ladder.last] == [cmd.EndLeg, cmd.StopTimer, cmd.Finish]
    assert len(ladder.of(cmd.WriteRecord)) == 1


def test_phone_that_never_says_anything_is_forgotten_after_64_t1() -> None:
    ladder = ending()
    ladder.tell(ev.TimerFired(name="settle"), after_s=4)
    waits = [one.after_s for one in ladder.of(cmd.StartTimer) if one.name == "settle"]
    assert sum(waits) >= 32
    assert ladder.tell(ev.TimerFired(name="settle"), after_s=30) == (cmd.Finish(),)
    assert ladder.call is None


def test_cancelled_leg_whose_connection_breaks_is_settled() -> None:
    ladder = ending()
    ladder.tell(ev.LegEnded(leg=B1, cause="transport"))
    ladder.tell(ev.LegEnded(leg=B2, cause="transport"))
    assert ladder.call is None


def test_repeated_finals_settle_once() -> None:
    ladder = ending()
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    assert ladder.tell(ev.LegRejected(leg=B1, status=487)) == ()
    assert ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("x"), to_tag="t")) == ()
    assert ladder.state == "Ending"


def test_another_timer_settles_nothing() -> None:
    ladder = ending()
    assert ladder.tell(ev.TimerFired(name="no_answer")) == ()


def test_offer_on_a_call_that_ends_is_481() -> None:
    ladder = ending()
    assert ladder.tell(ev.LegReoffered(leg=B1, sdp=sdp("x"), method="UPDATE")) == (
        cmd.RejectReoffer(leg=B1, status=481),
    )


def test_leg_of_a_forgotten_call_is_ended_and_its_offer_refused() -> None:
    ladder = Ladder()
    assert ladder.tell(ev.LegAnswered(leg=B1, sdp=None, to_tag="t")) == (cmd.EndLeg(leg=B1),)
    assert ladder.tell(ev.LegReoffered(leg=B1, sdp=None, method="INVITE")) == (
        cmd.RejectReoffer(leg=B1, status=481),
    )
    assert ladder.call is None


@pytest.mark.parametrize(
    ("by", "ended_by"), [("user:suze", "calling"), ("operator", "operator"), ("drain", "gateway")]
)
def test_hang_up_is_asked_for_while_it_rings(by: str, ended_by: str) -> None:
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"))
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(ev.HangUpRequested(by=by))
    assert ladder.of(cmd.RejectLeg)[0].status == 480
    assert {one.leg for one in ladder.of(cmd.CancelLeg)} == {B1, B2}
    assert cmd.StopTimer(name="no_answer") in ladder.last
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    ladder.tell(ev.LegRejected(leg=B2, status=487))
    assert ladder.record.outcome is CallOutcome.CANCELLED
    assert ladder.leg(A).ended_by == ended_by
    outcomes = {device: one.outcome for device, one in ladder.attempts().items()}
    assert outcomes == {"piet-desk1": AttemptOutcome.RANG, "piet-mobile": AttemptOutcome.FAILED}


def test_hang_up_is_asked_for_before_the_directory_answers() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.tell(ev.HangUpRequested(by="operator"))
    assert ladder.of(cmd.RejectLeg)[0].status == 480
    assert ladder.call is None


def test_call_that_was_never_shown_is_not_withdrawn() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(None, None)
    assert ladder.of(cmd.PublishLive) == []
