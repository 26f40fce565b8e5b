"""A leg changes hands between two calls of one gateway, and is nobody's when its call breaks down."""

from __future__ import annotations

from typing import Any

import pytest

from fmc_gateway import interpreter as module
from fmc_gateway.call import commands as c
from fmc_gateway.call import events as e
from fmc_gateway.call.step import step
from fmc_gateway.call_run import CallRun
from fmc_gateway.interpreter import Interpreter
from hipper.pbx.ids import CallId, LegId, PairId
from tests.fmc_gateway.call.kit import B1, A, Ladder, sdp
from tests.fmc_gateway.call.two_calls import A2, C1, C2, D1, SUZE, colleague_talks, outside
from tests.fmc_gateway.test_interpreter import World, run_with

JOIN = e.JoinRequested(request="r1", subscriber=SUZE, other=C2)


def two_runs(monkeypatch: pytest.MonkeyPatch) -> tuple[Interpreter, World]:
    """Suze's two calls, with the engine that is."""
    made, world, _ = run_with(monkeypatch, {})
    monkeypatch.setattr(module, "step", step)
    holds(made, C1, outside(), A, B1)
    holds(made, C2, colleague_talks(), A2, D1)
    return made, world


def holds(made: Interpreter, call: CallId, ladder: Ladder, *legs: LegId) -> None:
    run = made._runs[call] = CallRun(call)
    run.call = ladder.call
    for leg in legs:
        made._own(run, leg)


def owner(made: Interpreter, leg: LegId) -> CallId | None:
    run = made.run_of(leg)
    return None if run is None else run.id


async def test_lent_leg_is_the_borrowers_until_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _ = two_runs(monkeypatch)
    made.ask(C1, JOIN)
    assert [owner(made, leg) for leg in (A, B1, A2, D1)] == [C1, C1, C2, C1]
    run = made.run_of(D1)
    assert run is not None
    made.tell(run, e.MediaFailed(pair=PairId("c1-n1"), reason="gone"))
    assert [owner(made, leg) for leg in (A, B1, A2, D1)] == [C1, C1, C2, C2]
    assert [made.state_of(call) for call in (C1, C2)] == ["talking", "talking"]


async def test_call_that_is_asked_when_it_is_over_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _ = two_runs(monkeypatch)
    del made._runs[C2]
    answers: list[c.AnswerRequest] = []
    made.request(C1, JOIN, answers.append)
    assert [(one.done, one.explanation) for one in answers] == [(False, "the other call is over")]


async def test_leg_whose_lender_is_over_is_hung_up(monkeypatch: pytest.MonkeyPatch) -> None:
    made, world = two_runs(monkeypatch)
    made.ask(C1, JOIN)
    del made._runs[C2]
    run = made.run_of(D1)
    assert run is not None
    made.tell(run, e.HangUpRequested(by="operator"))
    assert f"abandon {D1}" in world.said


async def test_lender_is_over_when_the_borrower_breaks_down(monkeypatch: pytest.MonkeyPatch) -> None:
    made, world = two_runs(monkeypatch)
    made.ask(C1, JOIN)

    def faulty(call: Any, event: e.AnyEvent, now: float) -> Any:
        if isinstance(event, e.LegReoffered):
            raise ValueError("a fault of the engine")
        return step(call, event, now)

    monkeypatch.setattr(module, "step", faulty)
    run = made.run_of(B1)
    assert run is not None
    made.tell(run, e.LegReoffered(leg=B1, sdp=sdp("piet"), method="INVITE"))
    assert {f"abandon {leg}" for leg in (A, B1, D1)} <= set(world.said)
    assert made.calls() == ()
    assert [entry.record.call for entry in world.entries] == [C1, C2]
