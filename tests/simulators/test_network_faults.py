"""What simulated mobile networks do to a gateway, before servers that tests play."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from simulators.agent import Peer
from simulators.behaviour import Behaviour, Operator
from simulators.call import Call, CallError, CallState
from simulators.faults import REFUSALS, REJECTED, Faults
from simulators.mobile_network import MobileNetwork
from simulators.network.isc import IscNetwork
from simulators.network.registered_headers import strip_unregistered
from simulators.pstn import Pstn
from tests.simulators.servers import Server

ALICE, BOB = "+31612345601", "+31612345602"


class Scene:
    """An IMS with two handsets and a server that gives calls back."""

    def __init__(self, stack: AsyncExitStack, server: Server, folder: Path) -> None:
        self._stack = stack
        self.server = server
        self.file = folder / "cdrs.jsonl"

    async def network(self, **more: Any) -> IscNetwork:
        network = IscNetwork(
            gateway=Peer(*self.server.address), tone_hz=440, records=self.file, **more
        )  # fmt: skip
        await self._stack.enter_async_context(network)
        network.handset(ALICE)
        network.handset(BOB)
        self.server.scscf = Peer(*network.address)
        return network


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(Proxying())
        yield Scene(stack, server, tmp_path)


class Proxying(Server):
    """A server that tells the caller of every early dialog, as they came."""

    def __init__(self) -> None:
        super().__init__(supported=("100rel", "timer", "replaces", "precondition"))


async def terminated(network: IscNetwork) -> Call:
    return await network.terminate(BOB, caller="+31201234567")


async def test_a_forked_call_has_two_early_dialogs(scene: Scene) -> None:
    network = await scene.network(faults=Faults(fork=1.0))
    seen: list[str] = []
    network.scscf_core.watch(TagWatch(seen))
    out = await terminated(network)
    called = await network.handset(BOB).next_call()
    await called.ring()
    await asyncio.sleep(0.1)
    assert len(set(seen)) == 2
    assert len(network._second_device.calls) == 1
    await called.answer()
    await out.answered()
    await asyncio.sleep(0.1)
    assert not network._second_device.calls, "answered elsewhere"
    assert network.findings == []


async def test_a_forked_call_ends_with_the_last_device(scene: Scene) -> None:
    network = await scene.network(faults=Faults(fork=1.0))
    out = await terminated(network)
    await (await network.handset(BOB).next_call()).reject(486)
    await out.ringing()
    await out.over()
    assert out.status == 486


class TagWatch:
    """To tags of 18x from handsets."""

    def __init__(self, seen: list[str]) -> None:
        self._seen = seen

    def received(self, data: bytes, flow: Any) -> None:
        if flow.listener == "access" and data.startswith(b"SIP/2.0 18"):
            lines = data.decode().split("\r\n")
            self._seen.append(next(line for line in lines if line.startswith("To:")).partition("tag=")[2])

    def sent(self, data: bytes, flow: Any) -> None:
        """Only what handsets say counts."""


async def test_an_absent_handset_is_announced(scene: Scene) -> None:
    network = await scene.network(faults=Faults(announce=1.0))
    network.handset(BOB).on = False
    out = await terminated(network)
    await out.ringing()
    assert out.early_media
    await out.hears(440)
    await out.over()
    assert (out.status, out.reason) == (480, "Q.850;cause=20")
    served = scene.server.taken[0].headers.get("P-Served-User") or ""
    assert served.endswith("sescase=term;regstate=unreg")


async def test_without_announcement_it_is_absent(scene: Scene) -> None:
    network = await scene.network()
    network.handset(BOB).on = False
    out = await terminated(network)
    await out.over()
    assert (out.status, out.reason) == (480, 'Q.850;cause=20;text="Subscriber absent"')


async def test_an_answer_crosses_the_cancel(scene: Scene) -> None:
    network = await scene.network(faults=Faults(late_cancel=1.0))
    out = await terminated(network)
    called = await network.handset(BOB).next_call()
    await called.ring()
    await out.ringing()
    await out.hang_up()
    await called.over()
    assert called.cause == "bye"


async def test_resources_come_before_alerting(scene: Scene) -> None:
    network = await scene.network(faults=Faults(precondition=1.0))
    operator = Operator(Behaviour(answer_after_s=0.1), lambda line: None, network.fate)
    network.behaviour = operator.receive
    out = await network.handset(ALICE).call(BOB)
    await out.answered()
    assert out.resources is not None
    assert (out.resources.own, out.resources.theirs, out.resources.alerted_early) == (True, True, False)


async def test_alerting_without_resources_is_noticed(scene: Scene) -> None:
    network = await scene.network()
    out = await network.handset(ALICE).call(BOB, precondition=True)
    called = await network.handset(BOB).next_call()
    assert called.wants_resources
    reserving = asyncio.create_task(called.reserve())
    await out.ringing()
    await called.ring()
    await asyncio.sleep(0.05)
    assert out.resources is not None
    assert out.resources.alerted_early
    await reserving


async def test_a_handset_holds_refreshes_and_is_lost(scene: Scene) -> None:
    network = await scene.network(faults=Faults(hold=1.0, refresh=1.0, bye_reason=1.0))
    seen: list[bytes] = []
    network.scscf_core.watch(_Keep(seen))
    operator = Operator(Behaviour(answer_after_s=0.0, hang_up_after_s=0.2), lambda line: None, network.fate)
    network.behaviour = operator.receive
    out = await terminated(network)
    await out.answered()
    await out.is_held()
    await out.over()
    assert out.reason == 'SIP;cause=503;text="Radio bearer lost"'
    assert any(data.startswith(b"UPDATE ") for data in seen)
    assert operator.failed == 0


class _Keep:
    def __init__(self, seen: list[bytes]) -> None:
        self._seen = seen

    def received(self, data: bytes, flow: Any) -> None:
        self._seen.append(data)

    def sent(self, data: bytes, flow: Any) -> None:
        """What comes in is enough."""


async def test_radio_loss_is_silence_and_no_bye(scene: Scene) -> None:
    network = await scene.network()
    out = await terminated(network)
    called = await network.handset(BOB).next_call()
    await called.answer()
    await out.answered()
    await out.hears(440)
    await called.lose_radio()
    received = out.media.packets_received
    await asyncio.sleep(0.3)
    assert out.media.packets_received - received <= 1
    assert out.state is CallState.TALKING
    record = network.journal.records[0]
    told = ToldToHandsets()
    network.scscf_core.watch(told)
    await out.hang_up()
    await asyncio.sleep(0.1)
    assert told.requests == []
    assert not record.open
    assert called.cause == "radio lost"
    assert network.handset(BOB).out_of_radio


class ToldToHandsets:
    """Requests sent to the radio side."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []

    def received(self, data: bytes, flow: Any) -> None:
        """Only what handsets are told counts."""

    def sent(self, data: bytes, flow: Any) -> None:
        if flow.listener == "access" and not data.startswith(b"SIP/2.0"):
            self.requests.append(data)


async def test_refusals_by_seed_reach_the_caller_with_their_cause(scene: Scene) -> None:
    network = await scene.network(faults=Faults(refuse=1.0), seed=4)
    met = set()
    for _ in range(12):
        out = await terminated(network)
        await out.over()
        met.add((out.status, out.reason))
    assert met <= {(refusal.status, f"Q.850;cause={refusal.cause}") for refusal in REFUSALS}
    assert len(met) >= 4


async def test_the_reject_button_rings_first(scene: Scene) -> None:
    network = await scene.network()
    out = await terminated(network)
    called = await network.handset(BOB).next_call()
    await network.refuse(called.session, REJECTED)
    await out.over()
    assert out.response is not None
    assert out.status == 486


async def test_a_bad_network_still_brings_calls_through(scene: Scene) -> None:
    network = await scene.network(faults=Faults(lose=0.1, repeat=0.1, delay=0.1), seed=2)
    for _ in range(3):
        out = await terminated(network)
        called = await network.handset(BOB).next_call(10)
        await called.answer()
        await out.answered()
        await out.hang_up()
        await called.over()
    assert network.findings == []


def test_only_registered_headers_pass() -> None:
    data = (
        b"INVITE sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nX-Hipper-Loop-Guard: v1\r\n folded\r\n"
        b"P-Charging-Vector: icid-value=1\r\nHistory-Info: <sip:b>\r\nDiversion: <sip:c>\r\nm: <sip:d>\r\n"
        b"Content-Length: 3\r\n\r\nX-A"
    )
    assert strip_unregistered(data) == (
        b"INVITE sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nP-Charging-Vector: icid-value=1\r\n"
        b"History-Info: <sip:b>\r\nDiversion: <sip:c>\r\nm: <sip:d>\r\nContent-Length: 3\r\n\r\nX-A"
    )


async def test_a_trunk_that_drops_the_loop_guard_returns_the_leg() -> None:
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(Pstn(gateway=Peer("127.0.0.1", 9)))
        network = await stack.enter_async_context(
            MobileNetwork(gateway=Peer(*gateway.address), faults=Faults(strip=1.0))
        )
        network.handset(BOB)
        gateway.gateway = Peer(*network.address)
        await gateway.call(BOB, caller="+31201234567", headers=(("X-Hipper-Loop-Guard", "v1"),))
        assert (await gateway.next_call()).dialled == "99" + BOB[1:]


async def test_records_of_an_ims_call(scene: Scene) -> None:
    network = await scene.network()
    out = await network.handset(ALICE).call(BOB)
    called = await network.handset(BOB).next_call()
    await called.answer()
    await out.answered()
    await out.hang_up("SIP;cause=200")
    await called.over()
    refused = await terminated(network)
    await (await network.handset(BOB).next_call()).reject(486)
    with pytest.raises(CallError):
        await refused.answered()
    records = [json.loads(line) for line in scene.file.read_text().splitlines()]
    assert [(r["direction"], r["served_user"], r["other_party"], r["status"]) for r in records] == [
        ("originating", ALICE, BOB, 200), ("terminating", BOB, ALICE, 200),
        ("terminating", BOB, "+31201234567", 486),
    ]  # fmt: skip
    assert records[0]["icid"] == records[1]["icid"] != records[2]["icid"]
    assert records[0]["cause"] == "SIP;cause=200"
    assert records[0]["start"] <= records[0]["answer"] <= records[0]["end"]
    assert records[2]["answer"] is None


async def test_records_of_a_trunk(tmp_path: Path) -> None:
    file = tmp_path / "cdrs.jsonl"
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(Pstn(gateway=Peer("127.0.0.1", 9)))
        network = MobileNetwork(gateway=Peer(*gateway.address), records=file)
        await stack.enter_async_context(network)
        network.handset(BOB)
        gateway.gateway = Peer(*network.address)
        out = await network.handset(BOB).call("112")
        await (await gateway.next_call()).reject(503)
        await out.over()
        vector = ("P-Charging-Vector", 'icid-value="gw-1"')
        leg = await gateway.call(BOB, caller="+31201234567", headers=(("X-Hipper-Loop-Guard", "v"), vector))
        await (await network.handset(BOB).next_call()).answer()
        await leg.answered()
    first, second = [json.loads(line) for line in file.read_text().splitlines()]
    assert (first["direction"], first["served_user"], first["emergency"], first["status"]) == (
        "originating", BOB, True, 503,
    )  # fmt: skip
    assert (second["offered_by"], second["served_user"], second["icid"]) == ("gateway", BOB, "gw-1")
    assert second["answer"] is not None
