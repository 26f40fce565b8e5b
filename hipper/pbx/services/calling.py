"""What a user's own calls may be and show (seed 9)."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import msgspec

from hipper.pbx.services.base import Settings


class InternalCallingLineIdDelivery(Settings, frozen=True, kw_only=True):
    """``active`` False: colleagues see no line either (hide number, internal)."""

    active: bool = True


class ExternalCallingLineIdDelivery(Settings, frozen=True, kw_only=True):
    """``active`` False: this user's telephones do not show who calls from outside."""

    active: bool = True


class ConnectedLineIdentificationRestriction(Settings, frozen=True, kw_only=True):
    """Callers do not see who answered (COLR)."""

    active: bool = False


class IdentityChoice(str, Enum):
    """Which of the user's numbers outgoing calls show (seed 5.1). Holds for the next INVITE."""

    MOBILE = "mobile"
    FIXED = "fixed"
    ALTERNATE = "alternate"


class ShownTo(Settings, frozen=True, kw_only=True):
    """What the people of one contact list see. ``choice`` None: the number everybody sees. ``alternate``:
    which one, as E.164. ``hide`` None: as for everybody."""

    choice: IdentityChoice | None = None
    alternate: str | None = None
    hide: bool | None = None


class ContactListIdentity(Settings, frozen=True, kw_only=True):
    """The number shown by the contact list that whoever is called stands in; without an entry as for
    everybody."""

    business: ShownTo | None = None
    private: ShownTo | None = None


class SpeedDialEntry(Settings, frozen=True, kw_only=True):
    """``code``: 2 to 9 (Speed Dial 8), 00 to 99 (Speed Dial 100)."""

    code: str
    destination: str
    label: str = ""


class SpeedDial8(Settings, frozen=True, kw_only=True):
    entries: tuple[SpeedDialEntry, ...] = ()


class SpeedDial100(Settings, frozen=True, kw_only=True):
    entries: tuple[SpeedDialEntry, ...] = ()


class CallReturn(Settings, frozen=True, kw_only=True):
    active: bool = True


class LastNumberRedial(Settings, frozen=True, kw_only=True):
    active: bool = True


class AutomaticCallback(Settings, frozen=True, kw_only=True):
    active: bool = True
    wait_s: int = 1800
    """How long the exchange waits for the colleague to be free."""


RecordingName = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}(?!\n)$")]


class MusicOnHoldUser(Settings, frozen=True, kw_only=True):
    """``active`` False: whom this user puts on hold hears nothing. ``recording``: name of the company's
    recording that is heard; None: its default. Holds for the next hold."""

    active: bool = True
    recording: RecordingName | None = None


class CallClass(str, Enum):
    """Rows of a calling plan."""

    INTERNAL = "internal"
    NATIONAL_FIXED = "national_fixed"
    NATIONAL_MOBILE = "national_mobile"
    SERVICE_FREE = "service_free"
    SERVICE_PAID = "service_paid"
    INTERNATIONAL = "international"


class CountryRate(Settings, frozen=True, kw_only=True):
    """``calling_code``: ``49``."""

    calling_code: str
    rate: float


class Rates(Settings, frozen=True, kw_only=True):
    """Euros a minute by class; what spend caps count with. ``countries``: for international calls by country
    calling code; others cost ``international``."""

    national_fixed: float = 0.0
    national_mobile: float = 0.0
    service_paid: float = 1.0
    international: float = 0.5
    countries: tuple[CountryRate, ...] = ()


class OutgoingCallingPlan(Settings, frozen=True, kw_only=True):
    """Holds on every leg that is originated for a user: calls, forwards, numbers that ring along, redirects,
    dial from the app (call-flows §2). ``barred``: classes not allowed. ``barred_prefixes`` and
    ``allowed_prefixes``: E.164 beginnings, the longest that fits counts and goes before the class.
    ``forward_barred``: besides, for legs a call is diverted over. Caps: None is no cap; spend in euros."""

    barred: tuple[CallClass, ...] = ()
    forward_barred: tuple[CallClass, ...] = ()
    barred_prefixes: tuple[str, ...] = ()
    allowed_prefixes: tuple[str, ...] = ()
    max_calls_user: int | None = None
    max_calls_group: int | None = None
    spend_cap_user_day: float | None = None
    spend_cap_user_month: float | None = None
    spend_cap_group_month: float | None = None
    rates: Rates = Rates()


class CallCapacityManagement(Settings, frozen=True, kw_only=True):
    """How many calls the group may have at once, in all and by direction."""

    max_calls: int | None = None
    max_incoming: int | None = None
    max_outgoing: int | None = None


class EmergencyZone(Settings, frozen=True, kw_only=True):
    """A site (seed 9, Emergency Zones). ``number``: shown to the emergency centre, E.164. ``route``: name of
    the emergency route in the installation's settings; None: all of them in order."""

    name: str
    number: str | None = None
    route: str | None = None


class EmergencyZones(Settings, frozen=True, kw_only=True):
    zones: tuple[EmergencyZone, ...] = ()
