"""Somebody else has the call, or nobody does: who came to pick it up goes without (decision 18)."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from fmc_gateway.call.commands import AnyCommand, DeleteMedia, EndLeg, ReturnLeg
from fmc_gateway.call.events import LegReturned
from fmc_gateway.call.model import CallState, Leg, LegPhase, Ringing, any_leg
from fmc_gateway.call.pickups import Pickup
from hipper.contracts.calls import AttemptOutcome

C = TypeVar("C", bound=CallState)
TAKEN = "another telephone has the call"
TAKEN_REASON = 'SIP;cause=200;text="Call completed elsewhere"'


def without_picker(
    call: C,
    now: float,
    out: list[AnyCommand],
    why: str = TAKEN,
    reason: str | None = TAKEN_REASON,
    ended_by: str = "gateway",
) -> C:
    """Not answered yet, it hears ``why`` in a call of its own; answered, it is sent BYE with ``reason``."""
    if not isinstance(call, Ringing) or call.pickup is None:
        return call
    pickup, leg = call.pickup, any_leg(call, call.pickup.leg)
    assert leg is not None
    delete_media(pickup, out)
    others = tuple(one for one in call.aside if one.id != leg.id)
    if leg.phase is LegPhase.OFFERED:
        out.append(ReturnLeg(returned=LegReturned(joined=pickup.joined, explanation=why)))
        return msgspec.structs.replace(call, aside=others, pickup=None)
    if leg.phase is LegPhase.ANSWERED:
        out.append(EndLeg(leg=leg.id, reason=reason))
    over = _over(leg, now, ended_by)
    return msgspec.structs.replace(call, aside=(*others, over), pickup=None)


def delete_media(pickup: Pickup, out: list[AnyCommand]) -> None:
    out.append(DeleteMedia(pair=pickup.own))
    if pickup.pair is not None:
        out.append(DeleteMedia(pair=pickup.pair))


def _over(leg: Leg, now: float, ended_by: str) -> Leg:
    if leg.phase is LegPhase.OVER:
        return leg
    return msgspec.structs.replace(
        leg,
        phase=LegPhase.OVER,
        ended=now,
        ended_by=ended_by,
        outcome=AttemptOutcome.ANSWERED_ELSEWHERE,
        explanation=TAKEN,
    )
