"""Files of users: read with every fault named, each user whole or not at all, and again without effect."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from hipper.directory.admin.bulk import Progress, import_users
from hipper.directory.admin.bulk_reading import MOST_LINES, read_users
from hipper.directory.admin.changing import OPERATOR, Actor
from hipper.directory.admin.devices import find_telephone
from hipper.directory.admin.groups import create_group
from hipper.directory.admin.model import LicencesWanted, NewGroup
from hipper.directory.admin.packs import set_licences
from hipper.directory.admin.users import find_user, list_users
from hipper.directory.credentials import hashed, load_device_credentials
from hipper.pbx.ids import GroupId, TenantId
from tests.directory.admin.conftest import Company

HEAD = (
    "user;display_name;group;pack;extension;fixed;mobile;alternate;desk_phone;label;site;password;language\n"
)
GERDA = (
    "gerda;Gerda Mol;;vast_mobiel_premium_plus;207;020 123 4507;06 12345601;;"
    "gerda-1;Kantoor;;geheim-woord;nl\n"
)
MORE = "gerda;;;;;;;020 123 4577;gerda-2;Thuis;;;\n"
HENK = "henk;Henk Mol;;business_plus;208;020 123 4508;;;henk-1;;;;\n"


def faults_of(text: str) -> list[tuple[int, str, str]]:
    users, faults = read_users(text)
    return [
        (one.line, one.column, one.text)
        for one in (*faults, *(fault for user in users for fault in user.faults))
    ]


async def imported(
    company: Company, text: str, *, dry_run: bool = False, actor: Actor = OPERATOR
) -> list[Progress]:
    users, faults = read_users(text)
    assert not faults
    steps = import_users(company.conn, actor, company.tenant.id, users, realm=None, dry_run=dry_run)
    return [step async for step in steps]


class TestReading:
    def test_lines_of_a_user_are_one_user(self) -> None:
        (gerda,), faults = read_users(HEAD + GERDA + MORE)
        assert not faults
        assert not gerda.faults
        assert gerda.values["fixed"] == "+31201234507"
        assert gerda.alternates == ["+31201234577"]
        assert [phone.aor_user for phone in gerda.phones] == ["gerda-1", "gerda-2"]

    def test_commas_a_byte_order_mark_and_quotes(self) -> None:
        (gerda,), _ = read_users('\ufeffuser,display_name\r\ngerda,"Mol, Gerda"\r\n\r\n')
        assert gerda.values == {"display_name": "Mol, Gerda"}

    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            ("name;pack\n", (1, "", "the columns are some of")),
            ("user;user\n", (1, "", "the columns are some of")),
            ("", (1, "", "the columns are some of")),
            ('user\n"open', (1, "", "this is not CSV")),
            ("user\n" + "a\n" * (MOST_LINES + 1), (1, "", "at most 5000 lines")),
            ("user;pack\ngerda;gold\n", (2, "pack", "this cannot be")),
            ("user;extension\ngerda;1\n", (2, "extension", "this cannot be")),
            ("user;fixed\n\ngerda;112\n", (3, "fixed", "this cannot be")),
            ("user;fixed\ngerda\n", (2, "", "1 columns instead of 2")),
            ("user;display_name\n;Gerda\n", (2, "user", "this cannot be")),
            ("user;display_name\ngerda;A\ngerda;B\n", (3, "display_name", "differs from line 2")),
            ("user;label\ngerda;Kantoor\n", (2, "desk_phone", "label, site and password go with")),
            ("user;desk_phone;password\ngerda;g-1;kort\n", (2, "password", "this cannot be")),
        ],
    )
    def test_faults_are_named_by_line_and_column(self, text: str, fault: tuple[int, str, str]) -> None:
        ((line, column, said),) = faults_of(text)
        assert (line, column) == fault[:2]
        assert said.startswith(fault[2])


@pytest.mark.servers
class TestWriting:
    async def test_users_numbers_and_telephones_are_made(self, company: Company) -> None:
        steps = await imported(company, HEAD + GERDA + MORE + HENK)
        assert [(one.done, one.total, one.changed, one.faults) for one in steps] == [
            (1, 2, True, ()),
            (2, 2, True, ()),
        ]
        gerda = await find_user(company.conn, "gerda@bakkerij.example")
        assert (gerda.extension, gerda.mobile_subscription) == ("207", "ZM-1")
        assert gerda.alternates == ("+31201234577",)
        phone = await find_telephone(company.conn, "gerda-1@bakkerij.example")
        assert phone.label == "Kantoor"
        known = await load_device_credentials(company.conn, "gerda-1", "bakkerij.example")
        assert known is not None
        assert known.ha1_md5 == hashed("gerda-1", known.realm, "geheim-woord")[0]

    async def test_the_same_file_again_changes_nothing(self, company: Company) -> None:
        await imported(company, HEAD + GERDA + MORE + HENK)
        rows = len(await company.audit())
        steps = await imported(company, HEAD + GERDA + MORE + HENK)
        assert [one.changed for one in steps] == [False, False]
        assert len(await company.audit()) == rows

    async def test_another_file_changes_what_it_names_and_leaves_the_rest(self, company: Company) -> None:
        await imported(company, HEAD + GERDA + HENK)
        await imported(company, "user;fixed;pack\nhenk;020 123 4598;premium_plus\n")
        henk = await find_user(company.conn, "henk@bakkerij.example")
        assert (henk.fixed, henk.pack.value, henk.extension) == ("+31201234598", "premium_plus", "208")

    async def test_nothing_of_a_user_with_a_fault_is_written_and_the_others_are(
        self, company: Company
    ) -> None:
        taken = "gerda;;;;;;;020 123 9999;;;;;\n"
        wrong_phone = GERDA.replace("gerda-1;Kantoor;", "gerda-1;Kantoor;nergens")
        for lines, line, column in (
            (GERDA + taken, 3, "alternate"),
            (wrong_phone, 2, "site"),
            (GERDA + MORE.replace("Thuis;", "Thuis;nergens"), 3, "site"),
        ):
            before = len(await company.audit())
            first, last = await imported(company, HEAD + lines + HENK)
            (fault,) = first.faults
            assert (fault.line, fault.column) == (line, column)
            assert fault.tekst
            assert not last.faults
            users = await list_users(company.conn, tenant=company.tenant.id, after="", limit=9)
            assert [one.user for one in users] == ["henk@bakkerij.example"]
            told = [row["subject"] for row in (await company.audit())[before:]]
            assert not [one for one in told if "gerda" in one]

    async def test_dry_run_says_the_same_and_writes_nothing(self, company: Company) -> None:
        twice = HENK.replace("henk", "hein").replace("208", "209")  # the same number as Henk
        before = await company.audit()
        dry = await imported(company, HEAD + GERDA + HENK + twice, dry_run=True)
        assert await company.audit() == before
        assert not await list_users(company.conn, tenant=company.tenant.id, after="", limit=9)
        assert dry == await imported(company, HEAD + GERDA + HENK + twice)
        assert [one.changed for one in dry] == [True, True, False]
        assert dry[2].faults[0].text == "this number is already taken"

    @pytest.mark.parametrize("batch", [1, 2, 50])
    async def test_dry_run_in_batches_says_what_the_whole_file_would(
        self, company: Company, batch: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Numbers that pass from one user of the file to the next, names and licences taken by an earlier
        one."""
        monkeypatch.setattr("hipper.directory.admin.bulk.BATCH", batch)
        await imported(company, HEAD + GERDA + HENK)
        wanted = LicencesWanted(business_plus=3)
        await set_licences(company.conn, OPERATOR, company.group.id, wanted)
        columns = "user;display_name;pack;extension;fixed;desk_phone\n"
        text = columns + "".join(
            f"{line}\n"
            for line in (
                "henk;;;;0201234597;",  # leaves 4508
                "hein;Hein;business_plus;209;0201234508;hein-1",  # takes it
                "hugo;Hugo;business_plus;209;;",  # an extension that is taken by then
                "hans;Hans;business_plus;210;0201234597;",  # a number that is taken by then
                "hilde;Hilde;business_plus;;;hein-1",  # a telephone that is Hein's by then
                "ida;Ida;business_plus;;;",
                "ilse;Ilse;business_plus;;;",  # the licences are used up
            )
        )
        dry = await imported(company, text, dry_run=True)
        audit = await company.audit()
        assert dry == await imported(company, text)
        assert len(await company.audit()) > len(audit)
        said = [one.faults[0].text if one.faults else "" for one in dry]
        assert said[:2] == ["", ""]
        assert all(said[2:5])
        assert said[5:] == ["", "all 3 licences of business_plus are in use"]

    async def test_nobody_waits_for_a_dry_run(self, company: Company, postgres_url: str) -> None:
        """Whoever asks between two users of it finds the group and the users as free as before."""
        await imported(company, HEAD + GERDA + HENK)
        users, _ = read_users("user;display_name\nhenk;Henk de Mol\ngerda;Gerda de Mol\nnew;N\n")
        other = await asyncpg.connect(postgres_url)
        locks = (
            "SELECT FROM directory.subscribers FOR UPDATE NOWAIT",
            "SELECT FROM directory.groups FOR UPDATE NOWAIT",
        )
        steps = import_users(company.conn, OPERATOR, company.tenant.id, users, realm=None, dry_run=True)
        count = 0
        async for _ in steps:
            count += 1
            for one in locks:
                await other.execute(one)
        await other.close()
        assert count == 3

    async def test_who_administers_one_group_imports_into_it_only(self, company: Company) -> None:
        utrecht = await create_group(company.conn, OPERATOR, company.tenant, NewGroup(name="utrecht"))
        await imported(company, HEAD + HENK.replace("Henk Mol;", "Henk Mol;main"))
        bram = Actor("user:bram", TenantId(company.tenant.id), GroupId(utrecht.id))
        said = [
            step.faults[0].text if step.faults else ""
            for step in await imported(company, HEAD + GERDA + HENK, actor=bram)
        ]
        assert said == ["", "this user is in another group"]
        there = GERDA.replace("gerda", "geert").replace("Mol;;", "Mol;main;")
        (step,) = await imported(company, HEAD + there, actor=bram)
        assert step.faults[0].text == "there is no such group"
        assert (await find_user(company.conn, "gerda@bakkerij.example")).group == utrecht.id

    @pytest.mark.parametrize(
        ("change", "column"),
        [
            (("vast_mobiel_premium_plus", ""), "pack"),
            (("Gerda Mol", ""), "display_name"),
            (("vast_mobiel_premium_plus", "base_plus"), "mobile"),
            (("gerda;", "gerda@elders.example;"), "user"),
            ((";207;", ";113;"), "extension"),
            (("Mol;;", "Mol;nergens;"), "group"),
        ],
    )
    async def test_faults_point_at_their_column(
        self, company: Company, change: tuple[str, str], column: Any
    ) -> None:
        (step,) = await imported(company, HEAD + GERDA.replace(*change))
        assert [(one.line, one.column) for one in step.faults] == [(2, column)]
