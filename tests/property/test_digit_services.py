"""Keys in a call: each is part of one code, or of the number after it, or passed on, once and in order."""

from __future__ import annotations

from random import Random

import pytest

from fmc_gateway.call import digit_services as ds
from hipper.pbx.services.in_call import NEEDS_DESTINATION, InCallCodes, InCallService, codes_of

KEYS = "***1234567890#A"
USUAL = codes_of(InCallCodes())
LONG: ds.Codes = (
    ("**1", InCallService.HOLD),
    ("*2*", InCallService.SWAP),
    ("*31#", InCallService.TRANSFER),
    ("*4", InCallService.CANCEL),
)
SOME = ("*1", "**2", "*31#", "*2*", "*3201#", "*5*#07", "*", "12")


class Walk:
    """One telephone: what was pressed, and what became of it."""

    def __init__(self, codes: ds.Codes) -> None:
        self.codes = codes
        self.typed = ds.NOTHING
        self.pressed = ""
        self.told: list[ds.Outcome] = []
        self.accounted = ""
        """The keys again, as the outcomes account for them."""
        self._code = ""

    def press(self, key: str) -> None:
        self.pressed += key
        self.typed, outcomes = ds.pressed(self.typed, self.codes, key)
        self._account(outcomes, key)

    def wait(self) -> None:
        if ds.waits_s(self.typed) is not None:
            self.typed, outcomes = ds.timed_out(self.typed)
            self._account(outcomes, "")

    def _account(self, outcomes: ds.Outcomes, key: str) -> None:
        spelt = {service: code for code, service in self.codes}
        for outcome in outcomes:
            self.told.append(outcome)
            if isinstance(outcome, ds.Passed):
                self.accounted += outcome.keys
            elif isinstance(outcome, ds.GivenUp):
                self.accounted = self.pressed  # the number that was given up is part of the code before it
            elif isinstance(outcome, ds.Keyed) and outcome.number is not None:
                self.accounted += outcome.number + (key if key == ds.END else "")
            else:
                self.accounted += spelt[outcome.service]

    def check(self) -> None:
        waiting = self.typed.withheld + self.typed.number
        assert self.accounted + waiting == self.pressed, (self.pressed, self.told)
        assert not any(isinstance(one, ds.Passed) and not one.keys for one in self.told)


@pytest.mark.parametrize("codes", [USUAL, LONG, ()])
def test_every_key_is_accounted_for_once_and_in_order(codes: ds.Codes) -> None:
    for seed in range(1500):
        rng, walk = Random(seed), Walk(codes)
        for _ in range(30):
            if rng.random() < 0.1:
                walk.wait()
            else:
                for key in rng.choice((*KEYS, *SOME)):
                    walk.press(key)
            walk.check()
        walk.wait()
        walk.check()
        assert walk.typed == ds.NOTHING
        if not codes:
            assert "".join(one.keys for one in walk.told if isinstance(one, ds.Passed)) == walk.pressed


def told(keys: str, codes: ds.Codes = USUAL, *, wait: bool = False) -> list[ds.Outcome]:
    walk = Walk(codes)
    for key in keys:
        walk.press(key)
    if wait:
        walk.wait()
    return walk.told


def test_codes_and_keys_of_the_far_party() -> None:
    hold = ds.Keyed(InCallService.HOLD, None)
    assert told("*1") == [hold]
    assert told("5") == [ds.Passed("5")]
    assert told("*5") == [ds.Passed("*5")], "no code begins with it: at once"
    assert told("*") == []
    assert told("*", wait=True) == [ds.Passed("*")]
    assert told("**1") == [ds.Passed("*"), hold], "the first was not the beginning of it"
    assert told("*2201#") == [ds.Begun(InCallService.TRANSFER), ds.Keyed(InCallService.TRANSFER, "201")]
    assert told("*3201", wait=True)[-1] == ds.Keyed(InCallService.CONSULT, "201")
    assert told("*3", wait=True)[-1] == told("*3#")[-1] == told("*320*")[-1] == ds.GivenUp()
    assert told("*2" + "1" * 40)[1] == ds.Keyed(InCallService.TRANSFER, "1" * ds.LONGEST_NUMBER)


def test_code_within_what_looked_like_another() -> None:
    assert told("***1", LONG) == [ds.Passed("*"), ds.Keyed(InCallService.HOLD, None)]
    assert told("*2**1", LONG) == [ds.Keyed(InCallService.SWAP, None), ds.Passed("*1")]
    assert told("*3*4", LONG) == [ds.Passed("*3"), ds.Keyed(InCallService.CANCEL, None)]
    assert told("*31", LONG) == []
    assert told("*319", LONG) == [ds.Passed("*319")]


def test_who_waits_how_long() -> None:
    assert ds.waits_s(ds.NOTHING) is None
    assert ds.waits_s(ds.Typed(withheld="*")) == ds.CODE_WITHIN_S
    for service in NEEDS_DESTINATION:
        assert ds.waits_s(ds.Typed(service=service)) == ds.FIRST_WITHIN_S
        assert ds.waits_s(ds.Typed(service=service, number="2")) == ds.NUMBER_WITHIN_S
