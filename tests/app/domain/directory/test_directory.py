"""Colleagues with live state, and who is behind a number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hipper.contracts.calls import AttemptOutcome
from tests.app.domain.history.past import attempt, call, happened, leg, shown
from tests.app.kit import NOWHERE, Api, installation, problem
from tests.app.people import ANNA, BRAM, CARL, Client, sign_in

pytestmark = pytest.mark.servers

BRAM_FIXED, OUTSIDE = "+31201232020", "+31301234567"


async def colleagues(who: Client, **query: str) -> list[str]:
    answer = await who.get("/v1/directory", params=query)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


async def shown_of(who: Client, user: str) -> dict[str, Any]:
    items = (await who.get("/v1/directory")).json()["items"]
    return next(one for one in items if one["id"] == user)


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def set_service(url: str, user: str, name: str, settings: str) -> None:
    await execute(
        url,
        "INSERT INTO directory.subscriber_services (tenant_id, subscriber_id, service, settings)"
        f" VALUES ('acme', '{user}', '{name}', '{settings}')",
    )


async def test_colleagues_of_all_groups_and_of_no_other_company(site: Api) -> None:
    anna, carl = await sign_in(site, ANNA), await sign_in(site, CARL)
    assert await colleagues(anna) == ["anna", "bram", "dora"]
    assert await colleagues(carl) == ["carl"]
    first = (await anna.get("/v1/directory", params={"limit": "2"})).json()
    assert await colleagues(anna, limit="2", after=first["next"]) == ["dora"]
    dora = await shown_of(anna, "dora")
    assert (dora["group"], dora["group_name"]) == ("g2", "Branch")
    assert (await shown_of(anna, "bram"))["numbers"] == [
        {"kind": "extension", "text": "202", "e164": None, "extension": "202"},
        {"kind": "fixed", "text": "020 123 2020", "e164": BRAM_FIXED, "extension": None},
        {"kind": "mobile", "text": "06 12320200", "e164": "+31612320200", "extension": None},
    ]


async def test_colleagues_are_found_by_name_extension_and_number(site: Api, postgres_url: str) -> None:
    await execute(
        postgres_url,
        "UPDATE directory.subscribers SET display_name = 'Bram de Vriés-Bakker' WHERE subscriber_id = 'bram'",
    )
    anna = await sign_in(site, ANNA)
    for asked, found in {
        "vries": ["bram"],
        "Bak br": ["bram"],
        "akker": [],
        "20": ["anna", "bram"],
        "202": ["bram"],
        "020 123 20": ["anna", "bram"],
        "020-1232020": ["bram"],
        "+31 20 1232020": ["bram"],
        "0031201232020": ["bram"],
        "2020": ["bram"],
        "20200": ["bram"],
        "31101234567": [],
        "acme": [],
    }.items():
        assert await colleagues(anna, q=asked) == found, asked
    assert problem(await anna.get("/v1/directory", params={"q": "x" * 81})) == "invalid-request"


async def test_who_is_in_a_call_is_busy_for_colleagues(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    redis = site.app.state.bus.redis
    assert (await shown_of(anna, "bram"))["presence"] == "available"
    await redis.hset("busy:bram", "call-1", "")
    assert (await shown_of(anna, "bram"))["presence"] == "busy"
    assert (await shown_of(anna, "anna"))["presence"] == "available"
    await redis.delete("busy:bram")
    assert (await shown_of(anna, "bram"))["presence"] == "available"


async def test_presence_is_unknown_while_redis_is_away(site: Api, postgres_url: str, tmp_path: Path) -> None:
    anna = await sign_in(site, ANNA)
    async with Api(installation(tmp_path, postgres_url, NOWHERE)) as without:
        anna.http = without.client
        assert {one["presence"] for one in (await anna.get("/v1/directory")).json()["items"]} == {"unknown"}
        found = (await anna.get("/v1/me/lookup", params={"number": "202"})).json()
        assert found["colleague"]["presence"] == "unknown"


async def test_who_has_privacy_is_in_no_list_and_behind_no_number(site: Api, postgres_url: str) -> None:
    await set_service(postgres_url, "bram", "privacy", '{"active": true}')
    anna = await sign_in(site, ANNA)
    assert await colleagues(anna) == ["anna", "dora"]
    for asked in ("bram", "202", BRAM_FIXED):
        assert await colleagues(anna, q=asked) == []
    for number in ("202", BRAM_FIXED):
        assert (await anna.get("/v1/me/lookup", params={"number": number})).json()["colleague"] is None


async def test_withheld_number_is_not_listed_and_finds_nobody(site: Api, postgres_url: str) -> None:
    """The extension is the internal line, which is shown until that is hidden too (decision 5)."""
    await execute(
        postgres_url, "UPDATE directory.subscribers SET withhold = true WHERE subscriber_id = 'bram'"
    )
    anna = await sign_in(site, ANNA)
    assert [one["kind"] for one in (await shown_of(anna, "bram"))["numbers"]] == ["extension"]
    for asked in (BRAM_FIXED, "0201232020", "2020"):
        assert await colleagues(anna, q=asked) == []
    found = (await anna.get("/v1/me/lookup", params={"number": BRAM_FIXED})).json()
    assert (found["colleague"], found["name"]) == (None, None)
    assert (await anna.get("/v1/me/lookup", params={"number": "202"})).json()["name"] == "Bram"
    await set_service(postgres_url, "bram", "internal_calling_line_id_delivery", '{"active": false}')
    assert (await shown_of(anna, "bram"))["numbers"] == []
    assert await colleagues(anna, q="202") == []
    assert (await anna.get("/v1/me/lookup", params={"number": "202"})).json()["colleague"] is None


async def test_caller_is_a_contact_or_a_colleague_with_the_last_calls(site: Api, postgres_url: str) -> None:
    legs = (leg(0, shown(OUTSIDE)), leg(1, shown("+31201232010"), "anna", "anna-1", answered=2))
    taken = (attempt("anna", "anna-1", AttemptOutcome.ANSWERED),)
    records = [call(f"c{n}", legs, taken, later_s=n) for n in range(7)]
    await happened(postgres_url, *records)
    anna, bram = await sign_in(site, ANNA), await sign_in(site, BRAM)
    body = {"list": "private", "name": "Eva", "numbers": [{"number": OUTSIDE}]}
    await anna.ask("POST", "/v1/me/contacts", json=body)
    found = (await anna.get("/v1/me/lookup", params={"number": "030-1234567"})).json()
    assert (found["number"], found["text"], found["name"]) == (OUTSIDE, "030 123 4567", "Eva")
    assert [one["list"] for one in found["contacts"]] == ["private"]
    assert [one["id"] for one in found["calls"]] == ["c6", "c5", "c4", "c3", "c2"]
    theirs = (await bram.get("/v1/me/lookup", params={"number": OUTSIDE})).json()
    assert (theirs["name"], theirs["contacts"], theirs["calls"]) == (None, [], [])
    colleague = (await anna.get("/v1/me/lookup", params={"number": BRAM_FIXED})).json()
    assert (colleague["name"], colleague["colleague"]["id"]) == ("Bram", "bram")
    stranger = (await anna.get("/v1/me/lookup", params={"number": "+31101234567"})).json()
    assert (stranger["name"], stranger["colleague"]) == (None, None)  # Carl is of another company


async def test_caller_without_number_is_nobody(site: Api) -> None:
    anna = await sign_in(site, ANNA)
    for params in ({"number": "anonymous"}, {"number": ""}, {"number": "*21#"}, {}):
        assert problem(await anna.get("/v1/me/lookup", params=params)) == "invalid-request", params
