"""``hipper explain`` as an operator uses it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest

from fmc_gateway.records.entry import encode_entry
from fmc_gateway.records.store import insert_entries
from hipper.cli.main import main
from tests.fmc_gateway.kit import DOMAIN, provision
from tests.fmc_gateway.records_samples import entry

pytestmark = pytest.mark.servers


@pytest.fixture
def settings(postgres_url: str, tmp_path: Path) -> Path:
    async def fill() -> None:
        await provision(postgres_url)
        connection = await asyncpg.connect(postgres_url)
        await insert_entries(connection, [encode_entry(entry("abc1")), encode_entry(entry("abd2"))])
        await connection.close()

    asyncio.run(fill())
    file = tmp_path / "hipper.toml"
    file.write_text(f'state_dir = "{tmp_path}"\n[database]\nurl = "{postgres_url}"\nrole_password = "test"\n')
    return file


def test_past_call_in_sentences_for_everybody_who_had_a_part(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "call", "abc", "--language", "nl", "--settings", str(settings)]) == 0
    out = capsys.readouterr().out
    assert "Bram: called by masked, answered" in out
    assert "called: Alle toestellen gaan over bij een oproep op het verkorte nummer. (ring.extension)" in out
    assert "also asked: Het actieve profiel laat alleen gekozen toestellen overgaan. (profile.rings)" in out
    assert "bram-desk-2: Was niet aangemeld." in out
    assert "Anna: calls 202" in out
    assert main(["explain", "call", "ab", "--settings", str(settings)]) == 1
    assert "several calls begin with ab" in capsys.readouterr().err


def test_dry_run(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    anna = f"anna@{DOMAIN}"
    words = ["explain", "would", anna, "--called", "201", "--at", "2026-11-27T18:30"]
    assert main([*words, "--caller", "202", "--settings", str(settings)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("2026-11-27 18:30 CET, a colleague")
    assert "anna-1 rings: This device rings. (device.rings)" in out
    assert main([*words, "--caller", "999", "--settings", str(settings)]) == 1
    assert "no colleague has this extension" in capsys.readouterr().err


def test_dry_run_of_a_call_the_user_would_make(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["explain", "would", f"anna@{DOMAIN}", "--at", "2026-11-27T18:30", "--settings", str(settings)]
    assert main([*words, "--calls", "202", "--on", "anna-1"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("2026-11-27 18:30 CET, colleague: 202")
    assert "(identity.fixed)" in out
    assert "  the user hears ringing for 20 s, then unavailable" in out
    assert main([*words, "--calls", "*21*0301234567#", "--language", "nl"]) == 0
    assert "Altijd doorschakelen (21, on): call_forwarding_always" in capsys.readouterr().out
    assert main([*words, "--calls", "0906 1234", "--anonymous"]) == 0
    assert "refused" in capsys.readouterr().out
    assert main([*words, "--calls", "202", "--on", "bram-1"]) == 1
    assert "no telephone bram-1" in capsys.readouterr().err
    assert main([*words, "--calls", "202", "--called", "201"]) == 1
    assert "--called (somebody calls the user) or --calls" in capsys.readouterr().err
