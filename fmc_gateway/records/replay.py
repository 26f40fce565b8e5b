"""Run a stored trace through the engine again: the same events must give the same commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from fmc_gateway.call.commands import AnyCommand
from fmc_gateway.records.entry import TraceStep

Step = Callable[[Any, Any, float], tuple[Any, tuple[AnyCommand, ...]]]


class Difference(NamedTuple):
    """The first turn that went another way. ``turn`` counts from 1; ``expected`` is what the trace holds."""

    turn: int
    event: str
    expected: tuple[AnyCommand, ...]
    got: tuple[AnyCommand, ...]


def replay(trace: Sequence[TraceStep], step: Step) -> Difference | None:
    """None when every turn gave the commands of the trace."""
    call: Any = None
    for number, turn in enumerate(trace, 1):
        call, got = step(call, turn.event, turn.at)
        if tuple(got) != turn.commands:
            return Difference(number, type(turn.event).__name__, turn.commands, tuple(got))
    return None
