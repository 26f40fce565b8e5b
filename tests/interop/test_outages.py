"""What still works when a server behind the gateway is gone (each test has a gateway and servers of its
own)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from tests.interop.conftest import Kit
from tests.interop.gateway import GatewayProcess, Servers
from tests.interop.ports import Ports

CALLER = "+31301234567"


class Fragile:
    """A gateway whose servers may be frozen: they keep their sockets and answer nothing."""

    def __init__(self, folder: Path, ports: Ports, database: str) -> None:
        self.servers = Servers(folder, ports)
        self.gateway = GatewayProcess(
            folder / "gateway", ports, database=database, redis=self.servers.redis, ng=self.servers.ng
        )
        self.gateway.start()

    def stop(self) -> None:
        self.servers.thaw()
        self.gateway.stop()
        self.servers.stop()


@pytest.fixture(scope="module")
def fragile(short_folder: Path, kit_ports: Ports, database: str) -> Iterator[Fragile]:
    made = Fragile(short_folder / "fragile", kit_ports, database)
    yield made
    made.stop()


async def live_calls(redis: Redis) -> list[dict[str, Any]]:
    return [json.loads(await redis.get(key) or "{}") async for key in redis.scan_iter("call:*")]


async def live_in_phase(redis: Redis, phase: str) -> dict[str, Any]:
    """Wait for the one live call to be in this phase."""
    for _ in range(100):
        found = [live for live in await live_calls(redis) if live.get("phase") == phase]
        if found:
            return found[0]
        await asyncio.sleep(0.01)
    raise AssertionError(f"no call is {phase}, only {await live_calls(redis)}")


async def test_a_live_call_is_seen_in_redis_until_it_ends(kit: Kit, fragile: Fragile) -> None:
    kit.gateway = fragile.gateway
    anna = kit.company.person("anna", identity="fixed")
    await kit.company.apply()
    pstn = await kit.carrier(ring_ms=500)
    caller = await kit.network_calls("uac_call", "0301234567", anna, talk_ms=500)
    async with Redis(unix_socket_path=fragile.servers.redis.removeprefix("unix://")) as redis:
        await live_in_phase(redis, "ringing")
        live = await live_in_phase(redis, "established")
        assert live["gateway"] == "interop"
        assert live["calling"]["identity"]["number"] == anna.fixed
        assert live["called"]["identity"]["number"] == CALLER
        await asyncio.gather(caller.finished(), pstn.finished())
        assert (await kit.record()).call["call_id"] == live["call"]
        assert await live_calls(redis) == []


async def test_without_redis_calls_go_on(kit: Kit, fragile: Fragile) -> None:
    kit.gateway = fragile.gateway
    anna = kit.company.person("anna")
    await kit.company.apply()
    fragile.servers.freeze("redis")
    pstn = await kit.carrier()
    caller = await kit.network_calls("uac_call", "0301234567", anna, talk_ms=100)
    await asyncio.gather(caller.finished(), pstn.finished())
    fragile.servers.thaw()
    assert (await kit.record()).call["outcome"] == "answered"


async def test_without_rtpengine_calls_are_refused_for_now_but_112_passes(kit: Kit, fragile: Fragile) -> None:
    kit.gateway = fragile.gateway
    anna = kit.company.person("anna")
    await kit.company.apply()
    fragile.servers.freeze("rtpengine")
    caller = await kit.network_calls("uac_refused", "0301234567", anna, status=503)
    refused = (await caller.finished()).first(503)
    assert refused.header("Retry-After")
    psap = await kit.psap()
    caller = await kit.network_calls("uac_call", "112", anna, talk_ms=50)
    await asyncio.gather(caller.finished(), psap.finished())
    fragile.servers.thaw()
    assert (await kit.record()).call["outcome"] == "failed"
