"""Identifiers that nobody can guess (RFC 3261 §19.3: tags of at least 32 random bits)."""

from __future__ import annotations

import secrets

BRANCH_COOKIE = "z9hG4bK"
"""What a branch of an RFC 3261 element begins with (§8.1.1.7)."""


class RandomIds:
    """The random ``hipper.telephony.sip.ids.IdSource``. 80 bits each: no two calls of
    an installation meet."""

    __slots__ = ("_host",)

    def __init__(self, host: str | None = None) -> None:
        self._host = host

    def tag(self) -> str:
        return secrets.token_hex(10)

    def branch(self) -> str:
        return BRANCH_COOKIE + secrets.token_hex(10)

    def call_id(self) -> str:
        """A Call-ID; with ``@host`` when a host was given (a bare one tells peers nothing about us)."""
        word = secrets.token_hex(14)
        return f"{word}@{self._host}" if self._host else word

    def token(self, n: int) -> str:
        """``n`` characters of lower-case hexadecimal."""
        return secrets.token_hex((n + 1) // 2)[:n]
