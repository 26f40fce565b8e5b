"""Mixed calls with faults by seed, for as long as asked; afterwards nothing may be left over.

    python -m tests.bench.soak --minutes 60 [--seed 7] [--at-once 8]

Left over would be: a call or media pair in the gateway, a record not in PostgreSQL, a live call in Redis,
memory that grew with the number of calls.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from redis.asyncio import Redis

from hipper.runtime.servers import owner_url, redis_url
from hipper.runtime.settings import load
from simulators.agent import Peer
from simulators.behaviour import Behaviour, Operator
from simulators.call import Call, CallError
from simulators.desk_phone import DeskPhone
from simulators.faults import Faults
from simulators.mobile_network import MobileNetwork
from simulators.pstn import Pstn
from tests.bench import gateways, procstat

SUT_PORT, TRUNK_PORT = 28901, 28902
ANNA, BRAM, BRAM_FIXED, STRANGER = "+31612345601", "+31612345602", "+31201234502", "+31207654321"
FAULTS = Faults(refuse=0.05, delay=0.05, lose=0.02, repeat=0.02)
REST_WITHIN_S = 120
"""Longer than every timer of RFC 3261 and the no-answer time of the demo company."""
GROWTH_LIMIT = 0.25
"""Share by which the gateway may be larger at the end than after its first calls."""
GROWTH_FLOOR_BYTES = 12 * 2**20
DOMAIN = "bakkerijdevries.example"


@dataclass
class Parties:
    network: MobileNetwork
    pstn: Pstn
    phones: list[DeskPhone]


def _operator(chance: random.Random) -> Operator:
    """How the next called party behaves."""
    behaviour = chance.choice(
        (
            Behaviour(answer_after_s=chance.uniform(0.0, 0.5), hang_up_after_s=chance.uniform(0.2, 3.0)),
            Behaviour(answer_after_s=0.2, hold_after_s=0.3, resume_after_s=0.5, hang_up_after_s=2.0),
            Behaviour(answer_after_s=0.3, reject=486),
            Behaviour(answer_after_s=0.3, reject=603),
            Behaviour(answer_after_s=0.1, early_media=True, hang_up_after_s=1.0),
            Behaviour(answer_after_s=None),
        )
    )
    return Operator(behaviour, lambda _: None)


@contextlib.asynccontextmanager
async def _parties(chance: random.Random) -> AsyncIterator[Parties]:
    def seeded() -> dict[str, object]:
        return {"faults": FAULTS, "seed": chance.getrandbits(32)}

    async def behave(call: Call) -> None:
        with contextlib.suppress(CallError):
            await _operator(chance).receive(call)

    network_peer, pstn_peer = Peer("127.0.0.1", SUT_PORT), Peer("127.0.0.1", SUT_PORT + 20)
    registrar = Peer("127.0.0.1", SUT_PORT + 30)
    phones = [
        DeskPhone(
            registrar=registrar,
            aor=f"{user}@{DOMAIN}",
            password=password,
            tone_hz=1000,
            expires_s=60,
            **seeded(),
        )
        for user, password in (("bram-winkel", "krentenbol-202"), ("bram-bakkerij", "speculaas-202"))
    ]
    async with contextlib.AsyncExitStack() as stack:
        network = MobileNetwork(gateway=network_peer, port=gateways.NETWORK_PORT, tone_hz=600, **seeded())
        pstn = Pstn(gateway=pstn_peer, port=TRUNK_PORT, tone_hz=1400, **seeded())
        for agent in (network, pstn, *phones):
            agent.behaviour = behave
            await stack.enter_async_context(agent)
        for phone in phones:
            await phone.registered(timeout_s=40)
        yield Parties(network, pstn, phones)


async def _one_call(parties: Parties, chance: random.Random) -> str:
    """Place one call of a kind drawn by chance, follow it to its end, and name how it ended."""
    kind = chance.randrange(5)
    if kind == 0:
        call = await parties.network.handset(ANNA).call("202")
    elif kind == 1:
        call = await parties.network.handset(ANNA).call("0207654321")
    elif kind == 2:
        call = await parties.pstn.call(BRAM_FIXED, caller=STRANGER, withheld=chance.random() < 0.3)
    elif kind == 3:
        call = await parties.network.terminate(BRAM, caller=STRANGER)
    else:
        call = await parties.network.handset(ANNA).call("209")
    with contextlib.suppress(CallError):
        await call.answered(chance.choice((0.05, 0.4, 5.0)))
    with contextlib.suppress(CallError):
        await call.over(chance.uniform(0.1, 4.0))
    await call.hang_up()
    with contextlib.suppress(CallError):
        await call.over(70)
    return call.cause or call.state.value


async def _calls_until(deadline: float, parties: Parties, chance: random.Random, ended: Counter[str]) -> None:
    while time.monotonic() < deadline:
        ended[await _one_call(parties, chance)] += 1


async def _play(
    seconds: float, at_once: int, parties: Parties, chance: random.Random, ended: Counter[str]
) -> None:
    """Keep ``at_once`` calls under way for ``seconds``."""
    deadline = time.monotonic() + seconds
    await asyncio.gather(*(_calls_until(deadline, parties, chance, ended) for _ in range(at_once)))


def _metric(name: str) -> float:
    """The sum of one metric of the gateway over its labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{gateways.HTTP_PORT}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    values = [line.rsplit(" ", 1)[1] for line in lines if line.split("{")[0].split(" ")[0] == name]
    if not values:
        raise LookupError(f"the gateway has no metric {name}")
    return sum(float(value) for value in values)


async def _at_rest() -> dict[str, float]:
    """What the gateway still holds, once it is nothing or the time for that is over."""
    wanted = ("hipper_gateway_active_calls", "hipper_gateway_media_pairs", "hipper_gateway_spool_records")
    for _ in range(REST_WITHIN_S):
        held = {name: await asyncio.to_thread(_metric, name) for name in wanted}
        if not any(held.values()):
            break
        await asyncio.sleep(1)
    return held


async def _stored(settings_path: Path) -> tuple[int, int]:
    """Records in PostgreSQL, and live calls still shown in Redis."""
    settings = load(settings_path, os.environ)
    connection = await asyncpg.connect(owner_url(settings, "gateway"))
    redis = Redis.from_url(redis_url(settings))
    try:
        records = await connection.fetchval("SELECT count(*) FROM gateway.calls")
        return records, len([key async for key in redis.scan_iter("call:*")])
    finally:
        await connection.close()
        await redis.aclose()


async def run(seconds: float, seed: int, at_once: int) -> int:
    """Play, print what was seen, and return the number of complaints."""
    chance, ended = random.Random(seed), Counter[str]()
    with gateways.installation(SUT_PORT, TRUNK_PORT) as installation, installation.running() as processes:
        (gateway,) = processes["gateway"]
        async with _parties(chance) as parties:
            # The first calls fill caches and the transactions that linger 32 s: growth counts from there.
            await _play(min(60.0, seconds / 2), at_once, parties, chance, Counter())
            small = procstat.resident_bytes(gateway)
            await _play(seconds, at_once, parties, chance, ended)
        held = await _at_rest()
        large = procstat.resident_bytes(gateway)
        counted = await asyncio.to_thread(_metric, "hipper_gateway_calls_total")
        records, live = await _stored(installation.settings)
    print(f"seed {seed}: {sum(ended.values())} calls: {dict(ended.most_common())}")
    print(f"gateway: {small / 2**20:.1f} MiB after the first calls, {large / 2**20:.1f} MiB at the end")
    complaints = [f"{name} is {value:g}" for name, value in held.items() if value]
    if records != counted:
        complaints.append(f"{counted:g} calls were counted and {records} records written")
    if live:
        complaints.append(f"{live} live calls are left in Redis")
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
    return 1 if asyncio.run(run(options.minutes * 60, options.seed, options.at_once)) else 0


if __name__ == "__main__":
    sys.exit(main())
