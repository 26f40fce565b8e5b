"""What is done with contacts; the SQL is in :mod:`hipper.directory.contacts`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import Any

import asyncpg
import msgspec

from app.domain.contacts.reading import Fault, ReadContact, Unreadable, read_table, read_vcards, trimmed
from app.domain.contacts.schemas import (
    ContactChange,
    ContactPage,
    ContactShown,
    ContactWanted,
    Email,
    ImportFault,
    ImportReport,
    ImportWanted,
    NumberShown,
    NumberWanted,
)
from app.domain.contacts.writing import vcards
from app.language import Language
from app.pages import Page, cursor
from app.problems import CHANGED_MEANWHILE, INVALID_SETTINGS, NOT_FOUND, InvalidMember, ProblemError
from app.stores import Stores
from hipper.directory import contacts as stored
from hipper.directory.accounts import Account
from hipper.directory.contacts import Contact, ContactFields, ContactNumber, InBothLists, TooManyContacts
from hipper.directory.errors import ChangedMeanwhile, DirectoryError
from hipper.directory.people import Numbering, numbering_of
from hipper.pbx.model import CallerList
from hipper.telephony.numbers.format import format_number
from hipper.telephony.numbers.normalise import DialledForm, parse_dialled

MOST_FAULTS = 1000
"""Told of one import."""
_AT_ONCE = 100
"""Contacts written in less than handing them to a thread takes; of more nobody else waits."""
_NO_NUMBER = ("this is no telephone number", "dit is geen telefoonnummer")
_IN_BOTH = (
    "this number is in the other list already; a caller is in one",
    "dit nummer staat al in de andere lijst; een beller staat in één",
)
_FULL = (
    f"there are {stored.MOST_CONTACTS} contacts; there is no room for more",
    f"er zijn {stored.MOST_CONTACTS} contacten; meer is er niet bij te zetten",
)


def shown(contact: Contact, country: str) -> ContactShown:
    fields = contact.fields
    return ContactShown(
        id=contact.id,
        list=fields.list,
        name=fields.name,
        company=fields.company,
        numbers=tuple(
            NumberShown(
                number=one.e164,
                text=format_number(one.e164, country) if one.e164 else one.digits or "",
                label=one.label,
            )
            for one in fields.numbers
        ),
        emails=fields.emails,
        note=fields.note,
        favourite=fields.favourite,
    )


async def page_of_contacts(
    stores: Stores,
    account: Account,
    page: Page,
    *,
    which: CallerList | None,
    favourite: bool | None,
    asked: str | None,
) -> ContactPage:
    after = page.parts(2)
    found = await stored.list_contacts(
        stores.own,
        account.subscriber,
        after=(after[0], after[1]) if after else ("", ""),
        limit=page.reach,
        which=which,
        favourite=favourite,
        asked=asked,
    )
    items, more = page.cut(found, lambda one: cursor(one.sorted, one.id))
    return ContactPage(items=tuple(shown(one, account.country) for one in items), next=more)


async def one(stores: Stores, account: Account, contact: str) -> tuple[ContactShown, int]:
    """With its version. Raises ProblemError: 404."""
    found = await stored.get_contact(stores.own, account.subscriber, contact)
    if found is None:
        raise ProblemError(NOT_FOUND)
    return shown(found, account.country), found.version


async def add(stores: Stores, account: Account, wanted: ContactWanted, by: str) -> str:
    """Returns its id. Raises ProblemError: 422."""
    fields = fields_of(wanted, numbering_of(account))
    async with stores.directory.acquire() as conn:
        try:
            return await stored.add_contact(conn, account.subscriber, fields, by)
        except (InBothLists, TooManyContacts) as error:
            raise _refused(error) from None


async def change(
    stores: Stores,
    account: Account,
    contact: str,
    wanted: ContactWanted | ContactChange,
    by: str,
    check: Callable[[int], int | None],
) -> None:
    """``check``: of the version that is stored; returns the one that must still be. Raises ProblemError: 404,
    412, 422."""
    numbering = numbering_of(account)
    async with stores.directory.acquire() as conn, _told():
        before = await stored.get_contact(conn, account.subscriber, contact)
        if before is None:
            raise LookupError
        seen = check(before.version)
        if isinstance(wanted, ContactChange):
            fields = _merged(before.fields, wanted, numbering)
            seen = before.version if seen is None else seen
        else:
            fields = fields_of(wanted, numbering)
        await stored.change_contact(conn, account.subscriber, contact, fields, by, if_version=seen)


async def remove(
    stores: Stores, account: Account, contact: str, by: str, check: Callable[[int], int | None]
) -> None:
    """Raises ProblemError: 404, 412."""
    async with stores.directory.acquire() as conn, _told():
        before = await stored.get_contact(conn, account.subscriber, contact)
        if before is None:
            raise LookupError
        seen = check(before.version)
        await stored.remove_contact(conn, account.subscriber, contact, by, if_version=seen)


class _told:  # noqa: N801 - read as a word: "async with …, _told()"
    """What the library raises as problems."""

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(error, InBothLists | TooManyContacts):
            raise _refused(error) from None
        if isinstance(error, ChangedMeanwhile):
            raise ProblemError(CHANGED_MEANWHILE, "read it again", "lees het opnieuw") from None
        if isinstance(error, LookupError):
            raise ProblemError(NOT_FOUND) from None


def _refused(error: DirectoryError) -> ProblemError:
    if isinstance(error, InBothLists):
        return _invalid(f"#/numbers/{error.index}/number", _IN_BOTH)
    return _invalid("#", _FULL)


def _invalid(pointer: str, fault: Fault) -> ProblemError:
    member = InvalidMember(pointer=pointer, detail=fault[0])
    return ProblemError(
        INVALID_SETTINGS, f"{pointer}: {fault[0]}", f"{pointer}: {fault[1]}", errors=(member,)
    )


# --- from what people write ---------------------------------------------------------------------------


def fields_of(wanted: ContactWanted, numbering: Numbering) -> ContactFields:
    """Raises ProblemError: 422 for what is no number."""
    return ContactFields(
        list=wanted.list,
        name=wanted.name,
        company=wanted.company,
        numbers=_numbers(wanted.numbers, numbering),
        emails=wanted.emails,
        note=wanted.note,
        favourite=wanted.favourite,
    )


def _merged(before: ContactFields, change: ContactChange, numbering: Numbering) -> ContactFields:
    values = {
        name: value
        for name in change.__struct_fields__
        if (value := getattr(change, name)) is not msgspec.UNSET
    }
    if "numbers" in values:
        values["numbers"] = _numbers(values["numbers"], numbering)
    return msgspec.structs.replace(before, **values)


def _numbers(wanted: tuple[NumberWanted, ...], numbering: Numbering) -> tuple[ContactNumber, ...]:
    found = []
    for index, one in enumerate(wanted):
        number = number_of(one.number, one.label, numbering)
        if number is None:
            raise _invalid(f"#/numbers/{index}/number", _NO_NUMBER)
        found.append(number)
    return tuple(found)


def number_of(text: str, label: str, numbering: Numbering) -> ContactNumber | None:
    """None for what nobody could call."""
    dialled = parse_dialled(text, numbering.country, numbering.area_code)
    if dialled.kind is DialledForm.E164:
        return ContactNumber(e164=dialled.e164, label=label)
    if dialled.kind in (DialledForm.INVALID, DialledForm.FEATURE_CODE):
        return None
    digits = dialled.digits
    return ContactNumber(digits=digits, label=label) if re.fullmatch(r"[0-9*#+]{1,32}", digits) else None


# --- files --------------------------------------------------------------------------------------------


async def take_in(
    stores: Stores, account: Account, wanted: ImportWanted, by: str, language: Language
) -> ImportReport:
    """What can be imported is, in one transaction; the report tells of the rest."""
    numbering = numbering_of(account)
    # beside the loop: a file of a thousand contacts takes a tenth of a second to read
    lines, fields, faults = await asyncio.to_thread(_read, wanted, numbering)
    async with stores.directory.acquire() as conn:
        outcomes = await stored.add_contacts(conn, account.subscriber, fields, by)
    for line, outcome in zip(lines, outcomes, strict=True):
        if isinstance(outcome, DirectoryError):
            faults.append((line, _IN_BOTH if isinstance(outcome, InBothLists) else _FULL))
    said = 1 if language == "nl" else 0
    return ImportReport(
        added=sum(isinstance(outcome, str) for outcome in outcomes),
        known=sum(outcome is None for outcome in outcomes),
        faults=tuple(
            ImportFault(line=line, detail=fault[said])
            for line, fault in sorted(faults, key=lambda one: one[0])[:MOST_FAULTS]
        ),
    )


def _read(
    wanted: ImportWanted, numbering: Numbering
) -> tuple[list[int], list[ContactFields], list[tuple[int, Fault]]]:
    """Lines and contacts that can be imported, and faults by line."""
    lines: list[int] = []
    fields: list[ContactFields] = []
    faults: list[tuple[int, Fault]] = []
    found: Iterator[ReadContact | Unreadable]
    found = read_vcards(wanted.text) if wanted.format == "vcard" else read_table(wanted.text)
    for one in found:
        if len(fields) > stored.MOST_CONTACTS:
            break  # the last one shows that there were more
        if isinstance(one, Unreadable):
            faults.append((one.line, one.fault))
            continue
        faults += [(one.line, fault) for fault in trimmed(one)]
        lines.append(one.line)
        fields.append(_checked(one, wanted.list, numbering, faults))
    return lines, fields, faults


def _checked(
    read: ReadContact, usual: CallerList, numbering: Numbering, faults: list[tuple[int, Fault]]
) -> ContactFields:
    numbers: list[ContactNumber] = []
    for one in read.numbers:
        number = number_of(one.text, one.label, numbering)
        if number is None:
            faults.append((read.line, _NO_NUMBER))
        elif (number.e164, number.digits) not in [(known.e164, known.digits) for known in numbers]:
            numbers.append(number)
    emails = []
    for email in read.emails:
        try:
            emails.append(msgspec.convert(email, Email))
        except msgspec.ValidationError:
            faults.append((read.line, ("this is no e-mail address", "dit is geen e-mailadres")))
    return ContactFields(
        list=read.which or usual,
        name=read.name,
        company=read.company,
        numbers=tuple(numbers),
        emails=tuple(emails),
        note=read.note,
        favourite=read.favourite,
    )


async def give_out(conn: asyncpg.Pool, account: Account) -> str:
    """All contacts as a vCard file."""
    found = await stored.list_contacts(conn, account.subscriber, limit=stored.MOST_CONTACTS)
    if len(found) <= _AT_ONCE:
        return vcards(found)
    return await asyncio.to_thread(vcards, found)
