"""Services of a user or a group as JSON; changes go through :mod:`hipper.directory.services`."""

from __future__ import annotations

from enum import Enum
from functools import cache
from typing import Any

import asyncpg
import msgspec
from litestar import Request

from app.bodies import invalid, object_of
from app.etags import check_if_match
from app.problems import CHANGED_MEANWHILE, NOT_FOUND, NOT_IN_PACK, ProblemError
from hipper.directory import services as stored
from hipper.directory.errors import ChangedMeanwhile, InvalidSettings, NotInPack, UnknownService
from hipper.pbx.model import ServicePack
from hipper.pbx.service_packs import holds
from hipper.pbx.services.base import Settings
from hipper.pbx.services.registry import SERVICES, Scope, ServiceDefinition


class ServiceSummary(msgspec.Struct, frozen=True, kw_only=True):
    """``included``: the user's pack holds it. ``version`` 0: never set, ``settings`` are the defaults."""

    name: str
    nl: str
    en: str
    seed: str
    included: bool
    version: int
    settings: dict[str, Any]


class ServiceSummaries(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[ServiceSummary, ...]


def complete(value: Any) -> Any:
    """Every member, those that are as by default too: storage leaves them out, and readers should not have to
    know what they are."""
    if isinstance(value, msgspec.Struct):
        return {name: complete(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list | frozenset):
        return [complete(one) for one in value]
    if isinstance(value, dict):
        return {str(complete(key)): complete(one) for key, one in value.items()}
    return value


@cache
def _defaults(name: str) -> dict[str, Any]:
    """Of a service that was never set, which most are."""
    found: dict[str, Any] = complete(SERVICES[name].settings())
    return found


def service_named(name: str, scope: Scope) -> ServiceDefinition:
    """Raises ProblemError: 404."""
    try:
        return stored.service_named(name, scope)
    except UnknownService:
        raise ProblemError(NOT_FOUND) from None


async def summaries(
    pool: asyncpg.Pool, scope: Scope, owner: str, pack: ServicePack | None
) -> ServiceSummaries:
    async with pool.acquire() as conn:
        found = await stored.get_services(conn, scope, owner)
    return ServiceSummaries(
        items=tuple(
            ServiceSummary(
                name=name,
                nl=SERVICES[name].nl,
                en=SERVICES[name].en,
                seed=SERVICES[name].seed,
                included=pack is None or holds(pack, name),
                version=one.version,
                settings=complete(one.settings) if one.version else _defaults(name),
            )
            for name, one in found.items()
        )
    )


async def one(pool: asyncpg.Pool, scope: Scope, owner: str, name: str) -> stored.StoredService:
    """As it is. Raises ProblemError: 404."""
    service = service_named(name, scope)
    async with pool.acquire() as conn:
        try:
            return await stored.get_service(conn, scope, owner, name)
        except InvalidSettings:  # of a version we do not know: calls take it as never set
            return (await stored.get_services(conn, scope, owner))[service.name]


async def change(
    request: Request[Any, Any, Any], pool: asyncpg.Pool, scope: Scope, owner: str, name: str, by: str
) -> stored.StoredService:
    """PUT: what is absent is as by default. PATCH: what is absent stays. Returns what holds now. Raises
    ProblemError: 403, 404, 412, 422 and those of bodies."""
    service = service_named(name, scope)
    values = await object_of(request)
    async with pool.acquire() as conn:
        seen = await _seen(request, conn, scope, owner, name)
        try:
            if request.method == "PATCH":
                write: Any = (
                    stored.change_user_service if scope == "subscriber" else stored.change_group_service
                )
                await write(conn, owner, name, values, by, if_version=seen)
            else:
                settings = stored.read_settings(service, values)
                write = stored.set_user_service if scope == "subscriber" else stored.set_group_service
                await write(conn, owner, name, settings, by, if_version=seen)
        except InvalidSettings as error:
            raise invalid(str(error).removeprefix(f"{name}: "), request) from None
        except NotInPack as error:
            raise _not_in_pack(name, error) from None
        except ChangedMeanwhile:
            raise ProblemError(CHANGED_MEANWHILE, "read it again", "lees het opnieuw") from None
        return await stored.get_service(conn, scope, owner, name)


async def _seen(
    request: Request[Any, Any, Any], conn: Any, scope: Scope, owner: str, name: str
) -> int | None:
    """The version If-Match means; None without one. It is asked again when the row is locked."""
    if "if-match" not in request.headers:
        return None
    version = (await stored.get_services(conn, scope, owner))[name].version
    check_if_match(request, version)
    return None if request.headers["if-match"].strip() == "*" else version


def _not_in_pack(name: str, error: NotInPack) -> ProblemError:
    packs = tuple(pack for pack in ServicePack if holds(pack, name))
    words = ", ".join(pack.value for pack in packs)
    return ProblemError(NOT_IN_PACK, str(error), f"{name} zit wel in {words}", packs=packs)


def answer_of(found: stored.StoredService) -> dict[str, Any]:
    settings: Settings = found.settings
    answer: dict[str, Any] = complete(settings)
    return answer
