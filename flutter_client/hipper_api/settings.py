"""What services of users and groups are set to. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType, field

from hipper_api.enums import OpenEnum
from hipper_api.models import Action, IdentityChoice, RejectAnnouncement


class AssistantReason(OpenEnum):
    HOLIDAY = "holiday"
    MEETING = "meeting"
    OUT_OF_OFFICE = "out_of_office"
    UNAVAILABLE = "unavailable"


class CallClass(OpenEnum):
    """Rows of a calling plan."""

    INTERNAL = "internal"
    INTERNATIONAL = "international"
    NATIONAL_FIXED = "national_fixed"
    NATIONAL_MOBILE = "national_mobile"
    SERVICE_FREE = "service_free"
    SERVICE_PAID = "service_paid"


class Callers(OpenEnum):
    ANONYMOUS = "anonymous"
    ANY = "any"
    BUSINESS = "business"
    EXTERNAL = "external"
    INTERNAL = "internal"
    NUMBERS = "numbers"
    PRIVATE = "private"


class NightMode(OpenEnum):
    OFF = "off"
    ON = "on"
    SCHEDULE = "schedule"


class Weekday(OpenEnum):
    FRI = "fri"
    MON = "mon"
    SAT = "sat"
    SUN = "sun"
    THU = "thu"
    TUE = "tue"
    WED = "wed"


class AlternateNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """Up to ten numbers are the user's in the numbers table; here stands how they ring."""

    active: bool = True
    distinctive: tuple[DistinctiveRing, ...] = ()


class AlternateNumbersChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`AlternateNumbers`; what is left out stays."""

    active: bool | UnsetType = UNSET
    distinctive: tuple[DistinctiveRing, ...] | UnsetType = UNSET


class AnonymousCallRejection(msgspec.Struct, frozen=True, kw_only=True):
    """Callers who withhold their number hear that no calls are taken; not within the group."""

    active: bool = False


class AnonymousCallRejectionChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`AnonymousCallRejection`; what is left out stays."""

    active: bool | UnsetType = UNSET


class Anywhere(msgspec.Struct, frozen=True, kw_only=True):
    active: bool = False
    locations: tuple[AnywhereLocation, ...] = ()
    alert_all_for_dial: bool = False


class AnywhereChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`Anywhere`; what is left out stays."""

    active: bool | UnsetType = UNSET
    locations: tuple[AnywhereLocation, ...] | UnsetType = UNSET
    alert_all_for_dial: bool | UnsetType = UNSET


class AnywhereLocation(msgspec.Struct, frozen=True, kw_only=True):
    """``during``: name of a schedule; None: always. ``confirm``: the one who answers presses 1."""

    number: str
    label: str = ""
    active: bool = True
    confirm: bool = False
    during: str | None = None
    delay_s: int = 0
    diversion_inhibitor: bool = True


class AutomaticCallback(msgspec.Struct, frozen=True, kw_only=True):
    active: bool = True
    wait_s: int = 1800


class AutomaticCallbackChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`AutomaticCallback`; what is left out stays."""

    active: bool | UnsetType = UNSET
    wait_s: int | UnsetType = UNSET


class Availability(msgspec.Struct, frozen=True, kw_only=True):
    """``active_profile``: chosen by hand, ``until`` (Unix seconds) or for good; else the first of
    ``by_schedule`` whose schedule holds; else none. The number's schedule is asked first: a profile
    only narrows what the number lets through.
    """

    numbers: tuple[NumberAvailability, ...] = ()
    profiles: tuple[Profile, ...] = ()
    active_profile: str | None = None
    active_until: float | None = None
    by_schedule: tuple[HipperPbxServicesAvailabilityProfileBySchedule, ...] = ()


class AvailabilityChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`Availability`; what is left out stays."""

    numbers: tuple[NumberAvailability, ...] | UnsetType = UNSET
    profiles: tuple[Profile, ...] | UnsetType = UNSET
    active_profile: str | UnsetType | None = UNSET
    active_until: float | UnsetType | None = UNSET
    by_schedule: tuple[HipperPbxServicesAvailabilityProfileBySchedule, ...] | UnsetType = UNSET


class BargeinExempt(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody joins calls of this user unasked."""

    active: bool = False


class BargeinExemptChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`BargeinExempt`; what is left out stays."""

    active: bool | UnsetType = UNSET


class BusyLampField(msgspec.Struct, frozen=True, kw_only=True):
    """This user's telephones may show who of the enterprise is in a call. On unless it is switched off."""

    active: bool = True


class BusyLampFieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`BusyLampField`; what is left out stays."""

    active: bool | UnsetType = UNSET


class CallCapacityManagement(msgspec.Struct, frozen=True, kw_only=True):
    """How many calls the group may have at once, in all and by direction."""

    max_calls: int | None = None
    max_incoming: int | None = None
    max_outgoing: int | None = None


class CallCapacityManagementChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`CallCapacityManagement`; what is left out stays."""

    max_calls: int | UnsetType | None = UNSET
    max_incoming: int | UnsetType | None = UNSET
    max_outgoing: int | UnsetType | None = UNSET


class CallForwardingAlways(msgspec.Struct, frozen=True, kw_only=True):
    active: bool = False
    destination: str | None = None


class CallForwardingAlwaysChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`CallForwardingAlways`; what is left out stays."""

    active: bool | UnsetType = UNSET
    destination: str | UnsetType | None = UNSET


class CallForwardingBusy(msgspec.Struct, frozen=True, kw_only=True):
    active: bool = False
    destination: str | None = None


class CallForwardingBusyChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`CallForwardingBusy`; what is left out stays."""

    active: bool | UnsetType = UNSET
    destination: str | UnsetType | None = UNSET


class CallForwardingNoAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """``after_s`` None: the user's own no-answer time."""

    active: bool = False
    destination: str | None = None
    after_s: int | None = None


class CallForwardingNoAnswerChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`CallForwardingNoAnswer`; what is left out stays."""

    active: bool | UnsetType = UNSET
    destination: str | UnsetType | None = UNSET
    after_s: int | UnsetType | None = UNSET


class CallForwardingNotReachable(msgspec.Struct, frozen=True, kw_only=True):
    active: bool = False
    destination: str | None = None


class CallForwardingNotReachableChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`CallForwardingNotReachable`; what is left out stays."""

    active: bool | UnsetType = UNSET
    destination: str | UnsetType | None = UNSET


class CallForwardingSelective(msgspec.Struct, frozen=True, kw_only=True):
    """The first rule whose criterion holds counts."""

    active: bool = False
    destination: str | None = None
    rules: tuple[SelectiveForward, ...] = ()


class CallForwardingSelectiveChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`CallForwardingSelective`; what is left out stays."""

    active: bool | UnsetType = UNSET
    destination: str | UnsetType | None = UNSET
    rules: tuple[SelectiveForward, ...] | UnsetType = UNSET


class CallPark(msgspec.Struct, frozen=True, kw_only=True):
    """Calls wait at an extension until somebody of the group takes them. ``recall_s``: after so long the
    telephones of the one who parked it ring. ``most``: calls that wait in the group at once.
    """

    active: bool = True
    recall_s: int = 60
    most: int = 10


class CallParkChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`CallPark`; what is left out stays."""

    active: bool | UnsetType = UNSET
    recall_s: int | UnsetType = UNSET
    most: int | UnsetType = UNSET


class CallPickup(msgspec.Struct, frozen=True, kw_only=True):
    """The user may take the call that has rung longest at anybody of the group."""

    active: bool = True


class CallPickupChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`CallPickup`; what is left out stays."""

    active: bool | UnsetType = UNSET


class CallReturn(msgspec.Struct, frozen=True, kw_only=True):
    active: bool = True


class CallReturnChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`CallReturn`; what is left out stays."""

    active: bool | UnsetType = UNSET


class CallWaiting(msgspec.Struct, frozen=True, kw_only=True):
    """False: a call for a user who is in one is busy. The service is on unless it is switched off."""

    active: bool = True


class CallWaitingChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`CallWaiting`; what is left out stays."""

    active: bool | UnsetType = UNSET


class ConnectedLineIdentificationRestriction(msgspec.Struct, frozen=True, kw_only=True):
    """Callers do not see who answered (COLR)."""

    active: bool = False


class ConnectedLineIdentificationRestrictionChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`ConnectedLineIdentificationRestriction`; what is left out stays."""

    active: bool | UnsetType = UNSET


class ContactListIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """The number shown by the contact list that whoever is called stands in; without an entry as for
    everybody.
    """

    business: ShownTo | None = None
    private: ShownTo | None = None


class ContactListIdentityChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`ContactListIdentity`; what is left out stays."""

    business: ShownTo | UnsetType | None = UNSET
    private: ShownTo | UnsetType | None = UNSET


class CountryRate(msgspec.Struct, frozen=True, kw_only=True):
    """``calling_code``: ``49``."""

    calling_code: str
    rate: float


class Criterion(msgspec.Struct, frozen=True, kw_only=True):
    """Holds when every part does. ``during`` and ``not_during``: names of schedules. ``numbers``, with
    NUMBERS: E.164, ``*`` at the end for any rest. ``reached``: which of the user's numbers, as E.164
    or extension; empty: any.
    """

    name: str
    active: bool = True
    during: str | None = None
    not_during: str | None = None
    callers: Callers = Callers("any")
    numbers: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()


class DeviceDelay(msgspec.Struct, frozen=True, kw_only=True):
    device: str
    delay_s: int


class DirectedCallPickup(msgspec.Struct, frozen=True, kw_only=True):
    """The user may take a call that rings at a colleague of the group, by that colleague's extension."""

    active: bool = True


class DirectedCallPickupChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`DirectedCallPickup`; what is left out stays."""

    active: bool | UnsetType = UNSET


class DirectedCallPickupWithBargein(msgspec.Struct, frozen=True, kw_only=True):
    """As Directed Call Pickup; a call that is answered already is joined. ``warning_tone``: the parties
    hear that somebody comes in.
    """

    active: bool = True
    warning_tone: bool = True


class DirectedCallPickupWithBargeinChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`DirectedCallPickupWithBargein`; what is left out stays."""

    active: bool | UnsetType = UNSET
    warning_tone: bool | UnsetType = UNSET


class DistinctiveRing(msgspec.Struct, frozen=True, kw_only=True):
    """``ring``: 2 or 3, for the second and third number (seed 9, Alternate Numbers)."""

    number: str
    ring: int


class DiversionInhibitor(msgspec.Struct, frozen=True, kw_only=True):
    """Calls this user forwards are not forwarded again, for instance to a voicemail box."""

    active: bool = False


class DiversionInhibitorChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`DiversionInhibitor`; what is left out stays."""

    active: bool | UnsetType = UNSET


class DoNotDisturb(msgspec.Struct, frozen=True, kw_only=True):
    """Callers hear that the user is busy."""

    active: bool = False


class DoNotDisturbChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`DoNotDisturb`; what is left out stays."""

    active: bool | UnsetType = UNSET


class EmergencyZone(msgspec.Struct, frozen=True, kw_only=True):
    """A site (seed 9, Emergency Zones). ``number``: shown to the emergency centre, E.164. ``route``:
    name of the emergency route in the installation's settings; None: all of them in order.
    """

    name: str
    number: str | None = None
    route: str | None = None


class EmergencyZones(msgspec.Struct, frozen=True, kw_only=True):
    zones: tuple[EmergencyZone, ...] = ()


class EmergencyZonesChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`EmergencyZones`; what is left out stays."""

    zones: tuple[EmergencyZone, ...] | UnsetType = UNSET


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Once, or by ``recurrence`` (an RRULE of RFC 5545 without the name, ``FREQ=YEARLY``). ``starts``
    and ``ends``: a day (``2026-12-24``, the end included) or a local time (``2026-12-24T17:00``).
    """

    name: str
    starts: str
    ends: str
    recurrence: str | None = None


class ExternalCallingLineIdDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """``active`` False: this user's telephones do not show who calls from outside."""

    active: bool = True


class ExternalCallingLineIdDeliveryChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`ExternalCallingLineIdDelivery`; what is left out stays."""

    active: bool | UnsetType = UNSET


class FeatureCodes(msgspec.Struct, frozen=True, kw_only=True):
    """What stands after the star or hash of each code; None: as everywhere. ``show_number`` (31) and the
    speed dials (0) are spelled the same everywhere.
    """

    call_forwarding_always: str | None = None
    call_forwarding_busy: str | None = None
    call_forwarding_no_answer: str | None = None
    call_forwarding_not_reachable: str | None = None
    do_not_disturb: str | None = None
    call_waiting: str | None = None
    anonymous_call_rejection: str | None = None
    night_forwarding: str | None = None
    automatic_callback: str | None = None
    last_number_redial: str | None = None
    call_return: str | None = None
    pull: str | None = None
    call_pickup: str | None = None
    directed_call_pickup: str | None = None
    directed_call_pickup_with_bargein: str | None = None
    call_park: str | None = None
    call_park_retrieve: str | None = None


class FeatureCodesChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`FeatureCodes`; what is left out stays."""

    call_forwarding_always: str | UnsetType | None = UNSET
    call_forwarding_busy: str | UnsetType | None = UNSET
    call_forwarding_no_answer: str | UnsetType | None = UNSET
    call_forwarding_not_reachable: str | UnsetType | None = UNSET
    do_not_disturb: str | UnsetType | None = UNSET
    call_waiting: str | UnsetType | None = UNSET
    anonymous_call_rejection: str | UnsetType | None = UNSET
    night_forwarding: str | UnsetType | None = UNSET
    automatic_callback: str | UnsetType | None = UNSET
    last_number_redial: str | UnsetType | None = UNSET
    call_return: str | UnsetType | None = UNSET
    pull: str | UnsetType | None = UNSET
    call_pickup: str | UnsetType | None = UNSET
    directed_call_pickup: str | UnsetType | None = UNSET
    directed_call_pickup_with_bargein: str | UnsetType | None = UNSET
    call_park: str | UnsetType | None = UNSET
    call_park_retrieve: str | UnsetType | None = UNSET


class GroupNightForwarding(msgspec.Struct, frozen=True, kw_only=True):
    """Out of office hours (seed 9): by hand, or whenever ``open`` does not hold. ``destination``:
    digits.
    """

    mode: NightMode = NightMode("off")
    open: str | None = None
    destination: str | None = None


class GroupNightForwardingChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`GroupNightForwarding`; what is left out stays."""

    mode: NightMode | UnsetType = UNSET
    open: str | UnsetType | None = UNSET
    destination: str | UnsetType | None = UNSET


class HipperPbxServicesAvailabilityProfileBySchedule(msgspec.Struct, frozen=True, kw_only=True):
    schedule: str
    profile: str


class InCallCodes(msgspec.Struct, frozen=True, kw_only=True):
    """The code of each service for users who switched in-call services on; None: the service has none.
    After ``transfer`` and ``consult`` the number follows, and ``#`` or four seconds of nothing. Keys
    that are no code go to the far party.
    """

    hold: str | None = "*1"
    transfer: str | None = "*2"
    consult: str | None = "*3"
    swap: str | None = "*4"
    conference: str | None = "*6"
    complete: str | None = "*7"
    cancel: str | None = "*8"


class InCallCodesChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`InCallCodes`; what is left out stays."""

    hold: str | UnsetType | None = UNSET
    transfer: str | UnsetType | None = UNSET
    consult: str | UnsetType | None = UNSET
    swap: str | UnsetType | None = UNSET
    conference: str | UnsetType | None = UNSET
    complete: str | UnsetType | None = UNSET
    cancel: str | UnsetType | None = UNSET


class InCallServices(msgspec.Struct, frozen=True, kw_only=True):
    """``active``: keys the user presses during a call are listened to for the codes of the group. Holds
    for the next call.
    """

    active: bool = False


class InCallServicesChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`InCallServices`; what is left out stays."""

    active: bool | UnsetType = UNSET


class IncomingCallingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls may come in at all. ``external``: from outside the enterprise."""

    within_group: bool = True
    within_enterprise: bool = True
    external: bool = True


class IncomingCallingPlanChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`IncomingCallingPlan`; what is left out stays."""

    within_group: bool | UnsetType = UNSET
    within_enterprise: bool | UnsetType = UNSET
    external: bool | UnsetType = UNSET


class InterceptGroup(msgspec.Struct, frozen=True, kw_only=True):
    active: bool = False
    destination: str | None = None


class InterceptGroupChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`InterceptGroup`; what is left out stays."""

    active: bool | UnsetType = UNSET
    destination: str | UnsetType | None = UNSET


class InterceptUser(msgspec.Struct, frozen=True, kw_only=True):
    """Every call goes elsewhere, or is told that the user takes none (``destination`` None)."""

    active: bool = False
    destination: str | None = None


class InterceptUserChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`InterceptUser`; what is left out stays."""

    active: bool | UnsetType = UNSET
    destination: str | UnsetType | None = UNSET


class InternalCallingLineIdDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """``active`` False: colleagues see no line either (hide number, internal)."""

    active: bool = True


class InternalCallingLineIdDeliveryChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`InternalCallingLineIdDelivery`; what is left out stays."""

    active: bool | UnsetType = UNSET


class LastNumberRedial(msgspec.Struct, frozen=True, kw_only=True):
    active: bool = True


class LastNumberRedialChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`LastNumberRedial`; what is left out stays."""

    active: bool | UnsetType = UNSET


class MusicOnHoldUser(msgspec.Struct, frozen=True, kw_only=True):
    """``active`` False: whom this user puts on hold hears nothing. ``recording``: name of the company's
    recording that is heard; None: its default. Holds for the next hold.
    """

    active: bool = True
    recording: str | None = None


class MusicOnHoldUserChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`MusicOnHoldUser`; what is left out stays."""

    active: bool | UnsetType = UNSET
    recording: str | UnsetType | None = UNSET


class NumberAvailability(msgspec.Struct, frozen=True, kw_only=True):
    """``number``: ``mobile``, ``fixed``, ``extension``, or an alternate number as E.164. ``schedule``
    None: ``inside`` always holds.
    """

    number: str
    schedule: str | None = None
    inside: Treatment = field(default_factory=lambda: Treatment())
    outside: Treatment = field(default_factory=lambda: msgspec.convert({"action": "reject"}, Treatment))


class OutgoingCallingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Holds on every leg that is originated for a user: calls, forwards, numbers that ring along,
    redirects, dial from the app (call-flows §2). ``barred``: classes not allowed. ``barred_prefixes``
    and ``allowed_prefixes``: E.164 beginnings, the longest that fits counts and goes before the
    class. ``forward_barred``: besides, for legs a call is diverted over. Caps: None is no cap; spend
    in euros.
    """

    barred: tuple[CallClass, ...] = ()
    forward_barred: tuple[CallClass, ...] = ()
    barred_prefixes: tuple[str, ...] = ()
    allowed_prefixes: tuple[str, ...] = ()
    max_calls_user: int | None = None
    max_calls_group: int | None = None
    spend_cap_user_day: float | None = None
    spend_cap_user_month: float | None = None
    spend_cap_group_month: float | None = None
    rates: Rates = field(default_factory=lambda: Rates())


class OutgoingCallingPlanChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`OutgoingCallingPlan`; what is left out stays."""

    barred: tuple[CallClass, ...] | UnsetType = UNSET
    forward_barred: tuple[CallClass, ...] | UnsetType = UNSET
    barred_prefixes: tuple[str, ...] | UnsetType = UNSET
    allowed_prefixes: tuple[str, ...] | UnsetType = UNSET
    max_calls_user: int | UnsetType | None = UNSET
    max_calls_group: int | UnsetType | None = UNSET
    spend_cap_user_day: float | UnsetType | None = UNSET
    spend_cap_user_month: float | UnsetType | None = UNSET
    spend_cap_group_month: float | UnsetType | None = UNSET
    rates: Rates | UnsetType = UNSET


class PersonalAssistant(msgspec.Struct, frozen=True, kw_only=True):
    """Callers hear why the user is not available and, with ``until`` (Unix seconds), when that changes.
    Then they go to ``transfer_to``, the voicemail box, or are told to call back. ``exclude``: callers
    who get through all the same, E.164.
    """

    active: bool = False
    reason: AssistantReason = AssistantReason("unavailable")
    until: float | None = None
    transfer_to: str | None = None
    to_voicemail: bool = False
    exclude: tuple[str, ...] = ()


class PersonalAssistantChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`PersonalAssistant`; what is left out stays."""

    active: bool | UnsetType = UNSET
    reason: AssistantReason | UnsetType = UNSET
    until: float | UnsetType | None = UNSET
    transfer_to: str | UnsetType | None = UNSET
    to_voicemail: bool | UnsetType = UNSET
    exclude: tuple[str, ...] | UnsetType = UNSET


class PriorityAlert(msgspec.Struct, frozen=True, kw_only=True):
    """Calls that meet a criterion ring differently."""

    active: bool = False
    criteria: tuple[Criterion, ...] = ()


class PriorityAlertChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`PriorityAlert`; what is left out stays."""

    active: bool | UnsetType = UNSET
    criteria: tuple[Criterion, ...] | UnsetType = UNSET


class Privacy(msgspec.Struct, frozen=True, kw_only=True):
    """The user stays out of lists and lamps of colleagues."""

    active: bool = False


class PrivacyChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`Privacy`; what is left out stays."""

    active: bool | UnsetType = UNSET


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """*Available, Meeting, Out, Holiday…* and the user's own ones."""

    name: str
    business: Treatment = field(default_factory=lambda: Treatment())
    private: Treatment = field(default_factory=lambda: Treatment())


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """Euros a minute by class; what spend caps count with. ``countries``: for international calls by
    country calling code; others cost ``international``.
    """

    national_fixed: float = 0.0
    national_mobile: float = 0.0
    service_paid: float = 1.0
    international: float = 0.5
    countries: tuple[CountryRate, ...] = ()


class RemoteOffice(msgspec.Struct, frozen=True, kw_only=True):
    """The number rings instead of the user's own telephones."""

    active: bool = False
    number: str | None = None


class RemoteOfficeChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`RemoteOffice`; what is left out stays."""

    active: bool | UnsetType = UNSET
    number: str | UnsetType | None = UNSET


class RingOrder(msgspec.Struct, frozen=True, kw_only=True):
    """How long after the first each device begins to ring; devices not named ring at once."""

    delays: tuple[DeviceDelay, ...] = ()


class RingOrderChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`RingOrder`; what is left out stays."""

    delays: tuple[DeviceDelay, ...] | UnsetType = UNSET


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """``public_holidays``: country code whose public holidays count (``NL``). Holds when any part does."""

    name: str
    weekly: tuple[Weekly, ...] = ()
    events: tuple[Event, ...] = ()
    public_holidays: str | None = None


class Schedules(msgspec.Struct, frozen=True, kw_only=True):
    """Those of one owner; a user's hides the group's of the same name."""

    schedules: tuple[Schedule, ...] = ()


class SchedulesChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`Schedules`; what is left out stays."""

    schedules: tuple[Schedule, ...] | UnsetType = UNSET


class SelectiveCallAcceptance(msgspec.Struct, frozen=True, kw_only=True):
    """Only calls that meet a criterion are taken."""

    active: bool = False
    criteria: tuple[Criterion, ...] = ()


class SelectiveCallAcceptanceChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`SelectiveCallAcceptance`; what is left out stays."""

    active: bool | UnsetType = UNSET
    criteria: tuple[Criterion, ...] | UnsetType = UNSET


class SelectiveCallRejection(msgspec.Struct, frozen=True, kw_only=True):
    active: bool = False
    criteria: tuple[Criterion, ...] = ()


class SelectiveCallRejectionChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`SelectiveCallRejection`; what is left out stays."""

    active: bool | UnsetType = UNSET
    criteria: tuple[Criterion, ...] | UnsetType = UNSET


class SelectiveForward(msgspec.Struct, frozen=True, kw_only=True):
    """``destination`` None: the service's own."""

    criterion: Criterion
    destination: str | None = None


class ShownTo(msgspec.Struct, frozen=True, kw_only=True):
    """What the people of one contact list see. ``choice`` None: the number everybody sees.
    ``alternate``: which one, as E.164. ``hide`` None: as for everybody.
    """

    choice: IdentityChoice | None = None
    alternate: str | None = None
    hide: bool | None = None


class SimultaneousCalls(msgspec.Struct, frozen=True, kw_only=True):
    """``most``: calls of the user at once, made and received, held ones too; None: as many as the pack
    allows, which is the most in any case.
    """

    most: int | None = None


class SimultaneousCallsChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`SimultaneousCalls`; what is left out stays."""

    most: int | UnsetType | None = UNSET


class SimultaneousRingNumber(msgspec.Struct, frozen=True, kw_only=True):
    number: str
    confirm: bool = False


class SimultaneousRingPersonal(msgspec.Struct, frozen=True, kw_only=True):
    """Up to ten numbers. ``criteria``: when; empty: always."""

    active: bool = False
    numbers: tuple[SimultaneousRingNumber, ...] = ()
    not_while_in_call: bool = False
    criteria: tuple[Criterion, ...] = ()


class SimultaneousRingPersonalChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`SimultaneousRingPersonal`; what is left out stays."""

    active: bool | UnsetType = UNSET
    numbers: tuple[SimultaneousRingNumber, ...] | UnsetType = UNSET
    not_while_in_call: bool | UnsetType = UNSET
    criteria: tuple[Criterion, ...] | UnsetType = UNSET


class SpeedDial100(msgspec.Struct, frozen=True, kw_only=True):
    entries: tuple[SpeedDialEntry, ...] = ()


class SpeedDial100Change(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`SpeedDial100`; what is left out stays."""

    entries: tuple[SpeedDialEntry, ...] | UnsetType = UNSET


class SpeedDial8(msgspec.Struct, frozen=True, kw_only=True):
    entries: tuple[SpeedDialEntry, ...] = ()


class SpeedDial8Change(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`SpeedDial8`; what is left out stays."""

    entries: tuple[SpeedDialEntry, ...] | UnsetType = UNSET


class SpeedDialEntry(msgspec.Struct, frozen=True, kw_only=True):
    """``code``: 2 to 9 (Speed Dial 8), 00 to 99 (Speed Dial 100)."""

    code: str
    destination: str
    label: str = ""


class Treatment(msgspec.Struct, frozen=True, kw_only=True):
    """``devices``: device ids that ring; None: all. ``destination``, with FORWARD: digits.
    ``announcement``, with REJECT: what the caller hears.
    """

    action: Action = Action("ring")
    devices: tuple[str, ...] | None = None
    destination: str | None = None
    announcement: RejectAnnouncement = RejectAnnouncement("no_calls_taken")


class UserNightForwarding(msgspec.Struct, frozen=True, kw_only=True):
    """The user's own part: follow the group, or decide oneself ("de gebruiker kan zelf het moment
    activeren").
    """

    follow_group: bool = True
    mode: NightMode = NightMode("off")
    open: str | None = None
    destination: str | None = None


class UserNightForwardingChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`UserNightForwarding`; what is left out stays."""

    follow_group: bool | UnsetType = UNSET
    mode: NightMode | UnsetType = UNSET
    open: str | UnsetType | None = UNSET
    destination: str | UnsetType | None = UNSET


class Voicemail(msgspec.Struct, frozen=True, kw_only=True):
    """When the one voicemail box takes the call (seed 5.4)."""

    active: bool = False
    always: bool = False
    busy: bool = True
    no_answer: bool = True
    not_reachable: bool = True


class VoicemailChange(msgspec.Struct, frozen=True, kw_only=True):
    """Some of :class:`Voicemail`; what is left out stays."""

    active: bool | UnsetType = UNSET
    always: bool | UnsetType = UNSET
    busy: bool | UnsetType = UNSET
    no_answer: bool | UnsetType = UNSET
    not_reachable: bool | UnsetType = UNSET


class Weekly(msgspec.Struct, frozen=True, kw_only=True):
    """Every week on ``days`` from ``start`` to ``end`` (``09:00``, local time; the end is not included).
    An ``end`` that is not after ``start`` lies on the next day; ``24:00`` is the end of the day.
    """

    days: tuple[Weekday, ...]
    start: str = "00:00"
    end: str = "24:00"
