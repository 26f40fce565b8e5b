"""Calls that do not simply ring, through a running gateway: spoken refusals, forwards, redirects, the box
that is not there, numbers that ring along."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import asyncpg
import msgspec
import pytest

from fmc_gateway.call.commands import PlayAnnouncement
from fmc_gateway.call.replay import replay
from fmc_gateway.records.read import fetch_call, latest_calls
from hipper.contracts.bus import CallChanged, CallOver, UserEvent
from hipper.contracts.calls import CallOutcome
from hipper.runtime.bus import FIELD, connect
from hipper.telephony.sip import events as sip
from tests.fmc_gateway.kit import World, sdp, wait_for

pytestmark = pytest.mark.servers

ANNA_MOBILE = "<sip:+31612320100@mno.test>"
ASSERTED = (("P-Asserted-Identity", "<sip:+31612320100@mno.test>"),)
OUTSIDE = "+31301234567"


async def setting(world: World, user: str, service: str, **settings: Any) -> None:
    """One service of a user, as the directory stores it."""
    connection = await asyncpg.connect(world.site.settings.database.url)
    try:
        await connection.execute(
            "INSERT INTO directory.subscriber_services (tenant_id, subscriber_id, service, settings)"
            " VALUES ('acme', $1, $2, $3::text::jsonb)",
            user,
            service,
            json.dumps(settings),
        )
    finally:
        await connection.close()


async def the_record(world: World) -> Any:
    """The record of the only call, whose trace replays."""
    connection = await asyncpg.connect(world.site.settings.database.url)
    try:
        async with asyncio.timeout(8):
            calls = await latest_calls(connection, limit=5)
            while not calls:
                await asyncio.sleep(0.1)
                calls = await latest_calls(connection, limit=5)
        (found,) = calls
        stored = await fetch_call(connection, found.call)
    finally:
        await connection.close()
    assert stored is not None
    assert stored.trace is not None
    assert replay(stored.trace) == ()
    return stored.record


async def events_of(world: World, user: str) -> list[UserEvent]:
    """What the app of a user was told."""
    await world.gateway.live.flush()
    client = connect(world.site.settings.redis.url)
    try:
        entries = await client.xrange(f"events:{user}")
    finally:
        await client.aclose()
    return [msgspec.msgpack.decode(fields[FIELD], type=UserEvent) for _, fields in entries]


async def no_mobile(world: World, user: str = "bram") -> None:
    connection = await asyncpg.connect(world.site.settings.database.url)
    try:
        await connection.execute(
            "UPDATE directory.devices SET rings = false WHERE device_id = $1", f"{user}-mobile"
        )
    finally:
        await connection.close()


async def test_unknown_extension_is_spoken_in_a_183_and_then_404(world: World) -> None:
    mobile = world.site.mobile_peer
    mobile.call(world.site.core, "299", ANNA_MOBILE, headers=ASSERTED)
    early = await mobile.expect(sip.EarlyMedia)
    assert early.status == 183
    assert "m=audio" in early.sdp
    rejected = await mobile.expect(sip.Rejected, within_s=30)
    assert rejected.status == 404
    assert "Q.850;cause=1" in (rejected.response.headers.get("Reason") or "")
    await world.at_rest()
    record = await the_record(world)
    assert record.outcome is CallOutcome.REFUSED


async def test_busy_phone_forwards_to_the_outside_with_diversion(world: World) -> None:
    await no_mobile(world)
    await setting(world, "bram", "call_forwarding_busy", active=True, destination="0301234567")
    phone, mobile, carrier = await world.phone("bram-1"), world.site.mobile_peer, world.site.carrier
    session = mobile.call(world.site.core, "202", ANNA_MOBILE, headers=ASSERTED)
    invited = await phone.expect(sip.Invited)
    phone.do("reject", invited.session, 486)
    out = await carrier.expect(sip.Invited)
    assert str(out.request.uri).startswith(f"sip:{OUTSIDE}@")
    diversion = out.request.headers.get("Diversion") or ""
    assert "+31201232020" in diversion
    assert "reason=user-busy" in diversion
    assert out.request.from_.uri.user == "+31201232010"
    carrier.do("ring", out.session)
    await mobile.expect(sip.Ringing)
    carrier.do("answer", out.session, sdp(25020))
    await mobile.expect(sip.Answered)
    await carrier.expect(sip.Confirmed)
    mobile.do("bye", session)
    await carrier.expect(sip.Ended)
    await world.at_rest()
    record = await the_record(world)
    assert record.outcome is CallOutcome.ANSWERED
    assert record.legs[-1].payer.subscription == "fix-bram"
    assert record.legs[0].payer.subscription == "mob-anna"
    told = await events_of(world, "bram")
    assert [type(one.body) for one in told] == [CallChanged, CallOver]
    assert told[-1].body.outcome == "diverted"
    assert [type(one.body) for one in await events_of(world, "anna")][-1] is CallOver


async def test_phone_that_answers_302_sends_its_call_by_the_users_plan(world: World) -> None:
    await no_mobile(world)
    phone, carrier = await world.phone("bram-1"), world.site.carrier
    mobile = world.site.mobile_peer
    mobile.call(world.site.core, "202", ANNA_MOBILE, headers=ASSERTED)
    invited = await phone.expect(sip.Invited)
    elsewhere = "<sip:299@phone.test>;q=0.2, <sip:0301234567@phone.test>;q=0.9"
    phone.do("reject", invited.session, 302, headers=[("Contact", elsewhere)])
    out = await carrier.expect(sip.Invited)
    assert str(out.request.uri).startswith(f"sip:{OUTSIDE}@")
    assert "reason=deflection" in (out.request.headers.get("Diversion") or "")
    carrier.do("reject", out.session, 486)
    assert (await mobile.expect(sip.Rejected)).status == 486
    await world.at_rest()


async def test_phone_that_answers_302_to_a_barred_number_reaches_nobody(world: World) -> None:
    await no_mobile(world)
    await setting(world, "bram", "outgoing_calling_plan", barred_prefixes=["+3130"])
    phone, mobile = await world.phone("bram-1"), world.site.mobile_peer
    mobile.call(world.site.core, "202", ANNA_MOBILE, headers=ASSERTED)
    invited = await phone.expect(sip.Invited)
    phone.do("reject", invited.session, 302, headers=[("Contact", "<sip:0301234567@phone.test>")])
    assert (await mobile.expect(sip.Rejected)).status == 480
    assert not [one for one in world.site.carrier.events if isinstance(one, sip.Invited)]
    await world.at_rest()


async def test_voicemail_that_is_not_there_is_an_announcement_and_480(world: World) -> None:
    await no_mobile(world)
    await setting(world, "bram", "voicemail", active=True)
    phone, mobile = await world.phone("bram-1"), world.site.mobile_peer
    mobile.call(world.site.core, "202", ANNA_MOBILE, headers=ASSERTED)
    invited = await phone.expect(sip.Invited)
    phone.do("reject", invited.session, 486)
    assert "m=audio" in (await mobile.expect(sip.EarlyMedia)).sdp
    rejected = await mobile.expect(sip.Rejected, within_s=30)
    assert rejected.status == 480
    await world.at_rest()


async def test_number_that_rings_along_and_does_not_press_1_does_not_get_the_call(world: World) -> None:
    await no_mobile(world)
    await setting(
        world,
        "bram",
        "simultaneous_ring_personal",
        active=True,
        numbers=[{"number": OUTSIDE, "confirm": True}],
    )
    phone, mobile, carrier = await world.phone("bram-1"), world.site.mobile_peer, world.site.carrier
    session = mobile.call(world.site.core, "202", ANNA_MOBILE, headers=ASSERTED)
    invited, home = await phone.expect(sip.Invited), await carrier.expect(sip.Invited)
    carrier.do("answer", home.session, sdp(25030))
    await carrier.expect(sip.Confirmed)
    phone.do("ring", invited.session)
    await mobile.expect(sip.Ringing)
    assert (await carrier.expect(sip.Ended, within_s=15)).cause == "bye"
    phone.do("answer", invited.session, sdp(25031))
    await mobile.expect(sip.Answered)
    mobile.do("bye", session)
    await phone.expect(sip.Ended)
    await world.at_rest()


async def test_number_that_rings_along_takes_the_call_by_pressing_1(world: World) -> None:
    await no_mobile(world)
    numbers = [{"number": OUTSIDE, "confirm": True}]
    await setting(world, "bram", "simultaneous_ring_personal", active=True, numbers=numbers)
    phone, mobile, carrier = await world.phone("bram-1"), world.site.mobile_peer, world.site.carrier
    session = mobile.call(world.site.core, "202", ANNA_MOBILE, headers=ASSERTED)
    invited, home = await phone.expect(sip.Invited), await carrier.expect(sip.Invited)
    assert "reason=follow-me" in (home.request.headers.get("Diversion") or "")
    carrier.do("answer", home.session, sdp(25032))
    await carrier.expect(sip.Confirmed)
    await wait_for(lambda: is_asked(world))
    assert not [one for one in mobile.events if isinstance(one, sip.Answered)]
    carrier.do("info", home.session, "application/dtmf-relay", b"Signal=1\r\nDuration=160\r\n")
    await mobile.expect(sip.Answered)
    assert "elsewhere" in (await phone.expect(sip.Cancelled)).reason
    assert invited.session
    mobile.do("bye", session)
    await carrier.expect(sip.Ended)
    await world.at_rest()


def is_asked(world: World) -> bool:
    """rtpengine has made the caller's answer, and the question was put."""
    return any(
        isinstance(command, PlayAnnouncement)
        for _, steps in world.gateway.interpreter.traces()
        for one in steps
        for command in one.commands
    )


async def group_setting(world: World, service: str, **settings: Any) -> None:
    connection = await asyncpg.connect(world.site.settings.database.url)
    try:
        await connection.execute(
            "INSERT INTO directory.group_services (tenant_id, group_id, service, settings)"
            " VALUES ('acme', 'g1', $1, $2::text::jsonb)",
            service,
            json.dumps(settings),
        )
    finally:
        await connection.close()


async def test_no_more_calls_come_in_than_the_group_may_have(world: World) -> None:
    """Six at once: two ring, the others hear that it is busy; a line that is free again takes a call."""
    await group_setting(world, "call_capacity_management", max_incoming=2)
    phone, carrier = await world.phone("bram-1"), world.site.carrier
    sessions = [
        carrier.call(world.site.pstn, "+31201232020", "<sip:+31101234567@pstn.test>") for _ in range(6)
    ]
    rejected = [await carrier.expect(sip.Rejected) for _ in range(4)]
    assert {one.status for one in rejected} == {486}
    refused = {one.session for one in rejected}
    for session in sessions:
        if session not in refused:
            carrier.do("cancel", session)
    await world.at_rest()
    phone.events.clear()
    again = carrier.call(world.site.pstn, "+31201232020", "<sip:+31101234567@pstn.test>")
    await phone.expect(sip.Invited)
    carrier.do("cancel", again)
    await world.at_rest()


async def test_parallel_redirects_pass_no_cap_on_calls_at_once(world: World) -> None:
    await no_mobile(world)
    await group_setting(world, "group_outgoing_calling_plan", max_calls_user=1)
    phone, carrier, mobile = await world.phone("bram-1"), world.site.carrier, world.site.mobile_peer
    sessions = []
    for number in ("0301234567", "0301234568"):
        sessions.append(mobile.call(world.site.core, "202", ANNA_MOBILE, headers=ASSERTED))
        invited = await phone.expect(sip.Invited)
        phone.do("reject", invited.session, 302, headers=[("Contact", f"<sip:{number}@phone.test>")])
    out = await carrier.expect(sip.Invited)
    assert str(out.request.uri).startswith(f"sip:{OUTSIDE}@")
    rejected = await mobile.expect(sip.Rejected, within_s=30)
    assert rejected.session == sessions[1]
    assert not [event for event in carrier.events if isinstance(event, sip.Invited)]
    mobile.do("cancel", sessions[0])
    await world.at_rest()
