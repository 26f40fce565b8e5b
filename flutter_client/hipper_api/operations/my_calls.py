"""Operations of the API: my calls. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal

from hipper_api import models
from hipper_api.transport import Transport, decoded, quoted


class MyCalls:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def list_my_history(
        self,
        *,
        kind: Literal["business", "private", "missed"] | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> models.HistoryPage:
        """My calls, newest first.

        A call that rang several devices is one entry; one that was taken on any of them is not
        missed. Business or private is asked anew with every reading, of my contacts as they are now.

        Problems: directory-unavailable, forbidden, invalid-request, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET", "/v1/me/history", query={"kind": kind, "after": after, "limit": limit}
        )
        found: models.HistoryPage = decoded(answer, models.HistoryPage)
        return found

    async def each_my_history(
        self, *, kind: Literal["business", "private", "missed"] | None = None, limit: int | None = None
    ) -> AsyncIterator[models.HistoryEntry]:
        """All of :meth:`list_my_history`, page after page."""
        after: str | None = None
        while True:
            page = await self.list_my_history(kind=kind, limit=limit, after=after)
            for one in page.items:
                yield one
            if page.next is None:
                return
            after = page.next

    async def remove_from_my_history(self, entry: str) -> None:
        """Take a call from my list.

        From mine only; the operator's record stays as long as it has to.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        await self._api.ask("DELETE", f"/v1/me/history/{quoted(entry)}")

    async def see_missed_calls(self, body: models.SeenWanted) -> models.SeenAnswer:
        """I have seen these missed calls.

        All, or one and those before it.

        Problems: body-too-large, directory-unavailable, forbidden, invalid-request, invalid-settings,
        not-found, too-many-requests, unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask("POST", "/v1/me/history/seen", body=body)
        found: models.SeenAnswer = decoded(answer, models.SeenAnswer)
        return found
