"""Ringing all devices: first answer wins, and what the caller hears when nobody answers."""

from __future__ import annotations

import msgspec
import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.calls import AttemptOutcome, CallOutcome, LivePhase
from hipper.contracts.talks import RingOver
from hipper.pbx.ids import CallId, DeviceId, LegId, PairId, SubscriberId
from hipper.pbx.model import SubscriberContext
from tests.fmc_gateway.call.kit import (
    B1,
    B2,
    B3,
    ELSEWHERE,
    M1,
    M2,
    M3,
    OUTSIDE,
    PIET_FIXED,
    A,
    Ladder,
    binding,
    invite,
    invite_from_pstn,
    piet,
    sdp,
    shown,
    suze,
)

DESK_2 = DeviceId("piet-desk2")


def three_ring(**changes: object) -> Ladder:
    """Two desk phones (B1, B2) and the mobile (B3) of Piet ring."""
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"), binding("piet-desk2"), desk_phones=2, **changes)
    for leg in (B1, B2, B3):
        ladder.tell(ev.LegRinging(leg=leg, status=180))
    return ladder


def desk_only() -> SubscriberContext:
    return piet(devices=piet().devices[:1])


def one_rings(**changes: object) -> Ladder:
    """Piet's only phone rings."""
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"), devices=piet().devices[:1], **changes)
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    return ladder


def mobile_rings() -> Ladder:
    ladder = Ladder()
    ladder.ring_colleague(devices=piet().devices[1:])
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    return ladder


def rejected(ladder: Ladder) -> tuple[int, int | None]:
    """What the caller was told, in a call that is over."""
    (reject,) = ladder.of(cmd.RejectLeg)
    assert reject.leg == A
    return reject.status, reject.q850


def finals(ladder: Ladder) -> None:
    """Every cancelled leg says 487."""
    for cancel in ladder.of(cmd.CancelLeg):
        ladder.tell(ev.LegRejected(leg=cancel.leg, status=487))


# Getting out.


def test_every_target_has_its_own_leg_and_its_own_media() -> None:
    ladder = three_ring()
    assert [(offer.pair, offer.to_leg) for offer in ladder.of(cmd.OfferMedia)] == [
        (M1, B1),
        (M2, B2),
        (M3, B3),
    ]
    assert [(leg.leg, leg.sdp) for leg in ladder.of(cmd.Originate)] == [
        (B1, sdp(f"for {B1}")),
        (B2, sdp(f"for {B2}")),
        (B3, sdp(f"for {B3}")),
    ]


def test_invite_leaves_when_its_own_offer_is_made_and_not_before() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), piet(), binding("piet-desk1"))
    assert ladder.of(cmd.Originate) == []
    ladder.tell(ev.MediaOffered(pair=M2, from_leg=A, to_leg=B2, sdp=sdp("two")))
    assert [leg.leg for leg in ladder.of(cmd.Originate)] == [B2]
    assert ladder.tell(ev.MediaOffered(pair=M2, from_leg=A, to_leg=B2, sdp=sdp("two"))) == ()


def test_phone_registered_twice_gets_two_legs() -> None:
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1", 1), binding("piet-desk1", 2), devices=piet().devices[:1])
    targets = [leg.target for leg in ladder.of(cmd.Originate)]
    assert targets == [
        cmd.BindingTarget(binding=binding("piet-desk1", 1)),
        cmd.BindingTarget(binding=binding("piet-desk1", 2)),
    ]
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("piet"), to_tag="t"))
    assert ladder.of(cmd.CancelLeg) == [cmd.CancelLeg(leg=B1, reason=ELSEWHERE)]


def test_unregistered_phone_is_in_the_record_and_the_mobile_rings() -> None:
    ladder = Ladder()
    ladder.ring_colleague()
    (leg,) = ladder.of(cmd.Originate)
    assert isinstance(leg.target, cmd.MobileTarget)
    ladder.answer()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.attempts()["piet-desk1"].outcome is AttemptOutcome.NOT_REGISTERED
    assert ladder.attempts()["piet-mobile"].outcome is AttemptOutcome.ANSWERED


def test_no_answer_timer_is_the_users() -> None:
    ladder = three_ring(no_answer_s=18)
    assert ladder.of(cmd.StartTimer) == [cmd.StartTimer(name="no_answer", after_s=18.0)]


def test_call_id_of_a_leg_stands_in_the_record() -> None:
    ladder = one_rings()
    ladder.tell(ev.LegSent(leg=B1, sip_call_id="call-id-b"))
    ladder.tell(ev.LegSent(leg=LegId("other"), sip_call_id="x"))
    ladder.answer()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.leg(B1).sip_call_id == "call-id-b"


# Ringing and early media.


def test_caller_hears_ringing_once_though_three_phones_ring() -> None:
    ladder = three_ring()
    assert ladder.of(cmd.Ring) == [cmd.Ring(leg=A)]
    phases = [one.live.phase for one in ladder.of(cmd.PublishLive) if one.live]
    assert phases == [LivePhase.SETTING_UP, LivePhase.RINGING]


@pytest.mark.parametrize("status", [181, 182, 183])
def test_other_provisionals_are_no_ringing(status: int) -> None:
    ladder = Ladder()
    ladder.ring_outside()
    assert ladder.tell(ev.LegRinging(leg=B1, status=status)) == ()


def test_early_media_of_a_single_target_passes() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("pstn"), to_tag="t"))
    assert ladder.last == (cmd.AnswerMedia(pair=M1, offering_leg=A, answering_leg=B1, sdp=sdp("pstn")),)
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    assert ladder.last == (cmd.Progress(leg=A, status=183, sdp=sdp("for a")),)
    assert ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("pstn"), to_tag="t")) == ()


def test_180_with_early_media_rings_and_passes() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegProgress(leg=B1, status=180, sdp=sdp("pstn"), to_tag="t"))
    assert ladder.of(cmd.Ring) == [cmd.Ring(leg=A)]
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    assert ladder.last == (cmd.Progress(leg=A, status=180, sdp=sdp("for a")),)


def test_second_early_dialog_of_a_fork_is_not_heard() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("one"), to_tag="1"))
    assert ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("two"), to_tag="2")) == ()


def test_no_early_media_with_several_targets() -> None:
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"))
    assert ladder.tell(ev.LegProgress(leg=B2, status=183, sdp=sdp("announcement"), to_tag="t")) == ()
    ladder.tell(ev.LegProgress(leg=B2, status=180, sdp=sdp("announcement"), to_tag="t"))
    assert ladder.of(cmd.Ring) == [cmd.Ring(leg=A)]
    assert ladder.of(cmd.AnswerMedia) == []


def test_answer_with_the_description_of_the_early_media_asks_rtpengine_once() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("pstn"), to_tag="t"))
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("pstn"), to_tag="t"))
    assert ladder.of(cmd.AnswerLeg) == [cmd.AnswerLeg(leg=A, sdp=sdp("for a"))]
    assert len(ladder.of(cmd.AnswerMedia)) == 1
    assert ladder.state == "Talking"


def test_answer_without_sdp_after_reliable_early_media_uses_that() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("pstn"), to_tag="t"))
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=None, to_tag="t"))
    assert ladder.of(cmd.AnswerLeg) == [cmd.AnswerLeg(leg=A, sdp=sdp("for a"))]


def test_answer_while_early_media_is_being_answered_waits_for_it() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("pstn"), to_tag="t"))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("pstn"), to_tag="t"))
    assert len(ladder.of(cmd.AnswerMedia)) == 1
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    assert ladder.of(cmd.AnswerLeg) == [cmd.AnswerLeg(leg=A, sdp=sdp("for a"))]
    assert ladder.of(cmd.Progress) == []


def test_answer_of_another_fork_than_the_early_media_is_answered_anew() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("one"), to_tag="1"))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("two"), to_tag="2"))
    assert [one.sdp for one in ladder.of(cmd.AnswerMedia)] == [sdp("one"), sdp("two")]
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("early")))
    assert ladder.of(cmd.AnswerLeg) == []
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("final")))
    assert ladder.of(cmd.AnswerLeg) == [cmd.AnswerLeg(leg=A, sdp=sdp("final"))]


def test_early_media_that_rtpengine_fails_does_not_end_the_call() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("pstn"), to_tag="t"))
    assert ladder.tell(ev.MediaFailed(pair=M1, reason="timeout")) == ()
    ladder.answer()
    assert ladder.state == "Talking"


# First answer wins.


def test_first_answer_wins_and_the_others_are_cancelled_elsewhere() -> None:
    ladder = three_ring()
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("piet"), to_tag="t"))
    assert ladder.last == (
        cmd.StopTimer(name="no_answer"),
        cmd.AnswerMedia(pair=M2, offering_leg=A, answering_leg=B2, sdp=sdp("piet")),
        cmd.CancelLeg(leg=B1, reason=ELSEWHERE),
        cmd.DeleteMedia(pair=M1),
        cmd.CancelLeg(leg=B3, reason=ELSEWHERE),
        cmd.DeleteMedia(pair=M3),
        cmd.PublishRing(
            ring=RingOver(call=CallId("c1"), user=SubscriberId("piet"), at=ladder.now, answered_on=DESK_2)
        ),
    )
    ladder.tell(ev.MediaAnswered(pair=M2, sdp=sdp("for a"), transcoded=True))
    (answer,) = ladder.of(cmd.AnswerLeg)
    assert (answer.leg, answer.sdp) == (A, sdp("for a"))
    assert answer.connected is not None
    assert answer.connected.extension == "202"
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.called.device) == (LivePhase.ESTABLISHED, "piet-desk2")


def test_two_answers_in_a_row_one_wins_and_the_other_is_ended() -> None:
    ladder = three_ring()
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("piet"), to_tag="t"))
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("piet2"), to_tag="t"))
    assert ladder.last == (cmd.EndLeg(leg=B2, reason=ELSEWHERE),)
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    ladder.tell(ev.LegAnswered(leg=B3, sdp=sdp("piet3"), to_tag="t"))
    assert ladder.last == (cmd.EndLeg(leg=B3, reason=ELSEWHERE),)
    assert len(ladder.of(cmd.AnswerLeg)) == 1


def test_losers_stand_in_the_record_as_answered_elsewhere() -> None:
    ladder = three_ring()
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("piet"), to_tag="t"))
    ladder.tell(ev.MediaAnswered(pair=M2, sdp=sdp("for a"), transcoded=True))
    finals(ladder)
    ladder.tell(ev.LegEnded(leg=B2, cause="bye", q850=16))
    outcomes = {device: one.outcome for device, one in ladder.attempts().items()}
    assert outcomes == {
        "piet-desk1": AttemptOutcome.ANSWERED_ELSEWHERE,
        "piet-desk2": AttemptOutcome.ANSWERED,
        "piet-mobile": AttemptOutcome.ANSWERED_ELSEWHERE,
    }
    assert ladder.leg(B1).status == 487
    assert (ladder.leg(B2).status, ladder.leg(B2).q850, ladder.leg(B2).transcoded) == (200, 16, True)
    assert ladder.record.outcome is CallOutcome.ANSWERED


def test_target_still_in_preparation_is_dropped_when_another_answers() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), piet(), binding("piet-desk1"))
    ladder.tell(ev.MediaOffered(pair=M1, from_leg=A, to_leg=B1, sdp=sdp("one")))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("piet"), to_tag="t"))
    assert ladder.of(cmd.CancelLeg) == []
    assert cmd.DeleteMedia(pair=M2) in ladder.last
    assert ladder.tell(ev.MediaOffered(pair=M2, from_leg=A, to_leg=B2, sdp=sdp("two"))) == ()


def test_answer_without_any_sdp_is_ended_and_the_others_go_on() -> None:
    ladder = three_ring()
    ladder.tell(ev.LegAnswered(leg=B1, sdp=None, to_tag="t"))
    assert [type(one) for one in ladder.last] == [cmd.EndLeg, cmd.DeleteMedia]
    ladder.answer(B2, M2)
    assert ladder.state == "Talking"


def test_pstn_caller_sees_the_number_called_and_not_the_extension() -> None:
    ladder = Ladder()
    ladder.tell(invite_from_pstn())
    ladder.load(None, desk_only(), binding("piet-desk1"))
    ladder.offers()
    ladder.answer()
    connected = ladder.of(cmd.AnswerLeg)[0].connected
    assert connected is not None
    assert (connected.number, connected.extension, connected.name) == (PIET_FIXED, None, None)


def test_who_answered_outside_is_shown_as_the_peer_says() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("pstn"), to_tag="t", connected=shown(OUTSIDE)))
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    assert ladder.of(cmd.AnswerLeg)[0].connected == shown(OUTSIDE)


# The caller gives up.


def test_caller_cancels_while_three_devices_ring() -> None:
    ladder = three_ring()
    ladder.tell(ev.LegCancelled(leg=A, reason="Q.850;cause=16"))
    assert ladder.of(cmd.CancelLeg) == [
        cmd.CancelLeg(leg=leg, reason="Q.850;cause=16") for leg in (B1, B2, B3)
    ]
    assert {one.pair for one in ladder.of(cmd.DeleteMedia)} == {M1, M2, M3}
    assert ladder.of(cmd.RejectLeg) == []
    assert ladder.live() is None
    finals(ladder)
    assert ladder.call is None
    assert ladder.record.outcome is CallOutcome.CANCELLED
    assert {one.outcome for one in ladder.record.attempts} == {AttemptOutcome.RANG}
    assert (ladder.leg(A).status, ladder.leg(A).ended_by) == (487, "calling")


def test_caller_cancels_before_rtpengine_made_an_offer() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), piet(), binding("piet-desk1"))
    ladder.tell(ev.LegCancelled(leg=A))
    assert ladder.call is None
    assert ladder.of(cmd.CancelLeg) == []
    assert {one.pair for one in ladder.of(cmd.DeleteMedia)} == {M1, M2}
    assert {one.outcome for one in ladder.record.attempts} == {AttemptOutcome.FAILED}


def test_cancel_and_200_cross_and_the_phone_that_answered_is_ended() -> None:
    ladder = one_rings()
    ladder.tell(ev.LegCancelled(leg=A))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("piet"), to_tag="t"))
    assert ladder.of(cmd.EndLeg) == [cmd.EndLeg(leg=B1, reason=None)]
    assert ladder.call is None
    assert ladder.of(cmd.AnswerLeg) == []
    assert ladder.leg(B1).status == 200


def test_callers_connection_breaks_while_a_phone_rings() -> None:
    ladder = one_rings()
    ladder.tell(ev.LegEnded(leg=A, cause="transport"))
    assert [one.leg for one in ladder.of(cmd.CancelLeg)] == [B1]
    assert ladder.of(cmd.RejectLeg) == []


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
    assert ladder.last == (cmd.DeleteMedia(pair=M1),)
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
