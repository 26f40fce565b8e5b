"""Operations of the API: events. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hipper_api.streams import Event
from hipper_api.transport import Transport


class Events:
    def __init__(self, api: Transport) -> None:
        self._api = api

    def listen(self, after: str | None = None, colleagues: str | None = None) -> AsyncIterator[Event]:
        """What happens to me, as it happens.

        Server-sent events: `snapshot`, `call`, `call_over`, `settings`, `voicemail`, `playback`,
        `presence`, `reset`, `end`. Who comes again with the id of the last event loses nothing and is
        told nothing twice.

        Problems: directory-unavailable, forbidden, invalid-request, overloaded, store-unavailable,
        too-many-requests, too-many-streams, unauthenticated.
        """
        return self._api.stream("/v1/events", query={"colleagues": colleagues}, after=after)
