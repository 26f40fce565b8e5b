"""Contacts as a vCard file (version 3.0, RFC 2426), which every telephone and mail program reads.

Written line by line: a library that builds an object for every property takes thirty times as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hipper.directory.contacts import Contact, ContactFields

_TYPES = {"mobile": "CELL", "work": "WORK", "home": "HOME", "main": "MAIN", "fax": "FAX"}
_LONGEST_LINE = 75
"""Bytes, without its end (RFC 2425 §5.8.1)."""
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


def vcards(contacts: Iterable[Contact]) -> str:
    """The list a contact is in stands in CATEGORIES, by which it comes back into the same one."""
    return "".join(f"{_folded(line)}\r\n" for one in contacts for line in _vcard(one.fields))


def _vcard(fields: ContactFields) -> Iterator[str]:
    yield "BEGIN:VCARD"
    yield "VERSION:3.0"
    yield f"CATEGORIES:{fields.list.value}{',favourite' if fields.favourite else ''}"
    for email in fields.emails:
        yield f"EMAIL:{_text(email)}"
    yield f"FN:{_text(fields.name)}"
    given, _, family = fields.name.rpartition(" ")
    yield f"N:{_text(family)};{_text(given)};;;"
    if fields.note:
        yield f"NOTE:{_text(fields.note)}"
    if fields.company:
        yield f"ORG:{_text(fields.company)}"
    for number in fields.numbers:
        kind = _TYPES.get(number.label.lower())
        yield f"TEL{'' if kind is None else f';TYPE={kind}'}:{_text(number.e164 or number.digits or '')}"
    yield "END:VCARD"


def _text(value: str) -> str:
    """RFC 2426 §5: a line break of any kind is ``\\n``."""
    return value.replace("\r\n", "\n").replace("\r", "\n").translate(_ESCAPED)


def _folded(line: str) -> str:
    """RFC 2425 §5.8.1, and never within a character of UTF-8."""
    if len(line) * 4 <= _LONGEST_LINE or len(line.encode()) <= _LONGEST_LINE:
        return line
    parts, size = [""], 0
    for character in line:
        size += len(character.encode())
        if size > _LONGEST_LINE:
            parts.append("")
            size = 1 + len(character.encode())  # with the blank that begins the next line
        parts[-1] += character
    return "\r\n ".join(parts)
