"""The directory as a service holds it: read at call time, remembered only to survive a dead database."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, TypeVar

import asyncpg

from hipper.directory.contexts import (
    Called,
    Parties,
    Versioned,
    caller_of,
    load_called,
    load_colleagues,
    load_versioned,
)
from hipper.directory.credentials import DeviceCredentials, load_device_credentials
from hipper.directory.current import CurrentContexts
from hipper.directory.errors import DirectoryUnavailable
from hipper.directory.leases import Leases
from hipper.directory.remembered import RememberedContexts
from hipper.pbx.dialling import as_dialled_by
from hipper.pbx.ids import DeviceId, SubscriberId
from hipper.pbx.model import CallerList, SubscriberContext
from hipper.pbx.tenancy import colleague
from hipper.runtime.database import OUTAGE
from hipper.telephony.numbers.e164 import E164

_Result = TypeVar("_Result")

FAILURE = (*OUTAGE, asyncpg.PostgresError)
"""A read that fails for any reason is answered from memory: calls matter more than knowing whose fault it
is."""


class Origination(NamedTuple):
    """As :class:`~hipper.directory.contexts.Parties`. ``stale``: the database did not answer, this is the
    last read; ``called_list`` is then unknown."""

    caller: SubscriberContext | None
    called: SubscriberContext | None
    stale: bool = False
    called_list: CallerList | None = None


class Termination(NamedTuple):
    """``caller_list``: which of the called user's contact lists the caller stands in; unknown when stale."""

    called: SubscriberContext | None
    stale: bool = False
    caller_list: CallerList | None = None


class Directory:
    """Contexts and credentials over an asyncpg pool.

    Every call asks; a setting saved a moment ago holds. Only when PostgreSQL does not answer within
    ``read_within_s`` seconds (nor gives a connection in as many) does the last read of that subscriber serve,
    marked stale. ``remember``: how many subscribers, and as many desk phones' credentials, are kept.
    ``keep``: how many connections of the pool are held between reads; ``close`` gives them back, before
    ``pool.close()``.
    """

    def __init__(
        self, pool: asyncpg.Pool, *, remember: int = 200_000, read_within_s: float = 0.5, keep: int = 4
    ) -> None:
        self._leases = Leases(pool, keep=keep)
        self._read_within_s = read_within_s
        self._size = remember
        self._contexts = RememberedContexts(remember)
        self._current = CurrentContexts(remember)
        self._credentials: OrderedDict[tuple[str, str], DeviceCredentials] = OrderedDict()

    async def close(self) -> None:
        """Give the connections back to the pool."""
        await self._leases.close()

    async def for_origination(
        self,
        *,
        served_number: E164 | None = None,
        served_device: DeviceId | None = None,
        served_exchange: tuple[str, str] | None = None,
        served_subscriber: SubscriberId | None = None,
        dialled: str,
    ) -> Origination:
        """The served user and the colleague who was dialled. Raises DirectoryUnavailable."""

        key = caller_of(served_number, served_device, served_exchange, served_subscriber)

        async def read(conn: asyncpg.Connection) -> Versioned:
            known = await self._current.origination(conn, key, dialled, self._read_within_s)
            if known is not None:
                return Versioned(known, None)
            return await load_versioned(conn, key, dialled, self._read_within_s)

        try:
            parties, version = await self._read(read)
        except FAILURE as failure:
            caller = self._remembered_caller(served_number, served_device, served_exchange, served_subscriber)
            return self._origination_from_memory(caller, dialled, failure)
        caller, called = self._remember_origination(parties, served_number, served_device, dialled)
        if caller is not None:
            self._current.keep(key, caller, version)
        if called is not None:
            self._current.keep(called.subscriber, called, version)
        return Origination(caller, called, called_list=parties.called_list)

    async def for_termination(self, called_number: E164, calling_number: E164 | None = None) -> Termination:
        """The user who owns ``called_number``. Raises DirectoryUnavailable."""

        async def read(conn: asyncpg.Connection) -> tuple[Called | None, int | None]:
            known = await self._current.termination(conn, called_number, calling_number, self._read_within_s)
            if known is not None:
                return known, None
            return await load_called(conn, called_number, calling_number, self._read_within_s)

        try:
            found, version = await self._read(read)
        except FAILURE as failure:
            called = self._contexts.by_number(called_number)
            if called is None:
                raise _unavailable(failure) from failure
            return Termination(called, stale=True)
        if found is None:
            self._contexts.forget_number(called_number)
            return Termination(None)
        called = self._contexts.remember(found.context)
        self._current.keep(called_number, called, version)
        return Termination(called, caller_list=found.caller_list)

    async def colleagues(
        self, user: SubscriberContext, dialled: Sequence[str]
    ) -> tuple[SubscriberContext, ...]:
        """The other users of the same tenant who own what ``user`` would dial so. While the database is away,
        those seen before. Never raises."""
        if not dialled:
            return ()
        try:
            found = await self._read(
                lambda conn: load_colleagues(conn, user, dialled, within_s=self._read_within_s)
            )
        except FAILURE:
            known = (self._colleague_from_memory(user, digits) for digits in dialled)
            others = [one for one in known if one is not None and one.subscriber != user.subscriber]
            return tuple({one.subscriber: one for one in others}.values())
        for one in found:
            self._contexts.remember(one)
        return found

    def remembered(self, device: DeviceId) -> SubscriberContext | None:
        """The last read of the user of ``device``. From memory, at once."""
        return self._contexts.by_device(device)

    async def remember(self, device: DeviceId) -> None:
        """Read the user of ``device`` for :meth:`remembered`. Raises DirectoryUnavailable."""
        await self.for_origination(served_device=device, dialled="")

    async def device_credentials(self, aor_user: str, domain: str) -> DeviceCredentials | None:
        """What the desk phone ``aor_user@domain`` must prove; None when there is none. Raises
        DirectoryUnavailable."""
        key = (aor_user, domain.lower())
        try:
            found = await self._read(
                lambda conn: load_device_credentials(conn, aor_user, domain, within_s=self._read_within_s)
            )
        except FAILURE as failure:
            if key not in self._credentials:
                raise _unavailable(failure) from failure
            return self._credentials[key]
        self._credentials.pop(key, None)
        if found is not None:
            self._credentials[key] = found
            if len(self._credentials) > self._size:
                self._credentials.popitem(last=False)
        return found

    async def _read(self, load: Callable[[asyncpg.Connection], Awaitable[_Result]]) -> _Result:
        connection = await self._leases.take(self._read_within_s)
        try:
            result = await load(connection)
        except BaseException:
            await self._leases.discard(connection)
            raise
        await self._leases.give_back(connection)
        return result

    def _remember_origination(
        self, parties: Parties, number: E164 | None, device: DeviceId | None, dialled: str
    ) -> tuple[SubscriberContext | None, SubscriberContext | None]:
        """Caller and called as they are kept."""
        if parties.caller is None:
            if device is not None:
                self._contexts.forget_device(device)
            elif number is not None:
                self._contexts.forget_number(number)
            return None, parties.called
        caller = self._contexts.remember(parties.caller)
        if parties.called is not None:
            return caller, self._contexts.remember(parties.called)
        self._forget_colleague(caller, dialled)
        return caller, None

    def _forget_colleague(self, caller: SubscriberContext, dialled: str) -> None:
        """The database knows no colleague by these digits (any more)."""
        digits = as_dialled_by(caller, dialled)
        if digits.extension is not None:
            self._contexts.forget_extension(caller.tenant, digits.extension)
        if digits.e164 is not None and self._colleague_by_number(caller, digits.e164) is not None:
            self._contexts.forget_number(digits.e164)

    def _remembered_caller(
        self,
        number: E164 | None,
        device: DeviceId | None,
        exchange: tuple[str, str] | None,
        subscriber: SubscriberId | None,
    ) -> SubscriberContext | None:
        if subscriber is not None:
            return self._contexts.by_subscriber(subscriber)
        if device is not None:
            return self._contexts.by_device(device)
        if exchange is not None:
            return self._contexts.by_exchange(*exchange)
        return None if number is None else self._contexts.by_mobile_number(number)

    def _origination_from_memory(
        self, caller: SubscriberContext | None, dialled: str, failure: BaseException
    ) -> Origination:
        if caller is None:
            raise _unavailable(failure) from failure
        return Origination(caller, self._colleague_from_memory(caller, dialled), stale=True)

    def _colleague_from_memory(self, caller: SubscriberContext, dialled: str) -> SubscriberContext | None:
        digits = as_dialled_by(caller, dialled)
        called = None
        if digits.extension is not None:
            called = self._contexts.by_extension(caller.tenant, digits.extension)
        if called is None and digits.e164 is not None:
            called = self._colleague_by_number(caller, digits.e164)
        return called

    def _colleague_by_number(self, caller: SubscriberContext, number: E164) -> SubscriberContext | None:
        return colleague(caller, self._contexts.by_number(number))


def _unavailable(failure: BaseException) -> DirectoryUnavailable:
    kind = "did not answer in time" if isinstance(failure, TimeoutError) else "is away"
    return DirectoryUnavailable(f"the database {kind} and this user was not seen before")
