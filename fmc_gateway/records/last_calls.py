"""Whom a user dialled last and who called last, for Last Number Redial and Call Return (seed 9)."""

from __future__ import annotations

from typing import Any, Protocol

from fmc_gateway.facts import LastCalls
from hipper.pbx.ids import SubscriberId

# Codes are no calls: a redial never dials *66 again. 112 is not redialled by code either.
_DIALLED = """
SELECT c.dialled FROM gateway.legs l JOIN gateway.calls c USING (call_id)
WHERE l.subscriber = $1 AND l.role = 'calling' AND NOT c.emergency AND c.dialled !~ '[*#]'
    AND c.outcome <> 'service'
ORDER BY l.offered DESC LIMIT 1
"""
# The calling leg of the last call in which one of the user's devices was a called leg.
_CALLER = """
SELECT a.presentation, a.number, a.extension
FROM gateway.legs b JOIN gateway.legs a ON a.call_id = b.call_id AND a.role = 'calling'
WHERE b.subscriber = $1 AND b.role = 'called'
ORDER BY b.offered DESC LIMIT 1
"""


class Reader(Protocol):
    async def fetchrow(self, query: str, *args: object) -> Any: ...


async def last_calls(database: Reader, subscriber: SubscriberId) -> LastCalls:
    """From the records. Raises what asyncpg raises."""
    dialled = await database.fetchrow(_DIALLED, subscriber)
    caller = await database.fetchrow(_CALLER, subscriber)
    withheld = caller is not None and caller["presentation"] == "restricted"
    return LastCalls(
        dialled=None if dialled is None else dialled["dialled"],
        caller=None if caller is None or withheld else caller["number"] or caller["extension"],
        caller_withheld=withheld,
    )
