"""Which transaction a message belongs to, where a response goes, broken transports and bounds
(RFC 3261 §17.1.3, §17.2.3, §18, RFC 3581)."""

from __future__ import annotations

import pytest

from hipper.telephony.sip.endpoint import (
    CancelReceived,
    RequestReceived,
    ResponseReceived,
    TransactionFailed,
)
from hipper.telephony.sip.flow import Flow
from tests.telephony.sip.endpoint_bench import TCP, UDP, Bench, answer_to, outgoing, request


class TestMatching:
    """§17.1.3, §17.2.3, §9.2, §8.2.2.2."""

    def test_cancel_gets_200_and_names_its_invite(self) -> None:
        bench = Bench()
        bench.receive(request())
        bench.receive(request("CANCEL"))
        bench.receive(request("CANCEL"))
        assert bench.titles == ["100 INVITE", "200 CANCEL", "200 CANCEL"]
        received = bench.only(RequestReceived)
        assert bench.only(CancelReceived).transaction == received.transaction
        assert bench.sent[1].to.tag == bench.endpoint.to_tag(received.transaction)

    def test_cancel_of_nothing_gets_481(self) -> None:
        bench = Bench()
        bench.receive(request("CANCEL"))
        assert bench.titles == ["481 CANCEL"]

    def test_cancel_after_the_final_answer_changes_nothing(self) -> None:
        bench = Bench()
        bench.receive(request())
        bench.respond(200)
        bench.receive(request("CANCEL"))
        assert bench.titles == ["100 INVITE", "200 INVITE", "200 CANCEL"]
        assert not any(isinstance(event, CancelReceived) for event in bench.events)

    def test_sent_by_and_branch_tell_requests_apart(self) -> None:
        bench = Bench()
        bench.receive(request("OPTIONS"))
        bench.receive(request("OPTIONS", via="192.0.2.2:5080", call_id="c2"))
        bench.receive(request("OPTIONS", "z9hG4bK-2", call_id="c3"))
        assert len(bench.events) == 3

    def test_same_request_over_another_path_is_482(self) -> None:
        bench = Bench()
        bench.receive(request())
        bench.receive(request(branch="z9hG4bK-2"))
        bench.receive(request(branch="z9hG4bK-2"))
        assert bench.titles == ["100 INVITE", "482 INVITE", "482 INVITE"]
        assert bench.sent[1].to.tag == bench.sent[2].to.tag
        bench.only(RequestReceived)

    def test_request_whose_transaction_is_over_is_nothing_to_merge_with(self) -> None:
        bench = Bench()
        bench.receive(request("OPTIONS"))
        bench.respond(200)
        bench.run(64)
        bench.receive(request("OPTIONS", branch="z9hG4bK-2"))
        assert bench.titles == ["200 OPTIONS"]
        assert len(bench.events) == 2

    @pytest.mark.parametrize("branch", ["", "1"])
    def test_rfc_2543_peer_without_magic_cookie(self, branch: str) -> None:
        """Branches of old peers are not unique: everything else has to agree (RFC 4475 inv2543)."""
        bench = Bench()
        bench.receive(request(branch=branch))
        bench.receive(request(branch=branch))
        assert bench.titles == ["100 INVITE", "100 INVITE"]
        bench.receive(request("CANCEL", branch))
        assert bench.titles[-1] == "200 CANCEL"
        bench.respond(487)
        bench.receive(request("ACK", branch, to_tag=bench.sent[-1].to.tag or ""))
        bench.run(30)
        assert bench.times("487 INVITE") == [0.0]
        bench.receive(request("INVITE", branch, number=2))
        assert bench.titles[-1] == "100 INVITE"

    def test_response_with_foreign_sent_by_or_unknown_branch_is_dropped(self) -> None:
        bench = Bench()
        bench.endpoint.send_request(outgoing("OPTIONS"), UDP, 0.0)
        bench.pump()
        good = answer_to(bench.sent[0], 200)
        bench.receive(good.replace(b"192.0.2.1:5060;branch", b"203.0.113.9:5060;branch"))
        bench.receive(good.replace(b"branch=z9hG4bK", b"branch=z9hG4bKx"))
        bench.receive(good.replace(b"OPTIONS", b"INVITE"))
        assert bench.events == []
        assert bench.endpoint.dropped == {"stray response": 3}
        bench.receive(good)
        bench.only(ResponseReceived)

    def test_response_with_two_vias_is_dropped(self) -> None:
        bench = Bench()
        bench.endpoint.send_request(outgoing("OPTIONS"), UDP, 0.0)
        bench.pump()
        good = answer_to(bench.sent[0], 200)
        bench.receive(good.replace(
            b"\r\nFrom:", b"\r\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK9\r\nFrom:", 1))  # fmt: skip
        assert bench.events == []
        assert bench.endpoint.dropped == {"invalid response": 1}


class TestResponseRouting:
    """§18.2.1, §18.2.2, RFC 3581."""

    def route(self, via: str, flow: Flow = UDP) -> tuple[str, int]:
        bench = Bench()
        bench.receive(request("OPTIONS", via=via), flow)
        bench.respond(200)
        return bench.raw_sent[0][2].remote

    def test_source_address_and_port_of_via(self) -> None:
        assert self.route("10.0.0.9:5070") == ("192.0.2.2", 5070)
        assert self.route("phone.example.com") == ("192.0.2.2", 5060)

    def test_rport_sends_back_to_the_source_port(self) -> None:
        source = UDP._replace(remote=("192.0.2.2", 33333))
        assert self.route("10.0.0.9:5070;rport", source) == ("192.0.2.2", 33333)

    def test_maddr_is_followed(self) -> None:
        assert self.route("192.0.2.2:5070;maddr=192.0.2.50") == ("192.0.2.50", 5070)

    def test_received_and_rport_are_written_and_foreign_claims_overwritten(self) -> None:
        bench = Bench()
        via = "10.0.0.9:5070;received=203.0.113.1;rport"
        bench.receive(request("OPTIONS", via=via), UDP._replace(remote=("192.0.2.2", 33333)))
        top = bench.only(RequestReceived).request.top_via
        assert (top.received, top.rport) == ("192.0.2.2", 33333)
        bench = Bench()
        bench.receive(request("OPTIONS", via="192.0.2.2:5060;received=203.0.113.1"))
        assert bench.only(RequestReceived).request.top_via.received is None

    def test_stream_answers_on_its_connection(self) -> None:
        assert self.route("10.0.0.9:5070", TCP) == ("192.0.2.2", 40000)

    def test_broken_stream_answers_over_a_new_connection_to_via(self) -> None:
        bench = Bench()
        bench.receive(request(via="10.0.0.9:5070"), TCP)
        bench.endpoint.transport_failed(TCP, 0.0)
        bench.respond(486)
        assert bench.raw_sent[-1][2] == TCP._replace(remote=("192.0.2.2", 5070), connection=0)

    def test_broken_stream_repeats_no_2xx_which_is_the_user_agents_to_repeat(self) -> None:
        bench = Bench()
        bench.receive(request(via="10.0.0.9:5070"), TCP)
        bench.respond(200)
        sent = len(bench.raw_sent)
        bench.endpoint.transport_failed(TCP, 0.0)
        bench.pump()
        assert len(bench.raw_sent) == sent


class TestTransportFailure:
    """§18.4, §17.1.4."""

    def test_client_transactions_on_the_flow_fail(self) -> None:
        bench = Bench()
        bench.endpoint.send_request(outgoing("OPTIONS"), TCP, 0.0)
        other = bench.endpoint.send_request(outgoing("MESSAGE"), UDP, 0.0)
        bench.endpoint.transport_failed(TCP, 0.0)
        bench.pump()
        failed = bench.only(TransactionFailed)
        assert failed.transport
        assert failed.transaction != other

    @pytest.mark.parametrize(
        ("method", "statuses"),
        [("OPTIONS", []), ("OPTIONS", [100]), ("OPTIONS", [200]), ("INVITE", []), ("INVITE", [486])],
    )
    def test_server_transaction_on_the_flow_is_told_while_an_answer_may_be_lost(
        self, method: str, statuses: list[int]
    ) -> None:
        bench = Bench()
        bench.receive(request(method))
        for status in statuses:
            bench.respond(status)
        bench.endpoint.transport_failed(UDP, 0.0)
        bench.pump()
        failed = bench.only(TransactionFailed)
        assert (failed.transport, failed.is_client) == (True, False)

    @pytest.mark.parametrize(
        ("method", "answers"),
        [("OPTIONS", [100]), ("INVITE", []), ("INVITE", [180]), ("INVITE", [180, 486]), ("INVITE", [486])],
    )
    def test_client_transaction_fails_in_every_state_in_which_it_may_send(
        self, method: str, answers: list[int]
    ) -> None:
        """Also when only the ACK of a refusal is left to send (§17.1.1.2)."""
        bench = Bench()
        bench.endpoint.send_request(outgoing(method), UDP, 0.0)
        bench.pump()
        for status in answers:
            bench.receive(answer_to(bench.sent[0], status))
        bench.endpoint.transport_failed(UDP, 0.0)
        bench.pump()
        assert bench.only(TransactionFailed).transport
        assert len(bench.endpoint) == 0

    def test_large_request_leaves_udp_and_comes_back_when_the_stream_fails(self) -> None:
        bench = Bench(flow_for_large=lambda flow: TCP)
        bench.endpoint.send_request(outgoing(size=1300), UDP, 0.0)
        bench.endpoint.send_request(outgoing("OPTIONS"), UDP, 0.0)
        bench.pump()
        assert [flow for _, _, flow in bench.raw_sent] == [TCP, UDP]
        assert bench.sent[0].top_via.transport == "TCP"
        bench.endpoint.transport_failed(TCP, 0.0)
        bench.pump()
        assert bench.raw_sent[2][2] == UDP
        assert bench.sent[2].top_via.transport == "UDP"
        assert bench.sent[2].top_via.branch == bench.sent[0].top_via.branch
        assert len(bench.sent[2].vias) == 1
        assert bench.events == []
        bench.receive(answer_to(bench.sent[2], 200))
        bench.only(ResponseReceived)


class TestBounds:
    """Memory is bounded, and what cannot be handled is answered or dropped."""

    def test_above_the_limit_new_requests_get_503_dialogs_go_on_and_emergencies_pass(self) -> None:
        bench = Bench(max_transactions=2, retry_after_s=7, never_refuse=lambda r: "112" in r.request_uri_text)
        for number in (1, 2, 3):
            bench.receive(request("OPTIONS", f"z9hG4bK-{number}", call_id=f"c{number}"))
        assert bench.titles == ["503 OPTIONS"]
        assert bench.sent[0].headers.get("Retry-After") == "7"
        bench.receive(request("BYE", "z9hG4bK-4", to_tag="t"))
        bench.receive(request("INVITE", "z9hG4bK-5", call_id="c5", uri="sip:112@192.0.2.1"))
        assert len(bench.events) == 4
        bench.receive(request("BYE", "z9hG4bK-6", to_tag="t", call_id="c6"))
        bench.receive(request("CANCEL", "z9hG4bK-7", call_id="c7"))
        assert len(bench.endpoint) == 4
        assert bench.endpoint.dropped == {"too many transactions": 2}

    def test_when_we_fall_behind_only_new_requests_get_503_and_emergencies_pass(self) -> None:
        behind = True
        bench = Bench(
            retry_after_s=7, never_refuse=lambda r: "112" in r.request_uri_text, overloaded=lambda: behind
        )
        bench.receive(request("INVITE", "z9hG4bK-1", call_id="c1"))
        assert bench.titles == ["503 INVITE"]
        assert bench.sent[0].headers.get("Retry-After") == "7"
        assert len(bench.endpoint) == 0
        assert bench.events == []
        bench.receive(request("BYE", "z9hG4bK-2", to_tag="t"))
        bench.receive(request("INVITE", "z9hG4bK-3", call_id="c3", uri="sip:112@192.0.2.1"))
        assert len(bench.events) == 2
        behind = False
        bench.receive(request("INVITE", "z9hG4bK-4", call_id="c4"))
        assert len(bench.events) == 3
        assert bench.endpoint.refused == 1

    def test_emergency_finds_room_where_everything_else_has_filled_the_table(self) -> None:
        bench = Bench(max_transactions=2, never_refuse=lambda r: "112" in r.request_uri_text)
        for number in range(4):
            bench.receive(request("BYE", f"z9hG4bK-{number}", to_tag="t", call_id=f"c{number}"))
        bench.receive(request("INVITE", "z9hG4bK-112", call_id="c112", uri="sip:112@192.0.2.1"))
        bench.receive(request("CANCEL", "z9hG4bK-112", call_id="c112", uri="sip:112@192.0.2.1"))
        assert bench.endpoint.dropped == {}
        assert [type(event).__name__ for event in bench.events][-2:] == ["RequestReceived", "CancelReceived"]
        for number in range(4):
            bench.receive(
                request("INVITE", f"z9hG4bK-x{number}", call_id=f"x{number}", uri="sip:112@192.0.2.1")
            )
        assert len(bench.endpoint) == 8
        assert bench.endpoint.dropped == {"too many transactions": 2}

    @pytest.mark.parametrize("data", [b"", b"\r\n\r\n", b"junk", b"\x00" * 2000, b"SIP/2.0 200 OK\r\n\r\n"])
    def test_what_is_not_sip_is_dropped(self, data: bytes) -> None:
        bench = Bench()
        bench.receive(data)
        assert bench.sent == []
        assert bench.events == []

    def test_malformed_request_gets_400_with_the_reason_in_warning(self) -> None:
        bench = Bench()
        bench.receive(request("OPTIONS").replace(b"CSeq: 1 OPTIONS", b"CSeq: nonsense"))
        first = bench.raw_sent[0][1]
        assert first.startswith(b"SIP/2.0 400 ")
        assert b"Warning: 399 192.0.2.1" in first
        assert bench.events == []
        assert len(bench.endpoint) == 0

    def test_unsupported_extension_gets_420_and_malformed_ack_nothing(self) -> None:
        bench = Bench()
        bench.receive(request("OPTIONS", more=("Require: magic",)))
        assert bench.titles == ["420 OPTIONS"]
        assert bench.sent[0].headers.get("Unsupported") == "magic"
        bench.receive(request("ACK").replace(b"CSeq: 1 ACK", b"CSeq: nonsense"))
        assert len(bench.raw_sent) == 1

    def test_advertised_address_goes_into_via(self) -> None:
        bench = Bench(advertised={"test": ("203.0.113.1", 15060)})
        bench.endpoint.send_request(outgoing("OPTIONS"), UDP, 0.0)
        bench.pump()
        assert bench.sent[0].top_via.sent_by == ("203.0.113.1", 15060)
        bench.receive(answer_to(bench.sent[0], 200))
        bench.only(ResponseReceived)
