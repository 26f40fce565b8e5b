"""The machines of the transaction layer on raw messages (RFC 3261 §17, RFC 6026)."""

from __future__ import annotations

from typing import Any

import pytest

from hipper.telephony.sip.endpoint import (
    AckReceived,
    RequestReceived,
    ResponseReceived,
    TransactionFailed,
)
from hipper.telephony.sip.errors import LocalProtocolError
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.message import Request
from tests.telephony.sip.endpoint_bench import TCP, UDP, Bench, answer_to, outgoing, request


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
