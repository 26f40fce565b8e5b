"""Colleagues call each other: by extension, by fixed and by mobile number."""

from __future__ import annotations

import asyncio

import pytest

from tests.interop.company import Person, national
from tests.interop.conftest import Kit
from tests.interop.gateway import GUARD_HEADER


async def anna_and_bram(kit: Kit, **bram: bool | int) -> tuple[Person, Person]:
    anna = kit.company.person("anna", identity="fixed")
    other = kit.company.person("bram", **bram)  # type: ignore[arg-type]
    await kit.company.apply()
    return anna, other


def number_of(person: Person, how: str) -> str:
    """What is dialled."""
    return {
        "extension": person.extension,
        "fixed": national(person.fixed),
        "fixed in full": person.fixed,
        "mobile": national(person.mobile or ""),
        "mobile from abroad": "00" + (person.mobile or "").removeprefix("+"),
    }[how]


RULES = {
    "extension": "on-net.extension",
    "fixed": "on-net.fixed",
    "fixed in full": "on-net.fixed",
    "mobile": "on-net.mobile",
    "mobile from abroad": "on-net.mobile",
}


@pytest.mark.parametrize("how", list(RULES))
async def test_a_mobile_calls_a_colleague_whose_desk_phone_answers(kit: Kit, how: str) -> None:
    anna, bram = await anna_and_bram(kit)
    phone = await kit.phone(bram)
    handset = await kit.network("uas_ring_until_cancelled")
    caller = await kit.network_calls("uac_call", number_of(bram, how), anna)
    await caller.finished()
    shown = (await phone.finished()).first("INVITE").header("From") or ""
    assert f"<sip:{anna.extension}@{kit.company.domain}>" in shown
    assert '"Anna"' in shown or "Anna" in shown
    lost = await handset.finished()
    assert lost.first("CANCEL").header("Reason") == 'SIP;cause=200;text="Call completed elsewhere"'
    leg = lost.first("INVITE")
    assert leg.request_uri.startswith(f"sip:{bram.mobile}@")
    assert leg.header(GUARD_HEADER)
    record = await kit.record()
    assert (record.call["rule"], record.call["outcome"]) == (RULES[how], "answered")
    assert (record.calling["tariff"], record.calling["payer_subscription"]) == (
        "on_net",
        f"MOB-{anna.mobile}",
    )
    assert record.calling["extension"] == anna.extension
    assert record.outcomes == {bram.phones[0]: "answered", "mobile": "answered_elsewhere"}
    assert (record.answered_leg["user_name"], record.answered_leg["tariff"]) == ("bram", "free")


async def test_the_colleague_answers_on_the_mobile(kit: Kit) -> None:
    anna, bram = await anna_and_bram(kit)
    phone = await kit.phone(bram, "uas_ring_until_cancelled")
    handset = await kit.network(ring_ms=300)
    caller = await kit.network_calls("uac_call", bram.extension, anna)
    await caller.finished()
    invite = (await handset.finished()).first("INVITE")
    assert f"sip:{anna.fixed}@" in (invite.header("From") or "")
    assert f"sip:{anna.fixed}@" in (invite.header("P-Asserted-Identity") or "")
    await phone.finished()
    record = await kit.record()
    assert record.outcomes == {bram.phones[0]: "answered_elsewhere", "mobile": "answered"}
    assert (record.answered_leg["device_name"], record.answered_leg["tariff"]) == ("mobile", "free")


async def test_a_desk_phone_calls_a_colleague_by_extension(kit: Kit) -> None:
    anna, bram = await anna_and_bram(kit, mobile=False)
    called = await kit.phone(bram)
    caller = await kit.phone_calls("uac_digest_call", anna, bram.extension)
    await asyncio.gather(caller.finished(), called.finished())
    record = await kit.record()
    assert record.call["rule"] == "on-net.extension"
    assert (record.calling["device_name"], record.calling["tariff"]) == (anna.phones[0], "on_net")
    assert record.calling["payer_subscription"] == f"FIX-{anna.fixed}"


async def test_a_withheld_number_is_not_told_to_a_colleague_but_the_line_is(kit: Kit) -> None:
    anna, bram = await anna_and_bram(kit, mobile=False)
    called = await kit.phone(bram)
    caller = await kit.network_calls("uac_call", bram.extension, anna, headers="Privacy: id")
    await caller.finished()
    raw = (await called.finished()).first("INVITE").raw
    assert f"sip:{anna.extension}@" in raw
    assert anna.fixed.removeprefix("+31") not in raw
    assert (anna.mobile or "").removeprefix("+31") not in raw
    assert (await kit.record()).calling["presentation"] == "allowed"


async def test_nobody_has_this_extension(kit: Kit) -> None:
    anna, _ = await anna_and_bram(kit)
    caller = await kit.network_calls("uac_refused", "299", anna, status=404)
    warning = (await caller.finished()).first(404).header("Warning")
    assert warning is not None
    record = await kit.record()
    assert (record.call["outcome"], record.calling["status"]) == ("refused", 404)
