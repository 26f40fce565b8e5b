"""Operations of the API: accounts of users. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from hipper_api import models
from hipper_api.transport import Transport, decoded, quoted


class AccountsOfUsers:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def get_user_email(self, user: str) -> models.Email:
        """Where mail for the user goes.

        GET Route Decorator.

        Use this decorator to decorate an HTTP handler for GET requests.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", f"/v1/users/{quoted(user)}/email")
        found: models.Email = decoded(answer, models.Email)
        return found

    async def remove_user_second_factor(self, user: str) -> None:
        """Let the user sign in with the password alone.

        For who lost telephone and recovery codes. Done as well when there was none.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        await self._api.ask("DELETE", f"/v1/users/{quoted(user)}/second-factor")

    async def set_user_email(self, user: str, body: models.EmailSet) -> models.Email:
        """Have mail for the user go there.

        Counts at once; the address before is told.

        Problems: body-too-large, directory-unavailable, forbidden, invalid-request, invalid-settings,
        not-found, too-many-requests, unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask("PUT", f"/v1/users/{quoted(user)}/email", body=body)
        found: models.Email = decoded(answer, models.Email)
        return found
