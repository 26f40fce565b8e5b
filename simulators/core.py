"""A user agent with a window in front of it: what passes is printed, and meets its fate."""

from __future__ import annotations

import heapq
import itertools
from typing import Any

from hipper.runtime.clock import Clock
from hipper.telephony.sip.flow import Flow, Outgoing
from hipper.telephony.sip.useragent import UserAgent
from simulators.faults import Fate
from simulators.ladder import Ladder


class WatchedCore:
    """The five verbs of ``inner`` for the shell, with a ladder and faults between them and the network."""

    def __init__(self, inner: UserAgent, clock: Clock, fate: Fate, ladder: Ladder | None) -> None:
        self.inner = inner
        self._clock = clock
        self._fate = fate
        self._ladder = ladder
        self._order = itertools.count()
        self._held_in: list[tuple[float, int, bytes, Flow]] = []
        self._held_out: list[tuple[float, int, Outgoing]] = []
        self._ready: list[Outgoing] = []

    def receive_datagram(self, data: bytes, flow: Flow, now: float) -> None:
        for after in self._fate.of_datagram():
            if after == 0.0:
                self._take(data, flow, now)
            else:
                heapq.heappush(self._held_in, (now + after, next(self._order), data, flow))

    def _take(self, data: bytes, flow: Flow, now: float) -> None:
        if self._ladder is not None:
            self._ladder.received(data, flow)
        self.inner.receive_datagram(data, flow, now)

    def receive_message(self, data: bytes, flow: Flow, now: float) -> None:
        if self._ladder is not None:
            self._ladder.received(data, flow)
        self.inner.receive_message(data, flow, now)

    def next_event(self) -> Any | None:
        return self.inner.next_event()

    def messages_to_send(self) -> list[Outgoing]:
        for outgoing in self.inner.messages_to_send():
            self._release(outgoing)
        ready, self._ready = self._ready, []
        return ready

    def _release(self, outgoing: Outgoing) -> None:
        if self._ladder is not None:
            self._ladder.sent(outgoing.data, outgoing.flow)
        if outgoing.flow.is_stream:
            self._ready.append(outgoing)
            return
        for after in self._fate.of_datagram():
            if after == 0.0:
                self._ready.append(outgoing)
            else:
                due = self._clock.monotonic() + after
                heapq.heappush(self._held_out, (due, next(self._order), outgoing))

    def next_timer(self) -> float | None:
        times = [time for time in (self.inner.next_timer(),) if time is not None]
        times += [held[0][0] for held in (self._held_in, self._held_out) if held]
        return min(times, default=None)

    def handle_timer(self, now: float) -> None:
        while self._held_in and self._held_in[0][0] <= now:
            _, _, data, flow = heapq.heappop(self._held_in)
            self._take(data, flow, now)
        while self._held_out and self._held_out[0][0] <= now:
            self._ready.append(heapq.heappop(self._held_out)[2])
        self.inner.handle_timer(now)

    def transport_failed(self, flow: Flow, now: float) -> None:
        self.inner.transport_failed(flow, now)
