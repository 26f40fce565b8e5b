"""Ranges of E.164 numbers."""

from __future__ import annotations

import pytest

from hipper.telephony.numbers.ranges import NumberRanges, parse_range


def test_both_ends_belong_to_a_range() -> None:
    found = parse_range("+31970123400-+31970123402")
    assert found.size == 3
    assert list(found.numbers()) == ["+31970123400", "+31970123401", "+31970123402"]
    assert list(parse_range("+31970123400").numbers()) == ["+31970123400"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("31970123400-31970123499", "is not a range"),
        ("+31970123400 - +31970123499", "is not a range"),
        ("+0970123400", "is not a range"),
        ("+319701234-+31970123499", "differ in length"),
        ("+31970123499-+31970123400", "ends before it begins"),
        ("+٣١٩٧٠١٢٣٤٠٠", "is not a range"),
        ("", "is not a range"),
    ],
)
def test_anything_else_is_refused_with_a_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_range(text)


@pytest.mark.parametrize(
    ("number", "inside"),
    [
        ("+31970123400", True),
        ("+31970123499", True),
        ("+31970123500", False),
        ("+31970123399", False),
        ("+3197012340", False),
        ("+319701234000", False),
        ("+031970123400", False),
        ("31970123400", False),
        ("+3197012345٠", False),
        ("+", False),
        ("", False),
        (None, False),
    ],
)
def test_a_number_is_inside_or_not(number: str | None, inside: bool) -> None:
    assert (number in NumberRanges(["+31970123400-+31970123499"])) is inside


def test_no_ranges_hold_nothing() -> None:
    assert not NumberRanges([])
    assert "+31970123400" not in NumberRanges([])


@pytest.mark.parametrize(
    ("one", "other", "overlaps"),
    [
        ("+31970123400-+31970123410", "+31970123410-+31970123420", True),
        ("+31970123400-+31970123410", "+31970123411-+31970123420", False),
        ("+31970123400-+31970123499", "+31970123450", True),
    ],
)
def test_ranges_overlap(one: str, other: str, overlaps: bool) -> None:
    assert parse_range(one).overlaps(parse_range(other)) is overlaps
    assert parse_range(other).overlaps(parse_range(one)) is overlaps
