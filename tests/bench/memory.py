"""Memory of an established call: RSS of the gateway with 5,000 of them minus RSS when idle, a call.

The whole installation; SIPp plays both sides and hangs up at the end. A few calls come first, so that what
is imported and opened once counts as idle. Limit: 25 kB.

rtpengine opens four sockets a call, so 5,000 calls are 20,000: as many files as a process may open on some
machines. Two rtpengines carry them here, and give no call up for want of media while the others come up.

    python -m tests.bench.memory [--calls 5000] [--rate 60]
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench import call_cost, gateways, peers, procstat, sipp_load

LIMIT_KB = 25.0
WARM_UP = 200
SETTLE_S = 2.0
HOLD_S = 600
"""Longer than all calls need to come up, however slow the machine."""
ENGINES = {28923: (30000, 44999), 28924: (45000, 59999)}
"""Media ports of the rtpengines by their NG ports."""
MORE = """
[gateway]
max_calls = 20000
"""


@dataclass(frozen=True)
class Measured:
    """Bytes: of the gateway process; ``calls``: how many were up then."""

    calls: int
    idle: int
    established: int

    @property
    def kb_a_call(self) -> float:
        return (self.established - self.idle) / 1000 / max(self.calls, 1)


def _active() -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{gateways.HTTP_PORT}/metrics", timeout=10) as page:
        for line in page.read().decode().splitlines():
            if line.startswith("hipper_gateway_active_calls "):
                return int(float(line.split()[1]))
    raise RuntimeError("the gateway does not tell how many calls it holds")


def _until_up(calls: int, load: subprocess.Popen[bytes], within_s: float) -> int:
    """How many calls are up once all are, or none comes any more."""
    best, since = 0, time.monotonic()
    while best < calls and time.monotonic() - since < within_s and load.poll() is None:
        now = _active()
        if now > best:
            best, since = now, time.monotonic()
        time.sleep(0.5)
    return best


def measure(*, calls: int, rate: float) -> Measured:
    with (
        _engines(),
        gateways.installation(
            call_cost.SUT_PORT, call_cost.UAS_PORT, MORE, engines=tuple(ENGINES)
        ) as installation,
        sipp_load.called_side(call_cost.UAS_PORT, 28700),
        installation.running() as processes,
        tempfile.TemporaryDirectory() as folder,
    ):
        gateway = processes["gateway"][0]
        _load(rate, WARM_UP, 1000, Path(folder)).wait()
        time.sleep(SETTLE_S)
        idle = procstat.resident_bytes(gateway)
        load = _load(rate, calls, HOLD_S * 1000, Path(folder))
        try:
            up = _until_up(calls, load, 3 * SETTLE_S)
            time.sleep(SETTLE_S)
            established = procstat.resident_bytes(gateway)
        finally:
            load.terminate()
            load.wait()
    return Measured(up, idle, established)


@contextlib.contextmanager
def _engines() -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for ng, ports in ENGINES.items():
            stack.enter_context(peers.rtpengine(ng, ports, timeout_s=HOLD_S))
        yield


def _load(rate: float, calls: int, call_ms: int, folder: Path) -> subprocess.Popen[bytes]:
    return sipp_load.calling_side(
        f"127.0.0.1:{call_cost.SUT_PORT}", folder=folder, dialled=call_cost.DIALLED,
        port=call_cost.UAC_PORT, media_port=28800, rate=rate, calls=calls, call_ms=call_ms,
    )  # fmt: skip


def run(*, calls: int, rate: float) -> bool:
    """Print the size beside its limit; True when it holds."""
    found = measure(calls=calls, rate=rate)
    print(
        f"memory: {found.kb_a_call:.1f} kB a call with {found.calls} of {calls} established "
        f"({found.idle / 1e6:.1f} MB idle, {found.established / 1e6:.1f} MB then), "
        f"{found.kb_a_call / LIMIT_KB:.2f} × the limit of {LIMIT_KB:g} kB"
    )
    return found.kb_a_call <= LIMIT_KB and found.calls == calls


def main() -> int:
    parser = argparse.ArgumentParser(description="Memory of an established call.")
    parser.add_argument("--calls", type=int, default=5000)
    parser.add_argument("--rate", type=float, default=60)
    options = parser.parse_args()
    return 0 if run(calls=options.calls, rate=options.rate) else 1


if __name__ == "__main__":
    sys.exit(main())
