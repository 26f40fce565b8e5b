"""``/v1/me/services``, ``/v1/groups``, ``/v1/groups/<group>/services``: one resource per service of
:mod:`hipper.pbx.services`, described one by one (:mod:`app.description`)."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, patch, put
from litestar.params import FromPath

from app.access import Principal, Role, user_asked, user_of
from app.domain.me.controllers import versioned
from app.domain.services import services
from app.domain.services.services import ServiceSummaries
from app.operations import Access, declared
from app.pages import QUERY, Listed, page_of
from app.problems import FORBIDDEN, NOT_IN_PACK, ProblemError
from app.stores import Stores
from hipper.directory.accounts import list_groups
from hipper.pbx.model import ServicePack
from hipper.pbx.services.base import Settings
from hipper.pbx.services.registry import Scope

ADMINISTERED = frozenset({"outgoing_calling_plan", "intercept_user", "simultaneous_calls"})
"""Services of a user that bind the user: only administrators set them."""
_SUMMARY = {
    "items": [
        {
            "name": "do_not_disturb",
            "nl": "Niet storen",
            "en": "Do Not Disturb",
            "seed": "9",
            "included": True,
            "version": 3,
            "settings": {"active": True},
        }
    ]
}
_READ: dict[str, Any] = {"answer": Settings, "versioned": True}
_CHANGE: dict[str, Any] = {
    "body": Settings,
    "answer": Settings,
    "versioned": True,
    "problems": (NOT_IN_PACK,),
}


async def _shown(request: Request[Any, Any, Any], scope: Scope, owner: str, service: str) -> Response[Any]:
    """Raises ProblemError."""
    stores: Stores = request.app.state.stores
    found = await services.one(stores.own, scope, owner, service)
    return versioned(request, services.answer_of(found), found.version)


async def _changed(request: Request[Any, Any, Any], scope: Scope, owner: str, service: str) -> Response[Any]:
    """Raises ProblemError."""
    stores: Stores = request.app.state.stores
    principal: Principal = request.state.principal
    now = await services.change(request, stores.directory, scope, owner, service, principal.name)
    return versioned(request, services.answer_of(now), now.version)


class OwnServiceController(Controller):
    """My services."""

    path = "/v1/me/services"
    tags = ("my services",)

    @get(
        "/",
        operation_id="listMyServices",
        summary="All my services and how they are set",
        opt=declared(Access.USER, answer=ServiceSummaries, shown=_SUMMARY),
    )
    async def all(self, request: Request[Any, Any, Any]) -> ServiceSummaries:
        stores: Stores = request.app.state.stores
        account = user_of(request.state.principal)
        pack = ServicePack(account.pack)
        return await services.summaries(stores.own, "subscriber", account.subscriber, pack)

    @get("/{service:str}", operation_id="getMy", opt=declared(Access.USER, **_READ))
    async def one(self, request: Request[Any, Any, Any], service: FromPath[str]) -> Response[Any]:
        """How it is set, every member of it, also when the pack does not hold it."""
        return await _shown(request, "subscriber", user_of(request.state.principal).subscriber, service)

    @put("/{service:str}", operation_id="setMy", opt=declared(Access.USER, **_CHANGE))
    async def set(self, request: Request[Any, Any, Any], service: FromPath[str]) -> Response[Any]:
        """Holds for the next call. What is absent is as by default."""
        return await self._change(request, service)

    @patch("/{service:str}", operation_id="changeMy", opt=declared(Access.USER, **_CHANGE))
    async def change(self, request: Request[Any, Any, Any], service: FromPath[str]) -> Response[Any]:
        """Holds for the next call. What is absent stays, ``null`` is a value; lists are given whole."""
        return await self._change(request, service)

    async def _change(self, request: Request[Any, Any, Any], service: str) -> Response[Any]:
        principal: Principal = request.state.principal
        if service in ADMINISTERED and principal.role is Role.USER:
            raise ProblemError(FORBIDDEN, "your administrator sets this", "dit stelt de beheerder in")
        return await _changed(request, "subscriber", user_of(principal).subscriber, service)


class UserServiceController(Controller):
    """Services of a user, for who administers the user."""

    path = "/v1/users/{user:str}/services"
    tags = ("services of users",)

    @get(
        "/",
        operation_id="listUserServices",
        summary="All services of a user and how they are set",
        opt=declared(Access.ADMINISTRATOR, answer=ServiceSummaries, shown=_SUMMARY),
    )
    async def all(self, request: Request[Any, Any, Any], user: FromPath[str]) -> ServiceSummaries:
        stores: Stores = request.app.state.stores
        pack = ServicePack(user_asked(request).pack)
        return await services.summaries(stores.own, "subscriber", user, pack)

    @get("/{service:str}", operation_id="getUser", opt=declared(Access.ADMINISTRATOR, **_READ))
    async def one(
        self, request: Request[Any, Any, Any], user: FromPath[str], service: FromPath[str]
    ) -> Response[Any]:
        """How it is set for one user, also when the pack does not hold it."""
        return await _shown(request, "subscriber", user, service)

    @put("/{service:str}", operation_id="setUser", opt=declared(Access.ADMINISTRATOR, **_CHANGE))
    async def set(
        self, request: Request[Any, Any, Any], user: FromPath[str], service: FromPath[str]
    ) -> Response[Any]:
        """Holds for the next call. What is absent is as by default."""
        return await _changed(request, "subscriber", user, service)

    @patch("/{service:str}", operation_id="changeUser", opt=declared(Access.ADMINISTRATOR, **_CHANGE))
    async def change(
        self, request: Request[Any, Any, Any], user: FromPath[str], service: FromPath[str]
    ) -> Response[Any]:
        """Holds for the next call. What is absent stays, ``null`` is a value; lists are given whole."""
        return await _changed(request, "subscriber", user, service)


class GroupSummary(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    display_name: str


class GroupPage(Listed[GroupSummary], frozen=True): ...


class GroupController(Controller):
    """Groups, for who administers them."""

    path = "/v1/groups"
    tags = ("groups",)

    @get(
        "/",
        operation_id="listGroups",
        summary="The groups I administer",
        opt=declared(
            Access.ADMINISTRATOR,
            answer=GroupPage,
            query=QUERY,
            shown={
                "items": [{"id": "g_0a1b", "name": "amsterdam", "display_name": "Amsterdam"}],
                "next": None,
            },
        ),
    )
    async def groups(self, request: Request[Any, Any, Any]) -> GroupPage:
        stores: Stores = request.app.state.stores
        principal: Principal = request.state.principal
        page = page_of(request)
        only = user_of(principal).group if principal.role is Role.GROUP_ADMINISTRATOR else None
        found = await list_groups(
            stores.own, tenant=principal.tenant, only=only, after=page.after, limit=page.reach
        )
        shown, more = page.cut(found, lambda one: str(one.group))
        return GroupPage(
            items=tuple(
                GroupSummary(id=one.group, name=one.name, display_name=one.display_name) for one in shown
            ),
            next=more,
        )

    @get(
        "/{group:str}/services",
        operation_id="listGroupServices",
        summary="All services of the group and how they are set",
        opt=declared(Access.ADMINISTRATOR, answer=ServiceSummaries, shown=_SUMMARY),
    )
    async def all(self, request: Request[Any, Any, Any], group: FromPath[str]) -> ServiceSummaries:
        stores: Stores = request.app.state.stores
        return await services.summaries(stores.own, "group", group, None)

    @get(
        "/{group:str}/services/{service:str}",
        operation_id="getGroup",
        opt=declared(Access.ADMINISTRATOR, **_READ),
    )
    async def one(
        self, request: Request[Any, Any, Any], group: FromPath[str], service: FromPath[str]
    ) -> Response[Any]:
        """How it is set for the whole group."""
        return await _shown(request, "group", group, service)

    @put(
        "/{group:str}/services/{service:str}",
        operation_id="setGroup",
        opt=declared(Access.ADMINISTRATOR, **_CHANGE),
    )
    async def set(
        self, request: Request[Any, Any, Any], group: FromPath[str], service: FromPath[str]
    ) -> Response[Any]:
        """Holds for the next call. What is absent is as by default."""
        return await _changed(request, "group", group, service)

    @patch(
        "/{group:str}/services/{service:str}",
        operation_id="changeGroup",
        opt=declared(Access.ADMINISTRATOR, **_CHANGE),
    )
    async def change(
        self, request: Request[Any, Any, Any], group: FromPath[str], service: FromPath[str]
    ) -> Response[Any]:
        """Holds for the next call. What is absent stays, ``null`` is a value; lists are given whole."""
        return await _changed(request, "group", group, service)
