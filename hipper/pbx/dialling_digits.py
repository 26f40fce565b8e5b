"""Dialled digits as this caller means them, and whose they are."""

from __future__ import annotations

from hipper.pbx.model import Number, SubscriberContext
from hipper.pbx.numbers_of import owned_by_e164, owned_by_extension
from hipper.telephony.numbers.normalise import Dialled, DialledForm, parse_dialled
from hipper.telephony.numbers.short_numbers import ShortKind, short_kind


def as_dialled_by(caller: SubscriberContext, dialled: str) -> Dialled:
    """Country and area code are those of the caller's group. Never raises.

    The area code counts only for digits without prefix; leaving it out elsewhere lets one reading of
    a number serve the callers of every area (``parse_dialled`` remembers its last readings, and a
    new one costs 80 µs).
    """
    prefixed = dialled[:1] in ("+", "0")
    return parse_dialled(dialled, caller.country, None if prefixed else caller.area_code)


def dialled_number(
    called: SubscriberContext | None, dialled: Dialled
) -> tuple[SubscriberContext, Number] | None:
    """The colleague and which of that user's numbers was dialled, None when ``called`` owns no such number.
    An extension comes before a short or local number that is spelled the same."""
    if called is None:
        return None
    number = None if dialled.extension is None else owned_by_extension(called, dialled.extension)
    if number is None and dialled.e164 is not None:
        number = owned_by_e164(called, dialled.e164)
    return None if number is None else (called, number)


def is_voicemail(number: Dialled, country: str) -> bool:
    """1233, in any spelling."""
    return number.kind is DialledForm.SHORT and short_kind(number.digits, country) is ShortKind.VOICEMAIL
