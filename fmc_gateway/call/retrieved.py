"""A parked call is somebody's again (decision 18)."""

from __future__ import annotations

import msgspec

from fmc_gateway.call import talks
from fmc_gateway.call.commands import AnyCommand, StopTimer, UpdateConnected
from fmc_gateway.call.ending import PARK_TIMER
from fmc_gateway.call.exchanges import Exchange, Parked
from fmc_gateway.call.hearing import hear_anew
from fmc_gateway.call.model import Leg, Step, Talking, other_of, put_any
from fmc_gateway.call.payers import parked_segments
from hipper.contracts.calls import AttemptOutcome


def taken(
    call: Talking, parked: Parked, new: Leg, exchange: Exchange, now: float, out: list[AnyCommand]
) -> Step:
    """``new`` stands in the place of who parked it; the other side is shown who that is."""
    # also in the place of who called it is a telephone that took a call: its user did not miss one
    new = msgspec.structs.replace(new, outcome=AttemptOutcome.ANSWERED)
    call = put_any(call, new)
    segments = parked_segments(call, parked, new, now)
    call = msgspec.structs.replace(call, segments=segments, exchange=None, move=None, lost=None, parked=None)
    assert exchange.pair is not None
    call = hear_anew(call, exchange.pair, out)
    out.append(StopTimer(name=PARK_TIMER))
    talks.started(call, now, out)
    if new.subscriber != parked.by and new.connected_as is not None:
        out.append(UpdateConnected(leg=other_of(call, new.id).id, identity=new.connected_as))
    return call, tuple(out)
