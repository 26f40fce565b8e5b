"""The headers of a message: an ordered multi-map that loses nothing (RFC 3261 §7.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from hipper.telephony.sip.errors import LocalProtocolError
from hipper.telephony.sip.grammar import split_list
from hipper.telephony.sip.names import CANONICAL, KNOWN, LISTS


def canonical_name(name: str) -> str:
    """The spelling of a known header, compact forms expanded; an unknown one comes back as it is."""
    known = KNOWN.get(name)
    if known is None:
        known = KNOWN.get(name.lower())
    return name if known is None else known


def _key(name: str) -> str:
    """Under which name the index holds what is asked for as ``name``."""
    lower = name.lower()
    return KNOWN.get(lower, lower)


class Headers:
    """Headers in order, looked up without case.

    Known names are kept in their canonical spelling, unknown ones in their own. Values are text without
    surrounding white space, folding already replaced by one space. Any change forgets the typed values read.
    """

    __slots__ = ("_index", "_items", "cache")

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._items: list[tuple[str, str]] = (
            [(canonical_name(name), value) for name, value in items] if items else []
        )
        self._index: dict[str, list[str]] | None = None
        """Values by canonical name, of unknown headers by the name in lower case; made at the first
        look-up."""
        self.cache: dict[str, Any] = {}

    @classmethod
    def of_canonical(cls, items: list[tuple[str, str]]) -> Headers:
        """Take over a list whose names are canonical already."""
        headers = Headers()
        headers._items = items
        return headers

    def get(self, name: str) -> str | None:
        """The first value of this name, or None."""
        lines = (self._index or self._indexed()).get(KNOWN.get(name) or _key(name))
        return lines[0] if lines is not None else None

    def get_all(self, name: str) -> list[str]:
        """The values of this name, one per header line."""
        lines = (self._index or self._indexed()).get(KNOWN.get(name) or _key(name))
        return lines.copy() if lines is not None else []

    def values(self, name: str) -> list[str]:
        """The values of this name; comma-joined lines are split where the header's grammar is a list.

        Raises SipParseError on a list that cannot be split.
        """
        wanted = KNOWN.get(name) or _key(name)
        lines = (self._index or self._indexed()).get(wanted)
        if lines is None:
            return []
        if wanted not in LISTS:
            return lines.copy()
        return [value for line in lines if line for value in split_list(line)]

    def by_name(self) -> dict[str, list[str]]:
        """The values by canonical name, of unknown headers by the name in lower case. Not to be changed."""
        return self._index or self._indexed()

    def _indexed(self) -> dict[str, list[str]]:
        index: dict[str, list[str]] = {}
        canonical = CANONICAL
        for name, value in self._items:
            key = name if name in canonical else name.lower()
            lines = index.get(key)
            if lines is None:
                index[key] = [value]
            else:
                lines.append(value)
        self._index = index
        return index

    def _first(self, wanted: str, otherwise: int) -> int:
        """Where the first line of a canonical name is. Known names are stored in one spelling only."""
        lower = None if wanted in CANONICAL else wanted.lower()
        for index, (own, _) in enumerate(self._items):
            if own == wanted or (lower is not None and own.lower() == lower):
                return index
        return otherwise

    def _without(self, wanted: str) -> list[tuple[str, str]]:
        if wanted in CANONICAL:
            return [item for item in self._items if item[0] != wanted]
        lower = wanted.lower()
        return [item for item in self._items if item[0].lower() != lower]

    def _changed(self) -> None:
        self._index = None
        self.cache.clear()

    def forget(self) -> None:
        """What was read stays in memory no longer; it is read again when asked for."""
        self._index = None
        self.cache = {}

    def add(self, name: str, value: str) -> None:
        """Append one header line."""
        self._items.append((canonical_name(name), checked_value(value)))
        self._changed()

    def prepend(self, name: str, value: str) -> None:
        """Put one header line before the others of its name (Via, Record-Route, Route), else at the top."""
        wanted = canonical_name(name)
        self._items.insert(self._first(wanted, 0), (wanted, checked_value(value)))
        self._changed()

    def set(self, name: str, value: str) -> None:
        """Replace all lines of this name by one, in the place of the first."""
        self.set_all(name, (value,))

    def set_all(self, name: str, values: Iterable[str]) -> None:
        """Replace all lines of this name by these, in the place of the first."""
        wanted = canonical_name(name)
        lines = [(wanted, checked_value(value)) for value in values]
        kept = self._without(wanted)
        at = self._first(wanted, len(kept))
        self._items = kept[:at] + lines + kept[at:]
        self._changed()

    def remove(self, name: str) -> None:
        """Drop all lines of this name."""
        self._items = self._without(canonical_name(name))
        self._changed()

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._items)

    def items(self) -> list[tuple[str, str]]:
        """All lines in order, as a copy."""
        return list(self._items)

    def copy(self) -> Headers:
        """An independent copy."""
        return Headers.of_canonical(list(self._items))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._items == other._items

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Headers({self._items!r})"


def checked_value(value: str) -> str:
    """A line break in a value would forge a header."""
    if "\r" in value or "\n" in value:
        raise LocalProtocolError("A header value must not contain a line break")
    return value
