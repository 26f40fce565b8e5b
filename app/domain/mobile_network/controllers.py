"""``/v1/mobile-network``."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody

from app.domain.mobile_network.front import EmergencyFirst
from app.domain.mobile_network.guards import needs_network_key
from app.domain.mobile_network.schemas import Answer, ImrnRequest
from app.domain.mobile_network.services import NetworkService, is_nested_too_deeply
from app.problems import INVALID_REQUEST, MEDIA_TYPE, UNSUPPORTED_MEDIA_TYPE, Problem, ProblemError

_PROBLEMS = {
    status: ResponseSpec(Problem, media_type=MEDIA_TYPE, description=text, generate_examples=False)
    for status, text in (
        (400, "the body does not fit"),
        (401, "no network has this key"),
        (413, "the body is too large"),
        (415, "the body is not JSON"),
        (429, "more requests than the settings allow; Retry-After says when"),
        (503, "Redis or the directory is away, or too much is going on; Retry-After says when"),
    )
}


async def needs_readable_json(request: Request[Any, Any, Any]) -> None:
    """Before the body is decoded. Raises ProblemError: 400, 415."""
    media_type, _ = request.content_type
    if media_type != "application/json":
        raise ProblemError(UNSUPPORTED_MEDIA_TYPE, headers={"Accept": "application/json"})
    if is_nested_too_deeply(await request.body()):
        raise ProblemError(INVALID_REQUEST, "nested too deeply")


class MobileNetworkController(Controller):
    """What mobile networks ask."""

    path = "/v1/mobile-network"
    tags = ("mobile network",)
    guards = (needs_network_key,)

    @post(
        "/imrn",
        operation_id="askImrn",
        summary="Where a call of a user of ours goes (CAMEL)",
        status_code=200,
        middleware=[EmergencyFirst],
        before_request=needs_readable_json,
        responses=_PROBLEMS,
        security=[{"networkKey": []}],
    )
    async def ask_imrn(self, request: Request[Any, Any, Any], data: JSONBody[ImrnRequest]) -> Answer:
        """The network's SCP asks before it routes a call of a user who has our services. Emergency calls, our
        own legs to a handset and users who are not ours get ``continue``."""
        service: NetworkService = request.state.network_service
        return await service.answer(data)
