"""Every statement the API makes finds its rows by an index: EXPLAIN says so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hipper.runtime.database import open_owner_pool
from hipper.runtime.settings_model import Settings
from tests.app.domain.history.past import OUTSIDE, call, happened, leg, shown
from tests.app.kit import Api, installation
from tests.app.live import answering
from tests.app.people import BRAM, SECRET, company, sign_in
from tests.app.test_isolation import routes
from tests.sounds import tone

pytestmark = pytest.mark.servers

QUERIES = (
    "/v1/directory?q=an",
    "/v1/directory?q=201",
    "/v1/me/contacts?q=e",
    "/v1/me/history?kind=missed",
    "/v1/me/history?kind=private",
    "/v1/me/lookup?number=0301234567",
    "/v1/me/lookup?number=201",
    "/v1/me/explain?call=past",
)
"""Of lists that ask differently."""


async def test_no_statement_scans_a_table(
    postgres_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With sequential scans forbidden PostgreSQL still makes one where no index serves."""
    await company(postgres_url, bram="enterprise_administrator")
    seen: dict[str, tuple[Any, ...]] = {}

    def remember(query: asyncpg.LoggedQuery) -> None:
        if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", query.query) and query.exception is None:
            seen.setdefault(query.query, query.args or ())

    async def listen(connection: asyncpg.Connection) -> None:
        connection.add_query_logger(remember)

    async def listening_pool(settings: Settings, owner: str) -> asyncpg.Pool:
        return await open_owner_pool(settings, owner, init=listen)

    monkeypatch.setattr("app.main.open_owner_pool", listening_pool)
    async with answering(redis_url), Api(installation(tmp_path, postgres_url, redis_url)) as api:
        bram = await sign_in(api, BRAM)
        other = await sign_in(api, BRAM)
        again = await api.client.post(
            "/v1/sessions/refresh", json={"refresh_token": other.tokens["refresh_token"]}
        )
        assert again.status_code == 200
        for _ in range(2):
            await api.client.post(
                "/v1/sessions/refresh", json={"refresh_token": other.tokens["refresh_token"]}
            )
        audio = {"content": tone(440), "headers": {"Content-Type": "audio/wav"}}
        assert (await bram.ask("PUT", "/v1/tenants/acme/music/winter", **audio)).status_code == 201
        eva = await bram.ask("POST", "/v1/me/contacts", json={"list": "private", "name": "Eva"})
        contact = eva.json()["id"]
        legs = (leg(0, shown(OUTSIDE)), leg(1, shown(extension="202"), "bram", "bram-1"))
        await happened(postgres_url, call("past", legs))
        for query in QUERIES:
            assert (await bram.get(query)).status_code == 200
        for route in await routes(api):
            path = route.path.replace("{group}", "g1").replace("{user}", "anna")
            path = path.replace("{own_number}", "fixed").replace("{tenant}", "acme")
            path = path.replace("{recording}", "winter")
            path = path.replace("{contact}", contact).replace("{entry}", "past")
            path = path.replace("{device}", "bram-1").replace("{session}", other.tokens["session"])
            body = {"current": SECRET, "new": SECRET} if path == "/v1/me/password" else route.body
            await bram.ask(route.method, path, json=body)
    assert len(seen) > 25, seen.keys()
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute("SET enable_seqscan = off")
        for query, given in seen.items():
            many = "$2" in query and len(given) == 1  # executemany: a list of their arguments
            arguments = given[0] if many else given
            plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {query}", *arguments))
            assert "Seq Scan" not in plan, f"{query}\n{plan}"
    finally:
        await connection.close()
