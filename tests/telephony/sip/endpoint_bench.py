"""An endpoint on raw messages, with a clock."""

from __future__ import annotations

from typing import Any, TypeVar

from hipper.telephony.sip.endpoint import (
    EndpointConfig,
    RequestReceived,
    SipEndpoint,
)
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.ids import CountingIds
from hipper.telephony.sip.message import Headers, Request, Response, parse_message
from tests.telephony.sip.siptest import raw

UDP = Flow("udp", "test", ("192.0.2.1", 5060), ("192.0.2.2", 5060))
TCP = Flow("tcp", "test", ("192.0.2.1", 5060), ("192.0.2.2", 40000), 3)
E = TypeVar("E")


class Bench:
    """An endpoint with a clock; ``sent`` and ``events`` grow."""

    def __init__(self, **config: Any) -> None:
        self.endpoint = SipEndpoint(EndpointConfig(**config), CountingIds("x"))
        self.now = 0.0
        self.sent: list[Request | Response] = []
        self.raw_sent: list[tuple[float, bytes, Flow]] = []
        self.events: list[Any] = []

    def pump(self) -> None:
        while (event := self.endpoint.next_event()) is not None:
            self.events.append(event)
        for data, flow in self.endpoint.messages_to_send():
            self.raw_sent.append((self.now, data, flow))
            self.sent.append(parse_message(data))

    def receive(self, data: bytes, flow: Flow = UDP) -> None:
        if flow.is_stream:
            self.endpoint.receive_message(data, flow, self.now)
        else:
            self.endpoint.receive_datagram(data, flow, self.now)
        self.pump()

    def run(self, until: float) -> None:
        while (due := self.endpoint.next_timer()) is not None and due <= until:
            self.now = due
            self.endpoint.handle_timer(due)
            self.pump()
        self.now = until

    def respond(self, status: int, transaction: str | None = None, **more: Any) -> None:
        received = self.only(RequestReceived)
        id_ = transaction or received.transaction
        response = received.request.create_response(status, to_tag=self.endpoint.to_tag(id_), **more)
        self.endpoint.respond(id_, response, self.now)
        self.pump()

    def only(self, kind: type[E]) -> E:
        found = [event for event in self.events if isinstance(event, kind)]
        assert len(found) == 1, self.events
        return found[0]

    @property
    def titles(self) -> list[str]:
        return [
            message.method if isinstance(message, Request) else f"{message.status} {message.cseq.method}"
            for message in self.sent
        ]

    def times(self, title: str) -> list[float]:
        return [at for (at, _, _), name in zip(self.raw_sent, self.titles, strict=True) if name == title]


def request(
    method: str = "INVITE", branch: str = "z9hG4bK-1", *, via: str = "192.0.2.2:5060", to_tag: str = "",
    call_id: str = "c1", number: int = 1, more: tuple[str, ...] = (), uri: str = "sip:bob@192.0.2.1",
) -> bytes:  # fmt: skip
    branch = f";branch={branch}" if branch else ""
    lines = [
        f"{method} {uri} SIP/2.0",
        f"Via: SIP/2.0/UDP {via}{branch}",
        "Max-Forwards: 70",
        "From: <sip:alice@example.com>;tag=a",
        "To: <sip:bob@example.com>" + (f";tag={to_tag}" if to_tag else ""),
        f"Call-ID: {call_id}",
        f"CSeq: {number} {method}",
        "Contact: <sip:alice@192.0.2.2>",
        *more,
    ]
    return raw(lines)


def outgoing(method: str = "INVITE", size: int = 0) -> Request:
    items = [
        ("Max-Forwards", "70"),
        ("From", "<sip:us@192.0.2.1>;tag=u"),
        ("To", "<sip:peer@192.0.2.2>"),
        ("Call-ID", "out-1"),
        ("CSeq", f"3 {method}"),
        ("Route", "<sip:proxy.example.com;lr>"),
        ("Contact", "<sip:us@192.0.2.1>"),
    ]
    if size:
        items.append(("X-Padding", "x" * size))
    return Request(method, "sip:peer@192.0.2.2", Headers(items))


def answer_to(sent: Request | Response, status: int, tag: str = "p") -> bytes:
    assert isinstance(sent, Request)
    return sent.create_response(status, to_tag=tag).to_bytes()
