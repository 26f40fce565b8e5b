"""Live calls on disk: a gateway that is killed leaves what had happened to each, and the next process makes
their records of it.

One file of JSON lines per process, ``live-<number>.journal`` beside the spool. Every second the background
task appends what is new of each live call, its events only (what was done about them follows from
:func:`~fmc_gateway.call.step.step`), and the time, which is when a call was seen alive last. Nothing here is
in the way of a call, and a call that is over within the second never comes here. Not fsynced: it outlives the
process, and of a machine that dies it may lose some seconds. Numbers stand in it as in the spool, so its mode
is 0600; a caller's location never does (call-flows §7).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import structlog

from fmc_gateway.call.events import AnyEvent, LegOffered
from fmc_gateway.call.masking import NOT_KEPT
from fmc_gateway.call.replay import TraceStep
from fmc_gateway.records.unfinished import GATEWAY_STOPPED, Happened, entry_of_events
from fmc_gateway.records.writer import RecordWriter
from hipper.pbx.ids import CallId

SUFFIX = ".journal"
EVERY_S = 1.0
CHUNK = 100
"""Calls encoded before the loop may do something else."""
CHUNK_BACK = 20
"""Calls made records of at once: each is replayed, masked and encoded."""
MIN_ROTATE_BYTES = 8 * 1024 * 1024
GROWTH = 4
"""A file is replaced by one of the live calls alone when it is so many times what that one was."""

Traces = Callable[[], Sequence[tuple[CallId, Sequence[TraceStep]]]]

log = structlog.get_logger("fmc_gateway.records")


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is new at ``at``, Unix seconds. ``events`` of ``call`` begin at index ``start`` of all its events;
    ``over``: calls of which nothing is left to do."""

    at: float
    call: CallId | None = None
    start: int = 0
    events: tuple[Happened, ...] = ()
    over: tuple[CallId, ...] = ()


class LeftCall(msgspec.Struct, frozen=True):
    """A call that a process left behind. ``seen``: when it was last known to live, Unix seconds."""

    call: CallId
    events: tuple[Happened, ...]
    seen: float


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Line)


class Journal:
    """``traces``: the live calls and their steps so far; ``now_unix``: the engine's clock. Files of earlier
    processes are left alone until :meth:`remove_leftovers`."""

    def __init__(self, directory: Path, traces: Traces, now_unix: Callable[[], float]) -> None:
        """Raises OSError."""
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._traces = traces
        self._now = now_unix
        self.leftovers = tuple(sorted(directory.glob(f"live-*{SUFFIX}")))
        self._number = max((_number(path) for path in self.leftovers), default=0)
        self._path: Path | None = None
        self._file: int | None = None
        self._size = 0
        self._after_rotation = 0
        self._written: dict[CallId, int] = {}
        self._failed = False
        self.failures = 0
        """How often something could not be written: the disk, or one call."""
        self._unwritable: set[CallId] = set()

    async def run(self) -> None:
        """Until cancelled. A disk that is full or gone, or a fault of ours, costs the journal, never a call;
        and it is begun anew every second."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.write()
                self._failed = False
            except Exception as error:
                self.failures += 1
                if not self._failed:
                    fault = not isinstance(error, OSError)
                    log.error("journal.failed", error=str(error) or type(error).__name__, exc_info=fault)
                self._failed = True
                self._close()

    async def write(self) -> None:
        """Append what is new. Raises OSError."""
        if self._file is None or self._size > max(MIN_ROTATE_BYTES, GROWTH * self._after_rotation):
            await self._rotate()
            return
        lines = await self._new_lines()
        if lines:
            await self._append(lines)

    async def _rotate(self) -> None:
        """A new file with the live calls whole; then the old one is not needed any more."""
        old = self._path
        self._close()
        self._written.clear()
        if not self._traces():
            if old is not None:
                old.unlink(missing_ok=True)
                self._path = None
            return
        self._number += 1
        self._path = self._directory / f"live-{self._number:010d}{SUFFIX}"
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        await self._append(await self._new_lines())
        self._after_rotation = self._size
        if old is not None:
            old.unlink(missing_ok=True)

    async def _new_lines(self) -> list[bytes]:
        now = self._now()
        live = self._traces()
        lines = []
        for index, (call, steps) in enumerate(live):
            if index % CHUNK == CHUNK - 1:
                await asyncio.sleep(0)
            known = self._written.get(call, 0)
            if len(steps) > known and call not in self._unwritable:
                new = tuple(Happened(one.at, without_location(one.event)) for one in steps[known:])
                line = self._encoded(Line(now, call, known, new))
                if line is not None:
                    lines.append(line)
                    self._written[call] = known + len(new)
        there = {call for call, _ in live}
        self._unwritable &= there
        over = tuple(self._written.keys() - there)
        for call in over:
            del self._written[call]
        if over or (live and not lines):
            lines.append(_encoder.encode(Line(now, over=over)))
        return lines

    def _encoded(self, line: Line) -> bytes | None:
        """None for a call that cannot be written down: it costs the others nothing, and is left alone."""
        try:
            return _encoder.encode(line)
        except Exception:
            log.exception("journal.call_unwritable", call_id=line.call)
            self.failures += 1
            if line.call is not None:
                self._unwritable.add(line.call)
            return None

    async def _append(self, lines: Sequence[bytes]) -> None:
        assert self._file is not None
        data = b"".join(line + b"\n" for line in lines)
        await asyncio.to_thread(_write_all, self._file, data)
        self._size += len(data)

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file = None
        self._size = self._after_rotation = 0

    def remove(self) -> None:
        """At an orderly stop, when every call has its record."""
        self._close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def remove_leftovers(self) -> None:
        """Once the records of what they tell are safe."""
        for path in self.leftovers:
            path.unlink(missing_ok=True)
        self.leftovers = ()


def left_calls(files: Iterable[Path]) -> list[LeftCall]:
    """The calls that were live when the process that wrote ``files`` died, in the order they began. A line
    torn by the crash, or of another version, is left out. Raises OSError."""
    events: dict[CallId, list[Happened]] = {}
    seen: dict[CallId, float] = {}
    for file in files:
        here: set[CallId] = set()
        last = 0.0
        for line in _lines(file):
            last = line.at
            for call in line.over:
                events.pop(call, None)
                here.discard(call)
            if line.call is not None:
                events.setdefault(line.call, [])[line.start :] = line.events
                here.add(line.call)
        seen |= dict.fromkeys(here, last)
    return [LeftCall(call, tuple(found), seen[call]) for call, found in events.items()]


def _lines(file: Path) -> Iterator[Line]:
    *lines, _torn = file.read_bytes().split(b"\n")
    for data in lines:
        try:
            yield _decoder.decode(data)
        except msgspec.MsgspecError as error:
            log.warning("journal.unreadable", file=file.name, error=str(error))


async def bring_back(journal: Journal, records: RecordWriter) -> None:
    """Make the records of calls that an earlier process left, and forget them once they are on disk or in the
    database. Before ``records`` runs."""
    if not journal.leftovers:
        return
    try:
        left = await asyncio.to_thread(left_calls, journal.leftovers)
        known = await asyncio.to_thread(records.spooled)
    except OSError as error:
        log.error("journal.failed", error=str(error))
        return
    # a record that its process still wrote is the true one
    missing = [one for one in left if one.call not in known]
    for start in range(0, len(missing), CHUNK_BACK):
        for one in missing[start : start + CHUNK_BACK]:
            _bring_back(one, records)
        await records.flush()
    if records.in_memory == 0:
        journal.remove_leftovers()
    if missing:
        log.warning("records.gateway_had_stopped", calls=len(missing))


def _bring_back(left: LeftCall, records: RecordWriter) -> None:
    try:
        entry = entry_of_events(left.call, left.events, left.seen, GATEWAY_STOPPED)
    except Exception:
        log.exception("journal.call_unreadable", call_id=left.call)
        return
    if entry is not None:
        records.write(entry)


def without_location(event: AnyEvent) -> AnyEvent:
    """Where the caller of an emergency call is, left out; the headers' names stay."""
    if not isinstance(event, LegOffered) or not (event.passthrough_headers or event.body is not None):
        return event
    return msgspec.structs.replace(
        event,
        passthrough_headers=tuple((name, NOT_KEPT) for name, _ in event.passthrough_headers),
        body=None if event.body is None else NOT_KEPT,
    )


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _number(path: Path) -> int:
    text = path.stem.removeprefix("live-")
    return int(text) if text.isdecimal() else 0
