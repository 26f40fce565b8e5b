"""A call within a call (call-flows §4): whom a user consults, or transfers to, is called as anybody whom that
user calls, by :mod:`.ringing`, :mod:`.diverting` and all the others; what that comes to is taken over here.

In that call the user's leg stands for itself as the telephone of somebody who dialled from the app does: it
is answered, and hears what it has to on the media it has, which is the pair with the far party. So the call
within speaks to nobody who is in the call already: what it would say to the user, or to the world about
itself, is left out or said by the call it is made in.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import announcing, notices
from fmc_gateway.call.commands import (
    AnyCommand,
    DeleteMedia,
    EndLeg,
    PlayAnnouncement,
    PlayMusic,
    Progress,
    PublishLive,
    PublishTalk,
    Reoffer,
    StartTimer,
    StopAnnouncement,
    StopMusic,
    StopTimer,
)
from fmc_gateway.call.ending import DURATION_TIMER, NO_ANSWER_TIMER, SPEECH_TIMER, Stop, stop_leg, timers
from fmc_gateway.call.ending import confirm_timer as confirms
from fmc_gateway.call.ending import delay_timer as delays
from fmc_gateway.call.events import (
    AnnouncementEnded,
    AnyEvent,
    ContextFailed,
    ContextLoaded,
    DeclineRequested,
    LegDirection,
    MediaAnswered,
    MediaFailed,
    MediaOffered,
    TimerFired,
)
from fmc_gateway.call.model import (
    OPEN,
    Announcing,
    CallState,
    Deciding,
    Diverting,
    Leg,
    LegPhase,
    Ringing,
    SpeechStage,
    Talking,
    folded,
    winner_of,
)
from hipper.contracts.calls import LegRole
from hipper.pbx.ids import LegId
from hipper.pbx.model import CallerIdentity, Payer, SubscriberContext

PAIRS = MediaOffered | MediaAnswered | MediaFailed


def made(
    call: Talking,
    user: Leg,
    caller: SubscriberContext,
    shown: CallerIdentity,
    payer: Payer,
    offer: str,
    rule: str,
) -> Deciding:
    """``user`` is about to call somebody out of ``call``; ``offer``: what the telephones are offered."""
    offered = msgspec.structs.replace(
        call.offered,
        direction=LegDirection.ORIGINATING,
        caller=shown,
        diverted=(),
        diversions=0,
        emergency_callback=False,
        return_route=(),
        request_uri=None,
        icid=None,
    )
    calling = Leg(
        id=user.id,
        role=LegRole.CALLING,
        phase=LegPhase.ANSWERED,
        peer=user.peer,
        identity=shown,
        subscriber=user.subscriber,
        device=user.device,
        pair=winner_of(call).pair,
        sdp=offer,
        offered=user.offered,
    )
    inner = Deciding(offered=offered, calling=calling, rule=rule, reached=call.reached)
    return msgspec.structs.replace(
        inner,
        tenant=call.tenant,
        caller=shown,
        caller_group=caller.group,
        diverted_payer=payer,
        decisions=call.decisions,
        within=call.bridges,
    )


# Whose an event is.


def meant(call: Talking, event: AnyEvent) -> AnyEvent | None:
    """``event`` as the call within has it; None: it is not about that one."""
    inner = call.enquiry
    assert inner is not None
    if isinstance(event, ContextLoaded | ContextFailed):
        return event if asks(inner) else None
    if isinstance(event, TimerFired):
        return event if _is_timer(inner, event.name) else None
    if isinstance(event, PAIRS):
        return event if any(leg.pair == event.pair for leg in inner.called) else None
    if isinstance(event, DeclineRequested):
        return event if _may_decline(inner, event) else None
    if isinstance(event, AnnouncementEnded) and isinstance(inner, Announcing):
        heard = event.leg == listener(call)
        return msgspec.structs.replace(event, leg=inner.calling.id) if heard else None
    leg = getattr(event, "leg", None)
    return event if any(one.id == leg for one in inner.called) else None


def asks(inner: CallState) -> bool:
    """Whether the directory owes it an answer."""
    return isinstance(inner, Diverting) or (isinstance(inner, Ringing) and bool(inner.redirects))


def _is_timer(inner: CallState, name: str) -> bool:
    if name in (NO_ANSWER_TIMER, SPEECH_TIMER):
        return True
    return any(name in (delays(leg.id), confirms(leg.id)) for leg in inner.called)


def _may_decline(inner: CallState, event: DeclineRequested) -> bool:
    return any(leg.phase in OPEN and leg.subscriber == event.subscriber for leg in inner.called)


def listener(call: Talking) -> LegId:
    """Who waits for an answer: the user, or once that one has left the far party."""
    move = call.move
    assert move is not None
    return move.stays


# What it does.


def passed(call: Talking, inner: CallState, commands: tuple[AnyCommand, ...]) -> list[AnyCommand]:
    """What is done of what ``inner``, the call within, wants."""
    user, pair = inner.calling.id, winner_of(call).pair
    out: list[AnyCommand] = []
    for one in commands:
        if isinstance(one, PublishLive | PublishTalk | StopMusic | PlayMusic | Progress):
            continue  # shown, told and heard is what the call itself is, and does
        if isinstance(one, EndLeg | Reoffer) and one.leg == user:
            continue
        if isinstance(one, DeleteMedia) and one.pair == pair:
            continue
        if isinstance(one, StartTimer | StopTimer) and one.name == DURATION_TIMER:
            continue  # it has one of its own when it is known who pays
        if isinstance(one, PlayAnnouncement | StopAnnouncement) and one.leg == user:
            one = msgspec.structs.replace(one, leg=listener(call))
        out.append(one)
    return out


def is_spoken(call: Talking) -> bool:
    """Whether an announcement is heard instead of ringing."""
    inner = call.enquiry
    return isinstance(inner, Announcing) and inner.stage is SpeechStage.SPEAKING


def handed_over(call: Talking, out: list[AnyCommand]) -> None:
    """What was spoken to the user, who has left, the far party hears from the beginning."""
    inner, move = call.enquiry, call.move
    if not is_spoken(call) or not isinstance(inner, Announcing) or inner.calling.pair is None:
        return
    assert move is not None
    out.append(StopAnnouncement(pair=inner.calling.pair, leg=inner.calling.id))
    speech = announcing.speech(inner, inner.calling.pair)
    out.append(msgspec.structs.replace(speech, leg=move.stays))


def stopped(call: Talking, now: float, stop: Stop, out: list[AnyCommand]) -> Talking:
    """Nobody is called any more. An answer of the directory that is still owed means nothing."""
    inner = call.enquiry
    if inner is None:
        return call
    if isinstance(inner, Ringing):
        notices.over(inner, now, out)
    out.extend(StopTimer(name=name) for name in timers(inner))
    if is_spoken(call) and inner.calling.pair is not None:
        out.append(StopAnnouncement(pair=inner.calling.pair, leg=listener(call)))
    called = tuple(stop_leg(leg, now, stop, "gateway", out) for leg in inner.called)
    owed = asks(inner)
    call = folded(msgspec.structs.replace(call, enquiry=msgspec.structs.replace(inner, called=called)))
    return msgspec.structs.replace(call, asked=call.asked or owed)
