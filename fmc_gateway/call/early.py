"""Early media of whom a user consults: the user hears what that network says or plays before anybody answers
(call-flows §3, §4). The far party goes on hearing music on the media it has with the user.

The user's telephone is brought to the media of who is called by a re-INVITE, and back by another when nobody
takes the call. Who transfers without consultation hears ringing.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import rebridging
from fmc_gateway.call.commands import AnyCommand, Reoffer
from fmc_gateway.call.descriptions import following
from fmc_gateway.call.events import LegReofferAnswered
from fmc_gateway.call.exchanges import Exchange, ExchangeKind, ExchangeStage, MoveKind
from fmc_gateway.call.hearing import hear
from fmc_gateway.call.model import (
    LegPhase,
    Step,
    Talking,
    any_leg,
    folded,
    other_of,
    put_any,
    winner_of,
)
from hipper.pbx.ids import LegId, PairId


def begin(call: Talking, leg: LegId, sdp: str, out: list[AnyCommand]) -> Talking:
    """``leg`` can be heard; ``sdp``: what rtpengine made of it for the user."""
    move = call.move
    if move is None or move.kind is not MoveKind.CONSULT or move.blind or move.early is not None:
        return call
    user, comes = any_leg(call, move.stays), any_leg(folded(call), leg)
    if call.exchange is not None or user is None or user.phase is not LegPhase.ANSWERED or comes is None:
        return call
    given = following(user.given, sdp)
    out.append(Reoffer(leg=user.id, sdp=given))
    exchange = Exchange(
        kind=ExchangeKind.EARLY,
        stage=ExchangeStage.ASKING,
        leg=user.id,
        sdp=None,
        pair=comes.pair,
        before=user.given,
    )
    call = put_any(call, msgspec.structs.replace(user, given=given))
    return msgspec.structs.replace(call, exchange=exchange)


def answered(call: Talking, exchange: Exchange, event: LegReofferAnswered) -> Step:
    """The user hears it, if there still is something to hear."""
    if event.leg != exchange.leg:
        return call, ()
    out: list[AnyCommand] = []
    after = msgspec.structs.replace(call, exchange=None)
    if not _is_open(call, exchange.pair):
        return back(after, exchange.leg, exchange.before, out), tuple(out)
    assert call.move is not None
    after = msgspec.structs.replace(after, move=msgspec.structs.replace(call.move, early=exchange.before))
    pair = winner_of(call).pair
    return (after if pair is None else hear(call, after, pair, out)), tuple(out)


def refused(call: Talking, exchange: Exchange) -> Talking:
    """The user goes on hearing ringing."""
    user = any_leg(call, exchange.leg)
    assert user is not None
    call = put_any(call, msgspec.structs.replace(user, given=exchange.before))
    return msgspec.structs.replace(call, exchange=None)


def _is_open(call: Talking, pair: PairId | None) -> bool:
    move = call.move
    if pair is None or move is None or move.kind is not MoveKind.CONSULT:
        return False
    return any(leg.pair == pair for leg in folded(call).called)


def unless_over(before: Talking, after: Talking, out: list[AnyCommand]) -> Talking:
    """The one who was heard is, or the user hears ringing again."""
    move = after.move
    if move is None or move.early is None or after.exchange is not None:
        return after
    pairs = {leg.pair for leg in folded(before).called} - {leg.pair for leg in folded(after).called}
    if not pairs - {None}:
        return after
    given = move.early
    after = msgspec.structs.replace(after, move=msgspec.structs.replace(move, early=None))
    return back(after, move.stays, given, out)


def back(call: Talking, leg: LegId, given: str | None, out: list[AnyCommand]) -> Talking:
    """The telephone of the user, ``leg``, is asked back to the media it has with the far party; ``given``:
    what it was given there."""
    user = any_leg(call, leg)
    if user is None or user.phase is not LegPhase.ANSWERED:
        return call
    asks = Exchange(kind=ExchangeKind.EARLY, stage=ExchangeStage.ASKING, leg=user.id, sdp=None, before=given)
    return rebridging.ask_back(call, asks, user, other_of(call, user.id), out)
