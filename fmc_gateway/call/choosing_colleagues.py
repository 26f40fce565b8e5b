"""Which call of a colleague is taken (seed 9): of those that ring in the group the one that has rung longest
(Call Pickup), or that of one colleague (Directed Call Pickup). Never what the emergency centre began, but by
the one whom it calls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from fmc_gateway.call.choosing import UNTOUCHABLE, Chosen, untouchable
from fmc_gateway.call.model import OPEN, CallState, Leg, LegPhase, Ringing, present
from hipper.pbx.ids import GroupId, SubscriberId

NOTHING_RINGS = "no call rings that this user may pick up"
BEING_PICKED_UP = "somebody else is picking this call up"
ONES_OWN = "this user is the one who calls"
NO_OFFER = "the caller leaves the offer to whoever answers"
RUNG = frozenset(OPEN - {LegPhase.WAITING, LegPhase.PREPARING})


class Asks(NamedTuple):
    """Who asks for a call that rings, of whom: ``called``, or None: of anybody of ``group``."""

    subscriber: SubscriberId
    group: GroupId | None
    called: SubscriberId | None


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
