"""A kit to test user agents against each other in memory: virtual clock, seeded network, ladder recorder.

::

    net = Network()
    alice, bob = net.add("alice"), net.add("bob")
    call = alice.invite(bob)
    net.run()
    print(net.ladder())
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hipper.telephony.sip.digest import DigestClient
from hipper.telephony.sip.flow import Flow, Transport
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.ids import CountingIds
from hipper.telephony.sip.message import Request, Response, parse_message
from hipper.telephony.sip.uri import SipUri
from hipper.telephony.sip.useragent import UserAgent, UserAgentConfig

OFFER = "v=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"
ANSWER = "v=0\r\no=b 7 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\n"

E = TypeVar("E")


def hold(sdp: str, version: int = 2) -> str:
    """The same session on hold, with a new session version."""
    lines = sdp.split("\r\n")
    lines[1] = " ".join([*lines[1].split(" ")[:2], str(version), *lines[1].split(" ")[3:]])
    return "\r\n".join([*lines[:-1], "a=sendonly", ""])


@dataclass
class Wire:
    """How the network treats datagrams; probabilities 0…1, delays in seconds. Streams are never harmed."""

    loss: float = 0.0
    duplication: float = 0.0
    delay_s: float = 0.01
    jitter_s: float = 0.0


@dataclass
class Message:
    """One message on the wire, for ladders and assertions."""

    at: float
    source: str
    target: str
    data: bytes
    lost: bool = False

    @property
    def parsed(self) -> Request | Response:
        return parse_message(self.data)

    @property
    def title(self) -> str:
        """``INVITE``, or ``180 INVITE`` for a response."""
        first = self.data.split(b"\r\n", 1)[0].decode().split(" ")
        if first[0] != "SIP/2.0":
            return first[0]
        return f"{first[1]} {self.parsed.cseq.method}"


class Agent:
    """A user agent at an address of the network, with what it was told."""

    def __init__(
        self, net: Network, name: str, config: UserAgentConfig, port: int, transport: Transport
    ) -> None:
        self.net = net
        self.name = name
        self.address = ("192.0.2.1", port)
        self.transport: Transport = transport
        self.ua = UserAgent(config, CountingIds(name))
        self.events: list[Any] = []
        self.on_event: Callable[[Any], None] | None = None

    def flow_to(self, peer: Agent | tuple[str, int]) -> Flow:
        remote = peer.address if isinstance(peer, Agent) else peer
        connection = 0 if self.transport == "udp" else self.net.connection(self.address, remote)
        return Flow(self.transport, "test", self.address, remote, connection)

    @property
    def uri(self) -> SipUri:
        return SipUri(user=self.name, host=self.address[0], port=self.address[1])

    def invite(self, peer: Agent, sdp: str | None = OFFER, **more: Any) -> str:
        """Call a peer; the arguments of UserAgent.invite may be overridden."""
        arguments: dict[str, Any] = {
            "uri": peer.uri,
            "flow": self.flow_to(peer),
            "from_": NameAddr(self.uri),
            "to": NameAddr(peer.uri),
            "now": self.net.now,
            "sdp": sdp,
        }
        return self.ua.invite(**{**arguments, **more})

    def request(self, method: str, peer: Agent, auth: DigestClient | None = None, **more: Any) -> str:
        return self.ua.request(
            method=method, uri=peer.uri, flow=self.flow_to(peer), from_=NameAddr(self.uri),
            to=NameAddr(peer.uri), now=self.net.now, auth=auth, **more,
        )  # fmt: skip

    def told(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def last(self, kind: type[E]) -> E:
        """The latest event of a kind."""
        found = self.told(kind)
        assert found, f"{self.name} was never told {kind.__name__}: {[type(x).__name__ for x in self.events]}"
        return found[-1]


@dataclass
class Network:
    """Agents, a clock and the messages between them."""

    seed: int = 1
    wire: Wire = field(default_factory=Wire)
    now: float = 0.0

    def __post_init__(self) -> None:
        self.agents: dict[tuple[str, int], Agent] = {}
        self.sent: list[Message] = []
        self.random = random.Random(self.seed)
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._connections: dict[frozenset[tuple[str, int]], int] = {}
        self.lose: Callable[[Message], bool] = lambda message: False
        """Loses chosen datagrams: ``net.lose = lambda m: m.title == "ACK"``."""

    def add(self, name: str, config: UserAgentConfig | None = None, transport: Transport = "udp") -> Agent:
        agent = Agent(self, name, config or UserAgentConfig(), 5060 + 2 * len(self.agents), transport)
        self.agents[agent.address] = agent
        return agent

    def connection(self, one: tuple[str, int], other: tuple[str, int]) -> int:
        return self._connections.setdefault(frozenset((one, other)), len(self._connections) + 1)

    def at(self, when: float, action: Callable[[], None]) -> None:
        """Do something at a time."""
        self._count += 1
        heapq.heappush(self._queue, (when, self._count, action))

    def pump(self) -> None:
        """Move what the agents have to say onto the wire and into their event lists."""
        moved = True
        while moved:
            moved = False
            for agent in list(self.agents.values()):
                while (event := agent.ua.next_event()) is not None:
                    agent.events.append(event)
                    moved = True
                    if agent.on_event is not None:
                        agent.on_event(event)
                for data, flow in agent.ua.messages_to_send():
                    moved = True
                    self._send(agent, data, flow)

    def _send(self, agent: Agent, data: bytes, flow: Flow) -> None:
        target = self.agents.get(flow.remote)
        message = Message(self.now, agent.name, target.name if target else str(flow.remote), data)
        stream = flow.is_stream
        chance = self.random.random
        message.lost = target is None or (not stream and (chance() < self.wire.loss or self.lose(message)))
        self.sent.append(message)
        if target is None or message.lost:
            return
        copies = 1 + (not stream and chance() < self.wire.duplication)
        back = Flow(flow.transport, "test", target.address, agent.address, flow.connection)
        for _ in range(copies):
            delay = self.wire.delay_s + (0 if stream else chance() * self.wire.jitter_s)
            self.at(self.now + delay, lambda: self._arrive(target, data, back))

    def _arrive(self, target: Agent, data: bytes, flow: Flow) -> None:
        if flow.is_stream:
            target.ua.receive_message(data, flow, self.now)
        else:
            target.ua.receive_datagram(data, flow, self.now)

    def inject(self, target: Agent, data: bytes, source: tuple[str, int] = ("192.0.2.99", 5060)) -> None:
        """Hand an agent a datagram from anywhere."""
        target.ua.receive_datagram(data, Flow("udp", "test", target.address, source), self.now)
        self.pump()

    def _next(self) -> float | None:
        times = [agent.ua.next_timer() for agent in self.agents.values()]
        times.append(self._queue[0][0] if self._queue else None)
        return min((time for time in times if time is not None), default=None)

    def run(self, seconds: float = 1.0, steps: int = 200_000) -> None:
        """Let time pass."""
        end = self.now + seconds
        self.pump()
        while (due := self._next()) is not None and due <= end:
            self.now = max(self.now, due)
            while self._queue and self._queue[0][0] <= self.now:
                heapq.heappop(self._queue)[2]()
                self.pump()
            for agent in self.agents.values():
                time = agent.ua.next_timer()
                if time is not None and time <= self.now:
                    agent.ua.handle_timer(self.now)
            self.pump()
            steps -= 1
            assert steps, "the network never comes to rest"
        self.now = end

    def titles(self, source: Agent | None = None) -> list[str]:
        """What was sent, in order: ``["INVITE", "100 INVITE", …]``."""
        return [message.title for message in self.sent if source is None or message.source == source.name]

    def ladder(self) -> str:
        """The messages as lines of a ladder."""
        return "\n".join(
            f"{message.at:8.3f}  {message.source:>8} {'-x' if message.lost else '->'} {message.target:<8}"
            f" {message.title}"
            for message in self.sent
        )


def establish(net: Network, caller: Agent, callee: Agent, **more: Any) -> tuple[str, str]:
    """Set up a call; returns the sessions of both sides."""
    from hipper.telephony.sip.events import Answered, Confirmed, Invited

    call = caller.invite(callee, **more)
    net.run(0.2)
    incoming = callee.last(Invited).session
    callee.ua.ring(incoming, net.now)
    net.run(0.2)
    callee.ua.answer(incoming, net.now, ANSWER)
    net.run(0.2)
    assert caller.last(Answered).session == call
    assert callee.last(Confirmed).session == incoming
    return call, incoming


def raw(lines: Sequence[str] | str, body: str = "") -> bytes:
    """A message from readable lines; Content-Length is added."""
    head = lines.strip().split("\n") if isinstance(lines, str) else list(lines)
    head = [line.strip() for line in head]
    return ("\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]) + body).encode()
