"""No extension may be 112 or 113 (call-flows: never)."""

from __future__ import annotations

import pytest

from hipper.telephony.numbers.extensions import extension_problem


@pytest.mark.parametrize("extension", ["10", "201", "1001", "123456", "144", "911", "1120", "1130"])
def test_good_extension(extension: str) -> None:
    assert extension_problem(extension) is None


@pytest.mark.parametrize(
    ("extension", "problem"),
    [
        ("112", "emergency"),
        ("0112", "emergency"),
        ("113", "helpline"),
        ("0113", "helpline"),
        ("1233", "voicemail"),
        ("1", "1 digits"),
        ("1234567", "7 digits"),
        ("", "digits"),
        ("2a1", "other than digits"),
        ("*11", "other than digits"),
        ("٢٠١", "other than digits"),
        (" 201", "other than digits"),
        ("020", "begins with 0"),
    ],
)
def test_problem_is_named(extension: str, problem: str) -> None:
    assert problem in (extension_problem(extension) or "")


def test_emergency_numbers_of_the_tenants_country_too() -> None:
    assert "emergency" in (extension_problem("999", country="GB") or "")
    assert "emergency" in (extension_problem("112", country="GB") or "")
    assert extension_problem("999") is None
