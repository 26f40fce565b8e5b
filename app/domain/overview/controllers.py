"""``/v1/me/overview``: the tiles I chose, in my order, with how they stand now (seed 4.7.2)."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, get, put

from app.access import Principal, user_of
from app.bodies import body_of
from app.domain.me.controllers import versioned
from app.domain.overview import services
from app.domain.overview.schemas import Overview, OverviewWanted
from app.etags import check_if_match
from app.operations import Access, declared

_SHOWN = {
    "chosen": True,
    "tiles": [
        {
            "tile": "do_not_disturb",
            "nl": "Niet storen",
            "en": "Do Not Disturb",
            "active": True,
            "state": {"active": True},
            "at": "/v1/me/services/do_not_disturb",
        }
    ],
    "more": [{"tile": "identity", "nl": "Nummerweergave", "en": "Number shown"}],
}
_PARTS: dict[str, Any] = {"answer": Overview, "versioned": True, "shown": _SHOWN}


class OverviewController(Controller):
    """The first screen of the app."""

    path = "/v1/me/overview"
    tags = ("overview",)

    @get(
        "/",
        operation_id="getOverview",
        summary="The tiles I chose and how they stand",
        opt=declared(Access.USER, **_PARTS),
    )
    async def overview(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """In my order; only what my service pack holds. Who has not chosen sees what the pack begins with."""
        return await _answer(request)

    @put(
        "/",
        operation_id="setOverview",
        summary="Choose the tiles and their order",
        opt=declared(
            Access.USER,
            body=OverviewWanted,
            example={"tiles": ["availability", "identity", "do_not_disturb"]},
            **_PARTS,
        ),
    )
    async def set_overview(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """``null``: those of the service pack again. A tile shows a setting and has none of its own: change
        it at its ``at``."""
        principal: Principal = request.state.principal
        wanted = await body_of(request, OverviewWanted)
        stores, clock = request.app.state.stores, request.app.state.clock

        def check(version: str) -> None:
            check_if_match(request, version)

        await services.change(stores, user_of(principal), wanted, principal.name, check, clock)
        return await _answer(request)


async def _answer(request: Request[Any, Any, Any]) -> Response[Any]:
    account = user_of(request.state.principal)
    found = await services.overview(request.app.state.stores, account, request.app.state.clock)
    return versioned(request, found, services.version_of(found))
