"""A telephone dialled a code that asks for a running call: its leg as it comes to that call."""

from __future__ import annotations

import msgspec

from fmc_gateway.call.commands import FindCall
from fmc_gateway.call.events import LegJoined, Wants
from fmc_gateway.call.model import CallState
from hipper.pbx.identity import connected_identity
from hipper.pbx.model import (
    DeviceKind,
    FeaturePlan,
    PickUpCall,
    PullCall,
    RetrieveCall,
    SubscriberContext,
)


def coming(call: CallState, plan: FeaturePlan, caller: SubscriberContext) -> LegJoined | None:
    """None: the code asks for something else."""
    calling, action = call.calling, plan.action
    if not isinstance(action, PullCall | PickUpCall | RetrieveCall):
        return None
    assert calling.subscriber is not None
    assert calling.payer is not None
    joined = LegJoined(
        leg=calling.id,
        offered=call.offered,
        subscriber=calling.subscriber,
        device=calling.device,
        payer=calling.payer,
        tenant=call.tenant,
        language=caller.language,
        radio=calling.radio,
        in_call=calling.in_call,
    )
    return joined if isinstance(action, PullCall) else _to_colleagues(joined, plan, action, caller)


def _to_colleagues(
    joined: LegJoined, plan: FeaturePlan, action: PickUpCall | RetrieveCall, caller: SubscriberContext
) -> LegJoined:
    """Somebody else than before is at that end of the call: by the own rules, whom the other side sees."""
    kind = DeviceKind.MOBILE if joined.radio else DeviceKind.DESK_PHONE
    picks = isinstance(action, PickUpCall)
    return msgspec.structs.replace(
        joined,
        wants=_wants(action),
        group=action.group,
        called=action.called if isinstance(action, PickUpCall) else None,
        at=None if picks else action.on,  # type: ignore[union-attr]
        rule=plan.rule,
        seen_by_colleagues=connected_identity(caller, caller_on_net=True, dialled=None, device=kind),
        seen_outside=connected_identity(caller, caller_on_net=False, dialled=None, device=kind),
    )


def _wants(action: PickUpCall | RetrieveCall) -> Wants:
    if isinstance(action, RetrieveCall):
        return Wants.RETRIEVE
    return Wants.BARGE_IN if action.barge_in else Wants.PICK_UP


def question(joins: LegJoined) -> FindCall:
    return FindCall(
        subscriber=joins.subscriber,
        device=joins.device,
        wants=joins.wants,
        group=joins.group,
        called=joins.called,
        at=joins.at,
    )
