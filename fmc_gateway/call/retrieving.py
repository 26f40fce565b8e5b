"""Somebody of the group takes a parked call (seed 9, Call Park): by code as a telephone that pulls does
(:mod:`.pulling`), in the app on a telephone that rings for it (:mod:`.pushing`)."""

from __future__ import annotations

import msgspec

from fmc_gateway.call import pulling, pushing
from fmc_gateway.call.choosing import BEING_MOVED
from fmc_gateway.call.choosing_colleagues import NOT_PARKED, retrieval_problem
from fmc_gateway.call.commands import AnswerRequest
from fmc_gateway.call.events import LegJoined, RetrieveRequested
from fmc_gateway.call.exchanges import Move, MoveKind
from fmc_gateway.call.model import CallState, Leg, Step, Talking, any_leg, other_of
from hipper.contracts.bus import RefusedBecause
from hipper.pbx import colleagues, rules
from hipper.pbx.identity import connected_identity
from hipper.pbx.model import CallerIdentity, DeviceKind, RefusedPlan


def leg_joined(call: Talking, event: LegJoined, now: float) -> Step:
    problem = retrieval_problem(call, event.group, event.at)
    old = _parked(call)
    if problem is not None or old is None:
        return call, (pulling.hand_back(event, problem or NOT_PARKED),)
    on_net = other_of(call, old.id).subscriber is not None
    seen = event.seen_by_colleagues if on_net else event.seen_outside
    leg = _somebody_else(pulling.joined_leg(event, old, now), seen, event.rule)
    return pulling.take(call, event, old, leg, now)


def requested(call: Talking, event: RetrieveRequested, now: float) -> Step:
    """The telephone rings, and has the call when it is picked up."""
    wanted = colleagues.retrieve(event.user, None)
    if isinstance(wanted, RefusedPlan):
        return call, (_no(event, wanted.explanation, RefusedBecause.BARRED),)
    problem = retrieval_problem(call, wanted.group, None)
    old = _parked(call)
    if problem is None and (call.move is not None or call.asked or call.exchange is not None):
        problem = BEING_MOVED
    if problem is not None or old is None:
        return call, (_no(event, problem or NOT_PARKED),)
    stays = other_of(call, old.id)
    move = Move(
        kind=MoveKind.PUSH,
        replaces=old.id,
        stays=stays.id,
        subscriber=event.subscriber,
        device=event.device,
        request=event.request,
    )
    known = {leg.id for leg in call.called}
    call = msgspec.structs.replace(call, move=move)
    state, commands = pushing.ring_to_take(call, move, event.user, event.bindings, event.facts, now)
    if not isinstance(state, Talking):
        return state, commands
    seen = connected_identity(
        event.user,
        caller_on_net=stays.subscriber is not None,
        dialled=None,
        device=DeviceKind.DESK_PHONE,
    )
    called = tuple(
        leg if leg.id in known else _somebody_else(leg, seen, rules.PARK_RETRIEVED) for leg in state.called
    )
    return msgspec.structs.replace(state, called=called), commands


def not_parked(call: CallState | None, event: RetrieveRequested, now: float) -> Step:
    return call, (_no(event, NOT_PARKED),)  # type: ignore[return-value]


def _parked(call: Talking) -> Leg | None:
    """The dead leg in whose place somebody comes."""
    return None if call.parked is None or call.lost is None else any_leg(call, call.lost)


def _somebody_else(leg: Leg, seen: CallerIdentity | None, rule: str) -> Leg:
    """Not who parked the call: the other side is shown who it is."""
    shown = leg.identity if seen is None else seen
    return msgspec.structs.replace(leg, rule=rule, connected_as=seen, identity=shown)


def _no(event: RetrieveRequested, why: str, because: RefusedBecause = RefusedBecause.STATE) -> AnswerRequest:
    return AnswerRequest(request=event.request, done=False, explanation=why, because=because)
