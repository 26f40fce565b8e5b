"""``/v1/directory``: colleagues; ``/v1/me/lookup``: who is calling."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get

from app.access import user_of
from app.domain.directory import services
from app.domain.directory.schemas import CallerFound, ColleaguePage
from app.operations import Access, Query, declared
from app.pages import QUERY, page_of
from app.problems import INVALID_REQUEST, ProblemError
from app.queries import words_of
from app.stores import Stores

_COLLEAGUE = {
    "id": "s_1f0e",
    "name": "Anna de Vries",
    "group": "g_0a1b",
    "group_name": "Amsterdam",
    "numbers": [
        {"kind": "extension", "text": "201", "e164": None, "extension": "201"},
        {"kind": "fixed", "text": "020 123 4501", "e164": "+31201234501", "extension": None},
    ],
    "presence": "busy",
}
_FOUND = {
    "number": "+31201234501",
    "text": "020 123 4501",
    "name": "Anna de Vries",
    "contacts": [],
    "colleague": _COLLEAGUE,
    "calls": [],
}
_WORDS = {"type": "string", "minLength": 1, "maxLength": 80}


class DirectoryController(Controller):
    """Colleagues."""

    path = "/v1/directory"
    tags = ("colleagues",)

    @get(
        "/",
        operation_id="listColleagues",
        summary="Colleagues of all groups, by name",
        opt=declared(
            Access.USER,
            answer=ColleaguePage,
            query=(
                Query("q", "beginnings of words of the name; or an extension or number, or its end", _WORDS),
                *QUERY,
            ),
            shown={"items": [_COLLEAGUE], "next": None},
        ),
    )
    async def all(self, request: Request[Any, Any, Any]) -> ColleaguePage:
        """Who has Privacy is in no list; a number that is withheld is not shown and not found."""
        stores: Stores = request.app.state.stores
        page, asked = page_of(request), words_of(request, "q")
        return await services.page_of_colleagues(stores, user_of(request.state.principal), page, asked)


class LookupController(Controller):
    """Who is calling."""

    path = "/v1/me/lookup"
    tags = ("colleagues",)

    @get(
        "/",
        operation_id="lookUpCaller",
        summary="Who is behind a number",
        opt=declared(
            Access.USER,
            answer=CallerFound,
            query=(Query("number", "as it was shown, or as people write it", _WORDS),),
            shown=_FOUND,
        ),
    )
    async def one(self, request: Request[Any, Any, Any]) -> CallerFound:
        """My contacts and colleagues with this number, and the last calls with it. Calls whose number was
        withheld are never among them."""
        stores: Stores = request.app.state.stores
        number = words_of(request, "number")
        if number is None:
            raise ProblemError(INVALID_REQUEST, "number is missing", "number ontbreekt")
        return await services.look_up(stores, user_of(request.state.principal), number)
