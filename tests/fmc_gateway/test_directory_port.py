"""Look-ups: codes that stand for somebody take a second one; what is known comes as it is at its end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fmc_gateway.call.commands import LoadContext
from fmc_gateway.call.events import AnyEvent, ContextFailed, ContextLoaded
from fmc_gateway.directory_port import DirectoryPort
from fmc_gateway.facts import Facts, LastCalls
from fmc_gateway.spending import Caps, Spent
from hipper.directory.directory import Origination, Termination
from hipper.directory.errors import DirectoryUnavailable
from hipper.pbx.ids import DeviceId, GroupId, SubscriberId
from hipper.pbx.model import CallerList, SubscriberContext
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.calling import SpeedDial8, SpeedDialEntry
from hipper.pbx.services.reachability import SimultaneousRingNumber, SimultaneousRingPersonal
from tests.fmc_gateway.call.kit import PIET_FIXED, SUZE_FIXED, SUZE_MOBILE, binding, piet, suze

SPEED_DIAL = SubscriberServices(
    speed_dial_8=SpeedDial8(entries=(SpeedDialEntry(code="5", destination="202"),))
)
SUZE = suze(services=SPEED_DIAL)


class World:
    """A directory of Suze and Piet, nobody busy but Piet's desk phone."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.last_asked = 0
        self.piet = piet()
        self.away: Exception | None = None
        self.records_away = False
        world: Any = self
        self.port = DirectoryPort(world, world, Facts(world, world), self.last, lambda: 7.0)

    async def for_origination(self, *, dialled: str, **served: Any) -> Origination:
        if self.away is not None:
            raise self.away
        self.asked.append(dialled)
        return Origination(SUZE, piet() if dialled == "202" else None)

    async def for_termination(self, called: str, calling: str | None) -> Termination:
        return Termination(self.piet, caller_list=CallerList.PRIVATE if calling == SUZE_MOBILE else None)

    async def colleagues(
        self, user: SubscriberContext, dialled: tuple[str, ...]
    ) -> tuple[SubscriberContext, ...]:
        return (suze(),) if SUZE_FIXED in dialled else ()

    async def last(self, subscriber: SubscriberId) -> LastCalls:
        self.last_asked += 1
        if self.records_away:
            raise OSError("away")
        return LastCalls(dialled="202", caller=PIET_FIXED)

    def of_devices(self, devices: tuple[DeviceId, ...]) -> tuple[Any, ...]:
        return tuple(binding(device) for device in devices if "desk" in device)

    def busy_devices(self, subscriber: SubscriberId) -> tuple[DeviceId, ...]:
        return (DeviceId("piet-desk1"),)

    def calls_of(self, subscriber: SubscriberId) -> int:
        return 1

    def of(self, subscriber: SubscriberId, group: GroupId, now: float) -> Spent:
        return Spent(user_calls=2, group_month=now)

    def hold_to(self, subscriber: SubscriberId, caps: Caps) -> None:
        self.held_to = caps

    async def load(self, command: LoadContext) -> AnyEvent:
        told: asyncio.Future[AnyEvent] = asyncio.get_running_loop().create_future()
        self.port.load(command, told.set_result)
        return await asyncio.wait_for(told, 5)

    async def dialled(self, digits: str) -> ContextLoaded:
        event = await self.load(LoadContext(served_number=SUZE_MOBILE, dialled=digits))
        assert isinstance(event, ContextLoaded)
        return event


async def test_plain_number_takes_one_look_up_and_no_question_to_the_records() -> None:
    world = World()
    loaded = await world.dialled("202")
    assert loaded.called == piet()
    assert (world.asked, world.last_asked) == (["202"], 0)
    assert (loaded.origination.user_calls, loaded.origination.group_spent_month) == (2, 7.0)
    assert loaded.termination.busy_devices == loaded.busy_devices == ("piet-desk1",)


@pytest.mark.parametrize(("digits", "asked"), [("5", 0), ("*66", 1), ("*66#", 1)])
async def test_code_that_stands_for_a_colleague_finds_that_colleague(digits: str, asked: int) -> None:
    world = World()
    loaded = await world.dialled(digits)
    assert loaded.called == piet()
    assert (world.asked, world.last_asked) == ([digits, "202"], asked)


async def test_code_that_asks_for_a_service_takes_one_look_up() -> None:
    world = World()
    loaded = await world.dialled("*26")
    assert loaded.called is None
    assert world.asked == ["*26"]
    assert loaded.origination.last_dialled == "202"


async def test_records_away_leave_nobody_to_redial() -> None:
    world = World()
    world.records_away = True
    loaded = await world.dialled("*66")
    assert loaded.called is None
    assert loaded.origination.last_dialled is None


async def test_telephones_of_who_dials_from_the_app_or_forwards_are_known_too() -> None:
    world = World()
    event = await world.load(LoadContext(served_subscriber=SUZE.subscriber, dialled="202"))
    assert isinstance(event, ContextLoaded)
    assert [one.device for one in event.bindings] == ["suze-desk1", "piet-desk1"]
    ordinary = await world.dialled("202")
    assert [one.device for one in ordinary.bindings] == ["piet-desk1"]


async def test_terminating_look_up_knows_the_callers_list() -> None:
    world = World()
    event = await world.load(LoadContext(called_number=PIET_FIXED, calling_number=SUZE_MOBILE))
    assert isinstance(event, ContextLoaded)
    assert event.termination.caller_list is CallerList.PRIVATE
    assert event.termination.calls == 1


@pytest.mark.parametrize("error", [DirectoryUnavailable("away"), ValueError("bug")])
async def test_failure_is_an_event(error: Exception) -> None:
    world = World()
    world.away = error
    assert isinstance(await world.load(LoadContext(served_number=SUZE_MOBILE, dialled="202")), ContextFailed)


async def test_colleagues_whose_numbers_ring_along_come_with_where_they_are_registered() -> None:
    world = World()
    along = SimultaneousRingPersonal(active=True, numbers=(SimultaneousRingNumber(number=SUZE_FIXED),))
    world.piet = piet(services=SubscriberServices(simultaneous_ring_personal=along))
    loaded = await world.load(LoadContext(called_number=PIET_FIXED))
    assert isinstance(loaded, ContextLoaded)
    (colleague,) = loaded.termination.colleagues
    assert (colleague.context.subscriber, colleague.calls) == ("suze", 1)
    assert {one.device for one in loaded.bindings} >= {"piet-desk1", "suze-desk1"}


async def test_code_that_names_a_number_has_its_owner_looked_up() -> None:
    world = World()
    loaded = await world.dialled("*21*202#")
    assert world.asked == ["*21*202#", "202"]
    assert loaded.called == piet()
