"""Numbers in blocks: held once, given, freed, split."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from hipper.directory.admin.blocks import (
    create_block,
    delete_block,
    get_block,
    list_blocks,
    numbers_of,
    split_block,
)
from hipper.directory.admin.changing import OPERATOR, Actor
from hipper.directory.admin.model import NewBlock, Split, TenantChange
from hipper.directory.admin.refused import InTheWay, NotAllowed, NotThere, Refused, Unfit
from hipper.directory.admin.tenants import change_tenant
from hipper.directory.admin.users import assign_number, delete_user, release_number
from hipper.directory.services import change_group_service
from hipper.pbx.ids import GroupId, TenantId
from hipper.pbx.model import ServicePack
from hipper.telephony.numbers.e164 import E164
from tests.directory.admin.conftest import MOBILE, Company, idle
from tests.directory.owners import owner_of

pytestmark = pytest.mark.servers


async def block(company: Company, first: str, size: Any, reference: str = "") -> Any:
    wanted = NewBlock(first=first, size=size, reference=reference)
    return await create_block(company.conn, OPERATOR, company.tenant.id, wanted)


@pytest.mark.parametrize(
    ("first", "size", "said"),
    [
        ("+31201234510", 100, "begins with"),
        ("+31881234000", 10, "come by 100, 1000, 10000"),
        ("+31851234000", 1000, "come by 1, 10, 100"),
        ("+31207600000", 10000, "come by 1, 10, 100, 1000"),
        ("+31881234000", 1000, "regulator"),
        ("+31612345600", 100, "mobile subscriptions"),
        ("+31900123450", 10, "no company"),
        ("+31112", 1, "emergency"),
        ("+31113", 1, "emergency"),
        ("+310112", 1, "emergency"),
    ],
)
async def test_blocks_that_cannot_be(company: Company, first: str, size: Any, said: str) -> None:
    with pytest.raises(Unfit, match=said) as refused:
        await block(company, first, size)
    assert refused.value.uitleg


@pytest.mark.parametrize(
    ("first", "size"),
    [("+31207600000", 1), ("+31851234000", 100), ("+31881230000", 10000), ("+3222345600", 100)],
)
async def test_blocks_as_the_seed_orders_them(company: Company, first: str, size: Any) -> None:
    made = await block(company, first, size, "ACM-1")
    assert (made.size, made.used) == (size, 0)


async def test_blocks_do_not_overlap_in_the_whole_installation(company: Company, other: Company) -> None:
    for size, first in ((10, "+31201234550"), (1000, "+31201234000")):
        with pytest.raises(InTheWay, match="already taken"):
            await block(other, first, size)
    assert len(await list_blocks(other.conn, other.tenant.id, "", 10)) == 1


async def test_number_of_another_companys_block_is_refused_by_the_tables_too(
    company: Company, other: Company
) -> None:
    """Whoever writes: a provisioning file as well."""
    carl = await other.user("carl")
    with pytest.raises(asyncpg.UniqueViolationError):
        await company.conn.execute(
            "INSERT INTO directory.numbers (tenant_id, subscriber_id, kind, e164)"
            " VALUES ($1, $2, 'fixed', '+31201234577')",
            *(other.tenant.id, carl.id),
        )


async def test_block_around_a_number_of_somebody_else_is_refused(company: Company, other: Company) -> None:
    carl = await other.user("carl")
    await company.conn.execute(
        "INSERT INTO directory.numbers (tenant_id, subscriber_id, kind, e164) VALUES ($1, $2, 'fixed', $3)",
        other.tenant.id,
        carl.id,
        "+31207654321",
    )
    with pytest.raises(InTheWay):
        await block(company, "+31207654300", 100)
    assert (await block(other, "+31207654300", 100)).used == 1


@pytest.mark.parametrize("parts", [10, 100])
async def test_block_is_split_and_users_keep_their_numbers(company: Company, parts: Any) -> None:
    anna = await company.user(fixed="+31201234501")
    (whole,) = await list_blocks(company.conn, company.tenant.id, "", 10)
    made = await split_block(company.conn, OPERATOR, whole.id, Split(parts=parts))
    assert len(made) == parts
    assert {one.size for one in made} == {100 // parts}
    assert (made[0].first, made[-1].last) == ("+31201234500", "+31201234599")
    assert sum(one.used for one in made) == 1
    found = await owner_of(company.conn, E164("+31201234501"))
    assert found is not None
    assert found.subscriber == anna.id
    with pytest.raises(NotThere):
        await split_block(company.conn, OPERATOR, whole.id, Split(parts=parts))
    with pytest.raises(Unfit, match="does not make"):
        await split_block(company.conn, OPERATOR, made[0].id, Split(parts=1000))


async def test_each_part_is_given_up_by_itself_unless_a_number_is_in_use(company: Company) -> None:
    await company.user(fixed="+31201234501")
    (whole,) = await list_blocks(company.conn, company.tenant.id, "", 10)
    used, free, *_ = await split_block(company.conn, OPERATOR, whole.id, Split())
    await delete_block(company.conn, OPERATOR, free.id)
    with pytest.raises(InTheWay, match=r"in use: \+31201234501") as refused:
        await delete_block(company.conn, OPERATOR, used.id)
    assert "in gebruik" in refused.value.uitleg
    with pytest.raises(NotThere):
        await get_block(company.conn, free.id)


async def test_numbers_of_a_block_are_told_in_order_page_by_page(company: Company) -> None:
    anna = await company.user(fixed="+31201234501")
    (whole,) = await list_blocks(company.conn, company.tenant.id, "", 10)
    first = await numbers_of(company.conn, whole.id, "", 3)
    assert [(one.number, one.user) for one in first] == [
        ("+31201234500", None),
        ("+31201234501", anna.id),
        ("+31201234502", None),
    ]
    rest = await numbers_of(company.conn, whole.id, first[-1].number[1:], 200)
    assert len(first) + len(rest) == 100
    free = await numbers_of(company.conn, whole.id, "", 2, free=True)
    assert [one.number for one in free] == ["+31201234500", "+31201234502"]


async def test_users_get_only_numbers_of_their_company(company: Company, other: Company) -> None:
    anna = await company.user()
    for number, kind, said in (
        ("+31201239999", Unfit, "none of the company's blocks"),
        ("+31101234501", InTheWay, "already taken"),
    ):
        with pytest.raises(kind, match=said):
            await assign_number(company.conn, OPERATOR, anna.id, "fixed", number)
    with pytest.raises(Unfit, match="no mobile subscription"):
        await assign_number(company.conn, OPERATOR, anna.id, "mobile", "+31612345699")


async def test_number_given_and_freed_holds_at_once(company: Company) -> None:
    anna = await company.user()
    for _ in range(2):  # repeated: the same
        now = await assign_number(company.conn, OPERATOR, anna.id, "fixed", "+31201234501")
        assert now.fixed == "+31201234501"
    now = await assign_number(company.conn, OPERATOR, anna.id, "mobile", MOBILE)
    assert now.mobile_subscription == "ZM-1"
    found = await owner_of(company.conn, E164(MOBILE))
    assert found is not None
    assert [one.mobile_network for one in found.devices] == ["mno"]
    bram = await company.user("bram")
    with pytest.raises(InTheWay, match="already taken"):
        await assign_number(company.conn, OPERATOR, bram.id, "fixed", "+31201234501")
    await release_number(company.conn, OPERATOR, anna.id, "+31201234501")
    now = await release_number(company.conn, OPERATOR, anna.id, MOBILE)
    assert (now.fixed, now.mobile, now.mobile_subscription) == (None, None, None)
    assert await owner_of(company.conn, E164(MOBILE)) is None
    assert (await assign_number(company.conn, OPERATOR, bram.id, "fixed", "+31201234501")).fixed
    assert (await assign_number(company.conn, OPERATOR, bram.id, "mobile", MOBILE)).mobile
    with pytest.raises(NotThere):
        await release_number(company.conn, OPERATOR, anna.id, "+31201234501")


async def test_identity_follows_the_numbers_a_user_has(company: Company) -> None:
    anna = await company.user(mobile=MOBILE)
    shown = "SELECT identity FROM directory.subscribers WHERE subscriber_id = $1"
    assert await company.conn.fetchval(shown, anna.id) == "mobile"
    await assign_number(company.conn, OPERATOR, anna.id, "fixed", "+31201234501")
    await release_number(company.conn, OPERATOR, anna.id, MOBILE)
    assert await company.conn.fetchval(shown, anna.id) == "fixed"


async def test_freed_number_that_came_without_a_block_stays_the_companys(company: Company) -> None:
    anna = await company.user()
    for kind, number in (("fixed", "+31207654321"), ("mobile", "+31687654321")):
        await company.conn.execute(
            "INSERT INTO directory.numbers (tenant_id, subscriber_id, kind, e164) VALUES ($1, $2, $3, $4)",
            *(company.tenant.id, anna.id, kind, number),
        )
    await company.conn.execute(
        "INSERT INTO directory.subscriptions VALUES ($1, 'old', 'mobile')", company.tenant.id
    )
    await company.conn.execute(
        "INSERT INTO directory.devices (tenant_id, subscriber_id, kind, label, mobile_network, rings)"
        " VALUES ($1, $2, 'mobile', 'Mobile', 'mno', true)",
        *(company.tenant.id, anna.id),
    )
    await company.conn.execute(
        "UPDATE directory.subscribers SET mobile_subscription = 'old' WHERE subscriber_id = $1", anna.id
    )
    await delete_user(company.conn, OPERATOR, anna.id, idle)
    bram = await company.user("bram", fixed="+31207654321", mobile="+31687654321")
    assert bram.mobile_subscription == "old"


async def test_main_number_is_the_companys_and_stays_when_its_user_goes(company: Company) -> None:
    conn, tenant = company.conn, company.tenant.id
    with pytest.raises(Unfit, match="none of the company's blocks"):
        await change_tenant(conn, OPERATOR, tenant, TenantChange(main_number="+31201239999"))
    await change_tenant(conn, OPERATOR, tenant, TenantChange(main_number="+31201234500"))
    anna = await company.user(fixed="+31201234500")
    assert anna.fixed == "+31201234500"
    await delete_user(conn, OPERATOR, anna.id, idle)
    now = await change_tenant(conn, OPERATOR, tenant, TenantChange())
    assert now.main_number == "+31201234500"
    assert (await change_tenant(conn, OPERATOR, tenant, TenantChange(main_number=None))).main_number is None
    assert (await company.user("bram", fixed="+31201234500")).fixed


async def test_number_that_a_site_shows_on_112_is_not_freed(company: Company) -> None:
    anna = await company.user(fixed="+31201234501")
    zones = {"zones": [{"name": "winkel", "number": "+31201234501"}]}
    await change_group_service(company.conn, GroupId(company.group.id), "emergency_zones", zones, "operator")
    for work in (
        lambda: release_number(company.conn, OPERATOR, anna.id, "+31201234501"),
        lambda: delete_user(company.conn, OPERATOR, anna.id, idle),
    ):
        with pytest.raises(InTheWay, match=r"site winkel \(main\) shows on 112"):
            await work()
    assert await owner_of(company.conn, E164("+31201234501")) is not None


@pytest.mark.parametrize(
    ("pack", "kind", "number"),
    [
        (ServicePack.BASE_PLUS, "alternate", "+31201234502"),
        (ServicePack.BASE_PLUS, "mobile", MOBILE),
        (ServicePack.PREMIUM_PLUS, "mobile", MOBILE),
    ],
)
async def test_pack_limits_numbers(company: Company, pack: ServicePack, kind: str, number: str) -> None:
    anna = await company.user(pack=pack)
    with pytest.raises(InTheWay, match=f"{pack.value} has at most 0"):
        await assign_number(company.conn, OPERATOR, anna.id, kind, number)


async def test_ten_alternates_and_no_more(company: Company) -> None:
    numbers = tuple(f"+312012345{index:02}" for index in range(10))
    anna = await company.user(alternates=numbers)
    assert anna.alternates == numbers
    with pytest.raises(InTheWay, match="at most 10"):
        await assign_number(company.conn, OPERATOR, anna.id, "alternate", "+31201234511")


@pytest.mark.parametrize("extension", ["112", "113", "1233", "0"])
async def test_extensions_that_cannot_be(company: Company, extension: str) -> None:
    with pytest.raises(Refused):
        await company.user(extension=extension)
    assert not await company.conn.fetchval("SELECT count(*) FROM directory.subscribers")


async def test_tables_hold_no_emergency_number(company: Company) -> None:
    anna = await company.user()
    for number in ("+31112", "+310113"):
        with pytest.raises(asyncpg.CheckViolationError):
            await company.conn.execute(
                "INSERT INTO directory.numbers (tenant_id, subscriber_id, kind, e164)"
                " VALUES ($1, $2, 'fixed', $3)",
                *(company.tenant.id, anna.id, number),
            )


async def test_blocks_are_for_operators(company: Company) -> None:
    dora = Actor("user:dora", TenantId(company.tenant.id))
    (whole,) = await list_blocks(company.conn, company.tenant.id, "", 10)
    for work in (
        lambda: create_block(company.conn, dora, company.tenant.id, NewBlock(first="+31207600000", size=1)),
        lambda: split_block(company.conn, dora, whole.id, Split()),
        lambda: delete_block(company.conn, dora, whole.id),
    ):
        with pytest.raises(NotAllowed):
            await work()
