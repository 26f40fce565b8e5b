"""Lists by cursor: ``?after=<cursor>&limit=<1 to 200>``, and ``next`` in the answer while there is more."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, Self, TypeVar

import msgspec
from litestar import Request

from app.operations import Query
from app.problems import INVALID_REQUEST, ProblemError

MOST = 200
USUAL = 50
_CURSOR = re.compile(r"[A-Za-z0-9_.\-]{0,400}")
_BETWEEN = "\x1f"
QUERY = (
    Query(
        "after", "cursor: `next` of the page before", {"type": "string", "pattern": "^[A-Za-z0-9_.-]{0,400}$"}
    ),
    Query("limit", "how many", {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}),
)


T = TypeVar("T")


class Page(NamedTuple):
    """What is asked for: ``limit`` entries after the cursor ``after``; "": from the beginning."""

    after: str
    limit: int

    @property
    def reach(self) -> int:
        """How many to look for: one more than is shown says that there is a next page."""
        return self.limit + 1

    def cut(self, found: Sequence[T], cursor_of: Callable[[T], str]) -> tuple[tuple[T, ...], str | None]:
        """What is shown of the :attr:`reach` entries that were looked for, and the cursor of the next page.
        ``cursor_of``: of the last entry of a page."""
        items = tuple(found[: self.limit])
        return items, cursor_of(items[-1]) if len(found) > self.limit else None

    def parts(self, count: int) -> tuple[str, ...] | None:
        """What :func:`cursor` was made of; None: the first page. Raises ProblemError: 400."""
        if not self.after:
            return None
        try:
            padded = self.after + "=" * (-len(self.after) % 4)
            parts = base64.urlsafe_b64decode(padded).decode().split(_BETWEEN)
        except ValueError:
            raise _no_cursor() from None
        if len(parts) != count or any(ord(sign) < 32 for part in parts for sign in part):
            raise _no_cursor()
        return tuple(parts)


class Listed(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """``next``: the cursor of the next page; None: this was the last."""

    items: tuple[T, ...]
    next: str | None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.__doc__ = cls.__doc__ or Listed.__doc__  # the description of the API has it

    @classmethod
    def of(cls, found: Sequence[T], page: Page, cursor_of: Callable[[T], str]) -> Self:
        """As :meth:`Page.cut`, when entries are shown as they were found."""
        items, more = page.cut(found, cursor_of)
        return cls(items=items, next=more)


def cursor(*parts: str) -> str:
    """Of lists that are sorted by more than an id."""
    return base64.urlsafe_b64encode(_BETWEEN.join(parts).encode()).decode().rstrip("=")


def page_of(request: Request[Any, Any, Any]) -> Page:
    """Raises ProblemError: 400."""
    after, limit = request.query_params.get("after", ""), request.query_params.get("limit", str(USUAL))
    if not _CURSOR.fullmatch(after):
        raise _no_cursor()
    if not re.fullmatch(r"[0-9]{1,4}", limit) or not 1 <= int(limit) <= MOST:
        raise ProblemError(INVALID_REQUEST, f"limit is 1 to {MOST}", f"limit is 1 tot {MOST}")
    return Page(after, int(limit))


def _no_cursor() -> ProblemError:
    return ProblemError(INVALID_REQUEST, "after is no cursor", "after is geen cursor")
