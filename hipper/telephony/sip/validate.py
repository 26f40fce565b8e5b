"""What a UAS answers to a request it cannot accept, and which responses a UAC discards.

RFC 3261 §8.1.1, §8.1.3, §8.2 and §16.3; the doubtful cases are decided as RFC 4475 says. A request or
response for which nothing was found has its From, To, Call-ID, CSeq, Via, Contact and routes read and in
order: their typed properties do not raise any more.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.grammar import lower_set
from hipper.telephony.sip.headers import (
    ContentDisposition,
    ContentType,
    MinSE,
    NameAddr,
    RAck,
    Replaces,
    SessionExpires,
    parse_accept,
    parse_q,
)
from hipper.telephony.sip.message import Request, Response, SipMessage
from hipper.telephony.sip.names import REASON_PHRASES
from hipper.telephony.sip.uri import OpaqueUri, SipUri

SUPPORTED_TAGS = frozenset(
    {
        "100rel", "early-session", "from-change", "histinfo", "norefersub", "outbound", "path",
        "privacy", "replaces", "tdialog", "timer",
    }
)  # fmt: skip
"""Option tags this stack can be required to handle."""

MAGIC_COOKIE = "z9hG4bK"
KNOWN_METHODS = frozenset(
    {
        "ACK", "BYE", "CANCEL", "INFO", "INVITE", "MESSAGE", "NOTIFY", "OPTIONS", "PRACK", "PUBLISH",
        "REFER", "REGISTER", "SUBSCRIBE", "UPDATE",
    }
)  # fmt: skip

_SESSION_TYPES = ("application/sdp", "multipart/alternative", "multipart/mixed", "multipart/related")
_SESSION_METHODS = frozenset({"INVITE", "UPDATE"})
_REQUIRED = ("Via", "From", "To", "Call-ID", "CSeq")
_SINGLE = frozenset(
    {
        "Call-ID", "Content-Disposition", "Content-Type", "CSeq", "Date", "Event", "Expires", "From",
        "Max-Forwards", "Min-Expires", "Min-SE", "RAck", "Refer-To", "Referred-By", "Replaces", "RSeq",
        "Session-Expires", "Subscription-State", "To",
    }
)  # fmt: skip
_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3][0-9] (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
    r"[0-9]{4} [0-2][0-9]:[0-5][0-9]:[0-6][0-9] GMT"
)


class Rejection(NamedTuple):
    """The answer to a request that is not accepted.

    ``warning`` is the text of a Warning header (code 399), ASCII without quotes; ``unsupported`` the option
    tags of a 420; ``headers`` everything the answer must carry besides the Warning, Unsupported included.
    """

    status: int
    reason: str
    warning: str | None = None
    unsupported: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


def reject(status: int, warning: str | None = None, headers: tuple[tuple[str, str], ...] = ()) -> Rejection:
    """A rejection with the registered reason phrase."""
    return Rejection(status, REASON_PHRASES[status], warning, (), headers)


def check_request(
    request: Request,
    *,
    forwarding: bool = False,
    supported: frozenset[str] = SUPPORTED_TAGS,
    let_through: bool = False,
) -> Rejection | None:
    """Why this request is not accepted, or None.

    ``forwarding``: the request is going to leave again (proxy, B2BUA), so that Max-Forwards 0 is 483 and
    Proxy-Require counts; an endpoint handles it as if Max-Forwards were positive (RFC 4475 §3.3.11).
    Whether the method is known to the user agent (405, 501) is its own to say. ``let_through``: extensions,
    body and what the peer accepts are not looked at.
    """
    try:
        fault = _check_once(request) or _check_core(request) or _check_uri(request)
        if fault is not None:
            return fault
        if let_through:
            return _check_optional(request, forwarding) or _check_contact(request)
        if request.method != "ACK" and (fault := _check_extensions(request, forwarding, supported)):
            return fault
        check = _BY_METHOD.get(request.method)
        return (
            _check_optional(request, forwarding)
            or _check_body(request)
            or (check(request) if check else None)
        )
    except SipParseError as error:
        return reject(error.status_hint or 400, error.reason)


def check_response(response: Response) -> str | None:
    """Why a UAC discards this response, or None (RFC 3261 §8.1.3.3, §18.1.2; RFC 4475 §3.1.2.5, §3.3.10)."""
    try:
        if (fault := _repeated(response)) is not None:
            return fault
        if len(response.vias) > 1:
            return "More than one Via: the response is meant for another element"
        _read_core(response)
    except SipParseError as error:
        return error.reason
    return None


def _check_once(request: Request) -> Rejection | None:
    fault = _repeated(request)
    return None if fault is None else reject(400, fault)


def _repeated(message: SipMessage) -> str | None:
    """A required header that is missing, or one that may stand once and stands twice."""
    by_name = message.headers.by_name()
    if len(by_name) != len(message.headers) and (twice := _first_repeated(message)) is not None:
        return f"More than one {twice} header field"
    for name in _REQUIRED:
        if name not in by_name:
            return f"Missing {name} header field"
    return None


def _first_repeated(message: SipMessage) -> str | None:
    seen: set[str] = set()
    for name, _ in message.headers:
        if name in seen and name in _SINGLE:
            return name
        seen.add(name)
    return None


def _read_core(message: SipMessage) -> None:
    for via in message.vias:
        if via.branch == MAGIC_COOKIE:
            raise SipParseError("Via: branch without an identifier")
    _ = (message.from_, message.to, message.call_id, message.cseq)


def _check_core(request: Request) -> Rejection | None:
    """Headers every request has (RFC 3261 §8.1.1)."""
    cseq = request.headers.get("CSeq") or ""
    if request.method not in KNOWN_METHODS and cseq.split()[-1:] != [request.method]:
        # RFC 4475 §3.1.2.18 prefers 501, which lasts when the method is invented one day
        return reject(501, "CSeq method does not match the request method")
    _read_core(request)
    if request.cseq.method != request.method:
        return reject(400, "CSeq method does not match the request method")
    if any(via.protocol.upper() != "SIP/2.0" for via in request.vias):
        return reject(400, "Via of an unknown protocol")
    return None


def _check_uri(request: Request) -> Rejection | None:
    """RFC 3261 §8.2.2.1; RFC 4475 §3.1.2.11. Emergency services are URNs (RFC 5031)."""
    text = request.request_uri_text
    if text[:1] == "<":
        return reject(400, "Request-URI: in angle brackets")
    uri = request.uri
    if isinstance(uri, OpaqueUri) and not (uri.scheme == "urn" and uri.rest.lower().startswith("service:")):
        return reject(416, "Request-URI: scheme is not supported")
    if isinstance(uri, SipUri) and uri.headers:
        return reject(400, "Request-URI: header components are not allowed")
    return None


def _check_extensions(request: Request, forwarding: bool, supported: frozenset[str]) -> Rejection | None:
    """Require (RFC 3261 §8.2.2.3), when forwarding Proxy-Require too (§16.3); not in a CANCEL (§9.1)."""
    if request.method == "CANCEL":
        return None
    required = request.headers.values("Require")
    if forwarding:
        required = required + request.headers.values("Proxy-Require")
    if not required:
        return None
    unknown = tuple(tag for tag in required if tag.lower() not in supported)
    if not unknown:
        return None
    return Rejection(
        420,
        REASON_PHRASES[420],
        "Extension is not supported",
        unknown,
        (("Unsupported", ", ".join(unknown)),),
    )


def _check_optional(request: Request, forwarding: bool) -> Rejection | None:
    """Headers a request may have; what is malformed in one that we would act on is refused."""
    headers = request.headers
    if request.max_forwards == 0 and forwarding:
        return reject(483, "Max-Forwards is zero")
    date = headers.get("Date")
    if date is not None and _DATE.fullmatch(date) is None:
        return reject(400, "Date: not in the form of RFC 3261 or not in GMT")
    for contact in request.contacts:
        if "q" in contact.params:
            _named("Contact", contact.params["q"] or "", parse_q)
    _ = (request.routes, request.record_routes)
    for name, parse in _TYPED:
        value = headers.get(name)
        if value is not None:
            _named(name, value, parse)
    return None


def _named(name: str, value: str, parse: Callable[[str], object]) -> None:
    try:
        parse(value)
    except SipParseError as error:
        raise SipParseError(f"{name}: {error.reason}") from None


_TYPED: tuple[tuple[str, Callable[[str], object]], ...] = (
    ("Session-Expires", SessionExpires.parse),
    ("Min-SE", MinSE.parse),
    ("Replaces", Replaces.parse),
    ("RAck", RAck.parse),
)


def _check_body(request: Request) -> Rejection | None:
    """RFC 3261 §8.2.3: what cannot be understood is 415, unless it says it is optional."""
    content_type = request.content_type
    if not request.body:
        return None
    if content_type is None:
        return reject(400, "Body without a Content-Type header field")
    encodings = lower_set(request.headers.values("Content-Encoding")) - {"identity"}
    if encodings:
        return reject(415, "Content-Encoding is not supported", (("Accept-Encoding", "identity"),))
    if request.method in _SESSION_METHODS and content_type.media_type not in _SESSION_TYPES:
        if _is_optional(request):
            return None
        accept = (("Accept", ", ".join(_SESSION_TYPES)), ("Accept-Encoding", "identity"))
        return reject(415, "Content-Type is not supported", accept)
    return None


def _is_optional(request: Request) -> bool:
    text = request.headers.get("Content-Disposition")
    return text is not None and not ContentDisposition.parse(text).handling_required


def _check_contact(request: Request) -> Rejection | None:
    """One Contact in an INVITE (RFC 3261 §8.1.1.8), which RFC 2543 did not ask for."""
    contacts = request.contacts
    if len(contacts) > 1 or request.contact_is_wildcard:
        return reject(400, "Contact: an INVITE has exactly one")
    if not contacts and (request.top_via.branch or "").startswith(MAGIC_COOKIE):
        return reject(400, "Missing Contact header field")
    return None


def _check_invite(request: Request) -> Rejection | None:
    """Its Contact, and a form in which to answer."""
    fault = _check_contact(request)
    if fault is not None:
        return fault
    accept = request.headers.get_all("Accept")
    if accept and not any(_accepts_sdp(value) for line in accept for value in parse_accept(line)):
        return reject(406, "Accept: application/sdp is not among the types")
    return None


def _accepts_sdp(value: ContentType) -> bool:
    return value.media_type in ("application/sdp", "application/*", "*/*")


def _check_register(request: Request) -> Rejection | None:
    """RFC 3261 §10.2, §10.3 step 6: the address of record is a SIP or SIPS URI, ``*`` only removes."""
    if not isinstance(request.to.uri, SipUri):
        return reject(400, "To: the address of record is not a sip or sips URI")
    lines = request.headers.values("Contact")
    if "*" in lines and (len(lines) > 1 or request.expires != 0):
        return reject(400, "Contact: * needs Expires 0 and no other Contact")
    return None


def _check_refer(request: Request) -> Rejection | None:
    """RFC 3515 §2.4.2: exactly one Refer-To."""
    text = request.headers.get("Refer-To")
    if text is None:
        return reject(400, "Missing Refer-To header field")
    _named("Refer-To", text, NameAddr.parse)
    return None


def _check_prack(request: Request) -> Rejection | None:
    """RFC 3262 §7.2."""
    return None if "RAck" in request.headers else reject(400, "Missing RAck header field")


def _check_subscribe(request: Request) -> Rejection | None:
    """RFC 6665 §4.2.1.1: no Event is a bad event."""
    return None if "Event" in request.headers else reject(489, "Missing Event header field")


def _check_notify(request: Request) -> Rejection | None:
    """RFC 6665 §4.1.3."""
    if "Event" not in request.headers:
        return reject(489, "Missing Event header field")
    if "Subscription-State" not in request.headers:
        return reject(400, "Missing Subscription-State header field")
    return None


_BY_METHOD: dict[str, Callable[[Request], Rejection | None]] = {
    "INVITE": _check_invite,
    "NOTIFY": _check_notify,
    "PRACK": _check_prack,
    "REFER": _check_refer,
    "REGISTER": _check_register,
    "SUBSCRIBE": _check_subscribe,
}
