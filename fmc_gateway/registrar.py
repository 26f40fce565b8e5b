"""The registrar for desk phones (RFC 3261 §10.3; RFC 3327 Path; RFC 5626 outbound)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from email.utils import formatdate
from typing import Any, Protocol

import structlog

from fmc_gateway.bindings import Bindings, Registration
from fmc_gateway.edge import Phone, Refusal
from fmc_gateway.flows import flow_name
from fmc_gateway.phone_auth import Challenge
from fmc_gateway.sip_port import warning
from fmc_gateway.text import clean
from hipper.runtime.settings_model import DevicesSection
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.uri import SipUri

ALWAYS_ACCEPTED_S = 3600
"""An interval of an hour or more is never too brief (§10.3 step 7)."""

HeaderList = tuple[tuple[str, str], ...]

log = structlog.get_logger("fmc_gateway.registrar")


class Observer(Protocol):
    def registered(self, status: int) -> None: ...


class Registrar:
    """``agent``: the UserAgent, for its ``respond``; ``host``: our host on a listener, for Warning."""

    def __init__(
        self,
        settings: DevicesSection,
        bindings: Bindings,
        *,
        agent: Any,
        flush: Callable[[], None],
        host: Callable[[str], str],
        observer: Observer,
        now: Callable[[], float],
        now_unix: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._bindings = bindings
        self._agent = agent
        self._flush = flush
        self._host = host
        self._observer = observer
        self._now = now
        self._now_unix = now_unix

    def register(
        self, transaction: str, request: Request, flow: Flow, answer: Phone | Challenge | Refusal
    ) -> None:
        """Answer a REGISTER; ``answer``: what authentication said."""
        status, headers = self._decide(request, flow, answer)
        self._observer.registered(status)
        self._agent.respond(transaction, status, self._now(), headers=headers)
        self._flush()

    def _decide(
        self, request: Request, flow: Flow, answer: Phone | Challenge | Refusal
    ) -> tuple[int, HeaderList]:
        if isinstance(answer, Refusal):
            return self._refused(answer, flow)
        if not isinstance(answer, Phone):
            return 401, answer
        try:
            result = self._update(request, flow, answer)
        except SipParseError as error:
            return self._refused(Refusal(400, error.reason), flow)
        if isinstance(result, Refusal):
            return self._refused(result, flow)
        return result

    def _refused(self, refusal: Refusal, flow: Flow) -> tuple[int, HeaderList]:
        headers = [("Warning", warning(self._host(flow.listener), refusal.explanation))]
        if refusal.status == 423:
            headers.append(("Min-Expires", str(self._settings.min_expires_s)))
        if refusal.status == 503:
            headers.append(("Retry-After", "10"))
        return refusal.status, tuple(headers)

    def _update(self, request: Request, flow: Flow, phone: Phone) -> Refusal | tuple[int, HeaderList]:
        uri = request.to.uri
        if not isinstance(uri, SipUri) or f"{uri.user}@{uri.host}".lower() != phone.aor.lower():
            return Refusal(403, "To is not the address this telephone may register")
        known = self._bindings.of(phone.device)
        if request.contact_is_wildcard:
            return self._remove_all(request, phone, known)
        kept = list(known)
        for contact in request.contacts:
            refusal = self._apply(request, flow, phone, contact, kept)
            if refusal is not None:
                return refusal
        if len(kept) > self._settings.max_bindings_per_device:
            return Refusal(403, "too many contacts are registered for this telephone")
        if request.contacts:
            self._bindings.put(phone.device, kept)
        return 200, self._listing(request, kept)

    def _remove_all(
        self, request: Request, phone: Phone, known: Iterable[Registration]
    ) -> Refusal | tuple[int, HeaderList]:
        if request.expires != 0 or len(request.headers.values("Contact")) != 1:
            return Refusal(400, "Contact: * needs Expires: 0 and no other contact")
        if any(_out_of_order(request, binding) for binding in known):
            return Refusal(500, "an older REGISTER came late")
        self._bindings.put(phone.device, ())
        return 200, self._listing(request, ())

    def _apply(
        self, request: Request, flow: Flow, phone: Phone, contact: NameAddr, kept: list[Registration]
    ) -> Refusal | None:
        """One Contact of the request changes ``kept``; all of them or none take effect (§10.3 step 7)."""
        expires_s = self._expires_s(request, contact)
        if 0 < expires_s < min(self._settings.min_expires_s, ALWAYS_ACCEPTED_S):
            return Refusal(423, f"the shortest registration is {self._settings.min_expires_s} s")
        made = self._registration(request, flow, phone, contact, expires_s)
        for index, binding in enumerate(kept):
            if _same(binding, made, contact):
                if _out_of_order(request, binding):
                    return Refusal(500, "an older REGISTER came late")
                del kept[index]
                break
        if expires_s > 0:
            kept.append(made)
        return None

    def _expires_s(self, request: Request, contact: NameAddr) -> int:
        wanted = contact.expires if "expires" in contact.params else request.expires
        return min(
            self._settings.default_expires_s if wanted is None else wanted, self._settings.max_expires_s
        )

    def _registration(
        self, request: Request, flow: Flow, phone: Phone, contact: NameAddr, expires_s: int
    ) -> Registration:
        return Registration(
            device=phone.device,
            aor=phone.aor,
            contact=clean(str(contact.uri)),
            flow=flow_name(flow),
            path=tuple(clean(str(path)) for path in request.paths),
            expires=self._now_unix() + expires_s,
            q=contact.q,
            call_id=clean(request.call_id),
            cseq=request.cseq.number,
            instance=contact.params.get("+sip.instance"),
            reg_id=contact.params.get("reg-id"),
        )

    def _listing(self, request: Request, bindings: Iterable[Registration]) -> HeaderList:
        now = self._now_unix()
        headers = [
            ("Contact", f"<{binding.contact}>;expires={max(0, round(binding.expires - now))}")
            for binding in bindings
        ]
        if "path" in request.supported:
            headers += [("Path", path) for path in request.headers.get_all("Path")]
        if "outbound" in request.supported and any("reg-id" in c.params for c in request.contacts):
            headers.append(("Require", "outbound"))
        headers.append(("Date", formatdate(now, usegmt=True)))
        return tuple(headers)


def _same(binding: Registration, made: Registration, contact: NameAddr) -> bool:
    """RFC 5626 §6: instance and reg-id when both have them, else the contact's URI (RFC 3261 §19.1.4)."""
    if made.instance is not None and made.reg_id is not None:
        return (binding.instance, binding.reg_id) == (made.instance, made.reg_id)
    if binding.contact == made.contact:
        return True
    try:
        return isinstance(contact.uri, SipUri) and contact.uri.equivalent(SipUri.parse(binding.contact))
    except SipParseError:
        return False


def _out_of_order(request: Request, binding: Registration) -> bool:
    return binding.call_id == clean(request.call_id) and request.cseq.number <= binding.cseq
