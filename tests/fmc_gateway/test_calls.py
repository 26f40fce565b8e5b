"""Calls through a running gateway, as ladders: caller, gateway, called."""

from __future__ import annotations

import asyncio
import socket

import asyncpg
import pytest
from structlog.testing import capture_logs

from fmc_gateway.call.commands import Reoffer
from fmc_gateway.call.replay import replay
from fmc_gateway.records.ladder import ladder
from fmc_gateway.records.read import fetch_call, latest_calls
from hipper.contracts.calls import CallOutcome
from hipper.pbx.ids import LegId
from hipper.telephony.sip import events as sip
from hipper.telephony.sip.digest import DigestClient
from tests.fmc_gateway.kit import DOMAIN, PASSWORD, Peer, World, sdp, wait_for

pytestmark = pytest.mark.servers

ANNA_MOBILE = "<sip:+31612320100@mno.test>"
ASSERTED = (("P-Asserted-Identity", "<sip:+31612320100@mno.test>"),)


async def test_mobile_calls_the_outside_and_hangs_up(world: World) -> None:
    mobile, carrier = world.site.mobile_peer, world.site.carrier
    session = mobile.call(world.site.core, "0301234567", ANNA_MOBILE, headers=ASSERTED)
    invited = await carrier.expect(sip.Invited)
    assert str(invited.request.uri).startswith("sip:+31301234567@")
    assert invited.request.from_.uri.user == "+31201232010"
    carrier.do("ring", invited.session)
    await mobile.expect(sip.Ringing)
    carrier.do("answer", invited.session, sdp(25010))
    answered = await mobile.expect(sip.Answered)
    assert "m=audio" in answered.sdp
    await carrier.expect(sip.Confirmed)
    mobile.do("bye", session)
    ended = await carrier.expect(sip.Ended)
    assert ended.cause == "bye"
    await world.at_rest()


async def talk(world: World, caller: Peer, callee: Peer, session: str, invited: sip.Invited) -> None:
    """Callee rings and answers; both are connected."""
    callee.do("ring", invited.session)
    await caller.expect(sip.Ringing)
    callee.do("answer", invited.session, sdp(25020))
    await caller.expect(sip.Answered)
    await callee.expect(sip.Confirmed)


async def test_mobile_calls_a_colleagues_extension_on_a_desk_phone(world: World) -> None:
    phone = await world.phone("bram-1")
    mobile = world.site.mobile_peer
    session = mobile.call(world.site.core, "202", ANNA_MOBILE, headers=ASSERTED)
    invited = await phone.expect(sip.Invited)
    handset = await mobile.expect(sip.Invited)  # Bram's own mobile rings too
    assert invited.request.from_.display_name == "Anna"
    assert invited.request.from_.uri.user == "201"
    await talk(world, mobile, phone, session, invited)
    cancelled = await mobile.expect(sip.Cancelled)
    assert cancelled.session == handset.session
    assert "Call completed elsewhere" in cancelled.reason
    phone.do("bye", invited.session)
    await mobile.expect(sip.Ended)
    await world.at_rest()


async def test_desk_phone_calls_out_after_its_digest(world: World) -> None:
    phone, carrier = await world.phone("anna-1"), world.site.carrier
    session = phone.call(
        world.site.udp,
        "0301234567",
        f"<sip:anna-1@{DOMAIN}>",
        auth=DigestClient("anna-1", PASSWORD),
        host=DOMAIN,
    )
    invited = await carrier.expect(sip.Invited)
    assert invited.request.from_.uri.user == "+31201232010"
    await talk(world, phone, carrier, session, invited)
    carrier.do("bye", invited.session)
    await phone.expect(sip.Ended)
    await world.at_rest()


async def test_desk_phone_with_a_wrong_password_gets_401_and_never_a_call(world: World) -> None:
    phone = await Peer().start()
    world.peers.append(phone)
    assert await phone.register(world.site.udp, "anna-1", "wrong") == 401
    assert await phone.register(world.site.udp, "nobody", "wrong") == 401
    phone.call(
        world.site.udp, "202", f"<sip:anna-1@{DOMAIN}>", auth=DigestClient("anna-1", "wrong"), host=DOMAIN
    )
    assert (await phone.expect(sip.Rejected)).status == 401
    await world.at_rest()


async def test_desk_phone_that_claims_another_address_gets_403(world: World) -> None:
    phone = await world.phone("anna-1")
    phone.call(
        world.site.udp, "202", f"<sip:bram-1@{DOMAIN}>", auth=DigestClient("anna-1", PASSWORD), host=DOMAIN
    )
    rejected = await phone.expect(sip.Rejected)
    assert rejected.status == 403
    assert "From is not the address" in rejected.response.headers.get("Warning")


async def test_outside_caller_rings_every_device_and_the_first_answer_wins(world: World) -> None:
    one, two = await world.phone("anna-1"), await world.phone("anna-2", "tcp")
    mobile, carrier = world.site.mobile_peer, world.site.carrier
    session = carrier.call(world.site.pstn, "+31201232010", "<sip:+31301234567@carrier.test>")
    first, second = await one.expect(sip.Invited), await two.expect(sip.Invited)
    handset = await mobile.expect(sip.Invited)
    assert handset.request.headers.get("X-Hipper-Loop-Guard")
    assert handset.request.from_.uri.user == "+31301234567"
    assert first.request.from_.uri.user == "+31301234567"
    await talk(world, carrier, two, session, second)
    assert "elsewhere" in (await one.expect(sip.Cancelled)).reason
    assert "elsewhere" in (await mobile.expect(sip.Cancelled)).reason
    carrier.do("bye", session)
    await two.expect(sip.Ended)
    await world.at_rest()


async def test_caller_cancels_while_desk_phone_rings(world: World) -> None:
    phone, carrier = await world.phone("anna-1"), world.site.carrier
    session = carrier.call(world.site.pstn, "+31201232010", "<sip:+31301234567@carrier.test>")
    invited = await phone.expect(sip.Invited)
    phone.do("ring", invited.session)
    await carrier.expect(sip.Ringing)
    carrier.do("cancel", session)
    assert (await carrier.expect(sip.Rejected)).status == 487
    await phone.expect(sip.Cancelled)
    await world.at_rest()


async def test_withheld_caller_from_outside_stays_withheld_on_the_phone(world: World) -> None:
    phone, carrier = await world.phone("bram-1"), world.site.carrier
    asserted = (("P-Asserted-Identity", "<sip:+31301234567@carrier.test>"), ("Privacy", "id"))
    carrier.call(world.site.pstn, "+31201232020", "<sip:anonymous@anonymous.invalid>", headers=asserted)
    text = (await phone.expect(sip.Invited)).request.to_bytes().decode()
    assert "anonymous.invalid" in text
    assert "301234567" not in text


async def test_withheld_caller_is_asserted_to_the_trusted_carrier_only(world: World) -> None:
    mobile, carrier = world.site.mobile_peer, world.site.carrier
    hidden = (*ASSERTED, ("Privacy", "id"))
    mobile.call(world.site.core, "0301234567", ANNA_MOBILE, headers=hidden)
    outside = (await carrier.expect(sip.Invited)).request
    assert outside.from_.uri.host == "anonymous.invalid"
    assert outside.headers.get("Privacy") == "id"
    # the carrier screens presented numbers: it gets the one Anna would show, her fixed number
    assert "+31201232010" in outside.headers.get("P-Asserted-Identity")


async def test_unknown_users_and_numbers_get_404(world: World) -> None:
    mobile, carrier = world.site.mobile_peer, world.site.carrier
    mobile.call(world.site.core, "202", "<sip:+31699999999@mno.test>")
    assert (await mobile.expect(sip.Rejected)).status == 404
    carrier.call(world.site.pstn, "+31201239999", "<sip:+31301234567@carrier.test>")
    assert (await carrier.expect(sip.Rejected)).status == 404
    await world.at_rest()


async def test_hold_and_resume_from_either_side(world: World) -> None:
    mobile, carrier = world.site.mobile_peer, world.site.carrier
    session = mobile.call(world.site.core, "0301234567", ANNA_MOBILE, headers=ASSERTED)
    invited = await carrier.expect(sip.Invited)
    await talk(world, mobile, carrier, session, invited)
    for peer, name in ((mobile, session), (carrier, invited.session)):
        peer.do("reoffer", name, sdp(25030, direction="sendonly", version=2))
        held = await peer.expect(sip.ReofferAnswered)
        assert "recvonly" in held.sdp or "inactive" in held.sdp
        peer.do("reoffer", name, sdp(25030, version=3))
        resumed = await peer.expect(sip.ReofferAnswered)
        assert "sendrecv" in resumed.sdp
    mobile.do("bye", session)
    await carrier.expect(sip.Ended)
    await world.at_rest()


async def test_emergency_call_from_a_mobile_keeps_its_body(world: World) -> None:
    mobile, psap = world.site.mobile_peer, world.site.psap
    offer = sdp(25040)
    session = mobile.call(world.site.core, "112", ANNA_MOBILE, headers=ASSERTED, offer=offer)
    invited = await psap.expect(sip.Invited)
    assert invited.sdp == offer
    assert invited.request.from_.uri.user == "+31612320100"
    await talk(world, mobile, psap, session, invited)
    mobile.do("bye", session)
    await psap.expect(sip.Ended)
    await world.at_rest()


async def test_emergency_call_without_an_offer_is_offered_what_the_route_answers(world: World) -> None:
    mobile, psap = world.site.mobile_peer, world.site.psap
    session = mobile.call(world.site.core, "112", ANNA_MOBILE, headers=ASSERTED, late=True)
    invited = await psap.expect(sip.Invited)
    assert invited.sdp is None
    assert invited.request.body == b""
    psap.do("ring", invited.session)
    await mobile.expect(sip.Ringing)
    psap.do("answer", invited.session, sdp(25050))
    answered = await mobile.expect(sip.Answered)
    assert answered.sdp == sdp(25050)
    mobile.do("acknowledge", session, sdp(25060))
    assert (await psap.expect(sip.Confirmed)).sdp == sdp(25060)
    psap.do("reoffer", invited.session, sdp(25052, version=2))
    moved = await mobile.expect(sip.Reoffered)
    mobile.do("answer_reoffer", moved.session, sdp(25060))
    assert (await psap.expect(sip.ReofferAnswered)).sdp == sdp(25060)
    mobile.do("bye", session)
    await psap.expect(sip.Ended)
    await world.at_rest()


async def test_emergency_caller_who_gives_up_before_its_ack_leaves_nothing(world: World) -> None:
    mobile, psap = world.site.mobile_peer, world.site.psap
    session = mobile.call(world.site.core, "112", ANNA_MOBILE, headers=ASSERTED, late=True)
    invited = await psap.expect(sip.Invited)
    psap.do("answer", invited.session, sdp(25050))
    await mobile.expect(sip.Answered)
    mobile.do("bye", session)
    await psap.expect(sip.Ended)
    await world.at_rest()


async def test_record_and_trace_of_a_call_are_stored(world: World, postgres_url: str) -> None:
    mobile, carrier = world.site.mobile_peer, world.site.carrier
    session = mobile.call(world.site.core, "0301234567", ANNA_MOBILE, headers=ASSERTED)
    await talk(world, mobile, carrier, session, await carrier.expect(sip.Invited))
    mobile.do("bye", session)
    await world.at_rest()
    connection = await asyncpg.connect(postgres_url)
    try:
        async with asyncio.timeout(5):
            calls = await latest_calls(connection, limit=5)
            while not calls:
                await asyncio.sleep(0.05)
                calls = await latest_calls(connection, limit=5)
        stored = await fetch_call(connection, calls[0].call)
    finally:
        await connection.close()
    assert stored is not None
    assert stored.record.outcome is CallOutcome.ANSWERED
    assert [leg.role.value for leg in stored.record.legs] == ["calling", "called"]
    assert stored.record.setup_ms is not None
    assert stored.trace is not None
    assert replay(stored.trace) == ()
    drawn = "\n".join(ladder(stored.trace.steps))
    assert "INVITE" in drawn
    assert "1234567" not in drawn


async def test_phone_whose_connection_closes_is_not_rung_any_more(world: World) -> None:
    phone, carrier = await world.phone("anna-1", "tcp"), world.site.carrier
    assert len(world.gateway.bindings) == 1
    await phone.shell.stop()
    await wait_for(lambda: len(world.gateway.bindings) == 0)
    carrier.call(world.site.pstn, "+31201232010", "<sip:+31301234567@carrier.test>")
    handset = await world.site.mobile_peer.expect(sip.Invited)
    world.site.mobile_peer.do("reject", handset.session, 486)
    assert (await carrier.expect(sip.Rejected)).status in (480, 486)
    await world.at_rest()


async def test_change_of_identity_holds_for_the_next_invite(world: World, postgres_url: str) -> None:
    mobile, carrier = world.site.mobile_peer, world.site.carrier
    connection = await asyncpg.connect(postgres_url)
    for choice, shown in (("mobile", "+31612320100"), ("fixed", "+31201232010"), ("mobile", "+31612320100")):
        await connection.execute("UPDATE directory.subscribers SET identity = $1", choice)
        mobile.call(world.site.core, "0301234567", ANNA_MOBILE, headers=ASSERTED)
        invited = await carrier.expect(sip.Invited)
        assert invited.request.from_.uri.user == shown
        carrier.do("reject", invited.session, 486)
        await mobile.expect(sip.Rejected)
    await connection.close()
    await world.at_rest()


async def test_malformed_invite_gets_400_with_the_reason(world: World) -> None:
    mobile = world.site.mobile_peer
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as raw:
        raw.bind(("127.0.0.1", 0))
        raw.setblocking(False)
        port = raw.getsockname()[1]
        broken = (
            "INVITE sip:1@gw SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKbad\r\n"
            "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: nonsense INVITE\r\n\r\n"
        )
        raw.sendto(broken.encode(), ("127.0.0.1", world.site.core))
        answer = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(raw, 4096), 5)
    assert answer.startswith(b"SIP/2.0 400 ")
    assert b"Warning: " in answer
    session = mobile.call(world.site.core, "112", ANNA_MOBILE)
    invited = await world.site.psap.expect(sip.Invited)
    world.site.psap.do("reject", invited.session, 486)
    assert (await mobile.expect(sip.Rejected)).session == session


async def test_log_lines_about_a_leg_name_its_call(world: World) -> None:
    mobile, carrier = world.site.mobile_peer, world.site.carrier
    session = mobile.call(world.site.core, "0301234567", ANNA_MOBILE, headers=ASSERTED)
    await carrier.expect(sip.Invited)
    (call,) = world.gateway.interpreter.calls()
    with capture_logs() as logs:
        world.gateway.sip.run(Reoffer(leg=LegId(f"{call}-b1"), sdp=sdp()))
    assert [(line["event"], line["call_id"]) for line in logs] == [("reoffer.refused", call)]
    mobile.do("cancel", session)
    await carrier.expect(sip.Cancelled)
    await world.at_rest()
