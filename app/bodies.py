"""Bodies of requests: JSON of a msgspec type, or a problem that names the member.

What is no JSON is 400; JSON of another shape is 422 with a JSON Pointer (RFC 6901) to the member. A member
that is absent and one that is null differ: types say so with ``UNSET``.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec
from litestar import Request

from app.dutch import in_dutch
from app.language import language_of
from app.problems import (
    INVALID_REQUEST,
    INVALID_SETTINGS,
    UNSUPPORTED_MEDIA_TYPE,
    InvalidMember,
    ProblemError,
)

T = TypeVar("T")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_AT = re.compile(r" - at `(?:key in )?\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]|\[(\.\.\.)\]")


async def body_of(request: Request[Any, Any, Any], kind: type[T]) -> T:
    """The body as ``kind``. Raises ProblemError: 400, 413 (Litestar's), 415, 422."""
    found: T = await _decoded(request, kind)
    return found


async def object_of(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """The body as any JSON object. Raises as :func:`body_of`."""
    found: dict[str, Any] = await _decoded(request, dict[str, Any])
    return found


async def _decoded(request: Request[Any, Any, Any], kind: Any) -> Any:
    media_type, _ = request.content_type
    if media_type != "application/json":
        raise ProblemError(UNSUPPORTED_MEDIA_TYPE, headers={"Accept": "application/json"})
    raw = await request.body()
    try:
        value = msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise invalid(str(error), request) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ProblemError(INVALID_REQUEST, "the body is not JSON", "de inhoud is geen JSON") from None
    except RecursionError:
        raise ProblemError(INVALID_REQUEST, "nested too deeply", "te diep genest") from None
    if _NUL.search(raw):
        raise invalid("no text may hold the character U+0000", request)
    return value


def invalid(message: str, request: Request[Any, Any, Any]) -> ProblemError:
    """422 from what msgspec says: ``Expected `bool`, got `str` - at `$.active` ``."""
    found = _AT.search(message)
    pointer = "#" + _pointer(found["path"]) if found else "#"
    reason = message[: found.start()] if found else message
    if request_is_dutch(request):
        reason = in_dutch(reason)
    unknown = re.search(r"unknown field `(\w+)`|onbekend veld `(\w+)`", reason)
    if unknown:
        pointer = f"{pointer}/{unknown[1] or unknown[2]}"
    member = InvalidMember(pointer=pointer, detail=reason)
    return ProblemError(INVALID_SETTINGS, f"{pointer}: {reason}", f"{pointer}: {reason}", errors=(member,))


def request_is_dutch(request: Request[Any, Any, Any]) -> bool:
    return language_of(request.scope) == "nl"


def _pointer(path: str) -> str:
    return "".join(f"/{name or index or '-'}" for name, index, _ in _STEP.findall(path))
