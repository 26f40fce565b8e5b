"""Whose number it is, as a terminating call finds out."""

from __future__ import annotations

import asyncpg

from hipper.directory.contexts import load_for_termination
from hipper.pbx.model import SubscriberContext
from hipper.telephony.numbers.e164 import E164


async def owner_of(conn: asyncpg.Connection | asyncpg.Pool, number: E164) -> SubscriberContext | None:
    found = await load_for_termination(conn, number)
    return None if found is None else found.context
