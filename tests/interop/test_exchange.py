"""A telephone that lives at another exchange, which SIPp plays: it calls, and is called."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.interop.company import Person
from tests.interop.conftest import Kit
from tests.interop.gateway import CARRIER, EMERGENCY_ROUTE, MOBILE_NETWORK, GatewayProcess
from tests.interop.peers_gateway import PeersGateway
from tests.interop.ports import Ports
from tests.interop.sipp import Sipp

PEERS = (
    """
[[sip_listener]]
name = "exchange"
port = {exchange}
"""
    + MOBILE_NETWORK
    + CARRIER
    + """
[[exchange_trunk]]
name = "asterisk"
options_interval_s = 0
listener = "exchange"
addresses = ["127.0.0.1"]
target = "sip:127.0.0.1:{exchange_target}"
"""
    + EMERGENCY_ROUTE
)


class AtExchange(Person):
    """Has a telephone at the exchange instead of desk phones."""

    @property
    def extension_there(self) -> str:
        return f"6{self.fixed[-4:]}"

    def toml(self) -> str:
        return super().toml() + (
            f'[[subscriber.exchange_phone]]\nexchange = "asterisk"\nuser = "{self.extension_there}"\n'
            'label = "Workshop"\n'
        )


class Exchange(PeersGateway):
    """The gateway; ``exchange`` is its port for the exchange, ``exchange_target`` the exchange's own."""

    def __init__(self, folder: Path, ports: Ports, like: GatewayProcess) -> None:
        self.exchange, self.exchange_target = ports.keep(), ports.keep()
        super().__init__(
            folder, ports, like, PEERS, exchange=self.exchange, exchange_target=self.exchange_target
        )


@pytest.fixture(scope="module")
def exchange(gateway: GatewayProcess, short_folder: Path, kit_ports: Ports) -> Iterator[Exchange]:
    running = Exchange(short_folder / "exchange", kit_ports, gateway)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def kit(kit: Kit, exchange: Exchange) -> Kit:
    kit.gateway = exchange
    return kit


async def somebody(kit: Kit) -> AtExchange:
    plain = kit.company.person("anna", phones=0, mobile=False)
    anna = AtExchange(**asdict(plain))
    kit.company.people["anna"] = anna
    await kit.company.apply()
    return anna


async def calls(kit: Kit, exchange: Exchange, scenario: str, user: str, dialled: str, **more: object) -> Sipp:
    """The exchange hands us a call of its telephone ``user``."""
    return await kit.sipp(
        scenario,
        remote=("127.0.0.1", exchange.exchange),
        to_user=dialled,
        from_user=user,
        domain="asterisk.test",
        **more,  # type: ignore[arg-type]
    )


async def test_its_call_is_the_users_and_shows_the_users_number(kit: Kit, exchange: Exchange) -> None:
    anna = await somebody(kit)
    pstn = await kit.carrier()
    caller = await calls(kit, exchange, "uac_call", anna.extension_there, "0301234567", talk_ms=50)
    _, seen = await asyncio.gather(caller.finished(), pstn.finished())
    invite = seen.first("INVITE")
    assert invite.request_uri.startswith("sip:+31301234567@")
    assert f"sip:{anna.fixed}@" in (invite.header("From") or "")
    assert anna.extension_there not in invite.raw
    record = await kit.record()
    assert record.call["outcome"] == "answered"


async def test_a_telephone_nobody_of_ours_has_is_refused(kit: Kit, exchange: Exchange) -> None:
    await somebody(kit)
    caller = await calls(kit, exchange, "uac_refused", "9999", "0301234567", status=404)
    await caller.finished()


async def test_it_rings_when_its_user_is_called(kit: Kit, exchange: Exchange) -> None:
    anna = await somebody(kit)
    telephone = await kit.sipp("uas_answer", port=exchange.exchange_target)
    caller = await kit.carrier_calls("uac_call", anna.fixed, "+31301234567", talk_ms=50)
    _, seen = await asyncio.gather(caller.finished(), telephone.finished())
    invite = seen.first("INVITE")
    assert invite.request_uri == f"sip:{anna.extension_there}@127.0.0.1:{exchange.exchange_target}"
    assert "+31301234567" in (invite.header("From") or "")
    assert (await kit.record()).call["outcome"] == "answered"


async def test_112_from_it_leaves_at_once(kit: Kit, exchange: Exchange) -> None:
    psap = await kit.psap(ring_ms=0)
    caller = await calls(kit, exchange, "uac_call", "9999", "112", talk_ms=50)
    sent, seen = await asyncio.gather(caller.finished(), psap.finished())
    assert seen.first("INVITE").at - sent.sent("INVITE")[0].at < 0.5
