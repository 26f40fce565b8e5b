"""Passwords: argon2id (RFC 9106 §4, second recommended option, unless ``[api]`` says otherwise), in a few
threads, never more at a time."""

from __future__ import annotations

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from app.problems import OVERLOADED, ProblemError
from hipper.runtime.settings_model import ApiSection

SHORTEST, LONGEST = 10, 128
"""Characters (NIST SP 800-63B §5.1.1: length counts, and not what kinds of characters)."""
_AT_ONCE = 2
"""The memory of ``[api]`` and a core each."""
_MOST_WAITING = 32
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what people confuse."""

_verifier = PasswordHasher()


def _hasher_of(api: ApiSection) -> PasswordHasher:
    return PasswordHasher(time_cost=api.password_passes, memory_cost=1024 * api.password_memory_mib)


class Passwords:
    """Of one process. ``hash`` and ``verify`` raise ProblemError (503) when too many wait."""

    def __init__(self, api: ApiSection) -> None:
        self._hasher = _hasher_of(api)
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._made_up: str | None = None

    async def hash(self, password: str) -> str:
        return await self._in_thread(self._hasher.hash, password)

    async def verify(self, known: str | None, password: str) -> bool:
        """Whether ``password`` is the one ``known`` was made of; None: nobody's, which takes as long."""
        right = await self._in_thread(matches, known or await self._nobodys(), password)
        return bool(right) and known is not None

    def is_outdated(self, known: str) -> bool:
        """Whether it was made with other costs than today's."""
        return self._hasher.check_needs_rehash(known)

    async def _nobodys(self) -> str:
        """What a password is compared with where there is none: a stranger cannot tell by the time."""
        if self._made_up is None:
            self._made_up = await self._in_thread(self._hasher.hash, made_up())
        return self._made_up

    async def _in_thread(self, work: object, *arguments: str) -> str:
        if self._waiting >= _MOST_WAITING:
            raise ProblemError(OVERLOADED, retry_after_s=2)
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(work, *arguments)  # type: ignore[arg-type]
        finally:
            self._waiting -= 1


def matches(known: str, password: str) -> bool:
    try:
        return _verifier.verify(known, password)  # with the costs that stand in it
    except (VerifyMismatchError, InvalidHashError):
        return False


def hashed_password(password: str, api: ApiSection) -> str:
    """For the command line."""
    return _hasher_of(api).hash(password)


def fault_of(password: str, aor: str) -> tuple[str, str] | None:
    """Why this cannot be the password of ``aor``, in English and Dutch; None when it can."""
    if not SHORTEST <= len(password) <= LONGEST:
        return (
            f"a password has {SHORTEST} to {LONGEST} characters",
            f"een wachtwoord heeft {SHORTEST} tot {LONGEST} tekens",
        )
    if len(set(password)) < 4 or password.lower() in (aor, aor.partition("@")[0] * 2):
        return "this password is too easy to guess", "dit wachtwoord is te makkelijk te raden"
    return None


def made_up() -> str:
    """Four groups of five characters: 99 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(4))
