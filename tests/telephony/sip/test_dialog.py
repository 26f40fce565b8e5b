"""Dialogs (RFC 3261 §12)."""

from __future__ import annotations

import pytest

from hipper.telephony.sip.dialog import DIALOG, Dialog, DialogEvent, DialogState
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.message import Request, Response, parse_message
from hipper.telephony.sip.routing import next_hop
from hipper.telephony.sip.uri import parse_uri
from tests.telephony.sip.siptest import raw

FLOW = Flow("udp", "test", ("192.0.2.1", 5060), ("192.0.2.2", 5060))


def invite(
    record_route: str = "", contact: str = "<sip:bob@192.0.2.2:5060>", via: str = "192.0.2.2"
) -> Request:
    lines = [
        "INVITE sip:alice@192.0.2.1 SIP/2.0",
        f"Via: SIP/2.0/UDP {via}:5060;branch=z9hG4bK1",
        'From: "Bob, B." <sip:bob@example.com>;tag=remote',
        "To: <sip:alice@example.com>",
        "Call-ID: c1",
        "CSeq: 7 INVITE",
        f"Contact: {contact}",
    ]
    lines += [f"Record-Route: {record_route}"] if record_route else []
    request = parse_message(raw(lines))
    assert isinstance(request, Request)
    return request


def answer(record_route: str = "", contact: str = "<sip:bob@192.0.2.2:5060>") -> Response:
    lines = [
        "SIP/2.0 200 OK",
        "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1",
        "From: <sip:alice@example.com>;tag=local",
        "To: <sip:bob@example.com>;tag=remote",
        "Call-ID: c1",
        "CSeq: 7 INVITE",
        f"Contact: {contact}",
    ]
    lines += [f"Record-Route: {record_route}"] if record_route else []
    response = parse_message(raw(lines))
    assert isinstance(response, Response)
    return response


def as_callee(record_route: str = "", **more: str) -> Dialog:
    return Dialog.as_callee(invite(record_route, **more), "local", "<sip:us@192.0.2.1>", FLOW)


def as_caller(record_route: str = "") -> Dialog:
    request = invite()
    request.headers.set("From", "<sip:alice@example.com>;tag=local")
    request.headers.set("To", "<sip:bob@example.com>")
    return Dialog.as_caller(request, answer(record_route), "<sip:us@192.0.2.1>", FLOW, keep_flow=False)


class TestIdentity:
    """§12.1."""

    def test_callee_takes_both_tags_and_the_peers_number(self) -> None:
        dialog = as_callee()
        assert dialog.id == ("c1", "local", "remote")
        assert dialog.remote_seq == 7
        assert dialog.local == "<sip:alice@example.com>;tag=local"
        assert dialog.remote == '"Bob, B." <sip:bob@example.com>;tag=remote'

    def test_callers_next_request_counts_on_from_the_invite(self) -> None:
        dialog = as_caller()
        assert dialog.id == ("c1", "local", "remote")
        assert dialog.create_request("BYE").headers.get("CSeq") == "8 BYE"

    def test_callees_first_request_starts_its_own_numbers(self) -> None:
        assert as_callee().create_request("BYE").headers.get("CSeq") == "1 BYE"


class TestRouteSet:
    """§12.1, §12.2.1.1."""

    ROUTES = "<sip:p1.example.com;lr>, <sip:p2.example.com;lr>"

    def test_callee_keeps_the_order_caller_reverses_it(self) -> None:
        assert as_callee(self.ROUTES).route_set == ("<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>")
        assert as_caller(self.ROUTES).route_set == ("<sip:p2.example.com;lr>", "<sip:p1.example.com;lr>")

    def test_loose_routes_go_into_route_and_the_target_into_the_request_uri(self) -> None:
        request = as_callee(self.ROUTES).create_request("BYE")
        assert request.request_uri_text == "sip:bob@192.0.2.2:5060"
        assert request.headers.get_all("Route") == ["<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>"]

    def test_strict_router_first_gets_itself_as_request_uri_and_the_target_last(self) -> None:
        request = as_callee("<sip:old.example.com>, <sip:p2.example.com;lr>").create_request("BYE")
        assert request.request_uri_text == "sip:old.example.com"
        assert request.headers.get_all("Route") == ["<sip:p2.example.com;lr>", "<sip:bob@192.0.2.2:5060>"]

    def test_2xx_decides_the_callers_route_set(self) -> None:
        dialog = as_caller(self.ROUTES)
        dialog.confirm_route_set(answer("<sip:p9.example.com;lr>"))
        assert dialog.route_set == ("<sip:p9.example.com;lr>",)

    @pytest.mark.parametrize("routes", ["", ROUTES])
    def test_headers_and_method_of_the_contact_stay_out_of_the_request_uri(self, routes: str) -> None:
        """RFC 3261 §19.1.1, table 1."""
        contact = "<sip:bob@192.0.2.2;method=BYE;line=1?Route=%3Csip:evil.example%3E>"
        request = as_callee(routes, contact=contact).create_request("INFO")
        assert request.request_uri_text == "sip:bob@192.0.2.2;line=1"
        assert "evil" not in request.to_bytes().decode()


class TestSequence:
    """§12.2.2."""

    def test_lower_number_is_refused_equal_and_higher_are_taken(self) -> None:
        dialog = as_callee()
        assert not dialog.take_sequence(6)
        assert dialog.take_sequence(7)
        assert dialog.take_sequence(20)
        assert not dialog.take_sequence(19)

    def test_ack_carries_the_number_of_its_invite(self) -> None:
        dialog = as_caller()
        assert dialog.create_request("ACK", seq=7).headers.get("CSeq") == "7 ACK"
        assert dialog.create_request("BYE").headers.get("CSeq") == "8 BYE"


class TestTarget:
    """§12.2.1.2, §12.2.2 and where requests really go."""

    def test_answer_without_contact_leaves_the_request_uri_as_the_target(self) -> None:
        """A fault of the peer, and the only address there is to send the ACK to."""
        response = answer()
        response.headers.remove("Contact")
        dialog = Dialog.as_caller(invite(), response, "<sip:us@192.0.2.1>", FLOW, keep_flow=False)
        assert dialog.create_request("ACK", seq=7).request_uri_text == "sip:alice@192.0.2.1"

    def test_contact_of_a_later_request_is_the_new_target(self) -> None:
        dialog = as_callee()
        dialog.refresh_target(invite(contact="<sip:bob@192.0.2.77:5070>"))
        request = dialog.create_request("BYE")
        assert request.request_uri_text == "sip:bob@192.0.2.77:5070"
        assert dialog.next_flow().remote == ("192.0.2.77", 5070)

    def test_message_without_contact_leaves_the_target(self) -> None:
        dialog = as_callee()
        response = answer()
        response.headers.remove("Contact")
        dialog.refresh_target(response)
        assert str(dialog.target) == "sip:bob@192.0.2.2:5060"

    def test_peer_behind_nat_is_reached_where_it_came_from(self) -> None:
        request = invite(contact="<sip:bob@10.0.0.5:5060>", via="10.0.0.5")
        request.top_via.params["received"] = "192.0.2.2"
        dialog = Dialog.as_callee(request, "local", "<sip:us@192.0.2.1>", FLOW)
        assert dialog.next_flow() == FLOW

    def test_only_target_refresh_requests_carry_contact(self) -> None:
        dialog = as_callee()
        assert "Contact" in dialog.create_request("UPDATE").headers
        assert "Contact" not in dialog.create_request("BYE").headers

    @pytest.mark.parametrize(
        ("uri", "remote"),
        [
            ("sip:192.0.2.9", ("192.0.2.9", 5060)),
            ("sip:[2001:db8::1]:5080", ("2001:db8::1", 5080)),
            ("sip:name.example.com", ("8.8.8.8", 5060)),
            ("tel:+31201234567", ("8.8.8.8", 5060)),
            ("sip:10.0.0.1", ("8.8.8.8", 5060)),
            ("sip:9.9.9.9;transport=tcp", ("8.8.8.8", 5060)),
        ],
    )
    def test_next_hop(self, uri: str, remote: tuple[str, int]) -> None:
        public = FLOW._replace(remote=("8.8.8.8", 5060))
        private_too = uri.startswith(("sip:192", "sip:[2001"))
        flow = FLOW if private_too else public
        assert next_hop(parse_uri(uri), flow, keep=False).remote == remote
        assert next_hop(parse_uri(uri), flow, keep=True) is flow

    def test_stream_to_the_same_host_stays_on_its_connection(self) -> None:
        flow = Flow("tcp", "test", ("192.0.2.1", 5060), ("192.0.2.2", 40001), 9)
        assert next_hop(parse_uri("sip:bob@192.0.2.2:5060;transport=tcp"), flow, keep=False) is flow


@pytest.mark.parametrize("state", list(DialogState))
def test_every_pair_has_a_row(state: DialogState) -> None:
    assert set(DIALOG[state]) == set(DialogEvent)


def test_failed_request_leaves_a_confirmed_dialog_and_ends_an_early_one() -> None:
    dialog = as_callee()
    dialog.advance(DialogEvent.SUCCESS)
    dialog.advance(DialogEvent.FAILURE)
    assert dialog.state is DialogState.CONFIRMED
    early = as_callee()
    early.advance(DialogEvent.FAILURE)
    assert early.state is DialogState.TERMINATED
