"""Every way to make the gateway pay for a leg is stopped by the calling plan: nothing reaches the carrier."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import asyncpg
import pytest

from hipper.contracts.bus import CommandEnvelope, CommandReply, Dial, ReplyStatus
from hipper.directory.settings import find_subscriber
from hipper.runtime.bus import Bus
from hipper.runtime.bus_commands import CommandChannel
from tests.interop.company import Person
from tests.interop.conftest import Kit
from tests.interop.services import set_service
from tests.interop.sipp import Sipp

CALLER = "+31301111111"
PREMIUM, ABROAD = "0900123456", "004930123456"
RINGING = "uas_ring_until_cancelled"
BARRED = ["service_paid", "international"]


async def anna_of(kit: Kit) -> Person:
    anna = kit.company.person("anna")
    await kit.company.apply()
    return anna


async def bar(kit: Kit, person: Person, **more: Any) -> None:
    await set_service(kit, person, "outgoing_calling_plan", barred=BARRED, **more)


async def nothing_went_out(kit: Kit, carrier: Sipp, *, records: int = 1) -> None:
    """The carrier heard nothing, and no leg stands in the record that somebody pays for."""
    assert carrier.so_far().messages == []
    for record in await kit.records(records):
        assert record.call["outcome"] in ("refused", "busy", "unreachable", "no_answer")
        assert [
            leg["peer"] for leg in record.legs if leg["peer"] == "carrier" and leg["role"] == "called"
        ] == []


@pytest.mark.parametrize("dialled", [PREMIUM, ABROAD])
async def test_handset(kit: Kit, dialled: str) -> None:
    anna, carrier = await anna_of(kit), await kit.carrier()
    await bar(kit, anna)
    await (await kit.network_calls("uac_refused", dialled, anna, status=403)).finished()
    await nothing_went_out(kit, carrier)


@pytest.mark.parametrize("dialled", [PREMIUM, ABROAD])
async def test_desk_phone(kit: Kit, dialled: str) -> None:
    anna, carrier = await anna_of(kit), await kit.carrier()
    await bar(kit, anna)
    await (await kit.phone_calls("uac_digest_refused", anna, dialled, status=403)).finished()
    await nothing_went_out(kit, carrier)


async def test_forward_that_was_set_before_the_bar(kit: Kit) -> None:
    anna, carrier = await anna_of(kit), await kit.carrier()
    await set_service(kit, anna, "call_forwarding_always", active=True, destination=ABROAD)
    await bar(kit, anna)
    await (await kit.carrier_calls("uac_refused", anna.fixed, CALLER, status=480)).finished()
    await nothing_went_out(kit, carrier)


async def test_forward_where_only_diverted_legs_are_barred(kit: Kit) -> None:
    """The user may call there, but nothing may be forwarded there."""
    anna, carrier = await anna_of(kit), await kit.carrier()
    await set_service(kit, anna, "call_forwarding_always", active=True, destination=ABROAD)
    await set_service(kit, anna, "outgoing_calling_plan", forward_barred=["international"])
    await (await kit.carrier_calls("uac_refused", anna.fixed, CALLER, status=480)).finished()
    await nothing_went_out(kit, carrier)


async def test_redirect_of_a_desk_phone(kit: Kit) -> None:
    anna = kit.company.person("anna", mobile=False)
    await kit.company.apply()
    await bar(kit, anna)
    carrier = await kit.carrier()
    moved = f"Contact: <sip:{ABROAD}@{anna.domain}>"
    phone = await kit.phone(
        anna, "uas_refuse", status=302, phrase="Moved Temporarily", response_headers=moved
    )
    await (await kit.carrier_calls("uac_refused", anna.fixed, CALLER, status=480)).finished()
    await phone.finished()
    await nothing_went_out(kit, carrier)


async def test_number_that_rings_along(kit: Kit) -> None:
    anna = kit.company.person("anna", mobile=False)
    await kit.company.apply()
    number = {"number": ABROAD}
    await set_service(kit, anna, "simultaneous_ring_personal", active=True, numbers=[number])
    await bar(kit, anna)
    phone, carrier = await kit.phone(anna), await kit.carrier()
    await (await kit.carrier_calls("uac_call", anna.fixed, CALLER, talk_ms=50)).finished()
    await phone.finished()
    assert carrier.so_far().messages == []


async def dial(kit: Kit, person: Person, destination: str) -> CommandReply | None:
    """The app's wish on the bus."""
    connection = await asyncpg.connect(kit.database)
    try:
        subscriber = await find_subscriber(connection, f"{person.user}@{person.domain}")
        tenant = await connection.fetchval(
            "SELECT tenant_id FROM directory.subscribers WHERE subscriber_id = $1", subscriber
        )
    finally:
        await connection.close()
    bus = Bus(_redis_of(kit))
    channel: CommandChannel[CommandEnvelope, CommandReply] = CommandChannel(
        bus, CommandEnvelope, CommandReply
    )
    wish = f"{person.domain}-{time.time_ns():x}"
    envelope = CommandEnvelope(
        request_id=wish, idempotency_key=wish, call=wish, deadline=time.time() + 5,  # type: ignore[arg-type]
        command=Dial(tenant=tenant, user=subscriber, destination=destination),
    )  # fmt: skip
    try:
        return await channel.send("interop", envelope)
    finally:
        await bus.close()


def _redis_of(kit: Kit) -> str:
    lines = kit.gateway.settings.read_text().partition("[redis]")[2].splitlines()
    return next(line.split('"')[1] for line in lines if line.startswith("url"))


async def test_dial_from_the_app(kit: Kit) -> None:
    anna = await anna_of(kit)
    await bar(kit, anna)
    phone, handset, carrier = await kit.phone(anna, RINGING), await kit.network(RINGING), await kit.carrier()
    reply = await dial(kit, anna, ABROAD)
    assert reply is not None
    assert reply.status is ReplyStatus.REFUSED
    assert reply.explanation
    for agent in (phone, handset, carrier):
        assert agent.so_far().messages == []


@pytest.mark.parametrize("way", ["handset", "desk phone"])
async def test_cap_on_calls_at_once(kit: Kit, way: str) -> None:
    anna = await anna_of(kit)
    await set_service(kit, anna, "outgoing_calling_plan", max_calls_user=1)
    carrier = await kit.carrier()
    first = await kit.network_calls("uac_call", "0301234567", anna, talk_ms=1500)
    await carrier.sees("ACK")
    if way == "handset":
        second = await kit.network_calls("uac_refused", "0307654321", anna, status=403)
    else:
        second = await kit.phone_calls("uac_digest_refused", anna, "0307654321", status=403)
    await second.finished()
    await asyncio.gather(first.finished(), carrier.finished())
    assert len(carrier.so_far().received("INVITE")) == 1
