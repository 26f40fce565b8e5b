"""Traces: what happened to a call and what was done about it, kept so that it can be run again.

A trace is JSON: ``{"v": 1, "call": …, "steps": [{"at": seconds, "event": {…}, "commands": [{…}, …]}, …]}``,
times in Unix seconds. Nothing outside it is needed to replay it.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call.commands import AnyCommand
from fmc_gateway.call.events import AnyEvent
from fmc_gateway.call.model import Call
from fmc_gateway.call.step import step
from hipper.pbx.ids import CallId

VERSION = 1


class TraceStep(msgspec.Struct, frozen=True, kw_only=True):
    """One event and what the engine made of it. ``at``: Unix seconds, as given to ``step``."""

    at: float
    event: AnyEvent
    commands: tuple[AnyCommand, ...]


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """A whole call, or as much of it as has happened."""

    v: int = VERSION
    call: CallId
    steps: tuple[TraceStep, ...]


class Mismatch(msgspec.Struct, frozen=True, kw_only=True):
    """The engine of today does something else than the trace says. ``index``: of the step, from 0."""

    index: int
    at: float
    event: AnyEvent
    recorded: tuple[AnyCommand, ...]
    now: tuple[AnyCommand, ...]


class TraceError(ValueError):
    """The bytes are no trace, or one of a version this engine does not read."""


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Trace)


def encode(trace: Trace) -> bytes:
    return _ENCODER.encode(trace)


def decode(data: bytes) -> Trace:
    """Raises TraceError."""
    try:
        trace = _DECODER.decode(data)
    except msgspec.DecodeError as error:
        raise TraceError(f"not a trace: {error}") from error
    if trace.v != VERSION:
        raise TraceError(f"a trace of version {trace.v}; this gateway reads version {VERSION}")
    return trace


def replay(trace: Trace) -> tuple[Mismatch, ...]:
    """Run the events again, each at its time; empty when the same commands come out."""
    call: Call | None = None
    found: list[Mismatch] = []
    for index, one in enumerate(trace.steps):
        call, commands = step(call, one.event, one.at)
        if commands != one.commands:
            found.append(
                Mismatch(index=index, at=one.at, event=one.event, recorded=one.commands, now=commands)
            )
    return tuple(found)
