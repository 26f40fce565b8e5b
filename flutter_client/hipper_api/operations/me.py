"""Operations of the API: me. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from hipper_api import models
from hipper_api.transport import Transport, Versioned, decoded, quoted, versioned


class Me:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def change_device(self, device: str, body: models.DeviceChange) -> models.OwnDevice:
        """Let a telephone of mine ring, or not.

        Holds for the next call.

        Problems: body-too-large, directory-unavailable, forbidden, invalid-request, invalid-settings,
        not-found, too-many-requests, unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask("PATCH", f"/v1/me/devices/{quoted(device)}", body=body)
        found: models.OwnDevice = decoded(answer, models.OwnDevice)
        return found

    async def get_identity(
        self, *, known: Versioned[models.IdentityShown] | None = None
    ) -> Versioned[models.IdentityShown]:
        """The number I show.

        Also when it was changed from a telephone.

        Problems: directory-unavailable, forbidden, invalid-request, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET", "/v1/me/identity", headers={"If-None-Match": known.etag if known else None}
        )
        return versioned(answer, models.IdentityShown, known)

    async def get_me(self) -> models.Me:
        """Who I am.

        My numbers as people write them, my telephones and their live state, my service pack and what
        is in it.

        Problems: directory-unavailable, forbidden, invalid-request, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", "/v1/me")
        found: models.Me = decoded(answer, models.Me)
        return found

    async def set_identity(
        self, body: models.IdentityWanted, *, if_match: str | None = None
    ) -> Versioned[models.IdentityShown]:
        """Show this number from the next call on.

        Mobile, fixed, or one of my alternate numbers; ``hide`` withholds it on every call. The people
        of my two contact lists may see another one.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, too-many-requests, unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask("PUT", "/v1/me/identity", body=body, headers={"If-Match": if_match})
        return versioned(answer, models.IdentityShown)
