"""Messages a peer has broken at will: a user agent never raises, and comes to rest."""

from __future__ import annotations

import random

import pytest

from hipper.telephony.sip.events import Invited
from tests.telephony.sip.siptest import ANSWER, OFFER, Agent, Message, Network

SPLICES = (
    b"", b"\r\n", b",", b";", b"<", b">", b'"', b"\x00", b"\xff", b"=", b":", b" ", b"%", b"[",
    b"Contact: <sip:@@>\r\n", b"Record-Route: <bad\r\n", b"Supported: ,,\r\n", b"Allow: ,\r\n",
    b"Require: timer\r\n",
    b"Session-Expires: 5\r\n", b"RSeq: 99999999999999\r\n",
    b"Require: 100rel\r\nRSeq: 0\r\n", b"Replaces: x\r\n",
    b"Content-Type: multipart/mixed;boundary=x\r\n", b"CSeq: 4294967296 INVITE\r\n", b"Expires: -1\r\n",
)  # fmt: skip


def broken(data: bytes, chance: random.Random) -> bytes:
    """Cut, repeat, splice or swap a few bytes."""
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(4)
        if kind == 0:
            data = data[:at] + data[at + chance.randint(1, 30) :]
        elif kind == 1:
            data = data[:at] + chance.choice(SPLICES) + data[at:]
        elif kind == 2:
            line = data.find(b"\r\n", at) + 2
            data = data[:line] + chance.choice(SPLICES) + data[line:]
        else:
            data = data[:at] + data[at : at + 40] * 2 + data[at + 40 :]
    return data


def conversation(net: Network, alice: Agent, bob: Agent, chance: random.Random) -> None:
    """A call with most kinds of messages, each followed by broken copies of itself."""

    def lose(message: Message) -> bool:
        target = bob if message.target == "bob" else alice
        for _ in range(3):
            damaged = broken(message.data, chance)
            net.at(net.now + chance.random() * 0.2, lambda damaged=damaged: net.inject(target, damaged))
        return chance.random() < 0.1

    net.lose = lose
    call = alice.invite(bob)
    net.run(0.5)
    if bob.told(Invited):
        incoming = bob.last(Invited).session
        bob.ua.ring(incoming, net.now, 183, ANSWER)
        net.run(1)
        if bob.ua.phase(incoming) == "Ringing":
            bob.ua.answer(incoming, net.now, None)
    net.run(2)
    if alice.ua.phase(call) == "Established":
        alice.ua.reoffer(call, net.now, OFFER)
        alice.ua.info(call, net.now, "text/plain", b"x")
    alice.request("OPTIONS", bob)
    net.run(2)
    for agent in (alice, bob):
        for event in agent.told(Invited):
            agent.ua.bye(event.session, net.now)
    alice.ua.bye(call, net.now)
    net.lose = lambda message: False
    net.run(5000)


@pytest.mark.parametrize("seed", range(60))
def test_broken_messages_never_raise_and_leave_nothing(seed: int) -> None:
    net = Network(seed=seed)
    alice, bob = net.add("alice"), net.add("bob")
    conversation(net, alice, bob, random.Random(seed))
    assert alice.ua.at_rest
    assert bob.ua.at_rest


def test_unreadable_contact_of_an_answer_fails_the_call() -> None:
    net = Network()
    alice, bob = net.add("alice"), net.add("bob")
    alice.invite(bob)
    net.run(0.1)
    net.lose = lambda message: message.source == "bob"
    bob.ua.answer(bob.last(Invited).session, net.now, ANSWER)
    net.run(0.1)
    answer = next(message.data for message in net.sent if message.title == "200 INVITE")
    net.inject(alice, answer.replace(b"Contact: <sip:", b"Contact: <sip:@"), bob.address)
    assert [type(event).__name__ for event in alice.events] == ["Trying", "Rejected"]
    assert alice.events[-1].status == 502
