"""Operations of the API: numbers. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal

from hipper_api import models
from hipper_api.transport import Transport, Versioned, decoded, quoted, versioned


class Numbers:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def create_block(self, tenant: str, body: models.NewBlock) -> models.Block:
        """Give the company a block of numbers.

        Geographic ones by 1, 10, 100 or 1,000; 085 by 1, 10 or 100; 088 by 100, 1,000 or 10,000, with
        the regulator's allocation. 409: somebody holds a number of it.

        Problems: body-too-large, directory-unavailable, forbidden, in-the-way, invalid-request,
        invalid-settings, not-found, too-many-requests, unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask("POST", f"/v1/tenants/{quoted(tenant)}/blocks", body=body)
        found: models.Block = decoded(answer, models.Block)
        return found

    async def create_subscription(self, tenant: str, body: models.NewSubscription) -> models.Subscription:
        """Give the company a mobile subscription.

        Its number can then be given to a user.

        Problems: body-too-large, directory-unavailable, forbidden, in-the-way, invalid-request,
        invalid-settings, not-found, too-many-requests, unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask("POST", f"/v1/tenants/{quoted(tenant)}/subscriptions", body=body)
        found: models.Subscription = decoded(answer, models.Subscription)
        return found

    async def delete_block(self, block: str, *, if_match: str | None = None) -> None:
        """Give a block up.

        409 while somebody has a number of it; it says which.

        Problems: changed-meanwhile, directory-unavailable, forbidden, in-the-way, invalid-request,
        not-found, too-many-requests, unauthenticated.
        """
        await self._api.ask("DELETE", f"/v1/blocks/{quoted(block)}", headers={"If-Match": if_match})

    async def delete_subscription(self, tenant: str, *, id: str | None = None) -> None:
        """Take a subscription from the company.

        One that nobody has: 409.

        Problems: directory-unavailable, forbidden, in-the-way, invalid-request, not-found, too-many-
        requests, unauthenticated.
        """
        await self._api.ask("DELETE", f"/v1/tenants/{quoted(tenant)}/subscriptions", query={"id": id})

    async def get_block(
        self, block: str, *, known: Versioned[models.Block] | None = None
    ) -> Versioned[models.Block]:
        """One block of numbers.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET", f"/v1/blocks/{quoted(block)}", headers={"If-None-Match": known.etag if known else None}
        )
        return versioned(answer, models.Block, known)

    async def list_block_numbers(
        self,
        block: str,
        *,
        after: str | None = None,
        limit: int | None = None,
        state: Literal["all", "free"] | None = None,
    ) -> models.NumberPage:
        """The numbers of a block, and who has them.

        In their order; `state=free` names those that can be given.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/blocks/{quoted(block)}/numbers",
            query={"after": after, "limit": limit, "state": state},
        )
        found: models.NumberPage = decoded(answer, models.NumberPage)
        return found

    async def each_block_numbers(
        self, block: str, *, limit: int | None = None, state: Literal["all", "free"] | None = None
    ) -> AsyncIterator[models.NumberUse]:
        """All of :meth:`list_block_numbers`, page after page."""
        after: str | None = None
        while True:
            page = await self.list_block_numbers(block, limit=limit, state=state, after=after)
            for one in page.items:
                yield one
            if page.next is None:
                return
            after = page.next

    async def list_blocks(
        self, tenant: str, *, after: str | None = None, limit: int | None = None
    ) -> models.BlockPage:
        """The company's blocks of numbers.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET", f"/v1/tenants/{quoted(tenant)}/blocks", query={"after": after, "limit": limit}
        )
        found: models.BlockPage = decoded(answer, models.BlockPage)
        return found

    async def each_blocks(self, tenant: str, *, limit: int | None = None) -> AsyncIterator[models.Block]:
        """All of :meth:`list_blocks`, page after page."""
        after: str | None = None
        while True:
            page = await self.list_blocks(tenant, limit=limit, after=after)
            for one in page.items:
                yield one
            if page.next is None:
                return
            after = page.next

    async def list_numbers(
        self, tenant: str, *, after: str | None = None, limit: int | None = None
    ) -> models.NumberPage:
        """The numbers somebody has.

        In their order. Free ones stand with their block. Who administers one group is not told which
        users of other groups have them; neither is it in the other lists.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET", f"/v1/tenants/{quoted(tenant)}/numbers", query={"after": after, "limit": limit}
        )
        found: models.NumberPage = decoded(answer, models.NumberPage)
        return found

    async def each_numbers(self, tenant: str, *, limit: int | None = None) -> AsyncIterator[models.NumberUse]:
        """All of :meth:`list_numbers`, page after page."""
        after: str | None = None
        while True:
            page = await self.list_numbers(tenant, limit=limit, after=after)
            for one in page.items:
                yield one
            if page.next is None:
                return
            after = page.next

    async def list_subscriptions(
        self, tenant: str, *, after: str | None = None, limit: int | None = None
    ) -> models.SubscriptionPage:
        """What the company's calls are charged to.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET", f"/v1/tenants/{quoted(tenant)}/subscriptions", query={"after": after, "limit": limit}
        )
        found: models.SubscriptionPage = decoded(answer, models.SubscriptionPage)
        return found

    async def each_subscriptions(
        self, tenant: str, *, limit: int | None = None
    ) -> AsyncIterator[models.Subscription]:
        """All of :meth:`list_subscriptions`, page after page."""
        after: str | None = None
        while True:
            page = await self.list_subscriptions(tenant, limit=limit, after=after)
            for one in page.items:
                yield one
            if page.next is None:
                return
            after = page.next

    async def split_block(
        self, block: str, body: models.Split, *, if_match: str | None = None
    ) -> Versioned[models.BlockPage]:
        """Split a block into ten new ones, or a multiple of ten.

        Each can be given up by itself. Whoever has a number keeps it. The first hundred are shown;
        the company's list has all.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, in-the-way,
        invalid-request, invalid-settings, not-found, too-many-requests, unauthenticated, unsupported-
        media-type.
        """
        answer = await self._api.ask(
            "POST", f"/v1/blocks/{quoted(block)}/split", body=body, headers={"If-Match": if_match}
        )
        return versioned(answer, models.BlockPage)
