"""What somebody asks of a call, or one call of another: events of :mod:`.events` that no telephone sent."""

from __future__ import annotations

from enum import StrEnum

from fmc_gateway.call.legs import InCall
from fmc_gateway.call.offered import Event, LegOffered
from hipper.contracts.bus import KeepUntil
from hipper.pbx.ids import CallId, DeviceId, GatewayId, GroupId, LegId, SubscriberId, TenantId
from hipper.pbx.model import CallerIdentity, Payer


class DialRequested(Event, frozen=True, kw_only=True, tag="dial_requested"):
    """Dial from the app: the first event of a call that no leg has yet (call-flows §2)."""

    call: CallId
    leg: LegId
    """Id of the leg to the user's own device that is to be."""
    subscriber: SubscriberId
    tenant: TenantId | None = None
    """Whose the user is, as who asks has proved; None: the wish is our own."""
    destination: str
    device: DeviceId | None = None
    anonymous: bool = False
    gateway: GatewayId = GatewayId("")


class DeclineRequested(Event, frozen=True, kw_only=True, tag="decline_requested"):
    """The app declines a call that rings. ``device``: that telephone of ``subscriber`` stops ringing; None:
    the user declines."""

    subscriber: SubscriberId
    device: DeviceId | None = None


class CallChosen(Event, frozen=True, kw_only=True, tag="call_chosen"):
    """The answer to FindCall: which call is taken over, None: none is, and ``explanation`` says why."""

    call: CallId | None
    explanation: str = ""


class Wants(StrEnum):
    """What a leg came to a call for."""

    PULL = "pull"
    """``*11``: another telephone of its user is in it."""
    PICK_UP = "pick_up"
    """It rings at a colleague."""
    BARGE_IN = "barge_in"
    """The same; when it is answered already, to join those who talk."""
    RETRIEVE = "retrieve"
    """It is parked."""


class LegJoined(Event, frozen=True, kw_only=True, tag="leg_joined"):
    """A leg that asked for this call with ``*11`` or another code, in a call of its own, is in this one from
    now on. ``offered``: the first event of that call. ``device``: the telephone of ``subscriber`` it comes
    from, None when nobody knows. ``payer``: whose subscription pays for the leg."""

    leg: LegId
    offered: LegOffered
    subscriber: SubscriberId
    device: DeviceId | None
    payer: Payer
    tenant: TenantId | None = None
    language: str = "nl"
    radio: bool = False
    """It comes from a handset."""
    wants: Wants = Wants.PULL
    group: GroupId | None = None
    """PICK_UP, RETRIEVE: whose calls may be taken."""
    called: SubscriberId | None = None
    """PICK_UP: whose call, None: anybody's of the group."""
    at: str | None = None
    """RETRIEVE: the extension it is parked at."""
    rule: str = ""
    """By which the leg comes."""
    seen_by_colleagues: CallerIdentity | None = None
    """Who came, as the other side is shown it (COLP)."""
    seen_outside: CallerIdentity | None = None
    in_call: InCall | None = None
    """What its own user reaches with keys."""


class LegReturned(Event, frozen=True, kw_only=True, tag="leg_returned"):
    """The first event of a call: a leg that joined another one could not have it, and hears why."""

    joined: LegJoined
    explanation: str


class MoveRequested(Event, frozen=True, kw_only=True, tag="move_requested"):
    """The app: the side of ``subscriber`` goes on on ``device``, which rings first. ``from_device``: from
    which, where the user has two in the call; None: the one there is. ``request``: AnswerRequest names it."""

    request: str
    subscriber: SubscriberId
    device: DeviceId
    from_device: DeviceId | None = None


class HoldRequested(Event, frozen=True, kw_only=True, tag="hold_requested"):
    """The app holds, or (``on`` False) resumes. ``device``: on which telephone, where the
    user has two in the call."""

    request: str
    subscriber: SubscriberId
    on: bool
    device: DeviceId | None = None


class ConsultRequested(Event, frozen=True, kw_only=True, tag="consult_requested"):
    """The far party waits while ``subscriber`` talks to ``destination``, digits as the user dials them."""

    request: str
    subscriber: SubscriberId
    destination: str


class TransferRequested(Event, frozen=True, kw_only=True, tag="transfer_requested"):
    """Without consultation. ``returns``: to the user, when nobody takes it. ``no_answer_s``: None: as any.
    ``keep_until``: when the user leaves."""

    request: str
    subscriber: SubscriberId
    destination: str
    returns: bool = True
    no_answer_s: int | None = None
    keep_until: KeepUntil = KeepUntil.RINGING


class ConsultStep(StrEnum):  # without the user, without the colleague, or with the one who waits
    COMPLETE = "complete"
    CANCEL = "cancel"
    SWAP = "swap"


class ConsultStepRequested(Event, frozen=True, kw_only=True, tag="consult_step_requested"):
    request: str
    subscriber: SubscriberId
    step: ConsultStep


class JoinRequested(Event, frozen=True, kw_only=True, tag="join_requested"):
    """Whom ``subscriber`` talks to here and whom in ``other`` are brought together, without the user."""

    request: str
    subscriber: SubscriberId
    other: CallId


class ReferRequested(Event, frozen=True, kw_only=True, tag="refer_requested"):
    """REFER within the dialog of ``leg`` (RFC 3515). ``request``: AnswerRefer and NotifyRefer name it.
    ``destination``: digits as the user would dial them; None: a dialog is named (Replaces, RFC 3891), which
    is the user's in the call ``other``; that None too: ``status`` says what is wrong with it."""

    request: str
    leg: LegId
    destination: str | None = None
    other: CallId | None = None
    status: int = 481


class HangUpRequested(Event, frozen=True, kw_only=True, tag="hang_up_requested"):
    """A command from the bus (app, operator), or the drain of the gateway running out of time."""

    by: str
    """``user:<subscriber>``, ``operator``, ``drain``."""
