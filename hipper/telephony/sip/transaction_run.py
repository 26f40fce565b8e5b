"""Transactions at work: the actions of the tables in :mod:`hipper.telephony.sip.transactions`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import cast

from hipper.telephony.sip.endpoint_types import (
    LARGE_DATAGRAM,
    AckReceived,
    EndpointConfig,
    EndpointEvent,
    ResponseReceived,
    TransactionFailed,
)
from hipper.telephony.sip.errors import LocalProtocolError
from hipper.telephony.sip.flow import Flow, Outgoing
from hipper.telephony.sip.ids import IdSource
from hipper.telephony.sip.message import Request, Response
from hipper.telephony.sip.routing import make_follow_up, replace_top_via, response_flow
from hipper.telephony.sip.timers import Timer, TimerHeap
from hipper.telephony.sip.transactions import (
    INVITE_CLIENT_MACHINE,
    NON_INVITE_CLIENT_MACHINE,
    Action,
    Event,
    Machine,
    State,
)

Key = tuple[object, ...]
"""What a retransmission or a response has in common with its transaction."""


class Transaction:
    """One of the four machines with its data. ``data`` is what was sent last."""

    __slots__ = (
        "cancel_reason", "cancel_waits", "context", "data", "fallback", "flow", "id", "interval",
        "is_client", "key", "machine", "merge_key", "request", "running", "sent_by", "state", "to_tag",
    )  # fmt: skip

    def __init__(self, id_: str, machine: Machine, request: Request, flow: Flow, key: Key) -> None:
        self.id = id_
        self.machine = machine
        self.state = machine.first
        self.request = request
        self.flow = flow
        self.key = key
        self.is_client = machine is INVITE_CLIENT_MACHINE or machine is NON_INVITE_CLIENT_MACHINE
        self.data = b""
        self.interval = 0.0
        self.context: object = None
        self.to_tag = ""
        self.sent_by: tuple[str, int | None] = ("", None)
        self.merge_key: Key | None = None
        self.fallback: Flow | None = None
        self.cancel_reason: str | None = None
        self.cancel_waits = False
        self.running: list[str] = []


_Message = Request | Response | None
_Do = Callable[[Transaction, float, _Message], None]


class TransactionRunner:
    """The transactions alive, and what the rows of the tables make them do."""

    def __init__(self, config: EndpointConfig, ids: IdSource, timers: TimerHeap) -> None:
        self.config = config
        self.timers = timers
        self._ids = ids
        self._count = 0
        self._by_id: dict[str, Transaction] = {}
        self._clients: dict[tuple[str, str], Transaction] = {}
        self._servers: dict[Key, Transaction] = {}
        self._merged: dict[Key, Transaction] = {}
        self._events: deque[EndpointEvent] = deque()
        self._out: list[Outgoing] = []
        self._do = self._actions()

    def _make_via(self, flow: Flow, branch: str) -> str:
        host, port = self.config.address(flow)
        host = f"[{host}]" if ":" in host else host
        return f"SIP/2.0/{flow.transport.upper()} {host}:{port};branch={branch};rport"

    def _start_client(
        self, machine: Machine, request: Request, flow: Flow, now: float, branch: str, context: object
    ) -> Transaction:
        request.headers.prepend("Via", self._make_via(flow, branch))
        data = request.to_bytes()
        fallback: Flow | None = None
        if len(data) > LARGE_DATAGRAM and flow.transport == "udp" and self.config.flow_for_large is not None:
            stream = self.config.flow_for_large(flow)
            if stream is not None:
                flow, fallback = stream, flow
                replace_top_via(request, self._make_via(flow, branch))
                data = request.to_bytes()
        self._count += 1
        key = (branch, request.method)
        transaction = Transaction(f"c{self._count}", machine, request, flow, key)
        transaction.data = data
        transaction.context = context
        transaction.fallback = fallback
        transaction.sent_by = self.config.address(flow)
        self._by_id[transaction.id] = transaction
        self._clients[key] = transaction
        self._run(transaction, machine.start, now, None)
        return transaction

    def _start_server(
        self, machine: Machine, key: Key, request: Request, flow: Flow, now: float
    ) -> Transaction:
        self._count += 1
        transaction = Transaction(f"s{self._count}", machine, request, flow, key)
        transaction.to_tag = request.to.tag or self._ids.tag()
        if flow.is_stream:
            # §18.2.2: when the connection is gone, a new one to the address in Via
            transaction.fallback = response_flow(request.top_via, flow._replace(connection=0), reconnect=True)
        self._by_id[transaction.id] = transaction
        self._servers[key] = transaction
        self._run(transaction, machine.start, now, None)
        return transaction

    def _fire(
        self, transaction: Transaction, event: Event, now: float, message: Request | Response | None = None
    ) -> None:
        row = transaction.machine.table[transaction.state][event]
        transaction.state = row.state
        self._run(transaction, row.actions, now, message)
        if row.state is State.TERMINATED:
            self._forget(transaction)

    def _run(
        self,
        transaction: Transaction,
        actions: tuple[Action, ...],
        now: float,
        message: Request | Response | None,
    ) -> None:
        for action in actions:
            self._do[action](transaction, now, message)

    def _forget(self, transaction: Transaction) -> None:
        if self._by_id.pop(transaction.id, None) is None:
            return
        if transaction.is_client:
            self._clients.pop(cast("tuple[str, str]", transaction.key), None)
        else:
            self._servers.pop(transaction.key, None)
            if transaction.merge_key is not None:
                self._merged.pop(transaction.merge_key, None)
        for name in transaction.running:
            self.timers.stop(transaction, name)

    # -- actions --------------------------------------------------------------------------------------------

    def _actions(self) -> dict[Action, _Do]:
        t1, t2, t4 = self.config.t1, self.config.t2, self.config.t4
        return {
            Action.SEND_REQUEST: self._send,
            Action.SEND_RESPONSE: self._send,
            Action.SEND_ACK: self._send_ack,
            Action.SEND_CANCEL: self._send_cancel,
            Action.REMEMBER_CANCEL: self._remember_cancel,
            Action.SEND_WAITING_CANCEL: self._send_waiting_cancel,
            Action.DELIVER: self._deliver,
            Action.TELL_TIMEOUT: self._tell_timeout,
            Action.TELL_TRANSPORT_ERROR: self._tell_transport_error,
            Action.REFUSE: self._refuse,
            Action.START_A: self._retransmitter(Timer.A, t1),
            Action.START_E: self._retransmitter(Timer.E, t1),
            Action.START_G: self._retransmitter(Timer.G, t1),
            Action.BACK_OFF_A: self._back_off(Timer.A, None),
            Action.BACK_OFF_E: self._back_off(Timer.E, t2),
            Action.BACK_OFF_G: self._back_off(Timer.G, t2),
            Action.SLOW_E: self._retransmitter(Timer.E, t2),
            Action.START_B: self._starter(Timer.B, 64 * t1),
            Action.START_C: self._starter(Timer.C, self.config.timer_c_s),
            Action.START_CANCEL: self._starter(Timer.CANCEL, 64 * t1),
            Action.START_F: self._starter(Timer.F, 64 * t1),
            Action.START_H: self._starter(Timer.H, 64 * t1),
            Action.START_L: self._starter(Timer.L, 64 * t1),
            Action.START_M: self._starter(Timer.M, 64 * t1),
            Action.START_ANSWER: self._starter(Timer.ANSWER, 64 * t1),
            Action.START_D: self._lingerer(Timer.D, Event.TIMER_D, 64 * t1),
            Action.START_I: self._lingerer(Timer.I, Event.TIMER_I, t4),
            Action.START_J: self._lingerer(Timer.J, Event.TIMER_J, 64 * t1),
            Action.START_K: self._lingerer(Timer.K, Event.TIMER_K, t4),
            Action.STOP_A: self._stopper(Timer.A),
            Action.STOP_B: self._stopper(Timer.B),
            Action.STOP_C: self._stopper(Timer.C),
            Action.STOP_E: self._stopper(Timer.E),
            Action.STOP_F: self._stopper(Timer.F),
            Action.STOP_G: self._stopper(Timer.G),
            Action.STOP_H: self._stopper(Timer.H),
            Action.STOP_ANSWER: self._stopper(Timer.ANSWER),
        }

    def _start_timer(self, transaction: Transaction, timer: Timer, at: float) -> None:
        self.timers.start(transaction, timer, at)
        if timer not in transaction.running:
            transaction.running.append(timer)

    def _starter(self, timer: Timer, after: float) -> _Do:
        def start(transaction: Transaction, now: float, message: _Message) -> None:
            self._start_timer(transaction, timer, now + after)

        return start

    def _stopper(self, timer: Timer) -> _Do:
        def stop(transaction: Transaction, now: float, message: _Message) -> None:
            self.timers.stop(transaction, timer)

        return stop

    def _retransmitter(self, timer: Timer, after: float) -> _Do:
        """Retransmit on unreliable transports only (§17.1.1.2)."""

        def start(transaction: Transaction, now: float, message: _Message) -> None:
            if transaction.flow.transport == "udp":
                transaction.interval = after
                self._start_timer(transaction, timer, now + after)

        return start

    def _back_off(self, timer: Timer, limit: float | None) -> _Do:
        def again(transaction: Transaction, now: float, message: _Message) -> None:
            doubled = 2 * transaction.interval
            transaction.interval = doubled if limit is None else min(doubled, limit)
            self._start_timer(transaction, timer, now + transaction.interval)

        return again

    def _lingerer(self, timer: Timer, event: Event, after: float) -> _Do:
        """Absorb retransmissions for a while; a reliable transport has none, so there it ends at once."""

        def linger(transaction: Transaction, now: float, message: _Message) -> None:
            if transaction.flow.transport == "udp":
                self._start_timer(transaction, timer, now + after)
            else:
                self._fire(transaction, event, now)

        return linger

    def _send(self, transaction: Transaction, now: float, message: _Message) -> None:
        if transaction.data:
            self._out.append(Outgoing(transaction.data, transaction.flow))

    def _send_ack(self, transaction: Transaction, now: float, message: _Message) -> None:
        """§17.1.1.3: the ACK of a failure belongs to the transaction and goes where the INVITE went."""
        response = cast(Response, message)
        ack = make_follow_up(transaction.request, "ACK", to=response.headers.get("To"))
        transaction.data = ack.to_bytes()
        self._out.append(Outgoing(transaction.data, transaction.flow))

    def _remember_cancel(self, transaction: Transaction, now: float, message: _Message) -> None:
        transaction.cancel_waits = True

    def _send_waiting_cancel(self, transaction: Transaction, now: float, message: _Message) -> None:
        if transaction.cancel_waits:
            self._fire(transaction, Event.TU_CANCEL, now)

    def _send_cancel(self, transaction: Transaction, now: float, message: _Message) -> None:
        """§9.1: same Via, so that it meets its INVITE; a transaction of its own."""
        branch = cast(str, transaction.key[0])
        if (branch, "CANCEL") in self._clients:
            return
        cancel = make_follow_up(transaction.request, "CANCEL", to=None)
        if transaction.cancel_reason is not None:
            cancel.headers.add("Reason", transaction.cancel_reason)
        cancel.headers.remove("Via")
        self._start_client(NON_INVITE_CLIENT_MACHINE, cancel, transaction.flow, now, branch, None)

    def _deliver(self, transaction: Transaction, now: float, message: _Message) -> None:
        context = transaction.context
        if isinstance(message, Response):
            self._events.append(ResponseReceived(transaction.id, message, context, transaction.flow))
        elif message is not None:
            self._events.append(AckReceived(message, transaction.flow, context))

    def _tell_timeout(self, transaction: Transaction, now: float, message: _Message) -> None:
        self._tell_failure(transaction, transport=False)

    def _tell_transport_error(self, transaction: Transaction, now: float, message: _Message) -> None:
        self._tell_failure(transaction, transport=True)

    def _tell_failure(self, transaction: Transaction, *, transport: bool) -> None:
        self._events.append(
            TransactionFailed(transaction.id, transaction.is_client, transport, transaction.context)
        )

    def _refuse(self, transaction: Transaction, now: float, message: _Message) -> None:
        raise LocalProtocolError(f"not possible in state {transaction.state}")
