"""Routing numbers in a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from app.domain.mobile_network.pool import ImrnPool
from hipper.contracts.imrn import (
    LEGS,
    OWN_LEG_LIFETIME_S,
    RESERVATION,
    ImrnKind,
    Reservation,
    number_key,
    own_leg_key,
    rest_key,
)
from hipper.runtime.bus import BusUnavailable, connect
from hipper.telephony.numbers.e164 import E164
from tests.app.kit import ANNA, NOWHERE, network

pytestmark = pytest.mark.servers

CALL = Reservation(
    network="mno",
    served_user=E164(ANNA),
    called="0301234567",
    calling=None,
    kind=ImrnKind.ORIGINATING,
    call_reference="r",
    created=1.0,
)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Any]:
    client = connect(redis_url)
    yield client
    await client.aclose()


async def test_two_hundred_at_once_never_share_a_number(redis: Any, redis_url: str) -> None:
    other = connect(redis_url)
    numbers = network(imrn_ranges=("+31970123000-+31970123149", "+31970124000-+31970124049"))
    pools = [ImrnPool(redis, numbers), ImrnPool(other, numbers)]
    given = await asyncio.gather(*(pools[n % 2].allocate(CALL) for n in range(200)))
    assert None not in given
    assert len(set(given)) == 200
    assert await pools[0].allocate(CALL) is None
    await other.aclose()


async def test_a_number_rests_after_it_expired_and_then_comes_back(redis: Any) -> None:
    pool = ImrnPool(redis, network(imrn_ranges=("+31970123400",), imrn_lifetime_s=1, imrn_quarantine_s=1))
    assert await pool.allocate(CALL) == "+31970123400"
    assert await pool.allocate(CALL) is None
    await asyncio.sleep(1.3)  # expired, and resting
    assert await pool.allocate(CALL) is None
    await asyncio.sleep(0.8)
    assert await pool.allocate(CALL) == "+31970123400"


async def test_the_number_that_rested_longest_comes_first(redis: Any) -> None:
    pool = ImrnPool(redis, network())
    first = [await pool.allocate(CALL) for _ in range(10)]
    assert len(set(first)) == 10
    for number in (first[7], first[3]):
        await redis.zadd(rest_key("mno"), {number: 2 if number == first[7] else 1})
    assert [await pool.allocate(CALL) for _ in range(3)] == [first[3], first[7], None]


async def test_a_reservation_says_everything_and_goes_by_itself(redis: Any) -> None:
    pool = ImrnPool(redis, network(imrn_lifetime_s=7, imrn_quarantine_s=20))
    imrn = await pool.allocate(CALL)
    assert imrn is not None
    fields = await redis.hgetall(number_key("mno", imrn))
    assert msgspec.json.decode(fields[RESERVATION.encode()], type=Reservation) == CALL
    assert fields[b"calling"] == ANNA.encode()  # who calls for itself calls with its own number
    now_s, now_us = await redis.time()
    left_ms = int(fields[b"until"]) - (now_s * 1000 + now_us // 1000)
    assert 6000 < left_ms <= 7000
    assert 26_000 < await redis.pttl(number_key("mno", imrn)) <= 27_000


async def test_new_ranges_hold_at_once_and_keep_what_rests(redis: Any) -> None:
    before = ImrnPool(redis, network(imrn_ranges=("+31970123400-+31970123401",)))
    given = {await before.allocate(CALL), await before.allocate(CALL)}
    after = ImrnPool(redis, network(imrn_ranges=("+31970123401-+31970123402",)))
    assert await after.allocate(CALL) == "+31970123402"
    assert await after.allocate(CALL) is None
    again = ImrnPool(redis, network(imrn_ranges=("+31970123400-+31970123402",)))
    assert await again.allocate(CALL) is None, given  # +31970123400 went and came back: it still rests


async def test_networks_have_pools_of_their_own(redis: Any) -> None:
    one = ImrnPool(redis, network(imrn_ranges=("+31970123400",)))
    two = ImrnPool(redis, network(name="other", imrn_ranges=("+31970123500",)))
    assert await one.allocate(CALL) == "+31970123400"
    assert await two.allocate(CALL) == "+31970123500"


async def test_a_leg_of_ours_is_known_once_and_asking_again_changes_nothing(redis: Any) -> None:
    pool = ImrnPool(redis, network())
    handset, caller = E164(ANNA), E164("+31201234567")
    assert not await pool.is_own_leg(handset, caller, "a")
    key = own_leg_key("mno", handset, caller)
    await redis.hincrby(key, LEGS, 1)
    await redis.expire(key, OWN_LEG_LIFETIME_S)
    assert not await pool.is_own_leg(handset, E164("+31201234568"), "a")
    assert not await pool.is_own_leg(handset, None, "a")
    assert await pool.is_own_leg(handset, caller, "a")
    assert await pool.is_own_leg(handset, caller, "a")
    assert not await pool.is_own_leg(handset, caller, "b")  # a call of somebody else
    assert 0 < await redis.ttl(key) <= OWN_LEG_LIFETIME_S


async def test_without_redis_it_is_said_at_once() -> None:
    client = connect(NOWHERE)
    pool = ImrnPool(client, network())
    async with asyncio.timeout(2):
        with pytest.raises(BusUnavailable):
            await pool.allocate(CALL)
        with pytest.raises(BusUnavailable):
            await pool.is_own_leg(E164(ANNA), None, "a")
    await client.aclose()
