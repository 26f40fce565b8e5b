"""A user is erased: everything personal goes, and what must stay (the billing of calls) stays without the
person.

What is left of the user is a row that says when it was erased, so that records that name its id have
somebody to belong to, and that erasing twice does no harm. Everything else of the user goes with the row as
it was: every table that belongs to a user refers to it. Texts of others that speak of the user (audit,
contacts and settings of colleagues) lose name, address and numbers.

``conn``: a connection of role ``hipper_directory``.
"""

from __future__ import annotations

import re
import secrets
from typing import Any, NamedTuple

import asyncpg
import msgspec

from hipper.directory.audit import AuditEntry, write_audit
from hipper.directory.errors import InvalidSettings, UnknownSubscriber
from hipper.directory.services import read_settings
from hipper.pbx.ids import SubscriberId, TenantId
from hipper.pbx.services.registry import SERVICES
from hipper.telephony.numbers.format import format_international, format_national

ERASED = "(erased)"
_USER = """
SELECT tenant_id, group_id, user_name, domain, display_name, pack, language, mobile_subscription,
       fixed_subscription, erased_at
FROM directory.subscribers WHERE subscriber_id = $1"""
_LOCKED = f"{_USER} FOR UPDATE"
_NUMBERS = "SELECT kind, e164, extension FROM directory.numbers WHERE subscriber_id = $1"
_DEVICES = "SELECT aor_user FROM directory.devices WHERE subscriber_id = $1 AND aor_user IS NOT NULL"
# A main number is the company's, whoever answers it.
_KEEP_MAIN = """
UPDATE directory.numbers n SET kind = 'main', subscriber_id = NULL
WHERE n.subscriber_id = $1 AND n.e164 = (SELECT main_number FROM directory.tenants WHERE tenant_id = $2)"""
_REMOVE = "DELETE FROM directory.subscribers WHERE subscriber_id = $1"
_LEAVE = """
INSERT INTO directory.subscribers (subscriber_id, tenant_id, group_id, user_name, domain, display_name,
    identity, withhold, no_answer_s, decline_ends_ringing, language, enabled, pack, erased_at)
VALUES ($1, $2, $3, $4, $5, $6, 'fixed', true, 20, true, $7, false, $8, now())"""
_FORGET_SUBSCRIPTION = "DELETE FROM directory.subscriptions WHERE tenant_id = $1 AND subscription_id = $2"
_OWN_AUDIT = """
UPDATE directory.audit SET subject = $3, change = $4, before = NULL, after = NULL
WHERE tenant_id = $1 AND subject = ANY($2)"""
_AUDIT = """
UPDATE directory.audit SET
    subject = regexp_replace(subject, $2, $3, 'g'), change = regexp_replace(change, $2, $3, 'g'),
    before = regexp_replace(before::text, $2, $3, 'g')::jsonb,
    after = regexp_replace(after::text, $2, $3, 'g')::jsonb
WHERE tenant_id = $1
  AND (subject ~ $2 OR change ~ $2 OR before::text ~ $2 OR after::text ~ $2)"""
_IMPORTS = """
UPDATE directory.imports SET faults = regexp_replace(faults::text, $2, $3, 'g')::jsonb
WHERE tenant_id = $1 AND faults::text ~ $2"""
_CONTACT_NUMBERS = """
DELETE FROM directory.contact_numbers n USING directory.subscribers s
WHERE s.tenant_id = $1 AND n.subscriber_id = s.subscriber_id AND n.e164 = ANY($2)"""
_CONTACTS = """
UPDATE directory.contacts c SET
    name = regexp_replace(c.name, $2, $3, 'g'), company = regexp_replace(c.company, $2, $3, 'g'),
    note = regexp_replace(c.note, $2, $3, 'g'),
    emails = ARRAY(SELECT one FROM unnest(c.emails) one WHERE one !~ $2), version = version + 1
FROM directory.subscribers s
WHERE s.tenant_id = $1 AND c.subscriber_id = s.subscriber_id
  AND (c.name ~ $2 OR c.company ~ $2 OR c.note ~ $2 OR array_to_string(c.emails, ' ') ~ $2)"""
_SETTINGS = {
    "subscriber": """
SELECT v.subscriber_id AS owner, v.service, v.settings FROM directory.subscriber_services v
JOIN directory.subscribers s USING (subscriber_id) WHERE s.tenant_id = $1 AND v.settings::text ~ $2""",
    "group": """
SELECT v.group_id AS owner, v.service, v.settings FROM directory.group_services v
JOIN directory.groups g USING (group_id) WHERE g.tenant_id = $1 AND v.settings::text ~ $2""",
}


class Traces(NamedTuple):
    """By what a user is known, while it still is. ``numbers``: E.164. ``phones``: users of
    addresses-of-record. ``texts``: name, address, telephones and numbers in every spelling.
    ``subscriptions``: those named by the address, and what they are called from now on in records."""

    tenant: TenantId
    name: str
    numbers: tuple[str, ...]
    extensions: tuple[str, ...]
    phones: tuple[str, ...]
    texts: tuple[str, ...]
    subscriptions: dict[str, str]

    @property
    def pattern(self) -> str:
        """A regular expression (of PostgreSQL) for any of the texts, as whole words."""
        words = "|".join(re.escape(text) for text in sorted(self.texts, key=len, reverse=True))
        return rf"(?<![[:alnum:]])(?:{words})(?![[:alnum:]])"


async def traces_of(conn: asyncpg.Connection | asyncpg.Pool, subscriber: SubscriberId) -> Traces | None:
    """None: erased already. Raises UnknownSubscriber."""
    user = await conn.fetchrow(_USER, subscriber)
    if user is None:
        raise UnknownSubscriber("there is no such user")
    if user["erased_at"] is not None:
        return None
    aor = f"{user['user_name']}@{user['domain']}"
    numbers = await conn.fetch(_NUMBERS, subscriber)
    e164s = tuple(one["e164"] for one in numbers if one["e164"] is not None)
    phones = tuple(row["aor_user"] for row in await conn.fetch(_DEVICES, subscriber))
    texts = {aor, user["display_name"], *phones}
    for number in e164s:
        texts |= spellings(number)
    named = [user[f"{kind}_subscription"] for kind in ("mobile", "fixed")]
    return Traces(
        tenant=TenantId(user["tenant_id"]),
        name=user["display_name"],
        numbers=e164s,
        extensions=tuple(one["extension"] for one in numbers if one["extension"] is not None),
        phones=phones,
        texts=tuple(texts),
        subscriptions={
            one: f"{one.partition(':')[0]}:erased-{secrets.token_hex(8)}"
            for one in named
            if one is not None and aor in one
        },
    )


def spellings(number: str) -> set[str]:
    """Of an E.164 number, as people and exchanges write it."""
    national, international = format_national(number), format_international(number)
    plain = {number, number[1:], "00" + number[1:], national, international}
    return plain | {re.sub(r"[^0-9+]", "", one) for one in plain}


async def erase(conn: asyncpg.Connection, subscriber: SubscriberId, traces: Traces, by: str) -> bool:
    """In one transaction with its audit row. False: it was erased meanwhile. Raises UnknownSubscriber."""
    async with conn.transaction():
        user = await conn.fetchrow(_LOCKED, subscriber)
        if user is None:
            raise UnknownSubscriber("there is no such user")
        if user["erased_at"] is not None:
            return False
        await conn.execute(_KEEP_MAIN, subscriber, traces.tenant)
        left = await _leave(conn, subscriber, user, traces)
        await _tell_others(conn, user, traces, left)
        await write_audit(
            conn, [AuditEntry(traces.tenant, by, f"subscriber {left}", "erased: nothing personal is left")]
        )
    return True


async def _leave(conn: asyncpg.Connection, subscriber: SubscriberId, user: Any, traces: Traces) -> str:
    """The row that is left; returns its address."""
    name = f"erased-{secrets.token_hex(8)}"
    await conn.execute(_REMOVE, subscriber)
    for subscription in traces.subscriptions:
        await conn.execute(_FORGET_SUBSCRIPTION, traces.tenant, subscription)
    await conn.execute(
        _LEAVE,
        subscriber,
        traces.tenant,
        user["group_id"],
        name,
        user["domain"],
        ERASED,
        user["language"],
        user["pack"],
    )
    return f"{name}@{user['domain']}"


async def _tell_others(conn: asyncpg.Connection, user: Any, traces: Traces, left: str) -> None:
    tenant, pattern = traces.tenant, traces.pattern
    subjects = [f"subscriber {user['user_name']}@{user['domain']}"]
    await conn.execute(_OWN_AUDIT, tenant, subjects, f"subscriber {left}", ERASED)
    await conn.execute(_AUDIT, tenant, pattern, ERASED)
    await conn.execute(_IMPORTS, tenant, pattern, ERASED)
    await conn.execute(_CONTACT_NUMBERS, tenant, list(traces.numbers))
    await conn.execute(_CONTACTS, tenant, pattern, ERASED)
    for scope, query in _SETTINGS.items():
        for row in await conn.fetch(query, tenant, pattern):
            await _without(conn, scope, row, traces)


async def _without(conn: asyncpg.Connection, scope: str, row: Any, traces: Traces) -> None:
    """Settings of somebody else that send calls to the user, or name the user, do so no more."""
    document = stripped(msgspec.json.decode(row["settings"]), traces.texts)
    service = SERVICES.get(row["service"])
    try:
        if service is None:
            raise InvalidSettings("no service has this name")
        settings = read_settings(service, document)
    except InvalidSettings:  # without the user it means nothing: as if it was never set
        await conn.execute(
            f"DELETE FROM directory.{scope}_services WHERE {scope}_id = $1 AND service = $2",  # noqa: S608
            row["owner"],
            row["service"],
        )
        return
    await conn.execute(
        f"""UPDATE directory.{scope}_services SET settings = $3, version = version + 1, changed_at = now()
            WHERE {scope}_id = $1 AND service = $2""",  # noqa: S608
        row["owner"],
        row["service"],
        msgspec.json.encode(settings).decode(),
    )


def stripped(value: Any, texts: tuple[str, ...]) -> Any:
    """``value`` (JSON) without what speaks of the user: members and list items that hold one of the texts;
    what is left of a service that lost one is switched off."""
    if isinstance(value, list):
        return [stripped(one, texts) for one in value if not _speaks(one, texts)]
    if isinstance(value, dict):
        kept = {
            name: stripped(one, texts)
            for name, one in value.items()
            if not (isinstance(one, str) and _speaks(one, texts)) and not _speaks(name, texts)
        }
        return {**kept, "active": False} if len(kept) < len(value) and "active" in kept else kept
    return value


def _speaks(value: Any, texts: tuple[str, ...]) -> bool:
    if isinstance(value, str):
        return any(re.search(rf"(?<!\w){re.escape(text)}(?!\w)", value) for text in texts)
    if isinstance(value, list):
        return any(_speaks(one, texts) for one in value)
    if isinstance(value, dict):
        return any(_speaks(one, texts) for pair in value.items() for one in pair)
    return False
