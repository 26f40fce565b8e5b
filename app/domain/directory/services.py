"""Colleagues with live state, and who is behind a number."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.contacts.services import number_of
from app.domain.contacts.services import shown as contact_shown
from app.domain.directory.schemas import CallerFound, ColleaguePage, ColleagueShown, Presence
from app.domain.history import services as history
from app.domain.me.schemas import OwnNumber
from app.pages import Page, cursor
from app.problems import INVALID_REQUEST, ProblemError
from app.stores import Stores
from fmc_gateway.records import history as records
from hipper.directory.accounts import Account
from hipper.directory.callers import known_with
from hipper.directory.people import Colleague, list_colleagues, numbering_of
from hipper.pbx.ids import SubscriberId
from hipper.runtime.bus import Bus, BusUnavailable, outages_named
from hipper.telephony.numbers.format import format_number

LAST_CALLS = 5
# Which of the keys there are, as ones and noughts. As commands of their own fifty cost the client a
# millisecond, as a list of answers a tenth.
_BUSY = """local found = {} for i, key in ipairs(KEYS) do found[i] = redis.call('EXISTS', key) end
return table.concat(found)"""


async def page_of_colleagues(
    stores: Stores, account: Account, page: Page, asked: str | None
) -> ColleaguePage:
    country = account.country
    after = page.parts(2)
    found = await list_colleagues(
        stores.own,
        account.tenant,
        after=(after[0], after[1]) if after else ("", ""),
        limit=page.reach,
        asked=asked,
        country=country,
    )
    items, more = page.cut(found, lambda one: cursor(one.sorted, one.id))
    live = await presence_of(stores.bus, [one.id for one in items])
    return ColleaguePage(
        items=tuple(_colleague(one, live[one.id], country) for one in items),
        next=more,
    )


async def presence_of(bus: Bus, subscribers: Sequence[SubscriberId]) -> dict[SubscriberId, Presence]:
    """As the gateway shows its calls in Redis."""
    if not subscribers:
        return {}
    try:
        with outages_named():
            busy = await bus.redis.eval(_BUSY, len(subscribers), *[f"busy:{one}" for one in subscribers])
    except BusUnavailable:
        return dict.fromkeys(subscribers, Presence.UNKNOWN)
    return {
        one: Presence.BUSY if found == ord("1") else Presence.AVAILABLE
        for one, found in zip(subscribers, busy, strict=True)
    }


async def look_up(stores: Stores, account: Account, asked: str) -> CallerFound:
    """Raises ProblemError: 400 for what is no number; a caller who withholds it has none."""
    numbering = numbering_of(account)
    number = number_of(asked, "", numbering)
    if number is None:
        raise ProblemError(INVALID_REQUEST, "this is no number", "dit is geen nummer")
    contacts, colleague = await known_with(stores.own, account, e164=number.e164, digits=number.digits)
    calls = await records.calls_with(
        stores.records, account.subscriber, number=number.e164, extension=number.digits, limit=LAST_CALLS
    )
    live = await presence_of(stores.bus, [colleague.id] if colleague else [])
    known = contacts[0].fields.name if contacts else colleague.name if colleague else None
    return CallerFound(
        number=number.e164,
        text=format_number(number.e164 or number.digits or "", numbering.country),
        name=known,
        contacts=tuple(contact_shown(one, numbering.country) for one in contacts),
        colleague=colleague and _colleague(colleague, live[colleague.id], numbering.country),
        calls=await history.shown(stores.records, account, calls),
    )


def _colleague(found: Colleague, presence: Presence, country: str) -> ColleagueShown:
    return ColleagueShown(
        id=found.id,
        name=found.name,
        group=found.group,
        group_name=found.group_name,
        numbers=tuple(
            OwnNumber(
                kind=one.kind,
                text=format_number(one.e164, country) if one.e164 else one.extension or "",
                e164=one.e164,
                extension=one.extension,
            )
            for one in found.numbers
        ),
        presence=presence,
    )
