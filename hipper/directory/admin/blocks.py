"""Numbers in blocks, as companies order them (seed 8). A number of a block is free while nobody has it."""

from __future__ import annotations

from typing import Any

import asyncpg
import msgspec

from hipper.directory.admin.changing import Actor, Check, any_version, not_there, tell, version_of
from hipper.directory.admin.holding import unfit_number
from hipper.directory.admin.model import Block, NewBlock, NumberUse, Split
from hipper.directory.admin.refused import InTheWay, NotAllowed, Obstacle, Unfit, refusals
from hipper.telephony.numbers.classify import NumberType, classify
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.numbers.format import format_number

_USED = """
(SELECT count(*) FROM directory.numbers n
 WHERE n.e164 BETWEEN '+' || b.first_number AND '+' || b.first_number + b.size - 1
 AND length(n.e164) = length('+' || b.first_number) AND n.tenant_id = b.tenant_id)"""
_SHOWN = f"""
SELECT b.block_id AS id, b.tenant_id AS tenant, '+' || b.first_number AS first,
       '+' || b.first_number + b.size - 1 AS last, b.size, b.reference, b.split_from, {_USED} AS used
FROM directory.number_blocks b"""  # noqa: S608
ONE = f"{_SHOWN} WHERE b.block_id = $1"
LOCKED = f"{_SHOWN} WHERE b.block_id = $1 FOR UPDATE OF b"
PAGE = f"{_SHOWN} WHERE b.tenant_id = $1 AND b.block_id > $2 ORDER BY b.block_id LIMIT $3"
TENANT_OF = "SELECT tenant_id FROM directory.number_blocks WHERE block_id = $1"
ADD = """
INSERT INTO directory.number_blocks (tenant_id, first_number, size, reference) VALUES ($1, $2, $3, $4)
RETURNING block_id"""
PART = """
INSERT INTO directory.number_blocks (tenant_id, first_number, size, reference, split_from)
SELECT $1, first, $4, $5, $6 FROM generate_series($2::bigint, $3::bigint, $4::bigint) first
RETURNING block_id"""
REMOVE = "DELETE FROM directory.number_blocks WHERE block_id = $1"
USED_NUMBERS = """
SELECT n.e164 FROM directory.number_blocks b JOIN directory.numbers n
    ON n.e164 BETWEEN '+' || b.first_number AND '+' || b.first_number + b.size - 1
    AND length(n.e164) = length('+' || b.first_number)
WHERE b.block_id = $1 ORDER BY n.e164 LIMIT 5"""
NUMBERS = """
SELECT w.number, n.kind, n.subscriber_id AS user, b.block_id AS block
FROM directory.number_blocks b
CROSS JOIN LATERAL (
    SELECT '+' || digits AS number FROM generate_series(
        greatest(b.first_number, coalesce($2::bigint + 1, 0)), b.first_number + b.size - 1) digits LIMIT $3
) w LEFT JOIN directory.numbers n ON n.e164 = w.number
WHERE b.block_id = $1 ORDER BY w.number"""
FREE = """
SELECT w.number, NULL AS kind, NULL AS user, b.block_id AS block
FROM directory.number_blocks b
CROSS JOIN LATERAL (
    SELECT '+' || digits AS number FROM generate_series(
        greatest(b.first_number, coalesce($2::bigint + 1, 0)), b.first_number + b.size - 1) digits
    WHERE NOT EXISTS (SELECT FROM directory.numbers n WHERE n.e164 = '+' || digits) LIMIT $3
) w WHERE b.block_id = $1 ORDER BY w.number"""

SIZES = {
    "geographic": (1, 10, 100, 1000),
    "085": (1, 10, 100),
    "088": (100, 1000, 10000),
    "other": (1, 10, 100, 1000),
    "international": (1, 10, 100, 1000),
}
"""Seed 8: in which sizes numbers are ordered. Splitting makes smaller ones."""


def kind_of(number: str) -> str:
    """Of :data:`SIZES`."""
    for prefix in ("085", "088"):
        if number.startswith("+31" + prefix[1:]):
            return prefix
    kind = classify(E164(number))
    if kind is NumberType.NATIONAL_FIXED:
        return "geographic"
    return "international" if kind is NumberType.INTERNATIONAL else "other"


def block_of(row: Any) -> Block:
    return msgspec.convert({**dict(row), "kind": kind_of(row["first"])}, Block)


async def get_block(conn: asyncpg.Connection | asyncpg.Pool, block: str) -> Block:
    """Raises NotThere."""
    row = await conn.fetchrow(ONE, block)
    if row is None:
        raise not_there("block of numbers", "dit nummerblok")
    return block_of(row)


async def list_blocks(
    conn: asyncpg.Connection | asyncpg.Pool, tenant: str, after: str, limit: int
) -> list[Block]:
    return [block_of(row) for row in await conn.fetch(PAGE, tenant, after, limit)]


async def tenant_of_block(conn: asyncpg.Connection | asyncpg.Pool, block: str) -> str | None:
    found: str | None = await conn.fetchval(TENANT_OF, block)
    return found


async def numbers_of(
    conn: asyncpg.Connection | asyncpg.Pool, block: str, after: str, limit: int, *, free: bool = False
) -> list[NumberUse]:
    """In their order. ``after``: digits of the last one seen, "" from the first. ``free``: only those nobody
    has."""
    rows = await conn.fetch(FREE if free else NUMBERS, block, int(after) if after else None, limit)
    return [number_use(row) for row in rows]


def number_use(row: Any) -> NumberUse:
    return msgspec.convert({**dict(row), "text": format_number(row["number"])}, NumberUse)


async def create_block(conn: asyncpg.Connection, actor: Actor, tenant: str, wanted: NewBlock) -> Block:
    """Raises NotAllowed, Unfit, InTheWay (somebody has a number of it)."""
    _only_operators(actor)
    kind = kind_of(wanted.first)
    first, size = int(wanted.first[1:]), wanted.size
    wrong = unfit_number(wanted.first) or unfit_number(f"+{first + size - 1}")
    if wrong is not None:
        raise Unfit(*wrong, "#/first")
    if first % size:
        text = f"a block of {size} begins with a number that {size} divides, such as +{first - first % size}"
        raise Unfit(text, f"een blok van {size} begint met een veelvoud daarvan", "#/first")
    if classify(E164(wanted.first)) is NumberType.MOBILE:
        text = "mobile numbers come with mobile subscriptions"
        raise Unfit(text, "mobiele nummers komen met een mobiel abonnement", "#/first")
    if size not in SIZES[kind]:
        sizes = ", ".join(str(one) for one in SIZES[kind])
        raise Unfit(f"{kind} numbers come by {sizes}", f"nummers van soort {kind} gaan per {sizes}", "#/size")
    if kind == "088" and not wanted.reference:
        text = "an 088 block needs the regulator's allocation as its reference"
        raise Unfit(text, "bij een 088-blok hoort de toewijzing van de ACM als reference", "#/reference")
    with refusals():
        async with conn.transaction():
            block = await conn.fetchval(ADD, tenant, first, size, wanted.reference)
            now = await get_block(conn, block)
            await tell(conn, tenant, actor, f"block {now.first}-{now.last}", None, now)
            return now


async def split_block(
    conn: asyncpg.Connection, actor: Actor, block: str, wanted: Split, check: Check = any_version
) -> list[Block]:
    """Into ten new blocks or a multiple of ten, each of which can be given up by itself (seed 8). Who has a
    number keeps it. Raises NotThere, NotAllowed, Unfit."""
    _only_operators(actor)
    async with conn.transaction():
        before = await _locked(conn, block)
        check(version_of(before))
        if before.size < wanted.parts:
            text = f"a block of {before.size} does not make {wanted.parts}"
            raise Unfit(text, f"een blok van {before.size} wordt geen {wanted.parts} blokken", "#/parts")
        await conn.execute(REMOVE, block)
        first, last, size = int(before.first), int(before.last), before.size // wanted.parts
        rows = await conn.fetch(PART, before.tenant, first, last, size, before.reference, before.id)
        change = f"split into {wanted.parts} blocks of {size}"
        await tell(conn, before.tenant, actor, f"block {before.first}-{before.last}", before, None, change)
        made = [await get_block(conn, row["block_id"]) for row in rows[:PARTS_SHOWN]]
        return sorted(made, key=lambda one: one.first)


PARTS_SHOWN = 100
"""Of a split block, the first so many new ones are told; the list has them all."""


async def delete_block(
    conn: asyncpg.Connection, actor: Actor, block: str, check: Check = any_version
) -> None:
    """Give it up: one of which nobody has a number. Raises NotThere, NotAllowed, InTheWay."""
    _only_operators(actor)
    async with conn.transaction():
        before = await _locked(conn, block)
        check(version_of(before))
        if before.used:
            numbers = [row["e164"] for row in await conn.fetch(USED_NUMBERS, block)]
            more = f" and {before.used - len(numbers)} more" if before.used > len(numbers) else ""
            text = f"in use: {', '.join(numbers)}{more}"
            raise InTheWay(Obstacle("#/numbers", text, text.replace("in use", "in gebruik")))
        await conn.execute(REMOVE, block)
        await tell(conn, before.tenant, actor, f"block {before.first}-{before.last}", before, None)


async def keep_as_block(conn: asyncpg.Connection, actor: Actor, tenant: str, number: str) -> None:
    """A number that came without a block (by a provisioning file) and that nobody has any more stays the
    company's. Within the caller's transaction."""
    block = await conn.fetchval(ADD, tenant, int(number), 1, "")
    now = await get_block(conn, block)
    await tell(conn, tenant, actor, f"block {now.first}-{now.last}", None, now)


async def _locked(conn: asyncpg.Connection, block: str) -> Block:
    row = await conn.fetchrow(LOCKED, block)
    if row is None:
        raise not_there("block of numbers", "dit nummerblok")
    return block_of(row)


def _only_operators(actor: Actor) -> None:
    if not actor.is_operator:
        raise NotAllowed("this is for operators", "dit is voor operators")
