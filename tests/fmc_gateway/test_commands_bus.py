"""Whose call it is, and what a gateway says to commands: without servers, the engine in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import msgspec
import pytest

from fmc_gateway.call import events as ev
from fmc_gateway.call.commands import AnswerDial, AnswerRequest
from fmc_gateway.call.requests import Wish
from fmc_gateway.commands_bus import CommandReader
from hipper.contracts import bus as b
from hipper.contracts.calls import LiveCall
from hipper.pbx.ids import CallId, DeviceId, GatewayId, LegId, SubscriberId, TenantId
from tests.app.live import ACME, live_call

CALL = CallId("c1")
ANNA = SubscriberId("anna")
OTHER = TenantId("other")
NOBODY = SubscriberId("nobody")
"""Of whom the engine has nothing to say."""


class Engine:
    """Holds one call."""

    def __init__(self, live: LiveCall | None, state: str | None = "talking", emergency: bool = False) -> None:
        self.live, self.state, self.emergency = live, state, emergency
        self.asked: list[Any] = []
        self.has_room = True
        self.says: Any = None

    def state_of(self, call: CallId) -> str | None:
        return self.state if call == CALL else None

    def live_of(self, call: CallId) -> LiveCall | None:
        return self.live if call == CALL else None

    def is_emergency(self, call: CallId) -> bool:
        return self.emergency

    def explain(self, call: CallId, user: SubscriberId, now: float) -> Any:
        return None if user == NOBODY else {"of": user}

    def ask(self, call: CallId, event: ev.AnyEvent) -> bool:
        self.asked.append(event)
        return True

    def request(
        self,
        call: CallId,
        event: Wish,
        replied: Callable[[AnswerRequest], None],
    ) -> bool:
        self.asked.append(event)
        replied(self.says or AnswerRequest(request=event.request, done=True))
        return True

    def forget_request(self, request: str) -> None:
        raise AssertionError("it was answered")

    def dial(self, requested: ev.DialRequested, told: Callable[[AnswerDial], None] | None = None) -> None:
        self.asked.append(requested)
        assert told is not None
        told(self.says or AnswerDial(accepted=True))


async def answer(engine: Engine, command: b.CallCommand, call: str = CALL) -> b.CommandReply:
    reader = CommandReader(GatewayId("gw1"), None, engine, engine, lambda: 0.0)  # type: ignore[arg-type]
    return await reader.handle(
        b.CommandEnvelope(
            request_id="r1", idempotency_key="k1", call=CallId(call), deadline=5.0, command=command
        )
    )


def example(kind: type, tenant: TenantId = ACME, user: SubscriberId = ANNA) -> Any:
    """A command of that kind."""
    values = {
        "destination": "202",
        "to": DeviceId("anna-1"),
        "other": CallId("c2"),
        "leg": LegId("b1"),
        "muted": True,
        "digits": "1",
        "action": b.RecordingAction.START,
    }
    needed = {one.name: values[one.name] for one in msgspec.structs.fields(kind) if one.name in values}
    return kind(tenant=tenant, user=user, **needed)


ON_CALLS = [kind for kind in get_args(b.CallCommand) if kind is not b.Dial]
TOUCHING = [kind for kind in ON_CALLS if kind is not b.Explain]


@pytest.mark.parametrize("kind", ON_CALLS)
async def test_call_of_somebody_else_is_unknown_as_one_that_is_not_there(kind: type) -> None:
    engine = Engine(live_call())
    for command, call in (
        (example(kind, user=SubscriberId("bram")), CALL),
        (example(kind, tenant=OTHER), CALL),
        (example(kind), "c9"),
    ):
        reply = await answer(engine, command, call)
        assert (reply.status, reply.because, reply.state) == (b.ReplyStatus.UNKNOWN, None, None)
    assert engine.asked == []


@pytest.mark.parametrize("kind", ON_CALLS)
async def test_call_nobody_is_shown_yet_is_no_users(kind: type) -> None:
    reply = await answer(Engine(None, "deciding"), example(kind))
    assert reply.status is b.ReplyStatus.UNKNOWN


@pytest.mark.parametrize("kind", TOUCHING)
@pytest.mark.parametrize("untouchable", [True, False])
async def test_nothing_touches_112_and_113(kind: type, untouchable: bool) -> None:
    live = msgspec.structs.replace(live_call(), untouchable=untouchable)
    engine = Engine(live, emergency=not untouchable)
    for command in (example(kind), b.HangUp(), b.HangUp(tenant=ACME)):
        reply = await answer(engine, command)
        assert (reply.status, reply.because) == (b.ReplyStatus.REFUSED, b.RefusedBecause.EMERGENCY)
    assert engine.asked == []


async def test_call_is_explained_to_its_parties_also_when_nothing_may_touch_it() -> None:
    engine = Engine(live_call(), emergency=True)
    reply = await answer(engine, example(b.Explain))
    assert (reply.status, reply.explained) == (b.ReplyStatus.DONE, b'{"of":"anna"}')
    nothing = Engine(live_call(called=msgspec.structs.replace(live_call().called, subscriber=NOBODY)))
    asked = await answer(nothing, example(b.Explain, user=NOBODY))
    assert (asked.status, asked.explained) == (b.ReplyStatus.UNKNOWN, None)


async def test_operator_hangs_up_what_is_in_reach() -> None:
    engine = Engine(live_call())
    for tenant in (None, ACME):
        assert (await answer(engine, b.HangUp(tenant=tenant))).status is b.ReplyStatus.DONE
    assert (await answer(engine, b.HangUp(tenant=OTHER))).status is b.ReplyStatus.UNKNOWN
    assert engine.asked == [ev.HangUpRequested(by="operator")] * 2
    await answer(engine, example(b.HangUp))
    assert engine.asked[-1] == ev.HangUpRequested(by="user:anna")


async def test_call_that_is_ending_is_refused_with_its_state() -> None:
    reply = await answer(Engine(live_call(), "ending"), example(b.HangUp))
    assert (reply.status, reply.because, reply.state) == (
        b.ReplyStatus.REFUSED,
        b.RefusedBecause.STATE,
        "ending",
    )


async def test_what_cannot_be_done_yet_is_refused_as_not_available() -> None:
    engine = Engine(live_call())
    reply = await answer(engine, example(b.RecordingControl))
    assert (reply.status, reply.because, reply.state) == (
        b.ReplyStatus.REFUSED,
        b.RefusedBecause.NOT_AVAILABLE,
        "talking",
    )
    assert engine.asked == []


@pytest.mark.parametrize(
    ("state", "device", "done"),
    [
        ("ringing", None, True),
        ("ringing", "anna-1", True),
        ("ringing", "anna-2", False),
        ("talking", None, False),
    ],
)
async def test_decline_is_for_who_is_rung(state: str, device: str | None, done: bool) -> None:
    live = live_call()
    anna = msgspec.structs.replace(live.calling, device=None, ringing=(DeviceId("anna-1"),))
    engine = Engine(msgspec.structs.replace(live, calling=live.called, called=anna), state)
    wanted = None if device is None else DeviceId(device)
    reply = await answer(engine, b.Decline(tenant=ACME, user=ANNA, device=wanted))
    assert reply.status is (b.ReplyStatus.DONE if done else b.ReplyStatus.REFUSED)
    assert engine.asked == ([ev.DeclineRequested(subscriber=ANNA, device=wanted)] if done else [])


DESK = DeviceId("anna-1")


def consult_step(step: str) -> ev.ConsultStepRequested:
    return ev.ConsultStepRequested(request="r1", subscriber=ANNA, step=ev.ConsultStep(step))


@pytest.mark.parametrize(
    ("command", "wish"),
    [
        (
            b.Hold(tenant=ACME, user=ANNA, device=DESK),
            ev.HoldRequested(request="r1", subscriber=ANNA, on=True, device=DESK),
        ),
        (b.Resume(tenant=ACME, user=ANNA), ev.HoldRequested(request="r1", subscriber=ANNA, on=False)),
        (
            b.Pull(tenant=ACME, user=ANNA, to=DESK),
            ev.MoveRequested(request="r1", subscriber=ANNA, device=DESK),
        ),
        (
            b.Push(tenant=ACME, user=ANNA, to=DESK, device=DeviceId("anna-2")),
            ev.MoveRequested(request="r1", subscriber=ANNA, device=DESK, from_device=DeviceId("anna-2")),
        ),
        (
            b.Consult(tenant=ACME, user=ANNA, destination="203"),
            ev.ConsultRequested(request="r1", subscriber=ANNA, destination="203"),
        ),
        (
            b.TransferBlind(
                tenant=ACME,
                user=ANNA,
                destination="203",
                return_on_failure=False,
                no_answer_s=9,
                keep_until=b.KeepUntil.ANSWER,
            ),
            ev.TransferRequested(
                request="r1",
                subscriber=ANNA,
                destination="203",
                returns=False,
                no_answer_s=9,
                keep_until=b.KeepUntil.ANSWER,
            ),
        ),
        (b.ConsultComplete(tenant=ACME, user=ANNA), consult_step("complete")),
        (b.ConsultCancel(tenant=ACME, user=ANNA), consult_step("cancel")),
        (b.ConsultSwap(tenant=ACME, user=ANNA), consult_step("swap")),
        (
            b.Conference(tenant=ACME, user=ANNA, calls=(CallId("c2"),), goes_on=True),
            ev.ConferenceRequested(request="r1", subscriber=ANNA, calls=(CallId("c2"),), goes_on=True),
        ),
        (
            b.ConferenceAdd(tenant=ACME, user=ANNA, destination="203"),
            ev.ConferenceAddRequested(request="r1", subscriber=ANNA, destination="203"),
        ),
        (
            b.ConferenceRemove(tenant=ACME, user=ANNA, leg=LegId("c1-c1")),
            ev.ConferenceRemoveRequested(request="r1", subscriber=ANNA, leg=LegId("c1-c1")),
        ),
        (
            b.ConferenceMute(tenant=ACME, user=ANNA, leg=LegId("c1-c1"), muted=True),
            ev.ConferenceMuteRequested(request="r1", subscriber=ANNA, leg=LegId("c1-c1"), muted=True),
        ),
    ],
)
async def test_what_the_engine_is_asked_and_says_of_calls_in_which_people_talk(
    command: b.CallCommand, wish: ev.AnyEvent
) -> None:
    engine = Engine(live_call())
    assert (await answer(engine, command)).status is b.ReplyStatus.DONE
    assert engine.asked == [wish]
    engine.says = AnswerRequest(
        request="r1", done=False, explanation="no", because=b.RefusedBecause.NOT_REACHABLE
    )
    reply = await answer(engine, command)
    assert (reply.status, reply.because, reply.state, reply.explanation) == (
        b.ReplyStatus.REFUSED,
        b.RefusedBecause.NOT_REACHABLE,
        "talking",
        "no",
    )


class Silent(Engine):
    """Has not said anything by the deadline."""

    def request(self, call: CallId, event: Any, replied: Any) -> bool:
        self.asked.append(event)
        return True

    def forget_request(self, request: str) -> None:
        self.asked.append(request)


async def test_not_decided_by_the_deadline_it_is_done_for_who_asks() -> None:
    engine = Silent(live_call())
    reader = CommandReader(GatewayId("gw1"), None, engine, engine, lambda: 5.0)  # type: ignore[arg-type]
    envelope = b.CommandEnvelope(
        request_id="r1", idempotency_key="k1", call=CALL, deadline=5.0, command=example(b.Hold)
    )
    assert (await reader.handle(envelope)).status is b.ReplyStatus.DONE
    assert engine.asked[-1] == "r1", "nobody waits any more"


@pytest.mark.parametrize("because", list(b.RefusedBecause))
async def test_refused_dial_says_why(because: b.RefusedBecause) -> None:
    engine = Engine(None, None)
    engine.says = AnswerDial(accepted=False, explanation="de regel", because=because)
    reply = await answer(engine, example(b.Dial), "new")
    assert (reply.status, reply.because, reply.explanation) == (b.ReplyStatus.REFUSED, because, "de regel")
    assert (engine.asked[0].tenant, engine.asked[0].subscriber) == (ACME, ANNA)


async def test_gateway_without_room_begins_no_call() -> None:
    engine = Engine(None, None)
    engine.has_room = False
    reply = await answer(engine, example(b.Dial), "new")
    assert (reply.because, engine.asked) == (b.RefusedBecause.FULL, [])
