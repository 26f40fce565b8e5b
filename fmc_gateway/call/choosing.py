"""Which call ``*11`` takes (seed 5.5; call-flows §4): of the calls of one user on this gateway, one that
runs on another telephone. One whose telephone is gone comes first, then who talks, then who is held; of
several the newest. Never 112, 113, or what the emergency centre began."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from fmc_gateway.call.exchanges import MoveKind
from fmc_gateway.call.hearing import sound
from fmc_gateway.call.model import (
    CallState,
    Leg,
    LegPhase,
    Talking,
    other_of,
    winner_of,
)
from fmc_gateway.call.talks import never_recorded
from hipper.pbx.ids import CallId, DeviceId, SubscriberId
from hipper.telephony.numbers.emergency import is_never_recorded

NO_CALL = "no call of this user can be taken over"
SAME_DEVICE = "asked from a device already in that call"
BEING_MOVED = "another telephone is taking this call over"
UNTOUCHABLE = "calls to 112 and 113 are left alone"
CONSULTING = "the call is being transferred"
CONSULTS = (MoveKind.CONSULT, MoveKind.TRANSFER)
GONE = "the call that was asked for is over"


class Chosen(NamedTuple):
    """``call`` None: none, and ``explanation`` says why."""

    call: CallId | None
    explanation: str = ""


def choose(calls: Iterable[CallState], subscriber: SubscriberId, device: DeviceId | None) -> Chosen:
    """``calls``: whatever runs on this gateway. ``device``: the one that asks, None when nobody knows."""
    found: list[Talking] = []
    problems = []
    for call in calls:
        if not isinstance(call, Talking) or side_of(call, subscriber, None) is None:
            continue
        problem = problem_of(call, subscriber, device)
        if problem is None:
            found.append(call)
        else:
            problems.append(problem)
    if found:
        return Chosen(max(found, key=_merit).offered.call)
    return Chosen(None, problems[0] if problems else NO_CALL)


def _merit(call: Talking) -> tuple[bool, bool, float]:
    return call.lost is not None, not sound(call).blocked, call.answered or 0.0


def problem_of(call: Talking, subscriber: SubscriberId, device: DeviceId | None) -> str | None:
    """Why ``device`` of ``subscriber`` cannot have the call, None when it can."""
    if untouchable(call):
        return UNTOUCHABLE
    old = side_of(call, subscriber, None)
    if old is None or winner_of(call).pair is None:
        return NO_CALL
    if call.consult is not None or (call.move is not None and call.move.kind in CONSULTS):
        return CONSULTING
    if call.move is not None and (call.move.kind is MoveKind.PULL or call.move.leg is not None):
        return BEING_MOVED
    if other_of(call, old.id).phase is not LegPhase.ANSWERED:
        return NO_CALL
    here = (call.calling, winner_of(call))
    if device is not None and any(leg.device == device and leg.id != call.lost for leg in here):
        return SAME_DEVICE
    return None


def untouchable(call: CallState) -> bool:
    """112, 113 and the emergency centre that calls back (call-flows §5)."""
    if call.emergency or is_never_recorded(call.offered.dialled):
        return True
    return isinstance(call, Talking) and never_recorded(call, winner_of(call))


def is_free(call: Talking) -> bool:
    """Nothing but talk is under way, over media of ours, and no service speaks."""
    none = call.exchange is None and call.move is None and call.consult is None and call.lost is None
    none = none and call.keying is None
    return none and not call.asked and winner_of(call).pair is not None and not call.service


def is_there(*legs: Leg) -> bool:
    return all(leg.phase is LegPhase.ANSWERED and leg.sdp is not None for leg in legs)


def side_of(call: Talking, subscriber: SubscriberId, device: DeviceId | None) -> Leg | None:
    """The party of the two that is ``subscriber``, on ``device`` where that is given; of somebody who talks
    to the own telephone the one that is lost, else who called."""
    winner = winner_of(call)
    sides = (winner, call.calling) if call.lost == winner.id else (call.calling, winner)
    for leg in sides:
        if leg.subscriber == subscriber and device in (None, leg.device):
            return leg
    return None
