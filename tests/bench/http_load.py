"""Requests at a fixed rate, whether the last were answered or not (open loop): who is slow is not asked less.

What a request takes counts from when it was due, so that waiting for the generator itself counts too.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

_MOST_CONNECTIONS = 200


@dataclass
class Load:
    """``took_s``: of each that was answered, since it was due. ``late_s``: of that, until it was sent: the
    generator's own, or because two hundred were not answered. ``statuses``: how often each; 0: the connection
    broke. ``cpu_s``: of the generator."""

    took_s: list[float] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)
    cpu_s: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    bytes: int = 0

    def quantile_ms(self, part: float) -> float:
        return quantile_ms(self.took_s, part)


def quantile_ms(seconds: Sequence[float], part: float) -> float:
    ordered = sorted(seconds)
    return 1000 * ordered[max(0, math.ceil(part * len(ordered)) - 1)] if ordered else math.inf


class _Connection(asyncio.Protocol):
    """One request at a time (HTTP/1.1, keep-alive; answers have a Content-Length)."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, int]] | None = None
        self._data = b""
        self.is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.is_open = True

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((0, 0))

    def ask(self, request: bytes) -> asyncio.Future[tuple[int, int]]:
        """Status and bytes of the answer."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._data = b""
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._data += data
        head = self._data.find(b"\r\n\r\n")
        if head < 0 or self._answer is None or self._answer.done():
            return
        lines = self._data[:head].lower()
        at = lines.find(b"content-length:")
        length = 0 if at < 0 else int(lines[at + 15 :].split(b"\r\n", 1)[0])
        if len(self._data) >= head + 4 + length:
            self._answer.set_result((int(self._data[9:12]), len(self._data)))


async def drive(port: int, requests: Sequence[bytes], rate: float, count: int) -> Load:
    """``count`` requests, ``requests`` in turn, ``rate`` a second."""
    loop, load, idle = asyncio.get_running_loop(), Load(), deque[_Connection]()
    running = asyncio.Semaphore(_MOST_CONNECTIONS)

    async def one(request: bytes, due: float) -> None:
        async with running:
            while idle and not idle[-1].is_open:
                idle.pop()
            connection = idle.pop() if idle else await _opened(port)
            load.late_s.append(loop.time() - due)
            status, size = await connection.ask(request) if connection is not None else (0, 0)
        load.statuses[status] += 1
        load.bytes += size
        if status:
            load.took_s.append(loop.time() - due)
            assert connection is not None
            idle.append(connection)

    cpu = time.process_time()
    started = loop.time() + 0.05
    tasks = []
    for number in range(count):
        due = started + number / rate
        if (wait := due - loop.time()) > 0:
            await asyncio.sleep(wait)
        tasks.append(loop.create_task(one(requests[number % len(requests)], due)))
    await asyncio.gather(*tasks)
    load.cpu_s = time.process_time() - cpu
    return load


async def _opened(port: int) -> _Connection | None:
    try:
        _, protocol = await asyncio.get_running_loop().create_connection(_Connection, "127.0.0.1", port)
    except OSError:
        return None
    return protocol


def request_of(method: str, path: str, token: str | None = None) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"Authorization: Bearer {token}"] if token else []
    return "\r\n".join([*lines, "", ""]).encode()
