"""OPTIONS to peers: who does not answer twice is tried last."""

from __future__ import annotations

import pytest

from fmc_gateway.trunks_options import OptionsWatch
from tests.fmc_gateway.wire import HOP, A, B, Wire


class Watching(Wire):
    def __init__(self, interval_s: float = 10.0) -> None:
        super().__init__()
        self.watch = OptionsWatch(
            "carrier", HOP, interval_s, sending=self, resolver=self.resolver, chance=lambda: 0.5
        )
        self.workers.append(self.watch)

    async def begin(self) -> None:
        await self.resolver.refresh()
        self.watch.start(self.now)
        self.passes(5)

    def round(self, *statuses: int | None) -> None:
        """What A and B answer to this round's OPTIONS; then the next is due."""
        asked = dict(self.sent())
        for server, status in zip((A, B), statuses, strict=True):
            if status is not None:
                self.answer(asked[server.address], status)
        self.passes(10)


@pytest.fixture
async def wire() -> Watching:
    made = Watching()
    await made.begin()
    return made


async def test_asks_every_server_what_it_can(wire: Watching) -> None:
    asked = wire.sent()
    assert sorted(where for where, _ in asked) == [A.address, B.address]
    request = asked[0][1]
    assert (request.method, str(request.uri)) == ("OPTIONS", "sip:carrier.example")
    assert request.headers.get("Accept") == "application/sdp"
    assert request.contacts


async def test_one_that_does_not_answer_twice_is_tried_last(wire: Watching) -> None:
    wire.round(None, 200)
    assert wire.resolver.servers(HOP) == (A, B)
    wire.round(None, 200)
    assert wire.resolver.servers(HOP) == (B, A)
    assert wire.watch.state == "answers"
    assert wire.watch.last_error is None or "no answer" in wire.watch.last_error


async def test_one_that_answers_again_is_first_again(wire: Watching) -> None:
    wire.round(None, 200)
    wire.round(None, 200)
    wire.round(200, 200)
    assert wire.resolver.servers(HOP) == (A, B)


@pytest.mark.parametrize("status", [404, 405, 481, 500])
async def test_any_answer_shows_that_somebody_is_there(wire: Watching, status: int) -> None:
    for _ in range(3):
        wire.round(status, status)
    assert wire.resolver.servers(HOP) == (A, B)
    assert wire.watch.state == "answers"


async def test_503_is_as_good_as_silence(wire: Watching) -> None:
    wire.round(503, 200)
    wire.round(503, 200)
    assert wire.resolver.servers(HOP) == (B, A)


async def test_answers_in_between_start_the_count_anew(wire: Watching) -> None:
    for status in (None, 200, None, 200):
        wire.round(status, 200)
    assert wire.resolver.servers(HOP) == (A, B)


async def test_all_silent(wire: Watching) -> None:
    assert wire.watch.state == "unknown"
    wire.round(None, None)
    wire.round(None, None)
    assert wire.watch.state == "silent"
    assert not wire.resolver.is_well(HOP)
    assert wire.resolver.servers(HOP) == (A, B)


async def test_nothing_is_asked_when_switched_off() -> None:
    wire = Watching(0)
    await wire.begin()
    wire.passes(1000)
    assert wire.sent() == []
    assert wire.watch.state == "off"
