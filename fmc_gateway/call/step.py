"""Decide, then do: what happened becomes what to do, and nothing else happens here.

``step`` is pure: the same call, event and time give the same answer, so a recorded trace replays.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from fmc_gateway.call import consulting, enquiring, keying, referring
from fmc_gateway.call.events import AnyEvent
from fmc_gateway.call.model import Call, Step, Talking
from fmc_gateway.call.table import TABLE, Row, State

Handler = Callable[[Any, Any, float], Step]


def step(call: Call | None, event: AnyEvent, now: float) -> Step:
    """Take ``event`` in. ``now``: Unix seconds, the one clock of the gateway. Returns the call as it is now,
    None when nothing is left of it, and the commands in the order to run them. Never raises on any event in
    any state: what means nothing there does nothing (:mod:`.table` says why). Whoever is called within a call
    is called as anybody is (:mod:`.enquiring`), and a telephone that asked for it by REFER is told
    (:mod:`.referring`)."""
    if not isinstance(call, Talking):
        return _handled(call, event, now)
    if call.refer is None:
        return _in_call(call, event, now)
    return referring.reported(call.refer, _in_call(call, event, now))


def _in_call(call: Talking, event: AnyEvent, now: float) -> Step:
    if call.enquiry is not None:
        meant = enquiring.meant(call, event)
        if meant is not None:
            return keying.watched(consulting.went(call, step(call.enquiry, meant, now), now))
    return _handled(call, event, now)


def _handled(call: Call | None, event: AnyEvent, now: float) -> Step:
    handler = _HANDLERS[None if call is None else type(call), type(event)]
    return (call, ()) if handler is None else keying.watched(handler(call, event, now))


def _resolve(state: State, row: Row) -> Handler | None:
    if row.handler is None:
        return None
    module, _, name = row.handler.partition(".")
    found: Handler = getattr(import_module(f"fmc_gateway.call.{module}"), name)
    return found


_HANDLERS: dict[tuple[State, type], Handler | None] = {
    (state, event): _resolve(state, row) for state, rows in TABLE.items() for event, row in rows.items()
}
