"""Several rtpengines as one: choice by health and weight, calls that stay with their engine,
fail-over of new ones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

import structlog

from hipper.runtime.clock import Clock, SystemClock
from hipper.runtime.ng_engine import Engine, EngineSilentError, Reply
from hipper.runtime.servers import rtpengines
from hipper.runtime.settings_model import Rtpengine, Settings
from hipper.telephony.ng.bencode import Encodable

__all__ = ["EngineLost", "MediaClient", "MediaUnavailable", "NoRtpengine", "Reply"]

_log = structlog.get_logger("hipper.media")


class MediaUnavailable(Exception):  # noqa: N818 - says what is missing
    """A media command could not be carried out for want of an rtpengine."""


class NoRtpengine(MediaUnavailable):
    """No rtpengine takes a new call: answer 503 with Retry-After (never to 112, whose SDP passes through)."""


class EngineLost(MediaUnavailable):
    """The rtpengine of a running call does not answer; no other one knows the call."""


class MediaClient:
    """NG requests for calls. A call-id is one pair of talking parties; its first request
    chooses the engine."""

    def __init__(
        self,
        engines: Sequence[Rtpengine],
        *,
        retransmit_s: tuple[float, ...] = (0.15, 0.3, 0.6),
        health_interval_s: float = 2.0,
        clock: Clock | None = None,
        on_health: Callable[[str, bool], None] | None = None,
    ) -> None:
        """on_health: told ``host:port`` and whether it answers, at each change."""
        self._engines = [
            Engine(
                engine.ng,
                engine.weight,
                clock=clock or SystemClock(),
                retransmit_s=retransmit_s,
                on_health=self._health_changed,
            )
            for engine in engines
        ]
        self._health_interval_s = health_interval_s
        self._on_health = on_health
        self._credits = dict.fromkeys(self._engines, 0)
        self._engine_of: dict[str, Engine] = {}
        self._pings: list[asyncio.Task[None]] = []

    @classmethod
    def from_settings(
        cls, settings: Settings, on_health: Callable[[str, bool], None] | None = None
    ) -> MediaClient:
        return cls(
            rtpengines(settings),
            retransmit_s=settings.media.ng_retransmit_s,
            health_interval_s=settings.media.health_interval_s,
            on_health=on_health,
        )

    async def start(self) -> None:
        """Open the sockets and begin to ping; waits for no engine."""
        for engine in self._engines:
            await engine.open()
            self._pings.append(asyncio.create_task(self._watch(engine)))

    async def stop(self) -> None:
        for task in self._pings:
            task.cancel()
        await asyncio.gather(*self._pings, return_exceptions=True)
        self._pings.clear()
        for engine in self._engines:
            engine.close()

    @property
    def available(self) -> bool:
        """Whether any engine answers."""
        return any(engine.healthy for engine in self._engines)

    @property
    def calls(self) -> int:
        """Call-ids that have an engine."""
        return len(self._engine_of)

    def health(self) -> dict[str, bool]:
        """Each engine's ``host:port`` and whether it answers."""
        return {engine.ng: engine.healthy for engine in self._engines}

    def engine_of(self, call_id: str) -> str | None:
        """``host:port`` of the engine a call-id lives on."""
        engine = self._engine_of.get(call_id)
        return engine.ng if engine else None

    async def request(self, command: Mapping[str, Encodable]) -> Reply:
        """Send a command of ``hipper.telephony.ng.commands`` to the engine of its ``call-id``.

        The first ``offer`` of a call-id tries engine after engine. ``delete`` forgets the
        call-id whatever comes of it. Returns the reply, also one whose ``result`` is ``error``.
        Raises NoRtpengine, EngineLost."""
        call_id = str(command["call-id"])
        engine = self._engine_of.get(call_id)
        if engine is None:
            if command["command"] != "offer":
                raise EngineLost(f"no rtpengine has the call {call_id}")
            return await self._first_offer(call_id, command)
        if command["command"] == "delete":
            del self._engine_of[call_id]
        try:
            return await engine.request(command)
        except EngineSilentError as error:
            raise EngineLost(str(error)) from None

    async def _first_offer(self, call_id: str, command: Mapping[str, Encodable]) -> Reply:
        tried: set[Engine] = set()
        while (engine := self._choose(tried)) is not None:
            self._engine_of[call_id] = engine  # a delete that overtakes the offer finds the engine
            try:
                return await engine.request(command)
            except EngineSilentError as error:
                tried.add(engine)
                _log.warning("rtpengine_skipped", rtpengine=engine.ng, reason=str(error))
                if self._engine_of.pop(call_id, None) is None:
                    raise EngineLost(f"the call {call_id} was deleted meanwhile") from None
        raise NoRtpengine("no rtpengine answers" if self._engines else "no rtpengine is configured")

    def _choose(self, tried: set[Engine]) -> Engine | None:
        """Smooth weighted round robin: with weights 2 and 1 the order is a, b, a."""
        candidates = [engine for engine in self._engines if engine.healthy and engine not in tried]
        if not candidates:
            return None
        for engine in candidates:
            self._credits[engine] += engine.weight
        chosen = max(candidates, key=lambda engine: self._credits[engine])
        self._credits[chosen] -= sum(engine.weight for engine in candidates)
        return chosen

    async def _watch(self, engine: Engine) -> None:
        while True:
            try:
                await engine.request({"command": "ping"})
            except EngineSilentError:
                pass  # the engine has told of it already
            await asyncio.sleep(self._health_interval_s)

    def _health_changed(self, engine: Engine) -> None:
        if engine.healthy:
            _log.info("rtpengine_up", rtpengine=engine.ng)
        else:
            _log.error("rtpengine_down", rtpengine=engine.ng)
        if self._on_health:
            self._on_health(engine.ng, engine.healthy)
