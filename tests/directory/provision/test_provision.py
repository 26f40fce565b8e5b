"""Configuration as code: apply twice, diff, export, prune."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from hipper.directory.contexts import load_for_origination
from hipper.directory.credentials import hashed, load_device_credentials
from hipper.directory.errors import DirectoryError
from hipper.directory.provision import apply_file, diff_file, export_tenant
from hipper.directory.settings import find_subscriber, set_identity, set_withhold
from hipper.pbx.model import IdentityChoice, NumberKind
from hipper.runtime.database import open_pool
from hipper.telephony.numbers.e164 import E164
from tests.directory.owners import owner_of
from tests.directory.provision.bakery import WITHOUT_BRAM, file_with

pytestmark = pytest.mark.servers
DEMO = Path(__file__).parents[3] / "deploy" / "demo-company.toml"
ANNA, BRAM = E164("+31612345601"), E164("+31612345602")
TABLES = (
    "tenants",
    "groups",
    "domains",
    "subscribers",
    "numbers",
    "devices",
    "device_credentials",
    "subscriptions",
)


@pytest.fixture
async def conn(owner_postgres_url: object) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(owner_postgres_url("directory"))  # type: ignore[operator]
    yield connection
    await connection.close()


async def everything(conn: asyncpg.Connection) -> dict[str, list[str]]:
    """Every row of every table but audit, as text."""
    return {
        table: sorted(row[0] for row in await conn.fetch(f"SELECT t::text FROM directory.{table} t"))
        for table in TABLES
    }


class TestApply:
    async def test_company_is_there_for_the_next_call(self, conn: asyncpg.Connection, tmp_path: Path) -> None:
        await apply_file(conn, file_with(tmp_path))
        anna, bram, _list = await load_for_origination(conn, served_number=ANNA, dialled="202")
        assert anna is not None
        assert bram is not None
        assert (anna.display_name, anna.identity, anna.tenant_default_identity) == (
            "Anna de Vries",
            IdentityChoice.FIXED,
            "+31201234500",
        )
        assert [number.kind for number in anna.numbers] == [
            NumberKind.EXTENSION,
            NumberKind.FIXED,
            NumberKind.MOBILE,
        ]
        assert [(device.kind, device.label) for device in anna.devices] == [
            ("desk_phone", "Desk"),
            ("mobile", "Mobile"),
        ]
        assert anna.mobile_subscription == "mobile:anna@bakery.example"
        assert bram.no_answer_s == 25

    async def test_second_apply_says_nothing_changed(self, conn: asyncpg.Connection, tmp_path: Path) -> None:
        path = file_with(tmp_path)
        assert await apply_file(conn, path)
        before = await everything(conn)
        again = await apply_file(conn, path)
        assert (bool(again), again.text(), again.made) == (False, "nothing changed", ())
        assert await everything(conn) == before

    async def test_order_of_lists_is_no_change(self, conn: asyncpg.Connection, tmp_path: Path) -> None:
        one, other = '["020 123 4577", "020 123 4576"]', '["+31201234576", "0201234577"]'
        await apply_file(conn, file_with(tmp_path, ('["020 123 4577"]', one)))
        for order in (other, one):
            assert not await apply_file(conn, file_with(tmp_path, ('["020 123 4577"]', order)))

    async def test_changed_things_change_and_nothing_else(
        self, conn: asyncpg.Connection, tmp_path: Path
    ) -> None:
        await apply_file(conn, file_with(tmp_path))
        changes = await apply_file(
            conn,
            file_with(
                tmp_path, ('identity = "fixed"', 'identity = "mobile"'), ("020 123 4502", "020 123 4503")
            ),
        )
        assert changes.lines == (
            "~ subscriber anna@bakery.example: identity fixed -> mobile",
            "~ subscriber bram@bakery.example: fixed +31201234502 -> +31201234503",
        )
        assert await owner_of(conn, E164("+31201234502")) is None
        bram = await owner_of(conn, E164("+31201234503"))
        assert bram is not None

    async def test_ids_survive_changes(self, conn: asyncpg.Connection, tmp_path: Path) -> None:
        await apply_file(conn, file_with(tmp_path))
        before = await owner_of(conn, ANNA)
        await apply_file(conn, file_with(tmp_path, ('"Anna de Vries"', '"Anna Smit"'), ('"Desk"', '"Table"')))
        after = await owner_of(conn, ANNA)
        assert before is not None
        assert after is not None
        assert after.display_name == "Anna Smit"
        assert after.subscriber == before.subscriber
        assert {device.id for device in after.devices} == {device.id for device in before.devices}

    async def test_extensions_and_phones_change_hands(self, conn: asyncpg.Connection, tmp_path: Path) -> None:
        await apply_file(conn, file_with(tmp_path))
        swap = [
            ('extension = "201"', 'extension = "x"'),
            ('extension = "202"', 'extension = "201"'),
            ('extension = "x"', 'extension = "202"'),
            ('"anna-desk"', '"x"'),
            ('"bram-desk"', '"anna-desk"'),
            ('"x"', '"bram-desk"'),
        ]
        await apply_file(conn, file_with(tmp_path, *swap))
        anna, *_ = await load_for_origination(conn, served_number=ANNA, dialled="201")
        assert anna is not None
        assert {number.extension for number in anna.numbers} == {"202", None}
        assert {device.aor_user for device in anna.devices} == {"bram-desk", None}

    async def test_number_moves_from_user_to_user(self, conn: asyncpg.Connection, tmp_path: Path) -> None:
        await apply_file(conn, file_with(tmp_path))
        await apply_file(
            conn,
            file_with(
                tmp_path, ('fixed = "020 123 4501"\n', ""), ('4502"', '4501"'), ('identity = "fixed"\n', "")
            ),
        )
        owner = await owner_of(conn, E164("+31201234501"))
        anna = await owner_of(conn, ANNA)
        assert owner is not None
        assert anna is not None
        assert owner.display_name == "Bram Jansen"
        # she showed the fixed number, which is no longer hers
        assert anna.identity is IdentityChoice.MOBILE

    async def test_main_number_may_be_a_users_and_nobodys_again(
        self, conn: asyncpg.Connection, tmp_path: Path
    ) -> None:
        for changes in ([("020 123 4501", "020 123 4500")], [], [("020 123 4500", "020 123 4599")], []):
            path = file_with(tmp_path, *changes)
            await apply_file(conn, path)
            assert not await apply_file(conn, path)
        anna = await owner_of(conn, ANNA)
        assert anna is not None
        assert anna.tenant_default_identity == "+31201234500"
        assert await owner_of(conn, E164("+31201234599")) is None

    async def test_what_users_chose_stays_when_the_file_is_silent(
        self, conn: asyncpg.Connection, tmp_path: Path
    ) -> None:
        path = file_with(tmp_path, ('identity = "fixed"\n', ""))
        await apply_file(conn, path)
        anna = await find_subscriber(conn, "anna@bakery.example")
        await set_identity(conn, anna, IdentityChoice.MOBILE, "user:anna")
        await set_withhold(conn, anna, True, "user:anna")
        assert not await apply_file(conn, path)
        context = await owner_of(conn, ANNA)
        assert context is not None
        assert (context.identity, context.withhold) == (IdentityChoice.MOBILE, True)

    async def test_file_overrules_what_users_chose(self, conn: asyncpg.Connection, tmp_path: Path) -> None:
        await apply_file(conn, file_with(tmp_path))
        anna = await find_subscriber(conn, "anna@bakery.example")
        await set_identity(conn, anna, IdentityChoice.MOBILE, "user:anna")
        changes = await apply_file(conn, file_with(tmp_path))
        assert changes.lines == ("~ subscriber anna@bakery.example: identity mobile -> fixed",)

    async def test_every_change_is_audited_without_secrets(
        self, conn: asyncpg.Connection, tmp_path: Path
    ) -> None:
        changes = await apply_file(conn, file_with(tmp_path), by="operator")
        rows = await conn.fetch("SELECT by, change FROM directory.audit ORDER BY audit_id")
        assert [row["change"] for row in rows] == list(changes.lines)
        assert {row["by"] for row in rows} == {"operator"}
        secrets = ["flour-and-water", *(made.password for made in changes.made)]
        assert len(secrets) == 2
        for secret in secrets:
            assert secret not in "".join(changes.lines) + changes.text() + repr(changes)
            assert all(secret not in row["change"] for row in rows)

    async def test_alternate_identity(self, conn: asyncpg.Connection, tmp_path: Path) -> None:
        chosen = 'no_answer_s = 25\nidentity = "alternate"'
        await apply_file(conn, file_with(tmp_path, ("no_answer_s = 25", chosen)))
        bram = await owner_of(conn, BRAM)
        assert bram is not None
        assert (bram.identity, bram.identity_alternate) == (IdentityChoice.ALTERNATE, "+31201234577")

    async def test_through_a_pool(self, owner_postgres_url: object, tmp_path: Path) -> None:
        pool = await open_pool(owner_postgres_url("directory"), size=1)  # type: ignore[operator]
        assert await apply_file(pool, file_with(tmp_path))
        assert not await diff_file(pool, file_with(tmp_path))
        await pool.close()


class TestPasswords:
    async def test_password_of_the_file_is_stored_hashed_only(
        self, conn: asyncpg.Connection, tmp_path: Path
    ) -> None:
        await apply_file(conn, file_with(tmp_path))
        phone = await load_device_credentials(conn, "anna-desk", "bakery.example")
        assert phone is not None
        assert (phone.ha1_md5, phone.ha1_sha256) == hashed("anna-desk", "bakery.example", "flour-and-water")
        assert "flour-and-water" not in str(await everything(conn))

    async def test_hash_is_that_of_rfc_7616(self) -> None:
        """The responses of §3.9.1 come out of the hashed A1."""
        md5, sha256 = hashed("Mufasa", "http-auth@example.org", "Circle of Life")
        nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
        cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
        for ha1, algorithm, response in (
            (md5, hashlib.md5, "8ca523f5e9506fed4657c9700eebdbec"),
            (sha256, hashlib.sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ):
            ha2 = algorithm(b"GET:/dir/index.html").hexdigest()
            proof = f"{ha1}:{nonce}:00000001:{cnonce}:auth:{ha2}"
            assert algorithm(proof.encode()).hexdigest() == response

    async def test_phone_without_password_gets_one_that_is_shown_once(
        self, conn: asyncpg.Connection, tmp_path: Path
    ) -> None:
        path = file_with(tmp_path)
        (made,) = (await apply_file(conn, path)).made
        assert made.aor == "bram-desk@bakery.example"
        assert len(made.password) >= 16
        phone = await load_device_credentials(conn, "bram-desk", "bakery.example")
        assert phone is not None
        assert phone.ha1_sha256 == hashed("bram-desk", "bakery.example", made.password)[1]
        assert (await apply_file(conn, path)).made == ()

    async def test_new_password_is_a_change_and_an_absent_one_keeps_what_is_set(
        self, conn: asyncpg.Connection, tmp_path: Path
    ) -> None:
        await apply_file(conn, file_with(tmp_path))
        changes = await apply_file(conn, file_with(tmp_path, ("flour-and-water", "yeast-and-salt")))
        assert changes.lines == ("~ desk phone anna-desk@bakery.example: password of the file",)
        assert not await apply_file(conn, file_with(tmp_path, ('password = "flour-and-water"\n', "")))
        phone = await load_device_credentials(conn, "anna-desk", "bakery.example")
        assert phone is not None
        assert phone.ha1_md5 == hashed("anna-desk", "bakery.example", "yeast-and-salt")[0]

    async def test_realm_of_the_installation(self, conn: asyncpg.Connection, tmp_path: Path) -> None:
        path = file_with(tmp_path)
        await apply_file(conn, path, realm="hipper")
        phone = await load_device_credentials(conn, "anna-desk", "bakery.example")
        assert phone is not None
        assert (phone.realm, phone.ha1_md5) == ("hipper", hashed("anna-desk", "hipper", "flour-and-water")[0])
        assert not await apply_file(conn, path, realm="hipper")
        changes = await apply_file(conn, path)
        assert [made.aor for made in changes.made] == ["bram-desk@bakery.example"]


class TestDiff:
    async def test_dry_run_writes_nothing(self, conn: asyncpg.Connection, tmp_path: Path) -> None:
        empty = await everything(conn)
        told = await diff_file(conn, file_with(tmp_path))
        assert await everything(conn) == empty
        assert told.lines[0].startswith('+ tenant bakery: display_name "The Bakery", kind enterprise')
        assert told.lines == (await apply_file(conn, file_with(tmp_path))).lines
        assert told.made == ()

    async def test_lines_are_readable(self, conn: asyncpg.Connection, tmp_path: Path) -> None:
        await apply_file(conn, file_with(tmp_path))
        changed = file_with(
            tmp_path,
            ("no_answer_s = 25", "no_answer_s = 40\nenabled = false"),
            ('[[subscriber.desk_phone]]\naor_user = "bram-desk"\n', ""),
        )
        assert (await diff_file(conn, changed, prune=True)).lines == (
            "~ subscriber bram@bakery.example: no_answer_s 25 -> 40, enabled yes -> no",
            "- desk phone bram-desk@bakery.example: of bram@bakery.example",
        )


class TestPrune:
    async def test_what_the_file_leaves_out_stays_and_is_told(
        self, conn: asyncpg.Connection, tmp_path: Path
    ) -> None:
        await apply_file(conn, file_with(tmp_path))
        smaller = file_with(tmp_path, (WITHOUT_BRAM, ""), ('fixed = "020 123 4501"\n', ""))
        before = await everything(conn)
        changes = await apply_file(conn, smaller)
        assert not changes
        assert await everything(conn) == before
        assert changes.kept == ("fixed +31201234501 of anna@bakery.example", "subscriber bram@bakery.example")
        assert "kept, not in the file: subscriber bram@bakery.example (--prune removes it)" in changes.text()

    async def test_prune_removes_it_with_all_that_hangs_on_it(
        self, conn: asyncpg.Connection, tmp_path: Path
    ) -> None:
        await apply_file(conn, file_with(tmp_path))
        smaller = file_with(tmp_path, (WITHOUT_BRAM, ""))
        changes = await apply_file(conn, smaller, prune=True)
        assert changes.lines == ("- subscriber bram@bakery.example",)
        assert await owner_of(conn, BRAM) is None
        assert await load_device_credentials(conn, "bram-desk", "bakery.example") is None
        assert "bram" not in str(await everything(conn))
        assert not await apply_file(conn, smaller, prune=True)

    async def test_prune_of_single_things(self, conn: asyncpg.Connection, tmp_path: Path) -> None:
        more = file_with(
            tmp_path,
            ('["bakery.example"]', '["bakery.example", "bread.example"]'),
            ('area_code = "20"', 'area_code = "20"\n[[group]]\nname = "mill"'),
            ('display_name = "Anna de Vries"', 'display_name = "Anna de Vries"\ngroup = "shop"'),
            ('display_name = "Bram Jansen"', 'display_name = "Bram Jansen"\ngroup = "shop"'),
        )
        await apply_file(conn, more)
        less = file_with(
            tmp_path,
            ('alternates = ["020 123 4577"]\n', ""),
            ('mobile = "06 1234 5602"\n', ""),
            name="less.toml",
        )
        kept = (await apply_file(conn, less)).kept
        assert kept == (
            "mobile +31612345602 of bram@bakery.example",
            "alternate +31201234577 of bram@bakery.example",
            "group mill",
            "domain bread.example",
        )
        changes = await apply_file(conn, less, prune=True)
        assert set(changes.lines) == {
            "- domain bread.example",
            "- group mill",
            "~ subscriber bram@bakery.example: mobile +31612345602 -> none, alternates +31201234577 -> none, "
            "mobile_subscription mobile:bram@bakery.example -> none",
            "- mobile phone of bram@bakery.example",
        }
        assert not await apply_file(conn, less, prune=True)

    async def test_other_tenants_are_never_touched(self, conn: asyncpg.Connection, tmp_path: Path) -> None:
        await apply_file(conn, demo_without_clash(tmp_path))
        before = await everything(conn)
        await apply_file(conn, file_with(tmp_path))
        await apply_file(conn, file_with(tmp_path, (WITHOUT_BRAM, "")), prune=True)
        after = await everything(conn)
        assert all(set(before[table]) <= set(after[table]) for table in TABLES)


def demo_without_clash(folder: Path) -> Path:
    """The demo company with numbers the bakery does not use."""
    path = folder / "demo.toml"
    path.write_text(DEMO.read_text().replace("020 123 45", "020 123 46").replace("06 1234 56", "06 1234 57"))
    return path


class TestExport:
    @pytest.mark.parametrize("company", ["bakery", "demo"])
    async def test_exported_file_applies_to_the_same_state(
        self, conn: asyncpg.Connection, tmp_path: Path, company: str
    ) -> None:
        await apply_file(conn, DEMO if company == "demo" else file_with(tmp_path))
        exported = tmp_path / "exported.toml"
        exported.write_text(await export_tenant(conn))
        before = await everything(conn)
        changes = await apply_file(conn, exported, prune=True)
        assert (changes.lines, changes.kept) == ((), ())
        assert await everything(conn) == before
        assert "password" not in exported.read_text()

    async def test_exported_file_makes_the_same_company_elsewhere(
        self, conn: asyncpg.Connection, postgres_url: str, tmp_path: Path
    ) -> None:
        await apply_file(conn, file_with(tmp_path))
        text = await export_tenant(conn, "bakery")
        await conn.execute("DELETE FROM directory.tenants")
        exported = tmp_path / "exported.toml"
        exported.write_text(text)
        made = (await apply_file(conn, exported)).made
        assert {one.aor for one in made} == {"anna-desk@bakery.example", "bram-desk@bakery.example"}
        assert await export_tenant(conn, "bakery") == text

    async def test_identity_that_is_nobodys_is_left_out(
        self, conn: asyncpg.Connection, tmp_path: Path
    ) -> None:
        nothing = [
            ('fixed = "020 123 4502"\n', ""),
            ('mobile = "06 1234 5602"\n', ""),
            ('alternates = ["020 123 4577"]\n', ""),
        ]
        await apply_file(conn, file_with(tmp_path, *nothing))
        exported = tmp_path / "exported.toml"
        exported.write_text(await export_tenant(conn))
        assert not await apply_file(conn, exported, prune=True)

    async def test_tenant_must_be_named_among_several(self, conn: asyncpg.Connection, tmp_path: Path) -> None:
        with pytest.raises(DirectoryError, match="there is none yet"):
            await export_tenant(conn)
        await apply_file(conn, file_with(tmp_path))
        await apply_file(conn, demo_without_clash(tmp_path))
        with pytest.raises(DirectoryError, match="name the tenant to export: bakery, bakkerij-de-vries"):
            await export_tenant(conn)
        with pytest.raises(DirectoryError, match='no tenant "butcher"'):
            await export_tenant(conn, "butcher")


async def test_demo_company(conn: asyncpg.Connection) -> None:
    changes = await apply_file(conn, DEMO)
    assert changes.made == ()
    assert not await apply_file(conn, DEMO)
    anna, bram, _list = await load_for_origination(conn, served_number=ANNA, dialled="202")
    assert anna is not None
    assert bram is not None
    assert (anna.display_name, bram.display_name, len(bram.devices)) == ("Anna de Vries", "Bram Jansen", 3)
