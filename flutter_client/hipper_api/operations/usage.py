"""Operations of the API: usage. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hipper_api import models
from hipper_api.transport import Transport, decoded, quoted


class Usage:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def get_usage(self, user: str, *, month: str | None = None) -> models.Usage:
        """What an employee used in a month.

        Up to the last call that is over.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", f"/v1/users/{quoted(user)}/usage", query={"month": month})
        found: models.Usage = decoded(answer, models.Usage)
        return found

    async def list_usage(
        self, group: str, *, after: str | None = None, limit: int | None = None, month: str | None = None
    ) -> models.UsagePage:
        """What the employees of a group used in a month.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET", f"/v1/groups/{quoted(group)}/usage", query={"after": after, "limit": limit, "month": month}
        )
        found: models.UsagePage = decoded(answer, models.UsagePage)
        return found

    async def each_usage(
        self, group: str, *, limit: int | None = None, month: str | None = None
    ) -> AsyncIterator[models.Usage]:
        """All of :meth:`list_usage`, page after page."""
        after: str | None = None
        while True:
            page = await self.list_usage(group, limit=limit, month=month, after=after)
            for one in page.items:
                yield one
            if page.next is None:
                return
            after = page.next
