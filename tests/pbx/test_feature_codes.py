"""Feature codes as they are dialled (3GPP TS 22.030 §6.5.2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipper.pbx.feature_codes import FEATURE_CODES, Does, Operation, read_code
from hipper.pbx.services.colleagues import FeatureCodes
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
        assert one.service is None or one.service in SERVICES
        assert one.nl != one.en


def test_no_code_is_a_speed_dial() -> None:
    assert not [one.code for one in FEATURE_CODES if len(one.code) == 3 and one.code.startswith("0")]


def test_the_page_about_codes_has_every_code_and_name() -> None:
    page = (Path(__file__).parents[2] / "docs" / "services" / "feature-codes.md").read_text()
    for one in FEATURE_CODES:
        spelled = "*000" if one.code == "0" else f"*{one.code}"
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{spelled}") and one.nl in line]
        assert row.count("|") == 4


@pytest.mark.parametrize(
    ("dialled", "does", "number"),
    [
        ("*98", Does.PICK_UP, None),
        ("*97201", Does.PICK_UP_AT, "201"),
        ("*97201#", Does.PICK_UP_AT, "201"),
        ("*97*201#", Does.PICK_UP_AT, "201"),
        ("*33201", Does.BARGE_IN, "201"),
        ("*68", Does.PARK, None),
        ("*68201", Does.PARK, "201"),
        ("*8812", Does.RETRIEVE, "12"),
    ],
)
def test_an_extension_may_follow_at_once(dialled: str, does: Does, number: str | None) -> None:
    read = read_code(dialled)
    assert read is not None
    assert (read.feature.does, read.operation, read.number) == (does, Operation.ON, number)


@pytest.mark.parametrize("dialled", ["#97201", "##68201", "*972*1", "*9812"])
def test_an_extension_follows_only_what_takes_one(dialled: str) -> None:
    assert read_code(dialled) is None


def test_a_group_spells_codes_its_own_way() -> None:
    ours = FeatureCodes(call_pickup="55", pull="123", call_park="70")
    assert [read_code(one, ours) for one in ("*98", "*11", "*68201")] == [None, None, None]
    read = [read_code(one, ours) for one in ("*55", "*123", "*70201", "*21*0201234567#", "*00")]
    assert [None if one is None else one.feature.does for one in read] == [
        Does.PICK_UP,
        Does.PULL,
        Does.PARK,
        Does.FORWARD,
        None,
    ]
    assert read_code("*98") is not None, "elsewhere nothing has changed"
