"""What a user and the group have spent, for who is not the gateway and keeps no count: from the records
of this month and the calls that are up, added up as the gateway does (:mod:`fmc_gateway.spending`)."""

from __future__ import annotations

from collections.abc import Iterable

from fmc_gateway.facts import LastCalls, origination_facts
from fmc_gateway.records.read import Reader
from fmc_gateway.spending import Spending
from hipper.contracts.calls import Charge
from hipper.pbx.ids import CallId, GroupId, SubscriberId
from hipper.pbx.model import OriginationFacts

# One row of a day for the user and one for all others of the group: "ended" is as late as a euro a minute
# would have it, so that what reads segments reads it.
SPENT = """
SELECT '' AS call_id, CASE s.charged WHEN $4 THEN $4 ELSE '' END AS charged, s.charged_group,
       min(s.started) AS started, min(s.started) + sum((s.ended - s.started) * s.rate_per_minute) AS ended,
       1::float8 AS rate_per_minute
FROM gateway.segments s
WHERE s.charged IS NOT NULL AND s.rate_per_minute > 0 AND s.charged_group = $1
  AND s.started >= $2 AND s.started < $3
GROUP BY 2, 3, date_trunc('day', s.started AT TIME ZONE $5)"""

Up = tuple[CallId, tuple[Charge, ...], GroupId | None]
"""A call that is up: what it costs, and the group it came in for from outside."""


async def facts_of_calling(
    database: Reader,
    subscriber: SubscriberId,
    group: GroupId,
    now: float,
    *,
    last: LastCalls,
    up: Iterable[Up] = (),
) -> OriginationFacts:
    """As the gateway knows them at ``now``, Unix seconds. Raises what asyncpg raises."""
    spending = Spending()
    rows = await database.fetch(SPENT, group, *spending.month_of(now), subscriber, spending.zone.key)
    spending.take(rows)
    for call, charges, incoming in up:
        spending.up(call, charges, incoming)
    return origination_facts(spending.of(subscriber, group, now), last)
