"""The transaction layer (RFC 3261 §17 and §18, RFC 6026, RFC 3581) as one object without I/O.

Feed it bytes (:meth:`SipEndpoint.receive_datagram`, :meth:`SipEndpoint.receive_message`) and time
(:meth:`SipEndpoint.handle_timer`), drain :meth:`SipEndpoint.next_event` and
:meth:`SipEndpoint.messages_to_send`, and call again not later than :meth:`SipEndpoint.next_timer`.

Retransmissions are absorbed, an INVITE is answered 100 at once, the ACK of a failure response and the 200
of a CANCEL are made here. Memory is bounded by ``EndpointConfig.max_transactions``; every transaction ends
by a timer.
"""

from __future__ import annotations

from typing import cast
from zlib import crc32

from hipper.telephony.sip.endpoint_types import (
    AckReceived,
    CancelReceived,
    EndpointConfig,
    EndpointEvent,
    RequestReceived,
    ResponseReceived,
    TransactionFailed,
)
from hipper.telephony.sip.errors import LocalProtocolError, SipParseError
from hipper.telephony.sip.flow import Flow, Outgoing
from hipper.telephony.sip.ids import MAGIC_COOKIE, IdSource
from hipper.telephony.sip.message import Headers, Request, Response, parse_message, response_to
from hipper.telephony.sip.routing import fill_received, replace_top_via, response_flow
from hipper.telephony.sip.timers import Timer, TimerHeap
from hipper.telephony.sip.transaction_run import Key, Transaction, TransactionRunner
from hipper.telephony.sip.transactions import (
    INVITE_CLIENT_MACHINE,
    INVITE_SERVER_MACHINE,
    NON_INVITE_CLIENT_MACHINE,
    NON_INVITE_SERVER_MACHINE,
    Action,
    Event,
    State,
)
from hipper.telephony.sip.validate import SUPPORTED_TAGS, Rejection, check_request, check_response

__all__ = [
    "AckReceived",
    "CancelReceived",
    "EndpointConfig",
    "EndpointEvent",
    "RequestReceived",
    "ResponseReceived",
    "SipEndpoint",
    "TransactionFailed",
]

_TIMER_EVENTS: dict[str, Event] = {timer: Event(f"timer {timer}") for timer in Timer}


class SipEndpoint(TransactionRunner):
    """Transactions over any number of flows."""

    def __init__(self, config: EndpointConfig, ids: IdSource, timers: TimerHeap | None = None) -> None:
        """timers: a heap shared with the transaction user; our entries in it are owned by Transaction
        objects.
        """
        super().__init__(config, ids, TimerHeap() if timers is None else timers)
        self.dropped: dict[str, int] = {}
        """Discarded messages by reason, for metrics."""
        self.refused = 0
        """New requests answered 503 here, for metrics."""
        self.supported = SUPPORTED_TAGS
        """Option tags a request may require."""

    # -- the verbs ------------------------------------------------------------------------------------------

    def receive_datagram(self, data: bytes, flow: Flow, now: float) -> None:
        """Take one datagram. Never raises for what a peer sent."""
        self._receive(data, flow, now, stream=False)

    def receive_message(self, data: bytes, flow: Flow, now: float) -> None:
        """Take one message framed by Content-Length from a stream."""
        self._receive(data, flow, now, stream=True)

    def next_event(self) -> EndpointEvent | None:
        return self._events.popleft() if self._events else None

    def messages_to_send(self) -> list[Outgoing]:
        """Take what is to be sent, in order."""
        out, self._out = self._out, []
        return out

    def next_timer(self) -> float | None:
        """When to call handle_timer: seconds, monotonic."""
        return self.timers.next()

    def handle_timer(self, now: float) -> None:
        """Run every timer due. Only with a heap of our own; else the owner of the heap calls run_timer."""
        while due := self.timers.pop_due(now):
            self.run_timer(cast(Transaction, due[0]), due[1], now)

    def run_timer(self, transaction: Transaction, name: str, now: float) -> None:
        """Run one timer of a transaction that came out of the shared heap."""
        self._fire(transaction, _TIMER_EVENTS[name], now)

    def __len__(self) -> int:
        """Transactions alive."""
        return len(self._by_id)

    # -- client side ----------------------------------------------------------------------------------------

    def send_request(self, request: Request, flow: Flow, now: float, context: object = None) -> str:
        """Start a client transaction: a Via goes on top and the request leaves. Returns the transaction's id.

        Raises LocalProtocolError for ACK and CANCEL, which have ways of their own.
        """
        method = request.method
        if method in ("ACK", "CANCEL"):
            raise LocalProtocolError(f"{method} does not start a transaction here")
        machine = INVITE_CLIENT_MACHINE if method == "INVITE" else NON_INVITE_CLIENT_MACHINE
        return self._start_client(machine, request, flow, now, self._ids.branch(), context).id

    def send_ack_2xx(self, request: Request, flow: Flow, now: float) -> bytes:
        """Send the ACK of a 2xx, end to end and without a transaction (§13.2.2.4).

        Returns the bytes, to repeat.
        """
        request.headers.prepend("Via", self._make_via(flow, self._ids.branch()))
        data = request.to_bytes()
        self.send_raw(data, flow)
        return data

    def send_raw(self, data: bytes, flow: Flow) -> None:
        """Repeat a message outside any transaction: a 2xx (§13.3.1.4), its ACK, a reliable 18x (RFC 3262)."""
        self._out.append(Outgoing(data, flow))

    def cancel(self, transaction: str, now: float, reason: str | None = None) -> None:
        """Cancel an INVITE (§9.1); before a provisional response the CANCEL waits for it.

        reason: value of a Reason header. Raises LocalProtocolError for another method. Too late is no error.
        """
        found = self._by_id.get(transaction)
        if found is not None:
            found.cancel_reason = reason
            self._fire(found, Event.TU_CANCEL, now)

    # -- server side ----------------------------------------------------------------------------------------

    def respond(self, transaction: str, response: Response, now: float) -> bytes:
        """Send a response of a server transaction; a transaction that is gone swallows it. Returns its bytes.

        Raises LocalProtocolError when the request has had its final answer.
        """
        found = self._by_id.get(transaction)
        if found is None:
            return b""
        status = response.status
        event = Event.TU_1XX if status < 200 else Event.TU_2XX if status < 300 else Event.TU_3XX_6XX
        row = found.machine.table[found.state][event]
        if Action.REFUSE in row.actions:
            raise LocalProtocolError(f"{status}: {row.reason}")
        found.data = data = response.to_bytes()
        self._fire(found, event, now)
        return data

    def response_flow(self, transaction: str) -> Flow | None:
        """Where responses of a server transaction go (§18.2.2)."""
        found = self._by_id.get(transaction)
        return None if found is None else found.flow

    def set_context(self, transaction: str, context: object) -> None:
        """Remember the transaction user's own object; it comes back with CANCEL, ACK and failures."""
        found = self._by_id.get(transaction)
        if found is not None:
            found.context = context

    def to_tag(self, transaction: str) -> str:
        """The To tag of every response of this server transaction; it is our tag of the dialog too."""
        found = self._by_id.get(transaction)
        return "" if found is None else found.to_tag

    def request_of(self, transaction: str) -> Request | None:
        """The request of a transaction; None when it is over."""
        found = self._by_id.get(transaction)
        return None if found is None else found.request

    def transport_failed(self, flow: Flow, now: float) -> None:
        """A flow cannot carry messages: a stream broke, or an ICMP error came back.

        A request that had left UDP for its size goes back to it (§18.1.1), a response tries a new
        connection to the address in Via (§18.2.2), everything else on the flow fails.
        """
        for transaction in [x for x in self._by_id.values() if x.flow == flow]:
            if transaction.state is State.TERMINATED:
                continue
            if transaction.fallback is None or transaction.fallback == flow:
                self._fire(transaction, Event.TRANSPORT_ERROR, now)
            else:
                self._fall_back(transaction)

    def _fall_back(self, transaction: Transaction) -> None:
        flow, transaction.fallback = cast(Flow, transaction.fallback), None
        transaction.flow = flow
        if transaction.is_client:
            replace_top_via(transaction.request, self._make_via(flow, cast(str, transaction.key[0])))
            transaction.sent_by = self.config.address(flow)
            transaction.data = transaction.request.to_bytes()
        # A 2xx is repeated by the user agent, and only until its ACK (RFC 6026 §7.1).
        if transaction.data and transaction.state is not State.ACCEPTED:
            self._out.append(Outgoing(transaction.data, flow))

    # -- receiving ------------------------------------------------------------------------------------------

    def drop(self, reason: str) -> None:
        """Count a discarded message."""
        self.dropped[reason] = self.dropped.get(reason, 0) + 1

    def _receive(self, data: bytes, flow: Flow, now: float, *, stream: bool) -> None:
        try:
            message = parse_message(data, stream=stream)
            if isinstance(message, Request):
                self._receive_request(message, flow, now)
            else:
                self._receive_response(message, flow, now)
        except SipParseError as error:
            self._refuse_malformed(error, flow)

    def _refuse_malformed(self, error: SipParseError, flow: Flow) -> None:
        partial = error.partial
        if partial is None or error.status_hint is None or not partial.answerable:
            self.drop("malformed")
            return
        request = Request(partial.method, "sip:unreadable.invalid", partial.headers)
        try:
            fill_received(request, flow)
        except SipParseError:
            pass  # a Via that cannot be read is copied as it is
        self._reply_stateless(request.headers, flow, error.status_hint, warning=error.reason)

    def _reply_stateless(
        self,
        request: Headers,
        flow: Flow,
        status: int,
        reason: str | None = None,
        *,
        warning: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """Answer without a transaction (§8.2.7): the same request gets the same To tag."""
        tag = f"{crc32(str(request.get('Via')).encode('utf-8', 'surrogateescape')):08x}"
        response = response_to(request, status, reason, tag)
        if warning is not None:
            response.headers.add("Warning", f'399 {self.config.host(flow)} "{warning}"')
        for name, value in headers:
            response.headers.add(name, value)
        try:
            back = response_flow(response.top_via, flow)
        except SipParseError:
            # RFC 4475 §3.1.2.1: 400 also to who wrote a Via that cannot be read, at its source address
            back = flow
        self._out.append(Outgoing(response.to_bytes(), back))

    def _receive_response(self, response: Response, flow: Flow, now: float) -> None:
        if check_response(response) is not None:
            self.drop("invalid response")
            return
        via = response.vias[0]
        found = self._clients.get((via.branch or "", response.cseq.method))
        # §18.1.2: the sent-by must be ours
        if found is None or via.sent_by != found.sent_by:
            self.drop("stray response")
            return
        status = response.status
        event = Event.R1XX if status < 200 else Event.R2XX if status < 300 else Event.R3XX_6XX
        self._fire(found, event, now, response)

    def _receive_request(self, request: Request, flow: Flow, now: float) -> None:
        try:
            fill_received(request, flow)
        except SipParseError:
            pass  # check_request says what is wrong with it
        # an OPTIONS with Max-Forwards 0 asks this very hop (§11)
        forwarding = self.config.forwarding and request.method != "OPTIONS"
        rejection = check_request(request, forwarding=forwarding, supported=self.supported)
        if rejection is not None and self.is_let_through(request):
            rejection = check_request(request, forwarding=forwarding, let_through=True)
        if rejection is not None:
            self._reject(request, flow, rejection)
            return
        via = request.top_via
        method = request.method
        key = self._server_key(request, "INVITE" if method in ("ACK", "CANCEL") else method)
        found = self._servers.get(key)
        if method == "ACK":
            self._receive_ack(found, request, flow, now)
        elif method == "CANCEL":
            self._receive_cancel(found, request, flow, now)
        elif found is not None:
            self._fire(found, Event.REQUEST, now)
        else:
            self._receive_new(key, request, flow, response_flow(via, flow), now)

    def is_let_through(self, request: Request) -> bool:
        """Whether this INVITE is let through with extensions and bodies that we do not know."""
        let_through = self.config.let_through
        try:
            return let_through is not None and request.method == "INVITE" and let_through(request)
        except SipParseError:
            return False

    def let_spiral(self, transaction: str) -> None:
        """The request goes on to somebody else: should it come by once more, with the same Call-ID, tag and
        CSeq, that is a spiral and not the merged request of §8.2.2.2, which is a user agent server's."""
        found = self._by_id.get(transaction)
        if found is not None and found.merge_key is not None:
            if self._merged.get(found.merge_key) is found:
                del self._merged[found.merge_key]
            found.merge_key = None

    def _server_key(self, request: Request, method: str) -> Key:
        """What a retransmission has in common with its request (§17.2.3)."""
        via = request.top_via
        branch = via.branch
        if branch is not None and branch.startswith(MAGIC_COOKIE) and len(branch) > len(MAGIC_COOKIE):
            return branch, via.host, via.port, method
        # RFC 2543 peers: no cookie, so everything else has to agree
        uri, from_tag, number = request.request_uri_text, request.from_.tag, request.cseq.number
        return uri, from_tag, request.call_id, number, str(via), method

    def _receive_ack(self, found: Transaction | None, request: Request, flow: Flow, now: float) -> None:
        if found is None:
            self._events.append(AckReceived(request, flow, None))
        else:
            self._fire(found, Event.ACK, now, request)

    def _receive_cancel(self, found: Transaction | None, request: Request, flow: Flow, now: float) -> None:
        """§9.2: the CANCEL is a transaction of its own, which this layer answers whole."""
        key = self._server_key(request, "CANCEL")
        repeated = self._servers.get(key)
        if repeated is not None:
            self._fire(repeated, Event.REQUEST, now)
            return
        if found is None and len(self._by_id) >= 2 * self.config.max_transactions:
            self.drop("too many transactions")
            return
        own = self._start_server(
            NON_INVITE_SERVER_MACHINE, key, request, response_flow(request.top_via, flow), now
        )
        if found is None:
            self.respond(own.id, request.create_response(481, to_tag=own.to_tag), now)
            return
        self.respond(own.id, request.create_response(200, to_tag=found.to_tag), now)
        if found.state is State.PROCEEDING:
            self._events.append(CancelReceived(found.id, request, found.context))

    def _receive_new(self, key: Key, request: Request, flow: Flow, back: Flow, now: float) -> None:
        in_dialog = request.to.tag is not None
        limit = self.config.max_transactions
        overloaded = not in_dialog and self.config.overloaded is not None and self.config.overloaded()
        if overloaded or len(self._by_id) >= limit:
            exempt = in_dialog or (self.config.never_refuse is not None and self.config.never_refuse(request))
            never_refused = exempt and not in_dialog
            if len(self._by_id) >= (4 if never_refused else 2) * limit:
                self.drop("too many transactions")
                return
            if not exempt:
                self.refused += 1
                retry = (("Retry-After", str(self.config.retry_after_s)),)
                self._reply_stateless(request.headers, flow, 503, headers=retry)
                return
        merge_key: Key | None = None
        if not in_dialog:
            merge_key = (request.from_.tag, request.call_id, request.cseq.number, request.method)
            if merge_key in self._merged:
                # §8.2.2.2: the same request over another path
                self._reply_stateless(request.headers, flow, 482)
                return
        invite = request.method == "INVITE"
        machine = INVITE_SERVER_MACHINE if invite else NON_INVITE_SERVER_MACHINE
        transaction = self._start_server(machine, key, request, back, now)
        if merge_key is not None:
            transaction.merge_key = merge_key
            self._merged[merge_key] = transaction
        if invite:
            self.respond(transaction.id, request.create_response(100), now)
        self._events.append(RequestReceived(transaction.id, request, flow))

    def _reject(self, request: Request, flow: Flow, rejection: Rejection) -> None:
        """Answer a request that breaks the rules, without a transaction; an ACK is only dropped."""
        if request.method == "ACK":
            self.drop("invalid ACK")
            return
        self._reply_stateless(
            request.headers,
            flow,
            rejection.status,
            rejection.reason,
            warning=rejection.warning,
            headers=rejection.headers,
        )
