"""What users and groups spend by the rates of their calling plan, and how many calls they have up: the facts
that caps are held against (call-flows §2).

Memory counts; PostgreSQL is read once, after the start. Days and months are those of the installation's zone.
Calls that are up count with what they cost so far. That grows evenly, so it is known when a cap will be
reached, and they are ended then (:mod:`fmc_gateway.spending_dues`).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from math import inf
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

import structlog

from fmc_gateway.spending_dues import Dues
from hipper.contracts.calls import CallRecord, Charge
from hipper.pbx.ids import CallId, GroupId, SubscriberId
from hipper.runtime.database import OUTAGE

ZONE = ZoneInfo("Europe/Amsterdam")
RETRY_S = 5.0
AGAIN_S = 0.2
"""How long calls that were told to end may take before they are told again."""
FORGET_CAPS = 1000
"""Users whose caps are remembered beyond those who have calls up."""

_THIS_MONTH = """
SELECT s.call_id, s.charged, s.charged_group, s.started, s.ended, s.rate_per_minute
FROM gateway.segments s
WHERE s.charged IS NOT NULL AND s.rate_per_minute > 0 AND s.started >= $1 AND s.started < $2
"""

log = structlog.get_logger("fmc_gateway.spending")


class Reader(Protocol):
    """What is needed of an asyncpg pool."""

    async def fetch(self, query: str, *args: object) -> list[Any]: ...


class Spent(NamedTuple):
    """``*_calls``: legs that are charged and up, or being set up; ``*_day``, ``*_month``: euros;
    ``group_incoming``: calls from outside."""

    user_calls: int = 0
    group_calls: int = 0
    user_day: float = 0.0
    user_month: float = 0.0
    group_month: float = 0.0
    group_incoming: int = 0


class Caps(NamedTuple):
    """Of one user's calling plan, euros; None: no cap."""

    user_day: float | None = None
    user_month: float | None = None
    group_month: float | None = None


_NO_CAPS = Caps()


class Running:
    """The legs of one user or group that are charged and up, added up: nothing here looks at each of them.
    ``rate``: euros a minute of those that were answered; ``offset``: what ``rate`` times the time since
    ``base`` is too much. Such sums drift, by far less than a cent, and begin anew when no leg is left."""

    __slots__ = ("base", "legs", "offset", "rate")

    def __init__(self) -> None:
        self.legs = 0
        self.base: float | None = None
        self.rate = 0.0
        self.offset = 0.0

    def add(self, charge: Charge, sign: int = 1) -> None:
        self.legs += sign
        if charge.since is not None:
            if self.base is None:
                self.base = charge.since  # near the others: differences lose fewer digits
            self.rate += sign * charge.rate_per_minute
            self.offset += sign * charge.rate_per_minute * (charge.since - self.base)

    def cost(self, now: float) -> float:
        """Never below nothing, which a cap of nothing would take for room."""
        if self.base is None:
            return 0.0
        return max(0.0, (self.rate * (now - self.base) - self.offset) / 60)

    def costs_at(self, euros: float) -> float:
        """When they will have cost that much, Unix seconds; ``inf``: never."""
        if self.base is None or self.rate <= _NEXT_TO_NOTHING:
            return inf
        return (max(euros, 0.0) * 60 + self.offset) / self.rate + self.base


_NEXT_TO_NOTHING = 1e-9
"""Euros a minute that sums of rates may be off."""
_NOTHING = Running()

HangUp = Callable[[CallId, str], bool]


class Spending:
    """``up`` is told of every live call; ``over`` of every record. All but :meth:`load` are immediate."""

    def __init__(self, zone: ZoneInfo = ZONE) -> None:
        self.zone = zone
        self._month = ""
        self._minute = -1.0
        self._today = ""
        self._user_day: dict[tuple[SubscriberId, str], float] = defaultdict(float)
        self._user_month: dict[SubscriberId, float] = defaultdict(float)
        self._group_month: dict[GroupId, float] = defaultdict(float)
        self._live: dict[CallId, tuple[Charge, ...]] = {}
        self._of_user: dict[SubscriberId, Running] = defaultdict(Running)
        self._of_group: dict[GroupId, Running] = defaultdict(Running)
        self._dues = Dues()
        self._group_of_incoming: dict[CallId, GroupId] = {}
        self._incoming_of_group: dict[GroupId, set[CallId]] = defaultdict(set)
        self._caps: dict[SubscriberId, Caps] = {}
        """Of users whose calls are up, as they were when the last one was decided on."""
        self._counted: set[CallId] = set()
        """Calls that ended before the database was read, so that none counts twice."""
        self.loaded = False

    def up(self, call: CallId, charges: tuple[Charge, ...], incoming: GroupId | None = None) -> None:
        """What ``call`` costs at the moment; empty when it costs nothing any more. ``incoming``: the group a
        call from outside came in for."""
        before = self._group_of_incoming.pop(call, None)
        if before is not None:
            _discard(self._incoming_of_group, before, call)
        if incoming is not None:
            self._group_of_incoming[call] = incoming
            self._incoming_of_group[incoming].add(call)
        known = self._live.pop(call, ())
        if charges:
            self._live[call] = charges
        if charges != known:
            for charge in charges:
                self._of_user[charge.subscriber].add(charge)
                self._of_group[charge.group].add(charge)
            for old in known:
                _take_off(self._of_user, old.subscriber, old)
                _take_off(self._of_group, old.group, old)
            for subscriber, group in {(one.subscriber, one.group) for one in (*charges, *known)}:
                self._foresee(subscriber, group)

    def hold_to(self, subscriber: SubscriberId, caps: Caps) -> None:
        """A call of ``subscriber`` is being decided on."""
        if self._caps.get(subscriber) == caps:
            return
        if len(self._caps) > 2 * len(self._of_user) + FORGET_CAPS:
            self._caps = {user: held for user, held in self._caps.items() if user in self._of_user}
        self._caps[subscriber] = caps
        for group in {one.group for one in self._charges_of(subscriber)}:
            self._foresee(subscriber, group)

    def next_due(self) -> float | None:
        """When a cap of somebody whose calls are up will be reached, Unix seconds; None: never, as it stands.
        It may be too early (a new day begins before), never too late."""
        return self._dues.first()

    def exhausted(self, now: float) -> tuple[CallId, ...]:
        """Calls that cost money and are up although a cap of whoever pays is reached: each alone lasts only
        as long as the money does, but several spend the same money."""
        self._turn(now)
        users: dict[SubscriberId, float] = defaultdict(float)
        groups: dict[GroupId, float] = defaultdict(float)
        paid: list[tuple[CallId, Charge]] = []
        for call, charges in self._live.items():
            for charge in charges:
                if charge.since is not None and charge.rate_per_minute > 0:
                    cost = charge.rate_per_minute * (now - charge.since) / 60
                    users[charge.subscriber] += cost
                    groups[charge.group] += cost
                    paid.append((call, charge))
        day = self._day(now)
        return tuple(
            call
            for call, charge in paid
            if self._is_spent(charge, day, users[charge.subscriber], groups[charge.group])
        )

    async def watch(self, hang_up: HangUp, now: Callable[[], float]) -> None:
        """Until cancelled: end calls there is no money for. ``now``: Unix seconds."""
        while True:
            await self._dues.wait(now)
            at = now()
            for call in self.exhausted(at):
                log.info("spending.cap_reached", call_id=call)
                hang_up(call, "gateway")
            self._foresee_anew(at)
            await asyncio.sleep(AGAIN_S if self._dues.is_over(at) else 0.0)

    def over(self, record: CallRecord) -> None:
        """A call has its record: its segments count from now on."""
        if not self.loaded:
            self._counted.add(record.call)
        for segment in record.segments:
            if segment.charged is None or segment.charged_group is None:
                continue
            ended = record.ended if segment.ended is None else segment.ended
            cost = segment.rate_per_minute * (ended - segment.started) / 60
            self._add(segment.charged, segment.charged_group, segment.started, cost)
            self._foresee(segment.charged, segment.charged_group)

    def of(self, subscriber: SubscriberId, group: GroupId, now: float) -> Spent:
        """``now``: Unix seconds."""
        self._turn(now)
        user, groups = self._of_user.get(subscriber, _NOTHING), self._of_group.get(group, _NOTHING)
        user_running = user.cost(now)
        return Spent(
            user_calls=user.legs,
            group_calls=groups.legs,
            user_day=self._user_day.get((subscriber, self._day(now)), 0.0) + user_running,
            user_month=self._user_month.get(subscriber, 0.0) + user_running,
            group_month=self._group_month.get(group, 0.0) + groups.cost(now),
            group_incoming=len(self._incoming_of_group.get(group, ())),
        )

    async def load(self, database: Reader, now: float) -> None:
        """Read what this month has cost already; until PostgreSQL answers, only what is seen counts."""
        while not self.loaded:
            try:
                rows = await database.fetch(_THIS_MONTH, *self.month_of(now))
            except OUTAGE as error:
                log.info("spending.not_loaded", error=str(error))
                await asyncio.sleep(RETRY_S)
                continue
            self.take(rows)

    def _foresee(self, subscriber: SubscriberId, group: GroupId) -> None:
        """When the money of a user, and of that user's group, will be gone."""
        running = self._of_user.get(subscriber)
        if running is None:
            self._dues.forget(subscriber)
            self._dues.uncap(group, subscriber)
        else:
            caps = self._caps.get(subscriber, _NO_CAPS)
            self._dues.cap(group, subscriber, caps.group_month)
            if caps.user_day is not None or caps.user_month is not None:
                self._dues.expect(subscriber, self._user_due(subscriber, running, caps))
            else:
                self._dues.forget(subscriber)
        lowest = self._dues.lowest_cap(group)
        if lowest is None:
            self._dues.forget(group)
        else:
            spent = self._group_month.get(group, 0.0)
            self._dues.expect(group, self._of_group.get(group, _NOTHING).costs_at(lowest - spent))

    def _user_due(self, subscriber: SubscriberId, running: Running, caps: Caps) -> float:
        due = inf
        if caps.user_day is not None:
            due = running.costs_at(caps.user_day - self._user_day.get((subscriber, self._today), 0.0))
        if caps.user_month is not None:
            due = min(due, running.costs_at(caps.user_month - self._user_month.get(subscriber, 0.0)))
        return due

    def _foresee_anew(self, now: float) -> None:
        """What was due and is not: a new day began."""
        self._turn(now)
        for charge in [one for charges in self._live.values() for one in charges]:
            if self._dues.of(charge.subscriber) <= now or self._dues.of(charge.group) <= now:
                self._foresee(charge.subscriber, charge.group)

    def _charges_of(self, subscriber: SubscriberId) -> list[Charge]:
        if subscriber not in self._of_user:
            return []
        return [one for charges in self._live.values() for one in charges if one.subscriber == subscriber]

    def _is_spent(self, charge: Charge, day: str, user: float, group: float) -> bool:
        """``user``, ``group``: what their calls that are up have cost."""
        caps = self._caps.get(charge.subscriber, Caps())
        return (
            _is_reached(caps.user_day, self._user_day.get((charge.subscriber, day), 0.0) + user)
            or _is_reached(caps.user_month, self._user_month.get(charge.subscriber, 0.0) + user)
            or _is_reached(caps.group_month, self._group_month.get(charge.group, 0.0) + group)
        )

    def take(self, rows: Iterable[Any]) -> None:
        """Segments of this month (:data:`_THIS_MONTH`); and what is up is seen in that light."""
        for row in rows:
            if row["call_id"] not in self._counted:
                seconds = (row["ended"] - row["started"]).total_seconds()
                cost = row["rate_per_minute"] * seconds / 60
                self._add(row["charged"], row["charged_group"], row["started"].timestamp(), cost)
        self._counted.clear()
        self.loaded = True
        for charge in [one for charges in self._live.values() for one in charges]:
            self._foresee(charge.subscriber, charge.group)

    def _add(self, subscriber: SubscriberId, group: GroupId, at: float, cost: float) -> None:
        """A call counts for the day and month it began in."""
        if cost <= 0:
            return
        self._turn(at)
        if self._day(at)[:7] != self._month:
            return
        self._user_day[subscriber, self._day(at)] += cost
        self._user_month[subscriber] += cost
        self._group_month[group] += cost

    def _turn(self, at: float) -> None:
        """A new month begins with nothing."""
        month = self._day(at)[:7]
        if month <= self._month:
            return
        self._month = month
        self._user_day.clear()
        self._user_month.clear()
        self._group_month.clear()

    def _day(self, at: float) -> str:
        """Days begin at a whole minute, so that all of one minute are the same."""
        minute = at // 60
        if minute != self._minute:
            self._minute = minute
            self._today = datetime.fromtimestamp(at, self.zone).date().isoformat()
        return self._today

    def month_of(self, now: float) -> tuple[datetime, datetime]:
        """From when, and before when, segments count."""
        today = datetime.fromtimestamp(now, self.zone)
        first = today.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return first, (first + timedelta(days=32)).replace(day=1)


def _is_reached(cap: float | None, spent: float) -> bool:
    return cap is not None and spent >= cap


def _discard(index: dict[Any, set[CallId]], key: Any, call: CallId) -> None:
    calls = index.get(key)
    if calls is not None:
        calls.discard(call)
        if not calls:
            del index[key]


def _take_off(index: dict[Any, Running], key: Any, charge: Charge) -> None:
    running = index[key]
    running.add(charge, -1)
    if not running.legs:
        del index[key]
