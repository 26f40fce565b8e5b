"""Envelopes of the bus (Redis Streams): commands to a live call with their reply, and user events.

Versioned by ``v``; a reader refuses a version it does not know rather than guess. Chapters are those of
``call-flows`` in the design and of the service description ("seed").
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import msgspec

from hipper.contracts.calls import LiveCall, LivePhase
from hipper.pbx.ids import CallId, DeviceId, LegId, SubscriberId, TenantId
from hipper.pbx.model import CallerIdentity

MOST_OTHERS = 15
"""Parties of a conference besides its moderator (seed 9, N-Way Calling)."""


class UserCommand(msgspec.Struct, frozen=True, kw_only=True):
    """What a user asks of a call. ``tenant`` and ``user``: as the API has proved them. The gateway compares
    both with the call: one that is not the user's is *unknown*, as one that does not exist."""

    tenant: TenantId
    user: SubscriberId


class Explain(UserCommand, frozen=True, kw_only=True, tag="explain"):
    """Say what was decided of the call so far. Changes nothing; any party of the call may ask, of calls to
    112 too."""


# Beginning and ending.


class HangUp(msgspec.Struct, frozen=True, kw_only=True, tag="hang_up"):
    """End the call. ``user`` None: an operator does, of ``tenant``, or of the installation when that is None
    too."""

    tenant: TenantId | None = None
    user: SubscriberId | None = None


class Dial(UserCommand, frozen=True, kw_only=True, tag="dial"):
    """Ring the user's own device first, then the other side (call-flows §2). The envelope's ``call`` is the
    id the new call gets. ``device``: which of the user's rings, None: all that ring. ``destination``: digits
    as the user would dial them."""

    destination: str
    device: DeviceId | None = None
    anonymous: bool = False


class Decline(UserCommand, frozen=True, kw_only=True, tag="decline"):
    """Take the call no further (call-flows §3). ``device``: that telephone of mine stops ringing, as if
    its reject button was pressed, and the user's own setting says whether the others do; None: the user
    declines, and all of the user's telephones stop. The call goes on as after any decline."""

    device: DeviceId | None = None


# Hold (call-flows §4; seed 4.7.3). ``device``: where the user has two telephones in one call, which one.


class Hold(UserCommand, frozen=True, kw_only=True, tag="hold"):
    """The other side hears music. Held already: *done*, nothing changes."""

    device: DeviceId | None = None


class Resume(UserCommand, frozen=True, kw_only=True, tag="resume"):
    """Undo the user's own hold; the other side's stays. Not held: *done*, nothing changes."""

    device: DeviceId | None = None


class Alternate(UserCommand, frozen=True, kw_only=True, tag="alternate"):
    """Hold this call and resume ``other``, both the user's (seed 4.7.3: "tussen twee gesprekken te
    wisselen")."""

    other: CallId


# Moving between the user's own devices (call-flows §4, *11; seed 5.5).


class Pull(UserCommand, frozen=True, kw_only=True, tag="pull"):
    """As ``*11`` from ``to``, naming the call: ``to`` rings, and takes the user's side over when it is picked
    up. Refused (*state*) when ``to`` is in this call already."""

    to: DeviceId


class Push(UserCommand, frozen=True, kw_only=True, tag="push"):
    """Send the user's side to another telephone of the user. ``device``: from which, where the user has two
    in the call."""

    to: DeviceId
    device: DeviceId | None = None


# Transfer (call-flows §4; seed 4.7.3, 9 "Call Transfer").


class KeepUntil(str, Enum):
    """How long who transfers without consultation stays in the call (call-flows §4)."""

    RINGING = "ringing"
    ANSWER = "answer"


class TransferBlind(UserCommand, frozen=True, kw_only=True, tag="transfer_blind"):
    """Transfer without consultation. ``destination``: digits as the user would dial them.
    ``return_on_failure``: the far party comes back to the user when the target is busy, declines, or does not
    answer within ``no_answer_s`` (None: the target's own time). ``keep_until``: the user is in the call until
    it rings there, or until somebody has answered."""

    destination: str
    return_on_failure: bool = True
    keep_until: KeepUntil = KeepUntil.RINGING
    no_answer_s: Annotated[int, msgspec.Meta(ge=5, le=120)] | None = None


class Consult(UserCommand, frozen=True, kw_only=True, tag="consult"):
    """Transfer with consultation on one leg: the far party hears music, the user is paired with a new leg to
    ``destination``."""

    destination: str


class ConsultComplete(UserCommand, frozen=True, kw_only=True, tag="consult_complete"):
    """Join far party and colleague, also while the colleague still rings, and release the user."""


class ConsultCancel(UserCommand, frozen=True, kw_only=True, tag="consult_cancel"):
    """Release the colleague and go back to the far party."""


class ConsultSwap(UserCommand, frozen=True, kw_only=True, tag="consult_swap"):
    """Talk to the one of the two who hears music now."""


class Join(UserCommand, frozen=True, kw_only=True, tag="join"):
    """Join the far parties of this call and of ``other``, both the user's and both anchored, and release the
    user from both: a second call made in the native dialler."""

    other: CallId


# Conference (call-flows §4; seed 9 "Three-Way Call", "N-Way Calling").


class Conference(UserCommand, frozen=True, kw_only=True, tag="conference"):
    """Join all: with a consultation its colleague, and the far parties of ``calls``, all the user's, whose
    moderator the user becomes. ``goes_on``: without the moderator too."""

    calls: Annotated[tuple[CallId, ...], msgspec.Meta(max_length=MOST_OTHERS)] = ()
    goes_on: bool = False


class ConferenceAdd(UserCommand, frozen=True, kw_only=True, tag="conference_add"):
    """Call ``destination`` into the conference. Moderator only, as the two that follow."""

    destination: str


class ConferenceRemove(UserCommand, frozen=True, kw_only=True, tag="conference_remove"):
    leg: LegId


class ConferenceMute(UserCommand, frozen=True, kw_only=True, tag="conference_mute"):
    """``leg``: whom nobody hears while ``muted``; one's own leg anybody may mute."""

    leg: LegId
    muted: bool


# In the call.


class Digits(UserCommand, frozen=True, kw_only=True, tag="digits"):
    """Keys to the far party as telephone-events (RFC 4733), in order. ``device``: as with Hold."""

    digits: Annotated[str, msgspec.Meta(pattern=r"^[0-9*#A-D]{1,32}$")]
    device: DeviceId | None = None


class RecordingAction(str, Enum):
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"


class RecordingControl(UserCommand, frozen=True, kw_only=True, tag="recording_control"):
    """Of the user's own talk (architecture, "Hooks"; seed 6). 112, 113 and 0800-0113 are never recorded."""

    action: RecordingAction


# Colleagues' calls (seed 9 "Call Park", "Call Pickup", "Directed Call Pickup", "… with Bargein").


class Park(UserCommand, frozen=True, kw_only=True, tag="park"):
    """The far party waits on extension ``on`` (None: the user's own) for anybody of the group."""

    on: str | None = None


class Retrieve(UserCommand, frozen=True, kw_only=True, tag="retrieve"):
    """Take a parked call on ``device`` (None: the user's usual one). The envelope's ``call`` is the parked
    one; whoever is of its group may."""

    device: DeviceId | None = None


class PickUp(UserCommand, frozen=True, kw_only=True, tag="pick_up"):
    """Take the call that rings, of anybody of the group, on ``device``. ``barge_in``: when it is answered
    already, join in; refused (*barred*) for Bargein Exempt."""

    device: DeviceId | None = None
    barge_in: bool = False


CallCommand = (
    Explain
    | HangUp
    | Dial
    | Decline
    | Hold
    | Resume
    | Alternate
    | Pull
    | Push
    | TransferBlind
    | Consult
    | ConsultComplete
    | ConsultCancel
    | ConsultSwap
    | Join
    | Conference
    | ConferenceAdd
    | ConferenceRemove
    | ConferenceMute
    | Digits
    | RecordingControl
    | Park
    | Retrieve
    | PickUp
)


class CommandEnvelope(msgspec.Struct, frozen=True, kw_only=True):
    """On stream ``cmd:<gateway_id>``. ``deadline``: Unix seconds; past it the command is dropped unread.
    ``idempotency_key``: of one user's one wish; a repeated one gets the first answer."""

    v: int = 1
    request_id: str
    idempotency_key: str
    call: CallId
    deadline: float
    command: CallCommand


class ReplyStatus(str, Enum):
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """The gateway does not hold this call (any more), or it is somebody else's."""


class RefusedBecause(str, Enum):
    """Why, for programs; ``explanation`` is for people."""

    STATE = "state"
    """The call's state does not allow it (now)."""
    NOT_AVAILABLE = "not_available"
    """This gateway cannot do that (yet)."""
    EMERGENCY = "emergency"
    """Calls to 112 and 113 are not touched, and 112 is not dialled this way (call-flows §5)."""
    BARRED = "barred"
    """The calling plan, a cap or a service of the user forbids it."""
    NOT_REACHABLE = "not_reachable"
    """No telephone, or no such number, can be reached."""
    FULL = "full"
    """The gateway takes no new calls."""
    AWAY = "away"
    """The directory does not answer, and nothing is remembered of the user."""


NO_MIXER = "conferences cannot be mixed now"
"""Explanation of *not available* where no Janus runs; why stands in the gateway's log, and at its
``/health/conferences``."""


class CommandReply(msgspec.Struct, frozen=True, kw_only=True):
    """On ``reply:<request_id>``; kept ten minutes, so that a repeated request gets the same answer."""

    v: int = 1
    request_id: str
    status: ReplyStatus
    because: RefusedBecause | None = None
    """With ``refused``."""
    state: str | None = None
    """With ``refused``: the state of the call that does not allow it."""
    explanation: str | None = None
    explained: bytes | None = None
    """To :class:`Explain`: an ``ExplainedCall`` (:mod:`fmc_gateway.records.explain`) as JSON, with nothing in
    it that the user may not know."""


# User events.


class CallChanged(msgspec.Struct, frozen=True, kw_only=True, tag="call_changed"):
    """A user's call came up or moved on. ``live``: the whole of it, as in ``call:<id>`` but for what it
    costs; the other fields are that user's side of it. ``since``: the answer, else the beginning."""

    call: CallId
    phase: LivePhase
    other: CallerIdentity
    device: DeviceId | None
    since: float
    incoming: bool
    live: LiveCall | None = None


class CallOver(msgspec.Struct, frozen=True, kw_only=True, tag="call_over"):
    call: CallId
    outcome: str
    at: float


class SettingsChanged(msgspec.Struct, frozen=True, kw_only=True, tag="settings_changed"):
    """What the user's calls go by was changed. ``what``: ``service:<name>``, ``identity``, ``device:<id>``,
    ``password``…, as the path under ``/v1/me``. ``by``: as the audit calls it: ``user:<subscriber>``,
    ``feature code``, ``key:<key>``."""

    what: str
    by: str
    at: float


class VoicemailChanged(msgspec.Struct, frozen=True, kw_only=True, tag="voicemail_changed"):
    """Published by voicemail: how many messages there are, as in RFC 3842. ``message``: the one that came or
    went, None when several did."""

    new: int
    old: int
    message: str | None = None
    at: float


class PlaybackChanged(msgspec.Struct, frozen=True, kw_only=True, tag="playback_changed"):
    """Published by who plays a message or recording on the user's telephone. ``position_s``: how far."""

    playback: str
    state: str
    """``ringing``, ``playing``, ``paused``, ``over``."""
    position_s: float = 0.0
    at: float


UserEventBody = CallChanged | CallOver | SettingsChanged | VoicemailChanged | PlaybackChanged


SETTINGS = b"settings"
"""On the channel of a user's events: what others may see of the user may have changed too."""


class UserEvent(msgspec.Struct, frozen=True, kw_only=True):
    """On stream ``events:<subscriber>``; the stream id is the app's cursor. Who appends publishes on the
    channel of the same name, so that nobody has to wait at the stream: :data:`SETTINGS` after settings were
    changed, else an empty message."""

    v: int = 1
    tenant: TenantId
    subscriber: SubscriberId
    body: UserEventBody
