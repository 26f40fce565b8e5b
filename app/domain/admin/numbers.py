"""``/v1/tenants/<tenant>/blocks``, ``/numbers`` and ``/subscriptions``, ``/v1/blocks/<block>``: what numbers
a company has."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath

from app.bodies import body_of
from app.domain.admin.asking import (
    CHANGED,
    Asked,
    actor_of,
    changing,
    check_of,
    refusals_told,
    shown,
    stores_of,
)
from app.operations import Access, Query, declared
from app.pages import QUERY, Listed, Page, cursor, page_of
from app.problems import IN_THE_WAY, INVALID_REQUEST, NOT_FOUND, ProblemError
from hipper.directory.admin import blocks, numbers, subscriptions, users
from hipper.directory.admin.model import (
    Block,
    NewBlock,
    NewSubscription,
    NumberUse,
    Split,
    Subscription,
)

BLOCK = {
    "id": "b_77aa",
    "tenant": "t_5e1f",
    "first": "+31201234500",
    "last": "+31201234599",
    "size": 100,
    "kind": "geographic",
    "reference": "O-2026-117",
    "split_from": None,
    "used": 6,
}
NUMBER = {
    "number": "+31201234501",
    "text": "020 123 4501",
    "kind": "fixed",
    "user": "s_1f0e",
    "block": "b_77aa",
}
SUBSCRIPTION = {
    "id": "ZM-100201",
    "kind": "mobile",
    "number": "+31612345601",
    "mobile_network": "demo-mobile",
    "users": ["s_1f0e"],
}
_STATE = Query("state", "all of them, or only free ones", {"type": "string", "enum": ["all", "free"]})
_ID = Query("id", "which one", {"type": "string", "pattern": "^[!-~]{1,64}$"})


class BlockPage(Listed[Block], frozen=True): ...


class NumberPage(Listed[NumberUse], frozen=True): ...


class SubscriptionPage(Listed[Subscription], frozen=True): ...


class TenantNumbersController(Controller):
    """Numbers of a company."""

    path = "/v1/tenants/{tenant:str}"
    tags = ("numbers",)

    @get(
        "/blocks",
        operation_id="listBlocks",
        summary="The company's blocks of numbers",
        opt=declared(
            Access.ADMINISTRATOR, answer=BlockPage, query=QUERY, shown={"items": [BLOCK], "next": None}
        ),
    )
    async def all_blocks(self, request: Asked, tenant: FromPath[str]) -> BlockPage:
        page = page_of(request)
        found = await blocks.list_blocks(stores_of(request).own, tenant, page.after, page.reach)
        return BlockPage.of(found, page, lambda one: one.id)

    @post(
        "/blocks",
        operation_id="createBlock",
        summary="Give the company a block of numbers",
        opt=declared(
            Access.OPERATOR,
            body=NewBlock,
            answer=Block,
            problems=(IN_THE_WAY,),
            example={"first": "+31201234600", "size": 100, "reference": "O-2026-118"},
            shown=BLOCK,
        ),
    )
    async def add_block(self, request: Asked, tenant: FromPath[str]) -> Response[Any]:
        """Geographic ones by 1, 10, 100 or 1,000; 085 by 1, 10 or 100; 088 by 100, 1,000 or 10,000, with the
        regulator's allocation. 409: somebody holds a number of it."""
        wanted = await body_of(request, NewBlock)
        async with changing(request) as conn:
            return shown(request, await blocks.create_block(conn, actor_of(request), tenant, wanted), 201)

    @get(
        "/numbers",
        operation_id="listNumbers",
        summary="The numbers somebody has",
        opt=declared(
            Access.ADMINISTRATOR, answer=NumberPage, query=QUERY, shown={"items": [NUMBER], "next": None}
        ),
    )
    async def all_numbers(self, request: Asked, tenant: FromPath[str]) -> NumberPage:
        """In their order. Free ones stand with their block. Who administers one group is not told which users
        of other groups have them; neither is it in the other lists."""
        page = _by_digits(page_of(request))
        found = await numbers.list_numbers(stores_of(request).own, tenant, page.after, page.reach)
        return await _numbers(request, found, page)

    @get(
        "/subscriptions",
        operation_id="listSubscriptions",
        summary="What the company's calls are charged to",
        opt=declared(
            Access.ADMINISTRATOR,
            answer=SubscriptionPage,
            query=QUERY,
            shown={"items": [SUBSCRIPTION], "next": None},
        ),
    )
    async def all_subscriptions(self, request: Asked, tenant: FromPath[str]) -> SubscriptionPage:
        page = page_of(request)
        (after,) = page.parts(1) or ("",)
        own = stores_of(request).own
        found = await subscriptions.list_subscriptions(own, tenant, after, page.reach)
        items, more = page.cut(found, lambda one: cursor(one.id))
        mine = await _in_reach(request, [user for one in items for user in one.users])
        shown_ones = [
            msgspec.structs.replace(one, users=tuple(user for user in one.users if user in mine))
            for one in items
            if not one.users or mine.intersection(one.users)
        ]
        return SubscriptionPage(items=tuple(shown_ones), next=more)

    @post(
        "/subscriptions",
        operation_id="createSubscription",
        summary="Give the company a mobile subscription",
        opt=declared(
            Access.OPERATOR,
            body=NewSubscription,
            answer=Subscription,
            problems=(IN_THE_WAY,),
            example={
                "id": "ZM-100207",
                "kind": "mobile",
                "number": "+31612345607",
                "mobile_network": "demo-mobile",
            },
            shown=SUBSCRIPTION,
        ),
    )
    async def add_subscription(self, request: Asked, tenant: FromPath[str]) -> Response[Any]:
        """Its number can then be given to a user."""
        wanted = await body_of(request, NewSubscription)
        async with changing(request) as conn:
            now = await subscriptions.create_subscription(conn, actor_of(request), tenant, wanted)
            return shown(request, now, 201)

    @delete(
        "/subscriptions",
        operation_id="deleteSubscription",
        summary="Take a subscription from the company",
        opt=declared(Access.OPERATOR, query=(_ID,), problems=(IN_THE_WAY,)),
    )
    async def remove_subscription(self, request: Asked, tenant: FromPath[str]) -> None:
        """One that nobody has: 409."""
        name = request.query_params.get("id", "")
        if not re.fullmatch(r"[!-~]{1,64}", name):
            raise ProblemError(NOT_FOUND)
        async with changing(request) as conn:
            await subscriptions.delete_subscription(conn, actor_of(request), tenant, name)


class BlockController(Controller):
    """One block of numbers."""

    path = "/v1/blocks/{block:str}"
    tags = ("numbers",)

    @get(
        "/",
        operation_id="getBlock",
        summary="One block of numbers",
        opt=declared(Access.ADMINISTRATOR, answer=Block, versioned=True, shown=BLOCK),
    )
    async def one(self, request: Asked, block: FromPath[str]) -> Response[Any]:
        with refusals_told(request):
            return shown(request, await blocks.get_block(stores_of(request).own, block))

    @get(
        "/numbers",
        operation_id="listBlockNumbers",
        summary="The numbers of a block, and who has them",
        opt=declared(
            Access.ADMINISTRATOR,
            answer=NumberPage,
            query=(*QUERY, _STATE),
            shown={"items": [NUMBER], "next": "31201234501"},
        ),
    )
    async def numbers(self, request: Asked, block: FromPath[str]) -> NumberPage:
        """In their order; `state=free` names those that can be given."""
        page = _by_digits(page_of(request))
        state = request.query_params.get("state", "all")
        if state not in ("all", "free"):
            raise ProblemError(INVALID_REQUEST, "state is all or free", "state is all of free")
        found = await blocks.numbers_of(
            stores_of(request).own, block, page.after, page.reach, free=state == "free"
        )
        return await _numbers(request, found, page)

    @post(
        "/split",
        operation_id="splitBlock",
        summary="Split a block into ten new ones, or a multiple of ten",
        status_code=200,
        opt=declared(
            Access.OPERATOR,
            body=Split,
            answer=BlockPage,
            example={"parts": 10},
            shown={
                "items": [{**BLOCK, "last": "+31201234509", "size": 10, "split_from": "b_77aa"}],
                "next": None,
            },
            **CHANGED,
        ),
    )
    async def split(self, request: Asked, block: FromPath[str]) -> BlockPage:
        """Each can be given up by itself. Whoever has a number keeps it. The first hundred are shown; the
        company's list has all."""
        wanted = await body_of(request, Split)
        async with changing(request) as conn:
            made = await blocks.split_block(conn, actor_of(request), block, wanted, check_of(request))
        return BlockPage(items=tuple(made), next=None)

    @delete(
        "/",
        operation_id="deleteBlock",
        summary="Give a block up",
        opt=declared(Access.OPERATOR, **CHANGED),
    )
    async def remove(self, request: Asked, block: FromPath[str]) -> None:
        """409 while somebody has a number of it; it says which."""
        async with changing(request) as conn:
            await blocks.delete_block(conn, actor_of(request), block, check_of(request))


def _by_digits(page: Page) -> Page:
    """Numbers are their own cursor: the digits of the last one. Raises ProblemError: 400."""
    if not re.fullmatch(r"[0-9]{0,15}", page.after):
        raise ProblemError(INVALID_REQUEST, "after is no cursor", "after is geen cursor")
    return page


async def _numbers(request: Asked, found: list[NumberUse], page: Page) -> NumberPage:
    items, more = page.cut(found, lambda one: one.number[1:])
    mine = await _in_reach(request, [one.user for one in items if one.user is not None])
    return NumberPage(
        items=tuple(
            one if one.user is None or one.user in mine else msgspec.structs.replace(one, user=None)
            for one in items
        ),
        next=more,
    )


async def _in_reach(request: Asked, of: list[str]) -> frozenset[str]:
    """Those users whom who asks administers."""
    group = actor_of(request).group
    if group is None or not of:
        return frozenset(of)
    return await users.members_of(stores_of(request).own, group, of)
