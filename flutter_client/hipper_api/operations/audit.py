"""Operations of the API: audit. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hipper_api import models
from hipper_api.transport import Transport, decoded


class Audit:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def list_changes(self, *, after: str | None = None, limit: int | None = None) -> models.Changes:
        """Who changed what, the newest first.

        For the enterprise's administrators and operators. Every change, with what was and what is;
        never a secret, and of contacts only how many.

        Problems: directory-unavailable, forbidden, invalid-request, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", "/v1/audit", query={"after": after, "limit": limit})
        found: models.Changes = decoded(answer, models.Changes)
        return found

    async def each_changes(self, *, limit: int | None = None) -> AsyncIterator[models.Change]:
        """All of :meth:`list_changes`, page after page."""
        after: str | None = None
        while True:
            page = await self.list_changes(limit=limit, after=after)
            for one in page.items:
                yield one
            if page.next is None:
                return
            after = page.next
