"""Colleagues and callers as the app shows them."""

from __future__ import annotations

from enum import Enum

import msgspec

from app.domain.contacts.schemas import ContactShown
from app.domain.history.schemas import HistoryEntry
from app.domain.me.schemas import OwnNumber
from app.pages import Listed
from hipper.pbx.ids import GroupId, SubscriberId


class Presence(str, Enum):
    AVAILABLE = "available"
    BUSY = "busy"
    """In a call, from the first ring on (seed 5)."""
    UNKNOWN = "unknown"
    """Redis, which shows what is live, does not answer."""


class ColleagueShown(msgspec.Struct, frozen=True, kw_only=True):
    """``numbers``: those the colleague does not withhold."""

    id: SubscriberId
    name: str
    group: GroupId
    group_name: str
    numbers: tuple[OwnNumber, ...]
    presence: Presence


class ColleaguePage(Listed[ColleagueShown], frozen=True):
    """By name. ``next``: the cursor of the next page; None: this was the last."""


class CallerFound(msgspec.Struct, frozen=True, kw_only=True):
    """Who is behind a number. ``number`` None: what has no E.164 form. ``name``: what to show first.
    ``calls``: the last with this number."""

    number: str | None
    text: str
    name: str | None
    contacts: tuple[ContactShown, ...]
    colleague: ColleagueShown | None
    calls: tuple[HistoryEntry, ...]
