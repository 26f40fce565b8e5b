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


Running = frozenset[str]


def after(actions: tuple[Action, ...], running: Running) -> Running:
    """The timers that run when these actions are done, by their letter."""
    now = set(running)
    for action in actions:
        verb, _, timer = action.name.rpartition("_")
        if verb in ("START", "BACK_OFF", "SLOW"):
            now.add(timer)
        elif verb == "STOP":
            now.discard(timer)
    return frozenset(now)


def configurations(machine: Machine) -> set[tuple[State, Running]]:
    """Every state with the timers that may run in it."""
    first = (machine.first, after(machine.start, frozenset()))
    found, todo = {first}, [first]
    while todo:
        state, running = todo.pop()
        for event, row in machine.table[state].items():
            timer = event.name.removeprefix("TIMER_") if event.name.startswith("TIMER_") else None
            if row.state is State.TERMINATED or (timer is not None and timer not in running):
                continue
            reached = (row.state, after(row.actions, running - {timer or ""}))
            if reached not in found:
                found.add(reached)
                todo.append(reached)
    return found


@TABLES
def test_timers_run_only_where_they_mean_something(machine: Machine) -> None:
    """One that is not stopped would lie in the heap for half a minute after its transaction needs it. The
    timer of a CANCEL may: it goes with the transaction, which lasts as long."""
    for state, running in configurations(machine):
        for timer in running - {"CANCEL"}:
            assert not machine.table[state][Event[f"TIMER_{timer}"]].reason, (state, timer)


@TABLES
def test_no_transaction_waits_without_a_timer(machine: Machine) -> None:
    """Whatever the order of events; only the server's INVITE waits for its user, who has a limit."""
    for state, running in configurations(machine):
        assert running or (machine.title.startswith("INVITE server") and state is State.PROCEEDING), state


@pytest.mark.parametrize("word", ["Calling --> Proceeding", "Completed --> Confirmed", "Accepted", "Offered"])
def test_diagrams_show_the_tables(word: str) -> None:
    assert word in markdown()


def test_diagrams_name_every_machine_and_every_silent_row_has_its_reason() -> None:
    text = markdown()
    for machine in MACHINES:
        assert machine.title in text
    assert text.count("```mermaid") == 8
    assert "|  |" not in text
