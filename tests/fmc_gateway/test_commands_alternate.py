"""Alternate: two calls of one user, by two commands, and the truth when only one of them works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from fmc_gateway.call import events as ev
from fmc_gateway.call.commands import AnswerRequest
from fmc_gateway.commands_bus import GOES_ON, NO_OTHER_CALL, STILL_HELD, CommandReader
from hipper.contracts import bus as b
from hipper.contracts.calls import LiveCall
from hipper.pbx.ids import CallId, GatewayId, SubscriberId
from tests.app.live import ACME, live_call

HERE, THERE = CallId("c1"), CallId("c2")
ANNA = SubscriberId("anna")


class Engine:
    """Two calls. ``refuses``: wishes it does not grant."""

    def __init__(self, *refuses: tuple[CallId, bool], holds: bool = False) -> None:
        call = live_call()
        calling = msgspec.structs.replace(call.calling, holds=holds)
        self.calls: dict[CallId, LiveCall] = {
            HERE: msgspec.structs.replace(call, calling=calling),
            THERE: call,
        }
        self.emergency: CallId | None = None
        self.refuses = refuses
        self.asked: list[tuple[CallId, bool]] = []

    def state_of(self, call: CallId) -> str | None:
        return "talking" if call in self.calls else None

    def live_of(self, call: CallId) -> LiveCall | None:
        return self.calls.get(call)

    def is_emergency(self, call: CallId) -> bool:
        return call == self.emergency

    def request(self, call: CallId, event: Any, replied: Callable[[AnswerRequest], None]) -> bool:
        assert isinstance(event, ev.HoldRequested)
        self.asked.append((call, event.on))
        done = (call, event.on) not in self.refuses
        replied(AnswerRequest(request=event.request, done=done, explanation=None if done else "no"))
        return True


async def alternate(engine: Engine, other: CallId = THERE) -> b.CommandReply:
    reader = CommandReader(GatewayId("gw1"), None, engine, engine, lambda: 0.0)  # type: ignore[arg-type]
    command = b.Alternate(tenant=ACME, user=ANNA, other=other)
    return await reader.handle(
        b.CommandEnvelope(request_id="r", idempotency_key="k", call=HERE, deadline=5.0, command=command)
    )


async def test_this_call_is_held_before_the_other_one_is_resumed() -> None:
    engine = Engine()
    assert (await alternate(engine)).status is b.ReplyStatus.DONE
    assert engine.asked == [(HERE, True), (THERE, False)]


async def test_call_that_cannot_be_held_leaves_both_as_they_are() -> None:
    engine = Engine((HERE, True))
    reply = await alternate(engine)
    assert (reply.status, reply.explanation) == (b.ReplyStatus.REFUSED, "no")
    assert engine.asked == [(HERE, True)]


@pytest.mark.parametrize(
    ("refuses", "holds", "asked", "said"),
    [
        ([], False, [(HERE, False)], GOES_ON),
        ([(HERE, False)], False, [(HERE, False)], STILL_HELD),
        ([], True, [], STILL_HELD),
    ],
)
async def test_answer_says_what_is_so_when_the_other_is_not_resumed(
    refuses: list[tuple[CallId, bool]], holds: bool, asked: list[tuple[CallId, bool]], said: str
) -> None:
    """This one goes on, unless it was on hold before or cannot be resumed either."""
    engine = Engine((THERE, False), *refuses, holds=holds)
    reply = await alternate(engine)
    assert reply.status is b.ReplyStatus.REFUSED
    assert reply.explanation == f"the other call is not resumed: no; {said}"
    assert engine.asked == [(HERE, True), (THERE, False), *asked]


async def test_other_call_of_nobody_of_somebody_else_of_112_and_itself() -> None:
    engine = Engine()
    engine.calls[CallId("brams")] = msgspec.structs.replace(
        live_call(),
        calling=msgspec.structs.replace(live_call().calling, subscriber=SubscriberId("bram")),
    )
    for other in (CallId("gone"), CallId("brams"), HERE):
        reply = await alternate(engine, other)
        assert (reply.because, reply.explanation) == (b.RefusedBecause.STATE, NO_OTHER_CALL)
    engine.emergency = THERE
    assert (await alternate(engine)).because is b.RefusedBecause.EMERGENCY
    assert engine.asked == []
