"""The tables of the four transaction machines (RFC 3261 §17, RFC 6026), and the diagrams drawn from them."""

from __future__ import annotations

import pytest

from hipper.telephony.sip.diagrams import markdown
from hipper.telephony.sip.transactions import MACHINES, Action, Event, Machine, State

TABLES = pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.title.split(" (")[0])
STARTED_BY = {
    Event.TIMER_A: Action.START_A,
    Event.TIMER_B: Action.START_B,
    Event.TIMER_C: Action.START_C,
    Event.TIMER_D: Action.START_D,
    Event.TIMER_E: Action.START_E,
    Event.TIMER_F: Action.START_F,
    Event.TIMER_G: Action.START_G,
    Event.TIMER_H: Action.START_H,
    Event.TIMER_I: Action.START_I,
    Event.TIMER_J: Action.START_J,
    Event.TIMER_K: Action.START_K,
    Event.TIMER_L: Action.START_L,
    Event.TIMER_M: Action.START_M,
    Event.TIMER_CANCEL: Action.START_CANCEL,
    Event.TIMER_ANSWER: Action.START_ANSWER,
}


def states(machine: Machine) -> set[State]:
    """All states that can be reached."""
    found = {machine.first}
    todo = [machine.first]
    while todo:
        for row in machine.table.get(todo.pop(), {}).values():
            if row.state not in found:
                found.add(row.state)
                todo.append(row.state)
    return found


@TABLES
def test_every_pair_of_state_and_event_has_a_row(machine: Machine) -> None:
    assert set(machine.table) == states(machine) - {State.TERMINATED}
    for state, rows in machine.table.items():
        assert set(rows) == set(machine.events), state


@TABLES
def test_a_row_that_does_nothing_says_why(machine: Machine) -> None:
    for state, rows in machine.table.items():
        for event, row in rows.items():
            idle = row.state is state and not set(row.actions) - {Action.REFUSE}
            assert bool(row.reason) == idle, (state, event)


@TABLES
def test_every_state_is_left_by_a_timer_or_by_the_user(machine: Machine) -> None:
    """Nothing lives for ever: from each state the timers alone, or an answer of ours, lead to Terminated."""
    moves = {e for e in machine.events if e.startswith(("timer", "tu_"))}
    for start in machine.table:
        reached, todo = {start}, [start]
        while todo:
            for event, row in machine.table.get(todo.pop(), {}).items():
                if event in moves and row.state not in reached:
                    reached.add(row.state)
                    todo.append(row.state)
        assert State.TERMINATED in reached, start


@TABLES
def test_every_timer_that_acts_is_started_somewhere(machine: Machine) -> None:
    started = set(machine.start)
    for rows in machine.table.values():
        for row in rows.values():
            started |= set(row.actions)
    for state, rows in machine.table.items():
        for event, row in rows.items():
            if event in STARTED_BY and not row.reason:
                assert STARTED_BY[event] in started, (state, event)


@pytest.mark.parametrize("word", ["Calling --> Proceeding", "Completed --> Confirmed", "Accepted", "Offered"])
def test_diagrams_show_the_tables(word: str) -> None:
    assert word in markdown()


def test_diagrams_name_every_machine_and_every_silent_row_has_its_reason() -> None:
    text = markdown()
    for machine in MACHINES:
        assert machine.title in text
    assert text.count("```mermaid") == 8
    assert "|  |" not in text
