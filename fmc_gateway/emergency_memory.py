"""What an emergency call needs of earlier times, in memory and on disk: whose line each desk phone is, and
who called 112 a short while ago.

One file under ``state_dir``, so that a gateway that starts with everything away knows it. It is written whole
or not at all, bounded, readable by its owner only, and made anew when it is not ours to read.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path

import msgspec
import structlog

from hipper.pbx.ids import DeviceId
from hipper.telephony.numbers.e164 import E164

VERSION = 1
MAX_LINES = 100_000
MAX_CALLBACKS = 10_000
MAX_BYTES = 64 * 1024 * 1024
CALLBACK_S = 15 * 60.0
"""How long after a 112 call its user is called back by the emergency centre, as far as we can tell."""

log = structlog.get_logger("fmc_gateway.emergency")


class KnownLine(msgspec.Struct, frozen=True, kw_only=True):
    """A desk phone as it was last known. ``aor`` and ``host``, ``port``: where it registered from.
    ``number``: of its line; ``zone``, ``shown`` and ``route``: name of its site, what that shows the
    emergency centre instead, and its emergency route."""

    device: DeviceId
    aor: str
    host: str
    port: int
    number: E164 | None = None
    shown: E164 | None = None
    name: str | None = None
    zone: str | None = None
    route: str | None = None


class _File(msgspec.Struct, frozen=True):
    version: int
    lines: list[KnownLine]
    callbacks: dict[str, float]


class EmergencyMemory:
    """``path`` None: not kept on disk. ``changed``: the file is not up to date."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lines: OrderedDict[DeviceId, KnownLine] = OrderedDict()
        self._by_host: dict[str, set[DeviceId]] = {}
        self._callbacks: OrderedDict[str, float] = OrderedDict()
        self.changed = False
        stored = None if path is None else load(path)
        if stored is not None:
            for line in stored.lines:
                self._put(line)
            self._callbacks.update(stored.callbacks)

    def __len__(self) -> int:
        return len(self._lines)

    # -- lines

    def learn(self, line: KnownLine) -> None:
        """What is known now of a phone; the one that was learned longest ago goes when there are too many."""
        if self._lines.get(line.device) == line:
            self._lines.move_to_end(line.device)
            return
        self._put(line)
        self.changed = True

    def forget(self, device: DeviceId) -> None:
        """It is nobody's any more."""
        if device in self._lines:
            self._drop(device)
            self.changed = True

    def line(self, device: DeviceId) -> KnownLine | None:
        return self._lines.get(device)

    def line_at(self, host: str, port: int, aor: str | None) -> KnownLine | None:
        """The phone that was last known there: at that very socket, or by its name at that address; None when
        there are several or none."""
        there = [self._lines[device] for device in self._by_host.get(host, ())]
        same = {line.device for line in there if line.port == port}
        named = {line.device for line in there if aor is not None and line.aor.lower() == aor.lower()}
        for devices in (same & named, same, named):
            if len(devices) == 1:
                return self._lines[next(iter(devices))]
        return None

    def _put(self, line: KnownLine) -> None:
        self._drop(line.device)
        self._lines[line.device] = line
        self._by_host.setdefault(line.host, set()).add(line.device)
        if len(self._lines) > MAX_LINES:
            self._drop(next(iter(self._lines)))

    def _drop(self, device: DeviceId) -> None:
        line = self._lines.pop(device, None)
        if line is not None:
            devices = self._by_host[line.host]
            devices.discard(device)
            if not devices:
                del self._by_host[line.host]

    # -- callbacks

    def called_emergency(self, numbers: Iterable[E164 | None], now_unix: float) -> None:
        """Somebody who has these numbers calls 112 now."""
        for number in numbers:
            if number is not None:
                self._callbacks[number] = now_unix + CALLBACK_S
                self._callbacks.move_to_end(number)
                self.changed = True
        while len(self._callbacks) > MAX_CALLBACKS:
            self._callbacks.popitem(last=False)

    def is_called_back(self, number: E164 | None, now_unix: float) -> bool:
        """Whether a call to ``number`` may be the emergency centre's."""
        return number is not None and self._callbacks.get(number, 0.0) >= now_unix

    # -- the file

    def save(self, now_unix: float) -> None:
        """Raises OSError."""
        while self._callbacks and next(iter(self._callbacks.values())) < now_unix:
            self._callbacks.popitem(last=False)
        self.changed = False
        if self._path is None:
            return
        try:
            write_whole(
                self._path,
                msgspec.json.encode(_File(VERSION, list(self._lines.values()), dict(self._callbacks))),
            )
        except OSError:
            self.changed = True
            raise


def load(path: Path) -> _File | None:
    """None when there is no file, or none that can be used; the log says why."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError("it is too large")
        found = msgspec.json.decode(path.read_bytes(), type=_File)
        if found.version != VERSION:
            raise ValueError(f"its version is {found.version}, not {VERSION}")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        log.warning("emergency.snapshot_unusable", path=str(path), error=str(error))
        return None
    return found


def write_whole(path: Path, data: bytes) -> None:
    """Another file beside it first, on the disk, then in its place. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
