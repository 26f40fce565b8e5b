"""What was used of a payer: the stretches of calls that are charged to a subscription, added up (seed 2.3,
5.7)."""

from __future__ import annotations

from datetime import datetime

import msgspec

from fmc_gateway.records.read import Reader

USED = """
SELECT s.payer_subscription AS subscription, s.tariff, count(DISTINCT s.call_id) AS calls,
       coalesce(sum(extract(epoch FROM s.ended - s.started)), 0)::float8 AS seconds,
       coalesce(sum(s.rate_per_minute * extract(epoch FROM s.ended - s.started) / 60), 0)::float8 AS euros,
       extract(epoch FROM max(s.ended))::float8 AS latest
FROM gateway.segments s JOIN gateway.calls c USING (call_id)
WHERE s.payer_subscription = ANY($1::text[]) AND c.tenant = $2 AND s.started >= $3 AND s.started < $4
GROUP BY 1, 2 ORDER BY 1, 2"""


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """Of one subscription by one tariff. ``euros``: by the rates of the calling plan, what its caps count.
    ``latest``: end of the last stretch, Unix seconds."""

    subscription: str
    tariff: str
    calls: int
    seconds: float
    euros: float
    latest: float


async def usage_of(
    database: Reader, tenant: str, subscriptions: list[str], since: datetime, until: datetime
) -> list[Used]:
    """From ``since`` until before ``until``, by when a stretch began. Emergency calls are nobody's."""
    rows = await database.fetch(USED, subscriptions, tenant, since, until)
    return [msgspec.convert(dict(row), Used) for row in rows]
