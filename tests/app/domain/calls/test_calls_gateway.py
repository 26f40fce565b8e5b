"""The API and a running gateway on one Redis: what is asked over HTTP happens on the telephones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from hipper.contracts.bus import HangUp, RefusedBecause, ReplyStatus
from hipper.contracts.calls import AttemptOutcome, CallOutcome
from hipper.telephony.sip import events as sip
from hipper.telephony.sip.digest import DigestClient
from tests.app.ears import Ear
from tests.app.kit import Api, problem
from tests.app.people import ANNA, BRAM, CARL, Client, company, sign_in
from tests.conftest import RunningRtpengine
from tests.fmc_gateway.kit import DOMAIN, PASSWORD, Peer, Site, World, sdp
from tests.fmc_gateway.test_calls_dialled import command
from tests.fmc_gateway.test_calls_onward import the_record

pytestmark = pytest.mark.servers

ANNA_MOBILE = "<sip:+31612320100@mno.test>"
ASSERTED = (("P-Asserted-Identity", ANNA_MOBILE),)


@pytest.fixture
async def world(
    tmp_path: Path, postgres_url: str, redis_url: str, rtpengine: RunningRtpengine
) -> AsyncIterator[World]:
    await company(postgres_url)
    async with World(Site(tmp_path, pg=postgres_url, redis=redis_url, ng=rtpengine.ng)) as running:
        yield running


@pytest.fixture
async def api(world: World) -> AsyncIterator[Api]:
    async with Api(world.site.settings) as running:
        yield running


@pytest.fixture
async def anna(api: Api) -> Client:
    return await sign_in(api, ANNA)


async def post(client: Client, path: str, body: Any = None, key: str = "") -> httpx.Response:
    parts = {} if body is None else {"json": body}
    headers = {"Idempotency-Key": key} if key else {}
    return await client.ask("POST", f"/v1/me/calls{path}", headers=headers, **parts)


async def listening(api: Api, client: Client) -> Ear:
    ear = await Ear(api, client.tokens["access_token"]).started()
    await ear.hears("snapshot")
    return ear


async def talking(world: World, api: Api, anna: Client) -> tuple[Ear, str, str]:
    """Anna's mobile talks to the outside; what she hears, the call, and the carrier's session."""
    ear = await listening(api, anna)
    mobile, carrier = world.site.mobile_peer, world.site.carrier
    mobile.call(world.site.core, "0301234567", ANNA_MOBILE, headers=ASSERTED)
    invited = await carrier.expect(sip.Invited)
    carrier.do("answer", invited.session, sdp(25200))
    await mobile.expect(sip.Answered)
    while (told := (await ear.hears("call")).data)["phase"] != "established":
        pass
    return ear, told["id"], invited.session


async def test_live_call_is_seen_and_hung_up_over_the_api(world: World, api: Api, anna: Client) -> None:
    ear, call, _ = await talking(world, api, anna)
    (shown,) = (await anna.get("/v1/me/calls")).json()["items"]
    assert (shown["id"], shown["phase"], shown["other"]["text"], shown["device"]) == (
        call,
        "established",
        "030 123 4567",
        "anna-mobile",
    )
    for who in (BRAM, CARL):
        assert (await post(await sign_in(api, who), f"/{call}/hang-up")).status_code == 404
    answers = await asyncio.gather(*(post(anna, f"/{call}/hang-up", key="tap") for _ in range(3)))
    assert {(one.status_code, one.text) for one in answers} == {(200, answers[0].text)}
    await world.site.carrier.expect(sip.Ended)
    assert (await ear.hears("call_over")).data["outcome"] == "answered"
    assert (await post(anna, f"/{call}/hang-up", key="tap")).text == answers[0].text
    assert problem(await post(anna, f"/{call}/hang-up", key="another")) == "not-found"
    await ear.go()
    await world.at_rest()
    assert (await the_record(world)).legs[0].ended_by == "calling"


async def test_what_the_gateway_cannot_do_yet_changes_nothing(world: World, api: Api, anna: Client) -> None:
    ear, call, session = await talking(world, api, anna)
    answer = await post(anna, f"/{call}/recording", {"action": "start"})
    assert (answer.status_code, problem(answer)) == (409, "not-available")
    refused = await post(anna, f"/{call}/decline", {})
    assert (refused.status_code, problem(refused), refused.json()["state"]) == (409, "call-state", "talking")
    assert (await anna.get("/v1/me/calls")).json()["items"][0]["phase"] == "established"
    world.site.carrier.do("bye", session)
    await world.site.mobile_peer.expect(sip.Ended)
    await ear.go()
    await world.at_rest()


async def rings(world: World, peer: Peer) -> tuple[str, str]:
    """Outside calls Anna, whose desk phone rings; the two sessions."""
    outside = world.site.carrier.call(world.site.pstn, "+31201232010", "<sip:+31301234567@carrier.test>")
    invited = await peer.expect(sip.Invited)
    peer.do("ring", invited.session)
    await world.site.carrier.expect(sip.Ringing)
    return outside, invited.session


async def test_declined_in_the_app_the_telephones_stop_and_the_caller_hears_603(
    world: World, api: Api, anna: Client
) -> None:
    ear, phone = await listening(api, anna), await world.phone("anna-1")
    await rings(world, phone)
    told = (await ear.hears("call")).data
    assert told["direction"] == "incoming"
    assert "anna-1" in told["ringing"]
    answer = await post(anna, f"/{told['id']}/decline", {})
    assert answer.json() == {"call": told["id"], "status": "done"}
    await phone.expect(sip.Cancelled)
    assert (await world.site.carrier.expect(sip.Rejected)).status == 603
    await ear.go()
    await world.at_rest()
    record = await the_record(world)
    assert record.outcome is CallOutcome.DECLINED
    outcomes = {one.device: one.outcome for one in record.attempts}
    assert outcomes["anna-1"] is AttemptOutcome.DECLINED


async def test_dial_over_the_api_rings_the_telephone_and_then_the_other_side(
    world: World, api: Api, anna: Client
) -> None:
    phone, carrier = await world.phone("anna-1"), world.site.carrier
    answer = await post(anna, "", {"destination": "030 123 4567", "device": "anna-1"}, key="tap")
    assert answer.status_code == 201
    invited = await phone.expect(sip.Invited)
    phone.do("answer", invited.session, sdp(25210))
    other = await carrier.expect(sip.Invited)
    assert other.request.uri.user == "+31301234567"
    again = await post(anna, "", {"destination": "030 123 4567", "device": "anna-1"}, key="tap")
    assert again.json() == answer.json()
    assert (await post(anna, f"/{answer.json()['call']}/hang-up")).status_code == 200
    await carrier.expect(sip.Cancelled)
    await world.at_rest()
    assert not [one for one in phone.events if isinstance(one, sip.Invited)]


@pytest.mark.parametrize(
    ("destination", "status", "name"),
    [("+447700900123", 403, "call-barred"), ("112", 403, "emergency-call"), ("299", 409, "not-reachable")],
)
async def test_dial_is_stopped_by_the_calling_plan_and_nothing_rings(
    world: World, api: Api, anna: Client, postgres_url: str, destination: str, status: int, name: str
) -> None:
    phone = await world.phone("anna-1")
    bram = await administrator(api, postgres_url)
    plan = await bram.patch("/v1/users/anna/services/outgoing_calling_plan", {"barred_prefixes": ["+44"]})
    assert plan.status_code == 200, plan.text
    answer = await post(anna, "", {"destination": destination, "device": "anna-1"})
    assert (answer.status_code, problem(answer)) == (status, name)
    assert answer.json()["detail"]
    await world.at_rest()
    for peer in (phone, world.site.carrier):
        assert not [one for one in peer.events if isinstance(one, sip.Invited)]


async def administrator(api: Api, url: str) -> Client:
    connection = await asyncpg.connect(url)
    await connection.execute(
        "UPDATE app.accounts SET role = 'group_administrator' WHERE subscriber_id = 'bram'"
    )
    await connection.close()
    return await sign_in(api, BRAM)


async def test_112_is_shown_and_left_alone_by_everybody(world: World, api: Api, anna: Client) -> None:
    """Neither the user, over the API, nor an operator, over the bus."""
    mobile, centre = world.site.mobile_peer, world.site.psap
    session = mobile.call(world.site.core, "112", ANNA_MOBILE, headers=ASSERTED)
    invited = await centre.expect(sip.Invited)
    centre.do("answer", invited.session, sdp(25220))
    await mobile.expect(sip.Answered)
    (call,) = world.gateway.interpreter.calls()
    reply = await command(world, HangUp(), call=call)
    assert (reply.status, reply.because) == (ReplyStatus.REFUSED, RefusedBecause.EMERGENCY)
    assert (await post(anna, f"/{call}/hang-up")).status_code in (403, 404)
    assert world.gateway.interpreter.calls() == (call,)
    mobile.do("bye", session)
    await centre.expect(sip.Ended)
    await world.at_rest()


async def test_registration_of_a_telephone_is_told(world: World, api: Api, anna: Client) -> None:
    ear = await Ear(api, anna.tokens["access_token"]).started()
    assert (await ear.hears("presence")).data["devices"]["anna-1"] == "not_registered"
    await world.phone("anna-1")
    assert (await ear.hears("presence")).data["devices"]["anna-1"] == "registered"
    await ear.go()


async def test_code_on_the_telephone_is_told(world: World, api: Api, anna: Client) -> None:
    ear = await listening(api, anna)
    phone = await world.phone("anna-1")
    known = DigestClient("anna-1", PASSWORD)
    phone.call(world.site.udp, "*26", f"<sip:anna-1@{DOMAIN}>", auth=known, host=DOMAIN)
    heard = await ear.hears("settings")
    assert (heard.data["what"], heard.data["by"]) == ("services/do_not_disturb", "code on anna-1")
    await ear.go()
