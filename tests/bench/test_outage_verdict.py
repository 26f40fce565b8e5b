"""A call the overload gate refuses is told from one that is lost."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from tests.bench.outage import GATED_AT_MOST, Result, is_gated, verdict


def made(status: int | None, **headers: str) -> Any:
    response = SimpleNamespace(headers={name.replace("_", "-"): value for name, value in headers.items()})
    return SimpleNamespace(call=SimpleNamespace(status=status, response=None if status is None else response))


@pytest.mark.parametrize(
    ("one", "gated"),
    [
        (made(503, Retry_After="10"), True),
        (made(503, Retry_After="10", Warning='399 gw "the directory does not answer"'), False),
        (made(503), False),
        (made(486, Retry_After="10"), False),
        (made(None), False),
    ],
)
def test_gate_says_when_to_come_again_and_no_more(one: Any, gated: bool) -> None:
    assert is_gated(one) is gated


def result(*, made: int = 100, gated: int = 0, records: int = 100, twice: int = 0) -> Result:
    counted = Counter({str(number): 1 for number in range(records)})
    counted.update(str(number) for number in range(twice))
    return Result(made=made, gated=gated, complaints=[], records=counted)


@pytest.mark.parametrize(
    ("seen", "complaints"),
    [
        (result(), 0),
        (result(gated=2, records=98), 0),
        (result(gated=2, records=97), 1),
        (result(gated=0, records=98), 1),
        (result(made=99, records=99), 1),
        (result(twice=1), 1),
        (result(gated=int(100 * GATED_AT_MOST) + 1, records=97), 1),
    ],
)
def test_verdict_counts_what_is_lost(seen: Result, complaints: int) -> None:
    assert len(verdict(seen, 100)) == complaints
