"""Calls as other services see them: the live call in Redis and the record in PostgreSQL.

Times are seconds since the Unix epoch, UTC, as float. Numbers are E.164; a restricted caller is shown to a
user without number, the record keeps it for the operator.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from hipper.pbx.ids import CallId, DeviceId, GatewayId, GroupId, LegId, SubscriberId, TenantId
from hipper.pbx.model import CallerIdentity, CallerList, Payer


class LivePhase(str, Enum):
    """From the INVITE on a user is busy for colleagues (call-flows §2)."""

    SETTING_UP = "setting_up"
    RINGING = "ringing"
    ESTABLISHED = "established"
    HELD = "held"


class RecordingState(str, Enum):
    """Of a talk that goes on (architecture, "Hooks"; seed 6)."""

    OFF = "off"
    ON = "on"
    PAUSED = "paused"


class LiveParty(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a live call. ``subscriber`` None: not ours. ``device`` None until one answered."""

    leg: LegId
    subscriber: SubscriberId | None = None
    device: DeviceId | None = None
    identity: CallerIdentity
    holds: bool = False
    """This party put the other one on hold."""
    muted: bool = False
    """In a conference: nobody hears this party."""
    ringing: tuple[DeviceId, ...] = ()
    """Telephones of the called user that ring, and may still take the call; of the calling one when that
    user dials from the app."""


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of ours pays for a leg to the outside, by the rates of the calling plan (call-flows §2).
    ``since``: when it was answered, None while it is being set up: then it counts as a call, not yet as
    money. ``rate_per_minute``: euros."""

    subscriber: SubscriberId
    group: GroupId
    rate_per_minute: float = 0.0
    since: float | None = None


class LiveParked(msgspec.Struct, frozen=True, kw_only=True):
    """The call waits at extension ``at`` for anybody of ``group``. ``by``: who parked it."""

    at: str
    group: GroupId
    by: SubscriberId
    since: float


class LiveCall(msgspec.Struct, frozen=True, kw_only=True):
    """Key ``call:<id>`` in Redis. Who is busy with whom, since when, on which device. While several devices
    ring, ``called`` names the identity that was reached."""

    call: CallId
    gateway: GatewayId
    tenant: TenantId | None
    phase: LivePhase
    started: float
    answered: float | None = None
    calling: LiveParty
    called: LiveParty
    charges: tuple[Charge, ...] = ()
    incoming_group: GroupId | None = None
    """It came from outside, to a user of that group: one of the calls the group's capacity allows."""
    others: tuple[LiveParty, ...] = ()
    """Of a consultation the colleague, of a conference all but ``calling`` and ``called``."""
    conference: bool = False
    moderator: LegId | None = None
    """Of a conference: whose it is; None: gone, and the others go on."""
    recording: RecordingState = RecordingState.OFF
    parked: LiveParked | None = None
    """One side is nobody then."""
    open_to: GroupId | None = None
    """Whoever is of that group may take it: it rings at one of them, or is parked there."""
    untouchable: bool = False
    """112, 113 and 0800-0113, and the emergency centre that calls back: no command changes it, and it is
    never recorded (call-flows §5)."""


def seen_by(live: LiveCall, leg: LegId) -> LiveCall:
    """``live`` with that one of its ``others`` where who is called stands."""
    for party in live.others:
        if party.leg == leg:
            rest = tuple([one for one in live.others if one.leg != leg])
            return msgspec.structs.replace(live, called=party, others=(live.called, *rest))
    return live


class LegRole(str, Enum):
    CALLING = "calling"
    CALLED = "called"


class LegRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One leg that was offered to us or that we originated and that rang or answered."""

    leg: LegId
    role: LegRole
    peer: str
    """Mobile network, trunk or AOR user the leg went over."""
    subscriber: SubscriberId | None = None
    device: DeviceId | None = None
    identity_shown: CallerIdentity
    """Calling leg: who the called side saw. Called leg: the number that was reached."""
    payer: Payer | None = None
    sip_call_id: str | None = None
    icid: str | None = None
    network_reference: str | None = None
    """What the mobile network calls the call where there is no ICID: the call reference of the IMRN
    request."""
    diverted_by: SubscriberId | None = None
    """Whose forwarding made this leg."""
    offered: float
    ringing: float | None = None
    answered: float | None = None
    ended: float | None = None
    status: int | None = None
    """Final SIP status of the INVITE."""
    q850: int | None = None
    ended_by: str | None = None
    """``calling``, ``called``, ``gateway``, ``operator``; ``gateway stopped``, ``fault of the gateway`` when
    the record is made of what was left behind; ``call:<id>`` of a leg that goes on in that call."""
    transcoded: bool = False


class AttemptOutcome(str, Enum):
    """What became of one device of the called user."""

    ANSWERED = "answered"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    RANG = "rang"
    """Rang until the caller gave up or the no-answer time passed."""
    BUSY = "busy"
    DECLINED = "declined"
    NOT_REGISTERED = "not_registered"
    UNREACHABLE = "unreachable"
    SWITCHED_OFF = "switched_off"
    NOT_YET = "not_yet"
    """Its delay had not passed when the ringing was over."""
    NOT_CONFIRMED = "not_confirmed"
    """Answered, but nobody pressed 1."""
    REDIRECTED = "redirected"
    """The device sent the call elsewhere (302)."""
    BARRED = "barred"
    """The outgoing calling plan or a cap forbids the leg."""
    FAILED = "failed"


class DeviceAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """Why one device did or did not ring."""

    device: DeviceId
    subscriber: SubscriberId
    leg: LegId | None = None
    outcome: AttemptOutcome
    rule: str
    status: int | None = None
    q850: int | None = None
    explanation: str | None = None


class CallOutcome(str, Enum):
    ANSWERED = "answered"
    CANCELLED = "cancelled"
    BUSY = "busy"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    FAILED = "failed"
    SERVICE = "service"
    """A feature code, or the voicemail box listened to: nobody was called."""


class SegmentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a call with the same two parties and payer (call-flows §0). ``ended`` None: ends with the
    call."""

    calling: LegId
    called: LegId
    payer: Payer
    started: float
    ended: float | None = None
    charged: SubscriberId | None = None
    """Whose caps the segment counts for; None for what costs nothing by the calling plan."""
    charged_group: GroupId | None = None
    rate_per_minute: float = 0.0
    """Euros, by the rates of the group's calling plan."""


TRANSFERRED = "transfer"
"""Reason of a :class:`DiversionRecord`."""


class DiversionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The call went on to somebody else. ``reason``: of RFC 5806, or ``transfer`` when ``by`` had it and gave
    it to somebody else. ``to``: as decided, E.164, extension or ``voicemail``. All of them in order are the
    chain of the call."""

    by: SubscriberId
    reason: str
    rule: str
    to: str
    at: float


class DecisionKind(str, Enum):
    CALLING = "calling"
    """The user called, or dialled from the app: where to, and what is shown."""
    CALLED = "called"
    """The user was called: what rings."""
    FORWARDING = "forwarding"
    """The user's forwarding, or a telephone of the user that redirected: may it, and what is shown."""


class DecisionRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one user's settings decided about a call, for explain. It holds names of rules and no number, and
    is that user's own business: nobody else is shown it (call-flows §7)."""

    kind: DecisionKind
    subscriber: SubscriberId
    rule: str
    identity_rule: str | None = None
    """Why that number was shown."""
    considered: tuple[str, ...] = ()
    """Rules of services that had a say without deciding, in the order they were asked."""
    list: CallerList | None = None
    """Whether the other party was treated as a business or a private one; None: that made no difference."""


class CallRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The true record of a call: gateway schema, tables ``calls``, ``legs`` and ``device_attempts``."""

    call: CallId
    gateway: GatewayId
    tenant: TenantId | None
    dialled: str
    emergency: bool = False
    rule: str
    """The rule that decided where the call went."""
    outcome: CallOutcome
    started: float
    answered: float | None = None
    ended: float
    setup_ms: float | None = None
    """INVITE in to first INVITE out, in milliseconds."""
    legs: tuple[LegRecord, ...]
    attempts: tuple[DeviceAttempt, ...] = ()
    segments: tuple[SegmentRecord, ...] = ()
    diversions: tuple[DiversionRecord, ...] = ()
    decisions: tuple[DecisionRecord, ...] = ()
    """In the order they were made; empty in records of before they were kept."""
