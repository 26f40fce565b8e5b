"""The calls of a user as that user sees them (seed 4.7.1, 9 "Basic Call Logs"): one entry per call, whatever
number of devices it rang.

Schema ``gateway`` keeps a row per user and call (migration 0012), written with the record by a trigger. What
a user takes away disappears from the user's list only. ``conn``: of role ``hipper_gateway``; what only reads
may have role ``hipper_app``.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Protocol

import msgspec

from hipper.pbx.ids import CallId, DeviceId, SubscriberId
from hipper.pbx.model import CallerList

LAST = datetime(9999, 1, 1, tzinfo=UTC)
"""Before this are all."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# As directory.kind_of_call for each, with the lists read once.
_IS_PRIVATE = """CASE
    WHEN h.number IN (SELECT k.number FROM directory.listed($1) k WHERE k.list = 'private') THEN true
    WHEN h.number IN (SELECT k.number FROM directory.listed($1) k WHERE k.list = 'business') THEN false
    ELSE coalesce(h.own IN (SELECT m.number FROM directory.mobile_of($1) m), false) END"""


def _columns(kind: str) -> str:
    return f"""
SELECT h.call_id AS call, h.started, h.direction, h.result, h.withheld, h.number, h.extension, h.name, h.own,
       h.seen_at IS NOT NULL AS seen, {kind} AS kind,
       c.dialled, c.emergency, c.answered, c.ended,
       mine.device, mine.answered AS my_answered, mine.ended AS my_ended, mine.presentation,
       mine.payer_subscription AS payer, mine.tariff, mine.diverted_by,
       sent.destination AS diverted_to, sent.reason AS diverted_why
FROM gateway.history h JOIN gateway.calls c USING (call_id)
LEFT JOIN LATERAL (
    SELECT l.* FROM gateway.legs l
    WHERE l.call_id = h.call_id AND l.subscriber = h.subscriber
      AND l.role = CASE h.direction WHEN 'outgoing' THEN 'calling' ELSE 'called' END
    ORDER BY l.answered IS NULL, l.position LIMIT 1) mine ON true
LEFT JOIN LATERAL (
    SELECT d.destination, d.reason FROM gateway.diversions d
    WHERE d.call_id = h.call_id AND d.subscriber = h.subscriber ORDER BY d.position DESC LIMIT 1) sent ON true
WHERE h.subscriber = $1 AND h.deleted_at IS NULL"""  # noqa: S608


_OF_FEW = _columns("directory.kind_of_call(h.subscriber, h.number, h.own)")
_OF_PAGE = _columns(f"CASE WHEN {_IS_PRIVATE} THEN 'private' ELSE 'business' END")
"""Asked of every row, the function would be nine tenths of the time."""
_PAGE = "(h.started, h.call_id) < ($2, $3)"
_ORDER = "ORDER BY h.started DESC, h.call_id DESC LIMIT $4"
ALL = f"{_OF_PAGE} AND {_PAGE} {_ORDER}"
MISSED = f"{_OF_PAGE} AND h.result = 'missed' AND {_PAGE} {_ORDER}"
OF_KIND = f"{_OF_PAGE} AND {_IS_PRIVATE} = ($5 = 'private') AND {_PAGE} {_ORDER}"
WITH_NUMBER = f"{_OF_FEW} AND h.number = $5 AND {_PAGE} {_ORDER}"
WITH_EXTENSION = f"{_OF_FEW} AND h.extension = $5 AND {_PAGE} {_ORDER}"
UNSEEN = """
SELECT count(*) FROM gateway.history
WHERE subscriber = $1 AND deleted_at IS NULL AND result = 'missed' AND seen_at IS NULL"""
WITH_UNSEEN = {
    statement: f"SELECT p.*, ({UNSEEN}) FROM ({statement}) p"  # noqa: S608
    for statement in (ALL, MISSED, OF_KIND)
}
"""The same, with how many are not seen as one more column."""
HAS = "SELECT 1 FROM gateway.history WHERE call_id = $2 AND subscriber = $1 AND deleted_at IS NULL"
SEE = """
UPDATE gateway.history SET seen_at = now()
WHERE subscriber = $1 AND deleted_at IS NULL AND result = 'missed' AND seen_at IS NULL AND started <= $2"""
STARTED = "SELECT started FROM gateway.history WHERE call_id = $2 AND subscriber = $1"
TAKE_AWAY = """
UPDATE gateway.history SET deleted_at = now()
WHERE call_id = $2 AND subscriber = $1 AND deleted_at IS NULL"""


class Direction(str, Enum):
    OUTGOING = "outgoing"
    INCOMING = "incoming"


class Result(str, Enum):
    """What became of a call for this user, over all devices."""

    ANSWERED = "answered"
    MISSED = "missed"
    """Came in, and the user neither took nor declined it on any device, nor did anybody it went on to."""
    DECLINED = "declined"
    """By the user; of an outgoing call by the other side."""
    DIVERTED = "diverted"
    """Somebody it went on to answered."""
    REJECTED = "rejected"
    """By the user's own rejection services: nothing rang."""
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    FAILED = "failed"


_DIRECTIONS = {one.value: one for one in Direction}
_RESULTS = {one.value: one for one in Result}
_KINDS = {one.value: one for one in CallerList}


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One call of one user. Times in Unix seconds. ``number``, ``extension``, ``name``: the other party as
    the user was shown it. ``own``: the user's number that was called or shown. ``payer``: a subscription,
    perhaps somebody else's. ``diverted_to``: where the user's own forwarding sent it."""

    call: CallId
    started: float
    direction: Direction
    result: Result
    kind: CallerList
    seen: bool
    withheld: bool
    number: str | None
    extension: str | None
    name: str | None
    dialled: str
    emergency: bool
    own: str | None
    hidden: bool
    """Outgoing: the user's number was withheld."""
    device: DeviceId | None
    """Outgoing: called with; incoming: answered on."""
    talked_s: float | None
    payer: str | None
    tariff: str | None
    diverted_by: SubscriberId | None
    diverted_to: str | None
    diverted_why: str | None


class Position(msgspec.Struct, frozen=True):
    """Between two entries: those before it are older."""

    started: datetime = LAST
    call: str = ""


NEWEST = Position()


class Reader(Protocol):
    """What is needed of an asyncpg connection or pool."""

    async def fetch(self, query: str, *args: object) -> list[Any]: ...
    async def fetchval(self, query: str, *args: object) -> Any: ...
    async def execute(self, query: str, *args: object) -> str: ...


async def history(
    conn: Reader,
    subscriber: SubscriberId,
    *,
    before: Position = NEWEST,
    limit: int,
    kind: CallerList | None = None,
    missed: bool = False,
) -> list[Entry]:
    """Newest first. Raises what asyncpg raises."""
    statement, more = _asked(kind, missed)
    rows = await conn.fetch(statement, subscriber, before.started, before.call, limit, *more)
    return [_entry(row) for row in rows]


async def newest(
    conn: Reader,
    subscriber: SubscriberId,
    *,
    limit: int,
    kind: CallerList | None = None,
    missed: bool = False,
) -> tuple[list[Entry], int]:
    """As :func:`history` without ``before``, and :func:`unseen`."""
    statement, more = _asked(kind, missed)
    page = (subscriber, LAST, "", limit)
    rows = await conn.fetch(WITH_UNSEEN[statement], *page, *more)
    return [_entry(row) for row in rows], rows[0][-1] if rows else await unseen(conn, subscriber)


def _asked(kind: CallerList | None, missed: bool) -> tuple[str, tuple[str, ...]]:
    """The statement of a page, and what it wants to know besides."""
    if missed:
        return MISSED, ()
    return (ALL, ()) if kind is None else (OF_KIND, (kind.value,))


async def calls_with(
    conn: Reader, subscriber: SubscriberId, *, number: str | None, extension: str | None, limit: int
) -> list[Entry]:
    """The last calls with a number, or an extension of a colleague; the newest first. Those with a number
    that was withheld are not among them."""
    page = (subscriber, LAST, "", limit)
    if number is not None:
        return [_entry(row) for row in await conn.fetch(WITH_NUMBER, *page, number)]
    return [_entry(row) for row in await conn.fetch(WITH_EXTENSION, *page, extension)]


async def unseen(conn: Reader, subscriber: SubscriberId) -> int:
    """How many missed calls the user has not seen."""
    found: int = await conn.fetchval(UNSEEN, subscriber)
    return found


async def has_entry(conn: Reader, subscriber: SubscriberId, call: str) -> bool:
    return await conn.fetchval(HAS, subscriber, call) is not None


async def see_missed(conn: Reader, subscriber: SubscriberId, up_to: str | None) -> int:
    """Mark missed calls as seen, the one with id ``up_to`` and all before it; None: all. Returns how many
    were not. LookupError: the user has no such call."""
    until = LAST if up_to is None else await conn.fetchval(STARTED, subscriber, up_to)
    if until is None:
        raise LookupError("there is no such call")
    return _count(await conn.execute(SEE, subscriber, until))


async def take_away(conn: Reader, subscriber: SubscriberId, call: str) -> bool:
    """From the list of this user; the record stays. False: it was not there."""
    return _count(await conn.execute(TAKE_AWAY, subscriber, call)) == 1


def position_of(entry: Entry) -> Position:
    """After this entry, on the way to older ones."""
    return Position(_EPOCH + timedelta(microseconds=round(entry.started * 10**6)), entry.call)


def _count(status: str) -> int:
    return int(status.rpartition(" ")[2])


def _entry(row: Any) -> Entry:
    """Of :func:`_columns`, in their order: names cost as much again, and a page has fifty."""
    (
        call, started, direction, result, withheld, number, extension, name, own, seen, kind,
        dialled, emergency, answered, ended, device, my_answered, my_ended, presentation,
        payer, tariff, diverted_by, diverted_to, diverted_why, *_,
    ) = row  # fmt: skip
    outgoing = direction == "outgoing"
    began = answered if outgoing else my_answered
    talked = result == "answered" and began is not None
    return Entry(
        call=call,
        started=started.timestamp(),
        direction=_DIRECTIONS[direction],
        result=_RESULTS[result],
        kind=_KINDS[kind],
        seen=seen,
        withheld=withheld,
        number=number,
        extension=extension,
        name=name,
        dialled=dialled,
        emergency=emergency,
        own=own,
        hidden=outgoing and presentation == "restricted",
        device=device if outgoing or talked else None,
        talked_s=((my_ended or ended) - began).total_seconds() if talked else None,
        payer=payer,
        tariff=tariff,
        diverted_by=diverted_by,
        diverted_to=diverted_to,
        diverted_why=diverted_why,
    )
