"""Operations of the API: keys. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hipper_api import models
from hipper_api.transport import Transport, decoded, quoted


class Keys:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def create_key(self, body: models.NewKey) -> models.MadeKey:
        """Make a key.

        Shown once. Scopes: `provisioning` administers the company, `read-only` reads what
        administrators read, `recorder` is for the recorder, `imrn` asks for routing numbers. A
        request that is repeated makes another key.

        Problems: body-too-large, directory-unavailable, forbidden, invalid-request, invalid-settings,
        too-many-requests, unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask("POST", "/v1/api-keys", body=body)
        found: models.MadeKey = decoded(answer, models.MadeKey)
        return found

    async def list_keys(self, *, after: str | None = None, limit: int | None = None) -> models.KeyPage:
        """All keys, without what they are.

        Those that were revoked too.

        Problems: directory-unavailable, forbidden, invalid-request, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", "/v1/api-keys", query={"after": after, "limit": limit})
        found: models.KeyPage = decoded(answer, models.KeyPage)
        return found

    async def each_keys(self, *, limit: int | None = None) -> AsyncIterator[models.ApiKey]:
        """All of :meth:`list_keys`, page after page."""
        after: str | None = None
        while True:
            page = await self.list_keys(limit=limit, after=after)
            for one in page.items:
                yield one
            if page.next is None:
                return
            after = page.next

    async def revoke_key(self, key: str) -> None:
        """Let a key work no more.

        From its next request on. Done as well when it was revoked before.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        await self._api.ask("DELETE", f"/v1/api-keys/{quoted(key)}")
