"""Ports of the kit: 14000–19999 for SIP and control, 26000–27199 for the RTP of agents, 27200–27999 for
rtpengine.

Each process that runs tests takes one of four slices and locks it, so that workers and whole test runs side
by side do not meet.
"""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from functools import cache
from pathlib import Path

SIP_FIRST, SIP_LAST = 14000, 19999
RTP_FIRST, RTP_LAST = 26000, 27199
RELAY_FIRST, RELAY_LAST = 27200, 27999
SLICES = 4


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1 if kind == socket.SOCK_STREAM else 0)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def is_bound(transport: str, port: int) -> bool:
    """Whether some process has bound this port; looked up, because a bind of ours to find out would be in
    its way."""
    suffix = f":{port:04X}"
    lines = [
        line
        for version in ("", "6")
        for line in Path(f"/proc/net/{transport}{version}").read_text().splitlines()[1:]
    ]
    return any(line.split()[1].endswith(suffix) for line in lines)


@cache
def slice_number() -> int:
    """Which slice is ours, for as long as this process lives."""
    for number in range(SLICES):
        path = Path(tempfile.gettempdir()) / f"hipper-interop-{os.geteuid()}-{number}.lock"
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue
        return number
    raise RuntimeError(f"{SLICES} test runs use the interop kit already")


def relay_ports() -> tuple[int, int]:
    """First and last RTP port of this process's rtpengine."""
    size = (RELAY_LAST - RELAY_FIRST + 1) // SLICES
    first = RELAY_FIRST + slice_number() * size
    return first, first + size - 1


class Ports:
    """Hands out ports of our slice, in order and starting over at its end."""

    def __init__(self) -> None:
        worker = slice_number()
        self._sip = _Slice(SIP_FIRST, SIP_LAST, worker)
        self._rtp = _Slice(RTP_FIRST, RTP_LAST, worker)

    def keep(self) -> int:
        """Like :meth:`sip`, and never handed out again: for what lives as long as the session."""
        port = self._sip.take(2)
        self._sip.kept |= {port, port + 1}
        return port

    def sip(self) -> int:
        """A port free for UDP and TCP whose neighbour is free too: baresip binds TLS one above (RFC 3261
        §18)."""
        return self._sip.take(2)

    def rtp(self, width: int = 10) -> int:
        """The first of `width` ports, even (RFC 3550 §11)."""
        return self._rtp.take(width + width % 2)


class _Slice:
    def __init__(self, first: int, last: int, worker: int) -> None:
        size = (last - first + 1) // SLICES // 2 * 2
        self.first = first + worker * size
        self.last = self.first + size - 1
        self.next = self.first
        self.kept: set[int] = set()

    def take(self, width: int) -> int:
        for _ in range(2 * (self.last - self.first) // width):
            if self.next + width - 1 > self.last:
                self.next = self.first
            port, self.next = self.next, self.next + width
            wanted = range(port, port + width)
            if self.kept.isdisjoint(wanted) and all(map(_is_free, wanted)):
                return port
        raise RuntimeError(f"no {width} free ports between {self.first} and {self.last}")
