"""Operations of the API: availability. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from hipper_api import models
from hipper_api.transport import Transport, Versioned, decoded, quoted, versioned


class Availability:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def choose_profile(
        self, body: models.ProfileChoice, *, if_match: str | None = None
    ) -> Versioned[models.AvailabilityShown]:
        """Switch to a profile.

        By hand: until something else is chosen, or until a time; ``null``: by schedule again. Holds
        for the next call.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, too-many-requests, unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT", "/v1/me/availability/profile", body=body, headers={"If-Match": if_match}
        )
        return versioned(answer, models.AvailabilityShown)

    async def forget_route(
        self, own_number: str, *, if_match: str | None = None
    ) -> Versioned[models.AvailabilityShown]:
        """Let a number of mine always ring.

        As if nothing had ever been set for it.

        Problems: changed-meanwhile, directory-unavailable, forbidden, invalid-request, not-found,
        too-many-requests, unauthenticated.
        """
        answer = await self._api.ask(
            "DELETE", f"/v1/me/availability/numbers/{quoted(own_number)}", headers={"If-Match": if_match}
        )
        return versioned(answer, models.AvailabilityShown)

    async def get_availability(
        self, *, known: Versioned[models.AvailabilityShown] | None = None
    ) -> Versioned[models.AvailabilityShown]:
        """When I can be reached, and how.

        For each of my numbers its schedule and what happens inside and outside it, my profiles, and
        the one that is active now. A profile narrows what a number lets through.

        Problems: directory-unavailable, forbidden, invalid-request, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET", "/v1/me/availability", headers={"If-None-Match": known.etag if known else None}
        )
        return versioned(answer, models.AvailabilityShown, known)

    async def list_holidays(self, *, year: int | None = None) -> models.Holidays:
        """Public holidays, and those of my schedules and my group's.

        Own days are events of ``/v1/me/services/schedules``. Public holidays count in a schedule that
        says so.

        Problems: directory-unavailable, forbidden, invalid-request, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", "/v1/me/holidays", query={"year": year})
        found: models.Holidays = decoded(answer, models.Holidays)
        return found

    async def set_availability(
        self, body: models.AvailabilityWanted, *, if_match: str | None = None
    ) -> Versioned[models.AvailabilityShown]:
        """Set numbers, profiles and schedules of profiles.

        Holds for the next call. The profile that was chosen by hand stays chosen while it exists.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, too-many-requests, unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask("PUT", "/v1/me/availability", body=body, headers={"If-Match": if_match})
        return versioned(answer, models.AvailabilityShown)

    async def set_route(
        self, own_number: str, body: models.AppDomainAvailabilitySchemasRoute, *, if_match: str | None = None
    ) -> Versioned[models.AvailabilityShown]:
        """Set what happens to calls to one of my numbers.

        ``mobile``, ``fixed``, ``extension``, or the digits of an alternate number (its ``id``).

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, too-many-requests, unauthenticated, unsupported-media-
        type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/me/availability/numbers/{quoted(own_number)}",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, models.AvailabilityShown)
