"""The app declines a call that rings (call-flows §3): as the reject button of a telephone, or of all."""

from __future__ import annotations

from fmc_gateway.call import racing
from fmc_gateway.call.commands import AnyCommand
from fmc_gateway.call.diverting import after_round
from fmc_gateway.call.ending import DECLINED, Stop, stop_leg
from fmc_gateway.call.events import DeclineRequested
from fmc_gateway.call.model import OPEN, Leg, Ringing, Step, present, put
from fmc_gateway.call.verdict import DECLINE
from hipper.contracts.calls import AttemptOutcome

IN_APP = Stop(
    DECLINED.reason, AttemptOutcome.DECLINED, AttemptOutcome.DECLINED, "declined in the app by its user"
)
"""A telephone that rang shows no missed call."""


def declined(call: Ringing, event: DeclineRequested, now: float) -> Step:
    """The user's own setting says what one telephone's decline is worth; the user's own always ends the
    ringing. A call that was sent on to somebody else is not the user's to decline."""
    legs = [leg for leg in present(call) if leg.phase in OPEN and _is_meant(leg, event)]
    if not legs or call.over is not None:
        return call, ()
    out: list[AnyCommand] = []
    for leg in legs:
        call = put(call, stop_leg(leg, now, IN_APP, "called", out))
    served = call.served is not None and call.served.subscriber == event.subscriber
    if served and (event.device is None or call.decline_ends_ringing):
        return after_round(call, DECLINE, DECLINED, now, out)
    return racing.one_less(call, now, out)


def _is_meant(leg: Leg, event: DeclineRequested) -> bool:
    return leg.subscriber == event.subscriber and event.device in (None, leg.device)
