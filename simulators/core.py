"""A user agent or proxy with a window in front of it: what passes is printed, and meets its fate."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from typing import Any, Protocol

from hipper.runtime.clock import Clock
from hipper.runtime.sip_endpoint import SipCore
from hipper.telephony.sip.flow import Flow, Outgoing
from simulators.faults import Fate
from simulators.ladder import Ladder
from simulators.network.registered_headers import strip_unregistered


class Watcher(Protocol):
    """Who is told of every message, before its fate on the way out and after it on the way in."""

    def sent(self, data: bytes, flow: Flow) -> None: ...
    def received(self, data: bytes, flow: Flow) -> None: ...


class WatchedCore:
    """The five verbs of ``inner`` for the shell, with a ladder and faults between them and the network."""

    def __init__(self, inner: SipCore, clock: Clock, fate: Fate, ladder: Ladder | None) -> None:
        self.inner = inner
        self._clock = clock
        self._fate = fate
        self._watchers: list[Watcher] = [] if ladder is None else [ladder]
        self.hold_back: Callable[[bytes], float] = _not_at_all
        """Seconds a datagram that comes in waits, beside its fate."""
        self._order = itertools.count()
        self._held_in: list[tuple[float, int, bytes, Flow]] = []
        self._held_out: list[tuple[float, int, Outgoing]] = []
        self._ready: list[Outgoing] = []

    def watch(self, watcher: Watcher) -> None:
        self._watchers.append(watcher)

    def receive_datagram(self, data: bytes, flow: Flow, now: float) -> None:
        held_s = self.hold_back(data)
        for delay in self._fate.of_datagram():
            after = delay + held_s
            if after == 0.0:
                self._take(data, flow, now)
            else:
                heapq.heappush(self._held_in, (now + after, next(self._order), data, flow))

    def _take(self, data: bytes, flow: Flow, now: float) -> None:
        self.inner.receive_datagram(self._seen(data, flow), flow, now)

    def receive_message(self, data: bytes, flow: Flow, now: float) -> None:
        self.inner.receive_message(self._seen(data, flow), flow, now)

    def _seen(self, data: bytes, flow: Flow) -> bytes:
        for watcher in self._watchers:
            watcher.received(data, flow)
        return strip_unregistered(data) if self._fate.meets("strip") else data

    def next_event(self) -> Any | None:
        return self.inner.next_event()

    def messages_to_send(self) -> list[Outgoing]:
        for outgoing in self.inner.messages_to_send():
            self._release(outgoing)
        ready, self._ready = self._ready, []
        return ready

    def _release(self, outgoing: Outgoing) -> None:
        for watcher in self._watchers:
            watcher.sent(outgoing.data, outgoing.flow)
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


def _not_at_all(data: bytes) -> float:
    return 0.0
