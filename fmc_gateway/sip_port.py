"""The engine's SIP commands → the user agent. A leg's id is the user agent's session handle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import structlog

from fmc_gateway.call import commands as c
from fmc_gateway.call import events as e
from fmc_gateway.identity_headers import connected
from fmc_gateway.resolver import Resolver
from fmc_gateway.routing import Hop, Route, Routing, Unroutable
from hipper.pbx.ids import LegId
from hipper.telephony.sip.errors import SipError
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.ids import IdSource
from hipper.telephony.sip.useragent import UserAgent

log = structlog.get_logger("fmc_gateway.sip")


class FlowSource(Protocol):
    """What is needed of :class:`hipper.runtime.sip_endpoint.SipShell`."""

    def flow_for(self, transport: Any, listener: str, host: str, port: int) -> Flow: ...
    def flush(self) -> None: ...


class Leg:
    """What the port remembers of a leg. ``trusted``: what the peer asserts counts, and it may see withheld
    numbers. ``fallbacks``: PSTN trunks still to be tried for the command of this leg."""

    __slots__ = ("command", "fallbacks", "fixed", "host", "rang", "trusted")

    def __init__(self, host: str, *, trusted: bool, fixed: bool) -> None:
        self.host = host
        self.trusted = trusted
        self.fixed = fixed
        self.rang = False
        self.command: c.Originate | None = None
        self.fallbacks: list[str] = []


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
        }

    def flush(self) -> None:
        self._shell.flush()

    def offered(self, leg: LegId, listener: str, *, trusted: bool, fixed: bool) -> None:
        """A leg that was offered to us on ``listener``."""
        self._legs[leg] = Leg(self._routing.advertised_host(listener), trusted=trusted, fixed=fixed)

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
        self._legs.pop(leg, None)

    def run(self, command: c.AnyCommand) -> e.AnyEvent | None:
        """Carry a SIP command out. Returns an event when it could not be and the engine has to know."""
        try:
            return self._handlers[type(command)](command)
        except SipError as error:
            # the other side was faster (CANCEL, BYE): its own event is on the way
            log.info(
                "command.too_late",
                leg=getattr(command, "leg", ""),
                command=type(command).__name__,
                error=str(error),
            )
            return None

    def originate(self, command: c.Originate) -> e.AnyEvent:
        """INVITE to the target. The event: it left, or why not."""
        target = command.target
        leg = Leg(
            "", trusted=not isinstance(target, c.BindingTarget), fixed=not isinstance(target, c.BindingTarget)
        )
        leg.command = command
        if isinstance(target, c.TrunkTarget) and target.trunk is None:
            leg.fallbacks = self._routing.trunks()[1:]
        self._legs[command.leg] = leg
        return self._invite(leg, command, target)

    def try_next_trunk(self, leg_id: LegId) -> e.AnyEvent | None:
        """After a trunk failed without ringing: INVITE over the next in the routing order.
        None: there is none."""
        leg = self._legs.get(leg_id)
        if leg is None or leg.command is None or not leg.fallbacks or leg.rang:
            return None
        target = leg.command.target
        assert isinstance(target, c.TrunkTarget)
        name = leg.fallbacks.pop(0)
        return self._invite(leg, leg.command, c.TrunkTarget(trunk=name, user=target.user))

    def abandon(self, leg: LegId) -> None:
        """End a leg whatever state it is in: the engine is out of order."""
        try:
            self._agent.bye(leg, self._now())
        except SipError as error:
            log.warning("abandon.failed", leg=leg, error=str(error))

    def _invite(self, leg: Leg, command: c.Originate, target: c.Target) -> e.AnyEvent:
        route = self._routing.route(target, command.identity)
        if isinstance(route, Unroutable):
            return _failed(command.leg, route.status, route.explanation)
        flow = self._flow(route)
        if flow is None:
            return _failed(command.leg, 503, "the next hop has no address")
        leg.host = self._routing.advertised_host(flow.listener)
        leg.trusted = route.trusted
        charging = _charging(command.icid) if route.trusted else ()
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
                headers=(*route.headers, *charging, *command.passthrough_headers),
                sdp=None if body is not None else command.sdp,
                body=body,
                route=route.route,
                max_forwards=command.max_forwards,
                session=command.leg,
                call_id=call_id,
                keep_flow=isinstance(route.hop, Flow),
            )
        except SipError as error:
            return _failed(command.leg, 503, str(error))
        return e.LegSent(leg=command.leg, sip_call_id=call_id)

    def _flow(self, route: Route) -> Flow | None:
        hop = route.hop
        if not isinstance(hop, Hop):
            return hop
        address = self._resolver.address(hop.host)
        return (
            None if address is None else self._shell.flow_for(hop.transport, hop.listener, address, hop.port)
        )

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

    def _cancel(self, command: c.CancelLeg) -> None:
        self._agent.cancel(command.leg, self._now(), reason=command.reason)

    def _end(self, command: c.EndLeg) -> None:
        self._agent.bye(command.leg, self._now(), reason=command.reason)

    def _answer_reoffer(self, command: c.AnswerReoffer) -> None:
        self._agent.answer_reoffer(command.leg, self._now(), command.sdp)

    def _reject_reoffer(self, command: c.RejectReoffer) -> None:
        self._agent.reject_reoffer(command.leg, self._now(), command.status)

    def _reoffer(self, command: c.Reoffer) -> e.AnyEvent | None:
        try:
            self._agent.reoffer(command.leg, self._now(), command.sdp)
        except SipError as error:
            log.info("reoffer.refused", leg=command.leg, error=str(error))
            return e.LegReofferRejected(leg=command.leg, status=491)
        return None


def warning(host: str, text: str) -> str:
    """``399 host "text"`` (RFC 3261 §20.43), ASCII, without what would end the quoted string."""
    plain = text.encode("ascii", "replace").decode().replace("\\", "/").replace('"', "'")
    return f'399 {host or "hipper"} "{plain}"'


def _failed(leg: LegId, status: int, why: str) -> e.LegRejected:
    return e.LegRejected(leg=leg, status=status, reason_phrase=why, by_network=True)


def _charging(icid: str | None) -> tuple[tuple[str, str], ...]:
    return (("P-Charging-Vector", f'icid-value="{icid}"'),) if icid else ()
