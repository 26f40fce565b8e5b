"""A call can be handed over between any two of its events."""

from __future__ import annotations

import msgspec
import pytest

from fmc_gateway.call import events as ev
from fmc_gateway.call.commands import AnyCommand
from fmc_gateway.call.model import Call, Deciding, become, call_of, pair_id
from fmc_gateway.call.replay import Trace
from fmc_gateway.call.step import step
from tests.fmc_gateway.call.kit import Ladder, invite
from tests.fmc_gateway.call.traces import every_trace


@pytest.mark.parametrize("trace", every_trace(), ids=lambda trace: trace.call)
def test_call_handed_over_after_every_event_goes_on_as_if_nothing_happened(trace: Trace) -> None:
    call: Call | None = None
    for one in trace.steps:
        event = msgspec.json.decode(msgspec.json.encode(one.event), type=ev.AnyEvent)
        call, commands = step(call, event, one.at)
        call = msgspec.msgpack.decode(msgspec.msgpack.encode(call), type=Call | None)
        assert commands == one.commands
        again = msgspec.json.decode(msgspec.json.encode(commands), type=tuple[AnyCommand, ...])
        assert again == commands


def test_state_changes_keep_what_all_states_know() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    assert isinstance(ladder.call, Deciding)
    assert become(Deciding, ladder.call, rule="other").rule == "other"
    assert become(Deciding, ladder.call) == ladder.call


def test_pair_names_its_call() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    assert ladder.call is not None
    assert call_of(pair_id(ladder.call, 12)) == invite().call
