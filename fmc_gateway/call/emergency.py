"""112 leaves at once (call-flows §5): static routes, no look-up, no rtpengine, never withheld.

The caller's SDP, location headers and body go through untouched, and so do the answers. An INVITE without SDP
goes through without: the 200 of the route is then the offer, and the caller's ACK answers it (RFC 3261
§13.2.1). A route that fails or stays silent is followed by the next; its 200, should it come after all, is
ended. Live call and record are made as for any call, in commands after the INVITE.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import answering
from fmc_gateway.call.commands import (
    AnyCommand,
    EmergencyTarget,
    EndLeg,
    Originate,
    Progress,
    Ring,
    StartTimer,
    StopTimer,
)
from fmc_gateway.call.ending import (
    ROUTE_TIMER,
    Stop,
    broken,
    calling_over,
    conclude,
    gave_up,
    late_answer,
    late_end,
    late_rejection,
    refuse,
    reject_calling,
    stop_leg,
)
from fmc_gateway.call.events import (
    LegAnswered,
    LegCancelled,
    LegEnded,
    LegOffered,
    LegProgress,
    LegRejected,
    LegRinging,
    LegSource,
    LegTrying,
    TimerFired,
)
from fmc_gateway.call.exchanges import Exchange, ExchangeKind, ExchangeStage
from fmc_gateway.call.model import (
    Answering,
    CallState,
    Deciding,
    EmergencyRouting,
    Leg,
    LegPhase,
    Step,
    Talking,
    become,
    called_leg,
    leg_id,
    put,
)
from fmc_gateway.call.records import publish
from hipper.contracts.calls import AttemptOutcome, CallOutcome, LegRole, LivePhase
from hipper.pbx.model import CallerIdentity, Payer, Presentation, TariffClass
from hipper.telephony.numbers.emergency import is_emergency

RULE = "emergency"
CARRIED = (
    "Geolocation",
    "Geolocation-Routing",
    "Geolocation-Error",
    "P-Access-Network-Info",
    "Cellular-Network-Info",
    "Resource-Priority",
    "Priority",
    "Accept-Contact",
)
"""What an emergency call keeps (RFC 6442, RFC 7315, RFC 4412)."""
FIRST_WORD_S = 4.0
"""How long a route may stay silent, counted from its INVITE: a few retransmissions (RFC 3261 §17.1.1.2)."""
ALERTING_S = 12.0
"""And, once it said 100, until it alerts or progresses."""
NOT_TAKEN = Stop(
    'SIP;cause=480;text="Next emergency route"',
    AttemptOutcome.RANG,
    AttemptOutcome.UNREACHABLE,
    "the next emergency route is tried",
)
EMERGENCY_PAYER = Payer(subscription=None, tariff=TariffClass.EMERGENCY)


def begin(call: Deciding, now: float) -> Step:
    """The INVITE to the first route leaves in this very step."""
    if call.offered.emergency_routes < 1:
        return refuse(call, now, 503, "no emergency route is configured", outcome=CallOutcome.FAILED)
    return take_over(prepared(call), now, [])


def is_emergency_call(event: LegOffered) -> bool:
    """Whether an emergency service is asked for. From the PSTN nobody reaches one through us."""
    return event.source is not LegSource.PSTN and is_emergency(event.dialled)


def prepared(call: Deciding) -> Deciding:
    """``call`` as an emergency call: who it shows, and that nobody pays."""
    event = call.offered
    return msgspec.structs.replace(
        call,
        calling=msgspec.structs.replace(call.calling, identity=true_identity(event), payer=EMERGENCY_PAYER),
        reached=CallerIdentity(presentation=Presentation.ALLOWED, name=event.dialled),
        rule=RULE,
        emergency=True,
        setup_ms=0.0,
    )


def take_over(call: CallState, now: float, out: list[AnyCommand]) -> Step:
    """To the first of the settings' routes."""
    state = _try(become(EmergencyRouting, call, rule=RULE), 0, now, out)
    return publish(state, LivePhase.SETTING_UP, out), tuple(out)


def true_identity(event: LegOffered) -> CallerIdentity:
    """The number of the line itself, or what its site shows instead; shown even when the caller withholds
    it."""
    caller = event.caller
    number = event.emergency_number or caller.network_number or event.served_number or caller.number
    return CallerIdentity(
        presentation=Presentation.ALLOWED, number=number, name=caller.name, network_number=number
    )


def in_order(event: LegOffered) -> list[int]:
    """Indexes of the settings' routes: that of the caller's site before the others."""
    routes = list(range(event.emergency_routes))
    if event.emergency_route in routes:
        routes.remove(event.emergency_route)
        routes.insert(0, event.emergency_route)
    return routes


def _try(call: EmergencyRouting, turn: int, now: float, out: list[AnyCommand]) -> EmergencyRouting:
    """INVITE to the route whose turn it is, with what the caller sent."""
    event = call.offered
    index = in_order(event)[turn]
    leg = Leg(
        id=leg_id(call, len(call.called) + 1),
        role=LegRole.CALLED,
        phase=LegPhase.INVITED,
        peer=f"emergency-{index}",
        identity=call.reached,
        payer=EMERGENCY_PAYER,
        target=EmergencyTarget(route_index=index, dialled=event.dialled),
        rule=RULE,
        icid=event.icid,
        offered=now,
        given=event.sdp,
        sent=True,
    )
    out.append(
        Originate(
            leg=leg.id,
            target=EmergencyTarget(route_index=index, dialled=event.dialled),
            identity=call.calling.identity,
            sdp=event.sdp,
            max_forwards=event.max_forwards - 1,
            icid=event.icid,
            passthrough_headers=tuple(item for item in event.passthrough_headers if item[0] in CARRIED),
            body_type=event.body_type,
            body=event.body,
        )
    )
    out.append(StartTimer(name=ROUTE_TIMER, after_s=FIRST_WORD_S))
    return msgspec.structs.replace(call, called=(*call.called, leg), turn=turn)


def _tried(call: EmergencyRouting) -> Leg:
    """The leg of the route being tried."""
    return call.called[-1]


def _is_late(call: EmergencyRouting) -> bool:
    """Whether the caller left the offer to the route."""
    return call.offered.sdp is None


def leg_trying(call: EmergencyRouting, event: LegTrying, now: float) -> Step:
    if event.leg != _tried(call).id or _tried(call).phase is not LegPhase.INVITED:
        return call, ()
    return call, (StartTimer(name=ROUTE_TIMER, after_s=ALERTING_S),)


def leg_ringing(call: EmergencyRouting, event: LegRinging, now: float) -> Step:
    """The route took the call."""
    if event.leg != _tried(call).id or event.status != 180:
        return call, ()
    out: list[AnyCommand] = []
    return _rings(call, now, out, Ring(leg=call.calling.id)), tuple(out)


def leg_progress(call: EmergencyRouting, event: LegProgress, now: float) -> Step:
    """Early media passes through as it is. A caller who offered nothing can answer in its ACK only and hears
    nothing before: it is told that it rings."""
    leg = _tried(call)
    if event.leg != leg.id or leg.sdp == event.sdp or (_is_late(call) and leg.phase is LegPhase.RINGING):
        return call, ()
    out: list[AnyCommand] = []
    if _is_late(call):
        return _rings(call, now, out, Ring(leg=call.calling.id)), tuple(out)
    calling = msgspec.structs.replace(call.calling, given=event.sdp)
    call = msgspec.structs.replace(call, calling=calling)
    call = put(call, msgspec.structs.replace(leg, sdp=event.sdp))
    progress = Progress(leg=call.calling.id, status=event.status, sdp=event.sdp)
    return _rings(call, now, out, progress), tuple(out)


def _rings(
    call: EmergencyRouting, now: float, out: list[AnyCommand], answer: Ring | Progress
) -> EmergencyRouting:
    leg = _tried(call)
    out.append(answer)
    if leg.phase is not LegPhase.INVITED:
        return call
    out.append(StopTimer(name=ROUTE_TIMER))
    call = put(call, msgspec.structs.replace(leg, phase=LegPhase.RINGING, ringing=now))
    calling = msgspec.structs.replace(call.calling, ringing=now)
    return publish(msgspec.structs.replace(call, calling=calling), LivePhase.RINGING, out)


def leg_answered(call: EmergencyRouting, event: LegAnswered, now: float) -> Step:
    """Answered: the SDP goes to the caller as it came. A route given up before is ended."""
    out: list[AnyCommand] = []
    leg = called_leg(call, event.leg)
    if leg is None or leg.phase not in (LegPhase.INVITED, LegPhase.RINGING):
        return late_answer(call, event, out), tuple(out)
    sdp = event.sdp or leg.sdp
    if sdp is None and _is_late(call):
        return _nothing_to_answer(call, leg, now, out)
    out.append(StopTimer(name=ROUTE_TIMER))
    won = msgspec.structs.replace(
        leg,
        phase=LegPhase.ANSWERED,
        answered=now,
        status=200,
        sdp=sdp,
        connected=event.connected,
    )
    state, commands = answering.establish(become(Answering, put(call, won), winner=won.id), sdp, now, out)
    if isinstance(state, Talking) and _is_late(call):
        first = Exchange(kind=ExchangeKind.FIRST, stage=ExchangeStage.ASKING, leg=won.id, sdp=won.sdp)
        state = msgspec.structs.replace(state, exchange=first)
    return state, commands


def _nothing_to_answer(call: EmergencyRouting, leg: Leg, now: float, out: list[AnyCommand]) -> Step:
    """A 200 that offers nothing either: no audio can come of it, so the next route is tried."""
    out.append(EndLeg(leg=leg.id, reason='SIP;cause=488;text="Answer without SDP"'))
    useless = msgspec.structs.replace(leg, phase=LegPhase.OVER, ended=now, ended_by="gateway", status=200)
    return _next(put(call, useless), now, out)


def leg_rejected(call: EmergencyRouting, event: LegRejected, now: float) -> Step:
    """Whatever the status: the next route may do better."""
    leg = called_leg(call, event.leg)
    if leg is None or leg.phase not in (LegPhase.INVITED, LegPhase.RINGING):
        return late_rejection(call, event), ()
    failed = msgspec.structs.replace(
        leg, phase=LegPhase.OVER, ended=now, ended_by="called", status=event.status, q850=event.q850
    )
    return _next(put(call, failed), now, [])


def timer_fired(call: EmergencyRouting, event: TimerFired, now: float) -> Step:
    """The route stays silent."""
    if event.name != ROUTE_TIMER or _tried(call).phase is not LegPhase.INVITED:
        return call, ()
    out: list[AnyCommand] = []
    return _next(put(call, stop_leg(_tried(call), now, NOT_TAKEN, "gateway", out)), now, out)


def _next(call: EmergencyRouting, now: float, out: list[AnyCommand]) -> Step:
    turn = call.turn + 1
    if turn < call.offered.emergency_routes:
        return _try(call, turn, now, out), tuple(out)
    last = _tried(call)
    status = last.status if last.status is not None and last.status >= 400 else 503
    call = reject_calling(
        call, now, out, status, q850=last.q850, explanation="every emergency route failed", ended_by="called"
    )
    return conclude(call, now, out, CallOutcome.FAILED, NOT_TAKEN, "called")


def leg_cancelled(call: EmergencyRouting, event: LegCancelled, now: float) -> Step:
    if event.leg != call.calling.id:
        return call, ()
    call = calling_over(call, now, "calling", status=487)
    return conclude(call, now, [], CallOutcome.CANCELLED, gave_up(event.reason), "calling")


def leg_ended(call: EmergencyRouting, event: LegEnded, now: float) -> Step:
    if event.leg == call.calling.id:
        call = calling_over(call, now, "calling", q850=event.q850)
        return conclude(call, now, [], CallOutcome.CANCELLED, broken(event.reason, event.cause), "calling")
    leg = called_leg(call, event.leg)
    if leg is None or leg.phase not in (LegPhase.INVITED, LegPhase.RINGING):
        return late_end(call, event), ()
    gone = msgspec.structs.replace(leg, phase=LegPhase.OVER, ended=now, ended_by="called", q850=event.q850)
    return _next(put(call, gone), now, [])
