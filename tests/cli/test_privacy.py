"""``hipper user export`` and ``hipper user erase`` as an operator runs them."""

from __future__ import annotations

import asyncio
import json
import zipfile
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hipper.cli.main import main
from tests.app.people import ANNA, company
from tests.conftest import ROLE_PASSWORD

pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def _installation(postgres_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = tmp_path / "hipper.toml"
    database = f'[database]\nurl = "{postgres_url}"\nrole_password = "{ROLE_PASSWORD}"\n'
    settings.write_text(f'{database}[redis]\nurl = "{redis_url}"\n')
    monkeypatch.setenv("HIPPER_SETTINGS", str(settings))
    asyncio.run(company(postgres_url))


def fetch(url: str, statement: str) -> list[Any]:
    async def work() -> list[Any]:
        connection = await asyncpg.connect(url)
        try:
            return list(await connection.fetch(statement))
        finally:
            await connection.close()

    return asyncio.run(work())


def test_export_goes_to_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "anna.zip"
    assert main(["user", "export", ANNA, str(file)]) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    archive = zipfile.ZipFile(file)
    assert ANNA in archive.read("LEESMIJ.txt").decode()
    assert json.loads(archive.read("user.json"))["subscribers"][0]["display_name"] == "Anna"
    assert main(["user", "export", "nobody@acme.test", str(tmp_path / "nobody.zip")]) == 1
    assert not (tmp_path / "nobody.zip").exists()


def test_erasure_asks_first_and_can_be_done_again(
    postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = "SELECT display_name FROM directory.subscribers WHERE subscriber_id = 'anna'"
    assert main(["user", "erase", ANNA]) == 1  # no terminal to ask at
    assert "--yes" in capsys.readouterr().err
    assert fetch(postgres_url, names)[0][0] == "Anna"
    assert main(["user", "erase", ANNA, "--yes"]) == 0
    assert capsys.readouterr().out == f"{ANNA} is erased\n"
    assert fetch(postgres_url, names)[0][0] == "(erased)"
    (told,) = fetch(postgres_url, "SELECT by, change FROM directory.audit")
    assert tuple(told) == ("operator", "erased: nothing personal is left")
    assert main(["user", "erase", ANNA, "--yes"]) == 1
    assert main(["user", "erase", "anna", "--yes"]) == 0
    assert "was erased before" in capsys.readouterr().out
