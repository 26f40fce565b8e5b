"""Dialled digits as this caller means them."""

from __future__ import annotations

from hipper.pbx.model import SubscriberContext
from hipper.telephony.numbers.normalise import Dialled, parse_dialled


def as_dialled_by(caller: SubscriberContext, dialled: str) -> Dialled:
    """Country and area code are those of the caller's group. Never raises.

    The area code counts only for digits without prefix; leaving it out elsewhere lets one reading of
    a number serve the callers of every area (``parse_dialled`` remembers its last readings, and a
    new one costs 80 µs).
    """
    prefixed = dialled[:1] in ("+", "0")
    return parse_dialled(dialled, caller.country, None if prefixed else caller.area_code)
