"""Keys of a telephone on their way to the engine: told apart where its user wants that, else hardly told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from fmc_gateway import keyed
from fmc_gateway.call import digit_services as ds
from fmc_gateway.call import events as ev
from fmc_gateway.call.key_commands import ListenKeys
from fmc_gateway.call_run import CallRun
from hipper.pbx.ids import CallId, LegId
from hipper.pbx.services.in_call import InCallService
from tests.fmc_gateway.call.consultations import C1, consult, outside, ringing
from tests.fmc_gateway.call.kit import B1, B2, M1, A, Ladder, sdp, suze
from tests.fmc_gateway.call.test_conferencing import conference
from tests.fmc_gateway.call.test_confirming import along, asked
from tests.fmc_gateway.call.test_keying import talking


class Telephones:
    """``told``: what the engine was; ``listened``: for whose next key rtpengine was made to listen."""

    def __init__(self, ladder: Ladder) -> None:
        self.run = CallRun(CallId("c1"))
        self.run.call = ladder.call
        self.told: list[Any] = []
        self.listened: list[ListenKeys] = []

    def press(self, keys: str, leg: LegId = A, *, by_info: bool = False) -> list[Any]:
        before = len(self.told)
        for key in keys:
            keyed.pressed(self.run, leg, key, by_info, self.told.append, self.listened.append)
        return self.told[before:]


async def test_codes_and_the_rest() -> None:
    phones = Telephones(talking())
    assert phones.press("*1") == [ev.ServiceKeyed(leg=A, service=InCallService.HOLD)]
    assert phones.press("*5") == [ev.KeysPassed(leg=A, keys="*5")]
    assert phones.press("*2201#") == [
        ev.ServiceBegun(leg=A, service=InCallService.TRANSFER),
        ev.ServiceKeyed(leg=A, service=InCallService.TRANSFER, destination="201"),
    ]
    assert [(one.pair, one.leg, one.on) for one in phones.listened] == [(M1, A, True), (M1, A, False)] * 3
    assert phones.run.timers == {}


async def test_star_is_withheld_no_longer_than_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ds, "CODE_WITHIN_S", 0.01)
    phones = Telephones(talking())
    assert phones.press("*") == []
    async with asyncio.timeout(2):
        while not phones.told:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    assert phones.told == [ev.KeysPassed(leg=A, keys="*")]
    assert phones.listened[-1] == ListenKeys(pair=M1, leg=A, on=False)


async def test_call_that_is_over_hears_nothing_late() -> None:
    phones = Telephones(talking())
    phones.press("*")
    phones.run.over = True
    (timer,) = phones.run.timers.values()
    timer._run()
    assert phones.told == []


async def test_key_that_comes_by_info_as_well_is_one_key() -> None:
    phones = Telephones(talking())
    assert phones.press("7") == [ev.KeysPassed(leg=A, keys="7")]
    assert phones.press("7", by_info=True) == []
    assert phones.press("7", by_info=True) == [ev.KeysPassed(leg=A, keys="7")], "pressed again"
    assert phones.press("7") == []
    assert phones.press("77") == [ev.KeysPassed(leg=A, keys="7")] * 2


async def test_keys_of_everybody_else_are_told_once_and_without_the_key() -> None:
    """What somebody says to a bank stands in no trace."""
    phones = Telephones(talking(active=False))
    for leg in (A, B1):
        assert phones.press("1", leg) == [ev.KeyHeard(leg=leg)]
    assert phones.press("1", LegId("stranger")) == []
    assert phones.press("1", A, by_info=True) == []


async def test_confirmation_hears_its_key() -> None:
    """Also that of a number outside whom somebody consulted is reached at."""
    assert Telephones(asked()).press("1", B2) == [ev.DigitPressed(leg=B2, digit="1")]
    ladder = outside()
    ladder.tell(consult())
    ladder.load(suze(), along(desk=False))
    ladder.offers()
    ladder.tell(ev.LegAnswered(leg=C1, sdp=sdp("home"), to_tag="t"))
    assert Telephones(ladder).press("1", C1) == [ev.DigitPressed(leg=C1, digit="1")]


def ringing_outside() -> Ladder:
    ladder = Ladder()
    ladder.ring_outside()
    return ladder


@pytest.mark.parametrize("made", [ringing_outside, asked, ringing, conference])
async def test_nobody_else_is_heard_before_the_answer_or_in_a_conference(made: Callable[[], Ladder]) -> None:
    """Early media of a bank asks for a PIN as well; so does a bank that was called into a conference."""
    phones = Telephones(made())
    told = [one for leg in (A, B1, C1) for one in phones.press("4711", leg)]
    assert not any(isinstance(one, ev.DigitPressed) for one in told)
