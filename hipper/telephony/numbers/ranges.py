"""Ranges of E.164 numbers, as an operator writes them: ``+31970123400-+31970123499``, or one number alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hipper.telephony.numbers.e164 import E164

_RANGE = re.compile(r"\+([1-9][0-9]{6,14})(?:-\+([1-9][0-9]{6,14}))?")


class NumberRange(NamedTuple):
    """Both ends belong to it; they have the same number of digits."""

    first: int
    last: int

    @property
    def size(self) -> int:
        return self.last - self.first + 1

    def numbers(self) -> Iterator[E164]:
        for number in range(self.first, self.last + 1):
            yield E164(f"+{number}")

    def overlaps(self, other: NumberRange) -> bool:
        return self.first <= other.last and other.first <= self.last


def parse_range(text: str) -> NumberRange:
    """Raises ValueError with a phrase that says what is wrong."""
    found = _RANGE.fullmatch(text)
    if found is None:
        raise ValueError(f"'{text}' is not a range of numbers such as +31970123400-+31970123499")
    first, last = found.group(1), found.group(2) or found.group(1)
    if len(first) != len(last):
        raise ValueError(f"the numbers of '{text}' differ in length")
    if int(last) < int(first):
        raise ValueError(f"'{text}' ends before it begins")
    return NumberRange(int(first), int(last))


class NumberRanges:
    """Several ranges, asked for one number. Raises ValueError as :func:`parse_range` does."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._ranges = tuple(parse_range(text) for text in texts)

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, str) or not number.startswith("+"):
            return False
        digits = number[1:]
        if not (digits.isascii() and digits.isdecimal()) or len(digits) > 15:
            return False
        value = int(digits)
        return any(one.first <= value <= one.last and digits[0] != "0" for one in self._ranges)

    def __bool__(self) -> bool:
        return bool(self._ranges)

    def numbers(self) -> Iterator[E164]:
        for one in self._ranges:
            yield from one.numbers()
