"""Calls that go on to somebody else: what the carrier and the colleague see of it, and who pays."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from tests.interop.company import Person, national
from tests.interop.conftest import Kit
from tests.interop.records import Record, Row
from tests.interop.services import set_service
from tests.interop.sipp import Message, Sipp

OUTSIDE, CALLER = "+31301234567", "+31301111111"
RINGING = "uas_ring_until_cancelled"
FORWARDS = {
    "call_forwarding_always": ("unconditional", 302),
    "call_forwarding_busy": ("user-busy", 486),
    "call_forwarding_no_answer": ("no-answer", 408),
    "call_forwarding_not_reachable": ("unavailable", 503),
}


async def rows(kit: Kit, table: str, record: Record) -> list[Row]:
    connection = await asyncpg.connect(kit.database)
    try:
        query = f"SELECT * FROM gateway.{table} WHERE call_id = $1 ORDER BY position"
        return [dict(row) for row in await connection.fetch(query, record.call["call_id"])]
    finally:
        await connection.close()


async def forwarding_bram(kit: Kit, service: str, destination: str, **more: Any) -> Sipp | None:
    """Bram with one desk phone, which does what makes ``service`` act. Anna and Carla are colleagues."""
    bram = kit.company.person("bram", mobile=False, no_answer_s=5)
    kit.company.person("anna", mobile=False, phones=0)
    kit.company.person("carla", mobile=False)
    await kit.company.apply()
    await set_service(kit, bram, service, active=True, destination=destination, **more)
    match service:
        case "call_forwarding_busy":
            return await kit.phone(bram, "uas_refuse")
        case "call_forwarding_no_answer":
            return await kit.phone(bram, RINGING)
        case _:
            return None


def says_who_diverted(invite: Message, person: Person, reason: str, cause: int) -> None:
    """RFC 5806, and RFC 7044 with the cause of RFC 4458."""
    diversion = invite.header("Diversion") or ""
    assert f"sip:{person.fixed}@" in diversion
    assert f"reason={reason}" in diversion
    history = invite.header("History-Info") or ""
    assert f"sip:{person.fixed}@" in history
    assert f"cause%3D{cause}" in history
    assert "index=1.1" in history
    assert f";cause={cause}" in history


@pytest.mark.parametrize("service", FORWARDS)
async def test_forward_to_the_outside_says_who_diverted_and_the_forwarder_pays(
    kit: Kit, service: str
) -> None:
    reason, cause = FORWARDS[service]
    phone = await forwarding_bram(kit, service, national(OUTSIDE))
    bram = kit.company.people["bram"]
    carrier = await kit.sipp("uas_answer", port=kit.gateway.carrier)
    caller = await kit.carrier_calls("uac_call", bram.fixed, CALLER, talk_ms=100)
    await caller.finished()
    invite = (await carrier.finished()).first("INVITE")
    assert invite.request_uri.startswith(f"sip:{OUTSIDE}@")
    says_who_diverted(invite, bram, reason, cause)
    if phone is not None:
        await phone.finished()
    record = await kit.record()
    assert record.call["outcome"] == "answered"
    out = record.answered_leg
    assert (out["payer_subscription"], out["tariff"]) == (f"FIX-{bram.fixed}", "national_fixed")
    assert record.calling["payer_subscription"] is None
    (segment,) = await rows(kit, "segments", record)
    assert (segment["payer_subscription"], segment["called"]) == (f"FIX-{bram.fixed}", out["leg_id"])
    (diversion,) = await rows(kit, "diversions", record)
    assert diversion["reason"] == reason


@pytest.mark.parametrize("service", FORWARDS)
async def test_forward_to_a_colleague_rings_the_colleague_and_shows_who_diverted(
    kit: Kit, service: str
) -> None:
    reason, cause = FORWARDS[service]
    phone = await forwarding_bram(kit, service, "203")
    bram, carla = kit.company.people["bram"], kit.company.people["carla"]
    assert carla.extension == "203"
    colleague = await kit.phone(carla)
    caller = await kit.carrier_calls("uac_call", bram.fixed, CALLER, talk_ms=100)
    await caller.finished()
    invite = (await colleague.finished()).first("INVITE")
    says_who_diverted(invite, bram, reason, cause)
    assert f"sip:{CALLER}@" in (invite.header("From") or "")
    if phone is not None:
        await phone.finished()
    record = await kit.record()
    assert (record.call["outcome"], record.outcomes[carla.phones[0]]) == ("answered", "answered")
    tariffs = {segment["tariff"] for segment in await rows(kit, "segments", record)}
    assert tariffs <= {"on_net"}


async def test_chain_of_two_lists_both_who_diverted(kit: Kit) -> None:
    bram = kit.company.person("bram", mobile=False, phones=0)
    carla = kit.company.person("carla", mobile=False, phones=0)
    await kit.company.apply()
    await set_service(kit, bram, "call_forwarding_always", active=True, destination=carla.extension)
    await set_service(kit, carla, "call_forwarding_always", active=True, destination=national(OUTSIDE))
    carrier = await kit.carrier()
    await (await kit.carrier_calls("uac_call", bram.fixed, CALLER, talk_ms=50)).finished()
    invite = (await carrier.finished()).first("INVITE")
    diversion = ", ".join(invite.headers["diversion"])
    assert diversion.index(carla.fixed) < diversion.index(bram.fixed)  # the latest first
    history = ", ".join(invite.headers["history-info"])
    assert history.index(bram.fixed) < history.index(carla.fixed)
    assert "index=1.1.1" in history
    record = await kit.record()
    assert record.answered_leg["payer_subscription"] == f"FIX-{carla.fixed}"


async def test_two_who_forward_to_each_other_reach_nobody_and_end(kit: Kit) -> None:
    bram = kit.company.person("bram", mobile=False, phones=0)
    carla = kit.company.person("carla", mobile=False, phones=0)
    await kit.company.apply()
    await set_service(kit, bram, "call_forwarding_always", active=True, destination=carla.extension)
    await set_service(kit, carla, "call_forwarding_always", active=True, destination=bram.extension)
    caller = await kit.carrier_calls("uac_refused", bram.fixed, CALLER, status=482)
    await caller.finished()
    assert (await kit.record()).call["outcome"] != "answered"


async def test_redirect_of_a_desk_phone_goes_by_its_users_plan_and_purse(kit: Kit) -> None:
    bram = kit.company.person("bram", mobile=False)
    await kit.company.apply()
    moved = f"Contact: <sip:{national(OUTSIDE)}@{bram.domain}>"
    phone = await kit.phone(
        bram, "uas_refuse", status=302, phrase="Moved Temporarily", response_headers=moved
    )
    carrier = await kit.carrier()
    await (await kit.carrier_calls("uac_call", bram.fixed, CALLER, talk_ms=50)).finished()
    invite = (await carrier.finished()).first("INVITE")
    await phone.finished()
    says_who_diverted(invite, bram, "deflection", 480)
    record = await kit.record()
    assert record.outcomes == {bram.phones[0]: "redirected"}
    assert record.answered_leg["payer_subscription"] == f"FIX-{bram.fixed}"
