"""A company from nothing, by ``hipper tenant|group|number|user|device`` as an operator types them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from hipper.cli.main import main
from hipper.directory.credentials import hashed, load_device_credentials
from tests.conftest import ROLE_PASSWORD
from tests.sounds import tone

pytestmark = pytest.mark.servers

Said = Callable[..., str]


@pytest.fixture
def hipper(
    postgres_url: str,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Said:
    """Runs a command line, expects its exit status and returns what it said."""
    settings = tmp_path / "hipper.toml"
    settings.write_text(
        f'[database]\nurl = "{postgres_url}"\nrole_password = "{ROLE_PASSWORD}"\n'
        f'[redis]\nurl = "{redis_url}"\n[[sip_listener]]\nname = "devices-udp"\n'
        'advertised_host = "sip.operator.example"\nport = 5070\n'
    )
    monkeypatch.setenv("HIPPER_SETTINGS", str(settings))

    def run(line: str, *more: object, status: int = 0) -> str:
        result = main([*line.split(), *map(str, more)])
        said = capsys.readouterr()
        assert result == status, said.err
        return said.out + said.err

    return run


def company(hipper: Said) -> None:
    hipper("tenant create bakkerij --domain bakkerij.example --mobile-network mno")
    hipper("number add bakkerij", "020 765 4300", 100, "--reference", "O-1")
    hipper("number mobile bakkerij ZM-1", "06 8765 4301", "mno")


def test_company_with_numbers_a_user_and_a_telephone(hipper: Said, postgres_url: str) -> None:
    company(hipper)
    words = "--tenant bakkerij --pack vast_mobiel_premium_plus --extension 207 --fixed 0207654307"
    hipper(f"user create gerda {words} --mobile 0687654301", "--name", "Gerda Mol")
    told = hipper("device create gerda@bakkerij.example Kantoor --qr")
    assert "sip:gerda-1@bakkerij.example user gerda-1 realm bakkerij.example" in told
    assert "registrar sip.operator.example:5070 by udp" in told
    first = told.split("password ")[1].split()[0]
    assert works(postgres_url, first)
    second = hipper("device rotate gerda-1@bakkerij.example").split("password ")[1].split()[0]
    assert works(postgres_url, second)
    assert not works(postgres_url, first)
    assert "gerda-1@bakkerij.example" in hipper("device list gerda@bakkerij.example")
    shown = json.loads(hipper("user show gerda@bakkerij.example"))
    assert (shown["fixed"], shown["mobile_subscription"]) == ("+31207654307", "ZM-1")
    assert "+31207654307" in hipper("number list bakkerij")
    assert "+31207654308" in hipper("number list bakkerij --free")
    assert "Gerda Mol" in hipper("user list bakkerij")
    hipper("device delete gerda-1@bakkerij.example")
    hipper("user delete gerda@bakkerij.example")
    assert "+31207654307" in hipper("number list bakkerij --free")


def works(url: str, password: str) -> bool:
    async def asked() -> bool:
        connection = await asyncpg.connect(url)
        try:
            known = await load_device_credentials(connection, "gerda-1", "bakkerij.example")
        finally:
            await connection.close()
        assert known is not None
        return known.ha1_md5 == hashed("gerda-1", known.realm, password)[0]

    return asyncio.run(asked())


def test_numbers_are_assigned_freed_split_and_given_up(hipper: Said) -> None:
    company(hipper)
    hipper("user create gerda --tenant bakkerij --pack business_plus --name Gerda")
    hipper("number assign", "020 765 4307", "gerda@bakkerij.example")
    block = hipper("number blocks bakkerij").splitlines()[1].split()[0]
    said = hipper(f"number give-up {block}", status=1)
    assert "in use: +31207654307" in said
    parts = hipper(f"number split {block}").splitlines()[1:]
    assert len(parts) == 10
    hipper("number release", "020 765 4307", "gerda@bakkerij.example")
    for part in parts:
        hipper(f"number give-up {part.split()[0]}")
    assert "there is none" in hipper("number blocks bakkerij")


def test_groups_licences_and_packs(hipper: Said) -> None:
    company(hipper)
    hipper("group create bakkerij utrecht --area-code 30")
    assert "utrecht" in hipper("group list bakkerij")
    assert "base_plus" in hipper("group licences bakkerij utrecht --set base_plus=0")
    words = "--tenant bakkerij --group utrecht --name Gerda"
    said = hipper(f"user create gerda {words} --pack base_plus", status=1)
    assert "all 0 licences of base_plus are in use" in said
    hipper(f"user create gerda {words} --pack business_plus")
    said = hipper("user create henk --tenant bakkerij --name Henk --pack base_plus", status=1)
    assert "--group NAME" in said
    told = hipper("user pack gerda@bakkerij.example premium_plus")
    assert "business_plus is now premium_plus" in told
    assert "it has 1 users" in hipper("group delete bakkerij utrecht", status=1)
    assert "it has 1 users" in hipper("tenant delete bakkerij", status=1)
    hipper("tenant main-number bakkerij 0207654300")
    assert "+31207654300" in hipper("tenant list")


def test_file_is_imported_and_faults_are_told_by_line(hipper: Said, tmp_path: Path) -> None:
    company(hipper)
    file = tmp_path / "users.csv"
    file.write_text(
        "user;display_name;pack;extension;fixed;desk_phone\n"
        "gerda;Gerda Mol;business_plus;207;020 765 4307;gerda-kantoor\n"
        "henk;Henk Mol;business_plus;208;020 123 4508;henk-1\n"
    )
    told = hipper(f"user import {file} --tenant bakkerij --dry-run", status=1)
    assert f"{file}:3: henk: fixed: this number is in none of the company's blocks" in told
    assert "1 of 2 users would be made or changed, 1 with faults" in told
    assert "there is none" in hipper("user list bakkerij")
    hipper(f"user import {file} --tenant bakkerij", status=1)
    file.write_text(file.read_text().replace("123 4508", "765 4308"))
    assert "1 of 2 users made or changed, 0 with" in hipper(f"user import {file} --tenant bakkerij")
    assert "0 of 2 users made or changed" in hipper(f"user import {file} --tenant bakkerij")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tenant delete nobody", "there is no such company"),
        ("user show nobody@nowhere.example", "there is no such user"),
        ("device rotate nobody@nowhere.example", "there is no such desk phone"),
        ("number assign 112 nobody@nowhere.example", "is no telephone number"),
        ("tenant create Hoofd --domain bakkerij.example", "(name)"),
        ("user import /nowhere.csv --tenant bakkerij", "cannot be read"),
    ],
)
def test_what_cannot_be_is_one_line(hipper: Said, line: str, said: str) -> None:
    assert said in hipper(line, status=1)


def test_music_on_hold_of_a_company(hipper: Said, tmp_path: Path) -> None:
    company(hipper)
    assert "the exchange's own music is heard" in hipper("music list bakkerij")
    for name, hertz in (("winter", 440), ("zomer", 880)):
        (tmp_path / f"{name}.wav").write_bytes(tone(hertz))
        hipper(f"music add bakkerij {name}", tmp_path / f"{name}.wav", "--title", name.title())
    assert "from the next hold on" in hipper("music default bakkerij zomer")
    told = hipper("music list bakkerij").splitlines()
    assert [(line.split()[0], "default" in line) for line in told] == [("winter", False), ("zomer", True)]
    assert "make another one that" in hipper("music remove bakkerij zomer", status=1)
    hipper("music remove bakkerij winter")
    (tmp_path / "x.txt").write_text("no music")
    assert "no recording that can be read" in hipper("music add bakkerij x", tmp_path / "x.txt", status=1)
    assert 'there is no tenant "slager"' in hipper("music list slager", status=1)
