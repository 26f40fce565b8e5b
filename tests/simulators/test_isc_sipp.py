"""The simulated S-CSCF before SIPp as application server: nobody here wrote that one."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.agent import Peer
from simulators.call import CallError
from simulators.network.isc import IscNetwork
from tests.interop.ports import Ports
from tests.interop.sipp import Sipp

pytestmark = pytest.mark.interop
ALICE = "+31612345601"


async def test_a_server_that_keeps_the_odi_lets_the_call_through(tmp_path: Path) -> None:
    async with Sipp("as_returns", tmp_path, Ports()) as sipp:
        async with IscNetwork(gateway=Peer("127.0.0.1", sipp.port)) as network:
            out = await network.handset(ALICE).call("0201234567")
            called = await network.pstn.next_call()
            await called.answer()
            await out.answered()
            await out.hang_up()
            await called.over()
            assert (network.findings, network.scscf.loops) == ([], 0)
        result = await sipp.finished()
    first, second = result.first("INVITE").headers["route"]
    assert first == "<sip:fmc.example;lr>"
    assert second.startswith("<sip:odi_")


async def test_a_server_that_strips_the_odi_makes_it_loop(tmp_path: Path) -> None:
    async with Sipp("as_strips_odi", tmp_path, Ports()) as sipp:
        async with IscNetwork(gateway=Peer("127.0.0.1", sipp.port), max_loops=2) as network:
            out = await network.handset(ALICE).call("0201234567")
            with pytest.raises(CallError, match="482"):
                await out.answered()
            assert network.scscf.loops == 2
            assert any("looped" in finding for finding in network.findings)
        result = await sipp.finished()
    odis = [str(message.headers["route"]) for message in result.received("INVITE")]
    assert len(odis) == len(set(odis)) == 2
