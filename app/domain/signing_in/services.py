"""Signing in, refreshing, ending sessions, changing the password. Passwords are tried through
:mod:`app.domain.signing_in.throttle` only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from app.domain.signing_in import statements
from app.domain.signing_in.account_writing import replace_password
from app.domain.signing_in.mailed import Mailed
from app.domain.signing_in.passwords import Passwords, fault_of, made_up
from app.domain.signing_in.schemas import PasswordChange, Session, Sessions, SignIn, Tokens
from app.domain.signing_in.second_factor import SecondFactor
from app.domain.signing_in.throttle import Throttle
from app.domain.signing_in.tokens import (
    ACCESS_S,
    SESSION_S,
    AccessTokens,
    RefreshTokens,
    hashed,
    new_session,
)
from app.problems import (
    CODE_NEEDED,
    INVALID_SETTINGS,
    SESSION_ENDED,
    WRONG_PASSWORD,
    InvalidMember,
    ProblemError,
)
from hipper.directory.accounts import Account, account_of
from hipper.pbx.ids import SubscriberId
from hipper.runtime.clock import Clock
from hipper.runtime.settings_model import Settings

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="hipper"'}
MOST_SESSIONS = 20
"""Of one user; the one not used for longest ends when there is one more."""


class SigningIn:
    """``own``: pool of ``hipper_app``."""

    def __init__(
        self,
        own: asyncpg.Pool,
        tokens: AccessTokens,
        throttle: Throttle,
        *,
        secret: bytes,
        clock: Clock,
        settings: Settings,
    ) -> None:
        """secret: of the installation."""
        self._own = own
        self._tokens = tokens
        self._throttle = throttle
        self._refresh_tokens = RefreshTokens(secret)
        self.passwords = Passwords(settings.api)
        self.second_factor = SecondFactor(own, throttle, secret, clock)
        self.mailed = Mailed(own, throttle, self.passwords, settings.mail)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Mail leaves meanwhile, when it is set up."""
        sending = asyncio.create_task(self.mailed.jobs.run()) if self.mailed.is_on else None
        try:
            yield
        finally:
            if sending is not None:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)

    async def sign_in(self, asked: SignIn, address: str) -> Tokens:
        """Raises ProblemError: 401 alike for an unknown user, one without password, one who may not call and
        a wrong password; 401 when the password is right and the code is not; 429."""
        name = asked.user.strip().lower()
        await self._throttle.count(address, name)
        user, _, domain = name.rpartition("@")
        row = await self._own.fetchrow(statements.SIGN_IN, domain, user)
        known: str | None = row["password_hash"] if row is not None else None
        right = await self.passwords.verify(known, asked.password)
        if row is None or known is None or not right or not account_of(row).enabled:
            raise ProblemError(WRONG_PASSWORD, headers=_CHALLENGE)
        account = account_of(row)
        if row["second_factor"]:
            if not asked.code:
                raise ProblemError(CODE_NEEDED, headers=_CHALLENGE)
            await self.second_factor.check(account, asked.code)
        await self._throttle.forgive(address, name)
        tokens = await self._open(account.subscriber, known, asked.device_name or "?", address)
        if self.passwords.is_outdated(known):
            renewed = await self.passwords.hash(asked.password)
            await self._own.execute(statements.REHASH, account.subscriber, known, renewed)
        return tokens

    async def _open(self, subscriber: SubscriberId, known: str, device_name: str, address: str) -> Tokens:
        """Raises ProblemError: 401 when ``known``, the hash that fitted, was replaced meanwhile."""
        session = new_session()
        refresh = self._refresh_tokens.issue(session)
        async with self._own.acquire() as conn, conn.transaction():
            if await conn.fetchval(statements.LOCK_USER, subscriber) != known:
                raise ProblemError(WRONG_PASSWORD, headers=_CHALLENGE)
            await conn.execute(statements.FORGET_EXPIRED, subscriber)
            await conn.execute(
                statements.OPEN_SESSION, session, subscriber, device_name, address, float(SESSION_S)
            )
            await conn.execute(statements.END_OLDEST, subscriber, MOST_SESSIONS)
            await conn.execute(statements.GIVE_REFRESH, hashed(refresh), session)
        return self._answer(session, refresh)

    async def refresh(self, token: str, address: str) -> Tokens:
        """The next pair. A token that was used before ends its session. Raises ProblemError: 401."""
        async with self._own.acquire() as conn:
            async with conn.transaction():
                session = await conn.fetchval(statements.USE_REFRESH, hashed(token))
                alive = session is not None and await conn.fetchval(
                    statements.PROLONG, session, address, float(SESSION_S)
                )
                if alive:
                    refresh = self._refresh_tokens.issue(session)
                    await conn.execute(statements.GIVE_REFRESH, hashed(refresh), session)
                    return self._answer(session, refresh)
            used = self._refresh_tokens.session_of(token)
            if used is not None:
                await conn.fetchval(statements.END_SESSION, used, "reuse")
        raise ProblemError(SESSION_ENDED, "sign in again", "meld opnieuw aan")

    async def sessions_of(self, subscriber: SubscriberId, current: str | None) -> Sessions:
        rows = await self._own.fetch(statements.SESSIONS, subscriber)
        return Sessions(items=tuple(_session(row, current) for row in rows))

    async def end(self, session: str) -> None:
        await self._own.fetchval(statements.END_SESSION, session, "user")

    async def change_password(
        self, account: Account, session: str, change: PasswordChange, address: str
    ) -> None:
        """Raises ProblemError: 401 when ``current`` is wrong, 422 when ``new`` cannot be, 429."""
        fault = fault_of(change.new, account.aor)
        if fault is not None:
            raise ProblemError(
                INVALID_SETTINGS, *fault, errors=(InvalidMember(pointer="#/new", detail=fault[0]),)
            )
        await self.prove(account, change.current, address)
        known = await self.passwords.hash(change.new)
        by = f"user:{account.subscriber}"
        async with self._own.acquire() as conn:
            await replace_password(conn, account, known, by, "password changed", keep=session)

    async def make_password(self, account: Account, by: str) -> str:
        """A new one; every session ends, and the user is told by mail. Raises ProblemError: 503."""
        password = made_up()
        known = await self.passwords.hash(password)
        async with self._own.acquire() as conn, conn.transaction():
            await replace_password(conn, account, known, by, "password made")
            await self.mailed.notify(conn, account.subscriber, "password")
        self.mailed.jobs.wake()
        return password

    async def prove(self, account: Account, password: str, address: str) -> None:
        """See that who has the token has the password too. Raises ProblemError: 401, 429."""
        await self._throttle.count(address, account.aor)
        known = await self._own.fetchval(statements.KNOWN_HASH, account.subscriber)
        if not await self.passwords.verify(known, password):
            raise ProblemError(WRONG_PASSWORD, headers=_CHALLENGE)
        await self._throttle.forgive(address, account.aor)

    async def take_off_second_factor(self, account: Account, by: str) -> bool:
        """Whether there was one; the user is told by mail."""
        taken = await self.second_factor.take_off(account, by)
        if taken:
            async with self._own.acquire() as conn:
                await self.mailed.notify(conn, account.subscriber, "second_factor")
            self.mailed.jobs.wake()
        return taken

    def _answer(self, session: str, refresh: str) -> Tokens:
        return Tokens(
            session=session,
            access_token=self._tokens.issue(session),
            expires_in_s=ACCESS_S,
            refresh_token=refresh,
        )


def _session(row: Any, current: str | None) -> Session:
    return Session(
        id=row["session_id"],
        device_name=row["device_name"],
        address=row["address"],
        created=row["created_at"].timestamp(),
        used=row["used_at"].timestamp(),
        expires=row["expires_at"].timestamp(),
        current=row["session_id"] == current,
    )
