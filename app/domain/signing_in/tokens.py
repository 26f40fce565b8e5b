"""Access tokens: signed, ten minutes long, of one session. Refresh tokens: random, used once."""

from __future__ import annotations

import hashlib
import secrets

import jwt

from hipper.runtime.clock import Clock
from hipper.runtime.secret import derive_key

ACCESS_S = 600
SESSION_S = 60 * 24 * 3600
"""A session that is not used for so long is over."""
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
        expires = float(claims["exp"])
        return (str(claims["sid"]), expires) if self._clock.unix() < expires else None


def new_session() -> str:
    return "ses_" + secrets.token_hex(12)


def new_refresh_token() -> str:
    return _REFRESH_PREFIX + secrets.token_urlsafe(32)


def hashed(token: str) -> bytes:
    """What is kept of a random token: it has 256 bits of its own, so one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode()).digest()
