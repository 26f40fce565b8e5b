"""Who listens to events, without a server in between: the application is called as a server calls it."""

from __future__ import annotations

import asyncio
import json
from typing import Any, NamedTuple
from urllib.parse import urlencode

from tests.app.kit import Api

WITHIN_S = 10.0


class Heard(NamedTuple):
    id: str | None
    event: str
    data: Any


class Ear:
    """One connection. ``status``: of the answer; ``closed``: why it ended, by the server."""

    def __init__(self, api: Api, token: str, kind: str = "http", headers: Any = (), **query: str) -> None:
        pairs = [(b"authorization", b"Bearer " + token.encode()), *headers]
        self._scope: dict[str, Any] = {
            "type": kind,
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "http" if kind == "http" else "ws",
            "path": "/v1/events",
            "raw_path": b"/v1/events",
            "root_path": "",
            "query_string": urlencode(query).encode(),
            "headers": pairs,
            "client": ("127.0.0.1", 40000),
            "server": ("api.test", 80),
            "subprotocols": [],
            "extensions": {},
        }
        if kind == "http":
            self._scope["method"] = "GET"
        self._app: Any = api.app
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self.closed: int | None = None
        self.raw = b""
        self.stuck = False
        """It does not read."""
        self._heard: asyncio.Queue[Heard] = asyncio.Queue()
        self._gone, self._started = asyncio.Event(), asyncio.Event()
        self._connect = kind == "websocket"
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        try:
            await self._app(self._scope, self._receive, self._send)
        finally:
            self._started.set()

    async def _receive(self) -> dict[str, Any]:
        if self._connect:
            self._connect = False
            return {"type": "websocket.connect"}
        if self._scope["type"] == "http" and not self._started.is_set():
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        name = "http.disconnect" if self._scope["type"] == "http" else "websocket.disconnect"
        return {"type": name, "code": 1001}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] in ("http.response.start", "websocket.accept"):
            self.status = message.get("status", 101)
            self.headers = {name.decode(): value.decode() for name, value in message.get("headers", ())}
            self._started.set()
        elif message["type"] == "http.response.body":
            while self.stuck:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            self.raw += message.get("body", b"")
            self._parse()
        elif message["type"] == "websocket.send":
            found = json.loads(message["text"])
            self._heard.put_nowait(Heard(found["id"], found["event"], found["data"]))
        elif message["type"] == "websocket.close":
            self.closed = message.get("code")

    def _parse(self) -> None:
        while b"\n\n" in self.raw and self.headers["content-type"].startswith("text/event-stream"):
            block, _, self.raw = self.raw.partition(b"\n\n")
            fields = dict(
                line.split(": ", 1) for line in block.decode().splitlines() if not line.startswith(":")
            )
            if "event" in fields:
                data = json.loads(fields["data"])
                self._heard.put_nowait(Heard(fields.get("id"), fields["event"], data))

    async def started(self) -> Ear:
        await asyncio.wait_for(self._started.wait(), WITHIN_S)
        return self

    async def hears(self, *events: str) -> Heard:
        """The next of these events; what is between is passed over."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                heard = await self._heard.get()
                if not events or heard.event in events:
                    return heard

    def so_far(self) -> list[Heard]:
        found = []
        while not self._heard.empty():
            found.append(self._heard.get_nowait())
        return found

    async def over(self) -> list[Heard]:
        """Until the server ends it; what was heard last."""
        await asyncio.wait_for(self.task, WITHIN_S)
        return self.so_far()

    async def go(self) -> None:
        self._gone.set()
        await asyncio.wait_for(asyncio.gather(self.task, return_exceptions=True), WITHIN_S)
