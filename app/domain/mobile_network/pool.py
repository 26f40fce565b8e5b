"""The routing numbers in Redis: give one out, know our own legs again. Keys: :mod:`hipper.contracts.imrn`.

Each step is one script, so that two processes that ask at once never get the same number.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import msgspec

from hipper.contracts.imrn import (
    CALLING,
    LEGS,
    RESERVATION,
    UNTIL_MS,
    Reservation,
    number_key,
    own_leg_key,
    ranges_key,
    rest_key,
)
from hipper.runtime.bus import outages_named
from hipper.runtime.settings_model import MobileNetwork
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.numbers.ranges import parse_range

ANSWER_WITHIN_S = 1.0
"""Of Redis. A network waits a second or two for us and then goes on by itself: better told at once."""
AT_ONCE = 16
"""Scripts on their way to Redis, each on a connection of its own. More are no faster, and hundreds of new
connections at once are much slower."""
_UNMADE = b"unmade"

_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""
_ALLOCATE = f"""{_NOW}
if redis.call('GET', KEYS[2]) ~= ARGV[2] then return '{_UNMADE.decode()}' end
local imrn = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 1)[1]
if not imrn then return false end
local expires = now + tonumber(ARGV[3])
local rested = expires + tonumber(ARGV[4])
redis.call('ZADD', KEYS[1], rested, imrn)
local key = ARGV[1] .. imrn
redis.call('DEL', key)
redis.call('HSET', key, '{RESERVATION}', ARGV[5], '{CALLING}', ARGV[6], '{UNTIL_MS}', expires)
redis.call('PEXPIREAT', key, rested)
return imrn
"""
"""The number that has rested longest, or nothing. The key of its reservation follows from it and so cannot be
among KEYS; it lies in the same slot."""
_MAKE = f"""{_NOW}
local wanted = {{}}
for place = 3, #ARGV do
    local imrn = ARGV[place]
    wanted[imrn] = true
    local rests = redis.call('PTTL', ARGV[1] .. imrn)
    redis.call('ZADD', KEYS[1], 'NX', rests > 0 and now + rests or place, imrn)
end
for _, imrn in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    if not wanted[imrn] then redis.call('ZREM', KEYS[1], imrn) end
end
redis.call('SET', KEYS[2], ARGV[2])
"""
"""The pool of new ranges. What is in it already, or has been until a moment ago, keeps its rest."""
_OWN_LEG = f"""
local reference = 'ref:' .. ARGV[1]
if redis.call('HEXISTS', KEYS[1], reference) == 1 then return 1 end
if tonumber(redis.call('HGET', KEYS[1], '{LEGS}') or '0') < 1 then return 0 end
redis.call('HINCRBY', KEYS[1], '{LEGS}', -1)
redis.call('HSET', KEYS[1], reference, '')
return 1
"""


class ImrnPool:
    """The numbers of one network. ``redis``: a ``redis.asyncio.Redis``."""

    def __init__(self, redis: Any, network: MobileNetwork) -> None:
        self._network = network
        self._keys = [rest_key(network.name), ranges_key(network.name)]
        self._prefix = number_key(network.name, "")
        self._ranges = " ".join(network.imrn_ranges)
        self._allocate = redis.register_script(_ALLOCATE)
        self._make = redis.register_script(_MAKE)
        self._own_leg = redis.register_script(_OWN_LEG)
        self._room = asyncio.Semaphore(AT_ONCE)

    async def allocate(self, reservation: Reservation) -> E164 | None:
        """A number for this call alone; None when all are taken or rest. Raises BusUnavailable."""
        network = self._network
        arguments = [
            self._prefix,
            self._ranges,
            network.imrn_lifetime_s * 1000,
            network.imrn_quarantine_s * 1000,
            msgspec.json.encode(reservation),
            reservation.comes_from or "",
        ]
        with outages_named():
            async with asyncio.timeout(ANSWER_WITHIN_S), self._room:
                found = await self._allocate(keys=self._keys, args=arguments)
                if found == _UNMADE:
                    await self._make(keys=self._keys, args=[self._prefix, self._ranges, *self._numbers()])
                    found = await self._allocate(keys=self._keys, args=arguments)
        return None if found is None else E164(found.decode())

    async def is_own_leg(self, handset: E164, calling: E164 | None, call_reference: str) -> bool:
        """Whether this call is a leg of ours on its way to the handset. Each of our legs is known once, and
        the same question gets the same answer. Raises BusUnavailable."""
        with outages_named():
            async with asyncio.timeout(ANSWER_WITHIN_S), self._room:
                key = own_leg_key(self._network.name, handset, calling)
                return bool(await self._own_leg(keys=[key], args=[call_reference]))

    def _numbers(self) -> list[E164]:
        """All of them, from one anywhere: a Redis that lost its data does not begin with the numbers it gave
        out last."""
        numbers = [number for text in self._network.imrn_ranges for number in parse_range(text).numbers()]
        first = secrets.randbelow(len(numbers))
        return numbers[first:] + numbers[:first]
