"""Calls of colleagues over the bus: what goes to the engine, and who is told no at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from fmc_gateway.call import events as ev
from fmc_gateway.call.commands import AnswerRequest, LoadContext
from fmc_gateway.commands_bus import CommandReader
from hipper.contracts import bus as b
from hipper.contracts.calls import LiveCall, LiveParked, LiveParty, LivePhase
from hipper.pbx.ids import CallId, DeviceId, GatewayId, GroupId, LegId, SubscriberId, TenantId
from hipper.pbx.model import CallerIdentity, Presentation, ServicePack
from hipper.pbx.services import colleagues as co
from hipper.pbx.services.bundles import SubscriberServices
from tests.fmc_gateway.call.kit import anna, binding, piet, suze

ACME, CALL = TenantId("acme"), CallId("c1")
SOMEBODY = CallerIdentity(presentation=Presentation.ALLOWED)


def live(**changes: Any) -> LiveCall:
    """Suze calls Piet."""
    call = LiveCall(
        call=CALL,
        gateway=GatewayId("gw1"),
        tenant=ACME,
        phase=LivePhase.RINGING,
        started=1.0,
        calling=LiveParty(leg=LegId("a"), subscriber=SubscriberId("suze"), identity=SOMEBODY),
        called=LiveParty(leg=LegId("b1"), subscriber=SubscriberId("piet"), identity=SOMEBODY),
    )
    return msgspec.structs.replace(call, **changes)


TALKING = live(phase=LivePhase.ESTABLISHED, answered=2.0)
PARKED = live(
    phase=LivePhase.HELD,
    answered=2.0,
    parked=LiveParked(at="202", group=GroupId("hq"), by=SubscriberId("piet"), since=3.0),
)


class Engine:
    """As the reader sees it: users by name, and what it was asked."""

    def __init__(self, shown: LiveCall, *users: Any, away: bool = False) -> None:
        self.live, self.away = shown, away
        self.users = {one.subscriber: one for one in (users or (anna(), piet(), suze()))}
        self.asked: list[Any] = []
        self.has_room = True

    def state_of(self, call: CallId) -> str | None:
        return "talking"

    def live_of(self, call: CallId) -> LiveCall | None:
        return self.live

    def is_emergency(self, call: CallId) -> bool:
        return False

    def look_up(self, command: LoadContext, done: Callable[[ev.AnyEvent], None]) -> None:
        if self.away:
            done(ev.ContextFailed(reason="away"))
            return
        owner = next(
            (one for one in self.users.values() if one.numbers[0].extension == command.dialled), None
        )
        user = self.users.get(command.served_subscriber)
        done(ev.ContextLoaded(caller=user, called=owner, bindings=(binding("anna-desk1"),)))

    def request(self, call: CallId, event: Any, replied: Callable[[AnswerRequest], None]) -> bool:
        self.asked.append(event)
        replied(AnswerRequest(request=event.request, done=True))
        return True


async def answer(engine: Engine, command: b.CallCommand) -> b.CommandReply:
    reader = CommandReader(GatewayId("gw1"), None, engine, engine, lambda: 0.0)  # type: ignore[arg-type]
    envelope = b.CommandEnvelope(
        request_id="r1", idempotency_key="k1", call=CALL, deadline=5.0, command=command
    )
    return await reader.handle(envelope)


def who(user: str) -> dict[str, Any]:
    return {"tenant": ACME, "user": SubscriberId(user)}


async def test_a_call_that_rings_is_picked_up_with_what_is_known_of_who_asks() -> None:
    engine = Engine(live())
    reply = await answer(engine, b.PickUp(**who("anna"), device=DeviceId("anna-desk1")))
    assert reply.status is b.ReplyStatus.DONE
    (asked,) = engine.asked
    assert isinstance(asked, ev.PickUpRequested)
    assert (asked.user, asked.device, asked.bindings) == (anna(), "anna-desk1", (binding("anna-desk1"),))


async def test_a_parked_call_is_retrieved() -> None:
    engine = Engine(PARKED)
    assert (await answer(engine, b.Retrieve(**who("anna")))).status is b.ReplyStatus.DONE
    (asked,) = engine.asked
    assert isinstance(asked, ev.RetrieveRequested)
    assert asked.subscriber == "anna"


@pytest.mark.parametrize(("on", "at"), [(None, "202"), ("202", "202"), ("203", "203")])
async def test_a_user_parks_the_own_call(on: str | None, at: str) -> None:
    engine = Engine(TALKING)
    assert (await answer(engine, b.Park(**who("piet"), on=on))).status is b.ReplyStatus.DONE
    (asked,) = engine.asked
    assert isinstance(asked, ev.ParkRequested)
    assert (asked.wanted.on, asked.wanted.group) == (at, "hq")


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (b.PickUp(**who("anna")), TALKING),
        (b.Retrieve(**who("anna")), TALKING),
        (b.Park(**who("anna")), TALKING),
        (b.PickUp(tenant=TenantId("rival"), user=SubscriberId("anna")), live()),
        (b.Retrieve(tenant=TenantId("rival"), user=SubscriberId("anna")), PARKED),
    ],
)
async def test_calls_that_cannot_be_taken_are_unknown_to_others(
    command: b.CallCommand, shown: LiveCall
) -> None:
    engine = Engine(shown)
    assert (await answer(engine, command)).status is b.ReplyStatus.UNKNOWN
    assert engine.asked == []


async def test_parking_at_nobodys_extension_is_barred() -> None:
    engine = Engine(TALKING)
    reply = await answer(engine, b.Park(**who("piet"), on="299"))
    assert (reply.status, reply.because) == (b.ReplyStatus.REFUSED, b.RefusedBecause.BARRED)
    assert engine.asked == []


EXEMPT = piet(services=SubscriberServices(bargein_exempt=co.BargeinExempt(active=True)))


@pytest.mark.parametrize(
    ("users", "because"),
    [
        ((anna(), piet(), suze()), b.RefusedBecause.NOT_AVAILABLE),
        ((anna(), EXEMPT, suze()), b.RefusedBecause.BARRED),
        ((anna(pack=ServicePack.BASE_PLUS), piet(), suze()), b.RefusedBecause.BARRED),
        ((anna(group=GroupId("depot")), piet(), suze()), b.RefusedBecause.BARRED),
    ],
)
async def test_joining_an_answered_call(users: tuple[Any, ...], because: b.RefusedBecause) -> None:
    engine = Engine(TALKING, *users)
    reply = await answer(engine, b.PickUp(**who("anna"), barge_in=True))
    assert (reply.status, reply.because) == (b.ReplyStatus.REFUSED, because)
    assert engine.asked == []


async def test_barge_in_while_it_still_rings_picks_up() -> None:
    engine = Engine(live())
    assert (await answer(engine, b.PickUp(**who("anna"), barge_in=True))).status is b.ReplyStatus.DONE
    assert isinstance(engine.asked[0], ev.PickUpRequested)


async def test_without_a_directory_nothing_is_taken() -> None:
    engine = Engine(live(), away=True)
    reply = await answer(engine, b.PickUp(**who("anna")))
    assert (reply.status, reply.because) == (b.ReplyStatus.REFUSED, b.RefusedBecause.AWAY)
