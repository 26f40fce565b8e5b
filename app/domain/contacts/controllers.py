"""``/v1/me/contacts``: my contacts, which are the lists my calls are handled by."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Controller, Request, Response, delete, get, patch, post, put
from litestar.params import FromPath

from app.access import Principal, user_of
from app.at_once import at_once
from app.bodies import body_of, invalid
from app.domain.contacts import services
from app.domain.contacts.schemas import (
    LARGEST_FILE,
    ContactChange,
    ContactPage,
    ContactShown,
    ContactWanted,
    ImportReport,
    ImportWanted,
)
from app.domain.me.controllers import versioned
from app.etags import check_if_match
from app.language import language_of
from app.operations import Access, Query, declared
from app.pages import QUERY, page_of
from app.problems import INVALID_REQUEST, OVERLOADED, ProblemError
from app.queries import boolean_of, choice_of, words_of
from app.stores import Stores
from hipper.pbx.model import CallerList

_WANTED = {
    "list": "business",
    "name": "Molenaar Jansen",
    "company": "Meelfabriek Jansen",
    "numbers": [{"number": "030 123 4567", "label": "work"}],
    "emails": ["jansen@meelfabriek.example"],
    "favourite": True,
}
_SHOWN = {
    **_WANTED,
    "id": "c_5a1d",
    "numbers": [{"number": "+31301234567", "text": "030 123 4567", "label": "work"}],
    "note": "",
}
_CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Molenaar Jansen\r\nTEL;TYPE=WORK:030 123 4567\r\nEND:VCARD\r\n"
_FILES = {"text/vcard": "vcard", "text/csv": "csv"}
_LISTED = (
    Query("list", "only this list", {"type": "string", "enum": ["business", "private"]}),
    Query("favourite", "only favourites, or none", {"type": "boolean"}),
    Query("q", "beginnings of words of name or company", {"type": "string", "minLength": 1, "maxLength": 80}),
)


async def file_of(request: Request[Any, Any, Any]) -> ImportWanted:
    """JSON, or the file as it is. Raises ProblemError as :func:`app.bodies.body_of`."""
    named = _FILES.get(request.content_type[0])
    if named is None:
        return await body_of(request, ImportWanted)
    try:
        values = {"format": named, "text": (await request.body()).decode().replace("\x00", "")}
        return msgspec.convert(values, ImportWanted)
    except UnicodeDecodeError:
        raise ProblemError(INVALID_REQUEST, "the file is not UTF-8", "het bestand is geen UTF-8") from None
    except msgspec.ValidationError as error:
        raise invalid(str(error), request) from None


class ContactController(Controller):
    """My contacts, business and private."""

    path = "/v1/me/contacts"
    tags = ("my contacts",)

    @get(
        "/",
        operation_id="listMyContacts",
        summary="My contacts, by name",
        opt=declared(
            Access.USER, answer=ContactPage, query=(*_LISTED, *QUERY), shown={"items": [_SHOWN], "next": None}
        ),
    )
    async def all(self, request: Request[Any, Any, Any]) -> ContactPage:
        page, which = page_of(request), choice_of(request, "list", CallerList)
        return await services.page_of_contacts(
            request.app.state.stores,
            user_of(request.state.principal),
            page,
            which=which,
            favourite=boolean_of(request, "favourite"),
            asked=words_of(request, "q"),
        )

    @post(
        "/",
        operation_id="addMyContact",
        summary="Add a contact",
        opt=declared(Access.USER, body=ContactWanted, answer=ContactShown, example=_WANTED, shown=_SHOWN),
    )
    async def add(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Holds for the next call. A number is in one of the two lists: 422 when it stands in the other."""
        stores: Stores = request.app.state.stores
        principal: Principal = request.state.principal
        account = user_of(principal)
        wanted = await body_of(request, ContactWanted)
        contact = await services.add(stores, account, wanted, principal.name)
        found, version = await services.one(stores, account, contact)
        return versioned(request, found, version)

    @post(
        "/import",
        operation_id="importMyContacts",
        summary="Add the contacts of a file",
        status_code=200,
        request_max_body_size=4 * LARGEST_FILE,
        opt=declared(
            Access.USER,
            body=ImportWanted,
            answer=ImportReport,
            problems=(OVERLOADED,),
            example={"format": "vcard", "text": _CARD},
            shown={"added": 1, "known": 0, "faults": [{"line": 9, "detail": "this is no telephone number"}]},
        ),
    )
    async def take_in(self, request: Request[Any, Any, Any]) -> ImportReport:
        """vCard 3.0 or 4.0, or a table (CSV) with the names of its columns in the first line. What can be
        imported is; of the rest the report says line and fault. A file that comes twice adds nothing.

        The file itself is taken as well, as `text/vcard` or `text/csv` in UTF-8."""
        principal: Principal = request.state.principal
        wanted = await file_of(request)
        account = user_of(principal)
        with at_once(request, "contacts").turn(account.subscriber):
            return await services.take_in(
                request.app.state.stores, account, wanted, principal.name, language_of(request.scope)
            )

    @get(
        "/export",
        operation_id="exportMyContacts",
        summary="My contacts as a file",
        opt=declared(Access.USER, answer=str, media="text/vcard", shown=_CARD),
    )
    async def give_out(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """vCard 3.0; the list each is in stands in CATEGORIES."""
        stores: Stores = request.app.state.stores
        text = await services.give_out(stores.own, user_of(request.state.principal))
        return Response(
            text.encode(),
            media_type="text/vcard",
            headers={"Content-Disposition": 'attachment; filename="contacts.vcf"'},
        )

    @get(
        "/{contact:str}",
        operation_id="getMyContact",
        summary="One contact",
        opt=declared(Access.USER, answer=ContactShown, versioned=True, shown=_SHOWN),
    )
    async def one(self, request: Request[Any, Any, Any], contact: FromPath[str]) -> Response[Any]:
        stores: Stores = request.app.state.stores
        found, version = await services.one(stores, user_of(request.state.principal), contact)
        return versioned(request, found, version)

    @put(
        "/{contact:str}",
        operation_id="setMyContact",
        summary="Write a contact anew",
        opt=declared(
            Access.USER,
            body=ContactWanted,
            answer=ContactShown,
            versioned=True,
            example=_WANTED,
            shown=_SHOWN,
        ),
    )
    async def set(self, request: Request[Any, Any, Any], contact: FromPath[str]) -> Response[Any]:
        """Holds for the next call. What is absent is empty."""
        return await self._change(request, contact, await body_of(request, ContactWanted))

    @patch(
        "/{contact:str}",
        operation_id="changeMyContact",
        summary="Change some of a contact",
        opt=declared(
            Access.USER,
            body=ContactChange,
            answer=ContactShown,
            versioned=True,
            example={"favourite": True},
            shown=_SHOWN,
        ),
    )
    async def change(self, request: Request[Any, Any, Any], contact: FromPath[str]) -> Response[Any]:
        """Holds for the next call. What is absent stays; numbers are given whole."""
        return await self._change(request, contact, await body_of(request, ContactChange))

    @delete(
        "/{contact:str}",
        operation_id="removeMyContact",
        summary="Remove a contact",
        opt=declared(Access.USER, versioned=True),
    )
    async def remove(self, request: Request[Any, Any, Any], contact: FromPath[str]) -> None:
        """Calls of its numbers are in no list from the next one on."""
        principal: Principal = request.state.principal

        def check(version: int) -> int | None:
            return version if check_if_match(request, version) else None

        await services.remove(request.app.state.stores, user_of(principal), contact, principal.name, check)

    async def _change(
        self, request: Request[Any, Any, Any], contact: str, wanted: ContactWanted | ContactChange
    ) -> Response[Any]:
        stores: Stores = request.app.state.stores
        principal: Principal = request.state.principal
        account = user_of(principal)

        def check(version: int) -> int | None:
            return version if check_if_match(request, version) else None

        await services.change(stores, account, contact, wanted, principal.name, check)
        found, version = await services.one(stores, account, contact)
        return versioned(request, found, version)
