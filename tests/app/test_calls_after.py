"""What is saved through the API holds for the call after: API and gateway on one database and Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hipper.telephony.sip import events as sip
from tests.app.kit import Api
from tests.app.people import ANNA, Client, company, sign_in
from tests.conftest import RunningRtpengine
from tests.fmc_gateway.kit import Site, World

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
async def anna(world: World) -> AsyncIterator[Client]:
    async with Api(world.site.settings) as api:
        yield await sign_in(api, ANNA)


async def shown_to_the_carrier(world: World) -> str:
    """Anna calls the outside from her mobile; the number she shows."""
    mobile, carrier = world.site.mobile_peer, world.site.carrier
    mobile.call(world.site.core, "0301234567", ANNA_MOBILE, headers=ASSERTED)
    invited = await carrier.expect(sip.Invited)
    carrier.do("reject", invited.session, 486)
    await mobile.expect(sip.Rejected)
    return str(invited.request.from_.uri.user)


async def test_identity_holds_for_the_call_after(world: World, anna: Client) -> None:
    for choice, number in (
        ("mobile", "+31612320100"),
        ("fixed", "+31201232010"),
        ("mobile", "+31612320100"),
    ):
        assert (await anna.put("/v1/me/identity", {"choice": choice})).status_code == 200
        assert await shown_to_the_carrier(world) == number
    assert (await anna.put("/v1/me/identity", {"choice": "mobile", "hide": True})).status_code == 200
    assert await shown_to_the_carrier(world) == "anonymous"
    await world.at_rest()


async def test_service_holds_for_the_call_after(world: World, anna: Client) -> None:
    """An outside caller rings Bram's colleague Anna: forwarded while she says so, and not a call longer."""
    phone, carrier = await world.phone("anna-1"), world.site.carrier
    path, forward = "/v1/me/services/call_forwarding_always", {"active": True, "destination": "0307654321"}
    for body in (forward, {"active": False}, {"active": True}):
        assert (await anna.patch(path, body)).status_code == 200
        carrier.call(world.site.pstn, "+31201232010", "<sip:+31301234567@carrier.test>")
        rung = carrier if body["active"] else phone
        invited = await rung.expect(sip.Invited)
        if body["active"]:
            assert invited.request.uri.user == "+31307654321"
        rung.do("reject", invited.session, 603)
        await carrier.expect(sip.Rejected)
    await world.at_rest()


async def test_registration_is_shown_while_it_lasts(world: World, anna: Client) -> None:
    async def state() -> str:
        devices = (await anna.get("/v1/me")).json()["devices"]
        return str(next(one["state"] for one in devices if one["id"] == "anna-1"))

    assert await state() == "not_registered"
    await world.phone("anna-1")
    async with asyncio.timeout(5):
        while await state() != "registered":  # noqa: ASYNC110
            await asyncio.sleep(0.05)
