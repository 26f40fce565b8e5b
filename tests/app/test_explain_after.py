"""A call through a running gateway, and what the API says of it afterwards: why it went as it did, what it
showed, and what a code dialled from a telephone changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hipper.telephony.sip import events as sip
from tests.app.kit import Api
from tests.app.people import ANNA, BRAM, Client, company, sign_in
from tests.conftest import RunningRtpengine
from tests.fmc_gateway.kit import Site, World

pytestmark = pytest.mark.servers

ANNA_MOBILE = "<sip:+31612320100@mno.test>"
ASSERTED = (("P-Asserted-Identity", ANNA_MOBILE),)
FRIEND = "+31301112233"


@pytest.fixture
async def world(
    tmp_path: Path, postgres_url: str, redis_url: str, rtpengine: RunningRtpengine
) -> AsyncIterator[World]:
    await company(postgres_url, bram="group_administrator")
    async with World(Site(tmp_path, pg=postgres_url, redis=redis_url, ng=rtpengine.ng)) as running:
        yield running


@pytest.fixture
async def api(world: World) -> AsyncIterator[Api]:
    async with Api(world.site.settings) as running:
        yield running


async def last_call(world: World, dialled: str = "") -> str:
    connection = await asyncpg.connect(world.site.settings.database.url)
    try:
        async with asyncio.timeout(8):
            while True:
                call = await connection.fetchval(
                    "SELECT call_id FROM gateway.calls WHERE $1 IN ('', dialled)"
                    " ORDER BY started DESC LIMIT 1",
                    dialled,
                )
                if call is not None:
                    return str(call)
                await asyncio.sleep(0.05)
    finally:
        await connection.close()


async def explained(client: Client, world: World, path: str = "/v1/me/explain") -> dict[str, Any]:
    answer = await client.get(f"{path}?call={await last_call(world)}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_dry_run_and_the_call_itself_say_the_same(world: World, api: Api) -> None:
    """In a meeting business callers are sent on; of the telephones none rings."""
    anna = await sign_in(api, ANNA)
    await world.phone("anna-1")
    markt = {"name": "markt", "business": {"action": "forward", "destination": "0307654321"}}
    await anna.put("/v1/me/availability", {"profiles": [markt]})
    await anna.put("/v1/me/availability/profile", {"profile": "markt"})
    asked = {"called": "0201232010", "caller": "0301234567"}
    would = (await anna.ask("POST", "/v1/me/explain", json=asked)).json()["explained"]
    assert (would["rings"], would["goes_on"][0]["destination"]) == (False, "0307654321")
    carrier = world.site.carrier
    carrier.call(world.site.pstn, "+31201232010", "<sip:+31301234567@carrier.test>")
    invited = await carrier.expect(sip.Invited)
    carrier.do("reject", invited.session, 486)
    await carrier.expect(sip.Rejected)
    await world.at_rest()
    was = await explained(anna, world)
    assert was["decided"] == would["decided"]
    assert was["decided"]["rule"] == "profile.forward"
    assert [one["kind"] for one in was["decisions"]] == ["called", "forwarding"]
    silent = {one["device"]: one["why"]["rule"] for one in was["devices"]}
    assert silent == {one["device"]: one["why"]["rule"] for one in would["devices"]}
    assert was["diversions"][0]["to"] == "+31307654321"
    assert (was["other"], was["incoming"]) == ("+31301234567", True)


async def test_private_contact_sees_the_mobile_and_explain_says_why(world: World, api: Api) -> None:
    anna = await sign_in(api, ANNA)
    made = await anna.ask(
        "POST",
        "/v1/me/contacts",
        json={"list": "private", "name": "Eva", "numbers": [{"number": FRIEND}]},
    )
    assert made.status_code == 201, made.text
    saved = await anna.put("/v1/me/identity", {"choice": "fixed", "private": {"choice": "mobile"}})
    assert saved.status_code == 200
    assert await shown_to(world, "0301112233") == "+31612320100"
    assert await shown_to(world, "0301112234") == "+31201232010"
    await world.at_rest()
    bram = await sign_in(api, BRAM)
    call = await last_call(world, dialled="0301112233")
    mine = (await anna.get(f"/v1/me/explain?call={call}")).json()
    assert mine["decisions"][0]["identity"]["rule"] == "identity.private-list"
    assert mine["other"] == "0301112233"
    theirs = await bram.get(f"/v1/users/anna/explain?call={call}")
    assert (theirs.json()["masked"], "0301112233" in theirs.text) == (True, False)


async def test_call_that_rings_is_explained_to_its_parties_and_to_nobody_else(world: World, api: Api) -> None:
    anna, bram = await sign_in(api, ANNA), await sign_in(api, BRAM)
    phone, carrier = await world.phone("anna-1"), world.site.carrier
    session = carrier.call(world.site.pstn, "+31201232010", "<sip:+31301234567@carrier.test>")
    phone.do("ring", (await phone.expect(sip.Invited)).session)
    await carrier.expect(sip.Ringing)
    call = await live_call_of(anna)
    path = f"/v1/me/explain?call={call}"
    now = (await anna.get(path)).json()
    assert (now["phase"], now["ended"], now["outcome"]) == ("ringing", None, None)
    assert (now["other"], now["decided"]["rule"]) == ("+31301234567", "ring.fixed")
    rings = {one["device"]: (one["outcome"], one["label"]) for one in now["devices"]}
    assert rings["anna-1"] == (None, "anna-1")
    assert rings["anna-2"] == ("not_registered", "anna-2")
    nothing = await bram.get("/v1/me/explain?call=no-such-call")
    for path_of_bram in (path, f"/v1/users/anna/explain?call={call}"):
        theirs = await bram.get(path_of_bram)
        assert (theirs.status_code, theirs.content) == (404, nothing.content)
    carrier.do("cancel", session)
    await world.at_rest()
    await last_call(world)
    was = (await anna.get(path)).json()
    assert (was["phase"], was["outcome"], was["decided"]) == (None, "cancelled", now["decided"])


async def live_call_of(client: Client) -> str:
    async with asyncio.timeout(8):
        while True:
            found = (await client.get("/v1/me/calls")).json()["items"]
            if found and found[0]["phase"] == "ringing":
                return str(found[0]["id"])
            await asyncio.sleep(0.05)


async def shown_to(world: World, dialled: str) -> str:
    mobile, carrier = world.site.mobile_peer, world.site.carrier
    mobile.call(world.site.core, dialled, ANNA_MOBILE, headers=ASSERTED)
    invited = await carrier.expect(sip.Invited)
    carrier.do("reject", invited.session, 486)
    await mobile.expect(sip.Rejected)
    return str(invited.request.from_.uri.user)


async def test_code_dialled_from_a_telephone_shows_in_the_identity(world: World, api: Api) -> None:
    anna, mobile = await sign_in(api, ANNA), world.site.mobile_peer
    before = await anna.get("/v1/me/identity")
    for code, hidden in (("%2331%23", True), ("*31%23", False)):
        mobile.call(world.site.core, code, ANNA_MOBILE, headers=ASSERTED)
        await until(anna, hidden)
        now = (await anna.get("/v1/me/identity")).headers["etag"]
        assert (now != before.headers["etag"]) is hidden


async def until(anna: Client, hidden: bool) -> None:
    async with asyncio.timeout(5):
        while (await anna.get("/v1/me/identity")).json()["hide"] is not hidden:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
