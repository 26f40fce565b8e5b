"""Operations of the API: calls of users. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hipper_api import models
from hipper_api.transport import Transport, decoded, quoted


class CallsOfUsers:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def list_user_history(
        self, user: str, *, after: str | None = None, limit: int | None = None
    ) -> models.AdministeredPage:
        """Calls of a user, newest first.

        Of private calls and calls to helplines only that there was one, and what it costs.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET", f"/v1/users/{quoted(user)}/history", query={"after": after, "limit": limit}
        )
        found: models.AdministeredPage = decoded(answer, models.AdministeredPage)
        return found

    async def each_user_history(
        self, user: str, *, limit: int | None = None
    ) -> AsyncIterator[models.AdministeredEntry]:
        """All of :meth:`list_user_history`, page after page."""
        after: str | None = None
        while True:
            page = await self.list_user_history(user, limit=limit, after=after)
            for one in page.items:
                yield one
            if page.next is None:
                return
            after = page.next
