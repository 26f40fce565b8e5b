"""The registrar's rules and the registering client (RFC 3261 §10, RFC 3327, RFC 5626)."""

from __future__ import annotations

from typing import Any

import pytest

from hipper.telephony.sip.digest import Bad, DigestClient, DigestServer
from hipper.telephony.sip.digest_values import ha1
from hipper.telephony.sip.events import OutOfDialogRequest, RequestFailed
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.ids import CountingIds
from hipper.telephony.sip.message import Request, parse_message
from hipper.telephony.sip.registration import (
    Binding,
    Registered,
    RegisterRefused,
    RegistrarPolicy,
    apply_register,
)
from hipper.telephony.sip.registration_client import (
    REGISTRATION,
    RegistrationClient,
    RegistrationEvent,
    RegistrationState,
)
from hipper.telephony.sip.uri import SipUri
from tests.telephony.sip.siptest import Agent, Network, raw

FLOW = Flow("udp", "test", ("192.0.2.1", 5060), ("192.0.2.9", 5060))
OTHER_FLOW = Flow("tcp", "test", ("192.0.2.1", 5060), ("192.0.2.9", 40000), 7)
UUID = "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
POLICY = RegistrarPolicy()


def register(
    *contacts: str, cseq: int = 1, call_id: str = "reg-1", more: tuple[str, ...] = (), vias: int = 1
) -> Request:
    lines = ["REGISTER sip:example.com SIP/2.0"]
    lines += [f"Via: SIP/2.0/UDP 192.0.2.{9 + n}:5060;branch=z9hG4bK{cseq}{n}" for n in range(vias)]
    lines += [
        "From: <sip:bob@example.com>;tag=1",
        "To: <sip:bob@example.com>",
        f"Call-ID: {call_id}",
        f"CSeq: {cseq} REGISTER",
        *(f"Contact: {contact}" for contact in contacts),
        *more,
    ]
    request = parse_message(raw(lines))
    assert isinstance(request, Request)
    return request


def bind(
    existing: tuple[Binding, ...], request: Request, now: float = 0.0, flow: Flow = FLOW, **policy: Any
) -> tuple[Binding, ...]:
    outcome = apply_register(existing, request, flow, now, RegistrarPolicy(**policy))
    assert isinstance(outcome, Registered), outcome
    return outcome.bindings


def refuse(existing: tuple[Binding, ...], request: Request, now: float = 0.0) -> RegisterRefused:
    outcome = apply_register(existing, request, FLOW, now, POLICY)
    assert isinstance(outcome, RegisterRefused), outcome
    return outcome


class TestBindingRules:
    """RFC 3261 §10.3 step 7."""

    def test_contact_expires_goes_before_header_before_default(self) -> None:
        request = register("<sip:bob@192.0.2.9>;expires=120", "<sip:bob@192.0.2.8>", more=("Expires: 240",))
        assert [binding.expires_at for binding in bind((), request)] == [120.0, 240.0]
        assert bind((), register("<sip:bob@192.0.2.9>"))[0].expires_at == 3600.0

    def test_longer_wish_is_shortened(self) -> None:
        assert bind((), register("<sip:bob@192.0.2.9>;expires=90000"))[0].expires_at == 3600.0

    def test_shorter_wish_gets_423_with_min_expires(self) -> None:
        refused = refuse((), register("<sip:bob@192.0.2.9>;expires=30"))
        assert refused.status == 423
        assert ("Min-Expires", "60") in refused.headers

    def test_refresh_moves_expiry_and_keeps_one_binding(self) -> None:
        first = bind((), register("<sip:bob@192.0.2.9>;expires=60"))
        again = bind(first, register("<sip:bob@192.0.2.9>;expires=60", cseq=2), now=50.0)
        assert [binding.expires_at for binding in again] == [110.0]

    def test_same_uri_by_comparison_rules_is_the_same_binding(self) -> None:
        first = bind((), register("<sip:bob@Phone.Example.com;transport=udp>"))
        again = bind(first, register("<sip:bob@phone.example.COM;transport=UDP>", cseq=2))
        assert len(again) == 1

    def test_what_was_added_and_what_gave_way_is_told(self) -> None:
        outcome = apply_register((), register("<sip:bob@192.0.2.9>"), FLOW, 0.0, POLICY)
        assert isinstance(outcome, Registered)
        assert (outcome.added, outcome.removed) == (outcome.bindings, ())
        gone = apply_register(
            outcome.bindings, register("<sip:bob@192.0.2.9>;expires=0", cseq=2), FLOW, 0.0, POLICY
        )
        assert isinstance(gone, Registered)
        assert (gone.added, gone.removed) == ((), outcome.bindings)

    def test_contact_named_twice_is_one_binding(self) -> None:
        twice = register("<sip:bob@192.0.2.9>;expires=120", "<sip:bob@192.0.2.9>;expires=240")
        (binding,) = bind((), twice)
        assert binding.expires_at == 240.0

    def test_older_register_of_the_same_call_id_changes_nothing(self) -> None:
        first = bind((), register("<sip:bob@192.0.2.9>", cseq=5))
        assert refuse(first, register("<sip:bob@192.0.2.9>;expires=0", cseq=4)).status == 500
        assert refuse(first, register("<sip:bob@192.0.2.9>;expires=0", cseq=5)).status == 500

    def test_register_of_another_call_id_is_taken_whatever_its_number(self) -> None:
        first = bind((), register("<sip:bob@192.0.2.9>", cseq=5))
        assert bind(first, register("<sip:bob@192.0.2.9>;expires=0", cseq=1, call_id="reg-2")) == ()

    def test_one_refused_contact_refuses_all(self) -> None:
        refused = refuse((), register("<sip:bob@192.0.2.9>", "<sip:bob@192.0.2.8>;expires=5"))
        assert refused.status == 423

    def test_expired_bindings_are_left_out(self) -> None:
        first = bind((), register("<sip:bob@192.0.2.9>;expires=60"))
        assert bind(first, register(cseq=2), now=61.0) == ()

    def test_oldest_gives_way_above_the_limit(self) -> None:
        bindings: tuple[Binding, ...] = ()
        for number in range(1, 4):
            request = register(f"<sip:bob@192.0.2.{number}>", cseq=number)
            bindings = bind(bindings, request, now=float(number), max_bindings=2)
        assert [binding.contact for binding in bindings] == ["sip:bob@192.0.2.2", "sip:bob@192.0.2.3"]


class TestQueriesAndRemoval:
    """RFC 3261 §10.2.2, §10.2.3, §10.3 steps 6 and 8."""

    def test_register_without_contact_lists_all_bindings(self) -> None:
        first = bind((), register("<sip:bob@192.0.2.9>;q=0.5;expires=100", "<sip:bob@192.0.2.8>;expires=100"))
        outcome = apply_register(first, register(cseq=2), FLOW, 40.0, POLICY)
        assert isinstance(outcome, Registered)
        contacts = [value for name, value in outcome.headers if name == "Contact"]
        assert contacts == ["<sip:bob@192.0.2.9>;q=0.5;expires=60", "<sip:bob@192.0.2.8>;expires=60"]
        assert outcome.added == ()

    def test_wildcard_removes_all(self) -> None:
        first = bind((), register("<sip:bob@192.0.2.9>", "<sip:bob@192.0.2.8>"))
        outcome = apply_register(first, register("*", cseq=2, more=("Expires: 0",)), FLOW, 1.0, POLICY)
        assert isinstance(outcome, Registered)
        assert outcome.bindings == ()
        assert outcome.removed == first

    def test_wildcard_without_expires_zero_is_400(self) -> None:
        assert refuse((), register("*", more=("Expires: 60",))).status == 400

    def test_wildcard_of_an_older_register_changes_nothing(self) -> None:
        first = bind((), register("<sip:bob@192.0.2.9>", cseq=9))
        assert refuse(first, register("*", cseq=8, more=("Expires: 0",))).status == 500

    def test_preference_is_read(self) -> None:
        assert bind((), register("<sip:bob@192.0.2.9>;q=0.3"))[0].q == 0.3


class TestPath:
    """RFC 3327 §5.3."""

    def test_path_is_stored_in_order_and_echoed(self) -> None:
        more = ("Path: <sip:p2.example.com;lr>, <sip:p1.example.com;lr>", "Supported: path")
        outcome = apply_register((), register("<sip:bob@192.0.2.9>", more=more), FLOW, 0.0, POLICY)
        assert isinstance(outcome, Registered)
        assert outcome.bindings[0].path == ("<sip:p2.example.com;lr>", "<sip:p1.example.com;lr>")
        assert ("Path", "<sip:p2.example.com;lr>, <sip:p1.example.com;lr>") in outcome.headers


class TestOutbound:
    """RFC 5626 §6."""

    CONTACT = f'<sip:bob@192.0.2.9>;reg-id={{}};+sip.instance="<{UUID}>"'
    SUPPORTED = ("Supported: outbound, path",)

    def test_same_instance_and_reg_id_replaces_the_binding_of_another_address(self) -> None:
        first = bind((), register(self.CONTACT.format(1), more=self.SUPPORTED))
        moved = register(
            self.CONTACT.format(1).replace("192.0.2.9", "192.0.2.77"), call_id="x", more=self.SUPPORTED
        )
        again = bind(first, moved, now=5.0, flow=OTHER_FLOW)
        assert [(binding.contact, binding.flow) for binding in again] == [("sip:bob@192.0.2.77", OTHER_FLOW)]
        assert again[0].instance == UUID

    def test_two_flows_of_one_device_are_two_bindings(self) -> None:
        first = bind((), register(self.CONTACT.format(1), more=self.SUPPORTED))
        assert len(bind(first, register(self.CONTACT.format(2), cseq=2, more=self.SUPPORTED))) == 2

    def test_plain_and_outbound_binding_of_one_uri_are_two(self) -> None:
        """Only instance and reg-id name an outbound binding, and never a plain one."""
        plain = register("<sip:bob@192.0.2.9>")
        outbound = register(self.CONTACT.format(1), cseq=2, more=self.SUPPORTED)
        for one, other in ((plain, outbound), (outbound, register("<sip:bob@192.0.2.9>", cseq=3))):
            assert len(bind(bind((), one), other)) == 2

    def test_answer_requires_outbound(self) -> None:
        request = register(self.CONTACT.format(1), more=self.SUPPORTED)
        outcome = apply_register((), request, FLOW, 0.0, POLICY)
        assert isinstance(outcome, Registered)
        assert ("Require", "outbound") in outcome.headers
        assert ("Flow-Timer", "120") in outcome.headers

    def test_reg_id_without_outbound_support_is_ignored(self) -> None:
        assert bind((), register(self.CONTACT.format(1)))[0].reg_id is None

    def test_edge_proxy_without_ob_gets_439(self) -> None:
        assert refuse((), register(self.CONTACT.format(1), more=self.SUPPORTED, vias=2)).status == 439
        path = (*self.SUPPORTED, "Path: <sip:edge.example.com;lr;ob>")
        assert len(bind((), register(self.CONTACT.format(1), more=path, vias=2))) == 1


class Registrar:
    """A registrar on the test network: answers by a list of statuses, then by the rules."""

    def __init__(self, agent: Agent, statuses: list[tuple[int, tuple[tuple[str, str], ...]]]) -> None:
        self.agent = agent
        self.statuses = statuses
        self.bindings: tuple[Binding, ...] = ()
        self.policy = RegistrarPolicy()
        self.digest: DigestServer | None = None
        self.seen: list[Request] = []
        agent.on_event = self.on_event

    def on_event(self, event: object) -> None:
        assert isinstance(event, OutOfDialogRequest)
        request, now = event.request, self.agent.net.now
        self.seen.append(request)
        if self.statuses:
            status, headers = self.statuses.pop(0)
            self.agent.ua.respond(event.transaction, status, now, headers=headers)
            return
        if self.digest is not None:
            credentials = self.digest.find(request)
            verdict = None if credentials is None else self.digest.check(
                credentials, request.method, request.request_uri_text, request.body,
                lambda user, algorithm: ha1("bob", "example.com", "secret", algorithm), now,
            )  # fmt: skip
            if verdict is None or isinstance(verdict, Bad):
                headers = tuple(("WWW-Authenticate", str(x)) for x in self.digest.make_challenges(now))
                self.agent.ua.respond(event.transaction, 401, now, headers=headers)
                return
        outcome = apply_register(self.bindings, request, event.flow, now, self.policy)
        if isinstance(outcome, Registered):
            self.bindings = outcome.bindings
            self.agent.ua.respond(event.transaction, 200, now, headers=outcome.headers)
        else:
            self.agent.ua.respond(event.transaction, outcome.status, now, headers=outcome.headers)


def client_on(
    net: Network, *statuses: tuple[int, tuple[tuple[str, str], ...]], **more: Any
) -> tuple[RegistrationClient, Registrar]:
    registrar, phone = net.add("registrar"), net.add("bob")
    client = RegistrationClient(
        phone.ua, CountingIds("reg"), aor=SipUri.parse("sip:bob@example.com"),
        registrar=SipUri.parse("sip:example.com"), flow=phone.flow_to(registrar), contact=phone.uri, **more,
    )  # fmt: skip
    phone.on_event = lambda event: client.handle_event(event, net.now)
    return client, Registrar(registrar, list(statuses))


def run(net: Network, client: RegistrationClient, seconds: float) -> None:
    end = net.now + seconds
    net.pump()
    while (due := client.next_timer()) is not None and due <= end:
        net.run(max(due - net.now, 0.0))
        client.handle_timer(net.now)
        net.pump()
        net.run(min(0.1, max(end - net.now, 0.0)))
    net.run(max(end - net.now, 0.0))


class TestClient:
    """RFC 3261 §10.2, RFC 5626 §4.5."""

    def test_registers_and_refreshes_before_it_expires(self) -> None:
        net = Network()
        client, registrar = client_on(net, expires_s=600)
        client.start(net.now)
        net.run(0.5)
        assert client.state is RegistrationState.REGISTERED
        assert client.granted_s == 600
        run(net, client, 1500)
        assert len(registrar.seen) == 4
        assert {request.call_id for request in registrar.seen} == {"reg-call-1"}
        assert [request.cseq.number for request in registrar.seen] == [1, 2, 3, 4]
        assert len(registrar.bindings) == 1
        assert registrar.bindings[0].expires_at > net.now

    def test_outcomes_of_other_requests_are_left_to_others(self) -> None:
        net = Network()
        client, registrar = client_on(net)
        client.start(net.now)
        assert not client.handle_event(RequestFailed("another", 408, by_network=True), net.now)
        net.run(0.5)
        assert client.state is RegistrationState.REGISTERED
        assert len(registrar.seen) == 1

    def test_423_is_answered_with_the_longer_interval(self) -> None:
        net = Network()
        client, registrar = client_on(net, expires_s=30)
        client.start(net.now)
        net.run(0.5)
        assert client.granted_s == 60
        assert len(registrar.bindings) == 1

    def test_digest_challenge_is_answered(self) -> None:
        net = Network()
        client, registrar = client_on(net, auth=DigestClient("bob", "secret"))
        registrar.digest = DigestServer("example.com", b"k" * 32)
        client.start(net.now)
        net.run(0.5)
        assert client.state is RegistrationState.REGISTERED
        assert len(registrar.seen) == 2
        assert [request.cseq.number for request in registrar.seen] == [1, 2]

    def test_wrong_password_waits_longer_each_time(self) -> None:
        net = Network()
        client, registrar = client_on(net, auth=DigestClient("bob", "wrong"))
        registrar.digest = DigestServer("example.com", b"k" * 32)
        client.start(net.now)
        waits = []
        for _ in range(3):
            net.run(1.0)
            assert client.state is RegistrationState.WAITING
            due = client.next_timer()
            assert due is not None
            waits.append(due - net.now)
            run(net, client, due - net.now + 0.01)
        assert waits[0] < 31
        assert waits == sorted(waits)
        assert client.last_status == 401

    def test_retry_after_is_kept(self) -> None:
        net = Network()
        client, _ = client_on(net, (503, (("Retry-After", "300"),)))
        client.start(net.now)
        net.run(0.5)
        due = client.next_timer()
        assert due is not None
        assert due >= 300.0
        run(net, client, 301)
        assert client.state is RegistrationState.REGISTERED

    def test_silence_of_the_registrar_is_a_failure(self) -> None:
        net = Network()
        client, _ = client_on(net)
        net.lose = lambda message: True
        client.start(net.now)
        net.run(33)
        assert client.state is RegistrationState.WAITING
        assert client.last_status == 408

    def test_stop_removes_the_binding(self) -> None:
        net = Network()
        client, registrar = client_on(net)
        client.start(net.now)
        net.run(0.5)
        client.stop(net.now)
        net.run(0.5)
        assert registrar.bindings == ()
        assert client.state is RegistrationState.UNREGISTERED
        assert client.next_timer() is None

    def test_stop_while_a_register_is_out_removes_after_its_answer(self) -> None:
        net = Network()
        client, registrar = client_on(net)
        client.start(net.now)
        client.stop(net.now)
        net.run(0.5)
        assert len(registrar.seen) == 2
        assert registrar.bindings == ()
        assert client.state is RegistrationState.UNREGISTERED

    def test_outbound_client_names_instance_and_reg_id(self) -> None:
        net = Network()
        client, registrar = client_on(net, instance=UUID, reg_id=1)
        client.start(net.now)
        net.run(0.5)
        assert registrar.bindings[0].instance == UUID
        assert registrar.bindings[0].reg_id == 1

    @pytest.mark.parametrize("state", list(RegistrationState))
    def test_every_pair_has_a_row_that_acts_or_says_why_not(self, state: RegistrationState) -> None:
        assert set(REGISTRATION[state]) == set(RegistrationEvent)
        for row in REGISTRATION[state].values():
            assert row.send or row.reason or row.state is not state
