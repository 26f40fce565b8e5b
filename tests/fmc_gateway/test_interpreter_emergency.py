"""Who calls an emergency service is remembered from the beginning of the call and again from its end."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fmc_gateway.call import events as e
from fmc_gateway.interpreter import Interpreter
from tests.fmc_gateway.call.kit import A, invite, invite_from_pstn, suze
from tests.fmc_gateway.call.test_emergency_by_code import caller
from tests.fmc_gateway.test_interpreter import World

FROM_OUTSIDE = msgspec.structs.replace(invite_from_pstn(), dialled="112", served_number=None)


def watched() -> tuple[Interpreter, World, list[str]]:
    """With the engine as it is; the numbers of those who called an emergency service."""
    world, told = World(), []
    ports: dict[str, Any] = dict.fromkeys(
        ("sip", "media", "directory", "live", "records", "features", "hooks", "observer"), world
    )
    made = Interpreter(**ports, now_unix=lambda: 7.0)
    numbers: list[str] = told
    made.on_emergency = lambda offered: numbers.append(offered.dialled)
    return made, world, numbers


@pytest.mark.parametrize("dialled", ["112", "#31#112"])
async def test_112_is_told_of_when_it_begins_and_when_it_is_over(dialled: str) -> None:
    interpreter, _, told = watched()
    interpreter.begin(invite(dialled))
    assert told == [dialled]
    ring(interpreter)
    assert told == [dialled], "it goes on"
    end(interpreter)
    assert told == [dialled, dialled]


async def test_speed_dial_that_stands_for_112_is_told_of_too() -> None:
    interpreter, world, told = watched()
    interpreter.begin(invite("9"))
    assert told == []
    world.answers[0](e.ContextLoaded(caller=caller(), called=None))
    assert told == ["112"]
    end(interpreter)
    assert told == ["112", "112"]


@pytest.mark.parametrize("offered", [invite("113"), FROM_OUTSIDE, invite("112", loop_guard=True)])
async def test_other_calls_are_not(offered: e.LegOffered) -> None:
    interpreter, world, told = watched()
    interpreter.begin(offered)
    for answer in world.answers:
        answer(e.ContextLoaded(caller=suze(), called=None))
    end(interpreter)
    assert told == []


def ring(interpreter: Interpreter) -> None:
    (run,) = [interpreter.run_of(A)]
    assert run is not None
    interpreter.tell(run, e.LegRinging(leg=run.legs[1], status=180))


def end(interpreter: Interpreter) -> None:
    """The caller gives up, and every leg says that it is over."""
    run = interpreter.run_of(A)
    if run is None:
        return
    interpreter.tell(run, e.LegCancelled(leg=A))
    for leg in tuple(run.legs[1:]):
        interpreter.tell(run, e.LegRejected(leg=leg, status=487))
    interpreter.tell(run, e.TimerFired(name="settle"))
    assert run.over
