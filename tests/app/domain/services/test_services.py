"""Every service of users and groups as a resource."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import asyncpg
import msgspec
import pytest

from app.domain.services.examples import EXAMPLES, example_of
from hipper.directory.services import check_meaning
from hipper.pbx.services.registry import SERVICES
from tests.app.kit import Api, problem
from tests.app.people import ANNA, BRAM, Client, gathered, sign_in

pytestmark = pytest.mark.servers

DORA = "dora@acme.test"
DND = "/v1/me/services/do_not_disturb"
NO_ANSWER = "/v1/me/services/call_forwarding_no_answer"
OWN = [one.name for one in SERVICES.values() if one.scope == "subscriber"]
GROUPS = [one.name for one in SERVICES.values() if one.scope == "group"]


def test_examples_are_settings_a_service_can_have() -> None:
    assert set(EXAMPLES) <= set(SERVICES)
    for service in SERVICES.values():
        check_meaning(service, msgspec.convert(example_of(service), service.settings))


async def test_every_service_of_a_user_is_read_set_and_changed(site: Api) -> None:
    bram = await sign_in(site, BRAM)  # an administrator may set those that bind a user too
    listed = {one["name"]: one for one in (await bram.get("/v1/me/services")).json()["items"]}
    assert list(listed) == OWN
    for name in OWN:
        await _round(bram, f"/v1/me/services/{name}", name)


async def test_every_service_of_a_group_is_read_set_and_changed(site: Api) -> None:
    bram = await sign_in(site, BRAM)
    listed = (await bram.get("/v1/groups/g1/services")).json()["items"]
    assert [one["name"] for one in listed] == GROUPS
    for name in GROUPS:
        await _round(bram, f"/v1/groups/g1/services/{name}", name)


async def _round(client: Client, path: str, name: str) -> None:
    example = example_of(SERVICES[name])
    first = await client.get(path)
    assert (first.status_code, first.headers["etag"]) == (200, '"0"')
    assert set(first.json()) == set(SERVICES[name].settings.__struct_fields__)
    saved = await client.put(path, example)
    assert saved.status_code == 200, saved.text
    assert saved.headers["etag"] == '"1"'
    assert _holds(example, saved.json())
    again = await client.get(path)
    assert (again.json(), again.headers["etag"]) == (saved.json(), '"1"')
    changed = await client.patch(path, {})
    assert (changed.json(), changed.headers["etag"]) == (saved.json(), '"1"')


def _holds(example: Any, answer: Any) -> bool:
    """Whether the answer says what was asked for, and perhaps more."""
    if isinstance(example, dict):
        return all(_holds(value, answer[key]) for key, value in example.items())
    if isinstance(example, list):
        return all(_holds(*pair) for pair in zip(example, answer, strict=True))
    return bool(example == answer)


async def test_put_replaces_and_patch_leaves_what_is_absent(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    await anna.put(NO_ANSWER, {"active": True, "destination": "0201234502", "after_s": 20})
    kept = (await anna.patch(NO_ANSWER, {"active": False})).json()
    assert kept == {"active": False, "destination": "0201234502", "after_s": 20}
    nulled = (await anna.patch(NO_ANSWER, {"after_s": None})).json()
    assert nulled == {"active": False, "destination": "0201234502", "after_s": None}
    replaced = (await anna.put(NO_ANSWER, {"active": False})).json()
    assert replaced == {"active": False, "destination": None, "after_s": None}


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        (DND, {"active": "yes"}, "#/active"),
        (DND, {"actief": True}, "#/actief"),
        (DND, [], "#"),
        (NO_ANSWER, {"active": True}, "#"),
        (NO_ANSWER, {"destination": "0201234502", "after_s": 100000}, "#"),
        ("/v1/me/services/speed_dial_8", {"entries": [{"code": "2"}]}, "#/entries/0"),
        ("/v1/me/services/schedules", {"schedules": [{"name": "\0"}]}, "#"),
    ],
)
async def test_settings_that_cannot_be_are_422_and_name_the_member(
    site: Api, path: str, body: Any, pointer: str
) -> None:
    anna = await sign_in(site, ANNA)
    refused = await anna.put(path, body)
    assert (refused.status_code, problem(refused)) == (422, "invalid-settings")
    assert refused.json()["errors"][0]["pointer"] == pointer
    assert (await anna.get(path)).headers["etag"] == '"0"'


async def test_two_devices_do_not_overwrite_each_other(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    assert (await anna.put(DND, {"active": True}, headers={"If-Match": '"0"'})).status_code == 200
    late = await anna.put(DND, {"active": False}, headers={"If-Match": '"0"'})
    assert (late.status_code, problem(late)) == (412, "changed-meanwhile")
    late = await anna.patch(DND, {"active": False}, headers={"If-Match": '"0"'})
    assert (late.status_code, problem(late)) == (412, "changed-meanwhile")
    assert (await anna.get(DND)).json() == {"active": True}
    known = await anna.get(DND, headers={"If-None-Match": 'W/"0", "1"'})
    assert (known.status_code, known.content) == (304, b"")
    assert (await anna.patch(DND, {"active": False}, headers={"If-Match": '"1"'})).status_code == 200


async def test_of_changes_at_once_with_the_same_etag_one_is_saved(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    bodies = [{"active": True, "destination": f"020123450{n}"} for n in range(6)]
    path, match = "/v1/me/services/call_forwarding_always", {"If-Match": '"0"'}
    answers = await gathered(*(anna.put(path, body, headers=dict(match)) for body in bodies))
    assert sorted(one.status_code for one in answers) == [200] + [412] * 5
    (saved,) = [one.json() for one in answers if one.status_code == 200]
    assert (await anna.get(path)).json() == saved


async def test_service_that_is_not_in_the_pack_is_403_with_the_packs_that_hold_it(
    site: Api, postgres_url: str
) -> None:
    await execute(postgres_url, "UPDATE directory.subscribers SET pack = 'base_plus'")
    anna = await sign_in(site, ANNA)
    refused = await anna.put("/v1/me/services/remote_office", {"active": True, "number": "+31201234599"})
    assert (refused.status_code, problem(refused)) == (403, "not-in-pack")
    assert "premium_plus" in refused.json()["packs"]
    assert "base_plus" not in refused.json()["packs"]
    listed = {one["name"]: one for one in (await anna.get("/v1/me/services")).json()["items"]}
    assert (listed["remote_office"]["included"], listed["remote_office"]["version"]) == (False, 0)
    assert listed["do_not_disturb"]["included"] is True


async def test_change_is_audited_with_what_was_before(site: Api, postgres_url: str) -> None:
    anna = await sign_in(site, ANNA)
    await anna.put(DND, {"active": True})
    await anna.put(DND, {"active": True})
    await anna.put(DND, {"active": False})
    connection = await asyncpg.connect(postgres_url)
    rows = await connection.fetch("SELECT by, subject, change FROM directory.audit ORDER BY audit_id")
    await connection.close()
    assert [tuple(row) for row in rows] == [
        ("user:anna", f"subscriber {ANNA}", 'do_not_disturb (not set) -> {"active":true}'),
        ("user:anna", f"subscriber {ANNA}", 'do_not_disturb {"active":true} -> {}'),
    ]


async def test_services_that_bind_a_user_are_the_administrators(site: Api) -> None:
    anna, bram = await sign_in(site, ANNA), await sign_in(site, BRAM)
    bar = {"barred": ["international"]}
    assert (await bram.put("/v1/users/anna/services/outgoing_calling_plan", bar)).status_code == 200
    for name in ("outgoing_calling_plan", "intercept_user"):
        for method in ("PUT", "PATCH"):
            refused = await anna.ask(method, f"/v1/me/services/{name}", json={})
            assert (refused.status_code, problem(refused)) == (403, "forbidden")
    assert (await anna.get("/v1/me/services/outgoing_calling_plan")).json()["barred"] == ["international"]


async def test_service_nobody_knows_is_404(site: Api) -> None:
    anna, bram = await sign_in(site, ANNA), await sign_in(site, BRAM)
    for path in ("/v1/me/services/nothing", "/v1/me/services/group_schedules"):
        assert problem(await anna.get(path)) == "not-found"
        assert problem(await anna.put(path, {})) == "not-found"
    assert problem(await bram.get("/v1/groups/g1/services/do_not_disturb")) == "not-found"


async def test_administrators_see_their_groups_page_by_page(site: Api, postgres_url: str) -> None:
    bram, dora = await sign_in(site, BRAM), await sign_in(site, DORA)
    assert [one["id"] for one in (await bram.get("/v1/groups")).json()["items"]] == ["g1"]
    first = (await dora.get("/v1/groups", params={"limit": 1})).json()
    assert ([one["id"] for one in first["items"]], first["next"]) == (["g1"], "g1")
    second = (await dora.get("/v1/groups", params={"limit": 1, "after": first["next"]})).json()
    assert ([one["id"] for one in second["items"]], second["next"]) == (["g2"], None)
    for wrong in ({"limit": 0}, {"limit": "x"}, {"limit": 201}, {"after": "a b"}):
        assert problem(await dora.get("/v1/groups", params=wrong)) == "invalid-request"


async def test_keys_of_operators_and_services(site: Api, postgres_url: str) -> None:
    for key, role, tenant, scopes in (
        ("hik_op", "operator", None, []),
        ("hik_sv", "service", "acme", ["provisioning"]),
        ("hik_no", "service", "acme", []),
    ):
        await execute(
            postgres_url,
            "INSERT INTO app.api_keys (key_id, key_hash, name, role, tenant_id, scopes)"
            " VALUES ($1, $2, $1, $3, $4, $5)",
            key[4:],
            hashlib.sha256(key.encode()).digest(),
            role,
            tenant,
            scopes,
        )
    asked = {key: Client(site, {"access_token": key}) for key in ("hik_op", "hik_sv", "hik_no")}
    plan, elsewhere = "/v1/groups/g1/services/incoming_calling_plan", "/v1/groups/g9/services"
    assert len((await asked["hik_op"].get("/v1/groups")).json()["items"]) == 3
    assert len((await asked["hik_sv"].get("/v1/groups")).json()["items"]) == 2
    assert (await asked["hik_op"].get(elsewhere)).status_code == 200
    assert problem(await asked["hik_sv"].get(elsewhere)) == "not-found"
    assert (await asked["hik_sv"].put(plan, {"external": False})).status_code == 200
    assert problem(await asked["hik_no"].get(plan)) == "forbidden"
    assert problem(await asked["hik_op"].get("/v1/me")) == "forbidden"
    await execute(postgres_url, "UPDATE app.api_keys SET revoked_at = now() WHERE key_id = 'op'")
    await execute(postgres_url, "UPDATE app.api_keys SET expires_at = now() WHERE key_id = 'sv'")
    await site.settled()
    for key in ("hik_op", "hik_sv"):
        assert problem(await asked[key].get(plan)) == "unauthenticated"
    connection = await asyncpg.connect(postgres_url)
    assert await connection.fetchval("SELECT by FROM directory.audit") == "key:sv"
    await connection.close()


async def test_settings_of_a_later_version_are_shown_as_calls_take_them(site: Api, postgres_url: str) -> None:
    await execute(
        postgres_url,
        "INSERT INTO directory.subscriber_services (tenant_id, subscriber_id, service, settings, version)"
        " VALUES ('acme', 'anna', 'do_not_disturb', $1, 7)",
        json.dumps({"active": True, "of_later": 1}),
    )
    anna = await sign_in(site, ANNA)
    found = await anna.get(DND)
    assert (found.json(), found.headers["etag"]) == ({"active": False}, '"7"')
    assert (await anna.get("/v1/me/services")).status_code == 200


async def execute(url: str, statement: str, *arguments: Any) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement, *arguments)
    finally:
        await connection.close()
