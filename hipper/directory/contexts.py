"""Load everything a decision reads about caller and called, in one round trip.

PostgreSQL builds each context as JSON in the shape of :class:`~hipper.pbx.model.SubscriberContext`, and
msgspec decodes it in one step: that costs Python a tenth of what assembling rows and arrays does.

The tenant's boundary is in the statements: a dialled number finds only users of the caller's own
tenant, so the context of a stranger is never loaded (:func:`hipper.pbx.tenancy.colleague` holds the
same line in the decision).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import asyncpg
import msgspec
import structlog

from hipper.pbx.dialling import as_dialled_by
from hipper.pbx.ids import DeviceId, SubscriberId
from hipper.pbx.model import CallerList, SubscriberContext
from hipper.pbx.numbers_of import owned_by_e164
from hipper.pbx.service_packs import integrated
from hipper.pbx.services.bundles import GroupServices, SubscriberServices
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.numbers.normalise import Dialled, DialledForm, parse_dialled

HOME_COUNTRY = "NL"
"""Digits are read as a Dutch user's until the caller's own country is known; see load_for_origination."""

_decoded = msgspec.json.Decoder(SubscriberContext).decode

log = structlog.get_logger("hipper.directory")

# One subscriber s with group g and tenant t, as SubscriberContext.
_CONTEXT = """
json_build_object(
    'tenant', s.tenant_id, 'group', s.group_id, 'subscriber', s.subscriber_id,
    'domain', s.domain, 'display_name', s.display_name,
    'country', g.country, 'area_code', g.area_code,
    'numbers', coalesce((
        SELECT json_agg(json_build_object('kind', n.kind, 'e164', n.e164, 'extension', n.extension)
                        ORDER BY n.number_id)
        FROM directory.numbers n WHERE n.subscriber_id = s.subscriber_id), '[]'::json),
    'devices', coalesce((
        SELECT json_agg(json_build_object(
            'id', d.device_id, 'kind', d.kind, 'label', d.label, 'aor_user', d.aor_user,
            'mobile_network', d.mobile_network, 'exchange', d.exchange, 'site', d.site, 'rings', d.rings)
            ORDER BY d.kind, d.aor_user)
        FROM directory.devices d WHERE d.subscriber_id = s.subscriber_id), '[]'::json),
    'identity', s.identity, 'identity_alternate', s.identity_alternate, 'withhold', s.withhold,
    'tenant_default_identity', t.main_number,
    'no_answer_s', s.no_answer_s, 'decline_ends_ringing', s.decline_ends_ringing,
    'mobile_subscription', s.mobile_subscription, 'fixed_subscription', s.fixed_subscription,
    'language', s.language, 'enabled', s.enabled, 'time_zone', g.time_zone, 'pack', s.pack,
    'services', coalesce((
        SELECT json_object_agg(v.service, v.settings)
        FROM directory.subscriber_services v WHERE v.subscriber_id = s.subscriber_id), '{}'::json),
    'group_services', coalesce((
        SELECT json_object_agg(v.service, v.settings)
        FROM directory.group_services v WHERE v.group_id = s.group_id), '{}'::json)
)::text"""
_FROM = """
FROM directory.subscribers s
JOIN directory.groups g USING (group_id)
JOIN directory.tenants t ON t.tenant_id = s.tenant_id
"""

# A mobile network vouches for MSISDNs, so only a mobile number finds the calling user.
_CALLER_BY_NUMBER = (
    "SELECT tenant_id, subscriber_id FROM directory.numbers WHERE e164 = $1 AND kind = 'mobile'"
)
_CALLER_BY_DEVICE = "SELECT tenant_id, subscriber_id FROM directory.devices WHERE device_id = $1"
_CALLER_BY_EXCHANGE = """
SELECT tenant_id, subscriber_id FROM directory.devices
WHERE kind = 'exchange' AND exchange = split_part($1, '|', 1) AND aor_user = split_part($1, '|', 2)"""
_CALLER_BY_ID = "SELECT tenant_id, subscriber_id FROM directory.subscribers WHERE subscriber_id = $1"
# $2: digits as an extension, $3: as E.164; either may be NULL. An extension comes first.
_CALLED_OF_THE_SAME_TENANT = """
SELECT n.subscriber_id FROM caller JOIN directory.numbers n USING (tenant_id) WHERE n.extension = $2
UNION ALL
SELECT n.subscriber_id FROM caller JOIN directory.numbers n USING (tenant_id) WHERE n.e164 = $3
LIMIT 1"""


def _origination(caller: str) -> str:
    return f"""
WITH caller AS MATERIALIZED ({caller}), called AS MATERIALIZED ({_CALLED_OF_THE_SAME_TENANT})
SELECT (SELECT {_CONTEXT} {_FROM} WHERE s.subscriber_id = (SELECT subscriber_id FROM caller)),
       (SELECT {_CONTEXT} {_FROM} WHERE s.subscriber_id = (SELECT subscriber_id FROM called)),
       (SELECT c.list FROM caller JOIN directory.contact_numbers c USING (subscriber_id)
        WHERE c.e164 = $3 ORDER BY c.contact_id IS NULL LIMIT 1),
       (SELECT v.version FROM caller JOIN directory.context_versions v USING (tenant_id))"""  # noqa: S608


ORIGINATION_BY_NUMBER = _origination(_CALLER_BY_NUMBER)
ORIGINATION_BY_DEVICE = _origination(_CALLER_BY_DEVICE)
ORIGINATION_BY_EXCHANGE = _origination(_CALLER_BY_EXCHANGE)
ORIGINATION_BY_SUBSCRIBER = _origination(_CALLER_BY_ID)
TERMINATION = f"""
SELECT {_CONTEXT},
       (SELECT c.list FROM directory.contact_numbers c
        WHERE c.subscriber_id = s.subscriber_id AND c.e164 = $2 ORDER BY c.contact_id IS NULL LIMIT 1),
       (SELECT v.version FROM directory.context_versions v WHERE v.tenant_id = s.tenant_id) {_FROM}
WHERE s.subscriber_id = (SELECT subscriber_id FROM directory.numbers WHERE e164 = $1)"""  # noqa: S608

# What is asked with a context of $1's user $2 at hand. $3, $4: as $2 and $3 above.
ORIGINATION_AGAIN = """
SELECT (SELECT version FROM directory.context_versions WHERE tenant_id = $1),
       (SELECT subscriber_id FROM (
            SELECT n.subscriber_id FROM directory.numbers n WHERE n.tenant_id = $1 AND n.extension = $3
            UNION ALL
            SELECT n.subscriber_id FROM directory.numbers n WHERE n.tenant_id = $1 AND n.e164 = $4) AS called
        LIMIT 1),
       (SELECT c.list FROM directory.contact_numbers c
        WHERE c.subscriber_id = $2 AND c.e164 = $4 ORDER BY c.contact_id IS NULL LIMIT 1)"""
TERMINATION_AGAIN = """
SELECT (SELECT version FROM directory.context_versions WHERE tenant_id = $1),
       (SELECT c.list FROM directory.contact_numbers c
        WHERE c.subscriber_id = $2 AND c.e164 = $3 ORDER BY c.contact_id IS NULL LIMIT 1)"""

COLLEAGUES = f"""
SELECT {_CONTEXT} {_FROM}
WHERE s.subscriber_id <> $2 AND s.subscriber_id IN (
    SELECT subscriber_id FROM directory.numbers WHERE tenant_id = $1 AND extension = ANY($3)
    UNION SELECT subscriber_id FROM directory.numbers WHERE tenant_id = $1 AND e164 = ANY($4))"""  # noqa: S608

BY_SUBSCRIBER = f"SELECT {_CONTEXT} {_FROM} WHERE s.subscriber_id = $1"
WITH_NAMES = f"SELECT {_CONTEXT}, t.display_name, g.display_name {_FROM} WHERE s.subscriber_id = $1"


class Called(NamedTuple):
    """``caller_list``: which of the called user's contact lists the caller stands in."""

    context: SubscriberContext
    caller_list: CallerList | None


class Parties(NamedTuple):
    """``caller``: the served user, None when it is not ours. ``called``: the colleague who owns what was
    dialled, None when no user of the caller's tenant does. ``called_list``: which of the caller's contact
    lists the dialled number stands in."""

    caller: SubscriberContext | None
    called: SubscriberContext | None
    called_list: CallerList | None = None


class Versioned(NamedTuple):
    """What was read, and the version of the tenant's users at which it was; None: nobody's."""

    parties: Parties
    version: int | None


async def load_for_origination(
    conn: asyncpg.Connection | asyncpg.Pool,
    *,
    served_number: E164 | None = None,
    served_device: DeviceId | None = None,
    served_exchange: tuple[str, str] | None = None,
    served_subscriber: SubscriberId | None = None,
    dialled: str,
    within_s: float | None = None,
) -> Parties:
    """The caller (by the MSISDN a mobile network asserted, the authenticated desk phone, trunk and user part
    at another exchange, or as the one who forwards) and whom it dialled.

    One round trip. Only a caller in another country, or one who dials without area code, costs a second one:
    how the digits read is known after the first. ``within_s``: of each trip. Raises what asyncpg raises.
    """
    caller = caller_of(served_number, served_device, served_exchange, served_subscriber)
    return (await load_versioned(conn, caller, dialled, within_s)).parties


async def load_versioned(
    conn: asyncpg.Connection | asyncpg.Pool, caller: tuple[str, str], dialled: str, within_s: float | None
) -> Versioned:
    """As :func:`load_for_origination`. ``caller``: by :func:`caller_of`."""
    statement, key = caller
    first = parse_dialled(dialled, HOME_COUNTRY)
    found = await _fetch(conn, statement, key, first, within_s)
    if found.parties.caller is None or found.parties.called is not None:
        return found
    second = as_dialled_by(found.parties.caller, dialled)
    if second.e164 == first.e164 and second.extension == first.extension:
        return found
    return await _fetch(conn, statement, key, second, within_s)


def caller_of(
    number: E164 | None,
    device: DeviceId | None,
    exchange: tuple[str, str] | None,
    subscriber: SubscriberId | None,
) -> tuple[str, str]:
    """The statement that finds this caller, and its key. Raises ValueError when none of the four is there."""
    if subscriber is not None:
        return ORIGINATION_BY_SUBSCRIBER, subscriber
    if device is not None:
        return ORIGINATION_BY_DEVICE, device
    if exchange is not None:
        return ORIGINATION_BY_EXCHANGE, "|".join(exchange)
    if number is not None:
        return ORIGINATION_BY_NUMBER, number
    raise ValueError("load_for_origination needs one of served_number, _device, _exchange, _subscriber")


async def load_for_termination(
    conn: asyncpg.Connection | asyncpg.Pool,
    called_number: E164,
    *,
    calling_number: E164 | None = None,
    within_s: float | None = None,
) -> Called | None:
    """The user who owns ``called_number``, None when nobody of ours does. Raises what asyncpg raises."""
    return (await load_called(conn, called_number, calling_number, within_s))[0]


async def load_called(
    conn: asyncpg.Connection | asyncpg.Pool,
    called_number: E164,
    calling_number: E164 | None,
    within_s: float | None,
) -> tuple[Called | None, int | None]:
    """As :func:`load_for_termination`, with the version of the tenant's users."""
    row = await conn.fetchrow(TERMINATION, called_number, calling_number, timeout=within_s)
    if row is None:
        return None, None
    return Called(integrated(_decode(row[0])), None if row[1] is None else CallerList(row[1])), row[2]


async def load_colleagues(
    conn: asyncpg.Connection | asyncpg.Pool,
    user: SubscriberContext,
    dialled: Sequence[str],
    *,
    within_s: float | None = None,
) -> tuple[SubscriberContext, ...]:
    """The other users of the same tenant who own what ``user`` would dial as ``dialled``. Raises what asyncpg
    raises."""
    numbers = [as_dialled_by(user, digits) for digits in dialled]
    rows = await conn.fetch(
        COLLEAGUES,
        user.tenant,
        user.subscriber,
        [one.extension for one in numbers if one.extension is not None],
        [one.e164 for one in numbers if one.e164 is not None],
        timeout=within_s,
    )
    return tuple(integrated(_decode(row[0])) for row in rows)


async def load_subscriber(
    conn: asyncpg.Connection | asyncpg.Pool, subscriber: SubscriberId
) -> SubscriberContext | None:
    """One user as decisions see them, None when there is none. Raises what asyncpg raises."""
    text = await conn.fetchval(BY_SUBSCRIBER, subscriber)
    return None if text is None else _decode(text)


async def load_and_ask(
    conn: asyncpg.Connection | asyncpg.Pool, subscriber: SubscriberId, more: str
) -> tuple[SubscriberContext, Any] | None:
    """As :func:`load_subscriber`, with the one value that ``more``, a statement about the user $1, finds."""
    row = await conn.fetchrow(f"SELECT ({BY_SUBSCRIBER}), ({more})", subscriber)
    return None if row is None or row[0] is None else (_decode(row[0]), row[1])


async def load_with_names(
    conn: asyncpg.Connection | asyncpg.Pool, subscriber: SubscriberId
) -> tuple[SubscriberContext, str, str] | None:
    """As :func:`load_subscriber`, with what the company and the group are called."""
    row = await conn.fetchrow(WITH_NAMES, subscriber)
    return None if row is None else (_decode(row[0]), row[1], row[2])


def _decode(text: str) -> SubscriberContext:
    """A service whose settings this version cannot read counts as never set: a call is worth more."""
    try:
        return _decoded(text)
    except msgspec.ValidationError as error:
        log.warning("services.unreadable", error=str(error))
    document = msgspec.json.decode(text)
    for bundle, kind in (("services", SubscriberServices), ("group_services", GroupServices)):
        document[bundle] = {
            name: settings for name, settings in document[bundle].items() if _readable(kind, name, settings)
        }
    return msgspec.convert(document, SubscriberContext)


def _readable(kind: type[SubscriberServices | GroupServices], name: str, settings: Any) -> bool:
    try:
        msgspec.convert({name: settings}, kind)
    except msgspec.ValidationError:
        return False
    return True


async def _fetch(
    conn: asyncpg.Connection | asyncpg.Pool,
    statement: str,
    key: str,
    dialled: Dialled,
    within_s: float | None,
) -> Versioned:
    row = await conn.fetchrow(statement, key, dialled.extension, e164_dialled(dialled), timeout=within_s)
    if row is None:
        return Versioned(Parties(None, None), None)
    caller, called = (None if text is None else integrated(_decode(text)) for text in (row[0], row[1]))
    if caller is not None and statement is ORIGINATION_BY_NUMBER and owned_by_e164(caller, E164(key)) is None:
        return Versioned(Parties(None, None), None)  # a mobile that is not integrated is none of ours
    known_as = row[2]
    return Versioned(Parties(caller, called, None if known_as is None else CallerList(known_as)), row[3])


def e164_dialled(dialled: Dialled) -> E164 | None:
    """The number that was dialled, None for what is an extension or a short number."""
    return dialled.e164 if dialled.kind is DialledForm.E164 else None
