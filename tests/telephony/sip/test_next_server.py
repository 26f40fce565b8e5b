"""An INVITE that goes on to another server (RFC 3263 §4.3) or transport (RFC 3261 §18.1.1)."""

from __future__ import annotations

from hipper.telephony.sip import events as e
from hipper.telephony.sip.endpoint import EndpointConfig
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.ids import CountingIds
from hipper.telephony.sip.message import Request, parse_message
from hipper.telephony.sip.uri import SipUri
from hipper.telephony.sip.useragent import UserAgent, UserAgentConfig

LOCAL = ("198.51.100.1", 5060)
FIRST, SECOND = (Flow("udp", "u", LOCAL, (f"192.0.2.{n}", 5060)) for n in (1, 2))
TCP = Flow("tcp", "t", LOCAL, ("192.0.2.1", 5060))
URI = SipUri.parse("sip:+31201234567@carrier.example")
SDP = (
    "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 8\r\n"
)


def agent(**endpoint: object) -> UserAgent:
    config = UserAgentConfig(endpoint=EndpointConfig(**endpoint), session_expires_s=None)  # type: ignore[arg-type]
    return UserAgent(config, CountingIds("a"))


def invite(ua: UserAgent, flow: Flow, now: float, *headers: tuple[str, str]) -> Request:
    ua.invite(
        uri=URI, flow=flow, from_=NameAddr(URI), to=NameAddr(URI), now=now, headers=headers, sdp=SDP,
        session="leg",
    )  # fmt: skip
    return sent(ua)[-1][1]


def sent(ua: UserAgent) -> list[tuple[Flow, Request]]:
    found = [(flow, parse_message(data, stream=False)) for data, flow in ua.messages_to_send()]
    return [(flow, message) for flow, message in found if isinstance(message, Request)]


def answer(ua: UserAgent, request: Request, flow: Flow, contact: str, now: float) -> list[object]:
    response = request.create_response(200, to_tag=f"tag-{flow.remote[0]}")
    response.headers.add("Contact", f"<{contact}>")
    response.set_body("application/sdp", SDP.encode())
    receive = ua.receive_message if flow.is_stream else ua.receive_datagram
    receive(response.to_bytes(), flow, now)
    found = []
    while (event := ua.next_event()) is not None:
        found.append(event)
    return found


def test_the_handle_is_free_for_the_next_server_at_once() -> None:
    ua = agent()
    first = invite(ua, FIRST, 0.0)
    ua.set_aside("leg", 4.0)
    second = invite(ua, SECOND, 4.0)
    assert first.call_id != second.call_id
    (answered,) = answer(ua, second, SECOND, "sip:192.0.2.2", 5.0)
    assert isinstance(answered, e.Answered)
    assert answered.session == "leg"


def test_a_late_answer_of_the_first_server_is_ended_and_none_of_the_legs_business() -> None:
    ua = agent()
    first = invite(ua, FIRST, 0.0)
    ua.set_aside("leg", 4.0)
    second = invite(ua, SECOND, 4.0)
    answer(ua, second, SECOND, "sip:192.0.2.2", 5.0)
    sent(ua)
    (late,) = answer(ua, first, FIRST, "sip:192.0.2.1", 6.0)
    assert isinstance(late, e.LateAnswer)
    assert late.session != "leg"
    assert [(flow.remote, request.method) for flow, request in sent(ua)] == [
        (FIRST.remote, "ACK"),
        (FIRST.remote, "BYE"),
    ]
    assert ua.phase("leg").value == "Established"


def test_a_session_that_is_answered_or_unknown_is_not_set_aside() -> None:
    ua = agent()
    answer(ua, invite(ua, FIRST, 0.0), FIRST, "sip:192.0.2.1", 1.0)
    ua.set_aside("leg", 2.0)
    ua.set_aside("nobody", 2.0)
    assert ua.phase("leg").value == "Established"


def test_a_large_invite_has_its_dialog_where_it_went() -> None:
    ua = agent(flow_for_large=lambda flow: TCP)
    request = invite(ua, FIRST, 0.0, ("X-Long", "x" * 1400))
    assert request.top_via.transport == "TCP"
    answer(ua, request, TCP, "sip:192.0.2.1;transport=tcp", 1.0)
    assert [(flow.transport, message.method) for flow, message in sent(ua)] == [("tcp", "ACK")]
    ua.bye("leg", 2.0)
    assert [(flow.transport, message.method) for flow, message in sent(ua)] == [("tcp", "BYE")]


def test_after_a_refusal_of_tcp_the_dialog_is_on_udp() -> None:
    ua = agent(flow_for_large=lambda flow: TCP)
    invite(ua, FIRST, 0.0, ("X-Long", "x" * 1400))
    ua.transport_failed(TCP, 0.1)
    ((flow, request),) = sent(ua)
    assert (flow, request.top_via.transport) == (FIRST, "UDP")
    answer(ua, request, FIRST, "sip:192.0.2.1", 1.0)
    assert [(flow.transport, message.method) for flow, message in sent(ua)] == [("udp", "ACK")]


def test_a_warning_over_ipv6_has_our_host_within_brackets() -> None:
    ua = agent()
    flow = Flow("udp", "u6", ("2001:db8::1", 5060), ("2001:db8::2", 5060))
    broken = (
        "INVITE sip:a@[2001:db8::1] SIP/2.0\r\nVia: SIP/2.0/UDP [2001:db8::2];branch=z9hG4bK1\r\n"
        "From: <sip:b@c>;tag=1\r\nTo: <sip:a@c>\r\nCall-ID: 1\r\nCSeq: nonsense\r\nContent-Length: 0\r\n\r\n"
    )
    ua.receive_datagram(broken.encode(), flow, 0.0)
    ((data, _),) = ua.messages_to_send()
    assert b'Warning: 399 [2001:db8::1] "' in data
