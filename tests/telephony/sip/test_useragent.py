"""Sessions as ladders between two user agents (RFC 3261 §13 to §15, RFC 3665)."""

from __future__ import annotations

from hipper.telephony.sip.events import Answered, Confirmed, Ended, Invited, Ringing
from tests.telephony.sip.siptest import ANSWER, OFFER, Network, establish


def test_caller_rings_callee_answers_and_caller_ends() -> None:
    net = Network()
    alice, bob = net.add("alice"), net.add("bob")
    call, incoming = establish(net, alice, bob)
    assert bob.last(Invited).sdp == OFFER
    assert alice.last(Ringing).status == 180
    assert alice.last(Answered).sdp == ANSWER
    assert bob.last(Confirmed).sdp is None
    alice.ua.bye(call, net.now)
    net.run(100)
    assert net.titles() == [
        "INVITE", "100 INVITE", "180 INVITE", "200 INVITE", "ACK", "BYE", "200 BYE",
    ]  # fmt: skip
    assert bob.last(Ended).cause == "bye"
    assert bob.last(Ended).session == incoming
    assert alice.told(Ended) == []
    assert alice.ua.at_rest
    assert bob.ua.at_rest
