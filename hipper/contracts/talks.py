"""What the gateway tells the recorder, and the app of a user whose telephone rings (architecture, "Hooks").

Talks travel on stream ``talks``, ring notices on ``ring_notices``; readers are consumer groups, so that
another worker picks up what a dead one left. Times: Unix seconds.
"""

from __future__ import annotations

import msgspec

from hipper.pbx.ids import CallId, DeviceId, LegId, PairId, SubscriberId, TenantId
from hipper.pbx.model import CallerIdentity


class TalkTag(msgspec.Struct, frozen=True, kw_only=True):
    """One side of the pair at rtpengine: ``tag`` is its tag there, ``user`` None when it is not ours."""

    leg: LegId
    tag: str
    user: SubscriberId | None = None
    device: DeviceId | None = None
    identity: CallerIdentity


class TalkStarted(msgspec.Struct, frozen=True, kw_only=True, tag="talk_started"):
    """Two parties talk. ``rtpengine``: NG address of the engine that carries the pair; ``ng_call_id``: its
    call-id there. ``never_record``: 112, 113 and 0800-0113 (call-flows §5)."""

    call: CallId
    segment: int
    tenant: TenantId | None
    at: float
    rtpengine: str
    ng_call_id: PairId
    tags: tuple[TalkTag, TalkTag]
    never_record: bool = False


class TalkMoved(msgspec.Struct, frozen=True, kw_only=True, tag="talk_moved"):
    """The same talk goes on in another pair, or with another device of one side."""

    call: CallId
    segment: int
    at: float
    rtpengine: str
    ng_call_id: PairId
    tags: tuple[TalkTag, TalkTag]


class TalkEnded(msgspec.Struct, frozen=True, kw_only=True, tag="talk_ended"):
    call: CallId
    segment: int
    at: float


TalkEvent = TalkStarted | TalkMoved | TalkEnded


class RingNotice(msgspec.Struct, frozen=True, kw_only=True, tag="ring_notice"):
    """A user's telephones ring: an ordinary notification, never a second call (call-flows §3). ``deadline``:
    past it the notice is worth nothing."""

    call: CallId
    tenant: TenantId | None
    user: SubscriberId
    caller: CallerIdentity
    reached: CallerIdentity
    at: float
    deadline: float


class RingOver(msgspec.Struct, frozen=True, kw_only=True, tag="ring_over"):
    """It rings no more. ``answered_on``: the device that took the call, None when none did."""

    call: CallId
    user: SubscriberId
    at: float
    answered_on: DeviceId | None = None


RingEvent = RingNotice | RingOver
