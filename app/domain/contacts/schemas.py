"""Contacts as the app shows and writes them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from app.pages import Listed
from hipper.pbx.model import CallerList

# no control characters; not a newline at the end either ("$" would let one pass)
_LINE = r"^[^\x00-\x1f\x7f]*(?!\n)$"
_NAMED = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*(?!\n)$"
_TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_EMAIL = r"^[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,255}(?!\n)$"
MOST_NUMBERS, MOST_EMAILS = 10, 5
LONGEST_NAME, LONGEST_NOTE, LONGEST_NUMBER, LONGEST_LABEL = 200, 2000, 40, 40
LARGEST_FILE = 1_000_000
"""Characters of a file to import."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME, pattern=_NAMED)]
Line = Annotated[str, msgspec.Meta(max_length=LONGEST_NAME, pattern=_LINE)]
Label = Annotated[str, msgspec.Meta(max_length=LONGEST_LABEL, pattern=_LINE)]
NumberText = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NUMBER, pattern=_LINE)]
Email = Annotated[str, msgspec.Meta(max_length=320, pattern=_EMAIL)]
Note = Annotated[str, msgspec.Meta(max_length=LONGEST_NOTE, pattern=_TEXT)]


class NumberWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``number``: as people write it in the user's country, or an extension."""

    number: NumberText
    label: Label = ""


Numbers = Annotated[tuple[NumberWanted, ...], msgspec.Meta(max_length=MOST_NUMBERS)]
Emails = Annotated[tuple[Email, ...], msgspec.Meta(max_length=MOST_EMAILS)]


class ContactWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``list``: how calls of this contact are handled (seed 4.7.1)."""

    list: CallerList
    name: Name
    company: Line = ""
    numbers: Numbers = ()
    emails: Emails = ()
    note: Note = ""
    favourite: bool = False


class ContactChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is absent stays; lists are given whole."""

    list: CallerList | msgspec.UnsetType = msgspec.UNSET
    name: Name | msgspec.UnsetType = msgspec.UNSET
    company: Line | msgspec.UnsetType = msgspec.UNSET
    numbers: Numbers | msgspec.UnsetType = msgspec.UNSET
    emails: Emails | msgspec.UnsetType = msgspec.UNSET
    note: Note | msgspec.UnsetType = msgspec.UNSET
    favourite: bool | msgspec.UnsetType = msgspec.UNSET


class NumberShown(msgspec.Struct, frozen=True, kw_only=True):
    """``number``: E.164, None for what has no such form. ``text``: as people write it."""

    number: str | None
    text: str
    label: str


class ContactShown(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    list: CallerList
    name: str
    company: str
    numbers: tuple[NumberShown, ...]
    emails: tuple[str, ...]
    note: str
    favourite: bool


class ContactPage(Listed[ContactShown], frozen=True):
    """By name. ``next``: the cursor of the next page; None: this was the last."""


class ImportWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``text``: the file. ``list``: of contacts that do not say themselves (``CATEGORIES`` of a vCard, column
    ``list`` of a table)."""

    format: Literal["vcard", "csv"]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=LARGEST_FILE)]
    list: CallerList = CallerList.BUSINESS


class ImportFault(msgspec.Struct, frozen=True, kw_only=True):
    """``line``: where in the file the contact begins, from 1. ``detail``: what is wrong with it."""

    line: int
    detail: str


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """``known``: were there already, with the same name, list and numbers. ``faults``: of those that were not
    imported, and of parts that were left out."""

    added: int
    known: int
    faults: tuple[ImportFault, ...]
