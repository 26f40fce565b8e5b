"""What a network says by voice before it refuses: "the person you called cannot be reached"."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from simulators.agent import Agent
from simulators.call import Call, CallError
from simulators.faults import Refusal

SPOKEN_S = 1.5


async def announce(agent: Agent, call: Call, refusal: Refusal, spoken_s: float = SPOKEN_S) -> None:
    """183 with the tone of ``agent`` for speech, then the refusal."""
    await call.send_early_media()
    with suppress(CallError):
        await call.over(spoken_s)
        return
    await asyncio.sleep(0)
    await call.reject(refusal.status, headers=refusal.headers)
    agent.note(f"said that {call.dialled} cannot be reached")
