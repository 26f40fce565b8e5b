"""Operations of the API: accounts of users. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from hipper_api import models
from hipper_api.transport import Transport, decoded, quoted


class AccountsOfUsers:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def get_user_email(self, user: str) -> models.Email:
        """Where mail for the user goes.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", f"/v1/users/{quoted(user)}/email")
        found: models.Email = decoded(answer, models.Email)
        return found

    async def make_password(self, user: str) -> models.PasswordMade:
        """Make a new password for a user.

        Shown once. The one before works no more, and the user's sessions end. Asked twice, there are
        two, and the last one works.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, overloaded, too-many-
        requests, unauthenticated.
        """
        answer = await self._api.ask("POST", f"/v1/users/{quoted(user)}/password")
        found: models.PasswordMade = decoded(answer, models.PasswordMade)
        return found

    async def remove_user_second_factor(self, user: str) -> None:
        """Let the user sign in with the password alone.

        For who lost telephone and recovery codes. Done as well when there was none.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        await self._api.ask("DELETE", f"/v1/users/{quoted(user)}/second-factor")

    async def set_role(self, user: str, body: models.RoleWanted) -> models.RoleShown:
        """Make a user an administrator, or a plain user again.

        Holds for the next request. No role above the own one is given.

        Problems: body-too-large, directory-unavailable, forbidden, invalid-request, invalid-settings,
        not-found, too-many-requests, unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask("PUT", f"/v1/users/{quoted(user)}/role", body=body)
        found: models.RoleShown = decoded(answer, models.RoleShown)
        return found

    async def set_user_email(self, user: str, body: models.EmailSet) -> models.Email:
        """Have mail for the user go there.

        Counts at once; the address before is told. Whoever sets where a password reset goes can
        become that user: 403 for one of a higher role.

        Problems: body-too-large, directory-unavailable, forbidden, invalid-request, invalid-settings,
        not-found, too-many-requests, unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask("PUT", f"/v1/users/{quoted(user)}/email", body=body)
        found: models.Email = decoded(answer, models.Email)
        return found
