"""Colleagues: the users of an enterprise, of all its groups, as they show themselves to each other.

Who has *Privacy* (seed 9) stays out of lists. A number that is withheld is not listed, and does not find
whose it is; the extension of who hides the internal line is not listed either (decision 5). Who may not call
any more is nobody's colleague. ``conn``: of any role.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import asyncpg
import msgspec
import phonenumbers

from hipper.directory.accounts import Account
from hipper.pbx.ids import GroupId, SubscriberId, TenantId
from hipper.pbx.model import NumberKind

_LISTED = """s.enabled AND NOT EXISTS (
    SELECT FROM directory.subscriber_services v
    WHERE v.subscriber_id = s.subscriber_id AND v.service = 'privacy' AND v.settings @> '{"active": true}')"""
_LINE_HIDDEN = """EXISTS (
    SELECT FROM directory.subscriber_services v
    WHERE v.subscriber_id = s.subscriber_id AND v.service = 'internal_calling_line_id_delivery'
      AND v.settings @> '{"active": false}')"""
_NUMBERS = f"""coalesce((
    SELECT json_agg(json_build_object('kind', n.kind, 'e164', n.e164, 'extension', n.extension)
                    ORDER BY n.number_id)
    FROM directory.numbers n WHERE n.subscriber_id = s.subscriber_id
      AND (n.kind IN ('fixed', 'mobile') AND NOT s.withhold OR n.kind = 'extension' AND NOT {_LINE_HIDDEN})
    ), '[]'::json)::text AS numbers"""  # noqa: S608
_COLUMNS = f"""
SELECT s.subscriber_id AS id, s.display_name AS name, s.group_id, g.display_name AS group_name,
       s.sort_name AS sorted, {_NUMBERS}
FROM directory.subscribers s JOIN directory.groups g USING (group_id)
WHERE s.tenant_id = $1 AND {_LISTED}"""  # noqa: S608
_PAGE = """
  AND (s.sort_name, s.subscriber_id) > ($2, $3)
ORDER BY s.sort_name, s.subscriber_id LIMIT $4"""
LIST = f"{_COLUMNS} {_PAGE}"
BY_NAME = f"""{_COLUMNS}
  AND s.words @@ (SELECT directory.words_asked($1, $5)) {_PAGE}"""
# ":" comes after "9": a range, because LIKE with a parameter finds no index.
BY_NUMBER = f"""{_COLUMNS} AND s.subscriber_id IN (
    SELECT subscriber_id FROM directory.numbers WHERE tenant_id = $1
      AND extension ~>=~ $5 AND extension ~<~ ($5 || ':')
    UNION ALL
    SELECT subscriber_id FROM directory.numbers WHERE tenant_id = $1
      AND e164 ~>=~ $6 AND e164 ~<~ ($6 || ':')
    UNION ALL
    SELECT subscriber_id FROM directory.numbers WHERE tenant_id = $1
      AND reverse(e164) ~>=~ $7 AND reverse(e164) ~<~ ($7 || ':'))
  AND EXISTS (
    SELECT FROM directory.numbers n WHERE n.subscriber_id = s.subscriber_id
      AND (n.extension LIKE $5 || '%' AND NOT {_LINE_HIDDEN}
           OR (n.e164 LIKE $6 || '%' OR n.e164 LIKE '%' || $8) AND n.kind IN ('fixed', 'mobile')
              AND NOT s.withhold))
  {_PAGE}"""  # noqa: S608
# Whose it is comes first: what names s in there is asked of every user of the tenant.
WITH_E164 = f"""{_COLUMNS} AND NOT s.withhold AND s.subscriber_id = (
    SELECT subscriber_id FROM directory.numbers
    WHERE tenant_id = $1 AND e164 = $2 AND kind IN ('fixed', 'mobile'))"""  # noqa: S608
WITH_EXTENSION = f"""{_COLUMNS} AND NOT {_LINE_HIDDEN} AND s.subscriber_id = (
    SELECT subscriber_id FROM directory.numbers WHERE tenant_id = $1 AND extension = $2)"""  # noqa: S608
"""Who of the tenant $1 shows number or extension $2 to colleagues."""
WHO_IS = f"""
SELECT 'contact' AS what, n.e164 AS key, c.contact_id AS id, c.name FROM directory.contact_numbers n
JOIN directory.contacts c USING (contact_id) WHERE n.subscriber_id = $1 AND n.e164 = ANY($2::text[])
UNION ALL
SELECT 'colleague', n.e164, s.subscriber_id, s.display_name
FROM directory.numbers n JOIN directory.subscribers s USING (subscriber_id)
WHERE n.tenant_id = $3 AND n.e164 = ANY($2::text[]) AND n.kind IN ('fixed', 'mobile') AND NOT s.withhold
  AND {_LISTED}
UNION ALL
SELECT 'colleague', n.extension, s.subscriber_id, s.display_name
FROM directory.numbers n JOIN directory.subscribers s USING (subscriber_id)
WHERE n.tenant_id = $3 AND n.extension = ANY($4::text[]) AND NOT {_LINE_HIDDEN} AND {_LISTED}
UNION ALL
SELECT 'id', s.subscriber_id, s.subscriber_id, s.display_name FROM directory.subscribers s
WHERE s.tenant_id = $3 AND s.subscriber_id = ANY($5::text[])
UNION ALL
SELECT 'device', d.device_id, d.device_id, d.label FROM directory.devices d
WHERE d.subscriber_id = $1 AND d.device_id = ANY($6::text[])"""  # noqa: S608

LISTED_OF = f"""
SELECT s.subscriber_id FROM directory.subscribers s
WHERE s.tenant_id = $1 AND s.subscriber_id = ANY($2::text[]) AND {_LISTED}"""  # noqa: S608


async def listed_of(
    conn: asyncpg.Connection | asyncpg.Pool, tenant: TenantId, asked: Sequence[SubscriberId]
) -> tuple[SubscriberId, ...]:
    """Those of ``asked`` who are colleagues there, and show themselves."""
    rows = await conn.fetch(LISTED_OF, tenant, list(asked))
    return tuple(SubscriberId(row[0]) for row in rows)


class ListedNumber(msgspec.Struct, frozen=True):
    kind: NumberKind
    e164: str | None = None
    extension: str | None = None


class Colleague(NamedTuple):
    """``sorted``: what lists are sorted by."""

    id: SubscriberId
    name: str
    group: GroupId
    group_name: str
    numbers: tuple[ListedNumber, ...]
    sorted: str


class Known(NamedTuple):
    """Who is behind numbers and ids: id and name by what was asked. Of several contacts with one number, the
    first by id."""

    contacts: dict[str, tuple[str, str]]
    colleagues: dict[str, tuple[str, str]]
    users: dict[str, tuple[str, str]]
    devices: dict[str, tuple[str, str]]


_numbers = msgspec.json.Decoder(tuple[ListedNumber, ...]).decode


async def list_colleagues(
    conn: asyncpg.Connection | asyncpg.Pool,
    tenant: TenantId,
    *,
    after: tuple[str, str] = ("", ""),
    limit: int,
    asked: str | None = None,
    country: str = "NL",
) -> list[Colleague]:
    """By name. ``after``: ``sorted`` and id of the last one seen. ``asked``: beginnings of words of the name;
    or digits, the beginning of an extension or number or the end of a number, as people of ``country`` write
    them. Raises what asyncpg raises."""
    page = (tenant, *after, limit)
    if asked is None:
        rows = await conn.fetch(LIST, *page)
    elif (digits := digits_of(asked)) is not None:
        beginning = international(digits, country)
        ending = digits.lstrip("+0") or digits
        rows = await conn.fetch(BY_NUMBER, *page, digits, beginning, ending[::-1], ending)
    else:
        rows = await conn.fetch(BY_NAME, *page, asked)
    return [colleague_of(row) for row in rows]


async def who_is(
    conn: asyncpg.Connection | asyncpg.Pool,
    tenant: TenantId,
    subscriber: SubscriberId,
    *,
    numbers: Sequence[str] = (),
    extensions: Sequence[str] = (),
    users: Sequence[str] = (),
    devices: Sequence[str] = (),
) -> Known:
    """Contacts of ``subscriber`` and colleagues behind E.164 numbers and extensions, names of users of the
    tenant and of the user's devices. One round trip."""
    known = Known({}, {}, {}, {})
    tables = {
        "contact": known.contacts,
        "colleague": known.colleagues,
        "id": known.users,
        "device": known.devices,
    }
    rows: list[Any] = await conn.fetch(
        WHO_IS, subscriber, list(numbers), tenant, list(extensions), list(users), list(devices)
    )
    for row in sorted(rows, key=lambda one: str(one["id"])):
        tables[row["what"]].setdefault(row["key"], (row["id"], row["name"]))
    return known


def colleague_of(row: Any) -> Colleague:
    """``row``: by the names of the statements above."""
    return Colleague(
        row["id"], row["name"], row["group_id"], row["group_name"], _numbers(row["numbers"]), row["sorted"]
    )


def digits_of(asked: str) -> str | None:
    """``020-123 4501`` -> ``0201234501``, of numbers and beginnings of them; None for anything else."""
    digits = re.sub(r"[\s().\-/]", "", asked)
    return digits if re.fullmatch(r"\+?[0-9]{1,15}", digits) else None


def international(digits: str, country: str) -> str:
    """The beginning of an E.164 number that ``digits`` is the beginning of."""
    if digits.startswith("+"):
        return digits
    if digits.startswith("00"):
        return "+" + digits[2:]
    if digits.startswith("0"):
        return f"+{phonenumbers.country_code_for_region(country)}{digits[1:]}"
    return "+" + digits


class Numbering(NamedTuple):
    """How people of a group write numbers: country (ISO 3166 alpha-2), and area code for those without."""

    country: str
    area_code: str | None


def numbering_of(account: Account) -> Numbering:
    return Numbering(account.country, account.area_code)
