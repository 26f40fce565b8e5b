"""The benchmarks and the soak in short, so that they cannot rot: counts and tenfold bounds only."""

from __future__ import annotations

import statistics

import pytest

from tests.bench import call_cost, emergency, soak

pytestmark = [pytest.mark.servers, pytest.mark.interop, pytest.mark.xdist_group("bench")]


@pytest.mark.parametrize("way", emergency.WAYS)
def test_112_leaves_from_a_cold_start_with_everything_away(way: str) -> None:
    assert statistics.median(emergency.measure(way, calls=5)) < 10 * emergency.LIMIT_MS


@pytest.mark.parametrize("way", emergency.WAYS)
def test_112_leaves_where_there_is_no_room_for_anything_else(way: str) -> None:
    assert statistics.median(emergency.measure(way, calls=5, loaded=True)) < 10 * emergency.LIMIT_MS


@pytest.mark.parametrize("name", ["hipper, signalling only", "hipper, complete"])
def test_a_load_of_calls_costs_something_and_fails_nothing(name: str) -> None:
    measured = call_cost.Measured()
    with call_cost.contenders() as contenders:
        call_cost.measure(contenders[name], rate=20, calls=20, into=measured)
    assert measured.failed == 0
    assert measured.total_ms() > 0


async def test_calls_with_faults_leave_nothing_over() -> None:
    assert await soak.run(seconds=6, seed=7, at_once=4) == 0
