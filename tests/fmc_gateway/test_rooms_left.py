"""What is left of a room at a Janus that refuses to destroy it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fmc_gateway.call.conference_commands import CreateRoom, DestroyRoom, JoinRoom
from fmc_gateway.rooms_port import RoomsPort
from hipper.pbx.ids import LegId, RoomId
from hipper.runtime.janus_client import JanusError

ROOM = RoomId("c1-room1")
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"


class Janus:
    """Client and mixer in one. ``refuses``: the request, or the handle whose detaching, it does not do."""

    admin_key = None
    is_open = True

    def __init__(self, refuses: object) -> None:
        self.refuses = refuses
        self.handles: set[int] = set()
        self.made = 0

    async def client(self) -> Any:
        return self

    async def attach(self, plugin: str) -> int:
        self.made += 1
        self.handles.add(self.made)
        return self.made

    async def detach(self, handle: int) -> None:
        if handle == self.refuses:
            raise JanusError("no such handle")
        self.handles.discard(handle)

    async def tell(self, handle: int, body: dict[str, Any], *, later: bool = False) -> dict[str, Any]:
        if body["request"] == self.refuses:
            raise JanusError("no such room")
        return {"rtp": {"ip": "127.0.0.1", "port": 5000}}


@pytest.mark.parametrize(("refuses", "left"), [("destroy", set()), (2, {2})])
async def test_no_handle_is_left_for_what_janus_refuses(refuses: object, left: set[int]) -> None:
    janus = Janus(refuses)
    rooms = RoomsPort(janus, lambda: "geheim")
    told: asyncio.Queue[Any] = asyncio.Queue()
    rooms.run(CreateRoom(room=ROOM), told.put_nowait)
    for leg in ("a", "b"):
        rooms.run(JoinRoom(room=ROOM, leg=LegId(leg), sdp=SDP), told.put_nowait)
    for _ in range(3):
        await asyncio.wait_for(told.get(), 5)
    assert janus.handles == {1, 2, 3}
    await rooms.close()
    assert (janus.handles, len(rooms)) == (left, 0)
    rooms.run(DestroyRoom(room=ROOM), told.put_nowait)
    assert len(rooms) == 0
