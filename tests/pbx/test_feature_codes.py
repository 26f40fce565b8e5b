"""Feature codes as they are dialled (3GPP TS 22.030 §6.5.2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipper.pbx.feature_codes import FEATURE_CODES, Operation, read_code
from hipper.pbx.services.registry import SERVICES


@pytest.mark.parametrize(
    ("dialled", "code", "operation", "number", "after_s"),
    [
        ("*21*0201234567#", "21", Operation.ON, "0201234567", None),
        ("**21*0201234567#", "21", Operation.ON, "0201234567", None),
        ("*21*0201234567", "21", Operation.ON, "0201234567", None),
        ("*21*202#", "21", Operation.ON, "202", None),
        ("*21#", "21", Operation.ON, None, None),
        ("#21#", "21", Operation.OFF, None, None),
        ("##21#", "21", Operation.ERASE, None, None),
        ("#21", "21", Operation.OFF, None, None),
        ("*67*0201234567#", "67", Operation.ON, "0201234567", None),
        ("*62*0201234567#", "62", Operation.ON, "0201234567", None),
        ("*61*0201234567#", "61", Operation.ON, "0201234567", None),
        ("*61*0201234567**20#", "61", Operation.ON, "0201234567", 20),
        ("*61*0201234567*11*20#", "61", Operation.ON, "0201234567", 20),
        ("*61*0201234567*11#", "61", Operation.ON, "0201234567", None),
        ("*26", "26", Operation.ON, None, None),
        ("*26#", "26", Operation.ON, None, None),
        ("#26", "26", Operation.OFF, None, None),
        ("*007", "0", Operation.ON, "07", None),
        ("*099#", "0", Operation.ON, "99", None),
        ("*11", "11", Operation.ON, None, None),
        ("*64*0201234567#", "64", Operation.ON, "0201234567", None),
    ],
)
def test_read(dialled: str, code: str, operation: Operation, number: str | None, after_s: int | None) -> None:
    read = read_code(dialled)
    assert read is not None
    assert (read.feature.code, read.operation, read.number, read.after_s) == (
        code,
        operation,
        number,
        after_s,
    )


@pytest.mark.parametrize(
    "dialled",
    [
        "",
        "*",
        "#",
        "**",
        "##",
        "***21*0201234567#",
        "*#21#",
        "*99#",
        "*21*#",
        "*21*0201234567*20#",
        "#21*0201234567#",
        "*26*0201234567#",
        "*61*0201234567*12*20#",
        "*61*0201234567**4#",
        "*61*0201234567**181#",
        "*61*0201234567**20*1#",
        "*61*0201234567**²0#",
        "*0123",
        "*01",
        "#012",
        "*0ab",
        "21",
        "0201234567",
    ],
)
def test_not_a_code(dialled: str) -> None:
    assert read_code(dialled) is None


def test_the_table_names_each_code_once_and_services_of_the_registry() -> None:
    codes = [one.code for one in FEATURE_CODES]
    assert len(set(codes)) == len(codes)
    for one in FEATURE_CODES:
        assert one.service is None or SERVICES[one.service].scope == "subscriber"
        assert one.nl != one.en


def test_no_code_is_a_speed_dial() -> None:
    assert not [one.code for one in FEATURE_CODES if len(one.code) == 3 and one.code.startswith("0")]


def test_the_page_about_codes_has_every_code_and_name() -> None:
    page = (Path(__file__).parents[2] / "docs" / "services" / "feature-codes.md").read_text()
    for one in FEATURE_CODES:
        spelled = "*000" if one.code == "0" else f"*{one.code}"
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{spelled}") and one.nl in line]
        assert row.count("|") == 4
