"""A call that is still going on, as one of its users may read it: what was decided so far, and what each
telephone of the user does now. What only its end will tell is left out."""

from __future__ import annotations

import msgspec

from fmc_gateway.call.legs import OPEN, Leg, LegPhase
from fmc_gateway.call.model import CallState
from fmc_gateway.call.records import attempt, record
from fmc_gateway.records.explain import ExplainedCall, ExplainedDevice, explain_call
from hipper.contracts.calls import CallOutcome, LiveCall
from hipper.pbx.explain import Said, said
from hipper.pbx.ids import SubscriberId

UNDECIDED = "undecided"
_NOTHING_YET = Said(rule=UNDECIDED, nl="Er is nog niets beslist.", en="Nothing has been decided yet.")
_ON_IT = ("Hierop loopt het gesprek.", "The call is on it.")
_RINGS = ("Gaat nu over.", "It rings now.")
_TO_RING = ("Wordt nu gebeld, of is zo aan de beurt.", "It is being called, or will be.")


def explain_live(
    call: CallState, live: LiveCall, subscriber: SubscriberId, now: float
) -> ExplainedCall | None:
    """None: the call is not this user's. ``now``: Unix seconds."""
    so_far = record(call, CallOutcome.ANSWERED, now)  # how it ends is not told
    legs = (call.calling, *call.called, *call.aside)
    settled = (attempt(leg) for leg in legs if leg.outcome is not None and not _is_up(leg))
    attempts = tuple(one for one in settled if one is not None)
    so_far = msgspec.structs.replace(so_far, attempts=attempts + call.skipped)
    found = explain_call(so_far, subscriber, kind=None, masked=False)
    if found is None:
        return None
    return msgspec.structs.replace(
        found,
        ended=None,
        outcome=None,
        phase=live.phase,
        decided=_NOTHING_YET if found.decided.rule == UNDECIDED else found.decided,
        devices=tuple(_device(leg) for leg in legs if leg.subscriber == subscriber and _is_up(leg))
        + found.devices,
    )


def _is_up(leg: Leg) -> bool:
    """Of a telephone that rings, or has the call; not the one the user called from, which nobody rang."""
    return leg.device is not None and leg.rule != "" and (leg.phase in OPEN or leg.phase is LegPhase.ANSWERED)


def _device(leg: Leg) -> ExplainedDevice:
    nl, en = _ON_IT if leg.phase is LegPhase.ANSWERED else _RINGS if leg.ringing is not None else _TO_RING
    return ExplainedDevice(device=leg.device, outcome=None, nl=nl, en=en, why=said(leg.rule), detail=None)
