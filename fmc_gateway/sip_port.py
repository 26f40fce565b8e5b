"""The engine's SIP commands → the user agent. A leg's id is the user agent's session handle."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

import structlog

from fmc_gateway.call import commands as c
from fmc_gateway.call import events as e
from fmc_gateway.diversion import diversion_headers
from fmc_gateway.dns.hop import Hop, Server, family_of
from fmc_gateway.identity_headers import connected
from fmc_gateway.resolver import Resolver
from fmc_gateway.routing import Route, Routing, Unroutable
from fmc_gateway.sip_leg import Leg
from hipper.pbx.ids import CallId, LegId
from hipper.telephony.sip import events as sip
from hipper.telephony.sip.errors import SipError, SipParseError
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.headers import NameAddr, RetryAfter
from hipper.telephony.sip.ids import IdSource
from hipper.telephony.sip.useragent import UserAgent

CHARGING = "P-Charging-Vector"
SILENT_S = 4.0
"""How long a server may say nothing at all before the next one is tried: four INVITEs on UDP (RFC 3261
§17.1.1.2). Timer B, 32 s, is longer than callers wait."""
SILENT_EMERGENCY_S = 1.8
"""Three INVITEs; the engine gives a whole emergency route 4 s."""
ACCEPTED = 202
"""Of a REFER (RFC 3515 §2.4.2)."""
TRY_NEXT_SERVER = 503
"""RFC 3263 §4.3, beside a timeout and a transport failure."""
TRY_NEXT_TRUNK = frozenset({401, 407, 500, 502, 503, 504})
"""A carrier out of order, or one that refuses our credentials; not the called party (RFC 3261 §21.5)."""

log = structlog.get_logger("fmc_gateway.sip")


class FlowSource(Protocol):
    """What is needed of :class:`hipper.runtime.sip_endpoint.SipShell`."""

    def flow_for(self, transport: Any, listener: str, host: str, port: int) -> Flow: ...
    def flush(self) -> None: ...


class SipPort:
    """``agent``: the UserAgent; ``now``: monotonic seconds, its clock."""

    def __init__(
        self,
        agent: UserAgent,
        shell: FlowSource,
        routing: Routing,
        resolver: Resolver,
        ids: IdSource,
        now: Callable[[], float],
    ) -> None:
        self._agent = agent
        self._shell = shell
        self._routing = routing
        self._resolver = resolver
        self._ids = ids
        self._now = now
        self._legs: dict[LegId, Leg] = {}
        self.tell: Callable[[LegId, e.AnyEvent], None] | None = None
        """Where the outcome goes of going on to another server because one is silent."""
        self.call_of: Callable[[str], CallId | None] = lambda leg: None
        """The call a leg belongs to, for the log."""
        self.hold: Callable[[c.Originate, Callable[[], None]], bool] = lambda command, go_on: False
        """Whether an INVITE has to wait before it leaves, and what to call when it may (imrn)."""
        self._handlers: dict[type, Callable[[Any], e.AnyEvent | None]] = {
            c.Ring: self._ring,
            c.Progress: self._progress,
            c.AnswerLeg: self._answer,
            c.AcknowledgeLeg: self._acknowledge,
            c.RejectLeg: self._reject,
            c.CancelLeg: self._cancel,
            c.EndLeg: self._end,
            c.AnswerReoffer: self._answer_reoffer,
            c.RejectReoffer: self._reject_reoffer,
            c.Reoffer: self._reoffer,
            c.UpdateConnected: self._update_connected,
            c.AnswerRefer: self._answer_refer,
            c.NotifyRefer: self._notify_refer,
        }

    def flush(self) -> None:
        self._shell.flush()

    def offered(
        self, leg: LegId, listener: str, *, trusted: bool, fixed: bool, flow: Flow | None = None
    ) -> None:
        """A leg that was offered to us on ``listener``."""
        made = self._legs[leg] = Leg(self._routing.advertised_host(listener), trusted=trusted, fixed=fixed)
        made.flow = flow

    def host(self, listener: str) -> str:
        """The host we are known by on ``listener``."""
        return self._routing.advertised_host(listener)

    def leg(self, leg: str) -> Leg | None:
        return self._legs.get(LegId(leg))

    def is_fixed(self, leg: LegId) -> bool:
        """Whether the leg's media comes from the address in its SDP only: networks and trunks."""
        found = self._legs.get(leg)
        return found is not None and found.fixed

    def forget(self, leg: LegId) -> None:
        found = self._legs.pop(leg, None)
        if found is not None:
            found.stop_waiting()

    def run(self, command: c.AnyCommand) -> e.AnyEvent | None:
        """Carry a SIP command out. Returns an event when it could not be and the engine has to know."""
        try:
            return self._handlers[type(command)](command)
        except SipError as error:
            # the other side was faster (CANCEL, BYE): its own event is on the way
            leg = getattr(command, "leg", "")
            log.info(
                "command.too_late",
                call_id=self.call_of(leg),
                leg=leg,
                command=type(command).__name__,
                error=str(error),
            )
            return None

    def originate(self, command: c.Originate) -> e.AnyEvent | None:
        """INVITE to the target. The event: it left, or why not; None: it waits, and is told later."""
        target = command.target
        if isinstance(target, c.PassOnTarget):
            return self._pass_on(command, target)
        leg = Leg(
            "", trusted=not isinstance(target, c.BindingTarget), fixed=not isinstance(target, c.BindingTarget)
        )
        leg.command = command
        if isinstance(target, c.TrunkTarget) and target.trunk is None:
            names = self._trunks_in_order()
            leg.fallbacks = [name for name in names[1:] if self._reaches(name, command.sdp)]
            target = c.TrunkTarget(trunk=names[0] if names else None, user=target.user)
        self._legs[command.leg] = leg
        if self.hold(command, lambda: self._go_on(command)):
            leg.held = target
            return None
        return self._try(leg, command, target)

    def _go_on(self, command: c.Originate) -> None:
        """A leg that was held may leave, unless it was cancelled or is over."""
        leg = self._legs.get(command.leg)
        if leg is None or leg.held is None or self.tell is None:
            return
        target, leg.held = leg.held, None
        self.tell(command.leg, self._try(leg, command, target))

    def _pass_on(self, command: c.Originate, target: c.PassOnTarget) -> e.AnyEvent:
        """The offered INVITE goes on as it came, to the first of its Route; to where it came from when nobody
        knows that one."""
        offered = self._legs.get(target.offered)
        leg = self._legs[command.leg] = Leg("", trusted=True, fixed=True)
        hop = self._routing.way_back(target)
        servers = () if hop is None else self._resolver.servers(hop, whatever=True)
        flow = None if offered is None else offered.flow
        if servers:
            first = servers[0]
            flow = self._shell.flow_for(first.transport, first.listener, first.address, first.port)
        if flow is None:
            return _failed(command.leg, 503, "no way back into the network")
        leg.flow = flow
        try:
            self._agent.relay(
                target.offered,
                self._now(),
                flow=flow,
                handle=command.leg,
                route=target.route,
                max_forwards=command.max_forwards,
            )
        except SipError as error:
            return _failed(command.leg, 503, str(error))
        return e.LegSent(leg=command.leg, sip_call_id="")

    def try_next(self, leg_id: LegId, event: sip.Rejected) -> e.AnyEvent | None:
        """After a failure before ringing: the next server of the hop (RFC 3263 §4.3), or else the next trunk
        in the routing order. None: there is none, or the failure is the called party's."""
        leg = self._legs.get(leg_id)
        if leg is None or leg.command is None or leg.rang:
            return None
        leg.stop_waiting()
        failed = event.by_network or event.status == TRY_NEXT_SERVER
        if failed and leg.server is not None and not (event.by_network and leg.heard):
            self._resolver.failed(leg.server, _retry_after_s(event))
        if failed and leg.servers:
            return self._try_server(leg, leg.command)
        if event.by_network or event.status in TRY_NEXT_TRUNK:
            return self._try_trunk(leg, leg.command)
        return None

    def _trunks_in_order(self) -> list[str]:
        """As the settings say, those that do not answer behind the others."""
        names = self._routing.trunks()
        return names if len(names) < 2 else sorted(names, key=lambda name: not self._is_well(name))

    def _is_well(self, trunk: str) -> bool:
        hop = self._routing.hop_toward(c.TrunkTarget(trunk=trunk, user=""))
        return isinstance(hop, Hop) and self._resolver.is_well(hop)

    def _try(self, leg: Leg, command: c.Originate, target: c.Target) -> e.AnyEvent:
        event = self._invite(leg, command, target)
        if isinstance(event, e.LegRejected):
            return self._try_trunk(leg, command) or event
        return event

    def _try_trunk(self, leg: Leg, command: c.Originate) -> e.AnyEvent | None:
        if not leg.fallbacks:
            return None
        target = command.target
        assert isinstance(target, c.TrunkTarget)
        return self._try(leg, command, c.TrunkTarget(trunk=leg.fallbacks.pop(0), user=target.user))

    def _reaches(self, trunk: str, sdp: str | None) -> bool:
        """Whether its media can come to the addresses of an offer that was made for another trunk."""
        family = self.family_toward(c.TrunkTarget(trunk=trunk, user=""))
        return _offered_family(sdp) in (None, family)

    def _silent(self, leg_id: LegId) -> None:
        """Nothing came from the server: go on, and end whatever it may still say."""
        leg = self._legs.get(leg_id)
        if leg is None or leg.command is None or leg.heard or self.tell is None:
            return
        log.info("server.silent", call_id=self.call_of(leg_id), leg=leg_id, server=leg.server)
        self._agent.set_aside(leg_id, self._now())
        again = self.try_next(leg_id, sip.Rejected(leg_id, 408, None, by_network=True))
        self.tell(leg_id, again or _failed(leg_id, 408, "no server answered"))

    def abandon(self, leg: LegId) -> None:
        """End a leg whatever state it is in: the engine is out of order."""
        self._stay(leg)
        try:
            self._agent.bye(leg, self._now())
        except SipError as error:
            log.warning("abandon.failed", call_id=self.call_of(leg), leg=leg, error=str(error))

    def _invite(self, leg: Leg, command: c.Originate, target: c.Target) -> e.AnyEvent:
        route = self._routing.route(target, command.identity)
        if isinstance(route, Unroutable):
            return _failed(command.leg, route.status, route.explanation)
        leg.route = route
        leg.server = None
        leg.servers = []
        if not isinstance(route.hop, Hop):
            return self._send(leg, command, route, route.hop)
        leg.servers = self._servers(route.hop, whatever=isinstance(target, c.EmergencyTarget))
        if not leg.servers and route.otherwise is not None:
            leg.servers = self._servers(route.otherwise, whatever=False)
        if not leg.servers:
            return _nowhere(command.leg, self._resolver.retry_after_s(route.hop))
        return self._try_server(leg, command)

    def _servers(self, hop: Hop, *, whatever: bool) -> list[Server]:
        """In the order to try. Those of the address family the SDP was made for come first."""
        servers = self._resolver.servers(hop, whatever=whatever)
        if len(servers) < 2:
            return list(servers)
        family = self.family_of_hop(hop)
        return sorted(servers, key=lambda server: family_of(server.address) != family)

    def family_toward(self, target: c.Target) -> int | None:
        """4 or 6: what a leg to ``target`` will use; None when that is not known."""
        if isinstance(target, c.TrunkTarget) and target.trunk is None:
            names = self._trunks_in_order()
            target = c.TrunkTarget(trunk=names[0] if names else None, user=target.user)
        where = self._routing.hop_toward(target)
        if isinstance(where, Hop):
            return self.family_of_hop(where)
        return None if where is None else family_of(where.remote[0])

    def family_of_hop(self, hop: Hop) -> int | None:
        """4 or 6: what a leg over ``hop`` will use; the preferred listener's where both can be."""
        families = [family_of(server.address) for server in self._resolver.all_servers(hop)]
        preferred = self._routing.families.get(hop.listener)
        return preferred if preferred in families or not families else families[0]

    def _try_server(self, leg: Leg, command: c.Originate) -> e.AnyEvent:
        assert leg.route is not None
        leg.server = server = leg.servers.pop(0)
        flow = self._shell.flow_for(server.transport, server.listener, server.address, server.port)
        event = self._send(leg, command, leg.route, flow)
        if isinstance(event, e.LegSent) and (leg.servers or leg.fallbacks):
            emergency = isinstance(command.target, c.EmergencyTarget)
            wait = SILENT_EMERGENCY_S if emergency else SILENT_S
            leg.timer = asyncio.get_running_loop().call_later(wait, self._silent, command.leg)
        return event

    def _send(self, leg: Leg, command: c.Originate, route: Route, flow: Flow) -> e.AnyEvent:
        leg.flow = flow
        leg.heard = False
        leg.host = self._routing.advertised_host(flow.listener)
        leg.trusted = route.trusted
        headers = (*route.headers, *command.passthrough_headers)
        if command.diverted:
            headers += diversion_headers(command.diverted, str(route.uri), leg.host, trusted=route.trusted)
        if command.alert is not None:
            headers += (("Alert-Info", command.alert),)
        icid = route.icid
        if route.trusted and not any(name == CHARGING for name, _ in headers):
            if command.icid is None and isinstance(command.target, c.MobileTarget | c.NetworkTarget):
                # a session that begins here: without one its records match nobody's (TS 32.260)
                icid = self._ids.token(24)
            headers += _charging(icid or command.icid)
        call_id = self._ids.call_id()
        body = None
        if command.body is not None and command.body_type is not None:
            body = (command.body_type, command.body.encode("latin-1"))
        try:
            self._agent.invite(
                uri=route.uri,
                flow=flow,
                from_=NameAddr.parse(route.from_),
                to=NameAddr.parse(route.to),
                now=self._now(),
                headers=headers,
                sdp=None if body is not None else command.sdp,
                body=body,
                route=route.route,
                max_forwards=command.max_forwards,
                session=command.leg,
                call_id=call_id,
                keep_flow=isinstance(route.hop, Flow),
                auth=route.auth,
            )
        except SipError as error:
            return _failed(command.leg, 503, str(error))
        return e.LegSent(leg=command.leg, sip_call_id=call_id, icid=icid)

    def _stay(self, leg: LegId) -> None:
        """It is being ended: no further server or trunk is tried for it."""
        found = self._legs.get(leg)
        if found is not None:
            found.stay()

    def _ring(self, command: c.Ring) -> None:
        self._agent.ring(command.leg, self._now())

    def _progress(self, command: c.Progress) -> None:
        self._agent.ring(command.leg, self._now(), status=command.status, sdp=command.sdp)

    def _answer(self, command: c.AnswerLeg) -> None:
        leg = self._legs.get(command.leg)
        headers = connected(command.connected, leg.host, trusted=leg.trusted) if leg is not None else ()
        self._agent.answer(command.leg, self._now(), command.sdp, headers=headers)

    def _acknowledge(self, command: c.AcknowledgeLeg) -> None:
        self._agent.acknowledge(command.leg, self._now(), command.sdp)

    def _reject(self, command: c.RejectLeg) -> None:
        leg = self._legs.get(command.leg)
        headers: list[tuple[str, str]] = []
        if command.explanation:
            headers.append(("Warning", warning(leg.host if leg else "", command.explanation)))
        if command.q850 is not None:
            headers.append(("Reason", f"Q.850;cause={command.q850}"))
        if command.retry_after_s is not None:
            headers.append(("Retry-After", str(command.retry_after_s)))
        self._agent.reject(command.leg, self._now(), command.status, headers=headers)

    def _cancel(self, command: c.CancelLeg) -> e.AnyEvent | None:
        leg = self._legs.get(command.leg)
        if leg is not None:
            leg.stay()
            if leg.held is not None:
                leg.held = None
                return _failed(command.leg, 487, "cancelled before it left")
        self._agent.cancel(command.leg, self._now(), reason=command.reason)
        return None

    def _end(self, command: c.EndLeg) -> None:
        self._stay(command.leg)
        self._agent.bye(command.leg, self._now(), reason=command.reason)

    def _answer_reoffer(self, command: c.AnswerReoffer) -> None:
        self._agent.answer_reoffer(command.leg, self._now(), command.sdp)

    def _reject_reoffer(self, command: c.RejectReoffer) -> None:
        self._agent.reject_reoffer(command.leg, self._now(), command.status)

    def _update_connected(self, command: c.UpdateConnected) -> None:
        leg = self._legs.get(command.leg)
        if leg is not None:
            headers = connected(command.identity, leg.host, trusted=leg.trusted)
            self._agent.tell(command.leg, self._now(), headers)

    def _answer_refer(self, command: c.AnswerRefer) -> None:
        if command.status == ACCEPTED:
            self._agent.accept_refer(command.request, self._now())
            return
        leg = self._legs.get(command.leg)
        text = command.explanation or ""
        headers = (("Warning", warning(leg.host if leg else "", text)),) if text else ()
        self._agent.reject_refer(command.request, self._now(), command.status, headers=headers)

    def _notify_refer(self, command: c.NotifyRefer) -> None:
        self._agent.notify_refer(command.request, self._now(), command.status)

    def _reoffer(self, command: c.Reoffer) -> e.AnyEvent | None:
        try:
            self._agent.reoffer(command.leg, self._now(), command.sdp)
        except SipError as error:
            log.info("reoffer.refused", call_id=self.call_of(command.leg), leg=command.leg, error=str(error))
            return e.LegReofferRejected(leg=command.leg, status=491)
        return None


def warning(host: str, text: str) -> str:
    """``399 host "text"`` (RFC 3261 §20.43), ASCII, without what would end the quoted string."""
    plain = text.encode("ascii", "replace").decode().replace("\\", "/").replace('"', "'")
    return f'399 {host or "hipper"} "{plain}"'


def _nowhere(leg: LegId, retry_after_s: float | None) -> e.LegRejected:
    """No server of the hop is known, or all of them asked to be left alone."""
    if retry_after_s is None:
        return _failed(leg, 503, "the next hop has no address")
    return e.LegRejected(
        leg=leg,
        status=503,
        reason_phrase="the next hop asked for rest",
        by_network=True,
        retry_after_s=int(retry_after_s) + 1,
    )


def _offered_family(sdp: str | None) -> int | None:
    """Of the addresses in a description; None where it names none."""
    line = (sdp or "").partition("c=IN IP")[2][:2]
    return int(line) if line in ("4 ", "6 ") else None


def _retry_after_s(event: sip.Rejected) -> float | None:
    text = event.response.headers.get("Retry-After") if event.response is not None else None
    try:
        return None if text is None else float(RetryAfter.parse(text).seconds)
    except SipParseError:
        return None


def _failed(leg: LegId, status: int, why: str) -> e.LegRejected:
    return e.LegRejected(leg=leg, status=status, reason_phrase=why, by_network=True)


def _charging(icid: str | None) -> tuple[tuple[str, str], ...]:
    return ((CHARGING, f'icid-value="{icid}"'),) if icid else ()
