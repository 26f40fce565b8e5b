"""``hipper apikey``, ``hipper user password|role`` as an operator runs them, and what the API makes of it."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest

from app.domain.signing_in.passwords import hashed_password, matches
from hipper.cli.main import main
from hipper.runtime.settings_model import ApiSection
from tests.app.kit import Api, installation
from tests.app.people import ANNA, Client, company, try_to_sign_in
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


def asked(folder: Path, pg: str, redis: str, work: Any) -> Any:
    async def running() -> Any:
        async with Api(installation(folder, pg, redis)) as api:
            return await work(api)

    return asyncio.run(running())


def status(folder: Path, pg: str, redis: str, key: str, path: str) -> int:
    async def work(api: Api) -> int:
        return (await Client(api, {"access_token": key}).get(path)).status_code

    return int(asked(folder, pg, redis, work))


def test_key_of_an_operator_works_until_it_is_revoked(
    postgres_url: str, redis_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hipper("apikey", "create", "--role", "operator", "--name", "first") == 0
    said = capsys.readouterr().out
    key, name = said.split()[2], said.split()[1].rstrip(":")
    assert status(tmp_path, postgres_url, redis_url, key, "/v1/groups/g9/services") == 200
    assert hipper("apikey", "list") == 0
    listed = capsys.readouterr().out
    assert name in listed
    assert key not in listed
    assert hipper("apikey", "revoke", name) == 0
    assert status(tmp_path, postgres_url, redis_url, key, "/v1/groups/g9/services") == 401
    assert hipper("apikey", "revoke", name) == 1


def test_key_of_a_service_is_of_one_tenant(
    postgres_url: str, redis_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("apikey", "create", "--role", "service", "--tenant", "acme", "--days", "1")
    assert hipper(*words, "--scope", "provisioning") == 0
    key = capsys.readouterr().out.split()[2]
    assert status(tmp_path, postgres_url, redis_url, key, "/v1/groups/g1/services") == 200
    assert status(tmp_path, postgres_url, redis_url, key, "/v1/groups/g9/services") == 404


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--role", "service"), "belongs to a tenant"),
        (("--role", "operator", "--tenant", "acme"), "belongs to a tenant"),
        (("--role", "operator", "--scope", "provisioning"), "leave --scope out"),
        (("--role", "service", "--tenant", "acme"), "--scope is one of provisioning"),
        (("--role", "service", "--tenant", "acme", "--scope", "x"), "--scope is one of provisioning"),
        (("--role", "service", "--tenant", "nobody", "--scope", "provisioning"), "no tenant nobody"),
        (("--role", "operator", "--days", "0"), "--days is 1 to 3650"),
    ],
)
def test_keys_that_cannot_be(words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert hipper("apikey", "create", *words) == 1
    assert said in capsys.readouterr().err


def test_password_is_made_and_shown_once(
    postgres_url: str, redis_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hipper("user", "password", ANNA, "--make") == 0
    made = capsys.readouterr().out.split()[3]

    async def work(api: Api) -> list[int]:
        return [(await try_to_sign_in(api, ANNA, word)).status_code for word in (made, "drie zoete kersen")]

    assert asked(tmp_path, postgres_url, redis_url, work) == [201, 401]


def test_password_comes_from_standard_input_and_is_refused_when_too_easy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for typed, result in (("vier zure appels\n", 0), ("kort\n", 1)):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        assert hipper("user", "password", ANNA) == result
    assert "10 to 128 characters" in capsys.readouterr().err
    assert hipper("user", "password", "nobody@acme.test", "--make") == 1
    assert "there is no user" in capsys.readouterr().err


def test_role_makes_an_administrator(
    postgres_url: str, redis_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def work(api: Api) -> int:
        tokens = (await try_to_sign_in(api, ANNA)).json()
        return (await Client(api, tokens).get("/v1/groups/g1/services")).status_code

    assert asked(tmp_path, postgres_url, redis_url, work) == 403
    assert hipper("user", "role", ANNA, "group_administrator") == 0
    assert asked(tmp_path, postgres_url, redis_url, work) == 200


def test_hash_is_argon2id_and_matches_its_password_only() -> None:
    known = hashed_password("vier zure appels", ApiSection())
    assert known.startswith("$argon2id$v=19$m=65536,t=3,p=4$")  # RFC 9106 §4
    assert matches(known, "vier zure appels")
    assert not matches(known, "vier zure appel")
    assert not matches("nonsense", "vier zure appels")
