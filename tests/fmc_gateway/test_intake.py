"""Who gets in: peers, limits, drain, trunk order, commands. Against a running gateway."""

from __future__ import annotations

import asyncio
import time
import urllib.request
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hipper.contracts.bus import CommandEnvelope, CommandReply, HangUp, ReplyStatus, UserEvent
from hipper.contracts.calls import LiveCall
from hipper.pbx.ids import CallId
from hipper.runtime.bus import Bus
from hipper.runtime.bus_commands import CommandChannel
from hipper.runtime.settings_model import PstnTrunk
from hipper.telephony.sip import events as sip
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.uri import SipUri
from tests.fmc_gateway.kit import DOMAIN, Peer, Site, World, provision, sdp, wait_for

pytestmark = pytest.mark.servers

MOBILE = "<sip:+31612320100@mno.test>"


async def established(world: World) -> tuple[str, str]:
    """Anna's mobile talks to the outside; both sessions."""
    mobile, carrier = world.site.mobile_peer, world.site.carrier
    session = mobile.call(world.site.core, "0301234567", MOBILE)
    invited = await carrier.expect(sip.Invited)
    carrier.do("answer", invited.session, sdp(25200))
    await mobile.expect(sip.Answered)
    await carrier.expect(sip.Confirmed)
    return session, invited.session


def request(peer: Peer, port: int, method: str) -> None:
    uri = SipUri.parse("sip:gw@127.0.0.1")
    peer.agent.request(
        method=method,
        uri=uri,
        flow=peer.flow(port),
        from_=NameAddr.parse(f"<sip:anna-1@{DOMAIN}>"),
        to=NameAddr(uri),
        now=time.monotonic(),
        headers=(),
        body=None,
    )
    peer.shell.flush()


async def test_unconfigured_peer_gets_403_that_says_why(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.gateway.peers, "find", lambda listener, address: None)
    world.site.mobile_peer.call(world.site.core, "0301234567", MOBILE)
    rejected = await world.site.mobile_peer.expect(sip.Rejected)
    assert rejected.status == 403
    assert "address not configured on this listener" in rejected.response.headers.get("Warning")
    request(world.site.mobile_peer, world.site.core, "OPTIONS")
    assert (await world.site.mobile_peer.expect(sip.RequestAnswered)).response.status == 403


@pytest.mark.parametrize(
    ("method", "listener", "status"),
    [
        ("OPTIONS", "core", 200),
        ("OPTIONS", "pstn", 200),
        ("OPTIONS", "udp", 200),
        ("REGISTER", "core", 403),
        ("SUBSCRIBE", "udp", 489),
        ("MESSAGE", "udp", 405),
    ],
)
async def test_requests_outside_a_call(world: World, method: str, listener: str, status: int) -> None:
    request(world.site.mobile_peer, getattr(world.site, listener), method)
    answered = await world.site.mobile_peer.expect(sip.RequestAnswered)
    assert answered.response.status == status


async def test_call_limit_refuses_with_503_and_retry_after_but_not_112(world: World) -> None:
    world.gateway.intake._max_calls = 0
    world.site.mobile_peer.call(world.site.core, "0301234567", MOBILE)
    rejected = await world.site.mobile_peer.expect(sip.Rejected)
    assert rejected.status == 503
    assert rejected.response.headers.get("Retry-After") == "10"
    world.site.mobile_peer.call(world.site.core, "112", MOBILE)
    invited = await world.site.psap.expect(sip.Invited)
    world.site.psap.do("reject", invited.session, 486)
    await world.at_rest()


async def test_draining_gateway_refuses_new_calls_and_ends_the_running_ones_at_last(world: World) -> None:
    mobile, carrier = world.site.mobile_peer, world.site.carrier
    await established(world)
    draining = asyncio.create_task(world.gateway.drain(0.5, _until))
    await wait_for(lambda: world.gateway.intake.draining)
    mobile.call(world.site.core, "0301234567", MOBILE)
    rejected = await mobile.expect(sip.Rejected)
    assert (rejected.status, rejected.response.headers.get("Retry-After")) == (503, "10")
    assert await _ready(world) == 503
    assert len(world.gateway.interpreter) == 1
    await draining
    await carrier.expect(sip.Ended)
    await mobile.expect(sip.Ended)
    await world.at_rest()


async def test_draining_gateway_leaves_an_emergency_call_alone(world: World) -> None:
    mobile, psap = world.site.mobile_peer, world.site.psap
    session = mobile.call(world.site.core, "112", MOBILE)
    invited = await psap.expect(sip.Invited)
    psap.do("answer", invited.session, sdp(25200))
    await mobile.expect(sip.Answered)
    await world.gateway.drain(0.1, _until)
    assert len(world.gateway.interpreter) == 1
    mobile.do("bye", session)
    await psap.expect(sip.Ended)
    await world.at_rest()


async def _until(idle: Any, within_s: float) -> bool:
    await asyncio.sleep(within_s)
    return bool(idle())


async def _ready(world: World) -> int:
    def get() -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{world.site.http}/health/ready") as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code

    return await asyncio.to_thread(get)


async def test_gateway_is_ready_when_everything_answers(world: World) -> None:
    async with asyncio.timeout(5):
        while await _ready(world) != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_second_trunk_takes_the_call_that_the_first_cannot(
    postgres_url: str, redis_url: str, rtpengine: Any, tmp_path: Path
) -> None:
    await provision(postgres_url)
    site = Site(tmp_path, pg=postgres_url, redis=redis_url, ng=rtpengine.ng)
    second = Peer()
    spare = PstnTrunk(name="spare", listener="pstn", addresses=(), target=f"sip:127.0.0.1:{second.port}")
    site.settings = msgspec.structs.replace(site.settings, pstn_trunk=(*site.settings.pstn_trunk, spare))
    world = World(site)
    world.peers.append(second)
    async with world:
        site.mobile_peer.call(site.core, "0301234567", MOBILE)
        first = await site.carrier.expect(sip.Invited)
        site.carrier.do("reject", first.session, 503)
        other = await second.expect(sip.Invited)
        assert other.request.uri.user == "+31301234567"
        second.do("reject", other.session, 486)
        assert (await site.mobile_peer.expect(sip.Rejected)).status == 486
        await world.at_rest()


async def test_hang_up_by_command_is_done_once_and_unknown_afterwards(world: World, redis_url: str) -> None:
    mobile, carrier = world.site.mobile_peer, world.site.carrier
    await established(world)
    (call,) = world.gateway.interpreter.calls()
    bus = Bus(redis_url)
    channel: CommandChannel[CommandEnvelope, CommandReply] = CommandChannel(
        bus, CommandEnvelope, CommandReply
    )
    reply = await channel.send("gw1", _hang_up("r1", call))
    assert reply is not None
    assert reply.status is ReplyStatus.DONE
    await mobile.expect(sip.Ended)
    await carrier.expect(sip.Ended)
    await world.at_rest()
    again = await channel.send("gw1", _hang_up("r2", call))
    assert again is not None
    assert again.status is ReplyStatus.UNKNOWN
    await bus.close()


def _hang_up(request_id: str, call: CallId) -> CommandEnvelope:
    return CommandEnvelope(
        request_id=request_id,
        idempotency_key=request_id,
        call=call,
        deadline=time.time() + 5,
        command=HangUp(),
    )


async def test_live_call_is_shown_in_redis_and_withdrawn(world: World, redis_url: str) -> None:
    session, _ = await established(world)
    (call,) = world.gateway.interpreter.calls()
    bus = Bus(redis_url)
    raw = None
    async with asyncio.timeout(5):
        while raw is None or b'"established"' not in raw:
            await asyncio.sleep(0.02)
            raw = await bus.redis.get(f"call:{call}")
    live = msgspec.json.decode(raw, type=LiveCall)
    assert live.calling.subscriber == "anna"
    assert live.calling.identity.network_number is None
    assert await bus.redis.hkeys("busy:anna") == [call.encode()]
    assert 0 < await bus.redis.ttl(f"call:{call}") <= 90
    world.site.mobile_peer.do("bye", session)
    await world.at_rest()
    async with asyncio.timeout(5):
        while await bus.redis.exists(f"call:{call}", "busy:anna"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    events = [
        msgspec.msgpack.decode(fields[b"m"], type=UserEvent).body
        for _, fields in await bus.redis.xrange("events:anna")
    ]
    assert [type(event).__name__ for event in events][-1] == "CallOver"
    assert "established" in [getattr(event, "phase", None) for event in events]
    await bus.close()
