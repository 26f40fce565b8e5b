"""Operations of the API: calls of colleagues. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from hipper_api import models
from hipper_api.transport import Transport, decoded, quoted


class CallsOfColleagues:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def list_open_calls(self) -> models.OpenCalls:
        """Calls of my group that ring at somebody, or are parked.

        A number that is withheld is withheld here, and who has Privacy on is not listed.

        Problems: directory-unavailable, forbidden, invalid-request, store-unavailable, too-many-
        requests, unauthenticated.
        """
        answer = await self._api.ask("GET", "/v1/calls")
        found: models.OpenCalls = decoded(answer, models.OpenCalls)
        return found

    async def pick_up(
        self, open_call: str, body: models.TakeWish, *, idempotency_key: str | None = None
    ) -> models.Done:
        """Pick up a call that rings: a telephone of mine rings with the others.

        Whichever telephone answers first has the call. What the call's state does not allow is 409
        `call-state`, what the service pack does not hold 403 `call-barred`.

        Problems: body-too-large, call-barred, call-state, directory-unavailable, emergency-call,
        forbidden, idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available,
        not-found, not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "POST",
            f"/v1/calls/{quoted(open_call)}/pick-up",
            body=body,
            headers={"Idempotency-Key": idempotency_key},
        )
        found: models.Done = decoded(answer, models.Done)
        return found

    async def retrieve(
        self, open_call: str, body: models.TakeWish, *, idempotency_key: str | None = None
    ) -> models.Done:
        """Take a parked call: a telephone of mine rings for it.

        What the call's state does not allow is 409 `call-state`.

        Problems: body-too-large, call-barred, call-state, directory-unavailable, emergency-call,
        forbidden, idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available,
        not-found, not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "POST",
            f"/v1/calls/{quoted(open_call)}/retrieve",
            body=body,
            headers={"Idempotency-Key": idempotency_key},
        )
        found: models.Done = decoded(answer, models.Done)
        return found
