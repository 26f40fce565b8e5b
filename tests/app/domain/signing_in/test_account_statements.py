"""Every statement of accounts and of the job queue finds its rows by an index."""

from __future__ import annotations

import re

import asyncpg
import pytest

from app.domain.signing_in import account_statements
from hipper.runtime import jobs

pytestmark = pytest.mark.servers

STATEMENTS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": value
    for module in (account_statements, jobs)
    for name, value in vars(module).items()
    if isinstance(value, str) and re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", value)
}


async def test_no_statement_scans_a_table(postgres_url: str) -> None:
    """Planned for any argument; with sequential scans forbidden one is made only where no index serves."""
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
        for name, statement in STATEMENTS.items():
            arguments = len(set(re.findall(r"\$\d", statement)))
            await connection.execute(f"PREPARE one AS {statement}")
            rows = await connection.fetch(f"EXPLAIN EXECUTE one({', '.join(['NULL'] * arguments)})")
            plan = "\n".join(row[0] for row in rows)
            assert "Seq Scan" not in plan, f"{name}\n{plan}"
            await connection.execute("DEALLOCATE one")
    finally:
        await connection.close()
    assert len(STATEMENTS) > 25
