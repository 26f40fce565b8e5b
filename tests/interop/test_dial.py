"""Dial from the app: the bus asks, the user's telephone is picked up, and the two hear each other."""

from __future__ import annotations

import asyncio
import time
import tomllib

import asyncpg

from hipper.contracts.bus import CommandEnvelope, CommandReply, Dial, ReplyStatus
from hipper.pbx.ids import CallId, DeviceId, SubscriberId, TenantId
from hipper.runtime.bus import Bus
from hipper.runtime.bus_commands import CommandChannel
from tests.interop.company import Person
from tests.interop.conftest import Kit
from tests.interop.test_hold import OTHER, TONE, hold_and_resume

LOW, HIGH = 440, 1000
OUTSIDE = "+31301234567"


async def dial(kit: Kit, person: Person, destination: str) -> CommandReply:
    """The person's app asks for it, with the first desk phone."""
    connection = await asyncpg.connect(kit.database)
    try:
        device, subscriber, tenant = await connection.fetchrow(
            "SELECT device_id, subscriber_id, tenant_id FROM directory.devices"
            " WHERE aor_user = $1 AND domain = $2",
            person.phones[0],
            person.domain,
        )
    finally:
        await connection.close()
    settings = tomllib.loads(kit.gateway.settings.read_text())
    bus = Bus(settings["redis"]["url"])
    channel: CommandChannel[CommandEnvelope, CommandReply] = CommandChannel(
        bus, CommandEnvelope, CommandReply
    )
    request = f"dial-{kit.company.tenant}"
    try:
        reply = await channel.send(
            settings.get("gateway", {}).get("id", "gw1"),
            CommandEnvelope(
                request_id=request,
                idempotency_key=request,
                call=CallId(request),
                deadline=time.time() + 5,
                command=Dial(
                    tenant=TenantId(tenant),
                    user=SubscriberId(subscriber),
                    destination=destination,
                    device=DeviceId(device),
                ),
            ),
        )
    finally:
        await bus.close()
    assert reply is not None
    return reply


async def test_desk_phone_and_pstn_hear_each_other_after_the_pick_up(kit: Kit) -> None:
    anna = kit.company.person("anna", identity="fixed")
    await kit.company.apply()
    desk = await kit.desk(anna, HIGH)
    pstn = await kit.pstn_phone(OUTSIDE, LOW)
    assert (await dial(kit, anna, "0301234567")).status is ReplyStatus.DONE
    assert OUTSIDE in (await desk.incoming())["peeruri"]
    await desk.answer()
    await desk.established()
    assert anna.fixed in (await pstn.incoming())["peeruri"]
    await desk.hears(425)  # the ringing tone
    await pstn.answer()
    await pstn.established()
    await asyncio.gather(desk.hears(LOW), pstn.hears(HIGH))
    await pstn.hang_up()
    await desk.closed()
    record = await kit.record()
    assert (record.call["outcome"], record.calling["device_name"]) == ("answered", anna.phones[0])
    assert [leg["role"] for leg in record.legs] == ["calling", "called"]


async def test_hold_works_in_a_call_that_was_dialled(kit: Kit) -> None:
    anna = kit.company.person("anna")
    bram = kit.company.person("bram", mobile=False)
    await kit.company.apply()
    desk, other = await kit.desk(anna, OTHER), await kit.desk(bram, TONE)
    assert (await dial(kit, anna, bram.extension)).status is ReplyStatus.DONE
    await desk.incoming()
    await desk.answer()
    await other.incoming()
    await other.answer()
    await other.hears(OTHER)  # by then the desk phone has moved, and records what it hears anew
    await hold_and_resume(desk, other)
    await desk.hang_up()
    await other.closed()


async def test_emergency_numbers_are_refused_in_the_reply(kit: Kit) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    reply = await dial(kit, anna, "112")
    assert (reply.status, bool(reply.explanation)) == (ReplyStatus.REFUSED, True)
