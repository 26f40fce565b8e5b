"""What still works when a server behind the gateway is gone (each test has a gateway and servers of its
own)."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis

from hipper.contracts.bus import Consult, ConsultCancel, ConsultComplete, ReplyStatus
from tests.interop.app import App
from tests.interop.baresip import Baresip
from tests.interop.company import Company
from tests.interop.conftest import Kit, own_database, run_sql
from tests.interop.gateway import GatewayProcess, Servers
from tests.interop.ports import Ports

CALLER = "+31301234567"


class Fragile:
    """A gateway whose servers may be frozen (they keep their sockets and answer nothing) and whose database
    may be shut to everybody."""

    def __init__(self, folder: Path, ports: Ports, database: str) -> None:
        self.database = database
        self.servers = Servers(folder, ports)
        self.gateway = GatewayProcess(
            folder / "gateway",
            ports,
            database=database,
            redis=self.servers.redis,
            ng=self.servers.ng,
            drain_s=1.5,
        )
        self.gateway.start()

    def shut_database(self) -> None:
        """Nobody may connect, and who is connected is cut off."""
        name = urlsplit(self.database).path.lstrip("/")
        cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        run_sql(self.database, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", cut)

    def open_database(self) -> None:
        name = urlsplit(self.database).path.lstrip("/")
        run_sql(self.database, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    def stop(self) -> None:
        self.servers.thaw()
        self.gateway.stop()
        self.servers.stop()


@pytest.fixture(scope="module")
def fragile(short_folder: Path, kit_ports: Ports, postgres_template_url: str) -> Iterator[Fragile]:
    with own_database(postgres_template_url, f"fragile_{os.getpid()}") as database:
        made = Fragile(short_folder / "fragile", kit_ports, database)
        yield made
        made.stop()


@pytest.fixture
def kit(kit: Kit, fragile: Fragile) -> Kit:
    """The kit around the gateway with the fragile servers."""
    kit.gateway = fragile.gateway
    kit.database = fragile.database
    kit.company = Company(kit.folder, fragile.database)
    return kit


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
    anna = kit.company.person("anna")
    await kit.company.apply()
    fragile.servers.freeze("redis")
    pstn = await kit.carrier()
    caller = await kit.network_calls("uac_call", "0301234567", anna, talk_ms=100)
    await asyncio.gather(caller.finished(), pstn.finished())
    fragile.servers.thaw()
    assert (await kit.record()).call["outcome"] == "answered"


async def test_without_rtpengine_calls_are_refused_for_now_but_112_passes(kit: Kit, fragile: Fragile) -> None:
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


FAR, COLLEAGUE, USER = 1000, 400, 700


async def consulting(kit: Kit) -> tuple[Baresip, Baresip, Baresip, App]:
    """Anna's handset talks to Bram's desk phone, and a far party outside waits."""
    anna, bram = kit.company.person("anna"), kit.company.person("bram", mobile=False)
    await kit.company.apply()
    user, far = await kit.handset(anna, USER), await kit.pstn_phone(CALLER, FAR)
    colleague = await kit.desk(bram, COLLEAGUE)
    await user.dial(f"sip:0301234567@127.0.0.1:{kit.gateway.mobile}")
    await far.incoming()
    await far.answer()
    await user.hears(FAR)
    app = await App.of(kit, anna)
    assert (await app.asks(Consult(**app.who, destination=bram.extension))).status is ReplyStatus.DONE
    await colleague.incoming()
    await colleague.answer()
    await user.hears(COLLEAGUE)
    return user, far, colleague, app


async def test_rtpengine_lost_while_a_transfer_is_completed_and_nobody_was_moved(
    kit: Kit, fragile: Fragile
) -> None:
    user, far, colleague, app = await consulting(kit)
    fragile.servers.freeze("rtpengine")
    refused = await app.asks(ConsultComplete(**app.who))
    fragile.servers.thaw()
    assert (refused.status, refused.explanation) == (ReplyStatus.REFUSED, "no media could be set up")
    await asyncio.gather(user.hears(COLLEAGUE), colleague.hears(USER), far.hears_other(FAR, COLLEAGUE, USER))
    assert (await app.asks(ConsultCancel(**app.who))).status is ReplyStatus.DONE
    await asyncio.gather(colleague.closed(), user.hears(FAR), far.hears(USER))
    await user.hang_up()
    await far.closed()
    assert (await kit.record()).call["outcome"] == "answered"


async def test_rtpengine_lost_when_the_user_has_hung_up_and_nothing_is_left(
    kit: Kit, fragile: Fragile
) -> None:
    """Nobody can be brought together, nor any telephone of hers be rung: all hear that it is over."""
    user, far, colleague, _ = await consulting(kit)
    fragile.servers.freeze("rtpengine")
    await user.hang_up()
    await asyncio.gather(far.closed(timeout_s=9), colleague.closed(timeout_s=9))
    fragile.servers.thaw()
    record = await kit.record()
    assert all(leg["ended"] is not None for leg in record.legs)
    async with Redis(unix_socket_path=fragile.servers.redis.removeprefix("unix://")) as redis:
        assert await live_calls(redis) == []


async def test_without_postgresql_who_was_seen_before_calls_and_is_called(kit: Kit, fragile: Fragile) -> None:
    anna = kit.company.person("anna", identity="fixed")
    await kit.company.apply()
    phone_port = kit.ports.sip()
    await kit.register(anna, phone_port)
    for shut in (False, True):
        if shut:
            fragile.shut_database()
        pstn = await kit.carrier()
        caller = await kit.network_calls("uac_call", "0301234567", anna, talk_ms=100)
        await asyncio.gather(caller.finished(), pstn.finished())
        assert f"sip:{anna.fixed}@" in (pstn.so_far().first("INVITE").header("From") or "")
        phone = await kit.sipp("uas_answer", port=phone_port)
        mobile = await kit.network("uas_ring_until_cancelled")
        inward = await kit.carrier_calls("uac_call", anna.fixed, CALLER, talk_ms=100)
        await asyncio.gather(inward.finished(), phone.finished(), mobile.finished())
    stranger = await kit.network_calls("uac_refused", "0301234567", "+31699999998", status=503)
    await stranger.finished()
    fragile.open_database()
    outcomes = [record.call["outcome"] for record in await kit.records(4, within_s=15)]
    assert outcomes == ["answered"] * 4


async def test_a_restart_forgets_no_registration(kit: Kit, fragile: Fragile) -> None:
    anna = kit.company.person("anna", mobile=False)
    await kit.company.apply()
    phone = await kit.phone(anna)
    fragile.gateway.stop()
    fragile.gateway.start()
    caller = await kit.carrier_calls("uac_call", anna.fixed, CALLER, talk_ms=100)
    await asyncio.gather(caller.finished(), phone.finished())
    assert (await kit.record()).outcomes == {anna.phones[0]: "answered"}


async def test_a_gateway_that_is_told_to_stop_ends_its_calls_and_takes_no_new_ones_but_112(
    kit: Kit, fragile: Fragile
) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    pstn, psap = await kit.carrier(), await kit.psap(ring_ms=0)
    caller = await kit.network_calls("uac_call_until_bye", "0301234567", anna)
    await pstn.sees("ACK")
    stopping = asyncio.create_task(asyncio.to_thread(fragile.gateway.stop))
    await asyncio.sleep(0.1)
    refused = await kit.network_calls("uac_refused", "0301234567", anna, status=503)
    emergency = await kit.network_calls("uac_call", "112", anna, talk_ms=50)
    await asyncio.gather(refused.finished(), emergency.finished(), psap.finished())
    await asyncio.gather(caller.finished(), pstn.finished(), stopping)
    fragile.gateway.start()
    assert (await kit.records(1))[0].calling["ended_by"] == "gateway"
