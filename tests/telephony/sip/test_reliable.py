"""Reliable provisional responses (RFC 3262) and UPDATE before the answer (RFC 3311)."""

from __future__ import annotations

import pytest

from hipper.telephony.sip.events import (
    Answered,
    Cancelled,
    Confirmed,
    EarlyAnswer,
    EarlyMedia,
    Invited,
    Rejected,
    ReofferAnswered,
    Reoffered,
    Ringing,
)
from hipper.telephony.sip.headers import RAck
from hipper.telephony.sip.message import Request, Response
from hipper.telephony.sip.reliable import Order, ReliableReceiver, ReliableSender
from hipper.telephony.sip.useragent import UserAgentConfig
from tests.telephony.sip.siptest import ANSWER, OFFER, Agent, Network, hold, raw


def invited(sdp: str | None = OFFER, **more: object) -> tuple[Network, Agent, Agent, str, str]:
    net = Network()
    alice, bob = net.add("alice"), net.add("bob")
    call = alice.invite(bob, sdp, **more)
    net.run(0.1)
    return net, alice, bob, call, bob.last(Invited).session


class TestCaller:
    """§4."""

    def test_receiver_takes_numbers_in_order(self) -> None:
        receiver = ReliableReceiver()
        takes = [receiver.take(rseq) for rseq in (700, 702, 701, 701, 702)]
        assert takes == [Order.NEXT, Order.GAP, Order.NEXT, Order.REPEATED, Order.NEXT]

    def test_early_media_is_acknowledged_and_told_once(self) -> None:
        net, alice, bob, call, incoming = invited()
        bob.ua.ring(incoming, net.now, 183, ANSWER)
        net.run(2)
        assert net.titles()[2:] == ["183 INVITE", "PRACK", "200 PRACK"]
        prack = net.sent[3].parsed
        reliable = net.sent[2].parsed
        assert prack.headers.get("RAck") == f"{reliable.headers.get('RSeq')} 1 INVITE"
        assert str(prack.cseq) == "2 PRACK"
        assert len(alice.told(EarlyMedia)) == 1
        bob.ua.answer(incoming, net.now, None)
        net.run(1)
        assert alice.last(Answered).sdp == ANSWER
        assert bob.told(Confirmed)
        alice.ua.bye(call, net.now)
        net.run(100)
        assert alice.ua.at_rest
        assert bob.ua.at_rest

    def test_each_fork_counts_for_itself(self) -> None:
        """Two early dialogs with the same RSeq are acknowledged both, each in its own."""
        net, alice, _, _, _ = invited()
        invite = net.sent[0].parsed
        assert isinstance(invite, Request)
        for tag in ("one", "two"):
            response = invite.create_response(183, to_tag=tag)
            response.headers.add("Require", "100rel")
            response.headers.add("RSeq", "7")
            response.headers.add("Contact", f"<sip:{tag}@192.0.2.1:5099>")
            net.inject(alice, response.to_bytes(), ("192.0.2.1", 5099))
        pracks = [message.parsed for message in net.sent if message.title == "PRACK"]
        assert [prack.to.tag for prack in pracks] == ["one", "two"]
        assert [prack.headers.get("RAck") for prack in pracks] == ["7 1 INVITE"] * 2

    def test_no_100rel_is_offered_with_a_late_offer(self) -> None:
        _, _, bob, _, _ = invited(None)
        assert "100rel" not in bob.last(Invited).request.supported


class TestCallee:
    """§3."""

    def test_lost_prack_makes_the_response_come_again_doubling(self) -> None:
        net, alice, bob, _, incoming = invited()
        net.lose = lambda message: message.title == "PRACK"
        start = net.now
        bob.ua.ring(incoming, net.now, 183, ANSWER)
        net.run(20)
        times = [round(m.at - start, 1) for m in net.sent if m.title == "183 INVITE"]
        assert times == [0, 0.5, 1.5, 3.5, 7.5, 15.5]
        assert len(alice.told(EarlyMedia)) == 1

    def test_without_prack_the_invite_fails_with_504(self) -> None:
        net, alice, bob, _, incoming = invited()
        net.lose = lambda message: message.title == "PRACK"
        bob.ua.ring(incoming, net.now, 183, ANSWER)
        net.run(40)
        assert bob.last(Cancelled).reason == "no PRACK"
        assert alice.last(Rejected).status == 504

    def test_second_response_waits_for_the_prack_of_the_first(self) -> None:
        net, alice, bob, _, incoming = invited()
        bob.ua.ring(incoming, net.now, 183, ANSWER)
        bob.ua.ring(incoming, net.now, 180, reliable=True)
        net.pump()
        assert "180 INVITE" not in net.titles()
        net.run(1)
        assert alice.last(Ringing).status == 180
        numbers = [
            int(m.parsed.headers.get("RSeq") or 0)
            for m in net.sent
            if m.title in ("183 INVITE", "180 INVITE")
        ]
        assert numbers[1] == numbers[0] + 1

    def test_answer_waits_for_the_prack_of_a_response_with_sdp(self) -> None:
        net, _, bob, _, incoming = invited()
        bob.ua.ring(incoming, net.now, 183, ANSWER)
        bob.ua.answer(incoming, net.now, None)
        net.pump()
        assert "200 INVITE" not in net.titles()
        net.run(1)
        titles = net.titles(bob)
        assert titles.index("200 PRACK") < titles.index("200 INVITE")
        assert bob.told(Confirmed)

    def test_answer_does_not_wait_for_a_response_without_sdp(self) -> None:
        net, _, bob, _, incoming = invited()
        bob.ua.ring(incoming, net.now, 180, reliable=True)
        bob.ua.answer(incoming, net.now, ANSWER)
        net.pump()
        assert "200 INVITE" in net.titles()

    def test_required_100rel_makes_ringing_reliable(self) -> None:
        net, _, bob, _, incoming = invited(headers=[("Require", "100rel")])
        bob.ua.ring(incoming, net.now)
        net.run(1)
        assert "PRACK" in net.titles()

    def test_peer_without_100rel_gets_plain_responses(self) -> None:
        net = Network()
        alice, bob = net.add("alice", UserAgentConfig(supported=("timer",))), net.add("bob")
        alice.invite(bob)
        net.run(0.1)
        bob.ua.ring(bob.last(Invited).session, net.now, 183, ANSWER, reliable=True)
        net.run(1)
        assert "PRACK" not in net.titles()
        assert alice.told(EarlyMedia)

    def test_prack_that_matches_nothing_is_481(self) -> None:
        net, alice, bob, _, incoming = invited()
        bob.ua.ring(incoming, net.now, 183, ANSWER)
        net.run(1)
        prack = next(m.data for m in net.sent if m.title == "PRACK")
        again = prack.replace(b"branch=", b"branch=z9hG4bKagain", 1).replace(b"CSeq: 2", b"CSeq: 3")
        net.inject(bob, again, alice.address)
        assert net.sent[-1].title == "481 PRACK"

    def test_offer_in_a_reliable_response_is_answered_by_prack(self) -> None:
        """Late offer of a peer that supports 100rel: our 183 offers, its PRACK answers (§5)."""
        net = Network()
        alice, bob = net.add("alice"), net.add("bob")
        invite = raw("""INVITE sip:bob@192.0.2.1:5062 SIP/2.0
            Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-i
            Max-Forwards: 70
            From: <sip:alice@192.0.2.1:5060>;tag=a
            To: <sip:bob@192.0.2.1:5062>
            Call-ID: late
            CSeq: 1 INVITE
            Supported: 100rel
            Contact: <sip:alice@192.0.2.1:5060>""")
        net.inject(bob, invite, alice.address)
        incoming = bob.last(Invited).session
        bob.ua.ring(incoming, net.now, 183, OFFER)
        net.pump()
        reliable = net.sent[-1].parsed
        prack = raw(
            f"""PRACK sip:bob@192.0.2.1:5062 SIP/2.0
            Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-p
            Max-Forwards: 70
            From: <sip:alice@192.0.2.1:5060>;tag=a
            To: {reliable.headers.get("To")}
            Call-ID: late
            CSeq: 2 PRACK
            RAck: {reliable.headers.get("RSeq")} 1 INVITE
            Content-Type: application/sdp""",
            ANSWER,
        )
        net.inject(bob, prack, alice.address)
        assert bob.last(EarlyAnswer).sdp == ANSWER
        assert net.sent[-1].title == "200 PRACK"

    def test_offer_in_prack_is_answered_in_its_200(self) -> None:
        net, alice, bob, _, incoming = invited()
        net.lose = lambda message: message.title == "PRACK"
        bob.ua.ring(incoming, net.now, 183, ANSWER)
        net.run(0.1)
        prack = next(m.parsed for m in net.sent if m.title == "PRACK")
        prack.headers.set("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-offer")
        prack.set_body("application/sdp", hold(OFFER).encode())
        net.inject(bob, prack.to_bytes(), alice.address)
        offered = bob.last(Reoffered)
        assert (offered.method, offered.sdp) == ("PRACK", hold(OFFER))
        bob.ua.answer_reoffer(incoming, net.now, hold(ANSWER))
        net.pump()
        assert net.sent[-1].title == "200 PRACK"
        assert net.sent[-1].parsed.body == hold(ANSWER).encode()


class TestUpdateBeforeTheAnswer:
    """RFC 3311 §5."""

    @pytest.mark.parametrize("by_caller", [True, False])
    def test_either_side_offers_anew_in_the_early_dialog(self, by_caller: bool) -> None:
        net, alice, bob, call, incoming = invited()
        bob.ua.ring(incoming, net.now, 183, ANSWER)
        net.run(1)
        one, other = (alice, bob) if by_caller else (bob, alice)
        mine, theirs = (call, incoming) if by_caller else (incoming, call)
        one.ua.reoffer(mine, net.now, hold(OFFER, 4), "UPDATE")
        net.run(0.1)
        assert other.last(Reoffered).method == "UPDATE"
        other.ua.answer_reoffer(theirs, net.now, hold(ANSWER, 4))
        net.run(0.1)
        assert one.last(ReofferAnswered).sdp == hold(ANSWER, 4)
        bob.ua.answer(incoming, net.now, None)
        net.run(0.1)
        assert alice.told(Answered)


class TestSender:
    def sender(self) -> tuple[ReliableSender, Response]:
        return ReliableSender(5), Request("INVITE", "sip:a@b").create_response(183)

    def test_acknowledges_only_what_is_outstanding(self) -> None:
        sender, response = self.sender()
        assert sender.acknowledge(RAck(5, 1, "INVITE"), 1) is None
        out = sender.offer(response, has_sdp=True, has_offer=False)
        assert out is not None
        assert sender.blocks_answer
        assert sender.acknowledge(RAck(5, 2, "INVITE"), 1) is None
        assert sender.acknowledge(RAck(6, 1, "INVITE"), 1) is None
        assert sender.acknowledge(RAck(5, 1, "UPDATE"), 1) is None
        assert sender.acknowledge(RAck(5, 1, "INVITE"), 1) is out
        assert not sender.blocks_answer

    def test_queue_is_bounded_and_void_after_the_final_answer(self) -> None:
        sender, response = self.sender()
        for _ in range(100):
            sender.offer(response.copy(), has_sdp=True, has_offer=False)
        sender.stop()
        assert sender.next_waiting() is None
        assert not sender.blocks_answer
