"""The user agent core (RFC 3261 §8 to §15) over :class:`~hipper.telephony.sip.endpoint.SipEndpoint`,
without I/O.

Feed bytes and time, drain ``next_event`` and ``messages_to_send``, come back not later than
``next_timer``. By itself it sends ACK, PRACK and session refreshes, repeats a 2xx until its ACK, ends
forks that answer second, retries after 491, 422, 401 and 407, answers refreshes that change nothing, and
refuses what belongs to no dialog with 481.

Actions name a session by its handle. On a session that is over they do nothing: the event that says so is
on its way. An action the session's phase forbids raises LocalProtocolError.

Beyond the actions named in the interface there are ``acknowledge`` (the ACK that answers a late offer),
``refer``, ``accept_refer``, ``notify_refer``, ``phase`` and ``replaces_for``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from hipper.telephony.sip.dialog import DialogId
from hipper.telephony.sip.endpoint import (
    AckReceived,
    CancelReceived,
    EndpointEvent,
    RequestReceived,
    ResponseReceived,
    TransactionFailed,
)
from hipper.telephony.sip.errors import LocalProtocolError, SipParseError
from hipper.telephony.sip.events import (
    Cancelled,
    InDialogRequest,
    InfoReceived,
    OutOfDialogRequest,
    RequestAnswered,
    RequestFailed,
    UserAgentEvent,
)
from hipper.telephony.sip.flow import Flow, Outgoing
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.ids import IdSource
from hipper.telephony.sip.message import Headers, Request, Response
from hipper.telephony.sip.notifier import Notification, NotifierSide
from hipper.telephony.sip.refer import ReferHappening, Subscription
from hipper.telephony.sip.relay import Relay
from hipper.telephony.sip.session import Phase, Session
from hipper.telephony.sip.transaction_run import Transaction
from hipper.telephony.sip.ua_core import HeaderItems, Outcome, UserAgentConfig, as_callback
from hipper.telephony.sip.uri import Uri

if TYPE_CHECKING:
    from hipper.telephony.sip.digest import DigestClient

__all__ = ["UserAgent", "UserAgentConfig"]

BAD_GATEWAY = 502
"""What a 2xx that nobody can read counts as: the peer will give up without our ACK."""
_NEEDS_DIALOG = frozenset(("BYE", "PRACK", "UPDATE", "INFO"))


class UserAgent(NotifierSide):
    """A user agent: any number of sessions and requests over any number of flows."""

    def __init__(self, config: UserAgentConfig, ids: IdSource) -> None:
        super().__init__(config, ids)
        self._subscriptions: dict[str, Subscription] = {}
        self._notifications: dict[str, Notification] = {}
        self._notifier_dialogs: dict[DialogId, Notification] = {}
        self._relays: dict[str, Relay] = {}
        self._refusals: dict[str, Relay] = {}
        self._on_timer = {
            "2xx": self._on_2xx_timer,
            "ack": self._on_ack_timer,
            "rel": self._on_rel_timer,
            "rel end": self._on_rel_end_timer,
            "refresh": self._on_refresh_timer,
            "expire": self._on_expire_timer,
            "retry": self._on_retry_timer,
            "ring": self._on_ring_timer,
            "limit": self._on_limit_timer,
            "offer": self._on_offer_timer,
        }

    # -- the verbs ------------------------------------------------------------------------------------------

    def receive_datagram(self, data: bytes, flow: Flow, now: float) -> None:
        """Take one datagram. Never raises for what a peer sent."""
        self.endpoint.receive_datagram(data, flow, now)
        self._drain(now)

    def receive_message(self, data: bytes, flow: Flow, now: float) -> None:
        """Take one message framed from a stream."""
        self.endpoint.receive_message(data, flow, now)
        self._drain(now)

    def next_event(self) -> UserAgentEvent | None:
        return self._events.popleft() if self._events else None

    def messages_to_send(self) -> list[Outgoing]:
        """Take what is to be sent, in order."""
        return self.endpoint.messages_to_send()

    def next_timer(self) -> float | None:
        """When to call handle_timer: seconds, monotonic; None when nothing waits."""
        return self.timers.next()

    def handle_timer(self, now: float) -> None:
        """Run every timer due."""
        while due := self.timers.pop_due(now):
            owner, name = due
            if isinstance(owner, Transaction):
                self.endpoint.run_timer(owner, name, now)
            elif isinstance(owner, Session):
                self._on_timer[name](owner, now)
            elif isinstance(owner, Subscription):
                self._refer_expired(owner, now)
            elif isinstance(owner, Notification):
                self._notification_expired(owner, now)
            self._drain(now)

    def transport_failed(self, flow: Flow, now: float) -> None:
        """A flow cannot carry messages any more: its transactions fail, sessions go on over a new one."""
        for session in self._sessions.values():
            for dialog in (session.dialog, *session.early.values()):
                if flow.is_stream and dialog is not None and dialog.flow == flow:
                    dialog.flow = flow._replace(connection=0)
        self.endpoint.transport_failed(flow, now)
        self._drain(now)

    def _drain(self, now: float) -> None:
        while (event := self.endpoint.next_event()) is not None:
            self._handle(event, now)

    def _handle(self, event: EndpointEvent, now: float) -> None:
        if isinstance(event, ResponseReceived):
            if (then := as_callback(event.context)) is not None:
                self._on_response(then, event.response, now)
        elif isinstance(event, RequestReceived):
            try:
                self._on_request(event.transaction, event.request, event.flow, now)
            except SipParseError as error:
                self._refuse_unreadable(event, error, now)
        elif isinstance(event, AckReceived):
            self._on_ack(event, now)
        elif isinstance(event, CancelReceived):
            self._on_cancel(event, now)
        else:
            self._on_transaction_failed(event, now)

    def _on_response(self, then: Callable[[Outcome, float], None], response: Response, now: float) -> None:
        """Read what decides before anything changes: a peer's nonsense must not leave a session half way."""
        status = response.status
        try:
            if status != 100:
                _ = (response.contacts, response.record_routes, response.require)
            if 200 <= status < 300:
                _ = response.allow
            if response.body:
                _ = response.content_type
        except SipParseError:
            if status < 200:
                self.endpoint.drop("unreadable response")
                return
            if status < 300:
                then(BAD_GATEWAY, now)
                return
            for name in ("Contact", "Record-Route", "Require", "Allow", "Content-Type"):
                response.headers.remove(name)
        then(response, now)

    def _refuse_unreadable(self, event: RequestReceived, error: SipParseError, now: float) -> None:
        """A header beyond those ``check_request`` reads is malformed."""
        try:
            warning = f'399 {self.config.endpoint.host(event.flow)} "{error.reason}"'
            self._reply(event.transaction, event.request, 400, now, headers=[("Warning", warning)])
        except LocalProtocolError:
            self.endpoint.drop("unreadable request")

    def _on_transaction_failed(self, event: TransactionFailed, now: float) -> None:
        if event.is_client:
            if (then := as_callback(event.context)) is not None:
                then(503 if event.transport else 408, now)
            return
        session = event.context
        if isinstance(session, Relay):
            # the caller's connection is gone while its INVITE is on its way
            self.endpoint.cancel(session.transaction, now)
        elif (
            event.transport
            and isinstance(session, Session)
            and session.phase in (Phase.OFFERED, Phase.RINGING)
        ):
            # nobody can hear the answer
            self._end_unanswered(session, session.phase, 503, now)
            self._emit(Cancelled(session.id, "transport"))

    # -- requests received ----------------------------------------------------------------------------------

    def _on_request(self, transaction: str, request: Request, flow: Flow, now: float) -> None:
        method = request.method
        if method not in self.config.allow:
            self._reply(transaction, request, 405, now, headers=[("Allow", self._allow)])
            return
        to_tag = request.to.tag
        if to_tag is not None:
            dialog_id = request.call_id, to_tag, request.from_.tag or ""
            session = self._dialogs.get(dialog_id)
            if session is None and method == "SUBSCRIBE" and dialog_id in self._notifier_dialogs:
                self._on_refresh(self._notifier_dialogs[dialog_id], transaction, request, flow, now)
            elif session is None:
                self._reply(transaction, request, 481, now)
            else:
                self._on_in_dialog(session, transaction, request, flow, now)
        elif method == "INVITE":
            self._on_invite(transaction, request, flow, now)
        elif method in _NEEDS_DIALOG:
            self._reply(transaction, request, 481, now)
        else:
            self._emit(OutOfDialogRequest(transaction, request, flow))

    def _on_in_dialog(
        self, session: Session, transaction: str, request: Request, flow: Flow, now: float
    ) -> None:
        dialog = session.dialog or session.early.get(request.from_.tag or "")
        if dialog is not None and not dialog.take_sequence(request.cseq.number):
            # §12.2.2: an older request that came late
            self._reply(transaction, request, 500, now, headers=[("Retry-After", "0")])
            return
        if dialog is not None and (flow.is_stream or dialog.keep_flow):
            # the peer has a new connection, or its NAT a new mapping
            dialog.flow = flow
        method = request.method
        if method == "BYE":
            self._on_peer_bye(session, transaction, request, now)
        elif method == "PRACK":
            self._on_prack(session, transaction, request, now)
        elif method == "INVITE" or method == "UPDATE":
            self.endpoint.set_context(transaction, session)
            self._on_peer_offer(session, transaction, request, now)
        elif session.phase in (Phase.ENDING, Phase.ENDING_ON_ACK):
            self._reply(transaction, request, 481, now)
        elif method == "INFO":
            self._reply(transaction, request, 200, now)
            content_type = request.headers.get("Content-Type") or ""
            self._emit(InfoReceived(session.id, content_type, request.body, request))
        elif method == "OPTIONS":
            self._reply(transaction, request, 200, now, contact=session.contact)
        elif method == "REFER":
            self._on_refer(session, transaction, request, now)
        elif method == "NOTIFY":
            self._on_notify(session, transaction, request, now)
        else:
            self._emit(InDialogRequest(session.id, transaction, request))

    # -- requests sent --------------------------------------------------------------------------------------

    def info(self, session: str, now: float, content_type: str, body: bytes) -> None:
        """Send INFO within the dialog; its outcome is not told. Ignored when the session is over."""
        found = self._sessions.get(session)
        dialog = None if found is None else self._offer_dialog(found)
        if found is None or dialog is None or found.phase in (Phase.ENDING, Phase.ENDING_ON_ACK):
            return
        self._send_in_dialog(
            dialog, "INFO", now, partial(self._on_dialog_request_done, found),
            content_type=content_type, body=body, auth=found.auth,
        )  # fmt: skip

    def request(
        self,
        *,
        method: str,
        uri: Uri,
        flow: Flow,
        from_: NameAddr,
        to: NameAddr,
        now: float,
        headers: HeaderItems = (),
        body: tuple[str, bytes] | None = None,
        route: Sequence[str] = (),
        auth: DigestClient | None = None,
        call_id: str | None = None,
        cseq: int = 1,
        contact: bool = False,
    ) -> str:
        """Send a request outside any dialog: REGISTER, OPTIONS, MESSAGE, SUBSCRIBE … Returns its handle.

        It ends in RequestAnswered or RequestFailed with that handle. body: content type and bytes.
        contact: add our own Contact. call_id, cseq: for the next REGISTER of a series (§10.2).
        """
        if from_.tag is None:
            from_ = from_.with_tag(self._ids.tag())
        items = [("Max-Forwards", "70")]
        items += [("Route", value) for value in route]
        items += [
            ("From", str(from_)),
            ("To", str(to)),
            ("Call-ID", call_id or self._ids.call_id()),
            ("CSeq", f"{cseq} {method}"),
        ]
        if contact:
            items.append(("Contact", self._contact(flow)))
        items += headers
        items.append(("User-Agent", self.config.user_agent))
        content = b""
        if body is not None:
            items.append(("Content-Type", body[0]))
            content = body[1]
        request = Request(method, uri, Headers(items), content)
        handle = self._ids.token(12)
        self._send_request(request, flow, now, partial(self._on_request_done, handle), auth=auth)
        return handle

    def _on_request_done(self, handle: str, outcome: Outcome, now: float) -> None:
        if isinstance(outcome, Response):
            self._emit(RequestAnswered(handle, outcome))
        else:
            self._emit(RequestFailed(handle, outcome, by_network=True))

    def respond(
        self,
        transaction: str,
        response: Response | int,
        now: float,
        *,
        reason: str | None = None,
        headers: HeaderItems = (),
        body: tuple[str, bytes] | None = None,
    ) -> None:
        """Answer a request told by OutOfDialogRequest, InDialogRequest or Referred.

        response: a status to build one from, or a whole Response. body: content type and bytes. Ignored
        when the transaction is over. Raises LocalProtocolError when it has had its final answer.
        """
        request = self.endpoint.request_of(transaction)
        if request is None:
            return
        if isinstance(response, int):
            status, tag = response, self.endpoint.to_tag(transaction)
            response = self._response(request, status, tag, reason=reason, headers=headers)
            if body is not None:
                response.set_body(*body)
        self.endpoint.respond(transaction, response, now)
        subscription = self._subscriptions.get(transaction)
        if subscription is not None and response.status >= 300:
            subscription.take(ReferHappening.REFUSE)
            self._end_subscription(subscription)
