"""``/v1/users/<user>/usage`` and ``/v1/groups/<group>/usage``: what employees used in a month (seed 2.3).

Sums only: whom somebody called is nobody else's business (call-flows §7).
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, get
from litestar.params import FromPath

from app.domain.admin.asking import Asked, group_asked, refusals_told, stores_of
from app.operations import Access, Query, declared
from app.pages import QUERY, Listed, Page, page_of
from app.problems import INVALID_REQUEST, ProblemError
from fmc_gateway.records.usage import Used, usage_of
from hipper.directory.admin import groups, users
from hipper.directory.admin.model import Group, User
from hipper.runtime.clock import Clock

_MONTH = Query(
    "month",
    "which one, in the group's time zone; by default this one",
    {"type": "string", "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])$"},
)
_USAGE = {
    "user": "s_1f0e",
    "display_name": "Anna de Vries",
    "month": "2026-11",
    "mobile": [{"tariff": "mobile", "calls": 12, "seconds": 2750.5, "euros": 0.0, "latest": 1764000000.0}],
    "fixed": [],
}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """``seconds`` that were charged. ``euros``: by the rates of the calling plan. ``latest``: Unix
    seconds."""

    tariff: str
    calls: int
    seconds: float
    euros: float
    latest: float


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Of one employee: ``mobile`` and ``fixed`` subscription, a line for each tariff."""

    user: str
    display_name: str
    month: Annotated[str, msgspec.Meta(pattern="^20[0-9]{2}-[01][0-9]$")]
    mobile: tuple[Line, ...]
    fixed: tuple[Line, ...]


class UsagePage(Listed[Usage], frozen=True): ...


class UsageController(Controller):
    """What employees used."""

    tags = ("usage",)

    @get(
        "/v1/users/{user:str}/usage",
        operation_id="getUsage",
        summary="What an employee used in a month",
        opt=declared(Access.ADMINISTRATOR, answer=Usage, query=(_MONTH,), shown=_USAGE),
    )
    async def of_user(self, request: Asked, user: FromPath[str]) -> Usage:
        """Up to the last call that is over."""
        own = stores_of(request).own
        with refusals_told(request):
            known = await users.get_user(own, user)
            group = await groups.get_group(own, known.group)
        return (await _usage(request, group, [known]))[0]

    @get(
        "/v1/groups/{group:str}/usage",
        operation_id="listUsage",
        summary="What the employees of a group used in a month",
        opt=declared(
            Access.ADMINISTRATOR,
            answer=UsagePage,
            query=(*QUERY, _MONTH),
            shown={"items": [_USAGE], "next": None},
        ),
    )
    async def of_group(self, request: Asked, group: FromPath[str]) -> UsagePage:
        page: Page = page_of(request)
        own = stores_of(request).own
        with refusals_told(request):
            owner = await group_asked(request, group)
        found = await users.list_users(
            own, tenant=owner.tenant, group=group, after=page.after, limit=page.reach
        )
        shown, more = page.cut(found, lambda one: one.id)
        return UsagePage(items=tuple(await _usage(request, owner, shown)), next=more)


async def _usage(request: Asked, group: Group, of: Sequence[User]) -> list[Usage]:
    month, since, until = _month(request, group.time_zone)
    names = [name for one in of for name in (one.mobile_subscription, one.fixed_subscription) if name]
    used = await usage_of(stores_of(request).records, group.tenant, names, since, until)
    return [
        Usage(
            user=one.id,
            display_name=one.display_name,
            month=month,
            mobile=_lines(used, one.mobile_subscription),
            fixed=_lines(used, one.fixed_subscription),
        )
        for one in of
    ]


def _lines(used: list[Used], subscription: str | None) -> tuple[Line, ...]:
    return tuple(
        Line(tariff=one.tariff, calls=one.calls, seconds=one.seconds, euros=one.euros, latest=one.latest)
        for one in used
        if one.subscription == subscription
    )


def _month(request: Asked, time_zone: str) -> tuple[str, datetime, datetime]:
    """Its name, its first moment, and that of the next. Raises ProblemError: 400."""
    zone = zoneinfo.ZoneInfo(time_zone)
    clock: Clock = request.app.state.clock
    name = request.query_params.get("month") or datetime.fromtimestamp(clock.unix(), zone).strftime("%Y-%m")
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", name):
        raise ProblemError(INVALID_REQUEST, "month is such as 2026-11", "month is zoals 2026-11")
    year, month = int(name[:4]), int(name[5:])
    since = datetime(year, month, 1, tzinfo=zone)
    return name, since, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone)
