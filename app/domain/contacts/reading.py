"""Files of contacts, read line by line: one that cannot be read costs the others nothing."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import vobject

from app.domain.contacts.schemas import (
    LONGEST_LABEL,
    LONGEST_NAME,
    LONGEST_NOTE,
    LONGEST_NUMBER,
    MOST_EMAILS,
    MOST_NUMBERS,
)
from hipper.pbx.model import CallerList

Fault = tuple[str, str]
"""English and Dutch."""
_PRIVATE = {"private", "privé", "prive", "family", "friends", "familie", "vrienden"}
_BUSINESS = {"business", "work", "zakelijk", "werk"}
_KNOWN_TYPES = {
    "cell": "mobile",
    "mobile": "mobile",
    "iphone": "mobile",
    "work": "work",
    "home": "home",
    "main": "main",
    "fax": "fax",
}
MOST_QUOTED_LINES = 4000
"""Of a card with quoted-printable text (version 2.1): the parser copies the whole line for each."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_CONTROL_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+")


class Number(NamedTuple):
    text: str
    label: str


class ReadContact(msgspec.Struct, kw_only=True):
    """One contact of a file, not yet checked against anything but its form."""

    line: int
    name: str
    company: str = ""
    numbers: list[Number] = []
    emails: list[str] = []
    note: str = ""
    which: CallerList | None = None
    """The list the file names."""
    favourite: bool = False


class Unreadable(NamedTuple):
    """``line``: where the contact begins, from 1."""

    line: int
    fault: Fault


# --- vCard --------------------------------------------------------------------------------------------


def read_vcards(text: str) -> Iterator[ReadContact | Unreadable]:
    """Versions 3.0 (RFC 2426), 4.0 (RFC 6350) and 2.1, mixed as they come."""
    lines = text.lstrip("\ufeff").splitlines()
    begin: int | None = None
    for number, line in enumerate(lines, 1):
        word = line.strip().upper()
        if word == "BEGIN:VCARD":
            if begin is not None:
                yield Unreadable(begin, ("the card has no end", "de kaart heeft geen einde"))
            begin = number
        elif begin is None:
            if word:
                yield Unreadable(number, ("this is in no card", "dit staat in geen kaart"))
                return
        elif word == "END:VCARD":
            yield _vcard(begin, "\r\n".join(lines[begin - 1 : number]) + "\r\n")
            begin = None
    if begin is not None:
        yield Unreadable(begin, ("the card has no end", "de kaart heeft geen einde"))


def _vcard(begin: int, text: str) -> ReadContact | Unreadable:
    if text.count("\n") > MOST_QUOTED_LINES and "quoted-printable" in text.lower():
        return Unreadable(begin, ("the card is too long", "de kaart is te lang"))
    try:
        card = vobject.readOne(text, allowQP=True)
        read = _of_card(begin, card)
    except Exception as error:  # the parser raises whatever a malformed value makes of it
        at = getattr(error, "lineNumber", None)
        where = begin + at - 1 if isinstance(at, int) else begin
        return Unreadable(where, ("this is no line of a vCard", "dit is geen regel van een vCard"))
    return read if read.name else _nameless(begin)


def _of_card(begin: int, card: vobject.base.Component) -> ReadContact:
    company = " ".join(_texts(_value(card, "org")))
    name = str(_value(card, "fn") or "") or _structured(_value(card, "n"))
    numbers = [Number(_tel(str(one.value)), _label(one)) for one in card.contents.get("tel", ())]
    return ReadContact(
        line=begin,
        name=_line(name or company or (numbers[0].text if numbers else ""), LONGEST_NAME),
        company=_line(company, LONGEST_NAME),
        numbers=numbers,
        emails=[_line(str(one.value), 320) for one in card.contents.get("email", ())],
        note=_CONTROL_IN_TEXT.sub(" ", str(_value(card, "note") or ""))[:LONGEST_NOTE],
        which=_list_of(_texts(_value(card, "categories"))),
        favourite="favourite" in [word.lower() for word in _texts(_value(card, "categories"))],
    )


def _value(card: vobject.base.Component, name: str) -> object:
    found = card.contents.get(name)
    return found[0].value if found else None


def _texts(value: object) -> list[str]:
    if value is None:
        return []
    parts = value if isinstance(value, list | tuple) else str(value).split(",")
    return [str(part).strip() for part in parts if str(part).strip()]


def _structured(value: object) -> str:
    parts = [getattr(value, part, "") for part in ("prefix", "given", "additional", "family", "suffix")]
    words = [" ".join(part) if isinstance(part, list) else str(part) for part in parts]
    return " ".join(word for word in words if word)


def _tel(value: str) -> str:
    """``tel:+31-20-123-4567;ext=201`` (RFC 3966, version 4.0) or plain text."""
    return value[4:].partition(";")[0] if value[:4].lower() == "tel:" else value


def _label(line: vobject.base.ContentLine) -> str:
    types = [word for one in line.params.get("TYPE", ()) for word in one.lower().split(",")]
    types += [word.lower() for word in line.singletonparams]
    return next((_KNOWN_TYPES[word] for word in types if word in _KNOWN_TYPES), "")


# --- CSV ----------------------------------------------------------------------------------------------

_COLUMNS = {
    "name": ("name", "naam", "full name", "display name", "weergavenaam", "volledige naam"),
    "given": ("first name", "given name", "voornaam"),
    "middle": ("middle name", "additional name", "tussenvoegsel", "middelste naam"),
    "family": ("last name", "family name", "surname", "achternaam"),
    "company": ("company", "organization", "organisation", "organization name", "bedrijf", "organisatie"),
    "note": ("note", "notes", "notitie", "notities", "opmerking", "opmerkingen"),
    "list": ("list", "lijst", "group membership", "labels", "categories", "categorieën"),
    "favourite": ("favourite", "favorite", "favoriet"),
}
_NUMBER = re.compile(r"phone|telefoon|mobiel|mobile|tel\b|number|nummer|fax|gsm", re.IGNORECASE)
_EMAIL = re.compile(r"e-?mail", re.IGNORECASE)
_NOT_A_VALUE = re.compile(r"(type|label)$", re.IGNORECASE)
_LABELS = (("mobile", "mobi|cell|gsm"), ("work", "work|business|werk|zakelijk"), ("home", "home|thuis|privé"))
_YES = {"1", "true", "yes", "ja", "x", "*"}


def read_table(text: str) -> Iterator[ReadContact | Unreadable]:
    """A table with one contact a row and names of columns in the first, as Google, Outlook and people write
    them. Between the columns commas, semicolons or tabs (RFC 4180 for the rest)."""
    text = text.lstrip("\ufeff")
    first = text.partition("\n")[0]
    rows = csv.reader(text.splitlines(keepends=True), delimiter=max(",;\t", key=first.count))
    try:
        header = next(rows, [])
        columns = [_column(title) for title in header]
        if not any(columns):
            yield Unreadable(1, ("no column has a known name", "geen kolom heeft een bekende naam"))
            return
        line = rows.line_num + 1
        for row in rows:
            if any(cell.strip() for cell in row):
                yield _of_row(line, columns, row)
            line = rows.line_num + 1
    except csv.Error:
        yield Unreadable(rows.line_num, ("this is no table", "dit is geen tabel"))


def _column(title: str) -> tuple[str, str] | None:
    """What a column holds, and the label of its numbers."""
    word = title.strip().lower()
    for field, titles in _COLUMNS.items():
        if word in titles:
            return field, ""
    if _NOT_A_VALUE.search(word):
        return None
    if _EMAIL.search(word):
        return "email", ""
    if _NUMBER.search(word):
        label = next((name for name, words in _LABELS if re.search(words, word)), "")
        return "number", label
    return None


def _of_row(line: int, columns: list[tuple[str, str] | None], row: list[str]) -> ReadContact | Unreadable:
    texts: dict[str, str] = {}
    numbers: list[Number] = []
    emails: list[str] = []
    for column, cell in zip(columns, row, strict=False):
        if column is None or not (cell := cell.strip()):
            continue
        if column[0] == "number":  # Google puts several into one cell
            numbers += [Number(part.strip(), column[1]) for part in cell.split(":::")]
        elif column[0] == "email":
            emails += [part.strip() for part in cell.split(":::")]
        else:
            texts.setdefault(column[0], cell)
    name = texts.get("name") or " ".join(
        texts[part] for part in ("given", "middle", "family") if part in texts
    )
    read = ReadContact(
        line=line,
        name=_line(name or texts.get("company", ""), LONGEST_NAME),
        company=_line(texts.get("company", ""), LONGEST_NAME),
        numbers=numbers,
        emails=emails,
        note=_CONTROL_IN_TEXT.sub(" ", texts.get("note", ""))[:LONGEST_NOTE],
        which=_list_of(re.split(r"[,;:* ]+", texts.get("list", ""))),
        favourite=texts.get("favourite", "").lower() in _YES,
    )
    return read if read.name else _nameless(line)


# --- both ---------------------------------------------------------------------------------------------


def _list_of(words: list[str]) -> CallerList | None:
    lowered = {word.lower() for word in words}
    if lowered & _PRIVATE:
        return CallerList.PRIVATE
    return CallerList.BUSINESS if lowered & _BUSINESS else None


def _nameless(line: int) -> Unreadable:
    return Unreadable(line, ("the contact has no name", "het contact heeft geen naam"))


def _line(text: str, longest: int) -> str:
    return _CONTROL.sub(" ", text).strip()[:longest]


def trimmed(read: ReadContact) -> list[Fault]:
    """Takes away what is too much, and says what."""
    faults: list[Fault] = []
    if len(read.numbers) > MOST_NUMBERS:
        faults.append(_too_many(MOST_NUMBERS, "numbers", "nummers"))
    if len(read.emails) > MOST_EMAILS:
        faults.append(_too_many(MOST_EMAILS, "addresses", "adressen"))
    read.emails = read.emails[:MOST_EMAILS]
    read.numbers = [
        Number(_line(one.text, LONGEST_NUMBER), _line(one.label, LONGEST_LABEL))
        for one in read.numbers[:MOST_NUMBERS]
    ]
    return faults


def _too_many(most: int, what: str, wat: str) -> Fault:
    return f"only {most} {what} were taken", f"alleen {most} {wat} zijn overgenomen"
