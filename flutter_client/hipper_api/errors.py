"""What goes wrong: problems the API tells of (RFC 9457), and no answer at all."""

from __future__ import annotations

from typing import Any, ClassVar

import httpx
import msgspec

PREFIX = "urn:hipper:problem:"


class InvalidPart(msgspec.Struct, frozen=True):
    """``pointer``: JSON Pointer to the member at fault."""

    pointer: str
    detail: str


class _Body(msgspec.Struct, frozen=True):
    type: str
    title: str
    status: int
    detail: str = ""
    errors: tuple[InvalidPart, ...] = ()


class HipperError(Exception):
    """Of everything this client raises."""


class NoAnswer(HipperError):
    """The API cannot be reached, or did not answer in time. Whether it was done is not known."""


class UnexpectedAnswer(HipperError):
    """Not what the API is described to answer: something else stands at this address, or another version."""


class ProblemError(HipperError):
    """The API refused. Kinds this client was made without are of this class itself. ``kind``: the end of
    ``type``. ``more``: all members of the problem."""

    KIND: ClassVar[str] = ""

    def __init__(self, body: _Body, retry_after_s: float | None, more: dict[str, Any]) -> None:
        super().__init__(f"{body.title}: {body.detail}" if body.detail else body.title)
        self.kind = body.type.removeprefix(PREFIX)
        self.status = body.status
        self.title = body.title
        self.detail = body.detail
        self.errors = body.errors
        self.retry_after_s = retry_after_s
        self.more = more


def problem_of(answer: httpx.Response, kinds: dict[str, type[ProblemError]]) -> HipperError:
    """The error ``answer`` is; ``kinds``: by the end of their type."""
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return UnexpectedAnswer(f"status {answer.status_code} without a problem")
    try:
        body = msgspec.json.decode(answer.content, type=_Body)
        more = msgspec.json.decode(answer.content, type=dict[str, Any])
    except msgspec.DecodeError:
        return UnexpectedAnswer(f"status {answer.status_code} with a problem that cannot be read")
    named = kinds.get(body.type.removeprefix(PREFIX), ProblemError)
    return named(body, _seconds(answer.headers.get("retry-after")), more)


def _seconds(header: str | None) -> float | None:
    try:
        return None if header is None else float(header)
    except ValueError:
        return None
