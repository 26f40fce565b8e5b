"""Identifiers come in as an argument, so a ladder of messages replays exactly.

The random source lives with the shells (``hipper.runtime.ids.RandomIds``); this module has the shape and the
counting source of tests and replays.
"""

from __future__ import annotations

from typing import Protocol
from zlib import crc32

MAGIC_COOKIE = "z9hG4bK"
"""Every branch of an RFC 3261 element begins with it (§8.1.1.7)."""


class IdSource(Protocol):
    """Globally unique identifiers of RFC 3261. Tags carry at least 32 random bits (§19.3)."""

    def tag(self) -> str:
        """A From or To tag."""
        ...

    def branch(self) -> str:
        """A Via branch, beginning with the magic cookie."""
        ...

    def call_id(self) -> str:
        """A Call-ID."""
        ...

    def token(self, n: int) -> str:
        """``n`` characters of ``[0-9a-z]``, unpredictable from the outside."""
        ...


class CountingIds:
    """Identifiers that count upwards: ``a-tag-1``, ``z9hG4bK-a-2``. Deterministic, for tests and replays."""

    __slots__ = ("_count", "_name")

    def __init__(self, name: str = "a") -> None:
        self._name = name
        self._count = 0

    def _next(self) -> int:
        self._count += 1
        return self._count

    def tag(self) -> str:
        return f"{self._name}-tag-{self._next()}"

    def branch(self) -> str:
        return f"{MAGIC_COOKIE}-{self._name}-{self._next()}"

    def call_id(self) -> str:
        return f"{self._name}-call-{self._next()}"

    def token(self, n: int) -> str:
        return f"{self._name}{self._next():0{max(n - len(self._name), 1)}d}"[-n:]


def fraction(ids: IdSource) -> float:
    """A number in [0, 1) drawn from ``ids``: chance without a random module."""
    return crc32(ids.token(8).encode()) / 2**32
