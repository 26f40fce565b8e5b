"""112 in imrn mode, in short: tenfold bounds only."""

from __future__ import annotations

import statistics

import pytest

from tests.bench import emergency_imrn as bench

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("bench")]


def test_continue_leaves_from_a_cold_start_and_under_overload_with_everything_away() -> None:
    with bench.nothing_but_the_api():
        assert statistics.median(bench.measure(5)) < 10 * bench.LIMIT_MS
        with bench.crowd():
            assert statistics.median(bench.measure(5)) < 10 * bench.LIMIT_MS
