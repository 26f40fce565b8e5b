"""Rooms at a real Janus, started privately as the gateway does: who sends is heard by the others, and what is
left when it ends, dies or is not there."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from fmc_gateway.call.conference_commands import CreateRoom, DestroyRoom, JoinRoom, LeaveRoom
from fmc_gateway.call.conference_events import PartyInRoom, PartyNotInRoom, RoomFailed, RoomMade
from fmc_gateway.mixer import SWITCHED_OFF, Mixer
from fmc_gateway.rooms_port import RoomsPort
from hipper.contracts.bus import NO_MIXER
from hipper.pbx.ids import LegId, RoomId
from hipper.runtime import embedded_janus
from hipper.runtime.settings_model import ConferenceSection, Settings
from hipper.telephony.sdp.description import SessionDescription

pytestmark = pytest.mark.servers

ROOM = RoomId("c1-room1")


class Site:
    def __init__(self, settings: Settings) -> None:
        self.mixer = Mixer(settings, lambda why: self.rooms.lost(why))
        self.rooms = RoomsPort(self.mixer, lambda: "geheim")
        self.told: asyncio.Queue[Any] = asyncio.Queue()

    def run(self, command: Any) -> None:
        self.rooms.run(command, self.told.put_nowait)

    async def next(self, command: Any = None) -> Any:
        if command is not None:
            self.run(command)
        return await asyncio.wait_for(self.told.get(), 10)

    async def exists(self, number: int) -> bool:
        """Whether Janus has that room."""
        client = await self.mixer.client()
        handle = await client.attach("janus.plugin.audiobridge")
        found = await client.tell(handle, {"request": "exists", "room": number})
        return bool(found["exists"])


@pytest.fixture
def folder() -> Any:
    made = Path(tempfile.mkdtemp(prefix="hipper-janus-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@asynccontextmanager
async def site(folder: Path, **conference: Any) -> AsyncIterator[Site]:
    made = Site(Settings(state_dir=str(folder / "var"), conference=ConferenceSection(**conference)))
    yield made
    await made.rooms.close()
    await made.mixer.close()


class Telephone:
    """One end of a pair: RTP of its own, one byte repeated, and what it hears."""

    def __init__(self, leg: str, level: int) -> None:
        self.leg = LegId(leg)
        self.level = level
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.sent = 0

    def join(self, codec: str = "8 101") -> JoinRoom:
        port = self.socket.getsockname()[1]
        sdp = (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP {codec}\r\n"
        )
        return JoinRoom(room=ROOM, leg=self.leg, sdp=sdp)

    def speak(self, place: str) -> None:
        media = SessionDescription.parse(place).audio
        assert media is not None
        self.sent += 1
        head = bytes((0x80, 8)) + self.sent.to_bytes(2) + (self.sent * 160).to_bytes(4) + bytes((0, 0, 0, 1))
        self.socket.sendto(head + bytes((self.level,)) * 160, ("127.0.0.1", media.port))

    def heard(self) -> list[bytes]:
        packets = []
        while True:
            try:
                packets.append(self.socket.recv(2048)[12:])
            except BlockingIOError:
                return packets


LOUD, SILENT = 0x80, 0xD5
"""A-law: half of full scale, and nothing."""


async def test_who_speaks_is_heard_by_the_other_and_not_by_itself(folder: Path) -> None:
    async with site(folder) as here:
        assert here.mixer.report() == {"state": "not wanted yet"}
        assert not (folder / "var" / "janus").exists(), "nothing was started"
        assert await here.next(CreateRoom(room=ROOM)) == RoomMade(room=ROOM)
        assert here.mixer.report() == {"state": "up"}
        loud, quiet = Telephone("loud", LOUD), Telephone("quiet", SILENT)
        first, second = await here.next(loud.join()), await here.next(quiet.join("0 8"))
        assert isinstance(first, PartyInRoom)
        assert (second.leg, "PCMU" in second.sdp) == ("quiet", True)
        own: list[bytes] = []
        other: list[bytes] = []
        for _ in range(500):
            loud.speak(first.sdp)
            quiet.speak(second.sdp)
            await asyncio.sleep(0.02)
            own, other = loud.heard() or own, other + quiet.heard()
            if own and any(len(set(one)) == 1 and one[0] not in (0xFF, 0x7F) for one in other):
                break
        else:
            raise AssertionError("never heard")
        assert set(own[-1]) <= {0xD5, 0x55}, "nobody hears itself"
        number = here.rooms._rooms[ROOM].number
        assert await here.exists(number)
        here.run(LeaveRoom(room=ROOM, leg=loud.leg))
        here.run(DestroyRoom(room=ROOM))
        while len(here.rooms):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert not await here.exists(number)


async def test_who_cannot_enter_is_told_and_the_room_is_there(folder: Path) -> None:
    async with site(folder) as here:
        here.run(CreateRoom(room=ROOM))
        await here.next()
        strange = Telephone("strange", SILENT)
        refused = await here.next(strange.join("9"))
        assert isinstance(refused, PartyNotInRoom)
        assert "G.711" in refused.reason
        garbage = await here.next(JoinRoom(room=ROOM, leg=LegId("x"), sdp="garbage"))
        assert isinstance(garbage, PartyNotInRoom)
        assert isinstance(await here.next(Telephone("t", SILENT).join()), PartyInRoom)


async def test_janus_that_dies_takes_its_rooms_along_and_another_makes_the_next(
    folder: Path,
) -> None:
    async with site(folder) as here:
        await here.next(CreateRoom(room=ROOM))
        assert here.mixer._child is not None
        first = here.mixer._child.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        lost = await here.next()
        assert isinstance(lost, RoomFailed)
        assert lost.unavailable
        assert here.mixer.report()["state"] == "away"
        here.run(DestroyRoom(room=ROOM))
        while here.mixer._child.pid in (None, first):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        for attempt in range(200):
            room = RoomId(f"c2-room{attempt}")
            if isinstance(await here.next(CreateRoom(room=room)), RoomMade):
                break
            here.run(DestroyRoom(room=room))
            await asyncio.sleep(0.05)
        else:
            raise AssertionError("it never came back")


@pytest.mark.parametrize("missing", ["binary", "setting", "server"])
async def test_without_janus_a_room_fails_and_health_says_why(
    folder: Path, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if missing == "binary":
        monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    conference = {"binary": {}, "setting": {"start": "never"}, "server": {"url": "ws://127.0.0.1:1"}}
    async with site(folder, **conference[missing]) as here:
        failed = await here.next(CreateRoom(room=ROOM))
        assert failed == RoomFailed(room=ROOM, reason=NO_MIXER, unavailable=True)
        said = here.mixer.report()
        assert said["state"] == "away"
        why = {"binary": "not installed", "setting": SWITCHED_OFF, "server": "no connection"}
        assert why[missing] in said["why"]
        here.run(DestroyRoom(room=ROOM))
        while len(here.rooms):  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_who_does_not_know_the_key_makes_no_room(folder: Path) -> None:
    """Another one's private Janus stands for it."""
    async with site(folder) as host:
        await host.next(CreateRoom(room=ROOM))
        settings = Settings(state_dir=str(folder / "var"))
        wrong = embedded_janus.janus_secret(settings) + "x"
        mixer = Mixer(settings, lambda why: None)
        mixer.admin_key = wrong
        mixer._child = host.mixer._child
        rooms = RoomsPort(mixer, lambda: "geheim")
        told: asyncio.Queue[Any] = asyncio.Queue()
        rooms.run(CreateRoom(room=RoomId("c9-room1")), told.put_nowait)
        refused = await asyncio.wait_for(told.get(), 10)
        assert isinstance(refused, RoomFailed), "a wrong admin key makes no room"
        mixer._child = None
        await mixer.close()


def tcp_ports(pid: int) -> list[str]:
    """Lines of TCP sockets that a process has."""
    inodes = {os.readlink(one) for one in Path(f"/proc/{pid}/fd").iterdir() if one.is_symlink()}
    lines = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
    return [line for line in lines if f"socket:[{line.split()[9]}]" in inodes]


async def test_only_the_audiobridge_is_loaded_and_its_files_are_private(folder: Path) -> None:
    async with site(folder) as here:
        await here.next(CreateRoom(room=ROOM))
        made = folder / "var" / "janus"
        assert [one.name for one in (made / "plugins").iterdir()] == ["libjanus_audiobridge.so"]
        assert [one.name for one in (made / "transports").iterdir()] == ["libjanus_websockets.so"]
        assert {one.stat().st_mode & 0o077 for one in (made / "conf").iterdir()} == {0}
        assert here.mixer._child is not None
        assert here.mixer._child.pid is not None
        assert tcp_ports(here.mixer._child.pid) == []
