"""CPU seconds and memory of process trees, read from /proc (Linux)."""

from __future__ import annotations

import os
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
    """User and system time of these processes, finished children included, in seconds."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(ticks) for ticks in fields[11:15])
    return total / _TICKS


def resident_bytes(pid: int) -> int:
    """Resident set size of one process, bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
