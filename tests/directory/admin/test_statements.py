"""Every statement of administration finds its rows by an index, whatever it is asked: EXPLAIN says so."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator

import asyncpg
import pytest

import hipper.directory.admin

pytestmark = pytest.mark.servers

_SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE)\b")
OTHERS = ("app.access", "app.domain.admin.accounts", "app.domain.admin.api_keys", "fmc_gateway.records.usage")


def statements() -> Iterator[tuple[str, str]]:
    """Those with a name of their own; parts of statements have one that begins with an underscore."""
    package = hipper.directory.admin
    modules = [f"{package.__name__}.{one.name}" for one in pkgutil.iter_modules(package.__path__)]
    for name in (*modules, *OTHERS):
        for constant, value in vars(importlib.import_module(name)).items():
            named = constant.isupper() and not constant.startswith("_")
            if named and isinstance(value, str) and _SQL.match(value):
                yield f"{name}.{constant}", value


async def test_no_statement_scans_a_table(postgres_url: str) -> None:
    found = dict(statements())
    assert len(found) > 70
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
        for name, sql in found.items():
            count = len((await connection.prepare(sql)).get_parameters())
            await connection.execute(f"PREPARE asked AS {sql}")
            given = f"({', '.join(['NULL'] * count)})" if count else ""
            rows = await connection.fetch(f"EXPLAIN EXECUTE asked{given}")
            plan = "\n".join(row[0] for row in rows)
            await connection.execute("DEALLOCATE asked")
            assert "Seq Scan" not in plan, f"{name}\n{plan}"
    finally:
        await connection.close()
