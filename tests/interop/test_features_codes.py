"""Feature codes and dialling features, from a desk phone over SIP to what the next call does."""

from __future__ import annotations

import asyncio

from tests.interop.company import Person, national
from tests.interop.conftest import Kit
from tests.interop.services import set_service
from tests.interop.sipp import Sipp

CALLER, OUTSIDE = "+31301111111", "+31301234567"
TONE, OTHER = 440, 1000


async def dials(kit: Kit, person: Person, what: str, *, talk_ms: int = 50) -> None:
    """A desk phone dials a code, hears it was done, and hangs up."""
    caller = await kit.phone_calls("uac_digest_call", person, what.replace("#", "%23"), talk_ms=talk_ms)
    await caller.finished()


async def called(kit: Kit, person: Person) -> Sipp:
    """Somebody outside calls the fixed number and talks."""
    return await kit.carrier_calls("uac_call", person.fixed, CALLER, talk_ms=50)


async def anna_of(kit: Kit) -> Person:
    anna = kit.company.person("anna", mobile=False)
    kit.company.person("bram", mobile=False)
    await kit.company.apply()
    return anna


async def test_a_forward_that_is_dialled_holds_for_the_next_call(kit: Kit) -> None:
    anna = await anna_of(kit)
    await dials(kit, anna, f"*21*{national(OUTSIDE)}#")
    carrier = await kit.carrier()
    await (await called(kit, anna)).finished()
    invite = (await carrier.finished()).first("INVITE")
    assert invite.request_uri.startswith(f"sip:{OUTSIDE}@")
    assert f"sip:{anna.fixed}@" in (invite.header("Diversion") or "")
    await dials(kit, anna, "#21#")
    phone = await kit.phone(anna)
    await (await called(kit, anna)).finished()
    await phone.finished()
    records = await kit.records(4)
    assert [record.call["outcome"] for record in records] == ["service", "answered", "service", "answered"]
    assert records[1].answered_leg["payer_subscription"] == f"FIX-{anna.fixed}"


async def test_do_not_disturb_by_code(kit: Kit) -> None:
    anna = await anna_of(kit)
    await dials(kit, anna, "*26#")
    await (await kit.carrier_calls("uac_refused", anna.fixed, CALLER, status=486)).finished()
    await dials(kit, anna, "#26#")
    phone = await kit.phone(anna)
    await (await called(kit, anna)).finished()
    await phone.finished()


async def test_speed_dials_call_what_they_stand_for(kit: Kit) -> None:
    anna = await anna_of(kit)
    entry = {"code": "2", "destination": national(OUTSIDE)}
    await set_service(kit, anna, "speed_dial_8", entries=[entry])
    await set_service(kit, anna, "speed_dial_100", entries=[{**entry, "code": "07"}])
    for dialled in ("2", "*007"):
        carrier = await kit.carrier()
        await dials(kit, anna, dialled)
        assert (await carrier.finished()).first("INVITE").request_uri.startswith(f"sip:{OUTSIDE}@")


async def test_redial_calls_the_last_number_again(kit: Kit) -> None:
    anna = await anna_of(kit)
    for dialled in (national(OUTSIDE), "*66"):
        carrier = await kit.carrier()
        await dials(kit, anna, dialled)
        assert (await carrier.finished()).first("INVITE").request_uri.startswith(f"sip:{OUTSIDE}@")


async def test_call_return_calls_whoever_called_last(kit: Kit) -> None:
    anna = await anna_of(kit)
    phone = await kit.phone(anna)
    await (await called(kit, anna)).finished()
    await phone.finished()
    carrier = await kit.carrier()
    await dials(kit, anna, "*69")
    assert (await carrier.finished()).first("INVITE").request_uri.startswith(f"sip:{CALLER}@")


async def test_a_caller_who_withheld_the_number_cannot_be_called_back(kit: Kit) -> None:
    anna = await anna_of(kit)
    phone = await kit.phone(anna)
    caller = await kit.carrier_calls("uac_call", anna.fixed, CALLER, talk_ms=50, headers="Privacy: id")
    await asyncio.gather(caller.finished(), phone.finished())
    carrier = await kit.carrier()
    await (await kit.phone_calls("uac_digest_refused", anna, "*69", status=480)).finished()
    assert carrier.so_far().received("INVITE") == []


async def test_automatic_callback_rings_back_once_the_colleague_is_free(kit: Kit) -> None:
    """Bram is in a call and takes no second one; when it ends, first Anna rings and then Bram."""
    anna = await anna_of(kit)
    bram = kit.company.people["bram"]
    await set_service(kit, bram, "call_waiting", active=False)
    carrier = await kit.carrier()
    talking = await kit.phone_calls("uac_digest_call", bram, national(OUTSIDE), talk_ms=2000)
    await carrier.sees("ACK")
    await (await kit.phone_calls("uac_digest_refused", anna, bram.extension, status=486)).finished()
    await dials(kit, anna, "*37#")
    back, there = await kit.desk(anna, TONE), await kit.desk(bram, OTHER)
    assert not any(event["type"] == "CALL_INCOMING" for event in back.events)
    await asyncio.gather(talking.finished(), carrier.finished())
    assert f"{bram.extension}@" in (await back.incoming(timeout_s=6))["peeruri"]
    await back.answer()
    assert f"{anna.extension}@" in (await there.incoming(timeout_s=6))["peeruri"]
    await there.answer()
    await asyncio.gather(back.established(), there.established())
    await there.hears(TONE)
    await back.receives()
    await there.hang_up()
    await back.closed()
