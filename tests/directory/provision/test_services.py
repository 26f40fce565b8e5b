"""Services, contact lists and telephones of other exchanges in a provisioning file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from hipper.directory.contexts import load_for_origination, load_for_termination
from hipper.directory.provision import ProvisioningError, apply_file, diff_file, export_tenant
from hipper.directory.services import get_service
from hipper.pbx.model import CallerList, ServicePack
from hipper.pbx.services.availability import Action
from hipper.pbx.services.forwarding import CallForwardingBusy, NightMode
from hipper.telephony.numbers.e164 import E164
from tests.directory.owners import owner_of
from tests.directory.provision.bakery import BAKERY, line_of

pytestmark = pytest.mark.servers

FIXED, CLIENT, MOTHER = E164("+31201234501"), E164("+31201234599"), E164("+31612345699")
SERVICES = """\
[subscriber.services.call_forwarding_busy]
active = true
destination = "202"

[[subscriber.services.schedules.schedules]]
name = "office"
weekly = [{ days = ["mon", "tue"], start = "09:00", end = "17:30" }]

[[subscriber.services.availability.numbers]]
number = "fixed"
schedule = "office"
outside = { action = "voicemail" }

[subscriber.contacts]
business = ["020 123 4599"]
private = ["06 1234 5699"]

[[subscriber.exchange_phone]]
exchange = "asterisk-hq"
user = "6001"
label = "Old exchange"
"""
GROUP = """\
time_zone = "Europe/Brussels"

[group.services.group_night_forwarding]
mode = "schedule"
open = "office"
destination = "201"
"""


@pytest.fixture
async def conn(owner_postgres_url: object) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(owner_postgres_url("directory"))  # type: ignore[operator]
    yield connection
    await connection.close()


def written(folder: Path, *changes: tuple[str, str]) -> Path:
    """The bakery with services for its group and for Anna, each ``(before, after)`` replaced once."""
    text = BAKERY.replace('area_code = "20"\n', f'area_code = "20"\n{GROUP}')
    named = f'identity = "fixed"\npack = "vast_mobiel_business_plus"\n\n{SERVICES}'
    text = text.replace('identity = "fixed"\n', named)
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    path = folder / "bakery.toml"
    path.write_text(text)
    return path


async def test_next_call_meets_what_the_file_says(conn: asyncpg.Connection, tmp_path: Path) -> None:
    await apply_file(conn, written(tmp_path))
    anna = await owner_of(conn, FIXED)
    assert anna is not None
    assert anna.services.call_forwarding_busy == CallForwardingBusy(active=True, destination="202")
    assert anna.services.availability is not None
    assert anna.services.availability.numbers[0].outside.action is Action.VOICEMAIL
    assert anna.group_services.group_night_forwarding is not None
    assert anna.group_services.group_night_forwarding.mode is NightMode.SCHEDULE
    assert (anna.pack, anna.time_zone) == (ServicePack.VAST_MOBIEL_BUSINESS_PLUS, "Europe/Brussels")
    for number, which in ((CLIENT, CallerList.BUSINESS), (MOTHER, CallerList.PRIVATE)):
        found = await load_for_termination(conn, FIXED, calling_number=number)
        assert found is not None
        assert found.caller_list is which
    caller = await load_for_origination(conn, served_exchange=("asterisk-hq", "6001"), dialled="202")
    assert caller.caller is not None
    assert caller.caller.subscriber == anna.subscriber


async def test_again_changes_nothing_and_an_export_applies_to_the_same(
    conn: asyncpg.Connection, tmp_path: Path
) -> None:
    path = written(tmp_path)
    await apply_file(conn, path)
    assert (await diff_file(conn, path)).lines == ()
    exported = tmp_path / "exported.toml"
    exported.write_text(await export_tenant(conn, "bakery"))
    assert (await diff_file(conn, exported, prune=True)).lines == ()
    await apply_file(conn, exported, prune=True)
    anna = await owner_of(conn, FIXED)
    assert anna is not None
    assert (await get_service(conn, "subscriber", anna.subscriber, "call_forwarding_busy")).version == 1


async def test_service_left_out_stays_until_it_is_pruned(conn: asyncpg.Connection, tmp_path: Path) -> None:
    await apply_file(conn, written(tmp_path))
    busy = '[subscriber.services.call_forwarding_busy]\nactive = true\ndestination = "202"\n'
    without = written(tmp_path, (busy, ""))
    changes = await apply_file(conn, without)
    assert "service call_forwarding_busy of anna@bakery.example" in changes.kept
    pruned = await apply_file(conn, without, prune=True)
    assert pruned.lines == ("- service call_forwarding_busy of anna@bakery.example",)
    anna = await owner_of(conn, FIXED)
    assert anna is not None
    assert anna.services.call_forwarding_busy is None
    assert anna.services.availability is not None


async def test_change_is_told_and_counted(conn: asyncpg.Connection, tmp_path: Path) -> None:
    await apply_file(conn, written(tmp_path))
    changed = written(tmp_path, ('destination = "202"', 'destination = "203"'), ('"06 1234 5699"', ""))
    lines = (await apply_file(conn, changed)).lines
    assert any(
        line.startswith("~ service call_forwarding_busy of anna@bakery.example: ") and "203" in line
        for line in lines
    )
    assert "~ private contacts of anna@bakery.example: 0 added, 1 removed, 0 in all" in lines
    assert not any("5699" in line for line in lines)
    anna = await owner_of(conn, FIXED)
    assert anna is not None
    assert (await get_service(conn, "subscriber", anna.subscriber, "call_forwarding_busy")).version == 2
    assert (await get_service(conn, "subscriber", anna.subscriber, "availability")).version == 1


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("active = true", 'active = "yes"', "call_forwarding_busy: Expected `bool`, got `str`"),
        ("call_forwarding_busy]", "call_forwarding_bussy]", 'did you mean "call_forwarding_busy"?'),
        ("group_night_forwarding]", "do_not_disturb]", "no service of a group"),
        ('"Europe/Brussels"', '"Europe/Brussel"', 'did you mean "Europe/Brussels"?'),
        ('"vast_mobiel_business_plus"', '"vast_mobiel_busines_plus"', '"vast_mobiel_business_plus"'),
        ('private = ["06 1234 5699"]', 'private = ["020 123 4599"]', "in both contact lists"),
    ],
)
async def test_what_is_wrong_is_named_with_its_line(
    conn: asyncpg.Connection, tmp_path: Path, before: str, after: str, told: str
) -> None:
    path = written(tmp_path, (before, after))
    with pytest.raises(ProvisioningError) as raised:
        await apply_file(conn, path)
    (problem,) = raised.value.problems
    assert told in problem.text
    assert abs(problem.line - line_of(path, after)) <= 1
    assert await conn.fetchval("SELECT count(*) FROM directory.subscriber_services") == 0


async def test_service_outside_the_pack_is_a_problem(conn: asyncpg.Connection, tmp_path: Path) -> None:
    change = ("services.call_forwarding_busy]", "services.voicemail]"), ('destination = "202"', "busy = true")
    path = written(tmp_path, *change, ('"vast_mobiel_business_plus"', '"base_plus"'))
    with pytest.raises(ProvisioningError, match="voicemail is not in base_plus; it is in business_plus"):
        await apply_file(conn, path)


async def test_bar_that_fits_no_number_is_a_problem(conn: asyncpg.Connection, tmp_path: Path) -> None:
    night = 'mode = "schedule"\nopen = "office"\ndestination = "201"'
    plan = ("group_night_forwarding]", "group_outgoing_calling_plan]"), (night, 'barred_prefixes = ["0049"]')
    with pytest.raises(ProvisioningError, match="group_outgoing_calling_plan: '0049' is no prefix"):
        await apply_file(conn, written(tmp_path, *plan))


async def test_telephone_of_another_tenant_is_not_to_be_had(conn: asyncpg.Connection, tmp_path: Path) -> None:
    await apply_file(conn, written(tmp_path))
    other = tmp_path / "other.toml"
    other.write_text(
        """[tenant]
name = "mill"
display_name = "The Mill"
kind = "group"
domains = ["mill.example"]

[[subscriber]]
user = "wim"
display_name = "Wim"

[[subscriber.exchange_phone]]
exchange = "asterisk-hq"
user = "6001"
"""
    )
    with pytest.raises(ProvisioningError, match="exchange phone 6001 at asterisk-hq is not available"):
        await apply_file(conn, other)
