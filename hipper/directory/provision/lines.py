"""On which line of a TOML document each key stands. ``tomllib`` reads values only and
forgets where they were."""

from __future__ import annotations

import re
import tomllib

Path = tuple[str | int, ...]
"""``("subscriber", 2, "extension")``: key of the third ``[[subscriber]]``."""

_HEADER = re.compile(r"^\s*(\[\[?)([^\[\]]+)\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\-\"' ]+?)\s*=(.*)$")


class LineIndex:
    """Made from a document that ``tomllib`` accepts. Keys inside inline tables are found at
    their outer key's line."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {(): 1}
        self._counts: dict[Path, int] = {}
        self._read(text.splitlines())

    def at(self, path: Path) -> int:
        """The line of ``path``, 1-based; where it is not written, the line of the nearest table around it."""
        while path not in self._lines:
            path = path[:-1]
        return self._lines[path]

    def _read(self, lines: list[str]) -> None:
        table: Path = ()
        number = 0
        while number < len(lines):
            header = _HEADER.match(lines[number])
            key = None if header else _KEY.match(lines[number])
            if header:
                table = self._table(_split(header[2]), is_array=header[1] == "[[")
                self._lines.setdefault(table, number + 1)
                self._lines.setdefault(_split(header[2]), number + 1)
            elif key:
                self._lines.setdefault(table + _split(key[1]), number + 1)
                number += _lines_of_value(key[2], lines[number + 1 :])
            number += 1

    def _table(self, names: Path, *, is_array: bool) -> Path:
        """``[[subscriber.desk_phone]]`` is the next phone of the subscriber opened last."""
        table: Path = ()
        for name in names[:-1]:
            table = self._last((*table, name))
        table = (*table, names[-1])
        if not is_array:
            return table
        self._counts[table] = self._counts.get(table, 0) + 1
        return self._last(table)

    def _last(self, table: Path) -> Path:
        count = self._counts.get(table, 0)
        return (*table, count - 1) if count else table


def _split(dotted: str) -> Path:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _lines_of_value(value: str, following: list[str]) -> int:
    """How many of the following lines a value that begins here takes up."""
    for taken in range(len(following) + 1):
        try:
            tomllib.loads("\n".join([f"x = {value}", *following[:taken]]))
        except tomllib.TOMLDecodeError:
            continue
        return taken
    return 0
