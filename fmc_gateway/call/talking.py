"""Established: either side hangs up, a dialog dies, the media stops. Offers within are :mod:`.holding`'s."""

from __future__ import annotations

import msgspec

from fmc_gateway.call.commands import AnyCommand, RejectReoffer
from fmc_gateway.call.ending import (
    DURATION_TIMER,
    broken,
    calling_over,
    conclude,
    end_calling,
    late_answer,
    late_end,
    late_rejection,
)
from fmc_gateway.call.ending import hang_up as hang_up_any
from fmc_gateway.call.events import (
    HangUpRequested,
    LegAnswered,
    LegCancelled,
    LegEnded,
    LegRejected,
    MediaTimedOut,
    TimerFired,
)
from fmc_gateway.call.exchanges import ExchangeKind, ExchangeStage
from fmc_gateway.call.model import (
    LegPhase,
    Step,
    Talking,
    on_hold,
    put,
    winner_of,
)
from hipper.contracts.calls import CallOutcome
from hipper.pbx.ids import LegId

DEAD = {
    "no_ack": 'SIP;cause=408;text="No ACK"',
    "session_expired": 'SIP;cause=408;text="Session expired"',
    "dialog_gone": 'SIP;cause=481;text="Dialog gone"',
    "transport": 'SIP;cause=503;text="Transport failed"',
}
"""What the other side is told when a dialog died rather than ended (RFC 3326)."""
OURS = frozenset(
    {
        *(ExchangeKind.RESTORE, ExchangeKind.JOIN, ExchangeKind.REBRIDGE),
        *(ExchangeKind.GO_BACK, ExchangeKind.SWITCH),
    }
)
"""Exchanges that no party asked for: none of them waits for an answer to its own offer."""
CAP_REACHED = 'Q.850;cause=31;text="Spend cap reached"'
NO_MEDIA = 'Q.850;cause=102;text="Media timeout"'


def leg_ended(call: Talking, event: LegEnded, now: float) -> Step:
    """BYE, or a dead dialog: the other side is ended with the same Reason."""
    if event.leg == call.calling.id:
        return calling_ended(call, event, now)
    if event.leg == call.winner:
        return called_ended(call, event, now)
    return late_end(call, event), ()


def calling_ended(call: Talking, event: LegEnded, now: float) -> Step:
    out: list[AnyCommand] = []
    drop_exchange(call, call.calling.id, out)
    by = "calling" if event.cause == "bye" else "gateway"
    call = calling_over(call, now, by, q850=event.q850)
    return conclude(call, now, out, CallOutcome.ANSWERED, broken(reason_of(event), event.cause), by)


def called_ended(call: Talking, event: LegEnded, now: float) -> Step:
    out: list[AnyCommand] = []
    drop_exchange(call, call.winner, out)
    by = "called" if event.cause == "bye" else "gateway"
    over = msgspec.structs.replace(
        winner_of(call), phase=LegPhase.OVER, ended=now, ended_by=by, q850=event.q850
    )
    reason = reason_of(event)
    call = end_calling(put(call, over), now, out, reason, by)
    return conclude(call, now, out, CallOutcome.ANSWERED, broken(reason, event.cause), by)


def reason_of(event: LegEnded) -> str | None:
    """The peer's own Reason goes through; a dialog that died gets one that says so."""
    return event.reason if event.reason is not None else DEAD.get(event.cause)


def end_both(call: Talking, now: float, out: list[AnyCommand], reason: str, by: str) -> Step:
    """BYE to both sides."""
    drop_exchange(call, None, out)
    call = end_calling(call, now, out, reason, by)
    return conclude(call, now, out, CallOutcome.ANSWERED, broken(reason, reason), by)


def drop_exchange(call: Talking, gone: LegId | None, out: list[AnyCommand]) -> None:
    """A re-offer we have not answered is refused before its dialog ends (RFC 3261 §15.1.2); ``gone``: the leg
    that left, whose own re-offer is void."""
    exchange = call.exchange
    if exchange is None or exchange.leg == gone:
        return
    if exchange.kind in OURS or exchange.kind is ExchangeKind.FIRST:
        return
    if exchange.kind is ExchangeKind.OFFERLESS and exchange.stage is not ExchangeStage.OFFERING:
        return
    out.append(RejectReoffer(leg=exchange.leg, status=487))


def leg_cancelled(call: Talking, event: LegCancelled, now: float) -> Step:
    """CANCEL crossed our 200 on its way out: the caller got 487, so there is no call."""
    if event.leg != call.calling.id:
        return call, ()
    call = msgspec.structs.replace(calling_over(call, now, "calling", status=487), answered=None)
    stop = broken(event.reason, "the caller gave up")
    return conclude(call, now, [], CallOutcome.CANCELLED, stop, "calling")


def media_timed_out(call: Talking, event: MediaTimedOut, now: float) -> Step:
    """Nobody sends anything any more. With both sides on hold that is as it should be."""
    winner = winner_of(call)
    if event.pair != winner.pair or (on_hold(winner) and on_hold(call.calling)):
        return call, ()
    return end_both(call, now, [], NO_MEDIA, "gateway")


def timer_fired(call: Talking, event: TimerFired, now: float) -> Step:
    """The call has cost what it may."""
    if event.name != DURATION_TIMER:
        return call, ()
    return end_both(call, now, [], CAP_REACHED, "gateway")


def hang_up(call: Talking, event: HangUpRequested, now: float) -> Step:
    out: list[AnyCommand] = []
    drop_exchange(call, None, out)
    state, commands = hang_up_any(call, event, now)
    return state, (*out, *commands)


def leg_answered(call: Talking, event: LegAnswered, now: float) -> Step:
    """A loser's 200 crossed our CANCEL."""
    out: list[AnyCommand] = []
    return late_answer(call, event, out), tuple(out)


def leg_rejected(call: Talking, event: LegRejected, now: float) -> Step:
    """A loser's 487."""
    return late_rejection(call, event), ()
