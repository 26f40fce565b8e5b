"""The record of a call that its gateway could not see to the end: stopped, killed, or a fault of its own.

No call vanishes from the records: what is known of it so far is kept, and who ended it says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from fmc_gateway.call.events import AnyEvent
from fmc_gateway.call.model import Call, Ending, Passing
from fmc_gateway.call.records import record
from fmc_gateway.call.replay import Trace, TraceStep
from fmc_gateway.call.step import step
from fmc_gateway.records.entry import SpoolEntry
from hipper.contracts.calls import AttemptOutcome, CallOutcome, CallRecord, DeviceAttempt, LegRecord
from hipper.pbx.ids import CallId

GATEWAY_STOPPED = "gateway stopped"
"""``ended_by`` of legs, and explanation of devices, whose gateway stopped or was killed under them."""
GATEWAY_FAULT = "fault of the gateway"


class Happened(NamedTuple):
    """One event of a call. ``at``: Unix seconds, as given to ``step``."""

    at: float
    event: AnyEvent


def unfinished_record(call: Call, ended: float, why: str) -> CallRecord | None:
    """The record of ``call`` as it stands. ``ended``: when it was last seen alive, Unix seconds. A call whose
    parties had gone already gets its own true record; None when that is written."""
    if isinstance(call, Passing) and not call.emergency:
        return None
    if isinstance(call, Ending):
        return None if call.recorded else record(call, call.outcome, call.ended)
    # a leg that runs has no end yet, and that is how it is told from one that was over before
    running = {leg.id for leg in (call.calling, *call.called, *call.aside) if leg.ended is None}
    found = record(call, CallOutcome.FAILED, ended)
    return msgspec.structs.replace(
        found,
        legs=tuple(_broken_off(leg, why) if leg.leg in running else leg for leg in found.legs),
        attempts=tuple(_explained(one, why) if one.leg in running else one for one in found.attempts),
    )


def _broken_off(leg: LegRecord, why: str) -> LegRecord:
    return msgspec.structs.replace(leg, ended_by=why)


def _explained(attempt: DeviceAttempt, why: str) -> DeviceAttempt:
    if attempt.outcome is AttemptOutcome.ANSWERED or attempt.explanation is not None:
        return attempt
    return msgspec.structs.replace(attempt, explanation=why)


def unfinished_entry(call: CallId, steps: Sequence[TraceStep], ended: float, why: str) -> SpoolEntry | None:
    """Record and trace of a call of which ``steps`` is known; None when there is nothing to record."""
    return entry_of_events(call, (Happened(one.at, one.event) for one in steps), ended, why)


def entry_of_events(call: CallId, events: Iterable[Happened], ended: float, why: str) -> SpoolEntry | None:
    """The same from events alone: the engine says again what it did about them."""
    state: Call | None = None
    steps = []
    for at, event in events:
        state, commands = step(state, event, at)
        steps.append(TraceStep(at=at, event=event, commands=commands))
    if state is None:
        return None
    found = unfinished_record(state, ended, why)
    return None if found is None else SpoolEntry(found, Trace(call=call, steps=tuple(steps)))
