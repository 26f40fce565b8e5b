"""CPU milliseconds per call: our gateway beside sippy's B2BUA and Kamailio's stateful proxy, in the same run.

Every round plays each contender once, so that a slow minute of the machine hits all of them alike; the
median over the rounds is printed with its ratio to sippy of the same run. SIPp plays both sides; a call rings
200 ms and talks 2 s. The rate is the same for all, about four tenths of what sippy holds: nobody is idle most
of the time, nobody loses a call.

    python -m tests.bench.call_cost [--rounds 3] [--rate 120] [--calls 1200] [--no-saturation]
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from hipper.runtime import compiled
from tests.bench import gateways, peers, procstat, sipp_load

UAS_PORT, UAC_PORT, SUT_PORT, NG_PORT = 28902, 28903, 28901, 28921
TALK_S, LOAD_S = 2.2, 4.0
DIALLED = "0201239999"


@dataclass(frozen=True)
class Target:
    """A running contender: where calls go, and which processes count, by name."""

    address: str
    processes: dict[str, list[int]]


@dataclass
class Measured:
    """What one contender cost over all rounds: CPU ms per call by process name, and what went wrong."""

    per_call_ms: dict[str, list[float]] = field(default_factory=dict)
    failed: int = 0
    retransmissions: int = 0

    def total_ms(self) -> float:
        return sum(statistics.median(values) for values in self.per_call_ms.values())


Contender = Callable[[], contextlib.AbstractContextManager[Target]]


@contextlib.contextmanager
def _sippy() -> Iterator[Target]:
    with peers.sippy(SUT_PORT, f"127.0.0.1:{UAS_PORT}") as process:
        yield Target(f"127.0.0.1:{SUT_PORT}", {"sippy": [process.pid]})


@contextlib.contextmanager
def _kamailio() -> Iterator[Target]:
    with peers.kamailio(SUT_PORT, UAS_PORT) as process:
        yield Target(f"127.0.0.1:{SUT_PORT}", {"kamailio": [process.pid]})


@contextlib.contextmanager
def _kamailio_with_media() -> Iterator[Target]:
    with (
        peers.rtpengine(NG_PORT) as engine,
        peers.kamailio(SUT_PORT, UAS_PORT, f"127.0.0.1:{NG_PORT}") as process,
    ):
        yield Target(f"127.0.0.1:{SUT_PORT}", {"kamailio": [process.pid], "rtpengine": [engine.pid]})


@contextlib.contextmanager
def _signalling() -> Iterator[Target]:
    with gateways.signalling_only(SUT_PORT, UAS_PORT) as processes:
        yield Target(f"127.0.0.1:{SUT_PORT}", processes)


def _complete(installation: gateways.Installation) -> Contender:
    @contextlib.contextmanager
    def contender() -> Iterator[Target]:
        with installation.running() as processes:
            yield Target(f"127.0.0.1:{SUT_PORT}", processes)

    return contender


PEER = "sippy b2bua_simple, signalling only"
LIMITS = {"hipper, signalling only": 1 / 3, "hipper, complete": 1 / 2}
"""Of what the peer costs in the same run."""


@contextlib.contextmanager
def contenders() -> Iterator[dict[str, Contender]]:
    """By name; our whole installation keeps its data until the end of the block."""
    with gateways.installation(SUT_PORT, UAS_PORT) as installation:
        yield {
            "hipper, signalling only": _signalling,
            "hipper, complete": _complete(installation),
            PEER: _sippy,
            "kamailio stateful proxy, signalling only": _kamailio,
            "kamailio stateful proxy with rtpengine": _kamailio_with_media,
        }


def _cpu(target: Target) -> dict[str, float]:
    return {
        name: procstat.cpu_seconds([pid for root in roots for pid in procstat.descendants(root)])
        for name, roots in target.processes.items()
    }


def _play(target: Target, rate: float, calls: int) -> sipp_load.LoadResult:
    return sipp_load.offer_calls(
        target.address,
        dialled=DIALLED,
        port=UAC_PORT,
        media_port=28800,
        rate=rate,
        calls=calls,
    )


def measure(contender: Contender, rate: float, calls: int, into: Measured) -> None:
    """One run: a few calls to warm up, then ``calls`` that count."""
    with sipp_load.called_side(UAS_PORT, 28700), contender() as target:
        _play(target, rate, max(5, calls // 20))  # first calls pay for imports, connections and caches
        time.sleep(0.5)
        before = _cpu(target)
        result = _play(target, rate, calls)
        time.sleep(0.5)
        after = _cpu(target)
    into.failed += result.failed + (calls - result.calls - result.failed)
    into.retransmissions += result.retransmissions
    for name, seconds in after.items():
        into.per_call_ms.setdefault(name, []).append((seconds - before[name]) / max(result.calls, 1) * 1000)


@dataclass(frozen=True)
class Saturation:
    """``held``: the last rate, calls/s, at which all calls came through (0: none); ``failed_at``: the next
    tried, None when the limit was reached; ``shares``: of a core, by process, at the highest rate tried."""

    held: float
    failed_at: float | None
    shares: dict[str, float]


def _saturation(contender: Contender, start_rate: float, limit: float) -> Saturation:
    """Raise the rate by half until a call fails or more than one in twenty needs a retransmission. SIPp's own
    two processes count too: it may be the load that saturates."""
    rate, held = start_rate, 0.0
    with sipp_load.called_side(UAS_PORT, 28700) as callee, contender() as target:
        processes = {**target.processes, "SIPp, called side": [callee.pid]}
        _play(target, start_rate, 10)
        while True:
            calls = int(rate * LOAD_S)
            shares, result = _shares(processes, target, rate, calls)
            if result.calls < calls or result.retransmissions > calls // 20:
                return Saturation(held, rate, shares)
            held = rate
            if rate * 1.5 > limit:
                return Saturation(held, None, shares)
            rate *= 1.5


def _shares(
    processes: dict[str, list[int]], target: Target, rate: float, calls: int
) -> tuple[dict[str, float], sipp_load.LoadResult]:
    """Cores used while calls came in; the last calls' talking time counts for nothing."""
    whole = Target(target.address, processes)
    before, caller, started = _cpu(whole), _children_cpu(), time.monotonic()
    result = _play(target, rate, calls)
    seconds = max(calls / rate, time.monotonic() - started - TALK_S)
    shares = {name: (used - before[name]) / seconds for name, used in _cpu(whole).items()}
    shares["SIPp, calling side"] = (_children_cpu() - caller) / seconds
    return shares, result


def _children_cpu() -> float:
    """CPU seconds of our ended children: SIPp's calling side."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(*, rounds: int, rate: float, calls: int, saturate: bool) -> int:
    """Print the tables; returns how many calls failed in the measured rounds."""
    with contenders() as all_of_them:
        measured = {name: Measured() for name in all_of_them}
        print("hipper: " + ("compiled" if compiled.is_there() else "sources as they are"), flush=True)
        for number in range(rounds):
            print(f"round {number + 1} of {rounds}: {calls} calls at {rate:g}/s to each", flush=True)
            for name, contender in all_of_them.items():
                measure(contender, rate, calls, measured[name])
        if rounds:
            _print_costs(measured, f"median of {rounds} alternating runs, {calls} calls of 2 s at {rate:g}/s")
        if saturate:
            print("\nWhich process saturates first", flush=True)
            for name, contender in all_of_them.items():
                print(f"  {name:42} {_described(_saturation(contender, rate, 2000))}", flush=True)
    return sum(result.failed for result in measured.values())


def _described(found: Saturation) -> str:
    busiest = sorted(found.shares.items(), key=lambda item: -item[1])[:3]
    used = ", ".join(f"{name} {share:.0%}" for name, share in busiest)
    until = "the load's own limit" if found.failed_at is None else f"not {found.failed_at:.0f}"
    return f"{found.held:.0f} calls/s held, {until}; of a core: {used}"


def _print_costs(measured: dict[str, Measured], how: str) -> None:
    peer = measured[PEER].total_ms()
    print(f"\nCPU per call, {how}")
    for name, result in measured.items():
        parts = ", ".join(f"{part} {statistics.median(v):.2f}" for part, v in result.per_call_ms.items())
        ratio, limit = result.total_ms() / peer, LIMITS.get(name)
        beside = "" if limit is None else f", {ratio / limit:.2f} × the limit of {limit:.2f}"
        print(
            f"  {name:42} {result.total_ms():6.2f} ms  {ratio:5.2f} × sippy{beside}"
            f"  ({parts}; {result.failed} failed, {result.retransmissions} retransmitted)"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description="CPU per call beside sippy and Kamailio.")
    parser.add_argument("--rounds", type=int, default=3, help="0: only look for saturation")
    parser.add_argument("--rate", type=float, default=120, help="calls per second")
    parser.add_argument("--calls", type=int, default=1200, help="calls per run")
    parser.add_argument("--no-saturation", action="store_true", help="only the cost at one rate")
    options = parser.parse_args()
    failed = run(
        rounds=options.rounds, rate=options.rate, calls=options.calls, saturate=not options.no_saturation
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
