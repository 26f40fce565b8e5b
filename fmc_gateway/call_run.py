"""One call while it lives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from fmc_gateway.call import commands as c
from fmc_gateway.call import events as e
from fmc_gateway.call.replay import TraceStep
from fmc_gateway.keyed import Telephone
from hipper.contracts.calls import CallOutcome, LiveCall
from hipper.pbx.ids import CallId, LegId, RoomId

Told = Callable[[c.AnswerDial], None]
Replied = Callable[[c.AnswerRequest], None]


class CallRun:
    """One call while it lives: the engine's state and what belongs to it outside. ``call`` None:
    not begun, or over. ``talks``: the segments the recorder believes to go on. ``handed_over``: its leg is
    another call's now, and it was none of its own."""

    __slots__ = (
        "answer_dial",
        "call",
        "handed_over",
        "id",
        "last_live",
        "legs",
        "outcome",
        "over",
        "queue",
        "rooms",
        "running",
        "setup_ms",
        "talks",
        "timers",
        "trace",
        "typed",
    )

    def __init__(self, call_id: CallId) -> None:
        self.id = call_id
        self.call: Any = None
        self.answer_dial: Told | None = None
        self.over = False
        self.handed_over = False
        self.running = False
        self.queue: list[e.AnyEvent] = []
        self.timers: dict[str, asyncio.TimerHandle] = {}
        self.legs: list[LegId] = []
        self.trace: list[TraceStep] = []
        self.last_live: LiveCall | None = None
        self.outcome: CallOutcome | None = None
        self.setup_ms: float | None = None
        self.typed: dict[LegId, Telephone] = {}
        self.talks: set[int] = set()
        self.rooms: set[RoomId] = set()
