"""Calls as ladders between user agents, from the INVITE to the answer or the end
(RFC 3261 §8 to §15, in the manner of RFC 3665)."""

from __future__ import annotations

import pytest

from hipper.telephony.sip.endpoint import EndpointConfig
from hipper.telephony.sip.events import (
    Answered,
    Cancelled,
    Confirmed,
    EarlyMedia,
    Ended,
    Invited,
    LateAnswer,
    OutOfDialogRequest,
    Rejected,
    Ringing,
    Trying,
)
from hipper.telephony.sip.headers import Reason
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.session import Phase
from tests.telephony.sip.agents import ELSEWHERE, once, pair, rest
from tests.telephony.sip.siptest import ANSWER, OFFER, Agent, Network, establish, raw


class TestCallsThatAreAnswered:
    """§13, §15."""

    def test_caller_rings_callee_answers_and_caller_ends(self) -> None:
        net, alice, bob = pair()
        call, incoming = establish(net, alice, bob)
        assert alice.told(Trying)[0].session == call
        assert alice.last(Ringing).status == 180
        assert bob.last(Invited).sdp == OFFER
        assert alice.last(Answered).sdp == ANSWER
        assert bob.last(Confirmed).sdp is None
        alice.ua.bye(call, net.now, "Q.850;cause=16")
        net.run(1)
        assert net.titles() == [
            "INVITE", "100 INVITE", "180 INVITE", "200 INVITE", "ACK", "BYE", "200 BYE",
        ]  # fmt: skip
        ended = bob.last(Ended)
        assert (ended.session, ended.cause) == (incoming, "bye")
        assert ended.request is not None
        assert Reason.parse(ended.request.headers.get("Reason") or "").cause == 16
        assert alice.told(Ended) == []
        rest(net)

    def test_callee_ends_over_tcp(self) -> None:
        net = Network()
        alice, bob = net.add("alice", transport="tcp"), net.add("bob", transport="tcp")
        call, incoming = establish(net, alice, bob)
        assert "transport=tcp" in (bob.last(Invited).request.headers.get("Contact") or "")
        bob.ua.bye(incoming, net.now)
        net.run(1)
        assert alice.last(Ended).session == call
        rest(net)

    def test_late_offer_is_answered_in_the_ack(self) -> None:
        net, alice, bob = pair()
        call = alice.invite(bob, None)
        net.run(0.1)
        assert bob.last(Invited).sdp is None
        assert "100rel" not in bob.last(Invited).request.supported
        bob.ua.answer(bob.last(Invited).session, net.now, OFFER)
        net.run(0.1)
        assert alice.last(Answered).sdp == OFFER
        assert "ACK" not in net.titles()
        alice.ua.acknowledge(call, net.now, ANSWER)
        net.run(0.1)
        assert bob.last(Confirmed).sdp == ANSWER

    def test_late_offer_with_another_body_waits_for_its_answer_too(self) -> None:
        """An emergency call with a location and no SDP (RFC 6442)."""
        net, alice, bob = pair()
        location = b"--b\r\nContent-Type: application/pidf+xml\r\n\r\n<presence/>\r\n--b--\r\n"
        call = alice.invite(bob, None, body=("multipart/mixed;boundary=b", location))
        net.run(0.1)
        bob.ua.answer(bob.last(Invited).session, net.now, OFFER)
        net.run(0.1)
        assert "ACK" not in net.titles()
        alice.ua.acknowledge(call, net.now, ANSWER)
        net.run(0.1)
        assert bob.last(Confirmed).sdp == ANSWER

    def test_late_offer_may_be_acknowledged_without_an_answer(self) -> None:
        net, alice, bob = pair()
        call = alice.invite(bob, None)
        net.run(0.1)
        bob.ua.answer(bob.last(Invited).session, net.now, OFFER)
        net.run(0.1)
        alice.ua.acknowledge(call, net.now, None)
        net.run(40)
        assert bob.last(Confirmed).sdp is None
        assert alice.told(Ended) == []

    @pytest.mark.parametrize("way", ["bye", "cancel"])
    def test_late_offer_that_is_given_up_gets_its_ack_before_the_bye(self, way: str) -> None:
        """§13.2.2.4: the 2xx is repeated until there is one."""
        net, alice, bob = pair()
        call = alice.invite(bob, None)
        net.run(0.1)
        bob.ua.answer(bob.last(Invited).session, net.now, OFFER)
        net.run(0.1)
        getattr(alice.ua, way)(call, net.now)
        net.run(1)
        assert [title for title in net.titles() if title in ("ACK", "BYE")] == ["ACK", "BYE"]
        assert bob.told(Confirmed)
        assert bob.last(Ended).cause == "bye"
        rest(net)

    def test_late_offer_nobody_answers_is_ended_by_both(self) -> None:
        net, alice, bob = pair()
        alice.invite(bob, None)
        net.run(0.1)
        bob.ua.answer(bob.last(Invited).session, net.now, OFFER)
        net.run(60)
        assert bob.last(Ended).cause == "no_ack"
        assert alice.last(Ended).cause == "bye"
        rest(net)

    def test_early_media_passes(self) -> None:
        net, alice, bob = pair(supported=("timer",))
        alice.invite(bob)
        net.run(0.1)
        bob.ua.ring(bob.last(Invited).session, net.now, 183, ANSWER)
        net.run(0.1)
        early = alice.last(EarlyMedia)
        assert (early.status, early.sdp) == (183, ANSWER)
        assert early.to_tag

    def test_provisional_answer_is_repeated_every_minute(self) -> None:
        net, alice, bob = pair()
        call = alice.invite(bob)
        net.run(0.1)
        bob.ua.ring(bob.last(Invited).session, net.now)
        net.run(400)
        assert net.titles(bob).count("180 INVITE") == 7
        assert alice.ua.phase(call) is Phase.PROCEEDING


class TestLostMessages:
    """§13.2.2.4, §13.3.1.4, §17."""

    @pytest.mark.parametrize("lost", ["INVITE", "100 INVITE", "200 INVITE", "ACK", "BYE", "200 BYE"])
    def test_one_lost_message_changes_nothing(self, lost: str) -> None:
        net, alice, bob = pair()
        net.lose = once(lost)  # type: ignore[assignment]
        call = alice.invite(bob)
        net.run(1)
        bob.ua.answer(bob.last(Invited).session, net.now, ANSWER)
        net.run(5)
        assert len(bob.told(Confirmed)) == len(alice.told(Answered)) == 1
        alice.ua.bye(call, net.now)
        net.run(5)
        assert len(bob.told(Ended)) == 1
        rest(net)

    def test_answer_is_repeated_up_to_t2_and_without_ack_the_call_ends(self) -> None:
        net, alice, bob = pair()
        net.lose = lambda message: message.title == "ACK"
        alice.invite(bob)
        net.run(0.1)
        bob.ua.answer(bob.last(Invited).session, net.now, ANSWER)
        start = net.now
        net.run(40)
        times = [message.at - start for message in net.sent if message.title == "200 INVITE"]
        assert [round(time, 1) for time in times] == [
            0,
            0.5,
            1.5,
            3.5,
            7.5,
            11.5,
            15.5,
            19.5,
            23.5,
            27.5,
            31.5,
        ]
        assert bob.last(Ended).cause == "no_ack"
        assert alice.last(Ended).cause == "bye"
        rest(net)

    def test_bye_before_the_ack_waits_for_it(self) -> None:
        net, alice, bob = pair()
        alice.invite(bob)
        net.run(0.1)
        incoming = bob.last(Invited).session
        bob.ua.answer(incoming, net.now, ANSWER)
        bob.ua.bye(incoming, net.now)
        net.pump()
        assert "BYE" not in net.titles()
        net.run(1)
        assert net.titles(bob)[-1] == "BYE"
        assert bob.told(Confirmed) == bob.told(Ended) == []
        assert alice.last(Ended).cause == "bye"
        rest(net)

    def test_peer_that_vanished_before_any_answer_is_408(self) -> None:
        net, alice, bob = pair()
        net.lose = lambda message: True
        alice.invite(bob)
        net.run(33)
        rejected = alice.last(Rejected)
        assert (rejected.status, rejected.by_network, rejected.response) == (408, True, None)
        rest(net)

    def test_broken_transport_is_503(self) -> None:
        net = Network()
        alice, bob = net.add("alice", transport="tcp"), net.add("bob", transport="tcp")
        alice.invite(bob)
        net.run(0.1)
        alice.ua.transport_failed(alice.flow_to(bob), net.now)
        net.pump()
        assert (alice.last(Rejected).status, alice.last(Rejected).by_network) == (503, True)


class TestBrokenConnections:
    """RFC 3261 §18.4, RFC 5923: a call outlives its connection."""

    def test_call_goes_on_over_a_new_connection(self) -> None:
        net = Network()
        alice, bob = net.add("alice", transport="tcp"), net.add("bob", transport="tcp")
        call, _ = establish(net, alice, bob)
        old = alice.flow_to(bob)
        alice.ua.transport_failed(old, net.now)
        alice.ua.bye(call, net.now)
        (data, flow), *_ = alice.ua.messages_to_send()
        assert data.startswith(b"BYE ")
        assert flow == old._replace(connection=0)

    def test_requests_follow_the_peer_to_its_new_connection(self) -> None:
        net = Network()
        alice, bob = net.add("alice", transport="tcp"), net.add("bob", transport="tcp")
        call, incoming = establish(net, alice, bob)
        moved = bob.flow_to(alice)._replace(connection=77, remote=("192.0.2.1", 41000))
        alice.ua.info(call, net.now, "text/plain", b"still here")
        (data, _), *_ = alice.ua.messages_to_send()
        bob.ua.receive_message(data, moved, net.now)
        bob.ua.messages_to_send()
        bob.ua.bye(incoming, net.now)
        assert bob.ua.messages_to_send()[0].flow == moved


class TestCallsThatFail:
    @pytest.mark.parametrize("status", [302, 404, 486, 503, 603])
    def test_callee_refuses(self, status: int) -> None:
        net, alice, bob = pair()
        alice.invite(bob)
        net.run(0.1)
        headers = [("Contact", "<sip:carol@192.0.2.9>"), ("Reason", "Q.850;cause=17")]
        bob.ua.reject(bob.last(Invited).session, net.now, status, headers=headers)
        net.run(0.1)
        rejected = alice.last(Rejected)
        assert (rejected.status, rejected.by_network) == (status, False)
        assert rejected.response is not None
        assert str(rejected.response.contacts[0].uri) == "sip:carol@192.0.2.9"
        assert rejected.response.headers.get("Reason") == "Q.850;cause=17"
        assert net.titles(alice)[-1] == "ACK"
        rest(net)

    def test_nobody_answers_within_the_limit(self) -> None:
        net, alice, bob = pair(ring_limit_s=30.0)
        alice.invite(bob)
        net.run(31)
        assert alice.last(Rejected).status == 480
        assert bob.last(Cancelled).reason == "expired"

    def test_expires_of_the_invite_passes(self) -> None:
        net, alice, bob = pair()
        alice.invite(bob, headers=[("Expires", "10")])
        net.run(11)
        assert alice.last(Rejected).status == 487
        assert bob.last(Cancelled).reason == "expired"
        rest(net)

    def test_max_forwards_is_used_up_for_one_that_forwards(self) -> None:
        net, alice, bob = pair(endpoint=EndpointConfig(forwarding=True))
        alice.invite(bob, max_forwards=0)
        net.run(0.1)
        assert alice.last(Rejected).status == 483
        options = raw("""OPTIONS sip:bob@192.0.2.1 SIP/2.0
            Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-ping
            Max-Forwards: 0
            From: <sip:alice@192.0.2.1>;tag=1
            To: <sip:bob@192.0.2.1>
            Call-ID: ping
            CSeq: 1 OPTIONS""")
        net.inject(bob, options)
        assert bob.last(OutOfDialogRequest).request.max_forwards == 0

    def test_required_option_that_is_switched_off_is_420(self) -> None:
        net, alice, bob = pair(supported=("timer",))
        alice.invite(bob, headers=[("Require", "100rel")])
        net.run(0.1)
        rejected = alice.last(Rejected)
        assert rejected.status == 420
        assert rejected.response is not None
        assert rejected.response.headers.get("Unsupported") == "100rel"

    def test_too_many_sessions_get_503(self) -> None:
        net, alice, bob = pair(max_sessions=1)
        alice.invite(bob)
        net.run(0.1)
        alice.invite(bob)
        net.run(0.1)
        assert alice.last(Rejected).status == 503
        assert len(bob.told(Invited)) == 1

    def test_emergency_call_is_taken_however_many_sessions_there_are(self) -> None:
        exempt = EndpointConfig(never_refuse=lambda request: "112" in request.request_uri_text)
        net, alice, bob = pair(max_sessions=1, endpoint=exempt)
        for user in ("bob", "112", "bob"):
            alice.invite(bob, uri=bob.uri.replace(user=user))
            net.run(0.1)
        assert [str(event.request.uri.user) for event in bob.told(Invited)] == ["bob", "112"]
        assert len(alice.told(Rejected)) == 1


class TestCancel:
    """§9."""

    def test_caller_cancels_while_callee_rings(self) -> None:
        net, alice, bob = pair()
        call = alice.invite(bob)
        net.run(0.1)
        bob.ua.ring(bob.last(Invited).session, net.now)
        net.run(0.1)
        alice.ua.cancel(call, net.now, ELSEWHERE)
        net.run(0.1)
        assert net.titles()[3:] == ["CANCEL", "200 CANCEL", "487 INVITE", "ACK"]
        assert bob.last(Cancelled).reason == ELSEWHERE
        assert alice.last(Rejected).status == 487
        rest(net)

    def test_cancel_before_any_answer_waits_for_the_first(self) -> None:
        net, alice, bob = pair()
        call = alice.invite(bob)
        alice.ua.cancel(call, net.now)
        net.pump()
        assert net.titles() == ["INVITE"]
        net.run(1)
        assert "CANCEL" in net.titles()
        assert alice.last(Rejected).status == 487
        rest(net)

    def test_answer_that_crosses_cancel_is_acknowledged_and_ended(self) -> None:
        net, alice, bob = pair()
        call = alice.invite(bob)
        net.run(0.1)
        bob.ua.answer(bob.last(Invited).session, net.now, ANSWER)
        alice.ua.cancel(call, net.now)
        net.run(1)
        assert alice.last(LateAnswer).session == call
        assert alice.told(Answered) == alice.told(Rejected) == []
        assert net.titles(alice)[-2:] == ["ACK", "BYE"]
        assert bob.told(Cancelled) == []
        assert bob.last(Ended).cause == "bye"
        rest(net)

    def test_actions_on_a_cancelled_session_do_nothing(self) -> None:
        net, alice, bob = pair()
        call = alice.invite(bob)
        net.run(0.1)
        alice.ua.cancel(call, net.now)
        net.run(0.1)
        incoming = bob.last(Cancelled).session
        sent = len(net.sent)
        bob.ua.ring(incoming, net.now)
        bob.ua.answer(incoming, net.now, ANSWER)
        bob.ua.reject(incoming, net.now, 486)
        bob.ua.bye(incoming, net.now)
        alice.ua.cancel(call, net.now)
        alice.ua.reoffer(call, net.now, OFFER)
        net.pump()
        assert len(net.sent) == sent

    def test_caller_ends_an_early_dialog_with_bye(self) -> None:
        net, alice, bob = pair()
        alice.invite(bob)
        net.run(0.1)
        bob.ua.ring(bob.last(Invited).session, net.now)
        net.run(0.1)
        invite = net.sent[0].parsed
        tag = net.sent[2].parsed.to.tag
        bye = raw(f"""BYE sip:bob@192.0.2.1 SIP/2.0
            Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-early
            Max-Forwards: 70
            From: {invite.headers.get("From")}
            To: {invite.headers.get("To")};tag={tag}
            Call-ID: {invite.call_id}
            CSeq: 2 BYE""")
        net.inject(bob, bye, alice.address)
        assert bob.last(Ended).cause == "bye"
        net.run(0.1)
        assert alice.last(Rejected).status == 487


class TestForks:
    """§13.2.2.4: several 2xx to one INVITE."""

    def forked(self) -> tuple[Network, Agent, Agent, Request, str]:
        net, alice, bob = pair()
        call = alice.invite(bob)
        net.lose = lambda message: message.source == "alice"
        net.pump()
        invite = net.sent[0].parsed
        assert isinstance(invite, Request)
        return net, alice, bob, invite, call

    def answer(self, net: Network, alice: Agent, invite: Request, status: int, tag: str) -> None:
        response = invite.create_response(status, to_tag=tag)
        response.headers.add("Contact", f"<sip:{tag}@192.0.2.1:5062>")
        if status >= 200:
            response.set_body("application/sdp", ANSWER.encode())
        net.inject(alice, response.to_bytes(), ("192.0.2.1", 5062))

    @pytest.mark.parametrize("lost_by", [199, 200])
    def test_fork_that_has_lost_has_no_dialog_any_more(self, lost_by: int) -> None:
        """§13.2.2.4, RFC 6228: whatever it still says, it must not end the call of another."""
        net, alice, _, invite, call = self.forked()
        self.answer(net, alice, invite, 180, "one")
        self.answer(net, alice, invite, 180, "two")
        self.answer(net, alice, invite, lost_by, "one" if lost_by == 199 else "two")
        lines = [
            "BYE sip:alice@192.0.2.1 SIP/2.0",
            "Via: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK-late",
            "Max-Forwards: 70",
            "From: <sip:bob@192.0.2.1>;tag=one",
            f"To: <sip:alice@192.0.2.1>;tag={invite.from_.tag}",
            f"Call-ID: {invite.call_id}",
            "CSeq: 9 BYE",
        ]
        net.inject(alice, raw(lines), ("192.0.2.1", 5062))
        assert net.sent[-1].title == "481 BYE"
        assert alice.told(Ended) == []
        assert alice.ua.phase(call) is (Phase.PROCEEDING if lost_by == 199 else Phase.ESTABLISHED)

    def test_first_answer_wins_others_are_acknowledged_and_ended(self) -> None:
        net, alice, _, invite, call = self.forked()
        self.answer(net, alice, invite, 180, "one")
        self.answer(net, alice, invite, 180, "two")
        self.answer(net, alice, invite, 200, "two")
        self.answer(net, alice, invite, 200, "one")
        assert [event.to_tag for event in alice.told(Answered)] == ["two"]
        sent = [(m.title, m.parsed.to.tag) for m in net.sent if m.source == "alice"][1:]
        assert sent == [("ACK", "two"), ("ACK", "one"), ("BYE", "one")]
        assert alice.ua.phase(call) is Phase.ESTABLISHED

    def test_repeated_answers_get_their_own_ack_again_but_no_second_bye(self) -> None:
        net, alice, _, invite, _ = self.forked()
        for tag in ("one", "two", "one", "two"):
            self.answer(net, alice, invite, 200, tag)
        sent = [(m.title, m.parsed.to.tag) for m in net.sent if m.source == "alice"][1:]
        assert sent == [("ACK", "one"), ("ACK", "two"), ("BYE", "two"), ("ACK", "one"), ("ACK", "two")]

    def test_199_ends_one_branch_only(self) -> None:
        net, alice, _, invite, call = self.forked()
        self.answer(net, alice, invite, 183, "one")
        self.answer(net, alice, invite, 199, "one")
        assert alice.ua.phase(call) is Phase.PROCEEDING
        assert len(alice.told(Ringing)) == 1
        self.answer(net, alice, invite, 200, "one")
        assert alice.last(Answered).session == call
