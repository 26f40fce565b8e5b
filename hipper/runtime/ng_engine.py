"""One rtpengine: a connected UDP socket and a timer around ``hipper.telephony.ng.client.NgClient``."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Callable, Mapping

from hipper.runtime.clock import Clock
from hipper.runtime.settings_checks import host_port
from hipper.telephony.ng.bencode import Encodable, Value
from hipper.telephony.ng.client import NgBusyError, NgClient, NgClientConfig, NgReply

Reply = dict[str, Value]
_READS_PER_WAKE_UP = 64
_LARGEST_DATAGRAM = 65535


class EngineSilentError(Exception):
    """An rtpengine did not answer: dead, frozen, unreachable or overrun."""


class Engine:
    """``healthy`` until it fails to answer; a reply makes it healthy again. ``on_health``: it changed."""

    def __init__(
        self,
        ng: str,
        weight: int,
        *,
        clock: Clock,
        retransmit_s: tuple[float, ...],
        on_health: Callable[[Engine], None],
    ) -> None:
        self.ng = ng
        self.weight = weight
        self.healthy = True
        """Assumed until the first ping says otherwise: a cold start waits for nobody."""
        self._clock = clock
        self._on_health = on_health
        self._client = NgClient(secrets.token_hex(6), NgClientConfig(retransmit_after_s=retransmit_s))
        self._waiters: dict[str, asyncio.Future[Reply]] = {}
        self._socket: socket.socket | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0.0

    async def open(self) -> None:
        """Raises OSError for an address that cannot be routed."""
        loop = asyncio.get_running_loop()
        host, port = host_port(self.ng)
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        family, kind, protocol, _, address = found[0]
        opened = socket.socket(family, kind, protocol)
        try:
            opened.setblocking(False)
            opened.connect(address)
        except OSError:
            opened.close()
            raise
        self._socket = opened
        loop.add_reader(opened, self._read)

    def close(self) -> None:
        if self._timer:
            self._timer.cancel()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None
        self._fail_all("closed")

    async def request(self, command: Mapping[str, Encodable]) -> Reply:
        """The engine's reply, also one whose ``result`` is ``error``. Raises EngineSilentError."""
        if self._socket is None:
            raise EngineSilentError(f"rtpengine {self.ng}: not open")
        try:
            cookie = self._client.request(command, self._clock.monotonic())
        except NgBusyError as error:
            raise EngineSilentError(f"rtpengine {self.ng}: {error}") from None
        waiter: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiters[cookie] = waiter
        self._flush()
        try:
            return await waiter
        finally:
            self._waiters.pop(cookie, None)
            self._client.forget(cookie)

    def _read(self) -> None:
        self._receive()
        self._flush()

    def _receive(self) -> None:
        """All answers that have come, up to a bound: one a turn of the loop, as asyncio's own endpoint reads
        them, and a busy gateway would take the engine for dead."""
        if self._socket is None:
            return
        now = self._clock.monotonic()
        for _ in range(_READS_PER_WAKE_UP):
            try:
                data = self._socket.recv(_LARGEST_DATAGRAM)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                self._refused(error)
                return
            self._client.receive_datagram(data, now)

    def _send(self, datagram: bytes) -> None:
        if self._socket is None:
            return
        try:
            self._socket.send(datagram)
        except (BlockingIOError, InterruptedError):
            pass  # the timer sends it again
        except OSError as error:
            self._refused(error)

    def _refused(self, error: OSError) -> None:
        """ICMP: nobody listens there. Nothing sent so far will be answered."""
        self._set_health(False)
        self._fail_all(str(error))

    def _fail_all(self, reason: str) -> None:
        for waiter in self._waiters.values():
            if not waiter.done():
                waiter.set_exception(EngineSilentError(f"rtpengine {self.ng}: {reason}"))

    def _flush(self) -> None:
        for datagram in self._client.datagrams_to_send():
            self._send(datagram)
        while (event := self._client.next_event()) is not None:
            waiter = self._waiters.get(event.cookie)
            if isinstance(event, NgReply):
                self._set_health(True)
                if waiter is not None and not waiter.done():
                    waiter.set_result(event.reply)
            else:
                self._set_health(False)
                if waiter is not None and not waiter.done():
                    waiter.set_exception(
                        EngineSilentError(f"rtpengine {self.ng}: no answer to {event.transmissions} tries")
                    )
        self._set_timer()

    def _set_timer(self) -> None:
        due = self._client.next_timer()
        if due is None:
            return  # a timer that is set does no harm: it finds nothing due
        if self._timer is not None:
            if self._timer_due <= due:
                return  # it fires early and is set again: cheaper than a new one per request
            self._timer.cancel()
        self._timer_due = due
        delay = max(0.0, due - self._clock.monotonic())
        self._timer = asyncio.get_running_loop().call_later(delay, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._receive()  # what is here already is not late; we are
        self._client.handle_timer(self._clock.monotonic())
        self._flush()

    def _set_health(self, healthy: bool) -> None:
        if healthy != self.healthy:
            self.healthy = healthy
            self._on_health(self)
