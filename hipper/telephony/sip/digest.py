"""Digest authentication in both roles (RFC 3261 §22 with RFC 7616 and RFC 8760).

Nonces are not stored: each is a time and a counter signed with the server's key. Only the counts of nonces
that were used with right credentials are kept, in a bounded table.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable

import msgspec

from hipper.telephony.sip.digest_values import (
    Challenge,
    Computation,
    Credentials,
    base_algorithm,
    ha1,
    parse_challenges,
    user_hash,
)
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.message import Request, Response
from hipper.telephony.sip.uri import SipUri, parse_uri

__all__ = [
    "Bad",
    "Challenge",
    "Credentials",
    "DigestClient",
    "DigestServer",
    "Ok",
    "Stale",
    "ha1",
    "user_hash",
]

Ha1Lookup = Callable[[str, str], str | None]
"""(username, algorithm) to the stored HA1; None when there is no such user or no such hash."""

_WINDOW = 64
"""Counts behind the highest that may still come: requests overtake each other on UDP."""
_STAMP_BYTES = 12
_MAC_BYTES = 16
_NO_SUCH_USER = "0" * 64


class Ok(msgspec.Struct, frozen=True):
    """The request is from ``username``."""

    username: str


class Stale(msgspec.Struct, frozen=True):
    """The credentials are right but the nonce is spent: challenge again with stale."""

    username: str


class Bad(msgspec.Struct, frozen=True):
    """Not authenticated; ``status`` 401 challenges again, 400 says that the header makes no sense."""

    reason: str
    status: int = 401


class _Counts:
    """Which counts of one nonce were seen: the highest, and a bit for each of the window below it."""

    __slots__ = ("highest", "seen")

    def __init__(self) -> None:
        self.highest = 0
        self.seen = 0

    def take(self, count: int) -> bool:
        """Whether this count is new; remembers it."""
        ahead = count - self.highest
        if ahead > 0:
            self.seen = ((self.seen << ahead) | 1) & ((1 << _WINDOW) - 1) if ahead < _WINDOW else 1
            self.highest = count
            return True
        bit = 1 << -ahead
        if -ahead >= _WINDOW or self.seen & bit:
            return False
        self.seen |= bit
        return True


class DigestServer:
    """Challenges and checks for one realm.

    ``key``: secret bytes, of this process. ``algorithms``: offered in this order, strongest first (RFC 8760
    §2.4). ``nonce_lifetime_s``: after it a right answer is stale. ``max_nonces``: nonces whose counts are
    kept; when the table is full the oldest go, and what was issued before them is stale.
    """

    def __init__(
        self,
        realm: str,
        key: bytes,
        *,
        algorithms: tuple[str, ...] = ("SHA-256", "MD5"),
        qop: tuple[str, ...] = ("auth",),
        nonce_lifetime_s: float = 300.0,
        max_nonces: int = 20_000,
        userhash: bool = False,
    ) -> None:
        self.realm = realm
        self.algorithms = algorithms
        self.qop = qop
        self.nonce_lifetime_s = nonce_lifetime_s
        self.max_nonces = max_nonces
        self.userhash = userhash
        self._key = key
        self._counter = 0
        self._counts: dict[str, _Counts] = {}
        self._forgotten_until_ms = -1

    def make_challenges(self, now: float, stale: bool = False) -> list[Challenge]:
        """One challenge per algorithm, to be sent as header lines in this order. now: seconds, monotonic."""
        nonce = self._make_nonce(now)
        return [
            Challenge(self.realm, nonce, algorithm, qop=self.qop, stale=stale, userhash=self.userhash)
            for algorithm in self.algorithms
        ]

    def find(self, request: Request, *, proxy: bool = False) -> Credentials | None:
        """The request's credentials for this realm; None when none can be read (RFC 3261 §22.1)."""
        for line in request.headers.get_all("Proxy-Authorization" if proxy else "Authorization"):
            try:
                credentials = Credentials.parse(line)
            except SipParseError:
                continue
            if credentials.is_digest and credentials.realm == self.realm:
                return credentials
        return None

    def check(
        self,
        credentials: Credentials,
        method: str,
        uri: str,
        body: bytes,
        lookup: Ha1Lookup,
        now: float,
        *,
        unhash: Callable[[str, str], str | None] | None = None,
    ) -> Ok | Stale | Bad:
        """Whether the credentials are right for this request.

        ``uri``: the Request-URI as received. ``unhash``: (user hash, algorithm) to the name, for userhash.
        """
        fault = self._check_form(credentials, uri)
        if fault is not None:
            return fault
        algorithm = base_algorithm(credentials.algorithm)
        username: str | None = credentials.username
        if credentials.userhash:
            username = unhash(credentials.username, algorithm) if unhash is not None else None
        stored = lookup(username, algorithm) if username is not None else None
        params = credentials.params
        expected = Computation(
            credentials.algorithm, credentials.nonce, params.get("nc"), params.get("cnonce"),
            _qop(params.get("qop")), method, params["uri"], body,
        ).response(stored or _NO_SUCH_USER)  # fmt: skip
        right = hmac.compare_digest(expected.encode(), params["response"].lower().encode("utf-8", "replace"))
        if not right or stored is None or username is None:
            return Bad("Wrong username or password")
        count = int(params["nc"], 16) if "qop" in params else 1
        return Ok(username) if self._take(credentials.nonce, count, now) else Stale(username)

    def _check_form(self, credentials: Credentials, uri: str) -> Bad | None:
        """RFC 7616 §3.4: what must be there, and what we offered."""
        params = credentials.params
        if not credentials.is_digest or credentials.realm != self.realm:
            return Bad("Credentials for another realm")
        if not all(params.get(name) for name in ("nonce", "uri", "response")):
            return Bad("Authorization: nonce, uri or response is missing", 400)
        try:
            _ = credentials.username
        except SipParseError as error:
            return Bad(f"Authorization: {error.reason}", 400)
        if base_algorithm(credentials.algorithm) not in {base_algorithm(name) for name in self.algorithms}:
            return Bad("Algorithm was not offered")
        if "qop" in params:
            if _qop(params["qop"]) not in self.qop:
                return Bad("qop was not offered")
            if not params.get("cnonce") or not _is_count(params.get("nc", "")):
                return Bad("Authorization: cnonce or nc is missing or malformed", 400)
        elif self.qop and "auth" not in self.qop:
            # only the form of RFC 2069 has no qop; it must not be a way around auth-int
            return Bad("qop is missing")
        if not _same_target(params["uri"], uri):
            return Bad("Authorization: uri is not that of the request", 400)
        return None

    def _make_nonce(self, now: float) -> str:
        """Time in milliseconds, a counter that makes it unique, and their signature."""
        self._counter = (self._counter + 1) & 0xFFFFFFFF
        stamp = int(now * 1000).to_bytes(8, "big", signed=True) + self._counter.to_bytes(4, "big")
        return urlsafe_b64encode(stamp + self._sign(stamp)).decode("ascii").rstrip("=")

    def _sign(self, stamp: bytes) -> bytes:
        return hmac.digest(self._key, stamp + self.realm.encode("utf-8"), "sha256")[:_MAC_BYTES]

    def _issued_ms(self, nonce: str) -> int | None:
        """When we issued this nonce; None when it is not ours."""
        if len(nonce) != 38 or not nonce.isascii():
            return None
        try:
            raw = urlsafe_b64decode(nonce + "==")
        except ValueError:
            return None
        stamp = raw[:_STAMP_BYTES]
        if not hmac.compare_digest(raw[_STAMP_BYTES:], self._sign(stamp)):
            return None
        return int.from_bytes(stamp[:8], "big", signed=True)

    def _take(self, nonce: str, count: int, now: float) -> bool:
        """Whether the nonce is fresh and the count new."""
        issued = self._issued_ms(nonce)
        now_ms = int(now * 1000)
        if issued is None or not issued <= now_ms <= issued + self.nonce_lifetime_s * 1000:
            return False
        counts = self._counts.get(nonce)
        if counts is None:
            if issued <= self._forgotten_until_ms:
                return False
            self._make_room()
            counts = self._counts[nonce] = _Counts()
        return counts.take(count)

    def _make_room(self) -> None:
        """Forget the first used quarter; their replays are refused by the time of issue."""
        if len(self._counts) < self.max_nonces:
            return
        for nonce in list(self._counts)[: max(1, self.max_nonces // 4)]:
            del self._counts[nonce]
            self._forgotten_until_ms = max(self._forgotten_until_ms, self._issued_ms(nonce) or 0)


def _qop(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _is_count(text: str) -> bool:
    """nc-value: eight hexadecimal digits, not zero."""
    return len(text) == 8 and all(c in "0123456789abcdefABCDEF" for c in text) and int(text, 16) > 0


def _same_target(digest_uri: str, request_uri: str) -> bool:
    """The uri of the credentials must name the request's target (RFC 7616 §3.4.6).

    Only user and host are compared: phones leave out parameters and ports that they send in the Request-URI.
    """
    if digest_uri == request_uri:
        return True
    try:
        one, other = parse_uri(digest_uri), parse_uri(request_uri)
    except SipParseError:
        return False
    if isinstance(one, SipUri) and isinstance(other, SipUri):
        return one.host == other.host and (one.user or "") == (other.user or "")
    return one.equivalent(other)


class DigestClient:
    """Answers challenges with one username and password, and counts the uses of each nonce."""

    def __init__(self, username: str, password: str) -> None:
        self.username = username
        self._password = password
        self._challenges: dict[tuple[str, str], Challenge] = {}
        self._counts: dict[tuple[str, str], int] = {}

    def authorize(self, request: Request, response: Response, cnonce: str) -> tuple[tuple[str, str], ...]:
        """Header lines to add to the repeated request; empty when nothing is left to try.

        Of each realm the topmost challenge we can answer counts (RFC 8760 §2.4). A realm that refused our
        credentials without saying stale is not tried again.
        """
        answers: list[tuple[str, str]] = []
        for challenge_name, name in _HEADER_PAIRS:
            refused = _realms_tried(request, name)
            chosen: dict[str, Challenge] = {}
            for challenge in parse_challenges(response.headers.get_all(challenge_name)):
                if challenge.supported:
                    chosen.setdefault(challenge.realm, challenge)
            for realm, challenge in chosen.items():
                if realm in refused and not challenge.stale:
                    return ()
                self._challenges[(name, realm)] = challenge
                self._counts[(name, realm)] = 0
                answers.append((name, self._answer(name, challenge, request, cnonce)))
        return tuple(answers)

    def preempt(self, request: Request, cnonce: str) -> tuple[tuple[str, str], ...]:
        """Header lines for a new request, from the challenges answered before (RFC 3261 §22.3)."""
        return tuple(
            (name, self._answer(name, challenge, request, cnonce))
            for (name, _), challenge in self._challenges.items()
        )

    def _answer(self, name: str, challenge: Challenge, request: Request, cnonce: str) -> str:
        count = self._counts[(name, challenge.realm)] = self._counts[(name, challenge.realm)] + 1
        qop = None
        if challenge.qop:
            qop = "auth" if "auth" in challenge.qop else "auth-int"
        uri, algorithm = request.request_uri_text, challenge.algorithm
        secret = ha1(self.username, challenge.realm, self._password, algorithm)
        computed = Computation(
            algorithm, challenge.nonce, f"{count:08x}", cnonce, qop, request.method, uri, request.body
        )
        user = user_hash(self.username, challenge.realm, algorithm) if challenge.userhash else self.username
        params = {
            "username": user,
            "realm": challenge.realm,
            "nonce": challenge.nonce,
            "uri": uri,
            "response": computed.response(secret),
            "algorithm": algorithm,
        }
        if qop is not None:
            params.update({"cnonce": cnonce, "qop": qop, "nc": f"{count:08x}"})
        elif algorithm.upper().endswith("-SESS"):
            params["cnonce"] = cnonce
        if challenge.opaque is not None:
            params["opaque"] = challenge.opaque
        if challenge.userhash:
            params["userhash"] = "true"
        return str(Credentials(params))


_HEADER_PAIRS = (("WWW-Authenticate", "Authorization"), ("Proxy-Authenticate", "Proxy-Authorization"))


def _realms_tried(request: Request, name: str) -> set[str]:
    realms: set[str] = set()
    for line in request.headers.get_all(name):
        try:
            realms.add(Credentials.parse(line).realm)
        except SipParseError:
            continue
    return realms
