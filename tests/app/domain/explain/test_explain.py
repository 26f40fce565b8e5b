"""Why a call went as it did, and what would ring: over HTTP."""

from __future__ import annotations

import time
from typing import Any

import asyncpg
import msgspec
import pytest

from fmc_gateway.records.entry import encode_entry
from fmc_gateway.records.store import insert_entries
from tests.app.kit import Api, problem
from tests.app.people import ANNA, BRAM, CARL, Client, sign_in
from tests.fmc_gateway.records_samples import entry

pytestmark = pytest.mark.servers

EXPLAIN = "/v1/me/explain"
MEETING = {"name": "meeting", "business": {"action": "reject", "announcement": "busy_in_meeting"}}
OFFICE = {
    "name": "kantoor",
    "weekly": [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:30"}],
}


async def called(postgres_url: str, **changes: Any) -> None:
    """Anna called Bram: call-1."""
    connection = await asyncpg.connect(postgres_url)
    await insert_entries(connection, [encode_entry(entry("call-1", **changes))])
    await connection.close()


async def would(client: Client, path: str = EXPLAIN, **asked: Any) -> dict[str, Any]:
    answer = await client.ask("POST", path, json=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_both_sides_read_their_own_side_of_a_call(site: Api, postgres_url: str) -> None:
    await called(postgres_url)
    bram = (await (await sign_in(site, BRAM)).get(f"{EXPLAIN}?call=call-1")).json()
    assert bram["incoming"] and bram["other"] == "+31201234567"  # noqa: PT018
    assert (
        bram["decisions"][0]["decided"]["nl"]
        == "Alle toestellen gaan over bij een oproep op het verkorte nummer."
    )
    assert [one["device"] for one in bram["devices"]] == ["bram-desk", "bram-desk-2"]
    anna = (await (await sign_in(site, ANNA)).get(f"{EXPLAIN}?call=call-1")).json()
    assert (anna["incoming"], anna["other"], anna["devices"]) == (False, "202", [])


async def test_call_of_somebody_else_is_as_one_that_does_not_exist(site: Api, postgres_url: str) -> None:
    await called(postgres_url)
    carl = await sign_in(site, CARL)
    nothing = await carl.get(f"{EXPLAIN}?call=no-such-call")
    assert (nothing.status_code, problem(nothing)) == (404, "not-found")
    theirs = await carl.get(f"{EXPLAIN}?call=call-1")
    assert (theirs.status_code, theirs.content) == (404, nothing.content)


async def test_id_that_is_none_is_refused(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    for query in ("", "?call=", "?call=a%20b", f"?call={'x' * 65}"):
        answer = await anna.get(EXPLAIN + query)
        assert (answer.status_code, problem(answer)) == (400, "invalid-request")


async def test_administrator_reads_private_calls_without_numbers(site: Api, postgres_url: str) -> None:
    await called(postgres_url)
    bram = await sign_in(site, BRAM)
    path = "/v1/users/anna/explain?call=call-1"
    assert (await bram.get(path)).json()["other"] == "202"
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("UPDATE gateway.history SET number = '+31301112233' WHERE subscriber = 'anna'")
    await connection.execute(
        "INSERT INTO directory.contact_numbers (tenant_id, subscriber_id, e164, list)"
        " VALUES ('acme', 'anna', '+31301112233', 'private')"
    )
    await connection.close()
    found = (await bram.get(path)).json()
    assert (found["masked"], found["other"]) == (True, None)
    assert found["decided"]["rule"]
    assert (await (await sign_in(site, ANNA)).get(f"{EXPLAIN}?call=call-1")).json()["other"] == "202"


async def test_dry_run_says_what_rings_on_friday_evening(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    await anna.put("/v1/me/services/schedules", {"schedules": [OFFICE]})
    fixed = {"number": "fixed", "schedule": "kantoor"}
    assert (await anna.put("/v1/me/services/availability", {"numbers": [fixed]})).status_code == 200
    asked = {"called": "020 123 2010", "caller": "0301234567"}
    noon = await would(anna, **asked, at="2026-11-27T12:00")
    assert noon["explained"]["rings"]
    assert [one["rings"] for one in noon["explained"]["devices"]] == [True, True, True]
    assert noon["assumed"] == ["registered", "free", "within_caps"]
    evening = await would(anna, **asked, at="2026-11-27T18:30")
    assert evening["explained"]["decided"]["rule"] == "availability.reject"
    assert evening["at"] == 1795800600.0
    assert evening == await would(anna, **asked, at="2026-11-27T17:30:00Z")
    mobile = await would(anna, called="0612320100", caller="0301234567", at="2026-11-27T18:30")
    assert mobile["explained"]["rings"] and mobile["treated_as"] == "private"  # noqa: PT018


async def test_dry_run_of_now_knows_which_telephones_are_there(site: Api) -> None:
    anna, redis = await sign_in(site, ANNA), site.app.state.bus.redis
    kept = msgspec.json.encode([{"binding": {"expires_at": time.time() + 60}}])
    await redis.hset("bindings:gw1", "anna-1", kept)
    found = await would(anna, called="201", caller="202")
    rings = {one["device"]: (one["rings"], one["why"]["rule"]) for one in found["explained"]["devices"]}
    assert rings == {
        "anna-1": (True, "device.rings"),
        "anna-2": (False, "device.not-registered"),
        "anna-mobile": (True, "device.rings"),
    }
    assert (found["on_net"], found["now"], found["assumed"]) == (True, True, ["within_caps"])
    await anna.put("/v1/me/services/call_waiting", {"active": False})
    await redis.hset("busy:anna", "call-7", "anna-1")
    assert (await would(anna, called="201", caller="202"))["explained"]["decided"]["rule"] == (
        "busy.no-call-waiting"
    )


async def test_dry_run_of_a_caller_who_withholds_and_of_lists(site: Api, postgres_url: str) -> None:
    anna, bram = await sign_in(site, ANNA), await sign_in(site, BRAM)
    await anna.put("/v1/me/services/anonymous_call_rejection", {"active": True})
    hidden = await would(anna, called="201")
    assert (hidden["withheld"], hidden["explained"]["decided"]["rule"]) == (True, "reject.anonymous")
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(
        "INSERT INTO directory.contact_numbers (tenant_id, subscriber_id, e164, list)"
        " VALUES ('acme', 'anna', '+31301112233', 'private')"
    )
    await connection.close()
    asked = {"called": "0201232010", "caller": "0301112233"}
    assert (await would(anna, **asked))["treated_as"] == "private"
    assert (await would(bram, "/v1/users/anna/explain", **asked))["treated_as"] == "business"


REFUSED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"called": "202"}, "#/called"),
    ({"called": "*11"}, "#/called"),
    ({"called": "201", "caller": "999"}, "#/caller"),
    ({"called": "201", "caller": "anna"}, "#/caller"),
    ({"called": "201", "at": "next friday"}, "#/at"),
    ({"called": "201", "at": "2026-13-01T10:00"}, "#/at"),
    ({"called": "201", "at": 5}, "#/at"),
    ({"called": ""}, "#/called"),
)


async def test_dry_run_of_what_cannot_be_is_refused(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    for asked, pointer in REFUSED:
        answer = await anna.ask("POST", EXPLAIN, json=asked)
        assert (answer.status_code, problem(answer)) == (422, "invalid-settings"), asked
        assert answer.json()["errors"][0]["pointer"] == pointer


async def test_dry_run_changes_nothing(site: Api, postgres_url: str) -> None:
    anna = await sign_in(site, ANNA)
    connection = await asyncpg.connect(postgres_url)
    before = await connection.fetchval("SELECT count(*) FROM directory.audit")
    await would(anna, called="201", caller="202")
    assert await connection.fetchval("SELECT count(*) FROM directory.audit") == before
    assert await connection.fetchval("SELECT count(*) FROM gateway.calls") == 0
    await connection.close()
