"""Operations of the API: explain. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from hipper_api import models
from hipper_api.transport import Transport, decoded, quoted


class Explain:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def explain_call(self, *, call: str | None = None) -> models.ExplainedCall:
        """Why a call of mine went as it did.

        Which rules decided, and why each telephone of mine did or did not ring. Of a call that is
        still going on (``phase``), what was decided so far, and what my telephones do now. What a
        colleague has set is that colleague's business, and a number that was withheld stays so.

        Problems: directory-unavailable, forbidden, invalid-request, no-reply, not-found, overloaded,
        store-unavailable, too-many-requests, unauthenticated.
        """
        answer = await self._api.ask("GET", "/v1/me/explain", query={"call": call})
        found: models.ExplainedCall = decoded(answer, models.ExplainedCall)
        return found

    async def explain_call_of_user(self, user: str, *, call: str | None = None) -> models.ExplainedCall:
        """Why a call of a user went as it did.

        As the user sees it, but without the numbers of private calls and calls to helplines
        (``masked``), and of calls that are over only.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", f"/v1/users/{quoted(user)}/explain", query={"call": call})
        found: models.ExplainedCall = decoded(answer, models.ExplainedCall)
        return found

    async def explain_dry_run(self, body: models.WouldCall) -> models.WouldHappen | models.WouldGo:
        """What would ring if somebody called me then, or what would happen if I called.

        The decision a call would get, with the settings of now and the facts of that moment as far as
        they are known: ``assumed`` says what is not. Nothing rings and nothing is stored. With
        ``direction`` ``outgoing`` I call: where that goes, what is shown, what the calling plan says,
        who pays, and what I would hear of a colleague.

        Problems: body-too-large, directory-unavailable, forbidden, invalid-request, invalid-settings,
        not-found, too-many-requests, unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask("POST", "/v1/me/explain", body=body)
        found: models.WouldHappen | models.WouldGo = decoded(answer, models.WouldHappen | models.WouldGo)
        return found

    async def explain_dry_run_of_user(
        self, user: str, body: models.WouldCall
    ) -> models.WouldHappen | models.WouldGo:
        """What would ring if somebody called a user then, or what would happen if the user called.

        As the user may ask, but who stands in the user's contact lists is not told: everybody counts
        as somebody who is in neither. Nor is told whom the user called last.

        Problems: body-too-large, directory-unavailable, forbidden, invalid-request, invalid-settings,
        not-found, too-many-requests, unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask("POST", f"/v1/users/{quoted(user)}/explain", body=body)
        found: models.WouldHappen | models.WouldGo = decoded(answer, models.WouldHappen | models.WouldGo)
        return found
