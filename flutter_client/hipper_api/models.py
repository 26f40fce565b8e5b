"""What goes in and out. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType, field

from hipper_api.enums import OpenEnum


class Action(OpenEnum):
    FORWARD = "forward"
    REJECT = "reject"
    RING = "ring"
    VOICEMAIL = "voicemail"


class Announcement(OpenEnum):
    """Spoken texts of the exchange, in Dutch and English; a tenant may replace each."""

    BACK_AT = "back_at"
    BUSY_IN_MEETING = "busy_in_meeting"
    CALL_BARRED = "call_barred"
    CALL_PARKED = "call_parked"
    CALLBACK_SET = "callback_set"
    DIAL_DESTINATION = "dial_destination"
    LIMIT_REACHED = "limit_reached"
    NO_CALLS_TAKEN = "no_calls_taken"
    NOT_ALLOWED = "not_allowed"
    NOT_DONE = "not_done"
    NOT_PARKED = "not_parked"
    NOTHING_PARKED = "nothing_parked"
    NOTHING_TO_PICK_UP = "nothing_to_pick_up"
    NOTHING_TO_PULL = "nothing_to_pull"
    ON_HOLIDAY = "on_holiday"
    OUT_OF_OFFICE = "out_of_office"
    PRESS_ONE = "press_one"
    SERVICE_FAILED = "service_failed"
    SERVICE_OFF = "service_off"
    SERVICE_ON = "service_on"
    UNKNOWN_NUMBER = "unknown_number"
    USER_UNAVAILABLE = "user_unavailable"


class AppDomainCallsSchemasDirection(OpenEnum):
    INCOMING = "incoming"
    OUTGOING = "outgoing"


class Assumed(OpenEnum):
    """What is not known of that moment."""

    FREE = "free"
    REGISTERED = "registered"
    WITHIN_CAPS = "within_caps"


class AttemptOutcome(OpenEnum):
    """What became of one device of the called user."""

    ANSWERED = "answered"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    BARRED = "barred"
    BUSY = "busy"
    DECLINED = "declined"
    FAILED = "failed"
    NOT_CONFIRMED = "not_confirmed"
    NOT_REGISTERED = "not_registered"
    NOT_YET = "not_yet"
    RANG = "rang"
    REDIRECTED = "redirected"
    SWITCHED_OFF = "switched_off"
    UNREACHABLE = "unreachable"


class CallOutcome(OpenEnum):
    ANSWERED = "answered"
    BUSY = "busy"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    FAILED = "failed"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    SERVICE = "service"
    UNREACHABLE = "unreachable"


class CallerList(OpenEnum):
    BUSINESS = "business"
    PRIVATE = "private"


class ChosenBy(OpenEnum):
    HAND = "hand"
    SCHEDULE = "schedule"


class DecisionKind(OpenEnum):
    CALLED = "called"
    CALLING = "calling"
    FORWARDING = "forwarding"


class DeviceKind(OpenEnum):
    DESK_PHONE = "desk_phone"
    EXCHANGE = "exchange"
    MOBILE = "mobile"
    REMOTE = "remote"


class DeviceState(OpenEnum):
    """The first that holds."""

    IN_CALL = "in_call"
    IN_NETWORK = "in_network"
    NOT_REGISTERED = "not_registered"
    REGISTERED = "registered"
    SWITCHED_OFF = "switched_off"
    UNKNOWN = "unknown"


class ExportFault(OpenEnum):
    GIVEN_UP = "given_up"
    TOO_LARGE = "too_large"


class ExportState(OpenEnum):
    FAILED = "failed"
    READY = "ready"
    RUNNING = "running"
    WAITING = "waiting"


class FmcGatewayRecordsHistoryDirection(OpenEnum):
    INCOMING = "incoming"
    OUTGOING = "outgoing"


class Goes(OpenEnum):
    CODE = "code"
    COLLEAGUE = "colleague"
    EMERGENCY = "emergency"
    OUTSIDE = "outside"
    REFUSED = "refused"
    VOICEMAIL = "voicemail"


class Hears(OpenEnum):
    ANNOUNCEMENT = "announcement"
    BUSY = "busy"
    ELSEWHERE = "elsewhere"
    RINGING = "ringing"
    UNAVAILABLE = "unavailable"
    VOICEMAIL = "voicemail"


class HolidayKind(OpenEnum):
    GROUP = "group"
    OWN = "own"
    PUBLIC = "public"


class IdentityChoice(OpenEnum):
    """Which of the user's numbers outgoing calls show (seed 5.1). Holds for the next INVITE."""

    ALTERNATE = "alternate"
    FIXED = "fixed"
    MOBILE = "mobile"


class ImrnKind(OpenEnum):
    """Whose services the network asks for: of the user who calls, or of the one who is called."""

    ORIGINATING = "originating"
    TERMINATING = "terminating"


class KeepUntil(OpenEnum):
    """How long who transfers without consultation stays in the call (call-flows §4)."""

    ANSWER = "answer"
    RINGING = "ringing"


class KeyScope(OpenEnum):
    """What a program with a key may do: of its tenant, or (``imrn``) of its mobile network."""

    IMRN = "imrn"
    PROVISIONING = "provisioning"
    READ_ONLY = "read-only"
    RECORDER = "recorder"


class LivePhase(OpenEnum):
    """From the INVITE on a user is busy for colleagues (call-flows §2)."""

    ESTABLISHED = "established"
    HELD = "held"
    RINGING = "ringing"
    SETTING_UP = "setting_up"


class NumberKind(OpenEnum):
    """The three numbers of a user (seed 5.3); ``alternate`` comes with the alternate-numbers service
    (seed 9).
    """

    ALTERNATE = "alternate"
    EXTENSION = "extension"
    FIXED = "fixed"
    MOBILE = "mobile"


class OpenState(OpenEnum):
    PARKED = "parked"
    RINGING = "ringing"


class Operation(OpenEnum):
    ERASE = "erase"
    OFF = "off"
    ON = "on"


class Presence(OpenEnum):
    AVAILABLE = "available"
    BUSY = "busy"
    UNKNOWN = "unknown"


class RecordingAction(OpenEnum):
    PAUSE = "pause"
    RESUME = "resume"
    START = "start"
    STOP = "stop"


class RecordingState(OpenEnum):
    """Of a talk that goes on (architecture, "Hooks"; seed 6)."""

    OFF = "off"
    ON = "on"
    PAUSED = "paused"


class RejectAnnouncement(OpenEnum):
    """What a caller hears whose call is not taken; names of :class:`~hipper.pbx.model.Announcement`."""

    BUSY_IN_MEETING = "busy_in_meeting"
    NO_CALLS_TAKEN = "no_calls_taken"
    ON_HOLIDAY = "on_holiday"
    OUT_OF_OFFICE = "out_of_office"
    USER_UNAVAILABLE = "user_unavailable"


class Result(OpenEnum):
    """What became of a call for this user, over all devices."""

    ANSWERED = "answered"
    BUSY = "busy"
    DECLINED = "declined"
    DIVERTED = "diverted"
    FAILED = "failed"
    MISSED = "missed"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"


class ServicePack(OpenEnum):
    """The five user profiles (seed 1.5, 4, 5.8); seed 9 says which services each holds."""

    BASE_PLUS = "base_plus"
    BUSINESS_PLUS = "business_plus"
    PREMIUM_PLUS = "premium_plus"
    VAST_MOBIEL_BUSINESS_PLUS = "vast_mobiel_business_plus"
    VAST_MOBIEL_PREMIUM_PLUS = "vast_mobiel_premium_plus"


class Shows(OpenEnum):
    """Which number who is called sees. ``internal``: the extension alone. ``main``: that of the company."""

    ALTERNATE = "alternate"
    FIXED = "fixed"
    INTERNAL = "internal"
    MAIN = "main"
    MOBILE = "mobile"
    NOTHING = "nothing"
    WITHHELD = "withheld"


class TariffClass(OpenEnum):
    """What a leg costs by (seed 5.7, 7.1). ``free`` is an answered mobile or desk phone: receiving costs
    nothing.
    """

    EMERGENCY = "emergency"
    FREE = "free"
    INTERNATIONAL = "international"
    NATIONAL_FIXED = "national_fixed"
    NATIONAL_MOBILE = "national_mobile"
    ON_NET = "on_net"
    SERVICE_FREE = "service_free"
    SERVICE_PAID = "service_paid"
    VOICEMAIL = "voicemail"


class Then(OpenEnum):
    ANNOUNCEMENT = "announcement"
    FORWARD = "forward"
    REFUSED = "refused"
    VOICEMAIL = "voicemail"


class When(OpenEnum):
    AT_ONCE = "at_once"
    BUSY = "busy"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    NOT_REACHABLE = "not_reachable"


class ActiveProfile(msgspec.Struct, frozen=True, kw_only=True):
    """``until``: Unix seconds; None: for good, or as long as ``schedule`` holds."""

    profile: str
    by: ChosenBy
    until: float | None
    schedule: str | None


class AdministeredEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a user as administrators see it: a private one, or one to a helpline, is ``masked`` and
    does not say with whom.
    """

    id: str
    started: float
    direction: FmcGatewayRecordsHistoryDirection
    result: Result
    masked: bool
    other: OtherParty | None
    talked_s: float | None
    paid: Paid | None


class AdministeredPage(msgspec.Struct, frozen=True, kw_only=True):
    """``next``: the cursor of the next page; None: this was the last."""

    items: tuple[AdministeredEntry, ...]
    next: str | None


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """Times in Unix seconds."""

    id: str
    name: str
    role: Literal["network", "operator", "service"]
    tenant: str | None
    network: str | None
    scopes: tuple[str, ...]
    created: float
    expires: float | None
    revoked: float | None


class AppDomainAdminBulkImportWanted(msgspec.Struct, frozen=True, kw_only=True):
    """``csv``: the file as it is. Columns: user, display_name, group, pack, extension, fixed, mobile,
    language, alternate, desk_phone, label, site, password. ``dry_run``: only say what would be wrong.
    """

    csv: str
    dry_run: bool = False


class AppDomainAvailabilitySchemasProfileBySchedule(msgspec.Struct, frozen=True, kw_only=True):
    schedule: str
    profile: str


class AppDomainAvailabilitySchemasRoute(msgspec.Struct, frozen=True, kw_only=True):
    """``schedule``: a name of mine, or of the group's; null: ``inside`` always holds."""

    schedule: str | None = None
    inside: Way = field(
        default_factory=lambda: msgspec.convert(
            {"action": "ring", "devices": None, "destination": None, "announcement": "no_calls_taken"}, Way
        )
    )
    outside: Way = field(
        default_factory=lambda: msgspec.convert(
            {"action": "reject", "devices": None, "destination": None, "announcement": "no_calls_taken"}, Way
        )
    )


class AppDomainContactsSchemasImportWanted(msgspec.Struct, frozen=True, kw_only=True):
    """``text``: the file. ``list``: of contacts that do not say themselves (``CATEGORIES`` of a vCard,
    column ``list`` of a table).
    """

    format: Literal["csv", "vcard"]
    text: str
    list: CallerList = CallerList("business")


class AppDomainContactsSchemasNumberWanted(msgspec.Struct, frozen=True, kw_only=True):
    """``number``: as people write it in the user's country, or an extension."""

    number: str
    label: str = ""


class AppDomainMobileNetworkSchemasRoute(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="action", tag="route"
):
    """Send the call to ``imrn`` on the SIP trunk, within ``expires_in_s`` seconds, once."""

    imrn: str
    expires_in_s: int


class AvailabilityShown(msgspec.Struct, frozen=True, kw_only=True):
    """``active`` None: no profile, calls go by the number alone."""

    active: ActiveProfile | None
    numbers: tuple[RouteShown, ...]
    profiles: tuple[ProfileShown, ...]
    by_schedule: tuple[AppDomainAvailabilitySchemasProfileBySchedule, ...]
    schedules: tuple[ScheduleShown, ...]


class AvailabilityWanted(msgspec.Struct, frozen=True, kw_only=True):
    """All of it but which profile was chosen by hand; that stays while the profile does. Numbers that
    are left out always ring. Profiles that are left out are gone, but for the standard ones.
    """

    numbers: tuple[RouteOfNumber, ...] = ()
    profiles: tuple[ProfileWanted, ...] = ()
    by_schedule: tuple[AppDomainAvailabilitySchemasProfileBySchedule, ...] = ()


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """``used``: how many of its numbers somebody has. ``split_from``: the block it was part of."""

    id: str
    tenant: str
    first: str
    last: str
    size: Literal[1, 10, 100, 1000, 10000]
    kind: Literal["085", "088", "geographic", "international", "other"]
    reference: str
    split_from: str | None
    used: int


class BlockPage(msgspec.Struct, frozen=True, kw_only=True):
    """``next``: the cursor of the next page; None: this was the last."""

    items: tuple[Block, ...]
    next: str | None


class CallLeg(msgspec.Struct, frozen=True, kw_only=True):
    """One party of the call. ``mine``: the user's own; only of that the device is told. ``holds``: has
    put the others on hold. ``muted``: nobody of the conference hears it. ``moderates``: whose
    conference it is.
    """

    id: str
    mine: bool
    device: str | None
    holds: bool
    party: Party
    muted: bool = False
    moderates: bool = False


class CallRun(msgspec.Struct, frozen=True, kw_only=True):
    """What a call would come to. ``device``: the telephone it is made from, None: the user has none.
    ``dialled``: the digits it comes to. ``first``: what rings so that the user picks up, of a call
    from the app. ``announcements``: what the user hears of a call that is refused or a code that was
    dialled. ``there``: what the user hears one after the other while a colleague does not answer.
    """

    at: float
    goes: Goes
    device: str | None
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


class CallerFound(msgspec.Struct, frozen=True, kw_only=True):
    """Who is behind a number. ``number`` None: what has no E.164 form. ``name``: what to show first.
    ``calls``: the last with this number.
    """

    number: str | None
    text: str
    name: str | None
    contacts: tuple[ContactShown, ...]
    colleague: ColleagueShown | None
    calls: tuple[HistoryEntry, ...]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """``at``: Unix seconds. ``tenant`` "": the installation's. ``by``: ``operator``, ``provision``,
    ``user:<id>`` or ``key:<id>``. ``before``, ``after``: the thing as it was and is; null where
    ``change`` tells it all.
    """

    id: int
    at: float
    tenant: str
    by: str
    subject: str
    change: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """``next``: the cursor of the next page; None: this was the last."""

    items: tuple[Change, ...]
    next: str | None


class CodeGiven(msgspec.Struct, frozen=True, kw_only=True):
    code: str


class ColleaguePage(msgspec.Struct, frozen=True, kw_only=True):
    """By name. ``next``: the cursor of the next page; None: this was the last."""

    items: tuple[ColleagueShown, ...]
    next: str | None


class ColleagueShown(msgspec.Struct, frozen=True, kw_only=True):
    """``numbers``: those the colleague does not withhold."""

    id: str
    name: str
    group: str
    group_name: str
    numbers: tuple[OwnNumber, ...]
    presence: Presence


class ConferenceWish(msgspec.Struct, frozen=True, kw_only=True):
    """``calls``: other calls of mine. ``goes_on``: also when I leave."""

    calls: tuple[str, ...] = ()
    goes_on: bool = False


class ContactChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is absent stays; lists are given whole."""

    list: CallerList | UnsetType = UNSET
    name: str | UnsetType = UNSET
    company: str | UnsetType = UNSET
    numbers: tuple[AppDomainContactsSchemasNumberWanted, ...] | UnsetType = UNSET
    emails: tuple[str, ...] | UnsetType = UNSET
    note: str | UnsetType = UNSET
    favourite: bool | UnsetType = UNSET


class ContactPage(msgspec.Struct, frozen=True, kw_only=True):
    """By name. ``next``: the cursor of the next page; None: this was the last."""

    items: tuple[ContactShown, ...]
    next: str | None


class ContactShown(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    list: CallerList
    name: str
    company: str
    numbers: tuple[NumberShown, ...]
    emails: tuple[str, ...]
    note: str
    favourite: bool


class ContactWanted(msgspec.Struct, frozen=True, kw_only=True):
    """``list``: how calls of this contact are handled (seed 4.7.1)."""

    list: CallerList
    name: str
    company: str = ""
    numbers: tuple[AppDomainContactsSchemasNumberWanted, ...] = ()
    emails: tuple[str, ...] = ()
    note: str = ""
    favourite: bool = False


class Continue(msgspec.Struct, frozen=True, kw_only=True, tag_field="action", tag="continue"):
    """Go on without us."""


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """Shown once. ``payload`` is also what the QR code says, as JSON. ``qr_png``: Base64."""

    device: Telephone
    payload: Payload
    qr_svg: str
    qr_png: str


class DeviceChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is absent stays."""

    rings: bool | UnsetType = UNSET


class DialWish(msgspec.Struct, frozen=True, kw_only=True):
    """``destination``: as the user would dial it. ``device``: which telephone of mine rings first, or
    ``remote:<number>``; absent: the usual one. ``anonymous``: my number is not shown.
    """

    destination: str
    device: str | None = None
    anonymous: bool = False


class DigitsWish(msgspec.Struct, frozen=True, kw_only=True):
    digits: str
    device: str | None = None


class DivertedBy(msgspec.Struct, frozen=True, kw_only=True):
    """The colleague whose forwarding, or transfer, brought the call here."""

    id: str
    name: str | None


class DivertedTo(msgspec.Struct, frozen=True, kw_only=True):
    """Where the user's own forwarding, or the user who transferred it, sent it; ``text`` ``voicemail``
    or a number as people write it. ``reason``: of RFC 5806, or ``transfer``.
    """

    text: str
    reason: str


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """The gateway has done it, or has begun to: events tell what comes of it. ``call``: which call; the
    new one, when dialling.
    """

    call: str
    status: Literal["done"] = "done"


class Email(msgspec.Struct, frozen=True, kw_only=True):
    """``address``: where mail for the user goes. ``wanted``: an address that waits for its code."""

    address: str | None
    wanted: str | None


class EmailSet(msgspec.Struct, frozen=True, kw_only=True):
    """``address`` None: no mail any more."""

    address: str | None


class EmailWanted(msgspec.Struct, frozen=True, kw_only=True):
    """``address`` None: no mail any more."""

    address: str | None
    password: str


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """``secret``: base32, to be typed; ``uri``: ``otpauth://totp/…``, ``qr_svg``: the same as a picture.
    Shown once.
    """

    secret: str
    uri: str
    qr_svg: str


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """A plan in sentences. ``considered``: what had a say without deciding, in the order it was asked.
    ``no_answer_s`` None: nothing rings.
    """

    decided: Said
    considered: tuple[Said, ...]
    rings: bool
    no_answer_s: int | None
    devices: tuple[WouldRing, ...]
    goes_on: tuple[GoesOn, ...]


class ExplainedCall(msgspec.Struct, frozen=True, kw_only=True):
    """Times: Unix seconds. ``other``: who called, or what was dialled; None when it was withheld, or
    ``masked``. ``decisions`` is empty for calls of before they were kept. ``phase``: of a call that
    is still going on; then ``ended`` and ``outcome`` are None, and ``decisions`` and ``devices``
    those so far.
    """

    call: str
    started: float
    answered: float | None
    ended: float | None
    outcome: CallOutcome | None
    phase: LivePhase | None = None
    incoming: bool
    other: str | None
    withheld: bool
    masked: bool
    decided: Said
    decisions: tuple[ExplainedDecision, ...]
    devices: tuple[ExplainedDevice, ...]
    diversions: tuple[ExplainedDiversion, ...]


class ExplainedDecision(msgspec.Struct, frozen=True, kw_only=True):
    """``identity``: why that number was shown. ``considered``: what had a say without deciding.
    ``list``: whether the other party was treated as a business or a private one.
    """

    kind: DecisionKind
    decided: Said
    identity: Said | None
    considered: tuple[Said, ...]
    list: CallerList | None


class ExplainedDevice(msgspec.Struct, frozen=True, kw_only=True):
    """``nl``, ``en``: what became of it, without ``outcome`` what it does now; ``why``: the rule by
    which it rang or not. ``device`` None: a number that rings along, of which only its user is told
    which.
    """

    device: str | None
    label: str | None = None
    outcome: AttemptOutcome | None
    nl: str
    en: str
    why: Said
    detail: str | None


class ExplainedDiversion(msgspec.Struct, frozen=True, kw_only=True):
    """``to`` None: masked."""

    to: str | None
    reason: str
    why: Said
    at: float


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """``done`` of ``total`` files are in the ZIP; ``size``: its bytes so far. ``expires``: it is erased
    then. Times: Unix seconds.
    """

    id: str
    state: ExportState
    done: int
    total: int
    size: int
    created: float
    expires: float
    fault: ExportFault | None = None


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """``line``: of the file, the names of the columns being line 1. ``column`` "": the line as a whole."""

    line: int
    column: str
    user: str
    text: str
    tekst: str


class GoesOn(msgspec.Struct, frozen=True, kw_only=True):
    """Where the call goes that does not ring, or no longer. ``destination``: of FORWARD, as it was set."""

    when: When
    then: Then
    destination: str | None = None
    announcements: tuple[Announcement, ...] = ()
    why: Said


class Group(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    tenant: str
    name: str
    display_name: str
    country: str
    area_code: str | None
    time_zone: str


class GroupChange(msgspec.Struct, frozen=True, kw_only=True):
    display_name: str | UnsetType = UNSET
    area_code: str | UnsetType | None = UNSET
    time_zone: str | UnsetType = UNSET


class GroupPage(msgspec.Struct, frozen=True, kw_only=True):
    """``next``: the cursor of the next page; None: this was the last."""

    items: tuple[GroupSummary, ...]
    next: str | None


class GroupSummary(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    display_name: str


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """``status``: ``live``, ``ready``, ``not ready`` or ``draining``. ``parts``: what is there."""

    status: str
    parts: dict[str, bool] = field(default_factory=dict)


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """``for_s``: of RINGING, how long at most."""

    hears: Hears
    for_s: int | None = None
    announcements: tuple[Announcement, ...] = ()


class HipperDirectoryAdminModelNumberWanted(msgspec.Struct, frozen=True, kw_only=True):
    kind: Literal["alternate", "fixed", "mobile"]


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One call, over all devices of the user. ``started``: Unix seconds. ``kind``: by the user's
    contacts, else by the user's number. ``device``: called with or answered on. ``talked_s`` None: no
    talk.
    """

    id: str
    started: float
    direction: FmcGatewayRecordsHistoryDirection
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


class HistoryPage(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first. ``unseen``: missed calls that were not seen, on the first page only."""

    items: tuple[HistoryEntry, ...]
    next: str | None
    unseen: int | None = None


class Holiday(msgspec.Struct, frozen=True, kw_only=True):
    """``date``: ``2026-12-25``. ``schedule``: whose event it is; None for public ones."""

    date: str
    name: str
    english: str
    kind: HolidayKind
    schedule: str | None


class Holidays(msgspec.Struct, frozen=True, kw_only=True):
    """``schedules``: those in which the public holidays count."""

    year: int
    country: str
    items: tuple[Holiday, ...]
    schedules: tuple[str, ...]


class IdentityShown(msgspec.Struct, frozen=True, kw_only=True):
    """``number``: what is shown as E.164, ``text``: as people write it; both None when the user has no
    such number any more. ``hide``: the number is withheld on every call. ``business``, ``private``:
    for contacts of that list; None: as for everybody.
    """

    choice: IdentityChoice
    alternate: str | None
    hide: bool
    number: str | None
    text: str | None
    business: ShownToList | None
    private: ShownToList | None
    choices: tuple[NumberToShow, ...]


class IdentityWanted(msgspec.Struct, frozen=True, kw_only=True):
    """``alternate``: which of the user's alternate numbers, with ``choice`` alternate. ``business``,
    ``private``: absent stays as it is, null is as for everybody.
    """

    choice: IdentityChoice
    alternate: str | None = None
    hide: bool = False
    business: WantedForList | UnsetType | None = UNSET
    private: WantedForList | UnsetType | None = UNSET


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """``done`` of ``total`` users; of those ``changed`` were made or changed, and those in ``faults``
    left as they were. ``stopped``: with the process that did it; the same file again goes on.
    """

    id: str
    tenant: str
    by: str
    state: Literal["done", "running", "stopped"]
    dry_run: bool
    created: float
    total: int
    done: int
    changed: int
    faults: tuple[Fault, ...]


class ImportFault(msgspec.Struct, frozen=True, kw_only=True):
    """``line``: where in the file the contact begins, from 1. ``detail``: what is wrong with it."""

    line: int
    detail: str


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """``known``: were there already, with the same name, list and numbers. ``faults``: of those that
    were not imported, and of parts that were left out.
    """

    added: int
    known: int
    faults: tuple[ImportFault, ...]


class Imports(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[Import, ...]


class ImrnRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A call for which the network met one of our users' CAMEL services."""

    served_user: str
    called: str
    calling: str | None = None
    kind: ImrnKind
    call_reference: str


class InvalidMember(msgspec.Struct, frozen=True, kw_only=True):
    """One fault of a body. ``pointer``: JSON Pointer as URI fragment (RFC 6901 §6); never the value."""

    pointer: str
    detail: str


class KeyPage(msgspec.Struct, frozen=True, kw_only=True):
    """``next``: the cursor of the next page; None: this was the last."""

    items: tuple[ApiKey, ...]
    next: str | None


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """``type`` stays; ``title`` in English and ``titel`` in Dutch may be worded better some day."""

    type: str
    status: int
    title: str
    titel: str


class Kinds(msgspec.Struct, frozen=True, kw_only=True):
    """By status."""

    items: tuple[Kind, ...]


class Licence(msgspec.Struct, frozen=True, kw_only=True):
    """``licences`` None: as many as the group likes."""

    pack: ServicePack
    licences: int | None
    users: int


class Licences(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[Licence, ...]


class LicencesWanted(msgspec.Struct, frozen=True, kw_only=True):
    """How many users of each pack a group may have; ``null`` or absent: no limit. Not fewer than it has."""

    base_plus: int | None = None
    business_plus: int | None = None
    premium_plus: int | None = None
    vast_mobiel_business_plus: int | None = None
    vast_mobiel_premium_plus: int | None = None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """``seconds`` that were charged. ``euros``: by the rates of the calling plan. ``latest``: Unix
    seconds.
    """

    tariff: str
    calls: int
    seconds: float
    euros: float
    latest: float


class MadeKey(msgspec.Struct, frozen=True, kw_only=True):
    """``secret``: the key itself, shown once."""

    key: ApiKey
    secret: str


class MailedCodeGiven(msgspec.Struct, frozen=True, kw_only=True):
    code: str


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """``services``: those of the pack, by name; settings at ``/v1/me/services/<name>``. ``functions``:
    the same in words. ``pack_name``: as the service description calls it. ``live``: whether the
    states of the devices are known now.
    """

    id: str
    user: str
    display_name: str
    language: str
    role: str
    company: str
    group: str
    group_name: str
    numbers: tuple[OwnNumber, ...]
    devices: tuple[OwnDevice, ...]
    live: bool
    pack: ServicePack
    pack_name: str
    services: tuple[str, ...]
    functions: tuple[PackFunction, ...]


class Music(msgspec.Struct, frozen=True, kw_only=True):
    """A recording. ``is_default``: heard of users who chose nothing. ``digest``: SHA-256 of what is
    heard.
    """

    name: str
    display_name: str
    is_default: bool
    duration_ms: int
    digest: str


class MusicChange(msgspec.Struct, frozen=True, kw_only=True):
    """``is_default`` true: instead of the one that is; false: the exchange's own music is heard."""

    display_name: str | UnsetType = UNSET
    is_default: bool | UnsetType = UNSET


class MusicList(msgspec.Struct, frozen=True, kw_only=True):
    """All there are: a company has at most 20."""

    items: tuple[Music, ...]


class MuteWish(msgspec.Struct, frozen=True, kw_only=True):
    leg: str
    muted: bool


class NewBlock(msgspec.Struct, frozen=True, kw_only=True):
    """``first``: ends with as many noughts as ``size`` has. ``reference``: the order; of an 088 block
    the regulator's allocation, which must be there (seed 8).
    """

    first: str
    size: Literal[1, 10, 100, 1000, 10000]
    reference: str = ""


class NewGroup(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    display_name: str | None = None
    country: str = "NL"
    area_code: str | None = None
    time_zone: str = "Europe/Amsterdam"


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    """``service``: of one ``tenant``, with ``scopes``. ``network``: of the mobile ``network``, with
    scope ``imrn``. ``operator``: everything, without scopes. ``days``: how long it works; null: until
    revoked.
    """

    role: Literal["network", "operator", "service"]
    name: str = ""
    tenant: str | None = None
    network: str | None = None
    scopes: tuple[KeyScope, ...] = ()
    days: int | None = None


class NewMusic(msgspec.Struct, frozen=True, kw_only=True):
    """``audio``: the file in base64, wav, mp3, flac, ogg, opus or m4a; 1 second to 5 minutes."""

    audio: str
    display_name: str | None = None


class NewPassword(msgspec.Struct, frozen=True, kw_only=True):
    """``code``: of the mail."""

    code: str
    password: str


class NewSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """``number`` and ``mobile_network``: of a mobile subscription, both or neither."""

    id: str
    kind: Literal["fixed", "mobile"]
    number: str | None = None
    mobile_network: str | None = None


class NewTelephone(msgspec.Struct, frozen=True, kw_only=True):
    """A desk phone. ``aor_user``: its user part and digest user name; left out, one is made of the
    user's.
    """

    label: str
    aor_user: str | None = None
    site: str | None = None
    rings: bool = True


class NewTenant(msgspec.Struct, frozen=True, kw_only=True):
    """``group``: name of its first group."""

    name: str
    display_name: str
    kind: Literal["enterprise", "group"]
    domains: tuple[str, ...]
    mobile_network: str | None = None
    group: str = "main"


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    """``user``: without a domain, in the company's first. Numbers are free ones of the company."""

    user: str
    display_name: str
    pack: ServicePack
    extension: str | None = None
    fixed: str | None = None
    mobile: str | None = None
    alternates: tuple[str, ...] = ()
    language: Literal["en", "nl"] = "nl"
    no_answer_s: int = 30
    decline_ends_ringing: bool = True
    enabled: bool = True


class NumberPage(msgspec.Struct, frozen=True, kw_only=True):
    """``next``: the cursor of the next page; None: this was the last."""

    items: tuple[NumberUse, ...]
    next: str | None


class NumberShown(msgspec.Struct, frozen=True, kw_only=True):
    """``number``: E.164, None for what has no such form. ``text``: as people write it."""

    number: str | None
    text: str
    label: str


class NumberToShow(msgspec.Struct, frozen=True, kw_only=True):
    """One of the numbers that may be chosen."""

    choice: IdentityChoice
    alternate: str | None
    text: str


class NumberUse(msgspec.Struct, frozen=True, kw_only=True):
    """A number of the company. ``kind`` None: free. ``user`` None too, or not in the reach of who asks."""

    number: str
    text: str
    kind: Literal["alternate", "fixed", "main", "mobile"] | None
    user: str | None
    block: str | None


class OfLeg(msgspec.Struct, frozen=True, kw_only=True):
    leg: str


class OnDevice(msgspec.Struct, frozen=True, kw_only=True):
    """``device``: where two telephones of mine are in the call, which one."""

    device: str | None = None


class OpenCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call of the group that I may take. ``caller``: who waits; ``called``: at whom it rings. ``at``:
    the extension where it is parked. ``since``: Unix seconds.
    """

    id: str
    state: OpenState
    caller: Party
    called: Party | None
    at: str | None
    since: float


class OpenCalls(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[OpenCall, ...]


class OtherParty(msgspec.Struct, frozen=True, kw_only=True):
    """As the user was shown it; all of it None when ``withheld``. ``text``: as people write the number.
    ``contact``: one of the user's contacts; ``colleague``: a user of the enterprise.
    """

    withheld: bool
    name: str | None = None
    number: str | None = None
    extension: str | None = None
    text: str | None = None
    contact: str | None = None
    colleague: str | None = None


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """``chosen`` False: the tiles of the service pack, in its order. ``more``: tiles that may be added."""

    chosen: bool
    tiles: tuple[Tile, ...]
    more: tuple[TileName, ...]


class OverviewWanted(msgspec.Struct, frozen=True, kw_only=True):
    """Names of tiles in their order; null: those of the service pack."""

    tiles: tuple[str, ...] | None


class OwnCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call of mine that is going on. ``device``: which telephone of mine has it, None while none does;
    ``ringing``: those that ring. ``held_by_me``, ``held_by_other``: who hears music. ``untouchable``:
    112 and 113; nothing can be asked of it. ``conference``: all of ``legs`` hear each other. Times:
    Unix seconds.
    """

    id: str
    direction: AppDomainCallsSchemasDirection
    phase: LivePhase
    other: Party
    device: str | None
    ringing: tuple[str, ...]
    started: float
    answered: float | None
    held_by_me: bool
    held_by_other: bool
    recording: RecordingState
    untouchable: bool
    legs: tuple[CallLeg, ...]
    conference: bool = False


class OwnCalls(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[OwnCall, ...]


class OwnDevice(msgspec.Struct, frozen=True, kw_only=True):
    """``registered`` None: not ours to know. ``calls``: how many calls it is in."""

    id: str
    kind: DeviceKind
    label: str
    site: str | None
    rings: bool
    state: DeviceState
    registered: bool | None
    calls: int


class OwnNumber(msgspec.Struct, frozen=True, kw_only=True):
    """``text``: as people write it. ``e164`` None: an extension."""

    kind: NumberKind
    text: str
    e164: str | None = None
    extension: str | None = None


class PackChange(msgspec.Struct, frozen=True, kw_only=True):
    """What changing the pack does. ``lost``: services the user set and the new pack does not hold; their
    settings are kept and do nothing. ``stays``: services that are set and go on. ``gained``: services
    that come with it. ``obstacles``: what must go first.
    """

    pack: ServicePack
    before: ServicePack
    lost: tuple[str, ...]
    stays: tuple[str, ...]
    gained: tuple[str, ...]
    obstacles: tuple[str, ...]


class PackFunction(msgspec.Struct, frozen=True, kw_only=True):
    """A service of the pack, as people call it. ``active``: switched on; None: it has no switch."""

    name: str
    nl: str
    en: str
    active: bool | None


class PackWanted(msgspec.Struct, frozen=True, kw_only=True):
    pack: ServicePack


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """Which of the user's subscriptions paid (seed 5.7), and by what."""

    subscription: str
    tariff: TariffClass


class ParkWish(msgspec.Struct, frozen=True, kw_only=True):
    """``on``: the extension at which it waits; absent: my own."""

    on: str | None = None


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """Who is at the other end. ``withheld``: nothing of it may be known. ``text``: as people write the
    number or extension.
    """

    withheld: bool = False
    number: str | None = None
    extension: str | None = None
    name: str | None = None
    text: str = ""


class PasswordChange(msgspec.Struct, frozen=True, kw_only=True):
    """Ends every other session of the user."""

    current: str
    new: str


class PasswordMade(msgspec.Struct, frozen=True, kw_only=True):
    """Shown once; only a hash of it is kept."""

    user: str
    password: str


class PasswordProof(msgspec.Struct, frozen=True, kw_only=True):
    """Who has a token alone cannot change how the user signs in."""

    password: str


class Payer(msgspec.Struct, frozen=True, kw_only=True):
    """Which subscription pays the leg, by which class. ``subscription`` None: nobody on our side."""

    subscription: str | None
    tariff: TariffClass


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """``v``: of this format."""

    v: int
    aor: str
    username: str
    password: str
    realm: str
    registrars: tuple[Registrar, ...]


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The body of every error."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: tuple[InvalidMember, ...] = ()
    packs: tuple[ServicePack, ...] = ()
    state: str = ""
    may_still_happen: bool | None = None


class ProfileChoice(msgspec.Struct, frozen=True, kw_only=True):
    """``profile`` null: by schedule again. ``until``: ``2026-11-27T18:30``, local, or with an offset;
    null: until something else is chosen.
    """

    profile: str | None
    until: str | None = None


class ProfileShown(msgspec.Struct, frozen=True, kw_only=True):
    """``standard``: one every user has; choosing or changing it makes it the user's own."""

    name: str
    nl: str
    en: str
    standard: bool
    business: Way
    private: Way


class ProfileWanted(msgspec.Struct, frozen=True, kw_only=True):
    """``private``: who stands in my private list, and who is in neither list and calls my mobile number."""

    name: str
    business: Way = field(
        default_factory=lambda: msgspec.convert(
            {"action": "ring", "devices": None, "destination": None, "announcement": "no_calls_taken"}, Way
        )
    )
    private: Way = field(
        default_factory=lambda: msgspec.convert(
            {"action": "ring", "devices": None, "destination": None, "announcement": "no_calls_taken"}, Way
        )
    )


class PushWish(msgspec.Struct, frozen=True, kw_only=True):
    to: str
    device: str | None = None


class RecordingWish(msgspec.Struct, frozen=True, kw_only=True):
    action: RecordingAction


class RecoveryCodes(msgspec.Struct, frozen=True, kw_only=True):
    """Each signs in once in the place of a code. Shown once."""

    codes: tuple[str, ...]


class Refresh(msgspec.Struct, frozen=True, kw_only=True):
    refresh_token: str


class Registrar(msgspec.Struct, frozen=True, kw_only=True):
    transport: str
    host: str
    port: int


class Release(msgspec.Struct, frozen=True, kw_only=True, tag_field="action", tag="release"):
    """End the call. ``cause``: ITU-T Q.850."""

    cause: int


class ResetWanted(msgspec.Struct, frozen=True, kw_only=True):
    user: str


class RoleShown(msgspec.Struct, frozen=True, kw_only=True):
    role: str


class RoleWanted(msgspec.Struct, frozen=True, kw_only=True):
    role: Literal["enterprise_administrator", "group_administrator", "user"]


class RouteOfNumber(msgspec.Struct, frozen=True, kw_only=True):
    """``number``: ``mobile``, ``fixed``, ``extension``, or an alternate number as E.164."""

    schedule: str | None = None
    inside: Way = field(
        default_factory=lambda: msgspec.convert(
            {"action": "ring", "devices": None, "destination": None, "announcement": "no_calls_taken"}, Way
        )
    )
    outside: Way = field(
        default_factory=lambda: msgspec.convert(
            {"action": "reject", "devices": None, "destination": None, "announcement": "no_calls_taken"}, Way
        )
    )
    number: str


class RouteShown(msgspec.Struct, frozen=True, kw_only=True):
    """``id``: in the path of its own resource. ``chosen`` False: nothing is set, the number always
    rings. ``inside_now`` None: without a schedule, or with one that does not exist.
    """

    number: str
    id: str
    kind: NumberKind
    text: str
    chosen: bool
    schedule: str | None
    inside: Way
    outside: Way
    inside_now: bool | None


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A rule by name, and what it says."""

    rule: str
    nl: str
    en: str


class ScheduleShown(msgspec.Struct, frozen=True, kw_only=True):
    """One that may be named. ``of_group``: everybody's of the group."""

    name: str
    of_group: bool
    holds_now: bool


class SecondFactorState(msgspec.Struct, frozen=True, kw_only=True):
    """``since``: Unix seconds."""

    enabled: bool
    since: float | None
    recovery_codes_left: int


class SeenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """``marked``: how many were not seen before. ``unseen``: how many still are not."""

    marked: int
    unseen: int


class SeenWanted(msgspec.Struct, frozen=True, kw_only=True):
    """``up_to``: id of the newest call that was seen; None: all of them."""

    up_to: str | None = None


class ServiceSummaries(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[ServiceSummary, ...]


class ServiceSummary(msgspec.Struct, frozen=True, kw_only=True):
    """``included``: the user's pack holds it. ``version`` 0: never set, ``settings`` are the defaults."""

    name: str
    nl: str
    en: str
    seed: str
    included: bool
    version: int
    settings: dict[str, Any]


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A device that is signed in. Times: Unix seconds. ``current``: the one that asks."""

    id: str
    device_name: str
    address: str
    created: float
    used: float
    expires: float
    current: bool


class Sessions(msgspec.Struct, frozen=True, kw_only=True):
    """The one used last comes first; at most 20."""

    items: tuple[Session, ...]


class ShownToList(msgspec.Struct, frozen=True, kw_only=True):
    """What the people of one contact list see. ``choice`` None: the number everybody sees; ``hide``
    None: as for everybody. ``number``, ``text``: what is shown to them, hidden or not.
    """

    choice: IdentityChoice | None
    alternate: str | None
    hide: bool | None
    number: str | None
    text: str | None


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """``device_name``: what the user calls this device in the list of sessions. ``code``: of the second
    factor, or a recovery code; for who has one.
    """

    user: str
    password: str
    device_name: str = ""
    code: str = ""


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """``parts``: ten new blocks, or a multiple of ten (seed 8)."""

    parts: Literal[10, 100, 1000, 10000] = 10


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """What calls are charged to (seed 5.7). ``number``: of a mobile subscription. ``users``: who has it."""

    id: str
    kind: Literal["fixed", "mobile"]
    number: str | None
    mobile_network: str | None
    users: tuple[str, ...]


class SubscriptionPage(msgspec.Struct, frozen=True, kw_only=True):
    """``next``: the cursor of the next page; None: this was the last."""

    items: tuple[Subscription, ...]
    next: str | None


class TakeWish(msgspec.Struct, frozen=True, kw_only=True):
    """``device``: the telephone of mine that rings for it; absent: the usual one."""

    device: str | None = None


class Telephone(msgspec.Struct, frozen=True, kw_only=True):
    """``aor``: of desk phones, ``aor_user@domain``. ``site``: the emergency zone it stands in (seed 9)."""

    id: str
    user: str
    kind: Literal["desk_phone", "exchange", "mobile"]
    label: str
    aor: str | None
    mobile_network: str | None
    exchange: str | None
    site: str | None
    rings: bool


class TelephoneChange(msgspec.Struct, frozen=True, kw_only=True):
    label: str | UnsetType = UNSET
    site: str | UnsetType | None = UNSET
    rings: bool | UnsetType = UNSET


class Telephones(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[Telephone, ...]


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """A company. ``kind`` cannot change (seed 2.1). ``main_number``: shown by users without a number."""

    id: str
    name: str
    display_name: str
    kind: Literal["enterprise", "group"]
    domains: tuple[str, ...]
    main_number: str | None
    mobile_network: str | None


class TenantChange(msgspec.Struct, frozen=True, kw_only=True):
    """``domains`` and ``mobile_network`` are for operators."""

    display_name: str | UnsetType = UNSET
    main_number: str | UnsetType | None = UNSET
    mobile_network: str | UnsetType | None = UNSET
    domains: tuple[str, ...] | UnsetType = UNSET


class TenantPage(msgspec.Struct, frozen=True, kw_only=True):
    """``next``: the cursor of the next page; None: this was the last."""

    items: tuple[Tenant, ...]
    next: str | None


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """``active``: switched on; None: it has no switch. ``state``: of a service its settings; of
    ``identity``, ``availability`` and ``devices`` what ``at`` answers, or the part of it that fits a
    tile. ``at``: where to change it.
    """

    tile: str
    nl: str
    en: str
    active: bool | None
    state: dict[str, Any]
    at: str


class TileName(msgspec.Struct, frozen=True, kw_only=True):
    tile: str
    nl: str
    en: str


class ToDestination(msgspec.Struct, frozen=True, kw_only=True):
    destination: str


class ToDevice(msgspec.Struct, frozen=True, kw_only=True):
    """``to``: the telephone of mine that takes the call over."""

    to: str


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """``refresh_token`` works once, and gives the next. One that comes a second time was stolen, or its
    answer was lost: the session ends, and the user signs in again.
    """

    session: str
    access_token: str
    expires_in_s: int
    refresh_token: str
    token_type: str = "Bearer"


class TransferWish(msgspec.Struct, frozen=True, kw_only=True):
    """``return_on_failure``: when the other does not take it, the call comes back to me. ``keep_until``:
    I stay until it rings there, or until somebody has answered. ``no_answer_s``: how long it rings
    there.
    """

    destination: str
    return_on_failure: bool = True
    keep_until: KeepUntil = KeepUntil("ringing")
    no_answer_s: int | None = None


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Of one employee: ``mobile`` and ``fixed`` subscription, a line for each tariff."""

    user: str
    display_name: str
    month: str
    mobile: tuple[Line, ...]
    fixed: tuple[Line, ...]


class UsagePage(msgspec.Struct, frozen=True, kw_only=True):
    """``next``: the cursor of the next page; None: this was the last."""

    items: tuple[Usage, ...]
    next: str | None


class UsedDevice(msgspec.Struct, frozen=True, kw_only=True):
    """``label`` None: a telephone that is the user's no more."""

    id: str
    label: str | None


class UsedNumber(msgspec.Struct, frozen=True, kw_only=True):
    """The user's number: of an incoming call the one that was called, of an outgoing one the one that
    was shown; ``hidden``: none was.
    """

    number: str | None
    text: str | None
    hidden: bool


class User(msgspec.Struct, frozen=True, kw_only=True):
    """``user``: ``user@domain``, what people sign in with (seed 2.2)."""

    id: str
    tenant: str
    group: str
    user: str
    display_name: str
    language: str
    enabled: bool
    pack: ServicePack
    extension: str | None
    fixed: str | None
    mobile: str | None
    alternates: tuple[str, ...]
    no_answer_s: int
    decline_ends_ringing: bool
    mobile_subscription: str | None
    fixed_subscription: str | None


class UserChange(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers and the pack have routes of their own, since they may be refused."""

    display_name: str | UnsetType = UNSET
    group: str | UnsetType = UNSET
    extension: str | UnsetType | None = UNSET
    language: Literal["en", "nl"] | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    no_answer_s: int | UnsetType = UNSET
    decline_ends_ringing: bool | UnsetType = UNSET
    fixed_subscription: str | UnsetType = UNSET


class UserPage(msgspec.Struct, frozen=True, kw_only=True):
    """``next``: the cursor of the next page; None: this was the last."""

    items: tuple[User, ...]
    next: str | None


class WantedForList(msgspec.Struct, frozen=True, kw_only=True):
    """As :class:`ShownToList`."""

    choice: IdentityChoice | None = None
    alternate: str | None = None
    hide: bool | None = None


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a call. ``devices``, with ``ring``: ids of telephones, null for all.
    ``destination``, with ``forward``: a number or extension. ``announcement``, with ``reject``: what
    the caller hears.
    """

    action: Action = Action("ring")
    devices: tuple[str, ...] | None = None
    destination: str | None = None
    announcement: RejectAnnouncement = RejectAnnouncement("no_calls_taken")


class WithCall(msgspec.Struct, frozen=True, kw_only=True):
    """``other``: another call of mine."""

    other: str


class WouldAlarm(msgspec.Struct, frozen=True, kw_only=True):
    """Of an emergency call. ``site``: where the telephone stands, as far as the group knows. ``route``:
    of that site, by its name in the installation's settings; None: the usual ones in order.
    """

    site: str | None
    number: str | None
    route: str | None


class WouldCall(msgspec.Struct, frozen=True, kw_only=True):
    """``incoming``: somebody calls the user. ``called``: a number or extension of the user. ``caller``:
    of anybody; null: somebody who withholds the number.

    ``outgoing``: the user calls. ``called``: as the user would dial it, codes too. ``device``: the
    telephone of the user it is dialled on, null: the usual one; with ``from_app`` the one that would
    ring first. ``anonymous``: without the number, for this call.

    ``at``: ``2026-11-27T18:30``, local to the user, or with an offset; null: now.
    """

    called: str
    direction: AppDomainCallsSchemasDirection = AppDomainCallsSchemasDirection("incoming")
    caller: str | None = None
    at: str | None = None
    device: str | None = None
    anonymous: bool = False
    from_app: bool = False


class WouldCost(msgspec.Struct, frozen=True, kw_only=True):
    """What the calling plan says. ``max_duration_s``: the call is ended then, since a spend cap is
    reached. ``rate_per_minute``: euros, by the group's plan: what its caps count with.
    """

    allowed: bool
    why: Said
    tariff: TariffClass
    rate_per_minute: float
    max_duration_s: float | None


class WouldGo(msgspec.Struct, frozen=True, kw_only=True, tag_field="direction", tag="outgoing"):
    """``at``: Unix seconds. ``on_net``: a colleague is called. ``there_hidden``: nothing is told of what
    is heard there, since the colleague stays out of the company's list.
    """

    at: float
    now: bool
    on_net: bool
    there_hidden: bool
    assumed: tuple[Assumed, ...]
    explained: CallRun


class WouldHappen(msgspec.Struct, frozen=True, kw_only=True, tag_field="direction", tag="incoming"):
    """``at``: Unix seconds. ``on_net``: the caller is a colleague. ``treated_as``: how availability and
    selective services see the caller.
    """

    at: float
    now: bool
    on_net: bool
    withheld: bool
    treated_as: CallerList
    assumed: tuple[Assumed, ...]
    explained: Explained


class WouldMean(msgspec.Struct, frozen=True, kw_only=True):
    """What a code means. ``service``: which it changes, to ``changes``. ``stands_for``: whom it calls."""

    code: str
    operation: Operation
    nl: str
    en: str
    service: str | None = None
    changes: dict[str, Any] | None = None
    stands_for: str | None = None


class WouldRing(msgspec.Struct, frozen=True, kw_only=True):
    """One telephone, or number that rings along (``number``). ``delay_s``: this long after the first."""

    device: str
    label: str
    kind: DeviceKind
    number: str | None = None
    rings: bool
    delay_s: float = 0.0
    confirm: bool = False
    why: Said


class WouldShow(msgspec.Struct, frozen=True, kw_only=True):
    """What who is called sees. ``why`` None: nobody chose it, as with 112."""

    shows: Shows
    number: str | None = None
    extension: str | None = None
    name: str | None = None
    why: Said | None = None
