"""Registered contacts: expiry, connections that close, the copy in Redis."""

from __future__ import annotations

from typing import Any

import pytest

from fmc_gateway.bindings import BindingMirror, Bindings, Registration
from fmc_gateway.flows import flow_name, parse_flow
from hipper.pbx.ids import DeviceId, GatewayId
from hipper.runtime.bus import connect
from hipper.telephony.sip.flow import Flow
from hipper.telephony.sip.registration import Binding

UDP = Flow("udp", "devices-udp", ("127.0.0.1", 5060), ("192.0.2.9", 5062))
TCP = Flow("tcp", "devices-tcp", ("127.0.0.1", 5060), ("192.0.2.9", 40001), 7)
DEVICE = DeviceId("d1")


def registration(
    flow: Flow = UDP, *, contact: str = "sip:a@10.0.0.1", expires: float = 100.0, q: float = 1.0
) -> Registration:
    binding = Binding(
        contact=contact, call_id="c", cseq=1, registered_at=0.0, expires_at=expires, q=q, flow=flow
    )
    return Registration(device=DEVICE, aor="a@acme.test", binding=binding)


@pytest.mark.parametrize("flow", [UDP, TCP, Flow("tls", "t", ("::1", 5061), ("2001:db8::1", 1), 3)])
def test_flow_name_reads_back(flow: Flow) -> None:
    assert parse_flow(flow_name(flow)) == flow


@pytest.mark.parametrize("text", ["", "udp", "sctp|l|h|1|h|1|0", "udp|l|h|x|h|1|0", "udp|l|h|1|h|1|-1"])
def test_other_text_is_no_flow(text: str) -> None:
    assert parse_flow(text) is None


def test_expired_binding_counts_as_gone_before_it_is_swept() -> None:
    now = [50.0]
    bindings = Bindings(lambda: now[0])
    bindings.put(DEVICE, [registration(expires=100.0)])
    assert len(bindings.of(DEVICE)) == 1
    now[0] = 100.0
    assert bindings.of(DEVICE) == ()
    bindings.sweep()
    assert len(bindings) == 0


def test_preferred_contact_comes_first() -> None:
    bindings = Bindings(lambda: 0.0)
    bindings.put(
        DEVICE, [registration(contact="sip:low@x", q=0.1), registration(contact="sip:high@x", q=0.9)]
    )
    assert [found.contact for found in bindings.of_devices([DEVICE])] == ["sip:high@x", "sip:low@x"]


def test_closed_connection_takes_its_bindings_along_and_no_others() -> None:
    bindings = Bindings(lambda: 0.0)
    bindings.put(DEVICE, [registration(TCP), registration(UDP, contact="sip:b@10.0.0.1")])
    bindings.flow_lost(TCP._replace(connection=8))
    bindings.flow_lost(UDP)
    assert len(bindings) == 2
    bindings.flow_lost(TCP)
    assert [found.flow for found in bindings.of_devices([DEVICE])] == [flow_name(UDP)]


@pytest.fixture
async def redis(redis_url: str) -> Any:
    client = connect(redis_url)
    yield client
    await client.aclose()


@pytest.mark.servers
async def test_next_process_knows_the_phones_and_opens_connections_anew(redis: Any) -> None:
    first = Bindings(lambda: 0.0)
    mirror = BindingMirror(first, redis, GatewayId("gw1"))
    first.put(DEVICE, [registration(TCP)])
    assert await mirror.flush()
    second = Bindings(lambda: 0.0)
    assert await BindingMirror(second, redis, GatewayId("gw1")).load()
    (found,) = second.of(DEVICE)
    assert found.binding.flow == TCP._replace(connection=0, remote=("10.0.0.1", 5060))
    assert found.binding.contact == "sip:a@10.0.0.1"


@pytest.mark.servers
async def test_unregistered_phone_is_removed_from_redis_and_garbage_is_skipped(redis: Any) -> None:
    await redis.hset("bindings:gw1", "broken", b"{not json")
    bindings = Bindings(lambda: 0.0)
    mirror = BindingMirror(bindings, redis, GatewayId("gw1"))
    bindings.put(DEVICE, [registration()])
    await mirror.flush()
    assert await redis.hexists("bindings:gw1", "d1")
    bindings.put(DEVICE, [])
    await mirror.flush()
    assert not await redis.hexists("bindings:gw1", "d1")
    assert bindings.of(DeviceId("broken")) == ()


async def test_redis_away_keeps_what_is_to_be_written() -> None:
    bindings = Bindings(lambda: 0.0)
    mirror = BindingMirror(bindings, connect("redis://127.0.0.1:1"), GatewayId("gw1"))
    bindings.put(DEVICE, [registration()])
    assert not await mirror.flush()
    assert bindings.changed == {DEVICE}
    assert len(bindings.of(DEVICE)) == 1


@pytest.mark.servers
async def test_phone_that_registered_meanwhile_knows_better_than_redis(redis: Any) -> None:
    old = Bindings(lambda: 0.0)
    old.put(DEVICE, [registration(contact="sip:old@x")])
    await BindingMirror(old, redis, GatewayId("gw1")).flush()
    new = Bindings(lambda: 0.0)
    new.put(DEVICE, [registration(contact="sip:new@x")])
    await BindingMirror(new, redis, GatewayId("gw1")).flush()
    assert [found.contact for found in new.of_devices([DEVICE])] == ["sip:new@x"]
    assert b"sip:new@x" in await redis.hget("bindings:gw1", "d1")
