"""Between the 200 of a target and the 200 to the caller."""

from __future__ import annotations

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.calls import AttemptOutcome, CallOutcome
from tests.fmc_gateway.call.kit import B1, B2, ELSEWHERE, M1, M2, A, Ladder, binding, sdp


def answering() -> Ladder:
    """B1 answered; B2 was cancelled and owes its final response."""
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"))
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("piet"), to_tag="t"))
    assert ladder.state == "Answering"
    return ladder


def test_caller_is_answered_when_the_answer_is_made() -> None:
    ladder = answering()
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    assert [type(one) for one in ladder.last] == [cmd.AnswerLeg, cmd.PublishLive, cmd.PublishTalk]
    assert ladder.state == "Talking"


def test_answer_for_another_pair_is_not_taken_for_it() -> None:
    ladder = answering()
    assert ladder.tell(ev.MediaAnswered(pair=M2, sdp=sdp("wrong"))) == ()
    assert ladder.tell(ev.MediaFailed(pair=M2, reason="wrong")) == ()
    assert ladder.state == "Answering"


def test_cancel_and_200_cross_and_the_winner_is_ended() -> None:
    ladder = answering()
    ladder.tell(ev.LegCancelled(leg=A, reason="SIP;cause=487"))
    assert ladder.of(cmd.EndLeg) == [cmd.EndLeg(leg=B1, reason="SIP;cause=487")]
    assert ladder.of(cmd.DeleteMedia, last=True) == [cmd.DeleteMedia(pair=M1)]
    assert ladder.of(cmd.AnswerLeg) == []
    assert ladder.of(cmd.RejectLeg) == []
    ladder.tell(ev.LegRejected(leg=B2, status=487))
    assert ladder.call is None
    assert ladder.record.outcome is CallOutcome.CANCELLED
    assert ladder.record.answered is None
    assert ladder.attempts()["piet-desk1"].outcome is AttemptOutcome.ANSWERED
    assert ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("late"))) == ()


def test_callers_connection_breaks_before_the_answer() -> None:
    ladder = answering()
    ladder.tell(ev.LegEnded(leg=A, cause="transport"))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [B1]


@pytest.mark.parametrize(("gone", "status"), [(False, 500), (True, 503)])
def test_rtpengine_fails_after_the_answer_and_both_are_told(gone: bool, status: int) -> None:
    ladder = answering()
    ladder.tell(ev.MediaFailed(pair=M1, reason="timeout", no_rtpengine=gone))
    (reject,) = ladder.of(cmd.RejectLeg)
    assert (reject.status, reject.q850, reject.retry_after_s is not None) == (status, 47, gone)
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [B1]
    assert ladder.of(cmd.DeleteMedia, last=True) == [cmd.DeleteMedia(pair=M1)]
    ladder.tell(ev.LegRejected(leg=B2, status=487))
    assert ladder.record.outcome is CallOutcome.FAILED


def test_failure_of_early_media_is_not_taken_for_the_answers() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("one"), to_tag="1"))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("two"), to_tag="2"))
    assert ladder.tell(ev.MediaFailed(pair=M1, reason="early")) == ()
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    assert ladder.state == "Talking"


@pytest.mark.parametrize(("q850", "told"), [(None, 16), (41, 41)])
def test_called_party_hangs_up_before_the_caller_is_answered(q850: int | None, told: int) -> None:
    ladder = answering()
    ladder.tell(ev.LegEnded(leg=B1, cause="bye", q850=q850))
    (reject,) = ladder.of(cmd.RejectLeg)
    assert (reject.status, reject.q850) == (480, told)
    assert ladder.of(cmd.EndLeg) == []
    ladder.tell(ev.LegRejected(leg=B2, status=487))
    assert ladder.leg(B1).ended_by == "called"


def test_losers_last_words_do_not_disturb() -> None:
    ladder = answering()
    assert ladder.tell(ev.LegRejected(leg=B2, status=487)) == ()
    assert ladder.tell(ev.LegEnded(leg=B2, cause="transport")) == ()
    assert ladder.state == "Answering"
    other = answering()
    assert other.tell(ev.LegAnswered(leg=B2, sdp=sdp("late"), to_tag="t")) == (
        cmd.EndLeg(leg=B2, reason=ELSEWHERE),
    )
    assert other.tell(ev.LegAnswered(leg=B1, sdp=sdp("again"), to_tag="t")) == ()
    assert answering().tell(ev.LegEnded(leg=B2, cause="transport")) == ()


def test_hang_up_is_asked_for_between_the_answers() -> None:
    ladder = answering()
    ladder.tell(ev.HangUpRequested(by="operator"))
    assert ladder.of(cmd.RejectLeg)[0].status == 480
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [B1]
    ladder.tell(ev.LegRejected(leg=B2, status=487))
    assert ladder.leg(A).ended_by == "operator"


def test_cancel_of_a_leg_that_is_not_the_callers_changes_nothing() -> None:
    ladder = answering()
    assert ladder.tell(ev.LegCancelled(leg=B1)) == ()
    assert ladder.state == "Answering"
