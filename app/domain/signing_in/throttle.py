"""How often somebody may try a password. Counted by address *and* account: a stranger who guesses waits
longer and longer, while the user, who comes from elsewhere, does not; and by address, for who tries many
accounts.

In Redis, so that all processes count together; without Redis nobody signs in. Windows are those of `limits`.
"""

from __future__ import annotations

import hashlib
import math
import time
from typing import Any

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter

from app.problems import TOO_MANY_REQUESTS, ProblemError

ONE_ACCOUNT: tuple[RateLimitItem, ...] = (
    RateLimitItemPerMinute(5),
    RateLimitItemPerMinute(15, 15),
    RateLimitItemPerHour(30, 4),
    RateLimitItemPerDay(60),
)
"""Wrong passwords for one account from one address: after 5 a minute's rest, after 15 a quarter of an hour,
and so on: 60 guesses a day."""
ONE_ADDRESS: tuple[RateLimitItem, ...] = (RateLimitItemPerMinute(60), RateLimitItemPerHour(600))
"""Tries for any account from one address: an office full of people signs in behind one."""

CODES: tuple[RateLimitItem, ...] = (RateLimitItemPerHour(30),)
"""Wrong codes of one account, from anywhere, once the password was right: three of a million codes
are right at a time, so that guessing one takes more than a year. A recovery code still counts then."""
MAILS: tuple[RateLimitItem, ...] = (RateLimitItemPerMinute(3, 30),)
"""Password resets for one account, from anywhere. As long as a reset is good: whoever is refused one has one
in the mail that still works."""
MAILS_ASKED: tuple[RateLimitItem, ...] = (RateLimitItemPerHour(10),)
"""Mails one address (for resets) or one user (to confirm an address) may ask for."""


class Throttle:
    def __init__(self, redis: Any) -> None:
        storage = RedisStorage(
            "async+redis://",
            implementation="redispy",
            key_prefix="limits",
            connection_pool=redis.connection_pool,
        )
        self._windows = FixedWindowRateLimiter(storage)

    async def count(self, address: str, account: str) -> None:
        """A try, before it is known whether it is right: so many at once count too. Raises ProblemError:
        429."""
        for window in ONE_ADDRESS:
            await self._hit(window, "sign-in", address)
        for window in ONE_ACCOUNT:
            await self._hit(window, "sign-in", address, _shortened(account))

    async def forgive(self, address: str, account: str) -> None:
        """The password was right: whoever has it made a typing error before."""
        for window in ONE_ACCOUNT:
            await self._windows.clear(window, "sign-in", address, _shortened(account))

    async def count_code(self, account: str) -> None:
        """A code of the second factor. Raises ProblemError: 429."""
        for window in CODES:
            await self._hit(window, "code", _shortened(account))

    async def forgive_codes(self, account: str) -> None:
        for window in CODES:
            await self._windows.clear(window, "code", _shortened(account))

    async def count_mail(self, who: str) -> None:
        """Who asks for mail. Raises ProblemError: 429."""
        for window in MAILS_ASKED:
            await self._hit(window, "mails-asked", _shortened(who))

    async def may_mail(self, account: str) -> bool:
        """Whether another reset for ``account`` may leave; nobody is told."""
        return all([await self._windows.hit(window, "mails", _shortened(account)) for window in MAILS])

    async def _hit(self, window: RateLimitItem, *who: str) -> None:
        if await self._windows.hit(window, *who):
            return
        until, _ = await self._windows.get_window_stats(window, *who)
        raise ProblemError(
            TOO_MANY_REQUESTS,
            "tried too often: wait",
            "te vaak geprobeerd: wacht even",
            retry_after_s=max(1, math.ceil(until - time.time())),
        )


def _shortened(account: str) -> str:
    return hashlib.sha256(account.encode()).hexdigest()[:24]
