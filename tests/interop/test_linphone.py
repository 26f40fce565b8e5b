"""Desk phones played by linphone: register, call, be called, forward by code, be forwarded to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.interop.company import PASSWORD, Person, national
from tests.interop.conftest import Kit
from tests.interop.linphone import Linphone
from tests.interop.services import set_service

CALLER, OUTSIDE = "+31301111111", "+31301234567"
TONE, OTHER = 440, 1000
Desk = Callable[[Person], Awaitable[Linphone]]


@pytest.fixture
def desk(kit: Kit) -> Desk:
    async def make(person: Person) -> Linphone:
        name = person.phones[0]
        phone = await kit.stack.enter_async_context(Linphone(name, kit.folder, kit.ports, TONE))
        await phone.register(name, person.domain, kit.gateway.devices, PASSWORD)
        return phone

    return make


async def anna_and_bram(kit: Kit) -> tuple[Person, Person]:
    anna, bram = kit.company.person("anna", mobile=False), kit.company.person("bram", mobile=False)
    await kit.company.apply()
    return anna, bram


async def test_it_is_called_and_both_hear(kit: Kit, desk: Desk) -> None:
    anna, bram = await anna_and_bram(kit)
    phone, caller = await desk(bram), await kit.desk(anna, OTHER)
    since = phone.mark()
    await caller.dial(bram.extension)
    assert anna.extension in await phone.incoming(since=since)
    await phone.answer()
    await caller.established()
    await caller.hears(TONE)
    await caller.hang_up()
    await phone.says(r"ended", since=since)
    windows = phone.heard(OTHER)
    assert sum(window.tone == OTHER for window in windows) >= 3
    assert (await kit.record()).outcomes == {bram.phones[0]: "answered"}


async def test_it_calls_the_outside_by_national_digits(kit: Kit, desk: Desk) -> None:
    anna, _ = await anna_and_bram(kit)
    phone, there = await desk(anna), await kit.pstn_phone(OUTSIDE, OTHER)
    since = await phone.dial(national(OUTSIDE))
    assert anna.fixed in (await there.incoming())["peeruri"]
    await there.answer()
    await there.established()
    await there.hears(TONE)
    await phone.digits("5")
    await there.digit_heard("5")
    await there.hang_up()
    await phone.says(r"ended", since=since)
    record = await kit.record()
    assert (record.call["outcome"], record.calling["payer_subscription"]) == ("answered", f"FIX-{anna.fixed}")


async def test_it_sets_a_forward_by_code_and_the_next_call_is_forwarded(kit: Kit, desk: Desk) -> None:
    anna, bram = await anna_and_bram(kit)
    phone, colleague = await desk(anna), await desk(bram)
    since = await phone.dial(f"*21*{bram.extension}#")
    await phone.says(r"connected", since=since)
    await phone.says(r"ended", since=since, timeout_s=8)
    mark, quiet = colleague.mark(), phone.mark()
    caller = await kit.carrier_calls("uac_call", anna.fixed, CALLER, talk_ms=300)
    assert CALLER in await colleague.incoming(since=mark)
    await colleague.answer()
    await caller.finished()
    assert not any("incoming" in line for line in phone.lines[quiet:])


async def test_a_rejected_anonymous_caller_never_rings_it(kit: Kit, desk: Desk) -> None:
    anna, _ = await anna_and_bram(kit)
    await set_service(kit, anna, "anonymous_call_rejection", active=True)
    phone = await desk(anna)
    since = phone.mark()
    refused = await kit.carrier_calls("uac_refused", anna.fixed, CALLER, status=433, headers="Privacy: id")
    await refused.finished()
    await asyncio.sleep(0.2)
    assert not any("incoming" in line for line in phone.lines[since:])
