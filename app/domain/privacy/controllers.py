"""``/v1/me/export`` and ``POST /v1/users/<user>/erase``."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, delete, get, post
from litestar.params import FromPath
from litestar.response import Stream

from app.access import user_of
from app.domain.admin.accounts import check_rank
from app.domain.privacy import services
from app.domain.privacy.exports import Exports
from app.domain.privacy.files import Connections
from app.domain.privacy.schemas import Export, ExportState
from app.operations import Access, declared
from app.problems import NOT_FOUND, STORE_UNAVAILABLE, ProblemError
from app.stores import Stores
from hipper.directory.errors import UnknownSubscriber
from hipper.pbx.ids import SubscriberId

ZIP = "application/zip"
_SHOWN = {
    "id": "5b1e0f",
    "state": "running",
    "done": 3,
    "total": 10,
    "size": 0,
    "created": 1800000000.0,
    "expires": 1800086400.0,
    "fault": None,
}


class ExportController(Controller):
    """Everything about me, as files."""

    path = "/v1/me/export"
    tags = ("privacy",)

    @post(
        "/",
        operation_id="startExport",
        summary="Have everything that is known about me put together",
        status_code=202,
        opt=declared(Access.USER, answer=Export, shown={**_SHOWN, "state": "waiting", "done": 0}),
    )
    async def begin(self, request: Request[Any, Any, Any]) -> Export:
        """The answer comes at once; `GET` says how far it is, and an event `settings` of `export` that it is
        ready. One that is ready already is erased for the new one; one that is being made goes on."""
        return await _exports(request).begin(user_of(request.state.principal))

    @get(
        "/",
        operation_id="getExport",
        summary="How far my export is",
        opt=declared(Access.USER, answer=Export, shown=_SHOWN, problems=(NOT_FOUND,)),
    )
    async def state(self, request: Request[Any, Any, Any]) -> Export:
        """404 when there is none, or when it was erased after a day."""
        return await _exports(request).of(user_of(request.state.principal))

    @get(
        "/file",
        operation_id="fetchExport",
        summary="My export, when it is ready",
        opt=declared(Access.USER, answer=bytes, media=ZIP, shown="PK…", problems=(NOT_FOUND,)),
    )
    async def file(self, request: Request[Any, Any, Any]) -> Stream:
        """A ZIP: a file of JSON for each kind of thing, and a README in my language. Nothing that opens
        anything is in it, no number that was withheld from me, and nothing that I changed of others. 404
        until it is ready."""
        exports = _exports(request)
        found = await exports.of(user_of(request.state.principal))
        if found.state is not ExportState.READY:
            raise ProblemError(NOT_FOUND, "it is not ready", "hij is nog niet klaar")
        headers = {
            "Content-Disposition": 'attachment; filename="hipper-export.zip"',
            "Content-Length": str(found.size),
        }
        return Stream(exports.pieces(found), media_type=ZIP, headers=headers)

    @delete("/", operation_id="deleteExport", summary="Erase my export now", opt=declared(Access.USER))
    async def forget(self, request: Request[Any, Any, Any]) -> None:
        """Without waiting for the day to pass. Done again it does no harm."""
        await _exports(request).forget(user_of(request.state.principal))


def _exports(request: Request[Any, Any, Any]) -> Exports:
    found: Exports = request.app.state.exports
    return found


def connections(stores: Stores) -> Connections:
    return Connections(stores.own, stores.directory, stores.records)


class EraseController(Controller):
    """Users who have to be forgotten."""

    path = "/v1/users/{user:str}/erase"
    tags = ("privacy",)

    @post(
        "/",
        operation_id="eraseUser",
        summary="Erase everything personal of a user",
        status_code=204,
        opt=declared(Access.ADMINISTRATOR, problems=(STORE_UNAVAILABLE,)),
    )
    async def erase(self, request: Request[Any, Any, Any], user: FromPath[str]) -> None:
        """Cannot be undone. Name, address, numbers, telephones, settings, contacts and lists go; of calls
        stays what was billed, without the person. Doing it again does no harm."""
        stores: Stores = request.app.state.stores
        await check_rank(request, user)
        by = request.state.principal.name
        try:
            await services.erase_user(connections(stores), stores.bus, SubscriberId(user), by)
        except UnknownSubscriber:
            raise ProblemError(NOT_FOUND) from None
