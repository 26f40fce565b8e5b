"""Operations of the API: privacy. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from hipper_api import models
from hipper_api.transport import Transport, decoded, quoted


class Privacy:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def delete_export(self) -> None:
        """Erase my export now.

        Without waiting for the day to pass. Done again it does no harm.

        Problems: directory-unavailable, forbidden, invalid-request, too-many-requests,
        unauthenticated.
        """
        await self._api.ask("DELETE", "/v1/me/export")

    async def erase_user(self, user: str) -> None:
        """Erase everything personal of a user.

        Cannot be undone. Name, address, numbers, telephones, settings, contacts and lists go; of
        calls stays what was billed, without the person. Doing it again does no harm.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, store-unavailable,
        too-many-requests, unauthenticated.
        """
        await self._api.ask("POST", f"/v1/users/{quoted(user)}/erase")

    async def fetch_export(self) -> bytes:
        """My export, when it is ready.

        A ZIP: a file of JSON for each kind of thing, and a README in my language. Nothing that opens
        anything is in it, no number that was withheld from me, and nothing that I changed of others.
        404 until it is ready.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", "/v1/me/export/file")
        return answer.content

    async def get_export(self) -> models.Export:
        """How far my export is.

        404 when there is none, or when it was erased after a day.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", "/v1/me/export")
        found: models.Export = decoded(answer, models.Export)
        return found

    async def start_export(self) -> models.Export:
        """Have everything that is known about me put together.

        The answer comes at once; `GET` says how far it is, and an event `settings` of `export` that
        it is ready. One that is ready already is erased for the new one; one that is being made goes
        on.

        Problems: directory-unavailable, forbidden, invalid-request, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("POST", "/v1/me/export")
        found: models.Export = decoded(answer, models.Export)
        return found
