"""Mixed calls by seed through a simulated network, and their records."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

from simulators.agent import Peer
from simulators.faults import Faults
from simulators.mixed_traffic import Mix, Traffic, main, plan
from simulators.network.isc import IscNetwork
from tests.simulators.servers import Server

HANDSETS = ("+31612345601", "+31612345602", "+31612345603")
MIX = Mix(handsets=HANDSETS, fixed=("+31201234501",))


def test_the_same_seed_plans_the_same_calls() -> None:
    calls = plan(7, 300, MIX)
    assert calls == plan(7, 300, MIX)
    assert calls != plan(8, 300, MIX)
    assert {call.kind for call in calls} == {
        "dials_out", "dials_colleague", "emergency", "called_from_outside", "called_at_fixed",
    }  # fmt: skip
    assert any(call.withheld for call in calls)
    assert any(call.gives_up_after_s is not None for call in calls)
    assert all(
        call.called == "112" and call.gives_up_after_s is None for call in calls if call.kind == "emergency"
    )
    assert all(call.caller != call.called for call in calls)
    assert calls[10].at_s == 2.0


async def test_forty_mixed_calls_with_faults_end_and_are_recorded(tmp_path: Path) -> None:
    file = tmp_path / "cdrs.jsonl"
    faults = Faults(fork=0.2, precondition=0.3, hold=0.2, refresh=0.2, bye_reason=0.3, late_cancel=0.5)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(Server())
        network = IscNetwork(gateway=Peer(*server.address), records=file, voice=False, faults=faults, seed=3)
        await stack.enter_async_context(network)
        server.scscf = Peer(*network.address)
        for number in HANDSETS:
            network.handset(number)
        traffic = Traffic(network, None, seed=3)
        await traffic.run(plan(3, 40, Mix(handsets=HANDSETS), rate=40.0))
        assert traffic.stuck == []
        assert sum(traffic.tally.values()) == 40
        assert network.findings == []
        for _ in range(100):  # BYEs on their way
            await asyncio.sleep(0.05 if any(record.open for record in network.journal.records) else 0)
        assert not any(record.open for record in network.journal.records)
    records = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(records) >= 40
    assert all(record["icid"] for record in records)


def test_it_needs_what_its_mode_needs() -> None:
    arguments = ["--gateway", "127.0.0.1:9", "--listen", "127.0.0.1:0", "--mode", "imrn", "--calls", "0"]
    assert main([*arguments, "--handset", HANDSETS[0]]) == 2
    arguments[5] = "trunk"
    assert main([*arguments, "--handset", HANDSETS[0]]) == 0
