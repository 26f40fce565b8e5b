"""One round trip loads caller and called, by index, and never anyone of another tenant."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from hipper.directory import contexts, credentials
from hipper.directory.contexts import load_for_origination
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import Device, DeviceKind, IdentityChoice, Number, NumberKind
from hipper.telephony.numbers.e164 import E164
from tests.directory.owners import owner_of
from tests.directory.people import (
    add_crowd,
    add_desk_phone,
    add_group,
    add_mobile,
    add_tenant,
    add_user,
)

pytestmark = pytest.mark.servers
ANNA_MOBILE = E164("+31612345601")


@pytest.fixture
async def conn(postgres_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


class Company:
    """Anna and Bram at the bakery; Zoë at the butcher's, with extension 202 too."""

    def __init__(self) -> None:
        self.tenant = self.anna = self.bram = self.zoe = self.anna_desk = self.anna_mobile = ""

    @classmethod
    async def make(cls, conn: asyncpg.Connection) -> Company:
        self = cls()
        self.tenant = await add_tenant(conn, "bakery", "bakery.example", "+31201234500")
        other = await add_tenant(conn, "butcher", "butcher.example")
        self.anna = await add_user(
            conn,
            self.tenant,
            "bakery.example",
            "anna",
            extension="201",
            fixed="+31201234501",
            mobile=ANNA_MOBILE,
        )
        self.bram = await add_user(
            conn,
            self.tenant,
            "bakery.example",
            "bram",
            extension="202",
            fixed="+31201234502",
            mobile="+31612345602",
        )
        self.zoe = await add_user(
            conn,
            other,
            "butcher.example",
            "zoe",
            extension="203",
            fixed="+31201234503",
            mobile="+31612345603",
        )
        self.anna_desk = await add_desk_phone(conn, self.tenant, self.anna, "anna-desk", "bakery.example")
        self.anna_mobile = await add_mobile(conn, self.tenant, self.anna)
        return self


class TestOrigination:
    async def test_caller_is_whole(self, conn: asyncpg.Connection) -> None:
        company = await Company.make(conn)
        caller, _called, _list = await load_for_origination(conn, served_number=ANNA_MOBILE, dialled="202")
        assert caller is not None
        assert (caller.tenant, caller.subscriber, caller.domain) == (
            company.tenant,
            company.anna,
            "bakery.example",
        )
        assert (caller.country, caller.area_code, caller.display_name) == ("NL", "20", "Anna")
        assert caller.numbers == (
            Number(kind=NumberKind.EXTENSION, extension="201"),
            Number(kind=NumberKind.FIXED, e164=E164("+31201234501")),
            Number(kind=NumberKind.MOBILE, e164=ANNA_MOBILE),
        )
        assert caller.devices == (
            Device(
                id=DeviceId(company.anna_desk),
                kind=DeviceKind.DESK_PHONE,
                label="Desk",
                aor_user="anna-desk",
            ),
            Device(
                id=DeviceId(company.anna_mobile),
                kind=DeviceKind.MOBILE,
                label="Mobile",
                mobile_network="mvno",
            ),
        )
        assert (caller.identity, caller.withhold, caller.enabled) == (IdentityChoice.FIXED, False, True)
        assert (caller.no_answer_s, caller.decline_ends_ringing, caller.language) == (25, True, "nl")
        assert caller.tenant_default_identity == "+31201234500"
        assert (caller.mobile_subscription, caller.fixed_subscription) == ("mobile:anna", "fixed:anna")

    @pytest.mark.parametrize(
        "dialled",
        ["202", "0201234502", "+31 20 123 4502", "0031201234502", "0612345602", "#31#202", "#31#0612345602"],
    )
    async def test_colleague_is_found_by_each_number(self, conn: asyncpg.Connection, dialled: str) -> None:
        company = await Company.make(conn)
        for served in ({"served_number": ANNA_MOBILE}, {"served_device": DeviceId(company.anna_desk)}):
            caller, called, _list = await load_for_origination(conn, dialled=dialled, **served)
            assert caller is not None
            assert called is not None
            assert (caller.subscriber, called.subscriber) == (company.anna, company.bram)

    async def test_local_number_is_completed_with_the_area_code_of_the_group(
        self, conn: asyncpg.Connection
    ) -> None:
        company = await Company.make(conn)
        _caller, called, _list = await load_for_origination(
            conn, served_number=ANNA_MOBILE, dialled="1234502"
        )
        assert called is not None
        assert called.subscriber == company.bram

    async def test_digits_are_read_in_the_country_of_the_group(self, conn: asyncpg.Connection) -> None:
        company = await Company.make(conn)
        await add_group(conn, company.tenant, "brussels", "BE", "2")
        await add_user(
            conn,
            company.tenant,
            "bakery.example",
            "luc",
            "brussels",
            fixed="+3225550123",
            mobile="+32470123456",
        )
        caller, called, _list = await load_for_origination(
            conn, served_number=E164("+32470123456"), dialled="02 555 01 23"
        )
        assert caller is not None
        assert called is not None
        assert caller.subscriber == called.subscriber

    @pytest.mark.parametrize("dialled", ["203", "0201234503", "+31612345603"])
    async def test_user_of_another_tenant_is_never_loaded(
        self, conn: asyncpg.Connection, dialled: str
    ) -> None:
        await Company.make(conn)
        caller, called, _list = await load_for_origination(conn, served_number=ANNA_MOBILE, dialled=dialled)
        assert caller is not None
        assert called is None

    @pytest.mark.parametrize("dialled", ["0201234500", "0201234599", "299", "*11", "112", "", "x", "1233"])
    async def test_nobody_owns_what_was_dialled(self, conn: asyncpg.Connection, dialled: str) -> None:
        """0201234500 is the main number: the tenant's, but no user's."""
        await Company.make(conn)
        caller, called, _list = await load_for_origination(conn, served_number=ANNA_MOBILE, dialled=dialled)
        assert caller is not None
        assert called is None

    @pytest.mark.parametrize("number", ["+31699999999", "+31201234501", "+31201234500"])
    async def test_served_number_that_is_no_users_mobile_number(
        self, conn: asyncpg.Connection, number: str
    ) -> None:
        await Company.make(conn)
        assert await load_for_origination(conn, served_number=E164(number), dialled="202") == (
            None,
            None,
            None,
        )

    async def test_unknown_device(self, conn: asyncpg.Connection) -> None:
        await Company.make(conn)
        assert await load_for_origination(conn, served_device=DeviceId("x"), dialled="202") == (
            None,
            None,
            None,
        )

    async def test_somebody_must_be_served(self, conn: asyncpg.Connection) -> None:
        with pytest.raises(ValueError, match="served_number, _device, _exchange, _subscriber"):
            await load_for_origination(conn, dialled="202")


class TestTermination:
    @pytest.mark.parametrize("number", ["+31201234502", "+31612345602"])
    async def test_fixed_and_mobile_number_find_the_user(self, conn: asyncpg.Connection, number: str) -> None:
        company = await Company.make(conn)
        called = await owner_of(conn, E164(number))
        assert called is not None
        assert called.subscriber == company.bram

    async def test_user_without_device_has_none(self, conn: asyncpg.Connection) -> None:
        await Company.make(conn)
        called = await owner_of(conn, E164("+31201234502"))
        assert called is not None
        assert called.devices == ()

    @pytest.mark.parametrize("number", ["+31201234599", "+31201234500"])
    async def test_number_of_nobody(self, conn: asyncpg.Connection, number: str) -> None:
        await Company.make(conn)
        assert await owner_of(conn, E164(number)) is None


class CountingConnection:
    """Counts round trips."""

    def __init__(self, conn: asyncpg.Connection) -> None:
        self.conn = conn
        self.round_trips = 0

    async def fetchrow(self, query: str, *args: Any, **options: Any) -> Any:
        self.round_trips += 1
        return await self.conn.fetchrow(query, *args, **options)


@pytest.mark.parametrize("dialled", ["202", "0612345602", "+31201234599", "0031201234502", "14020", "299"])
async def test_one_round_trip(conn: asyncpg.Connection, dialled: str) -> None:
    await Company.make(conn)
    counting = CountingConnection(conn)
    await load_for_origination(counting, served_number=ANNA_MOBILE, dialled=dialled)
    assert counting.round_trips == 1


GROWING = r"Seq Scan on (subscribers|numbers|devices|device_credentials|subscriber_services|contact_numbers)"


async def test_mobile_of_a_fixed_pack_is_none_of_ours(conn: asyncpg.Connection) -> None:
    """Seed 1.4, 5.8."""
    company = await Company.make(conn)
    await conn.execute("UPDATE directory.subscribers SET pack = 'premium_plus'")
    by_mobile = await load_for_origination(conn, served_number=ANNA_MOBILE, dialled="202")
    assert (by_mobile.caller, by_mobile.called) == (None, None)
    from_desk = await load_for_origination(
        conn, served_device=DeviceId(company.anna_desk), dialled="+31612345602"
    )
    assert from_desk.caller is not None
    assert from_desk.called is not None
    found = await contexts.load_for_termination(conn, E164("+31612345602"))
    assert found is not None
    for user in (from_desk.caller, from_desk.called, found.context):
        assert NumberKind.MOBILE not in [number.kind for number in user.numbers]


async def test_colleagues_are_found_by_extension_and_number_within_the_tenant(
    conn: asyncpg.Connection,
) -> None:
    company = await Company.make(conn)
    caller = (await load_for_origination(conn, served_number=ANNA_MOBILE, dialled="")).caller
    assert caller is not None
    for digits in (["202"], ["0201234502"], ["+31201234502", "202"], ["202", "0301234567"]):
        (found,) = await contexts.load_colleagues(conn, caller, digits)
        assert found.subscriber == company.bram
    assert await contexts.load_colleagues(conn, caller, ["201", "203", "0201234503", ""]) == ()


async def test_every_statement_uses_indexes_among_12000_users(conn: asyncpg.Connection) -> None:
    await add_crowd(conn)
    statements: list[tuple[str, tuple[str, ...]]] = [
        (contexts.ORIGINATION_BY_NUMBER, ("+31650000150", "203", "+31205000151")),
        (contexts.ORIGINATION_BY_DEVICE, ("d150desk_phone", "203", "+31205000151")),
        (contexts.ORIGINATION_BY_EXCHANGE, ("asterisk|150", "203", "+31205000151")),
        (contexts.ORIGINATION_BY_SUBSCRIBER, ("s150", "203", "+31205000151")),
        (contexts.TERMINATION, ("+31205000150", "+31650000151")),
        (contexts.ORIGINATION_AGAIN, ("t1", "s150", "203", "+31205000151")),
        (contexts.TERMINATION_AGAIN, ("t1", "s150", "+31650000151")),
        (credentials.STATEMENT, ("d1.example", "phone150")),
    ]
    many = ("t1", "s150", "{251}", "{+31205000151}")
    statements.append((contexts.COLLEAGUES, many))
    await conn.execute("SET plan_cache_mode = force_generic_plan")
    for number, (statement, values) in enumerate(statements):
        await conn.execute(f"PREPARE s{number} AS {statement}")
        quoted = ", ".join(f"'{value}'" for value in values)
        plan = "\n".join(row[0] for row in await conn.fetch(f"EXPLAIN ANALYZE EXECUTE s{number}({quoted})"))
        assert re.search(r"rows=1 ", plan), plan
        # Tables of a handful of rows per tenant may be scanned; those that grow with the users may not.
        assert not re.search(GROWING, plan), plan
        assert "Index" in plan, plan
    caller, called, _list = await load_for_origination(
        conn, served_number=E164("+31650000150"), dialled="203"
    )
    assert caller is not None
    assert called is not None
    assert (caller.subscriber, called.subscriber) == ("s150", "s103")
