"""Parameters of the query string that more than one list has. What does not fit is 400."""

from __future__ import annotations

from enum import Enum
from typing import Any, TypeVar

from litestar import Request

from app.problems import INVALID_REQUEST, ProblemError

LONGEST_WORDS = 80
E = TypeVar("E", bound=Enum)


def choice_of(request: Request[Any, Any, Any], name: str, choices: type[E]) -> E | None:
    """None: not asked for. Raises ProblemError: 400."""
    value = request.query_params.get(name)
    if value is None:
        return None
    try:
        return choices(value)
    except ValueError:
        words = ", ".join(one.value for one in choices)
        raise ProblemError(INVALID_REQUEST, f"{name} is {words}", f"{name} is {words}") from None


def boolean_of(request: Request[Any, Any, Any], name: str) -> bool | None:
    """As :func:`choice_of`."""
    value = request.query_params.get(name)
    if value not in (None, "true", "false"):
        raise ProblemError(INVALID_REQUEST, f"{name} is true or false", f"{name} is true of false")
    return None if value is None else value == "true"


def words_of(request: Request[Any, Any, Any], name: str) -> str | None:
    """Something to search for. Raises ProblemError: 400."""
    value: str | None = request.query_params.get(name)
    if value is None:
        return None
    if not 1 <= len(value) <= LONGEST_WORDS or not value.isprintable():
        most = LONGEST_WORDS
        raise ProblemError(INVALID_REQUEST, f"{name} is 1 to {most} signs", f"{name} is 1 tot {most} tekens")
    return value
