"""Operations of the API: imports. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from hipper_api import models
from hipper_api.transport import Transport, decoded, quoted


class Imports:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def get_import(self, import_: str) -> models.Import:
        """How far an import is, and what was wrong.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", f"/v1/imports/{quoted(import_)}")
        found: models.Import = decoded(answer, models.Import)
        return found

    async def list_imports(self, tenant: str) -> models.Imports:
        """The last imports of a company.

        Who administers one group sees the own ones.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", f"/v1/tenants/{quoted(tenant)}/imports")
        found: models.Imports = decoded(answer, models.Imports)
        return found

    async def start_import(self, tenant: str, body: models.AppDomainAdminBulkImportWanted) -> models.Import:
        """Import users, numbers and telephones from a CSV file.

        One line is a user; further lines of the same user add alternates and telephones. Each user is
        made or changed whole, or not at all; the others are. The same file again changes nothing. The
        answer comes at once: `GET /v1/imports/{import}` says how far it is, and what was wrong on
        which line.

        Problems: body-too-large, directory-unavailable, forbidden, in-the-way, invalid-request,
        invalid-settings, not-found, overloaded, too-many-requests, unauthenticated, unsupported-
        media-type.
        """
        answer = await self._api.ask("POST", f"/v1/tenants/{quoted(tenant)}/imports", body=body)
        found: models.Import = decoded(answer, models.Import)
        return found
