"""Announcements: a media pair of the caller with ourselves (architecture, "Decide, then do").

rtpengine makes an offer for our end of the caller's, we answer it with G.711, and what rtpengine makes of
that goes to the caller in a 183, or in the 200 of a feature code. Our end has no transport: rtpengine speaks,
and what the caller sends is thrown away.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call.commands import AnyCommand, OfferMedia, PlayAnnouncement, StartTimer, StopMusic
from fmc_gateway.call.ending import NO_ANSWER, SPEECH_TIMER, Stop
from fmc_gateway.call.model import (
    Announcing,
    CallState,
    Leg,
    LegPhase,
    SpeechStage,
    Step,
    Verdict,
    become,
    leg_id,
    pair_id,
)
from fmc_gateway.call.records import publish
from fmc_gateway.call.rounds import tell_caller
from hipper.contracts.calls import LegRole, LivePhase
from hipper.pbx.ids import PairId
from hipper.pbx.model import Announcement, ForwardTo, ToVoicemail
from hipper.telephony.sdp import offer_answer
from hipper.telephony.sdp.errors import SdpError

DISCARD_PORT = 9
"""RFC 863."""
SPEAKER = "announcement"
SPEECH_S = 90.0
"""No announcement is longer; after it nothing more is waited for."""


def announce(
    call: CallState,
    announcements: tuple[Announcement, ...],
    verdict: Verdict,
    out: list[AnyCommand],
    now: float,
    *,
    language: str,
    time_zone: str = "Europe/Amsterdam",
    spoken_time: float | None = None,
    then: ForwardTo | ToVoicemail | None = None,
) -> Step:
    """Speak to the caller before the final response, or before the call goes on."""
    state = become(
        Announcing,
        call,
        stage=SpeechStage.OFFERING,
        announcements=announcements,
        language=language,
        time_zone=time_zone,
        spoken_time=spoken_time,
        verdict=verdict,
        then=then,
    )
    state = begin_in_own_media(state, out) if has_own_media(call) else open_pair(state, now, out)
    if state.live is None:
        state = publish(state, LivePhase.SETTING_UP, out)
    return state, tuple(out)


def can_hear(call: CallState) -> bool:
    """Whether the caller has said where to speak to."""
    return has_own_media(call) or (call.calling.phase is LegPhase.OFFERED and bool(call.calling.sdp))


def has_own_media(call: CallState) -> bool:
    """Who dialled from the app and has picked up hears us already."""
    return call.calling.phase is LegPhase.ANSWERED and call.calling.pair is not None


def begin_in_own_media(call: Announcing, out: list[AnyCommand]) -> Announcing:
    """Speech instead of the ringing tone."""
    calling = call.calling
    assert calling.pair is not None
    out += (
        StopMusic(pair=calling.pair, leg=calling.id),
        speech(call, calling.pair),
        StartTimer(name=SPEECH_TIMER, after_s=SPEECH_S),
    )
    return msgspec.structs.replace(call, stage=SpeechStage.SPEAKING)


def speech(call: Announcing, pair: PairId) -> PlayAnnouncement:
    return PlayAnnouncement(
        pair=pair,
        leg=call.calling.id,
        announcements=call.announcements,
        language=call.language,
        tenant=call.tenant,
        spoken_time=call.spoken_time,
        time_zone=call.time_zone,
    )


def open_pair(call: Announcing, now: float, out: list[AnyCommand]) -> Announcing:
    """Our end of the pair, and the question to rtpengine for its offer."""
    index = len(call.called) + 1
    speaker = Leg(
        id=leg_id(call, index),
        role=LegRole.CALLED,
        phase=LegPhase.SPEAKER,
        peer=SPEAKER,
        identity=call.reached,
        pair=pair_id(call, index),
        offered=now,
    )
    out.append(
        OfferMedia(
            pair=pair_id(call, index),
            from_leg=call.calling.id,
            to_leg=speaker.id,
            sdp=call.calling.sdp or "",
        )
    )
    return msgspec.structs.replace(
        call, called=(*call.called, speaker), round_from=index - 1, stage=SpeechStage.OFFERING
    )


def our_description(offer: str) -> str | None:
    """What we answer rtpengine's offer with; None when it offers no G.711 that we could speak."""
    try:
        offered = offer_answer.as_description(offer)
        audio = offered.audio
        where = None if audio is None else offered.connection_of(audio)
        six = where is not None and where.address_type == "IP6"
        ours = offer_answer.Capabilities(
            address="::1" if six else "127.0.0.1", port=DISCARD_PORT, session_id=1
        )
        answer = offer_answer.make_answer(offered, ours)
    except SdpError:
        return None
    return None if answer.audio is None else str(answer)


def refuse_aloud(
    call: CallState,
    announcement: Announcement | None,
    verdict: Verdict,
    now: float,
    out: list[AnyCommand],
    *,
    language: str,
    stop: Stop = NO_ANSWER,
) -> Step:
    """The final response, after an announcement when there is one and the caller can hear it."""
    if announcement is None or not can_hear(call):
        return tell_caller(call, verdict, stop, now, out)
    return announce(call, (announcement,), verdict, out, now, language=language)
