"""Typed header values (RFC 3261 §20, §25.1, and the RFCs named at each).

Each has ``parse(text)`` and ``str()``; parse raises SipParseError. Values stay text until somebody asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Self

from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.grammar import (
    Params,
    end_of_quoted,
    format_params,
    is_token,
    parse_digits,
    parse_params,
    quote,
    split_first,
    split_list,
    unquote,
)
from hipper.telephony.sip.name_addr import MAX_DELTA_SECONDS, NameAddr, ReferTo, lenient_seconds, parse_q
from hipper.telephony.sip.privacy import Privacy
from hipper.telephony.sip.quoted import Quoted
from hipper.telephony.sip.via import Via

__all__ = [
    "CSeq", "ChargingVector", "ContentDisposition", "ContentType", "EventHeader", "MinSE", "NameAddr",
    "ParameterizedValue", "Privacy", "RAck", "Reason", "ReferTo", "Replaces", "RetryAfter", "SessionExpires",
    "SubscriptionState", "Via", "Warning", "is_call_id", "lenient_seconds", "parse_accept", "parse_q",
    "parse_reasons", "parse_rseq",
]  # fmt: skip

MAX_CSEQ = 2**31 - 1
"""RFC 3261 §8.1.1.5: less than 2**31."""


class CSeq:
    """CSeq (RFC 3261 §20.16): ``number`` below 2**31, ``method`` case-sensitive."""

    __slots__ = ("method", "number")

    def __init__(self, number: int, method: str) -> None:
        self.number = number
        self.method = method

    @classmethod
    def parse(cls, text: str) -> CSeq:
        """Read a value; the few short ones that most messages carry are remembered, so do not change it."""
        return _short_cseq(text) if len(text) <= 16 else cls._parse(text)

    @classmethod
    def _parse(cls, text: str) -> CSeq:
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


_short_cseq = lru_cache(maxsize=1024)(CSeq._parse)


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
        call_id, params = split_first(text)
        if not is_call_id(call_id):
            raise SipParseError(f"Malformed {cls.__name__} value")
        if not params.get("to-tag") or not params.get("from-tag"):
            raise SipParseError("Replaces without both tags")
        return cls(call_id, params)

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
