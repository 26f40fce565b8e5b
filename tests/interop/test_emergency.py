"""112: at once, from anybody, with everything else stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.conftest import Kit
from tests.interop.gateway import GatewayProcess
from tests.interop.ports import Ports

LEAVES_WITHIN_S = 0.5
"""Ten times the 50 ms that `make bench` measures."""
LOCATION = "Geolocation: <cid:handset@ims.example>"
CELL = "P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=2040400010002"


@pytest.mark.parametrize("dialled", ["112", "+31112", "0031112", "%2331%23112"])
async def test_any_spelling_from_a_mobile(kit: Kit, dialled: str) -> None:
    anna = kit.company.person("anna", withhold=True, identity="fixed")
    await kit.company.apply()
    psap = await kit.psap()
    headers = f"Privacy: id\n{LOCATION}\n{CELL}"
    caller = await kit.network_calls("uac_call", dialled, anna, headers=headers, talk_ms=50)
    sent = await caller.finished()
    invite = (await psap.finished()).first("INVITE")
    assert f"sip:{anna.mobile}@" in (invite.header("From") or "")
    assert f"sip:{anna.mobile}@" in (invite.header("P-Asserted-Identity") or "")
    assert invite.header("Privacy") is None
    assert f"Geolocation: {invite.header('Geolocation')}" == LOCATION
    assert f"P-Access-Network-Info: {invite.header('P-Access-Network-Info')}" == CELL
    assert invite.body == sent.sent("INVITE")[0].body
    record = await kit.record_of(sent.sent("INVITE")[0].header("Call-ID") or "")
    assert (record.call["emergency"], record.call["outcome"]) == (True, "answered")


async def test_the_urn_of_a_handset(kit: Kit) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    psap = await kit.psap()
    caller = await kit.network_calls("uac_call", "x", anna, request_uri="urn:service:sos", talk_ms=50)
    await caller.finished()
    assert (await psap.finished()).first("INVITE").request_uri.startswith("sip:112@")


async def test_without_an_offer_the_emergency_centre_offers(kit: Kit) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    psap = await kit.psap()
    caller = await kit.network_calls("uac_late_offer", "112", anna, talk_ms=50)
    sent, seen = await asyncio.gather(caller.finished(), psap.finished())
    assert seen.first("INVITE").body == ""
    assert sent.first(200).body == seen.sent(200)[0].body
    assert seen.first("ACK").body == sent.sent("ACK")[0].body


async def test_a_desk_phone_is_not_challenged(kit: Kit) -> None:
    psap = await kit.psap()
    caller = await kit.sipp(
        "uac_call", remote=("127.0.0.1", kit.gateway.devices), request_uri="sip:112@nobody.test", talk_ms=50
    )
    sent = await caller.finished()
    await psap.finished()
    record = await kit.record_of(sent.sent("INVITE")[0].header("Call-ID") or "")
    assert (record.call["emergency"], record.call["outcome"], record.call["tenant"]) == (
        True,
        "answered",
        None,
    )


async def test_a_route_that_fails_is_followed_by_the_next(kit: Kit) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    first = await kit.psap("uas_refuse", status=503, phrase="Service Unavailable")
    spare = await kit.psap(spare=True)
    caller = await kit.network_calls("uac_call", "112", anna, talk_ms=50)
    sent = await caller.finished()
    await asyncio.gather(first.finished(), spare.finished())
    record = await kit.record_of(sent.sent("INVITE")[0].header("Call-ID") or "")
    assert [leg["status"] for leg in record.called] == [503, 200]


@pytest.fixture
def bare_gateway(short_folder: Path, kit_ports: Ports) -> Iterator[GatewayProcess]:
    """Started cold: nothing behind it answers and nothing ever did."""
    nowhere = short_folder / "nowhere"
    running = GatewayProcess(
        short_folder / "bare",
        kit_ports,
        database=f"postgresql://hipper:x@/hipper?host={nowhere}&port=5432",
        redis=f"unix://{nowhere}/redis.sock",
        ng=f"127.0.0.1:{kit_ports.sip()}",
    )
    running.start(servers=False)
    yield running
    running.stop()


async def test_with_postgresql_redis_and_rtpengine_stopped_from_a_cold_start(
    kit: Kit, bare_gateway: GatewayProcess
) -> None:
    kit.gateway = bare_gateway
    for _ in range(3):
        psap = await kit.psap(ring_ms=0)
        caller = await kit.network_calls("uac_call", "112", "+31612345678", headers=LOCATION, talk_ms=100)
        sent = (await caller.finished()).sent("INVITE")[0]
        invite = (await psap.finished()).first("INVITE")
        assert invite.at - sent.at < LEAVES_WITHIN_S
        assert invite.body == sent.body
    spooled = list((bare_gateway.folder / "state" / "spool").rglob("*"))
    assert any(path.is_file() and path.stat().st_size for path in spooled), spooled


async def test_a_desk_phone_from_a_cold_start(kit: Kit, bare_gateway: GatewayProcess) -> None:
    kit.gateway = bare_gateway
    psap = await kit.psap()
    caller = await kit.sipp(
        "uac_call", remote=("127.0.0.1", bare_gateway.devices), request_uri="sip:112@nobody.test", talk_ms=50
    )
    sent = (await caller.finished()).sent("INVITE")[0]
    assert (await psap.finished()).first("INVITE").at - sent.at < LEAVES_WITHIN_S


async def test_other_calls_are_refused_for_now_when_nothing_answers(
    kit: Kit, bare_gateway: GatewayProcess
) -> None:
    kit.gateway = bare_gateway
    caller = await kit.network_calls("uac_refused", "0301234567", "+31612345678", status=503)
    seen = await caller.finished()
    assert seen.first(503).header("Retry-After")
