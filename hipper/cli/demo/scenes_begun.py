"""Calls that begin otherwise: by a wish of the app, and with an INVITE that offers nothing."""

from __future__ import annotations

import time
from uuid import uuid4

import asyncpg

from hipper.cli.demo.cast import CHANTAL_HZ, OFFICE_HZ, OUTSIDE_HZ, Cast
from hipper.cli.demo.stage import PATIENCE_S, Stage
from hipper.contracts.bus import CommandEnvelope, CommandReply, Dial, ReplyStatus
from hipper.directory.settings import find_subscriber
from hipper.pbx.ids import CallId, DeviceId, GatewayId, SubscriberId, TenantId
from hipper.runtime.bus import Bus
from hipper.runtime.bus_commands import CommandChannel
from hipper.runtime.ids import RandomIds
from hipper.runtime.servers import owner_url, redis_url

OUTSIDE, OUTSIDE_E164 = "0207654322", "+31207654322"
CALLER, CHANTAL_FIXED = "+31207654321", "+31201234503"


async def play(stage: Stage, cast: Cast) -> None:
    await _from_the_app(stage, cast)
    await _late_offer(stage, cast)


async def _from_the_app(stage: Stage, cast: Cast) -> None:
    since = stage.title("Anna taps a number in the app: her desk phone rings first, then the other side")
    reply = await _wish(stage, await _anna(stage, cast))
    stage.demand(reply is not None and reply.status is ReplyStatus.DONE, f"the gateway said {reply}")
    anna = await cast.office.next_call(PATIENCE_S)
    await anna.ring()
    await anna.answer()
    called = await cast.pstn.next_call(PATIENCE_S)
    stage.demand(called.dialled == OUTSIDE_E164, f"the carrier was asked for {called.dialled}")
    await called.ring()
    await called.answer()
    await stage.both_hear(anna, OFFICE_HZ, called, OUTSIDE_HZ)
    await anna.hang_up()
    await called.over(PATIENCE_S)
    record = await stage.show_record(since, OUTSIDE)
    payers = {segment.payer.subscription for segment in record.segments}
    stage.demand(payers == {"HIP-100201"}, f"the call is paid by {payers}")
    stage.see("her fixed subscription pays")


async def _anna(stage: Stage, cast: Cast) -> tuple[TenantId, SubscriberId, DeviceId]:
    connection = await asyncpg.connect(owner_url(stage.settings, "directory"))
    try:
        anna = await find_subscriber(connection, f"anna@{cast.domain}")
        device, tenant = await connection.fetchrow(
            "SELECT device_id, tenant_id FROM directory.devices WHERE aor_user = 'anna-kantoor'"
        )
        return TenantId(tenant), anna, DeviceId(device)
    finally:
        await connection.close()


async def _wish(stage: Stage, anna: tuple[TenantId, SubscriberId, DeviceId]) -> CommandReply | None:
    """As the API puts it on the bus. None: no reply in time."""
    tenant, subscriber, device = anna
    request = uuid4().hex
    envelope = CommandEnvelope(
        request_id=request,
        idempotency_key=request,
        call=CallId(RandomIds().token(20)),
        deadline=time.time() + PATIENCE_S,
        command=Dial(tenant=tenant, user=subscriber, destination=OUTSIDE, device=device),
    )
    bus = Bus(redis_url(stage.settings))
    try:
        channel: CommandChannel[CommandEnvelope, CommandReply] = CommandChannel(
            bus, CommandEnvelope, CommandReply
        )
        return await channel.send(GatewayId(stage.settings.gateway.id), envelope)
    finally:
        await bus.close()


async def _late_offer(stage: Stage, cast: Cast) -> None:
    since = stage.title(
        "a carrier's INVITE offers no media (late offer): Chantal's telephone offers in its 200"
    )
    caller = await cast.pstn.call(CHANTAL_FIXED, caller=CALLER, late_offer=True)
    chantal = await cast.counter.next_call(PATIENCE_S)
    stage.demand(not (chantal.request and chantal.request.body), "Chantal's telephone was made an offer")
    await chantal.ring()
    await chantal.answer()
    await caller.answered(PATIENCE_S)
    await stage.both_hear(caller, OUTSIDE_HZ, chantal, CHANTAL_HZ)
    await caller.hang_up()
    await chantal.over(PATIENCE_S)
    await stage.show_record(since, CHANTAL_FIXED)
