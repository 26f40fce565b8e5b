"""The simulated mobile network before a gateway that a test plays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from simulators.agent import Agent, Peer
from simulators.call import Call, CallError
from simulators.handset import HandsetProcess
from simulators.mobile_network import MobileNetwork
from simulators.pstn import Pstn

NOWHERE = Peer("127.0.0.1", 9)
MSISDN = "+31612345678"
GUARD = (("X-Hipper-Loop-Guard", "v1.1.mark"),)


@pytest.fixture
async def gateway() -> AsyncIterator[Pstn]:
    """Any user agent that answers and calls does as a gateway."""
    async with Pstn(gateway=NOWHERE, tone_hz=1000, name="gateway") as agent:
        yield agent


@pytest.fixture
async def network(gateway: Agent) -> AsyncIterator[MobileNetwork]:
    async with MobileNetwork(gateway=Peer(*gateway.address), tone_hz=440, handset_port=0) as network:
        network.handset(MSISDN)
        yield network


async def leg_to_handset(gateway: Pstn, network: MobileNetwork, *, guarded: bool = True) -> Call:
    gateway.gateway = Peer(*network.address)
    return await gateway.call(MSISDN, caller="+31201234567", headers=GUARD if guarded else ())


async def test_a_handset_calls_as_dialled_with_its_number_asserted(
    gateway: Pstn, network: MobileNetwork
) -> None:
    out = await network.handset(MSISDN).call("#31#0201234567", privacy="id")
    call = await gateway.next_call()
    assert (call.dialled, call.asserted, call.header("Privacy")) == ("#31#0201234567", MSISDN, "id")
    assert (call.header("P-Charging-Vector") or "").startswith("icid-value=ims.example-")
    assert (call.header("P-Access-Network-Info") or "").startswith("3GPP-E-UTRAN-FDD")
    await call.answer()
    await asyncio.gather(out.hears(1000), call.hears(440))


async def test_each_call_has_its_own_icid(gateway: Pstn, network: MobileNetwork) -> None:
    await network.handset(MSISDN).call("201")
    await network.handset(MSISDN).call("201")
    icids = {(await gateway.next_call()).header("P-Charging-Vector") for _ in range(2)}
    assert len(icids) == 2


async def test_a_marked_leg_reaches_the_handset(gateway: Pstn, network: MobileNetwork) -> None:
    leg = await leg_to_handset(gateway, network)
    ringing = await network.handset(MSISDN).next_call()
    await ringing.answer()
    await leg.answered()
    await asyncio.gather(leg.hears(440), ringing.hears(1000))
    assert network.returned == 0


async def test_an_unmarked_leg_comes_back_as_a_terminating_call(
    gateway: Pstn, network: MobileNetwork
) -> None:
    leg = await leg_to_handset(gateway, network, guarded=False)
    back = await gateway.next_call()
    assert (back.dialled, back.asserted) == ("9931612345678", "+31201234567")
    assert back.header("Max-Forwards") == "69"
    assert network.returned == 1
    await leg.hang_up()
    await asyncio.gather(back.over(), leg.over())


async def test_a_prefix_instead_of_the_header_marks_a_leg(gateway: Pstn) -> None:
    async with MobileNetwork(gateway=Peer(*gateway.address), loop_guard_prefix="8811") as network:
        gateway.gateway = Peer(*network.address)
        handset = network.handset(MSISDN)
        await gateway.call("881131612345678", caller="+31201234567")
        assert (await handset.next_call()).dialled == "881131612345678"
        await gateway.call(MSISDN, caller="+31201234567", headers=GUARD)
        assert (await gateway.next_call()).dialled == "9931612345678"


async def test_a_call_from_outside_is_terminated_by_prefix_or_trunk_group(
    gateway: Pstn, network: MobileNetwork
) -> None:
    await network.terminate(MSISDN, caller="+31201234567", withheld=True)
    call = await gateway.next_call()
    assert (call.dialled, call.withheld, call.asserted) == ("9931612345678", True, "+31201234567")
    group = MobileNetwork(gateway=network.gateway, terminating_trunk_group="hipper-term")
    async with group:
        await group.terminate(MSISDN, caller="+31201234567")
        assert (await gateway.next_call()).dialled == f"{MSISDN};tgrp=hipper-term;trunk-context=ims.example"


async def test_a_handset_without_coverage_is_absent(gateway: Pstn, network: MobileNetwork) -> None:
    network.handset(MSISDN).on = False
    leg = await leg_to_handset(gateway, network)
    with pytest.raises(CallError, match="480"):
        await leg.answered()
    assert leg.reason == 'Q.850;cause=20;text="Subscriber absent"'


async def test_a_handset_of_its_own_process_calls_and_is_called(
    gateway: Pstn, network: MobileNetwork
) -> None:
    where = network._shell.local_address("handsets")
    async with HandsetProcess(network=Peer(*where), msisdn="+31687654321", tone_hz=700) as handset:
        await handset.attached()
        assert network.attached == ["+31687654321"]
        out = await handset.call("201")
        call = await gateway.next_call()
        assert (call.dialled, call.asserted) == ("201", "+31687654321")
        await call.answer()
        await out.answered()
        await asyncio.gather(out.hears(1000), call.hears(700))
        await call.hold()
        await out.is_held()
        await call.resume()
        await out.hang_up()
        await call.over()
        gateway.gateway = Peer(*network.address)
        leg = await gateway.call("+31687654321", caller="+31201234567", headers=GUARD)
        ringing = await handset.next_call()
        assert ringing.asserted == "+31201234567"
        await ringing.reject(486)
        with pytest.raises(CallError, match="486"):
            await leg.answered()
