"""Codes of services in a call have to be told apart."""

from __future__ import annotations

import msgspec
import pytest

from hipper.pbx import in_call_problems
from hipper.pbx.services.in_call import InCallCodes, InCallService, InCallServices, codes_of


def test_usual_codes_and_settings_of_others_are_fine() -> None:
    assert in_call_problems.problems(InCallCodes()) == []
    assert in_call_problems.problems(InCallServices(active=True)) == []


def test_one_is_the_beginning_of_another_or_the_same() -> None:
    assert in_call_problems.problems(InCallCodes(hold="*2")) == ["code *2 is the beginning of *2"]
    assert in_call_problems.problems(InCallCodes(hold="*2", transfer="*21")) == [
        "code *2 is the beginning of *21"
    ]
    assert in_call_problems.problems(InCallCodes(hold=None, transfer="*1")) == []


@pytest.mark.parametrize("code", ["1", "*", "#1", "*1234", "*a", "*1\n"])
def test_code_is_a_star_and_one_to_three_keys(code: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"hold": code}, InCallCodes)


def test_services_without_a_code_have_none() -> None:
    assert ("*1", InCallService.HOLD) in codes_of(InCallCodes())
    assert all(service is not InCallService.HOLD for _, service in codes_of(InCallCodes(hold=None)))
