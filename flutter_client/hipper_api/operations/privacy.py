"""Operations of the API: privacy. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from hipper_api import models
from hipper_api.transport import Transport, decoded, quoted


class Privacy:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def erase_user(self, user: str) -> None:
        """Erase everything personal of a user.

        Cannot be undone. Name, address, numbers, telephones, settings, contacts and lists go; of
        calls stays what was billed, without the person. Doing it again does no harm.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, store-unavailable,
        too-many-requests, unauthenticated.
        """
        await self._api.ask("POST", f"/v1/users/{quoted(user)}/erase")

    async def export_me(self) -> models.UserExport:
        """Everything that is known about me.

        One document with all of it: settings, telephones, contacts, calls, sessions, changes. Nothing
        that opens anything is in it, and no number that was withheld from me.

        Problems: directory-unavailable, forbidden, invalid-request, overloaded, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("POST", "/v1/me/export")
        found: models.UserExport = decoded(answer, models.UserExport)
        return found
