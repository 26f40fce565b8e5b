"""The transaction layer on raw messages (RFC 3261 §17, §18, RFC 3581, RFC 6026)."""

from __future__ import annotations

from typing import Any, TypeVar

import pytest

from hipper.telephony.sip.endpoint import (
    AckReceived,
    CancelReceived,
    EndpointConfig,
    RequestReceived,
    ResponseReceived,
    SipEndpoint,
    TransactionFailed,
)
from hipper.telephony.sip.errors import LocalProtocolError
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.ids import CountingIds
from hipper.telephony.sip.message import Headers, Request, Response, parse_message
from tests.telephony.sip.siptest import raw

UDP = Flow("udp", "test", ("192.0.2.1", 5060), ("192.0.2.2", 5060))
TCP = Flow("tcp", "test", ("192.0.2.1", 5060), ("192.0.2.2", 40000), 3)
E = TypeVar("E")


class Bench:
    """An endpoint with a clock; ``sent`` and ``events`` grow."""

    def __init__(self, **config: Any) -> None:
        self.endpoint = SipEndpoint(EndpointConfig(**config), CountingIds("x"))
        self.now = 0.0
        self.sent: list[Request | Response] = []
        self.raw_sent: list[tuple[float, bytes, Flow]] = []
        self.events: list[Any] = []

    def pump(self) -> None:
        while (event := self.endpoint.next_event()) is not None:
            self.events.append(event)
        for data, flow in self.endpoint.messages_to_send():
            self.raw_sent.append((self.now, data, flow))
            self.sent.append(parse_message(data))

    def receive(self, data: bytes, flow: Flow = UDP) -> None:
        if flow.is_stream:
            self.endpoint.receive_message(data, flow, self.now)
        else:
            self.endpoint.receive_datagram(data, flow, self.now)
        self.pump()

    def run(self, until: float) -> None:
        while (due := self.endpoint.next_timer()) is not None and due <= until:
            self.now = due
            self.endpoint.handle_timer(due)
            self.pump()
        self.now = until

    def respond(self, status: int, transaction: str | None = None, **more: Any) -> None:
        received = self.only(RequestReceived)
        id_ = transaction or received.transaction
        response = received.request.create_response(status, to_tag=self.endpoint.to_tag(id_), **more)
        self.endpoint.respond(id_, response, self.now)
        self.pump()

    def only(self, kind: type[E]) -> E:
        found = [event for event in self.events if isinstance(event, kind)]
        assert len(found) == 1, self.events
        return found[0]

    @property
    def titles(self) -> list[str]:
        return [
            message.method if isinstance(message, Request) else f"{message.status} {message.cseq.method}"
            for message in self.sent
        ]

    def times(self, title: str) -> list[float]:
        return [at for (at, _, _), name in zip(self.raw_sent, self.titles, strict=True) if name == title]


def request(
    method: str = "INVITE", branch: str = "z9hG4bK-1", *, via: str = "192.0.2.2:5060", to_tag: str = "",
    call_id: str = "c1", number: int = 1, more: tuple[str, ...] = (), uri: str = "sip:bob@192.0.2.1",
) -> bytes:  # fmt: skip
    branch = f";branch={branch}" if branch else ""
    lines = [
        f"{method} {uri} SIP/2.0",
        f"Via: SIP/2.0/UDP {via}{branch}",
        "Max-Forwards: 70",
        "From: <sip:alice@example.com>;tag=a",
        "To: <sip:bob@example.com>" + (f";tag={to_tag}" if to_tag else ""),
        f"Call-ID: {call_id}",
        f"CSeq: {number} {method}",
        "Contact: <sip:alice@192.0.2.2>",
        *more,
    ]
    return raw(lines)


def outgoing(method: str = "INVITE", size: int = 0) -> Request:
    items = [
        ("Max-Forwards", "70"),
        ("From", "<sip:us@192.0.2.1>;tag=u"),
        ("To", "<sip:peer@192.0.2.2>"),
        ("Call-ID", "out-1"),
        ("CSeq", f"3 {method}"),
        ("Route", "<sip:proxy.example.com;lr>"),
        ("Contact", "<sip:us@192.0.2.1>"),
    ]
    if size:
        items.append(("X-Padding", "x" * size))
    return Request(method, "sip:peer@192.0.2.2", Headers(items))


def answer_to(sent: Request | Response, status: int, tag: str = "p") -> bytes:
    assert isinstance(sent, Request)
    return sent.create_response(status, to_tag=tag).to_bytes()


class TestInviteClient:
    """§17.1.1, RFC 6026 §7.2."""

    def start(self, flow: Flow = UDP, **config: Any) -> tuple[Bench, str]:
        bench = Bench(**config)
        transaction = bench.endpoint.send_request(outgoing(), flow, 0.0, "context")
        bench.pump()
        return bench, transaction

    def test_unanswered_invite_is_repeated_doubling_and_times_out_at_64_t1(self) -> None:
        bench, transaction = self.start()
        bench.run(100)
        assert bench.times("INVITE") == [0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
        failed = bench.only(TransactionFailed)
        assert (failed.transaction, failed.transport, failed.context) == (transaction, False, "context")
        assert bench.now == 100
        assert len(bench.endpoint) == 0

    def test_stream_never_repeats_but_times_out(self) -> None:
        bench, _ = self.start(TCP)
        bench.run(100)
        assert bench.times("INVITE") == [0.0]
        bench.only(TransactionFailed)

    def test_provisional_stops_repeating(self) -> None:
        bench, _ = self.start()
        bench.receive(answer_to(bench.sent[0], 100))
        bench.run(60)
        assert bench.titles == ["INVITE"]
        assert bench.only(ResponseReceived).response.status == 100

    def test_failure_is_acknowledged_within_the_transaction(self) -> None:
        bench, _ = self.start()
        invite = bench.sent[0]
        bench.receive(answer_to(invite, 486))
        ack = bench.sent[1]
        assert isinstance(ack, Request)
        assert ack.method == "ACK"
        assert ack.top_via.branch == invite.top_via.branch
        assert ack.to.tag == "p"
        assert str(ack.cseq) == "3 ACK"
        assert ack.headers.get("Route") == "<sip:proxy.example.com;lr>"
        assert ack.request_uri_text == "sip:peer@192.0.2.2"

    def test_repeated_failure_gets_the_ack_again_and_is_told_once(self) -> None:
        bench, _ = self.start()
        for _ in range(3):
            bench.receive(answer_to(bench.sent[0], 486))
        assert bench.titles == ["INVITE", "ACK", "ACK", "ACK"]
        bench.only(ResponseReceived)
        bench.run(31.9)
        assert len(bench.endpoint) == 1
        bench.run(32.1)
        assert len(bench.endpoint) == 0

    def test_each_2xx_is_told_until_timer_m(self) -> None:
        bench, _ = self.start()
        for tag in ("p", "p", "fork"):
            bench.receive(answer_to(bench.sent[0], 200, tag))
        assert bench.titles == ["INVITE"]
        assert [event.response.to.tag for event in bench.events] == ["p", "p", "fork"]
        bench.receive(answer_to(bench.sent[0], 486))
        assert len(bench.events) == 3
        bench.run(33)
        assert len(bench.endpoint) == 0
        bench.receive(answer_to(bench.sent[0], 200))
        assert bench.endpoint.dropped == {"stray response": 1}

    def test_peer_that_says_nothing_more_after_one_100_is_cancelled_by_timer_c(self) -> None:
        bench, _ = self.start(timer_c_s=10.0)
        bench.receive(answer_to(bench.sent[0], 100))
        bench.run(9.9)
        assert bench.titles == ["INVITE"]
        bench.run(10.1)
        assert bench.titles == ["INVITE", "CANCEL"]

    def test_ringing_for_ever_is_cancelled_by_timer_c(self) -> None:
        bench, _ = self.start(timer_c_s=10.0)
        bench.receive(answer_to(bench.sent[0], 180))
        bench.run(9)
        bench.receive(answer_to(bench.sent[0], 180))
        bench.run(18)
        assert bench.titles == ["INVITE"]
        bench.run(60)
        assert bench.titles[:2] == ["INVITE", "CANCEL"]
        assert [event.context for event in bench.events[2:]] == [None, "context"]
        assert len(bench.endpoint) == 0


class TestCancelClient:
    """§9.1."""

    def test_cancel_waits_for_a_provisional_and_meets_its_invite(self) -> None:
        bench = Bench()
        transaction = bench.endpoint.send_request(outgoing(), UDP, 0.0)
        bench.endpoint.cancel(transaction, 0.1, 'SIP;cause=200;text="Call completed elsewhere"')
        bench.pump()
        assert bench.titles == ["INVITE"]
        invite = bench.sent[0]
        bench.receive(answer_to(invite, 100))
        cancel = bench.sent[1]
        assert isinstance(cancel, Request)
        assert cancel.method == "CANCEL"
        assert str(cancel.top_via) == str(invite.top_via)
        assert len(cancel.vias) == 1
        assert str(cancel.cseq) == "3 CANCEL"
        assert cancel.to.tag is None
        assert cancel.headers.get("Route") == "<sip:proxy.example.com;lr>"
        assert cancel.headers.get("Reason") == 'SIP;cause=200;text="Call completed elsewhere"'

    def test_cancelled_invite_without_final_answer_ends_after_64_t1(self) -> None:
        bench = Bench()
        transaction = bench.endpoint.send_request(outgoing(), UDP, 0.0)
        bench.pump()
        bench.receive(answer_to(bench.sent[0], 180))
        bench.endpoint.cancel(transaction, 0.0)
        bench.pump()
        bench.receive(answer_to(bench.sent[1], 200))
        bench.run(33)
        assert bench.only(TransactionFailed).transaction == transaction

    def test_cancel_after_the_final_answer_sends_nothing(self) -> None:
        bench = Bench()
        transaction = bench.endpoint.send_request(outgoing(), UDP, 0.0)
        bench.pump()
        bench.receive(answer_to(bench.sent[0], 200))
        bench.endpoint.cancel(transaction, 0.0)
        bench.endpoint.cancel("unknown", 0.0)
        bench.pump()
        assert bench.titles == ["INVITE"]

    def test_only_invite_is_cancelled(self) -> None:
        bench = Bench()
        transaction = bench.endpoint.send_request(outgoing("OPTIONS"), UDP, 0.0)
        with pytest.raises(LocalProtocolError):
            bench.endpoint.cancel(transaction, 0.0)


class TestNonInviteClient:
    """§17.1.2."""

    def test_unanswered_request_is_repeated_up_to_t2_and_times_out(self) -> None:
        bench = Bench()
        bench.endpoint.send_request(outgoing("OPTIONS"), UDP, 0.0)
        bench.pump()
        bench.run(100)
        assert bench.times("OPTIONS") == [0.0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
        bench.only(TransactionFailed)
        assert len(bench.endpoint) == 0

    def test_provisional_slows_repeating_to_t2(self) -> None:
        bench = Bench()
        bench.endpoint.send_request(outgoing("OPTIONS"), UDP, 0.0)
        bench.pump()
        bench.receive(answer_to(bench.sent[0], 100))
        bench.run(10)
        assert bench.times("OPTIONS") == [0.0, 0.5, 4.5, 8.5]
        assert bench.only(ResponseReceived).response.status == 100
        bench.run(100)
        assert bench.times("OPTIONS")[-1] == 28.5
        assert not bench.only(TransactionFailed).transport

    def test_final_answer_is_told_once_and_forgotten_after_t4(self) -> None:
        bench = Bench()
        bench.endpoint.send_request(outgoing("OPTIONS"), UDP, 0.0)
        bench.pump()
        bench.receive(answer_to(bench.sent[0], 200))
        bench.receive(answer_to(bench.sent[0], 200))
        bench.only(ResponseReceived)
        bench.run(5.1)
        assert len(bench.endpoint) == 0

    def test_on_a_stream_it_is_forgotten_at_once(self) -> None:
        bench = Bench()
        bench.endpoint.send_request(outgoing("OPTIONS"), TCP, 0.0)
        bench.pump()
        bench.receive(answer_to(bench.sent[0], 200), TCP)
        bench.only(ResponseReceived)
        assert len(bench.endpoint) == 0
        assert bench.endpoint.next_timer() is None

    @pytest.mark.parametrize("method", ["ACK", "CANCEL"])
    def test_ack_and_cancel_have_ways_of_their_own(self, method: str) -> None:
        with pytest.raises(LocalProtocolError):
            Bench().endpoint.send_request(outgoing(method), UDP, 0.0)


class TestInviteServer:
    """§17.2.1, RFC 6026 §7.1."""

    def test_100_leaves_at_once_and_is_repeated_for_a_retransmission(self) -> None:
        bench = Bench()
        bench.receive(request())
        bench.receive(request())
        assert bench.titles == ["100 INVITE", "100 INVITE"]
        bench.only(RequestReceived)

    def test_last_provisional_is_repeated(self) -> None:
        bench = Bench()
        bench.receive(request())
        bench.respond(180)
        bench.receive(request())
        assert bench.titles == ["100 INVITE", "180 INVITE", "180 INVITE"]

    def test_failure_is_repeated_up_to_t2_until_its_ack(self) -> None:
        bench = Bench()
        bench.receive(request())
        bench.respond(486)
        bench.run(8)
        assert bench.times("486 INVITE") == [0.0, 0.5, 1.5, 3.5, 7.5]
        tag = bench.sent[-1].to.tag or ""
        bench.receive(request("ACK", to_tag=tag))
        bench.run(12.9)
        assert len(bench.times("486 INVITE")) == 5
        assert len(bench.endpoint) == 1
        bench.run(13.1)
        assert len(bench.endpoint) == 0
        assert not any(isinstance(event, AckReceived) for event in bench.events)

    def test_failure_without_ack_is_given_up_after_64_t1(self) -> None:
        bench = Bench()
        bench.receive(request())
        bench.respond(486)
        bench.run(33)
        assert not bench.only(TransactionFailed).is_client
        assert len(bench.endpoint) == 0

    def test_2xx_absorbs_repeated_invites_and_lets_its_ack_through(self) -> None:
        bench = Bench()
        bench.receive(request())
        bench.respond(200)
        bench.receive(request())
        bench.receive(request("ACK", "z9hG4bK-ack", to_tag="b"))
        assert bench.titles == ["100 INVITE", "200 INVITE"]
        assert bench.only(AckReceived).request.method == "ACK"
        bench.run(33)
        assert len(bench.endpoint) == 0

    def test_ack_of_a_2xx_with_the_branch_of_its_invite_is_let_through_too(self) -> None:
        bench = Bench()
        bench.receive(request())
        bench.endpoint.set_context(bench.only(RequestReceived).transaction, "mine")
        bench.respond(200)
        bench.receive(request("ACK", to_tag="b"))
        assert bench.only(AckReceived).context == "mine"

    def test_second_final_answer_is_an_error_of_ours(self) -> None:
        bench = Bench()
        bench.receive(request())
        bench.respond(486)
        with pytest.raises(LocalProtocolError):
            bench.respond(200)
        with pytest.raises(LocalProtocolError):
            bench.respond(180)

    def test_answer_to_a_transaction_that_is_gone_is_swallowed(self) -> None:
        bench = Bench()
        bench.receive(request())
        bench.respond(486)
        bench.run(40)
        bench.respond(486)
        assert bench.times("486 INVITE")[-1] < 40


class TestNonInviteServer:
    """§17.2.2, RFC 4320."""

    def test_repetitions_wait_for_the_answer_then_get_it_again(self) -> None:
        bench = Bench()
        bench.receive(request("OPTIONS"))
        bench.receive(request("OPTIONS"))
        assert bench.titles == []
        bench.respond(200)
        bench.receive(request("OPTIONS"))
        assert bench.titles == ["200 OPTIONS", "200 OPTIONS"]
        bench.run(33)
        assert len(bench.endpoint) == 0

    def test_request_nobody_answers_ends_in_silence(self) -> None:
        bench = Bench()
        bench.receive(request("OPTIONS"))
        bench.run(33)
        assert bench.titles == []
        assert len(bench.endpoint) == 0

    def test_provisional_answer_is_sent_and_repeated_for_each_retransmission(self) -> None:
        bench = Bench()
        bench.receive(request("OPTIONS"))
        bench.respond(100)
        bench.receive(request("OPTIONS"))
        bench.respond(100)
        assert bench.titles == ["100 OPTIONS"] * 3

    def test_on_a_stream_it_is_forgotten_with_its_answer(self) -> None:
        bench = Bench()
        bench.receive(request("OPTIONS"), TCP)
        bench.respond(200)
        assert bench.titles == ["200 OPTIONS"]
        assert len(bench.endpoint) == 0


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
