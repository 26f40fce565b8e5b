"""Calls before, while and after a server behind the gateway is away: none fails that was established or that
users make who were seen before, and no record is lost or doubled.

    python -m tests.bench.outage [--calls 500] [--seed 7] [--server postgresql|redis|all]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from simulators.call import Call, CallError, CallState
from tests.bench.mixed_calls import KINDS, Made, MixedCalls, Plan, plan
from tests.bench.own_servers import OwnServers
from tests.bench.reconcile import installation
from tests.bench.three_networks import Staff, ThreeNetworks, hire

RECORDS_WITHIN_S = 30.0
RATE = 6.0
"""Calls a second at most: half of what two busy cores do with everything on them."""
GATED_AT_MOST = 0.02
"""Share of the calls that the overload gate may refuse: on a busy machine that is no lost call."""
LASTING = "+31302888888"
"""Where the call goes that lives through it all."""
FIRST = {"postgresql": 810_000, "redis": 820_000}
"""Numbers of users begin here."""
_SLOW = "colleague does not answer"
_RECORDS = """SELECT l.sip_call_id FROM gateway.legs l JOIN gateway.calls c USING (call_id)
              WHERE l.role = 'calling' AND l.sip_call_id = ANY($1::text[])"""


@dataclass(frozen=True, kw_only=True)
class Result:
    """``gated``: calls the overload gate refused, which leave no record. ``records``: how many PostgreSQL has
    of each of the others, by the caller's Call-ID."""

    made: int
    gated: int
    complaints: list[str]
    records: Counter[str]


async def play(
    folder: Path,
    gateway: ThreeNetworks,
    servers: OwnServers,
    server: str,
    *,
    calls: int,
    seed: int,
    at_once: int,
) -> Result:
    """A third of the calls with every server there, a third without ``server``, a third after it came back;
    and one call that lives through it all."""
    staff = await hire(
        folder, servers.database, f"without-{server}", people=2 * at_once, others=2, first=FIRST[server]
    )
    mixed = MixedCalls(gateway, {"trunk": staff["trunk"]}, None)
    plans = [one for one in plan(seed, calls * 2, ("trunk",)) if one.kind.name != _SLOW][:calls]
    third = len(plans) // 3
    async with mixed.ready():
        await seen(mixed, staff["trunk"])
        lasting = await lasting_call(mixed, staff["trunk"])
        await mixed.run(plans[:third], at_once=at_once, rate=RATE)
        during = asyncio.create_task(mixed.run(plans[third : 2 * third], at_once=at_once, rate=RATE))
        await asyncio.sleep(0.3)  # some are being set up, some are ringing
        await asyncio.to_thread(servers.stop, server)
        await during
        servers.start(server)  # by this thread: servers end with the one that started them
        await mixed.run(plans[2 * third :], at_once=at_once, rate=RATE)
        complaints = [*mixed.stuck, *unlike(mixed)]
        complaints += await still_heard(lasting)
    gated = [made for made in mixed.made if is_gated(made)]
    wanted = {made.call_id for made in mixed.made} - {made.call_id for made in gated}
    records = await recorded(servers.database, wanted)
    return Result(made=len(mixed.made), gated=len(gated), complaints=complaints, records=records)


def is_gated(made: Made) -> bool:
    """Refused by the overload gate: 503 of the transaction layer, which knows when to come again and says no
    more. A refusal of the engine, of a call it could not serve, says why in Warning."""
    response = made.call.response
    if made.call.status != 503 or response is None:
        return False
    return response.headers.get("Retry-After") is not None and response.headers.get("Warning") is None


async def seen(mixed: MixedCalls, staff: Staff) -> None:
    """Everybody calls once, and is called once: from then on the gateway knows them."""
    outside = KINDS["to outside, busy"]
    plans = [
        Plan(
            index=index, mode="trunk", kind=outside, outside=f"+31302{index:06d}", rings_s=0.0, talks_s=0.1,
            caller_ends=True,
        )
        for index in range(len(staff.people))
    ]  # fmt: skip
    await mixed.run(plans, at_once=len(plans))
    for person in (*staff.forwarders, *staff.silent):
        call = await mixed.pstn.call(person.fixed, caller="+31302999999")
        try:
            await call.ringing()
        finally:
            await call.hang_up()
    mixed.stuck.clear()
    mixed.made.clear()


async def lasting_call(mixed: MixedCalls, staff: Staff) -> tuple[Call, Call]:
    """A call that is established before anything happens, both ends saying something."""
    caller = staff.people[-1]
    answered: asyncio.Future[Call] = asyncio.get_running_loop().create_future()
    usual = mixed.pstn.behaviour

    async def answer(call: Call) -> None:
        if call.dialled != LASTING:
            assert usual is not None
            await usual(call)
            return
        await call.answer()
        answered.set_result(call)

    mixed.pstn.behaviour = answer
    network = mixed.networks["trunk"]
    # it lasts longer than silence may; of the others nobody says anything
    network.voice = mixed.pstn.voice = True
    call = await network.originate(caller.mobile or "", LASTING)
    await call.answered()
    called = await answered
    network.voice = mixed.pstn.voice = False
    return call, called


async def still_heard(lasting: tuple[Call, Call]) -> list[str]:
    """Hang up the call that lasted; complaints when it did not."""
    calling, called = lasting
    if CallState.OVER in (calling.state, called.state):
        return [f"the established call ended: {calling.outcome}, {called.outcome}"]
    await calling.hang_up()
    try:
        await called.over(5.0)
    except CallError as error:
        return [f"the established call could not be ended: {error}"]
    return []


def unlike(mixed: MixedCalls) -> list[str]:
    """Calls that did not end as they were planned, seen by the caller."""
    wanted: dict[str, set[int | None]] = {
        "answered": {None},
        "busy": {486},
        "cancelled": {487},
        "declined": {603},
    }
    return [
        f"call {made.plan.index} ({made.plan.kind.name}): {made.call.outcome} {_said(made)}"
        for made in mixed.made
        if made.call.status not in wanted[made.plan.kind.outcome] and not is_gated(made)
    ]


def _said(made: Made) -> str:
    response = made.call.response
    return (
        "" if response is None else " ".join(map(str, map(response.headers.get, ("Warning", "Retry-After"))))
    )


async def recorded(database: str, call_ids: set[str]) -> Counter[str]:
    """How many records each call has, once there are as many as calls or the time for that is over."""
    connection = await asyncpg.connect(database)
    try:
        deadline = time.monotonic() + RECORDS_WITHIN_S
        while True:
            rows = await connection.fetch(_RECORDS, list(call_ids))
            if len(rows) >= len(call_ids) or time.monotonic() > deadline:
                return Counter(row["sip_call_id"] for row in rows)
            await asyncio.sleep(0.2)
    finally:
        await connection.close()


def verdict(result: Result, calls: int) -> list[str]:
    """What is wrong, one line each."""
    found = list(result.complaints)
    if result.made != calls:
        found.append(f"{result.made} calls were made, not {calls}")
    if result.gated > calls * GATED_AT_MOST:
        found.append(f"the overload gate refused {result.gated} calls: this load says little")
    lost = result.made - result.gated - len(result.records)
    if lost:
        found.append(f"{lost} calls have no record")
    doubled = [call for call, count in result.records.items() if count > 1]
    if doubled:
        found.append(f"{len(doubled)} calls have several records")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Calls while a server behind the gateway is away.")
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--at-once", type=int, default=12, help="calls under way at a time")
    parser.add_argument("--server", choices=("postgresql", "redis", "all"), default="all")
    options = parser.parse_args()
    wrong = 0
    with installation() as (folder, gateway, servers):
        for server in ("postgresql", "redis") if options.server == "all" else (options.server,):
            result = asyncio.run(
                play(
                    folder, gateway, servers, server, calls=options.calls, seed=options.seed,
                    at_once=options.at_once,
                )
            )  # fmt: skip
            found = verdict(result, options.calls)
            print("\n".join(found[:40]))
            counts = f"{result.made} calls, {result.gated} of them gated, {len(result.records)} records"
            print(f"without {server}: {counts}, {len(found)} complaints")
            wrong += len(found)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
