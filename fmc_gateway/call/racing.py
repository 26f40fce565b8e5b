"""The race of a round: one leg wins, a leg is out, nobody is left (call-flows §3)."""

from __future__ import annotations

from fmc_gateway.call import answering, notices
from fmc_gateway.call.commands import AnswerMedia, AnyCommand, OfferMedia, StopTimer
from fmc_gateway.call.diverting import after_round
from fmc_gateway.call.ending import (
    DECLINED,
    ELSEWHERE,
    NO_ANSWER,
    NO_ANSWER_TIMER,
    delay_timer,
    release,
    stop_leg,
)
from fmc_gateway.call.model import (
    OPEN,
    Answering,
    Leg,
    LegPhase,
    Ringing,
    Step,
    become,
    present,
    put,
)
from fmc_gateway.call.pickup_over import without_picker
from fmc_gateway.call.records import publish
from fmc_gateway.call.rounds import next_waiting, start_waiting
from fmc_gateway.call.verdict import DECLINE, Failure, out_by, verdict
from hipper.contracts.calls import AttemptOutcome, LivePhase


def win(
    call: Ringing,
    won: Leg,
    ask: AnswerMedia | OfferMedia | None,
    known: str | None,
    now: float,
    out: list[AnyCommand],
) -> Step:
    """``won`` has the call and every other leg is stopped in the same step. ``ask``: the question to
    rtpengine for what the caller is answered with; ``known``: that answer, when it was made before."""
    out.append(StopTimer(name=NO_ANSWER_TIMER))
    call = without_picker(call, now, out)
    if ask is not None:
        out.append(ask)
    called = tuple(
        won if one.id == won.id else stop_leg(one, now, ELSEWHERE, "gateway", out) for one in call.called
    )
    notices.over(call, now, out, won)
    state = become(Answering, call, called=called, winner=won.id)
    return (state, tuple(out)) if known is None else answering.establish(state, known, now, out)


def leg_out(call: Ringing, leg: Leg, failure: Failure, now: float, out: list[AnyCommand]) -> Step:
    """One target is out. A user's decline may end the ringing everywhere."""
    failed = out_by(leg, failure, now)
    call = put(call, release(failed, out))
    if failure.outcome is AttemptOutcome.DECLINED and call.decline_ends_ringing and _is_the_users(call, leg):
        return after_round(call, DECLINE, DECLINED, now, out)
    return one_less(call, now, out)


def _is_the_users(call: Ringing, leg: Leg) -> bool:
    """Not of a colleague to whom one telephone sent the call."""
    return leg.device is not None and call.served is not None and leg.subscriber == call.served.subscriber


def one_less(call: Ringing, now: float, out: list[AnyCommand]) -> Step:
    """A telephone rings no more: the others are shown, or the round is over."""
    if _rings(call):
        return publish(call, call.live or LivePhase.SETTING_UP, out), tuple(out)
    return settle(call, now, out)


def _rings(call: Ringing) -> bool:
    return any(leg.phase in OPEN and leg.phase is not LegPhase.WAITING for leg in present(call))


def settle(call: Ringing, now: float, out: list[AnyCommand]) -> Step:
    """When nobody rings any more: the next device whose delay runs, else the round is over."""
    if _rings(call):
        return call, tuple(out)
    waiting = next_waiting(call)
    if waiting is not None:
        out.append(StopTimer(name=delay_timer(waiting.id)))
        return start_waiting(call, waiting, now, out), tuple(out)
    if call.redirects:
        return call, tuple(out)
    return after_round(call, verdict(call), NO_ANSWER, now, out)
