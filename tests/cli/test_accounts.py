"""``hipper user email|second-factor`` and ``hipper jobs`` as an operator runs them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hipper.cli.main import main
from hipper.runtime.jobs import BURY, enqueue
from tests.app.people import ANNA, company
from tests.conftest import ROLE_PASSWORD

pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def _installation(postgres_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = tmp_path / "hipper.toml"
    settings.write_text(f'[database]\nurl = "{postgres_url}"\nrole_password = "{ROLE_PASSWORD}"\n')
    monkeypatch.setenv("HIPPER_SETTINGS", str(settings))
    asyncio.run(company(postgres_url))


def hipper(*words: object) -> int:
    return main([str(word) for word in words])


def fetch(url: str, statement: str) -> list[Any]:
    async def work() -> list[Any]:
        connection = await asyncpg.connect(url)
        try:
            return list(await connection.fetch(statement))
        finally:
            await connection.close()

    return asyncio.run(work())


def test_address_is_set_and_taken_away_and_audited(postgres_url: str) -> None:
    address = "SELECT email FROM app.accounts WHERE subscriber_id = 'anna'"
    assert hipper("user", "email", ANNA, "anna@thuis.example") == 0
    assert fetch(postgres_url, address)[0][0] == "anna@thuis.example"
    assert hipper("user", "email", ANNA, "anna") == 1
    assert hipper("user", "email", ANNA) == 1
    assert hipper("user", "email", ANNA, "--none") == 0
    assert fetch(postgres_url, address)[0][0] is None
    changes = [row[0] for row in fetch(postgres_url, "SELECT change FROM directory.audit ORDER BY audit_id")]
    assert changes == ["e-mail address set to a***@thuis.example", "e-mail address set to none"]


def test_second_factor_is_taken_off(postgres_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    fetch(
        postgres_url,
        "INSERT INTO app.second_factors (subscriber_id, secret, confirmed_at) VALUES ('anna', 'x', now())",
    )
    assert hipper("user", "second-factor", ANNA) == 0
    assert "needs a code" in capsys.readouterr().out
    assert hipper("user", "second-factor", ANNA, "--remove") == 0
    assert hipper("user", "second-factor", ANNA, "--remove") == 0  # none any more: nothing to audit
    assert "password alone" in capsys.readouterr().out
    assert hipper("user", "second-factor", "nobody@acme.test") == 1
    (row,) = fetch(postgres_url, "SELECT by, change FROM directory.audit")
    assert tuple(row) == ("operator", "second factor switched off")


def test_jobs_that_were_given_up_are_listed_and_tried_again(
    postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def give_up() -> None:
        connection = await asyncpg.connect(postgres_url)
        await enqueue(connection, "app", "greet", {})
        await connection.execute(BURY, 1, "no such mailbox")
        await connection.close()

    asyncio.run(give_up())
    assert hipper("jobs", "list") == 0
    assert "no such mailbox" in capsys.readouterr().out
    assert hipper("jobs", "again", 1, "--owner", "push") == 1  # not theirs
    assert hipper("jobs", "again", 1) == 0
    assert [row["kind"] for row in fetch(postgres_url, "SELECT kind FROM jobs.queue")] == ["greet"]
    assert hipper("jobs", "forget", 1) == 1
