"""Errors as ``application/problem+json`` (RFC 9457): every kind has a ``type`` of its own that stays.

The type is a URN and not an address, because nothing is served there; ``docs/networks/imrn.md`` lists them.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, SerializationException, ValidationException
from litestar.types import Send

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 10
"""What a client is told to wait when a server behind us is away."""

log = structlog.get_logger("app")


class InvalidMember(msgspec.Struct, frozen=True, kw_only=True):
    """One fault of a body. ``pointer``: JSON Pointer as URI fragment (RFC 6901 §6); never the value."""

    pointer: str
    detail: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of every error."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: tuple[InvalidMember, ...] = ()


class ProblemKind(msgspec.Struct, frozen=True):
    """``name`` ends the type; ``title`` is the same for every problem of this kind (RFC 9457 §3.1.4)."""

    name: str
    status: int
    title: str

    @property
    def type(self) -> str:
        return f"urn:hipper:problem:{self.name}"


INVALID_REQUEST = ProblemKind("invalid-request", 400, "The request cannot be read or does not fit")
UNAUTHENTICATED = ProblemKind("unauthenticated", 401, "Who asks is not known")
NOT_FOUND = ProblemKind("not-found", 404, "There is nothing here")
METHOD_NOT_ALLOWED = ProblemKind("method-not-allowed", 405, "This cannot be asked here")
BODY_TOO_LARGE = ProblemKind("body-too-large", 413, "The body is too large")
UNSUPPORTED_MEDIA_TYPE = ProblemKind("unsupported-media-type", 415, "The body is not JSON")
TOO_MANY_REQUESTS = ProblemKind("too-many-requests", 429, "Too many requests")
INTERNAL_ERROR = ProblemKind("internal-error", 500, "A fault of ours")
STORE_UNAVAILABLE = ProblemKind("store-unavailable", 503, "Redis does not answer")
DIRECTORY_UNAVAILABLE = ProblemKind("directory-unavailable", 503, "The directory does not answer")
OVERLOADED = ProblemKind("overloaded", 503, "Too much is going on")

KINDS = (
    INVALID_REQUEST,
    UNAUTHENTICATED,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    BODY_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    TOO_MANY_REQUESTS,
    INTERNAL_ERROR,
    STORE_UNAVAILABLE,
    DIRECTORY_UNAVAILABLE,
    OVERLOADED,
)
_OF_STATUS = {400: INVALID_REQUEST, 404: NOT_FOUND, 405: METHOD_NOT_ALLOWED, 413: BODY_TOO_LARGE}
"""What Litestar itself raises."""


class ProblemError(Exception):
    """Ends a request with a problem. ``retry_after_s``: whole seconds for Retry-After."""

    def __init__(
        self,
        kind: ProblemKind,
        detail: str = "",
        *,
        retry_after_s: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind.name)
        self.kind = kind
        self.detail = detail
        self.headers = dict(headers or {})
        if retry_after_s is not None:
            self.headers["Retry-After"] = str(retry_after_s)


async def send_json(
    send: Send, status: int, body: bytes, media_type: str = "application/json", **headers: str
) -> None:
    """An answer without Litestar. ``headers``: underscores for hyphens."""
    named = {"content-type": media_type, "content-length": str(len(body))}
    named |= {name.replace("_", "-").lower(): value for name, value in headers.items()}
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in named.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def send_problem(send: Send, error: ProblemError) -> None:
    """The same as :func:`on_problem`, without Litestar."""
    kind = error.kind
    body = Problem(type=kind.type, title=kind.title, status=kind.status, detail=error.detail)
    headers = {name.replace("-", "_"): value for name, value in error.headers.items()}
    await send_json(send, kind.status, msgspec.json.encode(body), MEDIA_TYPE, **headers)


def response(
    kind: ProblemKind,
    detail: str = "",
    *,
    headers: Mapping[str, str] | None = None,
    errors: tuple[InvalidMember, ...] = (),
) -> Response[Problem]:
    body = Problem(type=kind.type, title=kind.title, status=kind.status, detail=detail, errors=errors)
    return Response(body, status_code=kind.status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def on_problem(_: Request[Any, Any, Any], error: ProblemError) -> Response[Problem]:
    return response(error.kind, error.detail, headers=error.headers)


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """What Litestar raises: no such route, wrong method, a body that does not fit."""
    kind = _OF_STATUS.get(error.status_code)
    if kind is None:
        return on_fault(request, error)
    headers = {name.title(): value for name, value in (error.headers or {}).items()}
    if isinstance(error, ValidationException):
        return response(kind, "the body does not fit", headers=headers, errors=_faults(error.extra))
    if isinstance(error.__cause__, SerializationException):
        return response(kind, "the body is not JSON", headers=headers)
    return response(kind, headers=headers)


def on_fault(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """Anything else is a fault of ours. The log tells where, and neither the message nor the body: both may
    hold what somebody sent."""
    frames = traceback.extract_tb(error.__traceback__)
    log.error(
        "request.fault",
        method=request.method,
        path=request.scope["path"][:200],
        error=type(error).__name__,
        where=[f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-8:]],
    )
    return response(INTERNAL_ERROR, "it was logged")


def _faults(extra: Any) -> tuple[InvalidMember, ...]:
    """From Litestar's list of ``{"message", "key"}``."""
    found = []
    for fault in extra if isinstance(extra, list) else ():
        key = str(fault.get("key") or "")
        pointer = "#/" + key.replace(".", "/") if key else "#"
        found.append(InvalidMember(pointer=pointer, detail=str(fault.get("message", ""))))
    return tuple(found)


EXCEPTION_HANDLERS: dict[Any, Any] = {
    ProblemError: on_problem,
    HTTPException: on_http_error,
    Exception: on_fault,
}
