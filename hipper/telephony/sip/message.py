"""Requests and responses (RFC 3261 §7): from bytes, to bytes, and their values on demand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hipper.telephony.sip import parser
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.grammar import lower_set, parse_digits, split_list
from hipper.telephony.sip.header_map import Headers, canonical_name, checked_value
from hipper.telephony.sip.headers import ContentType, CSeq, NameAddr, Via, is_call_id, lenient_seconds
from hipper.telephony.sip.names import REASON_PHRASES
from hipper.telephony.sip.uri import SipUri, Uri, parse_uri

_T = TypeVar("_T")

__all__ = [
    "REASON_PHRASES",
    "Headers",
    "PartialRequest",
    "Request",
    "Response",
    "SipMessage",
    "canonical_name",
    "parse_message",
]


class SipMessage:
    """What requests and responses share. Typed values are read when asked for, and kept until headers change.

    Every typed property raises SipParseError when its header is malformed; after ``check_request`` or
    ``check_response`` found nothing, those they cover do not raise.
    """

    __slots__ = ("body", "headers")

    headers: Headers
    body: bytes

    def _serialise(self, first_line: str) -> bytes:
        length = str(len(self.body))
        lines = [first_line]
        counted = False
        for name, value in self.headers:
            if name != "Content-Length":
                lines.append(f"{name}: {value}")
            elif not counted:
                counted = True
                lines.append(f"Content-Length: {length}")
        if not counted:
            lines.append(f"Content-Length: {length}")
        lines.append("\r\n")
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + self.body

    def set_header(self, name: str, value: str) -> None:
        """Replace all lines of a header by one."""
        self.headers.set(name, value)

    def set_body(self, content_type: str | None, body: bytes) -> None:
        """Replace the body; None takes the Content-Type away with it."""
        self.body = body
        if content_type is None:
            self.headers.remove("Content-Type")
        else:
            self.headers.set("Content-Type", content_type)

    def _single(self, name: str, parse: Callable[[str], _T]) -> _T:
        """The one value a message must have."""
        cache = self.headers.cache
        value = cache.get(name)
        if value is None:
            text = self.headers.get(name)
            if text is None:
                raise SipParseError(f"Missing {name} header field")
            value = cache[name] = _parse_named(name, text, parse)
        return value

    def _optional(self, name: str, parse: Callable[[str], _T]) -> _T | None:
        text = self.headers.get(name)
        return None if text is None else self._single(name, parse)

    def _list(self, name: str, parse: Callable[[str], _T]) -> list[_T]:
        """All values of a list header, comma-joined or not; cached as one list: do not change it."""
        cache = self.headers.cache
        values: list[_T] | None = cache.get(name)
        if values is None:
            values = [
                _parse_named(name, text, parse)
                for line in self.headers.get_all(name)
                for text in _parse_named(name, line, split_list)
            ]
            cache[name] = values
        return values

    @property
    def vias(self) -> list[Via]:
        return self._list("Via", Via.parse)

    @property
    def top_via(self) -> Via:
        """The first Via. Raises SipParseError when there is none."""
        cache = self.headers.cache
        via: Via | None = cache.get("top Via")
        if via is None:
            line = self.headers.get("Via")
            if line is None:
                raise SipParseError("Missing Via header field")
            via = cache["top Via"] = _parse_named("Via", _parse_named("Via", line, split_list)[0], Via.parse)
        return via

    @property
    def cseq(self) -> CSeq:
        return self._single("CSeq", CSeq.parse)

    @property
    def call_id(self) -> str:
        return self._single("Call-ID", _parse_call_id)

    @property
    def from_(self) -> NameAddr:
        return self._single("From", NameAddr.parse)

    @property
    def to(self) -> NameAddr:
        return self._single("To", NameAddr.parse)

    @property
    def contacts(self) -> list[NameAddr]:
        """Contact values; empty for ``Contact: *``."""
        return [] if self.contact_is_wildcard else self._list("Contact", NameAddr.parse)

    @property
    def contact_is_wildcard(self) -> bool:
        """``Contact: *`` of a REGISTER that removes all bindings (RFC 3261 §10.2.2)."""
        return self.headers.get("Contact") == "*"

    @property
    def routes(self) -> list[NameAddr]:
        return self._list("Route", NameAddr.parse)

    @property
    def record_routes(self) -> list[NameAddr]:
        return self._list("Record-Route", NameAddr.parse)

    @property
    def paths(self) -> list[NameAddr]:
        """Path (RFC 3327)."""
        return self._list("Path", NameAddr.parse)

    @property
    def asserted_identities(self) -> list[NameAddr]:
        """P-Asserted-Identity (RFC 3325)."""
        return self._list("P-Asserted-Identity", NameAddr.parse)

    @property
    def max_forwards(self) -> int | None:
        """0…255; None when absent or above, which counts as absent (RFC 4475 §3.1.2.4)."""
        value = self._optional("Max-Forwards", _parse_max_forwards)
        return None if value is None or value > 255 else value

    @property
    def content_type(self) -> ContentType | None:
        return self._optional("Content-Type", ContentType.parse)

    @property
    def expires(self) -> int | None:
        """Seconds; None when absent or malformed (RFC 3261 §10.3 step 7)."""
        return lenient_seconds(self.headers.get("Expires"))

    @property
    def supported(self) -> frozenset[str]:
        return self._tags("Supported")

    @property
    def require(self) -> frozenset[str]:
        return self._tags("Require")

    @property
    def allow(self) -> frozenset[str]:
        """Methods; case-sensitive."""
        return frozenset(self.headers.values("Allow"))

    def _tags(self, name: str) -> frozenset[str]:
        cache = self.headers.cache
        tags: frozenset[str] | None = cache.get(name)
        if tags is None:
            tags = cache[name] = lower_set(self.headers.values(name))
        return tags


class Request(SipMessage):
    """A request (RFC 3261 §7.1). ``request_uri_text`` is the Request-URI as received."""

    __slots__ = ("_uri", "method", "request_uri_text")

    def __init__(
        self, method: str, uri: Uri | str, headers: Headers | None = None, body: bytes = b""
    ) -> None:
        self.method = method
        self._uri: Uri | None = None if isinstance(uri, str) else uri
        self.request_uri_text = str(uri)
        self.headers = headers if headers is not None else Headers()
        self.body = body

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.request_uri_text}>"

    def to_bytes(self) -> bytes:
        """As it goes out; Content-Length is always right, in its place or last when it was absent."""
        return self._serialise(f"{self.method} {self.request_uri_text} SIP/2.0")

    @property
    def uri(self) -> Uri:
        """The Request-URI. Raises SipParseError."""
        if self._uri is None:
            self._uri = _parse_named("Request-URI", self.request_uri_text, parse_uri)
        return self._uri

    @uri.setter
    def uri(self, uri: Uri) -> None:
        self._uri = uri
        self.request_uri_text = str(uri)

    def create_response(self, status: int, reason: str | None = None, to_tag: str | None = None) -> Response:
        """A response (RFC 3261 §8.2.6): Via, From, To, Call-ID, CSeq copied, Timestamp too into a 100.

        ``to_tag`` is added unless the request's To has a tag already.
        """
        return response_to(self.headers, status, reason, to_tag)

    def copy(self) -> Request:
        """An independent copy; body and URI are immutable and shared."""
        request = Request(self.method, self._uri or self.request_uri_text, self.headers.copy(), self.body)
        request.request_uri_text = self.request_uri_text
        return request


class Response(SipMessage):
    """A response (RFC 3261 §7.2). ``status`` 100…699."""

    __slots__ = ("reason", "status")

    def __init__(
        self, status: int, reason: str | None = None, headers: Headers | None = None, body: bytes = b""
    ) -> None:
        self.status = status
        self.reason = REASON_PHRASES.get(status, "") if reason is None else checked_value(reason)
        self.headers = headers if headers is not None else Headers()
        self.body = body

    def __repr__(self) -> str:
        return f"<Response {self.status} {self.reason}>"

    def to_bytes(self) -> bytes:
        """As it goes out; Content-Length is always right, in its place or last when it was absent."""
        return self._serialise(f"SIP/2.0 {self.status} {self.reason}")

    def copy(self) -> Response:
        """An independent copy."""
        return Response(self.status, self.reason, self.headers.copy(), self.body)


class PartialRequest:
    """What could be read of a request too broken to handle: enough for a 400 (RFC 4475 §3.3.1).

    ``headers`` holds the readable lines; ``raw`` is the message as received.
    """

    __slots__ = ("headers", "method", "raw")

    def __init__(self, method: str, headers: Headers, raw: bytes) -> None:
        self.method = method
        self.headers = headers
        self.raw = raw

    def create_response(self, status: int, reason: str | None = None, to_tag: str | None = None) -> Response:
        """An answer with whatever of Via, From, To, Call-ID and CSeq could be read."""
        return response_to(self.headers, status, reason, to_tag)

    @property
    def answerable(self) -> bool:
        """A response needs a Via to find its way, and an ACK is never answered (RFC 3261 §17.1.1.3)."""
        return self.method != "ACK" and "Via" in self.headers


_COPIED = frozenset(("Via", "From", "To", "Call-ID", "CSeq"))


def response_to(
    headers: Headers, status: int, reason: str | None = None, to_tag: str | None = None
) -> Response:
    """A response to the request with these headers; those that are missing stay missing (RFC 4475 §3.3.1)."""
    copied = [item for item in headers if item[0] in _COPIED or (item[0] == "Timestamp" and status == 100)]
    if to_tag is not None:
        for index, (name, value) in enumerate(copied):
            if name == "To":
                copied[index] = (name, _with_tag(value, to_tag))
                break
    return Response(status, reason, Headers.of_canonical(copied))


def _with_tag(value: str, tag: str) -> str:
    """The To of a response keeps its text; a header that cannot be read is left alone."""
    try:
        has_tag = NameAddr.parse(value).tag is not None
    except SipParseError:
        return value
    return value if has_tag else f"{value};tag={tag}"


def _parse_named(name: str, text: str, parse: Callable[[str], _T]) -> _T:
    """Say in the error which header it was."""
    try:
        return parse(text)
    except SipParseError as error:
        raise SipParseError(f"{name}: {error.reason}", error.status_hint) from None


def _parse_call_id(text: str) -> str:
    if not is_call_id(text):
        raise SipParseError("Malformed value")
    return text


def _parse_max_forwards(text: str) -> int:
    return parse_digits(text, "Value", 2**32)


def request_target(uri: Uri) -> Uri:
    """What may stand in a Request-URI: no header components, no method parameter (RFC 3261 §19.1.1)."""
    if not isinstance(uri, SipUri) or not (uri.headers or "method" in uri.params):
        return uri
    kept = {name: value for name, value in uri.params.items() if name != "method"}
    return uri.without_headers().replace(params=kept)


def parse_message(data: bytes, *, stream: bool = False) -> Request | Response:
    """Read one datagram, or one message framed from a stream.

    A datagram's octets beyond Content-Length are ignored, and a missing Content-Length means all of it; on a
    stream it must be there (RFC 3261 §18.3). Raises SipParseError: its ``status_hint`` and ``partial`` say
    what to answer; without them the message is to be discarded.
    """
    raw = parser.read(data, stream)
    fault = raw.fault
    if raw.status is not None:
        if fault is not None:
            raise SipParseError(fault.reason, None)
        return Response(raw.status, raw.reason, raw.headers, raw.body)
    if fault is not None:
        partial = PartialRequest(raw.method, raw.headers, data)
        answerable = partial.answerable and fault.status_hint is not None
        raise SipParseError(fault.reason, fault.status_hint, partial if answerable else None)
    return Request(raw.method, raw.uri, raw.headers, raw.body)
