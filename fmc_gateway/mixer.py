"""The Janus that mixes conferences: connected when one is wanted, the private one started for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from hipper.runtime.embedded import EmbeddedError
from hipper.runtime.embedded_janus import embedded_janus, janus_secret, janus_socket
from hipper.runtime.janus_client import JanusClient, JanusError
from hipper.runtime.settings_model import Settings
from hipper.runtime.supervisor import Child, ProcessFailed

SWITCHED_OFF = "conference.start is never"

log = structlog.get_logger("fmc_gateway.mixer")


class Mixer:
    """``on_lost``: told once when a connection that was open is gone."""

    def __init__(self, settings: Settings, on_lost: Callable[[str], None]) -> None:
        self._settings = settings
        self._on_lost = on_lost
        self._client: JanusClient | None = None
        self._child: Child | None = None
        self._opening = asyncio.Lock()
        self._problem: str | None = None
        """Why the last attempt failed."""
        private = settings.conference.url is None
        self.admin_key = janus_secret(settings) if private else settings.conference.admin_key

    def report(self) -> dict[str, str]:
        """For ``/health/conferences``."""
        if self._client is not None and self._client.is_open:
            return {"state": "up"}
        if self._problem is not None:
            return {"state": "away", "why": self._problem}
        never = self._settings.conference.start == "never" and self._settings.conference.url is None
        return {"state": "off", "why": SWITCHED_OFF} if never else {"state": "not wanted yet"}

    async def client(self) -> JanusClient:
        """One that is connected. Raises JanusError."""
        async with self._opening:
            if self._client is None or not self._client.is_open:
                try:
                    self._client = await self._connected()
                    self._problem = None
                except JanusError as error:
                    self._problem = str(error)
                    raise
            return self._client

    async def begin(self) -> None:
        """At the start of the gateway, where the settings want it then. Calls do not wait for it."""
        if self._settings.conference.start != "at_start":
            return
        try:
            await self.client()
        except JanusError as error:
            log.warning("mixer.away", why=str(error))

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
        if self._child is not None:
            await self._child.stop()

    async def _connected(self) -> JanusClient:
        """Raises JanusError."""
        conference = self._settings.conference
        if conference.url is not None:
            client = JanusClient(conference.url, api_secret=conference.api_secret, on_lost=self._lost)
        else:
            await self._started()
            path = janus_socket(self._settings)
            client = JanusClient(path, api_secret=janus_secret(self._settings), on_lost=self._lost)
        await client.open()
        return client

    async def _started(self) -> None:
        """The private Janus runs. One that died is started again by whoever watches it. Raises
        JanusError."""
        if self._child is not None:
            return
        if self._settings.conference.start == "never":
            raise JanusError(SWITCHED_OFF, gone=True)
        try:
            spec = await asyncio.to_thread(embedded_janus, self._settings)
            child = Child(spec, lambda line: log.warning("mixer.process", said=line))
            await child.start()
        except (EmbeddedError, ProcessFailed) as error:
            raise JanusError(str(error), gone=True) from None
        except OSError as error:
            raise JanusError(f"janus cannot be started: {error.strerror}", gone=True) from None
        self._child = child
        log.info("mixer.started", process=child.pid)

    def _lost(self, why: str) -> None:
        self._problem = why
        self._on_lost(why)
