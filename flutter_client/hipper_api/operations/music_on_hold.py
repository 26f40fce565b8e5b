"""Operations of the API: music on hold. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from hipper_api import models
from hipper_api.transport import Transport, Versioned, decoded, quoted, versioned


class MusicOnHold:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def change_music(
        self, tenant: str, recording: str, body: models.MusicChange, *, if_match: str | None = None
    ) -> Versioned[models.Music]:
        """Rename a recording, or make it the default.

        Heard from the next hold on. Without a default the exchange's own music is heard.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, in-the-way,
        invalid-request, invalid-settings, not-found, too-many-requests, unauthenticated, unsupported-
        media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/tenants/{quoted(tenant)}/music/{quoted(recording)}",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, models.Music)

    async def get_music(
        self, tenant: str, recording: str, *, known: Versioned[models.Music] | None = None
    ) -> Versioned[models.Music]:
        """One recording.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/tenants/{quoted(tenant)}/music/{quoted(recording)}",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, models.Music, known)

    async def hear_music(self, tenant: str, recording: str) -> bytes:
        """What is heard of a recording.

        As it is played: wav, mono, 16 kHz, as loud as any other.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", f"/v1/tenants/{quoted(tenant)}/music/{quoted(recording)}/audio")
        return answer.content

    async def list_music(self, tenant: str) -> models.MusicList:
        """The recordings of a company, by name.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", f"/v1/tenants/{quoted(tenant)}/music")
        found: models.MusicList = decoded(answer, models.MusicList)
        return found

    async def remove_music(self, tenant: str, recording: str, *, if_match: str | None = None) -> None:
        """Remove a recording.

        One that no user chose, and not the default while there are others: 409 says which it is.

        Problems: changed-meanwhile, directory-unavailable, forbidden, in-the-way, invalid-request,
        not-found, too-many-requests, unauthenticated.
        """
        await self._api.ask(
            "DELETE",
            f"/v1/tenants/{quoted(tenant)}/music/{quoted(recording)}",
            headers={"If-Match": if_match},
        )

    async def set_music(
        self,
        tenant: str,
        recording: str,
        body: models.NewMusic,
        *,
        display_name: str | None = None,
        if_match: str | None = None,
    ) -> Versioned[models.Music]:
        """Upload a recording.

        wav, mp3, flac, ogg, opus or m4a of 1 second to 5 minutes and at most 20 MB; one of that name
        is replaced. Heard from the next hold on. The first one of a company is its default.

        The file itself is taken as well, as `audio/…` or `application/octet-stream`, and as the part
        `audio` of `multipart/form-data`. It is made mono and as loud as any other, which takes a
        second or two.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, in-the-way,
        invalid-request, invalid-settings, not-available, not-found, overloaded, too-many-requests,
        unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/tenants/{quoted(tenant)}/music/{quoted(recording)}",
            query={"display_name": display_name},
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, models.Music)
