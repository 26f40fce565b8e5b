"""Operations of the API: my contacts. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal

from hipper_api import models
from hipper_api.transport import Transport, Versioned, decoded, quoted, versioned


class MyContacts:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def add_my_contact(self, body: models.ContactWanted) -> models.ContactShown:
        """Add a contact.

        Holds for the next call. A number is in one of the two lists: 422 when it stands in the other.

        Problems: body-too-large, directory-unavailable, forbidden, invalid-request, invalid-settings,
        too-many-requests, unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask("POST", "/v1/me/contacts", body=body)
        found: models.ContactShown = decoded(answer, models.ContactShown)
        return found

    async def change_my_contact(
        self, contact: str, body: models.ContactChange, *, if_match: str | None = None
    ) -> Versioned[models.ContactShown]:
        """Change some of a contact.

        Holds for the next call. What is absent stays; numbers are given whole.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, too-many-requests, unauthenticated, unsupported-media-
        type.
        """
        answer = await self._api.ask(
            "PATCH", f"/v1/me/contacts/{quoted(contact)}", body=body, headers={"If-Match": if_match}
        )
        return versioned(answer, models.ContactShown)

    async def export_my_contacts(self) -> bytes:
        """My contacts as a file.

        vCard 3.0; the list each is in stands in CATEGORIES.

        Problems: directory-unavailable, forbidden, invalid-request, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", "/v1/me/contacts/export")
        return answer.content

    async def get_my_contact(
        self, contact: str, *, known: Versioned[models.ContactShown] | None = None
    ) -> Versioned[models.ContactShown]:
        """One contact.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/me/contacts/{quoted(contact)}",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, models.ContactShown, known)

    async def import_my_contacts(
        self, body: models.AppDomainContactsSchemasImportWanted
    ) -> models.ImportReport:
        """Add the contacts of a file.

        vCard 3.0 or 4.0, or a table (CSV) with the names of its columns in the first line. What can
        be imported is; of the rest the report says line and fault. A file that comes twice adds
        nothing.

        The file itself is taken as well, as `text/vcard` or `text/csv` in UTF-8.

        Problems: body-too-large, directory-unavailable, forbidden, invalid-request, invalid-settings,
        overloaded, too-many-requests, unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask("POST", "/v1/me/contacts/import", body=body)
        found: models.ImportReport = decoded(answer, models.ImportReport)
        return found

    async def list_my_contacts(
        self,
        *,
        list: Literal["business", "private"] | None = None,
        favourite: bool | None = None,
        q: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> models.ContactPage:
        """My contacts, by name.

        Problems: directory-unavailable, forbidden, invalid-request, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            "/v1/me/contacts",
            query={"list": list, "favourite": favourite, "q": q, "after": after, "limit": limit},
        )
        found: models.ContactPage = decoded(answer, models.ContactPage)
        return found

    async def each_my_contacts(
        self,
        *,
        list: Literal["business", "private"] | None = None,
        favourite: bool | None = None,
        q: str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[models.ContactShown]:
        """All of :meth:`list_my_contacts`, page after page."""
        after: str | None = None
        while True:
            page = await self.list_my_contacts(list=list, favourite=favourite, q=q, limit=limit, after=after)
            for one in page.items:
                yield one
            if page.next is None:
                return
            after = page.next

    async def remove_my_contact(self, contact: str, *, if_match: str | None = None) -> None:
        """Remove a contact.

        Calls of its numbers are in no list from the next one on.

        Problems: changed-meanwhile, directory-unavailable, forbidden, invalid-request, not-found,
        too-many-requests, unauthenticated.
        """
        await self._api.ask("DELETE", f"/v1/me/contacts/{quoted(contact)}", headers={"If-Match": if_match})

    async def set_my_contact(
        self, contact: str, body: models.ContactWanted, *, if_match: str | None = None
    ) -> Versioned[models.ContactShown]:
        """Write a contact anew.

        Holds for the next call. What is absent is empty.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, too-many-requests, unauthenticated, unsupported-media-
        type.
        """
        answer = await self._api.ask(
            "PUT", f"/v1/me/contacts/{quoted(contact)}", body=body, headers={"If-Match": if_match}
        )
        return versioned(answer, models.ContactShown)
