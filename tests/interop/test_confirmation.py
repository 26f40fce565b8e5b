"""A number elsewhere that rings along and whose answer has to be confirmed with a key, so that no voicemail
box of another network takes the call. The keys are RFC 4733 events, which rtpengine hears."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import RunningRtpengine
from tests.interop.company import Person
from tests.interop.conftest import Kit
from tests.interop.gateway import GatewayProcess
from tests.interop.ports import Ports
from tests.interop.services import set_service

CALLER, ALONG = "+31301111111", "0301234567"
TONE, OTHER = 440, 1000
RINGING = "uas_ring_until_cancelled"


@pytest.fixture(scope="module")
def hearing(
    gateway: GatewayProcess, short_folder: Path, kit_ports: Ports, server_folder: Path
) -> Iterator[GatewayProcess]:
    """A gateway whose rtpengine tells it of digits."""
    model = tomllib.loads(gateway.settings.read_text())
    engine = RunningRtpengine(server_folder)
    running = GatewayProcess(
        short_folder / "hearing",
        kit_ports,
        database=model["database"]["url"],
        redis=model["redis"]["url"],
        ng=engine.ng,
    )
    text = running.settings.read_text().replace('id = "interop"', 'id = "hearing"')
    running.settings.write_text(text.replace(f'"127.0.0.1:{running.dtmf}"', f'"{engine.dtmf}"'))
    running.start()
    yield running
    running.stop()
    engine.stop()


@pytest.fixture
async def bram(kit: Kit, hearing: GatewayProcess) -> Person:
    kit.gateway = hearing
    bram = kit.company.person("bram", mobile=False, no_answer_s=8)
    await kit.company.apply()
    number = {"number": ALONG, "confirm": True}
    await set_service(kit, bram, "simultaneous_ring_personal", active=True, numbers=[number])
    return bram


async def test_press_1_takes_the_call_and_stops_the_desk_phone(kit: Kit, bram: Person) -> None:
    desk = await kit.phone(bram, RINGING)
    along = await kit.pstn_phone("+31301234567", TONE)
    caller = await kit.carrier_calls("uac_call", bram.fixed, CALLER, talk_ms=3000, tone=OTHER)
    await along.incoming()
    await along.answer()
    await along.established()
    await asyncio.sleep(0.8)  # it is told what to press
    assert caller.so_far().received(200) == []
    await along.digits("1")
    await caller.sees(200)
    await along.hears(OTHER)
    await asyncio.gather(caller.finished(), desk.finished())
    record = await kit.record()
    assert record.answered_leg["payer_subscription"] == f"FIX-{bram.fixed}"
    assert record.outcomes[bram.phones[0]] == "answered_elsewhere"


async def test_who_presses_nothing_does_not_get_the_call(kit: Kit, bram: Person) -> None:
    """As a voicemail box: it answers, speaks, and the desk phone rings on until it is picked up."""
    desk = await kit.phone(bram, "uas_answer", ring_ms=2000)
    along = await kit.pstn_phone("+31301234567", TONE)
    caller = await kit.carrier_calls("uac_call", bram.fixed, CALLER, talk_ms=50)
    await along.incoming()
    await along.answer()
    await along.established()
    await asyncio.gather(caller.finished(), desk.finished())
    await along.closed()
    record = await kit.record()
    assert record.outcomes[bram.phones[0]] == "answered"
    assert record.answered_leg["device_name"] == bram.phones[0]
