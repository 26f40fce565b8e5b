"""The app's side of the HTTP API, as far as the demonstration needs it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from hipper.cli.demo.stage import PATIENCE_S


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
