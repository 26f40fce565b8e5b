"""The registrar's rules (RFC 3261 §10.3, RFC 3327, RFC 5626 §6) as a function over one AOR's bindings.

The caller authenticates the REGISTER, finds the AOR, and stores what comes back. The client's side is in
:mod:`hipper.telephony.sip.registration_client`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.grammar import format_params
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.outbound import FlowIdentity, first_hop_lacks_support, flow_identity, instance_of
from hipper.telephony.sip.uri import Uri, parse_uri


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """Where one device of an AOR is reached. Times in seconds of the clock the registrar was given."""

    contact: str
    """Contact URI as registered."""
    call_id: str
    cseq: int
    registered_at: float
    expires_at: float
    q: float = 1.0
    path: tuple[str, ...] = ()
    """Path values (RFC 3327): the Route of requests to this device, in this order."""
    instance: str | None = None
    """``+sip.instance``."""
    reg_id: int | None = None
    """Only with outbound (RFC 5626)."""
    flow: Flow
    """What the REGISTER came over; a device behind NAT is reached over no other."""
    params: str = ""
    """Other Contact parameters, written back in the 200: ``;+sip.ice;…``."""
    user_agent: str | None = None

    @property
    def uri(self) -> Uri:
        return parse_uri(self.contact)

    @property
    def flow_identity(self) -> FlowIdentity | None:
        if self.instance is None or self.reg_id is None:
            return None
        return FlowIdentity(self.instance, self.reg_id)

    def header(self, now: float) -> str:
        """The Contact value of the 200."""
        expires = max(round(self.expires_at - now), 0)
        return f"<{self.contact}>{self.params};expires={expires}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrarPolicy:
    """Bounds of a registration, in seconds, and of its number."""

    min_expires_s: int = 60
    """Shorter wishes get 423 (§10.3 step 7)."""
    max_expires_s: int = 3600
    """Longer wishes are shortened."""
    default_expires_s: int = 3600
    max_bindings: int = 10
    """Per AOR; the oldest gives way, since phones that lost their address leave bindings behind."""
    flow_timer_s: int | None = 120
    """Flow-Timer of the 200 to an outbound client: a connection silent for longer is closed
    (RFC 5626 §4.4.1).
    """


class Registered(msgspec.Struct, frozen=True):
    """The REGISTER is granted: store ``bindings``, answer 200 with ``headers``."""

    bindings: tuple[Binding, ...]
    headers: tuple[tuple[str, str], ...]
    added: tuple[Binding, ...] = ()
    """New or refreshed."""
    removed: tuple[Binding, ...] = ()


class RegisterRefused(msgspec.Struct, frozen=True):
    """Nothing changes: answer ``status`` with ``headers``."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()


class _Refusal(Exception):  # noqa: N818  control flow within this module
    def __init__(self, status: int, *headers: tuple[str, str]) -> None:
        super().__init__(status)
        self.refused = RegisterRefused(status, headers)


def apply_register(
    existing: Iterable[Binding], request: Request, flow: Flow, now: float, policy: RegistrarPolicy
) -> Registered | RegisterRefused:
    """Change an AOR's bindings as a REGISTER asks, all of it or nothing (§10.3 steps 6 to 8).

    existing: bindings of the AOR, expired ones are left out. request: has passed ``check_request`` and is
    authenticated. A REGISTER without Contact only asks.
    """
    current = [binding for binding in existing if binding.expires_at > now]
    try:
        if request.contact_is_wildcard:
            return _remove_all(current, request, now)
        if request.contacts:
            return _bind_all(current, request, flow, now, policy)
    except _Refusal as refusal:
        return refusal.refused
    return Registered(tuple(current), _headers(current, request, now))


def _remove_all(current: Sequence[Binding], request: Request, now: float) -> Registered:
    """``Contact: *`` with Expires 0 (§10.3 step 6)."""
    if request.expires != 0 or len(request.headers.values("Contact")) > 1:
        raise _Refusal(400)
    for binding in current:
        _check_order(binding, request)
    return Registered((), _headers((), request, now), removed=tuple(current))


def _bind_all(
    current: list[Binding], request: Request, flow: Flow, now: float, policy: RegistrarPolicy
) -> Registered:
    kept = list(current)
    added: list[Binding] = []
    removed: list[Binding] = []
    outbound = False
    for contact in request.contacts:
        identity = flow_identity(request, contact)
        if identity is not None and first_hop_lacks_support(request):
            raise _Refusal(439)
        outbound = outbound or identity is not None
        expires_s = _expires_s(contact, request, policy)
        found = _find(kept, contact, identity)
        if found is not None:
            # a later Contact of the same request may repeat an earlier one
            if found not in added:
                _check_order(found, request)
            else:
                added.remove(found)
            kept.remove(found)
        if expires_s == 0:
            removed += [found] if found is not None else []
            continue
        binding = _binding(contact, identity, request, flow, now, expires_s)
        kept.append(binding)
        added.append(binding)
    while len(kept) > policy.max_bindings:
        oldest = min(kept, key=lambda binding: binding.registered_at)
        kept.remove(oldest)
        removed.append(oldest)
    headers = _headers(kept, request, now)
    if outbound:
        headers += (("Require", "outbound"),)
        if policy.flow_timer_s is not None:
            headers += (("Flow-Timer", str(policy.flow_timer_s)),)
    return Registered(tuple(kept), headers, tuple(added), tuple(removed))


def _check_order(binding: Binding, request: Request) -> None:
    """A REGISTER of the same Call-ID that is older than the binding changes nothing (§10.3 step 7)."""
    if binding.call_id == request.call_id and request.cseq.number <= binding.cseq:
        raise _Refusal(500, ("Retry-After", "0"))


def _expires_s(contact: NameAddr, request: Request, policy: RegistrarPolicy) -> int:
    """Contact's expires, else Expires, else the default; 423 when it is too short (§10.3 step 7)."""
    wished = contact.expires if contact.expires is not None else request.expires
    if wished is None:
        wished = policy.default_expires_s
    if wished == 0:
        return 0
    if wished < policy.min_expires_s:
        raise _Refusal(423, ("Min-Expires", str(policy.min_expires_s)))
    return min(wished, policy.max_expires_s)


def _find(bindings: Sequence[Binding], contact: NameAddr, identity: FlowIdentity | None) -> Binding | None:
    """The binding a Contact names: by instance and reg-id (RFC 5626 §6), else by its URI (§19.1.4)."""
    for binding in bindings:
        if identity is not None or binding.flow_identity is not None:
            if identity == binding.flow_identity:
                return binding
        elif binding.uri.equivalent(contact.uri):
            return binding
    return None


def _binding(
    contact: NameAddr, identity: FlowIdentity | None, request: Request, flow: Flow, now: float, expires_s: int
) -> Binding:
    params = {name: value for name, value in contact.params.items() if name != "expires"}
    return Binding(
        contact=str(contact.uri),
        call_id=request.call_id,
        cseq=request.cseq.number,
        registered_at=now,
        expires_at=now + expires_s,
        q=contact.q,
        path=tuple(request.headers.values("Path")),
        instance=instance_of(contact),
        reg_id=None if identity is None else identity.reg_id,
        flow=flow,
        params=format_params(params),
        user_agent=request.headers.get("User-Agent"),
    )


def _headers(bindings: Iterable[Binding], request: Request, now: float) -> tuple[tuple[str, str], ...]:
    """Every binding of the AOR (§10.3 step 8), and Path for a client that supports it (RFC 3327 §5.3)."""
    headers = [("Contact", binding.header(now)) for binding in bindings]
    headers.append(("Supported", "path, outbound"))
    if "path" in request.supported:
        headers += [("Path", path) for path in request.headers.get_all("Path")]
    return tuple(headers)
