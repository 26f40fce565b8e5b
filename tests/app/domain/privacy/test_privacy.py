"""Everything about a user handed over; and nothing of the user left when erased."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import time
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import msgspec
import pytest

from app.domain.privacy.exports import KEPT_S, STUCK_S
from app.domain.privacy.files import HIDDEN, PIECE, TABLES, Part, TooLarge, files_of, zipped
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
EXPORT = "/v1/me/export"
NAME, ADDRESS, EXTENSION = "Anna de Vries", f"anna@{DOMAIN}", "201"
FIXED, MOBILE, HOME, OUTSIDE = "+31201234501", "+31612345601", "+31207654399", "+31301234567"
EXPORTED = {table for tables in TABLES.values() for table in tables}
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
    for table in EXPORTED - {"directory.subscribers"}:
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


async def made(who: Client) -> dict[str, Any]:
    """The export, when it is ready."""
    begun = await who.ask("POST", EXPORT)
    assert begun.status_code == 202, begun.text
    return await ready(who)


async def ready(who: Client) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while True:
            found: dict[str, Any] = (await who.get(EXPORT)).json()
            if found["state"] in ("ready", "failed"):
                return found
            await asyncio.sleep(0.02)


async def files(who: Client) -> dict[str, str]:
    answer = await who.get(f"{EXPORT}/file")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="hipper-export.zip"'
    assert answer.headers["content-length"] == str(len(answer.content))
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return {name: archive.read(name).decode() for name in archive.namelist()}


async def test_export_has_everything_of_the_user_and_nothing_that_opens(bakery: Bakery) -> None:
    await lives(bakery)
    anna = await user(bakery, "anna")
    done = await made(anna)
    assert (done["state"], done["done"], done["fault"]) == ("ready", done["total"], None)
    found = await files(anna)
    assert set(found) == {"LEESMIJ.txt", *(f"{kind}.json" for kind in (*TABLES, "calls", "changes"))}
    assert len(found) == done["total"]
    every = "".join(found.values())
    numbers = json.loads(found["numbers.json"])["numbers"]
    assert {one["e164"] or one["extension"] for one in numbers} == {FIXED, MOBILE, "201"}
    assert json.loads(found["contacts.json"])["contacts"][0]["name"] == "Oma"
    services = json.loads(found["settings.json"])["subscriber_services"]
    assert {one["service"] for one in services} >= {"anywhere"}
    assert len(json.loads(found["sessions.json"])["sessions"]) >= 1
    calls = json.loads(found["calls.json"])
    assert sorted(one["id"] for one in calls) == ["away", "from-bram", "hidden", "in", "out"]
    assert any("anywhere" in one["change"] for one in json.loads(found["changes.json"]))
    assert "9876543" not in every  # who withheld the number stays withheld
    assert "argon2" not in every
    assert not set(HIDDEN) & set(re.findall(r'"(\w+)":', every))
    bram = await user(bakery, "bram")
    await made(bram)
    assert "Oma" not in "".join((await files(bram)).values())


async def test_readme_is_in_the_users_language_and_names_every_file(bakery: Bakery) -> None:
    anna = await user(bakery, "anna")
    for language, name, word in (("nl", "LEESMIJ.txt", "bekend"), ("en", "README.txt", "known")):
        await bakery.fetch(
            "UPDATE directory.subscribers SET language = $1 WHERE subscriber_id = $2",
            language,
            bakery.ids["anna"],
        )
        await made(anna)
        found = await files(anna)
        assert word in found[name]
        assert ADDRESS in found[name]
        assert all(one in found[name] for one in found if one.endswith(".json"))


async def test_changes_of_others_and_of_who_had_the_name_before_are_not_in_it(bakery: Bakery) -> None:
    """Bram administers: what he changed of Chantal is hers."""
    bram, tenant = await user(bakery, "bram"), bakery.tenant
    path = f"/v1/users/{bakery.ids['chantal']}/services/call_waiting"
    assert (await bram.put(path, {"active": False})).status_code == 200
    path = f"/v1/users/{bakery.ids['bram']}/services/do_not_disturb"
    assert (await bram.put(path, {"active": True})).status_code == 200
    for change in ("secret of an earlier bram", "removed"):
        await bakery.fetch(
            "INSERT INTO directory.audit (audit_id, tenant_id, by, subject, change)"
            " OVERRIDING SYSTEM VALUE VALUES ($3, $1, 'operator', $2, $4)",
            tenant,
            f"subscriber bram@{DOMAIN}",
            -2 if change != "removed" else -1,
            change,
        )
    await made(bram)
    changes = (await files(bram))["changes.json"]
    assert "do_not_disturb" in changes
    assert "chantal" not in changes
    assert "call_waiting" not in changes
    assert "earlier bram" not in changes


async def test_export_is_the_users_alone_and_gone_after_a_day_or_at_once(bakery: Bakery) -> None:
    anna, bram = await user(bakery, "anna"), await user(bakery, "bram")
    assert problem(await anna.get(EXPORT)) == "not-found"
    await made(anna)
    for path in (EXPORT, f"{EXPORT}/file"):
        assert problem(await bram.get(path)) == "not-found"
    expires = (await anna.get(EXPORT)).json()["expires"]
    assert KEPT_S - 60 < expires - time.time() <= KEPT_S
    await bakery.fetch("UPDATE app.exports SET expires_at = now()")
    for path in (EXPORT, f"{EXPORT}/file"):
        assert problem(await anna.get(path)) == "not-found"
    await bakery.api.app.state.exports.sweep()
    for table in ("exports", "export_pieces"):
        assert not await bakery.fetch(f"SELECT 1 FROM app.{table}"), table

    await made(anna)
    for _ in range(2):
        assert (await anna.ask("DELETE", EXPORT)).status_code == 204
    assert not await bakery.fetch("SELECT 1 FROM app.export_pieces")
    assert problem(await anna.get(f"{EXPORT}/file")) == "not-found"


async def test_export_that_is_being_made_goes_on_and_a_ready_one_is_replaced(
    bakery: Bakery, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, hold = await user(bakery, "anna"), asyncio.Event()

    async def slowly(*given: Any) -> AsyncIterator[Any]:
        await hold.wait()
        async for part in files_of(*given):
            yield part

    monkeypatch.setattr("app.domain.privacy.exports.files_of", slowly)
    first = (await anna.ask("POST", EXPORT)).json()
    assert first["state"] == "waiting"
    assert (await anna.ask("POST", EXPORT)).json()["id"] == first["id"]
    assert problem(await anna.get(f"{EXPORT}/file")) == "not-found"
    hold.set()
    assert (await ready(anna))["id"] == first["id"]
    again = await made(anna)
    assert again["id"] != first["id"]
    assert len(await bakery.fetch("SELECT DISTINCT export_id FROM app.export_pieces")) == 1


async def test_export_that_is_too_large_or_stuck_says_so_and_may_be_begun_anew(
    bakery: Bakery, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await user(bakery, "anna")
    for limit in ("MOST_BYTES", "MOST_UNZIPPED"):
        with monkeypatch.context() as small:
            small.setattr(f"app.domain.privacy.exports.{limit}", 100)
            found = await made(anna)
        assert (found["state"], found["fault"]) == ("failed", "too_large")
        assert not await bakery.fetch("SELECT 1 FROM app.export_pieces")

    first = await made(anna)
    await bakery.fetch(
        "UPDATE app.exports SET state = 'running', created_at = now() - make_interval(secs => $1),"
        " expires_at = now() + make_interval(secs => $2)",
        float(STUCK_S + 1),
        float(KEPT_S - STUCK_S - 1),
    )
    await bakery.api.app.state.exports.sweep()
    stuck = (await anna.get(EXPORT)).json()
    assert (stuck["state"], stuck["fault"]) == ("failed", "given_up")
    await bakery.api.app.state.exports._make({"export": first["id"]})  # the job comes back late
    late = (await anna.get(EXPORT)).json()
    assert (late["state"], late["fault"]) == ("ready", None)
    assert (await made(anna))["id"] != first["id"]


async def test_worker_that_dies_on_the_way_is_followed_by_another(
    bakery: Bakery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it had written is not in the file twice."""
    anna, tries = await user(bakery, "anna"), 0

    async def broken(*given: Any) -> AsyncIterator[Any]:
        nonlocal tries
        tries += 1
        async for part in files_of(*given):
            if tries == 1 and part.name == "calls.json":
                raise OSError("the worker is gone")
            yield part

    monkeypatch.setattr("app.domain.privacy.exports.files_of", broken)
    monkeypatch.setattr("app.domain.privacy.files.PIECE", 100)
    monkeypatch.setattr("hipper.runtime.jobs.RETRY_AFTER_S", (0.0, 0.0))
    assert (await made(anna))["state"] == "ready"
    assert tries == 2
    assert json.loads((await files(anna))["calls.json"]) == []


async def test_large_export_is_never_all_in_memory() -> None:
    """Pieces leave as they are made, and what is too much is refused before it is all there."""

    async def parts() -> AsyncIterator[Any]:
        for nth in range(400):
            yield Part("calls.json", os.urandom(10_000), 1 + nth // 400)

    sizes = [len(piece.data) async for piece in zipped(parts(), 1.8e9, 10**9)]
    assert sum(sizes) > 4_000_000
    assert max(sizes) <= PIECE
    with pytest.raises(TooLarge):
        async for _ in zipped(parts(), 1.8e9, 1_000_000):
            pass


async def test_export_knows_every_table_that_refers_to_a_user(bakery: Bakery) -> None:
    """A table that is added has to be exported too, or to go with another one."""
    rows = await bakery.fetch(
        "SELECT DISTINCT conrelid::regclass::text AS name FROM pg_constraint"
        " WHERE confrelid = 'directory.subscribers'::regclass"
    )
    assert {row["name"] for row in rows} == EXPORTED - {"directory.subscribers"}


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
