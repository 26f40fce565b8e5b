"""Who a desk phone is (RFC 3261 §22, RFC 7616), and what it may register (RFC 3261 §10.3)."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from fmc_gateway.bindings import Bindings
from fmc_gateway.edge import Phone, Refusal
from fmc_gateway.phone_auth import PhoneAuthenticator, claimed_domain
from fmc_gateway.registrar import Registrar
from hipper.directory.credentials import DeviceCredentials, hashed
from hipper.directory.errors import DirectoryUnavailable
from hipper.pbx.ids import DeviceId, SubscriberId, TenantId
from hipper.runtime.settings_model import DevicesSection
from hipper.telephony.sip.digest import DigestClient
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.message import Request, Response, parse_message

DOMAIN = "acme.test"
FLOW = Flow("udp", "devices-udp", ("127.0.0.1", 5060), ("192.0.2.9", 5062))
NOW = 1_800_000_000.0


class Directory:
    """And who is told of wrong passwords."""

    def __init__(self) -> None:
        self.refused = 0
        md5, sha256 = hashed("anna", DOMAIN, "secret")
        self.asked = 0
        self.away = False
        self.known: DeviceCredentials | None = DeviceCredentials(
            device=DeviceId("d1"),
            subscriber=SubscriberId("s1"),
            tenant=TenantId("t1"),
            aor_user="anna",
            domain=DOMAIN,
            realm=DOMAIN,
            ha1_md5=md5,
            ha1_sha256=sha256,
            enabled=True,
        )

    def credentials_refused(self) -> None:
        self.refused += 1

    async def device_credentials(self, aor_user: str, domain: str) -> DeviceCredentials | None:
        self.asked += 1
        if self.away:
            raise DirectoryUnavailable("the database is away")
        return self.known if (aor_user, domain) == ("anna", DOMAIN) else None


def register(*headers: str, to: str = f"sip:anna@{DOMAIN}", cseq: int = 1) -> Request:
    lines = [
        f"REGISTER sip:{DOMAIN} SIP/2.0",
        "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx",
        f"From: <{to}>;tag=a",
        f"To: <{to}>",
        "Call-ID: c",
        f"CSeq: {cseq} REGISTER",
        *headers,
        "Content-Length: 0",
        "",
        "",
    ]
    request = parse_message("\r\n".join(lines).encode())
    assert isinstance(request, Request)
    return request


def authenticator(directory: Directory) -> PhoneAuthenticator:
    return PhoneAuthenticator(DevicesSection(), directory, b"k" * 32, lambda: NOW, directory)


async def ask(auth: PhoneAuthenticator, request: Request) -> Any:
    answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    auth.authenticate(request, DOMAIN, "192.0.2.9", answer.set_result)
    return await answer


async def challenged(auth: PhoneAuthenticator, user: str, password: str, **only: str) -> Any:
    """The answer to the second REGISTER, with credentials for the challenge of the first."""
    request = register()
    headers = await ask(auth, request)
    response = request.create_response(401)
    for name, value in headers:
        if not only or only["algorithm"] in value:
            response.headers.add(name, value)
    assert isinstance(response, Response)
    for name, value in DigestClient(user, password).authorize(request, response, cnonce="c0ffee"):
        request.headers.add(name, value)
    return await ask(auth, request)


async def test_first_request_is_challenged_with_both_algorithms_without_asking_the_directory() -> None:
    directory = Directory()
    headers = await ask(authenticator(directory), register())
    assert [name for name, _ in headers] == ["WWW-Authenticate", "WWW-Authenticate"]
    assert "SHA-256" in headers[0][1]
    assert "MD5" in headers[1][1]
    assert directory.asked == 0


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
async def test_right_password_is_the_phone(algorithm: str) -> None:
    answer = await challenged(authenticator(Directory()), "anna", "secret", algorithm=algorithm)
    assert answer == Phone(DeviceId("d1"), f"anna@{DOMAIN}")


async def test_unknown_user_and_wrong_password_get_the_same_answer() -> None:
    wrong = await challenged(authenticator(Directory()), "anna", "guess")
    unknown = await challenged(authenticator(Directory()), "nobody", "guess")
    assert not isinstance(wrong, Phone)
    assert [name for name, _ in wrong] == [name for name, _ in unknown] == ["WWW-Authenticate"] * 2
    assert "stale" not in str(wrong).replace("stale=false", "")


async def test_wrong_password_is_counted_and_logged_with_the_address_it_came_from() -> None:
    directory = Directory()
    with capture_logs() as logs:
        await challenged(authenticator(directory), "anna", "guess")
        await challenged(authenticator(directory), "anna", "secret")
    assert [line["address"] for line in logs if line["event"] == "phones.refused"] == ["192.0.2.9"]
    assert directory.refused == 1


async def test_credentials_of_another_realm_do_not_count() -> None:
    directory = Directory()
    assert directory.known is not None

    directory.known = msgspec.structs.replace(directory.known, realm="other.test")
    assert not isinstance(await challenged(authenticator(directory), "anna", "secret"), Phone)


async def test_user_that_is_switched_off_gets_403_only_with_the_right_password() -> None:
    directory = Directory()
    assert directory.known is not None

    directory.known = msgspec.structs.replace(directory.known, enabled=False)
    answer = await challenged(authenticator(directory), "anna", "secret")
    assert isinstance(answer, Refusal)
    assert answer.status == 403
    assert not isinstance(await challenged(authenticator(directory), "anna", "wrong"), Refusal)


async def test_directory_away_is_503() -> None:
    directory = Directory()
    directory.away = True
    answer = await challenged(authenticator(directory), "anna", "secret")
    assert isinstance(answer, Refusal)
    assert answer.status == 503


async def test_replayed_credentials_are_stale() -> None:
    auth = authenticator(Directory())
    request = register()
    response = request.create_response(401)
    for name, value in await ask(auth, request):
        response.headers.add(name, value)
    for name, value in DigestClient("anna", "secret").authorize(request, response, cnonce="c0ffee"):
        request.headers.add(name, value)
    assert isinstance(await ask(auth, request), Phone)
    again = await ask(auth, request)
    assert "stale=true" in again[0][1]


def test_domain_is_that_of_to_in_a_register() -> None:
    assert claimed_domain(register()) == DOMAIN


class Agent:
    """Stands for the user agent: keeps what was answered."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str]]] = []

    def respond(self, transaction: str, status: int, now: float, headers: Any = ()) -> None:
        self.answers.append((status, dict(headers)))


def registrar(**settings: Any) -> tuple[Registrar, Bindings, Agent]:
    agent, bindings = Agent(), Bindings(lambda: NOW)

    class Observer:
        def registered(self, status: int) -> None:
            assert 200 <= status <= 699

    made = Registrar(
        DevicesSection(**settings),
        bindings,
        agent=agent,
        flush=lambda: None,
        host=lambda listener: "gw.test",
        observer=Observer(),
        now=lambda: 1.0,
        now_unix=lambda: NOW,
    )
    return made, bindings, agent


PHONE = Phone(DeviceId("d1"), f"anna@{DOMAIN}")


async def test_contact_is_bound_to_the_flow_it_came_over() -> None:
    made, bindings, agent = registrar()
    contact = "Contact: <sip:anna@10.9.8.7:5062>;expires=120"
    made.register("t", register(contact, "Path: <sip:edge.test;lr>"), FLOW, PHONE)
    (status, headers), (found,) = agent.answers[-1], bindings.of_devices([DeviceId("d1")])
    assert status == 200
    assert headers["Contact"].startswith("<sip:anna@10.9.8.7:5062>")
    assert "expires=120" in headers["Contact"]
    assert found.contact == "sip:anna@10.9.8.7:5062"
    assert found.path == ("<sip:edge.test;lr>",)
    assert bindings.flow_of(found.flow) == FLOW
    assert bindings.aor_of("d1") == f"anna@{DOMAIN}"


async def test_too_short_an_interval_gets_423_with_min_expires() -> None:
    made, bindings, agent = registrar(min_expires_s=60)
    made.register("t", register("Contact: <sip:a@10.9.8.7>;expires=5"), FLOW, PHONE)
    assert agent.answers[-1][0] == 423
    assert agent.answers[-1][1]["Min-Expires"] == "60"
    assert len(bindings) == 0


async def test_phone_registers_its_own_address_only() -> None:
    made, bindings, agent = registrar()
    made.register("t", register("Contact: <sip:a@10.9.8.7>", to=f"sip:bram@{DOMAIN}"), FLOW, PHONE)
    assert agent.answers[-1][0] == 403
    assert len(bindings) == 0


async def test_challenge_and_refusal_pass_through() -> None:
    made, _, agent = registrar()
    made.register("t", register(), FLOW, (("WWW-Authenticate", "Digest x"),))
    made.register("t", register(), FLOW, Refusal(503, "the directory does not answer"))
    assert agent.answers[0] == (401, {"WWW-Authenticate": "Digest x"})
    assert agent.answers[1][0] == 503
    assert agent.answers[1][1]["Retry-After"] == "10"


async def test_unregister_leaves_nothing() -> None:
    made, bindings, _agent = registrar()
    made.register("t", register("Contact: <sip:a@10.9.8.7>"), FLOW, PHONE)
    assert len(bindings) == 1
    made.register("t", register("Contact: *", "Expires: 0", cseq=2), FLOW, PHONE)
    assert len(bindings) == 0
