"""A broken file changes nothing, names the line and says what would be right."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from hipper.directory.provision import ProvisioningError, apply_file, diff_file
from tests.directory.provision.bakery import BAKERY, WITHOUT_BRAM, file_with, line_of

pytestmark = pytest.mark.servers


@pytest.fixture
async def conn(owner_postgres_url: object) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(owner_postgres_url("directory"))  # type: ignore[operator]
    yield connection
    await connection.close()


async def rows(conn: asyncpg.Connection) -> int:
    tables = ("tenants", "groups", "domains", "subscribers", "numbers", "devices", "subscriptions", "audit")
    return sum([await conn.fetchval(f"SELECT count(*) FROM directory.{table}") for table in tables])


async def problems(conn: asyncpg.Connection, path: Path) -> list[tuple[int, str]]:
    """What is wrong, after making sure that neither apply nor diff wrote anything."""
    before = await rows(conn)
    with pytest.raises(ProvisioningError) as raised:
        await apply_file(conn, path)
    with pytest.raises(ProvisioningError) as dry:
        await diff_file(conn, path)
    assert str(dry.value) == str(raised.value)
    assert await rows(conn) == before
    line = raised.value.problems[0].line
    assert str(raised.value).splitlines()[0].startswith(f"{path}:{line}: " if line else f"{path}: ")
    return [(problem.line, problem.text) for problem in raised.value.problems]


async def test_every_problem_is_told_at_once(conn: asyncpg.Connection, tmp_path: Path) -> None:
    path = file_with(tmp_path, ('"201"', '"112"'), ("no_answer_s", "no_anser_s"), ("020 123 4502", "12"))
    assert [line for line, _text in await problems(conn, path)] == [
        line_of(path, '"112"'),
        line_of(path, 'fixed = "12"'),
        line_of(path, "no_anser_s"),
    ]


async def test_file_that_breaks_off(conn: asyncpg.Connection, tmp_path: Path) -> None:
    path = tmp_path / "cut.toml"
    path.write_text(BAKERY[: BAKERY.index('"anna-desk"') + 4])
    ((line, text),) = await problems(conn, path)
    assert line == len(path.read_text().splitlines())
    assert text.startswith("this is not TOML: ")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[tenant]\n", b"subscriber = 3\n", b"tenant = 3\n"])
async def test_file_of_something_else(conn: asyncpg.Connection, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.toml"
    path.write_bytes(content)
    assert await problems(conn, path)


async def test_file_that_is_not_there(conn: asyncpg.Connection, tmp_path: Path) -> None:
    ((_line, text),) = await problems(conn, tmp_path / "absent.toml")
    assert text == "cannot be read: No such file or directory"


class TestOtherTenants:
    @pytest.mark.parametrize(
        ("before", "after", "key"),
        [
            ("020 123 4501", "020 123 9901", "fixed"),
            ("06 1234 5601", "06 1234 9901", "mobile"),
            ("020 123 4577", "020 123 9901", "alternates"),
            ("020 123 4500", "020 123 9900", "main_number"),
            ("bakery.example", "butcher.example", "domain"),
        ],
    )
    async def test_what_is_anothers_is_not_available_and_nobody_learns_whose(
        self, conn: asyncpg.Connection, tmp_path: Path, before: str, after: str, key: str
    ) -> None:
        await apply_file(conn, self.butcher(tmp_path))
        path = file_with(tmp_path, (before, after))
        found = await problems(conn, path)
        assert found
        for line, text in found:
            assert line == line_of(path, after)
            assert "is not available; choose another" in text
            assert key in text
            assert "butcher" not in text.replace("butcher.example", "")

    async def test_extension_of_another_tenant_is_free(
        self, conn: asyncpg.Connection, tmp_path: Path
    ) -> None:
        await apply_file(conn, self.butcher(tmp_path))
        assert await apply_file(conn, file_with(tmp_path))

    @staticmethod
    def butcher(folder: Path) -> Path:
        """Zoë has extension 201, like Anna."""
        return file_with(
            folder,
            ('name = "bakery"', 'name = "butcher"'),
            ('["bakery.example"]', '["butcher.example"]'),
            ("020 123 4500", "020 123 9900"),
            ('user = "anna"', 'user = "zoe"'),
            ("020 123 4501", "020 123 9901"),
            ("06 1234 5601", "06 1234 9901"),
            (WITHOUT_BRAM, ""),
            name="butcher.toml",
        )


class TestKnownCompany:
    async def test_number_of_a_user_the_file_leaves_out(
        self, conn: asyncpg.Connection, tmp_path: Path
    ) -> None:
        await apply_file(conn, file_with(tmp_path))
        path = file_with(tmp_path, (WITHOUT_BRAM, ""), ('extension = "201"', 'extension = "202"'))
        ((line, text),) = await problems(conn, path)
        assert line == line_of(path, 'extension = "202"')
        assert text == (
            "subscriber anna@bakery.example: extension 202 is that of bram@bakery.example, "
            "who is not in this file; choose another, or remove that user with --prune"
        )
        assert await apply_file(conn, path, prune=True)

    async def test_architecture_cannot_be_changed(self, conn: asyncpg.Connection, tmp_path: Path) -> None:
        await apply_file(conn, file_with(tmp_path))
        path = file_with(tmp_path, ('"enterprise"', '"group"'))
        ((line, text),) = await problems(conn, path)
        assert line == line_of(path, "kind")
        assert text == 'tenant: kind is "enterprise" and cannot be changed; make a new tenant'

    async def test_stand_alone_group_has_one_group(self, conn: asyncpg.Connection, tmp_path: Path) -> None:
        path = file_with(tmp_path, ('"enterprise"', '"group"'))
        await apply_file(conn, path)
        path = file_with(tmp_path, ('"enterprise"', '"group"'), ('name = "shop"', 'name = "store"'))
        ((line, text),) = await problems(conn, path)
        assert line == line_of(path, "kind")
        assert "this would be store, shop; remove the others with --prune" in text
        assert await apply_file(conn, path, prune=True)
        more = ('[[group]]\nname = "shop"', '[[group]]\nname = "mill"\n[[group]]\nname = "shop"')
        path = file_with(tmp_path, ('"enterprise"', '"group"'), more)
        assert any("has one [[group]]" in text for _line, text in await problems(conn, path))
