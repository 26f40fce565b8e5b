"""A CSV file of users, their numbers and telephones: read, and every fault told with its line.

One line is a user; further lines of the same user add alternate numbers and telephones. Separated by commas
or semicolons (RFC 4180 otherwise), in UTF-8, the names of the columns on the first line.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from hipper.directory.admin.model import AorUser, Extension, Number, UserName
from hipper.pbx.model import ServicePack
from hipper.telephony.numbers.normalise import normalise_e164

MOST_LINES = 5000
SINGLE = ("display_name", "group", "pack", "extension", "fixed", "mobile", "language")
"""What a user has one of: on further lines empty, or the same again."""
COLUMNS = ("user", *SINGLE, "alternate", "desk_phone", "label", "site", "password")
_TEXT = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,120}")
_PASSWORD = re.compile(r"[!-~]([ -~]{6,126})[!-~]")
_TYPES: dict[str, Any] = {
    "user": UserName,
    "pack": ServicePack,
    "extension": Extension,
    "desk_phone": AorUser,
    "fixed": Number,
    "mobile": Number,
    "alternate": Number,
}


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """``line``: of the file, the names of the columns being line 1. ``column`` "": the line as a whole."""

    line: int
    column: str
    user: str
    text: str
    tekst: str


class Phone(NamedTuple):
    line: int
    aor_user: str
    label: str | None
    site: str | None
    password: str | None

    def __repr__(self) -> str:
        return f"Phone({self.aor_user})"


class WantedUser(msgspec.Struct, kw_only=True):
    """``values``: of :data:`SINGLE`, those the file gives. ``lines``: where each column stands first."""

    user: str
    values: dict[str, str]
    alternates: list[str]
    phones: list[Phone]
    lines: dict[str, int]
    faults: list[Fault]

    def fault(self, column: str, text: str, tekst: str, line: int | None = None) -> Fault:
        where = line or self.lines.get(column) or self.lines["user"]
        return Fault(line=where, column=column, user=self.user, text=text, tekst=tekst)


def read_users(text: str) -> tuple[list[WantedUser], list[Fault]]:
    """In the order of the file, each with its own faults; and the faults of the file as a whole, with which
    nothing can be done."""
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    try:
        rows = list(
            csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter, strict=True)
        )
    except csv.Error:
        return [], [_of_file("this is not CSV", "dit is geen CSV")]
    names = [name.strip().lower() for name in rows[0]] if rows else []
    unknown = [name for name in names if name not in COLUMNS]
    if "user" not in names or unknown or len(set(names)) < len(names):
        known = ", ".join(COLUMNS)
        return [], [_of_file(f"the columns are some of {known}", f"de kolommen zijn enkele van {known}")]
    if len(rows) - 1 > MOST_LINES:
        return [], [_of_file(f"at most {MOST_LINES} lines", f"ten hoogste {MOST_LINES} regels")]
    return _gathered(names, rows[1:]), []


def _of_file(text: str, tekst: str) -> Fault:
    return Fault(line=1, column="", user="", text=text, tekst=tekst)


def _gathered(names: list[str], rows: Iterable[list[str]]) -> list[WantedUser]:
    users: dict[str, WantedUser] = {}
    for line, row in enumerate(rows, 2):
        if not any(cell.strip() for cell in row):
            continue
        values = {name: cell.strip() for name, cell in zip(names, row, strict=False) if cell.strip()}
        name = values.get("user", "").lower()
        wanted = users.get(name)
        if wanted is None:
            wanted = users[name] = WantedUser(
                user=name, values={}, alternates=[], phones=[], lines={"user": line}, faults=[]
            )
        if len(row) != len(names):
            text = f"{len(row)} columns instead of {len(names)}"
            wanted.faults.append(
                wanted.fault("", text, f"{len(row)} kolommen in plaats van {len(names)}", line)
            )
        else:
            _take(wanted, line, values)
    return list(users.values())


def _take(wanted: WantedUser, line: int, values: dict[str, str]) -> None:
    values["user"] = values.get("user", "").lower()
    for column in ("fixed", "mobile", "alternate"):
        if column in values:
            values[column] = normalise_e164(values[column]) or values[column]
    for column, value in values.items():
        if not _fits(column, value):
            wanted.faults.append(wanted.fault(column, "this cannot be", "dit kan niet", line))
    for column in SINGLE:
        if column not in values:
            continue
        known = wanted.values.setdefault(column, values[column])
        wanted.lines.setdefault(column, line)
        if known != values[column]:
            first = wanted.lines[column]
            text, tekst = f"differs from line {first}", f"anders dan op regel {first}"
            wanted.faults.append(wanted.fault(column, text, tekst, line))
    if "alternate" in values:
        wanted.alternates.append(values["alternate"])
        wanted.lines.setdefault("alternate", line)
    _take_phone(wanted, line, values)


def _take_phone(wanted: WantedUser, line: int, values: dict[str, str]) -> None:
    label, site, password = values.get("label"), values.get("site"), values.get("password")
    if "desk_phone" in values:
        wanted.phones.append(Phone(line, values["desk_phone"], label, site, password))
    elif label or site or password:
        text = "label, site and password go with a desk_phone"
        tekst = "label, site en password horen bij een desk_phone"
        wanted.faults.append(wanted.fault("desk_phone", text, tekst, line))


def _fits(column: str, value: str) -> bool:
    if column == "language":
        return value in ("nl", "en")
    if column == "password":
        return _PASSWORD.fullmatch(value) is not None
    if column not in _TYPES:
        return _TEXT.fullmatch(value) is not None
    try:
        msgspec.convert(value, _TYPES[column])
    except msgspec.ValidationError:
        return False
    return True
