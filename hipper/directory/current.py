"""Contexts at hand, each with the version of its tenant's users at which it was read (migration 0016).

PostgreSQL says at every call which version stands: while that is the same, nothing a decision reads changed
since, and the context need not be built and read again (a look-up sets up sixty nodes of a plan for it). Who
was dialled and in which list that number stands is asked every time. Pure but for the two questions; bounded;
what was used longest ago goes first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

import asyncpg

from hipper.directory.contexts import (
    HOME_COUNTRY,
    ORIGINATION_AGAIN,
    TERMINATION_AGAIN,
    Called,
    Parties,
    e164_dialled,
)
from hipper.pbx.dialling import as_dialled_by
from hipper.pbx.ids import SubscriberId
from hipper.pbx.model import CallerList, SubscriberContext
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.numbers.normalise import parse_dialled


class CurrentContexts:
    """``size``: how many ways to a user, and how many users, are kept."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._found: OrderedDict[Hashable, tuple[SubscriberContext, int]] = OrderedDict()

    def keep(self, key: Hashable, context: SubscriberContext, version: int | None) -> None:
        """``context`` was found by ``key``, in a tenant whose users were at ``version``."""
        if version is None:
            return
        for one in (key, context.subscriber):
            self._found[one] = (context, version)
            self._found.move_to_end(one)
        while len(self._found) > 2 * self._size:
            self._found.popitem(last=False)

    async def origination(
        self, conn: asyncpg.Connection, key: Hashable, dialled: str, within_s: float
    ) -> Parties | None:
        """As :func:`~hipper.directory.contexts.load_for_origination` would find it, None when that has to be
        asked. Raises what asyncpg raises."""
        known = self._known(key)
        if known is None:
            return None
        caller, version = known
        digits, theirs = parse_dialled(dialled, HOME_COUNTRY), as_dialled_by(caller, dialled)
        if (digits.e164, digits.extension) != (theirs.e164, theirs.extension):
            return None  # read one way first and then another: two questions that are asked there
        row = await conn.fetchrow(
            ORIGINATION_AGAIN,
            caller.tenant,
            caller.subscriber,
            digits.extension,
            e164_dialled(digits),
            timeout=within_s,
        )
        if row[0] != version:
            return None
        found = None if row[2] is None else CallerList(row[2])
        if row[1] is None:
            return Parties(caller, None, found)
        called = self._known(SubscriberId(row[1]))
        return Parties(caller, called[0], found) if called is not None and called[1] == version else None

    async def termination(
        self, conn: asyncpg.Connection, number: E164, calling: E164 | None, within_s: float
    ) -> Called | None:
        """As :func:`~hipper.directory.contexts.load_for_termination` would find it, None when that has to be
        asked. Raises what asyncpg raises."""
        known = self._known(number)
        if known is None:
            return None
        context, version = known
        row = await conn.fetchrow(
            TERMINATION_AGAIN, context.tenant, context.subscriber, calling, timeout=within_s
        )
        if row[0] != version:
            return None
        return Called(context, None if row[1] is None else CallerList(row[1]))

    def _known(self, key: Hashable) -> tuple[SubscriberContext, int] | None:
        known = self._found.get(key)
        if known is not None:
            self._found.move_to_end(key)
        return known
