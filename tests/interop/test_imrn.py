"""A CAMEL network: SIPp is the MSC, this test is the SCP that asks the real API over HTTP, and the gateway
takes the call by its routing number."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hipper.runtime import embedded
from simulators.agent import Peer
from simulators.call import CallError
from simulators.network.imrn import ImrnNetwork
from tests.conftest import RunningRtpengine
from tests.interop.api_process import ApiProcess
from tests.interop.company import Person, national
from tests.interop.conftest import Kit
from tests.interop.gateway import GatewayProcess
from tests.interop.ports import Ports
from tests.interop.sipp import Sipp

KEY, OTHER_KEY = "key-of-the-first-network", "key-of-the-other-network"
PATH = "/v1/mobile-network/imrn"
CONTINUE = {"action": "continue"}
OUTSIDE = "+31301234567"
RINGING = "uas_ring_until_cancelled"
IMRN = f"""mode = "imrn"
imrn_ranges = ["+31970123400-+31970123499"]
imrn_api_key = "{KEY}"
"""
MORE = """
[api]
port = {api}

[[sip_listener]]
name = "other"
port = {other}

[[mobile_network]]
name = "other"
mode = "imrn"
listener = "other"
addresses = ["127.0.0.1"]
target = "sip:127.0.0.1:9"
imrn_ranges = ["+31970555500"]
imrn_lifetime_s = 1
imrn_quarantine_s = 2
imrn_pool_empty = "release"
imrn_api_key = "{key}"
"""


class Installation(GatewayProcess):
    """The kit's gateway with its mobile network in imrn mode, a second such network with one short-lived
    number, and the API beside it. ``other``: the second network's port."""

    def __init__(self, folder: Path, ports: Ports, **servers: str) -> None:
        super().__init__(folder, ports, **servers)
        self.api_port, self.other = ports.keep(), ports.keep()
        text = self.settings.read_text().replace('name = "mno"\n', f'name = "mno"\n{IMRN}')
        more = MORE.format(api=self.api_port, other=self.other, key=OTHER_KEY)
        self.settings.write_text(text + more)
        self._api = ApiProcess(folder, self.settings, self.api_port)

    def start(self, *, servers: bool = True) -> None:
        super().start(servers=servers)
        self._api.start()

    def stop(self) -> None:
        self._api.stop()
        super().stop()


class Redis:
    """A Redis of its own that may be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self._places = embedded.private_places(folder)
        self.url = f"unix://{self._places.run / 'redis.sock'}"
        self._running: embedded.Running | None = None
        self.start()

    def start(self) -> None:
        self._running = embedded.Running(embedded.redis(self._places))

    def stop(self) -> None:
        if self._running is not None:
            self._running.stop()
            self._running = None


class Scp:
    """The network's service control point: asks before the MSC routes a call."""

    def __init__(self, port: int) -> None:
        self.client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10)
        self._references = iter(range(1, 1000))

    async def ask(self, *, key: str = KEY, **asked: Any) -> httpx.Response:
        body = {"calling": None, "call_reference": f"msc-{next(self._references)}", **asked}
        return await self.client.post(PATH, json=body, headers={"Authorization": f"Bearer {key}"})

    async def routed(self, **asked: Any) -> str:
        answer = await self.ask(**asked)
        assert answer.status_code == 200, answer.text
        assert answer.json()["action"] == "route", answer.text
        return str(answer.json()["imrn"])

    async def originating(self, user: Person, called: str, **more: Any) -> str:
        """The routing number of a call that ``user`` makes."""
        named = {"served_user": user.mobile, "called": called, "calling": user.mobile, "kind": "originating"}
        return await self.routed(**{**named, **more})

    async def terminating(self, user: Person, calling: str, **more: Any) -> str:
        named = {"served_user": user.mobile, "called": user.mobile, "calling": calling, "kind": "terminating"}
        return await self.routed(**{**named, **more})


@pytest.fixture(scope="module")
def redis(short_folder: Path) -> Iterator[Redis]:
    running = Redis(short_folder / "imrn-redis")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def installation(
    short_folder: Path, kit_ports: Ports, database: str, server_folder: Path, redis: Redis
) -> Iterator[Installation]:
    engine = RunningRtpengine(server_folder)
    running = Installation(short_folder / "imrn", kit_ports, database=database, redis=redis.url, ng=engine.ng)
    running.start()
    yield running
    running.stop()
    engine.stop()


@pytest.fixture
async def scp(kit: Kit, installation: Installation) -> AsyncIterator[Scp]:
    """The kit's peers then speak to this installation."""
    kit.gateway = installation
    made = Scp(installation.api_port)
    yield made
    await made.client.aclose()


async def anna_and_bram(kit: Kit, **more: Any) -> tuple[Person, Person]:
    anna, bram = kit.company.person("anna", **more), kit.company.person("bram")
    await kit.company.apply()
    return anna, bram


async def refused(kit: Kit, imrn: str, caller: Person | str, status: int, **more: Any) -> Sipp:
    """The MSC sends a call to the routing number, and it is refused."""
    caller = await kit.network_calls("uac_refused", imrn, caller, status=status, **more)
    await caller.finished()
    return caller


class TestOriginating:
    async def test_a_call_to_the_outside(self, kit: Kit, scp: Scp) -> None:
        anna, _ = await anna_and_bram(kit, identity="fixed")
        carrier = await kit.carrier()
        imrn = await scp.originating(anna, "0301234567", call_reference="msc4-7f2a91")
        await (await kit.network_calls("uac_call", imrn, anna, talk_ms=50)).finished()
        invite = (await carrier.finished()).first("INVITE")
        assert invite.request_uri.startswith(f"sip:{OUTSIDE}@")
        assert f"sip:{anna.fixed}@" in (invite.header("From") or "")
        record = await kit.record()
        assert (record.call["outcome"], record.call["dialled"]) == ("answered", "0301234567")
        assert (record.calling["user_name"], record.calling["peer"]) == ("anna", "mno")
        assert record.calling["network_reference"] == "msc4-7f2a91"
        assert record.calling["payer_subscription"] == f"MOB-{anna.mobile}"

    async def test_the_code_that_pulls_a_call(self, kit: Kit, scp: Scp) -> None:
        """``*11`` is routed to us like any number, and takes over the call of the desk phone."""
        anna, _ = await anna_and_bram(kit)
        far = await kit.carrier("uas_moved", ring_ms=0)
        desk = await kit.desk(anna)
        await desk.dial("0301234567")
        await desk.established()
        imrn = await scp.originating(anna, "*11")
        pulls = await kit.network_calls("uac_call", imrn, anna, talk_ms=50)
        await desk.closed()
        await asyncio.gather(pulls.finished(), far.finished())
        record = await kit.record()
        assert [leg["device_name"] for leg in record.legs] == [anna.phones[0], "mobile", None]

    async def test_an_extension_rings_the_colleague(self, kit: Kit, scp: Scp) -> None:
        anna, bram = await anna_and_bram(kit)
        phone = await kit.phone(bram)
        handset = await kit.network(RINGING)
        imrn = await scp.originating(anna, bram.extension)
        caller = await kit.network_calls("uac_call", imrn, anna, talk_ms=50)
        await handset.sees("INVITE")
        # the handset's leg meets the services of Bram on its way
        asked = {"served_user": bram.mobile, "called": bram.mobile, "calling": anna.mobile}
        assert (await scp.ask(**asked, kind="terminating")).json() == CONTINUE
        await asyncio.gather(caller.finished(), phone.finished(), handset.finished())
        assert (await kit.record()).outcomes == {bram.phones[0]: "answered", "mobile": "answered_elsewhere"}

    async def test_a_withheld_caller(self, kit: Kit, scp: Scp) -> None:
        anna, _ = await anna_and_bram(kit)
        carrier = await kit.carrier()
        imrn = await scp.originating(anna, "0301234567")
        await (await kit.network_calls("uac_call", imrn, anna, headers="Privacy: id", talk_ms=50)).finished()
        invite = (await carrier.finished()).first("INVITE")
        assert "anonymous" in (invite.header("From") or "")


class TestTerminating:
    async def test_every_device_rings_and_the_handset_gets_the_call_once(self, kit: Kit, scp: Scp) -> None:
        anna, _ = await anna_and_bram(kit)
        phone = await kit.phone(anna, RINGING)
        handset = await kit.network("uas_answer", ring_ms=700)
        imrn = await scp.terminating(anna, OUTSIDE)
        caller = await kit.network_calls("uac_call", imrn, OUTSIDE, talk_ms=50)
        leg = await handset.sees("INVITE")
        assert leg.request_uri.startswith(f"sip:{anna.mobile}@")
        assert f"sip:{OUTSIDE}@" in (leg.header("P-Asserted-Identity") or "")
        asked = {"served_user": anna.mobile, "called": anna.mobile, "calling": OUTSIDE}
        assert (await scp.ask(**asked, kind="terminating")).json() == CONTINUE
        await asyncio.gather(caller.finished(), phone.finished(), handset.finished())
        record = await kit.record()
        assert record.calling["number"] == OUTSIDE
        assert record.outcomes == {anna.phones[0]: "answered_elsewhere", "mobile": "answered"}
        # the next call to Anna is a call again
        assert (await scp.ask(**asked, kind="terminating")).json()["action"] == "route"

    async def test_a_call_from_the_pstn_reaches_the_handset(self, kit: Kit, scp: Scp) -> None:
        anna, _ = await anna_and_bram(kit, phones=0)
        handset = await kit.network("uas_answer", ring_ms=300)
        caller = await kit.carrier_calls("uac_call", anna.fixed, OUTSIDE, talk_ms=50)
        await handset.sees("INVITE")
        asked = {"served_user": anna.mobile, "called": anna.mobile, "calling": OUTSIDE}
        assert (await scp.ask(**asked, kind="terminating")).json() == CONTINUE
        await asyncio.gather(caller.finished(), handset.finished())


class TestRefused:
    async def test_a_replay(self, kit: Kit, scp: Scp) -> None:
        anna, _ = await anna_and_bram(kit)
        carrier = await kit.carrier()
        imrn = await scp.originating(anna, "0301234567")
        await (await kit.network_calls("uac_call", imrn, anna, talk_ms=50)).finished()
        await carrier.finished()
        spare = await kit.carrier()
        await refused(kit, imrn, anna, 404)
        assert not spare.so_far().received("INVITE")
        assert len(await kit.records(1)) == 1

    async def test_from_the_pstn_it_reaches_nobody_and_the_call_still_comes(self, kit: Kit, scp: Scp) -> None:
        anna, _ = await anna_and_bram(kit)
        phone = await kit.phone(anna)
        handset = await kit.network(RINGING)
        imrn = await scp.terminating(anna, OUTSIDE)
        for dialled in (imrn, national(imrn), imrn.removeprefix("+")):
            await (await kit.carrier_calls("uac_refused", dialled, OUTSIDE, status=404)).finished()
        assert not phone.so_far().received("INVITE")
        assert not handset.so_far().received("INVITE")
        caller = await kit.network_calls("uac_call", imrn, OUTSIDE, talk_ms=50)
        await asyncio.gather(caller.finished(), phone.finished(), handset.finished())

    async def test_from_another_network_it_reaches_nobody_and_the_call_still_comes(
        self, kit: Kit, scp: Scp, installation: Installation
    ) -> None:
        anna, _ = await anna_and_bram(kit)
        carrier = await kit.carrier()
        imrn = await scp.originating(anna, "0301234567")
        headers = f"P-Asserted-Identity: <sip:{anna.mobile}@ims.example>"
        for remote, host in ((installation.other, "127.0.0.1"), (installation.mobile, "127.0.0.2")):
            wrong = await kit.sipp(
                "uac_refused",
                remote=("127.0.0.1", remote),
                host=host,
                to_user=imrn,
                from_user=anna.mobile,
                headers=headers,
                status=404,
            )
            await wrong.finished()
        assert not carrier.so_far().received("INVITE")
        await (await kit.network_calls("uac_call", imrn, anna, talk_ms=50)).finished()
        await carrier.finished()

    async def test_with_another_calling_number(self, kit: Kit, scp: Scp) -> None:
        anna, bram = await anna_and_bram(kit)
        carrier = await kit.carrier()
        imrn = await scp.originating(anna, "0301234567")
        await refused(kit, imrn, bram, 403)
        assert not carrier.so_far().received("INVITE")
        await (await kit.network_calls("uac_call", imrn, anna, talk_ms=50)).finished()
        await carrier.finished()

    async def test_expired_and_while_the_only_number_rests(
        self, kit: Kit, scp: Scp, installation: Installation
    ) -> None:
        """The second network has one number, for one second, and two of rest."""
        anna, _ = await anna_and_bram(kit)
        asked = {"served_user": anna.mobile, "called": "0301234567", "calling": anna.mobile}
        imrn = await scp.routed(**asked, kind="originating", key=OTHER_KEY)
        empty = await scp.ask(**asked, kind="originating", key=OTHER_KEY)
        assert empty.json() == {"action": "release", "cause": 34}
        await asyncio.sleep(1.2)
        late = await kit.sipp(
            "uac_refused",
            remote=("127.0.0.1", installation.other),
            to_user=imrn,
            from_user=anna.mobile,
            headers=f"P-Asserted-Identity: <sip:{anna.mobile}@ims.example>",
            status=404,
        )
        await late.finished()
        assert (await scp.ask(**asked, kind="originating", key=OTHER_KEY)).json()["action"] == "release"
        await asyncio.sleep(2)
        assert await scp.routed(**asked, kind="originating", key=OTHER_KEY) == imrn

    async def test_a_number_that_was_not_asked_for(self, kit: Kit, scp: Scp) -> None:
        anna, bram = await anna_and_bram(kit)
        phone = await kit.phone(bram)
        for dialled in ("+31970123499", bram.extension, bram.fixed):
            await refused(kit, dialled, anna, 404)
        assert not phone.so_far().received("INVITE")


class TestSimulatedNetwork:
    """The whole of it: the simulator's SCP asks, its MSC routes, its handsets hear each other."""

    async def network(self, kit: Kit, installation: Installation) -> ImrnNetwork:
        return await kit.stack.enter_async_context(
            ImrnNetwork(
                imrn_url=f"http://127.0.0.1:{installation.api_port}{PATH}",
                imrn_key=KEY,
                gateway=Peer("127.0.0.1", installation.mobile),
                port=installation.network,
            )
        )

    async def test_a_handset_calls_a_colleagues_handset(
        self, kit: Kit, scp: Scp, installation: Installation
    ) -> None:
        """Both halves meet CAMEL services: ours comes by routing number, the colleague's is told to go on."""
        anna, bram = await anna_and_bram(kit)
        network = await self.network(kit, installation)
        out = await network.handset(anna.mobile).call(bram.extension)
        come = await network.handset(bram.mobile).next_call()
        await come.answer()
        await out.answered()
        await out.hang_up()
        await come.over()
        assert network.findings == []
        record = await kit.record()
        assert (record.call["outcome"], record.outcomes["mobile"]) == ("answered", "answered")
        first = network.journal.records[0]
        assert (first.gateway, first.call_reference) == ("anchored", record.calling["network_reference"])

    async def test_somebody_calls_a_handset(self, kit: Kit, scp: Scp, installation: Installation) -> None:
        anna, _ = await anna_and_bram(kit, phones=0)
        network = await self.network(kit, installation)
        out = await network.terminate(anna.mobile, caller=OUTSIDE)
        come = await network.handset(anna.mobile).next_call()
        assert come.asserted == OUTSIDE
        await come.answer()
        await out.answered()
        await out.hang_up()
        await come.over()
        assert (network.findings, network.returned) == ([], 0)

    async def test_112_never_comes_to_us(self, kit: Kit, scp: Scp, installation: Installation) -> None:
        anna, _ = await anna_and_bram(kit, phones=0)
        network = await self.network(kit, installation)
        out = await network.handset(anna.mobile).call("112")
        call = await network.emergency_centre.next_call()
        await call.answer()
        await out.answered()
        assert network.findings == []
        assert network.journal.records[0].gateway == "continued"

    async def test_a_routing_number_dialled_by_somebody_else_reaches_nobody(
        self, kit: Kit, scp: Scp, installation: Installation
    ) -> None:
        anna, _ = await anna_and_bram(kit, phones=0)
        network = await self.network(kit, installation)
        imrn = await scp.terminating(anna, OUTSIDE)
        call = await network.dial_imrn(imrn, caller="+31201119999")
        with pytest.raises(CallError, match="403"):
            await call.answered()
        await refused(kit, imrn, "+31201119999", 403)
        assert network.findings == []


async def test_somebody_unknown_goes_on_without_us(scp: Scp) -> None:
    asked = {"served_user": "+31687654321", "called": "0301234567", "calling": "+31687654321"}
    assert (await scp.ask(**asked, kind="originating")).json() == CONTINUE


@pytest.mark.parametrize("called", ["112", "+31112", "#31#112", "urn:service:sos"])
async def test_112_is_never_routed_to_us(kit: Kit, scp: Scp, called: str) -> None:
    anna, _ = await anna_and_bram(kit)
    asked = {"served_user": anna.mobile, "called": called, "calling": anna.mobile}
    for kind in ("originating", "terminating"):
        assert (await scp.ask(**asked, kind=kind)).json() == CONTINUE


async def test_112_on_the_trunk_leaves_all_the_same(kit: Kit, scp: Scp) -> None:
    anna, _ = await anna_and_bram(kit)
    psap = await kit.psap()
    await (await kit.network_calls("uac_call", "112", anna, talk_ms=50)).finished()
    assert f"sip:{anna.mobile}@" in ((await psap.finished()).first("INVITE").header("From") or "")


async def test_redis_stopped_says_so_and_calls_of_ours_and_112_go_on(
    kit: Kit, scp: Scp, redis: Redis
) -> None:
    anna, _ = await anna_and_bram(kit, phones=0)
    imrn = await scp.originating(anna, "0301234567")
    redis.stop()
    try:
        away = await scp.ask(
            served_user=anna.mobile, called="0301234567", calling=anna.mobile, kind="originating"
        )
        assert away.status_code == 503
        assert int(away.headers["retry-after"]) > 0
        assert away.json()["type"] == "urn:hipper:problem:store-unavailable"
        asked = {"served_user": anna.mobile, "called": "112", "calling": anna.mobile}
        assert (await scp.ask(**asked, kind="originating")).json() == CONTINUE
        caller = await kit.network_calls("uac_refused", imrn, anna, status=503)
        assert (await caller.finished()).first(503).header("Retry-After")
        handset = await kit.network("uas_answer")
        call = await kit.carrier_calls("uac_call", anna.fixed, OUTSIDE, talk_ms=50)
        await asyncio.gather(call.finished(), handset.finished())
    finally:
        redis.start()
    carrier = await kit.carrier()
    again = await _soon_routed(scp, anna)
    await (await kit.network_calls("uac_call", again, anna, talk_ms=50)).finished()
    await carrier.finished()


async def _soon_routed(scp: Scp, anna: Person) -> str:
    """Once Redis is back, the first or second question is answered."""
    asked = {"served_user": anna.mobile, "called": "0301234567", "calling": anna.mobile}
    async with asyncio.timeout(5):
        while (answer := await scp.ask(**asked, kind="originating")).status_code != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return str(answer.json()["imrn"])
