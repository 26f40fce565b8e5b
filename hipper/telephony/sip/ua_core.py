"""What all parts of the user agent share: settings, sessions, dialogs, events, building messages."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, cast

from hipper.telephony.sip.dialog import Dialog, DialogEvent, DialogId
from hipper.telephony.sip.endpoint import EndpointConfig, SipEndpoint
from hipper.telephony.sip.errors import LocalProtocolError, SipParseError
from hipper.telephony.sip.events import UserAgentEvent
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.ids import IdSource
from hipper.telephony.sip.message import Headers, Request, Response
from hipper.telephony.sip.multipart import session_description
from hipper.telephony.sip.session import Happening, Phase, Session, Verdict
from hipper.telephony.sip.timers import TimerHeap
from hipper.telephony.sip.uri import format_host
from hipper.telephony.sip.validate import SUPPORTED_TAGS

if TYPE_CHECKING:
    from hipper.telephony.sip.digest import DigestClient

METHODS = (
    "INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "PRACK", "UPDATE", "INFO", "REFER", "NOTIFY", "MESSAGE",
    "SUBSCRIBE", "REGISTER",
)  # fmt: skip
SDP_TYPE = "application/sdp"
MAX_AUTH_RETRIES = 2
"""A second 401 may carry a fresh nonce (stale); a third means the password is wrong (RFC 3261 §22.2)."""

HeaderItems = Sequence[tuple[str, str]]
Outcome = Response | int
"""Final (or provisional) response; 408 or 503 as a bare number when the network gave none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserAgentConfig:
    """Settings of a user agent. Times in seconds."""

    endpoint: EndpointConfig = field(default_factory=EndpointConfig)
    supported: tuple[str, ...] = ("100rel", "timer", "replaces")
    allow: tuple[str, ...] = METHODS
    user_agent: str = "Hipper"
    """User-Agent in requests, Server in responses."""
    contact_user: str = ""
    """User part of our Contact."""
    session_expires_s: int | None = 1800
    """Session interval we ask for; None: session timers only when the peer wants them."""
    min_se_s: int = 90
    """Smallest session interval accepted; smaller ones get 422 (RFC 4028)."""
    ring_limit_s: float = 600.0
    """A call nobody answers in this time ends, with 480, unless the INVITE's Expires is shorter."""
    max_sessions: int = 20_000
    """New calls above it get 503."""
    glare_retries: int = 4
    """Times a re-INVITE or UPDATE is sent again after 491."""
    match_replaces: bool = True
    """Check Replaces as RFC 3891 §3 says (481, 603, 486) before the application sees the INVITE."""


class UserAgentCore:
    """State of a user agent and the helpers of its parts."""

    def __init__(self, config: UserAgentConfig, ids: IdSource) -> None:
        self.config = config
        self.timers = TimerHeap()
        self.endpoint = SipEndpoint(config.endpoint, ids, self.timers)
        self._ids = ids
        self._t1 = config.endpoint.t1
        self._t2 = config.endpoint.t2
        self._sessions: dict[str, Session] = {}
        self._dialogs: dict[DialogId, Session] = {}
        self._events: deque[UserAgentEvent] = deque()
        self._allow = ", ".join(config.allow)
        self._supported = ", ".join(config.supported)
        # a reliable 18x needs a PRACK of its own kind within a dialog: not asked for
        self._supported_plain = ", ".join(tag for tag in config.supported if tag != "100rel")
        switched_off = frozenset(("100rel", "timer", "replaces")) - frozenset(config.supported)
        self.endpoint.supported = SUPPORTED_TAGS - switched_off
        self._contacts: dict[tuple[str, tuple[str, int]], str] = {}

    # -- state ----------------------------------------------------------------------------------------------

    @property
    def at_rest(self) -> bool:
        """Whether no session, dialog, transaction or timer is left."""
        return not (self._sessions or self._dialogs or len(self.endpoint) or len(self.timers))

    def session_count(self) -> int:
        """Sessions that have not ended."""
        return len(self._sessions)

    def phase(self, session: str) -> Phase:
        """Where a session stands; ENDED for one that is forgotten."""
        found = self._sessions.get(session)
        return Phase.ENDED if found is None else found.phase

    def _emit(self, event: UserAgentEvent) -> None:
        self._events.append(event)

    def _take(self, session: Session, happening: Happening) -> bool:
        """Advance by the table. False: nothing is to be done. Raises LocalProtocolError on a misuse."""
        row = session.step(happening)
        if row.verdict is Verdict.REFUSE:
            raise LocalProtocolError(f"{happening} in phase {session.phase}: {row.reason}")
        if row.verdict is Verdict.IGNORE:
            return False
        session.phase = row.phase
        return True

    def _forget(self, session: Session) -> None:
        """The session is over: nothing of it is kept but what its transactions need to absorb repetitions."""
        session.phase = Phase.ENDED
        self._sessions.pop(session.id, None)
        if session.dialog is not None:
            self._dialogs.pop(session.dialog.id, None)
            session.dialog.advance(DialogEvent.GONE)
        for dialog in session.early.values():
            self._dialogs.pop(dialog.id, None)
        session.early.clear()
        for name in ("2xx", "ack", "rel", "rel end", "refresh", "expire", "retry", "ring", "limit", "offer"):
            self.timers.stop(session, name)

    # -- messages -------------------------------------------------------------------------------------------

    def _contact(self, flow: Flow) -> str:
        """Our Contact value on a flow."""
        address = self.config.endpoint.address(flow)
        key = flow.transport, address
        contact = self._contacts.get(key)
        if contact is None:
            user = f"{self.config.contact_user}@" if self.config.contact_user else ""
            transport = "" if flow.transport == "udp" else f";transport={flow.transport}"
            contact = f"<sip:{user}{format_host(address[0])}:{address[1]}{transport}>"
            self._contacts[key] = contact
        return contact

    def _response(
        self,
        request: Request,
        status: int,
        to_tag: str,
        *,
        reason: str | None = None,
        contact: str | None = None,
        headers: HeaderItems = (),
        sdp: str | None = None,
    ) -> Response:
        """A response with what the dialog layer adds: Record-Route echoed and Contact (§12.1.1) with
        ``contact``.
        """
        response = request.create_response(status, reason, to_tag)
        items = list(response.headers)
        if contact is not None:
            items += [("Record-Route", route) for route in request.headers.get_all("Record-Route")]
            items.append(("Contact", contact))
            items.append(("Allow", self._allow))
            items.append(("Supported", self._supported))
        items.append(("Server", self.config.user_agent))
        if sdp is not None:
            items.append(("Content-Type", SDP_TYPE))
            response.body = sdp.encode("utf-8", "surrogateescape")
        response.headers = Headers.of_canonical(items)
        for name, value in headers:
            response.headers.add(name, value)
        return response

    def _reply(
        self,
        transaction: str,
        request: Request,
        status: int,
        now: float,
        *,
        reason: str | None = None,
        headers: HeaderItems = (),
        contact: str | None = None,
        sdp: str | None = None,
    ) -> bytes:
        """Build and send a response of a server transaction that still exists."""
        to_tag = self.endpoint.to_tag(transaction)
        response = self._response(
            request, status, to_tag, reason=reason, headers=headers, contact=contact, sdp=sdp
        )
        return self.endpoint.respond(transaction, response, now)

    # -- requests within a dialog ---------------------------------------------------------------------------

    def _send_in_dialog(
        self,
        dialog: Dialog,
        method: str,
        now: float,
        then: Callable[[Outcome, float], None],
        *,
        headers: HeaderItems = (),
        content_type: str | None = None,
        body: bytes = b"",
        auth: DigestClient | None = None,
    ) -> Request:
        """Send a request; ``then`` gets every final outcome. 401 and 407 are answered when ``auth`` can."""
        items = [*headers, ("User-Agent", self.config.user_agent)]
        if content_type is not None:
            items.append(("Content-Type", content_type))
        request = dialog.create_request(method, items, body)
        self._send_request(request, dialog.next_flow(), now, then, dialog=dialog, auth=auth)
        return request

    def _send_request(
        self,
        request: Request,
        flow: Flow,
        now: float,
        then: Callable[[Outcome, float], None],
        *,
        dialog: Dialog | None = None,
        auth: DigestClient | None = None,
        attempt: int = 0,
    ) -> str:
        context = partial(self._on_outcome, request, flow, then, dialog, auth, attempt)
        return self.endpoint.send_request(request, flow, now, context)

    def _on_outcome(
        self,
        request: Request,
        flow: Flow,
        then: Callable[[Outcome, float], None],
        dialog: Dialog | None,
        auth: DigestClient | None,
        attempt: int,
        outcome: Outcome,
        now: float,
    ) -> None:
        if isinstance(outcome, Response):
            if outcome.status < 200:
                return
            if outcome.status in (401, 407) and auth is not None and attempt < MAX_AUTH_RETRIES:
                number = request.cseq.number + 1
                if dialog is not None:
                    dialog.local_seq = number = max(number, dialog.local_seq + 1)
                again = self._authorized(request, outcome, auth, number)
                if again is not None:
                    self._send_request(again, flow, now, then, dialog=dialog, auth=auth, attempt=attempt + 1)
                    return
        then(outcome, now)

    def _authorized(
        self, request: Request, response: Response, auth: DigestClient, number: int
    ) -> Request | None:
        """The request once more with credentials (§22.2), a new CSeq and no Via; None when we have none."""
        try:
            headers = auth.authorize(request, response, cnonce=self._ids.token(16))
        except SipParseError:
            # a challenge nobody can read is no challenge
            return None
        if not headers:
            return None
        again = self._resend(request, number)
        for name, _ in headers:
            again.headers.remove(name)
        for name, value in headers:
            again.headers.add(name, value)
        return again

    def _resend(self, request: Request, number: int) -> Request:
        """A copy to be sent as a new transaction."""
        again = request.copy()
        again.headers.remove("Via")
        again.headers.set("CSeq", f"{number} {request.method}")
        return again


def sdp_of(message: Request | Response) -> str | None:
    """The session description of a message, also out of a multipart (RFC 5621); None when it has none that
    can be read.
    """
    if not message.body:
        return None
    try:
        found = session_description(message)
    except SipParseError:
        return None
    return None if found is None else found.decode("utf-8", "surrogateescape")


def same_sdp(one: str | None, other: str | None) -> bool:
    """Whether nothing changed: identical text, or the same origin line, session version included (RFC 3264
    §8).
    """
    if one is None or other is None:
        return False
    return one == other or ((origin := _origin(one)) is not None and origin == _origin(other))


def _origin(sdp: str) -> str | None:
    for line in sdp.split("\n", 4)[:4]:
        if line.startswith("o="):
            return line.rstrip("\r")
    return None


def reason_of(request: Request) -> str | None:
    """The Reason header of CANCEL or BYE (RFC 3326) as text."""
    values = request.headers.get_all("Reason")
    return ", ".join(values) if values else None


def as_callback(context: object) -> Callable[[Outcome, float], None] | None:
    """The context of a client transaction of ours is a callback."""
    return cast("Callable[[Outcome, float], None]", context) if callable(context) else None
