"""Imports that say how far they are; what employees used in a month."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from app.at_once import AtOnce
from tests.app.domain.admin.people import made, operator_of
from tests.app.kit import Api, problem
from tests.app.people import ANNA, BRAM, Client, sign_in

pytestmark = pytest.mark.servers

DORA = "dora@acme.test"
CSV = "user;display_name;pack;extension\n" + "".join(
    f"user{index};User {index};base_plus;{300 + index}\n" for index in range(5)
)


async def over(client: Client, started: dict[str, Any]) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            found: dict[str, Any] = (await client.get(f"/v1/imports/{started['id']}")).json()
            if found["state"] != "running":
                return found
            await asyncio.sleep(0.02)


async def test_import_answers_at_once_and_reports_when_it_is_over(site: Api) -> None:
    dora = await sign_in(site, DORA)
    text = CSV.replace("303", "112") + "user5;User;base_plus;305\n"
    text = text.replace("\n", ";branch\n").replace("extension;branch", "extension;group")
    for dry_run in (True, False):
        body = {"csv": text, "dry_run": dry_run}
        started: Any = await made(dora, "/v1/tenants/acme/imports", body)
        assert (started["total"], started["by"]) == (6, "user:dora")
        found = await over(dora, started)
        assert (found["state"], found["done"], found["changed"]) == ("done", 6, 5)
        (fault,) = found["faults"]
        assert (fault["line"], fault["column"], fault["user"]) == (5, "extension", "user3")
    assert len((await dora.get("/v1/tenants/acme/imports")).json()["items"]) == 2
    users = (await dora.get("/v1/groups/g2/users")).json()["items"]
    assert len(users) == 6  # and Dora


async def test_one_import_of_a_company_at_a_time_and_a_lost_one_is_seen_to_be(
    site: Api, postgres_url: str
) -> None:
    dora = await sign_in(site, DORA)
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute(
            "INSERT INTO directory.imports (import_id, tenant_id, by, dry_run, state, total)"
            " VALUES ('i-lost', 'acme', 'user:dora', false, 'running', 9)"
        )
        refused = await dora.ask("POST", "/v1/tenants/acme/imports", json={"csv": CSV})
        assert problem(refused) == "in-the-way"
        await connection.execute("UPDATE directory.imports SET seen_at = now() - interval '2 minutes'")
    finally:
        await connection.close()
    assert (await dora.get("/v1/imports/i-lost")).json()["state"] == "stopped"
    await over(dora, await made(dora, "/v1/tenants/acme/imports", {"csv": CSV, "dry_run": True}))


async def test_file_of_a_group_administrator_spares_who_administers_the_enterprise(
    site: Api, postgres_url: str
) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("UPDATE directory.subscribers SET group_id = 'g1' WHERE subscriber_id = 'dora'")
    bram, dora = await sign_in(site, BRAM), await sign_in(site, DORA)
    body = {"csv": "user;display_name\ndora;Somebody\nanna;Anna Bakker\n"}
    his = await over(bram, await made(bram, "/v1/tenants/acme/imports", body))
    assert (his["changed"], [one["user"] for one in his["faults"]]) == (1, ["dora"])
    rows = await connection.fetch("SELECT display_name FROM directory.subscribers WHERE tenant_id = 'acme'")
    assert {row[0] for row in rows} >= {"Anna Bakker", "Dora"}
    await connection.close()
    hers = await over(dora, await made(dora, "/v1/tenants/acme/imports", body))
    assert (hers["changed"], hers["faults"]) == (1, [])


async def test_imports_leave_connections_for_everybody_else(site: Api, postgres_url: str) -> None:
    """Each holds one as long as it runs, and asks for another to say how far it is."""
    dora = await sign_in(site, DORA)
    with site.app.state.setdefault("at_once", {}).setdefault("imports", AtOnce(1)).turn("another company"):
        refused = await dora.ask("POST", "/v1/tenants/acme/imports", json={"csv": CSV})
        assert (problem(refused), refused.headers["retry-after"]) == ("overloaded", "5")
    await over(dora, await made(dora, "/v1/tenants/acme/imports", {"csv": CSV}))
    assert (await dora.get("/v1/tenants/acme/imports")).json()["items"][0]["done"] == 5
    with site.app.state.at_once["imports"].turn("another company"):
        pass  # the turn of the import is over


async def test_files_that_are_none_and_too_large(site: Api) -> None:
    dora = await sign_in(site, DORA)
    refused = await dora.ask("POST", "/v1/tenants/acme/imports", json={"csv": "naam\nx\n"})
    assert refused.json()["errors"][0]["pointer"] == "#/csv"
    large = await dora.ask("POST", "/v1/tenants/acme/imports", json={"csv": "x" * 3_000_000})
    assert problem(large) == "body-too-large"


async def test_group_administrator_sees_the_own_imports_only(site: Api) -> None:
    bram, dora = await sign_in(site, BRAM), await sign_in(site, DORA)
    hers = await over(dora, await made(dora, "/v1/tenants/acme/imports", {"csv": CSV, "dry_run": True}))
    his = await over(bram, await made(bram, "/v1/tenants/acme/imports", {"csv": CSV, "dry_run": True}))
    assert his["changed"] == 5  # of the one group he has
    listed = (await bram.get("/v1/tenants/acme/imports")).json()["items"]
    assert [one["id"] for one in listed] == [his["id"]]
    assert (await bram.get(f"/v1/imports/{hers['id']}")).status_code == 404
    assert (await dora.get(f"/v1/imports/{his['id']}")).status_code == 200


_CALL = """
INSERT INTO gateway.calls (call_id, gateway, tenant, dialled, emergency, rule, outcome, started, ended)
VALUES ($1, 'g', $2, '0301234567', false, 'r', 'answered', $3::timestamptz,
    $3::timestamptz + interval '1 hour')"""
_SEGMENT = """
INSERT INTO gateway.segments (call_id, position, calling, called, payer_subscription, tariff, started, ended,
    rate_per_minute)
VALUES ($1, $2, 'a', 'b', $3, $4, $5::timestamptz, $5::timestamptz + make_interval(secs => $6), $7)"""


async def used(
    url: str, call: str, tenant: str, subscription: str, tariff: str, at: str, seconds: float, rate: float
) -> None:
    connection = await asyncpg.connect(url, server_settings={"TimeZone": "UTC"})
    try:
        moment = await connection.fetchval(f"SELECT '{at}'::timestamptz")
        if not await connection.fetchval("SELECT true FROM gateway.calls WHERE call_id = $1", call):
            await connection.execute(_CALL, call, tenant, moment)
        position = await connection.fetchval("SELECT count(*) FROM gateway.segments WHERE call_id = $1", call)
        await connection.execute(_SEGMENT, call, position, subscription, tariff, moment, seconds, rate)
    finally:
        await connection.close()


async def test_usage_of_an_employee_is_added_up_by_subscription_and_tariff(
    site: Api, postgres_url: str
) -> None:
    for call, tenant, subscription, tariff, at, seconds, rate in (
        ("c1", "acme", "mob-anna", "mobile", "2026-11-02 10:00", 60.0, 0.0),
        ("c1", "acme", "mob-anna", "mobile", "2026-11-02 10:01", 30.0, 0.0),
        ("c2", "acme", "mob-anna", "mobile", "2026-11-03 10:00", 10.0, 0.0),
        ("c2", "acme", "fix-anna", "fixed", "2026-11-03 10:01", 120.0, 0.5),
        ("c3", "acme", "mob-bram", "mobile", "2026-11-03 10:00", 5.0, 0.0),
        ("c4", "other", "mob-anna", "mobile", "2026-11-03 10:00", 500.0, 0.0),  # of another company
        ("c5", "acme", "mob-anna", "mobile", "2026-10-31 22:59", 7.0, 0.0),  # October in Amsterdam too
        ("c6", "acme", "mob-anna", "mobile", "2026-10-31 23:30", 9.0, 0.0),  # November there already
    ):
        await used(postgres_url, call, tenant, subscription, tariff, at, seconds, rate)
    dora = await sign_in(site, DORA)
    november = (await dora.get("/v1/users/anna/usage?month=2026-11")).json()
    (mobile,), (fixed,) = november["mobile"], november["fixed"]
    assert (mobile["calls"], mobile["seconds"], mobile["euros"]) == (3, 109.0, 0.0)
    assert (fixed["calls"], fixed["seconds"], fixed["euros"]) == (1, 120.0, 1.0)
    october = (await dora.get("/v1/users/anna/usage?month=2026-10")).json()
    assert october["mobile"][0]["seconds"] == 7.0
    listed = (await dora.get("/v1/groups/g1/usage?month=2026-11")).json()["items"]
    assert {one["user"]: len(one["mobile"]) for one in listed} == {"anna": 1, "bram": 1}
    assert "0301234567" not in str(listed)  # sums only
    assert problem(await dora.get("/v1/users/anna/usage?month=november")) == "invalid-request"
    anna = await sign_in(site, ANNA)
    assert (await anna.get("/v1/users/bram/usage")).status_code == 404


async def test_operator_may_look_at_every_company(site: Api, postgres_url: str) -> None:
    operator = await operator_of(site, postgres_url)
    names = {one["name"] for one in (await operator.get("/v1/tenants")).json()["items"]}
    assert names == {"acme", "other"}
    assert {one["tenant"] for one in (await operator.get("/v1/users?limit=200")).json()["items"]} == names
    one = (await operator.get("/v1/users?user=anna@acme.test")).json()["items"]
    assert [user["id"] for user in one] == ["anna"]
    first = (await operator.get("/v1/users?limit=1")).json()
    second = (await operator.get(f"/v1/users?limit=200&after={first['next']}")).json()
    assert len(first["items"]) + len(second["items"]) == 4
