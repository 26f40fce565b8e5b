"""What an unattended agent does with a call, as its options say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from simulators.call import Call, CallError, CallState
from simulators.faults import NO_FAULTS, Fate
from simulators.network.handsets import RADIO_LOST

MOMENT_S = 0.2
HEAR_WITHIN_S = 3.0
"""Time in which an expected tone must be heard after the answer."""


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """Seconds count from the answer, but ``answer_after_s`` from the INVITE."""

    answer_after_s: float | None = 1.0
    """None: it rings until the caller gives up."""
    reject: int | None = None
    """Refuse with this status, after ringing for ``answer_after_s``."""
    early_media: bool = False
    """Its tone is heard while it rings (183 with SDP)."""
    hold_after_s: float | None = None
    resume_after_s: float | None = None
    digits: str = ""
    """Keys pressed one second after the answer."""
    hang_up_after_s: float | None = None
    expect_hz: int | None = None
    """A tone that must be heard; a call without it counts as failed."""


class Operator:
    """Carries a behaviour out and counts how the calls went. ``say``: one line for each outcome. ``fate``:
    what its seed makes a handset do besides: hold, refresh, be lost by its cell."""

    def __init__(self, behaviour: Behaviour, say: Callable[[str], None], fate: Fate | None = None) -> None:
        self.behaviour = behaviour
        self._fate = fate or Fate(NO_FAULTS, 0)
        self.done = 0
        self.failed = 0
        self._say = say

    async def receive(self, call: Call) -> None:
        """Do with a call that came in what the behaviour says."""
        behaviour = self.behaviour
        caller = call.shown + (f" (asserted {call.asserted})" if call.asserted else "")
        self._say(f"call for {call.dialled} from {caller}")
        if call.wants_resources and self._fate.meets("precondition"):
            with suppress(CallError):
                await call.reserve()
        if behaviour.early_media:
            await call.send_early_media()
        elif behaviour.answer_after_s != 0.0:
            await call.ring()
        if behaviour.answer_after_s is None:
            await call.over(timeout_s=3600.0)
        elif await self._still_there(call, behaviour.answer_after_s) and call.state is not CallState.TALKING:
            if behaviour.reject is not None:
                await call.reject(behaviour.reject)
            else:
                await call.answer()
        await self.converse(call)

    async def place(self, call: Call) -> None:
        """Follow a call we made."""
        with suppress(CallError):
            await call.answered(timeout_s=180.0)
        await self.converse(call)

    async def converse(self, call: Call) -> None:
        """Talk as the behaviour says until the call is over, and count it."""
        async with asyncio.TaskGroup() as group:
            if call.state is CallState.TALKING:
                group.create_task(self._act(call))
            elif self.behaviour.expect_hz is not None:
                self._say(f"could not hear {self.behaviour.expect_hz} Hz: nobody answered")
                self.failed += 1
            await call.over(timeout_s=86_400.0)
        self._count(call)

    async def _act(self, call: Call) -> None:
        with suppress(CallError):
            await self._follow_script(call)

    async def _follow_script(self, call: Call) -> None:
        behaviour = self.behaviour
        if behaviour.expect_hz is not None and not await call.media.hears(behaviour.expect_hz, HEAR_WITHIN_S):
            self._say(f"did not hear {behaviour.expect_hz} Hz")
            self.failed += 1
        if behaviour.digits and await self._still_there(call, 1.0):
            await call.press(behaviour.digits)
        if behaviour.hold_after_s is not None and await self._still_there(call, behaviour.hold_after_s):
            await call.hold()
            if await self._still_there(call, behaviour.resume_after_s or 1.0):
                await call.resume()
        if self._fate.meets("hold") and await self._still_there(call, MOMENT_S):
            await call.hold()
            if await self._still_there(call, MOMENT_S):
                await call.resume()
        if self._fate.meets("refresh") and await self._still_there(call, MOMENT_S):
            await call.refresh()
        if behaviour.hang_up_after_s is not None and await self._still_there(call, behaviour.hang_up_after_s):
            await self._end(call)

    async def _end(self, call: Call) -> None:
        if self._fate.meets("radio_loss"):
            await call.lose_radio()
        else:
            await call.hang_up(RADIO_LOST if self._fate.meets("bye_reason") else None)

    async def _still_there(self, call: Call, after_s: float) -> bool:
        """Wait; False when the call ended meanwhile."""
        with suppress(CallError):
            await call.over(after_s)
        return call.state is not CallState.OVER

    def _count(self, call: Call) -> None:
        self.done += 1
        keys = f", keys {call.media.digits}" if call.media.digits else ""
        packets = f"{call.media.packets_received} RTP packets in, {call.media.packets_sent} out{keys}"
        self._say(f"over: {call.outcome}; {packets}")
