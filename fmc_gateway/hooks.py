"""What recorder and push are told: talks on stream ``talks``, ringing on ``ring_notices`` (architecture,
"Hooks").

Written in the background, in order, what gathered meanwhile in one go; nothing gathers behind a ring notice,
which a telephone waits for. Redis away: what waits is bounded; a ring notice past its deadline is dropped, a
talk is kept as long as there is room.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable

import msgspec
import structlog

from hipper.contracts.talks import RingEvent, RingNotice, TalkEnded, TalkEvent
from hipper.pbx.ids import PairId
from hipper.runtime.bus import Bus, BusUnavailable, Stream

TALKS: Stream[TalkEvent] = Stream("talks", TalkEvent)
RINGS: Stream[RingEvent] = Stream("ring_notices", RingEvent)
MAX_QUEUED = 20_000
KEPT = 100_000
"""Messages a stream holds at most."""
RETRY_S = 1.0
GATHER_S = 0.02
"""How long talks gather, so that one round trip carries those of several calls."""
MOST_AT_ONCE = 500

log = structlog.get_logger("fmc_gateway.hooks")


class Hooks:
    """``engine_of``: NG address of the rtpengine that carries a pair. ``now``: Unix seconds. All but
    :meth:`run` are immediate."""

    def __init__(self, bus: Bus, engine_of: Callable[[PairId], str | None], now: Callable[[], float]) -> None:
        self._bus = bus
        self._engine_of = engine_of
        self._now = now
        self._queue: deque[TalkEvent | RingEvent] = deque(maxlen=MAX_QUEUED)
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()
        self._away = False

    def __len__(self) -> int:
        return len(self._queue)

    def publish_talk(self, talk: TalkEvent) -> None:
        if not isinstance(talk, TalkEnded):
            engine = self._engine_of(talk.ng_call_id)
            talk = msgspec.structs.replace(talk, rtpengine=engine or "")
        self._queue.append(talk)
        self._wake.set()

    def publish_ring(self, ring: RingEvent) -> None:
        self._queue.append(ring)
        self._wake.set()
        self._hurry.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._wake.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GATHER_S):
                    await self._hurry.wait()
            self._wake.clear()
            self._hurry.clear()
            while self._queue:
                messages = [self._queue.popleft() for _ in range(min(len(self._queue), MOST_AT_ONCE))]
                try:
                    await self._write(messages)
                except BusUnavailable as error:
                    room = MAX_QUEUED - len(self._queue)
                    self._queue.extendleft(reversed(messages[-room:] if room else []))
                    self._tell(away=True, error=str(error))
                    await asyncio.sleep(RETRY_S)
                else:
                    self._tell(away=False)

    async def _write(self, messages: list[TalkEvent | RingEvent]) -> None:
        now = self._now()
        await self._bus.publish_all(
            [
                (RINGS if isinstance(one, RingEvent) else TALKS, one)
                for one in messages
                if not (isinstance(one, RingNotice) and one.deadline < now)
            ],
            keep=KEPT,
        )

    def _tell(self, *, away: bool, error: str = "") -> None:
        if away and not self._away:
            log.warning("hooks.redis_away", error=error)
        elif self._away and not away:
            log.info("hooks.redis_back")
        self._away = away
