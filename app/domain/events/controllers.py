"""``/v1/events``: everything that happens to me, as server-sent events or over a WebSocket."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, WebSocket, get, websocket

from app.access import Principal, user_of
from app.domain.events.listener import Listener
from app.domain.events.services import Events, colleagues_of, cursor_of
from app.domain.events.streaming import MEDIA_TYPE, EventStream, serve_socket
from app.operations import Access, Query, declared
from app.problems import OVERLOADED, STORE_UNAVAILABLE, TOO_MANY_STREAMS, UNAUTHENTICATED, ProblemError

_CURSOR = {"type": "string", "pattern": "^[0-9]{1,15}-[0-9]{1,15}$"}
QUERY = (
    Query("after", "cursor: the id of the last event that came; absent: begin with a snapshot", _CURSOR),
    Query(
        "colleagues",
        "ids of colleagues, at most 100: `presence` tells who of them is in a call",
        {"type": "string", "pattern": "^[A-Za-z0-9_.,-]{0,6500}$"},
    ),
)
LAST_ID = Query("Last-Event-ID", "as `after`: what browsers send when they come again", _CURSOR)
_SHOWN = (
    "retry: 2000\n\n"
    'id: 1795338000000-0\nevent: snapshot\ndata: {"calls":[]}\n\n'
    'event: presence\ndata: {"devices":{"d_7d1c":"registered"},"busy":{}}\n\n'
    "id: 1795338012345-0\nevent: settings\n"
    'data: {"what":"services/do_not_disturb","by":"user:s_1f0e","at":1795338012.3}\n\n'
)


@get(
    "/v1/events",
    operation_id="listen",
    summary="What happens to me, as it happens",
    tags=["events"],
    opt=declared(
        Access.USER,
        answer=str,
        shown=_SHOWN,
        media=MEDIA_TYPE,
        query=QUERY,
        headers=(LAST_ID,),
        problems=(TOO_MANY_STREAMS, STORE_UNAVAILABLE, OVERLOADED),
    ),
)
async def listen(request: Request[Any, Any, Any]) -> Response[Any]:
    """Server-sent events: `snapshot`, `call`, `call_over`, `settings`, `voicemail`, `playback`, `presence`,
    `reset`, `end`. Who comes again with the id of the last event loses nothing and is told nothing twice."""
    listener = _listener(request)
    after = cursor_of(request.query_params.get("after") or request.headers.get("last-event-id"))
    colleagues = colleagues_of(request.query_params.get("colleagues"))
    events: Events = request.app.state.events
    account = user_of(request.state.principal)
    stack = await events.listen(account, listener, after, colleagues)
    return EventStream(listener, stack.aclose)


@websocket("/v1/events", opt=declared(Access.USER))
async def listen_on_socket(socket: WebSocket[Any, Any, Any]) -> None:
    """The same as messages ``{"id": …, "event": …, "data": …}``."""
    listener = _listener(socket)
    after = cursor_of(socket.query_params.get("after"))
    colleagues = colleagues_of(socket.query_params.get("colleagues"))
    events: Events = socket.app.state.events
    stack = await events.listen(user_of(socket.state.principal), listener, after, colleagues)
    async with stack:
        await socket.accept()
        await serve_socket(socket, listener)


def _listener(connection: Any) -> Listener:
    """Raises ProblemError: 401 when the token ran out since the guard looked."""
    principal: Principal = connection.state.principal
    token = connection.headers.get("authorization", "").partition(" ")[2].strip()
    read = connection.app.state.stores.tokens.read(token)
    if read is None or principal.session is None:
        raise ProblemError(UNAUTHENTICATED, "the token is too old", "het token is te oud")
    return Listener(principal.session, read[1])
