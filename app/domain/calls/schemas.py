"""Live calls as the app shows them, and the bodies of what is asked of them."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Literal

import msgspec

from hipper.contracts.bus import MOST_OTHERS, KeepUntil, RecordingAction
from hipper.contracts.calls import LivePhase, RecordingState
from hipper.pbx.ids import CallId, DeviceId, LegId

Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:+\-]{1,64}(?!\n)$")]
Destination = Annotated[str, msgspec.Meta(pattern=r"^[0-9+*#() ./\-]{1,40}(?!\n)$")]
"""Digits as people write them."""


class Direction(str, Enum):
    INCOMING = "incoming"
    OUTGOING = "outgoing"


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """Who is at the other end. ``withheld``: nothing of it may be known. ``text``: as people write the number
    or extension."""

    withheld: bool = False
    number: str | None = None
    extension: str | None = None
    name: str | None = None
    text: str = ""


class CallLeg(msgspec.Struct, frozen=True, kw_only=True):
    """One party of the call. ``mine``: the user's own; only of that the device is told. ``holds``: has put
    the others on hold. ``muted``: nobody of the conference hears it. ``moderates``: whose conference it
    is."""

    id: LegId
    mine: bool
    device: DeviceId | None
    holds: bool
    party: Party
    muted: bool = False
    moderates: bool = False


class OwnCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call of mine that is going on. ``device``: which telephone of mine has it, None while none does;
    ``ringing``: those that ring. ``held_by_me``, ``held_by_other``: who hears music. ``untouchable``: 112
    and 113; nothing can be asked of it. ``conference``: all of ``legs`` hear each other. Times: Unix
    seconds."""

    id: CallId
    direction: Direction
    phase: LivePhase
    other: Party
    device: DeviceId | None
    ringing: tuple[DeviceId, ...]
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


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """The gateway has done it, or has begun to: events tell what comes of it. ``call``: which call; the new
    one, when dialling."""

    call: CallId
    status: Literal["done"] = "done"


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of every body."""


class DialWish(Wish, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``destination``: as the user would dial it. ``device``: which telephone of mine rings first, or
    ``remote:<number>``; absent: the usual one. ``anonymous``: my number is not shown."""

    destination: Destination
    device: Id | None = None
    anonymous: bool = False


class OnDevice(Wish, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``device``: where two telephones of mine are in the call, which one."""

    device: Id | None = None


class ToDevice(Wish, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``to``: the telephone of mine that takes the call over."""

    to: Id


class PushWish(ToDevice, frozen=True, kw_only=True, forbid_unknown_fields=True):
    device: Id | None = None


class TransferWish(Wish, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``return_on_failure``: when the other does not take it, the call comes back to me. ``keep_until``: I
    stay until it rings there, or until somebody has answered. ``no_answer_s``: how long it rings there."""

    destination: Destination
    return_on_failure: bool = True
    keep_until: KeepUntil = KeepUntil.RINGING
    no_answer_s: Annotated[int, msgspec.Meta(ge=5, le=120)] | None = None


class ParkWish(Wish, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``on``: the extension at which it waits; absent: my own."""

    on: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,6}(?!\n)$")] | None = None


class TakeWish(Wish, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``device``: the telephone of mine that rings for it; absent: the usual one."""

    device: Id | None = None


class OpenState(str, Enum):
    RINGING = "ringing"
    PARKED = "parked"


class OpenCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call of the group that I may take. ``caller``: who waits; ``called``: at whom it rings. ``at``: the
    extension where it is parked. ``since``: Unix seconds."""

    id: CallId
    state: OpenState
    caller: Party
    called: Party | None
    at: str | None
    since: float


class OpenCalls(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[OpenCall, ...]


class ToDestination(Wish, frozen=True, kw_only=True, forbid_unknown_fields=True):
    destination: Destination


class WithCall(Wish, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``other``: another call of mine."""

    other: Id


class ConferenceWish(Wish, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``calls``: other calls of mine. ``goes_on``: also when I leave."""

    calls: Annotated[tuple[Id, ...], msgspec.Meta(max_length=MOST_OTHERS)] = ()
    goes_on: bool = False


class OfLeg(Wish, frozen=True, kw_only=True, forbid_unknown_fields=True):
    leg: Id


class MuteWish(OfLeg, frozen=True, kw_only=True, forbid_unknown_fields=True):
    muted: bool


class DigitsWish(Wish, frozen=True, kw_only=True, forbid_unknown_fields=True):
    digits: Annotated[str, msgspec.Meta(pattern=r"^[0-9*#A-D]{1,32}(?!\n)$")]
    device: Id | None = None


class RecordingWish(Wish, frozen=True, kw_only=True, forbid_unknown_fields=True):
    action: RecordingAction
