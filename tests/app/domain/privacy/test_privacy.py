"""Everything about a user handed over; and nothing of the user left when erased."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import msgspec
import pytest

from app.domain.privacy.services import DIRECTORY_TABLES, HIDDEN, OWN_TABLES
from app.domain.signing_in.passwords import hashed_password
from hipper.contracts.calls import AttemptOutcome
from hipper.directory.erasure import spellings, stripped
from hipper.directory.provision.applying import apply_file
from tests.app.domain.history.past import attempt, call, diversion, happened, leg, shown, withheld
from tests.app.kit import Api, installation, problem
from tests.app.people import QUICK, SECRET, Client, sign_in

pytestmark = pytest.mark.servers

DEMO = Path(__file__).parents[4] / "deploy" / "demo-company.toml"
_HASH = hashed_password(SECRET, QUICK)
DOMAIN = "bakkerijdevries.example"
NAME, ADDRESS, EXTENSION = "Anna de Vries", f"anna@{DOMAIN}", "201"
FIXED, MOBILE, HOME, OUTSIDE = "+31201234501", "+31612345601", "+31207654399", "+31301234567"
LEFT_ALONE = {"directory.number_blocks"}
"""The company's own stock of numbers."""


class Bakery(NamedTuple):
    """The demonstration's company. ``ids``: of its users by name."""

    api: Api
    url: str
    tenant: str
    ids: dict[str, str]

    async def fetch(self, query: str, *values: Any) -> list[Any]:
        connection = await asyncpg.connect(self.url)
        try:
            return list(await connection.fetch(query, *values))
        finally:
            await connection.close()


@pytest.fixture
async def bakery(postgres_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Bakery]:
    connection = await asyncpg.connect(postgres_url)
    try:
        await apply_file(connection, DEMO)
        rows = await connection.fetch("SELECT user_name, subscriber_id, tenant_id FROM directory.subscribers")
        ids = {row["user_name"]: row["subscriber_id"] for row in rows}
        for user, role in (("anna", "user"), ("bram", "enterprise_administrator"), ("chantal", "user")):
            await connection.execute(
                "INSERT INTO app.accounts (subscriber_id, password_hash, role) VALUES ($1, $2, $3)",
                ids[user],
                _HASH,
                role,
            )
    finally:
        await connection.close()
    async with Api(installation(tmp_path, postgres_url, redis_url)) as api:
        yield Bakery(api, postgres_url, rows[0]["tenant_id"], ids)


async def user(bakery: Bakery, name: str) -> Client:
    return await sign_in(bakery.api, f"{name}@{DOMAIN}")


async def lives(bakery: Bakery) -> None:
    """Anna has settings, contacts, sessions and calls, and colleagues have her in theirs."""
    anna, bram, chantal = [await user(bakery, name) for name in ("anna", "bram", "chantal")]
    a, b = bakery.ids["anna"], bakery.ids["bram"]
    mine = {"list": "private", "name": "Oma", "numbers": [{"number": OUTSIDE}]}
    await put(anna, "POST", "/v1/me/contacts", mine)
    anywhere = {"active": True, "locations": [{"number": HOME}]}
    await put(anna, "PUT", "/v1/me/services/anywhere", anywhere)
    of_anna = {"list": "business", "name": NAME, "note": "of 06 12345601", "numbers": [{"number": FIXED}]}
    await put(bram, "POST", "/v1/me/contacts", of_anna)
    dials = [{"code": "2", "destination": FIXED, "label": "Anna"}, {"code": "3", "destination": OUTSIDE}]
    await put(bram, "PUT", "/v1/me/services/speed_dial_8", {"entries": dials})
    forward = {"active": True, "destination": FIXED}
    await put(chantal, "PUT", "/v1/me/services/call_forwarding_always", forward)
    taken, rang = AttemptOutcome.ANSWERED, AttemptOutcome.RANG
    to_bram = leg(1, shown(extension="202", name="Bram Jansen"), b, "d-2", answered=2, peer="bram-winkel")
    of_her = shown(FIXED, EXTENSION, NAME, network_number=MOBILE)
    from_anna = leg(0, of_her, a, "d-1", payer="ZM-100201", peer="anna-kantoor")
    remote = leg(1, shown(FIXED), a, f"remote:{HOME}")
    to_anna = leg(2, shown(FIXED, EXTENSION, NAME), a, "d-1", answered=3, peer="anna-kantoor")
    outside = leg(0, shown(OUTSIDE))
    records = (
        call("out", (from_anna, to_bram), (attempt(b, "d-2", taken),), dialled="202"),
        call("in", (outside, remote, to_anna), (attempt(a, f"remote:{HOME}", rang), attempt(a, "d-1", taken)),
             dialled="0201234501"),
        call("from-bram", (leg(0, shown(extension="202"), b, "d-2"), to_anna), (attempt(a, "d-1", taken),),
             dialled=EXTENSION),
        call("away", (outside, leg(1, shown(HOME), answered=9, diverted_by=a)), (attempt(a, "d-1", rang),),
             diversions=(diversion(a, HOME),)),
        call("hidden", (leg(0, withheld("+31309876543")), to_anna), (attempt(a, "d-1", taken),),
             dialled=FIXED),
        call("others", (leg(0, shown(extension="202"), b, "d-2"), leg(1, shown(MOBILE), answered=1)),
             later_s=-3 * 86400, dialled=MOBILE),
        call("others-later", (leg(0, shown(extension="202"), b, "d-2"), leg(1, shown(MOBILE), answered=1)),
             later_s=60, dialled="0612345601"),
    )  # fmt: skip
    await happened(bakery.url, *(msgspec.structs.replace(one, tenant=bakery.tenant) for one in records))


async def put(who: Client, method: str, path: str, body: dict[str, Any]) -> None:
    answer = await who.ask(method, path, json=body)
    assert answer.status_code < 300, answer.text


async def places_with(bakery: Bakery, texts: list[str]) -> dict[str, list[str]]:
    """Every row of every table of ours that holds one of ``texts`` as a whole word, by table."""
    tables = await bakery.fetch(
        "SELECT table_schema || '.' || table_name AS name FROM information_schema.tables"
        " WHERE table_type = 'BASE TABLE'"
        " AND table_schema NOT IN ('pg_catalog', 'information_schema', 'public')"
    )
    word = re.compile("|".join(rf"(?<![\w+]){re.escape(one)}(?!\w)" for one in texts))
    found: dict[str, list[str]] = {}
    for table in {row["name"] for row in tables} - LEFT_ALONE:
        rows = await bakery.fetch(f"SELECT to_jsonb(t)::text AS row FROM {table} t")
        if kept := [row["row"] for row in rows if word.search(row["row"])]:
            found[table] = kept
    return found


def known_by() -> list[str]:
    """Name, address, extension, telephones and numbers in every spelling."""
    numbers = (number for e164 in (FIXED, MOBILE, HOME) for number in spellings(e164))
    return [NAME, ADDRESS, EXTENSION, "anna-kantoor", *numbers]


async def test_after_erasure_no_table_holds_name_numbers_or_address(bakery: Bakery) -> None:
    await lives(bakery)
    a, bram = bakery.ids["anna"], await user(bakery, "bram")
    before = await places_with(bakery, known_by())
    assert {"directory.audit", "directory.subscribers", "directory.numbers", "directory.contacts",
            "directory.subscriber_services", "gateway.calls", "gateway.legs", "gateway.history",
            "gateway.diversions", "gateway.device_attempts"} <= before.keys()  # fmt: skip
    costs = await bakery.fetch(BILLED)
    await bakery.api.app.state.bus.redis.xadd(f"events:{a}", {"m": "Anna"})
    answer = await bram.ask("POST", f"/v1/users/{a}/erase")
    assert answer.status_code == 204, answer.text
    assert await places_with(bakery, known_by()) == {}
    assert await bakery.fetch(BILLED) == costs
    assert not await bakery.api.app.state.bus.redis.exists(f"events:{a}")
    (left,) = await bakery.fetch("SELECT * FROM directory.subscribers WHERE subscriber_id = $1", a)
    assert (left["display_name"], left["enabled"]) == ("(erased)", False)
    assert left["erased_at"] is not None
    for table in (*DIRECTORY_TABLES[1:], *OWN_TABLES):
        assert not await bakery.fetch(f"SELECT 1 FROM {table} WHERE subscriber_id = $1", a), table
    (told,) = await bakery.fetch("SELECT * FROM directory.audit WHERE change LIKE 'erased:%'")
    assert (told["by"], told["tenant_id"]) == (f"user:{bakery.ids['bram']}", bakery.tenant)


BILLED = """
SELECT l.call_id, l.leg_id, l.subscriber, l.payer_subscription, l.tariff, l.offered, l.answered, l.ended,
       c.started, c.outcome
FROM gateway.legs l JOIN gateway.calls c USING (call_id) ORDER BY 1, 2"""


async def test_what_colleagues_keep_works_on_without_the_user(bakery: Bakery) -> None:
    await lives(bakery)
    bram, chantal = await user(bakery, "bram"), await user(bakery, "chantal")
    await bram.ask("POST", f"/v1/users/{bakery.ids['anna']}/erase")
    dials = (await bram.get("/v1/me/services/speed_dial_8")).json()["entries"]
    assert [one["code"] for one in dials] == ["3"]
    forward = (await chantal.get("/v1/me/services/call_forwarding_always")).json()
    assert (forward["active"], forward["destination"]) == (False, None)
    (contact,) = (await bram.get("/v1/me/contacts")).json()["items"]
    assert (contact["name"], contact["numbers"]) == ("(erased)", [])
    ours = {one["id"]: one["other"] for one in (await bram.get("/v1/me/history")).json()["items"]}
    assert set(ours) == {"out", "from-bram", "others", "others-later"}
    for other in ours.values():
        assert (other["name"], other["number"], other["extension"]) == (None, None, None)


async def test_main_number_stays_the_companys_when_who_had_it_is_erased(bakery: Bakery) -> None:
    main = "UPDATE directory.tenants SET main_number = $1 WHERE tenant_id = $2"
    await bakery.fetch(main, FIXED, bakery.tenant)
    bram = await user(bakery, "bram")
    assert (await bram.ask("POST", f"/v1/users/{bakery.ids['anna']}/erase")).status_code == 204
    (number,) = await bakery.fetch("SELECT kind, subscriber_id FROM directory.numbers WHERE e164 = $1", FIXED)
    assert tuple(number) == ("main", None)


async def test_erasing_twice_does_no_harm_and_takes_what_came_later(bakery: Bakery) -> None:
    await lives(bakery)
    a, bram = bakery.ids["anna"], await user(bakery, "bram")
    assert (await bram.ask("POST", f"/v1/users/{a}/erase")).status_code == 204
    late = leg(1, shown(FIXED, name=NAME), a, "d-1", answered=1)
    record = call("late", (leg(0, shown(OUTSIDE)), late), (attempt(a, "d-1", AttemptOutcome.ANSWERED),))
    await happened(bakery.url, msgspec.structs.replace(record, tenant=bakery.tenant))
    assert "gateway.legs" in await places_with(bakery, known_by())
    count = len(await bakery.fetch("SELECT 1 FROM directory.audit"))
    assert (await bram.ask("POST", f"/v1/users/{a}/erase")).status_code == 204
    assert await places_with(bakery, known_by()) == {}
    assert len(await bakery.fetch("SELECT 1 FROM directory.audit")) == count


async def test_erasure_that_was_cut_off_is_finished_by_the_next(
    bakery: Bakery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The directory fails after the records were done: nothing is half gone there, and again is enough."""
    await lives(bakery)
    a, bram = bakery.ids["anna"], await user(bakery, "bram")

    async def away(*_: Any) -> None:
        raise OSError("away")

    with monkeypatch.context() as broken:
        broken.setattr("hipper.directory.erasure._tell_others", away)
        answer = await bram.ask("POST", f"/v1/users/{a}/erase")
        assert problem(answer) == "directory-unavailable"
    assert await bakery.fetch("SELECT 1 FROM directory.numbers WHERE subscriber_id = $1", a)
    assert (await bram.ask("POST", f"/v1/users/{a}/erase")).status_code == 204
    assert await places_with(bakery, known_by()) == {}


async def test_group_administrator_does_not_erase_who_administers_the_enterprise(bakery: Bakery) -> None:
    await bakery.fetch(
        "UPDATE app.accounts SET role = 'group_administrator' WHERE subscriber_id = $1", bakery.ids["anna"]
    )
    anna = await user(bakery, "anna")
    assert problem(await anna.ask("POST", f"/v1/users/{bakery.ids['bram']}/erase")) == "forbidden"
    assert (await anna.ask("POST", f"/v1/users/{bakery.ids['chantal']}/erase")).status_code == 204


# --- export -------------------------------------------------------------------------------------------


async def test_export_has_everything_of_the_user_and_nothing_that_opens(bakery: Bakery) -> None:
    await lives(bakery)
    anna = await user(bakery, "anna")
    answer = await anna.ask("POST", "/v1/me/export")
    assert answer.status_code == 200
    found = answer.json()
    assert found["user"] == ADDRESS
    tables = found["tables"]
    assert {one["e164"] or one["extension"] for one in tables["directory.numbers"]} == {FIXED, MOBILE, "201"}
    assert tables["directory.contacts"][0]["name"] == "Oma"
    assert {one["service"] for one in tables["directory.subscriber_services"]} >= {"anywhere"}
    assert len(tables["app.sessions"]) >= 1
    assert sorted(one["id"] for one in found["calls"]) == ["away", "from-bram", "hidden", "in", "out"]
    assert any("anywhere" in one["change"] for one in found["audit"])
    assert "9876543" not in answer.text  # who withheld the number stays withheld
    assert "argon2" not in answer.text
    assert not set(HIDDEN) & set(re.findall(r'"(\w+)":', answer.text))
    bram = (await (await user(bakery, "bram")).ask("POST", "/v1/me/export")).text
    assert "Oma" not in bram
    assert json.loads(bram)["user"] == f"bram@{DOMAIN}"


async def test_export_knows_every_table_that_refers_to_a_user(bakery: Bakery) -> None:
    """A table that is added has to be exported too, or to go with another one."""
    rows = await bakery.fetch(
        "SELECT DISTINCT conrelid::regclass::text AS name FROM pg_constraint"
        " WHERE confrelid = 'directory.subscribers'::regclass"
    )
    assert {row["name"] for row in rows} <= {*DIRECTORY_TABLES, *OWN_TABLES}


def test_settings_lose_what_speaks_of_the_user_and_nothing_else() -> None:
    texts = ("Anna", FIXED)
    value = {
        "active": True,
        "destination": FIXED,
        "rules": [{"to": FIXED, "x": 1}, {"to": FIXED + "9", "who": "Annabel"}],
        "label": "Annabel",
    }
    assert stripped(value, texts) == {
        "active": False,
        "rules": [{"to": FIXED + "9", "who": "Annabel"}],
        "label": "Annabel",
    }
    assert stripped({"active": True, "label": "x"}, texts) == {"active": True, "label": "x"}
