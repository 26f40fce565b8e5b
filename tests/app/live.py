"""Live calls as a gateway shows them in Redis, and a gateway that answers what the test says."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import msgspec

from hipper.contracts import bus as b
from hipper.contracts.calls import LiveCall, LiveParty, LivePhase
from hipper.pbx.ids import CallId, DeviceId, GatewayId, LegId, SubscriberId, TenantId
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.runtime.bus import Bus
from hipper.runtime.bus_commands import CommandChannel
from hipper.telephony.numbers.e164 import E164

ACME = TenantId("acme")
OUTSIDE = CallerIdentity(presentation=Presentation.ALLOWED, number=E164("+31301234567"))


def live_call(call: str = "c1", user: str = "anna", **changes: Any) -> LiveCall:
    """A user talks to the outside on the desk phone."""
    fields: dict[str, Any] = {
        "call": CallId(call),
        "gateway": GatewayId("gw1"),
        "tenant": ACME,
        "phase": LivePhase.ESTABLISHED,
        "started": 1_700_000_000.0,
        "answered": 1_700_000_005.0,
        "calling": LiveParty(
            leg=LegId(f"{call}-a"),
            subscriber=SubscriberId(user),
            device=DeviceId(f"{user}-1"),
            identity=CallerIdentity(presentation=Presentation.ALLOWED, number=E164("+31201232010")),
        ),
        "called": LiveParty(leg=LegId(f"{call}-b1"), identity=OUTSIDE),
    }
    return LiveCall(**(fields | changes))


async def show(redis: Any, live: LiveCall) -> None:
    """As the gateway does."""
    await redis.set(f"call:{live.call}", msgspec.json.encode(live))
    for party in (live.calling, live.called, *live.others):
        if party.subscriber is not None:
            await redis.hset(f"busy:{party.subscriber}", live.call, party.device or "")


class Gateway:
    """Answers what the test says, and remembers what it was asked."""

    def __init__(self, bus: Bus) -> None:
        self._channel: CommandChannel[b.CommandEnvelope, b.CommandReply] = CommandChannel(
            bus, b.CommandEnvelope, b.CommandReply
        )
        self.asked: list[b.CommandEnvelope] = []
        self.says: dict[str, Any] = {"status": b.ReplyStatus.DONE}

    async def handle(self, envelope: b.CommandEnvelope) -> b.CommandReply:
        self.asked.append(envelope)
        return b.CommandReply(request_id=envelope.request_id, **self.says)

    async def serve(self) -> None:
        await self._channel.serve("gw1", self.handle)


@asynccontextmanager
async def answering(redis_url: str) -> AsyncIterator[Gateway]:
    bus = Bus(redis_url)
    running = Gateway(bus)
    task = asyncio.create_task(running.serve())
    try:
        yield running
    finally:
        task.cancel()
        await asyncio.wait({task})
        await bus.close()


@contextmanager
def answering_aside(redis_url: str) -> Iterator[None]:
    """As :func:`answering`, for tests without an event loop."""
    stop, loop = asyncio.Event(), asyncio.new_event_loop()

    async def answer() -> None:
        async with answering(redis_url):
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(answer(),))
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
