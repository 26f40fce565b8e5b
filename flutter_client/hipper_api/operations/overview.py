"""Operations of the API: overview. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from hipper_api import models
from hipper_api.transport import Transport, Versioned, versioned


class Overview:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def get_overview(
        self, *, known: Versioned[models.Overview] | None = None
    ) -> Versioned[models.Overview]:
        """The tiles I chose and how they stand.

        In my order; only what my service pack holds. Who has not chosen sees what the pack begins
        with.

        Problems: directory-unavailable, forbidden, invalid-request, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET", "/v1/me/overview", headers={"If-None-Match": known.etag if known else None}
        )
        return versioned(answer, models.Overview, known)

    async def set_overview(
        self, body: models.OverviewWanted, *, if_match: str | None = None
    ) -> Versioned[models.Overview]:
        """Choose the tiles and their order.

        ``null``: those of the service pack again. A tile shows a setting and has none of its own:
        change it at its ``at``.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, too-many-requests, unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask("PUT", "/v1/me/overview", body=body, headers={"If-Match": if_match})
        return versioned(answer, models.Overview)
