"""Mixed calls with faults by seed, in three networks, with feature codes between them, for as long as asked;
afterwards nothing may be left over.

    python -m tests.bench.soak --minutes 60 [--seed 7] [--at-once 8]

Left over would be: a call or media pair in the gateway, a session at rtpengine, a task or timer that was not
there before, a lamp, a record not in PostgreSQL, a live call or a routing number without an end in Redis,
memory that grew with the number of calls.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import json
import operator
import random
import socket
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

from redis.asyncio import Redis

from simulators.agent import Peer
from simulators.call import CallError
from simulators.desk_phone import DeskPhone
from simulators.faults import Faults
from tests.bench import procstat
from tests.bench.mixed_calls import MixedCalls, plan
from tests.bench.outage import recorded
from tests.bench.reconcile import installation, seen_by_us
from tests.bench.three_networks import ThreeNetworks, hire
from tests.interop.company import PASSWORD, Company

FAULTS = Faults(refuse=0.05, delay=0.05, lose=0.02, repeat=0.02, late_cancel=0.02)
BATCH = 60
"""Calls planned at once."""
RATE = 6.0
"""Calls a second at most."""
REST_WITHIN_S = 120
"""Longer than every timer of RFC 3261 and the no-answer time of the users."""
SETTLED_S = 75.0
"""After which transactions have lingered and routing numbers have rested."""
GROWTH_LIMIT = 0.25
"""Share by which the gateway may be larger at the end than after its first calls."""
GROWTH_FLOOR_BYTES = 12 * 2**20
COME_AND_GO = {
    "asyncpg.pool.PoolConnectionHolder": 16,
    "asyncpg.connection._StatementCache": 1600,
    "hipper.runtime.ng_engine.Engine._on_timer": 2,
}
"""Timers of five minutes: one of each idle connection of the two pools, of eight at the most, and one of each
statement such a connection has prepared, of which asyncpg keeps a hundred. And at most one of each rtpengine:
it is not stopped when the answer comes, and finds nothing due."""
PAUSES = ("asyncio.futures.", "asyncio.timeouts.", "asyncio.tasks.")
"""Timers a task waits with, one at a time."""
LOOKS, BETWEEN_LOOKS_S = 8, 0.3
"""The least of so many looks is what stays: a ping under way does not."""
CODES = (
    *("*26#", "#26#", "*43#", "#43#", "*21*0301999999#", "#21#", "*61*0301999999**20#", "#61#"),
    *("*66", "*77#", "#77#", "2", "299"),
)
"""What the desk phone dials, good and bad."""


class Busy(NamedTuple):
    """``timers``: by what they call."""

    tasks: int
    timers: Counter[str]


class Leftovers:
    """What the gateway and its servers hold."""

    def __init__(self, gateway: ThreeNetworks, redis: str, engines: tuple[str, ...]) -> None:
        self._gateway = gateway
        self._redis = redis
        self._engines = engines

    async def metric(self, name: str) -> float:
        """The sum of one metric of the gateway over its labels."""
        url = f"http://127.0.0.1:{self._gateway.http}/metrics"
        lines = await asyncio.to_thread(lambda: urllib.request.urlopen(url, timeout=5).read().decode())
        values = [
            line.rsplit(" ", 1)[1]
            for line in lines.splitlines()
            if line.split("{")[0].split(" ")[0] == f"hipper_gateway_{name}"
        ]
        if not values:
            raise LookupError(f"the gateway has no metric {name}")
        return sum(float(value) for value in values)

    async def at_rest(self) -> list[str]:
        """What is not nothing once the time for that is over."""
        wanted = ("active_calls", "media_pairs", "spool_records", "lamps")
        deadline = time.monotonic() + REST_WITHIN_S
        while True:
            found = [f"{name} is {value:g}" for name in wanted if (value := await self.metric(name))]
            found += [f"rtpengine {ng} has sessions" for ng in self._engines if _has_sessions(ng)]
            found += await self._in_redis()
            if not found or time.monotonic() > deadline:
                return found
            await asyncio.sleep(1)

    async def _in_redis(self) -> list[str]:
        """Live calls, and keys of routing numbers that would stay for ever."""
        redis = Redis(unix_socket_path=self._redis.removeprefix("unix://"))
        try:
            found = [f"live call {key!r} in Redis" async for key in redis.scan_iter("call:*")]
            for pattern in ("imrn:*:number:*", "imrn:*:own:*"):
                async for key in redis.scan_iter(pattern):
                    if await redis.ttl(key) == -1:
                        found.append(f"{key!r} stays in Redis for ever")
            return found
        finally:
            await redis.aclose()

    async def busy(self) -> Busy:
        seen = [await self._look()]
        for _ in range(LOOKS - 1):
            await asyncio.sleep(BETWEEN_LOOKS_S)
            seen.append(await self._look())
        timers = functools.reduce(operator.and_, (one.timers for one in seen))
        return Busy(min(one.tasks for one in seen), timers)

    async def _look(self) -> Busy:
        url = f"http://127.0.0.1:{self._gateway.http}/health/timers"
        text = await asyncio.to_thread(lambda: urllib.request.urlopen(url, timeout=5).read())
        return Busy(int(await self.metric("tasks")), Counter(json.loads(text)))


def _has_sessions(ng: str) -> bool:
    """NG ``list`` (rtpengine's own protocol, bencode): a list of call-ids."""
    host, _, port = ng.partition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(2.0)
        connection.connect((host, int(port)))
        connection.send(b"soak d7:command4:liste")
        return b"5:callsle" not in connection.recv(65536)


@contextlib.asynccontextmanager
async def _phone(gateway: ThreeNetworks, folder: Path, database: str, seed: int) -> AsyncIterator[DeskPhone]:
    """A user with a desk phone, who tries every feature code."""
    company = Company(folder, database)
    person = company.person("fingers", mobile=False)
    await company.apply()
    async with DeskPhone(
        registrar=Peer("127.0.0.1", gateway.devices), aor=f"{person.phones[0]}@{person.domain}",
        password=PASSWORD, expires_s=60, voice=False, faults=FAULTS, seed=seed,
    ) as phone:  # fmt: skip
        yield phone


async def _dials(phone: DeskPhone, chance: random.Random, deadline: float, ended: Counter[str]) -> None:
    """One code after the other; whoever is rung by a callback lets it ring."""
    with contextlib.suppress(CallError):
        await phone.registered(timeout_s=40)
    while time.monotonic() < deadline:
        code = chance.choice(CODES)
        call = await phone.call(code)
        with contextlib.suppress(CallError):
            await call.over(chance.uniform(0.2, 4.0))
        await call.hang_up()
        with contextlib.suppress(CallError):
            await call.over(70)
        ended[f"code {code}: {call.cause or call.state.value} {call.status or ''}".strip()] += 1
    with contextlib.suppress(CallError):
        await phone.unregister(timeout_s=40)


async def _calls(
    mixed: MixedCalls, chance: random.Random, deadline: float, at_once: int, most: int
) -> set[str]:
    """Call-IDs of the calls we have to have a record of: all but those that were refused for want of room."""
    wanted: set[str] = set()
    while time.monotonic() < deadline:
        await mixed.run(plan(chance.getrandbits(32), most), at_once=at_once, rate=RATE)
        wanted |= {made.call_id for made in mixed.made if seen_by_us(made) and made.call.status != 503}
        mixed.made.clear()
    return wanted


def more_busy(before: Busy, after: Busy) -> list[str]:
    """What is there and was not: nothing may be, but what comes and goes by itself."""
    found = [f"{after.tasks - before.tasks} more tasks"] if after.tasks > before.tasks else []
    pauses = 0
    for name, count in after.timers.items():
        if name.startswith(PAUSES):
            pauses += count
            continue
        most = next((most for what, most in COME_AND_GO.items() if name.startswith(what)), None)
        if count > (before.timers[name] if most is None else most):
            found.append(f"{count} timers of {name}, before {before.timers[name]}")
    if pauses > after.tasks:
        found.append(f"{pauses} pauses of {after.tasks} tasks")
    return found


async def run(seconds: float, seed: int, at_once: int, *, settled_s: float = 0.0) -> int:
    """Play, print what was seen, and return the number of complaints. ``settled_s``: how long to wait for
    tasks and timers to be as few as before; 0: they are not looked at."""
    chance, codes = random.Random(seed), Counter[str]()
    with installation() as (folder, gateway, servers):
        left = Leftovers(gateway, servers.redis, servers.engines)
        idle = await left.busy()
        staff = await hire(folder, servers.database, "soak", people=2 * at_once, others=2)
        mixed = MixedCalls(gateway, staff, None, faults=FAULTS, seed=seed)
        phone = _phone(gateway, folder, servers.database, seed)
        most = BATCH if seconds >= BATCH else int(seconds * RATE)
        async with mixed.ready(), phone as fingers:
            # The first calls fill caches and the transactions that linger 32 s: growth counts from there.
            wanted = await _calls(mixed, chance, time.monotonic() + min(60.0, seconds / 2), at_once, most)
            small = procstat.resident_bytes(gateway.pid)
            deadline = time.monotonic() + seconds
            more, _ = await asyncio.gather(
                _calls(mixed, chance, deadline, at_once, most), _dials(fingers, chance, deadline, codes)
            )
        complaints = [*mixed.stuck, *await left.at_rest()]
        await asyncio.sleep(settled_s)
        large, busy = procstat.resident_bytes(gateway.pid), await left.busy()
        records = await recorded(servers.database, wanted | more)
    print(
        f"seed {seed}: {sum(mixed.tally.values())} calls, {sum(codes.values())} codes, {len(records)} records"
    )
    for line, count in sorted((mixed.tally + codes).items()):
        print(f"{count:6d}  {line}")
    print(f"gateway: {small / 2**20:.1f} MiB after the first calls, {large / 2**20:.1f} MiB at the end")
    print(f"tasks: {idle.tasks} when it started, {busy.tasks} at the end; timers:")
    for name in sorted(idle.timers | busy.timers):
        print(f"{idle.timers[name]:6d} {busy.timers[name]:6d}  {name}")
    if lost := len(wanted | more) - len(records):
        complaints.append(f"{lost} calls have no record")
    if any(count > 1 for count in records.values()):
        complaints.append("calls have several records")
    if settled_s:
        complaints += more_busy(idle, busy)
    if large - small > max(GROWTH_FLOOR_BYTES, small * GROWTH_LIMIT):
        complaints.append(f"the gateway grew by {(large - small) / 2**20:.1f} MiB")
    print("nothing is left over" if not complaints else "LEFT OVER: " + "; ".join(complaints))
    return len(complaints)


def main() -> int:
    parser = argparse.ArgumentParser(description="Calls with faults, and a look at what is left over.")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--at-once", type=int, default=8, help="calls under way at a time")
    options = parser.parse_args()
    playing = run(options.minutes * 60, options.seed, options.at_once, settled_s=SETTLED_S)
    return 1 if asyncio.run(playing) else 0


if __name__ == "__main__":
    sys.exit(main())
