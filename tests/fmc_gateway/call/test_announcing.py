"""Announcements before a final response, feature codes, the voicemail box."""

from __future__ import annotations

from typing import Any

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.calls import CallOutcome
from hipper.pbx.ids import LegId, SubscriberId
from hipper.pbx.model import Announcement, CallerIdentity, ChangeService, DivertReason, Presentation
from hipper.pbx.services.forwarding import Voicemail
from hipper.pbx.services.reachability import AssistantReason, PersonalAssistant
from hipper.pbx.services.screening import AnonymousCallRejection
from hipper.telephony.sdp import offer_answer
from tests.fmc_gateway.call.kit import (
    B1,
    B2,
    M1,
    M2,
    OUTSIDE,
    PIET_FIXED,
    A,
    Ladder,
    anna,
    binding,
    desk_only,
    invite,
    invite_from_desk,
    invite_from_pstn,
    piet,
    sdp,
    suze,
)

SECURE = sdp("suze").replace("RTP/AVP", "RTP/SAVP")
BOX = {"voicemail": Voicemail(active=True)}


def unknown_extension(**changes: Any) -> Ladder:
    """An extension nobody has: the caller is told so; rtpengine is asked for the pair."""
    ladder = Ladder()
    ladder.tell(invite("299", **changes))
    ladder.load(suze(), None)
    return ladder


def rejected(ladder: Ladder) -> tuple[int, int | None]:
    (reject,) = ladder.of(cmd.RejectLeg)
    return reject.status, reject.q850


# A refusal, spoken.


def test_refusal_is_spoken_in_a_183_and_then_told() -> None:
    ladder = unknown_extension()
    assert ladder.of(cmd.OfferMedia) == [cmd.OfferMedia(pair=M1, from_leg=A, to_leg=B1, sdp=sdp("suze"))]
    ladder.offers()
    (answer,) = ladder.of(cmd.AnswerMedia)
    assert (answer.pair, answer.offering_leg, answer.answering_leg) == (M1, A, B1)
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    assert ladder.last[0] == cmd.Progress(leg=A, status=183, sdp=sdp("for a"))
    (speech,) = ladder.of(cmd.PlayAnnouncement)
    assert (speech.pair, speech.leg, speech.announcements) == (M1, A, (Announcement.UNKNOWN_NUMBER,))
    assert (speech.language, speech.tenant, speech.repeat) == ("nl", "acme", False)
    assert ladder.of(cmd.RejectLeg) == []
    ladder.tell(ev.AnnouncementEnded(pair=M1, leg=A))
    assert rejected(ladder) == (404, 1)
    assert cmd.DeleteMedia(pair=M1) in ladder.last
    assert cmd.StopTimer(name="speech") in ladder.last
    assert ladder.call is None
    assert (ladder.record.outcome, ladder.record.rule) == (
        CallOutcome.REFUSED,
        "dialled.unknown-extension",
    )
    assert [leg.leg for leg in ladder.record.legs] == [A]


def test_we_answer_with_g711_what_rtpengine_offers_us() -> None:
    ladder = unknown_extension()
    offer = (
        "v=0\r\no=- 7 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
        "m=audio 40000 RTP/AVP 96 8 0 101\r\na=rtpmap:96 AMR-WB/16000\r\na=rtpmap:8 PCMA/8000\r\n"
        "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
        "m=video 40002 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\n"
    )
    ladder.tell(ev.MediaOffered(pair=M1, from_leg=A, to_leg=B1, sdp=offer))
    ours = offer_answer.as_description(ladder.of(cmd.AnswerMedia)[0].sdp)
    assert ours.audio is not None
    assert [codec.name for codec in ours.audio.codecs if codec.carries_media] == ["PCMA", "PCMU"]
    assert [media.port == 0 for media in ours.media] == [False, True]


@pytest.mark.parametrize("offer", [SECURE, "garbage", ""])
def test_caller_we_cannot_speak_to_gets_the_status_at_once(offer: str) -> None:
    ladder = unknown_extension()
    ladder.tell(ev.MediaOffered(pair=M1, from_leg=A, to_leg=B1, sdp=offer))
    assert rejected(ladder) == (404, 1)
    assert ladder.of(cmd.DeleteMedia) == [cmd.DeleteMedia(pair=M1)]
    assert ladder.of(cmd.PlayAnnouncement) == []
    assert ladder.call is None


@pytest.mark.parametrize("stage", ["offering", "answering"])
def test_media_that_fails_leads_to_the_status_at_once(stage: str) -> None:
    ladder = unknown_extension()
    if stage == "answering":
        ladder.offers()
    ladder.tell(ev.MediaFailed(pair=M2, reason="another"))
    assert ladder.of(cmd.RejectLeg) == []
    ladder.tell(ev.MediaFailed(pair=M1, reason="x"))
    assert rejected(ladder) == (404, 1)
    assert ladder.call is None


def test_announcement_that_never_ends_is_ended() -> None:
    ladder = unknown_extension()
    ladder.offers()
    ladder.answers()
    ladder.tell(ev.TimerFired(name="other"))
    ladder.tell(ev.TimerFired(name="speech"), after_s=90)
    assert rejected(ladder) == (404, 1)


def test_announcement_that_could_not_be_played_leads_to_the_status() -> None:
    ladder = unknown_extension()
    ladder.offers()
    ladder.answers()
    ladder.tell(ev.AnnouncementEnded(pair=M1, leg=A, played=False))
    assert rejected(ladder) == (404, 1)


def test_caller_hangs_up_during_the_announcement() -> None:
    ladder = unknown_extension()
    ladder.offers()
    ladder.answers()
    ladder.tell(ev.LegCancelled(leg=LegId("x")))
    ladder.tell(ev.LegCancelled(leg=A))
    assert ladder.call is None
    assert ladder.of(cmd.DeleteMedia) == [cmd.DeleteMedia(pair=M1)]
    assert ladder.of(cmd.RejectLeg) == []
    assert ladder.record.outcome is CallOutcome.CANCELLED


def test_update_during_the_announcement_gets_the_description_in_force() -> None:
    ladder = unknown_extension()
    ladder.offers()
    ladder.answers()
    ladder.tell(ev.LegReoffered(leg=A, sdp=sdp("suze"), method="UPDATE"))
    assert ladder.last == (cmd.AnswerReoffer(leg=A, sdp=sdp(f"for {A}")),)


def test_called_user_who_takes_no_anonymous_calls_has_it_said() -> None:
    hidden = CallerIdentity(presentation=Presentation.RESTRICTED, network_number=OUTSIDE)
    who = desk_only(piet(), anonymous_call_rejection=AnonymousCallRejection(active=True))
    ladder = Ladder()
    ladder.tell(invite_from_pstn(caller=hidden))
    ladder.load(None, who, binding("piet-desk1"))
    ladder.hear()
    assert [one.announcements for one in ladder.of(cmd.PlayAnnouncement)] == [(Announcement.NO_CALLS_TAKEN,)]
    assert rejected(ladder)[0] == 433
    assert ladder.of(cmd.Originate) == []


def assistant(**changes: Any) -> Ladder:
    service = PersonalAssistant(active=True, reason=AssistantReason.MEETING, **changes)
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), desk_only(piet(language="en"), personal_assistant=service, **BOX))
    ladder.offers()
    ladder.answers()
    return ladder


def test_personal_assistant_says_why_and_when_and_then_it_is_over() -> None:
    ladder = assistant(until=2_000_000_000.0)
    (speech,) = ladder.of(cmd.PlayAnnouncement)
    assert speech.announcements == (Announcement.BUSY_IN_MEETING, Announcement.BACK_AT)
    assert (speech.language, speech.spoken_time) == ("en", 2_000_000_000.0)
    ladder.spoken()
    assert rejected(ladder) == (480, 20)
    assert ladder.record.outcome is CallOutcome.UNREACHABLE


def test_personal_assistant_sends_the_caller_on_after_it() -> None:
    ladder = assistant(transfer_to="203")
    ladder.spoken()
    assert cmd.DeleteMedia(pair=M1) in ladder.last
    assert ladder.state == "Diverting"
    ladder.forward(piet(), desk_only(anna()), binding("anna-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=B2, status=180))
    assert ladder.of(cmd.Ring) == [cmd.Ring(leg=A)]
    ladder.answer(B2, M2)
    assert ladder.state == "Talking"


def test_personal_assistant_leads_to_the_voicemail_box() -> None:
    ladder = assistant(to_voicemail=True)
    ladder.spoken()
    ladder.offers()
    assert ladder.of(cmd.Originate)[0].target == cmd.VoicemailTarget(mailbox=SubscriberId("piet"), cause=302)


# Feature codes.

FORWARD_ALL = "*21*203#"


def code(dialled: str = FORWARD_ALL) -> Ladder:
    ladder = Ladder()
    ladder.tell(invite_from_desk(dialled))
    ladder.load(suze(), None)
    return ladder


@pytest.mark.parametrize(
    ("done", "said"), [(True, Announcement.SERVICE_ON), (False, Announcement.SERVICE_FAILED)]
)
def test_feature_code_is_carried_out_answered_spoken_about_and_over(done: bool, said: Announcement) -> None:
    ladder = code()
    (apply,) = ladder.of(cmd.ApplyFeature)
    assert (apply.subscriber, apply.device) == ("suze", "suze-desk1")
    assert isinstance(apply.action, ChangeService)
    ladder.tell(ev.FeatureDone(done=done))
    ladder.offers()
    ladder.answers()
    assert ladder.last[0] == cmd.AnswerLeg(leg=A, sdp=sdp(f"for {A}"))
    assert [one.announcements for one in ladder.of(cmd.PlayAnnouncement)] == [(said,)]
    assert ladder.of(cmd.Progress) == []
    ladder.tell(ev.LegConfirmed(leg=A))
    ladder.tell(ev.AnnouncementEnded(pair=M1, leg=A))
    assert ladder.of(cmd.EndLeg) == [cmd.EndLeg(leg=A)]
    assert ladder.call is None
    assert ladder.record.outcome is CallOutcome.SERVICE
    assert ladder.record.answered is not None
    assert ladder.record.segments == ()
    assert ladder.of(cmd.DeleteMedia) == [cmd.DeleteMedia(pair=M1)]
    assert ladder.live() is None


def test_feature_that_is_never_done_has_failed() -> None:
    ladder = code()
    ladder.tell(ev.TimerFired(name="speech"), after_s=5)
    ladder.hear()
    assert [one.announcements for one in ladder.of(cmd.PlayAnnouncement)] == [(Announcement.SERVICE_FAILED,)]
    assert ladder.tell(ev.FeatureDone(done=True)) == ()


def test_feature_done_twice_is_spoken_about_once() -> None:
    ladder = code()
    ladder.tell(ev.FeatureDone(done=True))
    assert ladder.tell(ev.FeatureDone(done=False)) == ()


def test_user_hangs_up_before_the_feature_is_done() -> None:
    ladder = code()
    ladder.tell(ev.LegCancelled(leg=A))
    assert ladder.record.outcome is CallOutcome.CANCELLED
    assert cmd.StopTimer(name="speech") in ladder.last


def test_user_hangs_up_while_it_is_spoken() -> None:
    ladder = code()
    ladder.tell(ev.FeatureDone(done=True))
    ladder.offers()
    ladder.answers()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.call is None
    assert (ladder.record.outcome, ladder.of(cmd.EndLeg)) == (CallOutcome.SERVICE, [])


def test_cancel_that_crosses_the_200_of_a_feature() -> None:
    ladder = code()
    ladder.tell(ev.FeatureDone(done=True))
    ladder.offers()
    ladder.answers()
    ladder.tell(ev.LegCancelled(leg=A))
    assert (ladder.record.outcome, ladder.record.answered) == (CallOutcome.CANCELLED, None)


def test_feature_without_media_is_told_by_status() -> None:
    ladder = code()
    ladder.tell(ev.FeatureDone(done=True))
    ladder.tell(ev.MediaFailed(pair=M1, reason="none", no_rtpengine=True))
    assert rejected(ladder) == (480, 31)
    assert ladder.record.outcome is CallOutcome.SERVICE


def test_hold_during_an_answered_announcement_is_refused() -> None:
    ladder = code()
    ladder.tell(ev.FeatureDone(done=True))
    ladder.offers()
    ladder.answers()
    ladder.tell(ev.LegReoffered(leg=A, sdp=sdp("suze", direction="sendonly"), method="INVITE"))
    assert ladder.last == (cmd.RejectReoffer(leg=A, status=488),)


def test_nothing_to_pull_is_spoken_and_480() -> None:
    ladder = code("*11")
    assert ladder.of(cmd.ApplyFeature) == []
    (ask,) = ladder.of(cmd.FindCall)
    assert (ask.subscriber, ask.device) == ("suze", ladder.of(cmd.LoadContext)[0].served_device)
    assert ladder.of(cmd.PublishLive) == [], "it is no call of its own"
    ladder.tell(ev.CallChosen(call=None, explanation="no call of this user can be taken over"))
    ladder.hear()
    assert [one.announcements for one in ladder.of(cmd.PlayAnnouncement)] == [(Announcement.NOTHING_TO_PULL,)]
    assert rejected(ladder)[0] == 480
    assert ladder.record.outcome is CallOutcome.SERVICE


# The voicemail box.


def to_the_box(who: Any = None) -> Ladder:
    """Nobody answers; the INVITE to the box is out (leg B2, pair M2)."""
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), who or desk_only(piet(), **BOX), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(ev.TimerFired(name="no_answer"), after_s=25)
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    ladder.tell(ev.MediaOffered(pair=M2, from_leg=A, to_leg=B2, sdp=sdp("for box")))
    return ladder


def test_box_takes_a_call_nobody_answered_and_its_early_media_passes() -> None:
    ladder = to_the_box()
    box = ladder.of(cmd.Originate)[-1]
    assert box.target == cmd.VoicemailTarget(mailbox=SubscriberId("piet"), cause=408)
    assert box.diverted == (ev.Diverted(number=PIET_FIXED, reason=DivertReason.NO_ANSWER),)
    ladder.tell(ev.LegProgress(leg=B2, status=183, sdp=sdp("box"), to_tag="t"))
    ladder.tell(ev.MediaAnswered(pair=M2, sdp=sdp("for a")))
    assert ladder.last == (cmd.Progress(leg=A, status=183, sdp=sdp("for a")),)
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("box"), to_tag="t"))
    ladder.tell(ev.LegEnded(leg=B2, cause="bye"))
    assert ladder.record.outcome is CallOutcome.ANSWERED
    assert [(one.by, one.to) for one in ladder.record.diversions] == [("piet", "voicemail")]
    assert ladder.leg(B2).peer == "voicemail"


@pytest.mark.parametrize(
    "event",
    [
        ev.LegRejected(leg=B2, status=404, by_network=True),
        ev.LegRejected(leg=B2, status=503, by_network=True),
        ev.LegRejected(leg=B2, status=486),
        ev.LegEnded(leg=B2, cause="transport"),
        ev.TimerFired(name="no_answer"),
    ],
)
def test_box_that_does_not_take_it_is_never_silence(event: ev.AnyEvent) -> None:
    ladder = to_the_box()
    ladder.tell(event, after_s=15)
    ladder.hear()
    assert [one.announcements for one in ladder.of(cmd.PlayAnnouncement)] == [
        (Announcement.USER_UNAVAILABLE,)
    ]
    assert rejected(ladder) == (480, 20)
    if ladder.call is not None:
        ladder.tell(ev.LegRejected(leg=B2, status=487))
    assert ladder.record.outcome is CallOutcome.UNREACHABLE


def listening() -> Ladder:
    ladder = Ladder()
    ladder.tell(invite("1233"))
    ladder.load(suze(services=desk_only(suze(), **BOX).services), None)
    ladder.offers()
    return ladder


def test_user_listens_to_the_own_box() -> None:
    ladder = listening()
    out = ladder.of(cmd.Originate)[0]
    assert out.target == cmd.VoicemailTarget(mailbox=SubscriberId("suze"), cause=302, listen=True)
    assert out.diverted == ()
    ladder.answer()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.record.outcome is CallOutcome.SERVICE
    assert ladder.record.diversions == ()
    payer = ladder.leg(A).payer
    assert payer is not None
    assert payer.tariff == "voicemail"


def test_own_box_that_cannot_be_reached_is_a_service_that_failed() -> None:
    ladder = listening()
    ladder.tell(ev.LegRejected(leg=B1, status=404, by_network=True))
    ladder.hear()
    assert [one.announcements for one in ladder.of(cmd.PlayAnnouncement)] == [(Announcement.SERVICE_FAILED,)]
    assert rejected(ladder)[0] == 480
    assert ladder.record.outcome is CallOutcome.SERVICE
