"""A connection to Janus: requests with a time limit, keep-alive, and word of its end.

One session a connection; with it goes everything Janus did for us. :mod:`.janus_protocol` is the
conversation, the WebSocket is the library's.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from hipper.runtime.janus_protocol import (
    LARGEST_MESSAGE,
    Answered,
    Happened,
    JanusProtocol,
    Refused,
    SessionOver,
)

SUBPROTOCOL = Subprotocol("janus-protocol")
ANSWER_WITHIN_S = 2.0
CONNECT_WITHIN_S = 2.0
KEEPALIVE_S = 20.0
"""Janus ends a session it has heard nothing of for 60 s."""

log = structlog.get_logger("hipper.janus")


class JanusError(Exception):
    """Janus refused, or does not answer. ``gone``: there is no connection (any more)."""

    def __init__(self, why: str, *, gone: bool = False) -> None:
        super().__init__(why)
        self.gone = gone


class JanusClient:
    """``where``: the path of a socket, or ``ws://…``. ``on_lost``: called once when an open connection ends
    without :meth:`close`; ``on_event``: what a plugin tells a handle of ours."""

    def __init__(
        self,
        where: Path | str,
        *,
        api_secret: str | None = None,
        on_lost: Callable[[str], None] = lambda why: None,
        on_event: Callable[[int, dict[str, Any]], None] = lambda handle, data: None,
        answer_within_s: float = ANSWER_WITHIN_S,
        keepalive_s: float = KEEPALIVE_S,
    ) -> None:
        self._where = where
        self._protocol = JanusProtocol(api_secret)
        self._on_lost = on_lost
        self._on_event = on_event
        self._answer_within_s = answer_within_s
        self._keepalive_s = keepalive_s
        self._socket: ClientConnection | None = None
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def is_open(self) -> bool:
        return self._socket is not None

    async def open(self) -> None:
        """Raises JanusError, after which nothing is open."""
        try:
            self._socket = await asyncio.wait_for(self._connected(), CONNECT_WITHIN_S)
        except (OSError, WebSocketException, TimeoutError) as error:
            raise JanusError(f"no connection: {error or type(error).__name__}", gone=True) from None
        self._tasks = [asyncio.create_task(self._read(self._socket))]
        try:
            made = await self.request("create")
            self._protocol.session = int(made["id"])
        except (JanusError, KeyError, ValueError) as error:
            await self.close()
            raise JanusError(f"no session: {error}", gone=True) from None
        self._tasks.append(asyncio.create_task(self._keep_alive()))

    async def _connected(self) -> ClientConnection:
        options: dict[str, Any] = {
            "subprotocols": [SUBPROTOCOL],
            "max_size": LARGEST_MESSAGE,
            "ping_interval": None,
            "compression": None,
            "proxy": None,
        }
        if isinstance(self._where, Path):
            return await unix_connect(str(self._where), uri="ws://janus/", **options)
        return await connect(self._where, **options)

    async def close(self) -> None:
        """The session ends with the connection, and rooms it made are the caller's to destroy before."""
        socket, self._socket = self._socket, None
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        self._fail_all("closed")
        if socket is not None:
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                await asyncio.wait_for(socket.close(), 1.0)

    async def request(self, kind: str, *, later: bool = False, **fields: Any) -> dict[str, Any]:
        """What Janus, or the plugin, answers. Raises JanusError."""
        socket = self._socket
        if socket is None:
            raise JanusError("not connected", gone=True)
        try:
            wanted = self._protocol.request(kind, later=later, **fields)
        except OverflowError as error:
            raise JanusError(str(error)) from None
        told = self._waiting[wanted.transaction] = asyncio.get_running_loop().create_future()
        try:
            await socket.send(wanted.text)
            return await asyncio.wait_for(told, self._answer_within_s)
        except TimeoutError:  # an OSError too
            raise JanusError(f"no answer to {kind} within {self._answer_within_s:g} s") from None
        except (OSError, WebSocketException) as error:
            raise JanusError(f"connection lost: {error}", gone=True) from None
        finally:
            self._waiting.pop(wanted.transaction, None)
            self._protocol.give_up(wanted.transaction)

    async def attach(self, plugin: str) -> int:
        """A handle of ``plugin``. Raises JanusError."""
        made = await self.request("attach", plugin=plugin)
        try:
            return int(made["id"])
        except (KeyError, ValueError, TypeError):
            raise JanusError("no handle was made") from None

    async def tell(self, handle: int, body: dict[str, Any], *, later: bool = False) -> dict[str, Any]:
        """What the plugin answers to ``body``. Raises JanusError."""
        return await self.request("message", later=later, handle_id=handle, body=body)

    async def detach(self, handle: int) -> None:
        """Raises JanusError."""
        await self.request("detach", handle_id=handle)

    async def _read(self, socket: ClientConnection) -> None:
        why = "the connection ended"
        try:
            async for message in socket:
                self._received(message)
        except (OSError, WebSocketException, ValueError) as error:
            why = str(error)
        self._lost(why)

    def _received(self, message: str | bytes) -> None:
        """Raises ValueError."""
        match self._protocol.receive(message):
            case Answered(transaction, data):
                if (told := self._waiting.get(transaction)) is not None and not told.done():
                    told.set_result(data)
            case Refused(transaction, why):
                if (told := self._waiting.get(transaction)) is not None and not told.done():
                    told.set_exception(JanusError(why))
            case Happened(handle, data):
                self._on_event(handle, data)
            case SessionOver():
                raise ValueError("Janus ended the session")

    async def _keep_alive(self) -> None:
        """A Janus that is silent is as good as gone."""
        while True:
            await asyncio.sleep(self._keepalive_s)
            try:
                await self.request("keepalive")
            except JanusError as error:
                self._lost(str(error))
                return

    def _lost(self, why: str) -> None:
        socket, self._socket = self._socket, None
        if socket is None:
            return
        log.warning("janus.lost", why=why)
        self._fail_all(why)
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()
        self._tasks.clear()
        socket.transport.abort()
        self._on_lost(why)

    def _fail_all(self, why: str) -> None:
        for told in self._waiting.values():
            if not told.done():
                told.set_exception(JanusError(why, gone=True))
        self._waiting.clear()
