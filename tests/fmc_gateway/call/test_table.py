"""The table is whole, and the diagram is drawn from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fmc_gateway.call import step
from fmc_gateway.call.diagram import mermaid
from fmc_gateway.call.model import STATES as CALL_STATES
from fmc_gateway.call.table import EVENTS, STATES, TABLE, State

SOURCES = Path(step.__file__).parent


@pytest.mark.parametrize("state", STATES)
def test_every_state_meets_every_event(state: State) -> None:
    assert set(TABLE[state]) == set(EVENTS)


@pytest.mark.parametrize("state", STATES)
def test_pair_without_a_handler_says_why(state: State) -> None:
    for event, row in TABLE[state].items():
        assert (row.handler is None) == bool(row.why), event
        assert row.handler is not None or row.next == (), event


def test_every_state_can_be_entered_and_left() -> None:
    entered = {target for rows in TABLE.values() for row in rows.values() for target in row.next}
    assert entered == set(STATES)
    for state in CALL_STATES:
        assert any(set(row.next) - {state} for row in TABLE[state].values())


def test_diagram_draws_every_state_and_every_change() -> None:
    drawn = mermaid()
    assert drawn.startswith("stateDiagram-v2\n    [*] --> Deciding: LegOffered\n")
    for state in CALL_STATES:
        assert f" {state.__name__}" in drawn
    arrows = {
        (state, target) for state, rows in TABLE.items() for row in rows.values() for target in row.next
    }
    assert drawn.count("-->") == len(arrows)


def test_engine_is_small_and_knows_no_clock() -> None:
    for file in SOURCES.glob("*.py"):
        text = file.read_text()
        assert len(text.splitlines()) <= 500, file
        for module in ("asyncio", "socket", "time", "random", "secrets", "os", "logging"):
            assert f"import {module}" not in text, file
