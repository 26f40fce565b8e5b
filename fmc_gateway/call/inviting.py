"""The INVITE of a leg we make."""

from __future__ import annotations

import msgspec

from fmc_gateway.call import passing
from fmc_gateway.call.commands import AnyCommand, Originate
from fmc_gateway.call.model import C, Leg, LegPhase, put


def invite(call: C, leg: Leg, sdp: str | None, now: float, out: list[AnyCommand]) -> C:
    """``sdp`` None: the caller leaves the offer to whoever answers, and so do we."""
    assert leg.target is not None
    target, kept = passing.in_same_session(call.offered, leg.target)
    out.append(
        Originate(
            leg=leg.id,
            target=target,
            identity=call.calling.identity if leg.shown is None else leg.shown,
            sdp=sdp,
            max_forwards=max(call.offered.max_forwards - 1 - len(call.diversions), 0),
            icid=call.offered.icid,
            passthrough_headers=kept,
            diverted=leg.diverted,
            alert=leg.alert,
            offerless=sdp is None,
        )
    )
    invited = msgspec.structs.replace(leg, phase=LegPhase.INVITED, offered=now, sent=True, given=sdp)
    call = put(call, invited)
    if call.setup_ms is None:
        call = msgspec.structs.replace(call, setup_ms=round((now - call.calling.offered) * 1000, 3))
    return call
