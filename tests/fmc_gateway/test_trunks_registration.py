"""A trunk that registers (RFC 3261 §10.2, RFC 7616)."""

from __future__ import annotations

import pytest

from fmc_gateway.trunks_registration import TrunkRegistrar
from hipper.runtime.settings_model import TrunkRegistration
from hipper.telephony.sip.digest import DigestClient, DigestServer, Ok, ha1
from hipper.telephony.sip.message import Request
from tests.fmc_gateway.wire import HOP, A, B, Wire

SETTINGS = TrunkRegistration(
    registrar="sip:carrier.example", aor="sip:hipper@carrier.example", username="u1", password="geheim"
)


class Registering(Wire):
    def __init__(self) -> None:
        super().__init__()
        self.failures = 0
        self.registrar = TrunkRegistrar(
            "carrier",
            SETTINGS,
            HOP,
            DigestClient("u1", "geheim"),
            sending=self,
            resolver=self.resolver,
            failed=self._failed,
        )
        self.workers.append(self.registrar)

    def _failed(self) -> None:
        self.failures += 1

    async def begin(self) -> tuple[str, Request]:
        """Its first REGISTER: where to, and what."""
        await self.resolver.refresh()
        self.registrar.start(self.now)
        return self.one()

    async def registered(self, expires_s: int = 100) -> None:
        _, request = await self.begin()
        self.grant(request, expires_s)

    def grant(self, request: Request, expires_s: int) -> None:
        self.answer(request, 200, ("Contact", f"<{request.contacts[0].uri}>;expires={expires_s}"))


@pytest.fixture
def wire() -> Registering:
    return Registering()


async def test_registers_our_address_with_the_first_server(wire: Registering) -> None:
    where, request = await wire.begin()
    assert (where, request.method, str(request.uri)) == (A.address, "REGISTER", "sip:carrier.example")
    assert str(request.to.uri) == str(request.from_.uri) == "sip:hipper@carrier.example"
    assert str(request.contacts[0].uri) == "sip:hipper@198.51.100.1:5062"
    assert request.contacts[0].expires == 300
    wire.grant(request, 100)
    assert wire.registrar.registered_until == wire.now + 100
    assert wire.registrar.last_error is None


async def test_refreshes_before_expiry_with_the_same_call_id_and_a_higher_cseq(wire: Registering) -> None:
    _, first = await wire.begin()
    wire.grant(first, 100)
    wire.passes(79)
    assert wire.sent() == []
    wire.passes(2)
    _, again = wire.one()
    assert again.call_id == first.call_id
    assert again.cseq.number > first.cseq.number
    wire.grant(again, 100)
    assert wire.registrar.registered_until == pytest.approx(wire.now + 100)


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
async def test_answers_a_challenge(wire: Registering, algorithm: str) -> None:
    server = DigestServer("carrier.example", b"key", algorithms=(algorithm,))
    _, request = await wire.begin()
    challenges = [("WWW-Authenticate", str(x)) for x in server.make_challenges(wire.now)]
    wire.answer(request, 401, *challenges)
    _, again = wire.one()
    credentials = server.find(again)
    assert credentials is not None
    stored = {"u1": ha1("u1", "carrier.example", "geheim", algorithm)}
    checked = server.check(
        credentials, "REGISTER", again.request_uri_text, b"", lambda name, _: stored.get(name), wire.now
    )
    assert checked == Ok("u1")
    wire.grant(again, 100)
    assert wire.registrar.registered_until > wire.now


async def test_refused_credentials_are_said_and_tried_again_with_growing_waits(wire: Registering) -> None:
    _, request = await wire.begin()
    waits = []
    for _ in range(4):
        wire.answer(request, 403)
        assert wire.registrar.last_error == "REGISTER: 403 Forbidden"
        assert wire.sent() == []
        due = wire.registrar.next_timer()
        assert due is not None
        waits.append(due - wire.now)
        wire.passes(waits[-1])
        _, request = wire.one()
    assert wire.failures == 4
    assert all(30 * 2**n / 2 <= wait <= 30 * 2**n for n, wait in enumerate(waits)), waits


async def test_waits_differ_from_one_gateway_to_another() -> None:
    found = set()
    for number in range(5):
        wire = Registering()
        for _ in range(number):
            wire.ids.token(8)
        _, request = await wire.begin()
        wire.answer(request, 403)
        found.add(wire.registrar.next_timer())
    assert len(found) > 1


async def test_retry_after_is_waited_for(wire: Registering) -> None:
    _, request = await wire.begin()
    wire.answer(request, 500, ("Retry-After", "500"))
    assert wire.registrar.next_timer() == wire.now + 500


async def test_too_brief_asks_for_what_the_registrar_wants(wire: Registering) -> None:
    _, request = await wire.begin()
    wire.answer(request, 423, ("Min-Expires", "1800"))
    _, again = wire.one()
    assert again.contacts[0].expires == 1800


async def test_a_registrar_that_is_not_there_is_followed_by_the_next_at_once(wire: Registering) -> None:
    where, _ = await wire.begin()
    assert where == A.address
    wire.unreachable(A)
    where, request = wire.one()
    assert where == B.address
    assert wire.registrar.last_error == "REGISTER: cannot be sent"
    wire.grant(request, 100)
    assert wire.registrar.last_error is None
    assert wire.resolver.servers(HOP) == (B, A)


async def test_a_registrar_that_says_nothing_is_followed_by_the_next(wire: Registering) -> None:
    await wire.begin()
    wire.passes(33)
    where, _ = wire.one()
    assert where == B.address


async def test_when_no_server_works_it_waits_before_it_begins_anew(wire: Registering) -> None:
    await wire.begin()
    for server in (A, B):
        wire.unreachable(server)
        wire.sent()
    due = wire.registrar.next_timer()
    assert due is not None
    # two failures in a row, at whichever server: the second wait
    assert 30 <= due - wire.now <= 60


async def test_a_binding_that_cannot_be_refreshed_runs_out(wire: Registering) -> None:
    _, request = await wire.begin()
    wire.grant(request, 20)
    wire.passes(17)
    _, again = wire.one()
    wire.answer(again, 500)
    assert wire.registrar.registered_until > wire.now
    wire.passes(5)
    assert wire.registrar.registered_until < wire.now


async def test_takes_its_registration_back(wire: Registering) -> None:
    await wire.registered()
    wire.registrar.stop(wire.now)
    _, request = wire.one()
    assert request.contacts[0].expires == 0
    assert not wire.registrar.is_over
    wire.answer(request, 200)
    assert wire.registrar.is_over
    assert wire.registrar.registered_until == 0


async def test_stopping_while_it_waits_sends_nothing(wire: Registering) -> None:
    _, request = await wire.begin()
    wire.answer(request, 403)
    wire.registrar.stop(wire.now)
    assert wire.sent() == []
    assert wire.registrar.is_over


async def test_without_an_address_it_looks_again_soon(wire: Registering) -> None:
    wire.registrar.start(wire.now)
    assert wire.sent() == []
    assert wire.registrar.last_error == "REGISTER: the registrar has no address"
    await wire.resolver.refresh()
    wire.passes(2)
    assert wire.one()[0] == A.address
