"""Operations of the API: my calls. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal

from hipper_api import models
from hipper_api.transport import Transport, decoded, quoted


class MyCalls:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def add_to_conference(
        self, call: str, body: models.ToDestination, *, idempotency_key: str | None = None
    ) -> models.Done:
        """Call somebody into the conference.

        What the call's state does not allow is 409 `call-state`.

        Problems: body-too-large, call-barred, call-state, directory-unavailable, emergency-call,
        forbidden, idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available,
        not-found, not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "POST",
            f"/v1/me/calls/{quoted(call)}/conference/add",
            body=body,
            headers={"Idempotency-Key": idempotency_key},
        )
        found: models.Done = decoded(answer, models.Done)
        return found

    async def alternate(
        self, call: str, body: models.WithCall, *, idempotency_key: str | None = None
    ) -> models.Done:
        """Hold this call and resume the other.

        What the call's state does not allow is 409 `call-state`.

        Problems: body-too-large, call-barred, call-state, directory-unavailable, emergency-call,
        forbidden, idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available,
        not-found, not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "POST",
            f"/v1/me/calls/{quoted(call)}/alternate",
            body=body,
            headers={"Idempotency-Key": idempotency_key},
        )
        found: models.Done = decoded(answer, models.Done)
        return found

    async def cancel_consultation(self, call: str, *, idempotency_key: str | None = None) -> models.Done:
        """Go back to the first.

        What the call's state does not allow is 409 `call-state`.

        Problems: call-barred, call-state, directory-unavailable, emergency-call, forbidden,
        idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available, not-found,
        not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated.
        """
        answer = await self._api.ask(
            "POST",
            f"/v1/me/calls/{quoted(call)}/consult/cancel",
            headers={"Idempotency-Key": idempotency_key},
        )
        found: models.Done = decoded(answer, models.Done)
        return found

    async def complete_consultation(self, call: str, *, idempotency_key: str | None = None) -> models.Done:
        """Join the two and leave.

        What the call's state does not allow is 409 `call-state`.

        Problems: call-barred, call-state, directory-unavailable, emergency-call, forbidden,
        idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available, not-found,
        not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated.
        """
        answer = await self._api.ask(
            "POST",
            f"/v1/me/calls/{quoted(call)}/consult/complete",
            headers={"Idempotency-Key": idempotency_key},
        )
        found: models.Done = decoded(answer, models.Done)
        return found

    async def confer(
        self, call: str, body: models.ConferenceWish, *, idempotency_key: str | None = None
    ) -> models.Done:
        """Make a conference of it, with whom I consult and with other calls of mine.

        What the call's state does not allow is 409 `call-state`.

        Problems: body-too-large, call-barred, call-state, directory-unavailable, emergency-call,
        forbidden, idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available,
        not-found, not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "POST",
            f"/v1/me/calls/{quoted(call)}/conference",
            body=body,
            headers={"Idempotency-Key": idempotency_key},
        )
        found: models.Done = decoded(answer, models.Done)
        return found

    async def consult(
        self, call: str, body: models.ToDestination, *, idempotency_key: str | None = None
    ) -> models.Done:
        """Consult somebody: the other hears music.

        What the call's state does not allow is 409 `call-state`.

        Problems: body-too-large, call-barred, call-state, directory-unavailable, emergency-call,
        forbidden, idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available,
        not-found, not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "POST",
            f"/v1/me/calls/{quoted(call)}/consult",
            body=body,
            headers={"Idempotency-Key": idempotency_key},
        )
        found: models.Done = decoded(answer, models.Done)
        return found

    async def control_recording(
        self, call: str, body: models.RecordingWish, *, idempotency_key: str | None = None
    ) -> models.Done:
        """Start, pause, resume or stop recording.

        What the call's state does not allow is 409 `call-state`.

        Problems: body-too-large, call-barred, call-state, directory-unavailable, emergency-call,
        forbidden, idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available,
        not-found, not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "POST",
            f"/v1/me/calls/{quoted(call)}/recording",
            body=body,
            headers={"Idempotency-Key": idempotency_key},
        )
        found: models.Done = decoded(answer, models.Done)
        return found

    async def decline(
        self, call: str, body: models.OnDevice, *, idempotency_key: str | None = None
    ) -> models.Done:
        """Do not take it; with `device`, on that telephone.

        What the call's state does not allow is 409 `call-state`.

        Problems: body-too-large, call-barred, call-state, directory-unavailable, emergency-call,
        forbidden, idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available,
        not-found, not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "POST",
            f"/v1/me/calls/{quoted(call)}/decline",
            body=body,
            headers={"Idempotency-Key": idempotency_key},
        )
        found: models.Done = decoded(answer, models.Done)
        return found

    async def dial(self, body: models.DialWish, *, idempotency_key: str | None = None) -> models.Done:
        """Call somebody: my telephone rings first, then the other side.

        Calling plan and caps hold as for every call. 112 is not called this way: `emergency-call`.

        Problems: body-too-large, call-barred, call-state, directory-unavailable, emergency-call,
        forbidden, idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available,
        not-found, not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "POST", "/v1/me/calls", body=body, headers={"Idempotency-Key": idempotency_key}
        )
        found: models.Done = decoded(answer, models.Done)
        return found

    async def hang_up(self, call: str, *, idempotency_key: str | None = None) -> models.Done:
        """End it.

        What the call's state does not allow is 409 `call-state`.

        Problems: call-barred, call-state, directory-unavailable, emergency-call, forbidden,
        idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available, not-found,
        not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated.
        """
        answer = await self._api.ask(
            "POST", f"/v1/me/calls/{quoted(call)}/hang-up", headers={"Idempotency-Key": idempotency_key}
        )
        found: models.Done = decoded(answer, models.Done)
        return found

    async def hold(
        self, call: str, body: models.OnDevice, *, idempotency_key: str | None = None
    ) -> models.Done:
        """Put the other on hold.

        What the call's state does not allow is 409 `call-state`.

        Problems: body-too-large, call-barred, call-state, directory-unavailable, emergency-call,
        forbidden, idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available,
        not-found, not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "POST",
            f"/v1/me/calls/{quoted(call)}/hold",
            body=body,
            headers={"Idempotency-Key": idempotency_key},
        )
        found: models.Done = decoded(answer, models.Done)
        return found

    async def join(
        self, call: str, body: models.WithCall, *, idempotency_key: str | None = None
    ) -> models.Done:
        """Join the others of two calls of mine, and leave.

        What the call's state does not allow is 409 `call-state`.

        Problems: body-too-large, call-barred, call-state, directory-unavailable, emergency-call,
        forbidden, idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available,
        not-found, not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "POST",
            f"/v1/me/calls/{quoted(call)}/join",
            body=body,
            headers={"Idempotency-Key": idempotency_key},
        )
        found: models.Done = decoded(answer, models.Done)
        return found

    async def list_my_calls(self) -> models.OwnCalls:
        """My calls now.

        Those that ring me too. A number that is withheld is withheld here.

        Problems: directory-unavailable, forbidden, invalid-request, store-unavailable, too-many-
        requests, unauthenticated.
        """
        answer = await self._api.ask("GET", "/v1/me/calls")
        found: models.OwnCalls = decoded(answer, models.OwnCalls)
        return found

    async def list_my_history(
        self,
        *,
        kind: Literal["business", "private", "missed"] | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> models.HistoryPage:
        """My calls, newest first.

        A call that rang several devices is one entry; one that was taken on any of them is not
        missed. Business or private is asked anew with every reading, of my contacts as they are now.

        Problems: directory-unavailable, forbidden, invalid-request, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET", "/v1/me/history", query={"kind": kind, "after": after, "limit": limit}
        )
        found: models.HistoryPage = decoded(answer, models.HistoryPage)
        return found

    async def each_my_history(
        self, *, kind: Literal["business", "private", "missed"] | None = None, limit: int | None = None
    ) -> AsyncIterator[models.HistoryEntry]:
        """All of :meth:`list_my_history`, page after page."""
        after: str | None = None
        while True:
            page = await self.list_my_history(kind=kind, limit=limit, after=after)
            for one in page.items:
                yield one
            if page.next is None:
                return
            after = page.next

    async def mute_in_conference(
        self, call: str, body: models.MuteWish, *, idempotency_key: str | None = None
    ) -> models.Done:
        """Let nobody hear somebody, or again.

        What the call's state does not allow is 409 `call-state`.

        Problems: body-too-large, call-barred, call-state, directory-unavailable, emergency-call,
        forbidden, idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available,
        not-found, not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "POST",
            f"/v1/me/calls/{quoted(call)}/conference/mute",
            body=body,
            headers={"Idempotency-Key": idempotency_key},
        )
        found: models.Done = decoded(answer, models.Done)
        return found

    async def park(
        self, call: str, body: models.ParkWish, *, idempotency_key: str | None = None
    ) -> models.Done:
        """Let the other wait at an extension for anybody of my group.

        What the call's state does not allow is 409 `call-state`.

        Problems: body-too-large, call-barred, call-state, directory-unavailable, emergency-call,
        forbidden, idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available,
        not-found, not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "POST",
            f"/v1/me/calls/{quoted(call)}/park",
            body=body,
            headers={"Idempotency-Key": idempotency_key},
        )
        found: models.Done = decoded(answer, models.Done)
        return found

    async def pull(
        self, call: str, body: models.ToDevice, *, idempotency_key: str | None = None
    ) -> models.Done:
        """Take it over on another telephone of mine, as *11 does.

        What the call's state does not allow is 409 `call-state`.

        Problems: body-too-large, call-barred, call-state, directory-unavailable, emergency-call,
        forbidden, idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available,
        not-found, not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "POST",
            f"/v1/me/calls/{quoted(call)}/pull",
            body=body,
            headers={"Idempotency-Key": idempotency_key},
        )
        found: models.Done = decoded(answer, models.Done)
        return found

    async def push(
        self, call: str, body: models.PushWish, *, idempotency_key: str | None = None
    ) -> models.Done:
        """Send it to another telephone of mine.

        What the call's state does not allow is 409 `call-state`.

        Problems: body-too-large, call-barred, call-state, directory-unavailable, emergency-call,
        forbidden, idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available,
        not-found, not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "POST",
            f"/v1/me/calls/{quoted(call)}/push",
            body=body,
            headers={"Idempotency-Key": idempotency_key},
        )
        found: models.Done = decoded(answer, models.Done)
        return found

    async def remove_from_conference(
        self, call: str, body: models.OfLeg, *, idempotency_key: str | None = None
    ) -> models.Done:
        """Put somebody out of the conference.

        What the call's state does not allow is 409 `call-state`.

        Problems: body-too-large, call-barred, call-state, directory-unavailable, emergency-call,
        forbidden, idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available,
        not-found, not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "POST",
            f"/v1/me/calls/{quoted(call)}/conference/remove",
            body=body,
            headers={"Idempotency-Key": idempotency_key},
        )
        found: models.Done = decoded(answer, models.Done)
        return found

    async def remove_from_my_history(self, entry: str) -> None:
        """Take a call from my list.

        From mine only; the operator's record stays as long as it has to.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        await self._api.ask("DELETE", f"/v1/me/history/{quoted(entry)}")

    async def resume(
        self, call: str, body: models.OnDevice, *, idempotency_key: str | None = None
    ) -> models.Done:
        """Go on talking.

        What the call's state does not allow is 409 `call-state`.

        Problems: body-too-large, call-barred, call-state, directory-unavailable, emergency-call,
        forbidden, idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available,
        not-found, not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "POST",
            f"/v1/me/calls/{quoted(call)}/resume",
            body=body,
            headers={"Idempotency-Key": idempotency_key},
        )
        found: models.Done = decoded(answer, models.Done)
        return found

    async def see_missed_calls(self, body: models.SeenWanted) -> models.SeenAnswer:
        """I have seen these missed calls.

        All, or one and those before it.

        Problems: body-too-large, directory-unavailable, forbidden, invalid-request, invalid-settings,
        not-found, too-many-requests, unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask("POST", "/v1/me/history/seen", body=body)
        found: models.SeenAnswer = decoded(answer, models.SeenAnswer)
        return found

    async def send_digits(
        self, call: str, body: models.DigitsWish, *, idempotency_key: str | None = None
    ) -> models.Done:
        """Press keys.

        What the call's state does not allow is 409 `call-state`.

        Problems: body-too-large, call-barred, call-state, directory-unavailable, emergency-call,
        forbidden, idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available,
        not-found, not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "POST",
            f"/v1/me/calls/{quoted(call)}/digits",
            body=body,
            headers={"Idempotency-Key": idempotency_key},
        )
        found: models.Done = decoded(answer, models.Done)
        return found

    async def swap_consultation(self, call: str, *, idempotency_key: str | None = None) -> models.Done:
        """Talk to the one who hears music.

        What the call's state does not allow is 409 `call-state`.

        Problems: call-barred, call-state, directory-unavailable, emergency-call, forbidden,
        idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available, not-found,
        not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated.
        """
        answer = await self._api.ask(
            "POST", f"/v1/me/calls/{quoted(call)}/consult/swap", headers={"Idempotency-Key": idempotency_key}
        )
        found: models.Done = decoded(answer, models.Done)
        return found

    async def transfer(
        self, call: str, body: models.TransferWish, *, idempotency_key: str | None = None
    ) -> models.Done:
        """Transfer it without consultation.

        What the call's state does not allow is 409 `call-state`.

        Problems: body-too-large, call-barred, call-state, directory-unavailable, emergency-call,
        forbidden, idempotency-key-reused, invalid-request, invalid-settings, no-reply, not-available,
        not-found, not-reachable, overloaded, store-unavailable, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "POST",
            f"/v1/me/calls/{quoted(call)}/transfer",
            body=body,
            headers={"Idempotency-Key": idempotency_key},
        )
        found: models.Done = decoded(answer, models.Done)
        return found
