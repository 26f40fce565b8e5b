"""Where else a user is reached: Anywhere, Remote Office, Simultaneous Ring Personal, Personal Assistant (seed
4.2, 4.3). Numbers: E.164."""

from __future__ import annotations

from enum import Enum

from hipper.pbx.services.base import Settings
from hipper.pbx.services.criteria import Criterion


class AnywhereLocation(Settings, frozen=True, kw_only=True):
    """``during``: name of a schedule; None: always. ``confirm``: the one who answers presses 1."""

    number: str
    label: str = ""
    active: bool = True
    confirm: bool = False
    during: str | None = None
    delay_s: int = 0
    diversion_inhibitor: bool = True


class Anywhere(Settings, frozen=True, kw_only=True):
    active: bool = False
    locations: tuple[AnywhereLocation, ...] = ()
    alert_all_for_dial: bool = False
    """Dial from the app rings every location rather than the chosen one."""


class RemoteOffice(Settings, frozen=True, kw_only=True):
    """The number rings instead of the user's own telephones."""

    active: bool = False
    number: str | None = None


class SimultaneousRingNumber(Settings, frozen=True, kw_only=True):
    number: str
    confirm: bool = False


class SimultaneousRingPersonal(Settings, frozen=True, kw_only=True):
    """Up to ten numbers. ``criteria``: when; empty: always."""

    active: bool = False
    numbers: tuple[SimultaneousRingNumber, ...] = ()
    not_while_in_call: bool = False
    criteria: tuple[Criterion, ...] = ()


class AssistantReason(str, Enum):
    UNAVAILABLE = "unavailable"
    MEETING = "meeting"
    OUT_OF_OFFICE = "out_of_office"
    HOLIDAY = "holiday"


class PersonalAssistant(Settings, frozen=True, kw_only=True):
    """Callers hear why the user is not available and, with ``until`` (Unix seconds), when that changes. Then
    they go to ``transfer_to``, the voicemail box, or are told to call back. ``exclude``: callers who get
    through all the same, E.164."""

    active: bool = False
    reason: AssistantReason = AssistantReason.UNAVAILABLE
    until: float | None = None
    transfer_to: str | None = None
    to_voicemail: bool = False
    exclude: tuple[str, ...] = ()


class DeviceDelay(Settings, frozen=True, kw_only=True):
    device: str
    delay_s: int


class RingOrder(Settings, frozen=True, kw_only=True):
    """How long after the first each device begins to ring; devices not named ring at once."""

    delays: tuple[DeviceDelay, ...] = ()
