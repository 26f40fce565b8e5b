"""Typed header values (RFC 3261 §20, §25.1, and the RFCs named at each).

Each has ``parse(text)`` and ``str()``; parse raises SipParseError. Values stay text until somebody asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Self

from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.grammar import (
    Params,
    Quoted,
    end_of_quoted,
    format_params,
    is_display_tokens,
    is_token,
    parse_digits,
    parse_params,
    quote,
    split_first,
    split_list,
    unquote,
)
from hipper.telephony.sip.uri import HOST_RULE, Uri, format_host, parse_host_port, parse_uri

_PLAIN_NAME_ADDR = re.compile(r'(?:"([^"\\]*+)"[ \t]*+)?+<([^<>"]++)>(?:;(.++))?+')
_PLAIN_VIA = re.compile(rf"SIP/2\.0/([A-Z]++) ({HOST_RULE})(?::([0-9]{{1,4}}))?+(?:;(.++))?+")

_DECIMALS = re.compile("[0-9]{0,3}")

MAX_DELTA_SECONDS = 2**32 - 1
MAX_CSEQ = 2**31 - 1
"""RFC 3261 §8.1.1.5: less than 2**31."""


class NameAddr:
    """``name-addr`` or ``addr-spec`` with header parameters: From, To, Contact, Route, Refer-To, PAI …

    ``display_name`` and quoted parameter values stand without quotes. ``params`` are the header's own.
    """

    __slots__ = ("display_name", "params", "uri")

    def __init__(self, uri: Uri, display_name: str | None = None, params: Params | None = None) -> None:
        self.display_name = display_name
        self.uri = uri
        self.params: Params = params if params is not None else {}

    @classmethod
    def parse(cls, text: str) -> NameAddr:
        """Read one value. Raises SipParseError, also for blanks in ``<>`` and unquoted special characters."""
        plain = _PLAIN_NAME_ADDR.fullmatch(text)
        if plain is not None:
            name, uri, tail = plain.groups()
            display = None if name is None else Quoted(name)
            return cls(parse_uri(uri), display, parse_params(tail) if tail else None)
        display_name, uri, tail = _split_name_addr(text)
        return cls(parse_uri(uri), display_name, _parse_tail(tail))

    @classmethod
    def parse_list(cls, text: str) -> list[NameAddr]:
        """Read a comma-joined list (Contact, Route, P-Asserted-Identity …)."""
        return [cls.parse(part) for part in split_list(text)]

    def __str__(self) -> str:
        return f"{_format_display_name(self.display_name)}<{self.uri}>{format_params(self.params)}"

    def __repr__(self) -> str:
        return f"NameAddr({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, NameAddr)
            and self.uri == other.uri
            and self.display_name == other.display_name
            and self.params == other.params
        )

    def __hash__(self) -> int:
        return hash(str(self))

    @property
    def tag(self) -> str | None:
        return self.params.get("tag")

    @property
    def expires(self) -> int | None:
        """The Contact's expires in seconds; None when absent or no 32-bit number (RFC 3261 §10.3 step 7)."""
        return lenient_seconds(self.params.get("expires"))

    @property
    def q(self) -> float:
        """Contact preference 0…1; 1 when absent. Raises SipParseError when malformed."""
        return parse_q(self.params.get("q"))

    def with_tag(self, tag: str | None) -> NameAddr:
        """A copy with this tag, or without any."""
        params = {name: value for name, value in self.params.items() if name != "tag"}
        if tag is not None:
            params["tag"] = tag
        return NameAddr(self.uri, self.display_name, params)

    def with_params(self, params: Params | None = None, /, **more: str | None) -> NameAddr:
        """A copy with parameters added or changed."""
        return NameAddr(self.uri, self.display_name, {**self.params, **(params or {}), **more})


ReferTo = NameAddr
"""Refer-To (RFC 3515) is a name-addr; a Replaces travels in the URI's headers."""


def _split_name_addr(text: str) -> tuple[str | None, str, str]:
    """Cut into display name, URI and what follows."""
    if text[:1] == '"':
        end = end_of_quoted(text, 0)
        display: str | None = Quoted(unquote(text[:end]))
        before, bracket, rest = text[end:].partition("<")
        if not bracket or before.strip(" \t"):
            raise SipParseError("Malformed display name")
    else:
        before, bracket, rest = text.partition("<")
        if not bracket:
            return _split_addr_spec(text)
        display = before.strip(" \t") or None
        if display is not None and not is_display_tokens(display):
            raise SipParseError("Display name with special characters is not quoted")
    uri, closing, tail = rest.partition(">")
    if not closing:
        raise SipParseError("Unterminated angle bracket")
    return display, uri, tail


def _split_addr_spec(text: str) -> tuple[None, str, str]:
    """Without brackets a semicolon ends the URI; no comma, no question mark in it (RFC 3261 §20)."""
    uri, semicolon, tail = text.partition(";")
    uri = uri.rstrip(" \t")
    if "?" in uri or "," in uri:
        raise SipParseError("URI with a comma or question mark is not in angle brackets")
    return None, uri, semicolon + tail


def _parse_tail(tail: str) -> Params:
    if not tail:
        return {}
    tail = tail.lstrip(" \t")
    if not tail:
        return {}
    if tail[0] != ";":
        raise SipParseError("Unexpected text after a URI")
    return parse_params(tail[1:])


def _format_display_name(name: str | None) -> str:
    if name is None:
        return ""
    if isinstance(name, Quoted) or not is_display_tokens(name) or not name:
        return quote(name) + " "
    return name + " "


def lenient_seconds(text: str | None) -> int | None:
    """delta-seconds where a bad value counts as absent (RFC 3261 §10.3, §20.19; RFC 4475 §3.1.2.4)."""
    if text is None:
        return None
    try:
        return parse_digits(text, "seconds", MAX_DELTA_SECONDS)
    except SipParseError:
        return None


def parse_q(text: str | None) -> float:
    """qvalue: 0…1 with at most three decimals (RFC 3261 §25.1); 1.0 when absent."""
    if text is None:
        return 1.0
    whole, _, decimals = text.partition(".")
    if whole not in ("0", "1") or _DECIMALS.fullmatch(decimals) is None:
        raise SipParseError("Malformed q value")
    value = float(text)
    if value > 1.0:
        raise SipParseError("q value above 1")
    return value


class Via:
    """One Via value (RFC 3261 §20.42). ``host`` is lower case, IPv6 without brackets."""

    __slots__ = ("host", "params", "port", "protocol", "transport")

    def __init__(
        self,
        transport: str,
        host: str,
        port: int | None = None,
        params: Params | None = None,
        protocol: str = "SIP/2.0",
    ) -> None:
        self.protocol = protocol
        self.transport = transport
        self.host = host
        self.port = port
        self.params: Params = params if params is not None else {}

    @classmethod
    def parse(cls, text: str) -> Via:
        """Read one value. Raises SipParseError."""
        plain = _PLAIN_VIA.fullmatch(text)
        if plain is not None:
            transport, host, port_digits, tail = plain.groups()
            number = int(port_digits) if port_digits else None
            return cls(transport, host.lower(), number, parse_params(tail) if tail else None)
        head, semicolon, tail = text.partition(";")
        name, version, transport, sent_by = _split_sent_protocol(head)
        if not (is_token(name) and is_token(version) and is_token(transport)):
            raise SipParseError("Malformed Via protocol")
        sent_by = sent_by.strip(" \t")
        if " " in sent_by or "\t" in sent_by:
            before, colon, port_text = sent_by.rpartition(":")
            sent_by = before.rstrip(" \t") + colon + port_text.lstrip(" \t")
        host, port = parse_host_port(sent_by)
        params = parse_params(tail) if semicolon else {}
        return cls(transport.upper(), host, port, params, f"{name}/{version}")

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"{self.protocol}/{self.transport} {format_host(self.host)}{port}{format_params(self.params)}"

    def __repr__(self) -> str:
        return f"Via({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Via) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    @property
    def branch(self) -> str | None:
        return self.params.get("branch")

    @property
    def received(self) -> str | None:
        """The source address the next hop saw; IPv6 without brackets, as RFC 3261 §25.1 writes it."""
        value = self.params.get("received")
        return value[1:-1] if value is not None and value[:1] == "[" else value

    @property
    def has_rport(self) -> bool:
        """Whether the sender asks for symmetric response routing (RFC 3581)."""
        return "rport" in self.params

    @property
    def rport(self) -> int | None:
        """The port filled in; None when absent, empty or no port."""
        value = self.params.get("rport")
        if not value or not value.isdecimal() or len(value) > 5 or int(value) > 65535:
            return None
        return int(value)

    @property
    def sent_by(self) -> tuple[str, int | None]:
        return self.host, self.port


def _split_sent_protocol(head: str) -> tuple[str, str, str, str]:
    """``SIP  / 2.0 / UDP  host``: there may be blanks around the slashes (RFC 4475 §3.1.1.1)."""
    parts = [part.strip(" ") for part in head.replace("\t", " ").split("/", 2)]
    if len(parts) != 3:
        raise SipParseError("Malformed Via protocol")
    transport, blank, sent_by = parts[2].partition(" ")
    if not blank:
        raise SipParseError("Via without sent-by")
    return parts[0], parts[1], transport, sent_by


class CSeq:
    """CSeq (RFC 3261 §20.16): ``number`` below 2**31, ``method`` case-sensitive."""

    __slots__ = ("method", "number")

    def __init__(self, number: int, method: str) -> None:
        self.number = number
        self.method = method

    @classmethod
    def parse(cls, text: str) -> CSeq:
        parts = text.split(None, 1)
        if len(parts) != 2:
            raise SipParseError("Malformed CSeq header field")
        number, method = parts
        if not is_token(method):
            raise SipParseError("Malformed CSeq method")
        return cls(parse_digits(number, "CSeq number", MAX_CSEQ), method)

    def __str__(self) -> str:
        return f"{self.number} {self.method}"

    def __repr__(self) -> str:
        return f"CSeq({self.number}, {self.method!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CSeq) and self.number == other.number and self.method == other.method

    def __hash__(self) -> int:
        return hash((self.number, self.method))


class ParameterizedValue:
    """``value *(;param)``: the shape shared by Content-Type, Event, Reason and many others."""

    __slots__ = ("params", "value")

    def __init__(self, value: str, params: Params | None = None) -> None:
        self.value = value
        self.params: Params = params if params is not None else {}

    @classmethod
    def parse(cls, text: str) -> Self:
        value, params = split_first(text)
        if not cls._accepts(value):
            raise SipParseError(f"Malformed {cls.__name__} value")
        return cls(value, params)

    @classmethod
    def _accepts(cls, value: str) -> bool:
        return is_token(value)

    def __str__(self) -> str:
        return self.value + format_params(self.params)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return (
            type(self) is type(other)
            and isinstance(other, ParameterizedValue)
            and self.value == other.value
            and self.params == other.params
        )

    def __hash__(self) -> int:
        return hash(str(self))


class ContentType(ParameterizedValue):
    """Content-Type (RFC 3261 §20.15). ``value`` as written, ``media_type`` in lower case without blanks."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        value, params = split_first(text)
        main, _, sub = value.partition("/")
        main, sub = main.strip(" \t"), sub.strip(" \t")
        if not is_token(main) or not is_token(sub):
            raise SipParseError("Malformed Content-Type")
        return cls(f"{main}/{sub}", params)

    @property
    def media_type(self) -> str:
        return self.value.lower()

    @property
    def is_multipart(self) -> bool:
        return self.media_type.startswith("multipart/")

    @property
    def boundary(self) -> str | None:
        return self.params.get("boundary")


class Reason(ParameterizedValue):
    """Reason (RFC 3326): ``protocol`` SIP or Q.850, ``cause``, ``text``."""

    __slots__ = ()

    @classmethod
    def of(cls, protocol: str, cause: int, text: str | None = None) -> Reason:
        """``Reason.of("SIP", 200, "Call completed elsewhere")``."""
        params: Params = {"cause": str(cause)}
        if text is not None:
            params["text"] = Quoted(text)
        return cls(protocol, params)

    @property
    def protocol(self) -> str:
        return self.value

    @property
    def cause(self) -> int | None:
        return _optional_int(self.params.get("cause"))

    @property
    def text(self) -> str | None:
        return self.params.get("text")


class EventHeader(ParameterizedValue):
    """Event (RFC 6665): ``package`` with its ``id``."""

    __slots__ = ()

    @property
    def package(self) -> str:
        return self.value

    @property
    def id(self) -> str | None:
        return self.params.get("id")


class SubscriptionState(ParameterizedValue):
    """Subscription-State (RFC 6665 §8.4): active, pending or terminated."""

    __slots__ = ()

    @property
    def state(self) -> str:
        return self.value.lower()

    @property
    def reason(self) -> str | None:
        return self.params.get("reason")

    @property
    def expires(self) -> int | None:
        return lenient_seconds(self.params.get("expires"))

    @property
    def retry_after(self) -> int | None:
        return lenient_seconds(self.params.get("retry-after"))


class ContentDisposition(ParameterizedValue):
    """Content-Disposition (RFC 3261 §20.11); an unknown one is handled by ``handling``."""

    __slots__ = ()

    @property
    def disposition(self) -> str:
        return self.value.lower()

    @property
    def handling_required(self) -> bool:
        """``handling=required`` is the default."""
        return (self.params.get("handling") or "required").lower() != "optional"


class SessionExpires(ParameterizedValue):
    """Session-Expires (RFC 4028): ``seconds`` and who refreshes, ``uac`` or ``uas``."""

    __slots__ = ()

    @classmethod
    def of(cls, seconds: int, refresher: str | None = None) -> SessionExpires:
        return cls(str(seconds), {"refresher": refresher} if refresher else {})

    @classmethod
    def _accepts(cls, value: str) -> bool:
        return lenient_seconds(value) is not None

    @property
    def seconds(self) -> int:
        return int(self.value)

    @property
    def refresher(self) -> str | None:
        value = self.params.get("refresher")
        return value.lower() if value else None


class MinSE(ParameterizedValue):
    """Min-SE (RFC 4028): ``seconds``."""

    __slots__ = ()

    @classmethod
    def of(cls, seconds: int) -> MinSE:
        return cls(str(seconds))

    @classmethod
    def _accepts(cls, value: str) -> bool:
        return lenient_seconds(value) is not None

    @property
    def seconds(self) -> int:
        return int(self.value)


class Replaces(ParameterizedValue):
    """Replaces (RFC 3891): the dialog to take over; ``early_only`` when only an early one may be."""

    __slots__ = ()

    @classmethod
    def of(cls, call_id: str, to_tag: str, from_tag: str, early_only: bool = False) -> Replaces:
        params: Params = {"to-tag": to_tag, "from-tag": from_tag}
        if early_only:
            params["early-only"] = None
        return cls(call_id, params)

    @classmethod
    def parse(cls, text: str) -> Self:
        replaces = super().parse(text)
        if not replaces.params.get("to-tag") or not replaces.params.get("from-tag"):
            raise SipParseError("Replaces without both tags")
        return replaces

    @classmethod
    def _accepts(cls, value: str) -> bool:
        return is_call_id(value)

    @property
    def call_id(self) -> str:
        return self.value

    @property
    def to_tag(self) -> str:
        return self.params["to-tag"] or ""

    @property
    def from_tag(self) -> str:
        return self.params["from-tag"] or ""

    @property
    def early_only(self) -> bool:
        return "early-only" in self.params


class ChargingVector:
    """P-Charging-Vector (RFC 7315 §4.6): all parameters, ``icid`` first among them."""

    __slots__ = ("params",)

    def __init__(self, params: Params) -> None:
        self.params = params

    @classmethod
    def parse(cls, text: str) -> ChargingVector:
        params = parse_params(text)
        if not params.get("icid-value"):
            raise SipParseError("P-Charging-Vector without icid-value")
        return cls(params)

    @property
    def icid(self) -> str:
        return self.params["icid-value"] or ""

    @property
    def orig_ioi(self) -> str | None:
        return self.params.get("orig-ioi")

    @property
    def term_ioi(self) -> str | None:
        return self.params.get("term-ioi")

    def __str__(self) -> str:
        return format_params(self.params)[1:]


class Warning:
    """Warning (RFC 3261 §20.43): three-digit ``code``, ``agent``, ``text``."""

    __slots__ = ("agent", "code", "text")

    def __init__(self, code: int, agent: str, text: str) -> None:
        self.code = code
        self.agent = agent
        self.text = text

    @classmethod
    def parse(cls, text: str) -> Warning:
        code, _, rest = text.partition(" ")
        agent, _, quoted = rest.strip(" \t").partition(" ")
        quoted = quoted.strip(" \t")
        if len(code) != 3 or not agent or quoted[:1] != '"' or end_of_quoted(quoted, 0) != len(quoted):
            raise SipParseError("Malformed Warning header field")
        return cls(parse_digits(code, "Warning code", 999), agent, unquote(quoted))

    def __str__(self) -> str:
        return f"{self.code:03d} {self.agent} {quote(self.text)}"


class RetryAfter:
    """Retry-After (RFC 3261 §20.33): ``seconds``, a comment and ``duration``."""

    __slots__ = ("comment", "params", "seconds")

    def __init__(self, seconds: int, comment: str | None = None, params: Params | None = None) -> None:
        self.seconds = seconds
        self.comment = comment
        self.params: Params = params if params is not None else {}

    @classmethod
    def parse(cls, text: str) -> RetryAfter:
        """A number above 2**32-1 is malformed (RFC 4475 §3.1.2.5)."""
        comment: str | None = None
        head, bracket, rest = text.partition("(")
        if bracket:
            inner, closing, tail = rest.rpartition(")")
            if not closing:
                raise SipParseError("Unterminated comment")
            comment, text = inner, head + tail
        value, params = split_first(text)
        return cls(parse_digits(value, "Retry-After", MAX_DELTA_SECONDS), comment, params)

    def __str__(self) -> str:
        comment = "" if self.comment is None else f" ({self.comment})"
        return f"{self.seconds}{comment}{format_params(self.params)}"


class RAck:
    """RAck (RFC 3262 §7.2): which reliable provisional response is acknowledged."""

    __slots__ = ("cseq", "method", "rseq")

    def __init__(self, rseq: int, cseq: int, method: str) -> None:
        self.rseq = rseq
        self.cseq = cseq
        self.method = method

    @classmethod
    def parse(cls, text: str) -> RAck:
        parts = text.split()
        if len(parts) != 3 or not is_token(parts[2]):
            raise SipParseError("Malformed RAck header field")
        return cls(parse_rseq(parts[0]), parse_digits(parts[1], "RAck CSeq", MAX_CSEQ), parts[2])

    def __str__(self) -> str:
        return f"{self.rseq} {self.cseq} {self.method}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RAck) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


def parse_rseq(text: str) -> int:
    """RSeq (RFC 3262 §7.1): 1…2**32-1."""
    number = parse_digits(text, "RSeq", 2**32 - 1)
    if number == 0:
        raise SipParseError("RSeq is zero")
    return number


class Privacy(frozenset[str]):
    """Privacy (RFC 3323, 3325): values in lower case: id, user, header, session, none, critical."""

    @classmethod
    def parse(cls, text: str) -> Privacy:
        """Values are separated by semicolons; peers use commas too."""
        values = [value.strip(" \t").lower() for value in text.replace(",", ";").split(";")]
        if not all(is_token(value) for value in values):
            raise SipParseError("Malformed Privacy header field")
        return cls(values)

    def __str__(self) -> str:
        return ";".join(sorted(self, key=lambda value: (value == "critical", value)))


def is_call_id(text: str) -> bool:
    """``word [ "@" word ]`` (RFC 3261 §25.1)."""
    return _CALL_ID.fullmatch(text) is not None


_WORD = r"[A-Za-z0-9\-.!%*_+`'~()<>:\\\"/\[\]?{}]+"
_CALL_ID = re.compile(rf"{_WORD}(?:@{_WORD})?")


def _optional_int(text: str | None) -> int | None:
    if text is None or not text.isdecimal() or not text.isascii() or len(text) > 10:
        return None
    return int(text)


def parse_reasons(values: Iterable[str]) -> list[Reason]:
    """All Reason values of a message, malformed ones left out: they inform, they do not decide."""
    reasons: list[Reason] = []
    for value in values:
        try:
            reasons.append(Reason.parse(value))
        except SipParseError:
            continue
    return reasons


def parse_accept(text: str) -> list[ContentType]:
    """Accept (RFC 3261 §20.1); ``*/*`` and ``type/*`` are tokens too. An empty header accepts nothing."""
    return [ContentType.parse(part) for part in split_list(text)] if text else []
