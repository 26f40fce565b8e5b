"""Messages: RFC 3261 §7 (form), §8.2.6 (responses), §18.3 (framing in a datagram)."""

from __future__ import annotations

import pytest

from hipper.telephony.sip.errors import LocalProtocolError, SipParseError
from hipper.telephony.sip.message import Headers, Request, Response, parse_message, request_target
from hipper.telephony.sip.parser import MAX_BODY_BYTES, MAX_HEADER_BYTES, MAX_HEADERS, MAX_LINE
from hipper.telephony.sip.uri import parse_uri

INVITE = (
    b"INVITE sip:bob@biloxi.com SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776asdhds\r\n"
    b"Max-Forwards: 70\r\n"
    b"To: Bob <sip:bob@biloxi.com>\r\n"
    b"From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n"
    b"Call-ID: a84b4c76e66710@pc33.atlanta.com\r\n"
    b"CSeq: 314159 INVITE\r\n"
    b"Contact: <sip:alice@pc33.atlanta.com>\r\n"
    b"Content-Type: application/sdp\r\n"
    b"Content-Length: 4\r\n"
    b"\r\n"
    b"v=0\n"
)


def invite(*lines: str, body: bytes = b"v=0\n") -> Request:
    """The example with header lines put after the Via."""
    extra = "".join(f"{line}\r\n" for line in lines).encode()
    message = parse_message(INVITE.replace(b"Max-Forwards", extra + b"Max-Forwards", 1))
    assert isinstance(message, Request)
    return message


def refused(data: bytes, stream: bool = False) -> SipParseError:
    with pytest.raises(SipParseError) as caught:
        parse_message(data, stream=stream)
    return caught.value


class TestStartLine:
    """RFC 3261 §7.1 and §7.2."""

    def test_request(self) -> None:
        message = invite()
        assert (message.method, message.request_uri_text) == ("INVITE", "sip:bob@biloxi.com")
        assert message.uri == parse_uri("sip:bob@biloxi.com")
        assert message.to_bytes() == INVITE

    def test_response(self) -> None:
        message = parse_message(b"SIP/2.0 404 Not Found\r\nVia: SIP/2.0/UDP h\r\n\r\n")
        assert isinstance(message, Response)
        assert (message.status, message.reason) == (404, "Not Found")
        assert (
            message.to_bytes() == b"SIP/2.0 404 Not Found\r\nVia: SIP/2.0/UDP h\r\nContent-Length: 0\r\n\r\n"
        )

    @pytest.mark.parametrize(
        "line",
        [
            b"",
            b"hello",
            b"INVITE sip:a@h",
            b"INV ITE sip:a@h HTTP/1.1",
            b"GET / HTTP/1.1",
            b"\x16\x03\x01\x02",
            b"SIP/2.0",
            b"SIP/2.0 20",
            b"SIP/2.0 2000 OK",
            b"SIP/2.0 099 X",
            b"SIP/2.0 700 X",
            b"SIP/3.0 200 OK",
            b"SIP/2.0 2x0 OK",
            b"SIP/2.0  200 OK",
            b"(INVITE) sip:a@h SIP/2.0",
        ],
    )
    def test_what_is_discarded(self, line: bytes) -> None:
        error = refused(line + b"\r\nVia: SIP/2.0/UDP h\r\n\r\n")
        assert (error.status_hint, error.partial) == (None, None)

    @pytest.mark.parametrize(
        ("line", "status"),
        [
            (b"INVITE  sip:a@h SIP/2.0", 400),
            (b"INVITE sip:a@h SIP/2.0 ", 400),
            (b"INVITE sip:a@h;x y SIP/2.0", 400),
            (b"INVITE\tsip:a@h SIP/2.0", 400),
            (b"INVITE sip:a@h\t SIP/2.0", 400),
            (b"INVITE sip:a@h SIP/3.0", 505),
            (b"INVITE sip:" + b"a" * 5000 + b"@h SIP/2.0", 414),
            (b"INVITE sip:a@h\r\n SIP/2.0", 400),
        ],
    )
    def test_what_is_answered(self, line: bytes, status: int) -> None:
        error = refused(line + b"\r\nVia: SIP/2.0/UDP h\r\n\r\n")
        assert error.status_hint == status
        assert error.partial is not None

    def test_version_in_lower_case_is_the_same(self) -> None:
        """RFC 3261 §7.1: SIP-Version is case-insensitive."""
        assert isinstance(parse_message(INVITE.replace(b"com SIP/2.0", b"com sip/2.0", 1)), Request)

    @pytest.mark.parametrize("line", [b"INVITE sip:a@h\nX: SIP/2.0", b"SIP/2.0 200 O\rK"])
    def test_a_line_break_within_it_is_discarded(self, line: bytes) -> None:
        error = refused(line + b"\r\nVia: SIP/2.0/UDP h\r\n\r\n")
        assert (error.status_hint, error.partial) == (None, None)

    def test_an_ack_is_never_answered(self) -> None:
        error = refused(INVITE.replace(b"INVITE", b"ACK").replace(b"Content-Length: 4", b"Content-Length: 9"))
        assert error.partial is None

    def test_leading_empty_lines_are_ignored(self) -> None:
        """RFC 3261 §7.5."""
        assert parse_message(b"\r\n\r\n" + INVITE).to_bytes() == INVITE


class TestHeaderForms:
    """RFC 3261 §7.3."""

    def test_compact_forms(self) -> None:
        message = parse_message(
            b"INVITE sip:a@h SIP/2.0\r\nv: SIP/2.0/UDP h;branch=z9hG4bK1\r\nf: <sip:f@h>;tag=1\r\n"
            b"t: <sip:t@h>\r\n"
            b"i: x@y\r\nm: <sip:c@h>\r\nk: timer, 100rel\r\nc: application/sdp\r\no: refer\r\n"
            b"r: <sip:r@h>\r\n"
            b"b: <sip:b@h>\r\ns: hi\r\nx: 90\r\nu: presence\r\ne: identity\r\nl: 0\r\n\r\n"
        )
        assert [name for name, _ in message.headers] == [
            "Via",
            "From",
            "To",
            "Call-ID",
            "Contact",
            "Supported",
            "Content-Type",
            "Event",
            "Refer-To",
            "Referred-By",
            "Subject",
            "Session-Expires",
            "Allow-Events",
            "Content-Encoding",
            "Content-Length",
        ]
        assert message.supported == {"timer", "100rel"}
        assert message.headers.get("l") == "0"

    def test_names_without_case_unknown_ones_in_their_own_spelling(self) -> None:
        message = invite(
            "vIA: SIP/2.0/TCP two", "x-ODD-Name: 1", "X-odd-name:2", "p-charging-VECTOR: icid-value=1"
        )
        assert message.headers.get_all("VIA")[1] == "SIP/2.0/TCP two"
        assert message.headers.get_all("X-Odd-Name") == ["1", "2"]
        assert message.headers.get("x-odd-name") == "1"
        assert (
            b"\r\nx-ODD-Name: 1\r\nX-odd-name: 2\r\nP-Charging-Vector: icid-value=1\r\n" in message.to_bytes()
        )

    def test_folding_becomes_one_blank(self) -> None:
        message = invite("Subject: I know\r\n \t you're there,\r\n\tpick up")
        assert message.headers.get("Subject") == "I know you're there, pick up"

    def test_comma_joined_and_repeated_are_the_same(self) -> None:
        joined = invite('Route: <sip:a@h;lr>, "x, y" <sip:b@h>', "Route: <sip:c@h>")
        assert [str(route.uri) for route in joined.routes] == ["sip:a@h;lr", "sip:b@h", "sip:c@h"]
        assert joined.headers.values("Route") == ["<sip:a@h;lr>", '"x, y" <sip:b@h>', "<sip:c@h>"]

    def test_commas_of_headers_that_are_no_lists_stay(self) -> None:
        challenge = 'Digest realm="a", nonce="b"'
        message = invite(
            f"WWW-Authenticate: {challenge}", "Subject: a, b", "Date: Sat, 13 Nov 2010 23:29:00 GMT"
        )
        assert message.headers.values("WWW-Authenticate") == [challenge]
        assert message.headers.values("Subject") == ["a, b"]
        assert len(message.headers.values("Date")) == 1

    def test_octets_that_are_not_utf8_survive(self) -> None:
        data = INVITE.replace(b"Max-Forwards", b"X-Latin: caf\xe9 \xff\xfe\r\nMax-Forwards")
        assert parse_message(data).to_bytes() == data

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            (b"no colon here", "Malformed header line"),
            (b"Via", "Malformed header line"),
            (b": value", "Malformed header line"),
            (b"Bad Name: x", "Malformed header line"),
            (b"Sub\x00ject: x", "Malformed header line"),
            (b"X: a\nInjected: b", "CR or LF within the value"),
            (b"X: a\rb", "CR or LF within the value"),
            (b"X: " + b"a" * MAX_LINE, "too long"),
            (b"\r\n".join(b"X: y" for _ in range(MAX_HEADERS)), "Too many header fields"),
        ],
    )
    def test_malformed_lines(self, line: bytes, reason: str) -> None:
        error = refused(INVITE.replace(b"Max-Forwards: 70", line))
        assert reason in error.reason
        assert error.partial is not None
        assert b"Injected" not in error.partial.create_response(400).to_bytes()

    def test_header_section_without_end(self) -> None:
        assert refused(INVITE[:200]).status_hint == 400

    def test_header_section_beyond_the_limit_is_discarded(self) -> None:
        error = refused(
            INVITE.replace(b"Max-Forwards", b"X: y\r\n" * (MAX_HEADER_BYTES // 6) + b"Max-Forwards")
        )
        assert error.partial is None


class TestContentLength:
    """RFC 3261 §18.3."""

    def test_octets_beyond_are_dropped(self) -> None:
        assert parse_message(INVITE + b"noise").body == b"v=0\n"

    def test_missing_means_the_whole_datagram(self) -> None:
        data = INVITE.replace(b"Content-Length: 4\r\n", b"")
        assert parse_message(data).body == b"v=0\n"
        assert parse_message(data).to_bytes() == data.replace(b"\r\n\r\n", b"\r\nContent-Length: 4\r\n\r\n")

    def test_missing_on_a_stream_is_an_error(self) -> None:
        error = refused(INVITE.replace(b"Content-Length: 4\r\n", b""), stream=True)
        assert (error.status_hint, error.reason) == (400, "Missing Content-Length header field")

    @pytest.mark.parametrize(
        ("value", "status"),
        [
            (b"5", 400),
            (b"-1", 400),
            (b"4a", 400),
            (b"", 400),
            (b"4, 4", 400),
            (b"4\r\nl: 4", 400),
            (b"9" * 30, 400),
            (str(MAX_BODY_BYTES + 1).encode(), 413),
        ],
    )
    def test_impossible(self, value: bytes, status: int) -> None:
        assert refused(INVITE.replace(b"Length: 4", b"Length: " + value)).status_hint == status

    def test_written_for_the_body_that_is_there(self) -> None:
        message = invite()
        message.set_body("text/plain", b"hello")
        assert message.to_bytes().endswith(b"Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello")
        message.set_body(None, b"")
        assert message.to_bytes().endswith(b"\r\nContent-Length: 0\r\n\r\n")
        assert message.content_type is None


class TestTypedValues:
    def test_read_when_asked_and_kept(self) -> None:
        message = invite()
        assert message.top_via is message.top_via
        assert message.from_ is message.from_
        assert (message.from_.tag, message.to.tag, message.call_id) == (
            "1928301774",
            None,
            "a84b4c76e66710@pc33.atlanta.com",
        )
        assert (message.cseq.number, message.cseq.method, message.max_forwards) == (314159, "INVITE", 70)

    def test_change_of_headers_forgets_them(self) -> None:
        message = invite()
        assert message.max_forwards == 70
        message.set_header("Max-Forwards", "69")
        message.headers.prepend("Via", "SIP/2.0/TCP proxy;branch=z9hG4bK2")
        assert message.max_forwards == 69
        assert [via.host for via in message.vias] == ["proxy", "pc33.atlanta.com"]
        assert message.top_via.host == "proxy"

    def test_errors_name_the_header(self) -> None:
        message = invite()
        message.headers.remove("CSeq")
        message.headers.set("To", '"x')
        for read, reason in (
            (lambda: message.cseq, "Missing CSeq header field"),
            (lambda: message.to, "To: Unterminated quoted string"),
        ):
            with pytest.raises(SipParseError) as caught:
                read()
            assert caught.value.reason == reason

    def test_lists_and_sets(self) -> None:
        message = invite(
            "Supported: Timer, 100rel",
            "k: path",
            "Require: x",
            "Allow: INVITE,ACK",
            "Allow: BYE",
            "Expires: 60",
            "Record-Route: <sip:r@h;lr>",
            "Path: <sip:p@h;lr>",
            "P-Asserted-Identity: <sip:a@h>, <tel:+31>",
        )
        assert message.supported == {"timer", "100rel", "path"}
        assert (message.require, message.allow, message.expires) == ({"x"}, {"INVITE", "ACK", "BYE"}, 60)
        assert str(message.record_routes[0]) == "<sip:r@h;lr>"
        assert str(message.paths[0]) == "<sip:p@h;lr>"
        assert [str(value.uri) for value in message.asserted_identities] == ["sip:a@h", "tel:+31"]

    def test_an_empty_list_header_is_an_empty_list(self) -> None:
        """``Supported:`` may be empty (RFC 3261 §20.37)."""
        message = invite("Supported:", "Allow: ")
        assert (message.supported, message.allow) == (frozenset(), frozenset())

    def test_a_message_without_via_has_no_top_via(self) -> None:
        with pytest.raises(SipParseError, match="Missing Via"):
            _ = Request("INVITE", "sip:a@h").top_via

    def test_wildcard_contact(self) -> None:
        message = parse_message(INVITE.replace(b"<sip:alice@pc33.atlanta.com>\r\nC", b"*\r\nC"))
        assert message.contact_is_wildcard
        assert message.contacts == []


class TestResponses:
    """RFC 3261 §8.2.6."""

    def test_copies_what_is_required(self) -> None:
        message = invite("Via: SIP/2.0/UDP second", "Timestamp: 54", "X-Other: 1")
        response = message.create_response(180, to_tag="abc")
        assert response.to_bytes() == (
            b"SIP/2.0 180 Ringing\r\nVia: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776asdhds\r\n"
            b"Via: SIP/2.0/UDP second\r\nTo: Bob <sip:bob@biloxi.com>;tag=abc\r\n"
            b"From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n"
            b"Call-ID: a84b4c76e66710@pc33.atlanta.com\r\n"
            b"CSeq: 314159 INVITE\r\nContent-Length: 0\r\n\r\n"
        )

    def test_timestamp_goes_into_a_100(self) -> None:
        assert invite("Timestamp: 54").create_response(100).headers.get("Timestamp") == "54"

    def test_a_tag_that_is_there_stays(self) -> None:
        message = invite()
        message.set_header("To", "<sip:bob@biloxi.com>;tag=1")
        assert message.create_response(200, to_tag="2").to.tag == "1"

    def test_reason_phrase(self) -> None:
        assert invite().create_response(486).reason == "Busy Here"
        assert invite().create_response(486, "Bezet").reason == "Bezet"
        assert invite().create_response(699).reason == ""
        with pytest.raises(LocalProtocolError):
            invite().create_response(486, "a\r\nX: y")


class TestHeaders:
    def test_order_is_kept(self) -> None:
        headers = Headers([("v", "1"), ("X-A", "2"), ("Via", "3"), ("x-a", "4")])
        headers.set("X-A", "5")
        assert headers.items() == [("Via", "1"), ("X-A", "5"), ("Via", "3")]
        headers.prepend("Via", "0")
        headers.prepend("Route", "r")
        headers.add("To", "t")
        assert headers.items() == [
            ("Route", "r"),
            ("Via", "0"),
            ("Via", "1"),
            ("X-A", "5"),
            ("Via", "3"),
            ("To", "t"),
        ]
        headers.remove("via")
        assert [name for name, _ in headers] == ["Route", "X-A", "To"]
        assert ("x-a" in headers, "Via" in headers, len(headers)) == (True, False, 3)

    def test_a_copy_is_independent(self) -> None:
        message = invite()
        copy = message.copy()
        copy.headers.remove("Via")
        copy.uri = parse_uri("sip:carol@h")
        assert message.to_bytes() == INVITE
        assert copy.to_bytes().startswith(b"INVITE sip:carol@h SIP/2.0\r\nMax-Forwards")

    def test_a_copy_of_a_response_is_independent(self) -> None:
        response = invite().create_response(200)
        copy = response.copy()
        copy.headers.remove("Via")
        assert "Via" in response.headers
        assert (copy.status, copy.reason) == (200, "OK")

    @pytest.mark.parametrize("value", ["a\r\nX: b", "a\nb", "a\rb"])
    def test_line_breaks_are_refused(self, value: str) -> None:
        headers = Headers()
        for change in (headers.add, headers.set, headers.prepend):
            with pytest.raises(LocalProtocolError):
                change("X", value)


class TestRequestTarget:
    """RFC 3261 §19.1.1: what may stand in a Request-URI."""

    def test_header_components_and_method_go(self) -> None:
        assert request_target(parse_uri("tel:+31")) == parse_uri("tel:+31")
        assert str(request_target(parse_uri("sip:a@h;lr;method=X?y=z"))) == "sip:a@h;lr"
