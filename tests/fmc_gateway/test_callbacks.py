"""Automatic Callback: who waits is called when the colleague is free, once and in order."""

from __future__ import annotations

from fmc_gateway.callbacks import Callbacks
from hipper.pbx.callback import Waiting
from hipper.pbx.ids import SubscriberId
from tests.fmc_gateway.call.kit import piet, suze


class World:
    def __init__(self) -> None:
        self.busy: set[SubscriberId] = {piet().subscriber}
        self.dialled: list[Waiting] = []
        self.now = 1000.0
        self.callbacks = Callbacks(self, self.dialled.append, lambda: self.now)

    def calls_of(self, subscriber: SubscriberId) -> int:
        return int(subscriber in self.busy)

    def free(self, subscriber: SubscriberId) -> None:
        self.busy.discard(subscriber)
        self.callbacks.freed(subscriber)


def test_caller_is_called_back_once_when_the_colleague_is_free() -> None:
    world = World()
    assert world.callbacks.request(suze(), piet(), "202") is None
    assert len(world.callbacks) == 1
    world.callbacks.freed(suze().subscriber)
    assert world.dialled == []
    world.free(piet().subscriber)
    world.free(piet().subscriber)
    assert [(one.caller, one.dialled) for one in world.dialled] == [(suze().subscriber, "202")]
    assert len(world.callbacks) == 0


def test_caller_in_a_call_is_called_back_after_it() -> None:
    world = World()
    world.callbacks.request(suze(), piet(), "202")
    world.busy.add(suze().subscriber)
    world.free(piet().subscriber)
    assert world.dialled == []
    world.free(suze().subscriber)
    assert len(world.dialled) == 1


def test_refusals_say_why_and_nothing_is_waited_for() -> None:
    world = World()
    world.busy.clear()
    assert world.callbacks.request(suze(), piet(), "202")
    assert world.callbacks.request(suze(), None, "0201234599")
    assert len(world.callbacks) == 0


def test_wait_that_is_cancelled_or_over_calls_nobody() -> None:
    world = World()
    world.callbacks.request(suze(), piet(), "202")
    world.callbacks.cancel(suze().subscriber)
    world.free(piet().subscriber)
    world.busy.add(piet().subscriber)
    world.callbacks.request(suze(), piet(), "202")
    world.now += 4 * 3600
    world.free(piet().subscriber)
    assert world.dialled == []
