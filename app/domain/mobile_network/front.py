"""In front of the route: emergency calls first, then who is too many, then the others, one at a time.

All of it is ASGI and none of it is Litestar's, which costs a request five times as much: a crowd must not
keep the answer to an emergency call waiting.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import msgspec
from litestar.types import ASGIApp, Receive, Scope, Send

from app.domain.mobile_network.guards import NetworkKeys
from app.domain.mobile_network.schemas import Continue
from app.domain.mobile_network.services import asks_about_emergency
from app.language import language_of
from app.pace import Pace
from app.problems import OVERLOADED, ProblemError, send_json, send_problem

LARGEST_READ = 64 * 1024
"""Of a body; the route behind refuses larger ones."""
MOST_WAITING = 256
_CONTINUE = msgspec.json.encode(Continue())


class EmergencyFirst:
    """Litestar middleware of the route. Who has no key is left to the route's guard."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._pace = Pace(MOST_WAITING)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        keys: NetworkKeys = scope["litestar_app"].state.network_keys
        service = keys.find(_authorization(scope))
        if service is None:
            await self.app(scope, receive, send)
            return
        messages = await _read(receive)
        if asks_about_emergency(b"".join(message.get("body", b"") for message in messages)):
            await send_json(send, 200, _CONTINUE)
            return
        try:
            service.admit()
            if self._pace.is_full:
                raise ProblemError(OVERLOADED, retry_after_s=1)
        except ProblemError as error:
            await send_problem(send, error, language_of(scope))
            return
        await self._pace.turn()
        await self.app(scope, _again(messages, receive), send)


def _authorization(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"authorization":
            return value.decode("latin-1")
    return None


async def _read(receive: Receive) -> list[dict[str, Any]]:
    """The body as it comes, up to :data:`LARGEST_READ`."""
    messages: list[dict[str, Any]] = []
    size = 0
    while True:
        message: Any = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if not message.get("more_body", False) or size > LARGEST_READ:
            return messages


def _again(messages: list[dict[str, Any]], receive: Receive) -> Receive:
    """What was read already, and then the rest."""
    read = deque(messages)

    async def again() -> Any:
        return read.popleft() if read else await receive()

    return again
