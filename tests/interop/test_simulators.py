"""Our own simulators before the gateway: what they prove about loops, digests and bad networks, SIPp
cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.agent import Peer
from simulators.call import Call, CallError, CallState
from simulators.desk_phone import DeskPhone
from simulators.faults import NO_FAULTS, Faults
from simulators.mobile_network import MobileNetwork
from simulators.pstn import Pstn
from tests.interop.company import PASSWORD, Person
from tests.interop.conftest import Kit
from tests.interop.gateway import GatewayProcess, Servers
from tests.interop.ports import Ports

CALLER = "+31301234567"


@pytest.fixture(scope="session")
def strict_gateway(short_folder: Path, kit_ports: Ports, database: str) -> Iterator[GatewayProcess]:
    """One that challenges with SHA-256 and MD5 side by side (RFC 8760)."""
    servers = Servers(short_folder / "strict", kit_ports)
    running = GatewayProcess(
        short_folder / "strict-gateway",
        kit_ports,
        database=database,
        redis=servers.redis,
        ng=servers.ng,
        algorithms=("SHA-256", "MD5"),
    )
    running.start()
    yield running
    running.stop()
    servers.stop()


class Stage:
    """The simulators around one gateway."""

    def __init__(self, kit: Kit, gateway: GatewayProcess, faults: Faults = NO_FAULTS) -> None:
        self.kit = kit
        self.gateway = gateway
        self.faults = faults

    async def network(self) -> MobileNetwork:
        gateway = Peer("127.0.0.1", self.gateway.mobile)
        network = MobileNetwork(
            gateway=gateway, port=self.gateway.network, tone_hz=440, faults=self.faults, seed=1
        )
        return await self.kit.stack.enter_async_context(network)

    async def pstn(self) -> Pstn:
        gateway = Peer("127.0.0.1", self.gateway.pstn)
        pstn = Pstn(gateway=gateway, port=self.gateway.carrier, tone_hz=1000, faults=self.faults, seed=2)
        return await self.kit.stack.enter_async_context(pstn)

    async def phone(self, person: Person, transport: str = "udp") -> DeskPhone:
        port = self.gateway.devices_tls if transport == "tls" else self.gateway.devices
        registrar = Peer("127.0.0.1", port, transport)  # type: ignore[arg-type]
        phone = DeskPhone(
            registrar=registrar, aor=f"{person.phones[0]}@{person.domain}", password=PASSWORD, tone_hz=700,
            faults=self.faults, seed=3,
        )  # fmt: skip
        await self.kit.stack.enter_async_context(phone)
        await phone.registered(timeout_s=20)
        return phone


async def talk(caller: Call, called: Call, hz: tuple[int, int]) -> None:
    """`called` answers; each hears the other (`hz`: of the caller, of the called)."""
    await called.answer()
    await caller.answered()
    await asyncio.gather(caller.hears(hz[1]), called.hears(hz[0]))


async def test_the_leg_to_a_handset_carries_the_mark_and_never_comes_back(
    kit: Kit, gateway: GatewayProcess
) -> None:
    stage = Stage(kit, gateway)
    bram = kit.company.person("bram", phones=0)
    await kit.company.apply()
    network, pstn = await stage.network(), await stage.pstn()
    handset = network.handset(bram.mobile or "")
    out = await pstn.call(bram.fixed, caller=CALLER)
    ringing = await handset.next_call()
    assert ringing.asserted == CALLER
    await talk(out, ringing, (1000, 440))
    assert network.returned == 0
    await out.hang_up()
    await ringing.over()
    assert (await kit.record()).outcomes == {"mobile": "answered"}


async def test_a_network_that_drops_the_mark_makes_no_endless_loop(kit: Kit, gateway: GatewayProcess) -> None:
    bram = kit.company.person("bram", phones=0)
    await kit.company.apply()
    stage = Stage(kit, gateway)
    pstn = await stage.pstn()
    deaf = MobileNetwork(
        gateway=Peer("127.0.0.1", gateway.mobile), port=gateway.network, loop_guard_header="X-Another"
    )
    await kit.stack.enter_async_context(deaf)
    out = await pstn.call(bram.fixed, caller=CALLER)
    with pytest.raises(CallError):
        await out.answered()
    assert 1 <= deaf.returned <= 70
    assert out.state is CallState.OVER


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_a_phone_answers_the_strongest_challenge(
    kit: Kit, strict_gateway: GatewayProcess, transport: str
) -> None:
    stage = Stage(kit, strict_gateway)
    anna = kit.company.person("anna", mobile=False)
    await kit.company.apply()
    phone, pstn = await stage.phone(anna, transport), await stage.pstn()
    out = await phone.call("0301234567")
    incoming = await pstn.next_call()
    await talk(out, incoming, (700, 1000))
    await out.hold()
    await out.resume()
    await out.hang_up()
    await incoming.over()
    inward = await pstn.call(anna.fixed, caller=CALLER)
    await talk(inward, await phone.next_call(), (1000, 700))
    await inward.hang_up()
    assert [record.call["outcome"] for record in await kit.records(2)] == ["answered", "answered"]


async def test_calls_get_through_a_network_that_loses_repeats_and_delays(
    kit: Kit, gateway: GatewayProcess
) -> None:
    stage = Stage(kit, gateway, Faults(lose=0.1, repeat=0.1, delay=0.1))
    anna = kit.company.person("anna")
    await kit.company.apply()
    network, pstn = await stage.network(), await stage.pstn()
    handset = network.handset(anna.mobile or "")
    for _ in range(3):
        out = await handset.call("0301234567")
        incoming = await pstn.next_call(20)
        await incoming.answer()
        await out.answered(20)
        await asyncio.gather(out.hears(1000), incoming.hears(440))
        await out.hang_up()
        await incoming.over(20)
    assert [record.call["outcome"] for record in await kit.records(3)] == ["answered"] * 3
