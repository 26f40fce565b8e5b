"""What each user's settings decided, kept with the call so that explain can say it afterwards."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from fmc_gateway.call.model import CallState
from hipper.contracts.calls import DecisionKind, DecisionRecord
from hipper.pbx.ids import SubscriberId
from hipper.pbx.model import CallerList, CallPlan, Number, TerminationPlan
from hipper.pbx.screening import treated_as

C = TypeVar("C", bound=CallState)

MOST = 24
"""A call that is redirected again and again does not grow for ever; the first ones say enough."""


def of_calling(
    call: C,
    subscriber: SubscriberId,
    plan: CallPlan,
    kind: DecisionKind = DecisionKind.CALLING,
    *,
    known_as: CallerList | None = None,
) -> C:
    """``known_as``: the list of the user's contacts that whoever is called stands in."""
    return _kept(
        call,
        DecisionRecord(
            kind=kind,
            subscriber=subscriber,
            rule=plan.rule,
            identity_rule=getattr(plan, "identity_rule", None),
            considered=getattr(plan, "considered", ()),
            list=known_as,
        ),
    )


def of_called(
    call: C, subscriber: SubscriberId, plan: TerminationPlan, reached: Number, known_as: CallerList | None
) -> C:
    """``known_as``: the list of the user's contacts that the caller stands in."""
    return _kept(
        call,
        DecisionRecord(
            kind=DecisionKind.CALLED,
            subscriber=subscriber,
            rule=plan.rule,
            considered=plan.considered,
            list=treated_as(known_as, reached),
        ),
    )


def _kept(call: C, decision: DecisionRecord) -> C:
    if len(call.decisions) >= MOST:
        return call
    return msgspec.structs.replace(call, decisions=(*call.decisions, decision))
