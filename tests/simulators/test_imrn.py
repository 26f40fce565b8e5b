"""The simulated CAMEL network before an IMRN route and a gateway that tests play."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from simulators.agent import Agent, Peer
from simulators.call import CallError
from simulators.handset import HandsetProcess
from simulators.network.imrn import ImrnNetwork
from simulators.pstn import Pstn
from tests.simulators.scp_answers import ScpAnswers

MSISDN = "+31612345601"
ROUTE = {"action": "route", "imrn": "+31970123401", "expires_in_s": 10}
CONTINUE = {"action": "continue"}


class Scene:
    """A network with one handset, a gateway, and answers."""

    def __init__(self, stack: AsyncExitStack, gateway: Pstn, folder: Path) -> None:
        self.gateway = gateway
        self._stack = stack
        self.file = folder / "cdrs.jsonl"

    async def network(self, scp: ScpAnswers, **more: Any) -> ImrnNetwork:
        await self._stack.enter_async_context(scp)
        network = ImrnNetwork(
            gateway=Peer(*self.gateway.address), imrn_url=scp.url, imrn_key="key", records=self.file, **more
        )
        await self._stack.enter_async_context(network)
        network.handset(MSISDN)
        self.gateway.gateway = Peer(*network.address)
        return network


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(Pstn(gateway=Peer("127.0.0.1", 9), name="gateway"))
        yield Scene(stack, gateway, tmp_path)


async def test_a_call_is_asked_for_and_routed_to_its_number(scene: Scene) -> None:
    scp = ScpAnswers(ROUTE)
    network = await scene.network(scp)
    out = await network.handset(MSISDN).call("0201234567")
    call = await scene.gateway.next_call()
    assert (call.dialled, call.asserted) == ("+31970123401", MSISDN)
    assert (call.header("P-Charging-Vector") or "").startswith("icid-value=")
    question = scp.questions[0]
    assert question.pop("call_reference").startswith("ims.example-")
    assert question == {
        "served_user": MSISDN, "called": "0201234567", "calling": MSISDN, "kind": "originating",
    }  # fmt: skip
    assert scp.keys == ["bearer key"]
    await call.answer()
    await out.answered()
    await out.hang_up()
    await call.over()
    [record] = [json.loads(line) for line in scene.file.read_text().splitlines()]
    assert (record["imrn"], record["other_party"]) == ("+31970123401", "0201234567")
    assert record["call_reference"].startswith("ims.example-")
    assert (record["direction"], record["served_user"], record["gateway"]) == (
        "originating", MSISDN, "anchored",
    )  # fmt: skip
    assert record["start"] <= record["answer"] <= record["end"]


@pytest.mark.parametrize("answer", [CONTINUE, 503, None])
async def test_the_network_goes_on_by_itself(scene: Scene, answer: dict[str, Any] | int | None) -> None:
    network = await scene.network(ScpAnswers(answer), ask_timeout_s=0.2)
    out = await network.handset(MSISDN).call("112")
    call = await network.emergency_centre.next_call()
    await call.answer()
    await out.answered()
    assert not scene.gateway.calls
    assert network.journal.records[0].gateway == ("continued" if answer == CONTINUE else "unavailable")
    assert network.findings == []


async def test_a_released_call_has_the_cause(scene: Scene) -> None:
    network = await scene.network(ScpAnswers({"action": "release", "cause": 17}))
    out = await network.handset(MSISDN).call("0201234567")
    with pytest.raises(CallError, match="486"):
        await out.answered()
    assert out.reason == "Q.850;cause=17"


async def test_an_emergency_call_told_to_route_is_found(scene: Scene) -> None:
    network = await scene.network(ScpAnswers(ROUTE))
    await network.handset(MSISDN).call("112")
    assert any("112: an emergency call" in finding for finding in network.findings)


@pytest.mark.parametrize("answer", [{"action": "route"}, {"action": "dance"}, 422])
async def test_a_bad_answer_is_found_and_the_call_goes_on(scene: Scene, answer: dict[str, Any] | int) -> None:
    network = await scene.network(ScpAnswers(answer))
    await network.handset(MSISDN).call("0201234567")
    await network.pstn.next_call()
    assert len(network.findings) == 1


async def test_a_terminating_call_is_asked_for_too(scene: Scene) -> None:
    scp = ScpAnswers(ROUTE)
    network = await scene.network(scp)
    await network.terminate(MSISDN, caller="+31201234567")
    call = await scene.gateway.next_call()
    assert (call.dialled, call.asserted) == ("+31970123401", "+31201234567")
    assert (scp.questions[0]["kind"], scp.questions[0]["calling"]) == ("terminating", "+31201234567")
    record = network.journal.records[0]
    assert (record.direction, record.served_user, record.other_party) == (
        "terminating",
        MSISDN,
        "+31201234567",
    )


async def test_a_leg_to_the_handset_is_asked_for_again(scene: Scene) -> None:
    scp = ScpAnswers(CONTINUE)
    network = await scene.network(scp)
    await scene.gateway.call(MSISDN, caller="+31201234567")
    await (await network.handset(MSISDN).next_call()).answer()
    assert (scp.questions[0]["kind"], scp.questions[0]["served_user"]) == ("terminating", MSISDN)
    record = network.journal.records[0]
    assert (record.offered_by, record.served_user) == ("gateway", MSISDN)
    assert record.call_reference == scp.questions[0]["call_reference"]


async def test_a_gateway_that_routes_its_own_leg_calls_itself(scene: Scene) -> None:
    network = await scene.network(ScpAnswers(ROUTE))
    await scene.gateway.call(MSISDN, caller="+31201234567")
    assert (await scene.gateway.next_call()).dialled == "+31970123401"
    assert (network.returned, len(network.findings)) == (1, 1)


async def test_a_leg_to_elsewhere_leaves_the_network(scene: Scene) -> None:
    network = await scene.network(ScpAnswers(CONTINUE))
    await scene.gateway.call("+31301234567", caller=MSISDN)
    assert (await network.pstn.next_call()).dialled == "+31301234567"


async def test_a_handset_of_its_own_process_is_asked_for(scene: Scene) -> None:
    scp = ScpAnswers(ROUTE)
    network = await scene.network(scp, handset_port=0)
    where = network._shell.local_address("handsets")
    async with HandsetProcess(network=Peer(*where), msisdn="+31612345609") as handset:
        await handset.attached()
        await handset.call("201")
        assert (await scene.gateway.next_call()).dialled == "+31970123401"
        assert scp.questions[0]["served_user"] == "+31612345609"


async def test_somebody_can_dial_a_routing_number(scene: Scene) -> None:
    network = await scene.network(ScpAnswers(ROUTE))
    await network.dial_imrn("+31970123401", caller="+31699999999")
    call = await scene.gateway.next_call()
    assert (call.dialled, call.asserted) == ("+31970123401", "+31699999999")


async def test_nobody_at_the_address_is_as_good_as_503(scene: Scene) -> None:
    network = await scene.network(ScpAnswers(ROUTE))
    async with Agent("nobody") as nobody:
        port = nobody.address[1]
    network._url = f"http://127.0.0.1:{port}/v1/mobile-network/imrn"
    await network.handset(MSISDN).call("0201234567")
    await network.pstn.next_call()
    assert network.journal.records[0].gateway == "unavailable"
