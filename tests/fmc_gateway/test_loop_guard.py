from __future__ import annotations

import pytest

from fmc_gateway.loop_guard import LoopGuard
from hipper.telephony.numbers.e164 import E164

GUARD = LoopGuard(b"secret of the installation")
NUMBER = E164("+31612345678")
NOW = 1_700_000_000.0


def test_own_mark_is_recognised() -> None:
    assert GUARD.verify(GUARD.mark("mno", NUMBER, NOW), "mno", NUMBER, NOW + 2)


def test_mark_holds_for_its_network_number_and_time_only() -> None:
    mark = GUARD.mark("mno", NUMBER, NOW)
    assert not GUARD.verify(mark, "other", NUMBER, NOW)
    assert not GUARD.verify(mark, "mno", E164("+31612345679"), NOW)
    assert not GUARD.verify(mark, "mno", None, NOW)
    assert not GUARD.verify(mark, "mno", NUMBER, NOW + 301)


def test_mark_of_another_installation_is_refused() -> None:
    assert not GUARD.verify(LoopGuard(b"other").mark("mno", NUMBER, NOW), "mno", NUMBER, NOW)


@pytest.mark.parametrize(
    "text", ["", "1", "v1..", "v1.x.y", "v2.1700000000.abc", "v1.1700000000.é", "v1." + "9" * 500]
)
def test_garbage_is_refused(text: str) -> None:
    assert not GUARD.verify(text, "mno", NUMBER, NOW)
