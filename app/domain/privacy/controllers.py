"""``POST /v1/me/export`` and ``POST /v1/users/<user>/erase``."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, post
from litestar.params import FromPath

from app.access import user_of
from app.at_once import at_once
from app.domain.admin.accounts import check_rank
from app.domain.privacy import services
from app.domain.privacy.schemas import UserExport
from app.domain.privacy.services import Connections
from app.operations import Access, declared
from app.problems import NOT_FOUND, OVERLOADED, STORE_UNAVAILABLE, ProblemError
from app.stores import Stores
from hipper.directory.errors import UnknownSubscriber
from hipper.pbx.ids import SubscriberId

_SHOWN = {
    "made": 1800000000.0,
    "user": "anna@bakkerijdevries.example",
    "tables": {"directory.numbers": [{"kind": "fixed", "e164": "+31201234501"}]},
    "calls": [],
    "audit": [],
}


def connections(stores: Stores) -> Connections:
    return Connections(stores.own, stores.directory, stores.records)


class ExportController(Controller):
    """Everything about me."""

    path = "/v1/me/export"
    tags = ("privacy",)

    @post(
        "/",
        operation_id="exportMe",
        summary="Everything that is known about me",
        status_code=200,
        opt=declared(Access.USER, answer=UserExport, problems=(OVERLOADED,), shown=_SHOWN),
    )
    async def all(self, request: Request[Any, Any, Any]) -> Response[UserExport]:
        """One document with all of it: settings, telephones, contacts, calls, sessions, changes. Nothing that
        opens anything is in it, and no number that was withheld from me."""
        stores: Stores = request.app.state.stores
        account = user_of(request.state.principal)
        with at_once(request, "export").turn(account.subscriber):
            found = await services.export(connections(stores), account, request.app.state.clock.unix())
        return Response(found, headers={"Content-Disposition": 'attachment; filename="hipper-export.json"'})


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
