"""``hipper number``: blocks, mobile subscriptions, who has which number."""

from __future__ import annotations

from typing import Annotated, Literal

import asyncpg
from cyclopts import App, Parameter

from hipper.cli.database import SettingsFile, on_database
from hipper.cli.showing import show
from hipper.directory.admin import blocks, numbers, subscriptions, tenants, users
from hipper.directory.admin.changing import OPERATOR
from hipper.directory.admin.model import (
    Block,
    NewBlock,
    NewSubscription,
    NumberUse,
    Split,
    Subscription,
    User,
)
from hipper.directory.admin.reading import e164, fitting
from hipper.runtime.settings_model import Settings

app = App(
    name="number", help="Numbers in blocks: blocks, add, split, give-up, list, assign, release, mobile."
)
_BLOCK = ("id", "first", "last", "size", "kind", "used", "reference")
_MOST = 100_000


@app.command(name="blocks")
def blocks_(tenant: str, *, settings: SettingsFile = None) -> None:
    """The blocks of TENANT."""

    async def work(conn: asyncpg.Connection, _installation: Settings) -> list[Block]:
        return await blocks.list_blocks(conn, await tenants.find_tenant(conn, tenant), "", _MOST)

    show(on_database("directory", work, settings), *_BLOCK)


@app.command
def add(tenant: str, first: str, size: int, *, reference: str = "", settings: SettingsFile = None) -> None:
    """Give TENANT the SIZE (1, 10, 100, 1000, 10000) numbers that begin with FIRST.

    Parameters
    ----------
    reference
        The order; of an 088 block the regulator's allocation.
    """
    wanted = fitting({"first": first, "size": size, "reference": reference}, NewBlock)

    async def work(conn: asyncpg.Connection, _installation: Settings) -> Block:
        return await blocks.create_block(conn, OPERATOR, await tenants.find_tenant(conn, tenant), wanted)

    show([on_database("directory", work, settings)], *_BLOCK)


@app.command
def split(block: str, parts: int = 10, *, settings: SettingsFile = None) -> None:
    """Split BLOCK (its id) into PARTS: ten new blocks, or 100, 1000, 10000."""
    wanted = fitting({"parts": parts}, Split)

    async def work(conn: asyncpg.Connection, _installation: Settings) -> list[Block]:
        return await blocks.split_block(conn, OPERATOR, block, wanted)

    show(on_database("directory", work, settings), *_BLOCK)


@app.command
def give_up(block: str, *, settings: SettingsFile = None) -> None:
    """Give BLOCK (its id) up, once nobody has a number of it."""

    async def work(conn: asyncpg.Connection, _installation: Settings) -> None:
        await blocks.delete_block(conn, OPERATOR, block)

    on_database("directory", work, settings)
    print(f"block {block} is given up")


@app.command(name="list")
def list_(
    tenant: str,
    *,
    free: Annotated[bool, Parameter(negative=(), help="Those of its blocks that nobody has.")] = False,
    settings: SettingsFile = None,
) -> None:
    """The numbers somebody of TENANT has."""

    async def work(conn: asyncpg.Connection, _installation: Settings) -> list[NumberUse]:
        company = await tenants.find_tenant(conn, tenant)
        if not free:
            return await numbers.list_numbers(conn, company, "", _MOST)
        found: list[NumberUse] = []
        for block in await blocks.list_blocks(conn, company, "", _MOST):
            found += await blocks.numbers_of(conn, block.id, "", block.size, free=True)
        return sorted(found, key=lambda one: one.number)

    show(on_database("directory", work, settings), "number", "text", "kind", "user", "block")


@app.command
def assign(
    number: str,
    user: str,
    *,
    kind: Literal["fixed", "mobile", "alternate"] = "fixed",
    settings: SettingsFile = None,
) -> None:
    """Give NUMBER to USER (user@domain) from the next call on."""
    digits = e164(number)

    async def work(conn: asyncpg.Connection, _installation: Settings) -> User:
        found = await users.find_user(conn, user)
        return await users.assign_number(conn, OPERATOR, found.id, kind, digits)

    print(f"{digits} is the {kind} number of {on_database('directory', work, settings).user}")


@app.command
def release(number: str, user: str, *, settings: SettingsFile = None) -> None:
    """Take NUMBER from USER; it stays the company's, free."""
    digits = e164(number)

    async def work(conn: asyncpg.Connection, _installation: Settings) -> User:
        found = await users.find_user(conn, user)
        return await users.release_number(conn, OPERATOR, found.id, digits)

    on_database("directory", work, settings)
    print(f"{digits} is free")


@app.command
def mobile(
    tenant: str, subscription: str, number: str, network: str, *, settings: SettingsFile = None
) -> None:
    """Give TENANT mobile SUBSCRIPTION with NUMBER, in NETWORK of the settings."""
    values = {"id": subscription, "kind": "mobile", "number": number, "mobile_network": network}
    wanted = fitting(values, NewSubscription)

    async def work(conn: asyncpg.Connection, _installation: Settings) -> Subscription:
        company = await tenants.find_tenant(conn, tenant)
        return await subscriptions.create_subscription(conn, OPERATOR, company, wanted)

    show([on_database("directory", work, settings)], "id", "number", "mobile_network")
