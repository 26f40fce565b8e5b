"""``/v1/me/history``: my calls; ``/v1/users/<user>/history``: a user's, for who administers the user."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, delete, get, post
from litestar.params import FromPath

from app.access import user_asked, user_of
from app.bodies import body_of
from app.domain.history import services
from app.domain.history.schemas import (
    AdministeredPage,
    HistoryKind,
    HistoryPage,
    SeenAnswer,
    SeenWanted,
)
from app.operations import Access, Query, declared
from app.pages import QUERY, page_of
from app.problems import NOT_FOUND, ProblemError
from app.queries import choice_of
from app.stores import Stores
from fmc_gateway.records import history as records

_OTHER = {
    "withheld": False,
    "name": "Molenaar Jansen",
    "number": "+31301234567",
    "extension": None,
    "text": "030 123 4567",
    "contact": "c_5a1d",
    "colleague": None,
}
_PAID = {"subscription": "ZM-100201", "tariff": "national_fixed"}
_ENTRY = {
    "id": "c0ffee00c0ffee00",
    "started": 1800000000.0,
    "direction": "outgoing",
    "result": "answered",
    "kind": "business",
    "seen": True,
    "emergency": False,
    "other": _OTHER,
    "own": {"number": "+31201234501", "text": "020 123 4501", "hidden": False},
    "device": {"id": "d_7d1c", "label": "Mobile"},
    "talked_s": 63.0,
    "paid": _PAID,
    "diverted_by": None,
    "diverted_to": None,
}
_ADMINISTERED = {
    "id": "c0ffee00c0ffee01",
    "started": 1800000000.0,
    "direction": "outgoing",
    "result": "answered",
    "masked": True,
    "other": None,
    "talked_s": 63.0,
    "paid": _PAID,
}


class HistoryController(Controller):
    """My calls, one entry each, over all my devices."""

    path = "/v1/me/history"
    tags = ("my calls",)

    @get(
        "/",
        operation_id="listMyHistory",
        summary="My calls, newest first",
        opt=declared(
            Access.USER,
            answer=HistoryPage,
            query=(
                Query("kind", "only these", {"type": "string", "enum": ["business", "private", "missed"]}),
                *QUERY,
            ),
            shown={"items": [_ENTRY], "next": None, "unseen": 0},
        ),
    )
    async def all(self, request: Request[Any, Any, Any]) -> HistoryPage:
        """A call that rang several devices is one entry; one that was taken on any of them is not missed.
        Business or private is asked anew with every reading, of my contacts as they are now."""
        stores: Stores = request.app.state.stores
        kind = choice_of(request, "kind", HistoryKind)
        page = page_of(request)
        return await services.page_of_history(stores.records, user_of(request.state.principal), page, kind)

    @post(
        "/seen",
        operation_id="seeMissedCalls",
        summary="I have seen these missed calls",
        status_code=200,
        opt=declared(
            Access.USER,
            body=SeenWanted,
            answer=SeenAnswer,
            example={"up_to": None},
            shown={"marked": 2, "unseen": 0},
            problems=(NOT_FOUND,),
        ),
    )
    async def see(self, request: Request[Any, Any, Any]) -> SeenAnswer:
        """All, or one and those before it."""
        stores: Stores = request.app.state.stores
        subscriber = user_of(request.state.principal).subscriber
        wanted = await body_of(request, SeenWanted)
        try:
            marked = await records.see_missed(stores.records, subscriber, wanted.up_to)
        except LookupError:
            raise ProblemError(NOT_FOUND) from None
        return SeenAnswer(marked=marked, unseen=await records.unseen(stores.records, subscriber))

    @delete(
        "/{entry:str}",
        operation_id="removeFromMyHistory",
        summary="Take a call from my list",
        opt=declared(Access.USER),
    )
    async def remove(self, request: Request[Any, Any, Any], entry: FromPath[str]) -> None:
        """From mine only; the operator's record stays as long as it has to."""
        stores: Stores = request.app.state.stores
        await records.take_away(stores.records, user_of(request.state.principal).subscriber, entry)


class UserHistoryController(Controller):
    """Calls of users, for who administers them."""

    path = "/v1/users/{user:str}/history"
    tags = ("calls of users",)

    @get(
        "/",
        operation_id="listUserHistory",
        summary="Calls of a user, newest first",
        opt=declared(
            Access.ADMINISTRATOR,
            answer=AdministeredPage,
            query=QUERY,
            shown={"items": [_ADMINISTERED], "next": None},
        ),
    )
    async def all(self, request: Request[Any, Any, Any], user: FromPath[str]) -> AdministeredPage:
        """Of private calls and calls to helplines only that there was one, and what it costs."""
        stores: Stores = request.app.state.stores
        page = page_of(request)
        account = user_asked(request)
        found = await records.history(
            stores.records, account.subscriber, before=services.position_of(page), limit=page.reach
        )
        items, more = page.cut(found, services.cursor_of)
        return AdministeredPage(items=await services.administered(stores.records, account, items), next=more)
