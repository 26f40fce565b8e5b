"""Work that takes seconds, such as reading a file: few at once in this process and one for each user or
company, so that nobody else waits for the threads and database connections it takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from litestar import Request

from app.problems import OVERLOADED, ProblemError

MOST = 2
"""Of one kind. The pool of one role has 8 connections unless the settings say otherwise."""
AGAIN_AFTER_S = 5


class AtOnce:
    """``most``: how many may be at it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._busy: set[object] = set()

    @contextmanager
    def turn(self, who: object) -> Iterator[None]:
        """``who`` has one turn at a time. Raises ProblemError: 503."""
        if who in self._busy or len(self._busy) >= self._most:
            raise ProblemError(
                OVERLOADED,
                "something as large is being done already: try again",
                "er is al zoiets groots bezig: probeer het zo weer",
                retry_after_s=AGAIN_AFTER_S,
            )
        self._busy.add(who)
        try:
            yield
        finally:
            self._busy.discard(who)


def at_once(request: Request[Any, Any, Any], kind: str) -> AtOnce:
    """Of this process."""
    kinds: dict[str, AtOnce] = request.app.state.setdefault("at_once", {})
    return kinds.setdefault(kind, AtOnce(MOST))
