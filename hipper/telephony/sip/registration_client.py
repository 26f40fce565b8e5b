"""A device that keeps itself registered (RFC 3261 §10.2, RFC 5626 §4) through a user agent."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from hipper.telephony.sip.errors import LocalProtocolError, SipParseError
from hipper.telephony.sip.events import RequestAnswered, RequestFailed, UserAgentEvent
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.headers import NameAddr, RetryAfter, lenient_seconds
from hipper.telephony.sip.ids import IdSource
from hipper.telephony.sip.message import Response
from hipper.telephony.sip.outbound import contact_params, recovery_wait_s
from hipper.telephony.sip.uri import SipUri

if TYPE_CHECKING:
    from hipper.telephony.sip.digest import DigestClient
    from hipper.telephony.sip.useragent import UserAgent

REFRESH_AT = 0.8
"""Part of the granted time after which to refresh: leaves room for Timer F (32 s) of an hour,
and of ten minutes.
"""
MAX_EXPIRES_S = 7 * 86_400


class RegistrationState(StrEnum):
    UNREGISTERED = "Unregistered"
    REGISTERING = "Registering"
    """A REGISTER is out; nothing is bound yet."""
    REGISTERED = "Registered"
    REFRESHING = "Refreshing"
    """Bound, and a REGISTER is out."""
    WAITING = "Waiting"
    """The last REGISTER failed; the next one comes by timer."""
    REMOVING = "Removing"
    """A REGISTER that ends the binding is out."""


class RegistrationEvent(StrEnum):
    START = "start"
    STOP = "stop"
    TIMER = "timer"
    SUCCESS = "2xx"
    TOO_BRIEF = "423"
    FAILURE = "failure"


class Row(NamedTuple):
    state: RegistrationState
    send: bool = False
    """A REGISTER goes out."""
    reason: str = ""
    """Why nothing happens."""


_S, _E = RegistrationState, RegistrationEvent


def _wait(state: RegistrationState, reason: str, *events: RegistrationEvent) -> dict[RegistrationEvent, Row]:
    return {event: Row(state, reason=reason) for event in events}


REGISTRATION: dict[RegistrationState, dict[RegistrationEvent, Row]] = {
    _S.UNREGISTERED: {
        _E.START: Row(_S.REGISTERING, send=True),
        **_wait(_S.UNREGISTERED, "not started", _E.STOP, _E.TIMER),
        **_wait(_S.UNREGISTERED, "no REGISTER is out", _E.SUCCESS, _E.TOO_BRIEF, _E.FAILURE),
    },
    _S.REGISTERING: {
        _E.SUCCESS: Row(_S.REGISTERED),
        _E.TOO_BRIEF: Row(_S.REGISTERING, send=True),
        _E.FAILURE: Row(_S.WAITING),
        _E.STOP: Row(_S.REMOVING, reason="the removal waits for the answer (§10.2: one at a time)"),
        **_wait(_S.REGISTERING, "a REGISTER is out", _E.START, _E.TIMER),
    },
    _S.REGISTERED: {
        _E.TIMER: Row(_S.REFRESHING, send=True),
        _E.START: Row(_S.REFRESHING, send=True),
        _E.STOP: Row(_S.REMOVING, send=True),
        **_wait(_S.REGISTERED, "no REGISTER is out", _E.SUCCESS, _E.TOO_BRIEF, _E.FAILURE),
    },
    _S.REFRESHING: {
        _E.SUCCESS: Row(_S.REGISTERED),
        _E.TOO_BRIEF: Row(_S.REFRESHING, send=True),
        _E.FAILURE: Row(_S.WAITING),
        _E.STOP: Row(_S.REMOVING, reason="the removal waits for the answer (§10.2: one at a time)"),
        **_wait(_S.REFRESHING, "a REGISTER is out", _E.START, _E.TIMER),
    },
    _S.WAITING: {
        _E.TIMER: Row(_S.REGISTERING, send=True),
        _E.START: Row(_S.REGISTERING, send=True),
        _E.STOP: Row(_S.UNREGISTERED),
        **_wait(_S.WAITING, "no REGISTER is out", _E.SUCCESS, _E.TOO_BRIEF, _E.FAILURE),
    },
    _S.REMOVING: {
        _E.SUCCESS: Row(_S.UNREGISTERED),
        _E.TOO_BRIEF: Row(_S.UNREGISTERED),
        _E.FAILURE: Row(_S.UNREGISTERED, reason="the binding dies by itself"),
        **_wait(_S.REMOVING, "a REGISTER is out", _E.START, _E.STOP, _E.TIMER),
    },
}


class RegistrationClient:
    """One AOR's registration over one flow. Give it every event of its user agent, and time.

    All its REGISTERs share a Call-ID, with rising CSeq (§10.2.4).
    """

    def __init__(
        self, ua: UserAgent, ids: IdSource, *, aor: SipUri, registrar: SipUri, flow: Flow, contact: SipUri,
        auth: DigestClient | None = None, expires_s: int = 3600, instance: str | None = None,
        reg_id: int | None = None,
    ) -> None:  # fmt: skip
        """expires_s: what to ask for.

        instance, reg_id: ``urn:uuid:…`` and number, for outbound (RFC 5626).
        """
        self.state = RegistrationState.UNREGISTERED
        self.granted_s: int | None = None
        """Seconds granted by the last 200."""
        self.last_status: int | None = None
        self.failures = 0
        """In a row; the waits grow with it."""
        self._ua, self._ids, self._flow, self._auth = ua, ids, flow, auth
        self._aor, self._registrar, self._contact = aor, registrar, contact
        self._expires_s = expires_s
        self._params = contact_params(instance, reg_id) if instance is not None else ""
        self._outbound = instance is not None and reg_id is not None
        self._call_id = ids.call_id()
        self._cseq = 0
        self._handle: str | None = None
        self._removal_due = False
        self._due: float | None = None

    def start(self, now: float) -> None:
        """Register, or refresh at once."""
        self._step(RegistrationEvent.START, now)

    def stop(self, now: float) -> None:
        """Remove the binding (§10.2.2)."""
        self._removal_due = self.state in (RegistrationState.REGISTERING, RegistrationState.REFRESHING)
        self._due = None
        self._step(RegistrationEvent.STOP, now)

    def next_timer(self) -> float | None:
        return self._due

    def handle_timer(self, now: float) -> None:
        """Refresh or try again when due."""
        if self._due is not None and self._due <= now:
            self._due = None
            self._step(RegistrationEvent.TIMER, now)

    def handle_event(self, event: UserAgentEvent, now: float) -> bool:
        """Take the outcome of our own REGISTER; False: the event is for someone else."""
        if not isinstance(event, RequestAnswered | RequestFailed) or event.handle != self._handle:
            return False
        self._handle = None
        if isinstance(event, RequestFailed):
            self.last_status = event.status
            self._on_failure(None, now)
        else:
            self._on_response(event.response, now)
        if self._removal_due and self.state is RegistrationState.UNREGISTERED:
            self._removal_due = False
            self.state = RegistrationState.REMOVING
            self._send(now)
        return True

    def _step(self, event: RegistrationEvent, now: float) -> None:
        row = REGISTRATION[self.state][event]
        self.state = row.state
        if row.send:
            self._send(now)

    def _on_response(self, response: Response, now: float) -> None:
        self.last_status = response.status
        # the user agent counts on when it answers a challenge
        self._cseq = max(self._cseq, response.cseq.number)
        if response.status < 300:
            self.failures = 0
            self.granted_s = self._granted_s(response)
            self._step(RegistrationEvent.SUCCESS, now)
            if self.state is RegistrationState.REGISTERED:
                self._due = now + REFRESH_AT * self.granted_s
        elif response.status == 423 and self._longer(response):
            self._step(RegistrationEvent.TOO_BRIEF, now)
        else:
            self._on_failure(response, now)

    def _longer(self, response: Response) -> bool:
        """423: ask for what the registrar wants at least (§10.2.8); False when that is no progress."""
        wanted = lenient_seconds(response.headers.get("Min-Expires"))
        if wanted is None or wanted <= self._expires_s or wanted > MAX_EXPIRES_S:
            return False
        self._expires_s = wanted
        return True

    def _on_failure(self, response: Response | None, now: float) -> None:
        wait = recovery_wait_s(self.failures, self._ids)
        self.failures += 1
        text = None if response is None else response.headers.get("Retry-After")
        if text is not None:
            try:
                wait = max(wait, float(min(RetryAfter.parse(text).seconds, MAX_EXPIRES_S)))
            except SipParseError:
                pass
        self._step(RegistrationEvent.FAILURE, now)
        if self.state is RegistrationState.WAITING:
            self._due = now + wait

    def _granted_s(self, response: Response) -> int:
        """Our own Contact's expires in the 200, else Expires, else what we asked for (§10.2.4)."""
        for contact in response.contacts:
            if contact.uri.equivalent(self._contact) and contact.expires is not None:
                return max(contact.expires, 1)
        return max(response.expires or self._expires_s, 1)

    def _send(self, now: float) -> None:
        if self._handle is not None:
            raise LocalProtocolError("one REGISTER at a time (§10.2)")
        expires_s = 0 if self.state is RegistrationState.REMOVING else self._expires_s
        headers = [
            ("Contact", f"<{self._contact}>{self._params};expires={expires_s}"),
            ("Supported", "path, outbound" if self._outbound else "path"),
        ]
        self._cseq += 1
        self._handle = self._ua.request(
            method="REGISTER", uri=self._registrar, flow=self._flow, from_=NameAddr(self._aor),
            to=NameAddr(self._aor), now=now, headers=headers, auth=self._auth,
            call_id=self._call_id, cseq=self._cseq,
        )  # fmt: skip
