"""Contacts as a vCard file (version 3.0, RFC 2426), which every telephone and mail program reads."""

from __future__ import annotations

from collections.abc import Iterable

import vobject

from hipper.directory.contacts import Contact, ContactFields

_TYPES = {"mobile": "CELL", "work": "WORK", "home": "HOME", "main": "MAIN", "fax": "FAX"}


def vcards(contacts: Iterable[Contact]) -> str:
    """The list a contact is in stands in CATEGORIES, by which it comes back into the same one."""
    return "".join(_vcard(one.fields) for one in contacts)


def _vcard(fields: ContactFields) -> str:
    card = vobject.vCard()
    card.add("fn").value = fields.name
    given, _, family = fields.name.rpartition(" ")
    card.add("n").value = vobject.vcard.Name(family=family, given=given)
    if fields.company:
        card.add("org").value = [fields.company]
    for number in fields.numbers:
        line = card.add("tel")
        line.value = number.e164 or number.digits
        if number.label.lower() in _TYPES:
            line.type_param = _TYPES[number.label.lower()]
    for email in fields.emails:
        card.add("email").value = email
    if fields.note:
        card.add("note").value = fields.note
    card.add("categories").value = [fields.list.value, *(["favourite"] if fields.favourite else [])]
    text: str = card.serialize()
    return text
