"""Dial from the app: the user's own telephone first, then the other side, then both together (RFC 3725)."""

from __future__ import annotations

from typing import Any

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.model import DiallingOut, Talking
from fmc_gateway.call.talking import CAP_REACHED
from hipper.contracts.calls import AttemptOutcome, CallOutcome, LegRole, LivePhase
from hipper.contracts.talks import TalkEnded, TalkStarted
from hipper.pbx.ids import CallId, DeviceId, GatewayId, LegId, PairId, SubscriberId
from hipper.pbx.model import Announcement, SubscriberContext
from hipper.pbx.services.bundles import GroupServices, SubscriberServices
from hipper.pbx.services.calling import OutgoingCallingPlan
from hipper.pbx.services.reachability import Anywhere, AnywhereLocation, PersonalAssistant
from tests.fmc_gateway.call.kit import (
    B1,
    ELSEWHERE,
    M1,
    OUTSIDE,
    SUZE_FIXED,
    SUZE_MOBILE,
    A,
    Ladder,
    binding,
    desk_only,
    piet,
    sdp,
    suze,
)

A1, A2 = LegId("c1-a1"), LegId("c1-a2")
D1, D2 = PairId("c1-d1"), PairId("c1-d2")
DESK = DeviceId("suze-desk1")


def wish(destination: str = "202", **changes: Any) -> ev.DialRequested:
    fields: dict[str, Any] = {
        "call": CallId("c1"),
        "leg": A,
        "subscriber": SubscriberId("suze"),
        "destination": destination,
        "device": DESK,
        "gateway": GatewayId("gw1"),
    }
    return ev.DialRequested(**(fields | changes))


def asked(
    destination: str = "202",
    called: SubscriberContext | None = None,
    caller: SubscriberContext | None = None,
    **changes: Any,
) -> Ladder:
    """The directory has said who is who."""
    ladder = Ladder()
    ladder.tell(wish(destination, **changes))
    know(ladder, called, caller)
    return ladder


def know(
    ladder: Ladder, called: SubscriberContext | None = None, caller: SubscriberContext | None = None
) -> None:
    ladder.load(caller or suze(), called, binding("suze-desk1"), binding("piet-desk1", 2))


def ringing(destination: str = "202", called: SubscriberContext | None = None, **changes: Any) -> Ladder:
    """Suze's desk phone rings."""
    ladder = asked(destination, called, **changes)
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=A1, status=180))
    return ladder


def picked_up(destination: str = "202", called: SubscriberContext | None = None, **changes: Any) -> Ladder:
    """Suze picked her desk phone up; the directory is asked again."""
    ladder = ringing(destination, called, **changes)
    ladder.tell(ev.LegAnswered(leg=A1, sdp=sdp("desk"), to_tag="t"))
    ladder.answers()
    return ladder


def calling(destination: str = "202", called: SubscriberContext | None = None, **changes: Any) -> Ladder:
    """And the other side is invited (leg B1, pair M1)."""
    ladder = picked_up(destination, called, **changes)
    know(ladder, called)
    ladder.offers()
    return ladder


def answered(destination: str = "202", called: SubscriberContext | None = None, **changes: Any) -> Ladder:
    """The other side answers; Suze's telephone gets the re-INVITE."""
    ladder = calling(destination, called, **changes)
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.answer()
    return ladder


def colleague() -> SubscriberContext:
    return desk_only(piet())


def joined() -> Ladder:
    ladder = answered("202", colleague())
    ladder.tell(ev.LegReofferAnswered(leg=A1, sdp=sdp("desk")))
    return ladder


# The user's own telephone.


def test_directory_is_asked_about_the_user_and_the_destination() -> None:
    ladder = Ladder()
    ladder.tell(wish("030 111 2233"))
    asked_for = cmd.LoadContext(served_subscriber=SubscriberId("suze"), dialled="030 111 2233")
    assert ladder.last == (asked_for,)


def test_own_telephone_is_offered_media_of_ours_and_shows_whom_it_will_reach() -> None:
    ladder = asked("202", colleague())
    assert ladder.of(cmd.AnswerDial) == [cmd.AnswerDial(accepted=True)]
    (offer,) = ladder.of(cmd.OfferMedia)
    assert (offer.pair, offer.from_leg, offer.to_leg) == (D1, A, A1)
    assert "PCMA/8000" in offer.sdp
    ladder.offers()
    (invite,) = ladder.of(cmd.Originate)
    assert isinstance(invite.target, cmd.BindingTarget)
    assert invite.target.binding.device == DESK
    assert (invite.sdp, invite.offerless) == (sdp(f"for {A1}"), False)
    assert (invite.identity.name, invite.identity.extension) == ("Piet", "202")
    assert asked("030 111 2233").call is not None


def test_destination_outside_is_shown_as_the_caller() -> None:
    ladder = asked("030 111 2233")
    ladder.offers()
    assert ladder.of(cmd.Originate)[0].identity.number == OUTSIDE


def test_live_call_is_the_users_from_the_wish_on_and_the_other_side_is_not_bothered() -> None:
    ladder = asked("202", colleague())
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.calling.subscriber, live.calling.device) == (LivePhase.SETTING_UP, "suze", None)
    assert live.called.subscriber is None
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=A1, status=180))
    live = ladder.live()
    assert live is not None
    assert live.phase is LivePhase.RINGING
    assert ladder.of(cmd.PublishRing) == []


def test_mobile_is_asked_to_press_1_and_only_that_goes_on() -> None:
    ladder = asked("202", colleague(), device=DeviceId("suze-mobile"))
    ladder.offers()
    (invite,) = ladder.of(cmd.Originate)
    assert isinstance(invite.target, cmd.MobileTarget)
    ladder.tell(ev.LegAnswered(leg=A1, sdp=sdp("mobile"), to_tag="t"))
    ladder.answers()
    (question,) = ladder.of(cmd.PlayAnnouncement)
    assert (question.pair, question.leg, question.announcements) == (D1, A1, (Announcement.PRESS_ONE,))
    assert question.repeat
    ladder.tell(ev.DigitPressed(leg=A1, digit="2"))
    assert len(ladder.of(cmd.LoadContext)) == 1
    ladder.tell(ev.DigitPressed(leg=A1, digit="1"))
    assert len(ladder.of(cmd.LoadContext)) == 2
    assert ladder.of(cmd.StopAnnouncement) == [cmd.StopAnnouncement(pair=D1, leg=A1)]
    assert isinstance(ladder.call, DiallingOut)
    assert ladder.call.calling.device == "suze-mobile"


def test_nobody_presses_1_on_the_mobile() -> None:
    ladder = asked("202", colleague(), device=DeviceId("suze-mobile"))
    ladder.offers()
    ladder.tell(ev.LegAnswered(leg=A1, sdp=sdp("mobile"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.TimerFired(name="confirm c1-a1"), after_s=10)
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A1]
    assert ladder.record.outcome is CallOutcome.NO_ANSWER
    assert ladder.attempts()["suze-mobile"].outcome is AttemptOutcome.NOT_CONFIRMED


def both() -> Ladder:
    """Suze's mobile and a number of hers (leg A2) ring together."""
    place = Anywhere(
        active=True, alert_all_for_dial=True, locations=(AnywhereLocation(number=OUTSIDE, active=True),)
    )
    caller = suze(services=SubscriberServices(anywhere=place))
    ladder = asked("202", colleague(), caller, device=None)
    ladder.offers()
    return ladder


def test_first_of_several_telephones_that_is_picked_up_is_the_calling_one() -> None:
    ladder = both()
    assert [one.leg for one in ladder.of(cmd.Originate)] == [A1, A2]
    ladder.tell(ev.LegAnswered(leg=A2, sdp=sdp("home"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.DigitPressed(leg=A2, digit="1"))
    assert ladder.of(cmd.CancelLeg) == [cmd.CancelLeg(leg=A1, reason=ELSEWHERE)]
    assert [one.pair for one in ladder.of(cmd.DeleteMedia)] == [D1]
    ladder.tell(ev.LegRejected(leg=A1, status=487))
    ladder.tell(ev.LegEnded(leg=A2, cause="bye"))
    outcomes = {device: one.outcome for device, one in ladder.attempts().items()}
    assert outcomes == {
        "suze-mobile": AttemptOutcome.ANSWERED_ELSEWHERE,
        f"remote:{OUTSIDE}": AttemptOutcome.ANSWERED,
    }


def test_number_outside_that_is_rung_first_is_charged_by_itself() -> None:
    ladder = both()
    ladder.tell(ev.LegAnswered(leg=A2, sdp=sdp("home"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.DigitPressed(leg=A2, digit="1"))
    live = ladder.live()
    assert live is not None
    assert [one.subscriber for one in live.charges] == ["suze"]
    ladder.tell(ev.LegRejected(leg=A1, status=487))
    know(ladder, colleague())
    ladder.offers()
    ladder.tell(ev.LegAnswered(leg=LegId("c1-b2"), sdp=sdp("piet"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.LegEnded(leg=A2, cause="bye"))
    own, talk = ladder.record.segments
    assert (own.calling, own.charged) == (A2, "suze")
    assert (talk.calling, talk.called, talk.charged) == (A2, "c1-b2", None)


# The other side.


def test_other_side_is_called_once_the_user_has_picked_up_and_hears_ringing() -> None:
    ladder = ringing("202", colleague())
    assert len(ladder.of(cmd.OfferMedia)) == 1
    ladder.tell(ev.LegAnswered(leg=A1, sdp=sdp("desk"), to_tag="t"))
    assert ladder.last == (cmd.AnswerMedia(pair=D1, offering_leg=A, answering_leg=A1, sdp=sdp("desk")),)
    ladder.answers()
    assert ladder.of(cmd.PlayMusic) == [cmd.PlayMusic(pair=D1, leg=A1, ringing=True)]
    know(ladder, colleague())
    offer = ladder.of(cmd.OfferMedia)[-1]
    assert offer == cmd.OfferMedia(pair=M1, from_leg=A1, to_leg=B1, sdp=sdp("desk"))
    ladder.offers()
    invite = ladder.of(cmd.Originate)[-1]
    assert isinstance(invite.target, cmd.BindingTarget)
    assert invite.target.binding.device == "piet-desk1"
    assert (invite.identity.name, invite.identity.extension) == ("Suze", "201")
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    assert ladder.of(cmd.Ring) == []
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.calling.device, live.called.subscriber) == (LivePhase.RINGING, DESK, "piet")


def test_call_outside_leaves_over_the_trunk_with_the_users_number() -> None:
    ladder = calling("030 111 2233")
    invite = ladder.of(cmd.Originate)[-1]
    assert invite.target == cmd.TrunkTarget(trunk=None, user=OUTSIDE)
    assert invite.identity.number == SUZE_FIXED
    assert calling("030 111 2233", anonymous=True).of(cmd.Originate)[-1].identity.number is None


def test_users_own_rules_of_the_called_one_hold() -> None:
    ladder = picked_up("202", colleague())
    know(ladder, piet(enabled=False))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A1]
    assert ladder.record.outcome is not CallOutcome.ANSWERED


def assistant(transfer_to: str | None = None) -> Ladder:
    """Piet's assistant speaks to Suze, who picked up her desk phone."""
    ladder = picked_up("202", colleague())
    says = PersonalAssistant(active=True, transfer_to=transfer_to)
    know(ladder, desk_only(piet(), personal_assistant=says))
    return ladder


def test_what_callers_are_told_is_spoken_to_who_picked_up() -> None:
    ladder = assistant()
    speech = ladder.of(cmd.PlayAnnouncement)[-1]
    assert (speech.pair, speech.leg) == (D1, A1)
    assert ladder.of(cmd.StopMusic) == [cmd.StopMusic(pair=D1, leg=A1)]
    assert ladder.of(cmd.EndLeg) == []
    ladder.spoken()
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A1]
    assert [one.pair for one in ladder.of(cmd.DeleteMedia)] == [D1]
    assert ladder.record.answered is None


def test_ringing_is_heard_again_when_the_call_goes_on_after_it() -> None:
    ladder = assistant(transfer_to="030 111 2233")
    ladder.spoken()
    assert ladder.of(cmd.EndLeg) == []
    assert ladder.of(cmd.PlayMusic)[1:] == [cmd.PlayMusic(pair=D1, leg=A1, ringing=True)]
    assert ladder.of(cmd.LoadContext)[-1].dialled == "030 111 2233"


def test_user_hangs_up_during_the_announcement() -> None:
    ladder = assistant()
    ladder.tell(ev.LegEnded(leg=A1, cause="bye"))
    assert ladder.record.outcome is CallOutcome.CANCELLED
    assert [one.pair for one in ladder.of(cmd.DeleteMedia)] == [D1]


def test_what_the_plan_allowed_at_first_may_be_refused_at_the_pick_up() -> None:
    ladder = picked_up("030 111 2233")
    know(ladder, None, barred())
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A1]
    assert ladder.record.outcome is CallOutcome.REFUSED
    assert [one.pair for one in ladder.of(cmd.DeleteMedia)] == [D1]


# Together.


def test_both_sides_are_joined_by_a_re_invite_and_the_first_media_goes() -> None:
    ladder = answered("202", colleague())
    assert ladder.of(cmd.AnswerLeg) == []
    (reoffer,) = ladder.of(cmd.Reoffer)
    assert reoffer.leg == A1
    assert "s=for a" in reoffer.sdp
    assert "o=- 77 2 " in reoffer.sdp  # the telephone's session goes on, one version further
    assert ladder.of(cmd.StopMusic) == [cmd.StopMusic(pair=D1, leg=A1)]
    assert ladder.of(cmd.DeleteMedia) == []
    ladder.tell(ev.LegReofferAnswered(leg=A1, sdp=sdp("desk")))
    assert ladder.last == (cmd.DeleteMedia(pair=D1),)
    assert isinstance(ladder.call, Talking)
    assert ladder.call.exchange is None


def test_telephone_that_moves_its_media_with_the_re_invite_is_put_right_at_rtpengine() -> None:
    ladder = answered("202", colleague())
    ladder.tell(ev.LegReofferAnswered(leg=A1, sdp=sdp("moved")))
    moved = cmd.OfferMedia(pair=M1, from_leg=A1, to_leg=B1, sdp=sdp("moved"))
    assert ladder.of(cmd.OfferMedia, last=True) == [moved]
    ladder.offers()
    assert ladder.last == (cmd.AnswerMedia(pair=M1, offering_leg=A1, answering_leg=B1, sdp=sdp("piet")),)
    assert ladder.of(cmd.DeleteMedia) == []
    ladder.answers()
    assert ladder.of(cmd.DeleteMedia) == [cmd.DeleteMedia(pair=D1)]
    assert len(ladder.of(cmd.Reoffer)) == 1


@pytest.mark.parametrize("party", [A1, B1])
def test_re_offer_meanwhile_is_glare(party: LegId) -> None:
    ladder = answered("202", colleague())
    ladder.tell(ev.LegReoffered(leg=party, sdp=sdp("x", direction="sendonly"), method="INVITE"))
    assert ladder.last == (cmd.RejectReoffer(leg=party, status=491),)


@pytest.mark.parametrize("party", [A1, B1])
def test_either_side_holds_once_joined(party: LegId) -> None:
    ladder = joined()
    ladder.tell(ev.LegReoffered(leg=party, sdp=sdp("x", direction="sendonly", version=2), method="INVITE"))
    ladder.offers()
    ladder.answers()
    assert [one.leg for one in ladder.of(cmd.AnswerReoffer)] == [party]
    assert ladder.of(cmd.PlayMusic)[-1].leg == {A1: B1, B1: A1}[party]


def test_telephone_that_refuses_the_re_invite_ends_both() -> None:
    ladder = answered("202", colleague())
    ladder.tell(ev.LegReofferRejected(leg=A1, status=488))
    assert {one.leg for one in ladder.of(cmd.EndLeg)} == {A1, B1}
    assert sorted(one.pair for one in ladder.of(cmd.DeleteMedia)) == [D1, M1]


def test_rtpengine_fails_while_joining_and_both_are_ended() -> None:
    ladder = answered("202", colleague())
    ladder.tell(ev.LegReofferAnswered(leg=A1, sdp=sdp("moved")))
    ladder.tell(ev.MediaFailed(pair=M1, reason="x"))
    assert {one.leg for one in ladder.of(cmd.EndLeg)} == {A1, B1}
    assert ladder.of(cmd.RejectReoffer) == []


def test_record_is_true() -> None:
    ladder = joined()
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"), after_s=60)
    record = ladder.record
    assert (record.outcome, record.dialled, record.tenant, record.gateway) == (
        CallOutcome.ANSWERED,
        "202",
        "acme",
        "gw1",
    )
    first, second = record.legs
    assert (first.leg, first.role, first.subscriber, first.device) == (A1, LegRole.CALLING, "suze", DESK)
    assert (second.leg, second.role, second.subscriber, second.device) == (
        B1,
        LegRole.CALLED,
        "piet",
        "piet-desk1",
    )
    assert first.answered is not None
    assert record.answered is not None
    assert first.answered < record.answered
    assert record.setup_ms is not None
    (segment,) = record.segments
    assert (segment.calling, segment.called) == (A1, B1)
    assert segment.payer.subscription == "suze-line"
    assert ladder.live() is None


def test_fixed_line_pays_although_the_mobile_was_picked_up() -> None:
    ladder = asked("030 111 2233", device=DeviceId("suze-mobile"))
    ladder.offers()
    ladder.tell(ev.LegAnswered(leg=A1, sdp=sdp("mobile"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.DigitPressed(leg=A1, digit="1"))
    know(ladder)
    ladder.offers()
    ladder.answer()
    ladder.tell(ev.LegReofferAnswered(leg=A1, sdp=sdp("mobile")))
    ladder.tell(ev.LegEnded(leg=A1, cause="bye"))
    (segment,) = ladder.record.segments
    assert segment.payer.subscription == "suze-line"
    assert segment.charged == "suze"
    assert ladder.leg(A1).payer is not None


def test_recorder_is_told_of_the_pair_they_talk_in() -> None:
    ladder = joined()
    ladder.tell(ev.LegEnded(leg=A1, cause="bye"))
    started, ended = [one.talk for one in ladder.of(cmd.PublishTalk)]
    assert isinstance(started, TalkStarted)
    assert isinstance(ended, TalkEnded)
    assert (started.ng_call_id, [tag.tag for tag in started.tags]) == (M1, [A1, B1])


@pytest.mark.parametrize("gone", [A1, B1])
@pytest.mark.parametrize("cause", ["session_expired", "dialog_gone", "no_ack"])
def test_dead_dialog_of_either_leg_ends_the_other(gone: LegId, cause: str) -> None:
    ladder = joined()
    ladder.tell(ev.LegEnded(leg=gone, cause=cause))
    (end,) = ladder.of(cmd.EndLeg)
    assert end.leg == {A1: B1, B1: A1}[gone]
    assert end.reason is not None


def test_media_that_stops_ends_both_and_silence_of_the_first_media_does_not() -> None:
    ladder = calling("202", colleague())
    assert ladder.tell(ev.MediaTimedOut(pair=D1)) == ()
    ladder.answer()
    assert ladder.tell(ev.MediaTimedOut(pair=D1)) == ()
    ladder.tell(ev.MediaTimedOut(pair=M1))
    assert {one.leg for one in ladder.of(cmd.EndLeg)} == {A1, B1}


def test_spend_cap_ends_a_call_that_was_dialled() -> None:
    plan = OutgoingCallingPlan(spend_cap_user_day=1.0)
    caller = suze(services=SubscriberServices(outgoing_calling_plan=plan))
    ladder = asked("0900 1234", None, caller)
    ladder.offers()
    ladder.tell(ev.LegAnswered(leg=A1, sdp=sdp("desk"), to_tag="t"))
    ladder.answers()
    know(ladder, None, caller)
    ladder.offers()
    ladder.answer()
    (timer,) = [one for one in ladder.of(cmd.StartTimer) if one.name == "duration"]
    ladder.tell(ev.LegReofferAnswered(leg=A1, sdp=sdp("desk")))
    ladder.tell(ev.TimerFired(name="duration"), after_s=timer.after_s)
    assert {(one.leg, one.reason) for one in ladder.of(cmd.EndLeg)} == {(A1, CAP_REACHED), (B1, CAP_REACHED)}


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


def barred() -> SubscriberContext:
    """Suze may not call +31 30."""
    plan = OutgoingCallingPlan(barred_prefixes=("+3130",))
    return suze(group_services=GroupServices(group_outgoing_calling_plan=plan))


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
