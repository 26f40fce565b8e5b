"""What a UAS answers and a UAC discards: RFC 3261 §8.1.3, §8.2, §16.3 and the extensions named below."""

from __future__ import annotations

import pytest

from hipper.telephony.sip.message import Request, Response, parse_message
from hipper.telephony.sip.validate import Rejection, check_request, check_response

BASE = {
    "Via": "SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776asdhds",
    "Max-Forwards": "70",
    "To": "<sip:bob@biloxi.com>",
    "From": "<sip:alice@atlanta.com>;tag=1928301774",
    "Call-ID": "a84b4c76e66710",
    "Contact": "<sip:alice@pc33.atlanta.com>",
}


def request(
    method: str = "INVITE", uri: str = "sip:bob@biloxi.com", body: str = "", **changes: str | None
) -> Request:
    """The base with headers changed (underscore for hyphen) or, with None, left out."""
    headers: dict[str, str | None] = {**BASE, "CSeq": f"1 {method}"}
    headers.update({name.replace("_", "-"): value for name, value in changes.items()})
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value is not None)
    message = parse_message(f"{method} {uri} SIP/2.0\r\n{lines}\r\n{body}".encode())
    assert isinstance(message, Request)
    return message


def outcome(message: Request, **options: bool) -> tuple[int, str | None] | None:
    rejection = check_request(message, **options)  # type: ignore[arg-type]
    return None if rejection is None else (rejection.status, rejection.warning)


def test_a_good_request_is_accepted() -> None:
    for method in ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "INFO", "MESSAGE", "UPDATE"):
        assert check_request(request(method)) is None


@pytest.mark.parametrize("name", ["Via", "To", "From", "Call-ID", "CSeq"])
def test_8_1_1_required_headers(name: str) -> None:
    assert outcome(request(**{name.replace("-", "_"): None})) == (400, f"Missing {name} header field")


@pytest.mark.parametrize("name", ["To", "From", "Call-ID", "CSeq", "Max-Forwards", "Expires", "Content-Type"])
def test_7_3_1_headers_that_stand_once(name: str) -> None:
    value = {**BASE, "CSeq": "1 INVITE", "Expires": "1", "Content-Type": "text/plain"}[name]
    message = request(**{name.replace("-", "_"): value})
    message.headers.add(name, value)
    assert outcome(message) == (400, f"More than one {name} header field")


@pytest.mark.parametrize(
    ("name", "value", "warning"),
    [
        ("Via", "SIP/2.0/UDP", "Via: Via without sent-by"),
        ("Via", "SIP/2.0/UDP h;branch=z9hG4bK1, ", "Via: Empty value in a comma separated list"),
        ("Via", "SIP/3.0/UDP h;branch=z9hG4bK1", "Via of an unknown protocol"),
        ("To", "", "To: Malformed URI"),
        ("From", "<sip:a@h>;tag=1;tag=2", "From: Parameter given twice"),
        ("Call-ID", "a b", "Call-ID: Malformed value"),
        ("CSeq", "", "CSeq: Malformed CSeq header field"),
        ("Max-Forwards", "many", "Max-Forwards: Value is not a number"),
        ("Contact", "<sip:a@h>;q=7", "Contact: Malformed q value"),
        ("Contact", "<sip:a@h", "Contact: Unterminated angle bracket"),
        ("Route", "<sip:a@h>x", "Route: Unexpected text after a URI"),
        ("Record-Route", "", "Record-Route: Malformed URI"),
        ("Date", "Sat, 13 Nov 2010 23:29:00 UTC", "Date: not in the form of RFC 3261 or not in GMT"),
        ("Session-Expires", "soon", "Session-Expires: Malformed SessionExpires value"),
        ("Min-SE", "-1", "Min-SE: Malformed MinSE value"),
        ("Replaces", "a@b", "Replaces: Replaces without both tags"),
        ("RAck", "1", "RAck: Malformed RAck header field"),
        ("Content-Type", "sdp", "Content-Type: Malformed Content-Type"),
        ("Contact", "*", "Contact: an INVITE has exactly one"),
        ("Contact", "<sip:a@h>, <sip:b@h>", "Contact: an INVITE has exactly one"),
        ("Contact", None, "Missing Contact header field"),
    ],
)
def test_400_says_what_is_wrong(name: str, value: str | None, warning: str) -> None:
    message = request(**{name.replace("-", "_"): value})
    assert outcome(message) == (400, warning)


def test_8_2_2_1_schemes() -> None:
    assert check_request(request(uri="sips:bob@biloxi.com")) is None
    assert check_request(request(uri="tel:+31201234567")) is None
    assert check_request(request(uri="urn:service:sos.police")) is None
    assert outcome(request(uri="urn:isbn:123")) == (416, "Request-URI: scheme is not supported")
    assert outcome(request(uri="mailto:bob@biloxi.com")) == (416, "Request-URI: scheme is not supported")
    assert outcome(request(uri="sip:bob@bil@oxi.com")) == (400, "Request-URI: Malformed user part of a URI")


def test_8_2_2_3_require() -> None:
    assert check_request(request(Require="100rel, Timer")) is None
    rejection = check_request(request(Require="100rel, foo, bar"))
    assert rejection == Rejection(
        420, "Bad Extension", "Extension is not supported", ("foo", "bar"), (("Unsupported", "foo, bar"),)
    )
    message = request(Require="foo")
    assert check_request(request("CANCEL", Require="foo")) is None
    assert check_request(request("ACK", Require="foo")) is None
    assert check_request(message, supported=frozenset({"foo"})) is None


def test_16_3_proxy_require_and_max_forwards_of_who_forwards() -> None:
    message = request(Proxy_Require="foo", Max_Forwards="0")
    assert check_request(message) is None
    assert outcome(message, forwarding=True) == (420, "Extension is not supported")
    assert outcome(request(Max_Forwards="0"), forwarding=True) == (483, "Max-Forwards is zero")


def test_8_2_3_bodies() -> None:
    assert outcome(request(body="v=0")) == (400, "Body without a Content-Type header field")
    assert check_request(request(body="v=0", Content_Type="application/SDP;charset=utf-8")) is None
    assert check_request(request(body="x", Content_Type="multipart/mixed;boundary=b")) is None
    assert outcome(request(body="x", Content_Type="application/x")) == (415, "Content-Type is not supported")
    assert check_request(request("MESSAGE", body="x", Content_Type="application/x")) is None
    optional = {"Content_Type": "application/x", "Content_Disposition": "icon;handling=optional"}
    assert check_request(request(body="x", **optional)) is None
    encoded = check_request(request(body="x", Content_Type="application/sdp", Content_Encoding="gzip"))
    assert encoded is not None
    assert (encoded.status, encoded.headers) == (415, (("Accept-Encoding", "identity"),))
    assert (
        check_request(request(body="x", Content_Type="application/sdp", Content_Encoding="identity")) is None
    )


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/sdp", None),
        ("text/plain, */*", None),
        ("application/*;q=0.1", None),
        ("text/plain", 406),
        ("", 406),
    ],
)
def test_13_2_1_accept(accept: str, status: int | None) -> None:
    rejection = check_request(request(Accept=accept))
    assert (rejection and rejection.status) == status


def test_10_3_register() -> None:
    assert check_request(request("REGISTER", Contact="*", Expires="0")) is None
    for changes in ({"Contact": "*"}, {"Contact": "*", "Expires": "60"}):
        assert outcome(request("REGISTER", **changes)) == (
            400,
            "Contact: * needs Expires 0 and no other Contact",
        )
    both = request("REGISTER", Contact="<sip:a@h>", Expires="0")
    both.headers.add("Contact", "*")
    assert outcome(both) is not None
    assert outcome(request("REGISTER", To="tel:+31")) == (
        400,
        "To: the address of record is not a sip or sips URI",
    )


@pytest.mark.parametrize(
    ("method", "changes", "expected"),
    [
        ("REFER", {}, (400, "Missing Refer-To header field")),
        ("REFER", {"Refer_To": "<sip:a@h"}, (400, "Refer-To: Unterminated angle bracket")),
        ("REFER", {"Refer_To": "<sip:a@h?Replaces=1>"}, None),
        ("PRACK", {}, (400, "Missing RAck header field")),
        ("PRACK", {"RAck": "1 1 INVITE"}, None),
        ("SUBSCRIBE", {}, (489, "Missing Event header field")),
        ("SUBSCRIBE", {"Event": "message-summary"}, None),
        ("NOTIFY", {}, (489, "Missing Event header field")),
        ("NOTIFY", {"Event": "refer"}, (400, "Missing Subscription-State header field")),
        ("NOTIFY", {"Event": "refer", "Subscription_State": "active"}, None),
    ],
)
def test_what_single_methods_need(
    method: str, changes: dict[str, str], expected: tuple[int, str] | None
) -> None:
    assert outcome(request(method, **changes)) == expected


def test_an_unknown_method_is_left_to_the_user_agent() -> None:
    assert check_request(request("FROBNICATE")) is None
    assert outcome(request("FROBNICATE", CSeq="1 INVITE")) == (
        501,
        "CSeq method does not match the request method",
    )
    assert outcome(request("invite")) is None


def test_after_the_check_nothing_raises() -> None:
    message = request(Route="<sip:a@h;lr>", Max_Forwards="300", Expires="never")
    assert check_request(message) is None
    assert (message.top_via.host, message.from_.tag, message.to.tag) == (
        "pc33.atlanta.com",
        "1928301774",
        None,
    )
    assert (message.max_forwards, message.expires, len(message.contacts), len(message.routes)) == (
        None,
        None,
        1,
        1,
    )


class TestResponses:
    """RFC 3261 §8.1.3.3, §18.1.2."""

    def response(self, **changes: str | None) -> Response:
        message = request(**changes).create_response(200, to_tag="t")
        again = parse_message(message.to_bytes())
        assert isinstance(again, Response)
        return again

    def test_accepted(self) -> None:
        assert check_response(self.response()) is None

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"Via": None}, "Missing Via header field"),
            ({"CSeq": "x"}, "CSeq: Malformed CSeq header field"),
            ({"To": '"x'}, "To: Unterminated quoted string"),
            (
                {"Via": "SIP/2.0/UDP a, SIP/2.0/UDP b"},
                "More than one Via: the response is meant for another element",
            ),
            ({"Via": "SIP/2.0/UDP a;branch=z9hG4bK"}, "Via: branch without an identifier"),
        ],
    )
    def test_discarded(self, changes: dict[str, str | None], reason: str) -> None:
        assert check_response(self.response(**changes)) == reason
