"""Carriers that want to be registered with, that challenge, that fall silent; and large requests by TCP."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hipper.cli.main import main
from tests.interop.conftest import Kit
from tests.interop.gateway import EMERGENCY_ROUTE, MOBILE_NETWORK, PSTN_TCP, GatewayProcess
from tests.interop.peers_gateway import PeersGateway
from tests.interop.ports import Ports
from tests.interop.sipp import Sipp

NUMBER = "0301234567"
USER, PASSWORD = "hipper-07", "krentenbol"
PEERS = (
    PSTN_TCP
    + MOBILE_NETWORK
    + """
[[pstn_trunk]]
name = "main"
listener = "pstn"
other_listeners = ["pstn-tcp"]
addresses = ["127.0.0.1"]
target = "sip:127.0.0.1:{carrier};transport=udp"
options_interval_s = {options}

[pstn_trunk.registration]
registrar = "sip:127.0.0.1:{registrar}"
aor = "sip:{user}@carrier.test"
username = "{user}"
password = "{password}"

[[pstn_trunk]]
name = "spare"
options_interval_s = 0
listener = "pstn"
addresses = ["127.0.0.6"]
target = "sip:127.0.0.1:{psap}"
"""
    + EMERGENCY_ROUTE
)


@pytest.fixture(scope="module")
def registrar_port(kit_ports: Ports) -> int:
    return kit_ports.keep()


@pytest.fixture(scope="module")
def trunks(
    gateway: GatewayProcess, short_folder: Path, kit_ports: Ports, registrar_port: int
) -> Iterator[PeersGateway]:
    made = make(short_folder / "trunks", kit_ports, gateway, registrar_port, options=0)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def asking(
    gateway: GatewayProcess, short_folder: Path, kit_ports: Ports, registrar_port: int
) -> Iterator[PeersGateway]:
    """One that sends OPTIONS to its main trunk."""
    made = make(short_folder / "asking", kit_ports, gateway, registrar_port, options=0.3)
    yield made
    made.stop()


def make(folder: Path, ports: Ports, like: GatewayProcess, registrar: int, options: float) -> PeersGateway:
    return PeersGateway(
        folder, ports, like, PEERS, registrar=registrar, user=USER, password=PASSWORD, options=options
    )


@pytest.fixture
async def kit(kit: Kit, trunks: PeersGateway) -> AsyncIterator[Kit]:
    kit.gateway = trunks
    yield kit
    trunks.stop()


async def registrar(kit: Kit, port: int, **more: object) -> Sipp:
    values: dict[str, object] = {"user": USER, "password": PASSWORD, "expires": 60, "domain": "carrier.test"}
    return await kit.sipp("uas_registrar", port=port, **(values | more))  # type: ignore[arg-type]


async def test_registers_refreshes_and_takes_it_back(
    kit: Kit, trunks: PeersGateway, registrar_port: int
) -> None:
    carrier = await registrar(kit, registrar_port, expires=2)
    trunks.start()
    found = await asyncio.to_thread(trunks.wait_for_trunk, "main", registration="Registered")
    assert found["registered_until"] is not None
    assert trunks.metric('hipper_gateway_trunk_registered{trunk="main"}') == 1
    await carrier.sees("REGISTER", count=4)
    first, second, third = carrier.so_far().received("REGISTER")[:3]
    assert first.request_uri == f"sip:127.0.0.1:{registrar_port}"
    assert f"<sip:{USER}@127.0.0.1:{trunks.pstn}>;expires=300" in (first.header("Contact") or "")
    assert "algorithm=MD5" in (second.header("Authorization") or "")
    assert third.header("Call-ID") == first.header("Call-ID")
    assert 1.2 < third.at - second.at < 2.0
    await asyncio.to_thread(trunks.stop)
    last = carrier.so_far().received("REGISTER")[-1]
    assert ";expires=0" in (last.header("Contact") or "")
    assert carrier.so_far().sent(403) == []


async def test_a_wrong_password_is_seen_by_the_operator(
    kit: Kit, trunks: PeersGateway, registrar_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    await registrar(kit, registrar_port, password="other")
    trunks.start()
    await asyncio.to_thread(
        trunks.wait_for_trunk, "main", registration="Waiting", last_error="REGISTER: 403 Forbidden"
    )
    assert main(["trunks", "--settings", str(trunks.settings)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert " ".join(lines[0].split()) == "name kind next hop servers OPTIONS registered until last error"
    row = next(line for line in lines if line.startswith("main "))
    assert f"udp:127.0.0.1:{trunks.carrier}" in row
    assert "not registered (waiting)" in row
    assert "REGISTER: 403 Forbidden" in row


def test_the_command_says_that_no_gateway_runs(
    trunks: PeersGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trunks", "--settings", str(trunks.settings)]) == 1
    assert "is it running?" in capsys.readouterr().err


@pytest.mark.parametrize(("algorithm", "made"), [("MD5", hashlib.md5), ("SHA-256", hashlib.sha256)])
async def test_an_invite_that_is_challenged_is_sent_again_with_credentials(
    kit: Kit, trunks: PeersGateway, algorithm: str, made: Callable[[bytes], Any]
) -> None:
    trunks.start()
    anna = kit.company.person("anna")
    await kit.company.apply()
    carrier = await kit.carrier("uas_challenge", algorithm=algorithm, domain="carrier.test")
    caller = await kit.network_calls("uac_call", NUMBER, anna, talk_ms=50)
    _, seen = await asyncio.gather(caller.finished(), carrier.finished())
    first, second = seen.received("INVITE")[:2]
    assert first.header("Proxy-Authorization") is None
    given = dict(re.findall(r'(\w+)="?([^",]+)"?', second.header("Proxy-Authorization") or ""))

    def hashed(*parts: str) -> str:
        return str(made(":".join(parts).encode()).hexdigest())

    # RFC 7616 §3.4.1 without qop
    one, two = hashed(USER, "carrier.test", PASSWORD), hashed("INVITE", second.request_uri)
    assert given["response"] == hashed(one, given["nonce"], two)
    assert given["uri"] == second.request_uri


async def test_a_call_to_our_contact_reaches_the_number_it_names(kit: Kit, trunks: PeersGateway) -> None:
    trunks.start()
    anna = kit.company.person("anna", phones=0)
    await kit.company.apply()
    handset = await kit.network()
    caller = await kit.carrier_calls(
        "uac_call",
        USER,
        "+31301234567",
        talk_ms=50,
        headers=f"P-Called-Party-ID: <sip:{anna.fixed}@carrier.test>\n",
    )
    _, seen = await asyncio.gather(caller.finished(), handset.finished())
    assert anna.mobile is not None
    assert anna.mobile in seen.first("INVITE").request_uri
    assert (await kit.record()).call["outcome"] == "answered"


async def test_a_trunk_that_falls_silent_is_tried_last_and_first_again_when_it_answers(
    kit: Kit, asking: PeersGateway
) -> None:
    kit.gateway = asking
    asking.start()
    anna = kit.company.person("anna")
    await kit.company.apply()
    await asyncio.to_thread(asking.wait_for_trunk, "main", options="silent")
    assert asking.metric('hipper_gateway_trunk_up{trunk="main"}') == 0
    spare = await kit.psap()
    caller = await kit.network_calls("uac_call", NUMBER, anna, talk_ms=50)
    await asyncio.gather(caller.finished(), spare.finished())
    answering = await kit.carrier("uas_options", status=200, phrase="OK")
    await answering.finished()
    found = await asyncio.to_thread(asking.wait_for_trunk, "main", options="answers")
    assert found["servers"][0]["well"]
    assert asking.metric('hipper_gateway_trunk_up{trunk="main"}') == 1


async def test_a_carrier_that_refuses_our_credentials_is_followed_by_the_next_trunk(
    kit: Kit, trunks: PeersGateway
) -> None:
    trunks.start()
    anna = kit.company.person("anna")
    await kit.company.apply()
    refusing = await kit.carrier("uas_refuse", status=407, phrase="Proxy Authentication Required")
    spare = await kit.psap()
    caller = await kit.network_calls("uac_call", NUMBER, anna, talk_ms=50)
    await asyncio.gather(caller.finished(), refusing.finished(), spare.finished())


LARGE = "t" * 1400
"""Makes the description larger than a datagram may be (RFC 3261 §18.1.1)."""


async def test_a_large_invite_leaves_by_tcp(kit: Kit, trunks: PeersGateway) -> None:
    trunks.start()
    psap = await kit.carrier(transport="tcp")
    await large_call(kit, psap)
    invite = psap.so_far().first("INVITE")
    assert len(invite.raw) > 1300
    assert (invite.header("Via") or "").startswith("SIP/2.0/TCP ")


async def test_and_by_udp_where_tcp_is_refused(kit: Kit, trunks: PeersGateway) -> None:
    trunks.start()
    psap = await kit.carrier()
    await large_call(kit, psap)
    invite = psap.so_far().first("INVITE")
    assert len(invite.raw) > 1300
    assert (invite.header("Via") or "").startswith("SIP/2.0/UDP ")


async def large_call(kit: Kit, uas: Sipp) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    caller = await kit.network_calls("uac_call", NUMBER, anna, talk_ms=50, codec="8 101\na=x-remark:" + LARGE)
    await asyncio.gather(caller.finished(), uas.finished())
