"""A round: the legs that ring together. It begins with an offer to each, and ends with an answer, with the
call going on to somebody else, or with what the caller is told."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fmc_gateway.call.commands import AnyCommand, OfferMedia, StartTimer, StopTimer
from fmc_gateway.call.ending import (
    NO_ANSWER_TIMER,
    Stop,
    conclude,
    delay_timer,
    reject_calling,
    stop_leg,
)
from fmc_gateway.call.inviting import invite
from fmc_gateway.call.model import (
    NOWHERE,
    OPEN,
    CallState,
    Leg,
    LegPhase,
    Onwards,
    Ringing,
    S,
    Step,
    Verdict,
    become,
    pair_id,
    present,
    put,
)
from fmc_gateway.call.pickup_over import without_picker
from fmc_gateway.call.records import publish
from fmc_gateway.call.targets import Goal, make_leg
from hipper.contracts.calls import CallOutcome, LivePhase


def begin_round(
    call: CallState,
    goals: Sequence[Goal],
    no_answer_s: float,
    now: float,
    out: list[AnyCommand],
    *,
    decline_ends_ringing: bool = True,
    onwards: Onwards = NOWHERE,
) -> Step:
    """Ask rtpengine for an offer to each target; the INVITEs leave as the offers come back."""
    before = len(call.called)
    # a caller who has heard early media hears the ringing of its own telephone again after another 180
    rung = call.rung and call.calling.given is None
    state = become(
        Ringing,
        call,
        called=(*call.called, *_legs(call, before, goals, now)),
        decline_ends_ringing=decline_ends_ringing,
        onwards=onwards,
        deadline=now + no_answer_s,
    )
    state = msgspec.structs.replace(state, round_from=before, rung=rung)
    state = begin_legs(state, 0.0, now, out)
    out.append(StartTimer(name=NO_ANSWER_TIMER, after_s=no_answer_s))
    return publish(state, call.live or LivePhase.SETTING_UP, out), tuple(out)


def _legs(call: CallState, before: int, goals: Sequence[Goal], now: float) -> tuple[Leg, ...]:
    """Delays count from the first that rings."""
    first = min(goal.delay_s for goal in goals)
    return tuple(
        make_leg(call, before + index, goal._replace(delay_s=goal.delay_s - first), now)
        for index, goal in enumerate(goals, 1)
    )


def add_legs(call: Ringing, goals: Sequence[Goal], now: float, out: list[AnyCommand]) -> Ringing:
    """More legs in a round that rings: where a telephone sent the call."""
    before = len(call.called)
    legs = tuple(make_leg(call, before + index, goal, now) for index, goal in enumerate(goals, 1))
    call = msgspec.structs.replace(call, called=(*call.called, *legs))
    return begin_legs(call, 0.0, now, out)


def begin_legs(call: Ringing, waited_s: float, now: float, out: list[AnyCommand]) -> Ringing:
    """Those whose delay is over are offered the call; the others wait on."""
    for index, leg in enumerate(call.called):
        if index < call.round_from or leg.phase is not LegPhase.WAITING:
            continue
        if leg.delay_s <= waited_s:
            call = begin_leg(call, index, now, out)
        elif waited_s == 0.0:
            out.append(StartTimer(name=delay_timer(leg.id), after_s=leg.delay_s))
    return msgspec.structs.replace(call, transparent=_is_transparent(call))


def begin_leg(call: Ringing, index: int, now: float, out: list[AnyCommand]) -> Ringing:
    """rtpengine is asked for an offer to that called leg; there is none when the caller did not offer."""
    leg = call.called[index]
    if call.calling.sdp is None:
        return invite(call, leg, None, now, out)
    pair = pair_id(call, index + 1)
    out.append(OfferMedia(pair=pair, from_leg=call.calling.id, to_leg=leg.id, sdp=call.calling.sdp))
    return put(call, msgspec.structs.replace(leg, phase=LegPhase.PREPARING, pair=pair))


def _is_transparent(call: Ringing) -> bool:
    """Early media passes from a single target only, and once: an answer given early binds the caller until it
    has been answered (RFC 3261 §13.2.1), so that nothing else would be heard before."""
    if call.calling.given is not None:
        return False
    waits = call.calling.phase is LegPhase.OFFERED or call.within is not None
    if not waits or call.calling.sdp is None:
        return False
    alive = [leg for leg in present(call) if leg.phase in OPEN]
    return len(alive) == 1 and not alive[0].confirm


def stop_round(call: S, stop: Stop, now: float, out: list[AnyCommand]) -> S:
    """Every leg that still could win is stopped, all media of called legs released."""
    out.append(StopTimer(name=NO_ANSWER_TIMER))
    call = without_picker(call, now, out, stop.explanation, stop.reason)
    called = tuple(stop_leg(leg, now, stop, "gateway", out) for leg in call.called)
    return msgspec.structs.replace(call, called=called)


def tell_caller(call: CallState, found: Verdict, stop: Stop, now: float, out: list[AnyCommand]) -> Step:
    """Nobody will answer: the caller hears the verdict."""
    by = "called" if found.outcome in (CallOutcome.BUSY, CallOutcome.DECLINED) else "gateway"
    call = reject_calling(
        call,
        now,
        out,
        found.status,
        q850=found.q850,
        explanation=found.explanation,
        retry_after_s=found.retry_after_s,
        ended_by=by,
    )
    return conclude(call, now, out, found.outcome, stop, by)


def next_waiting(call: Ringing) -> Leg | None:
    """The leg whose delay is over first, None when none waits."""
    waiting = [leg for leg in present(call) if leg.phase is LegPhase.WAITING]
    return min(waiting, key=lambda leg: leg.delay_s) if waiting else None


def start_waiting(call: Ringing, leg: Leg, now: float, out: list[AnyCommand]) -> Ringing:
    """``leg`` has waited long enough, or nobody else is left to ring."""
    return begin_leg(call, call.called.index(leg), now, out)
