"""Who I am, the number I show, my telephones."""

from __future__ import annotations

import time
from typing import Any

import asyncpg
import msgspec
import pytest

from tests.app.kit import Api, problem
from tests.app.people import ANNA, sign_in

pytestmark = pytest.mark.servers


def registered_until(when: float) -> bytes:
    """What the gateway keeps of a desk phone; only the end of it is read here."""
    return msgspec.json.encode([{"device": "anna-1", "aor": "x", "binding": {"expires_at": when}}])


async def test_me_says_who_i_am_and_writes_numbers_as_people_do(site: Api) -> None:
    me = (await (await sign_in(site, ANNA)).get("/v1/me")).json()
    assert (me["id"], me["user"], me["display_name"], me["company"]) == ("anna", ANNA, "Anna", "Acme")
    assert (me["group"], me["group_name"], me["role"]) == ("g1", "HQ", "user")
    numbers = {one["kind"]: (one["text"], one["e164"]) for one in me["numbers"]}
    assert numbers == {
        "extension": ("201", None),
        "fixed": ("020 123 2010", "+31201232010"),
        "mobile": ("06 12320100", "+31612320100"),
        "alternate": ("020 123 9999", "+31201239999"),
    }
    assert me["pack"] == "vast_mobiel_premium_plus"
    assert "voicemail" in me["services"]


async def test_pack_says_which_services_it_includes(site: Api, postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(
        "UPDATE directory.subscribers SET pack = 'base_plus' WHERE subscriber_id = 'anna'"
    )
    await connection.close()
    me = (await (await sign_in(site, ANNA)).get("/v1/me")).json()
    assert me["pack"] == "base_plus"
    assert "do_not_disturb" in me["services"]
    assert "voicemail" not in me["services"]


async def test_devices_show_what_is_live(site: Api) -> None:
    anna, redis = await sign_in(site, ANNA), site.app.state.bus.redis
    assert await states(anna) == {
        "anna-1": "not_registered",
        "anna-2": "not_registered",
        "anna-mobile": "in_network",
    }
    await redis.hset("bindings:gw1", "anna-1", registered_until(time.time() + 60))
    await redis.hset("bindings:gw1", "anna-2", registered_until(time.time() - 1))
    assert (await states(anna))["anna-1"] == "registered"
    assert (await states(anna))["anna-2"] == "not_registered"
    await redis.hset("busy:anna", "call-1", "anna-1")
    await redis.hset("busy:anna", "call-2", "")  # rings: on no telephone yet
    assert (await states(anna))["anna-1"] == "in_call"
    await redis.hdel("busy:anna", "call-1")
    assert (await anna.patch("/v1/me/devices/anna-1", {"rings": False})).json()["state"] == "switched_off"
    assert (await states(anna))["anna-1"] == "switched_off"


async def states(client: Any) -> dict[str, str]:
    return {one["id"]: one["state"] for one in (await client.get("/v1/me")).json()["devices"]}


async def test_device_change_tells_absent_from_null(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    assert (await anna.patch("/v1/me/devices/anna-1", {"rings": False})).json()["rings"] is False
    assert (await anna.patch("/v1/me/devices/anna-1", {})).json()["rings"] is False
    refused = await anna.patch("/v1/me/devices/anna-1", {"rings": None})
    assert (refused.status_code, problem(refused)) == (422, "invalid-settings")
    assert refused.json()["errors"][0]["pointer"] == "#/rings"


async def test_identity_is_chosen_and_hidden(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    shown = (await anna.get("/v1/me/identity")).json()
    assert (shown["choice"], shown["number"], shown["hide"]) == ("fixed", "+31201232010", False)
    now = (await anna.put("/v1/me/identity", {"choice": "mobile", "hide": True})).json()
    assert (now["number"], now["text"], now["hide"]) == ("+31612320100", "06 12320100", True)
    now = (await anna.put("/v1/me/identity", {"choice": "alternate", "alternate": "+31201239999"})).json()
    assert (now["choice"], now["number"], now["hide"]) == ("alternate", "+31201239999", False)
    assert (await anna.get("/v1/me/identity")).json() == now


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"choice": "alternate", "alternate": "+31201232020"}, "#/alternate"),
        ({"choice": "alternate"}, "#/alternate"),
        ({"choice": "main"}, "#/choice"),
        ({"choice": "fixed", "alternate": "020 123 9999"}, "#/alternate"),
        ({"hide": True}, "#"),
        ({"choice": "fixed", "hidden": True}, "#/hidden"),
    ],
)
async def test_identity_that_cannot_be_names_the_member(site: Api, body: Any, pointer: str) -> None:
    anna = await sign_in(site, ANNA)
    before = (await anna.get("/v1/me/identity")).json()
    refused = await anna.put("/v1/me/identity", body)
    assert (refused.status_code, problem(refused)) == (422, "invalid-settings")
    assert refused.json()["errors"][0]["pointer"] == pointer
    assert (await anna.get("/v1/me/identity")).json() == before


async def test_identity_of_two_devices_is_not_overwritten(site: Api) -> None:
    anna, laptop = await sign_in(site, ANNA), await sign_in(site, ANNA)
    seen = (await anna.get("/v1/me/identity")).headers["etag"]
    unchanged = await anna.get("/v1/me/identity", headers={"If-None-Match": seen})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    first = await laptop.put("/v1/me/identity", {"choice": "mobile"}, headers={"If-Match": seen})
    assert first.status_code == 200
    late = await anna.put("/v1/me/identity", {"choice": "fixed"}, headers={"If-Match": seen})
    assert (late.status_code, problem(late)) == (412, "changed-meanwhile")
    assert late.headers["etag"] == first.headers["etag"]
    assert (await anna.get("/v1/me/identity")).json()["choice"] == "mobile"


async def test_refused_identity_changes_nothing_of_it(site: Api) -> None:
    """Number and hiding are one change: with a wrong number the hiding is not saved either."""
    anna = await sign_in(site, ANNA)
    body = {"choice": "alternate", "alternate": "+31201232020", "hide": True}
    assert (await anna.put("/v1/me/identity", body)).status_code == 422
    assert (await anna.get("/v1/me/identity")).json()["hide"] is False


async def test_pack_says_what_its_functions_are_called_and_which_are_switched_on(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    await anna.patch("/v1/me/services/do_not_disturb", {"active": True})
    me = (await anna.get("/v1/me")).json()
    assert me["pack_name"] == "Vast-Mobiel Premium+"
    functions = {one["name"]: one for one in me["functions"]}
    assert list(functions) == me["services"]
    assert functions["do_not_disturb"] == {
        "name": "do_not_disturb",
        "nl": "Niet storen",
        "en": "Do Not Disturb",
        "active": True,
    }
    assert functions["call_waiting"]["active"] is True
    assert functions["call_forwarding_always"]["active"] is False
    assert functions["schedules"]["active"] is None


async def test_contact_lists_may_see_another_number(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    first = (await anna.get("/v1/me/identity")).json()
    assert (first["business"], first["private"]) == (None, None)
    assert [(one["choice"], one["text"]) for one in first["choices"]] == [
        ("fixed", "020 123 2010"),
        ("mobile", "06 12320100"),
        ("alternate", "020 123 9999"),
    ]
    wanted = {
        "choice": "fixed",
        "business": {"choice": "alternate", "alternate": "+31201239999"},
        "private": {"choice": "mobile", "hide": False},
    }
    saved = await anna.put("/v1/me/identity", wanted)
    assert saved.status_code == 200, saved.text
    assert saved.json()["business"] == {
        "choice": "alternate",
        "alternate": "+31201239999",
        "hide": None,
        "number": "+31201239999",
        "text": "020 123 9999",
    }
    assert (saved.json()["private"]["text"], saved.json()["private"]["hide"]) == ("06 12320100", False)
    kept = (await anna.put("/v1/me/identity", {"choice": "mobile"})).json()
    assert kept["business"]["text"] == "020 123 9999"
    gone = (await anna.put("/v1/me/identity", {"choice": "mobile", "business": None})).json()
    assert (gone["business"], gone["private"]["text"]) == (None, "06 12320100")
    service = (await anna.get("/v1/me/services/contact_list_identity")).json()
    assert service["business"] is None
    assert service["private"] == {"choice": "mobile", "alternate": None, "hide": False}


NOT_OWN: tuple[tuple[dict[str, Any], str], ...] = (
    ({"private": {"choice": "alternate", "alternate": "+31201230000"}}, "#/private/alternate"),
    ({"private": {"choice": "alternate"}}, "#/private/alternate"),
    ({"business": {"choice": "mobile", "alternate": "+31201239999"}}, "#/business/alternate"),
    ({"business": {"alternate": "+31201239999"}}, "#/business/alternate"),
    ({"business": {"choice": "main"}}, "#/business/choice"),
)


async def test_number_of_somebody_else_is_shown_to_no_list(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    before = await anna.get("/v1/me/identity")
    for wanted, pointer in NOT_OWN:
        answer = await anna.put("/v1/me/identity", {"choice": "mobile", **wanted})
        assert (answer.status_code, problem(answer)) == (422, "invalid-settings"), wanted
        assert answer.json()["errors"][0]["pointer"] == pointer
    after = await anna.get("/v1/me/identity")
    assert (after.json(), after.headers["etag"]) == (before.json(), before.headers["etag"])


async def test_identity_version_counts_the_lists(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    tag = {"If-Match": (await anna.get("/v1/me/identity")).headers["etag"]}
    body = {"choice": "fixed", "private": {"hide": True}}
    assert (await anna.put("/v1/me/identity", body, headers=tag)).status_code == 200
    late = await anna.put("/v1/me/identity", {"choice": "fixed", "private": None}, headers=tag)
    assert (late.status_code, problem(late)) == (412, "changed-meanwhile")
