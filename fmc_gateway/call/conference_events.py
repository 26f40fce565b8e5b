"""A conference (call-flows §4; seed 9 "Three-Way Call", "N-Way Calling"): what is asked of a call, and what
happens in its room. Events of :mod:`.events`."""

from __future__ import annotations

from fmc_gateway.call.offered import Event
from hipper.pbx.ids import CallId, LegId, RoomId, SubscriberId


class ConferenceRequested(Event, frozen=True, kw_only=True, tag="conference_requested"):
    """``subscriber`` and the others of the call hear each other, and with them the far parties of ``calls``.
    ``goes_on``: also when ``subscriber`` leaves."""

    request: str
    subscriber: SubscriberId
    calls: tuple[CallId, ...] = ()
    goes_on: bool = False


class ConferenceAddRequested(Event, frozen=True, kw_only=True, tag="conference_add_requested"):
    """Call ``destination``, digits as the user dials them, into the conference."""

    request: str
    subscriber: SubscriberId
    destination: str


class ConferenceRemoveRequested(Event, frozen=True, kw_only=True, tag="conference_remove_requested"):
    request: str
    subscriber: SubscriberId
    leg: LegId


class ConferenceMuteRequested(Event, frozen=True, kw_only=True, tag="conference_mute_requested"):
    request: str
    subscriber: SubscriberId
    leg: LegId
    muted: bool


class RoomMade(Event, frozen=True, kw_only=True, tag="room_made"):
    room: RoomId


class RoomFailed(Event, frozen=True, kw_only=True, tag="room_failed"):
    """It could not be made, or is gone with the mixer. ``unavailable``: no mixer answers."""

    room: RoomId
    reason: str
    unavailable: bool = False


class PartyInRoom(Event, frozen=True, kw_only=True, tag="party_in_room"):
    """``leg``: the room's end of the pair. ``sdp``: where the room hears the party."""

    room: RoomId
    leg: LegId
    sdp: str


class PartyNotInRoom(Event, frozen=True, kw_only=True, tag="party_not_in_room"):
    room: RoomId
    leg: LegId
    reason: str


ConferenceWish = (
    ConferenceRequested | ConferenceAddRequested | ConferenceRemoveRequested | ConferenceMuteRequested
)
RoomEvent = RoomMade | RoomFailed | PartyInRoom | PartyNotInRoom
