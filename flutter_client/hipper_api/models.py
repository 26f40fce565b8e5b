"""What goes in and out. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType, field

from hipper_api.enums import OpenEnum


class Announcement(OpenEnum):
    """Spoken texts of the exchange, in Dutch and English; a tenant may replace each."""

    BACK_AT = "back_at"
    BUSY_IN_MEETING = "busy_in_meeting"
    CALL_BARRED = "call_barred"
    CALLBACK_SET = "callback_set"
    LIMIT_REACHED = "limit_reached"
    NO_CALLS_TAKEN = "no_calls_taken"
    NOT_ALLOWED = "not_allowed"
    NOTHING_TO_PULL = "nothing_to_pull"
    ON_HOLIDAY = "on_holiday"
    OUT_OF_OFFICE = "out_of_office"
    PRESS_ONE = "press_one"
    SERVICE_FAILED = "service_failed"
    SERVICE_OFF = "service_off"
    SERVICE_ON = "service_on"
    UNKNOWN_NUMBER = "unknown_number"
    USER_UNAVAILABLE = "user_unavailable"


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


class Direction(OpenEnum):
    INCOMING = "incoming"
    OUTGOING = "outgoing"


class IdentityChoice(OpenEnum):
    """Which of the user's numbers outgoing calls show (seed 5.1). Holds for the next INVITE."""

    ALTERNATE = "alternate"
    FIXED = "fixed"
    MOBILE = "mobile"


class ImrnKind(OpenEnum):
    """Whose services the network asks for: of the user who calls, or of the one who is called."""

    ORIGINATING = "originating"
    TERMINATING = "terminating"


class NumberKind(OpenEnum):
    """The three numbers of a user (seed 5.3); ``alternate`` comes with the alternate-numbers service
    (seed 9).
    """

    ALTERNATE = "alternate"
    EXTENSION = "extension"
    FIXED = "fixed"
    MOBILE = "mobile"


class Presence(OpenEnum):
    AVAILABLE = "available"
    BUSY = "busy"
    UNKNOWN = "unknown"


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


class AdministeredEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a user as administrators see it: a private one, or one to a helpline, is ``masked`` and
    does not say with whom.
    """

    id: str
    started: float
    direction: Direction
    result: Result
    masked: bool
    other: OtherParty | None
    talked_s: float | None
    paid: Paid | None


class AdministeredPage(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[AdministeredEntry, ...]
    next: str | None


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


class ContactChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is absent stays; lists are given whole."""

    list: CallerList | UnsetType = UNSET
    name: str | UnsetType = UNSET
    company: str | UnsetType = UNSET
    numbers: tuple[NumberWanted, ...] | UnsetType = UNSET
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
    numbers: tuple[NumberWanted, ...] = ()
    emails: tuple[str, ...] = ()
    note: str = ""
    favourite: bool = False


class Continue(msgspec.Struct, frozen=True, kw_only=True, tag_field="action", tag="continue"):
    """Go on without us."""


class DeviceChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is absent stays."""

    rings: bool | UnsetType = UNSET


class DivertedBy(msgspec.Struct, frozen=True, kw_only=True):
    """The colleague whose forwarding brought the call here."""

    id: str
    name: str | None


class DivertedTo(msgspec.Struct, frozen=True, kw_only=True):
    """Where the user's own forwarding sent it; ``text`` ``voicemail`` or a number as people write it.
    ``reason``: of RFC 5806.
    """

    text: str
    reason: str


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
    ``masked``. ``decisions`` is empty for calls of before they were kept.
    """

    call: str
    started: float
    answered: float | None
    ended: float
    outcome: CallOutcome
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
    """``nl``, ``en``: what became of it; ``why``: the rule by which it rang or did not. ``device`` None:
    a number that rings along, of which only its user is told which.
    """

    device: str | None
    label: str | None = None
    outcome: AttemptOutcome
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


class GoesOn(msgspec.Struct, frozen=True, kw_only=True):
    """Where the call goes that does not ring, or no longer. ``destination``: of FORWARD, as it was set."""

    when: When
    then: Then
    destination: str | None = None
    announcements: tuple[Announcement, ...] = ()
    why: Said


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


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One call, over all devices of the user. ``started``: Unix seconds. ``kind``: by the user's
    contacts, else by the user's number. ``device``: called with or answered on. ``talked_s`` None: no
    talk.
    """

    id: str
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


class HistoryPage(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first. ``unseen``: missed calls that were not seen, on the first page only."""

    items: tuple[HistoryEntry, ...]
    next: str | None
    unseen: int | None = None


class IdentityShown(msgspec.Struct, frozen=True, kw_only=True):
    """``number``: what is shown as E.164, ``text``: as people write it; both None when the user has no
    such number any more. ``hide``: the number is withheld on every call.
    """

    choice: IdentityChoice
    alternate: str | None
    hide: bool
    number: str | None
    text: str | None


class IdentityWanted(msgspec.Struct, frozen=True, kw_only=True):
    """``alternate``: which of the user's alternate numbers, with ``choice`` alternate."""

    choice: IdentityChoice
    alternate: str | None = None
    hide: bool = False


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


class ImportWanted(msgspec.Struct, frozen=True, kw_only=True):
    """``text``: the file. ``list``: of contacts that do not say themselves (``CATEGORIES`` of a vCard,
    column ``list`` of a table).
    """

    format: Literal["csv", "vcard"]
    text: str
    list: CallerList = CallerList("business")


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


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """``type`` stays; ``title`` in English and ``titel`` in Dutch may be worded better some day."""

    type: str
    status: int
    title: str
    titel: str


class Kinds(msgspec.Struct, frozen=True, kw_only=True):
    """By status."""

    items: tuple[Kind, ...]


class MailedCodeGiven(msgspec.Struct, frozen=True, kw_only=True):
    code: str


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """``services``: those of the pack, by name; settings at ``/v1/me/services/<name>``. ``live``:
    whether the states of the devices are known now.
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
    services: tuple[str, ...]


class NewPassword(msgspec.Struct, frozen=True, kw_only=True):
    """``code``: of the mail."""

    code: str
    password: str


class NumberShown(msgspec.Struct, frozen=True, kw_only=True):
    """``number``: E.164, None for what has no such form. ``text``: as people write it."""

    number: str | None
    text: str
    label: str


class NumberWanted(msgspec.Struct, frozen=True, kw_only=True):
    """``number``: as people write it in the user's country, or an extension."""

    number: str
    label: str = ""


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


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """Which of the user's subscriptions paid (seed 5.7), and by what."""

    subscription: str
    tariff: TariffClass


class PasswordChange(msgspec.Struct, frozen=True, kw_only=True):
    """Ends every other session of the user."""

    current: str
    new: str


class PasswordProof(msgspec.Struct, frozen=True, kw_only=True):
    """Who has a token alone cannot change how the user signs in."""

    password: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The body of every error."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: tuple[InvalidMember, ...] = ()
    packs: tuple[ServicePack, ...] = ()


class RecoveryCodes(msgspec.Struct, frozen=True, kw_only=True):
    """Each signs in once in the place of a code. Shown once."""

    codes: tuple[str, ...]


class Refresh(msgspec.Struct, frozen=True, kw_only=True):
    refresh_token: str


class Release(msgspec.Struct, frozen=True, kw_only=True, tag_field="action", tag="release"):
    """End the call. ``cause``: ITU-T Q.850."""

    cause: int


class ResetWanted(msgspec.Struct, frozen=True, kw_only=True):
    user: str


class Route(msgspec.Struct, frozen=True, kw_only=True, tag_field="action", tag="route"):
    """Send the call to ``imrn`` on the SIP trunk, within ``expires_in_s`` seconds, once."""

    imrn: str
    expires_in_s: int


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A rule by name, and what it says."""

    rule: str
    nl: str
    en: str


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


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """``device_name``: what the user calls this device in the list of sessions. ``code``: of the second
    factor, or a recovery code; for who has one.
    """

    user: str
    password: str
    device_name: str = ""
    code: str = ""


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """``refresh_token`` works once, and gives the next. One that comes a second time was stolen, or its
    answer was lost: the session ends, and the user signs in again.
    """

    session: str
    access_token: str
    expires_in_s: int
    refresh_token: str
    token_type: str = "Bearer"


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


class WouldCall(msgspec.Struct, frozen=True, kw_only=True):
    """``called``: a number or extension of the user. ``caller``: of anybody; null: somebody who
    withholds the number. ``at``: ``2026-11-27T18:30``, local to the user, or with an offset; null:
    now.
    """

    called: str
    caller: str | None = None
    at: str | None = None


class WouldHappen(msgspec.Struct, frozen=True, kw_only=True):
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
