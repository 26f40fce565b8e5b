"""Who asks, remembered for as long as PostgreSQL would tell that it changed.

Asking with every request who it is costs a third of it. A connection of its own listens (LISTEN) to what the
triggers of migration 0017 tell, and what is told of is forgotten. While it does not hear, nothing is
remembered and every request asks. A change over this worker is heard before it is answered
(:meth:`Askers.caught_up`); one from elsewhere as soon as PostgreSQL tells, which is when it is committed.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

import asyncpg
import structlog

from hipper.runtime.clock import Clock
from hipper.runtime.database import OUTAGE

CHANNEL = "hipper_who_asks"
LONGEST_S = 60.0
"""Nobody is remembered for longer, whatever was heard."""
MOST = 20_000
BEAT_S = 1.0
"""How often it is tried whether the connection hears: one that broke without a word is found within two."""
AGAIN_S = 1.0

log = structlog.get_logger("app.askers")
T = TypeVar("T")


class Askers(Generic[T]):
    """``listen``: opens the connection. ``pool``: tells over another one what is to be heard."""

    def __init__(self, listen: Callable[[], Awaitable[Any]], pool: asyncpg.Pool, clock: Clock) -> None:
        self._listen = listen
        self._pool = pool
        self._clock = clock
        self._known: OrderedDict[str, tuple[T, str, float]] = OrderedDict()
        self._of: dict[str, set[str]] = {}
        self._connection: Any = None
        self._turn = asyncio.Lock()
        self._begun = self._done = self.told = 0
        """``told``: counts what was heard. Who asked PostgreSQL before, and gets the answer after, may know
        what is no more."""
        self._beat = ""
        self._is_told_deaf = False

    @property
    def hears(self) -> bool:
        return self._connection is not None

    def find(self, name: str) -> T | None:
        """By session, or by whatever it was remembered under."""
        found = self._known.get(name)
        if found is None:
            return None
        if self._clock.monotonic() < found[2]:
            return found[0]
        self._drop(name)
        return None

    def remember(self, name: str, value: T, *, of: str, told: int, for_s: float) -> None:
        """``of``: the user who is told of, "" for a key. ``told``: as it was before PostgreSQL was asked."""
        if self._connection is None or told != self.told:
            return
        self._drop(name)
        self._known[name] = (value, of, self._clock.monotonic() + min(for_s, LONGEST_S))
        self._of.setdefault(of, set()).add(name)
        if len(self._known) > MOST:
            self._drop(next(iter(self._known)))

    async def caught_up(self) -> None:
        """Everything that was committed before is heard. PostgreSQL gives a connection what it has to tell
        before it says that a question is answered; who come at once share one."""
        mine = self._begun + 1
        async with self._turn:
            if self._done >= mine or self._connection is None:
                return
            self._begun += 1
            try:
                await self._connection.fetchval("SELECT true")
            except OUTAGE:
                self._deaf()
            self._done = self._begun

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        listening = asyncio.create_task(self._run())
        try:
            yield
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self._hear()
            except (*OUTAGE, asyncpg.PostgresError) as error:
                self._say_deaf(type(error).__name__)
            else:
                self._say_deaf("nothing is heard")
            finally:
                self._deaf()
            await asyncio.sleep(AGAIN_S)

    async def _hear(self) -> None:
        """Until the connection breaks, or does not hear."""
        connection = await self._listen()
        try:
            connection.add_termination_listener(lambda _: self._deaf())
            await connection.add_listener(CHANNEL, self._heard)
            self._connection = connection
            while await self._is_heard():
                self._is_told_deaf = False
                await asyncio.sleep(BEAT_S)
        finally:
            connection.terminate()

    async def _is_heard(self) -> bool:
        """Whether what another connection tells arrives: a pooler in between may swallow it."""
        self._beat = secrets.token_hex(8)
        await self._pool.execute("SELECT pg_notify($1, $2)", CHANNEL, f"-{self._beat}")
        await self.caught_up()
        return self.hears and not self._beat

    def _heard(self, _connection: object, _pid: int, _channel: str, of: str) -> None:
        if of.startswith("-"):
            self._beat = "" if of[1:] == self._beat else self._beat
            return
        self.told += 1
        if of:
            for name in tuple(self._of.get(of, ())):
                self._drop(name)
        else:
            self._forget_all()

    def _deaf(self) -> None:
        self._connection = None
        self._forget_all()

    def _say_deaf(self, error: str) -> None:
        """Once, until it hears again."""
        if not self._is_told_deaf:
            log.warning("askers.deaf", error=error)
        self._is_told_deaf = True

    def _forget_all(self) -> None:
        self.told += 1
        self._known.clear()
        self._of.clear()

    def _drop(self, name: str) -> None:
        found = self._known.pop(name, None)
        if found is None:
            return
        names = self._of[found[1]]
        names.discard(name)
        if not names:
            del self._of[found[1]]
