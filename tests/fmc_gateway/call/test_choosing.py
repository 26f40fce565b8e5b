"""Which call ``*11`` takes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fmc_gateway.call.choosing import BEING_MOVED, NO_CALL, SAME_DEVICE, UNTOUCHABLE, choose
from fmc_gateway.call.model import CallState, Talking
from hipper.pbx.ids import CallId, DeviceId, LegId, SubscriberId
from tests.fmc_gateway.call.kit import A, Ladder, invite, invite_from_desk, joined, suze

SUZE, DESK, MOBILE = SubscriberId("suze"), DeviceId("suze-desk1"), DeviceId("suze-mobile")


def call(name: str, *, from_desk: bool = False, at: float = 0.0) -> Talking:
    """Suze talks to the outside, on her handset or at her desk, in call ``name``."""
    ladder = Ladder()
    ladder.now += at
    offered = invite_from_desk("030 111 2233") if from_desk else invite("030 111 2233")
    ladder.tell(msgspec.structs.replace(offered, call=CallId(name)))
    ladder.load(suze(), None)
    ladder.offers()
    ladder.answer(LegId(f"{name}-b1"), f"{name}-m1")  # type: ignore[arg-type]
    assert isinstance(ladder.call, Talking)
    return ladder.call


def holding(one: Talking, **fields: Any) -> Talking:
    return msgspec.structs.replace(
        one, calling=msgspec.structs.replace(one.calling, **(fields or {"holds": True}))
    )


def chosen(*calls: CallState, device: DeviceId | None = DESK) -> str | None:
    return choose(calls, SUZE, device).call


def test_of_several_that_talk_the_newest() -> None:
    assert chosen(call("c1", at=5), call("c2", at=9), call("c3")) == "c2"


@pytest.mark.parametrize("how", [{"holds": True}, {"held_by_app": True}])
def test_who_talks_before_who_is_held(how: dict[str, bool]) -> None:
    assert chosen(holding(call("c1", at=5), **how), call("c2")) == "c2"
    assert chosen(holding(call("c1"), **how), holding(call("c2", at=5), **how)) == "c2"


def test_who_lost_the_handset_before_all() -> None:
    waits = msgspec.structs.replace(holding(call("c1"), held_by_app=True), lost=A)
    assert chosen(call("c2", at=5), waits) == "c1"
    assert chosen(waits, device=MOBILE) == "c1", "also on the handset that is back"


def test_never_one_the_asking_telephone_is_in() -> None:
    assert chosen(call("c1", at=5), call("c2", from_desk=True), device=MOBILE) == "c2"
    assert choose((call("c1"),), SUZE, MOBILE) == (None, SAME_DEVICE)


def test_ringing_and_other_peoples_calls_are_none() -> None:
    rings = Ladder()
    rings.ring_outside()
    assert rings.call is not None
    assert choose((rings.call,), SUZE, DESK) == (None, NO_CALL)
    assert choose((call("c1"),), SubscriberId("piet"), DESK) == (None, NO_CALL)
    assert choose((), SUZE, DESK) == (None, NO_CALL)


def test_emergency_calls_are_left_alone_and_another_is_taken() -> None:
    emergency = msgspec.structs.replace(call("c1", at=5), emergency=True)
    called_back = call("c2", at=5)
    offered = msgspec.structs.replace(called_back.offered, emergency_callback=True)
    called_back = msgspec.structs.replace(called_back, offered=offered)
    assert choose((emergency, called_back), SUZE, DESK) == (None, UNTOUCHABLE)
    assert chosen(emergency, called_back, call("c3")) == "c3"


def test_one_that_is_being_taken_is_not_taken_twice() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.answer()
    ladder.tell(joined("j1", "suze", "suze-desk1"))
    assert ladder.call is not None
    assert choose((ladder.call,), SUZE, DeviceId("suze-desk2")) == (None, BEING_MOVED)


def test_unknown_device_may_pull() -> None:
    assert chosen(call("c1"), device=None) == "c1"
