"""A connection that listens: server-sent events (HTML Living Standard, chapter 9.2) or a WebSocket (RFC
6455). One coroutine each; what they share is the :class:`~app.domain.events.listener.Listener`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import structlog
from litestar import Response, WebSocket
from litestar.exceptions import WebSocketDisconnect
from litestar.types import Receive, Scope, Send

from app.domain.events.frames import HEARTBEAT, Frame
from app.domain.events.listener import Listener

SENT_WITHIN_S = 30.0
"""Who does not read for so long is not there."""
RETRY_MS = 2000
"""How long a browser waits before it comes again."""
MEDIA_TYPE = "text/event-stream"
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
Listening = AbstractAsyncContextManager[Listener]

log = structlog.get_logger("app.events")


class EventStream(Response[None]):
    """``listening``: entered already; left when the connection is over."""

    def __init__(self, listener: Listener, leave: Callable[[], Any]) -> None:
        super().__init__(None, status_code=200, media_type=MEDIA_TYPE)
        self._listener = listener
        self._leave = leave

    def to_asgi_response(self, *args: Any, **kwargs: Any) -> Any:
        return self._serve

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        watching = asyncio.ensure_future(_until_gone(receive))
        watching.add_done_callback(lambda _: self._listener.end())
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await _send(send, b"retry: %d\n\n" % RETRY_MS)
            async for frames in taken(self._listener):
                await _send(send, b"".join(one.sse() for one in frames) or HEARTBEAT)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (TimeoutError, OSError):
            log.info("events.reader_gone", session=self._listener.session)
        finally:
            watching.cancel()
            await self._leave()


async def _send(send: Send, body: bytes) -> None:
    async with asyncio.timeout(SENT_WITHIN_S):
        await send({"type": "http.response.body", "body": body, "more_body": True})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def taken(listener: Listener) -> AsyncIterator[tuple[Frame, ...]]:
    """What is to be sent; () for a heartbeat. Ends with the listener."""
    while True:
        frames = await listener.take()
        if not frames and listener.is_over:
            return
        yield frames


async def serve_socket(socket: WebSocket[Any, Any, Any], listener: Listener) -> None:
    """The same over an accepted WebSocket; heartbeats are pings of the server's own."""
    watching = asyncio.ensure_future(_until_closed(socket))
    watching.add_done_callback(lambda _: listener.end())
    try:
        async for frames in taken(listener):
            for one in frames:
                async with asyncio.timeout(SENT_WITHIN_S):
                    await socket.send_text(one.text())
        await socket.close(code=1000)
    except (TimeoutError, OSError, WebSocketDisconnect, RuntimeError):
        log.info("events.reader_gone", session=listener.session)
    finally:
        watching.cancel()


async def _until_closed(socket: WebSocket[Any, Any, Any]) -> None:
    """Whatever a listener says means nothing."""
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        return
