"""``*11``: a telephone of the user takes the running call over (seed 5.5; call-flows §4).

It called in a call of its own, which ended by handing its leg over to the one that was chosen
(:mod:`.choosing`). Here it gets the place of the user's telephone in that call, or is handed back to hear
why it cannot.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import choosing, moving
from fmc_gateway.call.commands import AnswerRequest, AnyCommand, ReturnLeg
from fmc_gateway.call.events import LegCancelled, LegEnded, LegJoined, LegReturned, Wants
from fmc_gateway.call.exchanges import Move, MoveKind
from fmc_gateway.call.model import (
    CallState,
    Leg,
    LegPhase,
    Step,
    Talking,
    other_of,
)
from fmc_gateway.call.records import live_identity
from hipper.contracts.calls import LegRole
from hipper.pbx import rules
from hipper.pbx.model import CallerIdentity

GONE = choosing.GONE


def leg_joined(call: Talking, event: LegJoined, now: float) -> Step:
    """Telephones that ring for the call, because the app asked or the old one is gone, ring no longer. While
    the other side is about to change something the one who comes waits for the end of that."""
    problem = choosing.problem_of(call, event.subscriber, event.device)
    if event.wants is not Wants.PULL:
        problem = GONE
    if problem is not None:
        return call, (hand_back(event, problem),)
    old = choosing.side_of(call, event.subscriber, None)
    assert old is not None
    return take(call, event, old, joined_leg(event, old, now), now)


def take(call: Talking, event: LegJoined, old: Leg, leg: Leg, now: float) -> Step:
    """``leg`` comes in the place of ``old``."""
    out: list[AnyCommand] = []
    before = call.move
    if before is not None:
        call = moving.stop_ringing(call, now, out)
    if before is not None and before.request is not None:
        out.append(AnswerRequest(request=before.request, done=False, explanation=choosing.BEING_MOVED))
    move = Move(
        kind=MoveKind.PULL,
        replaces=old.id,
        stays=other_of(call, old.id).id,
        subscriber=event.subscriber,
        leg=event.leg,
        joined=event,
    )
    call = msgspec.structs.replace(call, aside=(*call.aside, leg), move=move)
    return moving.next_one(call, now, out), tuple(out)


def not_talking(call: CallState | None, event: LegJoined, now: float) -> Step:
    """The call is over, or not one that can be taken."""
    return call, (hand_back(event, GONE),)  # type: ignore[return-value]


def hand_back(event: LegJoined, why: str) -> ReturnLeg:
    return ReturnLeg(returned=LegReturned(joined=event, explanation=why))


def joined_leg(event: LegJoined, old: Leg, now: float) -> Leg:
    """As the old one in what others see of the user."""
    offered = event.offered
    return Leg(
        id=event.leg,
        role=old.role,
        phase=LegPhase.OFFERED,
        peer=offered.peer,
        identity=old.identity,
        subscriber=event.subscriber,
        device=event.device,
        payer=event.payer,
        rule=rules.FEATURE_PULL if old.role is LegRole.CALLED else "",
        connected_as=old.connected_as,
        in_call=event.in_call,
        radio=event.radio,
        sdp=offered.sdp,
        sip_call_id=offered.sip_call_id,
        icid=offered.icid,
        network_reference=offered.network_reference,
        offered=now,
    )


def seen_by(call: Talking, leg: Leg) -> CallerIdentity | None:
    """Whom the user who was on ``leg`` has at the other end, as that user may see it."""
    other = other_of(call, leg.id)
    if leg.id == call.calling.id:
        return other.connected_as if other.connected_as is not None else live_identity(other)
    return call.calling.identity if leg.shown is None else leg.shown


# Whoever goes before it is done.


def who_came_left(call: Talking, event: LegCancelled | LegEnded, now: float) -> Step:
    """The one who dialled ``*11`` hung up before it had the call."""
    move = call.move
    assert move is not None
    cancelled = isinstance(event, LegCancelled)
    aside = tuple(
        msgspec.structs.replace(
            one,
            phase=LegPhase.OVER,
            ended=now,
            ended_by="calling",
            status=487 if cancelled else one.status,
        )
        if one.id == event.leg
        else one
        for one in call.aside
    )
    call = msgspec.structs.replace(call, aside=aside)
    return moving.give_up(call, moving.HUNG_UP, now, [])
