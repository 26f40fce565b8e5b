"""New offers within a call, requests without one, digest, and calls of the user agent that make no sense, as
ladders (RFC 3261 §12 to §14, §22)."""

from __future__ import annotations

import pytest

from hipper.telephony.sip.digest import Bad, DigestClient, DigestServer
from hipper.telephony.sip.digest_values import ha1
from hipper.telephony.sip.errors import LocalProtocolError
from hipper.telephony.sip.events import (
    Answered,
    Ended,
    InDialogRequest,
    InfoReceived,
    Invited,
    OutOfDialogRequest,
    Rejected,
    ReofferAnswered,
    Reoffered,
    ReofferRejected,
    RequestAnswered,
    RequestFailed,
)
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.session import SESSION, Happening, Phase, Verdict
from tests.telephony.sip.agents import answer_if_offered, pair, reinvite, rest
from tests.telephony.sip.siptest import ANSWER, OFFER, establish, hold


class TestNewOffers:
    """§14, RFC 3311."""

    @pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
    @pytest.mark.parametrize("by_caller", [True, False])
    def test_hold_and_resume(self, method: str, by_caller: bool) -> None:
        net, alice, bob = pair()
        call, incoming = establish(net, alice, bob)
        one, other = (alice, bob) if by_caller else (bob, alice)
        mine, theirs = (call, incoming) if by_caller else (incoming, call)
        held = hold(OFFER if by_caller else ANSWER)
        one.ua.reoffer(mine, net.now, held, method)
        net.run(0.1)
        offered = other.last(Reoffered)
        assert (offered.sdp, offered.method, offered.session) == (held, method, theirs)
        other.ua.answer_reoffer(theirs, net.now, hold(ANSWER, 5))
        net.run(0.1)
        assert one.last(ReofferAnswered).sdp == hold(ANSWER, 5)
        one.ua.bye(mine, net.now)
        net.run(0.1)
        rest(net)

    def test_refused_offer_leaves_the_session(self) -> None:
        net, alice, bob = pair()
        call, incoming = establish(net, alice, bob)
        alice.ua.reoffer(call, net.now, hold(OFFER))
        net.run(0.1)
        bob.ua.reject_reoffer(incoming, net.now, 488)
        net.run(0.1)
        assert alice.last(ReofferRejected).status == 488
        assert alice.ua.phase(call) is Phase.ESTABLISHED

    def test_unchanged_offer_is_answered_without_troubling_the_application(self) -> None:
        net, alice, bob = pair()
        call, _ = establish(net, alice, bob)
        alice.ua.reoffer(call, net.now, OFFER)
        net.run(0.1)
        assert bob.told(Reoffered) == []
        assert alice.last(ReofferAnswered).sdp == ANSWER

    def test_offer_asked_of_the_peer_is_answered_in_the_ack(self) -> None:
        net, alice, bob = pair()
        call, incoming = establish(net, alice, bob)
        alice.ua.reoffer(call, net.now, None)
        net.run(0.1)
        assert bob.last(Reoffered).sdp is None
        bob.ua.answer_reoffer(incoming, net.now, hold(ANSWER, 9))
        net.run(0.1)
        assert alice.last(ReofferAnswered).sdp == hold(ANSWER, 9)
        alice.ua.acknowledge(call, net.now, hold(OFFER, 9))
        net.run(0.1)
        assert bob.last(ReofferAnswered).sdp == hold(OFFER, 9)
        assert bob.last(ReofferAnswered).response is None

    def test_offers_that_cross_get_491_and_both_succeed_in_the_end(self) -> None:
        net, alice, bob = pair()
        call, incoming = establish(net, alice, bob)
        alice.on_event = lambda event: answer_if_offered(alice, event)
        bob.on_event = lambda event: answer_if_offered(bob, event)
        alice.ua.reoffer(call, net.now, hold(OFFER))
        bob.ua.reoffer(incoming, net.now, hold(ANSWER, 3))
        net.run(10)
        assert net.titles().count("491 INVITE") == 2
        retries = [m for m in net.sent if m.title == "INVITE"][3:]
        assert [m.source for m in retries] == ["bob", "alice"]
        assert len(alice.told(ReofferAnswered)) == len(bob.told(ReofferAnswered)) == 1

    def test_offer_while_the_peers_is_open_waits(self) -> None:
        net, alice, bob = pair()
        call, incoming = establish(net, alice, bob)
        alice.ua.reoffer(call, net.now, hold(OFFER))
        net.run(0.1)
        bob.ua.reoffer(incoming, net.now, hold(ANSWER, 3))
        net.run(3)
        assert len([m for m in net.sent if m.title == "INVITE" and m.source == "bob"]) == 0
        bob.ua.answer_reoffer(incoming, net.now, hold(ANSWER, 2))
        net.run(6)
        assert len(alice.told(Reoffered)) == 1

    def test_second_offer_of_the_peer_while_one_is_open_is_500(self) -> None:
        net, alice, bob = pair()
        establish(net, alice, bob)
        ack = next(m.parsed for m in net.sent if m.title == "ACK")
        for number in (7, 8):
            net.inject(bob, reinvite(ack, number), alice.address)
        assert len(bob.told(Reoffered)) == 1
        refusal = net.sent[-1].parsed
        assert net.sent[-1].title == "500 INVITE"
        assert 0 <= int(refusal.headers.get("Retry-After") or "-1") <= 10

    def test_older_request_that_comes_late_is_500(self) -> None:
        net, alice, bob = pair()
        establish(net, alice, bob)
        ack = next(m.parsed for m in net.sent if m.title == "ACK")
        net.inject(bob, reinvite(ack, 9, "OPTIONS"), alice.address)
        net.inject(bob, reinvite(ack, 8, "OPTIONS"), alice.address)
        assert [m.title for m in net.sent[-2:]] == ["200 OPTIONS", "500 OPTIONS"]

    def test_peer_that_lost_the_dialog_ends_the_session(self) -> None:
        net, alice, bob = pair()
        call, incoming = establish(net, alice, bob)
        net.lose = lambda message: message.title == "BYE"
        bob.ua.bye(incoming, net.now)
        net.run(40)
        net.lose = lambda message: False
        alice.ua.reoffer(call, net.now, hold(OFFER))
        net.run(1)
        assert alice.last(Ended).cause == "dialog_gone"
        rest(net)

    def test_new_contact_in_a_reinvite_moves_the_target(self) -> None:
        net, alice, bob = pair()
        _, incoming = establish(net, alice, bob)
        ack = next(m.parsed for m in net.sent if m.title == "ACK")
        moved = reinvite(ack, 7, "UPDATE").replace(b"192.0.2.1:5060>", b"192.0.2.1:5099>")
        net.inject(bob, moved, alice.address)
        bob.ua.bye(incoming, net.now)
        net.pump()
        assert net.sent[-1].target == "('192.0.2.1', 5099)"

    @pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
    def test_new_contact_in_the_answer_to_our_offer_moves_the_target(self, method: str) -> None:
        """§12.2.1.2, RFC 3311 §5.1."""
        net, alice, bob = pair()
        call, _ = establish(net, alice, bob)
        net.lose = lambda message: message.source == "alice"
        alice.ua.reoffer(call, net.now, hold(OFFER), method)
        net.pump()
        offer = net.sent[-1].parsed
        assert isinstance(offer, Request)
        response = offer.create_response(200)
        response.headers.add("Contact", "<sip:bob@192.0.2.1:5099>")
        response.set_body("application/sdp", ANSWER.encode())
        net.inject(alice, response.to_bytes(), bob.address)
        alice.ua.bye(call, net.now)
        net.pump()
        assert net.sent[-1].title == "BYE"
        assert net.sent[-1].target == "('192.0.2.1', 5099)"


class TestOtherRequests:
    def test_options_is_for_the_application(self) -> None:
        net, alice, bob = pair()
        handle = alice.request("OPTIONS", bob)
        net.run(0.1)
        asked = bob.last(OutOfDialogRequest)
        bob.ua.respond(asked.transaction, 200, net.now, headers=[("Accept", "application/sdp")])
        net.run(0.1)
        answered = alice.last(RequestAnswered)
        assert (answered.handle, answered.response.status) == (handle, 200)
        assert answered.response.headers.get("Accept") == "application/sdp"
        rest(net)

    def test_request_nobody_answers_fails(self) -> None:
        net, alice, bob = pair()
        handle = alice.request("MESSAGE", bob, body=("text/plain", b"hello"))
        net.run(40)
        failed = alice.last(RequestFailed)
        assert (failed.handle, failed.status, failed.by_network) == (handle, 408, True)

    def test_info_and_options_within_the_dialog(self) -> None:
        net, alice, bob = pair()
        call, incoming = establish(net, alice, bob)
        alice.ua.info(call, net.now, "application/dtmf-relay", b"Signal=*\r\n")
        net.run(0.1)
        info = bob.last(InfoReceived)
        assert (info.session, info.content_type, info.body) == (
            incoming, "application/dtmf-relay", b"Signal=*\r\n",
        )  # fmt: skip
        ack = next(m.parsed for m in net.sent if m.title == "ACK")
        net.inject(bob, reinvite(ack, 50, "OPTIONS"), alice.address)
        assert net.sent[-1].title == "200 OPTIONS"
        net.inject(bob, reinvite(ack, 51, "MESSAGE"), alice.address)
        bob.ua.respond(bob.last(InDialogRequest).transaction, 202, net.now)
        net.pump()
        assert net.sent[-1].title == "202 MESSAGE"

    @pytest.mark.parametrize("method", ["BYE", "INFO", "UPDATE", "INVITE", "OPTIONS"])
    def test_request_for_no_dialog_is_481(self, method: str) -> None:
        net, alice, bob = pair()
        establish(net, alice, bob)
        ack = next(m.parsed for m in net.sent if m.title == "ACK")
        stray = reinvite(ack, 7, method).replace(b"bob-tag", b"no-tag")
        net.inject(bob, stray, alice.address)
        assert net.sent[-1].title == f"481 {method}"

    def test_stray_ack_is_dropped(self) -> None:
        net, alice, bob = pair()
        establish(net, alice, bob)
        ack = next(m.data for m in net.sent if m.title == "ACK")
        sent = len(net.sent)
        net.inject(bob, ack.replace(b"bob-tag", b"no-tag"), alice.address)
        assert len(net.sent) == sent

    def test_method_we_do_not_allow_is_405(self) -> None:
        net, alice, bob = pair(allow=("INVITE", "ACK", "BYE", "CANCEL"))
        alice.request("OPTIONS", bob)
        net.run(0.1)
        assert alice.last(RequestAnswered).response.status == 405
        assert "INVITE" in (alice.last(RequestAnswered).response.headers.get("Allow") or "")


class TestDigest:
    """§22: 401 and 407 are answered with the credentials at hand."""

    @pytest.mark.parametrize(("password", "established"), [("secret", True), ("wrong", False)])
    def test_challenged_invite(self, password: str, established: bool) -> None:
        net, alice, bob = pair()
        server = DigestServer("example.com", b"k" * 32)

        def on_event(event: object) -> None:
            if not isinstance(event, Invited):
                return
            credentials = server.find(event.request, proxy=True)
            verdict = None if credentials is None else server.check(
                credentials, "INVITE", event.request.request_uri_text, event.request.body,
                lambda user, algorithm: ha1("alice", "example.com", "secret", algorithm), net.now,
            )  # fmt: skip
            if verdict is None or isinstance(verdict, Bad):
                headers = [("Proxy-Authenticate", str(x)) for x in server.make_challenges(net.now)]
                bob.ua.reject(event.session, net.now, 407, headers=headers)
            else:
                bob.ua.answer(event.session, net.now, ANSWER)

        bob.on_event = on_event
        call = alice.invite(bob, auth=DigestClient("alice", password))
        net.run(1)
        invites = [m.parsed for m in net.sent if m.title == "INVITE"]
        assert [str(invite.cseq) for invite in invites] == ["1 INVITE", "2 INVITE"]
        assert len({invite.call_id for invite in invites}) == 1
        if established:
            assert alice.last(Answered).session == call
            ack = [m.parsed for m in net.sent if m.title == "ACK"][-1]
            assert "Proxy-Authorization" in ack.headers
            assert str(ack.cseq) == "2 ACK"
        else:
            assert alice.last(Rejected).status == 407
        alice.ua.bye(call, net.now)
        rest(net)

    def test_challenge_without_credentials_is_told(self) -> None:
        net, alice, bob = pair()
        alice.invite(bob)
        net.run(0.1)
        challenge = DigestServer("example.com", b"k").make_challenges(0.0)[0]
        headers = [("WWW-Authenticate", str(challenge))]
        bob.ua.reject(bob.last(Invited).session, net.now, 401, headers=headers)
        net.run(0.1)
        assert alice.last(Rejected).status == 401


class TestMisuse:
    """What a phase forbids is an error of ours."""

    def test_answer_of_our_own_call_and_second_answer(self) -> None:
        net, alice, bob = pair()
        call, incoming = establish(net, alice, bob)
        with pytest.raises(LocalProtocolError):
            alice.ua.answer(call, net.now, ANSWER)
        with pytest.raises(LocalProtocolError):
            bob.ua.ring(incoming, net.now)
        with pytest.raises(LocalProtocolError):
            bob.ua.reject(incoming, net.now, 486)

    def test_handle_of_a_live_session_is_not_given_twice(self) -> None:
        net, alice, bob = pair()
        assert alice.invite(bob, session="leg-1") == "leg-1"
        with pytest.raises(LocalProtocolError):
            alice.invite(bob, session="leg-1")
        net.run(0.1)
        bob.ua.reject(bob.last(Invited).session, net.now, 503)
        net.run(0.1)
        assert alice.invite(bob, session="leg-1") == "leg-1"

    def test_statuses_that_do_not_fit(self) -> None:
        net, alice, bob = pair()
        alice.invite(bob)
        net.run(0.1)
        incoming = bob.last(Invited).session
        with pytest.raises(LocalProtocolError):
            bob.ua.ring(incoming, net.now, 200)
        with pytest.raises(LocalProtocolError):
            bob.ua.reject(incoming, net.now, 200)
        with pytest.raises(LocalProtocolError):
            bob.ua.reoffer(incoming, net.now, OFFER)

    @pytest.mark.parametrize("phase", list(Phase))
    def test_every_pair_of_phase_and_happening_has_a_row(self, phase: Phase) -> None:
        assert set(SESSION[phase]) == set(Happening)
        for happening, step in SESSION[phase].items():
            assert (step.verdict is Verdict.GO) != bool(step.reason), happening

    def test_every_phase_leads_to_the_end(self) -> None:
        for start in Phase:
            reached, todo = {start}, [start]
            while todo:
                for step in SESSION[todo.pop()].values():
                    if step.phase not in reached:
                        reached.add(step.phase)
                        todo.append(step.phase)
            assert Phase.ENDED in reached
