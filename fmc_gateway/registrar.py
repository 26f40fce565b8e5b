"""The registrar for desk phones: who may register what, and where it is kept. The rules of RFC 3261 §10.3,
RFC 3327 and RFC 5626 are :mod:`hipper.telephony.sip.registration`'s."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formatdate
from typing import Any, Protocol

import msgspec

from fmc_gateway.bindings import Bindings, Registration
from fmc_gateway.edge import Phone, Refusal
from fmc_gateway.phone_auth import Challenge
from fmc_gateway.sip_port import warning
from fmc_gateway.text import clean
from hipper.runtime.settings_model import DevicesSection
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.registration import Binding, RegisterRefused, RegistrarPolicy, apply_register
from hipper.telephony.sip.uri import SipUri

HeaderList = tuple[tuple[str, str], ...]


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
        self._policy = RegistrarPolicy(
            min_expires_s=settings.min_expires_s,
            max_expires_s=settings.max_expires_s,
            default_expires_s=settings.default_expires_s,
            max_bindings=settings.max_bindings_per_device,
        )
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
        if not _is_own(request, answer):
            return self._refused(Refusal(403, "To is not the address this telephone may register"), flow)
        try:
            return self._update(request, flow, answer)
        except SipParseError as error:
            return self._refused(Refusal(400, error.reason), flow)

    def _update(self, request: Request, flow: Flow, phone: Phone) -> tuple[int, HeaderList]:
        now = self._now_unix()
        known = (found.binding for found in self._bindings.of(phone.device))
        result = apply_register(known, request, flow, now, self._policy)
        if isinstance(result, RegisterRefused):
            return result.status, result.headers
        if result.added or result.removed:
            kept = (
                Registration(device=phone.device, aor=phone.aor, binding=storable(binding))
                for binding in result.bindings
            )
            self._bindings.put(phone.device, kept)
        return 200, (*result.headers, ("Date", formatdate(now, usegmt=True)))

    def _refused(self, refusal: Refusal, flow: Flow) -> tuple[int, HeaderList]:
        headers: HeaderList = (("Warning", warning(self._host(flow.listener), refusal.explanation)),)
        if refusal.status == 503:
            headers += (("Retry-After", "10"),)
        return refusal.status, headers


def _is_own(request: Request, phone: Phone) -> bool:
    """§10.3 step 4: the credentials are those of the address-of-record in To."""
    uri = request.to.uri
    user, _, domain = phone.aor.partition("@")
    return isinstance(uri, SipUri) and uri.user == user and uri.host.lower() == domain.lower()


def storable(binding: Binding) -> Binding:
    """A binding as JSON can hold it: phones put bytes that are no UTF-8 into names and parameters."""
    return msgspec.structs.replace(
        binding,
        contact=clean(binding.contact),
        call_id=clean(binding.call_id),
        params=clean(binding.params),
        path=tuple(clean(value) for value in binding.path),
        instance=None if binding.instance is None else clean(binding.instance),
        user_agent=None if binding.user_agent is None else clean(binding.user_agent),
    )
