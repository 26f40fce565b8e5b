"""The networks' call data records and ours are the same calls (short form of ``tests.bench.reconcile``)."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulators.reconcile import gateway_legs, network_legs, read_lines, reconcile
from tests.bench.mixed_calls import KINDS, plan
from tests.bench.reconcile import complaints, play, written
from tests.bench.three_networks import MODES, ThreeNetworks
from tests.interop.gateway import GatewayProcess
from tests.interop.ports import Ports

CALLS = len(KINDS) * len(MODES)
"""Every kind in every mode."""


@pytest.fixture(scope="module")
def three_networks(
    gateway: GatewayProcess, short_folder: Path, kit_ports: Ports, database: str
) -> Iterator[ThreeNetworks]:
    model = tomllib.loads(gateway.settings.read_text())
    running = ThreeNetworks(
        short_folder / "three",
        kit_ports,
        database=database,
        redis=model["redis"]["url"],
        ng=[model["media"]["rtpengines"][0]["ng"]],
    )
    running.start()
    yield running
    running.stop()


async def test_mixed_calls_reconcile_exactly_and_end_and_are_paid_as_planned(
    three_networks: ThreeNetworks, database: str, tmp_path: Path
) -> None:
    began, plans = datetime.now(UTC), plan(7, CALLS)
    mixed = await play(tmp_path, three_networks, database, plans, at_once=16)
    records = written(three_networks.settings, began, mixed)
    assert complaints(tmp_path, mixed, records) == []
    assert len(mixed.made) == CALLS
    assert {leg["peer"] for record in records for leg in record["legs"]} >= {f"mno-{mode}" for mode in MODES}
    # the comparison sees a record that is missing on either side, and an end that is not the same
    network, _ = network_legs(read_lines(tmp_path / "trunk.jsonl"))
    own = [dict(one, legs=[leg for leg in one["legs"] if leg["peer"] == "mno-trunk"]) for one in records]
    ours, _ = gateway_legs(own, frozenset(("mno-trunk",)))
    assert reconcile(network, ours) == []
    shared = Counter(leg.key for leg in (*network, *ours))
    alone = next(leg for leg in ours if shared[leg.key] == 2)
    others = [leg for leg in ours if leg is not alone]
    assert len(reconcile(network, others)) == 1
    assert len(reconcile([leg for leg in network if leg.key != alone.key], ours)) == 1
    assert alone.end is not None
    assert len(reconcile(network, [alone._replace(end=alone.end + 2), *others])) == 1
