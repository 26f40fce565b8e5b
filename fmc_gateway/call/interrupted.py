"""Somebody goes while an offer in the call is unanswered (RFC 3261 §14.1, §15.1.2)."""

from __future__ import annotations

import msgspec

from fmc_gateway.call.commands import AnyCommand
from fmc_gateway.call.exchanges import ExchangeKind, ExchangeStage
from fmc_gateway.call.model import Leg, LegPhase, Talking, other_of
from fmc_gateway.call.talking import drop_exchange
from hipper.pbx.ids import LegId

ASKS_ITS_LEG = frozenset(
    {ExchangeKind.OFFERLESS, ExchangeKind.JOIN, ExchangeKind.GO_BACK, ExchangeKind.EARLY, ExchangeKind.SWITCH}
)
"""In these ``Exchange.leg`` itself owes us an answer."""


def owes_answer(call: Talking, leg: LegId) -> bool:
    """Whether an offer of ours to ``leg`` has not been answered: it cannot be made another one."""
    exchange = call.exchange
    if exchange is None or exchange.stage is not ExchangeStage.ASKING:
        return False
    if exchange.kind is ExchangeKind.THROUGH:
        return exchange.leg != leg
    return exchange.leg == leg and exchange.kind in ASKS_ITS_LEG


def without_exchange(call: Talking, gone: Leg, out: list[AnyCommand]) -> Talking:
    """What ``gone``, one of the two, had a part in is over, unless the other one is asked: that goes on to
    its end."""
    if call.exchange is None or owes_answer(call, other_of(call, gone.id).id):
        return call
    drop_exchange(call, gone.id if gone.phase is LegPhase.OVER else None, out)
    return msgspec.structs.replace(call, exchange=None)
