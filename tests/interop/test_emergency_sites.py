"""112 from desk phones with a site, the same after a start with everything away, and calls back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.interop.company import Person
from tests.interop.conftest import Kit
from tests.interop.gateway import GatewayProcess
from tests.interop.ports import Ports
from tests.interop.services import set_service
from tests.interop.sipp import Sipp

SITE_NUMBER, CENTRE = "+31201110000", "+31880112112"
ZONES = {"zones": [{"name": "shop", "number": SITE_NUMBER, "route": "psap-spare"}]}
KEPT_WITHIN_S = 8.0
LEAVES_WITHIN_S = 0.5


async def at_the_shop(kit: Kit, person: Person) -> None:
    """Its telephone stands at a site that has a number and a route."""
    connection = await asyncpg.connect(kit.database)
    try:
        tenant = await connection.fetchval(
            "SELECT tenant_id FROM directory.tenants WHERE name = $1", kit.company.tenant
        )
        group = await connection.fetchval(
            "SELECT group_id FROM directory.groups WHERE tenant_id = $1", tenant
        )
        await connection.execute(
            "INSERT INTO directory.group_services VALUES ($1, $2, 'emergency_zones', $3)",
            tenant,
            group,
            json.dumps(ZONES),
        )
        await connection.execute(
            "UPDATE directory.devices SET site = 'shop' WHERE aor_user = ANY($1)", list(person.phones)
        )
    finally:
        await connection.close()


async def do_not_disturb(kit: Kit, person: Person) -> None:
    connection = await asyncpg.connect(kit.database)
    try:
        await connection.execute(
            "INSERT INTO directory.subscriber_services"
            " SELECT tenant_id, subscriber_id, 'do_not_disturb', '{\"active\": true}'"
            " FROM directory.numbers WHERE e164 = $1",
            person.fixed,
        )
    finally:
        await connection.close()


def kept(gateway: GatewayProcess) -> str:
    path = gateway.folder / "state" / "emergency.json"
    return path.read_text() if path.exists() else ""


async def until_kept(gateway: GatewayProcess, text: str) -> None:
    deadline = time.monotonic() + KEPT_WITHIN_S
    while text not in kept(gateway):
        assert time.monotonic() < deadline, f"{text} is not in {kept(gateway)}"
        await asyncio.sleep(0.05)


async def calls_112(kit: Kit, person: Person, port: int) -> Sipp:
    """From where the telephone registered; nobody asks for its password."""
    return await kit.sipp(
        "uac_call",
        remote=("127.0.0.1", kit.gateway.devices),
        port=port,
        from_user=person.phones[0],
        domain=person.domain,
        request_uri=f"sip:112@{person.domain}",
        talk_ms=50,
    )


async def test_site_gives_number_and_route_also_after_a_start_with_everything_away(
    kit: Kit, short_folder: Path, kit_ports: Ports
) -> None:
    anna = kit.company.person("anna", mobile=False)
    await kit.company.apply()
    await at_the_shop(kit, anna)
    port = kit.ports.sip()
    await kit.register(anna, port)
    await until_kept(kit.gateway, anna.phones[0])
    usual, site = await kit.psap(), await kit.psap(spare=True)
    await (await calls_112(kit, anna, port)).finished()
    invite = (await site.finished()).first("INVITE")
    assert f"sip:{SITE_NUMBER}@" in (invite.header("P-Asserted-Identity") or "")
    assert usual.so_far().received("INVITE") == []
    with cold(kit.gateway, short_folder / "cold", kit_ports) as kit.gateway:
        usual, site = await kit.psap(), await kit.psap(spare=True)
        sent = (await (await calls_112(kit, anna, port)).finished()).sent("INVITE")[0]
        invite = (await site.finished()).first("INVITE")
        assert f"sip:{SITE_NUMBER}@" in (invite.header("P-Asserted-Identity") or "")
        assert invite.at - sent.at < LEAVES_WITHIN_S
        assert usual.so_far().received("INVITE") == []


async def test_speed_dial_that_stands_for_112_takes_number_and_route_of_the_site(kit: Kit) -> None:
    anna = kit.company.person("anna", mobile=False)
    await kit.company.apply()
    await at_the_shop(kit, anna)
    await set_service(kit, anna, "speed_dial_8", entries=[{"code": "9", "destination": "112"}])
    await kit.register(anna, kit.ports.sip())
    await until_kept(kit.gateway, anna.phones[0])
    usual, site = await kit.psap(), await kit.psap(spare=True)
    caller = await kit.phone_calls("uac_digest_call", anna, "9", talk_ms=50)
    await asyncio.gather(caller.finished(), site.finished())
    invite = site.so_far().first("INVITE")
    assert invite.request_uri.startswith("sip:112@")
    assert f"sip:{SITE_NUMBER}@" in (invite.header("P-Asserted-Identity") or "")
    assert usual.so_far().received("INVITE") == []


@contextlib.contextmanager
def cold(before: GatewayProcess, folder: Path, ports: Ports) -> Iterator[GatewayProcess]:
    """A process that has the disk of another and nothing else."""
    nowhere = folder / "nowhere"
    running = GatewayProcess(
        folder,
        ports,
        database=f"postgresql://hipper:x@/hipper?host={nowhere}&port=5432",
        redis=f"unix://{nowhere}/redis.sock",
        ng=f"127.0.0.1:{ports.sip()}",
    )
    (folder / "state").mkdir()
    shutil.copy(before.folder / "state" / "emergency.json", folder / "state")
    running.start(servers=False)
    try:
        yield running
    finally:
        running.stop()


async def test_telephone_nobody_knows_goes_over_the_first_route_and_asserts_nothing(kit: Kit) -> None:
    anna = kit.company.person("anna", mobile=False)
    psap = await kit.psap()
    await (await calls_112(kit, anna, kit.ports.sip())).finished()
    assert (await psap.finished()).first("INVITE").header("P-Asserted-Identity") is None


@pytest.mark.parametrize("how", ["said by the carrier", "after a 112 call"])
async def test_emergency_centre_that_calls_back_passes_do_not_disturb(kit: Kit, how: str) -> None:
    anna = kit.company.person("anna", mobile=False)
    await kit.company.apply()
    await do_not_disturb(kit, anna)
    disturbed = await kit.carrier_calls("uac_refused", anna.fixed, CENTRE, status=486)
    await disturbed.finished()
    headers = "Priority: psap-callback" if how == "said by the carrier" else ""
    port = kit.ports.sip()
    await kit.register(anna, port)
    if not headers:
        await until_kept(kit.gateway, anna.phones[0])
        psap = await kit.psap()
        await (await calls_112(kit, anna, port)).finished()
        await psap.finished()
    phone = await kit.sipp("uas_answer", port=port)
    centre = await kit.carrier_calls("uac_call", anna.fixed, CENTRE, headers=headers, talk_ms=50)
    await asyncio.gather(centre.finished(), phone.finished())


async def test_carrier_that_is_not_trusted_passes_nothing(kit: Kit) -> None:
    anna = kit.company.person("anna", mobile=False)
    await kit.company.apply()
    await do_not_disturb(kit, anna)
    port = kit.ports.sip()
    await kit.register(anna, port)
    caller = await kit.sipp(
        "uac_refused",
        host="127.0.0.2",
        remote=("127.0.0.1", kit.gateway.pstn),
        to_user=anna.fixed,
        from_user=CENTRE,
        domain="pstn.example",
        headers="Priority: psap-callback",
        status=486,
    )
    await caller.finished()


@pytest.mark.parametrize("way", ["network", "phone"])
async def test_nothing_it_carries_keeps_an_emergency_call_from_its_route(kit: Kit, way: str) -> None:
    """A location and no SDP, an extension and a session interval that would be 415, 420 and 422."""
    psap = await kit.psap("uas_refuse", status=600)
    spare = await kit.psap("uas_refuse", spare=True, status=600)
    remote = kit.gateway.mobile if way == "network" else kit.gateway.devices
    caller = await kit.sipp(
        "uac_pidf_refused",
        remote=("127.0.0.1", remote),
        request_uri="urn:service:sos",
        headers="Require: unheard-of\nSupported: timer\nSession-Expires: 20\nGeolocation: <cid:a@b>",
        status=600,
    )
    sent = (await caller.finished()).sent("INVITE")[0]
    invite = (await psap.finished()).first("INVITE")
    await spare.finished()
    assert invite.body == sent.body
    assert invite.header("Content-Type") == sent.header("Content-Type")
    assert invite.header("Geolocation") == "<cid:a@b>"
