"""What a dry run of a call the user would make is asked, and what it answers (:mod:`.explain_calling`)."""

from __future__ import annotations

from enum import Enum
from typing import Any

import msgspec

from hipper.pbx.explain import Said, WouldRing
from hipper.pbx.explain_heard import Heard
from hipper.pbx.feature_codes import Operation
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import Announcement, Payer, TariffClass


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """``dialled``: as the user would dial it. ``device``: from which telephone, None: the usual one.
    ``anonymous``: without the number, for this call. ``from_app``: the exchange rings ``device`` first."""

    dialled: str
    device: DeviceId | None = None
    anonymous: bool = False
    from_app: bool = False


class Goes(str, Enum):
    COLLEAGUE = "colleague"
    OUTSIDE = "outside"
    EMERGENCY = "emergency"
    VOICEMAIL = "voicemail"
    """The user listens to the own box."""
    CODE = "code"
    """Something is asked of the exchange, and nobody is called."""
    REFUSED = "refused"


class Shows(str, Enum):
    """Which number who is called sees. ``internal``: the extension alone. ``main``: that of the company."""

    MOBILE = "mobile"
    FIXED = "fixed"
    ALTERNATE = "alternate"
    MAIN = "main"
    INTERNAL = "internal"
    WITHHELD = "withheld"
    NOTHING = "nothing"


class WouldShow(msgspec.Struct, frozen=True, kw_only=True):
    """What who is called sees. ``why`` None: nobody chose it, as with 112."""

    shows: Shows
    number: str | None = None
    extension: str | None = None
    name: str | None = None
    why: Said | None = None


class WouldCost(msgspec.Struct, frozen=True, kw_only=True):
    """What the calling plan says. ``max_duration_s``: the call is ended then, since a spend cap is reached.
    ``rate_per_minute``: euros, by the group's plan: what its caps count with."""

    allowed: bool
    why: Said
    tariff: TariffClass
    rate_per_minute: float
    max_duration_s: float | None


class WouldMean(msgspec.Struct, frozen=True, kw_only=True):
    """What a code means. ``service``: which it changes, to ``changes``. ``stands_for``: whom it calls."""

    code: str
    operation: Operation
    nl: str
    en: str
    service: str | None = None
    changes: dict[str, Any] | None = None
    stands_for: str | None = None


class WouldAlarm(msgspec.Struct, frozen=True, kw_only=True):
    """Of an emergency call. ``site``: where the telephone stands, as far as the group knows. ``route``: of
    that site, by its name in the installation's settings; None: the usual ones in order."""

    site: str | None
    number: str | None
    route: str | None


class CallRun(msgspec.Struct, frozen=True, kw_only=True):
    """What a call would come to. ``device``: the telephone it is made from, None: the user has none.
    ``dialled``: the digits it comes to. ``first``: what rings so that the user picks up, of a call from the
    app. ``announcements``: what the user hears of a call that is refused or a code that was dialled.
    ``there``: what the user hears one after the other while a colleague does not answer."""

    at: float
    goes: Goes
    device: DeviceId | None
    dialled: str
    decided: Said
    shown: WouldShow | None = None
    calling_plan: WouldCost | None = None
    payer: Payer | None = None
    meaning: WouldMean | None = None
    emergency: WouldAlarm | None = None
    first: tuple[WouldRing, ...] = ()
    announcements: tuple[Announcement, ...] = ()
    there: tuple[Heard, ...] = ()
