"""Between a request and :mod:`hipper.directory.admin`: who changes, which version they saw, what was
refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg
import msgspec
from litestar import Request, Response

from app.access import Principal, Role
from app.etags import check_if_match, etag, is_known
from app.language import language_of
from app.problems import (
    FORBIDDEN,
    IN_THE_WAY,
    INVALID_SETTINGS,
    NOT_FOUND,
    STORE_UNAVAILABLE,
    InvalidMember,
    ProblemError,
)
from app.stores import Stores
from hipper.directory.admin.changing import Actor, Check, version_of
from hipper.directory.admin.groups import get_group
from hipper.directory.admin.model import Group
from hipper.directory.admin.refused import InTheWay, NotAllowed, NotThere, Refused

Asked = Request[Any, Any, Any]

CHANGED: dict[str, Any] = {"versioned": True, "problems": (IN_THE_WAY,)}
"""What a change of something that exists declares."""
LIVE: dict[str, Any] = {"versioned": True, "problems": (IN_THE_WAY, STORE_UNAVAILABLE)}
"""The same, of one that is refused while there are live calls."""


def stores_of(request: Asked) -> Stores:
    found: Stores = request.app.state.stores
    return found


async def group_asked(request: Asked, group: str) -> Group:
    """The group of the path; the guard may have read it. Raises NotThere."""
    found = request.state.read["group"]
    return found if isinstance(found, Group) else await get_group(stores_of(request).own, group)


def actor_of(request: Asked) -> Actor:
    """Who asks, as far as they may reach."""
    principal: Principal = request.state.principal
    only = (
        principal.account.group if principal.account and principal.role is Role.GROUP_ADMINISTRATOR else None
    )
    return Actor(principal.name, principal.tenant, only)


def check_of(request: Asked) -> Check:
    """If-Match, against what is stored once nobody else can change it."""
    return lambda version: check_if_match(request, version)


@asynccontextmanager
async def changing(request: Asked) -> AsyncIterator[asyncpg.Connection]:
    """A connection that may write the directory; what it refuses becomes a problem."""
    with refusals_told(request):
        async with stores_of(request).directory.acquire() as conn:
            yield conn


@contextmanager
def refusals_told(request: Asked) -> Iterator[None]:
    """Raises ProblemError: 403, 404, 409, 422 for what the directory refuses."""
    try:
        yield
    except NotThere as refused:
        raise _problem(NOT_FOUND, refused) from None
    except NotAllowed as refused:
        raise _problem(FORBIDDEN, refused) from None
    except InTheWay as refused:
        dutch = language_of(request.scope) == "nl"
        errors = tuple(
            InvalidMember(pointer=one.pointer, detail=one.tekst if dutch else one.text)
            for one in refused.obstacles
        )
        raise ProblemError(IN_THE_WAY, str(refused), refused.uitleg, errors=errors) from None
    except Refused as refused:
        dutch = language_of(request.scope) == "nl"
        member = InvalidMember(pointer=refused.pointer, detail=refused.uitleg if dutch else str(refused))
        raise ProblemError(INVALID_SETTINGS, str(refused), refused.uitleg, errors=(member,)) from None


def _problem(kind: Any, refused: Refused) -> ProblemError:
    return ProblemError(kind) if kind is NOT_FOUND else ProblemError(kind, str(refused), refused.uitleg)


def shown(request: Asked, value: msgspec.Struct, status: int = 200) -> Response[Any]:
    """With its ETag; 304 without content for a reader who has it already."""
    version = version_of(value)
    headers = {"ETag": etag(version)}
    if request.method == "GET" and is_known(request, version):
        return Response(None, status_code=304, headers=headers)
    return Response(value, status_code=status, headers=headers)
