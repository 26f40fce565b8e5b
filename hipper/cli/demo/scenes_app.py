"""The app: it signs in over the HTTP API, hears what happens, and hangs up."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg

from app.domain.signing_in import statements
from app.domain.signing_in.passwords import hashed_password, made_up
from hipper.cli.demo.cast import ANNA_HZ, ANNA_MOBILE, OUTSIDE_HZ, Cast
from hipper.cli.demo.stage import PATIENCE_S, Stage
from hipper.directory.settings import find_subscriber
from hipper.runtime.servers import owner_url

OUTSIDE = "0207654324"


class AppClient:
    """As little HTTP/1.1 as this takes. Every request has a connection of its own."""

    def __init__(self, host: str, port: int) -> None:
        self._where = host, port
        self._token = ""

    async def sign_in(self, user: str, password: str) -> None:
        body = {"user": user, "password": password, "device_name": "demonstration"}
        _, answer = await self.ask("POST", "/v1/sessions", body)
        self._token = answer["access_token"]

    async def ask(self, method: str, path: str, body: Any = None, key: str = "") -> tuple[int, Any]:
        """Status and JSON of the answer."""
        reader, writer = await self._send(method, path, body, key)
        try:
            async with asyncio.timeout(PATIENCE_S):
                status = int((await reader.readline()).split()[1])
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].split()[0])
                return status, json.loads(await reader.readexactly(length))
        finally:
            writer.close()

    @contextlib.asynccontextmanager
    async def events(self) -> AsyncIterator[Events]:
        reader, writer = await self._send("GET", "/v1/events", None, "")
        try:
            yield Events(reader)
        finally:
            writer.close()

    async def _send(
        self, method: str, path: str, body: Any, key: str
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        data = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: hipper", f"Content-Length: {len(data)}"]
        lines += ["Content-Type: application/json"] if data else []
        lines += [f"Authorization: Bearer {self._token}"] if self._token else []
        lines += [f"Idempotency-Key: {key}"] if key else []
        reader, writer = await asyncio.open_connection(*self._where)
        writer.write("\r\n".join([*lines, "", ""]).encode() + data)
        await writer.drain()
        return reader, writer


class Events:
    """Server-sent events, one line of data each."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def next(self, wanted: str, **members: Any) -> Any:
        """The data of the next event of that name with these members. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_S):
            name = ""
            while line := (await self._reader.readline()).decode():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ").strip()
                elif line.startswith("data: ") and name == wanted:
                    data = json.loads(line.removeprefix("data: "))
                    if members.items() <= data.items():
                        return data
        raise TimeoutError(f"the events ended before {wanted}")


async def play(stage: Stage, cast: Cast) -> None:
    since = stage.title("Anna's app signs in, sees her call on the mobile as it happens, and hangs up")
    api = AppClient(stage.settings.api.host, stage.settings.api.port)
    async with _password(stage, f"anna@{cast.domain}") as password:
        await api.sign_in(f"anna@{cast.domain}", password)
    async with api.events() as events:
        snapshot = await events.next("snapshot")
        stage.demand(not snapshot["calls"], f"the app begins with calls: {snapshot}")
        anna = await cast.network.handset(ANNA_MOBILE).call(OUTSIDE)
        called = await cast.pstn.next_call(PATIENCE_S)
        await called.ring()
        await called.answer()
        await anna.answered(PATIENCE_S)
        told = await events.next("call", phase="established")
        stage.see(f"an event tells the app: in a call with {told['other']['text']}")
        await stage.both_hear(anna, ANNA_HZ, called, OUTSIDE_HZ)
        _, now = await api.ask("GET", "/v1/me/calls")
        stage.demand([one["id"] for one in now["items"]] == [told["id"]], f"the app shows {now}")
        answers = [await _hang_up(api, told["id"]) for _ in range(2)]
        stage.demand(answers[0] == answers[1] == (200, {"call": told["id"], "status": "done"}), f"{answers}")
        stage.see("the app hangs up; a second tap does nothing more")
        await asyncio.gather(anna.over(PATIENCE_S), called.over(PATIENCE_S))
        over = await events.next("call_over", id=told["id"])
        stage.see(f"an event tells the app that it is over: {over['outcome']}")
    await stage.show_record(since, OUTSIDE)


async def _hang_up(api: AppClient, call: str) -> tuple[int, Any]:
    return await api.ask("POST", f"/v1/me/calls/{call}/hang-up", key=f"tap-{call}")


@contextlib.asynccontextmanager
async def _password(stage: Stage, user: str) -> AsyncIterator[str]:
    """One for the moment: what the user has stays the user's."""
    password = made_up()
    connection = await asyncpg.connect(owner_url(stage.settings, "app"))
    try:
        subscriber = await find_subscriber(connection, user)
        own = await connection.fetchval(statements.KNOWN_HASH, subscriber)
        known = hashed_password(password, stage.settings.api)
        await connection.execute(statements.SET_HASH, subscriber, known)
        try:
            yield password
        finally:
            await connection.execute(RESTORE_HASH, subscriber, own)
    finally:
        await connection.close()


RESTORE_HASH = "UPDATE app.accounts SET password_hash = $2 WHERE subscriber_id = $1"
