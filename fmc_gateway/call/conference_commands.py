"""What to do about the room of a conference (call-flows §4): commands of :mod:`.commands`.

Commands of one room are carried out in the order given, one after the other.
"""

from __future__ import annotations

from fmc_gateway.call.command_base import Command
from hipper.pbx.ids import LegId, RoomId


class CreateRoom(Command, frozen=True, kw_only=True, tag="create_room"):
    """Answered by RoomMade or RoomFailed."""

    room: RoomId


class JoinRoom(Command, frozen=True, kw_only=True, tag="join_room"):
    """``leg``: the room's end of a party's pair. ``sdp``: where rtpengine wants to hear the room. Answered
    by PartyInRoom or PartyNotInRoom."""

    room: RoomId
    leg: LegId
    sdp: str


class LeaveRoom(Command, frozen=True, kw_only=True, tag="leave_room"):
    room: RoomId
    leg: LegId


class DestroyRoom(Command, frozen=True, kw_only=True, tag="destroy_room"):
    """With whoever is in it; once for each CreateRoom."""

    room: RoomId
