"""Operations of the API: colleagues. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hipper_api import models
from hipper_api.transport import Transport, decoded


class Colleagues:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def list_colleagues(
        self, *, q: str | None = None, after: str | None = None, limit: int | None = None
    ) -> models.ColleaguePage:
        """Colleagues of all groups, by name.

        Who has Privacy is in no list; a number that is withheld is not shown and not found.

        Problems: directory-unavailable, forbidden, invalid-request, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", "/v1/directory", query={"q": q, "after": after, "limit": limit})
        found: models.ColleaguePage = decoded(answer, models.ColleaguePage)
        return found

    async def each_colleagues(
        self, *, q: str | None = None, limit: int | None = None
    ) -> AsyncIterator[models.ColleagueShown]:
        """All of :meth:`list_colleagues`, page after page."""
        after: str | None = None
        while True:
            page = await self.list_colleagues(q=q, limit=limit, after=after)
            for one in page.items:
                yield one
            if page.next is None:
                return
            after = page.next

    async def look_up_caller(self, *, number: str | None = None) -> models.CallerFound:
        """Who is behind a number.

        My contacts and colleagues with this number, and the last calls with it. Calls whose number
        was withheld are never among them.

        Problems: directory-unavailable, forbidden, invalid-request, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", "/v1/me/lookup", query={"number": number})
        found: models.CallerFound = decoded(answer, models.CallerFound)
        return found
