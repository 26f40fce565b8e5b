"""Where a leg goes: target of the engine + settings → transport address, Request-URI, To,
identity and own headers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

from fmc_gateway.call.commands import (
    BindingTarget,
    EmergencyTarget,
    ExchangeTarget,
    MobileTarget,
    NetworkTarget,
    PassOnTarget,
    Target,
    TrunkTarget,
    VoicemailTarget,
)
from fmc_gateway.dns.hop import Family, Hop, HopError, Way, family_of, hop_of
from fmc_gateway.edge_exchange import toward_exchange
from fmc_gateway.edge_imrn import NOT_DIALLED, RoutingNumbers
from fmc_gateway.identity_headers import (
    HeaderList,
    Shown,
    format_number,
    toward_emergency,
    toward_mobile,
    toward_phone,
    toward_trunk,
)
from fmc_gateway.isc_legs import isc_leg
from fmc_gateway.loop_guard import LoopGuard
from hipper.pbx.model import CallerIdentity
from hipper.runtime.settings_checks import is_host_name
from hipper.runtime.settings_model import (
    EmergencyRoute,
    ExchangeTrunk,
    MobileNetwork,
    PstnTrunk,
    Settings,
    TrunkRegistration,
    VoicemailPeer,
)
from hipper.telephony.sip.digest import DigestClient
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.flow import DEFAULT_PORT, Flow
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.uri import SipUri, Uri, format_host

Peer = MobileNetwork | PstnTrunk | ExchangeTrunk | EmergencyRoute | VoicemailPeer


class RoutingConfigError(ValueError):
    """A target or listener in the settings that cannot be used; one readable line."""


class Route(NamedTuple):
    """One INVITE about to leave. ``from_`` and ``to`` are header values without tag. ``trusted``: the other
    side is in our trust domain (RFC 3325 §2.3)."""

    hop: Hop | Flow
    uri: Uri
    from_: str
    to: str
    headers: HeaderList
    trusted: bool
    route: tuple[str, ...] = ()
    auth: DigestClient | None = None
    """Answers 401 and 407."""
    icid: str | None = None
    """isc: a session of its own has its own."""
    otherwise: Hop | None = None
    """Where to when nobody knows the servers of ``hop`` (yet)."""


class Unroutable(NamedTuple):
    """No way to the target. The leg is answered by us, as if the network had."""

    status: int
    explanation: str


class Bindings(Protocol):
    """What routing asks the registrar."""

    def flow_of(self, name: str) -> Flow | None:
        """The flow behind a binding's opaque name; None when it is gone."""

    def aor_of(self, device: str) -> str | None:
        """``user@domain`` of a desk phone that registered."""


class Routing:
    """Built once from the settings. Raises RoutingConfigError for a target nobody can send to."""

    def __init__(
        self, settings: Settings, guard: LoopGuard, bindings: Bindings, unix: Callable[[], float]
    ) -> None:
        self._guard = guard
        self._bindings = bindings
        self._now_unix = unix
        self._routing_numbers = RoutingNumbers(settings.mobile_network)
        self._listeners = {listener.name: listener for listener in settings.sip_listener}
        self.families: dict[str, Family] = {
            name: family_of(listener.host) or 4 for name, listener in self._listeners.items()
        }
        """Listener → family of the addresses it can reach."""
        self._networks = {n.name: (n, *self._parse(n)) for n in settings.mobile_network}
        self._trunks = {t.name: (t, *self._parse(t)) for t in settings.pstn_trunk}
        self._exchanges = {t.name: (t, *self._parse(t)) for t in settings.exchange_trunk}
        self._emergency = [(r, *self._parse(r)) for r in settings.emergency_route]
        box = settings.voicemail
        self._voicemail = None if box is None else (box, *self._parse(box))
        self._voicemail_auth = (
            None if box is None or not box.username else DigestClient(box.username, box.password or "")
        )
        self._registrars = {
            t.name: (t.registration, self._hop(t, t.registration.registrar))
            for t in settings.pstn_trunk
            if t.registration is not None
        }
        self._credentials = {
            name: DigestClient(registration.username, registration.password)
            for name, (registration, _) in self._registrars.items()
        }

    def hops(self) -> Iterable[Hop]:
        """All configured next hops: to resolve their names."""
        for _, hop in self.all_peers():
            yield hop
        for _, hop in self._registrars.values():
            yield hop
        for _, hop in self.senders():
            yield hop

    def senders(self) -> Iterator[tuple[PstnTrunk, Hop]]:
        """Trunks that are known by a name: where they send from is where the name leads to."""
        for trunk, _, _ in self._trunks.values():
            for address in filter(is_host_name, trunk.addresses):
                yield trunk, self._hop(trunk, f"sip:{address}")
                # the servers may send from another port, and be those of the name itself
                yield trunk, self._hop(trunk, f"sip:{address}:{DEFAULT_PORT['udp']}")

    def tls_identities(self) -> dict[Hop, frozenset[str]]:
        """Which name the certificate of a next hop must carry. Several peers may share it."""
        found: dict[Hop, frozenset[str]] = {}
        ways = [
            *self.all_peers(),
            *((self._trunks[name][0], way[1]) for name, way in self._registrars.items()),
        ]
        for peer, hop in ways:
            found[hop] = found.get(hop, frozenset()) | {peer.tls_identity or hop.host}
        return found

    def peers(self) -> dict[str, Hop]:
        """Networks, trunks and exchanges by name. A name that two of them have counts once."""
        return {
            peer.name: hop
            for peer, hop in self.all_peers()
            if not isinstance(peer, EmergencyRoute | VoicemailPeer)
        }

    def all_peers(self) -> Iterator[tuple[Peer, Hop]]:
        """Networks, trunks, exchanges, emergency routes and voicemail."""
        for named in (self._networks, self._trunks, self._exchanges):
            for peer, _, hop in named.values():
                yield peer, hop
        for route, _, hop in self._emergency:
            yield route, hop
        if self._voicemail is not None:
            yield self._voicemail[0], self._voicemail[2]

    def registrations(self) -> dict[str, tuple[TrunkRegistration, Hop, DigestClient]]:
        """Trunks that want to be registered with: how, where, and with which credentials."""
        return {name: (reg, hop, self._credentials[name]) for name, (reg, hop) in self._registrars.items()}

    def hop_toward(self, target: Target) -> Hop | Flow | None:
        """Where a leg to ``target`` would go; None when that is not known beforehand."""
        match target:
            case BindingTarget():
                return self._bindings.flow_of(target.binding.flow)
            case MobileTarget() if target.network in self._networks:
                return self._networks[target.network][2]
            case TrunkTarget() if (target.trunk or next(iter(self._trunks), "")) in self._trunks:
                return self._trunks[target.trunk or next(iter(self._trunks))][2]
            case ExchangeTarget() if target.trunk in self._exchanges:
                return self._exchanges[target.trunk][2]
            case VoicemailTarget() if self._voicemail is not None:
                return self._voicemail[2]
            case _:
                return None

    def advertised_host(self, listener: str) -> str:
        """The host we are known by on ``listener``, as URIs write it: the one of Via and Contact, never
        another interface's."""
        found = self._listeners.get(listener)
        return format_host(found.advertised_host or found.host) if found is not None else "localhost"

    @property
    def emergency_routes(self) -> int:
        return len(self._emergency)

    def trunks(self) -> list[str]:
        """Names in the installation's routing order."""
        return list(self._trunks)

    def route(self, target: Target, identity: CallerIdentity) -> Route | Unroutable:
        if isinstance(target, TrunkTarget | NetworkTarget) and target.user in self._routing_numbers:
            return Unroutable(NOT_DIALLED.status, NOT_DIALLED.explanation)
        match target:
            case BindingTarget():
                return self._to_phone(target, identity)
            case MobileTarget():
                return self._to_mobile(target, identity)
            case TrunkTarget():
                return self._to_trunk(target, identity)
            case NetworkTarget():
                return self._to_network(target, identity)
            case EmergencyTarget():
                return self._to_emergency(target, identity)
            case ExchangeTarget():
                return self._to_exchange(target, identity)
            case VoicemailTarget():
                return self._to_voicemail(target, identity)
            case _:
                return Unroutable(503, "the settings know no way to this target")

    def _to_phone(self, target: BindingTarget, identity: CallerIdentity) -> Route | Unroutable:
        binding = target.binding
        flow = self._bindings.flow_of(binding.flow)
        if flow is None:
            return Unroutable(480, "the connection of this telephone is gone")
        try:
            # headers within the Contact may not stand in a Request-URI (RFC 3261 §19.1.1)
            contact = SipUri.parse(binding.contact).without_headers()
        except SipParseError as error:
            return Unroutable(480, f"contact of this telephone: {error.reason}")
        aor = self._bindings.aor_of(binding.device) or f"{contact.user or 'phone'}@{contact.host}"
        shown = toward_phone(identity, aor.rpartition("@")[2])
        return Route(flow, contact, shown.from_, f"<sip:{aor}>", shown.headers, False, binding.path)

    def _to_mobile(self, target: MobileTarget, identity: CallerIdentity) -> Route | Unroutable:
        found = self._networks.get(target.network)
        if found is None:
            return Unroutable(480, f"mobile network {target.network} is not in the settings")
        network, uri, hop = found
        if network.mode == "isc":
            return self._into_isc(target, network, hop, identity)
        shown = toward_mobile(identity, network, self.advertised_host(network.listener))
        if network.loop_guard_prefix:
            digits = target.number.removeprefix("+")
            return _to_number(hop, uri, network.loop_guard_prefix + digits, shown, network.trusted)
        mark = (network.loop_guard_header, self._guard.mark(network.name, target.number, self._now_unix()))
        return _to_number(
            hop, uri, target.number, Shown(shown.from_, (*shown.headers, mark)), network.trusted
        )

    def _to_network(self, target: NetworkTarget, identity: CallerIdentity) -> Route | Unroutable:
        found = self._networks.get(target.network)
        if found is None:
            return Unroutable(503, f"mobile network {target.network} is not in the settings")
        network, uri, hop = found
        if network.mode == "isc":
            return self._into_isc(target, network, hop, identity)
        shown = toward_mobile(identity, network, self.advertised_host(network.listener))
        return _to_number(hop, uri, target.user, shown, network.trusted)

    def _into_isc(
        self, target: MobileTarget | NetworkTarget, network: MobileNetwork, hop: Hop, identity: CallerIdentity
    ) -> Route | Unroutable:
        host = self.advertised_host(network.listener)
        try:
            leg = isc_leg(target, network, identity, host, self._guard, self._now_unix())
        except SipParseError as error:
            return Unroutable(400, f"Request-URI: {error.reason}")
        to = f"<{leg.uri.aor if isinstance(leg.uri, SipUri) else leg.uri}>"
        back = self._first_of(network, target.route) or hop
        return Route(
            back,
            leg.uri,
            leg.from_,
            to,
            leg.headers,
            network.trusted,
            leg.route,
            icid=leg.icid,
            otherwise=hop,
        )

    def way_back(self, target: PassOnTarget) -> Hop | None:
        """Where a leg goes that is passed on: to the first of its Route (RFC 3261 §16.6 step 6)."""
        found = self._networks.get(target.network)
        return None if found is None else self._first_of(found[0], target.route)

    def _first_of(self, network: MobileNetwork, route: tuple[str, ...]) -> Hop | None:
        """None when there is none, or no listener of the network's can reach it."""
        try:
            return self._hop(network, str(NameAddr.parse(route[0]).uri)) if route else None
        except (SipParseError, RoutingConfigError):
            return None

    def _to_trunk(self, target: TrunkTarget, identity: CallerIdentity) -> Route | Unroutable:
        name = target.trunk if target.trunk is not None else next(iter(self._trunks), None)
        found = self._trunks.get(name) if name is not None else None
        if found is None:
            return Unroutable(
                503, "no such PSTN trunk in the settings" if name else "no PSTN trunk in the settings"
            )
        trunk, uri, hop = found
        shown = toward_trunk(identity, trunk, self.advertised_host(trunk.listener))
        user = format_number(target.user, trunk.number_format)
        route = _to_number(hop, uri, user, shown, trunk.trusted)
        return route._replace(auth=self._credentials.get(trunk.name))

    def _to_exchange(self, target: ExchangeTarget, identity: CallerIdentity) -> Route | Unroutable:
        found = self._exchanges.get(target.trunk)
        if found is None:
            return Unroutable(480, f"exchange {target.trunk} is not in the settings")
        trunk, uri, hop = found
        shown = toward_exchange(identity, trunk, self.advertised_host(trunk.listener))
        return _to_number(hop, uri, target.user, shown, trunk.trusted)

    def _to_voicemail(self, target: VoicemailTarget, identity: CallerIdentity) -> Route | Unroutable:
        """RFC 4458 §3: the mailbox is the user, and why the call comes is the cause. A user who listens calls
        without one."""
        if self._voicemail is None:
            return Unroutable(503, "no voicemail in the settings")
        peer, uri, hop = self._voicemail
        cause = {} if target.listen else {"cause": str(target.cause)}
        shown = toward_phone(identity, self.advertised_host(peer.listener))
        mailbox = uri.replace(user=target.mailbox).with_params(**cause)
        return Route(
            hop,
            mailbox,
            shown.from_,
            f"<{uri.replace(user=target.mailbox).aor}>",
            shown.headers,
            True,
            auth=self._voicemail_auth,
        )

    def _to_emergency(self, target: EmergencyTarget, identity: CallerIdentity) -> Route | Unroutable:
        if target.route_index >= len(self._emergency):
            return Unroutable(503, "no further emergency route in the settings")
        route, uri, hop = self._emergency[target.route_index]
        shown = toward_emergency(identity, self.advertised_host(route.listener))
        dialled = route.dialled or ("112" if target.dialled.startswith("urn:") else target.dialled)
        return _to_number(hop, uri, dialled, shown, True)

    def _parse(self, peer: Peer) -> tuple[SipUri, Hop]:
        hop = self._hop(peer, peer.target)
        return SipUri.parse(peer.target), hop

    def _hop(self, peer: Peer, target: str) -> Hop:
        """The next hop of ``target``, from the listeners of ``peer``."""
        ways = []
        for name in (peer.listener, *peer.other_listeners):
            found = self._listeners.get(name)
            if found is None:
                raise RoutingConfigError(f"{peer.name}: no sip_listener is named {name!r}")
            ways.append(Way(found.transport, name, family_of(found.host) or 4))
        try:
            return hop_of(SipUri.parse(target), tuple(ways))
        except SipParseError as malformed:
            raise RoutingConfigError(f"{peer.name}: target {target!r}: {malformed.reason}") from malformed
        except HopError as error:
            raise RoutingConfigError(f"{peer.name}: target {target!r}: {error}") from error


def _to_number(hop: Hop, uri: SipUri, user: str, shown: Shown, trusted: bool) -> Route:
    target = uri.replace(user=user)
    return Route(hop, target, shown.from_, f"<{target.aor}>", shown.headers, trusted)
