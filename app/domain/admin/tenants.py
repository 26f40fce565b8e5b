"""``/v1/tenants``, ``/v1/tenants/<tenant>/groups``, ``/v1/groups/<group>``: companies and their groups."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Response, delete, get, patch, post
from litestar.params import FromPath

from app.access import Principal
from app.bodies import body_of
from app.domain.admin.asking import (
    CHANGED,
    Asked,
    actor_of,
    changing,
    check_of,
    group_asked,
    refusals_told,
    shown,
    stores_of,
)
from app.operations import Access, declared
from app.pages import QUERY, Listed, page_of
from app.problems import IN_THE_WAY
from hipper.directory.admin import groups, tenants
from hipper.directory.admin.model import Group, GroupChange, NewGroup, NewTenant, Tenant, TenantChange

TENANT = {
    "id": "t_5e1f",
    "name": "bakkerij-de-vries",
    "display_name": "Bakkerij de Vries B.V.",
    "kind": "enterprise",
    "domains": ["bakkerijdevries.example"],
    "main_number": "+31201234500",
    "mobile_network": "demo-mobile",
}
GROUP = {
    "id": "g_0a1b",
    "tenant": "t_5e1f",
    "name": "amsterdam",
    "display_name": "Amsterdam",
    "country": "NL",
    "area_code": "20",
    "time_zone": "Europe/Amsterdam",
}


class TenantPage(Listed[Tenant], frozen=True): ...


class TenantController(Controller):
    """Companies."""

    path = "/v1/tenants"
    tags = ("companies",)

    @get(
        "/",
        operation_id="listTenants",
        summary="The companies I administer",
        opt=declared(
            Access.ADMINISTRATOR, answer=TenantPage, query=QUERY, shown={"items": [TENANT], "next": None}
        ),
    )
    async def all(self, request: Asked) -> TenantPage:
        """All of the installation for operators, the own one for others."""
        principal: Principal = request.state.principal
        page, own = page_of(request), stores_of(request).own
        if principal.tenant is not None:
            with refusals_told(request):
                one = await tenants.get_tenant(own, principal.tenant)
            return TenantPage(items=() if page.after else (one,), next=None)
        found = await tenants.list_tenants(own, page.after, page.reach)
        return TenantPage.of(found, page, lambda one: one.id)

    @post(
        "/",
        operation_id="createTenant",
        summary="Add a company",
        opt=declared(
            Access.OPERATOR,
            body=NewTenant,
            answer=Tenant,
            problems=(IN_THE_WAY,),
            example={
                "name": "slagerij-bos",
                "display_name": "Slagerij Bos",
                "kind": "group",
                "domains": ["slagerijbos.example"],
            },
            shown=TENANT,
        ),
    )
    async def create(self, request: Asked) -> Response[Any]:
        """With its first group. An enterprise has groups that call each other on-net; a group stands
        alone."""
        wanted = await body_of(request, NewTenant)
        async with changing(request) as conn:
            return shown(request, await tenants.create_tenant(conn, actor_of(request), wanted), 201)

    @get(
        "/{tenant:str}",
        operation_id="getTenant",
        summary="One company",
        opt=declared(Access.ADMINISTRATOR, answer=Tenant, versioned=True, shown=TENANT),
    )
    async def one(self, request: Asked, tenant: FromPath[str]) -> Response[Any]:
        with refusals_told(request):
            return shown(request, await tenants.get_tenant(stores_of(request).own, tenant))

    @patch(
        "/{tenant:str}",
        operation_id="changeTenant",
        summary="Change a company",
        opt=declared(
            Access.ADMINISTRATOR,
            body=TenantChange,
            answer=Tenant,
            example={"display_name": "Bakkerij de Vries"},
            shown=TENANT,
            **CHANGED,
        ),
    )
    async def change(self, request: Asked, tenant: FromPath[str]) -> Response[Any]:
        """Domains and the mobile network are for operators, the rest for the enterprise's administrators."""
        change = await body_of(request, TenantChange)
        async with changing(request) as conn:
            now = await tenants.change_tenant(conn, actor_of(request), tenant, change, check_of(request))
            return shown(request, now)

    @delete(
        "/{tenant:str}",
        operation_id="deleteTenant",
        summary="Remove a company",
        opt=declared(Access.OPERATOR, **CHANGED),
    )
    async def remove(self, request: Asked, tenant: FromPath[str]) -> None:
        """One without users and numbers; 409 says what is left."""
        async with changing(request) as conn:
            await tenants.delete_tenant(conn, actor_of(request), tenant, check_of(request))

    @post(
        "/{tenant:str}/groups",
        operation_id="createGroup",
        summary="Add a group to an enterprise",
        opt=declared(
            Access.ADMINISTRATOR,
            body=NewGroup,
            answer=Group,
            problems=(IN_THE_WAY,),
            example={"name": "utrecht", "display_name": "Utrecht", "area_code": "30"},
            shown=GROUP,
        ),
    )
    async def add_group(self, request: Asked, tenant: FromPath[str]) -> Response[Any]:
        wanted = await body_of(request, NewGroup)
        async with changing(request) as conn:
            company = await tenants.get_tenant(conn, tenant)
            return shown(request, await groups.create_group(conn, actor_of(request), company, wanted), 201)


class OneGroupController(Controller):
    """One group, for who administers it."""

    path = "/v1/groups/{group:str}"
    tags = ("groups",)

    @get(
        "/",
        operation_id="getOneGroup",
        summary="One group",
        opt=declared(Access.ADMINISTRATOR, answer=Group, versioned=True, shown=GROUP),
    )
    async def one(self, request: Asked, group: FromPath[str]) -> Response[Any]:
        with refusals_told(request):
            return shown(request, await group_asked(request, group))

    @patch(
        "/",
        operation_id="changeOneGroup",
        summary="Change a group",
        opt=declared(
            Access.ADMINISTRATOR,
            body=GroupChange,
            answer=Group,
            example={"area_code": "20"},
            shown=GROUP,
            **CHANGED,
        ),
    )
    async def change(self, request: Asked, group: FromPath[str]) -> Response[Any]:
        """The country is that of the numbers dialled there, and stays."""
        change = await body_of(request, GroupChange)
        async with changing(request) as conn:
            now = await groups.change_group(conn, actor_of(request), group, change, check_of(request))
            return shown(request, now)

    @delete(
        "/",
        operation_id="deleteGroup",
        summary="Remove a group",
        opt=declared(Access.ADMINISTRATOR, **CHANGED),
    )
    async def remove(self, request: Asked, group: FromPath[str]) -> None:
        """One without users that is not the last; 409 says what is left."""
        async with changing(request) as conn:
            await groups.delete_group(conn, actor_of(request), group, check_of(request))
