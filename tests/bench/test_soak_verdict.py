"""What the soak takes for left over, of tasks and timers."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.bench.soak import Busy, more_busy

OURS = "fmc_gateway.interpreter.Interpreter._timer_fired"
PAUSE = "asyncio.futures._set_result_unless_cancelled"
POOL = "asyncpg.pool.PoolConnectionHolder._deactivate_inactive_connection"
ENGINE = "hipper.runtime.ng_engine.Engine._on_timer"
BEFORE = Busy(20, Counter({OURS: 1, PAUSE: 9, POOL: 2}))


@pytest.mark.parametrize(
    ("tasks", "timers", "complaints"),
    [
        (20, {OURS: 1, PAUSE: 9, POOL: 2}, 0),
        (20, {PAUSE: 12, POOL: 16}, 0),
        (21, {}, 1),
        (20, {OURS: 2}, 1),
        (20, {"hipper.x": 1}, 1),
        (20, {PAUSE: 21}, 1),
        (20, {POOL: 17}, 1),
        (20, {ENGINE: 2}, 0),
        (20, {ENGINE: 3}, 1),
    ],
)
def test_one_timer_too_many_is_seen(tasks: int, timers: dict[str, int], complaints: int) -> None:
    assert len(more_busy(BEFORE, Busy(tasks, Counter(timers)))) == complaints
