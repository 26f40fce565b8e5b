"""Access tokens: signed, ten minutes long, of one session. Refresh tokens: random, used once."""

from __future__ import annotations

import hashlib
import hmac
import secrets

import jwt

from hipper.runtime.clock import Clock
from hipper.runtime.secret import derive_key

ACCESS_S = 600
SESSION_S = 60 * 24 * 3600
"""A session that is not used for so long is over."""
MOST_CHECKED = 20_000
_ISSUER = "hipper"
_AUDIENCE = "hipper-api"
_ALGORITHM = "HS256"
_REFRESH_PREFIX = "hrt_"


class AccessTokens:
    """JSON Web Tokens (RFC 7519) with a key of this installation. They say which session asks and nothing
    else: whose it is, and in which role, is read with every request."""

    def __init__(self, secret: bytes, clock: Clock) -> None:
        self._key = derive_key(secret, "api access token")
        self._clock = clock
        self._checked: dict[str, tuple[str, float]] = {}

    def issue(self, session: str) -> str:
        now = int(self._clock.unix())
        claims = {"iss": _ISSUER, "aud": _AUDIENCE, "sid": session, "iat": now, "exp": now + ACCESS_S}
        return jwt.encode(claims, self._key, _ALGORITHM)

    def session_of(self, token: str) -> str | None:
        """None for a token that is not ours, was changed, or is too old."""
        read = self.read(token)
        return None if read is None else read[0]

    def read(self, token: str) -> tuple[str, float] | None:
        """The session, and until when (Unix seconds); None as :meth:`session_of`."""
        checked = self._checked.get(token) or self._check(token)
        return checked if checked is not None and self._clock.unix() < checked[1] else None

    def _check(self, token: str) -> tuple[str, float] | None:
        """Its signature, which costs a tenth of a request: of the tokens that came last it is known."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                [_ALGORITHM],
                audience=_AUDIENCE,
                issuer=_ISSUER,
                options={
                    "require": ["exp", "iat", "aud", "iss", "sid"],
                    "verify_exp": False,  # by our own clock, below
                    "verify_iat": False,
                },
            )
        except jwt.InvalidTokenError:
            return None
        if len(self._checked) >= MOST_CHECKED:
            del self._checked[next(iter(self._checked))]
        checked = self._checked[token] = str(claims["sid"]), float(claims["exp"])
        return checked


def new_session() -> str:
    return "ses_" + secrets.token_hex(12)


class RefreshTokens:
    """Random, and signed with the session they are of: one that works no more is known to have been ours,
    though nothing is kept of it. ``secret``: of the installation."""

    def __init__(self, secret: bytes) -> None:
        self._key = derive_key(secret, "api refresh token")

    def issue(self, session: str) -> str:
        signed = f"{session}-{secrets.token_hex(32)}"
        return f"{_REFRESH_PREFIX}{signed}-{self._signature(signed)}"

    def session_of(self, token: str) -> str | None:
        """The session it was given to, whether it works or not; None: we never gave it."""
        signed, _, signature = token.removeprefix(_REFRESH_PREFIX).rpartition("-")
        if not hmac.compare_digest(signature, self._signature(signed)):
            return None
        return signed.rpartition("-")[0]

    def _signature(self, signed: str) -> str:
        return hmac.new(self._key, signed.encode(), hashlib.sha256).hexdigest()[:32]


def hashed(token: str) -> bytes:
    """What is kept of a random token: it has 256 bits of its own, so one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode()).digest()
