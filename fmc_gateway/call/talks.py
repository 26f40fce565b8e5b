"""What the recorder is told: two parties talk, and no longer (architecture, "Hooks").

Only a talk whose audio rtpengine carries can be recorded, and a voicemail box records by itself. Hold changes
nothing: the two still have the same pair.
"""

from __future__ import annotations

from fmc_gateway.call.commands import (
    AnyCommand,
    EmergencyTarget,
    NetworkTarget,
    PublishTalk,
    TrunkTarget,
    VoicemailTarget,
)
from fmc_gateway.call.conference import Party
from fmc_gateway.call.model import CallState, Leg, Talking, winner_of
from fmc_gateway.call.records import live_identity, without_secrets
from hipper.contracts.talks import TalkEnded, TalkMoved, TalkStarted, TalkTag
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.telephony.numbers.emergency import is_never_recorded


def started(call: Talking, now: float, out: list[AnyCommand]) -> None:
    winner = winner_of(call)
    if winner.pair is None or not _is_talk(call):
        return
    talk = TalkStarted(
        call=call.offered.call,
        segment=segment_of(call),
        tenant=call.tenant,
        at=now,
        rtpengine="",  # the interpreter knows
        ng_call_id=winner.pair,
        tags=(_tag(call.calling), _tag(winner)),
        never_record=never_recorded(call, winner),
    )
    out.append(PublishTalk(talk=talk))


def moved(call: Talking, now: float, out: list[AnyCommand]) -> None:
    """They talk on in another pair, and one of them on another telephone."""
    winner = winner_of(call)
    if winner.pair is None or not _is_talk(call):
        return
    talk = TalkMoved(
        call=call.offered.call,
        segment=segment_of(call),
        at=now,
        rtpengine="",  # the interpreter knows
        ng_call_id=winner.pair,
        tags=(_tag(call.calling), _tag(winner)),
    )
    out.append(PublishTalk(talk=talk))


def ended(call: CallState, now: float, out: list[AnyCommand]) -> None:
    """Whatever ends the call; nothing when no talk had begun."""
    if not isinstance(call, Talking) or call.parked is not None:
        return
    if winner_of(call).pair is not None and _is_talk(call):
        out.append(PublishTalk(talk=TalkEnded(call=call.offered.call, segment=segment_of(call), at=now)))


def entered(call: CallState, leg: Leg, party: Party, segment: int, now: float, out: list[AnyCommand]) -> None:
    """A user of ours hears a conference, and is heard there: a talk with the room."""
    if leg.subscriber is None:
        return
    others = CallerIdentity(presentation=Presentation.ALLOWED)
    talk = TalkStarted(
        call=call.offered.call,
        segment=segment,
        tenant=call.tenant,
        at=now,
        rtpengine="",  # the interpreter knows
        ng_call_id=party.pair,
        tags=(_tag(leg), TalkTag(leg=party.room_leg, tag=party.room_leg, identity=others)),
    )
    out.append(PublishTalk(talk=talk))


def left(call: CallState, leg: Leg, segment: int, now: float, out: list[AnyCommand]) -> None:
    if leg.subscriber is not None:
        out.append(PublishTalk(talk=TalkEnded(call=call.offered.call, segment=segment, at=now)))


def segment_of(call: Talking) -> int:
    """Which of the record's segments the talk is."""
    return len(call.segments) - 1


def never_recorded(call: CallState, winner: Leg) -> bool:
    """112, 113 and 0800-0113 (call-flows §5), by whatever way the call got there, and the emergency centre
    that calls back."""
    target = winner.target
    if call.emergency or call.offered.emergency_callback or isinstance(target, EmergencyTarget):
        return True
    return isinstance(target, TrunkTarget | NetworkTarget) and is_never_recorded(target.user)


def _is_talk(call: Talking) -> bool:
    return not isinstance(winner_of(call).target, VoicemailTarget)


def _tag(leg: Leg) -> TalkTag:
    """rtpengine knows each party by the id of its leg."""
    return TalkTag(
        leg=leg.id,
        tag=leg.id,
        user=leg.subscriber,
        device=leg.device,
        identity=without_secrets(live_identity(leg)),
    )
