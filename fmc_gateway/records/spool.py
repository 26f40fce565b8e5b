"""Records on disk between the end of a call and PostgreSQL: numbered files of JSON lines, fsynced per
batch.

A segment is written until it is rotated and removed when all its lines stand in the database. A gateway
that dies loses nothing that was appended; writing a line twice does no harm, because the database ignores a
known call.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

SUFFIX = ".jsonl"


class Spool:
    """The spool in ``directory`` (made when missing). Not thread-safe: one writer, one call at a time."""

    MAX_SEGMENT_BYTES = 4 * 1024 * 1024

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._number = max((int(path.stem) for path in self.segments()), default=0)
        self._file: int | None = None
        self._size = 0

    def segments(self) -> list[Path]:
        """All segments on disk, oldest first, the one being written included."""
        return sorted(path for path in self._directory.glob(f"*{SUFFIX}") if path.stem.isdecimal())

    def append(self, lines: Sequence[bytes]) -> None:
        """Write ``lines`` and wait until they are on the disk. Raises OSError (disk full, rights)."""
        if self._file is None or self._size > self.MAX_SEGMENT_BYTES:
            self.rotate()
            self._open()
        assert self._file is not None
        data = b"".join(line + b"\n" for line in lines)
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._file, view) :]
            os.fsync(self._file)
        except OSError:
            # half a line would make one of the next with it
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)

    def written(self) -> None:
        """Everything in the segment being written stands in the database: start it anew, empty."""
        if self._file is not None:
            os.ftruncate(self._file, 0)
            self._size = 0

    def rotate(self) -> None:
        """Close the segment being written; it stays on disk unless it is empty."""
        if self._file is None:
            return
        os.close(self._file)
        self._file = None
        if self._size == 0:
            self._path().unlink(missing_ok=True)

    def closed_segments(self) -> list[Path]:
        """Segments of the past, oldest first: what :meth:`read` and :meth:`remove` are for."""
        return [path for path in self.segments() if self._file is None or path != self._path()]

    def read(self, segment: Path) -> list[bytes]:
        """Lines of a segment. A last line without newline was torn by a crash: the call was never reported
        written."""
        *lines, _torn = segment.read_bytes().split(b"\n")
        return [line for line in lines if line]

    def remove(self, segment: Path) -> None:
        segment.unlink(missing_ok=True)

    def set_aside(self, lines: Sequence[bytes]) -> None:
        """Lines the database refuses for what they say: kept for a human in ``refused.txt``."""
        with (self._directory / "refused.txt").open("ab") as file:
            file.write(b"".join(line + b"\n" for line in lines))

    def _open(self) -> None:
        self._number += 1
        self._file = os.open(self._path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = 0

    def _path(self) -> Path:
        return self._directory / f"{self._number:010d}{SUFFIX}"
