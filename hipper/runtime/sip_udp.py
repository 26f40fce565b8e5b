"""One UDP socket for SIP. asyncio's own datagram endpoint reads one datagram per turn of the loop (28k a
second); a reader that drains up to 64 per wake-up reaches eight times that."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
import time
from collections.abc import Callable

from hipper.runtime.ports import bound_socket
from hipper.runtime.settings_model import SipListener
from hipper.telephony.sip.flow import Flow

_READS_PER_WAKE_UP = 64
_LARGEST_DATAGRAM = 65535
_BUFFER_BYTES = 4 * 1024 * 1024
_IP_RECVERR = 11
_IPV6_RECVERR = 25
_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("@qq")
_STAMP_SPACE = socket.CMSG_SPACE(_TIMESPEC.size)

LATE_S = 0.04
"""A datagram that waited longer was late: so will what comes next be, an emergency call too."""
HICCUPS = 5
HICCUPS_S = 0.25
"""So many late batches, or as many as there are within this time, are hiccups: something else had the
processor, a garbage collection."""
CALM_S = 0.4
"""So long without one late batch, and the count begins anew."""
BEHIND_FOR_S = 0.1
"""How long new work is refused after each late batch beyond the hiccups."""


class Lateness:
    """When new work is to be refused, from how long datagrams waited. Times in seconds, monotonic."""

    def __init__(self) -> None:
        self.behind_until = 0.0
        self._since = 0.0
        self._last = 0.0
        self._count = 0

    def note(self, waited_s: float, now: float) -> None:
        """The oldest datagram of a batch that is read now had waited ``waited_s``."""
        if waited_s <= LATE_S:
            return
        if self._count == 0 or now - self._last > CALM_S:
            self._since, self._count = now, 0
        self._last = now
        self._count += 1
        if self._count > HICCUPS and now - self._since >= HICCUPS_S:
            self.behind_until = now + BEHIND_FOR_S


def _waited_s(stamp: bytes) -> float:
    """Since the kernel took the datagram."""
    seconds, nanoseconds = _TIMESPEC.unpack_from(stamp)
    return float(time.time() - seconds - nanoseconds / 1e9)


class UdpTransport:
    """A bound socket that reads while it is open.

    ``on_datagram``: one datagram. ``on_batch``: the wake-up is over, send what came of it.
    ``on_unreachable``: an ICMP error for what was sent on this flow (RFC 3261 §18.4).
    """

    def __init__(
        self,
        listener: SipListener,
        *,
        on_datagram: Callable[[bytes, Flow], None],
        on_batch: Callable[[], None],
        on_unreachable: Callable[[Flow], None],
        now: Callable[[], float],
    ) -> None:
        """Opens the socket. ``now``: monotonic seconds. Raises ListenError."""
        self.name = listener.name
        self.lateness = Lateness()
        self._now = now
        self._socket = bound_socket("udp", listener.host, listener.port, f"listener '{listener.name}'")
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            self._socket.setsockopt(socket.SOL_SOCKET, option, _BUFFER_BYTES)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        if self._socket.family == socket.AF_INET6:
            self._socket.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
        else:
            self._socket.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        self.local: tuple[str, int] = self._socket.getsockname()[:2]
        self._on_datagram = on_datagram
        self._on_batch = on_batch
        self._on_unreachable = on_unreachable

    def open(self) -> None:
        asyncio.get_running_loop().add_reader(self._socket, self._read)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def flow(self, remote: tuple[str, int]) -> Flow:
        return Flow("udp", self.name, self.local, remote)

    def send(self, data: bytes, flow: Flow) -> None:
        """Raises OSError when the datagram can never leave (no route, too large, name instead of address)."""
        try:
            self._socket.sendto(data, flow.remote)
        except (BlockingIOError, InterruptedError):
            pass  # the socket's buffer is full; retransmission repairs that
        except ConnectionRefusedError:
            # the ICMP answer to an earlier datagram, perhaps to someone else: read it, then send ours
            self._read_errors()
            self._socket.sendto(data, flow.remote)

    def _read(self) -> None:
        receive, on_datagram = self._socket.recvfrom, self._on_datagram
        name, local = self.name, self.local
        try:
            data, details, _, address = self._socket.recvmsg(_LARGEST_DATAGRAM, _STAMP_SPACE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._read_errors()
            self._on_batch()
            return
        if details:
            self.lateness.note(_waited_s(details[0][2]), self._now())
        on_datagram(data, Flow("udp", name, local, address[:2]))
        for _ in range(_READS_PER_WAKE_UP - 1):
            try:
                data, address = receive(_LARGEST_DATAGRAM)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                self._read_errors()
                continue
            on_datagram(data, Flow("udp", name, local, address[:2]))
        self._on_batch()

    def _read_errors(self) -> None:
        for _ in range(_READS_PER_WAKE_UP):
            try:
                _, _, _, address = self._socket.recvmsg(0, 512, socket.MSG_ERRQUEUE)
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EINTR):
                    continue
                return
            if address:
                self._on_unreachable(self.flow(address[:2]))
