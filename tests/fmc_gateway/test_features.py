"""Feature codes carried out: a service set in the directory, a callback asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import pytest

from fmc_gateway import features
from fmc_gateway.call.commands import ApplyFeature
from fmc_gateway.call.events import AnyEvent, FeatureDone
from fmc_gateway.callbacks import Callbacks
from fmc_gateway.features import Features
from hipper.directory.directory import Directory
from hipper.directory.services import get_service
from hipper.pbx.ids import DeviceId, SubscriberId
from hipper.pbx.model import ChangeService, RequestCallback
from hipper.pbx.services.forwarding import CallForwardingAlways
from hipper.telephony.numbers.e164 import E164
from tests.directory.owners import owner_of
from tests.directory.people import add_tenant, add_user

pytestmark = pytest.mark.servers
ANNA_FIXED = E164("+31201234501")


class World:
    def __init__(self, pool: Any, anna: str, bram: str) -> None:
        self.pool = pool
        self.anna, self.bram = SubscriberId(anna), SubscriberId(bram)
        self.busy: set[SubscriberId] = set()
        self.opened = 0
        self.callbacks = Callbacks(self, lambda due: None, lambda: 1000.0)
        self.features = Features(self.open, Directory(pool), self.callbacks)

    async def open(self) -> Any:
        self.opened += 1
        return self.pool

    def calls_of(self, subscriber: SubscriberId) -> int:
        return int(subscriber in self.busy)

    async def apply(self, action: ChangeService | RequestCallback) -> FeatureDone:
        told: asyncio.Future[AnyEvent] = asyncio.get_running_loop().create_future()
        command = ApplyFeature(subscriber=self.anna, device=DeviceId("anna-desk"), action=action)
        self.features.apply(command, told.set_result)
        event = await asyncio.wait_for(told, 5)
        assert isinstance(event, FeatureDone)
        return event


@pytest.fixture
async def world(owner_postgres_url: Callable[[str], str]) -> AsyncIterator[World]:
    pool: Any = await asyncpg.create_pool(owner_postgres_url("directory"), min_size=1, max_size=4)
    async with pool.acquire() as conn:
        tenant = await add_tenant(conn, "bakery", "bakery.example")
        anna = await add_user(conn, tenant, "bakery.example", "anna", fixed=ANNA_FIXED, extension="201")
        bram = await add_user(conn, tenant, "bakery.example", "bram", extension="202")
    yield World(pool, anna, bram)
    pool.terminate()


async def test_code_sets_a_service_and_says_who_did(world: World) -> None:
    action = ChangeService(
        service="call_forwarding_always", changes='{"active":true,"destination":"0201234599"}'
    )
    assert await world.apply(action) == FeatureDone(done=True)
    async with world.pool.acquire() as conn:
        stored = await get_service(conn, "subscriber", world.anna, "call_forwarding_always")
        by = await conn.fetchval("SELECT by FROM directory.audit")
    assert stored.settings == CallForwardingAlways(active=True, destination="0201234599")
    assert by == "code on anna-desk"


async def test_code_withholds_the_number(world: World) -> None:
    action = ChangeService(service="calling_line_id_delivery_blocking", changes='{"active":true}')
    assert (await world.apply(action)).done
    context = await owner_of(world.pool, ANNA_FIXED)
    assert context is not None
    assert context.withhold


async def test_what_cannot_be_set_says_why(world: World) -> None:
    async with world.pool.acquire() as conn:
        await conn.execute("UPDATE directory.subscribers SET pack = 'base_plus'")
    done = await world.apply(ChangeService(service="anywhere", changes='{"active":true}'))
    assert not done.done
    assert "anywhere is not in base_plus" in str(done.explanation)


async def test_database_away_fails_the_code_and_nothing_else(world: World) -> None:
    async def away() -> Any:
        raise OSError("no route")

    world.features = Features(away, Directory(world.pool), world.callbacks)
    done = await world.apply(ChangeService(service="do_not_disturb", changes='{"active":true}'))
    assert done == FeatureDone(done=False, explanation="the database does not answer")


async def test_database_that_hangs_is_not_waited_for_longer_than_the_caller_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the code would be carried out, hours later, after its user heard that it was not."""
    monkeypatch.setattr(features, "WITHIN_S", 0.2)
    action = ChangeService(service="call_forwarding_always", changes='{"active":true,"destination":"203"}')
    connections = [await world.pool.acquire() for _ in range(4)]
    done = await world.apply(action)
    assert done == FeatureDone(done=False, explanation="the database does not answer")
    for connection in connections:
        await world.pool.release(connection)
    await asyncio.sleep(0.2)
    async with world.pool.acquire() as conn:
        stored = await get_service(conn, "subscriber", world.anna, "call_forwarding_always")
    assert stored.version == 0


async def test_callback_to_a_busy_colleague_and_to_a_free_one(world: World) -> None:
    refused = await world.apply(RequestCallback(dialled="202"))
    assert not refused.done
    world.busy.add(world.bram)
    assert (await world.apply(RequestCallback(dialled="202"))).done
    assert len(world.callbacks) == 1
    assert (await world.apply(RequestCallback(cancel=True))).done
    assert len(world.callbacks) == 0
    assert world.opened == 0
