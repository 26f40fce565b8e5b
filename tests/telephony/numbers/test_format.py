from __future__ import annotations

import pytest

from hipper.telephony.numbers.format import format_international, format_national, format_number
from hipper.telephony.numbers.mask import mask_number, mask_numbers_in


@pytest.mark.parametrize(
    ("number", "national", "international"),
    [
        ("+31201234567", "020 123 4567", "+31 20 123 4567"),
        ("+31612345678", "06 12345678", "+31 6 12345678"),
        ("+318000113", "0800 0113", "+31 800 0113"),
        ("+31851234567", "085 123 4567", "+31 85 123 4567"),
        ("201", "201", "201"),
        ("112", "112", "112"),
        ("+", "+", "+"),
        ("+" + "9" * 40, "+" + "9" * 40, "+" + "9" * 40),
    ],
)
def test_as_people_write_them(number: str, national: str, international: str) -> None:
    assert format_national(number) == national
    assert format_international(number) == international


def test_home_numbers_nationally_others_internationally() -> None:
    assert format_number("+31201234567") == "020 123 4567"
    assert format_number("+32470123456") == "+32 470 12 34 56"
    assert format_number("+32470123456", home="BE") == "0470 12 34 56"
    assert format_number("14020") == "14020"


@pytest.mark.parametrize("rest", ["000000", "123456", "999999"])
def test_dutch_numbers_are_grouped_as_the_library_groups_them(rest: str) -> None:
    numbers = [f"+31{area}{rest}" for area in range(100, 1000)]
    assert [format_number(one) for one in numbers] == [format_national(one) for one in numbers]


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+31201234567", "+3120*****67"),
        ("+31612345678", "+3161*****78"),
        ("+12125550123", "+121******23"),
        ("+353861234567", "+35386*****67"),
        ("0201234567", "020*****67"),
        ("+9991234567", "+999*****67"),
        ("0031201234567", "003120*****67"),
        ("31612345678", "31*******78"),
        ("+3114020", "+31***20"),
        ("201", "201"),
        ("112", "112"),
        ("1233", "1233"),
        ("12345", "***45"),
        ("+12345", "+***45"),
        ("alice", "***ce"),
        ("bob", "***"),
        ("", ""),
        ("9" * 100, "*" * 8),
    ],
)
def test_mask_number(number: str, masked: str) -> None:
    assert mask_number(number) == masked


def test_mask_numbers_in_text() -> None:
    line = "INVITE sip:+31612345678@10.20.30.40:5060 from <tel:0201234567> tag 12345"
    assert mask_numbers_in(line) == "INVITE sip:+3161*****78@10.20.30.40:5060 from <tel:020*****67> tag 12345"
