"""Keys in a call: codes of services, which the far side must not hear, what is no code, which it must, and
the app's keys. Telephones send RFC 4733 events, which rtpengine hears, keeps back and plays."""

from __future__ import annotations

import asyncio

import pytest

from hipper.contracts.bus import Digits, ReplyStatus
from tests.interop.app import App
from tests.interop.baresip import Baresip
from tests.interop.company import Person
from tests.interop.conftest import Kit
from tests.interop.gateway import GatewayProcess
from tests.interop.services import set_office, set_service
from tests.interop.test_confirmation import hearing as hearing

TONE, OTHER, THIRD = 700, 1000, 1300
KNOWN = (TONE, OTHER, THIRD)
OUTSIDE = "+31301234567"


@pytest.fixture
async def anna(kit: Kit, hearing: GatewayProcess) -> Person:
    kit.gateway = hearing
    anna = kit.company.person("anna", mobile=False)
    kit.company.person("bram", mobile=False)
    await kit.company.apply()
    await set_service(kit, anna, "in_call_services", active=True)
    return anna


async def talking(kit: Kit, anna: Person) -> tuple[Baresip, Baresip]:
    desk, far = await kit.desk(anna, OTHER), await kit.pstn_phone(OUTSIDE, TONE)
    await desk.dial("0301234567")
    await far.incoming()
    await far.answer()
    await desk.established()
    await far.hears(OTHER, known=KNOWN)
    await desk.hears(TONE, known=KNOWN)
    return desk, far


def keys_of(phone: Baresip) -> str:
    return "".join(event["param"] for event in phone.events if event["type"] == "CALL_DTMF_START")


async def heard_keys(phone: Baresip, keys: str, timeout_s: float = 5.0) -> None:
    """It has heard these and no others."""
    async with asyncio.timeout(timeout_s):
        while len(keys_of(phone)) < len(keys):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert keys_of(phone) == keys


async def test_codes_are_ours_and_all_else_is_the_far_sides(kit: Kit, anna: Person) -> None:
    """*1 holds and resumes without a key that leaks; what is no code arrives whole and in order; the far
    side's *1 is its own."""
    desk, far = await talking(kit, anna)
    await desk.digits("*1")
    await far.hears_other(*KNOWN)
    await desk.digits("*1")
    await far.hears(OTHER, known=KNOWN)
    assert keys_of(far) == ""
    await desk.digits("*5*#07")
    await heard_keys(far, "*5*#07", timeout_s=8)
    await desk.digits("*1")  # rtpengine plays keys in this pair now, and hears them all the same
    await far.hears_other(*KNOWN)
    await desk.digits("*1")
    await far.hears(OTHER, known=KNOWN)
    assert keys_of(far) == "*5*#07"
    await far.digits("*1")
    await heard_keys(desk, "*1")
    await asyncio.gather(far.hears(OTHER, known=KNOWN), desk.hears(TONE, known=KNOWN))
    await desk.hang_up()
    await far.closed()


async def test_transfer_by_keys(kit: Kit, anna: Person) -> None:
    """The code and the number, which the far side does not hear, then music, then the colleague."""
    bram = kit.company.people["bram"]
    await set_office(kit, "in_call_codes", transfer="*9#")
    desk, far = await talking(kit, anna)
    colleague = await kit.desk(bram, THIRD)
    await desk.digits("*9#")
    await desk.hears_other(*KNOWN)  # what to do
    await desk.digits(f"{bram.extension}#")
    await colleague.incoming()
    await desk.closed()
    await colleague.answer()
    await asyncio.gather(far.receives(), colleague.hears(TONE, known=KNOWN))
    assert keys_of(far) == ""
    await far.hang_up()
    await colleague.closed()


async def test_keys_of_the_app_reach_the_far_side(kit: Kit, anna: Person) -> None:
    """In a call nobody's keys are told apart in, too; sound goes on."""
    await set_service(kit, anna, "in_call_services", active=False)
    desk, far = await talking(kit, anna)
    app = await App.of(kit, anna)
    assert (await app.asks(Digits(**app.who, digits="12#*0"))).status is ReplyStatus.DONE
    await heard_keys(far, "12#*0")
    await asyncio.gather(far.hears(OTHER, known=KNOWN), desk.hears(TONE, known=KNOWN))
    await desk.hang_up()
    await far.closed()
