"""Mixed calls while a server behind the gateway is away (short form of ``tests.bench.outage``), and an
rtpengine that is killed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.agent import Peer
from simulators.mobile_network import MobileNetwork
from simulators.pstn import Pstn
from tests.bench.outage import play, verdict
from tests.bench.own_servers import OwnServers
from tests.bench.three_networks import ThreeNetworks, hire
from tests.interop.company import national
from tests.interop.ports import Ports, relay_ports

CALLS = 36
OUTSIDE = "+31301234567"


@pytest.fixture(scope="module")
def servers(short_folder: Path, kit_ports: Ports) -> Iterator[OwnServers]:
    made = OwnServers(short_folder / "own", (kit_ports.keep(), kit_ports.keep()), relay_ports())
    made.start_all()
    yield made
    made.stop_all()


@pytest.fixture(scope="module")
def own_gateway(servers: OwnServers, short_folder: Path, kit_ports: Ports) -> Iterator[ThreeNetworks]:
    made = ThreeNetworks(
        short_folder / "outage", kit_ports, database=servers.database, redis=servers.redis, ng=servers.engines
    )
    made.start()
    yield made
    made.stop()


@pytest.mark.parametrize("server", ["postgresql", "redis"])
async def test_calls_go_on_without(
    own_gateway: ThreeNetworks, servers: OwnServers, tmp_path: Path, server: str
) -> None:
    result = await play(tmp_path, own_gateway, servers, server, calls=CALLS, seed=7, at_once=6)
    assert verdict(result, CALLS) == []
    assert len(result.records) == CALLS


async def test_the_next_rtpengine_takes_new_calls_when_one_is_killed(
    own_gateway: ThreeNetworks, servers: OwnServers, tmp_path: Path
) -> None:
    """Audio that ran through it is gone, whoever had the other one hears on, and every new call is heard."""
    staff = (await hire(tmp_path, servers.database, "engines", people=2, others=0, first=830_000))["trunk"]
    gateway = own_gateway
    network = MobileNetwork(
        gateway=Peer("127.0.0.1", gateway.asks_at["trunk"]), port=gateway.network, tone_hz=440
    )
    pstn = Pstn(gateway=Peer("127.0.0.1", gateway.pstn), port=gateway.carrier, tone_hz=1000)
    async with network, pstn:
        handset = network.handset(staff.people[0].mobile or "")

        async def talk() -> tuple[object, object]:
            out = await handset.call(national(OUTSIDE))
            there = await pstn.next_call()
            await there.answer()
            await out.answered()
            await asyncio.gather(out.hears(1000), there.hears(440))
            return out, there

        before = [await talk() for _ in range(2)]
        servers.kill("rtpengine-1")
        await asyncio.sleep(1.0)  # longer than the interval of the gateway's health checks
        after = [await talk() for _ in range(2)]
        for out, _ in (*before, *after):
            await out.hang_up()  # type: ignore[attr-defined]
        for _, there in (*before, *after):
            await there.over()  # type: ignore[attr-defined]
        servers.start("rtpengine-1")
