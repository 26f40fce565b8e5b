"""Nobody reaches what is somebody else's: every route of the application is walked with ids of another tenant
and of other users. A route that is added is walked too."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import asyncpg
import pytest
from litestar import Litestar, get

from app.access import check_routes
from app.operations import Access, declared, handlers
from hipper.pbx.ids import GroupId
from tests.app.domain.history.past import OUTSIDE, call, happened, leg, shown
from tests.app.kit import Api
from tests.app.live import answering, live_call, show
from tests.app.people import ANNA, BRAM, CARL, Client, sign_in

pytestmark = pytest.mark.servers

DORA = "dora@acme.test"
NOBODYS = "nothing-at-all"
ADMINISTERED = (
    *("/v1/groups", "/v1/users", "/v1/tenants", "/v1/blocks", "/v1/devices", "/v1/imports", "/v1/audit"),
    "/v1/api-keys",
)
OWN = {"group": "g1", "user": "anna", "tenant": "acme", "telephone": "anna-1", "number": "31201239999"} | {
    "recording": "winter"
}
"""Anna's: stand in for the other ids of a path."""
HELD = """
INSERT INTO directory.number_blocks (block_id, tenant_id, first_number, size)
    VALUES ('b-acme', 'acme', 31207654300, 10), ('b-other', 'other', 31107654300, 10);
INSERT INTO directory.imports (import_id, tenant_id, by, dry_run, state, total)
    VALUES ('i-acme', 'acme', 'user:dora', false, 'done', 1),
           ('i-other', 'other', 'user:carl', false, 'done', 1);
INSERT INTO directory.music (tenant_id, name, display_name, is_default, duration_ms, digest, audio)
    VALUES ('acme', 'winter', 'Winter', true, 1000, repeat('0', 64), '');
INSERT INTO app.api_keys (key_id, key_hash, name, role) VALUES ('k-1', '', 'k-1', 'operator');
"""
TABLES = (
    "directory.tenants",
    "directory.groups",
    "directory.subscribers",
    "directory.numbers",
    "directory.devices",
    "directory.subscriber_services",
    "directory.group_services",
    "directory.number_blocks",
    "directory.subscriptions",
    "directory.pack_licences",
    "directory.imports",
    "directory.music",
    "directory.audit",
    "directory.contacts",
    "directory.contact_numbers",
    "gateway.history",
    "app.accounts",
    "app.api_keys",
)


class Route(NamedTuple):
    method: str
    path: str
    body: Any


async def routes(api: Api) -> list[Route]:
    """Every operation of the description, which has every route (test_description), but for what listens
    without end (tests.app.domain.events)."""
    described = (await api.client.get("/v1/openapi.json")).json()
    found = []
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            if "text/event-stream" in operation["responses"].get("200", {}).get("content", {}):
                continue
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            body = content.get("examples", {}).get("usual", {}).get("value")
            found.append(Route(method.upper(), path, body))
    return found


async def state_of(url: str) -> dict[str, list[str]]:
    connection = await asyncpg.connect(url)
    try:
        found = {
            table: sorted(str(dict(row)) for row in await connection.fetch(f"SELECT * FROM {table}"))
            for table in TABLES
        }
        rows = await connection.fetch("SELECT session_id, subscriber_id, ended_at FROM app.sessions")
        return found | {"app.sessions": sorted(str(dict(row)) for row in rows)}
    finally:
        await connection.close()


def with_own(path: str) -> str:
    for name, own in OWN.items():
        path = path.replace(f"{{{name}}}", own)
    return path


async def ask(client: Client, route: Route, path: str) -> tuple[int, str]:
    parts = {} if route.body is None else {"json": route.body}
    answer = await client.ask(route.method, path, **parts)
    return answer.status_code, answer.text


async def test_ids_of_others_are_404_on_every_route_and_nothing_changes(site: Api, postgres_url: str) -> None:
    anna, bram, carl, dora = [await sign_in(site, who) for who in (ANNA, BRAM, CARL, DORA)]
    for user in ("anna", "bram", "carl"):
        await show(site.app.state.bus.redis, live_call(f"call-of-{user}", user))
    for group in ("g2", "g9"):
        rings = live_call(f"rings-in-{group}", "nobody", answered=None, open_to=GroupId(group))
        await show(site.app.state.bus.redis, rings)
    sessions = [one.tokens["session"] for one in (anna, bram, carl, dora)]
    await own_lists(postgres_url)
    others: dict[str, dict[Any, tuple[str, ...]]] = {
        "group": {anna: ("g2", "g9"), bram: ("g2", "g9"), dora: ("g9",), carl: ("g1", "g2")},
        "user": {anna: ("bram", "carl"), bram: ("dora", "carl"), dora: ("carl",), carl: ("anna", "bram")},
        "device": {
            one: tuple({"anna-1", "bram-1", "carl-1", "anna-mobile"} - own)
            for one, own in (
                (anna, {"anna-1", "anna-mobile"}),
                (bram, {"bram-1"}),
                (carl, {"carl-1"}),
                (dora, set()),
            )
        },
        "call": {
            anna: ("call-of-bram", "call-of-carl"),
            bram: ("call-of-anna", "call-of-carl"),
            carl: ("call-of-anna", "call-of-bram"),
            dora: ("call-of-anna", "call-of-carl"),
        },
        "open_call": {
            anna: ("rings-in-g2", "rings-in-g9", "call-of-bram"),
            bram: ("rings-in-g2", "rings-in-g9", "call-of-anna"),
            carl: ("rings-in-g2", "call-of-anna"),
            dora: ("rings-in-g9", "call-of-anna"),
        },
        "contact": others_of("contact", anna, bram, carl, dora),
        "entry": others_of("past", anna, bram, carl, dora),
        "own_number": dict.fromkeys((anna, bram, carl, dora), ("31209999999",)) | {carl: ("mobile",)},
        "session": {one: tuple(set(sessions) - {one.tokens["session"]}) for one in (anna, bram, carl, dora)},
        "tenant": {anna: ("other",), bram: ("other",), carl: ("acme",), dora: ("other",)},
        "telephone": {
            anna: ("bram-1", "carl-1"),
            bram: ("carl-1",),
            carl: ("anna-1", "anna-mobile"),
            dora: ("carl-1",),
        },
        "block": {anna: ("b-other",), bram: ("b-other",), carl: ("b-acme",), dora: ("b-other",)},
        "number": {
            carl: ("31201239999", "31207654301"),
            **dict.fromkeys((anna, bram, dora), ("31101234567", "31107654301")),
        },
        "import_": {
            anna: ("i-other",),
            bram: ("i-acme", "i-other"),
            carl: ("i-acme",),
            dora: ("i-other",),
        },
        "key": dict.fromkeys((anna, bram, carl, dora), ("k-1",)),
        "recording": {carl: ("winter",)},
    }
    await execute(postgres_url, HELD)
    before = await state_of(postgres_url)
    walked = 0
    for route in await routes(site):
        for name in re.findall(r"\{(\w+)\}", route.path):
            for who, ids in others[name].items():
                nothing = await ask(who, route, with_own(route.path.replace(f"{{{name}}}", NOBODYS)))
                assert nothing[0] == 404, (route.method, route.path)
                for other in ids:
                    found = await ask(who, route, with_own(route.path.replace(f"{{{name}}}", other)))
                    assert found == nothing, (route.method, route.path, other)
                    walked += 1
    assert walked > 500
    assert await state_of(postgres_url) == before


async def own_lists(url: str) -> None:
    """A contact and a past call of each."""
    for user, tenant in (("anna", "acme"), ("bram", "acme"), ("carl", "other"), ("dora", "acme")):
        await execute(
            url,
            "INSERT INTO directory.contacts (contact_id, tenant_id, subscriber_id, list, name)"
            f" VALUES ('contact-of-{user}', '{tenant}', '{user}', 'private', 'Vriend van {user}')",
        )
        legs = (leg(0, shown(OUTSIDE)), leg(1, shown(extension="299"), user, "device"))
        await happened(url, call(f"past-of-{user}", legs, tenant=tenant))


def others_of(what: str, *clients: Client) -> dict[Any, tuple[str, ...]]:
    users = ("anna", "bram", "carl", "dora")
    return {
        client: tuple(f"{what}-of-{other}" for other in users if other != user)
        for client, user in zip(clients, users, strict=True)
    }


async def test_whoever_asks_without_ids_reads_and_changes_only_the_own_company(
    site: Api, postgres_url: str, redis_url: str
) -> None:
    """Carl carries out every route without ids, as an administrator of his company."""
    await execute(postgres_url, "UPDATE app.accounts SET role = 'enterprise_administrator'")
    for who in (ANNA, BRAM):
        anna = await sign_in(site, who)
        await anna.put(
            "/v1/me/services/call_forwarding_always", {"active": True, "destination": "0307654321"}
        )
    before = await state_of(postgres_url)
    carl = await sign_in(site, CARL)
    await show(site.app.state.bus.redis, live_call("call-of-anna"))
    async with answering(redis_url):
        for route in await routes(site):
            if "{" in route.path or not route.path.startswith(("/v1/me", "/v1/directory", *ADMINISTERED)):
                continue
            status, text = await ask(carl, route, route.path)
            assert status < 500
            for secret in ("acme", "anna", "bram", "0307654321", "+3120123"):
                assert secret not in without_examples(text, route.body), (route, secret)
    after = await state_of(postgres_url)
    for table in TABLES:
        of_acme = [row for row in before[table] if "carl" not in row and "other" not in row]
        assert [row for row in after[table] if "carl" not in row and "other" not in row] == of_acme


def without_examples(text: str, body: Any) -> str:
    """What Carl himself just saved may come back."""
    for number in re.findall(r"\+?\d{9,}", str(body)):
        text = text.replace(number, "")
    return text.replace("+31201234599", "").replace("+31201234500", "")


async def test_without_a_token_nothing_but_open_routes_answers(site: Api) -> None:
    for route in await routes(site):
        if route.path.startswith(("/v1/me", "/v1/directory", *ADMINISTERED)):
            answer = await site.client.request(route.method, route.path, json=route.body)
            assert answer.status_code == 401, route
            assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_plain_users_administer_nothing_of_their_own_group(site: Api, postgres_url: str) -> None:
    anna = await sign_in(site, ANNA)
    await execute(postgres_url, HELD)
    before = await state_of(postgres_url)
    for route in await routes(site):
        if route.path.startswith(ADMINISTERED) and "{key}" not in route.path:
            path = with_own(route.path).replace("{block}", "b-acme").replace("{import_}", "i-acme")
            assert (await ask(anna, route, path))[0] == 403, route
    assert await state_of(postgres_url) == before


async def test_former_administrator_is_one_no_more_with_the_next_request(
    site: Api, postgres_url: str
) -> None:
    bram = await sign_in(site, BRAM)
    assert (await bram.get("/v1/groups/g1/services")).status_code == 200
    await execute(postgres_url, "UPDATE app.accounts SET role = 'user' WHERE subscriber_id = 'bram'")
    await site.settled()
    assert (await bram.get("/v1/groups/g1/services")).status_code == 403


async def test_user_who_was_removed_is_gone_with_tokens_and_all(site: Api, postgres_url: str) -> None:
    anna = await sign_in(site, ANNA)
    assert (await anna.get("/v1/me")).status_code == 200
    await execute(postgres_url, "DELETE FROM directory.subscribers WHERE subscriber_id = 'anna'")
    await site.settled()
    assert (await anna.get("/v1/me")).status_code == 401
    assert not [row for row in (await state_of(postgres_url))["app.sessions"] if "anna" in row]


def test_route_that_nobody_could_judge_keeps_the_application_from_starting() -> None:
    @get("/silent")
    async def silent() -> None: ...

    @get("/of/{invoice:str}", opt=declared(Access.USER))
    async def unknown() -> None: ...

    for handler, said in ((silent, "who may ask"), (unknown, "'invoice'")):
        with pytest.raises(ValueError, match=said):
            check_routes(Litestar([handler]))


async def test_description_has_every_route(site: Api) -> None:
    described = (await site.client.get("/v1/openapi.json")).json()["paths"]
    for method, path, _ in handlers(site.app):
        pattern = path.replace("{service}", "do_not_disturb" if "/groups/" not in path else "group_schedules")
        assert method.lower() in described[pattern], (method, path)


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
