"""Which call of a colleague is taken (seed 9): of those that ring in the group the one that has rung longest
(Call Pickup), or that of one colleague (Directed Call Pickup); the one that is parked at an extension. Never
what the emergency centre began, but by the one whom it calls. And which call a user parks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from fmc_gateway.call.choosing import (
    BEING_MOVED,
    UNTOUCHABLE,
    Chosen,
    choose,
    is_free,
    side_of,
    untouchable,
)
from fmc_gateway.call.commands import FindCall
from fmc_gateway.call.events import Wants
from fmc_gateway.call.exchanges import MoveKind
from fmc_gateway.call.model import (
    OPEN,
    CallState,
    Leg,
    LegPhase,
    Ringing,
    Talking,
    on_hold,
    other_of,
    present,
)
from hipper.pbx.ids import CallId, DeviceId, GroupId, SubscriberId

NOTHING_RINGS = "no call rings that this user may pick up"
BEING_PICKED_UP = "somebody else is picking this call up"
ONES_OWN = "this user is the one who calls"
NOT_PARKED = "no call is parked there"
NO_OFFER = "the caller leaves the offer to whoever answers"
RUNG = frozenset(OPEN - {LegPhase.WAITING, LegPhase.PREPARING})


class Asks(NamedTuple):
    """Who asks for a call that rings, of whom: ``called``, or None: of anybody of ``group``."""

    subscriber: SubscriberId
    group: GroupId | None
    called: SubscriberId | None


def find(calls: Iterable[CallState], asked: FindCall) -> Chosen:
    """Which call a telephone that dialled a code takes."""
    if asked.wants is Wants.PULL:
        return choose(calls, asked.subscriber, asked.device)
    if asked.wants is Wants.RETRIEVE:
        return to_retrieve(calls, asked.group, asked.at)
    return to_pick_up(calls, Asks(asked.subscriber, asked.group, asked.called))


def to_pick_up(calls: Iterable[CallState], asks: Asks) -> Chosen:
    """``calls``: whatever runs on this gateway."""
    found: list[tuple[float, Ringing]] = []
    problems = []
    for call in calls:
        if not isinstance(call, Ringing) or not _is_meant(call, asks):
            continue
        problem = problem_of(call, asks) or (NO_OFFER if call.calling.sdp is None else None)
        if problem is None:
            found.append((_since(call), call))
        else:
            problems.append(problem)
    if not found:
        return Chosen(None, problems[0] if problems else NOTHING_RINGS)
    _, longest = min(found, key=lambda one: one[0])
    return Chosen(longest.offered.call)


def problem_of(call: CallState, asks: Asks) -> str | None:
    """Why ``asks`` cannot have that call, None when it can."""
    if not isinstance(call, Ringing) or not _is_meant(call, asks):
        return NOTHING_RINGS
    if call.calling.subscriber == asks.subscriber:
        return ONES_OWN
    own = call.reached_subscriber == asks.subscriber
    if untouchable(call) or (call.offered.emergency_callback and not own):
        return UNTOUCHABLE
    return BEING_PICKED_UP if call.pickup is not None else None


def _is_meant(call: Ringing, asks: Asks) -> bool:
    rings = _rings(call)
    if not rings or call.over is not None or call.served is None or call.served.group != asks.group:
        return False
    if asks.called is None:
        return True
    return asks.called == call.served.subscriber or any(leg.subscriber == asks.called for leg in rings)


def _rings(call: Ringing) -> tuple[Leg, ...]:
    """Telephones of users that were called and may still answer."""
    return tuple(leg for leg in present(call) if leg.phase in RUNG and leg.device is not None)


def _since(call: Ringing) -> float:
    return min(leg.offered if leg.ringing is None else leg.ringing for leg in _rings(call))


# Parked calls.


def to_retrieve(calls: Iterable[CallState], group: GroupId | None, at: str | None) -> Chosen:
    """The call that waits at extension ``at`` of ``group``."""
    problems = []
    for call in calls:
        problem = retrieval_problem(call, group, at)
        if problem is None:
            return Chosen(call.offered.call)
        problems.append(problem)
    return Chosen(None, next((one for one in problems if one != NOT_PARKED), NOT_PARKED))


def retrieval_problem(call: CallState, group: GroupId | None, at: str | None) -> str | None:
    """Why somebody of ``group`` cannot have that call, None when it can. ``at``: where it is said to be."""
    if not isinstance(call, Talking) or call.parked is None or call.lost is None:
        return NOT_PARKED
    if call.parked.group != group or at not in (None, call.parked.at):
        return NOT_PARKED
    if other_of(call, call.lost).phase is not LegPhase.ANSWERED:
        return NOT_PARKED
    move = call.move
    taken = move is not None and (move.kind is MoveKind.PULL or move.leg is not None)
    return BEING_MOVED if taken else None


def parked_at(calls: Iterable[CallState], group: GroupId) -> tuple[str, ...]:
    """Extensions of ``group`` at which a call waits."""
    found = (call.parked for call in calls if isinstance(call, Talking))
    return tuple(one.at for one in found if one is not None and one.group == group)


def to_park(calls: Iterable[CallState], subscriber: SubscriberId, device: DeviceId | None) -> CallId | None:
    """The call of the user on ``device`` that is held, as it is while a second one is dialled; else on
    another telephone; of several the newest."""
    mine = [
        call
        for call in calls
        if isinstance(call, Talking) and is_free(call) and side_of(call, subscriber, None) is not None
    ]
    best = max(mine, key=lambda call: _merit(call, subscriber, device), default=None)
    return None if best is None else best.offered.call


def _merit(call: Talking, subscriber: SubscriberId, device: DeviceId | None) -> tuple[bool, bool, float]:
    leg = side_of(call, subscriber, None)
    assert leg is not None
    return leg.device == device, on_hold(leg), call.answered or 0.0
