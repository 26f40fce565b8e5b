"""IPv6 with SIPp on ::1: bracketed hosts everywhere, and media between the two families."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.company import PASSWORD
from tests.interop.conftest import Kit
from tests.interop.gateway import MOBILE_NETWORK, GatewayProcess
from tests.interop.peers_gateway import PeersGateway
from tests.interop.ports import Ports
from tests.interop.sipp import Message, Sipp

SIX = "::1"
NUMBER = "0301234567"
PEERS = (
    """
[[sip_listener]]
name = "mobile6"
host = "::1"
port = {mobile}

[[sip_listener]]
name = "pstn6"
host = "::"
advertised_host = "::1"
port = {pstn}

[[sip_listener]]
name = "devices6"
host = "::1"
port = {devices}
"""
    + MOBILE_NETWORK
    + """
[[mobile_network]]
name = "mno6"
options_interval_s = 0
listener = "mobile6"
addresses = ["::/64"]
target = "sip:[::1]:{network}"

[[pstn_trunk]]
name = "carrier6"
options_interval_s = 0
listener = "pstn6"
addresses = ["::1/128"]
target = "sip:[::1]:{carrier}"

[[emergency_route]]
name = "psap"
listener = "pstn6"
target = "sip:[::1]:{psap}"
"""
)


@pytest.fixture(scope="module")
def six(gateway: GatewayProcess, short_folder: Path, kit_ports: Ports) -> Iterator[PeersGateway]:
    running = PeersGateway(
        short_folder / "six", kit_ports, gateway, PEERS, phones='["devices-udp", "devices6"]'
    )
    running.start()
    yield running
    running.stop()


@pytest.fixture
def kit(kit: Kit, six: PeersGateway) -> Kit:
    kit.gateway = six
    return kit


async def calls(kit: Kit, caller: str, dialled: str, port: int, host: str, **more: object) -> Sipp:
    headers = f"P-Asserted-Identity: <sip:{caller}@ims.example>\n"
    return await kit.sipp(
        "uac_call",
        remote=(host, port),
        host=host,
        request_uri=f"sip:{dialled}@gateway.test",
        from_user=caller,
        domain="ims.example",
        headers=headers,
        talk_ms=100,
        **more,  # type: ignore[arg-type]
    )


def connection(message: Message) -> list[str]:
    """What the SDP says of addresses: of o= and c=."""
    return re.findall(r"^[oc]=.*?(IN IP[46] \S+)$", message.body, re.MULTILINE)


async def test_a_call_within_ipv6(kit: Kit) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    pstn = await kit.sipp("uas_answer", port=kit.gateway.carrier, host=SIX)
    caller = await calls(kit, anna.mobile or "", NUMBER, kit.gateway.mobile, SIX)
    sent, seen = await asyncio.gather(caller.finished(), pstn.finished())
    invite = seen.first("INVITE")
    assert invite.request_uri.endswith(f"@[::1]:{kit.gateway.carrier}")
    assert (invite.header("Via") or "").startswith(f"SIP/2.0/UDP [::1]:{kit.gateway.pstn};")
    assert f"[::1]:{kit.gateway.pstn}" in (invite.header("Contact") or "")
    assert "@[::1]" in (invite.header("From") or "")
    assert set(connection(invite)) == {"IN IP6 ::1"}
    answer = sent.first(200)
    assert f"[::1]:{kit.gateway.mobile}" in (answer.header("Contact") or "")
    assert set(connection(answer)) == {"IN IP6 ::1"}
    assert (await kit.record()).call["outcome"] == "answered"


async def test_from_ipv4_to_ipv6(kit: Kit) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    pstn = await kit.sipp("uas_answer", port=kit.gateway.carrier, host=SIX)
    caller = await calls(kit, anna.mobile or "", NUMBER, kit.gateway.mobile, "127.0.0.1")
    sent, seen = await asyncio.gather(caller.finished(), pstn.finished())
    assert set(connection(seen.first("INVITE"))) == {"IN IP6 ::1"}
    assert set(connection(sent.first(200))) == {"IN IP4 127.0.0.1"}


async def test_from_ipv6_to_ipv4(kit: Kit) -> None:
    anna = kit.company.person("anna", phones=0)
    await kit.company.apply()
    handset = await kit.network()
    caller = await calls(kit, "+31301234567", anna.fixed, kit.gateway.pstn, SIX)
    sent, seen = await asyncio.gather(caller.finished(), handset.finished())
    assert set(connection(seen.first("INVITE"))) == {"IN IP4 127.0.0.1"}
    assert set(connection(sent.first(200))) == {"IN IP6 ::1"}
    assert (seen.first("INVITE").header("Via") or "").startswith("SIP/2.0/UDP 127.0.0.1:")


async def test_a_network_outside_the_range_is_nobody(kit: Kit) -> None:
    caller = await kit.sipp(
        "uac_refused",
        remote=("127.0.0.1", kit.gateway.pstn),
        host="127.0.0.3",
        request_uri="sip:+31201234567@gateway.test",
        status=403,
    )
    await caller.finished()


async def test_a_desk_phone_registers_and_is_called_over_ipv6(kit: Kit) -> None:
    anna = kit.company.person("anna", mobile=False)
    await kit.company.apply()
    port = kit.ports.sip()
    registering = await kit.sipp(
        "register",
        remote=(SIX, kit.gateway.devices),
        host=SIX,
        port=port,
        auth_uri=anna.domain,
        user=anna.phones[0],
        password=PASSWORD,
        domain=anna.domain,
    )
    await registering.finished()
    phone = await kit.sipp("uas_answer", port=port, host=SIX)
    caller = await calls(kit, "+31301234567", anna.fixed, kit.gateway.pstn, SIX)
    _, seen = await asyncio.gather(caller.finished(), phone.finished())
    assert seen.first("INVITE").request_uri == f"sip:{anna.phones[0]}@[::1]:{port};transport=UDP"


async def test_112_over_ipv6(kit: Kit) -> None:
    psap = await kit.sipp("uas_answer", port=kit.gateway.psap, host=SIX, ring_ms=0)
    caller = await calls(kit, "+31612345678", "112", kit.gateway.mobile, SIX)
    sent, seen = await asyncio.gather(caller.finished(), psap.finished())
    assert seen.first("INVITE").body == sent.sent("INVITE")[0].body
