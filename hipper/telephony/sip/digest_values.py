"""Challenges, credentials and the hashes between them (RFC 7616, RFC 8760, RFC 3261 §22)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.grammar import MAX_PARAMS, end_of_quoted, is_token, quote, unquote
from hipper.telephony.sip.uri import percent_decode

HASHES: dict[str, Callable[[bytes], str]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
    "SHA-512-256": lambda data: hashlib.new("sha512_256", data).hexdigest(),
}
"""By the algorithm's name, weakest first. MD5 is what old phones know; they are told it last."""

_QUOTED_NAMES = frozenset(
    {"realm", "nonce", "opaque", "domain", "username", "uri", "response", "cnonce", "nextnonce", "rspauth"}
)


def base_algorithm(algorithm: str) -> str:
    """The hash behind ``SHA-256-sess``."""
    return algorithm.upper().removesuffix("-SESS")


def digest_hash(algorithm: str, text: str) -> str:
    """H() of RFC 7616 §3.3 in hexadecimal."""
    return HASHES[base_algorithm(algorithm)](text.encode("utf-8", "surrogateescape"))


def ha1(username: str, realm: str, password: str, algorithm: str = "MD5") -> str:
    """H(username:realm:password): what a server stores instead of a password, one per algorithm."""
    return digest_hash(algorithm, f"{username}:{realm}:{password}")


def user_hash(username: str, realm: str, algorithm: str) -> str:
    """What a client sends instead of its name when userhash is on (RFC 7616 §3.4.4)."""
    return digest_hash(algorithm, f"{username}:{realm}")


class Computation(NamedTuple):
    """Everything that enters a response besides HA1."""

    algorithm: str
    nonce: str
    nc: str | None
    cnonce: str | None
    qop: str | None
    method: str
    uri: str
    body: bytes

    def response(self, stored_ha1: str) -> str:
        """request-digest (RFC 7616 §3.4.1); without qop the form of RFC 2069."""
        algorithm, secret = self.algorithm, stored_ha1
        if algorithm.upper().endswith("-SESS"):
            secret = digest_hash(algorithm, f"{secret}:{self.nonce}:{self.cnonce or ''}")
        a2 = f"{self.method}:{self.uri}"
        if self.qop == "auth-int":
            a2 += ":" + HASHES[base_algorithm(algorithm)](self.body)
        ha2 = digest_hash(algorithm, a2)
        if self.qop is None:
            return digest_hash(algorithm, f"{secret}:{self.nonce}:{ha2}")
        return digest_hash(algorithm, f"{secret}:{self.nonce}:{self.nc}:{self.cnonce}:{self.qop}:{ha2}")


class Challenge:
    """One WWW-Authenticate or Proxy-Authenticate value. ``qop`` in the server's order; empty when absent."""

    __slots__ = ("algorithm", "nonce", "opaque", "qop", "realm", "scheme", "stale", "userhash")

    def __init__(
        self,
        realm: str,
        nonce: str,
        algorithm: str = "MD5",
        *,
        qop: tuple[str, ...] = ("auth",),
        opaque: str | None = None,
        stale: bool = False,
        userhash: bool = False,
        scheme: str = "Digest",
    ) -> None:
        self.scheme = scheme
        self.realm = realm
        self.nonce = nonce
        self.algorithm = algorithm
        self.qop = qop
        self.opaque = opaque
        self.stale = stale
        self.userhash = userhash

    @classmethod
    def parse(cls, text: str) -> Challenge:
        """Read one challenge. Raises SipParseError."""
        scheme, params = parse_auth(text)
        return cls(
            realm=params.get("realm", ""),
            nonce=params.get("nonce", ""),
            algorithm=params.get("algorithm", "MD5"),
            qop=tuple(part.strip().lower() for part in params.get("qop", "").split(",") if part.strip()),
            opaque=params.get("opaque"),
            stale=params.get("stale", "").lower() == "true",
            userhash=params.get("userhash", "").lower() == "true",
            scheme=scheme,
        )

    @property
    def supported(self) -> bool:
        """Whether a client of ours can answer."""
        known_qop = not self.qop or "auth" in self.qop or "auth-int" in self.qop
        return self.scheme.lower() == "digest" and base_algorithm(self.algorithm) in HASHES and known_qop

    def __str__(self) -> str:
        params = {"realm": self.realm, "nonce": self.nonce, "algorithm": self.algorithm}
        if self.opaque is not None:
            params["opaque"] = self.opaque
        if self.stale:
            params["stale"] = "true"
        if self.userhash:
            params["userhash"] = "true"
        text = f"{self.scheme} {_format_auth(params)}"
        return f'{text}, qop="{",".join(self.qop)}"' if self.qop else text


class Credentials:
    """One Authorization or Proxy-Authorization value: ``params`` unquoted, by lower-case name."""

    __slots__ = ("params", "scheme")

    def __init__(self, params: Mapping[str, str], scheme: str = "Digest") -> None:
        self.scheme = scheme
        self.params = dict(params)

    @classmethod
    def parse(cls, text: str) -> Credentials:
        """Read credentials of any scheme; an unknown one keeps its parameters. Raises SipParseError."""
        scheme, params = parse_auth(text)
        return cls(params, scheme)

    @property
    def is_digest(self) -> bool:
        return self.scheme.lower() == "digest"

    @property
    def realm(self) -> str:
        return self.params.get("realm", "")

    @property
    def nonce(self) -> str:
        return self.params.get("nonce", "")

    @property
    def algorithm(self) -> str:
        """MD5 when absent (RFC 7616 §3.3)."""
        return self.params.get("algorithm", "MD5")

    @property
    def userhash(self) -> bool:
        return self.params.get("userhash", "").lower() == "true"

    @property
    def username(self) -> str:
        """The name, or its hash; ``username*`` is UTF-8 in percent-encoding (RFC 7616 §3.4)."""
        extended = self.params.get("username*")
        if extended is None:
            return self.params.get("username", "")
        charset, _, rest = extended.partition("'")
        if charset.upper() != "UTF-8":
            raise SipParseError("username* of an unknown charset")
        return percent_decode(rest.partition("'")[2])

    def __str__(self) -> str:
        return f"{self.scheme} {_format_auth(self.params)}"


def _format_auth(params: Mapping[str, str]) -> str:
    return ", ".join(
        f"{name}={quote(value) if name in _QUOTED_NAMES or not is_token(value) else value}"
        for name, value in params.items()
    )


def parse_auth(text: str) -> tuple[str, dict[str, str]]:
    """Read ``scheme 1*(auth-param)``: the scheme and its parameters. Raises SipParseError."""
    scheme, _, rest = text.strip(" \t").partition(" ")
    if not is_token(scheme):
        raise SipParseError("Malformed authentication scheme")
    params: dict[str, str] = {}
    for part in _split_commas(rest):
        name, equals, value = part.partition("=")
        name, value = name.strip(" \t").lower(), value.strip(" \t")
        if not equals or not is_token(name):
            raise SipParseError("Malformed authentication parameter")
        if name in params:
            raise SipParseError("Authentication parameter given twice")
        params[name] = unquote(value) if value[:1] == '"' else value
    return scheme, params


def parse_challenges(lines: list[str]) -> list[Challenge]:
    """All challenges of a message, in order, whether on lines of their own or joined by commas.

    What cannot be read is left out: another challenge may do.
    """
    challenges: list[Challenge] = []
    for line in lines:
        try:
            texts = _split_challenges(line)
        except SipParseError:
            continue
        for text in texts:
            try:
                challenges.append(Challenge.parse(text))
            except SipParseError:
                continue
    return challenges


def _split_challenges(line: str) -> list[str]:
    """A part that begins with two words opens the next challenge."""
    texts: list[str] = []
    for part in _split_commas(line):
        first = part.strip(" \t").partition("=")[0].split()
        if len(first) == 2 or not texts:
            texts.append(part)
        else:
            texts[-1] += "," + part
    return texts


def _split_commas(text: str) -> list[str]:
    """Split at commas outside quoted strings; empty parts are dropped."""
    parts: list[str] = []
    start = position = 0
    while position < len(text):
        comma, opening = text.find(",", position), text.find('"', position)
        if opening >= 0 and (comma < 0 or opening < comma):
            position = end_of_quoted(text, opening)
            continue
        if comma < 0:
            break
        parts.append(text[start:comma])
        start = position = comma + 1
        if len(parts) > MAX_PARAMS:
            raise SipParseError("Too many authentication parameters")
    parts.append(text[start:])
    return [part for part in parts if part.strip(" \t")]
