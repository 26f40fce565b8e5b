"""Desk phones as the intake sees them: authenticated calls, and registrations."""

from __future__ import annotations

from collections.abc import Callable

from fmc_gateway.edge import Phone, Refusal
from fmc_gateway.phone_auth import Challenge, PhoneAuthenticator, claimed_domain
from fmc_gateway.registrar import Registrar
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.message import Request


class DeskPhones:
    """Joins the authenticator and the registrar."""

    def __init__(self, authenticator: PhoneAuthenticator, registrar: Registrar) -> None:
        self._authenticator = authenticator
        self._registrar = registrar

    def authenticate(
        self, request: Request, flow: Flow, done: Callable[[Phone | Challenge | Refusal], None]
    ) -> None:
        domain = claimed_domain(request)
        if domain is None:
            done(Refusal(403, "the address of this telephone has no domain"))
            return
        self._authenticator.authenticate(request, domain, flow.remote[0], done)

    def register(self, transaction: str, request: Request, flow: Flow) -> None:
        self.authenticate(
            request, flow, lambda answer: self._registrar.register(transaction, request, flow, answer)
        )
