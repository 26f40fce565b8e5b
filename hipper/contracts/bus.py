"""Envelopes of the bus (Redis Streams): commands to a live call with their reply, and user events.

Versioned by ``v``; a reader refuses a version it does not know rather than guess.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from hipper.contracts.calls import LivePhase
from hipper.pbx.ids import CallId, DeviceId, SubscriberId, TenantId
from hipper.pbx.model import CallerIdentity


class HangUp(msgspec.Struct, frozen=True, kw_only=True, tag="hang_up"):
    """End the call. ``by``: ``user:<subscriber>`` or ``operator``."""

    by: str


class Dial(msgspec.Struct, frozen=True, kw_only=True, tag="dial"):
    """Ring the user's own device first, then the other side (call-flows §2). The envelope's ``call`` is the
    id the new call gets. ``device``: which of the user's rings, None: all that ring. ``destination``: digits
    as the user would dial them."""

    subscriber: SubscriberId
    destination: str
    device: DeviceId | None = None
    anonymous: bool = False


CallCommand = HangUp | Dial
"""Grows with the call control of later work."""


class CommandEnvelope(msgspec.Struct, frozen=True, kw_only=True):
    """On stream ``cmd:<gateway_id>``. ``deadline``: Unix seconds; past it the command is dropped unread."""

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
    """The gateway does not hold this call (any more)."""


class CommandReply(msgspec.Struct, frozen=True, kw_only=True):
    """On ``reply:<request_id>``; kept ten minutes, so that a repeated request gets the same answer."""

    v: int = 1
    request_id: str
    status: ReplyStatus
    state: str | None = None
    """With ``refused``: the state of the call that does not allow it."""
    explanation: str | None = None


class CallChanged(msgspec.Struct, frozen=True, kw_only=True, tag="call_changed"):
    """A user's call came up or moved on."""

    call: CallId
    phase: LivePhase
    other: CallerIdentity
    device: DeviceId | None
    since: float
    incoming: bool


class CallOver(msgspec.Struct, frozen=True, kw_only=True, tag="call_over"):
    call: CallId
    outcome: str
    at: float


UserEventBody = CallChanged | CallOver


class UserEvent(msgspec.Struct, frozen=True, kw_only=True):
    """On stream ``events:<subscriber>``; the stream id is the app's cursor."""

    v: int = 1
    tenant: TenantId
    subscriber: SubscriberId
    body: UserEventBody
