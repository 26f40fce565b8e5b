"""Contacts of a user: one list of business and one of private people (seed 4.7.1), with their numbers.

These *are* the lists that decisions read: ``directory.contact_numbers`` holds the numbers of the contacts,
and beside them those a provisioning file puts into a list without a name. No number of a user's contacts is
in both lists, since a caller is in one. Each change is one transaction and holds for the next INVITE; the
user's row is locked meanwhile, so that two devices do not put a number into both lists.

``conn``: a connection of role ``hipper_directory``; what only reads may have any role. The audit tells that
contacts were changed and how many, never who they are: they are the user's own business.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import asyncpg
import msgspec

from hipper.directory.audit import AuditEntry, write_audit
from hipper.directory.errors import ChangedMeanwhile, DirectoryError, UnknownSubscriber
from hipper.directory.told import tell
from hipper.pbx.ids import SubscriberId
from hipper.pbx.model import CallerList

MOST_CONTACTS = 5000
"""Of one user."""

_NUMBERS = """
    coalesce((SELECT json_agg(json_build_object('e164', n.e164, 'digits', n.digits, 'label', n.label)
                              ORDER BY n.position)
              FROM directory.contact_numbers n WHERE n.contact_id = c.contact_id), '[]'::json)::text
        AS numbers"""
_COLUMNS = f"""
SELECT c.contact_id AS id, c.list, c.name, c.company, c.emails, c.note, c.favourite, c.version,
       c.sort_name AS sorted, {_NUMBERS}
FROM directory.contacts c WHERE c.subscriber_id = $1"""  # noqa: S608
_PAGE = """
  AND (c.sort_name, c.contact_id) > ($2, $3)
  AND ($5::text IS NULL OR c.list = $5) AND ($6::boolean IS NULL OR c.favourite = $6)"""
_ORDER = "ORDER BY c.sort_name, c.contact_id LIMIT $4"
LIST = f"{_COLUMNS} {_PAGE} {_ORDER}"
SEARCH = f"""{_COLUMNS}
  AND c.words @@ (SELECT directory.words_asked($1, $7))
  {_PAGE} {_ORDER}"""


def with_number(column: str) -> str:
    """Contacts of the user $1 with number $2, $3 at most. ``column``: ``e164``, or ``digits`` of what has no
    such form."""
    return f"""{_COLUMNS} AND c.contact_id IN (
    SELECT n.contact_id FROM directory.contact_numbers n WHERE n.subscriber_id = $1 AND n.{column} = $2)
ORDER BY c.sort_name, c.contact_id LIMIT $3"""  # noqa: S608


ONE = f"{_COLUMNS} AND c.contact_id = $2"
OWNER = "SELECT subscriber_id FROM directory.contacts WHERE contact_id = $1"
LOCK_USER = """
SELECT tenant_id, subscriber_id, user_name || '@' || domain AS aor FROM directory.subscribers
WHERE subscriber_id = $1 FOR NO KEY UPDATE"""
COUNT = "SELECT count(*) FROM directory.contacts WHERE subscriber_id = $1"
ELSEWHERE = """
SELECT n.e164 FROM directory.contact_numbers n
WHERE n.subscriber_id = $1 AND n.e164 = ANY($2) AND n.list <> $3 AND n.contact_id IS NOT NULL
  AND n.contact_id IS DISTINCT FROM $4"""
SAME = """
SELECT c.contact_id FROM directory.contacts c
WHERE c.subscriber_id = $1 AND c.sort_name = directory.folded($2) AND c.name = $2 AND c.list = $3
  AND ARRAY(SELECT coalesce(n.e164, n.digits) FROM directory.contact_numbers n
            WHERE n.contact_id = c.contact_id ORDER BY n.position) = $4::text[]
LIMIT 1"""
ADD = """
INSERT INTO directory.contacts (tenant_id, subscriber_id, list, name, company, emails, note, favourite)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING contact_id"""
CHANGE = """
UPDATE directory.contacts SET list = $2, name = $3, company = $4, emails = $5, note = $6, favourite = $7,
    version = version + 1, changed_at = now()
WHERE contact_id = $1"""
ADD_NUMBER = """
INSERT INTO directory.contact_numbers
    (tenant_id, subscriber_id, list, contact_id, position, label, e164, digits)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"""
FORGET_NUMBERS = "DELETE FROM directory.contact_numbers WHERE contact_id = $1"
VERSION = "SELECT version FROM directory.contacts WHERE contact_id = $2 AND subscriber_id = $1 FOR UPDATE"
REMOVE = "DELETE FROM directory.contacts WHERE contact_id = $1"


class ContactNumber(msgspec.Struct, frozen=True):
    """``e164``, or ``digits`` of what has no such form (an extension, 14020)."""

    e164: str | None = None
    digits: str | None = None
    label: str = ""


class ContactFields(msgspec.Struct, frozen=True, kw_only=True):
    """What a user writes of a contact."""

    list: CallerList
    name: str
    company: str = ""
    numbers: tuple[ContactNumber, ...] = ()
    emails: tuple[str, ...] = ()
    note: str = ""
    favourite: bool = False


class Contact(NamedTuple):
    """``sorted``: what lists are sorted by."""

    id: str
    fields: ContactFields
    version: int
    sorted: str


class InBothLists(DirectoryError):  # noqa: N818
    """``index``: which of the numbers stands in the other list."""

    def __init__(self, index: int) -> None:
        super().__init__("this number is in the other list already; a caller is in one")
        self.index = index


class TooManyContacts(DirectoryError):  # noqa: N818
    pass


_numbers = msgspec.json.Decoder(tuple[ContactNumber, ...]).decode


async def list_contacts(
    conn: asyncpg.Connection | asyncpg.Pool,
    subscriber: SubscriberId,
    *,
    after: tuple[str, str] = ("", ""),
    limit: int,
    which: CallerList | None = None,
    favourite: bool | None = None,
    asked: str | None = None,
) -> list[Contact]:
    """By name. ``after``: ``sorted`` and id of the last one seen. ``asked``: beginnings of words of name or
    company, each of which a contact has to have."""
    page = (subscriber, *after, limit, which and which.value, favourite)
    rows = await (conn.fetch(LIST, *page) if asked is None else conn.fetch(SEARCH, *page, asked))
    return [contact_of(row) for row in rows]


async def get_contact(
    conn: asyncpg.Connection | asyncpg.Pool, subscriber: SubscriberId, contact: str
) -> Contact | None:
    row = await conn.fetchrow(ONE, subscriber, contact)
    return None if row is None else contact_of(row)


async def owner_of_contact(conn: asyncpg.Connection | asyncpg.Pool, contact: str) -> SubscriberId | None:
    found: SubscriberId | None = await conn.fetchval(OWNER, contact)
    return found


async def add_contact(
    conn: asyncpg.Connection, subscriber: SubscriberId, fields: ContactFields, by: str
) -> str:
    """Returns its id. Raises InBothLists, TooManyContacts, UnknownSubscriber."""
    async with conn.transaction():
        user = await _locked(conn, subscriber)
        await _check_room(conn, subscriber, 1)
        contact = await _add(conn, user["tenant_id"], subscriber, fields)
        await _audit(conn, user, by, f"a contact added to the {fields.list.value} list")
    return contact


async def add_contacts(
    conn: asyncpg.Connection, subscriber: SubscriberId, many: Sequence[ContactFields], by: str
) -> list[str | DirectoryError | None]:
    """All that can be, in one transaction; of each its id, None for one that is there already, or why not.
    Raises UnknownSubscriber."""
    found: list[str | DirectoryError | None] = []
    async with conn.transaction():
        user = await _locked(conn, subscriber)
        room = MOST_CONTACTS - await conn.fetchval(COUNT, subscriber)
        for fields in many:
            outcome = await _added(conn, user["tenant_id"], subscriber, fields, room)
            room -= isinstance(outcome, str)
            found.append(outcome)
        added = sum(isinstance(one, str) for one in found)
        if added:
            await _audit(conn, user, by, f"{added} contacts imported")
    return found


async def change_contact(
    conn: asyncpg.Connection,
    subscriber: SubscriberId,
    contact: str,
    fields: ContactFields,
    by: str,
    *,
    if_version: int | None = None,
) -> None:
    """The contact becomes ``fields``, numbers and all. Raises InBothLists, ChangedMeanwhile, LookupError,
    UnknownSubscriber."""
    async with conn.transaction():
        user = await _locked(conn, subscriber)
        await _check_version(conn, subscriber, contact, if_version)
        await _check_lists(conn, subscriber, fields, contact)
        await conn.execute(FORGET_NUMBERS, contact)
        await conn.execute(
            CHANGE,
            contact,
            fields.list.value,
            fields.name,
            fields.company,
            list(fields.emails),
            fields.note,
            fields.favourite,
        )
        await _write_numbers(conn, user["tenant_id"], subscriber, contact, fields)
        await _audit(conn, user, by, f"a contact of the {fields.list.value} list changed")


async def remove_contact(
    conn: asyncpg.Connection,
    subscriber: SubscriberId,
    contact: str,
    by: str,
    *,
    if_version: int | None = None,
) -> None:
    """Raises ChangedMeanwhile, LookupError, UnknownSubscriber."""
    async with conn.transaction():
        user = await _locked(conn, subscriber)
        await _check_version(conn, subscriber, contact, if_version)
        await conn.execute(REMOVE, contact)
        await _audit(conn, user, by, "a contact removed")


async def _added(
    conn: asyncpg.Connection, tenant: str, subscriber: SubscriberId, fields: ContactFields, room: int
) -> str | DirectoryError | None:
    numbers = [one.e164 or one.digits for one in fields.numbers]
    if await conn.fetchval(SAME, subscriber, fields.name, fields.list.value, numbers) is not None:
        return None
    if room < 1:
        return TooManyContacts(f"there are {MOST_CONTACTS} contacts; there is no room for more")
    try:
        return await _add(conn, tenant, subscriber, fields)
    except InBothLists as error:
        return error


async def _add(conn: asyncpg.Connection, tenant: str, subscriber: SubscriberId, fields: ContactFields) -> str:
    await _check_lists(conn, subscriber, fields, None)
    contact: str = await conn.fetchval(
        ADD,
        tenant,
        subscriber,
        fields.list.value,
        fields.name,
        fields.company,
        list(fields.emails),
        fields.note,
        fields.favourite,
    )
    await _write_numbers(conn, tenant, subscriber, contact, fields)
    return contact


async def _write_numbers(
    conn: asyncpg.Connection, tenant: str, subscriber: SubscriberId, contact: str, fields: ContactFields
) -> None:
    rows = [
        (tenant, subscriber, fields.list.value, contact, position, one.label, one.e164, one.digits)
        for position, one in enumerate(fields.numbers)
    ]
    if rows:
        await conn.executemany(ADD_NUMBER, rows)


async def _check_lists(
    conn: asyncpg.Connection, subscriber: SubscriberId, fields: ContactFields, contact: str | None
) -> None:
    numbers = [one.e164 for one in fields.numbers]
    asked = [number for number in numbers if number is not None]
    rows = await conn.fetch(ELSEWHERE, subscriber, asked, fields.list.value, contact)
    if rows:
        raise InBothLists(numbers.index(rows[0]["e164"]))


async def _check_room(conn: asyncpg.Connection, subscriber: SubscriberId, more: int) -> None:
    if await conn.fetchval(COUNT, subscriber) + more > MOST_CONTACTS:
        raise TooManyContacts(f"there are {MOST_CONTACTS} contacts; there is no room for more")


async def _check_version(
    conn: asyncpg.Connection, subscriber: SubscriberId, contact: str, if_version: int | None
) -> None:
    version = await conn.fetchval(VERSION, subscriber, contact)
    if version is None:
        raise LookupError("there is no such contact")
    if if_version is not None and version != if_version:
        raise ChangedMeanwhile(f"the contact was changed meanwhile (version {version}); read it again")


async def _locked(conn: asyncpg.Connection, subscriber: SubscriberId) -> Any:
    row = await conn.fetchrow(LOCK_USER, subscriber)
    if row is None:
        raise UnknownSubscriber("there is no such user")
    return row


async def _audit(conn: asyncpg.Connection, user: Any, by: str, change: str) -> None:
    entry = AuditEntry(tenant=user["tenant_id"], by=by, subject=f"subscriber {user['aor']}", change=change)
    await write_audit(conn, [entry])
    await tell(conn, user["tenant_id"], user["subscriber_id"], "contacts", by)


def contact_of(row: Any) -> Contact:
    """``row``: by the names of the statements above."""
    fields = ContactFields(
        list=CallerList(row["list"]),
        name=row["name"],
        company=row["company"],
        numbers=_numbers(row["numbers"]),
        emails=tuple(row["emails"]),
        note=row["note"],
        favourite=row["favourite"],
    )
    return Contact(row["id"], fields, row["version"], row["sorted"])
