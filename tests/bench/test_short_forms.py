"""The benchmarks and the soak in short, so that they cannot rot: counts and tenfold bounds only."""

from __future__ import annotations

import statistics

import pytest

from tests.bench import (
    api_reads,
    call_cost,
    delay,
    emergency,
    listeners,
    memory,
    overload,
    registrations,
    soak,
)

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


def test_phones_refresh_their_registrations_with_one_challenge_each() -> None:
    measured = registrations.measure(phones=4, refreshes=200)
    assert measured.refreshes == 200
    assert measured.refused == 0
    assert measured.per_core_s > registrations.LIMIT_PER_CORE_S / 10


def test_established_calls_take_memory_that_is_bounded() -> None:
    measured = memory.measure(calls=100, rate=40)
    assert measured.calls == 100
    assert 0 < measured.kb_a_call < 10 * memory.LIMIT_KB


def test_the_delay_of_every_call_is_seen() -> None:
    measured = delay.measure(calls=40, rate=20, warm_up=10)
    assert (measured.calls, measured.failed) == (40, 0)
    assert measured.p50 < 10 * delay.P50_MS


def test_calls_come_through_when_too_many_are_offered() -> None:
    measured = overload.measure(share=0.3, seconds=4, first=20, step_s=2)
    assert measured.offered > measured.capacity > 0
    assert measured.ratio > overload.LIMIT / 10


async def test_calls_with_faults_leave_nothing_over() -> None:
    assert await soak.run(seconds=6, seed=7, at_once=4) == 0


def test_reading_costs_something_and_every_endpoint_answers() -> None:
    with api_reads.site(subscribers=2_000) as running:
        bare = api_reads.measure_bare(running, rate=200, count=6)
        read = list(api_reads.measure_all(running, rate=200, count=6, only="/v1/"))
    assert bare.is_well
    assert [(one.path, one.load.statuses) for one in read if not one.is_well] == []
    assert {"/v1/me", "/v1/me/services/do_not_disturb", "/v1/groups"} <= {one.path for one in read}
    assert all(one.cpu_ms > 0 for one in read if one.path == "/v1/me")


def test_idle_listeners_are_cheap_and_hear_what_happens() -> None:
    measured = listeners.measure(200, idle_s=2.0, events=20)
    assert (measured.listeners, len(measured.delays_ms)) == (200, 20)
    assert 0 < measured.kb_a_listener < 10 * listeners.LIMIT_KB
    assert measured.p99_ms < 10 * listeners.LIMIT_P99_MS
