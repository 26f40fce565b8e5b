"""Operations of the API: mobile network. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from hipper_api import models
from hipper_api.transport import Transport, decoded


class MobileNetwork:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def ask_imrn(
        self, body: models.ImrnRequest
    ) -> models.AppDomainMobileNetworkSchemasRoute | models.Continue | models.Release:
        """Where a call of a user of ours goes (CAMEL).

        The network's SCP asks before it routes a call of a user who has our services. Emergency
        calls, our own legs to a handset and users who are not ours get ``continue``.

        Problems: body-too-large, directory-unavailable, invalid-request, invalid-settings,
        overloaded, store-unavailable, too-many-requests, unauthenticated, unsupported-media-type.
        """
        answer = await self._api.ask("POST", "/v1/mobile-network/imrn", body=body)
        found: models.AppDomainMobileNetworkSchemasRoute | models.Continue | models.Release = decoded(
            answer, models.AppDomainMobileNetworkSchemasRoute | models.Continue | models.Release
        )
        return found
