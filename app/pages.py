"""Lists by cursor: ``?after=<cursor>&limit=<1 to 200>``, and ``next`` in the answer while there is more."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from litestar import Request

from app.operations import Query
from app.problems import INVALID_REQUEST, ProblemError

MOST = 200
USUAL = 50
_CURSOR = re.compile(r"[A-Za-z0-9_.\-]{0,64}")
QUERY = (
    Query(
        "after", "cursor: `next` of the page before", {"type": "string", "pattern": "^[A-Za-z0-9_.-]{0,64}$"}
    ),
    Query("limit", "how many", {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}),
)


class Page(NamedTuple):
    after: str
    limit: int


def page_of(request: Request[Any, Any, Any]) -> Page:
    """Raises ProblemError: 400."""
    after, limit = request.query_params.get("after", ""), request.query_params.get("limit", str(USUAL))
    if not _CURSOR.fullmatch(after):
        raise ProblemError(INVALID_REQUEST, "after is no cursor", "after is geen cursor")
    if not re.fullmatch(r"[0-9]{1,4}", limit) or not 1 <= int(limit) <= MOST:
        raise ProblemError(INVALID_REQUEST, f"limit is 1 to {MOST}", f"limit is 1 tot {MOST}")
    return Page(after, int(limit))
