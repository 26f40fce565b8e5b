"""Operations of the API: telephones. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from hipper_api import models
from hipper_api.transport import Transport, Versioned, decoded, quoted, versioned


class Telephones:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def change_one_device(
        self, telephone: str, body: models.TelephoneChange, *, if_match: str | None = None
    ) -> Versioned[models.Telephone]:
        """Change a telephone.

        Holds for the next call.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, in-the-way,
        invalid-request, invalid-settings, not-found, too-many-requests, unauthenticated, unsupported-
        media-type.
        """
        answer = await self._api.ask(
            "PATCH", f"/v1/devices/{quoted(telephone)}", body=body, headers={"If-Match": if_match}
        )
        return versioned(answer, models.Telephone)

    async def create_device(self, user: str, body: models.NewTelephone) -> models.Credentials:
        """Give a user a desk phone.

        The answer has what it registers with, as text and as QR code, once: only a hash is kept.
        `site` is an emergency zone of the group: what 112 from this telephone shows and where it
        goes.

        Problems: body-too-large, directory-unavailable, forbidden, in-the-way, invalid-request,
        invalid-settings, not-found, too-many-requests, unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask("POST", f"/v1/users/{quoted(user)}/devices", body=body)
        found: models.Credentials = decoded(answer, models.Credentials)
        return found

    async def delete_device(self, telephone: str, *, if_match: str | None = None) -> None:
        """Take a telephone away.

        409 while it is in a call. A mobile goes with its number.

        Problems: changed-meanwhile, directory-unavailable, forbidden, in-the-way, invalid-request,
        not-found, store-unavailable, too-many-requests, unauthenticated.
        """
        await self._api.ask("DELETE", f"/v1/devices/{quoted(telephone)}", headers={"If-Match": if_match})

    async def get_one_device(
        self, telephone: str, *, known: Versioned[models.Telephone] | None = None
    ) -> Versioned[models.Telephone]:
        """One telephone.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/devices/{quoted(telephone)}",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, models.Telephone, known)

    async def list_devices(self, user: str) -> models.Telephones:
        """The telephones of a user.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", f"/v1/users/{quoted(user)}/devices")
        found: models.Telephones = decoded(answer, models.Telephones)
        return found

    async def rotate_credentials(self, telephone: str) -> models.Credentials:
        """Make a new password for a desk phone.

        Shown once. The one before works no more, from the next call or registration on.

        Problems: directory-unavailable, forbidden, invalid-request, invalid-settings, not-found, too-
        many-requests, unauthenticated.
        """
        answer = await self._api.ask("POST", f"/v1/devices/{quoted(telephone)}/credentials")
        found: models.Credentials = decoded(answer, models.Credentials)
        return found
