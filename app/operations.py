"""What a route declares beside its path: who may ask, what goes in, what comes out.

``@get("/v1/me", operation_id=…, opt=declared(Access.USER, answer=Me))``. The guard (:mod:`app.access`) and
the description (:mod:`app.description`) read it; an application with a silent route does not start.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from app.problems import (
    BODY_TOO_LARGE,
    CHANGED_MEANWHILE,
    DIRECTORY_UNAVAILABLE,
    FORBIDDEN,
    INVALID_REQUEST,
    INVALID_SETTINGS,
    NOT_FOUND,
    TOO_MANY_REQUESTS,
    UNAUTHENTICATED,
    UNSUPPORTED_MEDIA_TYPE,
    ProblemKind,
)

KEY = "operation"


class Access(str, Enum):
    """Who may ask. ``OPEN``: anybody. ``NETWORK``: a mobile network by its key; the route has a guard of its
    own. ``USER``: who signed in, of any role. ``ADMINISTRATOR``: of the group or enterprise the path names,
    an operator, or a program that provisions. ``OPERATOR``: of the installation."""

    OPEN = "open"
    NETWORK = "network"
    USER = "user"
    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"


class Query(msgspec.Struct, frozen=True):
    """A parameter of the query string; ``schema`` as JSON Schema."""

    name: str
    description: str
    schema: dict[str, Any]
    required: bool = False


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """``answer`` None: no content. ``versioned``: has an ETag; a change takes If-Match."""

    access: Access
    answer: Any = None
    body: Any = None
    example: Any = None
    """Of the body."""
    shown: Any = None
    """Of the answer."""
    reads: bool = False
    """A POST that changes nothing."""
    versioned: bool = False
    query: tuple[Query, ...] = ()
    headers: tuple[Query, ...] = ()
    """Of the request, besides those of ETags."""
    problems: tuple[ProblemKind, ...] = ()
    also: tuple[int, ...] = ()
    """Other statuses that carry the answer."""
    media: str = "application/json"
    """Of the answer."""

    def __deepcopy__(self, memo: object) -> Operation:
        """Litestar copies every handler of a controller; nothing in here ever changes."""
        return self


def declared(access: Access, **parts: Any) -> dict[str, Any]:
    """For ``opt`` of a route."""
    return {KEY: Operation(access=access, **parts)}


def operation_of(handler: Any) -> Operation:
    found: Operation = handler.opt[KEY]
    return found


def problems_of(operation: Operation, method: str, path: str) -> tuple[ProblemKind, ...]:
    """Every problem a route may answer with, but for faults of ours."""
    found: list[ProblemKind] = [INVALID_REQUEST, *operation.problems]
    if operation.access in (Access.USER, Access.ADMINISTRATOR, Access.OPERATOR):
        found += [UNAUTHENTICATED, FORBIDDEN, TOO_MANY_REQUESTS, DIRECTORY_UNAVAILABLE]
    if "{" in path:
        found.append(NOT_FOUND)
    if operation.body is not None:
        found += [BODY_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_SETTINGS]
    if operation.versioned and method != "GET":
        found.append(CHANGED_MEANWHILE)
    return tuple(dict.fromkeys(found))


def handlers(app: Litestar) -> Iterable[tuple[str, str, HTTPRouteHandler]]:
    """Every method, path and handler of ours, in the order of the paths."""
    for route in sorted(app.routes, key=lambda one: one.path):
        for handler in getattr(route, "route_handlers", ()):
            for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                yield method, route.path_format, handler
