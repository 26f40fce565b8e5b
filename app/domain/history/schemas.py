"""Calls as the app lists them."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import msgspec

from app.pages import Listed
from fmc_gateway.records.history import Direction, Result
from hipper.pbx.ids import CallId, DeviceId, SubscriberId
from hipper.pbx.model import CallerList, TariffClass


class HistoryKind(str, Enum):
    BUSINESS = "business"
    PRIVATE = "private"
    MISSED = "missed"


class OtherParty(msgspec.Struct, frozen=True, kw_only=True):
    """As the user was shown it; all of it None when ``withheld``. ``text``: as people write the number.
    ``contact``: one of the user's contacts; ``colleague``: a user of the enterprise."""

    withheld: bool
    name: str | None = None
    number: str | None = None
    extension: str | None = None
    text: str | None = None
    contact: str | None = None
    colleague: SubscriberId | None = None


class UsedNumber(msgspec.Struct, frozen=True, kw_only=True):
    """The user's number: of an incoming call the one that was called, of an outgoing one the one that was
    shown; ``hidden``: none was."""

    number: str | None
    text: str | None
    hidden: bool


class UsedDevice(msgspec.Struct, frozen=True, kw_only=True):
    """``label`` None: a telephone that is the user's no more."""

    id: DeviceId
    label: str | None


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """Which of the user's subscriptions paid (seed 5.7), and by what."""

    subscription: str
    tariff: TariffClass


class DivertedBy(msgspec.Struct, frozen=True, kw_only=True):
    """The colleague whose forwarding, or transfer, brought the call here."""

    id: SubscriberId
    name: str | None


class DivertedTo(msgspec.Struct, frozen=True, kw_only=True):
    """Where the user's own forwarding, or the user who transferred it, sent it; ``text`` ``voicemail`` or a
    number as people write it. ``reason``: of RFC 5806, or ``transfer``."""

    text: str
    reason: str


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One call, over all devices of the user. ``started``: Unix seconds. ``kind``: by the user's contacts,
    else by the user's number. ``device``: called with or answered on. ``talked_s`` None: no talk."""

    id: CallId
    started: float
    direction: Direction
    result: Result
    kind: CallerList
    seen: bool
    emergency: bool
    other: OtherParty
    own: UsedNumber
    device: UsedDevice | None
    talked_s: float | None
    paid: Paid | None
    diverted_by: DivertedBy | None
    diverted_to: DivertedTo | None


class HistoryPage(Listed[HistoryEntry], frozen=True, kw_only=True):
    """Newest first. ``unseen``: missed calls that were not seen, on the first page only."""

    unseen: int | None = None


class AdministeredEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a user as administrators see it: a private one, or one to a helpline, is ``masked`` and does
    not say with whom."""

    id: CallId
    started: float
    direction: Direction
    result: Result
    masked: bool
    other: OtherParty | None
    talked_s: float | None
    paid: Paid | None


class AdministeredPage(Listed[AdministeredEntry], frozen=True): ...


class SeenWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``up_to``: id of the newest call that was seen; None: all of them."""

    up_to: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.\-]{1,64}(?!\n)$")] | None = None


class SeenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """``marked``: how many were not seen before. ``unseen``: how many still are not."""

    marked: int
    unseen: int
