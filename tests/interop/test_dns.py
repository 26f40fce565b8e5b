"""RFC 3263 against a real dnsmasq: NAPTR, SRV, fail-over with SIPp behind both addresses, DNS away."""

from __future__ import annotations

import asyncio
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.conftest import Kit
from tests.interop.dnsmasq import DNSMASQ, TTL_S, Dnsmasq
from tests.interop.gateway import MOBILE_NETWORK, PSTN_TCP, GatewayProcess
from tests.interop.peers_gateway import PeersGateway
from tests.interop.ports import Ports
from tests.interop.sipp import Sipp

OTHER = "127.0.0.4"
"""Where the carrier's second server lives; the first is at 127.0.0.1."""
NUMBER = "0301234567"
PEERS = (
    """
[dns]
servers = ["{dns}"]
timeout_s = 0.5
"""
    + PSTN_TCP
    + MOBILE_NETWORK
    + """
[[pstn_trunk]]
name = "carrier"
options_interval_s = 0
listener = "pstn"
other_listeners = ["pstn-tcp"]
addresses = ["127.0.0.1", "127.0.0.4"]
target = "sip:carrier.test"

[[emergency_route]]
name = "psap"
listener = "pstn"
target = "sip:psap.test"
"""
)


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory, kit_ports: Ports) -> Iterator[Dnsmasq]:
    assert Path(DNSMASQ).exists(), "apt-get install dnsmasq-base"
    made = Dnsmasq(tmp_path_factory.mktemp("dns"), kit_ports)
    yield made
    made.stop()


class Carrier:
    """Two servers of one carrier, and what DNS says of them."""

    def __init__(self, names: Dnsmasq, gateway: PeersGateway, ports: Ports) -> None:
        self.names = names
        self.gateway = gateway
        self.first, self.second = ports.keep(), ports.keep()
        self.a = ("host-record=a.test,127.0.0.1", f"host-record=b.test,{OTHER}")
        self.psap = f"srv-host=_sip._udp.psap.test,a.test,{gateway.psap},1,1"

    def srv(
        self, first: int = 10, second: int = 20, transport: str = "udp", weight: int = 1
    ) -> tuple[str, ...]:
        """SRV of both, with these priorities, of the same weight."""
        name = f"_sip._{transport}.carrier.test"
        return (
            f"srv-host={name},a.test,{self.first},{first},{weight}",
            f"srv-host={name},b.test,{self.second},{second},{weight}",
        )

    def says(self, *records: str, servers: int = 2) -> None:
        """Serve, and wait until the gateway has heard of it."""
        self.names.serve(*self.a, self.psap, *records)
        deadline = time.monotonic() + 15
        while len(found := self.gateway.trunks()["carrier"]["servers"]) != servers:
            assert time.monotonic() < deadline, found
            time.sleep(0.05)


@pytest.fixture(scope="module")
def carrier(
    gateway: GatewayProcess, short_folder: Path, kit_ports: Ports, names: Dnsmasq
) -> Iterator[Carrier]:
    running = PeersGateway(short_folder / "dns", kit_ports, gateway, PEERS, dns=names.address)
    made = Carrier(names, running, kit_ports)
    names.serve(*made.a, made.psap, *made.srv())
    running.start()
    yield made
    running.stop()


@pytest.fixture
def kit(kit: Kit, carrier: Carrier) -> Kit:
    kit.gateway = carrier.gateway
    state = Path(carrier.gateway.folder / "state" / "dns.json")
    carrier.gateway.stop()
    state.unlink(missing_ok=True)
    carrier.names.serve(*carrier.a, carrier.psap, *carrier.srv())
    carrier.gateway.start()
    return kit


async def first(kit: Kit, carrier: Carrier, scenario: str = "uas_answer", **more: object) -> Sipp:
    return await kit.sipp(scenario, port=carrier.first, **more)  # type: ignore[arg-type]


async def second(kit: Kit, carrier: Carrier, scenario: str = "uas_answer", **more: object) -> Sipp:
    return await kit.sipp(scenario, port=carrier.second, host=OTHER, **more)  # type: ignore[arg-type]


async def call_out(kit: Kit, *taking: Sipp) -> None:
    """A call to the outside, taken and ended as the carrier's scenarios say."""
    anna = kit.company.people.get("anna") or kit.company.person("anna")
    await kit.company.apply()
    caller = await kit.network_calls("uac_call", NUMBER, anna, talk_ms=50)
    await asyncio.gather(caller.finished(), *(one.finished() for one in taking))


async def test_srv_leads_to_the_first_server(kit: Kit, carrier: Carrier) -> None:
    uas = await first(kit, carrier)
    await call_out(kit, uas)
    assert uas.so_far().first("INVITE").request_uri.endswith("@carrier.test")
    assert "query[NAPTR] carrier.test" in carrier.names.queries()


async def test_naptr_chooses_tcp(kit: Kit, carrier: Carrier) -> None:
    carrier.says(
        "naptr-record=carrier.test,10,1,s,SIP+D2T,,_sip._tcp.carrier.test",
        "naptr-record=carrier.test,20,1,s,SIP+D2S,,_sip._sctp.carrier.test",
        *carrier.srv(transport="tcp")[:1],
        servers=1,
    )
    uas = await first(kit, carrier, transport="tcp")
    await call_out(kit, uas)
    assert (uas.so_far().first("INVITE").header("Via") or "").startswith("SIP/2.0/TCP ")


async def test_a_server_that_answers_503_is_followed_by_the_next_and_rests(
    kit: Kit, carrier: Carrier
) -> None:
    out_of_order = await first(
        kit, carrier, "uas_refuse", status=503, phrase="Down", response_headers="Retry-After: 600"
    )
    taking = await second(kit, carrier)
    await call_out(kit, out_of_order, taking)
    # it asked for ten minutes: nothing listens there now, and nobody may notice
    again = await second(kit, carrier)
    caller = await kit.network_calls("uac_call", NUMBER, kit.company.people["anna"], talk_ms=50)
    sent = (await caller.finished()).sent("INVITE")[0]
    assert (await again.finished()).first("INVITE").at - sent.at < 0.5
    assert [one["well"] for one in carrier.gateway.trunks()["carrier"]["servers"]] == [False, True]


async def test_a_server_where_nothing_listens_is_followed_at_once(kit: Kit, carrier: Carrier) -> None:
    taking = await second(kit, carrier)
    await call_out(kit, taking)


async def test_a_silent_server_is_followed_before_callers_hang_up(kit: Kit, carrier: Carrier) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", carrier.first))
        taking = await second(kit, carrier)
        began = time.monotonic()
        await call_out(kit, taking)
        assert 3.5 < time.monotonic() - began < 10


async def test_112_leaves_a_silent_server_sooner(kit: Kit, carrier: Carrier) -> None:
    spare = f"srv-host=_sip._udp.psap.test,b.test,{carrier.gateway.psap},2,1"
    carrier.names.serve(*carrier.a, carrier.psap, spare, *carrier.srv())
    await asyncio.sleep(2 * TTL_S)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", carrier.gateway.psap))
        psap = await kit.psap(host=OTHER, ring_ms=0)
        caller = await kit.network_calls("uac_call", "112", "+31612345678", talk_ms=50)
        sent = (await caller.finished()).sent("INVITE")[0]
        assert 1.5 < (await psap.finished()).first("INVITE").at - sent.at < 3


async def test_who_hangs_up_before_the_first_server_spoke_reaches_no_other(
    kit: Kit, carrier: Carrier
) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", carrier.first))
        unasked = await second(kit, carrier)
        caller = await kit.network_calls("uac_cancel_early", NUMBER, anna, ring_ms=500)
        await caller.finished()
        await asyncio.sleep(5)
    assert unasked.so_far().messages == []


async def test_busy_is_the_called_party_and_no_reason_to_go_on(kit: Kit, carrier: Carrier) -> None:
    anna = kit.company.person("anna")
    await kit.company.apply()
    busy = await first(kit, carrier, "uas_refuse", status=486, phrase="Busy Here")
    unasked = await second(kit, carrier)
    caller = await kit.network_calls("uac_refused", NUMBER, anna, status=486)
    await asyncio.gather(caller.finished(), busy.finished())
    assert unasked.so_far().messages == []


async def test_a_change_of_dns_is_followed_within_its_ttl(kit: Kit, carrier: Carrier) -> None:
    carrier.names.serve(*carrier.a, carrier.psap, *carrier.srv(first=20, second=10))
    await asyncio.sleep(2 * TTL_S)
    taking = await second(kit, carrier)
    await call_out(kit, taking)


async def test_weights_share_the_calls_among_equals(kit: Kit, carrier: Carrier) -> None:
    carrier.says(*carrier.srv(first=1, second=1, weight=50))
    anna = kit.company.person("anna")
    await kit.company.apply()
    calls = 16
    one = await first(kit, carrier, calls=calls)
    other = await second(kit, carrier, calls=calls)
    caller = await kit.network_calls("uac_call", NUMBER, anna, talk_ms=20, calls=calls)
    await caller.finished()
    taken = [len({m.header("Call-ID") for m in uas.so_far().received("INVITE")}) for uas in (one, other)]
    assert sum(taken) == calls
    assert all(taken), taken


async def test_calls_go_on_while_dns_is_away(kit: Kit, carrier: Carrier) -> None:
    carrier.names.stop()
    await asyncio.sleep(3 * TTL_S)
    assert carrier.gateway.metric("hipper_gateway_dns_stale_answers") > 0
    uas = await first(kit, carrier)
    anna = kit.company.person("anna")
    await kit.company.apply()
    caller = await kit.network_calls("uac_call", NUMBER, anna, talk_ms=50)
    sent = (await caller.finished()).sent("INVITE")[0]
    assert (await uas.finished()).first("INVITE").at - sent.at < 0.5


async def test_112_by_name_from_a_cold_start_with_dns_away(kit: Kit, carrier: Carrier) -> None:
    carrier.gateway.stop()
    carrier.names.stop()
    carrier.gateway.start()
    psap = await kit.psap(ring_ms=0)
    caller = await kit.network_calls("uac_call", "112", "+31612345678", talk_ms=50)
    sent = (await caller.finished()).sent("INVITE")[0]
    assert (await psap.finished()).first("INVITE").at - sent.at < 0.5


async def test_without_dns_and_without_a_snapshot_the_call_is_refused_and_not_delayed(
    kit: Kit, carrier: Carrier
) -> None:
    carrier.gateway.stop()
    carrier.names.stop()
    shutil.rmtree(carrier.gateway.folder / "state" / "spool", ignore_errors=True)
    (carrier.gateway.folder / "state" / "dns.json").unlink()
    carrier.gateway.start()
    caller = await kit.network_calls("uac_refused", "112", "+31612345678", status=503)
    seen = await caller.finished()
    assert seen.first(503).at - seen.sent("INVITE")[0].at < 0.5
