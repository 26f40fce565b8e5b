"""The app of a user as the gateway sees it: commands to a call, over the bus."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
import tomllib
from typing import Protocol

import asyncpg

from hipper.contracts.bus import CallCommand, CommandEnvelope, CommandReply
from hipper.pbx.ids import CallId, GatewayId, SubscriberId, TenantId
from hipper.runtime.bus import Bus, connect
from hipper.runtime.bus_commands import CommandChannel
from tests.interop.company import Company, Person
from tests.interop.gateway import GatewayProcess


class Around(Protocol):
    """Whatever holds a gateway and a company: :class:`tests.interop.conftest.Kit`, a benchmark."""

    gateway: GatewayProcess
    database: str
    company: Company


class App:
    """Of one user, over the bus."""

    def __init__(self, kit: Around, tenant: str, user: str, devices: dict[str, str]) -> None:
        self.kit = kit
        self.devices = devices
        """By AOR user, ``mobile`` for the handset."""
        self.who = {"tenant": TenantId(tenant), "user": SubscriberId(user)}
        self._settings = tomllib.loads(kit.gateway.settings.read_text())
        self._count = itertools.count(1)

    @classmethod
    async def of(cls, kit: Around, person: Person) -> App:
        connection = await asyncpg.connect(kit.database)
        try:
            rows = await connection.fetch(
                "SELECT d.device_id, coalesce(d.aor_user, d.kind) AS name, d.subscriber_id, d.tenant_id"
                " FROM directory.devices d JOIN directory.numbers n USING (subscriber_id)"
                " WHERE n.e164 = $1",
                person.fixed,
            )
        finally:
            await connection.close()
        devices = {row["name"]: row["device_id"] for row in rows}
        return cls(kit, rows[0]["tenant_id"], rows[0]["subscriber_id"], devices)

    async def call(self) -> CallId:
        """The one call she is in."""
        (call,) = await self.calls(1)
        return call

    async def calls(self, count: int) -> list[CallId]:
        """Those she is in, the oldest first."""
        client = connect(self._settings["redis"]["url"])
        try:
            async with asyncio.timeout(3):
                while len(found := await client.hkeys(f"busy:{self.who['user']}")) < count:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            if count == 1:
                return [CallId(call.decode()) for call in found]
            shown = [json.loads(await client.get(f"call:{call.decode()}")) for call in found]
        finally:
            await client.aclose()
        return [CallId(one["call"]) for one in sorted(shown, key=lambda one: one["started"])]

    async def asks(self, command: CallCommand, call: CallId | None = None) -> CommandReply:
        bus = Bus(self._settings["redis"]["url"])
        channel: CommandChannel[CommandEnvelope, CommandReply] = CommandChannel(
            bus, CommandEnvelope, CommandReply
        )
        request = f"{self.kit.company.tenant}-{next(self._count)}"
        envelope = CommandEnvelope(
            request_id=request,
            idempotency_key=request,
            call=call or await self.call(),
            deadline=time.time() + 5,
            command=command,
        )
        gateway = self._settings.get("gateway", {}).get("id", "gw1")
        try:
            reply = await channel.send(GatewayId(gateway), envelope)
        finally:
            await bus.close()
        assert reply is not None
        return reply
