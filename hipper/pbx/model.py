"""What the exchange knows of a user when it decides, and what a decision looks like. Pure data.

The gateway loads a :class:`SubscriberContext` with one SQL round trip per call
(``hipper.directory.contexts``) and hands it to :func:`hipper.pbx.origination.decide` or
:func:`hipper.pbx.termination.decide`.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from hipper.pbx.ids import DeviceId, GroupId, SubscriberId, SubscriptionId, TenantId
from hipper.pbx.services.bundles import GroupServices, SubscriberServices
from hipper.pbx.services.calling import IdentityChoice as IdentityChoice
from hipper.telephony.numbers.e164 import E164


class NumberKind(str, Enum):
    """The three numbers of a user (seed 5.3); ``alternate`` comes with the
    alternate-numbers service (seed 9)."""

    EXTENSION = "extension"
    FIXED = "fixed"
    MOBILE = "mobile"
    ALTERNATE = "alternate"


class DeviceKind(str, Enum):
    DESK_PHONE = "desk_phone"
    MOBILE = "mobile"
    EXCHANGE = "exchange"
    """A telephone of another exchange (Asterisk, BroadWorks), reached over its trunk."""
    REMOTE = "remote"
    """Not a device of ours: a number that rings along (Anywhere, Simultaneous Ring, Remote Office: seed
    4.3)."""


class ServicePack(str, Enum):
    """The five user profiles (seed 1.5, 4, 5.8); seed 9 says which services each holds."""

    BASE_PLUS = "base_plus"
    BUSINESS_PLUS = "business_plus"
    PREMIUM_PLUS = "premium_plus"
    VAST_MOBIEL_BUSINESS_PLUS = "vast_mobiel_business_plus"
    VAST_MOBIEL_PREMIUM_PLUS = "vast_mobiel_premium_plus"


class Number(msgspec.Struct, frozen=True, kw_only=True):
    """A number of a subscriber. ``e164`` is None for an extension; ``extension`` is None for the others."""

    kind: NumberKind
    e164: E164 | None = None
    extension: str | None = None


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """One telephone. ``aor_user`` (desk phones): user part of its address-of-record, also its digest
    username. ``mobile_network`` (mobiles): name of the network in the installation's settings. ``rings``:
    False while the user switched it off for incoming calls (seed 5.3)."""

    id: DeviceId
    kind: DeviceKind
    label: str
    aor_user: str | None = None
    mobile_network: str | None = None
    exchange: str | None = None
    """Name of the exchange trunk in the installation's settings; ``aor_user`` is then the user part there."""
    site: str | None = None
    """Name of the emergency zone the telephone stands in (seed 9, Emergency Zones)."""
    rings: bool = True


class SubscriberContext(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a decision about one subscriber reads. Never holds a secret: it stands in call traces."""

    tenant: TenantId
    group: GroupId
    subscriber: SubscriberId
    domain: str
    display_name: str
    country: str
    """ISO 3166 alpha-2; how dialled digits are read."""
    area_code: str | None
    """Without trunk prefix, e.g. ``20``: for local dialling without area code."""
    numbers: tuple[Number, ...]
    devices: tuple[Device, ...]
    identity: IdentityChoice
    identity_alternate: E164 | None = None
    withhold: bool = False
    """Calling Line ID Delivery Blocking (seed 9), permanent."""
    tenant_default_identity: E164 | None = None
    """Shown when the chosen number does not exist: the tenant's main number."""
    no_answer_s: int = 30
    decline_ends_ringing: bool = True
    mobile_subscription: SubscriptionId | None = None
    fixed_subscription: SubscriptionId | None = None
    language: str = "nl"
    enabled: bool = True
    time_zone: str = "Europe/Amsterdam"
    """IANA name; of the group. Schedules are read in it."""
    pack: ServicePack = ServicePack.VAST_MOBIEL_PREMIUM_PLUS
    services: SubscriberServices = SubscriberServices()
    group_services: GroupServices = GroupServices()


class Presentation(str, Enum):
    ALLOWED = "allowed"
    RESTRICTED = "restricted"


class CallerIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """Who is shown. ``number``: E.164, or None when unknown. On-net also ``extension`` and
    ``name``. ``network_number`` is the caller's true number for P-Asserted-Identity toward trusted
    peers; never shown. ``withheld_number``, with RESTRICTED: the number that would be shown, asserted
    toward trusted carriers that screen presented numbers; never shown either."""

    presentation: Presentation
    number: E164 | None = None
    extension: str | None = None
    name: str | None = None
    network_number: E164 | None = None
    withheld_number: E164 | None = None


class TariffClass(str, Enum):
    """What a leg costs by (seed 5.7, 7.1). ``free`` is an answered mobile or desk phone:
    receiving costs nothing."""

    ON_NET = "on_net"
    NATIONAL_FIXED = "national_fixed"
    NATIONAL_MOBILE = "national_mobile"
    SERVICE_FREE = "service_free"
    SERVICE_PAID = "service_paid"
    INTERNATIONAL = "international"
    EMERGENCY = "emergency"
    VOICEMAIL = "voicemail"
    FREE = "free"


class Payer(msgspec.Struct, frozen=True, kw_only=True):
    """Which subscription pays the leg, by which class. ``subscription`` None: nobody on our side."""

    subscription: SubscriptionId | None
    tariff: TariffClass


class Announcement(str, Enum):
    """Spoken texts of the exchange, in Dutch and English; a tenant may replace each."""

    NO_CALLS_TAKEN = "no_calls_taken"
    """Anonymous, selective or scheduled rejection: no calls are taken at the moment (seed 5.6, 9)."""
    USER_UNAVAILABLE = "user_unavailable"
    """Nobody can be reached; also instead of a voicemail box that does not exist yet."""
    UNKNOWN_NUMBER = "unknown_number"
    CALL_BARRED = "call_barred"
    """The outgoing calling plan does not allow it."""
    LIMIT_REACHED = "limit_reached"
    """A concurrency or spend cap."""
    NOTHING_TO_PULL = "nothing_to_pull"
    NOTHING_TO_PICK_UP = "nothing_to_pick_up"
    NOTHING_PARKED = "nothing_parked"
    CALL_PARKED = "call_parked"
    NOT_PARKED = "not_parked"
    SERVICE_ON = "service_on"
    SERVICE_OFF = "service_off"
    SERVICE_FAILED = "service_failed"
    NOT_ALLOWED = "not_allowed"
    """The service is not in the user's pack."""
    CALLBACK_SET = "callback_set"
    PRESS_ONE = "press_one"
    """Answer confirmation, to the one who answered: press 1 to take the call."""
    DIAL_DESTINATION = "dial_destination"
    """To a user who keyed the code of a transfer or consultation."""
    NOT_DONE = "not_done"
    """What a user keyed in a call cannot be done."""
    BUSY_IN_MEETING = "busy_in_meeting"
    OUT_OF_OFFICE = "out_of_office"
    ON_HOLIDAY = "on_holiday"
    """Personal Assistant: the user is not available, with the reason (seed 4.2)."""
    BACK_AT = "back_at"
    """Personal Assistant: followed by when, which the engine hands over as a time."""


class DivertReason(str, Enum):
    """Why a call goes on to somebody else: the reasons of Diversion (RFC 5806 §4) and, by them, the causes
    of History-Info and voicemail (RFC 4458)."""

    UNCONDITIONAL = "unconditional"
    USER_BUSY = "user-busy"
    NO_ANSWER = "no-answer"
    UNAVAILABLE = "unavailable"
    TIME_OF_DAY = "time-of-day"
    DO_NOT_DISTURB = "do-not-disturb"
    DEFLECTION = "deflection"
    """A 302 of a telephone."""
    FOLLOW_ME = "follow-me"
    """Anywhere, Simultaneous Ring, Remote Office: a number that rings along."""


class ForwardTo(msgspec.Struct, frozen=True, kw_only=True, tag="forward"):
    """The call goes on to ``destination``: digits as the user would dial them (extension or number)."""

    destination: str
    reason: DivertReason
    rule: str
    inhibited: bool = False
    """Diversion Inhibitor: whom this reaches forwards it no further (``diversion_inhibited`` of the facts
    there)."""


class ToVoicemail(msgspec.Struct, frozen=True, kw_only=True, tag="voicemail"):
    """To the user's one voicemail box (seed 5.4). ``listen``: the user calls in (1233) rather than a caller
    who may leave a message."""

    mailbox: SubscriberId
    reason: DivertReason
    rule: str
    listen: bool = False


class ToAnnouncement(msgspec.Struct, frozen=True, kw_only=True, tag="announce"):
    """The caller hears ``announcements`` in a 183, one after the other, and then gets the final response."""

    announcements: tuple[Announcement, ...]
    status: int
    cause: int
    explanation: str
    rule: str
    spoken_time: float | None = None
    """With BACK_AT: Unix seconds, spoken in the called user's time zone."""
    then: ForwardTo | ToVoicemail | None = None
    """Instead of the final response: where the call goes after the announcement (Personal Assistant)."""


Onward = ForwardTo | ToVoicemail | ToAnnouncement
"""Where a call goes that is not, or no longer, ringing at the user's devices."""


class CallerList(str, Enum):
    BUSINESS = "business"
    PRIVATE = "private"


class OriginationFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known at the moment of the call, beside settings."""

    last_dialled: str | None = None
    last_caller: E164 | None = None
    """Who called last, None also when that number was withheld: then it cannot be called back by code."""
    last_caller_withheld: bool = False
    called_list: CallerList | None = None
    """Which of the calling user's two contact lists whoever is called stands in."""
    calls: int = 0
    """Calls this user is in or is being rung by, beside the one that is decided on; 112 is none."""
    user_calls: int = 0
    """Chargeable calls of this user that are up now."""
    group_calls: int = 0
    group_incoming: int = 0
    """Calls from outside to users of this group that are up, or being set up."""
    user_spent_today: float = 0.0
    user_spent_month: float = 0.0
    group_spent_month: float = 0.0
    """In euros, by the rates of the group's calling plan."""


class ColleagueAlong(msgspec.Struct, frozen=True, kw_only=True):
    """A colleague one of whose numbers rings along (Anywhere, Simultaneous Ring, Remote Office), and what is
    known of that colleague at the moment of the call."""

    context: SubscriberContext
    busy_devices: tuple[DeviceId, ...] = ()
    calls: int = 0


class TerminationFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known at the moment of the call, beside settings."""

    busy_devices: tuple[DeviceId, ...] = ()
    """Devices of the called user that are in a call."""
    calls: int = 0
    """Calls the user is in or is being rung by, beside the one that is decided on."""
    diverted_by: tuple[SubscriberId, ...] = ()
    """Users whose forwarding brought the call here, the first first; nobody forwards a call twice."""
    diversions: int = 0
    """How often the call was diverted before, by anybody (Diversion, History-Info)."""
    diversion_inhibited: bool = False
    """The last one who diverted it wants it to go no further (seed 9, Diversion Inhibitor)."""
    caller_list: CallerList | None = None
    """Which of the called user's two contact lists the caller stands in (seed 4.7.1)."""
    emergency_callback: bool = False
    """The emergency centre calls back: everything that keeps telephones silent is passed over
    (call-flows §5)."""
    caller_group: GroupId | None = None
    """Of an on-net caller; None: the called user's own. What holds within the group only asks for it."""
    spending: OriginationFacts = OriginationFacts()
    """Of the called user, whose calling plan the numbers that ring along are held to."""
    colleagues: tuple[ColleagueAlong, ...] = ()
    """Who owns numbers that ring along, within the enterprise: their telephones ring, on-net."""


class ChangeService(msgspec.Struct, frozen=True, kw_only=True, tag="change_service"):
    """A feature code sets a service (``*21*0201234567#``). ``changes``: fields of its Struct, as
    JSON text."""

    service: str
    changes: str


class PullCall(msgspec.Struct, frozen=True, kw_only=True, tag="pull_call"):
    """``*11``: take the running call over to this device (seed 5.5)."""


class RequestCallback(msgspec.Struct, frozen=True, kw_only=True, tag="request_callback"):
    """Automatic Callback (seed 9): call back when the busy colleague is free. ``cancel``: no longer."""

    called: SubscriberId | None = None
    dialled: str | None = None
    cancel: bool = False


class PickUpCall(msgspec.Struct, frozen=True, kw_only=True, tag="pick_up_call"):
    """Take the call that rings at somebody of ``group``: at ``called`` (seed 9, Directed Call Pickup), or
    the one that has rung longest (Call Pickup). ``barge_in``: join it when it is answered already;
    ``warned``: with a tone to those who talk."""

    group: GroupId
    called: SubscriberId | None = None
    barge_in: bool = False
    warned: bool = True


class ParkCall(msgspec.Struct, frozen=True, kw_only=True, tag="park_call"):
    """Leave the running call at extension ``on`` for anybody of ``group`` (seed 9, Call Park). ``recall_s``:
    after so long the user is rung for it. ``most``: parked calls of the group at once."""

    group: GroupId
    on: str
    recall_s: int
    most: int


class RetrieveCall(msgspec.Struct, frozen=True, kw_only=True, tag="retrieve_call"):
    """Take the call that is parked at extension ``on``."""

    group: GroupId
    on: str


FeatureAction = ChangeService | PullCall | RequestCallback | PickUpCall | ParkCall | RetrieveCall


class FeaturePlan(msgspec.Struct, frozen=True, kw_only=True, tag="feature"):
    """A feature code: something is done and the caller hears what became of it. The engine knows whether it
    was done; ``done`` and ``failed`` are what is said then."""

    action: FeatureAction
    done: Announcement
    failed: Announcement
    payer: Payer
    rule: str


class OnNetPlan(msgspec.Struct, frozen=True, kw_only=True, tag="on_net"):
    """The dialled number is a colleague: that user's termination rules run next."""

    called: SubscriberId
    called_number: Number
    identity: CallerIdentity
    payer: Payer
    rule: str
    """Machine name of the rule that decided, e.g. ``on-net.extension``; stands in the record."""
    identity_rule: str | None = None
    """Why this identity is shown, e.g. ``identity.fixed`` (:mod:`hipper.pbx.rules`)."""
    dialled: str | None = None
    """What a speed dial, redial or call return code stood for; None: what was dialled."""


class ExternalPlan(msgspec.Struct, frozen=True, kw_only=True, tag="external"):
    """Out to the PSTN."""

    number: E164 | None
    """None for national short numbers (14020, 1233…) which have no E.164 form: then ``dialled`` is sent."""
    dialled: str
    identity: CallerIdentity
    payer: Payer
    rule: str
    identity_rule: str | None = None
    max_duration_s: float | None = None
    """The call is ended after this long: then a spend cap is reached."""
    rate_per_minute: float = 0.0
    """Euros, by the group's calling plan; what the spend caps count with."""


class SkippedDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A device that will not ring, with the rule that says why (for the record and for explain)."""

    device: DeviceId
    rule: str


class RefusedPlan(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """The call is refused: SIP status, Q.850 cause, and a sentence for Warning and the record."""

    status: int
    cause: int
    explanation: str
    rule: str
    skipped: tuple[SkippedDevice, ...] = ()
    """Termination where nothing rings: why not, for each device."""
    announcement: Announcement | None = None
    """Spoken in a 183 before the final response."""
    considered: tuple[str, ...] = ()
    """Rules of services that had a say without deciding, in the order they were asked: passed over, or
    ignored because the user's pack does not hold them."""


class DivertPlan(msgspec.Struct, frozen=True, kw_only=True, tag="divert"):
    """No device rings: the call goes onward at once. ``skipped``: every device, with the rule that kept it
    silent. ``identity``: what the next one is shown of the caller."""

    onward: Onward
    skipped: tuple[SkippedDevice, ...] = ()
    identity: CallerIdentity
    rule: str
    considered: tuple[str, ...] = ()
    """Rules of services that had a say without deciding, in the order they were asked: passed over, or
    ignored because the user's pack does not hold them."""


CallPlan = OnNetPlan | ExternalPlan | FeaturePlan | DivertPlan | RefusedPlan


class RingTarget(msgspec.Struct, frozen=True, kw_only=True):
    """One device or remote number to ring, with the payer of that leg should it answer."""

    device: DeviceId
    kind: DeviceKind
    aor_user: str | None = None
    mobile_network: str | None = None
    mobile_number: E164 | None = None
    exchange: str | None = None
    remote_number: E164 | None = None
    """REMOTE: the number that rings along; ``device`` then names the entry (``remote:<number>``)."""
    delay_s: float = 0.0
    """Rings this long after the others."""
    confirm: bool = False
    """Answer confirmation: wins only when 1 is pressed (call-flows §3)."""
    inhibited: bool = False
    """REMOTE: as in :class:`ForwardTo`."""
    colleague: SubscriberId | None = None
    """A number that rings along is this colleague's: the telephone of that user, for the called one, who pays
    (on-net)."""
    alert: str | None = None
    """Alert-Info value of a distinctive ring (RFC 3261 §20.4, RFC 7462 URNs)."""
    rate_per_minute: float = 0.0
    max_duration_s: float | None = None
    """REMOTE: the call is ended after this long: then a spend cap is reached."""
    payer: Payer
    rule: str


class RingPlan(msgspec.Struct, frozen=True, kw_only=True, tag="ring"):
    targets: tuple[RingTarget, ...]
    skipped: tuple[SkippedDevice, ...]
    no_answer_s: int
    decline_ends_ringing: bool
    identity: CallerIdentity
    """What the called devices show."""
    passed_on: CallerIdentity | None = None
    """What numbers that ring along, and whoever the call goes on to, are shown; None: the same."""
    rule: str
    on_busy: Onward | None = None
    """Every target that can be reached is busy."""
    on_no_answer: Onward | None = None
    on_not_reachable: Onward | None = None
    """No target can be reached."""
    on_decline: Onward | None = None
    """The user declined while ``decline_ends_ringing``."""
    considered: tuple[str, ...] = ()
    """Rules of services that had a say without deciding, in the order they were asked: passed over, or
    ignored because the user's pack does not hold them."""


TerminationPlan = RingPlan | DivertPlan | RefusedPlan
