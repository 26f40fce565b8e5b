"""Operations of the API: health. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from hipper_api import models
from hipper_api.transport import Transport, decoded


class Health:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def is_live(self) -> models.Health:
        """Whether the process turns.

        Problems: invalid-request.
        """
        answer = await self._api.ask("GET", "/health/live", open_to_all=True)
        found: models.Health = decoded(answer, models.Health)
        return found

    async def is_ready(self) -> models.Health:
        """Whether everything is there.

        200, or 503 with what is missing. Not ready does not mean that nothing is answered.

        Problems: invalid-request.
        """
        answer = await self._api.ask("GET", "/health/ready", open_to_all=True)
        found: models.Health = decoded(answer, models.Health)
        return found
