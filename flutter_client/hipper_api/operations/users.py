"""Operations of the API: users. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal

from hipper_api import models
from hipper_api.transport import Transport, Versioned, decoded, quoted, versioned


class Users:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def assign_number(
        self,
        user: str,
        number: str,
        body: models.HipperDirectoryAdminModelNumberWanted,
        *,
        if_match: str | None = None,
    ) -> Versioned[models.User]:
        """Give a number to a user.

        `number`: digits of a free number of the company, E.164 without its plus. Holds for the next
        call.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, in-the-way,
        invalid-request, invalid-settings, not-found, too-many-requests, unauthenticated, unsupported-
        media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/numbers/{quoted(number)}",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, models.User)

    async def change_one_user(
        self, user: str, body: models.UserChange, *, if_match: str | None = None
    ) -> Versioned[models.User]:
        """Change a user.

        Holds for the next call. `group` moves the user to another group of the company; `enabled`
        false ends signing in, registering and calling.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, in-the-way,
        invalid-request, invalid-settings, not-found, too-many-requests, unauthenticated, unsupported-
        media-type.
        """
        answer = await self._api.ask(
            "PATCH", f"/v1/users/{quoted(user)}", body=body, headers={"If-Match": if_match}
        )
        return versioned(answer, models.User)

    async def create_user(self, group: str, body: models.NewUser) -> models.User:
        """Add a user.

        Whole or not at all. Numbers are free ones of the company's blocks; a mobile number comes with
        the company's mobile subscription of that number. The user signs in once a password is set.

        Problems: body-too-large, directory-unavailable, forbidden, in-the-way, invalid-request,
        invalid-settings, not-found, too-many-requests, unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask("POST", f"/v1/groups/{quoted(group)}/users", body=body)
        found: models.User = decoded(answer, models.User)
        return found

    async def delete_user(self, user: str, *, if_match: str | None = None) -> None:
        """Remove a user.

        With telephones, settings and account. The numbers stay the company's, free. 409: in a live
        call, or a number that a site shows on 112.

        Problems: changed-meanwhile, directory-unavailable, forbidden, in-the-way, invalid-request,
        not-found, store-unavailable, too-many-requests, unauthenticated.
        """
        await self._api.ask("DELETE", f"/v1/users/{quoted(user)}", headers={"If-Match": if_match})

    async def get_licences(
        self, group: str, *, known: Versioned[models.Licences] | None = None
    ) -> Versioned[models.Licences]:
        """How many users of each pack the group may have, and has.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/groups/{quoted(group)}/licences",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, models.Licences, known)

    async def get_one_user(
        self, user: str, *, known: Versioned[models.User] | None = None
    ) -> Versioned[models.User]:
        """One user.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET", f"/v1/users/{quoted(user)}", headers={"If-None-Match": known.etag if known else None}
        )
        return versioned(answer, models.User, known)

    async def list_group_users(
        self, group: str, *, after: str | None = None, limit: int | None = None
    ) -> models.UserPage:
        """The users of a group.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET", f"/v1/groups/{quoted(group)}/users", query={"after": after, "limit": limit}
        )
        found: models.UserPage = decoded(answer, models.UserPage)
        return found

    async def each_group_users(self, group: str, *, limit: int | None = None) -> AsyncIterator[models.User]:
        """All of :meth:`list_group_users`, page after page."""
        after: str | None = None
        while True:
            page = await self.list_group_users(group, limit=limit, after=after)
            for one in page.items:
                yield one
            if page.next is None:
                return
            after = page.next

    async def list_users(
        self, *, after: str | None = None, limit: int | None = None, user: str | None = None
    ) -> models.UserPage:
        """The users I administer.

        Of the own group, enterprise, or of the whole installation.

        Problems: directory-unavailable, forbidden, invalid-request, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", "/v1/users", query={"after": after, "limit": limit, "user": user})
        found: models.UserPage = decoded(answer, models.UserPage)
        return found

    async def each_users(
        self, *, limit: int | None = None, user: str | None = None
    ) -> AsyncIterator[models.User]:
        """All of :meth:`list_users`, page after page."""
        after: str | None = None
        while True:
            page = await self.list_users(limit=limit, user=user, after=after)
            for one in page.items:
                yield one
            if page.next is None:
                return
            after = page.next

    async def preview_pack_change(
        self,
        user: str,
        *,
        pack: Literal[
            "base_plus",
            "business_plus",
            "premium_plus",
            "vast_mobiel_business_plus",
            "vast_mobiel_premium_plus",
        ]
        | None = None,
    ) -> models.PackChange:
        """What another pack would do.

        Which services that are set would be lost, stay, or come; and what must go first.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", f"/v1/users/{quoted(user)}/pack-change", query={"pack": pack})
        found: models.PackChange = decoded(answer, models.PackChange)
        return found

    async def release_number(
        self, user: str, number: str, *, if_match: str | None = None
    ) -> Versioned[models.User]:
        """Take a number from a user.

        It stays the company's, free. A mobile number goes with its handset.

        Problems: changed-meanwhile, directory-unavailable, forbidden, in-the-way, invalid-request,
        not-found, too-many-requests, unauthenticated.
        """
        answer = await self._api.ask(
            "DELETE", f"/v1/users/{quoted(user)}/numbers/{quoted(number)}", headers={"If-Match": if_match}
        )
        return versioned(answer, models.User)

    async def set_licences(
        self, group: str, body: models.LicencesWanted, *, if_match: str | None = None
    ) -> Versioned[models.Licences]:
        """Set how many users of each pack the group may have.

        What is absent has no limit. Not fewer than there are users now: 409.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, in-the-way,
        invalid-request, invalid-settings, not-found, too-many-requests, unauthenticated, unsupported-
        media-type.
        """
        answer = await self._api.ask(
            "PUT", f"/v1/groups/{quoted(group)}/licences", body=body, headers={"If-Match": if_match}
        )
        return versioned(answer, models.Licences)

    async def set_pack(
        self, user: str, body: models.PackWanted, *, if_match: str | None = None
    ) -> Versioned[models.User]:
        """Give a user another pack.

        Holds for the next call. Settings of services that are lost are kept, and do nothing. 409:
        telephones or numbers the pack does not have, or no licence left.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, in-the-way,
        invalid-request, invalid-settings, not-found, too-many-requests, unauthenticated, unsupported-
        media-type.
        """
        answer = await self._api.ask(
            "PUT", f"/v1/users/{quoted(user)}/pack", body=body, headers={"If-Match": if_match}
        )
        return versioned(answer, models.User)
