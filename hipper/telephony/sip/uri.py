"""URIs: sip and sips (RFC 3261 §19.1), tel (RFC 3966), and any other scheme kept whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv6Address
from urllib.parse import quote as percent_encode
from urllib.parse import unquote_to_bytes

from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.grammar import MAX_PARAMS
from hipper.telephony.sip.host import HOST_RULE, format_host, parse_host_port

__all__ = [
    "MAX_URI", "OpaqueUri", "SipUri", "TelUri", "Uri", "format_host", "parse_host_port", "parse_uri",
    "percent_decode",
]  # fmt: skip

MAX_URI = 4096
"""Characters of one URI."""
_CACHED_LENGTH = 200
_CACHED_URIS = 2048

_UNRESERVED = r"A-Za-z0-9\-_.!~*'()"
_USER = re.compile(rf"(?:[{_UNRESERVED}&=+$,;?/]|%[0-9A-Fa-f]{{2}})+")
_PASSWORD = re.compile(rf"(?:[{_UNRESERVED}&=+$,]|%[0-9A-Fa-f]{{2}})*")
_PARAM = re.compile(rf"(?:[{_UNRESERVED}\[\]/:&+$]|%[0-9A-Fa-f]{{2}})+")
_HEADER = re.compile(rf"(?:[{_UNRESERVED}\[\]/?:+$]|%[0-9A-Fa-f]{{2}})*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+\-.]*")
_OPAQUE = re.compile(r"[!#-;=?-\[\]_a-z~]+")
_TEL_NUMBER = re.compile(r"\+[\-.()]*[0-9][0-9\-.()]*|[\-.()]*[0-9A-Fa-f*#][0-9A-Fa-f*#\-.()]*")
# What nearly all SIP URIs look like: no escapes, password, IPv6 or headers; a host name or an IPv4 address.
_PLAIN = re.compile(
    rf"(sips?):(?:([{_UNRESERVED}&=+$,;?/]++)@)?+"
    rf"({HOST_RULE})(?::([0-9]{{1,4}}))?+(?:;([{_UNRESERVED}\[\]/:&+$;=]++))?+"
)
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
_VISUAL = str.maketrans("", "", "-.()")

_USER_SAFE = "-_.!~*'()&=+$,;?/"
_LOGIN_SAFE = "-_.!~*'()&=+$,"
_PARAM_SAFE = "-_.!~*'()[]/:&+$"
_HEADER_SAFE = "-_.!~*'()[]/?:+$"

# RFC 3261 §19.1.4: these never match when only one URI has them (transport by the section's own example).
_MUST_MATCH = ("user", "ttl", "method", "maddr", "transport")


def percent_decode(text: str) -> str:
    """Resolve %HH once, never twice (RFC 3986 §2.4); bytes that are not UTF-8 survive as surrogates."""
    if "%" not in text:
        return text
    return unquote_to_bytes(text).decode("utf-8", "surrogateescape")


def _encode(text: str, safe: str) -> str:
    return percent_encode(text, safe=safe, errors="surrogateescape")


class SipUri:
    """A sip or sips URI (RFC 3261 §19.1). Immutable.

    ``user`` and parameter values are percent-decoded, ``host`` is lower case and an IPv6 address stands
    without brackets; ``str()`` of a parsed URI is the very text that came in. ``==`` compares that text,
    ``equivalent`` follows §19.1.4.
    """

    __slots__ = ("_text", "_user_text", "headers", "host", "params", "password", "port", "scheme", "user")

    scheme: str
    user: str | None
    password: str | None
    host: str
    port: int | None
    params: Mapping[str, str | None]
    headers: tuple[tuple[str, str], ...]

    def __init__(
        self,
        *,
        host: str,
        user: str | None = None,
        port: int | None = None,
        scheme: str = "sip",
        params: Mapping[str, str | None] | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        password: str | None = None,
        text: str | None = None,
        user_text: str | None = None,
    ) -> None:
        """``text`` and ``user_text``: how the whole and the user part were written, of one that was read."""
        self.scheme = scheme
        self.user = user
        self.password = password
        self.host = host[1:-1] if host[:1] == "[" else host
        self.port = port
        self.params = dict(params) if params else {}
        self.headers = headers
        if text is not None:
            self._user_text = user_text
            self._text = text
            return
        self._user_text = None if user is None else _encode(user, _USER_SAFE)
        self._text = self._format()

    @classmethod
    def parse(cls, text: str) -> SipUri:
        """Read a sip or sips URI. Raises SipParseError."""
        if len(text) > MAX_URI:
            raise SipParseError("URI is too long")
        plain = _PLAIN.fullmatch(text)
        if plain is not None:
            return _plain_uri(text, plain)
        scheme, colon, rest = text.partition(":")
        scheme = scheme.lower()
        if not colon or scheme not in ("sip", "sips"):
            raise SipParseError("Not a sip or sips URI")
        userinfo, at, tail = rest.rpartition("@")
        user, user_text, password = _read_userinfo(userinfo) if at else (None, None, None)
        hostport, question, header_text = tail.partition("?")
        headers = _parse_headers(header_text) if question else ()
        hostport, semicolon, param_text = hostport.partition(";")
        params = _parse_uri_params(param_text) if semicolon else None
        host, port = parse_host_port(hostport)
        return SipUri(
            scheme=scheme, user=user, password=password, host=host, port=port, params=params,
            headers=headers, text=text, user_text=user_text,
        )  # fmt: skip

    def _format(self) -> str:
        parts = [self.scheme, ":"]
        if self._user_text is not None:
            parts.append(self._user_text)
            if self.password is not None:
                parts.append(":" + _encode(self.password, _LOGIN_SAFE))
            parts.append("@")
        parts.append(format_host(self.host))
        if self.port is not None:
            parts.append(f":{self.port}")
        for name, value in self.params.items():
            parts.append(";" + _encode(name, _PARAM_SAFE))
            if value is not None:
                parts.append("=" + _encode(value, _PARAM_SAFE))
        if self.headers:
            pairs = (
                f"{_encode(name, _HEADER_SAFE)}={_encode(value, _HEADER_SAFE)}"
                for name, value in self.headers
            )
            parts.append("?" + "&".join(pairs))
        return "".join(parts)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"SipUri({self._text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SipUri) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    @property
    def transport(self) -> str | None:
        """The transport parameter in lower case: udp, tcp, tls, ws …"""
        value = self.params.get("transport")
        return value.lower() if value else None

    @property
    def lr(self) -> bool:
        """Whether this is a loose router (RFC 3261 §16.12)."""
        return "lr" in self.params

    @property
    def is_ipv6(self) -> bool:
        return ":" in self.host

    @property
    def is_secure(self) -> bool:
        return self.scheme == "sips"

    @property
    def host_port(self) -> str:
        """``host[:port]`` as a URI writes it."""
        host = format_host(self.host)
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def aor(self) -> SipUri:
        """The address of record: no parameters, headers or password left (RFC 3261 §10.3 step 5)."""
        return SipUri(scheme=self.scheme, user=self.user, host=self.host, port=self.port)

    def replace(
        self,
        *,
        scheme: str | None = None,
        user: str | None = None,
        host: str | None = None,
        port: int | None = None,
        params: Mapping[str, str | None] | None = None,
    ) -> SipUri:
        """A copy with the given parts changed; what is None stays."""
        return SipUri(
            scheme=scheme or self.scheme,
            user=self.user if user is None else user,
            password=self.password,
            host=host or self.host,
            port=self.port if port is None else port,
            params=self.params if params is None else params,
            headers=self.headers,
        )

    def with_params(self, params: Mapping[str, str | None] | None = None, /, **more: str | None) -> SipUri:
        """A copy with parameters added or changed; None makes a flag (``with_params(lr=None)``)."""
        merged = {
            **self.params,
            **{name.lower(): value for name, value in {**(params or {}), **more}.items()},
        }
        return self.replace(params=merged)

    def without_params(self, *names: str) -> SipUri:
        """A copy without the named parameters, or without any when none is named."""
        kept = {name: value for name, value in self.params.items() if names and name not in names}
        return self.replace(params=kept)

    def without_headers(self) -> SipUri:
        """A copy fit for a Request-URI: header components never go there (RFC 3261 §19.1.1 table 1)."""
        return SipUri(
            scheme=self.scheme,
            user=self.user,
            password=self.password,
            host=self.host,
            port=self.port,
            params=self.params,
        )

    def equivalent(self, other: object) -> bool:
        """Whether both name the same resource (RFC 3261 §19.1.4; IPv6 as RFC 5954 §4.2)."""
        if not isinstance(other, SipUri) or self.scheme != other.scheme or self.port != other.port:
            return False
        if self.password != other.password or not _same_host(self.host, other.host):
            return False
        if _comparable(self._user_text) != _comparable(other._user_text):
            return False
        return _same_params(self.params, other.params) and _header_key(self) == _header_key(other)


def _plain_uri(text: str, match: re.Match[str]) -> SipUri:
    scheme, user, host, port, params = match.groups()
    if len(host) > 255:
        raise SipParseError("Malformed host")
    return SipUri(
        scheme=scheme, user=user, host=host.lower(), port=int(port) if port else None,
        params=_parse_uri_params(params) if params else None, text=text, user_text=user,
    )  # fmt: skip


def _read_userinfo(userinfo: str) -> tuple[str, str, str | None]:
    """User part, the same as written, password."""
    user, colon, password = userinfo.partition(":")
    if _USER.fullmatch(user) is None:
        raise SipParseError("Malformed user part of a URI")
    if not colon:
        return percent_decode(user), user, None
    if _PASSWORD.fullmatch(password) is None:
        raise SipParseError("Malformed password of a URI")
    return percent_decode(user), user, percent_decode(password)


def _comparable(user: str | None) -> str | None:
    """Unreserved characters equal their escapes, reserved ones do not (RFC 3261 §19.1.4)."""
    if user is None or "%" not in user:
        return user

    def resolve(match: re.Match[str]) -> str:
        character = chr(int(match.group()[1:], 16))
        plain = character.isascii() and (character.isalnum() or character in "-_.!~*'()")
        return character if plain else match.group().upper()

    return _ESCAPED.sub(resolve, user)


def _same_host(one: str, other: str) -> bool:
    if one == other:
        return True
    return ":" in one and ":" in other and IPv6Address(one) == IPv6Address(other)


def _same_params(one: Mapping[str, str | None], other: Mapping[str, str | None]) -> bool:
    if any((name in one) != (name in other) for name in _MUST_MATCH):
        return False
    return all(
        (value or "").lower() == (other[name] or "").lower() for name, value in one.items() if name in other
    )


def _header_key(uri: SipUri) -> list[tuple[str, str]]:
    return sorted((name.lower(), value) for name, value in uri.headers)


def _parse_uri_params(text: str) -> dict[str, str | None]:
    parts = text.split(";")
    if len(parts) > MAX_PARAMS:
        raise SipParseError("Too many parameters in a URI")
    params: dict[str, str | None] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        if _PARAM.fullmatch(name) is None or (equals and _PARAM.fullmatch(value) is None):
            raise SipParseError("Malformed URI parameter")
        key = percent_decode(name).lower()
        if key in params:
            raise SipParseError("URI parameter given twice")
        params[key] = percent_decode(value) if equals else None
    return params


def _parse_headers(text: str) -> tuple[tuple[str, str], ...]:
    pairs = text.split("&")
    if len(pairs) > MAX_PARAMS:
        raise SipParseError("Too many headers in a URI")
    headers: list[tuple[str, str]] = []
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals or _HEADER.fullmatch(name) is None or _HEADER.fullmatch(value) is None:
            raise SipParseError("Malformed header in a URI")
        headers.append((percent_decode(name), percent_decode(value)))
    return tuple(headers)


class TelUri:
    """A telephone number (RFC 3966). ``number`` has no visual separators; a global one starts with ``+``."""

    __slots__ = ("_text", "number", "params")

    scheme = "tel"
    number: str
    params: dict[str, str | None]

    def __init__(
        self, number: str, params: Mapping[str, str | None] | None = None, text: str | None = None
    ) -> None:
        """``text``: how it was written, of one that was read."""
        self.number = number
        self.params = dict(params) if params else {}
        if text is not None:
            self._text = text
            return
        parts = ["tel:", number]
        for name, value in self.params.items():
            parts.append(f";{name}" if value is None else f";{name}={_encode(value, _PARAM_SAFE)}")
        self._text = "".join(parts)

    @classmethod
    def parse(cls, text: str) -> TelUri:
        """Read a tel URI. Raises SipParseError."""
        if len(text) > MAX_URI:
            raise SipParseError("URI is too long")
        scheme, _, rest = text.partition(":")
        number, semicolon, params = rest.partition(";")
        if scheme.lower() != "tel" or _TEL_NUMBER.fullmatch(number) is None:
            raise SipParseError("Malformed tel URI")
        return TelUri(number.translate(_VISUAL), _parse_uri_params(params) if semicolon else None, text)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"TelUri({self._text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TelUri) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    @property
    def is_global(self) -> bool:
        return self.number.startswith("+")

    @property
    def phone_context(self) -> str | None:
        """Where a local number is meant (RFC 3966 §5.1.5): a domain or a global prefix."""
        return self.params.get("phone-context")

    def equivalent(self, other: object) -> bool:
        """RFC 3966 §4: same kind, same digits, same parameters whatever their order; names without case."""
        if not isinstance(other, TelUri) or self.number.lower() != other.number.lower():
            return False
        return _tel_key(self) == _tel_key(other)


def _tel_key(uri: TelUri) -> dict[str, str]:
    """Phone numbers within parameters compare without visual separators."""
    key: dict[str, str] = {}
    for name, value in uri.params.items():
        text = (value or "").lower()
        number = name == "ext" or text.startswith("+")
        key[name] = text.translate(_VISUAL) if number else text
    return key


class OpaqueUri:
    """A URI of another scheme (urn:service:sos, http:, mailto: …), kept as it came."""

    __slots__ = ("_text", "rest", "scheme")

    scheme: str
    rest: str

    def __init__(self, scheme: str, rest: str) -> None:
        self.scheme = scheme.lower()
        self.rest = rest
        self._text = f"{scheme}:{rest}"

    @classmethod
    def parse(cls, text: str) -> OpaqueUri:
        """Read any absolute URI. Raises SipParseError."""
        scheme, colon, rest = text.partition(":")
        if len(text) > MAX_URI:
            raise SipParseError("URI is too long")
        if not colon or _SCHEME.fullmatch(scheme) is None or _OPAQUE.fullmatch(rest) is None:
            raise SipParseError("Malformed URI")
        return cls(scheme, rest)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"OpaqueUri({self._text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OpaqueUri) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def equivalent(self, other: object) -> bool:
        return isinstance(other, OpaqueUri) and self.scheme == other.scheme and self.rest == other.rest


Uri = SipUri | TelUri | OpaqueUri


def parse_uri(text: str) -> Uri:
    """Read a URI of any scheme. Raises SipParseError."""
    return _parse_cached(text) if len(text) <= _CACHED_LENGTH else _parse_any(text)


def _parse_any(text: str) -> Uri:
    scheme = text.partition(":")[0].lower()
    if scheme == "sip" or scheme == "sips":
        return SipUri.parse(text)
    if scheme == "tel":
        return TelUri.parse(text)
    return OpaqueUri.parse(text)


# The same few URIs stand in every message of a call, and they are immutable. Bounded: about 2 MB when full.
_parse_cached = lru_cache(maxsize=_CACHED_URIS)(_parse_any)
