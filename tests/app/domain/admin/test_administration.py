"""A company from nothing to a telephone that registers, as an operator and its administrator make it."""

from __future__ import annotations

import base64
import json
from typing import Any

import asyncpg
import msgspec
import pytest

from hipper.directory.admin.devices import Secret
from hipper.directory.admin.payload import Payload, payload_of, qr_code
from hipper.directory.credentials import hashed, load_device_credentials
from tests.app.domain.admin.people import made, operator_of, with_key
from tests.app.kit import Api, installation, problem
from tests.app.people import ANNA, BRAM, CARL, Client, sign_in, try_to_sign_in

pytestmark = pytest.mark.servers

DORA = "dora@acme.test"
BAKERY = {
    "name": "bakkerij",
    "display_name": "Bakkerij de Vries",
    "kind": "enterprise",
    "domains": ["bakkerij.example"],
    "mobile_network": "mno",
}


@pytest.fixture
async def operator(site: Api, postgres_url: str) -> Client:
    return await operator_of(site, postgres_url)


class Made:
    """A company with 100 numbers, a mobile subscription and a group."""

    def __init__(self, operator: Client, tenant: str, group: str) -> None:
        self.operator = operator
        self.tenant = tenant
        self.group = group

    async def user(self, name: str = "gerda", **more: Any) -> dict[str, Any]:
        body = {"user": name, "display_name": name.title(), "pack": "vast_mobiel_premium_plus", **more}
        found: dict[str, Any] = await made(self.operator, f"/v1/groups/{self.group}/users", body)
        return found


@pytest.fixture
async def bakery(operator: Client) -> Made:
    tenant: Any = (await made(operator, "/v1/tenants", BAKERY))["id"]
    block = {"first": "+31207654300", "size": 100}
    await made(operator, f"/v1/tenants/{tenant}/blocks", block)
    subscription = {"id": "ZM-1", "kind": "mobile", "number": "+31687654301", "mobile_network": "mno"}
    await made(operator, f"/v1/tenants/{tenant}/subscriptions", subscription)
    groups = (await operator.get("/v1/groups")).json()["items"]
    return Made(operator, tenant, next(one["id"] for one in groups if one["name"] == "main"))


async def test_from_a_company_to_a_desk_phone(site: Api, bakery: Made, postgres_url: str) -> None:
    gerda = await bakery.user(extension="207", fixed="+31207654307", mobile="+31687654301")
    assert gerda["mobile_subscription"] == "ZM-1"
    given = await made(bakery.operator, f"/v1/users/{gerda['id']}/devices", {"label": "Kantoor"})
    payload: Any = given["payload"]
    assert payload["aor"] == "sip:gerda-1@bakkerij.example"
    connection = await asyncpg.connect(postgres_url)
    try:
        known = await load_device_credentials(connection, "gerda-1", "bakkerij.example")
        assert known is not None
        wanted = hashed("gerda-1", payload["realm"], payload["password"])
        assert (known.ha1_md5, known.ha1_sha256) == wanted
        told = await connection.fetch("SELECT * FROM directory.audit")
        assert payload["password"] not in str([dict(row) for row in told])
    finally:
        await connection.close()
    assert str(given["qr_svg"]).startswith("<svg")
    assert base64.b64decode(str(given["qr_png"])).startswith(b"\x89PNG")
    shown = (await bakery.operator.get(f"/v1/users/{gerda['id']}/devices")).text
    assert payload["password"] not in shown
    assert {one["kind"] for one in json.loads(shown)["items"]} == {"desk_phone", "mobile"}


def test_qr_code_says_the_payload(tmp_path: Any) -> None:
    settings = installation(tmp_path, "", "redis://")
    payload = payload_of(Secret("anna-1", "acme.test", "acme.test", "geheim-geheim"), settings)
    code = qr_code(payload)
    assert code.error in ("M", "Q", "H")
    assert msgspec.json.decode(msgspec.json.encode(payload), type=Payload) == payload


async def test_new_password_of_a_desk_phone_replaces_the_old(bakery: Made, postgres_url: str) -> None:
    gerda = await bakery.user()
    first: Any = await made(bakery.operator, f"/v1/users/{gerda['id']}/devices", {"label": "Kantoor"})
    path = f"/v1/devices/{first['device']['id']}"
    second: Any = await made(bakery.operator, f"{path}/credentials", None)
    assert second["payload"]["password"] != first["payload"]["password"]
    connection = await asyncpg.connect(postgres_url)
    try:
        known = await load_device_credentials(connection, "gerda-1", "bakkerij.example")
    finally:
        await connection.close()
    assert known is not None
    realm, password = second["payload"]["realm"], second["payload"]["password"]
    assert known.ha1_sha256 == hashed("gerda-1", realm, password)[1]


async def test_every_change_stands_in_the_audit_with_before_and_after(bakery: Made) -> None:
    gerda = await bakery.user(extension="207")
    await bakery.operator.patch(f"/v1/users/{gerda['id']}", {"extension": "208", "display_name": "Gerda M."})
    page = (await bakery.operator.get("/v1/audit?limit=1")).json()
    (last,) = page["items"]
    assert (last["by"], last["subject"]) == ("key:operator", "subscriber gerda@bakkerij.example")
    assert (last["before"]["extension"], last["after"]["extension"]) == ("207", "208")
    older = (await bakery.operator.get(f"/v1/audit?limit=200&after={page['next']}")).json()["items"]
    assert [one["id"] for one in older] == sorted((one["id"] for one in older), reverse=True)
    assert last["id"] not in [one["id"] for one in older]
    subjects = " ".join(one["subject"] for one in older)
    for what in ("tenant bakkerij", "group main", "block +31207654300", "subscription ZM-1"):
        assert what in subjects


async def test_audit_shows_only_the_own_company_and_not_to_group_administrators(
    site: Api, bakery: Made
) -> None:
    dora, bram = await sign_in(site, DORA), await sign_in(site, BRAM)
    await dora.patch("/v1/groups/g1", {"display_name": "Hoofdkantoor"})
    items = (await dora.get("/v1/audit")).json()["items"]
    assert [(one["tenant"], one["subject"]) for one in items] == [("acme", "group hq")]
    assert problem(await bram.get("/v1/audit")) == "forbidden"


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_changed_meanwhile_is_412_and_nothing_changes(bakery: Made, method: str) -> None:
    gerda = await bakery.user()
    path = f"/v1/users/{gerda['id']}"
    read = await bakery.operator.get(path)
    known = {"If-None-Match": read.headers["etag"]}
    assert (await bakery.operator.get(path, headers=known)).status_code == 304
    await bakery.operator.patch(path, {"display_name": "Ander"})
    headers = {"If-Match": read.headers["etag"]}
    body: dict[str, Any] = {} if method == "DELETE" else {"json": {"display_name": "Oud"}}
    refused = await bakery.operator.ask(method, path, headers=headers, **body)
    assert problem(refused) == "changed-meanwhile"
    assert (await bakery.operator.get(path)).json()["display_name"] == "Ander"
    headers = {"If-Match": (await bakery.operator.get(path)).headers["etag"]}
    assert (await bakery.operator.ask(method, path, headers=headers, **body)).status_code in (200, 204)


async def test_what_is_repeated_is_refused_or_done_already(bakery: Made) -> None:
    gerda = await bakery.user(fixed="+31207654307")
    again = {"user": "gerda", "display_name": "Gerda", "pack": "base_plus"}
    refused = await bakery.operator.ask("POST", f"/v1/groups/{bakery.group}/users", json=again)
    assert problem(refused) == "in-the-way"
    assert refused.json()["errors"][0]["pointer"] == "#/user"
    path = f"/v1/users/{gerda['id']}/numbers/31207654307"
    for _ in range(2):
        assert (await bakery.operator.put(path, {"kind": "fixed"})).status_code == 200
    assert (await bakery.operator.ask("DELETE", path)).status_code == 200
    assert (await bakery.operator.ask("DELETE", path)).status_code == 404
    gone = f"/v1/users/{gerda['id']}"
    assert (await bakery.operator.ask("DELETE", gone)).status_code == 204
    assert (await bakery.operator.ask("DELETE", gone)).status_code == 404


async def test_user_in_a_call_is_not_removed_and_the_answer_says_why(site: Api, bakery: Made) -> None:
    gerda = await bakery.user()
    phone: Any = await made(bakery.operator, f"/v1/users/{gerda['id']}/devices", {"label": "Kantoor"})
    redis = site.app.state.bus.redis
    await redis.hset(f"busy:{gerda['id']}", "call-1", phone["device"]["id"])
    dutch = {"Accept-Language": "nl"}
    for path in (f"/v1/users/{gerda['id']}", f"/v1/devices/{phone['device']['id']}"):
        refused = await bakery.operator.ask("DELETE", path, headers=dutch)
        assert problem(refused) == "in-the-way"
        assert refused.json()["errors"] == [{"pointer": "#/calls", "detail": "in gesprek (1)"}]
    await redis.delete(f"busy:{gerda['id']}")
    assert (await bakery.operator.ask("DELETE", f"/v1/users/{gerda['id']}")).status_code == 204


async def test_companies_and_groups_go_only_when_they_are_empty(bakery: Made) -> None:
    gerda = await bakery.user(fixed="+31207654307")
    refused = await bakery.operator.ask("DELETE", f"/v1/tenants/{bakery.tenant}")
    assert [one["pointer"] for one in refused.json()["errors"]] == ["#/users", "#/blocks"]
    path = f"/v1/tenants/{bakery.tenant}/groups"
    group: Any = await made(bakery.operator, path, {"name": "utrecht", "area_code": "30"})
    moved = await bakery.operator.patch(f"/v1/users/{gerda['id']}", {"group": group["id"]})
    assert moved.json()["group"] == group["id"]
    refused = await bakery.operator.ask("DELETE", f"/v1/groups/{group['id']}")
    assert refused.json()["errors"][0]["detail"] == "it has 1 users"
    assert (await bakery.operator.ask("DELETE", f"/v1/groups/{bakery.group}")).status_code == 204
    block = (await bakery.operator.get(f"/v1/tenants/{bakery.tenant}/blocks")).json()["items"][0]
    assert block["used"] == 1
    await bakery.operator.ask("DELETE", f"/v1/users/{gerda['id']}")
    assert (
        problem(await bakery.operator.ask("DELETE", f"/v1/groups/{group['id']}")) == "in-the-way"
    )  # the last
    assert (await bakery.operator.ask("DELETE", f"/v1/blocks/{block['id']}")).status_code == 204
    assert (await bakery.operator.ask("DELETE", f"/v1/tenants/{bakery.tenant}")).status_code == 204


async def test_stand_alone_group_stays_one_group(operator: Client) -> None:
    body = {**BAKERY, "kind": "group"}
    tenant: Any = (await made(operator, "/v1/tenants", body))["id"]
    refused = await operator.ask("POST", f"/v1/tenants/{tenant}/groups", json={"name": "tweede"})
    assert problem(refused) == "in-the-way"


async def test_pack_change_says_what_is_lost_and_what_stays(bakery: Made) -> None:
    gerda = await bakery.user(pack="business_plus")
    path = f"/v1/users/{gerda['id']}"
    await bakery.operator.put(f"{path}/services/anonymous_call_rejection", {"active": True})
    await bakery.operator.put(f"{path}/services/voicemail", {"active": True})
    for label in ("Kantoor", "Thuis"):
        phone: Any = await made(bakery.operator, f"{path}/devices", {"label": label})
    told = (await bakery.operator.get(f"{path}/pack-change?pack=base_plus")).json()
    assert (told["lost"], told["stays"]) == (["voicemail"], ["anonymous_call_rejection"])
    assert told["obstacles"] == ["2 desk phones; base_plus has at most 1"]
    refused = await bakery.operator.put(f"{path}/pack", {"pack": "base_plus"})
    assert refused.json()["errors"][0]["detail"] == told["obstacles"][0]
    await bakery.operator.ask("DELETE", f"/v1/devices/{phone['device']['id']}")
    assert (await bakery.operator.put(f"{path}/pack", {"pack": "base_plus"})).json()["pack"] == "base_plus"
    kept = (await bakery.operator.get(f"{path}/services/voicemail")).json()
    assert kept["active"] is True  # for the day the pack is changed again
    last = (await bakery.operator.get("/v1/audit?limit=1")).json()["items"][0]
    assert last["change"] == "pack business_plus -> base_plus; without voicemail"


async def test_licences_of_a_group_are_not_exceeded(bakery: Made) -> None:
    path = f"/v1/groups/{bakery.group}/licences"
    assert (await bakery.operator.put(path, {"base_plus": 1, "premium_plus": 0})).status_code == 200
    gerda = await bakery.user(pack="base_plus")
    body = {"user": "henk", "display_name": "Henk", "pack": "base_plus"}
    refused = await bakery.operator.ask("POST", f"/v1/groups/{bakery.group}/users", json=body)
    assert refused.json()["errors"] == [
        {"pointer": "#/pack", "detail": "all 1 licences of base_plus are in use"}
    ]
    full = await bakery.operator.put(f"/v1/users/{gerda['id']}/pack", {"pack": "premium_plus"})
    assert problem(full) == "in-the-way"
    fewer = await bakery.operator.put(path, {"base_plus": 0})
    assert fewer.json()["errors"][0]["pointer"] == "#/base_plus"
    counted = (await bakery.operator.get(path)).json()["items"]
    assert {"pack": "base_plus", "licences": 1, "users": 1} in counted


async def test_site_of_a_telephone_is_a_zone_of_the_group(bakery: Made) -> None:
    gerda = await bakery.user()
    path = f"/v1/users/{gerda['id']}/devices"
    body = {"label": "Balie", "site": "winkel"}
    refused = await bakery.operator.ask("POST", path, json=body)
    assert refused.json()["errors"][0]["pointer"] == "#/site"
    zones = {"zones": [{"name": "winkel", "number": "+31207654300"}]}
    await bakery.operator.put(f"/v1/groups/{bakery.group}/services/emergency_zones", zones)
    assert (await bakery.operator.ask("POST", path, json=body)).status_code == 201
    other: Any = await made(bakery.operator, f"/v1/tenants/{bakery.tenant}/groups", {"name": "utrecht"})
    refused = await bakery.operator.patch(f"/v1/users/{gerda['id']}", {"group": other["id"]})
    assert refused.json()["errors"][0]["detail"] == "the group has no site for Balie (winkel)"


async def test_roles_reach_what_is_theirs(site: Api, postgres_url: str) -> None:
    bram, dora = await sign_in(site, BRAM), await sign_in(site, DORA)
    body = {"user": "henk", "display_name": "Henk", "pack": "base_plus"}
    assert (await bram.ask("POST", "/v1/groups/g1/users", json=body)).status_code == 201
    assert (await bram.ask("POST", "/v1/groups/g2/users", json=body)).status_code == 404
    assert (await dora.ask("POST", "/v1/groups/g2/users", json=body)).status_code == 409
    users = (await bram.get("/v1/users")).json()["items"]
    assert {one["group"] for one in users} == {"g1"}
    everybody = (await dora.get("/v1/users")).json()["items"]
    assert {one["group"] for one in everybody} == {"g1", "g2"}
    henk = next(one["id"] for one in users if one["user"].startswith("henk"))
    # a body that names another group is as one that names none
    assert problem(await bram.patch(f"/v1/users/{henk}", {"group": "g2"})) == "invalid-settings"
    assert (await dora.patch(f"/v1/users/{henk}", {"group": "g9"})).status_code == 422
    assert (await dora.patch(f"/v1/users/{henk}", {"group": "g2"})).status_code == 200
    for path in ("/v1/tenants", "/v1/tenants/acme/blocks", "/v1/api-keys"):
        for who in (bram, dora):
            assert problem(await who.ask("POST", path, json={})) == "forbidden", path


async def test_nobody_touches_who_is_above(site: Api, postgres_url: str) -> None:
    """Dora administers the enterprise, Bram a group: here the same one."""
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("UPDATE directory.subscribers SET group_id = 'g1' WHERE subscriber_id = 'dora'")
    await connection.close()
    bram, dora = await sign_in(site, BRAM), await sign_in(site, DORA)
    for method, path, body in (
        ("POST", "/v1/users/dora/password", None),
        ("PUT", "/v1/users/dora/role", {"role": "user"}),
        ("PATCH", "/v1/users/dora", {"enabled": False}),
        ("DELETE", "/v1/users/dora", None),
        ("POST", "/v1/users/dora/erase", None),
        ("PUT", "/v1/users/dora/pack", {"pack": "base_plus"}),
        ("PUT", "/v1/users/dora/numbers/31201239999", {"kind": "fixed"}),
        ("DELETE", "/v1/users/dora/numbers/31201239999", None),
        ("PUT", "/v1/users/dora/email", {"address": "bram@thuis.example"}),
        ("DELETE", "/v1/users/dora/second-factor", None),
        ("PUT", "/v1/users/anna/role", {"role": "enterprise_administrator"}),
    ):
        assert problem(await bram.ask(method, path, json=body)) == "forbidden", path
    assert (await bram.put("/v1/users/anna/role", {"role": "group_administrator"})).status_code == 200
    anna = await sign_in(site, ANNA)
    assert (await anna.get("/v1/users/bram")).status_code == 200
    assert (await dora.put("/v1/users/anna/role", {"role": "user"})).status_code == 200
    assert (await anna.get("/v1/users/anna")).status_code == 403


async def test_password_made_for_a_user_works_and_ends_the_sessions(site: Api) -> None:
    anna, dora = await sign_in(site, ANNA), await sign_in(site, DORA)
    made_one: Any = await made(dora, "/v1/users/anna/password", None)
    assert (await anna.get("/v1/me")).status_code == 401
    assert (await try_to_sign_in(site, ANNA, made_one["password"])).status_code == 201
    told = (await dora.get("/v1/audit")).text
    assert "password made" in told
    assert made_one["password"] not in told


async def test_password_role_and_their_audit_are_one_change(
    site: Api, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_audit(*_: object) -> None:
        raise ConnectionResetError

    dora = await sign_in(site, DORA)
    monkeypatch.setattr("app.domain.signing_in.account_writing.write_audit", no_audit)
    assert problem(await dora.ask("POST", "/v1/users/anna/password")) == "directory-unavailable"
    body = {"role": "group_administrator"}
    assert problem(await dora.put("/v1/users/anna/role", body)) == "directory-unavailable"
    anna = await sign_in(site, ANNA)
    assert (await anna.get("/v1/me")).json()["role"] == "user"
    monkeypatch.setattr("app.domain.admin.api_keys.write_audit", no_audit)
    operator = await operator_of(site, postgres_url)
    wanted = {"role": "service", "tenant": "acme", "scopes": ["read-only"]}
    assert problem(await operator.ask("POST", "/v1/api-keys", json=wanted)) == "directory-unavailable"
    (own,) = (await operator.get("/v1/api-keys")).json()["items"]
    assert problem(await operator.ask("DELETE", f"/v1/api-keys/{own['id']}")) == "directory-unavailable"
    assert (await operator.get("/v1/api-keys")).json()["items"] == [own]


async def test_scopes_of_a_key_are_what_it_may(site: Api, postgres_url: str) -> None:
    provisioning = await with_key(site, postgres_url, "service", "acme", ("provisioning",))
    reading = await with_key(site, postgres_url, "service", "acme", ("read-only",))
    recorder = await with_key(site, postgres_url, "service", "acme", ("recorder",))
    network = await with_key(site, postgres_url, "network", None, ("imrn",), "mno")
    change = {"display_name": "Hoofdkantoor"}
    for key, reads, writes in (
        (provisioning, 200, 200),
        (reading, 200, 403),
        (recorder, 403, 403),
        (network, 403, 403),
    ):
        assert (await key.get("/v1/groups/g1")).status_code == reads
        assert (await key.patch("/v1/groups/g1", change)).status_code == writes
        assert (await key.get("/v1/api-keys")).status_code == 403
    for key in (provisioning, reading):
        assert (await key.get("/v1/groups/g9")).status_code == 404
        assert {one["tenant"] for one in (await key.get("/v1/users")).json()["items"]} == {"acme"}
    carl = await sign_in(site, CARL)
    assert (await carl.get("/v1/users")).status_code == 403


async def test_group_administrator_learns_nothing_of_users_of_other_groups_and_has_nobody_of_them_pay(
    site: Api, postgres_url: str
) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(
        "INSERT INTO directory.subscriptions VALUES ('acme', 'fixed:dora', 'fixed'),"
        " ('acme', 'free', 'fixed');"
        "UPDATE directory.subscribers SET fixed_subscription = 'fixed:dora' WHERE subscriber_id = 'dora';"
        "INSERT INTO directory.numbers (tenant_id, subscriber_id, kind, e164)"
        " VALUES ('acme', 'dora', 'fixed', '+31307654301');"
        "INSERT INTO directory.number_blocks (block_id, tenant_id, first_number, size)"
        " VALUES ('b-acme', 'acme', 31307654300, 10)"
    )
    await connection.close()
    bram, dora = await sign_in(site, BRAM), await sign_in(site, DORA)
    for path in ("/v1/tenants/acme/numbers", "/v1/blocks/b-acme/numbers", "/v1/tenants/acme/subscriptions"):
        assert "dora" in (await dora.get(path)).text
        assert "dora" not in (await bram.get(path)).text
    assert "anna" in (await bram.get("/v1/tenants/acme/numbers")).text
    assert "free" in (await bram.get("/v1/tenants/acme/subscriptions")).text
    pays = {"fixed_subscription": "fixed:dora"}
    assert problem(await bram.patch("/v1/users/anna", pays)) == "invalid-settings"
    assert (await bram.patch("/v1/users/anna", {"fixed_subscription": "free"})).status_code == 200
    assert (await dora.patch("/v1/users/anna", pays)).status_code == 200
