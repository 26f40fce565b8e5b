"""The token bucket."""

from __future__ import annotations

from app.rate_limit import TokenBucket
from hipper.runtime.clock import ManualClock


def test_a_burst_is_taken_then_the_rate_holds() -> None:
    clock = ManualClock()
    bucket = TokenBucket(2, 3, clock.monotonic)
    assert [bucket.take() for _ in range(4)] == [None, None, None, 1]
    clock.advance(0.4)
    assert bucket.take() == 1
    clock.advance(0.1)
    assert bucket.take() is None


def test_quiet_saves_no_more_than_a_burst() -> None:
    clock = ManualClock()
    bucket = TokenBucket(10, 2, clock.monotonic)
    clock.advance(3600)
    assert [bucket.take() for _ in range(3)] == [None, None, 1]


def test_a_slow_rate_says_how_long_to_wait() -> None:
    clock = ManualClock()
    bucket = TokenBucket(0.25, 1, clock.monotonic)
    assert bucket.take() is None
    assert bucket.take() == 4
