"""The tiles a user chose, in the user's order (seed 4.7.2)."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from app.domain.overview.services import usual_tiles
from hipper.pbx.model import ServicePack
from hipper.pbx.service_packs import holds
from tests.app.kit import Api, problem
from tests.app.people import ANNA, BRAM, Client, gathered, sign_in

pytestmark = pytest.mark.servers

PATH = "/v1/me/overview"


async def tiles(client: Client) -> list[str]:
    return [one["tile"] for one in (await client.get(PATH)).json()["tiles"]]


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


async def test_begins_with_what_the_pack_holds(site: Api, postgres_url: str) -> None:
    anna = await sign_in(site, ANNA)
    found = (await anna.get(PATH)).json()
    assert found["chosen"] is False
    assert [one["tile"] for one in found["tiles"]][:3] == ["identity", "availability", "devices"]
    assert "voicemail" in await tiles(anna)
    await execute(postgres_url, "UPDATE directory.subscribers SET pack = 'base_plus'")
    assert "voicemail" not in await tiles(anna)
    assert (await tiles(anna))[0] == "availability"


def test_every_pack_begins_with_some_and_with_nothing_it_lacks() -> None:
    for pack in ServicePack:
        usual = usual_tiles(pack)
        assert len(usual) >= 5
        assert len(set(usual)) == len(usual)
        assert all(holds(pack, one) for one in usual if one not in ("identity", "availability", "devices"))


async def test_own_choice_in_the_own_order(site: Api) -> None:
    anna, bram = await sign_in(site, ANNA), await sign_in(site, BRAM)
    before = await tiles(bram)
    wanted = ["do_not_disturb", "identity", "speed_dial_8"]
    saved = await anna.put(PATH, {"tiles": wanted})
    assert saved.status_code == 200
    assert [one["tile"] for one in saved.json()["tiles"]] == wanted
    assert saved.json()["chosen"] is True
    assert await tiles(anna) == wanted
    assert "availability" in [one["tile"] for one in saved.json()["more"]]
    assert await tiles(bram) == before
    assert (await anna.put(PATH, {"tiles": []})).json()["tiles"] == []
    assert (await anna.put(PATH, {"tiles": None})).json()["chosen"] is False
    assert await tiles(anna) == before


async def test_tiles_show_how_things_stand_now(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    wanted = ["do_not_disturb", "call_forwarding_always", "identity", "availability", "devices", "ring_order"]
    await anna.put(PATH, {"tiles": wanted})

    async def state() -> dict[str, Any]:
        return {one["tile"]: one for one in (await anna.get(PATH)).json()["tiles"]}

    before = await state()
    assert [before[one]["active"] for one in wanted] == [False, False, None, None, None, None]
    await anna.patch("/v1/me/services/do_not_disturb", {"active": True})
    await anna.patch("/v1/me/services/call_forwarding_always", {"active": True, "destination": "202"})
    await anna.put("/v1/me/identity", {"choice": "mobile"})
    await anna.put("/v1/me/availability/profile", {"profile": "out"})
    await anna.patch("/v1/me/devices/anna-1", {"rings": False})
    after = await state()
    assert after["do_not_disturb"]["active"] is True
    assert after["call_forwarding_always"]["state"]["destination"] == "202"
    assert after["identity"]["state"]["text"] == "06 12320100"
    assert after["availability"]["state"]["active"]["profile"] == "out"
    rings = {one["id"]: one["rings"] for one in after["devices"]["state"]["devices"]}
    assert (rings["anna-1"], rings["anna-2"]) == (False, True)
    for one in after.values():
        assert (await anna.get(one["at"])).status_code == 200


async def test_tile_that_the_pack_lost_is_not_shown_and_comes_back(site: Api, postgres_url: str) -> None:
    anna = await sign_in(site, ANNA)
    await anna.put(PATH, {"tiles": ["voicemail", "do_not_disturb"]})
    await execute(postgres_url, "UPDATE directory.subscribers SET pack = 'base_plus'")
    assert await tiles(anna) == ["do_not_disturb"]
    refused = await anna.put(PATH, {"tiles": ["voicemail"]})
    assert (refused.status_code, problem(refused)) == (422, "invalid-settings")
    await execute(postgres_url, "UPDATE directory.subscribers SET pack = 'premium_plus'")
    assert await tiles(anna) == ["voicemail", "do_not_disturb"]


REFUSED: tuple[tuple[Any, str], ...] = (
    (["do_not_disturb", "weather"], "#/tiles/1"),
    (["identity", "identity"], "#/tiles/1"),
    (["group_schedules"], "#/tiles/0"),
    (["identity"] * 61, "#/tiles"),
    ("identity", "#/tiles"),
)


async def test_what_is_no_choice_is_refused(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    for wanted, pointer in REFUSED:
        answer = await anna.put(PATH, {"tiles": wanted})
        assert (answer.status_code, problem(answer)) == (422, "invalid-settings"), wanted
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert (await anna.get(PATH)).json()["chosen"] is False


async def test_two_devices_do_not_overwrite_each_other_and_the_audit_says_who(
    site: Api, postgres_url: str
) -> None:
    anna = await sign_in(site, ANNA)
    tag = {"If-Match": (await anna.get(PATH)).headers["etag"]}
    assert (await anna.put(PATH, {"tiles": ["identity"]}, headers=tag)).status_code == 200
    late = await anna.put(PATH, {"tiles": []}, headers=tag)
    assert (late.status_code, problem(late)) == (412, "changed-meanwhile")
    both = [["identity", "devices"], ["devices", "identity"]]
    tag = {"If-Match": (await anna.get(PATH)).headers["etag"]}
    answers = await gathered(*(anna.put(PATH, {"tiles": one}, headers=tag) for one in both))
    assert sorted(one.status_code for one in answers) == [200, 412]
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("DELETE FROM directory.audit WHERE change NOT LIKE 'overview (of%'")
    row = await connection.fetchrow("SELECT by, change FROM directory.audit ORDER BY at DESC LIMIT 1")
    await connection.close()
    assert (row["by"], row["change"]) == ("user:anna", "overview (of the pack) -> identity")
