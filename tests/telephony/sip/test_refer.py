"""Transfers: REFER, NOTIFY with sipfrag, Replaces (RFC 3515, RFC 3420, RFC 3891, RFC 5589)."""

from __future__ import annotations

import pytest

from hipper.telephony.sip.errors import LocalProtocolError, SipParseError
from hipper.telephony.sip.events import Ended, Invited, Notified, Referred, Rejected, RequestAnswered
from hipper.telephony.sip.headers import NameAddr, Replaces
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.refer import (
    REFER,
    ReferHappening,
    ReferState,
    refer_target,
    refer_to_replaces,
    sipfrag,
    sipfrag_status,
)
from hipper.telephony.sip.uri import SipUri
from tests.telephony.sip.siptest import Agent, Network, establish

CAROL = NameAddr.parse("<sip:carol@192.0.2.7>")


class TestValues:
    def test_sipfrag_goes_and_comes_back(self) -> None:
        assert sipfrag(180) == b"SIP/2.0 180 Ringing\r\n"
        assert sipfrag(486, "Bezet") == b"SIP/2.0 486 Bezet\r\n"
        assert sipfrag_status(sipfrag(603)) == 603

    @pytest.mark.parametrize("body", [b"", b"SIP/2.0", b"SIP/2.0 99 x", b"SIP/2.0 abc", b"HTTP/1.1 200 OK"])
    def test_what_is_no_status_line_has_no_status(self, body: bytes) -> None:
        assert sipfrag_status(body) is None

    def test_refer_to_with_replaces(self) -> None:
        replaces = Replaces.of("c@h", "to", "from", early_only=True)
        target = SipUri.parse("sip:carol@192.0.2.7;transport=tcp")
        text = str(refer_to_replaces(target, replaces))
        assert "Replaces=c%40h%3Bto-tag%3Dto%3Bfrom-tag%3Dfrom%3Bearly-only" in text.replace("%3b", "%3B")
        read = refer_target(NameAddr.parse(text))
        assert str(read.uri) == str(target)
        assert read.replaces == replaces
        assert read.method == "INVITE"

    def test_other_headers_and_method_are_kept_apart(self) -> None:
        read = refer_target(NameAddr.parse("<sip:a@b;method=BYE?Subject=hi>"))
        assert (str(read.uri), read.method, read.headers) == ("sip:a@b", "BYE", (("Subject", "hi"),))

    def test_number_and_malformed_replaces(self) -> None:
        assert str(refer_target(NameAddr.parse("<tel:+31201234567>")).uri) == "tel:+31201234567"
        with pytest.raises(SipParseError):
            refer_target(NameAddr.parse("<sip:a@b?Replaces=no-tags>"))

    @pytest.mark.parametrize("state", list(ReferState))
    def test_every_pair_has_a_row(self, state: ReferState) -> None:
        assert set(REFER[state]) == set(ReferHappening)


def referred() -> tuple[Network, Agent, Agent, str, str, str]:
    net = Network()
    alice, bob = net.add("alice"), net.add("bob")
    call, incoming = establish(net, alice, bob)
    handle = alice.ua.refer(call, net.now, CAROL)
    assert handle is not None
    net.run(0.1)
    return net, alice, bob, call, incoming, bob.last(Referred).transaction


class TestTransfer:
    """RFC 3515 §2.4."""

    def test_transferor_is_kept_informed_until_the_target_answers(self) -> None:
        net, alice, bob, call, incoming, transaction = referred()
        told = bob.last(Referred)
        assert (told.session, str(told.refer_to)) == (incoming, str(CAROL))
        assert "Referred-By" in told.request.headers
        bob.ua.accept_refer(transaction, net.now)
        net.run(0.1)
        assert alice.last(RequestAnswered).response.status == 202
        bob.ua.notify_refer(transaction, net.now, 180)
        net.run(0.1)
        bob.ua.notify_refer(transaction, net.now, 200)
        net.run(0.1)
        assert [(event.status, event.final) for event in alice.told(Notified)] == [
            (100, False), (180, False), (200, True),
        ]  # fmt: skip
        notify = next(m.parsed for m in net.sent if m.title == "NOTIFY")
        assert notify.headers.get("Event") == f"refer;id={told.request.cseq.number}"
        assert (notify.headers.get("Subscription-State") or "").startswith("active;expires=1")
        assert notify.headers.get("Content-Type") == "message/sipfrag;version=2.0"
        alice.ua.bye(call, net.now)
        net.run(400)
        assert alice.ua.at_rest
        assert bob.ua.at_rest

    @pytest.mark.parametrize("value", ["false", "FALSE;x=y"])
    def test_who_wants_no_notifications_gets_none(self, value: str) -> None:
        """RFC 4488 §4."""
        net = Network()
        alice, bob = net.add("alice"), net.add("bob")
        call, _ = establish(net, alice, bob)
        alice.ua.refer(call, net.now, CAROL, headers=[("Refer-Sub", value)])
        net.run(0.1)
        transaction = bob.last(Referred).transaction
        bob.ua.accept_refer(transaction, net.now)
        bob.ua.notify_refer(transaction, net.now, 200)
        net.run(0.1)
        answer = alice.last(RequestAnswered).response
        assert (answer.status, answer.headers.get("Refer-Sub")) == (202, "false")
        assert "NOTIFY" not in net.titles()
        alice.ua.bye(call, net.now)
        net.run(40)
        assert bob.ua.at_rest

    def test_refused_with_a_reason(self) -> None:
        net, alice, bob, _, _, transaction = referred()
        bob.ua.reject_refer(transaction, net.now, 403, headers=[("Warning", '399 b "no"')])
        net.run(0.1)
        assert alice.last(RequestAnswered).response.headers.get("Warning") == '399 b "no"'

    def test_refused(self) -> None:
        net, alice, bob, _, _, transaction = referred()
        bob.ua.reject_refer(transaction, net.now, 603)
        net.run(0.1)
        assert alice.last(RequestAnswered).response.status == 603
        assert "NOTIFY" not in net.titles()

    def test_refused_by_a_plain_response(self) -> None:
        net, alice, bob, call, _, transaction = referred()
        bob.ua.respond(transaction, 603, net.now)
        net.run(0.1)
        assert alice.last(RequestAnswered).response.status == 603
        bob.ua.accept_refer(transaction, net.now)
        alice.ua.bye(call, net.now)
        net.run(40)
        assert bob.ua.at_rest
        assert "NOTIFY" not in net.titles()

    def test_outcome_before_acceptance_is_an_error_of_ours(self) -> None:
        net, _, bob, _, _, transaction = referred()
        with pytest.raises(LocalProtocolError):
            bob.ua.notify_refer(transaction, net.now, 200)
        bob.ua.accept_refer(transaction, net.now)
        with pytest.raises(LocalProtocolError):
            bob.ua.accept_refer(transaction, net.now)
        with pytest.raises(LocalProtocolError):
            bob.ua.reject_refer(transaction, net.now, 603)

    def test_no_outcome_in_time_ends_the_subscription_with_what_is_known(self) -> None:
        net, alice, bob, _, _, transaction = referred()
        bob.ua.accept_refer(transaction, net.now)
        net.run(200)
        last = alice.last(Notified)
        assert (last.status, last.final) == (100, True)
        assert "timeout" in (last.request.headers.get("Subscription-State") or "")
        sent = len(net.sent)
        bob.ua.notify_refer(transaction, net.now, 200)
        net.pump()
        assert len(net.sent) == sent

    def test_refer_nobody_answers_is_forgotten(self) -> None:
        net, alice, bob, call, _, _ = referred()
        net.run(40)
        alice.ua.bye(call, net.now)
        net.run(400)
        assert bob.ua.at_rest

    def test_notify_of_another_package_is_489(self) -> None:
        net, alice, bob, _, _, transaction = referred()
        bob.ua.accept_refer(transaction, net.now)
        net.run(0.1)
        notify = next(m.data for m in net.sent if m.title == "NOTIFY")
        other = notify.replace(b"Event: refer", b"Event: dialog").replace(b"branch=", b"branch=z9hG4bKx", 1)
        other = other.replace(b"CSeq: 1 ", b"CSeq: 9 ")
        net.inject(alice, other, bob.address)
        assert net.sent[-1].title == "489 NOTIFY"

    def test_refer_needs_an_answered_call(self) -> None:
        net = Network()
        alice, bob = net.add("alice"), net.add("bob")
        call = alice.invite(bob)
        with pytest.raises(LocalProtocolError):
            alice.ua.refer(call, net.now, CAROL)
        assert alice.ua.refer("unknown", net.now, CAROL) is None


class TestReplaces:
    """RFC 3891 §3."""

    def invite(self, net: Network, carol: Agent, bob: Agent, replaces: Replaces) -> None:
        carol.invite(bob, headers=[("Replaces", str(replaces)), ("Require", "replaces")])
        net.run(0.2)

    def start(self) -> tuple[Network, Agent, Agent, Agent, str, str]:
        net = Network()
        alice, bob, carol = net.add("alice"), net.add("bob"), net.add("carol")
        call, incoming = establish(net, alice, bob)
        return net, alice, bob, carol, call, incoming

    def test_invite_names_the_session_it_takes_over(self) -> None:
        net, alice, bob, carol, call, incoming = self.start()
        replaces = alice.ua.replaces_for(call)
        assert replaces is not None
        self.invite(net, carol, bob, replaces)
        told = bob.last(Invited)
        assert told.replaces == replaces
        assert told.replaces_session == incoming

    def test_refer_names_a_session_until_it_is_over(self) -> None:
        net, alice, bob, _, call, incoming = self.start()
        replaces = alice.ua.replaces_for(call)
        assert replaces is not None
        assert bob.ua.session_of(replaces) == incoming
        swapped = Replaces.of(replaces.call_id, replaces.from_tag, replaces.to_tag)
        assert bob.ua.session_of(swapped) is None
        net.lose = lambda message: message.title == "BYE"
        bob.ua.bye(incoming, net.now)
        assert bob.ua.session_of(replaces) is None

    def test_unknown_dialog_is_481(self) -> None:
        net, _, bob, carol, _, _ = self.start()
        self.invite(net, carol, bob, Replaces.of("no", "such", "dialog"))
        assert carol.last(Rejected).status == 481

    def test_early_only_for_an_answered_call_is_486(self) -> None:
        net, alice, bob, carol, call, _ = self.start()
        replaces = alice.ua.replaces_for(call)
        assert replaces is not None
        self.invite(
            net,
            carol,
            bob,
            Replaces.of(replaces.call_id, replaces.to_tag, replaces.from_tag, early_only=True),
        )
        assert carol.last(Rejected).status == 486

    def test_call_that_is_ending_is_603(self) -> None:
        net, alice, bob, carol, call, incoming = self.start()
        replaces = alice.ua.replaces_for(call)
        assert replaces is not None
        net.lose = lambda message: message.title == "BYE"
        bob.ua.bye(incoming, net.now)
        self.invite(net, carol, bob, replaces)
        assert carol.last(Rejected).status == 603

    def test_dialog_that_rings_at_us_cannot_be_replaced(self) -> None:
        net = Network()
        alice, bob, carol = net.add("alice"), net.add("bob"), net.add("carol")
        alice.invite(bob)
        net.run(0.1)
        bob.ua.ring(bob.last(Invited).session, net.now)
        net.run(0.1)
        invite, ringing = net.sent[0].parsed, net.sent[2].parsed
        assert isinstance(invite, Request)
        replaces = Replaces.of(invite.call_id, ringing.to.tag or "", invite.from_.tag or "")
        self.invite(net, carol, bob, replaces)
        assert carol.last(Rejected).status == 481

    def test_no_session_no_replaces(self) -> None:
        net, alice, bob, _, call, incoming = self.start()
        bob.ua.bye(incoming, net.now)
        net.run(1)
        assert alice.last(Ended).session == call
        assert alice.ua.replaces_for(call) is None
