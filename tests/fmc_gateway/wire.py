"""A user agent without sockets: what it sends is read here, and answered."""

from __future__ import annotations

from typing import Any

from fmc_gateway.dns.hop import Hop, Server, Way, hop_of
from fmc_gateway.dns.records import Question, RecordSet, Srv
from fmc_gateway.resolver import Resolver
from hipper.telephony.sip.events import RequestFailed
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.ids import CountingIds
from hipper.telephony.sip.message import Request, parse_message
from hipper.telephony.sip.uri import SipUri
from hipper.telephony.sip.useragent import UserAgent, UserAgentConfig

A, B = (Server("udp", "pstn", f"192.0.2.{n}", 5060) for n in (1, 2))
HOP = hop_of(SipUri.parse("sip:carrier.example"), (Way("udp", "pstn", 4),))
LOCAL = ("198.51.100.1", 5062)


class TwoServers:
    """DNS of a carrier with servers A and B, in this order."""

    async def ask(self, question: Question) -> RecordSet:
        if question.kind != "SRV":
            return RecordSet((), 600.0)
        return RecordSet((Srv(1, 0, 5060, A.address), Srv(2, 0, 5060, B.address)), 600.0)


class Wire:
    """``agent`` as the gateway's; ``workers`` get its events, as from ``Trunks``."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.ids = CountingIds("g")
        self.agent = UserAgent(UserAgentConfig(session_expires_s=None), self.ids)
        self.resolver = Resolver((HOP,), {"pstn": 4}, TwoServers(), now=lambda: self.now, chance=lambda: 0.5)
        self.workers: list[Any] = []
        self._flows: dict[str, Flow] = {}

    def flow(self, server: Server) -> Flow:
        return Flow(server.transport, server.listener, LOCAL, (server.address, server.port))

    def contact(self, server: Server, user: str) -> SipUri:
        return SipUri(host=LOCAL[0], port=LOCAL[1], user=user or None)

    def sent(self) -> list[tuple[str, Request]]:
        """What left since the last time: to which address, and the request. No retransmissions."""
        found = []
        for data, flow in self.agent.messages_to_send():
            message = parse_message(data, stream=False)
            assert isinstance(message, Request)
            if message.top_via.branch not in self._flows:
                found.append((flow.remote[0], message))
            self._flows[message.top_via.branch or ""] = flow
        return found

    def one(self) -> tuple[str, Request]:
        found = self.sent()
        assert len(found) == 1, found
        return found[0]

    def answer(self, request: Request, status: int, *headers: tuple[str, str]) -> None:
        response = request.create_response(status, to_tag="carrier")
        for name, value in headers:
            response.headers.add(name, value)
        flow = self._flows[request.top_via.branch or ""]
        self.agent.receive_datagram(response.to_bytes(), flow, self.now)
        self._tell()

    def passes(self, seconds: float) -> None:
        """Time goes by; timers fire on the way, first those of the user agent."""
        end = self.now + seconds
        while True:
            timers = [self.agent.next_timer(), *(worker.next_timer() for worker in self.workers)]
            due = min((at for at in timers if at is not None and at <= end), default=None)
            if due is None:
                break
            self.now = max(self.now, due)
            self.agent.handle_timer(self.now)
            self._tell()
            for worker in self.workers:
                worker.handle_timer(self.now)
        self.now = end

    def unreachable(self, server: Server) -> None:
        """ICMP says that nobody is there."""
        self.agent.transport_failed(self.flow(server), self.now)
        self._tell()

    def _tell(self) -> None:
        while (event := self.agent.next_event()) is not None:
            taken = any(worker.handle_event(event, self.now) for worker in self.workers)
            # an OPTIONS that was given up is told as failed when its transaction ends
            assert taken or isinstance(event, RequestFailed), event


__all__ = ["HOP", "A", "B", "Hop", "Wire"]
