"""RFC 4475: each message, its section, and what it must lead to.

The verdict is that of the layer that can give it here: ``parse_message`` (framing and start line) or
``check_request``/``check_response`` (everything a UAS or UAC decides without knowing its users). Where the
RFC allows several answers, the comment says which was taken. Verdicts of higher layers (405, 501 for a
method, 401, 404, 488) are named in the comment; here such a message is accepted.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from hipper.telephony.sip.endpoint import EndpointConfig, SipEndpoint
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.ids import CountingIds
from hipper.telephony.sip.message import Request, Response, parse_message
from hipper.telephony.sip.multipart import split_multipart
from hipper.telephony.sip.stream import StreamFramer
from hipper.telephony.sip.uri import OpaqueUri, SipUri
from hipper.telephony.sip.validate import check_request, check_response

VECTORS = Path(__file__).parents[2] / "vectors" / "rfc4475"

ACCEPT = "accept"
DISCARD = "discard"

VERDICTS: dict[str, tuple[str, str | int, str | None]] = {
    # name: (section, verdict, text of the Warning or reason of the discard)
    "wsinv": ("3.1.1.1", ACCEPT, None),
    # an unknown method: the user agent answers 405 or 501
    "intmeth": ("3.1.1.2", ACCEPT, None),
    "esc01": ("3.1.1.3", ACCEPT, None),
    "escnull": ("3.1.1.4", ACCEPT, None),
    # an unknown method, not REGISTER: method names are not escaped
    "esc02": ("3.1.1.5", ACCEPT, None),
    "lwsdisp": ("3.1.1.6", ACCEPT, None),
    "longreq": ("3.1.1.7", ACCEPT, None),
    # the octets after the REGISTER are noise in a datagram
    "dblreq": ("3.1.1.8", ACCEPT, None),
    "semiuri": ("3.1.1.9", ACCEPT, None),
    "transports": ("3.1.1.10", ACCEPT, None),
    "mpart01": ("3.1.1.11", ACCEPT, None),
    "unreason": ("3.1.1.12", ACCEPT, None),
    "noreason": ("3.1.1.13", ACCEPT, None),
    "badinv01": ("3.1.2.1", 400, "Via: Empty value in a comma separated list"),
    "clerr": ("3.1.2.2", 400, "Content-Length is larger than the message"),
    "ncl": ("3.1.2.3", 400, "Content-Length is not a number"),
    "scalar02": ("3.1.2.4", 400, "CSeq: CSeq number is too large"),
    "scalarlg": ("3.1.2.5", DISCARD, "CSeq: CSeq number is too large"),
    "quotbal": ("3.1.2.6", 400, "To: Unterminated quoted string"),
    "ltgtruri": ("3.1.2.7", 400, "Request-URI: in angle brackets"),
    "lwsruri": ("3.1.2.8", 400, "White space within the Request-URI"),
    # the RFC lets be lenient here and in the next two; refusing keeps the error from travelling on
    "lwsstart": ("3.1.2.9", 400, "More than one space between elements of the request line"),
    "trws": ("3.1.2.10", 400, "White space at the end of the request line"),
    "escruri": ("3.1.2.11", 400, "Request-URI: header components are not allowed"),
    "baddate": ("3.1.2.12", 400, "Date: not in the form of RFC 3261 or not in GMT"),
    "regbadct": ("3.1.2.13", 400, "Contact: URI with a comma or question mark is not in angle brackets"),
    "badaspec": ("3.1.2.14", 400, "To: Malformed URI"),
    "baddn": ("3.1.2.15", 400, "From: Display name with special characters is not quoted"),
    "badvers": ("3.1.2.16", 505, "SIP version is not supported"),
    "mismatch01": ("3.1.2.17", 400, "CSeq method does not match the request method"),
    # 501 rather than 400, as the RFC prefers
    "mismatch02": ("3.1.2.18", 501, "CSeq method does not match the request method"),
    "bigcode": ("3.1.2.19", DISCARD, "Malformed status code"),
    # 400 rather than the matching of RFC 2543
    "badbranch": ("3.2.1", 400, "Via: branch without an identifier"),
    "insuf": ("3.3.1", 400, "Missing From header field"),
    "unkscm": ("3.3.2", 416, "Request-URI: scheme is not supported"),
    "novelsc": ("3.3.3", 416, "Request-URI: scheme is not supported"),
    # a registrar needs a SIP or SIPS address of record
    "unksm2": ("3.3.4", 400, "To: the address of record is not a sip or sips URI"),
    "bext01": ("3.3.5", 420, "Extension is not supported"),
    "invut": ("3.3.6", 415, "Content-Type is not supported"),
    # the registrar ignores the unknown scheme and challenges: 401
    "regaut01": ("3.3.7", ACCEPT, None),
    "multi01": ("3.3.8", 400, "More than one CSeq header field"),
    "mcl01": ("3.3.9", 400, "More than one Content-Length header field"),
    "bcast": ("3.3.10", DISCARD, "More than one Via: the response is meant for another element"),
    # an endpoint handles it; 483 is for who would forward it: test_zero_max_forwards below
    "zeromf": ("3.3.11", ACCEPT, None),
    "cparam01": ("3.3.12", ACCEPT, None),
    "cparam02": ("3.3.13", ACCEPT, None),
    "regescrt": ("3.3.14", ACCEPT, None),
    "sdp01": ("3.3.15", 406, "Accept: application/sdp is not among the types"),
    "inv2543": ("3.4.1", ACCEPT, None),
    # In no section. Its first line has no SIP-Version, so that it is no request of SIP/2.0 (§7.1); it has no
    # Via either, so that no answer could find its way. It is dropped like any noise on the port.
    "test": ("-", DISCARD, "Not a SIP request"),
}


def read(name: str) -> bytes:
    return (VECTORS / f"{name}.dat").read_bytes()


def request(name: str) -> Request:
    message = parse_message(read(name))
    assert isinstance(message, Request)
    return message


def response(name: str) -> Response:
    message = parse_message(read(name))
    assert isinstance(message, Response)
    return message


def verdict_of(data: bytes) -> tuple[str | int, str | None]:
    """What the message layer makes of a datagram."""
    try:
        message = parse_message(data)
    except SipParseError as error:
        if error.partial is None or error.status_hint is None:
            return DISCARD, error.reason
        return error.status_hint, error.reason
    if isinstance(message, Response):
        fault = check_response(message)
        return (ACCEPT, None) if fault is None else (DISCARD, fault)
    rejection = check_request(message)
    return (ACCEPT, None) if rejection is None else (rejection.status, rejection.warning)


def test_every_message_of_the_rfc_has_its_verdict() -> None:
    assert {path.stem for path in VECTORS.glob("*.dat")} == set(VERDICTS)
    assert len(VERDICTS) == 50


@pytest.mark.parametrize("name", VERDICTS)
def test_verdict(name: str) -> None:
    _, verdict, text = VERDICTS[name]
    assert verdict_of(read(name)) == (verdict, text)


@pytest.mark.parametrize("name", VERDICTS)
def test_the_endpoint_says_so_on_the_wire(name: str) -> None:
    """A refusal leaves at once, to where the request came from at least, and copies what was readable; the
    rest is handed up or dropped."""
    endpoint = SipEndpoint(EndpointConfig(), CountingIds())
    source = ("203.0.113.7", 5060)
    endpoint.receive_datagram(read(name), Flow("udp", "u", ("192.0.2.99", 5060), source), 1.0)
    sent = [(parse_message(out.data), out.flow.remote[0]) for out in endpoint.messages_to_send()]
    event = endpoint.next_event()
    verdict, text = VERDICTS[name][1:]
    if isinstance(verdict, int):
        assert event is None
        ((answer, host),) = sent
        assert isinstance(answer, Response)
        assert (answer.status, host) == (verdict, source[0])
        assert answer.headers.get("Warning") == f'399 192.0.2.99 "{text}"'
        via = (answer.headers.get("Via") or "").removesuffix(";received=203.0.113.7")
        assert via in read(name).decode("utf-8")
    else:
        assert all(isinstance(answer, Response) and answer.status == 100 for answer, _ in sent)
        message = None if verdict == DISCARD else parse_message(read(name))
        assert (event is not None) == isinstance(message, Request)


@pytest.mark.parametrize("name", [name for name, row in VERDICTS.items() if row[1] == ACCEPT])
def test_serialising_loses_nothing(name: str) -> None:
    first = parse_message(read(name))
    second = parse_message(first.to_bytes())
    length = [(key, value) for key, value in second.headers if key != "Content-Length"]
    assert length == [(key, value) for key, value in first.headers if key != "Content-Length"]
    assert second.body == first.body
    assert second.to_bytes() == first.to_bytes()


@pytest.mark.parametrize(
    "name", ["unreason", "noreason", "transports", "mpart01", "cparam01", "sdp01", "zeromf"]
)
def test_canonical_messages_come_out_octet_for_octet(name: str) -> None:
    """Names in full, no folding, single blanks: nothing is to be changed but ``l`` and a blank too many."""
    data = read(name).replace(b"\r\nl: ", b"\r\nContent-Length: ").replace(b"Call-ID:  ", b"Call-ID: ")
    assert parse_message(data).to_bytes() == data


@pytest.mark.parametrize("name", [name for name, row in VERDICTS.items() if row[1] == ACCEPT])
def test_the_stream_framer_cuts_it_byte_by_byte(name: str) -> None:
    data = read(name)
    if b"ontent-Length" not in data and b"\r\nl:" not in data.lower():
        with pytest.raises(SipParseError, match="Missing Content-Length"):
            framed(data, 1)
        return
    (message,) = framed(data, 1)
    assert data.startswith(message)
    assert parse_message(message, stream=True).to_bytes() == parse_message(data).to_bytes()


def framed(data: bytes, count: int) -> list[bytes]:
    """The first messages of a stream that comes byte by byte."""
    framer = StreamFramer()
    messages: list[bytes] = []
    for index in range(len(data)):
        framer.receive_data(data[index : index + 1])
        if (message := framer.next_message()) is not None:
            messages.append(message)
            if len(messages) == count:
                break
    return messages


class TestValuesRead:
    def test_3_1_1_1_tortuous_invite(self) -> None:
        invite = request("wsinv")
        assert str(invite.uri) == "sip:vivekg@chair-dnrc.example.com;unknownparam"
        assert invite.to.tag == "1918181833n"
        assert invite.from_.display_name == 'J Rosenberg \\"'
        assert invite.from_.tag == "98asjd8"
        assert invite.max_forwards == 68
        assert (invite.cseq.number, invite.cseq.method) == (9, "INVITE")
        assert [(via.transport, via.host, via.branch) for via in invite.vias] == [
            ("UDP", "192.0.2.2", "390skdjuw"),
            ("TCP", "spindle.example.com", "z9hG4bK9ikj8"),
            ("UDP", "192.168.255.111", "z9hG4bK30239"),
        ]
        assert invite.headers.get("Subject") == ""
        assert invite.headers.get("newfangledheader") == "newfangled value continued newfangled value"
        assert invite.headers.get("UnknownHeaderWithUnusualValue") == ";;,,;;,;"
        assert invite.routes[0].uri.params == {"lr": None, "unknownwith": "value", "unknown-no-value": None}
        contact = invite.contacts[0]
        assert contact.display_name == 'Quoted string ""'
        assert contact.params == {"newparam": "newvalue", "secondparam": None, "q": "0.33"}
        assert len(invite.body) == 150

    def test_3_1_1_2_wide_range_of_characters(self) -> None:
        message = request("intmeth")
        assert message.method == "!interesting-Method0123456789_*+`.%indeed'~"
        assert message.cseq.method == message.method
        uri = message.uri
        assert isinstance(uri, SipUri)
        assert uri.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
        assert uri.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
        assert message.to.display_name == "BEL:\x07 NUL:\x00 DEL:\x7f"
        assert message.from_.display_name == "token1~` token2'+_ token3*%!.-"
        assert message.from_.params["fromparam''~+*_!.-%"] == "работающий"
        assert message.from_.tag == "_token~1'+`*%!-."
        assert message.call_id == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"
        assert message.headers.get("extensionheader-!.%*+_`'~") == "\ufeff大停電"
        assert message.max_forwards == 255

    def test_3_1_1_3_escapes(self) -> None:
        message = request("esc01")
        assert isinstance(message.uri, SipUri)
        assert message.uri.user == "sips:user@example.com"
        assert message.to.uri.equivalent(SipUri.parse("sip:user@example.com"))
        assert isinstance(message.from_.uri, SipUri)
        assert message.from_.uri.user == "I have spaces"
        assert message.contacts[0].uri.params == {"lr": None, "name": "value%41"}

    def test_3_1_1_4_escaped_nulls_are_users_of_their_own(self) -> None:
        one, two = (contact.uri for contact in request("escnull").contacts)
        assert isinstance(one, SipUri)
        assert isinstance(two, SipUri)
        assert (one.user, two.user) == ("\0", "\0\0")
        assert not one.equivalent(two)

    def test_3_1_1_5_percent_that_is_no_escape(self) -> None:
        message = request("esc02")
        assert message.method == "RE%47IST%45R"
        assert message.to.display_name == "%Z%45"
        assert [str(contact.uri) for contact in message.contacts] == [
            "sip:alias1@host1.example.com",
            "sip:alias3@host3.example.com",
        ]
        assert message.headers.get("C%6Fntact") == "<sip:alias2@host2.example.com>"
        assert message.top_via.branch == "z9hG4bK209%fzsnel234"

    def test_3_1_1_6_no_blank_before_the_bracket(self) -> None:
        assert request("lwsdisp").from_.display_name == "caller"

    def test_3_1_1_7_long_values(self) -> None:
        message = request("longreq")
        assert [via.host for via in message.vias] == [
            *(f"sip{number}.example.com" for number in range(33, 0, -1)),
            "host.example.com",
        ]
        assert message.vias[-1].received == "192.0.2.5"
        assert (message.from_.tag or "").endswith("982424")
        assert isinstance(message.to.uri, SipUri)
        assert message.to.uri.port == 6000
        assert len(message.body) == 150

    def test_3_1_1_8_trailing_octets(self) -> None:
        """Noise in a datagram; on a stream the next message."""
        message = request("dblreq")
        assert (message.method, message.body) == ("REGISTER", b"")
        assert b"INVITE" not in message.to_bytes()
        first, second = framed(read("dblreq"), 2)
        assert parse_message(first, stream=True).to_bytes() == message.to_bytes()
        assert parse_message(second, stream=True).call_id == "dblreq.0ha0isnda977644900765@192.0.2.15"

    def test_3_1_1_9_semicolon_in_the_user(self) -> None:
        message = request("semiuri")
        assert isinstance(message.uri, SipUri)
        assert message.uri.user == "user;par=u@example.net"
        assert message.uri.params == {}
        assert message.headers.values("Accept")[-1] == "message/sipfrag"

    def test_3_1_1_10_transports(self) -> None:
        vias = request("transports").vias
        assert [via.transport for via in vias] == ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]

    def test_3_1_1_11_multipart(self) -> None:
        message = request("mpart01")
        assert message.content_type is not None
        text, signature = split_multipart(message.content_type, message.body)
        assert (text.media_type, text.content) == ("text/plain", b"Hello")
        assert signature.content[:4] == b"0\x82\x01R"
        assert read("mpart01").endswith(signature.content + b"\r\n--7a9cbec02ceef655--\r\n")

    def test_3_1_1_12_and_13_reason_phrases(self) -> None:
        assert response("unreason").reason == "= 2**3 * 5**2 но сто девяносто девять - простое"
        assert (response("noreason").status, response("noreason").reason) == (100, "")

    def test_3_3_4_unknown_schemes_in_headers_are_read(self) -> None:
        message = request("unksm2")
        assert message.to.uri == OpaqueUri("isbn", "2983792873")
        assert message.from_.uri == OpaqueUri("http", "//www.example.com")
        assert str(message.contacts[0]) == "<name:John_Smith>"

    def test_3_3_5_unsupported_names_the_extensions(self) -> None:
        """A UAS reads Require only; who forwards reads Proxy-Require too."""
        message = request("bext01")
        rejection = check_request(message)
        assert rejection is not None
        assert rejection.unsupported == ("nothingSupportsThis", "nothingSupportsThisEither")
        assert rejection.headers == (("Unsupported", "nothingSupportsThis, nothingSupportsThisEither"),)
        proxied = check_request(message, forwarding=True)
        assert proxied is not None
        assert proxied.unsupported[2:] == ("noProxiesSupportThis", "norDoAnyProxiesSupportThis")

    def test_3_3_6_says_what_is_accepted(self) -> None:
        rejection = check_request(request("invut"))
        assert rejection is not None
        assert dict(rejection.headers)["Accept"].startswith("application/sdp")

    def test_3_3_7_unknown_scheme_is_kept(self) -> None:
        assert request("regaut01").headers.get("Authorization") == "NoOneKnowsThisScheme opaque-data=here"

    def test_3_3_11_zero_max_forwards(self) -> None:
        message = request("zeromf")
        assert message.max_forwards == 0
        assert check_request(message) is None
        rejection = check_request(message, forwarding=True)
        assert rejection is not None
        assert rejection.status == 483

    def test_3_3_12_and_13_whose_parameter_it_is(self) -> None:
        outside, inside = request("cparam01").contacts[0], request("cparam02").contacts[0]
        assert (outside.params, outside.uri.params) == ({"unknownparam": None}, {})
        assert (inside.params, inside.uri.params) == ({}, {"unknownparam": None})

    def test_3_3_14_escaped_header_stays_with_the_binding(self) -> None:
        uri = request("regescrt").contacts[0].uri
        assert isinstance(uri, SipUri)
        assert uri.headers == (("Route", "<sip:sip.example.com>"),)
        assert str(uri) == "sip:user@example.com?Route=%3Csip:sip.example.com%3E"

    def test_3_4_1_rfc_2543(self) -> None:
        invite = request("inv2543")
        assert invite.top_via.branch is None
        assert invite.from_.tag is None
        assert invite.to.params == {"user": "phone"}
        assert invite.max_forwards is None
        assert len(invite.body) == len(read("inv2543")) - read("inv2543").index(b"v=0")

    def test_3_1_2_4_only_the_cseq_is_decisive(self) -> None:
        """Overlarge Max-Forwards and expiries count as absent."""
        repaired = read("scalar02").replace(b"36893488147419103232", b"3689")
        message = parse_message(repaired)
        assert isinstance(message, Request)
        assert check_request(message) is None
        assert (message.max_forwards, message.expires, message.contacts[0].expires) == (None, None, None)
