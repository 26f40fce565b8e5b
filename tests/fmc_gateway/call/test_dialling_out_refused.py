"""A dialled call that does not come about: refused, nobody picks up, hung up, rtpengine away."""

from __future__ import annotations

from typing import Any

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.calls import AttemptOutcome, CallOutcome
from tests.fmc_gateway.call.dialled import (
    A1,
    D1,
    DESK,
    answered,
    asked,
    barred,
    calling,
    colleague,
    picked_up,
    ringing,
    wish,
)
from tests.fmc_gateway.call.kit import (
    B1,
    M1,
    SUZE_FIXED,
    SUZE_MOBILE,
    Ladder,
    sdp,
    suze,
)

# Refused.


@pytest.mark.parametrize("destination", ["112", "+31112", "#31#112", "*21*203#", "1233"])
def test_emergency_numbers_and_codes_are_refused(destination: str) -> None:
    ladder = asked(destination)
    (answer,) = ladder.of(cmd.AnswerDial)
    assert not answer.accepted
    assert answer.explanation
    assert ladder.of(cmd.Originate) == []
    assert ladder.of(cmd.OfferMedia) == []
    assert ladder.record.outcome is CallOutcome.REFUSED
    assert ladder.record.rule.startswith("dial.")
    assert ladder.call is None


def test_calling_plan_holds_before_any_telephone_rings() -> None:
    ladder = asked("030 111 2233", None, barred())
    (answer,) = ladder.of(cmd.AnswerDial)
    assert not answer.accepted
    assert answer.explanation
    assert ladder.of(cmd.OfferMedia) == []
    assert ladder.record.rule.startswith("plan.")
    assert asked("030 111 2233").of(cmd.AnswerDial)[0].accepted


def test_refusal_is_shown_to_the_app_as_a_call_that_is_over() -> None:
    ladder = asked("112")
    shown = [one.live for one in ladder.of(cmd.PublishLive)]
    assert shown[0] is not None
    assert (shown[0].calling.subscriber, shown[-1]) == ("suze", None)


def test_user_nobody_knows_and_a_directory_that_is_away() -> None:
    ladder = Ladder()
    ladder.tell(wish())
    ladder.load(None, None)
    assert not ladder.of(cmd.AnswerDial)[0].accepted
    ladder = Ladder()
    ladder.tell(wish())
    ladder.tell(ev.ContextFailed(reason="away"))
    assert not ladder.of(cmd.AnswerDial)[0].accepted
    assert ladder.call is None


def test_no_telephone_of_the_user_is_registered() -> None:
    ladder = Ladder()
    ladder.tell(wish())
    ladder.load(suze(), colleague())
    (answer,) = ladder.of(cmd.AnswerDial)
    assert not answer.accepted
    assert ladder.attempts()[DESK].outcome is AttemptOutcome.NOT_REGISTERED


# Given up.


def test_own_telephone_is_not_picked_up_in_time() -> None:
    ladder = ringing("202", colleague())
    ladder.tell(ev.TimerFired(name="no_answer"), after_s=25)
    assert [one.leg for one in ladder.of(cmd.CancelLeg)] == [A1]
    ladder.tell(ev.LegRejected(leg=A1, status=487))
    assert ladder.record.outcome is CallOutcome.NO_ANSWER
    assert ladder.attempts()[DESK].outcome is AttemptOutcome.RANG
    assert ladder.live() is None


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(486, CallOutcome.BUSY), (603, CallOutcome.DECLINED), (404, CallOutcome.UNREACHABLE)],
)
def test_own_telephone_refuses(status: int, outcome: CallOutcome) -> None:
    ladder = ringing("202", colleague())
    ladder.tell(ev.LegRejected(leg=A1, status=status))
    assert ladder.record.outcome is outcome
    assert [one.pair for one in ladder.of(cmd.DeleteMedia)] == [D1]


def test_user_hangs_up_while_the_other_side_rings() -> None:
    ladder = calling("202", colleague())
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(ev.LegEnded(leg=A1, cause="bye"))
    assert [one.leg for one in ladder.of(cmd.CancelLeg)] == [B1]
    assert sorted(one.pair for one in ladder.of(cmd.DeleteMedia)) == [D1, M1]
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    assert ladder.record.outcome is CallOutcome.CANCELLED
    assert ladder.of(cmd.EndLeg) == []


def test_user_hangs_up_before_the_other_side_is_called() -> None:
    ladder = picked_up("202", colleague())
    ladder.tell(ev.LegEnded(leg=A1, cause="bye"))
    assert ladder.record.outcome is CallOutcome.CANCELLED
    assert ladder.call is None


def test_other_side_is_busy_and_the_users_telephone_is_told() -> None:
    ladder = calling("030 111 2233")
    ladder.tell(ev.LegRejected(leg=B1, status=486, q850=17))
    assert ladder.of(cmd.EndLeg) == [cmd.EndLeg(leg=A1, reason="Q.850;cause=17")]
    assert ladder.of(cmd.RejectLeg) == []
    assert ladder.record.outcome is CallOutcome.BUSY
    assert ladder.record.answered is None
    assert ladder.leg(A1).answered is not None


@pytest.mark.parametrize("stage", [asked, ringing, picked_up, calling, answered])
def test_hang_up_asked_for_at_any_stage_ends_everything(stage: Any) -> None:
    ladder = stage("202", colleague())
    ladder.tell(ev.HangUpRequested(by="user:suze"))
    for one in ladder.of(cmd.CancelLeg):
        ladder.tell(ev.LegRejected(leg=one.leg, status=487))
    assert ladder.call is None
    offered = {one.pair for one in ladder.of(cmd.OfferMedia)}
    assert offered == {one.pair for one in ladder.of(cmd.DeleteMedia)}
    assert ladder.live() is None
    assert ladder.record.legs[0].ended_by == "calling"


def test_200_that_crosses_the_cancel_is_ended() -> None:
    ladder = ringing("202", colleague())
    ladder.tell(ev.TimerFired(name="no_answer"), after_s=25)
    ladder.tell(ev.LegAnswered(leg=A1, sdp=sdp("late"), to_tag="t"))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A1]
    assert ladder.call is None


def test_rtpengine_is_away() -> None:
    ladder = asked("202", colleague())
    ladder.tell(ev.MediaFailed(pair=D1, reason="none left", no_rtpengine=True))
    assert ladder.of(cmd.Originate) == []
    assert ladder.record.outcome is CallOutcome.FAILED
    ladder = ringing("202", colleague())
    ladder.tell(ev.LegAnswered(leg=A1, sdp=sdp("desk"), to_tag="t"))
    ladder.tell(ev.MediaFailed(pair=D1, reason="x"))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A1]


def test_own_telephone_cannot_hold_before_anybody_is_there() -> None:
    ladder = calling("202", colleague())
    ladder.tell(ev.LegReoffered(leg=A1, sdp=sdp("desk", direction="sendonly"), method="INVITE"))
    assert ladder.last == (cmd.RejectReoffer(leg=A1, status=488),)


def test_true_number_of_the_user_reaches_no_live_call() -> None:
    ladder = answered("202", colleague())
    live = ladder.live()
    assert live is not None
    assert SUZE_MOBILE not in repr(live)
    assert SUZE_FIXED in repr(live)
