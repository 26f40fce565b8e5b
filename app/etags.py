"""ETag, If-Match and If-None-Match (RFC 9110 §8.8.3, §13.1)."""

from __future__ import annotations

import re
from typing import Any

from litestar import Request

from app.problems import CHANGED_MEANWHILE, ProblemError

_TAG = re.compile(r'(W/)?"([^"]*)"')


def etag(version: object) -> str:
    return f'"{version}"'


def check_if_match(request: Request[Any, Any, Any], version: object) -> bool:
    """Whether the request has an If-Match. ``version``: of what is stored now. Raises ProblemError: 412. A
    weak tag matches nothing (§13.1.1)."""
    header = request.headers.get("if-match")
    if header is None:
        return False
    tags = [tag for weak, tag in _TAG.findall(header) if not weak]
    if header.strip() != "*" and str(version) not in tags:
        raise ProblemError(
            CHANGED_MEANWHILE, "read it again", "lees het opnieuw", headers={"ETag": etag(version)}
        )
    return True


def is_known(request: Request[Any, Any, Any], version: object) -> bool:
    """Whether the client has this version already (If-None-Match): 304."""
    header = request.headers.get("if-none-match")
    if header is None:
        return False
    return header.strip() == "*" or str(version) in [tag for _, tag in _TAG.findall(header)]
