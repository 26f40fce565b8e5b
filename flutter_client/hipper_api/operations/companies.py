"""Operations of the API: companies. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hipper_api import models
from hipper_api.transport import Transport, Versioned, decoded, quoted, versioned


class Companies:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def change_tenant(
        self, tenant: str, body: models.TenantChange, *, if_match: str | None = None
    ) -> Versioned[models.Tenant]:
        """Change a company.

        Domains and the mobile network are for operators, the rest for the enterprise's
        administrators.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, in-the-way,
        invalid-request, invalid-settings, not-found, too-many-requests, unauthenticated, unsupported-
        media-type.
        """
        answer = await self._api.ask(
            "PATCH", f"/v1/tenants/{quoted(tenant)}", body=body, headers={"If-Match": if_match}
        )
        return versioned(answer, models.Tenant)

    async def create_group(self, tenant: str, body: models.NewGroup) -> models.Group:
        """Add a group to an enterprise.

        Problems: body-too-large, directory-unavailable, forbidden, in-the-way, invalid-request,
        invalid-settings, not-found, too-many-requests, unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask("POST", f"/v1/tenants/{quoted(tenant)}/groups", body=body)
        found: models.Group = decoded(answer, models.Group)
        return found

    async def create_tenant(self, body: models.NewTenant) -> models.Tenant:
        """Add a company.

        With its first group. An enterprise has groups that call each other on-net; a group stands
        alone.

        Problems: body-too-large, directory-unavailable, forbidden, in-the-way, invalid-request,
        invalid-settings, too-many-requests, unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask("POST", "/v1/tenants", body=body)
        found: models.Tenant = decoded(answer, models.Tenant)
        return found

    async def delete_tenant(self, tenant: str, *, if_match: str | None = None) -> None:
        """Remove a company.

        One without users and numbers; 409 says what is left.

        Problems: changed-meanwhile, directory-unavailable, forbidden, in-the-way, invalid-request,
        not-found, too-many-requests, unauthenticated.
        """
        await self._api.ask("DELETE", f"/v1/tenants/{quoted(tenant)}", headers={"If-Match": if_match})

    async def get_tenant(
        self, tenant: str, *, known: Versioned[models.Tenant] | None = None
    ) -> Versioned[models.Tenant]:
        """One company.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET", f"/v1/tenants/{quoted(tenant)}", headers={"If-None-Match": known.etag if known else None}
        )
        return versioned(answer, models.Tenant, known)

    async def list_tenants(self, *, after: str | None = None, limit: int | None = None) -> models.TenantPage:
        """The companies I administer.

        All of the installation for operators, the own one for others.

        Problems: directory-unavailable, forbidden, invalid-request, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", "/v1/tenants", query={"after": after, "limit": limit})
        found: models.TenantPage = decoded(answer, models.TenantPage)
        return found

    async def each_tenants(self, *, limit: int | None = None) -> AsyncIterator[models.Tenant]:
        """All of :meth:`list_tenants`, page after page."""
        after: str | None = None
        while True:
            page = await self.list_tenants(limit=limit, after=after)
            for one in page.items:
                yield one
            if page.next is None:
                return
            after = page.next
