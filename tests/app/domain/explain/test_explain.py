"""Why a call went as it did, and what would ring: over HTTP."""

from __future__ import annotations

import time
from typing import Any

import asyncpg
import msgspec
import pytest

from fmc_gateway.records.entry import encode_entry
from fmc_gateway.records.store import insert_entries
from hipper.contracts.calls import Charge
from hipper.pbx.ids import GroupId, SubscriberId
from tests.app.kit import Api, problem
from tests.app.live import live_call, show
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


async def test_gateway_that_says_nothing_is_504_and_only_parties_make_us_ask(
    site: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.domain.calls.services.ANSWER_WITHIN_S", 0.1)
    await show(site.app.state.bus.redis, live_call("going-on"))
    silent = await (await sign_in(site, ANNA)).get(f"{EXPLAIN}?call=going-on")
    assert (silent.status_code, problem(silent)) == (504, "no-reply")
    for who in (BRAM, CARL):
        theirs = await (await sign_in(site, who)).get(f"{EXPLAIN}?call=going-on")
        assert (theirs.status_code, problem(theirs)) == (404, "not-found")


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
    ({"called": "201", "device": "anna-1"}, "#/device"),
    ({"called": "201", "anonymous": True}, "#/anonymous"),
    ({"called": "202", "direction": "outgoing", "caller": "201"}, "#/caller"),
    ({"called": "202", "direction": "outgoing", "device": "bram-1"}, "#/device"),
    ({"called": "202", "direction": "outgoing", "at": "soon"}, "#/at"),
    ({"called": "202", "direction": "sideways"}, "#/direction"),
)


async def test_dry_run_of_what_cannot_be_is_refused(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    for asked, pointer in REFUSED:
        answer = await anna.ask("POST", EXPLAIN, json=asked)
        assert (answer.status_code, problem(answer)) == (422, "invalid-settings"), asked
        assert answer.json()["errors"][0]["pointer"] == pointer


# --- calls the user would make ------------------------------------------------------------------------


async def test_old_requests_mean_what_they_meant(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    asked = {"called": "201", "caller": "202", "at": "2026-11-27T18:30"}
    found = await would(anna, **asked)
    assert found == await would(anna, **asked, direction="incoming")
    assert (found["direction"], found["on_net"]) == ("incoming", True)


async def test_call_outside_says_identity_plan_and_payer(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    asked = {"direction": "outgoing", "called": "030 123 4567"}
    found = await would(anna, **asked, device="anna-1", at="2026-11-27T18:30")
    explained = found["explained"]
    assert (found["direction"], found["now"], found["on_net"]) == ("outgoing", False, False)
    assert (explained["goes"], explained["dialled"]) == ("outside", "+31301234567")
    assert (explained["shown"]["shows"], explained["shown"]["number"]) == ("fixed", "+31201232010")
    assert explained["calling_plan"]["allowed"]
    assert found["assumed"] == ["within_caps"]
    hidden = await would(anna, **asked, anonymous=True)
    assert (hidden["explained"]["shown"]["shows"], hidden["assumed"]) == ("withheld", [])
    shown = (await anna.put("/v1/me/identity", {"choice": "mobile"})).status_code
    assert shown == 200
    assert (await would(anna, **asked))["explained"]["shown"]["number"] == "+31612320100"


async def test_what_was_spent_and_what_is_up_holds_a_call_up(site: Api, postgres_url: str) -> None:
    """The same counts as in the gateway: records of this month, and live calls as Redis shows them."""
    anna, redis = await sign_in(site, ANNA), site.app.state.bus.redis
    plan = {"spend_cap_user_day": 1.0, "max_calls_user": 1}
    dora = await sign_in(site, "dora@acme.test")
    assert (await dora.put("/v1/users/anna/services/outgoing_calling_plan", plan)).status_code == 200
    rates = {"rates": {"national_fixed": 0.5}}
    path = "/v1/groups/g1/services/group_outgoing_calling_plan"
    assert (await dora.put(path, rates)).status_code == 200
    asked = {"direction": "outgoing", "called": "0301234567"}
    free = (await would(anna, **asked))["explained"]["calling_plan"]
    assert (free["allowed"], round(free["max_duration_s"])) == (True, 120)
    connection = await asyncpg.connect(postgres_url)
    await insert_entries(connection, [encode_entry(entry("paid"))])
    for place, (who, cost_s) in enumerate((("anna", 60), ("bram", 600))):
        await connection.execute(
            "INSERT INTO gateway.segments (call_id, position, calling, called, tariff, started, ended,"
            " charged, charged_group, rate_per_minute) VALUES ('paid', $1, 'a', 'b', 'national_fixed',"
            " now(), now() + make_interval(secs => $2), $3, 'g1', 0.5)",
            50 + place,
            float(cost_s),
            who,
        )
    await connection.close()
    left = (await would(anna, **asked))["explained"]["calling_plan"]
    assert (left["allowed"], round(left["max_duration_s"])) == (True, 60)
    up = live_call("up", charges=(Charge(subscriber=SubscriberId("anna"), group=GroupId("g1")),))
    await show(redis, up)
    await redis.sadd("gateway:gw1:calls", "up")
    barred = (await would(anna, **asked))["explained"]
    assert (barred["goes"], barred["decided"]["rule"]) == ("refused", "plan.calls-of-user")
    assert barred["announcements"] == ["limit_reached"]
    later = await would(anna, **asked, at="2027-01-01T10:00")
    assert (later["explained"]["goes"], later["assumed"]) == ("outside", ["within_caps"])


async def test_colleague_is_heard_and_not_looked_into(site: Api) -> None:
    anna, bram, redis = await sign_in(site, ANNA), await sign_in(site, BRAM), site.app.state.bus.redis
    asked = {"direction": "outgoing", "called": "202"}
    assert (await bram.patch("/v1/me/devices/bram-mobile", {"rings": False})).status_code == 200
    gone = await would(anna, **asked)
    assert [one["hears"] for one in gone["explained"]["there"]] == ["unavailable"]
    kept = msgspec.json.encode([{"binding": {"expires_at": time.time() + 60}}])
    await redis.hset("bindings:gw1", "bram-1", kept)
    there = await would(anna, **asked)
    assert [one["hears"] for one in there["explained"]["there"]] == ["ringing", "unavailable"]
    assert (there["on_net"], there["assumed"]) == (True, [])
    assert "bram" not in str(there["explained"])
    forward = {"active": True, "destination": "0612345678"}
    await bram.put("/v1/me/services/call_forwarding_always", forward)
    away = await would(anna, **asked)
    assert away["explained"]["there"] == [{"hears": "elsewhere", "for_s": None, "announcements": []}]
    assert "612345678" not in str(away)
    then = await would(anna, **asked, at="2026-11-27T18:30")
    assert then["assumed"] == ["registered", "free", "within_caps"]


async def test_who_has_privacy_is_not_watched_by_dry_runs(site: Api) -> None:
    anna, bram = await sign_in(site, ANNA), await sign_in(site, BRAM)
    assert (await bram.put("/v1/me/services/privacy", {"active": True})).status_code == 200
    found = await would(anna, direction="outgoing", called="202")
    assert (found["there_hidden"], found["explained"]["there"]) == (True, [])
    assert found["explained"]["goes"] == "colleague"
    own = await would(bram, direction="outgoing", called="202", device="bram-1")
    assert not own["there_hidden"]


async def test_codes_say_what_they_mean_and_nothing_is_done(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    found = (await would(anna, direction="outgoing", called="*21*0301234567#"))["explained"]
    assert (found["goes"], found["meaning"]["service"]) == ("code", "call_forwarding_always")
    assert found["meaning"]["changes"] == {"active": True, "destination": "0301234567"}
    forward = (await anna.get("/v1/me/services/call_forwarding_always")).json()
    assert (forward["active"], forward["destination"]) == (False, None)


async def test_redial_is_whom_the_user_called_and_no_administrator_is_told(
    site: Api, postgres_url: str
) -> None:
    await called(postgres_url)
    anna, bram = await sign_in(site, ANNA), await sign_in(site, BRAM)
    asked = {"direction": "outgoing", "called": "*66"}
    found = (await would(anna, **asked))["explained"]
    assert (found["goes"], found["dialled"], found["meaning"]["stands_for"]) == ("colleague", "202", "202")
    for code in ("*66", "*69", "*37#"):
        answer = await bram.ask(
            "POST", "/v1/users/anna/explain", json={"direction": "outgoing", "called": code}
        )
        assert (answer.status_code, problem(answer)) == (422, "invalid-settings")
    by_bram = await would(bram, "/v1/users/anna/explain", direction="outgoing", called="0301234567")
    assert by_bram["explained"]["goes"] == "outside"


async def test_emergency_call_says_where_it_is_from(site: Api) -> None:
    anna, dora = await sign_in(site, ANNA), await sign_in(site, "dora@acme.test")
    zones = {"zones": [{"name": "kantoor", "number": "+31201232099", "route": "regio"}]}
    assert (await dora.put("/v1/groups/g1/services/emergency_zones", zones)).status_code == 200
    placed = await dora.patch("/v1/devices/anna-1", {"site": "kantoor"})
    assert placed.status_code == 200, placed.text
    found = (await would(anna, direction="outgoing", called="112", device="anna-1"))["explained"]
    assert (found["goes"], found["emergency"]["site"], found["emergency"]["route"]) == (
        "emergency",
        "kantoor",
        "regio",
    )
    assert found["shown"]["number"] == "+31201232099"
    from_app = (await would(anna, direction="outgoing", called="112", from_app=True))["explained"]
    assert (from_app["goes"], from_app["decided"]["rule"]) == ("refused", "dial.emergency")


async def test_dry_run_changes_nothing(site: Api, postgres_url: str) -> None:
    anna = await sign_in(site, ANNA)
    connection = await asyncpg.connect(postgres_url)
    before = await connection.fetchval("SELECT count(*) FROM directory.audit")
    await would(anna, called="201", caller="202")
    assert await connection.fetchval("SELECT count(*) FROM directory.audit") == before
    assert await connection.fetchval("SELECT count(*) FROM gateway.calls") == 0
    await connection.close()
