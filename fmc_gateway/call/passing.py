"""A leg of an isc network that goes back as it came, unanchored (call-flows §1, §5).

Our own leg met again, services of the handset, users who are not ours, and emergency calls. The INVITE is
sent on whole, by the way it came with; what is answered runs past us, so that nothing is left of it here
once it was. Only an emergency call leaves a record, up to its answer, and only it is taken up again: should
the network not take its own call back, the routes of the settings are tried.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import emergency
from fmc_gateway.call.commands import (
    AnyCommand,
    Finish,
    MobileTarget,
    NetworkTarget,
    Originate,
    PassOnTarget,
    StartTimer,
    StopTimer,
    Target,
    WriteRecord,
)
from fmc_gateway.call.ending import (
    RECORD_AFTER_S,
    ROUTE_TIMER,
    SETTLE_TIMER,
    Stop,
    broken,
    reject_calling,
    stop_leg,
)
from fmc_gateway.call.events import (
    HangUpRequested,
    LegAnswered,
    LegDirection,
    LegOffered,
    LegRejected,
    LegRinging,
    LegTrying,
    PassOn,
    TimerFired,
)
from fmc_gateway.call.model import (
    Deciding,
    Ending,
    Leg,
    LegPhase,
    Passing,
    Step,
    become,
    leg_id,
    put,
)
from fmc_gateway.call.records import record, write_record
from hipper.contracts.calls import CallOutcome, LegRole

OUT_OF_ORDER = frozenset({408, 500, 502, 503, 504})
"""The network itself, not what it says about the call."""


def begin(call: Deciding, now: float) -> Step:
    """The INVITE goes on in this very step."""
    event = call.offered
    is_emergency = event.pass_on is None and emergency.is_emergency_call(event)
    rule = emergency.RULE if is_emergency else f"passed_on.{(event.pass_on or PassOn.UNKNOWN_USER).value}"
    target = PassOnTarget(
        network=event.peer, request_uri=event.request_uri or "", route=event.return_route, offered=event.leg
    )
    leg = Leg(
        id=leg_id(call, 1),
        role=LegRole.CALLED,
        phase=LegPhase.INVITED,
        peer=event.peer,
        identity=call.reached,
        target=target,
        rule=rule,
        sip_call_id=event.sip_call_id,
        icid=event.icid,
        offered=now,
        sent=True,
    )
    state = become(Passing, emergency.prepared(call) if is_emergency else call, called=(leg,), rule=rule)
    onward = Originate(
        leg=leg.id,
        target=target,
        identity=event.caller,
        sdp=None,
        max_forwards=event.max_forwards - 1,
        icid=event.icid,
    )
    return state, (onward, *_watch(state, emergency.FIRST_WORD_S))


def in_same_session(offered: LegOffered, target: Target) -> tuple[Target, tuple[tuple[str, str], ...]]:
    """A leg that goes on in the session it was offered in carries the way back, the same Request-URI and what
    came with it: the caller's own call out, and the leg to the handset whose terminating session it is
    (decision 7). Any other is a session of its own."""
    if not offered.return_route:
        return target, ()
    if isinstance(target, NetworkTarget) and target.route:
        return msgspec.structs.replace(target, request_uri=offered.request_uri), offered.passthrough_headers
    if (
        isinstance(target, MobileTarget)
        and offered.direction is LegDirection.TERMINATING
        and (target.network, target.number) == (offered.peer, offered.served_number)
    ):
        back = msgspec.structs.replace(target, route=offered.return_route, request_uri=offered.request_uri)
        return back, offered.passthrough_headers
    return target, ()


def _watch(call: Passing, after_s: float) -> tuple[AnyCommand, ...]:
    """An emergency call does not wait for a silent network where the settings hold routes."""
    if not call.emergency or call.offered.emergency_routes < 1:
        return ()
    return (StartTimer(name=ROUTE_TIMER, after_s=after_s),)


def leg_trying(call: Passing, event: LegTrying, now: float) -> Step:
    return call, _watch(call, emergency.ALERTING_S)


def leg_ringing(call: Passing, event: LegRinging, now: float) -> Step:
    """The network took the call; the caller has heard it already."""
    leg = call.called[0]
    if leg.phase is not LegPhase.INVITED:
        return call, ()
    call = put(call, msgspec.structs.replace(leg, phase=LegPhase.RINGING, ringing=now))
    return call, (StopTimer(name=ROUTE_TIMER),) if call.emergency else ()


def leg_answered(call: Passing, event: LegAnswered, now: float) -> Step:
    """From here on it runs past us."""
    if not call.emergency:
        return None, (Finish(),)
    answered = {"phase": LegPhase.ANSWERED, "answered": now, "status": 200}
    leg = msgspec.structs.replace(call.called[0], connected=event.connected, **answered)
    calling = msgspec.structs.replace(call.calling, **answered)
    call = put(msgspec.structs.replace(call, calling=calling, answered=now), leg)
    written = WriteRecord(record=record(call, CallOutcome.ANSWERED, now))
    return None, (StopTimer(name=ROUTE_TIMER), written, Finish())


def leg_rejected(call: Passing, event: LegRejected, now: float) -> Step:
    """What the network says goes back whole."""
    call = put(
        call,
        msgspec.structs.replace(
            call.called[0],
            phase=LegPhase.OVER,
            ended=now,
            ended_by="gateway" if event.by_network else "called",
            status=event.status,
            q850=event.q850,
        ),
    )
    if event.by_network or event.status in OUT_OF_ORDER:
        taken = _by_settings(call, now, [])
        if taken is not None:
            return taken
    out: list[AnyCommand] = []
    call = reject_calling(
        call, now, out, event.status, q850=event.q850, explanation=event.reason_phrase, ended_by="called"
    )
    outcome = CallOutcome.CANCELLED if event.status == 487 else CallOutcome.FAILED
    return _over(call, now, out, outcome, broken(None, "the network refused its own call"), "called")


def timer_fired(call: Passing, event: TimerFired, now: float) -> Step:
    """The network stays silent, or does not alert."""
    if event.name != ROUTE_TIMER or call.called[0].phase is not LegPhase.INVITED:
        return call, ()
    out: list[AnyCommand] = []
    given_up = put(call, stop_leg(call.called[0], now, emergency.NOT_TAKEN, "gateway", out))
    return _by_settings(given_up, now, out) or (call, ())


def _by_settings(call: Passing, now: float, out: list[AnyCommand]) -> Step | None:
    if not call.emergency or call.offered.emergency_routes < 1:
        return None
    return emergency.take_over(call, now, out)


def hang_up(call: Passing, event: HangUpRequested, now: float) -> Step:
    out: list[AnyCommand] = []
    call = reject_calling(call, now, out, 480, q850=31, explanation="the call was ended on request")
    return _over(call, now, out, CallOutcome.CANCELLED, broken(None, "ended on request"), "gateway")


def _over(
    call: Passing, now: float, out: list[AnyCommand], outcome: CallOutcome, stop: Stop, by: str
) -> Step:
    if call.emergency:
        out.append(StopTimer(name=ROUTE_TIMER))
    called = tuple(stop_leg(leg, now, stop, by, out) for leg in call.called)
    ending = become(Ending, call, called=called, outcome=outcome, ended=now, recorded=not call.emergency)
    if any(leg.phase is LegPhase.CANCELLED for leg in called):
        out.append(StartTimer(name=SETTLE_TIMER, after_s=RECORD_AFTER_S))
        return ending, tuple(out)
    if call.emergency:
        out.append(write_record(ending))
    out.append(Finish())
    return None, tuple(out)
