"""The asyncio shell of a SIP protocol object: sockets and one timer around the five verbs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from math import ceil
from pathlib import Path
from typing import Any, Protocol

import structlog

from hipper.runtime.clock import Clock, SystemClock
from hipper.runtime.settings_model import SipListener
from hipper.runtime.sip_stream import StreamLimits, StreamTransport, TlsNames
from hipper.runtime.sip_udp import UdpTransport
from hipper.telephony.sip.flow import Flow, Outgoing, Transport

GATHER_S = 0.02
"""Timers fire together, at most so much too late: each transaction of a call ends by one, and waking up for
it costs far more than it does. The shortest timer of RFC 3261 is 500 ms."""

_log = structlog.get_logger("hipper.sip")


class SipCore(Protocol):
    """What the shell drives: ``SipEndpoint``, ``UserAgent`` or anything else of this shape.
    ``now``: seconds, monotonic."""

    def receive_datagram(self, data: bytes, flow: Flow, now: float) -> None: ...
    def receive_message(self, data: bytes, flow: Flow, now: float) -> None: ...
    def next_event(self) -> Any | None: ...
    def messages_to_send(self) -> list[Outgoing]: ...
    def next_timer(self) -> float | None: ...
    def handle_timer(self, now: float) -> None: ...
    def transport_failed(self, flow: Flow, now: float) -> None: ...


class SipShell:
    """Listeners, connections and the timer of one core.

    Whoever acts on the core from outside calls :meth:`flush` afterwards; inside ``on_event``
    that is done already.
    """

    def __init__(
        self,
        core: SipCore,
        listeners: Sequence[SipListener],
        on_event: Callable[[Any], None],
        clock: Clock | None = None,
        *,
        state_dir: Path | None = None,
        limits: StreamLimits | None = None,
        tls_names: TlsNames | None = None,
    ) -> None:
        """state_dir: where a self-signed certificate is kept; None: one for this process only. tls_names:
        which names the certificate of a peer we connect to may carry, by listener and address."""
        self.failures = 0
        """Events whose handler raised; each is logged."""
        self._core = core
        self._listeners = tuple(listeners)
        self._on_event = on_event
        self._clock = clock or SystemClock()
        self._state_dir = state_dir
        self._limits = limits or StreamLimits()
        self._tls_names = tls_names
        self._udp: dict[str, UdpTransport] = {}
        self._streams: dict[str, StreamTransport] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0.0
        self._flushing = False

    async def start(self) -> None:
        """Open every listener or none. Raises ListenError, or OSError for a certificate
        that does not load."""
        try:
            for listener in self._listeners:
                if listener.transport == "udp":
                    self._open_udp(listener)
                else:
                    await self._open_stream(listener)
        except BaseException:
            await self.stop()
            raise
        self.flush()

    def _open_udp(self, listener: SipListener) -> None:
        transport = UdpTransport(
            listener,
            on_datagram=self._received_datagram,
            on_batch=self.flush,
            on_unreachable=self._failed,
            now=self._clock.monotonic,
        )
        self._udp[listener.name] = transport
        transport.open()

    async def _open_stream(self, listener: SipListener) -> None:
        transport = StreamTransport(
            listener,
            clock=self._clock,
            limits=self._limits,
            state_dir=self._state_dir,
            tls_names=self._tls_names,
            on_message=self._received_message,
            on_batch=self.flush,
            on_failed=self._failed,
        )
        self._streams[listener.name] = transport
        await transport.open()

    async def stop(self) -> None:
        """Send what the core still has, then close every socket."""
        self.flush()
        udps, streams = list(self._udp.values()), list(self._streams.values())
        self._udp.clear()
        self._streams.clear()
        for udp in udps:
            udp.close()
        for stream in streams:
            await stream.close()
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def flow_for(self, transport: Transport, listener: str, host: str, port: int) -> Flow:
        """The flow to an address from one of our listeners; a stream connects when something is sent.

        Raises KeyError for a listener that is not open with this transport."""
        if transport == "udp":
            return self._udp[listener].flow((host, port))
        stream = self._streams[listener]
        if stream.transport != transport:
            raise KeyError(listener)
        return stream.flow((host, port))

    def local_address(self, listener: str) -> tuple[str, int]:
        """Where a listener listens; with port 0 in its settings, the port it got."""
        return (self._udp.get(listener) or self._streams[listener]).local

    @property
    def connections(self) -> int:
        """Open stream connections."""
        return sum(stream.open_connections for stream in self._streams.values())

    def is_behind(self) -> bool:
        """Whether datagrams wait so long before we read them that new work is better refused."""
        now = self._clock.monotonic()
        return any(now < udp.lateness.behind_until for udp in self._udp.values())

    # -- the loop -------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Send what is to be sent, hand over events, set the timer anew. Calls from within
        events are folded in."""
        if self._flushing:
            return
        self._flushing = True
        core = self._core
        try:
            while True:
                out = core.messages_to_send()
                for data, flow in out:
                    self._send(data, flow)
                event = core.next_event()
                if event is not None:
                    self._deliver(event)
                elif not out:
                    break
        finally:
            self._flushing = False
        self._set_timer()

    def _deliver(self, event: Any) -> None:
        try:
            self._on_event(event)
        except Exception:
            # one call's fault must not stop the others
            self.failures += 1
            _log.exception("event_failed", sip_event=type(event).__name__)

    def _send(self, data: bytes, flow: Flow) -> None:
        if flow.transport == "udp":
            udp = self._udp.get(flow.listener)
            if udp is None:
                return
            try:
                udp.send(data, flow)
            except (OSError, ValueError):
                self._failed(flow)
        elif stream := self._streams.get(flow.listener):
            stream.send(data, flow)

    def _received_datagram(self, data: bytes, flow: Flow) -> None:
        self._core.receive_datagram(data, flow, self._clock.monotonic())

    def _received_message(self, data: bytes, flow: Flow) -> None:
        self._core.receive_message(data, flow, self._clock.monotonic())

    def _failed(self, flow: Flow) -> None:
        self._core.transport_failed(flow, self._clock.monotonic())

    def _set_timer(self) -> None:
        due = self._core.next_timer()
        if due is None or not (self._udp or self._streams):
            return  # a timer that is set does no harm: it finds nothing due
        due = ceil(due / GATHER_S) * GATHER_S
        if self._timer is not None:
            if self._timer_due <= due:
                return  # it fires early and is set again: cheaper than a new one per message
            self._timer.cancel()
        self._timer_due = due
        delay = max(0.0, due - self._clock.monotonic())
        self._timer = asyncio.get_running_loop().call_later(delay, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._core.handle_timer(self._clock.monotonic())
        self.flush()
