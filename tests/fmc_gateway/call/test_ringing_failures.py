"""Nobody answers: which status the caller gets, and what one that fails means for the others."""

from __future__ import annotations

import msgspec
import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.calls import AttemptOutcome, CallOutcome
from hipper.pbx.ids import LegId, PairId
from tests.fmc_gateway.call.kit import (
    B1,
    B2,
    B3,
    M1,
    M2,
    A,
    Ladder,
    binding,
    invite,
    piet,
    sdp,
    suze,
)
from tests.fmc_gateway.call.three_phones import (
    finals,
    mobile_rings,
    one_rings,
    rejected,
    three_ring,
)

# Busy, declined, no answer, unreachable.


def test_busy_desk_phone_is_busy_to_the_caller() -> None:
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"), devices=piet().devices[:1])
    ladder.tell(ev.LegRejected(leg=B1, status=486))
    assert rejected(ladder) == (486, 17)
    assert ladder.call is None
    assert ladder.record.outcome is CallOutcome.BUSY
    assert ladder.attempts()["piet-desk1"].outcome is AttemptOutcome.BUSY
    assert ladder.of(cmd.DeleteMedia) == [cmd.DeleteMedia(pair=M1)]


def test_busy_counts_when_every_phone_that_can_be_reached_is_busy() -> None:
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"))
    ladder.tell(ev.LegRejected(leg=B1, status=600))
    assert ladder.of(cmd.RejectLeg) == []
    ladder.tell(ev.LegRejected(leg=B2, status=503, by_network=True))
    assert rejected(ladder) == (486, 17)


def test_desk_phone_declines_and_the_ringing_ends_everywhere() -> None:
    ladder = three_ring()
    ladder.tell(ev.LegRejected(leg=B1, status=603))
    assert rejected(ladder) == (603, 21)
    reason = 'SIP;cause=603;text="Decline"'
    assert ladder.of(cmd.CancelLeg) == [
        cmd.CancelLeg(leg=B2, reason=reason),
        cmd.CancelLeg(leg=B3, reason=reason),
    ]
    finals(ladder)
    assert ladder.record.outcome is CallOutcome.DECLINED
    assert ladder.attempts()["piet-desk1"].outcome is AttemptOutcome.DECLINED
    assert ladder.attempts()["piet-desk2"].outcome is AttemptOutcome.RANG
    assert ladder.leg(A).ended_by == "called"


def test_decline_of_one_phone_lets_the_others_ring_when_the_user_wants_that() -> None:
    ladder = three_ring(decline_ends_ringing=False)
    ladder.tell(ev.LegRejected(leg=B1, status=603))
    assert ladder.of(cmd.CancelLeg) == []
    ladder.tell(ev.LegRejected(leg=B2, status=603))
    ladder.tell(ev.LegRejected(leg=B3, status=480, q850=20))
    assert rejected(ladder) == (603, 21)


def test_reject_button_of_a_handset_is_486_after_180_and_means_declined() -> None:
    ladder = mobile_rings()
    ladder.tell(ev.LegRejected(leg=B1, status=486, q850=17, after_ringing=True))
    assert rejected(ladder) == (603, 21)


def test_486_of_a_handset_that_did_not_ring_is_busy() -> None:
    ladder = Ladder()
    ladder.ring_colleague(devices=piet().devices[1:])
    ladder.tell(ev.LegRejected(leg=B1, status=486, q850=17))
    assert rejected(ladder) == (486, 17)


def test_486_of_a_desk_phone_that_rang_is_busy() -> None:
    ladder = one_rings()
    ladder.tell(ev.LegRejected(leg=B1, status=486, after_ringing=True))
    assert rejected(ladder) == (486, 17)


def test_cause_21_is_a_decline_whatever_the_status() -> None:
    ladder = mobile_rings()
    ladder.tell(ev.LegRejected(leg=B1, status=403, q850=21))
    assert rejected(ladder) == (603, 21)


def test_603_made_by_the_network_is_not_the_users() -> None:
    ladder = three_ring()
    ladder.tell(ev.LegRejected(leg=B3, status=603, by_network=True))
    assert ladder.of(cmd.CancelLeg) == []
    assert ladder.of(cmd.RejectLeg) == []


def test_nobody_answers_in_the_users_time() -> None:
    ladder = three_ring()
    ladder.tell(ev.TimerFired(name="no_answer"), after_s=25)
    reason = 'Q.850;cause=19;text="No answer"'
    assert ladder.of(cmd.CancelLeg) == [cmd.CancelLeg(leg=leg, reason=reason) for leg in (B1, B2, B3)]
    assert rejected(ladder) == (480, 19)
    finals(ladder)
    assert ladder.record.outcome is CallOutcome.NO_ANSWER
    assert {one.outcome for one in ladder.record.attempts} == {AttemptOutcome.RANG}


def test_time_is_up_and_no_phone_ever_rang() -> None:
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"), devices=piet().devices[:1])
    ladder.tell(ev.TimerFired(name="no_answer"), after_s=25)
    assert rejected(ladder) == (480, 20)
    finals(ladder)
    assert ladder.attempts()["piet-desk1"].outcome is AttemptOutcome.UNREACHABLE


def test_time_is_up_with_one_phone_busy_and_one_silent() -> None:
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"))
    ladder.tell(ev.LegRejected(leg=B1, status=486))
    ladder.tell(ev.TimerFired(name="no_answer"), after_s=25)
    assert rejected(ladder) == (486, 17)


def test_another_timer_changes_nothing() -> None:
    ladder = one_rings()
    assert ladder.tell(ev.TimerFired(name="other")) == ()


def test_device_that_rang_out_by_itself_is_no_answer() -> None:
    ladder = one_rings()
    ladder.tell(ev.LegRejected(leg=B1, status=480, after_ringing=True))
    assert rejected(ladder) == (480, 19)


@pytest.mark.parametrize(
    ("status", "by_network"), [(408, True), (503, True), (480, False), (404, False), (503, False)]
)
def test_nobody_reachable_is_480_absent(status: int, by_network: bool) -> None:
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"))
    ladder.tell(ev.LegRejected(leg=B1, status=status, by_network=by_network))
    ladder.tell(ev.LegRejected(leg=B2, status=status, by_network=by_network))
    assert rejected(ladder) == (480, 20)
    assert ladder.record.outcome is CallOutcome.UNREACHABLE
    assert {one.status for one in ladder.record.attempts} == {status}


def test_early_dialog_that_dies_counts_as_unreachable() -> None:
    ladder = one_rings()
    ladder.tell(ev.LegEnded(leg=B1, cause="transport"))
    assert rejected(ladder) == (480, 20)


def test_phone_that_cannot_take_the_media_is_a_failure_with_its_status() -> None:
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"), devices=piet().devices[:1])
    ladder.tell(ev.LegRejected(leg=B1, status=488, q850=65))
    assert rejected(ladder) == (488, 65)
    assert ladder.record.outcome is CallOutcome.FAILED


@pytest.mark.parametrize("status", [302, 401, 407, 487])
def test_statuses_that_mean_nothing_to_the_caller_become_480(status: int) -> None:
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"), devices=piet().devices[:1])
    ladder.tell(ev.LegRejected(leg=B1, status=status))
    assert rejected(ladder)[0] == 480


# The PSTN's word passes through.


@pytest.mark.parametrize(
    ("status", "q850", "outcome"),
    [
        (404, 1, CallOutcome.UNREACHABLE),
        (486, 17, CallOutcome.BUSY),
        (603, 21, CallOutcome.DECLINED),
        (480, 19, CallOutcome.NO_ANSWER),
        (503, 34, CallOutcome.UNREACHABLE),
        (488, 65, CallOutcome.FAILED),
    ],
)
def test_failure_of_the_pstn_passes_through_with_its_cause(
    status: int, q850: int, outcome: CallOutcome
) -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegRejected(leg=B1, status=status, q850=q850, reason_phrase="No"))
    assert rejected(ladder) == (status, q850)
    assert ladder.of(cmd.RejectLeg)[0].retry_after_s is None
    assert ladder.record.outcome is outcome
    assert (ladder.leg(B1).status, ladder.leg(B1).q850) == (status, q850)


@pytest.mark.parametrize(("status", "told"), [(302, 480), (401, 500), (407, 500)])
def test_what_concerns_only_us_and_the_trunk_does_not_pass(status: int, told: int) -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegRejected(leg=B1, status=status))
    assert rejected(ladder)[0] == told


def test_pstn_that_never_answers_is_480_no_answer_after_timer_c() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    assert ladder.of(cmd.StartTimer)[0].after_s == 180.0
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(ev.TimerFired(name="no_answer"), after_s=180)
    assert rejected(ladder) == (480, 19)


def test_decline_outside_does_not_wait_for_anybody() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegRejected(leg=B1, status=603, q850=21))
    assert ladder.call is None


# rtpengine fails.


def test_rtpengine_fails_one_target_and_the_other_rings() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), piet(), binding("piet-desk1"))
    ladder.tell(ev.MediaFailed(pair=M1, reason="refused"))
    assert ladder.last[0] == cmd.DeleteMedia(pair=M1)
    live = ladder.live()
    assert live is not None
    assert live.called.ringing == ("piet-mobile",)
    ladder.tell(ev.MediaOffered(pair=M2, from_leg=A, to_leg=B2, sdp=sdp("two")))
    assert [leg.leg for leg in ladder.of(cmd.Originate)] == [B2]
    ladder.answer(B2, M2)
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.attempts()["piet-desk1"].outcome is AttemptOutcome.FAILED
    assert [leg.leg for leg in ladder.record.legs] == [A, B2]


def test_no_rtpengine_left_is_503_with_retry_after() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), piet(), binding("piet-desk1"))
    ladder.tell(ev.MediaFailed(pair=M1, reason="none", no_rtpengine=True))
    ladder.tell(ev.MediaFailed(pair=M2, reason="none", no_rtpengine=True))
    assert rejected(ladder) == (503, 47)
    assert ladder.of(cmd.RejectLeg)[0].retry_after_s is not None
    assert {one.pair for one in ladder.of(cmd.DeleteMedia)} == {M1, M2}


def test_no_rtpengine_for_a_call_outside_is_503_with_retry_after() -> None:
    ladder = Ladder()
    ladder.tell(invite("030 111 2233"))
    ladder.load(suze(), None)
    ladder.tell(ev.MediaFailed(pair=M1, reason="none", no_rtpengine=True))
    assert rejected(ladder) == (503, 47)
    assert ladder.of(cmd.RejectLeg)[0].retry_after_s is not None
    assert [leg.leg for leg in ladder.record.legs] == [A]


def test_rtpengine_refusing_the_offer_is_500() -> None:
    ladder = Ladder()
    ladder.tell(invite("030 111 2233"))
    ladder.load(suze(), None)
    ladder.tell(ev.MediaFailed(pair=M1, reason="bad sdp"))
    assert rejected(ladder) == (500, 47)


def test_failure_of_an_unknown_pair_or_leg_changes_nothing() -> None:
    ladder = one_rings()
    other_leg, other_pair = LegId("x"), PairId("x")
    for event in (
        ev.MediaFailed(pair=other_pair, reason="x"),
        ev.MediaAnswered(pair=other_pair, sdp=sdp("x")),
        ev.LegRinging(leg=other_leg, status=180),
        ev.LegProgress(leg=other_leg, status=183, sdp=sdp("x"), to_tag="x"),
        ev.LegAnswered(leg=other_leg, sdp=sdp("x"), to_tag="x"),
        ev.LegRejected(leg=other_leg, status=486),
        ev.LegEnded(leg=other_leg, cause="bye"),
        ev.LegCancelled(leg=other_leg),
    ):
        before = ladder.call
        assert ladder.tell(event) == ()
        assert ladder.call == before


def test_mobile_without_a_network_is_unreachable_and_not_rung() -> None:
    devices = tuple(msgspec.structs.replace(device, mobile_network=None) for device in piet().devices)
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"), devices=devices)
    assert len(ladder.of(cmd.Originate)) == 1
    ladder.answer()
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    assert ladder.attempts()["piet-mobile"].outcome is AttemptOutcome.UNREACHABLE
