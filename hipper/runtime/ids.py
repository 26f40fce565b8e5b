"""Identifiers that nobody can guess (RFC 3261 §19.3: tags of at least 32 random bits)."""

from __future__ import annotations

import secrets

BRANCH_COOKIE = "z9hG4bK"
"""What a branch of an RFC 3261 element begins with (§8.1.1.7)."""


_AT_ONCE = 4096
"""Characters of hexadecimal made ready at once."""


class RandomIds:
    """The random ``hipper.telephony.sip.ids.IdSource``. 80 bits each: no two calls of
    an installation meet."""

    __slots__ = ("_host", "_left", "_ready")

    def __init__(self, host: str | None = None) -> None:
        self._host = host
        self._ready = ""
        self._left = 0

    def _hex(self, n: int) -> str:
        """``n`` characters, each given out once. Asking the system for chance is a system call: one for some
        hundred identifiers."""
        if n > _AT_ONCE:
            return secrets.token_hex((n + 1) // 2)[:n]
        if self._left < n:
            self._ready, self._left = secrets.token_hex(_AT_ONCE // 2), _AT_ONCE
        start = _AT_ONCE - self._left
        self._left -= n
        return self._ready[start : start + n]

    def tag(self) -> str:
        return self._hex(20)

    def branch(self) -> str:
        return BRANCH_COOKIE + self._hex(20)

    def call_id(self) -> str:
        """A Call-ID; with ``@host`` when a host was given (a bare one tells peers nothing about us)."""
        word = self._hex(28)
        return f"{word}@{self._host}" if self._host else word

    def token(self, n: int) -> str:
        """``n`` characters of lower-case hexadecimal."""
        return self._hex(n)
