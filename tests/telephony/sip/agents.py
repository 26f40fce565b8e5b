"""Alice and Bob, for the ladders of user agents."""

from __future__ import annotations

from hipper.telephony.sip.events import (
    Reoffered,
)
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.useragent import UserAgentConfig
from tests.telephony.sip.siptest import ANSWER, OFFER, Agent, Message, Network, hold, raw

ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'


def pair(**config: object) -> tuple[Network, Agent, Agent]:
    net = Network()
    settings = UserAgentConfig(**config)  # type: ignore[arg-type]
    return net, net.add("alice", settings), net.add("bob", settings)


def rest(net: Network) -> None:
    """All timers run out, and nothing is left."""
    net.run(3000)
    for agent in net.agents.values():
        assert agent.ua.at_rest, (agent.name, net.ladder())


def once(title: str, source: str | None = None) -> object:
    """Loses the first message of this title."""
    seen: list[Message] = []

    def lose(message: Message) -> bool:
        if message.title != title or source not in (None, message.source) or seen:
            return False
        seen.append(message)
        return True

    return lose


def answer_if_offered(agent: Agent, event: object) -> None:
    if isinstance(event, Reoffered):
        agent.ua.answer_reoffer(event.session, agent.net.now, hold(ANSWER, 20 + len(agent.events)))


def reinvite(ack: object, number: int, method: str = "INVITE") -> bytes:
    """A request within the dialog of an ACK, from the caller."""
    assert isinstance(ack, Request)
    sdp = hold(OFFER, number) if method == "INVITE" else ""
    lines = [
        f"{method} sip:bob@192.0.2.1:5062 SIP/2.0",
        f"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-re{number}{method}",
        "Max-Forwards: 70",
        f"From: {ack.headers.get('From')}",
        f"To: {ack.headers.get('To')}",
        f"Call-ID: {ack.call_id}",
        f"CSeq: {number} {method}",
        "Contact: <sip:alice@192.0.2.1:5060>",
    ]
    return raw([*lines, "Content-Type: application/sdp"] if sdp else lines, sdp)
