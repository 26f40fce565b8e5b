"""Timer names and defaults of RFC 3261 §17 (table 4), 6026, 3262 and 4028, and one heap for all of them.

Timers A to K belong to RFC 3261, L and M to RFC 6026; C is the proxy's bound on a ringing INVITE, which a
B2BUA needs for the same reason (§16.6 step 11). The names in lower case are ours.
"""

from __future__ import annotations

from enum import StrEnum
from heapq import heapify, heappop, heappush

T1 = 0.5
"""Round-trip estimate, s."""
T2 = 4.0
"""Longest retransmission interval of non-INVITE requests and INVITE responses, s."""
T4 = 5.0
"""Longest life of a message in the network, s."""
TIMER_C_S = 181.0
"""An INVITE with provisional answers only is cancelled after this time; each 101–199 starts
it anew (> 3 min).
"""


class Timer(StrEnum):
    """Timers of transactions."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"
    G = "G"
    H = "H"
    I = "I"  # noqa: E741  the RFC's name
    J = "J"
    K = "K"
    L = "L"
    M = "M"
    CANCEL = "cancel"
    """No final answer within 64*T1 after our CANCEL: the transaction counts as cancelled (§9.1)."""
    ANSWER = "answer"
    """The transaction user never answered a non-INVITE request."""


class TimerHeap:
    """Timers of any owner, by ``(owner, name)``. Stopping only forgets the key; the heap entry
    dies when it surfaces.

    The heap is rebuilt when forgotten entries outnumber the live ones, so memory stays within a factor of
    the running timers.
    """

    __slots__ = ("_count", "_heap", "_running")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, object, str]] = []
        self._running: dict[tuple[object, str], int] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._running)

    def start(self, owner: object, name: str, at: float) -> None:
        """Start or restart. at: seconds, monotonic."""
        self._count = count = self._count + 1
        self._running[owner, name] = count
        heap = self._heap
        heappush(heap, (at, count, owner, name))
        if len(heap) > 64 and len(heap) > 4 * len(self._running):
            self._compact()

    def stop(self, owner: object, name: str) -> None:
        self._running.pop((owner, name), None)

    def is_running(self, owner: object, name: str) -> bool:
        return (owner, name) in self._running

    def next(self) -> float | None:
        """When the next timer is due; None when none runs."""
        heap, running = self._heap, self._running
        while heap:
            at, count, owner, name = heap[0]
            if running.get((owner, name)) == count:
                return at
            heappop(heap)
        return None

    def pop_due(self, now: float) -> tuple[object, str] | None:
        """Take the earliest timer due at ``now``."""
        at = self.next()
        if at is None or at > now:
            return None
        _, _, owner, name = heappop(self._heap)
        del self._running[owner, name]
        return owner, name

    def _compact(self) -> None:
        running = self._running
        self._heap = [entry for entry in self._heap if running.get((entry[2], entry[3])) == entry[1]]
        heapify(self._heap)
