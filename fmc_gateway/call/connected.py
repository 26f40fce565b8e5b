"""Somebody else is at the other end now, says the peer there: the other side is told (RFC 3325 §5, COLP).

A user of ours stays who that user is, whatever number the telephone has; only at another exchange may the
call have been transferred without us.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call.commands import AnyCommand, ExchangeTarget, UpdateConnected
from fmc_gateway.call.events import ConnectedChanged, LegSource
from fmc_gateway.call.model import Leg, LegPhase, Step, Talking, put, winner_of
from fmc_gateway.call.records import live_identity, publish
from hipper.contracts.calls import LivePhase
from hipper.pbx.model import CallerIdentity


def changed(call: Talking, event: ConnectedChanged, now: float) -> Step:
    winner = winner_of(call)
    if event.leg == winner.id:
        leg, other = winner, call.calling
    elif event.leg == call.calling.id:
        leg, other = call.calling, winner
    else:
        return call, ()
    if call.emergency or not _may_move(call, leg) or _is_known(leg, event.connected):
        return call, ()
    moved = msgspec.structs.replace(leg, moved_to=event.connected)
    call = put(call, moved) if leg is winner else msgspec.structs.replace(call, calling=moved)
    out: list[AnyCommand] = []
    if other.phase is LegPhase.ANSWERED:
        out.append(UpdateConnected(leg=other.id, identity=event.connected))
    return publish(call, call.live or LivePhase.ESTABLISHED, out), tuple(out)


def _may_move(call: Talking, leg: Leg) -> bool:
    """Not where a user sent the call outside: who is there is that user's business."""
    if leg.subscriber is None and leg.diverted_by is not None:
        return False
    at_exchange = isinstance(leg.target, ExchangeTarget) or (
        leg is call.calling and call.offered.source is LegSource.EXCHANGE
    )
    return leg.subscriber is None or at_exchange


def _is_known(leg: Leg, connected: CallerIdentity) -> bool:
    """A refresh that says what was said before, in whatever way."""
    shown = live_identity(leg)
    if connected.presentation is not shown.presentation:
        return False
    if leg.moved_to is None and leg.connected is not None and leg.connected.number == connected.number:
        return True
    return connected.number in (shown.number, shown.network_number)
