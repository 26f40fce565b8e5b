"""Speed Dial 8 and 100 (seed 9), and the number that was dialled last. Pure."""

from __future__ import annotations

from hipper.pbx.feature_codes import SPEED_DIAL_KEYS
from hipper.pbx.model import OriginationFacts, SubscriberContext
from hipper.pbx.service_packs import effective
from hipper.pbx.services.calling import SpeedDial8, SpeedDial100


def speed_dial_8(caller: SubscriberContext, key: str) -> str | None:
    """What ``key`` (2 to 9) stands for, None when nothing is stored there."""
    return _entry(effective(caller, "speed_dial_8"), key)


def speed_dial_100(caller: SubscriberContext, code: str | None) -> str | None:
    """``code``: 00 to 99."""
    return _entry(effective(caller, "speed_dial_100"), code)


def _entry(settings: SpeedDial8 | SpeedDial100 | None, code: str | None) -> str | None:
    entries = () if settings is None else settings.entries
    return next((entry.destination for entry in entries if entry.code == code), None)


def last_dialled(caller: SubscriberContext, facts: OriginationFacts) -> str | None:
    """As it would have to be dialled in full: a key of Speed Dial 8 is what it stands for now."""
    last = facts.last_dialled
    key = "" if last is None else last.removesuffix("#")
    return speed_dial_8(caller, key) if key in SPEED_DIAL_KEYS else last
