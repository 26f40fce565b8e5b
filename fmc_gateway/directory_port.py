"""``LoadContext`` → the directory, the registrar and the facts of the moment → ``ContextLoaded`` or
``ContextFailed``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from fmc_gateway.call.commands import LoadContext
from fmc_gateway.call.events import AnyEvent, Binding, ContextFailed, ContextLoaded
from fmc_gateway.edge import may_stand_for_another
from fmc_gateway.facts import Facts, LastCalls
from hipper.directory.directory import FAILURE, Directory, Origination
from hipper.directory.errors import DirectoryError
from hipper.pbx.dialling import named, resolve
from hipper.pbx.ids import DeviceId, SubscriberId
from hipper.pbx.model import CallerList, SubscriberContext, TerminationFacts
from hipper.pbx.reaching_remote import named as numbers_along

Done = Callable[[AnyEvent], None]

log = structlog.get_logger("fmc_gateway.directory")


class Bindings(Protocol):
    def of_devices(self, devices: tuple[DeviceId, ...]) -> tuple[Binding, ...]: ...


LastCallsOf = Callable[[SubscriberId], Awaitable[LastCalls]]
"""Asks the records. Raises what asyncpg raises."""


class DirectoryPort:
    """One task per look-up, since a look-up waits for PostgreSQL. ``now``: Unix seconds."""

    def __init__(
        self,
        directory: Directory,
        bindings: Bindings,
        facts: Facts,
        last_calls: LastCallsOf,
        now: Callable[[], float],
    ) -> None:
        self._directory = directory
        self._bindings = bindings
        self._facts = facts
        self._last_calls = last_calls
        self._now = now
        self._tasks: set[asyncio.Task[None]] = set()

    def load(self, command: LoadContext, done: Done) -> None:
        task = asyncio.get_running_loop().create_task(self._load(command, done))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _load(self, command: LoadContext, done: Done) -> None:
        try:
            event: AnyEvent = await self._ask(command)
        except DirectoryError as error:
            event = ContextFailed(reason=str(error))
        except Exception as fault:
            log.exception("directory.fault")
            event = ContextFailed(reason=f"{type(fault).__name__}: {fault}")
        done(event)

    async def _ask(self, command: LoadContext) -> ContextLoaded:
        if command.called_number is not None:
            found = await self._directory.for_termination(command.called_number, command.calling_number)
            parties = Origination(None, found.called, found.stale)
            return await self._loaded(parties, None, found.caller_list)
        dials = command.served_subscriber is not None
        dialled = command.dialled or ""
        parties = await self._originating(command, dialled)
        if parties.caller is None or not may_stand_for_another(dialled):
            return await self._loaded(parties, None, dials=dials)
        return await self._resolved(command, parties, parties.caller, dialled)

    async def _originating(self, command: LoadContext, dialled: str) -> Origination:
        return await self._directory.for_origination(
            served_number=command.served_number,
            served_device=command.served_device,
            served_exchange=command.served_exchange,
            served_subscriber=command.served_subscriber,
            dialled=dialled,
        )

    async def _resolved(
        self, command: LoadContext, parties: Origination, caller: SubscriberContext, dialled: str
    ) -> ContextLoaded:
        """A speed dial, a redial or a call return: who is called is known only with the caller's own
        settings and last calls, so it takes a second look-up. A code that names a number: so does whose that
        is."""
        last = await self._last(caller.subscriber) if dialled[0] in "*#" else None
        facts = self._facts.of_caller(caller, last, self._now())
        target = named(dialled, caller) or resolve(caller, dialled, facts)
        if isinstance(target, str) and target != dialled:
            parties = await self._originating(command, target)
        return await self._loaded(parties, last, dials=command.served_subscriber is not None)

    async def _last(self, subscriber: SubscriberId) -> LastCalls | None:
        """None while the records do not answer: then there is nobody to redial."""
        try:
            return await self._last_calls(subscriber)
        except FAILURE as error:
            log.warning("last_calls.unknown", error=str(error))
            return None

    async def _loaded(
        self,
        parties: Origination,
        last: LastCalls | None,
        caller_list: CallerList | None = None,
        *,
        dials: bool = False,
    ) -> ContextLoaded:
        """``dials``: the caller's own telephones may be to ring, from the app. Registrations, busy devices
        and what was spent as they are now, not as they were before the look-up: between this and the
        decision nothing else happens, so no cap is passed by two calls at once."""
        called = parties.called
        colleagues = () if called is None else await self._directory.colleagues(called, numbers_along(called))
        bindings: tuple[Binding, ...] = ()
        if dials and parties.caller is not None and parties.caller != called:
            bindings = self._bindings.of_devices(tuple(device.id for device in parties.caller.devices))
        termination = TerminationFacts()
        if called is not None:
            for user in (called, *colleagues):
                bindings += self._bindings.of_devices(tuple(device.id for device in user.devices))
            termination = self._facts.of_called(called, caller_list, self._now(), colleagues)
        return ContextLoaded(
            caller=parties.caller,
            called=called,
            bindings=bindings,
            busy_devices=termination.busy_devices,
            origination=self._facts.of_caller(parties.caller, last, self._now(), parties.called_list),
            termination=termination,
            stale=parties.stale,
        )
