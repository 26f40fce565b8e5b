"""The API in this process, asked by httpx; PostgreSQL and Redis are real."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar

from app.main import create_app
from hipper.runtime.clock import Clock
from hipper.runtime.settings_model import (
    ApiSection,
    DatabaseSection,
    MobileNetwork,
    RedisSection,
    Settings,
    SipListener,
)

KEY, OTHER_KEY = "key-of-the-first-network", "key-of-the-other-network"
PATH = "/v1/mobile-network/imrn"
ANNA, BRAM = "+31612320100", "+31612320200"
"""Mobiles of the company of tests.fmc_gateway.kit."""
NOWHERE = "redis://127.0.0.1:1/0"
NO_DATABASE = "postgresql://hipper@127.0.0.1:1/hipper"
QUICK_PASSWORDS: dict[str, Any] = {"password_memory_mib": 1, "password_passes": 1}
"""Far below what settings of a file may say: every test signs somebody in."""
ASKED: dict[str, Any] = {
    "served_user": ANNA,
    "called": "0301234567",
    "calling": ANNA,
    "kind": "originating",
    "call_reference": "ref-1",
}


def network(**changes: Any) -> MobileNetwork:
    named: dict[str, Any] = {
        "name": "mno",
        "mode": "imrn",
        "listener": "core",
        "addresses": ("127.0.0.1",),
        "target": "sip:127.0.0.1",
        "imrn_ranges": ("+31970123400-+31970123409",),
        "imrn_api_key": KEY,
    }
    return MobileNetwork(**{**named, **changes})


def installation(folder: Path, pg: str, redis: str, *networks: MobileNetwork, **api: Any) -> Settings:
    return Settings(
        state_dir=str(folder),
        api=ApiSection(**{"requests_per_s": 100_000, **QUICK_PASSWORDS, **api}),
        database=DatabaseSection(url=pg, role_password="test"),
        redis=RedisSection(url=redis),
        sip_listener=(SipListener(name="core", port=5060),),
        mobile_network=networks or (network(),),
    )


class Api:
    """A running application. Its lifespan has a task of its own, as a server gives it one."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.app: Litestar = create_app(settings, clock)
        self.client = self._client("127.0.0.1")
        self._stop, self._started = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def _client(self, address: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(
            app=self.app,  # type: ignore[arg-type]
            raise_app_exceptions=False,
            client=(address, 40000),
        )
        return httpx.AsyncClient(transport=transport, base_url="http://api.test")

    def come_from(self, address: str) -> None:
        """Ask from another address from now on."""
        self.client = self._client(address)

    async def settled(self) -> None:
        """What others changed in the database is heard: who asks is as they left it."""
        await self.app.state.stores.askers.caught_up()

    async def __aenter__(self) -> Api:
        live = self._task = asyncio.create_task(self._live())
        started = asyncio.create_task(self._started.wait())
        await asyncio.wait({live, started}, return_when=asyncio.FIRST_COMPLETED)
        assert self._started.is_set(), live.exception()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.client.aclose()
        self._stop.set()
        assert self._task is not None
        await self._task

    async def _live(self) -> None:
        async with self.app.lifespan():
            self._started.set()
            await self._stop.wait()

    async def ask(self, *, key: str | None = KEY, **changes: Any) -> httpx.Response:
        """POST what a network asks; ``changes`` to its body."""
        return await self.send({**ASKED, **changes}, key=key)

    async def send(self, body: Any, *, key: str | None = KEY) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
        if isinstance(body, bytes | str):
            headers["Content-Type"] = "application/json"
            return await self.client.post(PATH, content=body, headers=headers)
        return await self.client.post(PATH, json=body, headers=headers)


def problem(response: httpx.Response) -> str:
    """The name of the problem an answer is; it is whole and has the right form."""
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    assert body["title"]
    assert set(body) <= {"type", "title", "status", "detail", "errors", "packs", "state", "may_still_happen"}
    return str(body["type"]).removeprefix("urn:hipper:problem:")
