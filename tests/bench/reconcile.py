"""Mixed calls over three simulated networks; afterwards the networks' call data records and ours must be the
same calls, each with the outcome and the payers it was planned with.

    python -m tests.bench.reconcile [--calls 1000] [--seed 7] [--at-once 16]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from simulators.network.imrn import ImrnNetwork
from simulators.network.isc import IscNetwork
from simulators.reconcile import gateway_legs, network_legs, read_lines, reconcile
from tests.bench.mixed_calls import Made, MixedCalls, Plan, plan
from tests.bench.own_servers import OwnServers
from tests.bench.three_networks import MODES, ThreeNetworks, hire
from tests.interop.gateway import ROOT
from tests.interop.ports import Ports
from tests.port_lock import ports_of

Records = list[dict[str, Any]]
WRITTEN_WITHIN_S = 15.0
NETWORKS = frozenset(f"mno-{mode}" for mode in MODES)
"""As the gateway's settings name them."""


@contextlib.contextmanager
def installation() -> Iterator[tuple[Path, ThreeNetworks, OwnServers]]:
    """A gateway before three networks with servers of its own, and room for many calls."""
    with ports_of("mixed"), tempfile.TemporaryDirectory(prefix="hipper-bench-") as name:
        ports, folder = Ports(), Path(name)
        folder.chmod(0o711)
        servers = OwnServers(folder / "servers", (ports.keep(), ports.keep()), (50000, 59999))
        try:
            servers.start_all()
            gateway = ThreeNetworks(
                folder / "gateway", ports, database=servers.database, redis=servers.redis, ng=servers.engines
            )
            try:
                gateway.start()
                yield folder, gateway, servers
            finally:
                gateway.stop()
        finally:
            servers.stop_all()


async def play(
    folder: Path,
    gateway: ThreeNetworks,
    database: str,
    plans: Sequence[Plan],
    at_once: int,
    prefix: str = "mixed",
) -> MixedCalls:
    """Make the calls; the networks' records are files in ``folder``."""
    staff = await hire(folder, database, prefix, people=2 * at_once, others=3)
    mixed = MixedCalls(gateway, staff, folder)
    async with mixed.ready():
        await mixed.run(plans, at_once=at_once)
    return mixed


def export(settings: Path, since: datetime) -> Records:
    """What ``hipper calls export`` writes of calls over the networks here. Not by tenant: whose phone a call
    to 112 came from is nobody's question."""
    command = [sys.executable, "-m", "hipper.cli.main", "calls", "export", "--since", since.isoformat()]
    command += ["--settings", str(settings)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    return [record for record in records if {leg["peer"] for leg in record["legs"]} & NETWORKS]


def written(settings: Path, since: datetime, mixed: MixedCalls) -> Records:
    """The export once every call that we have to know of is in it, or the time for that is over."""
    wanted = {made.call_id for made in mixed.made if seen_by_us(made)}
    deadline = time.monotonic() + WRITTEN_WITHIN_S
    while True:
        records = export(settings, since)
        if wanted <= set(calling_ids(records)) or time.monotonic() > deadline:
            return records
        time.sleep(0.2)


def seen_by_us(made: Made) -> bool:
    """An imrn network is told to go on alone with an emergency call."""
    return (made.plan.mode, made.plan.kind.name) != ("imrn", "112")


def calling_ids(records: Records) -> dict[str, dict[str, Any]]:
    """Records by the Call-ID of the leg that was offered to us first."""
    return {
        leg["sip_call_id"]: record for record in records for leg in record["legs"] if leg["role"] == "calling"
    }


def complaints(folder: Path, mixed: MixedCalls, records: Records) -> list[str]:
    """Everything that is not as it should be, one line each."""
    found = [f"stuck: {line}" for line in mixed.stuck]
    for mode, network in mixed.networks.items():
        found += _unreconciled(folder / f"{mode}.jsonl", f"mno-{mode}", records)
        if isinstance(network, IscNetwork | ImrnNetwork):
            found += [f"{mode}: {line}" for line in network.findings]
        elif network.returned:
            found.append(f"{mode}: {network.returned} legs came without our mark")
    return found + [line for made in mixed.made for line in _unlike_its_plan(made, calling_ids(records))]


def _unreconciled(cdrs: Path, name: str, records: Records) -> list[str]:
    network, faults = network_legs(read_lines(cdrs))
    own = [dict(record, legs=[leg for leg in record["legs"] if leg["peer"] == name]) for record in records]
    gateway, more = gateway_legs(own, frozenset((name,)))
    return [f"{name}: {line}" for line in (*faults, *more, *reconcile(network, gateway))]


def _unlike_its_plan(made: Made, records: dict[str, dict[str, Any]]) -> list[str]:
    what = f"{made.plan.mode} call {made.plan.index} ({made.plan.kind.name})"
    record = records.get(made.call_id)
    if record is None:
        return [f"{what}: no record; {made.call.outcome}"] if seen_by_us(made) else []
    found = []
    if record["outcome"] != made.plan.kind.outcome:
        tried = "; ".join(_why(attempt) for attempt in record["attempts"])
        said = f"the record says {record['outcome']}, not {made.plan.kind.outcome}"
        found.append(f"{what}: {said} ({record['rule']}; {tried})")
    paying = {leg["payer"]["subscription"] for leg in record["legs"] if costs(leg)}
    if paying != made.payers:
        found.append(f"{what}: {sorted(paying)} pay, not {sorted(made.payers)}")
    return found


def _why(attempt: dict[str, Any]) -> str:
    return f"{attempt['outcome']} {attempt['status']} {attempt['q850']} {attempt['explanation']}"


def costs(leg: dict[str, Any]) -> bool:
    return (
        bool(leg["payer"]) and leg["payer"]["subscription"] is not None and leg["payer"]["tariff"] != "free"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Mixed calls in three networks, reconciled to the last.")
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--at-once", type=int, default=16, help="calls under way at a time")
    parser.add_argument("--keep", type=Path, help="folder for logs and records, when something is wrong")
    options = parser.parse_args()
    plans = plan(options.seed, options.calls)
    began = datetime.now(UTC)
    with installation() as (folder, gateway, servers):
        mixed = asyncio.run(play(folder, gateway, servers.database, plans, options.at_once))
        records = written(gateway.settings, began, mixed)
        found = complaints(folder, mixed, records)
        if found and options.keep is not None:
            shutil.copytree(folder, options.keep, ignore=shutil.ignore_patterns("servers", "state"))
    for line, count in sorted(mixed.tally.items()):
        print(f"{count:6d}  {line}")
    print("\n".join(found))
    print(f"{len(mixed.made)} calls, {len(records)} records, {len(found)} complaints")
    return 1 if found or len(mixed.made) != options.calls else 0


if __name__ == "__main__":
    sys.exit(main())
