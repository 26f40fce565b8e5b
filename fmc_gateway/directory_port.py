"""``LoadContext`` → the directory, the registrar and the live calls → ``ContextLoaded`` or
``ContextFailed``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog

from fmc_gateway.call.commands import LoadContext
from fmc_gateway.call.events import AnyEvent, Binding, ContextFailed, ContextLoaded
from hipper.directory.directory import Directory
from hipper.directory.errors import DirectoryError
from hipper.pbx.ids import DeviceId, SubscriberId
from hipper.pbx.model import CallerList, SubscriberContext, TerminationFacts

Done = Callable[[AnyEvent], None]

log = structlog.get_logger("fmc_gateway.directory")


class Bindings(Protocol):
    def of_devices(self, devices: tuple[DeviceId, ...]) -> tuple[Binding, ...]: ...


class Live(Protocol):
    def busy_devices(self, subscriber: SubscriberId) -> tuple[DeviceId, ...]: ...
    def calls_of(self, subscriber: SubscriberId) -> int: ...


class DirectoryPort:
    """One task per look-up, since a look-up waits for PostgreSQL."""

    def __init__(self, directory: Directory, bindings: Bindings, live: Live) -> None:
        self._directory = directory
        self._bindings = bindings
        self._live = live
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
        except Exception as error:
            log.exception("directory.fault")
            event = ContextFailed(reason=f"{type(error).__name__}: {error}")
        done(event)

    async def _ask(self, command: LoadContext) -> ContextLoaded:
        if command.called_number is not None:
            found = await self._directory.for_termination(command.called_number, command.calling_number)
            return self._loaded(None, found.called, found.stale, found.caller_list)
        parties = await self._directory.for_origination(
            served_number=command.served_number,
            served_device=command.served_device,
            served_exchange=command.served_exchange,
            served_subscriber=command.served_subscriber,
            dialled=command.dialled or "",
        )
        return self._loaded(parties.caller, parties.called, parties.stale)

    def _loaded(
        self,
        caller: SubscriberContext | None,
        called: SubscriberContext | None,
        stale: bool,
        caller_list: CallerList | None = None,
    ) -> ContextLoaded:
        """Registrations and busy devices as they are now, not as they were before the look-up."""
        if called is None:
            return ContextLoaded(caller=caller, called=None, stale=stale)
        busy = self._live.busy_devices(called.subscriber)
        return ContextLoaded(
            caller=caller,
            called=called,
            bindings=self._bindings.of_devices(tuple(device.id for device in called.devices)),
            busy_devices=busy,
            termination=TerminationFacts(
                busy_devices=busy, calls=self._live.calls_of(called.subscriber), caller_list=caller_list
            ),
            stale=stale,
        )
