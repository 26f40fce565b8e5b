"""An INVITE that is sent on as it came (RFC 3261 §16): everything but Route, Via and Max-Forwards stays."""

from __future__ import annotations

from typing import Any

import pytest

from hipper.telephony.sip.endpoint import EndpointConfig
from hipper.telephony.sip.errors import LocalProtocolError
from hipper.telephony.sip.events import (
    Answered,
    Cancelled,
    Confirmed,
    Ended,
    Invited,
    LateAnswer,
    Rejected,
    Ringing,
    Trying,
)
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.useragent import UserAgentConfig
from tests.telephony.sip.siptest import ANSWER, OFFER, Agent, Network

ODI = "<sip:odi_7@192.0.2.1:5062;lr;orig>"
SETTINGS = UserAgentConfig(session_expires_s=None)


class Passing:
    """Alice calls; the one in the middle sends every INVITE on to Bob."""

    def __init__(self, **endpoint: Any) -> None:
        self.net = Network()
        middle = UserAgentConfig(
            session_expires_s=None,
            endpoint=EndpointConfig(let_through=lambda request: True, **endpoint),
        )
        self.alice = self.net.add("alice", SETTINGS)
        self.middle = self.net.add("middle", middle)
        self.bob = self.net.add("bob", UserAgentConfig(session_expires_s=None, endpoint=middle.endpoint))
        self.middle.on_event = self._on_event

    def _on_event(self, event: Any) -> None:
        if isinstance(event, Invited):
            self.relay(event.session)

    def relay(self, session: str, handle: str = "out") -> None:
        self.middle.ua.relay(
            session,
            self.net.now,
            flow=self.middle.flow_to(self.bob),
            handle=handle,
            route=(ODI,),
            max_forwards=41,
        )

    def call(self, **more: Any) -> str:
        call = self.alice.invite(self.middle, **more)
        self.net.run(0.2)
        return call

    def rest(self) -> None:
        self.net.run(3000)
        for agent in self.net.agents.values():
            assert agent.ua.at_rest, (agent.name, self.net.ladder())


def requests(net: Network, method: str, source: Agent) -> list[Request]:
    return [
        parsed
        for sent in net.sent
        if sent.source == source.name
        and isinstance(parsed := sent.parsed, Request)
        and parsed.method == method
    ]


def test_everything_but_route_via_and_max_forwards_stays() -> None:
    p = Passing()
    body = ("application/pidf+xml", b"<presence>\x00\xff</presence>")
    headers = (("Require", "recipient-list-invite"), ("Geolocation", "<cid:1@x>"), ("X-Any", 'a;b="c"'))
    p.call(sdp=None, body=body, headers=(*headers, ("Session-Expires", "20"), ("Accept", "text/plain")))
    (sent,) = requests(p.net, "INVITE", p.alice)
    (onward,) = requests(p.net, "INVITE", p.middle)
    own = ("Via", "Route", "Max-Forwards", "Content-Length")
    assert [item for item in onward.headers if item[0] not in own] == [
        item for item in sent.headers if item[0] not in own
    ]
    assert (onward.body, onward.request_uri_text) == (sent.body, sent.request_uri_text)
    assert onward.headers.get_all("Route") == [ODI]
    assert (onward.max_forwards, len(onward.vias)) == (41, 1)


def test_dialog_runs_past_us_after_the_answer() -> None:
    p = Passing()
    call = p.call(sdp=OFFER)
    incoming = p.bob.last(Invited).session
    p.bob.ua.ring(incoming, p.net.now)
    p.net.run(0.1)
    p.bob.ua.answer(incoming, p.net.now, ANSWER, headers=[("X-Focus", "1")])
    p.net.run(0.5)
    answered = p.alice.last(Answered)
    assert answered.sdp == ANSWER
    assert answered.response.headers.get("X-Focus") == "1"
    assert str(answered.response.contacts[0].uri.host_port) == f"192.0.2.1:{p.bob.address[1]}"  # type: ignore[union-attr]
    assert p.bob.last(Confirmed).session == incoming
    assert [type(event) for event in p.middle.events[1:]] == [Trying, Ringing, Answered]
    assert p.middle.ua.session_count() == 0
    p.alice.ua.bye(call, p.net.now)
    p.net.run(1)
    assert p.bob.last(Ended).cause == "bye"
    assert requests(p.net, "BYE", p.middle) == []
    p.rest()


def test_refusal_goes_back_whole_when_the_application_says_so() -> None:
    p = Passing()
    p.call(sdp=OFFER)
    incoming = p.bob.last(Invited).session
    p.bob.ua.reject(incoming, p.net.now, 302, "Elsewhere", [("Contact", "<sip:there@192.0.2.9>")])
    p.net.run(0.1)
    assert p.middle.last(Rejected).status == 302
    assert p.alice.told(Rejected) == []
    p.middle.ua.reject(p.middle.last(Invited).session, p.net.now, 302, headers=[("Warning", "ours")])
    p.net.run(0.1)
    response = p.alice.last(Rejected).response
    assert response is not None
    assert (response.reason, response.headers.get("Contact")) == ("Elsewhere", "<sip:there@192.0.2.9>")
    assert "Warning" not in response.headers
    p.rest()


def test_after_a_refusal_the_application_may_do_something_else() -> None:
    p = Passing()
    p.call(sdp=OFFER)
    p.bob.ua.reject(p.bob.last(Invited).session, p.net.now, 503)
    p.net.run(0.1)
    p.middle.ua.answer(p.middle.last(Invited).session, p.net.now, ANSWER)
    p.net.run(0.1)
    assert p.alice.last(Answered).sdp == ANSWER
    p.alice.ua.bye(p.alice.last(Answered).session, p.net.now)
    p.rest()


def test_cancel_goes_on_and_487_comes_back() -> None:
    p = Passing()
    call = p.call(sdp=OFFER)
    p.bob.ua.ring(p.bob.last(Invited).session, p.net.now)
    p.net.run(0.1)
    p.alice.ua.cancel(call, p.net.now, "SIP;cause=200")
    p.net.run(0.1)
    assert p.bob.last(Cancelled).reason == "SIP;cause=200"
    assert p.middle.last(Rejected).status == 487
    p.middle.ua.reject(p.middle.last(Invited).session, p.net.now, 487)
    p.net.run(0.1)
    assert p.alice.last(Rejected).status == 487
    p.rest()


def test_given_up_by_us_while_the_answer_crosses_it_is_ended() -> None:
    p = Passing()
    p.call(sdp=OFFER)
    p.middle.ua.reject(p.middle.last(Invited).session, p.net.now, 480)
    p.middle.ua.cancel("out", p.net.now)
    p.bob.ua.answer(p.bob.last(Invited).session, p.net.now, ANSWER)
    p.net.run(1)
    assert p.middle.last(LateAnswer).session == "out"
    assert p.alice.last(Rejected).status == 480
    assert p.bob.last(Ended).cause == "bye"
    p.rest()


def test_silence_is_told_and_the_session_stays() -> None:
    p = Passing()
    p.net.lose = lambda message: message.target == "bob"
    p.call(sdp=OFFER)
    p.net.run(33)
    assert (p.middle.last(Rejected).status, p.middle.last(Rejected).by_network) == (408, True)
    p.middle.ua.reject(p.middle.last(Invited).session, p.net.now, 408)
    p.rest()
    assert p.alice.last(Rejected).status == 408


def test_call_that_spirals_is_not_a_merged_one() -> None:
    p = Passing()
    p.call(sdp=OFFER)
    first = requests(p.net, "INVITE", p.middle)[0]
    spiral = first.copy()
    spiral.headers.set("Via", f"SIP/2.0/UDP 192.0.2.1:{p.bob.address[1]};branch=z9hG4bKspiral")
    p.middle.on_event = None
    p.middle.ua.receive_datagram(spiral.to_bytes(), p.middle.flow_to(p.bob), p.net.now)
    p.net.run(0.1)
    assert not [sent for sent in p.net.sent if sent.title == "482 INVITE"]
    p.middle.ua.receive_datagram(
        spiral.to_bytes().replace(b"z9hG4bKspiral", b"z9hG4bKfork"), p.middle.flow_to(p.bob), p.net.now
    )
    p.net.run(0.1)
    assert [sent for sent in p.net.sent if sent.title == "482 INVITE"]


def test_answered_session_cannot_be_sent_on() -> None:
    p = Passing()
    p.middle.on_event = None
    p.call(sdp=OFFER)
    session = p.middle.last(Invited).session
    p.middle.ua.answer(session, p.net.now, ANSWER)
    with pytest.raises(LocalProtocolError):
        p.relay(session)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"headers": (("Require", "recipient-list-invite"),)}, 420),
        ({"sdp": None, "body": ("application/pidf+xml", b"<presence/>")}, 415),
        ({"headers": (("Session-Expires", "20"),)}, 422),
        ({"headers": (("Accept", "text/plain"),)}, 406),
    ],
)
def test_what_is_let_through_would_be_refused_otherwise(more: dict[str, Any], status: int) -> None:
    net = Network()
    alice, bob = net.add("alice", SETTINGS), net.add("bob", SETTINGS)
    alice.invite(bob, **more)
    net.run(0.2)
    assert f"{status} INVITE" in net.titles()


def test_what_is_let_through_can_be_answered_in_spite_of_its_session_interval() -> None:
    p = Passing()
    p.middle.on_event = None
    call = p.call(sdp=OFFER, headers=(("Session-Expires", "20"),))
    p.middle.ua.answer(p.middle.last(Invited).session, p.net.now, ANSWER)
    p.net.run(0.1)
    assert "Session-Expires" not in p.alice.last(Answered).response.headers
    p.alice.ua.bye(call, p.net.now)
    p.rest()
