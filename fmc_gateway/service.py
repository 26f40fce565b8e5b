"""The gateway as a process: its parts opened, drained, stopped.

SIP opens whatever else is away: PostgreSQL, Redis and rtpengine are looked for in the background, and a 112
call needs none of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from typing import Any

import structlog

from fmc_gateway.commands_bus import CommandReader
from fmc_gateway.media_port import MediaPort
from fmc_gateway.parts import GatewayParts
from fmc_gateway.prompts.library import place_recordings
from fmc_gateway.records.journal import bring_back
from fmc_gateway.records.retention import expire_forever
from fmc_gateway.records.unfinished import GATEWAY_STOPPED, unfinished_entry
from hipper.pbx import schedules
from hipper.runtime.database import open_owner_pool

HANG_UP_WITHIN_S = 3.0
"""After the drain's time is over, how long BYEs may take."""
POLL_S = 0.05
CANCEL_AGAIN_S = 0.5
DNS_WITHIN_S = 1.0
"""How long the start waits for names nobody has resolved yet."""

log = structlog.get_logger("fmc_gateway")


class Gateway(GatewayParts):
    """``await start()``, then SIP is served; ``await drain(s)``, ``await stop()``."""

    async def start(self) -> None:
        """Open SIP first. Raises ListenError, after which nothing that was opened is open still."""
        schedules.prepare()  # no call waits for it then
        self.pool = await open_owner_pool(self.settings, "gateway")
        media = self.make_parts()
        try:
            await self._open_all()
        except BaseException:
            await self._close()
            raise
        settle_memory()
        self._begin_work(media)
        log.info("gateway.started", gateway=self._gateway, listeners=len(self.settings.sip_listener))

    async def _open_all(self) -> None:
        """Raises ListenError."""
        await self.media_client.start()
        try:
            await self.digits.open(self.settings)
        except OSError as error:
            log.warning("digits.not_heard", address=self.settings.media.dtmf_listen, error=str(error))
        with contextlib.suppress(TimeoutError):
            # bindings of an earlier process are there before the first call, when Redis is
            await asyncio.wait_for(self.binding_mirror.load(), 1.0)
        if not self.resolver.complete:
            # a name nobody resolved yet; with what an earlier process knew, nobody waits for DNS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.resolver.refresh(), DNS_WITHIN_S)
        await self.health.start()
        await self.shell.start()
        self._open = True

    def _begin_work(self, media: MediaPort) -> None:
        settings = self.settings
        commands = CommandReader(self._gateway, self.bus, self.interpreter, self.intake, self.clock.unix)
        for work in (
            self._write_records(),
            self.journal.run(),
            self.live.run(),
            self.binding_mirror.run(),
            self.resolver.run(),
            self.trunks.run(),
            self.lines.run(),
            commands.run(),
            expire_forever(
                self.pool,
                trace_days=settings.gateway.trace_retention_days,
                record_days=settings.gateway.record_retention_days,
            ),
            self.database.run(self.pool),
            self.hooks.run(),
            self._place_recordings(),
            self.spending.load(self.pool, self.clock.unix()),
            self.spending.watch(self.interpreter.hang_up, self.clock.unix),
            media.watch(settings.media.media_timeout_s / 4),
            self.mixer.begin(),
        ):
            self._tasks.append(asyncio.create_task(work))

    async def drain(self, within_s: float, until: Any = None) -> None:
        """No new calls; wait for the running ones, then end them.

        An emergency call is left alone whatever the time: its audio does not pass through us, so it goes on
        without us. Its record ends here.
        """
        self.intake.draining = self.health.draining = True
        log.info("gateway.draining", calls=len(self.interpreter))
        if until is not None:
            await until(lambda: len(self.interpreter) == 0, within_s)
        ordinary = [call for call in self.interpreter.calls() if not self.interpreter.is_emergency(call)]
        for call in ordinary:
            self.interpreter.hang_up(call, "drain")
        for _ in range(int(HANG_UP_WITHIN_S / POLL_S)):
            if not any(self.interpreter.holds(call) for call in ordinary):
                break
            await asyncio.sleep(POLL_S)

    async def stop(self) -> None:
        """Close everything; what is still to be written is written or spooled."""
        self._open = False
        # the background writers first: closing connections takes their registrations along, and Redis must
        # keep those, because the next process opens the connections anew
        await cancelled(self._tasks)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.binding_mirror.flush(), 2.0)
        await self.trunks.stop()
        await self.shell.stop()
        self.lines.save()
        self._record_the_rest()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.records.flush(), 5.0)
        if self.records.in_memory == 0:
            self.journal.remove()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.live.flush(), 2.0)
        await self._close()
        log.info("gateway.stopped")

    async def _close(self) -> None:
        """Whatever is open, after a start that failed half-way too."""
        self._open = False
        await self.shell.stop()
        await self.health.stop()
        self.digits.close()
        await self.rooms.close()
        await self.mixer.close()
        await self.media_client.stop()
        await self.bus.close()
        await self.features.close()
        self.pool.terminate()

    async def _place_recordings(self) -> None:
        """Announcements where rtpengine finds them. Calls are served without them too."""
        try:
            await asyncio.to_thread(place_recordings, self.settings)
        except OSError as error:
            log.warning("announcements.not_placed", error=str(error))

    async def _write_records(self) -> None:
        await bring_back(self.journal, self.records)
        await self.records.run()

    def _record_the_rest(self) -> None:
        """Calls that outlive us, emergency calls as a rule."""
        now = self.clock.unix()
        for call, steps in self.interpreter.traces():
            entry = unfinished_entry(call, steps, now, GATEWAY_STOPPED)
            if entry is not None:
                self.records.write(entry)


def settle_memory() -> None:
    """What stands at start is never looked at again by the garbage collector, and young garbage gathers
    longer: most of a call is freed by counting references alone."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def cancelled(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel until all are over: a library in between may swallow the first cancellation (redis-py was seen
    to)."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN_S)
