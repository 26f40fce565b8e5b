"""Overload: three times as many calls as the gateway can take, and what becomes of those it can.

The gateway process gets only a share of a core (it is stopped and continued many times a second), so that
the load has the rest of the machine. Its capacity is the most calls a second that come through while the rate
rises; then three times that is offered for some seconds, and five seconds after the last of it half the
capacity. Limits: goodput at least 80 % of the capacity, and every call that comes five seconds later comes
through.

    python -m tests.bench.overload [--share 0.3] [--seconds 15]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench import call_cost, gateways, sipp_load

LIMIT = 0.8
TIMES = 3
RECOVERY_S = 5.0
AFTERWARDS = 0.5
CYCLE_S = 0.01
STEP = 1.25
STEP_S = 5.0
CALL_MS = 1000
FIRST = 50
"""Calls a second of a whole core that any machine takes."""


@dataclass(frozen=True)
class Measured:
    """Calls a second, but ``late_failed``: calls of those offered once recovered."""

    capacity: float
    offered: float
    goodput: float
    late_offered: int
    late_failed: int

    @property
    def ratio(self) -> float:
        return self.goodput / self.capacity


@contextlib.contextmanager
def slowed(pid: int, share: float) -> Iterator[None]:
    """Let a process run for ``share`` of the time only."""
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            os.kill(pid, signal.SIGSTOP)
            time.sleep(CYCLE_S * (1 - share))
            os.kill(pid, signal.SIGCONT)
            time.sleep(CYCLE_S * share)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _offer(rate: float, seconds: float, port: int = call_cost.UAC_PORT) -> sipp_load.LoadResult:
    return sipp_load.offer_calls(
        f"127.0.0.1:{call_cost.SUT_PORT}", dialled=call_cost.DIALLED,
        port=port, media_port=28800, rate=round(rate), calls=round(rate * seconds), call_ms=CALL_MS,
    )  # fmt: skip


def _capacity(first: float, step_s: float) -> float:
    """The most calls/s that come through, whatever rate is offered: the rate rises until a tenth fails."""
    best, rate = 0.0, first
    while True:
        came = _offer(rate, step_s).calls / step_s
        print(f"  {rate:.0f} calls/s offered, {came:.0f} came through", flush=True)
        best = max(best, came)
        if came < 0.9 * rate:
            return best
        rate *= STEP


def _overload(capacity: float, seconds: float) -> Measured:
    """Offer too much, and once that is over what the gateway can take."""
    offered = TIMES * capacity
    with tempfile.TemporaryDirectory() as folder:
        flood = sipp_load.calling_side(
            f"127.0.0.1:{call_cost.SUT_PORT}", folder=Path(folder), dialled=call_cost.DIALLED,
            port=call_cost.UAC_PORT, media_port=28800, rate=round(offered),
            calls=round(offered * seconds), call_ms=CALL_MS,
        )  # fmt: skip
        time.sleep(seconds + RECOVERY_S)
        late_calls = round(AFTERWARDS * capacity * STEP_S)
        late = _offer(AFTERWARDS * capacity, STEP_S, call_cost.UAC_PORT + 1)
        flood.wait()
        found = sipp_load.read_statistics(Path(folder))
    return Measured(capacity, offered, found.calls / seconds, late_calls, late_calls - late.calls)


def measure(*, share: float, seconds: float, first: float, step_s: float) -> Measured:
    with (
        gateways.installation(call_cost.SUT_PORT, call_cost.UAS_PORT) as installation,
        sipp_load.called_side(call_cost.UAS_PORT, 28700),
        installation.running() as processes,
    ):
        _offer(first, 2.0)
        with slowed(processes["gateway"][0], share):
            capacity = _capacity(first, step_s)
            time.sleep(1.0)
            return _overload(capacity, seconds)


def run(*, share: float, seconds: float) -> bool:
    """Print goodput and recovery beside their limits; True when both hold."""
    found = measure(share=share, seconds=seconds, first=FIRST * share, step_s=STEP_S)
    print(
        f"overload: with {share:.0%} of a core capacity {found.capacity:.0f} calls/s; {found.offered:.0f} "
        f"offered, {found.goodput:.0f} came through: {found.ratio:.2f} of capacity, "
        f"{found.ratio / LIMIT:.2f} × the limit of {LIMIT:g} (at least 1); {RECOVERY_S:g} s later "
        f"{found.late_failed} of {found.late_offered} failed"
    )
    return found.ratio >= LIMIT and found.late_failed == 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Three times the gateway's capacity.")
    parser.add_argument("--share", type=float, default=0.3, help="of a core, for the gateway")
    parser.add_argument("--seconds", type=float, default=15, help="of overload")
    options = parser.parse_args()
    return 0 if run(share=options.share, seconds=options.seconds) else 1


if __name__ == "__main__":
    sys.exit(main())
