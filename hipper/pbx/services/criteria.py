"""Criteria of the selective services: which calls they mean (seed 4.2: by caller, time and called number)."""

from __future__ import annotations

from enum import Enum

from hipper.pbx.services.base import Settings


class Callers(str, Enum):
    ANY = "any"
    ANONYMOUS = "anonymous"
    """Withheld or unknown."""
    BUSINESS = "business"
    PRIVATE = "private"
    """By the user's two contact lists, else by the number that was called (seed 4.7.1)."""
    INTERNAL = "internal"
    EXTERNAL = "external"
    NUMBERS = "numbers"


class Criterion(Settings, frozen=True, kw_only=True):
    """Holds when every part does. ``during`` and ``not_during``: names of schedules. ``numbers``, with
    NUMBERS: E.164, ``*`` at the end for any rest. ``reached``: which of the user's numbers, as E.164 or
    extension; empty: any."""

    name: str
    active: bool = True
    during: str | None = None
    not_during: str | None = None
    callers: Callers = Callers.ANY
    numbers: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()
