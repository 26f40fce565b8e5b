"""hipper.runtime.ng_client and ng_engine against real rtpengines and a scripted one."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hipper.runtime.ng_client import EngineLost, MediaClient, NoRtpengine
from hipper.runtime.settings_model import Rtpengine
from hipper.telephony.ng import commands
from hipper.telephony.ng.bencode import decode, encode

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
)
FAST = (0.2, 0.4)


def offer(call_id: str) -> dict[str, Any]:
    return commands.offer(call_id=call_id, from_tag="a", sdp=SDP)


@asynccontextmanager
async def media(*engines: Rtpengine, **options: Any) -> AsyncIterator[MediaClient]:
    client = MediaClient(engines, **({"retransmit_s": FAST, "health_interval_s": 0.1} | options))
    await client.start()
    try:
        yield client
    finally:
        await client.stop()


class ScriptedEngine(asyncio.DatagramProtocol):
    """Answers ``ok`` from the n-th sending of a cookie on, and counts what came."""

    def __init__(self, answer_from: int = 1) -> None:
        self.answer_from = answer_from
        self.sendings: dict[str, int] = {}
        self.commands: list[str] = []

    async def start(self) -> Rtpengine:
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        host, port = self.transport.get_extra_info("sockname")
        return Rtpengine(ng=f"{host}:{port}")

    def datagram_received(self, data: bytes, addr: Any) -> None:
        raw_cookie, _, body = data.partition(b" ")
        cookie = raw_cookie.decode()
        command = decode(body)["command"]
        if command == "ping":
            self.transport.sendto(raw_cookie + b" " + encode({"result": "pong"}), addr)
            return
        self.sendings[cookie] = self.sendings.get(cookie, 0) + 1
        if self.sendings[cookie] >= self.answer_from:
            self.commands.append(command)
            self.transport.sendto(raw_cookie + b" " + encode({"result": "ok", "sdp": "v=0"}), addr)


async def test_an_offer_is_answered_and_its_call_stays_with_its_engine(rtpengine: Any) -> None:
    async with media(Rtpengine(ng=rtpengine.ng)) as client:
        reply = await client.request(offer("stays"))
        assert reply["result"] == "ok"
        assert client.engine_of("stays") == rtpengine.ng
        reply = await client.request(commands.delete(call_id="stays"))
        assert reply["result"] == "ok"
        assert client.calls == 0


async def test_a_lost_datagram_is_repeated_with_its_cookie() -> None:
    engine = ScriptedEngine(answer_from=2)
    async with media(await engine.start()) as client:
        assert (await client.request(offer("lossy")))["result"] == "ok"
    assert list(engine.sendings.values()) == [2]
    engine.transport.close()


async def test_answers_that_are_here_already_count_when_we_are_late_ourselves() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as engine:
        engine.bind(("127.0.0.1", 0))
        engine.settimeout(5)
        found = Rtpengine(ng=f"127.0.0.1:{engine.getsockname()[1]}")
        async with media(found, retransmit_s=(0.2,), health_interval_s=60) as client:
            asked = [asyncio.create_task(client.request(offer(f"late-{number}"))) for number in range(20)]
            await asyncio.sleep(0)
            for _ in range(21):  # and the first ping
                data, source = engine.recvfrom(65535)
                engine.sendto(data.partition(b" ")[0] + b" " + encode({"result": "ok", "sdp": "v=0"}), source)
            time.sleep(0.3)  # noqa: ASYNC251  the loop is what is late
            replies = await asyncio.gather(*asked)
        assert [reply["result"] for reply in replies] == ["ok"] * 20


async def test_new_calls_leave_a_frozen_engine_and_come_back_when_it_thaws(
    rtpengine: Any, start_rtpengine: Callable[[], Any]
) -> None:
    other, recovered = start_rtpengine(), asyncio.Event()

    def on_health(ng: str, healthy: bool) -> None:
        if ng == other.ng and healthy:
            recovered.set()

    engines = (Rtpengine(ng=other.ng, weight=100), Rtpengine(ng=rtpengine.ng))
    async with media(*engines, on_health=on_health) as client:
        other.freeze()
        await client.request(offer("while-frozen"))
        assert client.engine_of("while-frozen") == rtpengine.ng
        assert client.health() == {other.ng: False, rtpengine.ng: True}
        other.thaw()
        await asyncio.wait_for(recovered.wait(), 5)
        await client.request(offer("thawed"))
        assert client.engine_of("thawed") == other.ng
        await client.request(commands.delete(call_id="while-frozen"))


async def test_the_call_of_a_dead_engine_is_lost_and_not_offered_elsewhere(
    rtpengine: Any, start_rtpengine: Callable[[], Any]
) -> None:
    dying = start_rtpengine()
    async with media(Rtpengine(ng=dying.ng, weight=100), Rtpengine(ng=rtpengine.ng)) as client:
        await client.request(offer("doomed"))
        assert client.engine_of("doomed") == dying.ng
        dying.stop()
        with pytest.raises(EngineLost):
            await client.request(commands.answer(call_id="doomed", from_tag="a", to_tag="b", sdp=SDP))
        with pytest.raises(EngineLost):
            await client.request(commands.delete(call_id="doomed"))
        assert client.calls == 0


async def test_without_any_engine_new_calls_are_refused_at_once(start_rtpengine: Callable[[], Any]) -> None:
    engine = start_rtpengine()
    engine.stop()
    async with media(Rtpengine(ng=engine.ng)) as client:
        with pytest.raises(NoRtpengine):
            await client.request(offer("nobody"))
        assert not client.available
        began = asyncio.get_running_loop().time()
        with pytest.raises(NoRtpengine):
            await client.request(offer("nobody"))
        assert asyncio.get_running_loop().time() - began < 0.1
        assert client.calls == 0


async def test_weights_share_new_calls_out() -> None:
    heavy, light = ScriptedEngine(), ScriptedEngine()
    first, second = await heavy.start(), await light.start()
    async with media(Rtpengine(ng=first.ng, weight=3), second) as client:
        for number in range(8):
            await client.request(offer(f"call-{number}"))
    assert (heavy.commands.count("offer"), light.commands.count("offer")) == (6, 2)
    heavy.transport.close()
    light.transport.close()


async def test_a_command_for_a_call_nobody_offered_is_refused(rtpengine: Any) -> None:
    async with media(Rtpengine(ng=rtpengine.ng)) as client:
        with pytest.raises(EngineLost):
            await client.request(commands.delete(call_id="never-offered"))


async def test_stopping_the_client_ends_whoever_waits() -> None:
    engine = ScriptedEngine(answer_from=99)
    async with media(await engine.start(), retransmit_s=(10.0,)) as client:
        waiting = asyncio.create_task(client.request(offer("waits")))
        await asyncio.sleep(0.05)
    with pytest.raises(NoRtpengine):
        await waiting
    engine.transport.close()
