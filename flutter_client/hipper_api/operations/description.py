"""Operations of the API: description. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from typing import Any

from hipper_api import models
from hipper_api.transport import Transport, decoded


class Description:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def describe(self) -> dict[str, Any]:
        """This description.

        OpenAPI 3.1.

        Problems: invalid-request.
        """
        answer = await self._api.ask("GET", "/v1/openapi.json", open_to_all=True)
        found: dict[str, Any] = decoded(answer, dict[str, Any])
        return found

    async def list_problems(self) -> models.Kinds:
        """Every kind of problem.

        What ``type`` of an error can be; programs go by it.

        Problems: invalid-request.
        """
        answer = await self._api.ask("GET", "/v1/problems", open_to_all=True)
        found: models.Kinds = decoded(answer, models.Kinds)
        return found

    async def read_docs(self) -> None:
        """This description as a page.

        For a browser; it asks no other host for anything.

        Problems: invalid-request.
        """
        await self._api.ask("GET", "/v1/docs", open_to_all=True)

    async def read_docs_program(self) -> None:
        """A part of the page.

        Problems: invalid-request.
        """
        await self._api.ask("GET", "/v1/docs/swagger-ui-bundle.js", open_to_all=True)

    async def read_docs_start(self) -> None:
        """A part of the page.

        Problems: invalid-request.
        """
        await self._api.ask("GET", "/v1/docs/page.js", open_to_all=True)

    async def read_docs_style(self) -> None:
        """A part of the page.

        Problems: invalid-request.
        """
        await self._api.ask("GET", "/v1/docs/swagger-ui.css", open_to_all=True)
