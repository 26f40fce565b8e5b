"""The simulated desk phone before a registrar that a test plays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from hipper.telephony.sip.digest import Bad, DigestServer, ha1
from hipper.telephony.sip.events import OutOfDialogRequest
from simulators.agent import Agent, Peer
from simulators.call import CallError
from simulators.desk_phone import DeskPhone

AOR = "desk201@demo.example"


class Registrar(Agent):
    """Challenges REGISTER, takes password ``right``, grants 60 s."""

    def __init__(self, **agent: Any) -> None:
        super().__init__("registrar", tone_hz=1000, **agent)
        self.seen: list[int] = []
        self._digest = DigestServer("demo.example", b"key", algorithms=("SHA-256", "MD5"))

    def on_request(self, event: OutOfDialogRequest) -> None:
        request = event.request
        now = self._clock.monotonic()
        credentials = self._digest.find(request)

        def lookup(user: str, algorithm: str) -> str:
            return ha1(user, "demo.example", "right", algorithm)

        if credentials is None:
            headers = [
                ("WWW-Authenticate", str(challenge)) for challenge in self._digest.make_challenges(now)
            ]
            self._core.respond(event.transaction, 401, now, headers=headers)
            return
        verdict = self._digest.check(credentials, "REGISTER", request.request_uri_text, b"", lookup, now)
        status = 403 if isinstance(verdict, Bad) else 200
        contact = f"{request.headers.get('Contact')};expires={min(60, request.expires or 0)}"
        self._core.respond(event.transaction, status, now, headers=[("Contact", contact)])
        self.seen.append(request.expires or 0)


@pytest.fixture(params=["udp", "tcp", "tls"])
async def registrar(request: pytest.FixtureRequest) -> AsyncIterator[Registrar]:
    async with Registrar(transport=request.param) as registrar:
        yield registrar


def peer(registrar: Registrar) -> Peer:
    return Peer(*registrar.address, registrar._transport)


async def test_it_registers_is_called_and_calls(registrar: Registrar) -> None:
    async with DeskPhone(registrar=peer(registrar), aor=AOR, password="right", tone_hz=440) as phone:
        await phone.registered()
        assert phone.registration_status == 200
        out = await phone.call("0201234567", privacy="id")
        incoming = await registrar.next_call()
        assert (incoming.dialled, incoming.shown, incoming.withheld) == ("0201234567", "desk201", True)
        await incoming.answer()
        await out.answered()
        await asyncio.gather(out.hears(1000), incoming.hears(440))
        await out.hang_up()
        await incoming.over()
        await phone.unregister()
        assert registrar.seen == [300, 0]


async def test_a_wrong_password_is_told() -> None:
    async with AsyncExitStack() as stack:
        registrar = await stack.enter_async_context(Registrar())
        phone = DeskPhone(registrar=peer(registrar), aor=AOR, password="wrong")
        await stack.enter_async_context(phone)
        with pytest.raises(CallError, match="said 403 to REGISTER"):
            await phone.registered()


async def test_a_silent_registrar_is_told() -> None:
    async with Agent("nobody") as nobody:
        address = nobody.address
    async with DeskPhone(registrar=Peer(*address), aor=AOR, password="right") as phone:
        with pytest.raises(CallError, match=r"did not answer|503"):
            await phone.registered(timeout_s=0.3)
