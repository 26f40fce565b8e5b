"""SIP over TCP and TLS: framing, connection reuse, limits and back-pressure (RFC 3261
§18.3, RFC 5626 §3.5.1).

A response goes back on the connection its request came on; a request goes over the connection that is open
to its address, whoever opened it from there (RFC 5923 §5), or over a new one.
"""

from __future__ import annotations

import asyncio
import ipaddress
import itertools
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import msgspec
import structlog

from hipper.runtime.clock import Clock
from hipper.runtime.ports import bound_socket, listen_error
from hipper.runtime.settings_model import SipListener
from hipper.runtime.tls import client_context, identities, server_context
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.flow import Address, Flow, Transport
from hipper.telephony.sip.stream import StreamFramer

_log = structlog.get_logger("hipper.sip")
_PONG = b"\r\n"
_numbers = itertools.count(1)

TlsNames = Callable[[str, Address], frozenset[str] | None]
"""Listener and address → names a certificate there may carry, None: any."""


class StreamLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What peers may take of us. An idle phone pings every 95 to 120 s (RFC 5626 §4.4.1)."""

    max_connections: int = 4096
    max_connections_per_address: int = 512
    """Many phones stand behind one NAT."""
    first_message_s: float = 30.0
    """A connection that sends nothing whole for so long is closed."""
    idle_s: float = 900.0
    connect_s: float = 5.0
    max_unsent_bytes: int = 1024 * 1024
    """A peer that does not read what we send loses the connection."""
    max_waiting_messages: int = 64
    """Messages kept while a connection is being opened."""


class Connection(asyncio.Protocol):
    """One open connection. Reading stops while its peer does not read us."""

    def __init__(self, owner: StreamTransport, remote: Address | None) -> None:
        """remote: where we connect to; None: the peer connected."""
        self.number = next(_numbers)
        self.flow: Flow
        self.used_by: set[Flow] = set()
        """Flows of what was sent here, to be told when it breaks."""
        self.last_heard = self.opened = owner.clock.monotonic()
        self.heard_a_message = remote is not None
        self._owner = owner
        self._remote = remote
        self._framer = StreamFramer(answer_pings=remote is None)
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=self._owner.limits.max_unsent_bytes // 4)
        peer = transport.get_extra_info("peername")
        if peer is None:
            self.transport.abort()
            return
        if self._remote is not None and not self._owner.is_expected(self._remote, transport):
            self.transport.abort()
            return
        remote = self._remote or peer[:2]
        self.flow = Flow(
            self._owner.transport, self._owner.name, self._owner.local_of(transport), remote, self.number
        )
        self._owner.opened(self)

    def data_received(self, data: bytes) -> None:
        self.last_heard = self._owner.clock.monotonic()
        framer = self._framer
        try:
            framer.receive_data(data)
            while (message := framer.next_message()) is not None:
                self.heard_a_message = True
                self._owner.on_message(message, self.flow)
        except SipParseError as error:
            # where the next message begins can no longer be known: answer if that can be done, then close
            self._owner.malformed += 1
            if error.partial is not None:
                self._owner.on_message(error.partial.raw, self.flow)
                self._owner.on_batch()
            self.close()
        pongs = framer.pongs_due
        if pongs:
            framer.pongs_due = 0
            self.transport.write(_PONG * pongs)
        self._owner.on_batch()

    def send(self, data: bytes) -> bool:
        """False when the connection is closing or its peer has stopped reading."""
        transport = self.transport
        if transport.is_closing():
            return False
        if transport.get_write_buffer_size() + len(data) > self._owner.limits.max_unsent_bytes:
            transport.abort()
            return False
        transport.write(data)
        return True

    def pause_writing(self) -> None:
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def close(self) -> None:
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if hasattr(self, "flow"):
            self._owner.lost(self)


class StreamTransport:
    """One TCP or TLS listener and all connections in its name.

    ``on_message``: one framed message. ``on_batch``: a read is worked off. ``on_failed``: what was sent on
    this flow is lost, or nothing can be sent on it.
    """

    def __init__(
        self,
        listener: SipListener,
        *,
        clock: Clock,
        limits: StreamLimits,
        state_dir: Path | None,
        tls_names: TlsNames | None = None,
        on_message: Callable[[bytes, Flow], None],
        on_batch: Callable[[], None],
        on_failed: Callable[[Flow], None],
    ) -> None:
        """Binds the socket. Raises ListenError; OSError or ssl.SSLError for a certificate
        that does not load."""
        self.name = listener.name
        self.transport: Transport = listener.transport
        self.clock = clock
        self.limits = limits
        self.on_message = on_message
        self.on_batch = on_batch
        self.malformed = 0
        self.refused = 0
        self._listener = listener
        self._on_failed = on_failed
        self._tls_names = tls_names
        self._server_tls: ssl.SSLContext | None = None
        self._client_tls: ssl.SSLContext | None = None
        if listener.transport == "tls":
            self._server_tls = server_context(listener, state_dir)
            self._client_tls = client_context(listener, state_dir)
        self._socket = bound_socket("tcp", listener.host, listener.port, f"listener '{listener.name}'")
        self.local: Address = self._socket.getsockname()[:2]
        self._server: asyncio.Server | None = None
        self._connections: dict[int, Connection] = {}
        self._by_remote: dict[Address, Connection] = {}
        self._per_address: dict[str, int] = {}
        self._waiting: dict[Address, list[tuple[bytes, Flow]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Start to accept. Raises ListenError."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: Connection(self, None),
                sock=self._socket,
                backlog=512,
                **self._tls_options(self._server_tls),
            )
        except OSError as error:
            self._socket.close()
            name = f"listener '{self.name}'"
            raise listen_error(error, "tcp", self.local[0], self.local[1], name) from None
        self._tasks.add(asyncio.create_task(self._sweep()))

    def _tls_options(self, context: ssl.SSLContext | None) -> dict[str, Any]:
        if context is None:
            return {}
        return {"ssl": context, "ssl_handshake_timeout": self.limits.connect_s, "ssl_shutdown_timeout": 1.0}

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._server:
            self._server.close()
        self._socket.close()
        for connection in list(self._connections.values()):
            connection.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # connection_lost of what was aborted

    @property
    def open_connections(self) -> int:
        return len(self._connections)

    def flow(self, remote: Address) -> Flow:
        return Flow(self.transport, self.name, self.local, remote)

    def local_of(self, transport: asyncio.BaseTransport) -> Address:
        """Our address on a connection: the listener's, or the one in use when it listens on all."""
        if not ipaddress.ip_address(self.local[0]).is_unspecified:
            return self.local
        name = transport.get_extra_info("sockname")
        return (name[0], self.local[1]) if name else self.local

    # -- sending --------------------------------------------------------------------------------------------

    def send(self, data: bytes, flow: Flow) -> None:
        """Send now, or as soon as a connection is open; a failure is told through ``on_failed``."""
        if flow.connection:
            connection = self._connections.get(flow.connection)
        else:
            connection = self._by_remote.get(flow.remote)
        if connection is not None:
            connection.used_by.add(flow)
            if connection.send(data):
                return
        if flow.connection:
            self._on_failed(flow)
        else:
            self._send_when_open(data, flow)

    def _send_when_open(self, data: bytes, flow: Flow) -> None:
        waiting = self._waiting.get(flow.remote)
        if waiting is None:
            if len(self._connections) + len(self._waiting) >= self.limits.max_connections:
                self.refused += 1
                self._on_failed(flow)
                return
            self._waiting[flow.remote] = [(data, flow)]
            task = asyncio.create_task(self._connect(flow.remote))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif len(waiting) >= self.limits.max_waiting_messages:
            self._on_failed(flow)
        else:
            waiting.append((data, flow))

    async def _connect(self, remote: Address) -> None:
        loop = asyncio.get_running_loop()
        source = None if ipaddress.ip_address(self.local[0]).is_unspecified else (self.local[0], 0)
        try:
            async with asyncio.timeout(self.limits.connect_s):
                _, connection = await loop.create_connection(
                    lambda: Connection(self, remote),
                    *remote,
                    local_addr=source,
                    **self._tls_options(self._client_tls),
                )
            if not hasattr(connection, "flow"):
                raise ConnectionAbortedError
        except (OSError, TimeoutError):
            for flow in {flow for _, flow in self._waiting.pop(remote)}:
                self._on_failed(flow)
        else:
            for data, flow in self._waiting.pop(remote):
                connection.used_by.add(flow)
                if not connection.send(data):
                    self._on_failed(flow)
        self.on_batch()

    def is_expected(self, remote: Address, transport: asyncio.BaseTransport) -> bool:
        """Whether the certificate of a peer we connected to carries a name it may have there (RFC 5922 §7.2).
        Without a CA to check it by (a demonstration) names mean nothing."""
        context = self._client_tls
        if context is None or context.verify_mode is ssl.CERT_NONE or self._tls_names is None:
            return True
        expected = self._tls_names(self.name, remote)
        if expected is None:
            return True
        shown = identities(transport.get_extra_info("peercert") or {})
        if shown & {name.lower() for name in expected}:
            return True
        _log.error(
            "tls_identity_refused",
            listener=self.name,
            remote=remote,
            expected=sorted(expected),
            shown=sorted(shown),
        )
        return False

    # -- the life of connections ----------------------------------------------------------------------------

    def opened(self, connection: Connection) -> None:
        """A connection is up; above the limits it is closed at once."""
        host = connection.flow.remote[0]
        count = self._per_address.get(host, 0) + 1
        self._per_address[host] = count
        self._connections[connection.number] = connection
        if (
            len(self._connections) > self.limits.max_connections
            or count > self.limits.max_connections_per_address
        ):
            self.refused += 1
            connection.transport.abort()
            return
        self._by_remote[connection.flow.remote] = connection

    def lost(self, connection: Connection) -> None:
        """A connection is down: tell everyone who used it."""
        self._connections.pop(connection.number, None)
        remote = connection.flow.remote
        if self._by_remote.get(remote) is connection:
            del self._by_remote[remote]
        self._per_address[remote[0]] -= 1
        if not self._per_address[remote[0]]:
            del self._per_address[remote[0]]
        for flow in {connection.flow, *connection.used_by}:
            self._on_failed(flow)
        self.on_batch()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(min(self.limits.first_message_s, self.limits.idle_s) / 4)
            now = self.clock.monotonic()
            for connection in list(self._connections.values()):
                silent = (
                    not connection.heard_a_message and now - connection.opened > self.limits.first_message_s
                )
                if silent or now - connection.last_heard > self.limits.idle_s:
                    connection.close()
