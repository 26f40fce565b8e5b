"""The engine's room commands → Janus AudioBridge, in order per room; its answers → events (call-flows §4).

A room is mixed at 8 kHz: telephones and carriers speak G.711, and what does not is transcoded by rtpengine on
its way. Each party has a handle of its own at Janus, which plain RTP comes in by. The private Janus is
started when the first room is wanted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import Any, Protocol

import structlog

from fmc_gateway.call.conference_commands import CreateRoom, DestroyRoom, JoinRoom, LeaveRoom
from fmc_gateway.call.conference_events import PartyInRoom, PartyNotInRoom, RoomFailed, RoomMade
from fmc_gateway.call.events import AnyEvent
from hipper.contracts.bus import NO_MIXER
from hipper.pbx.ids import LegId, RoomId
from hipper.runtime.janus_client import JanusClient, JanusError
from hipper.telephony.sdp.codec import PCMA, PCMU
from hipper.telephony.sdp.description import SessionDescription
from hipper.telephony.sdp.errors import SdpError

PLUGIN = "janus.plugin.audiobridge"
SAMPLING_RATE = 8000
G711 = {PCMA.name.upper(): ("pcma", 8), PCMU.name.upper(): ("pcmu", 0)}
"""By what Janus calls it, and its payload type (RFC 3551 §6)."""

RoomCommand = CreateRoom | JoinRoom | LeaveRoom | DestroyRoom
Done = Callable[[AnyEvent], None]

log = structlog.get_logger("fmc_gateway.rooms")


class Mixer(Protocol):
    """Where a Janus is found (:class:`fmc_gateway.mixer.Mixer`)."""

    admin_key: str | None

    async def client(self) -> JanusClient: ...


class _Room:
    """``handles``: of each party, and under its own name the one the room was made with."""

    __slots__ = ("client", "handles", "made", "number", "owner", "queue", "secret", "task", "tell")

    def __init__(self, name: RoomId, tell: Done) -> None:
        self.number = int.from_bytes(blake2b(name.encode(), digest_size=6).digest())
        self.tell = tell
        self.queue: list[tuple[RoomCommand, Done]] = []
        self.task: asyncio.Task[None] | None = None
        self.client: JanusClient | None = None
        self.owner = 0
        self.handles: dict[LegId, int] = {}
        self.made = False
        self.secret = ""


class RoomsPort:
    """``token``: makes secrets of rooms, so that nobody else's client joins or destroys one."""

    def __init__(self, mixer: Mixer, token: Callable[[], str]) -> None:
        self._mixer = mixer
        self._token = token
        self._rooms: dict[RoomId, _Room] = {}

    def __len__(self) -> int:
        return len(self._rooms)

    def run(self, command: RoomCommand, done: Done) -> None:
        """Carry ``command`` out after the earlier ones of its room; ``done`` gets the event, if there is
        one."""
        room = self._rooms.get(command.room)
        if room is None:
            if not isinstance(command, CreateRoom):
                return
            room = self._rooms[command.room] = _Room(command.room, done)
        room.queue.append((command, done))
        if room.task is None:
            room.task = asyncio.get_running_loop().create_task(self._work(command.room, room))

    def lost(self, why: str) -> None:
        """The connection is gone, and every room with it."""
        for name, room in tuple(self._rooms.items()):
            if room.made:
                room.made = False
                room.client = None
                room.tell(RoomFailed(room=name, reason=why, unavailable=True))

    async def close(self) -> None:
        """Destroy every room that is left."""
        for name in tuple(self._rooms):
            self.run(DestroyRoom(room=name), lambda event: None)
        left = [room.task for room in self._rooms.values() if room.task is not None]
        if left:
            await asyncio.wait(left, timeout=1.0)

    async def _work(self, name: RoomId, room: _Room) -> None:
        while room.queue:
            command, done = room.queue.pop(0)
            try:
                event = await self._carry_out(room, command)
            except (JanusError, SdpError) as error:
                event = _failed(command, error)
            except Exception as fault:
                log.exception("room.fault", room=name, command=type(command).__name__)
                event = _failed(command, fault)
            if event is not None:
                done(event)
            if isinstance(command, DestroyRoom):
                self._rooms.pop(name, None)
        room.task = None

    async def _carry_out(self, room: _Room, command: RoomCommand) -> AnyEvent | None:
        """Raises JanusError, SdpError."""
        match command:
            case CreateRoom():
                await self._create(room)
                return RoomMade(room=command.room)
            case JoinRoom():
                return PartyInRoom(room=command.room, leg=command.leg, sdp=await self._join(room, command))
            case LeaveRoom():
                handle = room.handles.pop(command.leg, None)
                if handle is not None and room.client is not None:
                    await room.client.detach(handle)
            case DestroyRoom():
                await self._destroy(room)
        return None

    async def _create(self, room: _Room) -> None:
        room.client = client = await self._mixer.client()
        room.secret = self._token()
        room.owner = await client.attach(PLUGIN)
        body: dict[str, Any] = {
            "request": "create",
            "room": room.number,
            "secret": room.secret,
            "pin": room.secret,
            "is_private": True,
            "permanent": False,
            "sampling_rate": SAMPLING_RATE,
            "audiolevel_ext": False,
            "record": False,
            "allow_rtp_participants": True,
        }
        if self._mixer.admin_key is not None:
            body["admin_key"] = self._mixer.admin_key
        await client.tell(room.owner, body)
        room.made = True

    async def _join(self, room: _Room, command: JoinRoom) -> str:
        client = room.client
        if client is None or not room.made:
            raise JanusError("there is no room", gone=True)
        host, port, codec = _where(command.sdp)
        name, payload = G711[codec]
        handle = await client.attach(PLUGIN)
        room.handles[command.leg] = handle
        body = {
            "request": "join",
            "room": room.number,
            "pin": room.secret,
            "codec": name,
            "rtp": {"ip": host, "port": port},
        }
        joined = await client.tell(handle, body, later=True)
        found = joined.get("rtp")
        try:
            return _description(str(found["ip"]), int(found["port"]), payload, codec)  # type: ignore[index]
        except (KeyError, TypeError, ValueError):
            raise JanusError("this Janus takes no plain RTP") from None

    async def _destroy(self, room: _Room) -> None:
        client, room.client = room.client, None
        if client is None or not client.is_open:
            return
        # each for itself: what is left at Janus stays there as long as the gateway is connected
        if room.made:
            room.made = False
            body = {"request": "destroy", "room": room.number, "secret": room.secret}
            await _tried(client.tell(room.owner, body))
        for handle in (*room.handles.values(), room.owner):
            if handle:
                await _tried(client.detach(handle))


async def _tried(request: Awaitable[object]) -> None:
    try:
        await request
    except JanusError as error:
        log.warning("room.left", error=str(error))


def _failed(command: RoomCommand, error: Exception) -> AnyEvent | None:
    log.warning(
        "room.failed",
        room=command.room,
        command=type(command).__name__,
        error=str(error) or type(error).__name__,
    )
    if isinstance(command, CreateRoom):
        return RoomFailed(room=command.room, reason=NO_MIXER, unavailable=True)
    if isinstance(command, JoinRoom):
        return PartyNotInRoom(room=command.room, leg=command.leg, reason=str(error))
    return None


def _where(sdp: str) -> tuple[str, int, str]:
    """Where rtpengine hears the room, and in which codec. Raises SdpError, JanusError."""
    description = SessionDescription.parse(sdp)
    media = description.audio
    connection = None if media is None else description.connection_of(media)
    if media is None or connection is None or not media.port:
        raise JanusError("nowhere to send the room to")
    codec = next((one.name.upper() for one in media.codecs if one.name.upper() in G711), None)
    if codec is None:
        raise JanusError("no G.711 was offered to the room")
    return connection.address, media.port, codec


def _description(host: str, port: int, payload: int, codec: str) -> str:
    """Of a room, as rtpengine reads it."""
    family = "IP6" if ":" in host else "IP4"
    return (
        f"v=0\r\no=- 1 1 IN {family} {host}\r\ns=-\r\nc=IN {family} {host}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP {payload}\r\na=rtpmap:{payload} {codec}/8000\r\na=ptime:20\r\na=sendrecv\r\n"
    )
