"""What parties do while the call is answered: those who talk (:mod:`.talking`), who takes somebody's place
(:mod:`.pulling`, :mod:`.pushing`), telephones that are lost (:mod:`.losing`), and colleagues who are
consulted (:mod:`.consulting`)."""

from __future__ import annotations

import msgspec

from fmc_gateway.call import (
    borrowing,
    consulting,
    leaving,
    losing,
    moving,
    parking,
    pulling,
    pushing,
    retrieving,
    talking,
)
from fmc_gateway.call.commands import AnyCommand, RejectReoffer
from fmc_gateway.call.ending import LOST_TIMER, MOVE_TIMER, PARK_TIMER, cap_timer, confirm_timer
from fmc_gateway.call.events import (
    ContextLoaded,
    LegAnswered,
    LegCancelled,
    LegEnded,
    LegJoined,
    LegRejected,
    TimerFired,
    Wants,
)
from fmc_gateway.call.exchanges import Exchange, ExchangeKind, ExchangeStage, MoveKind
from fmc_gateway.call.model import (
    Leg,
    LegPhase,
    Step,
    Talking,
    any_leg,
    called_leg,
    put_any,
)
from hipper.pbx.ids import LegId


def leg_joined(call: Talking, event: LegJoined, now: float) -> Step:
    """A telephone dialled a code to be in this call."""
    if event.wants is Wants.RETRIEVE:
        return retrieving.leg_joined(call, event, now)
    return pulling.leg_joined(call, event, now)


def leg_ended(call: Talking, event: LegEnded, now: float) -> Step:
    """Of the two who talk either ends the call, unless somebody has come already for the one who goes, or it
    was lost without a word."""
    leg = any_leg(call, event.leg)
    if leg is None:
        return talking.leg_ended(call, event, now)
    if call.move is not None and (done := _of_move(call, leg, event, now)) is not None:
        return done
    if call.move is None and (done := leaving.leg_ended(call, leg, event, now)) is not None:
        return done
    if event.leg in (call.calling.id, call.winner):
        if leg.phase is LegPhase.OVER:
            return call, ()
        if losing.is_lost(call, leg, event):
            return losing.lost(call, leg, event, now)
    return talking.leg_ended(call, event, now)


def _of_move(call: Talking, leg: Leg, event: LegEnded, now: float) -> Step | None:
    """None: it is nothing special."""
    move = call.move
    assert move is not None
    if leg.id == move.leg:
        if leg.phase is LegPhase.OVER:
            return call, ()
        if move.kind is MoveKind.PULL:
            return pulling.who_came_left(call, event, now)
        if move.lender is not None:
            return borrowing.lent_leg_left(call, leg, event, now)
        if move.kind is MoveKind.TRANSFER:
            return leaving.who_comes_left(call, leg, event, now)
        return pushing.who_answered_left(call, leg, now)
    first = call.exchange is not None and call.exchange.kind is ExchangeKind.FIRST
    if leg.id == move.replaces and move.leg is not None and leg.phase is LegPhase.ANSWERED and not first:
        by = "gateway" if event.cause != "bye" else "calling" if leg is call.calling else "called"
        over = msgspec.structs.replace(leg, phase=LegPhase.OVER, ended=now, ended_by=by, q850=event.q850)
        heard: list[AnyCommand] = []
        after = leaving.heard_without(call, put_any(call, over), heard)
        state, commands = _without(after, leg.id, now)
        return state, (*heard, *commands)
    if leg.id == move.stays and move.kind is MoveKind.TRANSFER and move.leg is not None:
        return leaving.who_stays_left(call, leg, event, now)
    if move.kind is MoveKind.CONSULT and leg.id in (move.replaces, move.stays):
        return (leaving.of_called if move.leg is None else leaving.of_joining)(call, move, leg, event, now)
    ringing = pushing.ringing_leg(call, leg.id)
    return None if ringing is None else pushing.leg_ended(call, ringing, event, now)


def _without(call: Talking, gone: LegId, now: float) -> Step:
    """The old telephone is gone. An exchange only it could have brought on is over, and who came has its
    turn."""
    exchange = call.exchange
    if exchange is None or not _waits_for(exchange, gone):
        return call, ()
    out: list[AnyCommand] = []
    if exchange.leg != gone:
        out.append(RejectReoffer(leg=exchange.leg, status=480))
    return moving.next_one(msgspec.structs.replace(call, exchange=None), now, out), tuple(out)


def _waits_for(exchange: Exchange, gone: LegId) -> bool:
    if exchange.stage is ExchangeStage.ANSWERING:
        return False
    if exchange.kind is ExchangeKind.THROUGH:
        return exchange.leg != gone
    return exchange.kind in (ExchangeKind.OFFERLESS, ExchangeKind.JOIN) and exchange.leg == gone


def leg_cancelled(call: Talking, event: LegCancelled, now: float) -> Step:
    """Also a CANCEL that crossed our 200."""
    move = call.move
    if move is not None and move.leg == event.leg and move.kind is MoveKind.PULL:
        leg = any_leg(call, event.leg)
        if leg is None or leg.phase is LegPhase.OVER:
            return call, ()
        return pulling.who_came_left(call, event, now)
    return talking.leg_cancelled(call, event, now)


def context_loaded(call: Talking, event: ContextLoaded, now: float) -> Step:
    """Whose telephones ring."""
    move = call.move
    if move is None or not consulting.calls_somebody(call):
        return pushing.context_loaded(call, event, now)
    return consulting.context_loaded(msgspec.structs.replace(call, asked=False), move, event, now)


def leg_answered(call: Talking, event: LegAnswered, now: float) -> Step:
    leg = called_leg(call, event.leg)
    if call.move is not None and leg is not None and leg.phase in pushing.IN_CALL:
        return pushing.leg_answered(call, leg, event, now)
    return talking.leg_answered(call, event, now)


def leg_rejected(call: Talking, event: LegRejected, now: float) -> Step:
    leg = called_leg(call, event.leg)
    if call.move is not None and leg is not None and leg.phase in pushing.IN_CALL:
        return pushing.leg_rejected(call, leg, event, now)
    return talking.leg_rejected(call, event, now)


def timer_fired(call: Talking, event: TimerFired, now: float) -> Step:
    if event.name == LOST_TIMER:
        return losing.nobody_came(call, now)
    if event.name == PARK_TIMER:
        return parking.recall(call, now)
    if event.name == MOVE_TIMER and call.move is not None and call.move.leg is None:
        return pushing.no_answer(call, now)
    for leg in call.called if call.move is not None else ():
        if leg.phase is LegPhase.CONFIRMING and event.name == confirm_timer(leg.id):
            return pushing.not_confirmed(call, leg, now)
    for leg in (call.calling, *call.called, *call.aside) if call.bridges else ():
        if leg.phase is LegPhase.ANSWERED and event.name == cap_timer(leg.id):
            return talking.end_both(call, now, [], talking.CAP_REACHED, "gateway")
    return talking.timer_fired(call, event, now)
