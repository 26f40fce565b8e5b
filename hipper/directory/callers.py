"""Whom a number belongs to, for one user: contacts, and the colleague who shows it. One round trip."""

from __future__ import annotations

import asyncpg
import msgspec

from hipper.directory.accounts import Account
from hipper.directory.contacts import Contact, contact_of, with_number
from hipper.directory.people import WITH_E164, WITH_EXTENSION, Colleague, colleague_of


def _statement(column: str, colleague: str) -> str:
    """A statement for numbers and one for digits: one for both is planned anew with every question, which
    costs four times what it does."""
    return f"""
SELECT (SELECT json_agg(c) FROM ({with_number(column)}) c)::text,
       (SELECT row_to_json(p) FROM ({colleague.replace("$1", "$4")}) p)::text"""  # noqa: S608


BY_E164 = _statement("e164", WITH_E164)
BY_DIGITS = _statement("digits", WITH_EXTENSION)


async def known_with(
    conn: asyncpg.Connection | asyncpg.Pool,
    account: Account,
    *,
    e164: str | None,
    digits: str | None,
    limit: int = 5,
) -> tuple[list[Contact], Colleague | None]:
    """``digits``: of what is no E.164 number, an extension say. Raises what asyncpg raises."""
    statement, number = (BY_DIGITS, digits) if e164 is None else (BY_E164, e164)
    row = await conn.fetchrow(statement, account.subscriber, number, limit, account.tenant)
    contacts, colleague = (msgspec.json.decode(text or "null") for text in row)
    return [contact_of(one) for one in contacts or ()], colleague and colleague_of(colleague)
