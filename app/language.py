"""Dutch or English, as a request prefers (RFC 9110 §12.5.4)."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from litestar.types import Scope

Language = Literal["en", "nl"]


def language_of(scope: Scope) -> Language:
    """What the request's Accept-Language prefers; English when it says nothing of either."""
    for name, value in scope["headers"]:
        if name == b"accept-language":
            return preferred(value.decode("latin-1")[:200])
    return "en"


@lru_cache(maxsize=256)
def preferred(header: str) -> Language:
    """``nl-NL,nl;q=0.9,en;q=0.8`` -> ``nl``. The first of the highest weight; malformed parts count for
    nothing."""
    best: tuple[float, Language] = (0.0, "en")
    for part in header.split(","):
        tag, _, parameter = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        weight = _weight(parameter)
        if weight > best[0] and language in ("en", "nl", "*"):
            best = (weight, "nl" if language == "nl" else "en")
    return best[1]


def _weight(parameter: str) -> float:
    if not parameter.strip():
        return 1.0
    name, _, value = parameter.partition("=")
    try:
        return min(float(value), 1.0) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0
