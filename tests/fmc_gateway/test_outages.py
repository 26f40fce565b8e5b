"""What must still work when PostgreSQL, Redis and rtpengine are away (architecture, "What a failure may
cost")."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from structlog.testing import capture_logs

from hipper.telephony.sip import events as sip
from hipper.telephony.sip.digest import DigestClient
from tests.directory.proxy import Door
from tests.fmc_gateway.kit import DOMAIN, PASSWORD, Peer, Site, World, provision, sdp, wait_for

pytestmark = pytest.mark.servers

NOWHERE_PG = "postgresql://x:y@127.0.0.1:1/none"
NOWHERE_REDIS = "redis://127.0.0.1:1"
NOWHERE_NG = "127.0.0.1:2"
MOBILE = "<sip:+31612320100@mno.test>"


async def test_112_from_a_cold_start_with_everything_away(tmp_path: Path) -> None:
    site = Site(tmp_path, pg=NOWHERE_PG, redis=NOWHERE_REDIS, ng=NOWHERE_NG)
    async with World(site) as world:
        took = []
        for dialled, host in (("112", "127.0.0.1"), ("+31112", "127.0.0.1")):
            began = time.monotonic()
            session = site.mobile_peer.call(site.core, dialled, MOBILE, offer=sdp(25100), host=host)
            invited = await site.psap.expect(sip.Invited)
            took.append(time.monotonic() - began)
            assert invited.sdp == sdp(25100)
            site.psap.do("answer", invited.session, sdp(25101))
            await site.mobile_peer.expect(sip.Answered)
            site.mobile_peer.do("bye", session)
            await site.psap.expect(sip.Ended)
        assert min(took) < 0.5
        await world.at_rest()
        await wait_for(lambda: world.gateway.records.length == 2)
    lines = [
        line for file in (tmp_path / "spool").rglob("*.jsonl") for line in file.read_bytes().splitlines()
    ]
    assert len(lines) == 2


async def test_desk_phone_that_is_not_registered_reaches_112_unchallenged(tmp_path: Path) -> None:
    site = Site(tmp_path, pg=NOWHERE_PG, redis=NOWHERE_REDIS, ng=NOWHERE_NG)
    async with World(site) as world:
        phone = await Peer().start()
        world.peers.append(phone)
        phone.call(site.udp, "112", f"<sip:anna-1@{DOMAIN}>")
        invited = await site.psap.expect(sip.Invited)
        site.psap.do("reject", invited.session, 486)
        assert (await phone.expect(sip.Rejected)).status in (480, 486, 503)
        await world.at_rest()


async def test_ordinary_call_gets_503_with_retry_after_while_the_directory_is_unknown(tmp_path: Path) -> None:
    site = Site(tmp_path, pg=NOWHERE_PG, redis=NOWHERE_REDIS, ng=NOWHERE_NG)
    async with World(site) as world:
        site.mobile_peer.call(site.core, "0301234567", MOBILE)
        rejected = await site.mobile_peer.expect(sip.Rejected)
        assert rejected.status == 503
        assert int(rejected.response.headers.get("Retry-After")) > 0
        await world.at_rest()


async def test_desk_phone_gets_503_with_retry_after_while_nobody_can_say_who_it_is(tmp_path: Path) -> None:
    site = Site(tmp_path, pg=NOWHERE_PG, redis=NOWHERE_REDIS, ng=NOWHERE_NG)
    async with World(site) as world:
        phone = await Peer().start()
        world.peers.append(phone)
        assert await phone.register(site.udp, "anna-1") == 503
        auth = DigestClient("anna-1", PASSWORD)
        phone.call(site.udp, "202", f"<sip:anna-1@{DOMAIN}>", auth=auth, host=DOMAIN)
        rejected = await phone.expect(sip.Rejected)
        assert rejected.status == 503
        assert rejected.response.headers.get("Retry-After")
        await world.at_rest()


async def test_user_seen_before_calls_on_while_postgresql_is_away(
    postgres_url: str, redis_url: str, rtpengine: Any, tmp_path: Path
) -> None:
    await provision(postgres_url)
    site = Site(tmp_path, pg=postgres_url, redis=redis_url, ng=rtpengine.ng)
    async with World(site) as world:
        site.mobile_peer.call(site.core, "0301234567", MOBILE)
        first = await site.carrier.expect(sip.Invited)
        site.carrier.do("reject", first.session, 486)
        await world.at_rest()
        await _cut_off(postgres_url, allow=False)
        site.mobile_peer.call(site.core, "0301234568", MOBILE)
        second = await site.carrier.expect(sip.Invited)
        assert second.request.from_.uri.user == "+31201232010"
        site.carrier.do("reject", second.session, 486)
        await world.at_rest()
        await wait_for(lambda: world.gateway.records.length > 0)
        await _cut_off(postgres_url, allow=True)
        await wait_for(lambda: world.gateway.records.length == 0, 15)
    connection = await asyncpg.connect(postgres_url)
    assert await connection.fetchval("SELECT count(*) FROM gateway.calls") == 2
    await connection.close()


async def _cut_off(url: str, *, allow: bool) -> None:
    """Nobody may log in to this database, and whoever is in is thrown out."""
    parts = urlsplit(url)
    name = parts.path.lstrip("/")
    connection = await asyncpg.connect(urlunsplit(parts._replace(path="/postgres")))
    await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {str(allow).lower()}")
    if not allow:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
        )
    await connection.close()


async def test_frozen_rtpengine_refuses_new_calls_with_503_and_lets_112_pass(
    postgres_url: str, redis_url: str, start_rtpengine: Any, tmp_path: Path
) -> None:
    await provision(postgres_url)
    engine = start_rtpengine()
    site = Site(tmp_path, pg=postgres_url, redis=redis_url, ng=engine.ng)
    async with World(site) as world:
        await wait_for(lambda: world.gateway.media_client.available)
        engine.freeze()
        site.mobile_peer.call(site.core, "0301234567", MOBILE)
        rejected = await site.mobile_peer.expect(sip.Rejected)
        assert rejected.status == 503
        assert rejected.response.headers.get("Retry-After")
        site.mobile_peer.call(site.core, "112", MOBILE)
        invited = await site.psap.expect(sip.Invited)
        site.psap.do("reject", invited.session, 486)
        engine.thaw()
        await world.at_rest()


async def test_registration_survives_the_gateway(
    postgres_url: str, redis_url: str, rtpengine: Any, tmp_path: Path
) -> None:
    await provision(postgres_url)
    site = Site(tmp_path, pg=postgres_url, redis=redis_url, ng=rtpengine.ng)
    phone, over_tcp = await Peer().start(), await Peer("tcp").start()
    async with World(site):
        assert await phone.register(site.udp, "anna-1") == 200
        assert await over_tcp.register(site.tcp, "anna-2") == 200
    await over_tcp.stop()
    await over_tcp.start()
    async with World(site) as world:
        site.carrier.call(site.pstn, "+31201232010", "<sip:+31301234567@carrier.test>")
        invited = await phone.expect(sip.Invited)
        phone.do("reject", invited.session, 486)
        reopened = await over_tcp.expect(sip.Invited)
        over_tcp.do("reject", reopened.session, 486)
        mobile = await site.mobile_peer.expect(sip.Invited)
        site.mobile_peer.do("reject", mobile.session, 480)
        assert (await site.carrier.expect(sip.Rejected)).status in (480, 486)
        await world.at_rest()
    await phone.stop()
    await over_tcp.stop()


async def test_redis_away_calls_and_registrations_go_on(
    postgres_url: str, rtpengine: Any, tmp_path: Path
) -> None:
    await provision(postgres_url)
    site = Site(tmp_path, pg=postgres_url, redis=NOWHERE_REDIS, ng=rtpengine.ng)
    async with World(site) as world:
        phone = await world.phone("anna-1")
        session = phone.call(
            site.udp,
            "0301234567",
            f"<sip:anna-1@{DOMAIN}>",
            auth=DigestClient("anna-1", PASSWORD),
            host=DOMAIN,
        )
        invited = await site.carrier.expect(sip.Invited)
        site.carrier.do("answer", invited.session, sdp(25110))
        await phone.expect(sip.Answered)
        phone.do("bye", session)
        await site.carrier.expect(sip.Ended)
        await world.at_rest()


async def test_gateway_killed_in_a_call_leaves_its_record(
    postgres_url: str, redis_url: str, rtpengine: Any, tmp_path: Path
) -> None:
    await provision(postgres_url)
    site = Site(tmp_path, pg=postgres_url, redis=redis_url, ng=rtpengine.ng)
    async with World(site) as world:
        site.mobile_peer.call(site.core, "0301234567", MOBILE)
        invited = await site.carrier.expect(sip.Invited)
        site.carrier.do("answer", invited.session, sdp(25102))
        await site.mobile_peer.expect(sip.Answered)
        (call,) = world.gateway.interpreter.calls()
        (file,) = await wait_for(lambda: list((tmp_path / "spool").rglob("*.journal")))
        await wait_for(file.read_bytes)
        left = file.read_bytes()
        # as after a kill: no record, and the journal as it was
        world.gateway.interpreter._runs.clear()
    file.write_bytes(left)
    async with World(Site(tmp_path, pg=postgres_url, redis=redis_url, ng=rtpengine.ng)) as world:
        await wait_for(lambda: not list((tmp_path / "spool").rglob("*.journal")))
        row = await world.gateway.pool.fetchrow(
            "SELECT outcome, c.answered, ended_by FROM gateway.calls c JOIN gateway.legs USING (call_id)"
            " WHERE call_id = $1 AND role = 'calling'",
            call,
        )
        assert (row["outcome"], row["ended_by"]) == ("failed", "gateway stopped")
        assert row["answered"] is not None


async def test_emergency_call_that_outlives_the_gateway_has_its_record(
    postgres_url: str, redis_url: str, rtpengine: Any, tmp_path: Path
) -> None:
    site = Site(tmp_path, pg=postgres_url, redis=redis_url, ng=rtpengine.ng)
    async with World(site) as world:
        site.mobile_peer.call(site.core, "112", MOBILE)
        invited = await site.psap.expect(sip.Invited)
        site.psap.do("answer", invited.session, sdp(25103))
        await site.mobile_peer.expect(sip.Answered)
        await world.gateway.drain(0.0)
        assert len(world.gateway.interpreter) == 1
    connection = await asyncpg.connect(postgres_url)
    row = await connection.fetchrow("SELECT emergency, outcome, answered FROM gateway.calls")
    await connection.close()
    assert (row["emergency"], row["outcome"]) == (True, "failed")
    assert row["answered"] is not None
    assert not list((tmp_path / "spool").rglob("*.journal"))


async def test_database_that_says_nothing_shows_in_readiness_within_seconds_and_so_does_its_return(
    postgres_url: str, redis_url: str, rtpengine: Any, tmp_path: Path
) -> None:
    door = Door(postgres_url)
    site = Site(tmp_path, pg=await door.open(), redis=redis_url, ng=rtpengine.ng)
    with capture_logs() as logs:
        async with World(site) as world:
            await wait_for(lambda: world.gateway.database.answers)
            door.hold()
            await wait_for(lambda: not world.gateway.database.answers, 4.0)
            await door.shut()
            await door.open()
            await wait_for(lambda: world.gateway.database.answers)
    told = [line["event"] for line in logs if line["event"].startswith("database.")]
    assert told == ["database.away", "database.back"]
    await door.shut()
