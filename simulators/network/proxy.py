"""A transaction-stateful proxy that forks (RFC 3261 §16), over the transaction layer, without I/O.

It hides the Via of the sender from the next hop and puts it back into the responses, as border elements do;
Call-ID, tags, CSeq and Contact stay, so dialogs run end to end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hipper.telephony.sip.endpoint import (
    CancelReceived,
    EndpointConfig,
    ResponseReceived,
    SipEndpoint,
    TransactionFailed,
)
from hipper.telephony.sip.errors import LocalProtocolError
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.ids import IdSource
from hipper.telephony.sip.message import Headers, Request, Response
from hipper.telephony.sip.validate import SUPPORTED_TAGS

NOT_OURS_TO_REFUSE = frozenset({"199", "gruu", "precondition", "resource-priority", "sec-agree"})
"""Option tags in Require concern the user agents, not a proxy (§16.3)."""


class ProxyCore:
    """The verbs of ``endpoint``, the transactions of a proxy. A request that spirals comes again with the
    same Call-ID, tag and CSeq: only a user agent server calls that merged (§8.2.2.2), so what the
    transaction layer remembers for it is forgotten."""

    def __init__(self, ids: IdSource) -> None:
        self.endpoint = SipEndpoint(EndpointConfig(forwarding=True), ids)
        self.endpoint.supported = SUPPORTED_TAGS | NOT_OURS_TO_REFUSE
        self.next_event = self.endpoint.next_event
        self.messages_to_send = self.endpoint.messages_to_send
        self.next_timer = self.endpoint.next_timer
        self.handle_timer = self.endpoint.handle_timer
        self.transport_failed = self.endpoint.transport_failed

    def receive_datagram(self, data: bytes, flow: Flow, now: float) -> None:
        self.endpoint._merged.clear()
        self.endpoint.receive_datagram(data, flow, now)

    def receive_message(self, data: bytes, flow: Flow, now: float) -> None:
        self.endpoint._merged.clear()
        self.endpoint.receive_message(data, flow, now)


class Target(NamedTuple):
    """One branch: the request as it leaves, without Via, and where to."""

    request: Request
    flow: Flow


@dataclass(eq=False)
class Forward:
    """A request on its way. ``answered``: told the status, the response and when, as it goes back."""

    transaction: str
    request: Request
    answered: Callable[[Response], None]
    branches: set[str] = field(default_factory=set)
    refusals: list[Response] = field(default_factory=list)
    done: bool = False


class Proxy:
    """Forwards requests and brings their responses back."""

    def __init__(self, endpoint: SipEndpoint) -> None:
        self.endpoint = endpoint
        self._open: dict[str, Forward] = {}

    def forward(
        self,
        transaction: str,
        request: Request,
        targets: Sequence[Target],
        now: float,
        answered: Callable[[Response], None],
    ) -> None:
        """Send ``request``, which came with ``transaction``, to every target at once."""
        forward = Forward(transaction, request, answered)
        self._open[transaction] = forward
        for target in targets:
            forward.branches.add(self.endpoint.send_request(target.request, target.flow, now, forward))

    def on_event(self, event: Any, now: float) -> bool:
        """Take what belongs to a forwarded request; False for anything else."""
        match event:
            case ResponseReceived(context=Forward() as forward):
                self._on_response(forward, event.transaction, event.response, now)
            case TransactionFailed(context=Forward() as forward, is_client=True):
                tag = self.endpoint.to_tag(forward.transaction)
                failure = forward.request.create_response(503 if event.transport else 408, to_tag=tag)
                self._on_response(forward, event.transaction, failure, now)
            case CancelReceived():
                self._on_cancel(event, now)
            case TransactionFailed():
                pass
            case _:
                return False
        return True

    def _on_cancel(self, event: CancelReceived, now: float) -> None:
        forward = self._open.get(event.transaction)
        if forward is None:
            return
        self._cancel(forward, now, ", ".join(event.request.headers.get_all("Reason")) or None)

    def _cancel(self, forward: Forward, now: float, reason: str | None) -> None:
        for branch in list(forward.branches):
            self.endpoint.cancel(branch, now, reason)

    def _on_response(self, forward: Forward, branch: str, response: Response, now: float) -> None:
        status = response.status
        if status == 100:
            return
        if status < 200:
            if not forward.done:
                self._send_back(forward, response, now)
            return
        forward.branches.discard(branch)
        if status < 300:
            forward.done = True
            self._send_back(forward, response, now)
            self._cancel(forward, now, 'SIP;cause=200;text="Call completed elsewhere"')
            return
        forward.refusals.append(response)
        if status >= 600:
            self._cancel(forward, now, None)
        if not forward.branches and not forward.done:
            forward.done = True
            self._send_back(forward, best_of(forward.refusals), now)

    def _send_back(self, forward: Forward, response: Response, now: float) -> None:
        vias = [("Via", value) for value in forward.request.headers.get_all("Via")]
        others = [(name, value) for name, value in response.headers if name != "Via"]
        back = Response(response.status, response.reason, Headers(vias + others), response.body)
        if back.status >= 200:
            self._open.pop(forward.transaction, None)
        try:
            self.endpoint.respond(forward.transaction, back, now)
        except LocalProtocolError:
            return  # a final answer has gone back already, and this is another one
        forward.answered(back)


def best_of(refusals: Sequence[Response]) -> Response:
    """§16.7 step 6: a 6xx decides, else the lowest class, else who came first."""
    decisive = [response for response in refusals if response.status >= 600]
    return decisive[0] if decisive else min(refusals, key=lambda response: response.status // 100)


def onward(request: Request) -> Request:
    """A copy to send on: one hop fewer, nobody's Via."""
    copy = request.copy()
    copy.headers.remove("Via")
    hops = request.max_forwards
    copy.headers.set("Max-Forwards", str(max(0, (70 if hops is None else hops) - 1)))
    return copy
