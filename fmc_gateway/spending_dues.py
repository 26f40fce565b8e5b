"""When caps on spending will be reached, the earliest first."""

from __future__ import annotations

import asyncio
import heapq
from collections import defaultdict
from collections.abc import Callable
from math import inf

from hipper.pbx.ids import GroupId, SubscriberId

LATER_S = 0.001
"""After the moment itself, by which sums may be off: no call is ended just before its cap is reached."""

Who = SubscriberId | GroupId


class Dues:
    """``expect`` says when, ``first`` is the earliest of all. A due that has changed stays in the heap until
    its time comes or half of the heap is such."""

    def __init__(self) -> None:
        self._due: dict[Who, float] = {}
        self._heap: list[tuple[float, Who]] = []
        self._caps: dict[GroupId, dict[SubscriberId, float]] = defaultdict(dict)
        self._sooner = asyncio.Event()

    def expect(self, who: Who, due: float) -> None:
        """Unix seconds; ``inf``: never."""
        if due == inf:
            self.forget(who)
            return
        if self._due.get(who) == due:
            return
        before = self.first()
        self._due[who] = due
        heapq.heappush(self._heap, (due, who))
        if len(self._heap) > 2 * len(self._due) + 64:
            self._heap = [(at, one) for one, at in self._due.items()]
            heapq.heapify(self._heap)
        if before is None or due < before:
            self._sooner.set()

    def forget(self, who: Who) -> None:
        self._due.pop(who, None)

    def of(self, who: Who) -> float:
        return self._due.get(who, inf)

    def first(self) -> float | None:
        heap = self._heap
        while heap and self._due.get(heap[0][1]) != heap[0][0]:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def is_over(self, now: float) -> bool:
        first = self.first()
        return first is not None and first <= now

    async def wait(self, now: Callable[[], float]) -> None:
        """Until the earliest is over."""
        while True:
            self._sooner.clear()
            first = self.first()
            if first is not None and first + LATER_S <= now():
                return
            within = None if first is None else first + LATER_S - now()
            try:
                async with asyncio.timeout(within):
                    await self._sooner.wait()
            except TimeoutError:
                continue

    # Caps on what a group spends, as the plans of its users who have calls up say.

    def cap(self, group: GroupId, subscriber: SubscriberId, euros: float | None) -> None:
        if euros is None:
            self.uncap(group, subscriber)
        else:
            self._caps[group][subscriber] = euros

    def uncap(self, group: GroupId, subscriber: SubscriberId) -> None:
        if group in self._caps:
            self._caps[group].pop(subscriber, None)
            if not self._caps[group]:
                del self._caps[group]

    def lowest_cap(self, group: GroupId) -> float | None:
        caps = self._caps.get(group)
        return min(caps.values()) if caps else None
