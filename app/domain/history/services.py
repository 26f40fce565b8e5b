"""History with names: records of the gateway, contacts and colleagues of the directory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import asyncpg

from app.domain.history.schemas import (
    AdministeredEntry,
    DivertedBy,
    DivertedTo,
    HistoryEntry,
    HistoryKind,
    HistoryPage,
    OtherParty,
    Paid,
    UsedDevice,
    UsedNumber,
)
from app.pages import Page, cursor
from app.problems import INVALID_REQUEST, ProblemError
from fmc_gateway.records import history as records
from fmc_gateway.records.history import Direction, Entry, Position
from hipper.directory.accounts import Account
from hipper.directory.people import Known, Numbering, numbering_of, who_is
from hipper.pbx.ids import SubscriberId
from hipper.pbx.model import CallerList, TariffClass
from hipper.telephony.numbers.format import format_number
from hipper.telephony.numbers.helplines import is_helpline
from hipper.telephony.numbers.normalise import DialledForm, parse_dialled

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONG = 253402300799 * 10**6
"""Microseconds to the end of the year 9999."""


class Reading(NamedTuple):
    """What entries are shown by. ``subscriptions``: the user's own."""

    numbering: Numbering
    subscriptions: frozenset[str]
    known: Known


def position_of(page: Page) -> Position:
    """Raises ProblemError: 400."""
    parts = page.parts(2)
    if parts is None:
        return records.NEWEST
    if not (parts[0].isascii() and parts[0].isdigit()) or int(parts[0]) > _LONG:
        raise ProblemError(INVALID_REQUEST, "after is no cursor", "after is geen cursor")
    return Position(_EPOCH + timedelta(microseconds=int(parts[0])), parts[1])


def cursor_of(entry: Entry) -> str:
    return cursor(str(round(entry.started * 10**6)), entry.call)


async def page_of_history(
    pool: asyncpg.Pool, account: Account, page: Page, kind: HistoryKind | None
) -> HistoryPage:
    missed = kind is HistoryKind.MISSED
    which = None if kind is None or missed else CallerList(kind.value)
    subscriber, limit = account.subscriber, page.reach
    unseen: int | None = None
    if page.after:
        before = position_of(page)
        found = await records.history(pool, subscriber, before=before, limit=limit, kind=which, missed=missed)
    else:
        found, unseen = await records.newest(pool, subscriber, limit=limit, kind=which, missed=missed)
    items, more = page.cut(found, cursor_of)
    return HistoryPage(items=await shown(pool, account, items), next=more, unseen=unseen)


async def shown(
    pool: asyncpg.Pool | asyncpg.Connection, account: Account, entries: Sequence[Entry]
) -> tuple[HistoryEntry, ...]:
    """With who is behind the numbers."""
    reading = await _reading(pool, account, entries)
    return tuple(_entry(one, reading) for one in entries)


async def administered(
    pool: asyncpg.Pool, account: Account, entries: Sequence[Entry]
) -> tuple[AdministeredEntry, ...]:
    """As administrators see them. The user's contacts are never looked at but to mask."""
    reading = await _reading(pool, account, entries)
    without = reading._replace(known=reading.known._replace(contacts={}))
    return tuple(_administered(one, without) for one in entries)


async def _reading(pool: Any, account: Account, entries: Sequence[Entry]) -> Reading:
    numbering = numbering_of(account)
    if not entries:
        return Reading(numbering, account.subscriptions, Known({}, {}, {}, {}))
    known = await who_is(
        pool,
        account.tenant,
        account.subscriber,
        numbers=[number for one in entries if (number := _number(one, numbering)) is not None],
        extensions=[one.extension for one in entries if one.extension is not None],
        users=[one.diverted_by for one in entries if one.diverted_by is not None],
        devices=[one.device for one in entries if one.device is not None],
    )
    return Reading(numbering, account.subscriptions, known)


def _number(entry: Entry, numbering: Numbering) -> str | None:
    """The other party's; of a call that reached no telephone as it was dialled."""
    if entry.number is not None or entry.withheld or entry.extension is not None:
        return entry.number
    if entry.direction is not Direction.OUTGOING:
        return None
    dialled = parse_dialled(entry.dialled, numbering.country, numbering.area_code)
    return dialled.e164 if dialled.kind is DialledForm.E164 else None


def _entry(entry: Entry, reading: Reading) -> HistoryEntry:
    country = reading.numbering.country
    device = reading.known.devices.get(entry.device or "")
    return HistoryEntry(
        id=entry.call,
        started=entry.started,
        direction=entry.direction,
        result=entry.result,
        kind=entry.kind,
        seen=entry.seen or entry.result is not records.Result.MISSED,
        emergency=entry.emergency,
        other=_other(entry, reading),
        own=UsedNumber(
            number=None if entry.hidden else entry.own,
            text=None if entry.hidden or entry.own is None else format_number(entry.own, country),
            hidden=entry.hidden,
        ),
        device=None if entry.device is None else UsedDevice(id=entry.device, label=device and device[1]),
        talked_s=entry.talked_s,
        paid=_paid(entry, reading),
        diverted_by=_diverted_by(entry, reading),
        diverted_to=_diverted_to(entry, country),
    )


def _other(entry: Entry, reading: Reading) -> OtherParty:
    if entry.withheld:
        return OtherParty(withheld=True)
    number = _number(entry, reading.numbering)
    contact = reading.known.contacts.get(number or "")
    colleague = reading.known.colleagues.get(entry.extension or number or "")
    named = contact or colleague
    written = number or entry.extension
    if written is None and entry.direction is Direction.OUTGOING:
        written = entry.dialled
    return OtherParty(
        withheld=False,
        name=named[1] if named else entry.name,
        number=number,
        extension=entry.extension,
        text=None if written is None else format_number(written, reading.numbering.country),
        contact=contact and contact[0],
        colleague=SubscriberId(colleague[0]) if colleague else None,
    )


def _paid(entry: Entry, reading: Reading) -> Paid | None:
    """What somebody else pays is not the user's business."""
    if entry.payer not in reading.subscriptions or entry.tariff is None:
        return None
    return Paid(subscription=entry.payer, tariff=TariffClass(entry.tariff))


def _diverted_by(entry: Entry, reading: Reading) -> DivertedBy | None:
    if entry.diverted_by is None:
        return None
    user = reading.known.users.get(entry.diverted_by)
    return DivertedBy(id=entry.diverted_by, name=user and user[1])


def _diverted_to(entry: Entry, country: str) -> DivertedTo | None:
    if entry.diverted_to is None:
        return None
    return DivertedTo(text=format_number(entry.diverted_to, country), reason=entry.diverted_why or "")


def _administered(entry: Entry, reading: Reading) -> AdministeredEntry:
    masked = entry.kind is CallerList.PRIVATE or is_helpline(entry.number or entry.dialled)
    return AdministeredEntry(
        id=entry.call,
        started=entry.started,
        direction=entry.direction,
        result=entry.result,
        masked=masked,
        other=None if masked else _other(entry, reading),
        talked_s=entry.talked_s,
        paid=_paid(entry, reading),
    )
