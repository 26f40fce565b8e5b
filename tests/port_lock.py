"""Fixed ports of a benchmark or demonstration, for one process of this machine at a time."""

from __future__ import annotations

import contextlib
import fcntl
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_held: dict[str, tuple[IO[str], int]] = {}


@contextlib.contextmanager
def ports_of(name: str) -> Iterator[None]:
    """Wait until no other process has the ports called ``name``; within one process it may be nested."""
    file, depth = _held.get(name) or (
        (Path(tempfile.gettempdir()) / f"hipper-ports-{name}.lock").open("w"),
        0,
    )
    if depth == 0:
        fcntl.flock(file, fcntl.LOCK_EX)
    _held[name] = (file, depth + 1)
    try:
        yield
    finally:
        file, depth = _held.pop(name)
        if depth > 1:
            _held[name] = (file, depth - 1)
        else:
            file.close()
