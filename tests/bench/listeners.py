"""What listening costs: memory of the API process for each idle listener of ``GET /v1/events``, CPU while
nothing happens (heartbeats included), and how soon an event is there when all the others listen too.

    python -m tests.bench.listeners [--listeners 10000] [--idle 20]
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import resource
import time
from typing import NamedTuple

import asyncpg

from hipper.contracts.bus import CallOver, UserEvent
from hipper.pbx.ids import CallId, SubscriberId, TenantId
from hipper.runtime.bus import Bus
from hipper.runtime.bus_events import EventStreams
from tests.bench import procstat
from tests.bench.api_reads import PORT, Site, site
from tests.bench.http_load import request_of

LIMIT_KB = 64.0
"""Of resident memory for a listener: its connection, its user's feed, what is to be told of presence."""
LIMIT_CPU = 0.25
"""Of one core, for ten thousand listeners to which nothing happens."""
LIMIT_P99_MS = 250.0
_AT_ONCE = 20
_TRIES = 20
_SESSIONS = """
INSERT INTO app.sessions (session_id, subscriber_id, device_name, address, expires_at)
SELECT 'ses_listens_' || subscriber_id, subscriber_id, 'bench', '127.0.0.1', now() + interval '1 day'
FROM directory.subscribers ORDER BY subscriber_id LIMIT $1 RETURNING session_id, subscriber_id, (
    SELECT tenant_id FROM directory.subscribers s WHERE s.subscriber_id = sessions.subscriber_id)"""


class Measured(NamedTuple):
    """``cpu``: of one core, while nothing happens."""

    listeners: int
    connected_s: float
    kb_a_listener: float
    cpu: float
    delays_ms: list[float]

    @property
    def p99_ms(self) -> float:
        ordered = sorted(self.delays_ms)
        return ordered[max(0, math.ceil(0.99 * len(ordered)) - 1)] if ordered else math.inf


class Ear(asyncio.Protocol):
    """One listener. ``heard``: set when the event comes that is waited for."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.began: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.heard: asyncio.Future[float] | None = None
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if not self.began.done():
            self._data += data
            if b"event: snapshot" in self._data and b"event: presence" in self._data:
                self._data = b""
                self.began.set_result(None)
            elif not self._data.startswith(b"HTTP/1.1 200 "[: len(self._data)]):
                self.began.set_exception(ConnectionError(self._data[:400].decode(errors="replace")))
        elif self.heard is not None and not self.heard.done() and b"event: call_over" in data:
            self.heard.set_result(time.monotonic())

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.began.done():
            self.began.set_exception(ConnectionError(self._data[:200].decode(errors="replace") or "closed"))


async def _connect(token: str, gate: asyncio.Semaphore) -> Ear:
    """Who is told 503 comes again, as Retry-After asks; raises ConnectionError when that does not help."""
    async with gate:
        for tries in range(_TRIES):
            transport, ear = await asyncio.get_running_loop().create_connection(Ear, "127.0.0.1", PORT)
            transport.write(request_of("GET", "/v1/events", token))
            try:
                await asyncio.wait_for(ear.began, 60)
            except ConnectionError as error:
                transport.abort()
                if " 503 " not in str(error) or tries == _TRIES - 1:
                    raise
                await asyncio.sleep(1.0)
            else:
                break
        return ear


async def _sessions(running: Site, listeners: int) -> list[tuple[str, str, str]]:
    connection = await asyncpg.connect(running.database)
    try:
        return [tuple(row) for row in await connection.fetch(_SESSIONS, listeners)]
    finally:
        await connection.close()


async def _delays(running: Site, ears: dict[str, tuple[str, Ear]], events: int) -> list[float]:
    """From the moment the gateway would write it. One after the other."""
    bus = Bus(running.redis)
    streams: EventStreams[UserEvent] = EventStreams(bus, UserEvent)
    found = []
    try:
        for subscriber in random.Random(1).sample(sorted(ears), min(events, len(ears))):
            tenant, ear = ears[subscriber]
            ear.heard = asyncio.get_running_loop().create_future()
            over = CallOver(call=CallId("c1"), outcome="answered", at=1.0)
            began = time.monotonic()
            event = UserEvent(tenant=TenantId(tenant), subscriber=SubscriberId(subscriber), body=over)
            await streams.publish(subscriber, event)
            found.append(1000 * (await asyncio.wait_for(ear.heard, 10) - began))
    finally:
        await bus.close()
    return found


async def _listen(running: Site, listeners: int, idle_s: float, events: int) -> Measured:
    pid, gate = running.api.pid, asyncio.Semaphore(_AT_ONCE)
    sessions = await _sessions(running, listeners)
    first = await _connect(running.tokens.issue(sessions[0][0]), gate)  # what the first one loads is no one's
    before, began = procstat.resident_bytes(pid), time.monotonic()
    rest = [_connect(running.tokens.issue(session), gate) for session, _, _ in sessions[1:]]
    ears = [first, *await asyncio.gather(*rest)]
    connected_s = time.monotonic() - began
    grown = procstat.resident_bytes(pid) - before
    cpu, since = procstat.cpu_seconds([pid]), time.monotonic()
    await asyncio.sleep(idle_s)
    cpu = (procstat.cpu_seconds([pid]) - cpu) / (time.monotonic() - since)
    of_user = {subscriber: (tenant, ear) for (_, subscriber, tenant), ear in zip(sessions, ears, strict=True)}
    delays = await _delays(running, of_user, events)
    for ear in ears:
        assert ear.transport is not None
        ear.transport.abort()
    return Measured(len(ears), connected_s, grown / 1024 / max(1, len(ears) - 1), cpu, delays)


def measure(listeners: int, idle_s: float, events: int) -> Measured:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with site(max(listeners, 1000)) as running:
        return asyncio.run(_listen(running, listeners, idle_s, events))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--listeners", type=int, default=10_000)
    parser.add_argument("--idle", type=float, default=20.0, help="seconds; heartbeats come every 20")
    parser.add_argument("--events", type=int, default=300)
    options = parser.parse_args()
    found = measure(options.listeners, options.idle, options.events)
    print(f"{found.listeners} listeners in {found.connected_s:.0f} s, of one worker")
    print(f"memory of a listener: {found.kb_a_listener:.1f} kB (limit {LIMIT_KB:.0f})")
    print(f"CPU while nothing happens: {100 * found.cpu:.1f} % of a core (limit {100 * LIMIT_CPU:.0f})")
    print(f"an event is there after: p99 {found.p99_ms:.1f} ms (limit {LIMIT_P99_MS:.0f})")
    good = found.kb_a_listener <= LIMIT_KB and found.cpu <= LIMIT_CPU and found.p99_ms <= LIMIT_P99_MS
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
