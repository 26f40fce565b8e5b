"""What a feature code asks for is done here: a service is set, a callback is waited for (seed 9)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import asyncpg
import msgspec
import structlog

from fmc_gateway.call.commands import ApplyFeature
from fmc_gateway.call.events import AnyEvent, FeatureDone
from fmc_gateway.callbacks import Callbacks
from hipper.directory.directory import Origination
from hipper.directory.errors import DirectoryError
from hipper.directory.services import change_user_service
from hipper.directory.settings import set_withhold
from hipper.pbx.dialling_features import WITHHOLD_SERVICE
from hipper.pbx.ids import SubscriberId
from hipper.pbx.model import ChangeService, RequestCallback
from hipper.runtime.database import OUTAGE

Done = Callable[[AnyEvent], None]
FAILURE = (*OUTAGE, asyncpg.PostgresError)
WITHIN_S = 4.0
"""Less than the caller is kept waiting (:mod:`fmc_gateway.call.speaking`): what was said to have failed is
not done after all once the database is back."""

log = structlog.get_logger("fmc_gateway.features")


class Directory(Protocol):
    async def for_origination(self, *, served_subscriber: SubscriberId, dialled: str) -> Origination: ...


class Features:
    """``pool``: of the role that owns the directory, since only its library writes settings. ``open_pool``
    is asked for it at the first code, so that a gateway nobody dials codes on has no such connection."""

    def __init__(
        self, open_pool: Callable[[], Awaitable[Any]], directory: Directory, callbacks: Callbacks
    ) -> None:
        self._open_pool = open_pool
        self._pool: Any = None
        self._directory = directory
        self._callbacks = callbacks
        self._tasks: set[asyncio.Task[None]] = set()

    def apply(self, command: ApplyFeature, done: Done) -> None:
        task = asyncio.get_running_loop().create_task(self._apply(command, done))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()

    async def _apply(self, command: ApplyFeature, done: Done) -> None:
        try:
            async with asyncio.timeout(WITHIN_S):
                event = await self._carry_out(command)
        except DirectoryError as error:
            event = FeatureDone(done=False, explanation=str(error))
        except FAILURE as error:
            log.warning("feature.database_away", error=str(error) or type(error).__name__)
            event = FeatureDone(done=False, explanation="the database does not answer")
        except Exception as error:
            log.exception("feature.fault")
            event = FeatureDone(done=False, explanation=f"{type(error).__name__}: {error}")
        done(event)

    async def _carry_out(self, command: ApplyFeature) -> FeatureDone:
        if isinstance(command.action, RequestCallback):
            return await self._callback(command.subscriber, command.action)
        await self._change(command, command.action)
        return FeatureDone(done=True)

    async def _change(self, command: ApplyFeature, action: ChangeService) -> None:
        """Raises DirectoryError and what asyncpg raises."""
        if self._pool is None:
            self._pool = await self._open_pool()
        by = f"code on {command.device or 'the mobile'}"
        changes: dict[str, Any] = msgspec.json.decode(action.changes)
        async with self._pool.acquire() as conn:
            if action.service == WITHHOLD_SERVICE:
                await set_withhold(conn, command.subscriber, bool(changes["active"]), by)
            else:
                await change_user_service(conn, command.subscriber, action.service, changes, by)

    async def _callback(self, subscriber: SubscriberId, action: RequestCallback) -> FeatureDone:
        if action.cancel:
            self._callbacks.cancel(subscriber)
            return FeatureDone(done=True)
        dialled = action.dialled or ""
        parties = await self._directory.for_origination(served_subscriber=subscriber, dialled=dialled)
        if parties.caller is None:
            return FeatureDone(done=False, explanation="this user is gone")
        explanation = self._callbacks.request(parties.caller, parties.called, dialled)
        return FeatureDone(done=explanation is None, explanation=explanation)
