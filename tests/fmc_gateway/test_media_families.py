"""Media between IPv4 and IPv6 through a real rtpengine: what one side says the other one hears."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fmc_gateway.call import commands as c
from fmc_gateway.call import events as e
from fmc_gateway.media_port import MediaPort
from hipper.pbx.ids import LegId, PairId
from hipper.runtime.ng_client import MediaClient
from hipper.runtime.settings_model import Rtpengine

FOUR, SIX = LegId("four"), LegId("six")
PAIR = PairId("families-1")
HOSTS = {FOUR: "127.0.0.1", SIX: "::1"}


class Quiet:
    def ng_answered(self, seconds: float) -> None: ...


@pytest.fixture
def sockets() -> Iterator[dict[LegId, socket.socket]]:
    made = {}
    for leg, family in ((FOUR, socket.AF_INET), (SIX, socket.AF_INET6)):
        made[leg] = socket.socket(family, socket.SOCK_DGRAM)
        made[leg].bind((HOSTS[leg], 0))
        made[leg].settimeout(2)
    yield made
    for one in made.values():
        one.close()


def description(leg: LegId, sockets: dict[LegId, socket.socket]) -> str:
    host, port = sockets[leg].getsockname()[:2]
    version = 6 if ":" in host else 4
    return (
        f"v=0\r\no=- 1 1 IN IP{version} {host}\r\ns=-\r\nc=IN IP{version} {host}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n"
    )


def where(sdp: str) -> tuple[str, int]:
    """Where a description says that media goes."""
    address = re.search(r"^c=IN (IP[46]) (\S+)", sdp, re.MULTILINE)
    port = re.search(r"^m=audio (\d+)", sdp, re.MULTILINE)
    assert address is not None
    assert port is not None
    assert (address[1] == "IP6") == (":" in address[2])
    return address[2], int(port[1])


async def told(port: MediaPort, command: Any) -> Any:
    event: asyncio.Future[e.AnyEvent] = asyncio.get_running_loop().create_future()
    port.run(command, event.set_result)
    return await asyncio.wait_for(event, 5)


@pytest.mark.parametrize(("offering", "answering"), [(FOUR, SIX), (SIX, FOUR)])
async def test_what_is_said_in_one_family_is_heard_in_the_other(
    rtpengine: Any, sockets: dict[LegId, socket.socket], offering: LegId, answering: LegId
) -> None:
    client = MediaClient((Rtpengine(ng=rtpengine.ng),))
    await client.start()
    families = {FOUR: "IP4", SIX: "IP6"}
    port = MediaPort(
        client,
        "none.wav",
        fixed=lambda leg: True,
        observer=Quiet(),
        find=lambda command: Path("none.wav"),
        family=lambda sender, receiver: families[receiver],  # type: ignore[arg-type,return-value]
    )
    offer = c.OfferMedia(pair=PAIR, from_leg=offering, to_leg=answering, sdp=description(offering, sockets))
    offered = await told(port, offer)
    answer = c.AnswerMedia(
        pair=PAIR, offering_leg=offering, answering_leg=answering, sdp=description(answering, sockets)
    )
    answered = await told(port, answer)
    relay = {answering: where(offered.sdp), offering: where(answered.sdp)}
    assert {leg: ":" in host for leg, (host, _) in relay.items()} == {FOUR: False, SIX: True}
    for number, (sender, hearer) in enumerate(((offering, answering), (answering, offering))):
        packet = struct.pack("!BBHII", 0x80, 8, number, 160, 7) + bytes([number]) * 160
        sockets[sender].sendto(packet, relay[sender])
        heard, _ = await asyncio.to_thread(sockets[hearer].recvfrom, 2048)
        assert heard[12:] == packet[12:]
    port.run(c.DeleteMedia(pair=PAIR), lambda event: None)
    await asyncio.sleep(0.1)
    await client.stop()
