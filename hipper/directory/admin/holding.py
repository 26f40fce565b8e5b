"""Whose a number is. One number is held once in the installation: by a block, a user, a company as its main
number, or a mobile subscription."""

from __future__ import annotations

from typing import NamedTuple

import asyncpg

from hipper.telephony.numbers.classify import NumberType, classify
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.numbers.emergency import is_never_recorded

HELD = """
SELECT b.tenant_id, 'block' AS how, b.block_id AS id FROM directory.number_blocks b
    WHERE b.numbers @> substr($1, 2)::bigint
UNION ALL SELECT n.tenant_id, n.kind, n.subscriber_id FROM directory.numbers n WHERE n.e164 = $1
UNION ALL SELECT p.tenant_id, 'subscription', p.subscription_id FROM directory.subscriptions p WHERE p.e164 =
$1
"""
TAKEN_ELSEWHERE = """
SELECT w.e164 FROM unnest($1::text[]) w (e164) JOIN directory.numbers n USING (e164) WHERE n.tenant_id <> $2
UNION SELECT w.e164 FROM unnest($1::text[]) w (e164)
    JOIN directory.number_blocks b ON b.numbers @> substr(w.e164, 2)::bigint WHERE b.tenant_id <> $2
UNION SELECT w.e164 FROM unnest($1::text[]) w (e164) JOIN directory.subscriptions p USING (e164)
    WHERE p.tenant_id <> $2"""
"""Of ``$1``, the numbers that other companies than ``$2`` hold."""
_NOBODYS = (
    NumberType.UNKNOWN,
    NumberType.SERVICE_FREE,
    NumberType.SERVICE_PAID,
    NumberType.PAGER,
    NumberType.MACHINE,
)


class Holding(NamedTuple):
    """``ours``: the company holds it. ``others``: another does. ``user`` and ``kind``: who of ours has it,
    and as what (``main``: the company itself). ``block``, ``subscription``: what it belongs to."""

    ours: bool
    others: bool
    kind: str | None
    user: str | None
    block: str | None
    subscription: str | None


async def holds(conn: asyncpg.Connection | asyncpg.Pool, tenant: str, number: str) -> Holding:
    """Who has ``number`` (E.164), as company ``tenant`` may know it."""
    rows = await conn.fetch(HELD, number)
    mine = {row["how"]: row["id"] for row in rows if row["tenant_id"] == tenant}
    kind = next((how for how in ("fixed", "mobile", "alternate", "main") if how in mine), None)
    return Holding(
        ours=bool(mine),
        others=any(row["tenant_id"] != tenant for row in rows),
        kind=kind,
        user=mine[kind] if kind is not None else None,
        block=mine.get("block"),
        subscription=mine.get("subscription"),
    )


def unfit_number(number: str, country: str = "NL") -> tuple[str, str] | None:
    """Why nobody can have ``number``, in English and Dutch: 112 and 113 above all (call-flows §5)."""
    if is_never_recorded(number):
        return "no one has an emergency number or 113", "niemand heeft een noodnummer of 113"
    if classify(E164(number), country) in _NOBODYS:
        return "no company has such a number", "zo'n nummer heeft geen bedrijf"
    return None
