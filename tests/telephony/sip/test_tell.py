"""Telling the peer who is at the other end now, and hearing it from the peer (RFC 3311, RFC 3325 §5)."""

from __future__ import annotations

from hipper.telephony.sip.events import Refreshed, ReofferAnswered, Reoffered
from hipper.telephony.sip.session import Phase
from hipper.telephony.sip.useragent import UserAgentConfig
from tests.telephony.sip.siptest import OFFER, Agent, Network, establish, hold

QUIET = UserAgentConfig(session_expires_s=None)
NO_UPDATE = UserAgentConfig(session_expires_s=None, allow=("INVITE", "ACK", "CANCEL", "BYE", "PRACK"))
HENK = ("P-Asserted-Identity", '"Henk" <sip:+31301119999@gw>')


def talking(config: UserAgentConfig) -> tuple[Network, Agent, Agent, str, str]:
    net = Network()
    alice, bob = net.add("alice", config), net.add("bob", config)
    return net, alice, bob, *establish(net, alice, bob)


def test_update_carries_it_without_an_offer() -> None:
    net, alice, bob, call, incoming = talking(QUIET)
    alice.ua.tell(call, net.now, [HENK])
    net.run(0.2)
    assert net.titles(alice)[-1] == "UPDATE"
    (refreshed,) = bob.told(Refreshed)
    assert refreshed.session == incoming
    assert refreshed.request.headers.get(HENK[0]) == HENK[1]
    assert refreshed.request.body == b""
    assert bob.told(Reoffered) == []
    assert alice.told(ReofferAnswered) == []


def test_peer_that_does_not_allow_update_gets_an_invite_with_the_same_description() -> None:
    net, alice, bob, call, _ = talking(NO_UPDATE)
    alice.ua.tell(call, net.now, [HENK])
    net.run(0.2)
    assert net.titles(alice).count("INVITE") == 2
    assert len(bob.told(Refreshed)) == 1
    assert bob.told(Reoffered) == []
    assert alice.ua.phase(call) is Phase.ESTABLISHED


def test_callee_tells_the_caller_too() -> None:
    net, alice, bob, _, incoming = talking(QUIET)
    bob.ua.tell(incoming, net.now, [HENK])
    net.run(0.2)
    assert len(alice.told(Refreshed)) == 1


def test_it_waits_for_an_offer_that_is_open() -> None:
    net, alice, bob, call, incoming = talking(QUIET)
    alice.ua.reoffer(call, net.now, hold(OFFER))
    alice.ua.tell(call, net.now, [HENK])
    net.run(0.2)
    assert bob.told(Refreshed) == []
    bob.ua.answer_reoffer(incoming, net.now, OFFER)
    net.run(0.5)
    assert len(bob.told(Refreshed)) == 1


def test_refresh_that_names_nobody_is_not_told() -> None:
    net, alice, bob, call, _ = talking(QUIET)
    alice.ua.tell(call, net.now, [("X-Nothing", "1")])
    net.run(0.2)
    assert net.titles(alice)[-1] == "UPDATE"
    assert bob.told(Refreshed) == []


def test_session_that_is_over_is_told_nothing() -> None:
    net, alice, _, call, _ = talking(QUIET)
    alice.ua.bye(call, net.now)
    alice.ua.tell(call, net.now, [HENK])
    net.run(40)
    assert "UPDATE" not in net.titles(alice)
    assert alice.ua.at_rest
