"""CPU seconds and memory of process trees, read from /proc (Linux)."""

from __future__ import annotations

import os
import time
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def descendants(pid: int) -> list[int]:
    """``pid`` and every process below it that lives now."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found.extend(int(child) for child in task.read_text().split())
            except OSError:
                continue  # ended between the listing and the read
    return found


def children(pid: int) -> list[int]:
    """The processes ``pid`` started itself and that live now."""
    listed = (task.read_text().split() for task in Path(f"/proc/{pid}/task").glob("*/children"))
    return [int(child) for group in listed for child in group]


def program(pid: int) -> str:
    """Its name as the kernel has it, at most 15 characters."""
    return Path(f"/proc/{pid}/comm").read_text().strip()


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of these processes, finished children included, in seconds.

    What a process itself used is read from its CPU clock, in nanoseconds: the ticks of /proc/<pid>/stat are
    10 ms, too coarse for a few requests. Only finished children are counted in ticks.
    """
    total = 0.0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += time.clock_gettime(_cpu_clock(pid))
        except OSError:
            continue
        total += sum(int(ticks) for ticks in fields[13:15]) / _TICKS
    return total


def _cpu_clock(pid: int) -> int:
    """The clock of the CPU time of a process, all its threads: clock_getcpuclockid(3), which Python lacks."""
    return (~pid << 3) | 2


def resident_bytes(pid: int) -> int:
    """Resident set size of one process, bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
