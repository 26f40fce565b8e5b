"""Requests and answers from their parts, without a detour over text that would be parsed again."""

from __future__ import annotations

from collections.abc import Iterable

from hipper.telephony.sip.header_map import Headers
from hipper.telephony.sip.headers import NameAddr, Warning
from hipper.telephony.sip.message import PartialRequest, Request, Response, request_target
from hipper.telephony.sip.uri import Uri
from hipper.telephony.sip.validate import Rejection

WARNING_MISCELLANEOUS = 399
"""RFC 3261 §20.43: the text is for a human, no program acts on it."""


def make_request(
    method: str,
    uri: Uri,
    *,
    from_: NameAddr,
    to: NameAddr,
    call_id: str,
    cseq: int,
    max_forwards: int = 70,
    headers: Iterable[tuple[str, str]] = (),
    content_type: str | None = None,
    body: bytes = b"",
) -> Request:
    """A request as a UAC makes it, all but its Via (RFC 3261 §8.1.1)."""
    request = Request(
        method,
        request_target(uri),
        Headers(
            [
                ("Max-Forwards", str(max_forwards)),
                ("From", str(from_)),
                ("To", str(to)),
                ("Call-ID", call_id),
                ("CSeq", f"{cseq} {method}"),
                *headers,
            ]
        ),
        body,
    )
    if content_type is not None:
        request.headers.set("Content-Type", content_type)
    return request


def make_rejection(
    request: Request | PartialRequest, rejection: Rejection, agent: str, to_tag: str | None = None
) -> Response:
    """The answer to a request that ``check_request`` refused; ``agent``: our host, for the Warning."""
    response = request.create_response(rejection.status, rejection.reason, to_tag)
    if rejection.warning is not None:
        response.headers.add("Warning", str(Warning(WARNING_MISCELLANEOUS, agent, rejection.warning)))
    for name, value in rejection.headers:
        response.headers.add(name, value)
    return response
