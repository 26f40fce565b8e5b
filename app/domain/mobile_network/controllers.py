"""``/v1/mobile-network``."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, post
from litestar.params import JSONBody

from app.domain.mobile_network.front import EmergencyFirst
from app.domain.mobile_network.guards import needs_network_key
from app.domain.mobile_network.schemas import Answer, Continue, ImrnRequest
from app.domain.mobile_network.services import NetworkService, is_nested_too_deeply
from app.operations import Access, declared
from app.problems import (
    BODY_TOO_LARGE,
    DIRECTORY_UNAVAILABLE,
    INVALID_REQUEST,
    OVERLOADED,
    STORE_UNAVAILABLE,
    TOO_MANY_REQUESTS,
    UNAUTHENTICATED,
    UNSUPPORTED_MEDIA_TYPE,
    ProblemError,
)
from hipper.telephony.numbers.emergency import is_emergency

_ASKED = {
    "served_user": "+31612345601",
    "called": "0201234502",
    "calling": "+31612345601",
    "kind": "originating",
    "call_reference": "7a3f01",
}

_PROBLEMS = (
    UNAUTHENTICATED,
    BODY_TOO_LARGE,
    TOO_MANY_REQUESTS,
    STORE_UNAVAILABLE,
    DIRECTORY_UNAVAILABLE,
    OVERLOADED,
)


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
        opt=declared(
            Access.NETWORK,
            body=ImrnRequest,
            answer=Answer,
            problems=_PROBLEMS,
            example=_ASKED,
            shown={"action": "route", "imrn": "+31970123400", "expires_in_s": 10},
        ),
    )
    async def ask_imrn(self, request: Request[Any, Any, Any], data: JSONBody[ImrnRequest]) -> Answer:
        """The network's SCP asks before it routes a call of a user who has our services. Emergency calls, our
        own legs to a handset and users who are not ours get ``continue``."""
        if is_emergency(data.called):  # by a key that nobody had asked with before
            return Continue()
        service: NetworkService = request.state.network_service
        return await service.answer(data)
