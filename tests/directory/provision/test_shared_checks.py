"""A file goes on the same checks as users made one by one: whose numbers are, what packs hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from hipper.directory.admin.blocks import create_block
from hipper.directory.admin.changing import OPERATOR
from hipper.directory.admin.model import NewBlock, NewSubscription, NewTenant
from hipper.directory.admin.subscriptions import create_subscription, list_subscriptions
from hipper.directory.admin.tenants import create_tenant, find_tenant
from hipper.directory.provision import ProvisioningError, apply_file

pytestmark = pytest.mark.servers

FILE = """
[tenant]
name = "bakery"
display_name = "Bakery"
kind = "enterprise"
domains = ["bakery.example"]
mobile_network = "mno"

[[subscriber]]
user = "anna"
display_name = "Anna"
pack = "PACK"
NUMBERS

[[subscriber.desk_phone]]
aor_user = "anna-1"

[[subscriber.desk_phone]]
aor_user = "anna-2"
"""


@pytest.fixture
async def conn(owner_postgres_url: Callable[[str], str]) -> asyncpg.Connection:
    return await asyncpg.connect(owner_postgres_url("directory"))


def file_with(folder: Path, numbers: str, pack: str = "vast_mobiel_premium_plus") -> Path:
    path = folder / "bakery.toml"
    path.write_text(FILE.replace("NUMBERS", numbers).replace("PACK", pack))
    return path


async def test_numbers_of_another_companys_block_and_subscription_are_not_to_be_had(
    conn: asyncpg.Connection, tmp_path: Path
) -> None:
    wanted = NewTenant(name="other", display_name="Other", kind="group", domains=("other.example",))
    other = await create_tenant(conn, OPERATOR, wanted)
    await create_block(conn, OPERATOR, other.id, NewBlock(first="+31201234500", size=100))
    mobile = NewSubscription(id="ZM-1", kind="mobile", number="+31612345601", mobile_network="mno")
    await create_subscription(conn, OPERATOR, other.id, mobile)
    for numbers in ('fixed = "020 123 4501"', 'mobile = "06 1234 5601"'):
        with pytest.raises(ProvisioningError, match="is not available; choose another"):
            await apply_file(conn, file_with(tmp_path, numbers))
    assert await apply_file(conn, file_with(tmp_path, 'fixed = "020 123 4601"'))


@pytest.mark.parametrize(
    ("pack", "numbers", "said"),
    [
        ("base_plus", "", "2 desk phones; base_plus has at most 1"),
        ("premium_plus", 'mobile = "06 1234 5601"', "1 mobile; premium_plus has at most 0"),
        ("base_plus", 'alternates = ["020 123 4502"]', "1 alternates; base_plus has at most 0"),
    ],
)
async def test_pack_limits_hold_for_files(
    conn: asyncpg.Connection, tmp_path: Path, pack: str, numbers: str, said: str
) -> None:
    with pytest.raises(ProvisioningError, match=said):
        await apply_file(conn, file_with(tmp_path, numbers, pack))


async def test_subscriptions_with_a_number_stay_while_nobody_has_them(
    conn: asyncpg.Connection, tmp_path: Path
) -> None:
    await apply_file(conn, file_with(tmp_path, ""))
    tenant = await find_tenant(conn, "bakery")
    mobile = NewSubscription(id="ZM-1", kind="mobile", number="+31612345601", mobile_network="mno")
    await create_subscription(conn, OPERATOR, tenant, mobile)
    assert await apply_file(conn, file_with(tmp_path, 'fixed = "020 123 4601"'))
    assert "ZM-1" in [one.id for one in await list_subscriptions(conn, tenant, "", 10)]
