"""Desk phones register and call over UDP, TCP and TLS; who cannot prove who it is does neither."""

from __future__ import annotations

import asyncio

import pytest

from tests.interop.conftest import Kit

TONE, OTHER = 440, 1000
CALLER = "+31301234567"


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_it_registers_is_called_and_calls(kit: Kit, transport: str) -> None:
    anna = kit.company.person("anna", mobile=False)
    await kit.company.apply()
    desk = await kit.desk(anna, TONE, transport=transport)
    pstn = await kit.pstn_phone(CALLER, OTHER)
    await pstn.dial(f"sip:{anna.fixed}@127.0.0.1:{kit.gateway.pstn}")
    await desk.incoming()
    await desk.answer()
    await asyncio.gather(desk.hears(OTHER), pstn.hears(TONE))
    since = pstn.mark()
    await pstn.hang_up()
    await desk.closed()
    await desk.dial("0301234567")
    await pstn.incoming(since=since)
    await pstn.answer()
    await asyncio.gather(desk.hears(OTHER), pstn.hears(TONE))
    await desk.hang_up()
    await pstn.closed(since=since)
    inward, outward = await kit.records(2)
    assert (inward.outcomes, outward.calling["device_name"]) == ({anna.phones[0]: "answered"}, anna.phones[0])


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_wrong_password_registers_nobody(kit: Kit, transport: str) -> None:
    anna = kit.company.person("anna", mobile=False)
    await kit.company.apply()
    await kit.register(
        anna, kit.ports.sip(), scenario="register_refused", password="wrong", status=401, transport=transport
    )
    caller = await kit.carrier_calls("uac_refused", anna.fixed, CALLER, status=480)
    await caller.finished()
    assert (await kit.record()).outcomes == {anna.phones[0]: "not_registered"}


async def test_a_wrong_password_calls_nobody(kit: Kit) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    caller = await kit.phone_calls("uac_digest_refused", anna, "0301234567", password="wrong", status=401)
    await caller.finished()


async def test_who_unregisters_is_not_rung_any_more(kit: Kit) -> None:
    anna = kit.company.person("anna", mobile=False)
    await kit.company.apply()
    port = kit.ports.sip()
    await kit.register(anna, port)
    await kit.register(anna, port, expires=0)
    caller = await kit.carrier_calls("uac_refused", anna.fixed, CALLER, status=480)
    await caller.finished()
    assert (await kit.record()).outcomes == {anna.phones[0]: "not_registered"}


async def test_a_registration_runs_out(kit: Kit) -> None:
    anna = kit.company.person("anna", mobile=False)
    await kit.company.apply()
    await kit.register(anna, kit.ports.sip(), expires=1)
    await asyncio.sleep(1.3)
    caller = await kit.carrier_calls("uac_refused", anna.fixed, CALLER, status=480)
    await caller.finished()
    assert (await kit.record()).outcomes == {anna.phones[0]: "not_registered"}


async def test_a_phone_cannot_call_as_another(kit: Kit) -> None:
    anna, bram = kit.company.person("anna"), kit.company.person("bram")
    await kit.company.apply()
    caller = await kit.sipp(
        "uac_digest_refused",
        remote=("127.0.0.1", kit.gateway.devices),
        auth_uri=f"0301234567@{anna.domain}",
        request_uri=f"sip:0301234567@{anna.domain}",
        user=anna.phones[0],
        password="krentenbol",
        from_user=bram.phones[0],
        domain=anna.domain,
        status=403,
    )
    await caller.finished()


async def test_options_is_answered(kit: Kit) -> None:
    remote = ("127.0.0.1", kit.gateway.mobile)
    caller = await kit.sipp("uac_options", remote=remote, request_uri="sip:127.0.0.1", status=200)
    await caller.finished()
