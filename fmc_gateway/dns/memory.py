"""Answers of DNS in memory: asked again ahead of expiry, kept when nobody answers, and on disk for a start
without DNS. Pure but for :func:`load` and :func:`save`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from fmc_gateway.dns.records import Question, Record, RecordSet

AHEAD = 0.8
"""Part of a TTL after which is asked again."""
RETRY_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Waits after one, two … failures in a row."""


class _Entry:
    __slots__ = ("due", "expires", "failures", "records", "ttl_s")

    def __init__(self, records: tuple[Record, ...], ttl_s: float, due: float, expires: float) -> None:
        self.records = records
        self.ttl_s = ttl_s
        self.due = due
        self.expires = expires
        self.failures = 0


class Kept(msgspec.Struct, frozen=True):
    """One answer on disk. It says nothing of time: after a start everything is asked again."""

    question: Question
    records: tuple[Record, ...]


class Memory:
    """``now``: monotonic seconds, handed in."""

    def __init__(self, kept: Iterable[Kept] = ()) -> None:
        self._entries = {one.question: _Entry(one.records, 0.0, 0.0, 0.0) for one in kept}

    def __len__(self) -> int:
        return len(self._entries)

    def known(self, question: Question) -> tuple[Record, ...]:
        """The last answer, however old; empty when there never was one."""
        entry = self._entries.get(question)
        return () if entry is None else entry.records

    def due(self, questions: Iterable[Question], now: float) -> list[Question]:
        """Those to ask now."""
        return [question for question in sorted(questions) if self._due(question) <= now]

    def next_due(self, questions: Iterable[Question]) -> float | None:
        """When the first of them is due."""
        return min((self._due(question) for question in questions), default=None)

    def _due(self, question: Question) -> float:
        entry = self._entries.get(question)
        return 0.0 if entry is None else entry.due

    def learned(self, question: Question, answer: RecordSet, now: float) -> bool:
        """Remember an answer; whether it says something else than the one before."""
        before = self._entries.get(question)
        self._entries[question] = _Entry(
            answer.records, answer.ttl_s, now + AHEAD * answer.ttl_s, now + answer.ttl_s
        )
        return before is None or set(before.records) != set(answer.records)

    def failed(self, question: Question, now: float) -> None:
        """Nobody answered: what is known stays, and the question is put again after a while."""
        entry = self._entries.setdefault(question, _Entry((), 0.0, 0.0, 0.0))
        entry.due = now + RETRY_S[min(entry.failures, len(RETRY_S) - 1)]
        entry.failures += 1

    def stale(self, now: float) -> int:
        """Answers past their TTL, because DNS is away."""
        return sum(1 for entry in self._entries.values() if entry.records and entry.expires <= now)

    def keep_only(self, questions: frozenset[Question]) -> None:
        """Forget what no hop leads to any more."""
        for question in [question for question in self._entries if question not in questions]:
            del self._entries[question]

    def kept(self) -> Iterator[Kept]:
        for question, entry in sorted(self._entries.items()):
            if entry.records:
                yield Kept(question, entry.records)


def load(path: Path) -> list[Kept]:
    """The answers of an earlier process; none when the file is missing or not ours to read."""
    with contextlib.suppress(OSError, msgspec.DecodeError, msgspec.ValidationError):
        return msgspec.json.decode(path.read_bytes(), type=list[Kept])
    return []


def save(path: Path, kept: Iterable[Kept]) -> None:
    """Written whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_bytes(msgspec.json.encode(list(kept)))
    beside.replace(path)
