"""Sockets in use: say who holds a port, so that the message helps."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from pathlib import Path
from typing import Literal

Family = Literal["udp", "tcp"]
_TCP_LISTEN = "0A"


class ListenError(Exception):
    """A socket cannot be opened. One readable line that says what to do."""


def listen_error(error: OSError, family: Family, host: str, port: int, what: str) -> ListenError:
    """The readable form of a failed bind. ``what``: whose socket it was, e.g. ``listener 'devices-udp'``."""
    where = f"{host}:{port}/{family} ({what})"
    if error.errno == errno.EADDRINUSE:
        holder = who_uses(family, port)
        return ListenError(
            f"{where} is in use{f' by {holder}' if holder else ''}: stop that or choose another port"
        )
    if error.errno == errno.EACCES:
        return ListenError(f"{where} may not be opened by this user: choose a port above 1023 or run as root")
    if error.errno == errno.EADDRNOTAVAIL:
        return ListenError(f"{where}: this machine has no address {host}; choose one that it has")
    return ListenError(f"{where} cannot be opened: {error.strerror}")


def bound_socket(family: Family, host: str, port: int, what: str) -> socket.socket:
    """A bound, non-blocking socket (TCP: not listening yet). Raises ListenError."""
    version = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
    if family == "udp":
        sock = socket.socket(version, socket.SOCK_DGRAM)
    else:
        # Named, or asyncio leaves Nagle's algorithm on for what is accepted here: an answer in two writes
        # then waits 40 ms for the peer's delayed acknowledgement.
        sock = socket.socket(version, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if family == "tcp":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if version == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((host, port))
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise listen_error(error, family, host, port, what) from None
    return sock


def who_uses(family: Family, port: int) -> str | None:
    """``name (process 123)`` of a process with a socket on this port, or None when it cannot be seen."""
    inodes = {
        inode for version in ("", "6") for inode in _inodes(f"/proc/net/{family}{version}", family, port)
    }
    if not inodes:
        return None
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and _holds(process, wanted):
            name = (process / "comm").read_text().strip()
            return f"{name} (process {process.name})"
    return None


def _inodes(table: str, family: Family, port: int) -> list[str]:
    try:
        lines = Path(table).read_text().splitlines()[1:]
    except OSError:
        return []
    rows = [line.split() for line in lines]
    return [
        row[9]
        for row in rows
        if int(row[1].rpartition(":")[2], 16) == port and (family == "udp" or row[3] == _TCP_LISTEN)
    ]


def _holds(process: Path, wanted: set[str]) -> bool:
    try:
        return any(os.readlink(descriptor) in wanted for descriptor in (process / "fd").iterdir())
    except OSError:
        return False
