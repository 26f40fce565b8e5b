from __future__ import annotations

from typing import Any

import pytest

from fmc_gateway.dns.hop import Server, Way, hop_of
from fmc_gateway.peers import DevicePeer, MobilePeer, PeerConfigError, PeerTable, TrunkPeer
from fmc_gateway.routing import Routing
from hipper.runtime.settings_model import MobileNetwork, PstnTrunk, Settings, SipListener
from hipper.telephony.sip.uri import SipUri

SETTINGS = Settings(
    mobile_network=(
        MobileNetwork(
            name="mno", listener="core", addresses=("10.1.0.0/16", "2001:db8::/32"), target="sip:10.1.0.1"
        ),
        MobileNetwork(name="lab", listener="core", addresses=("10.1.9.9",), target="sip:10.1.9.9"),
    ),
    pstn_trunk=(
        PstnTrunk(name="carrier", listener="pstn", addresses=("192.0.2.7",), target="sip:192.0.2.7"),
    ),
)


def test_source_inside_a_networks_range_is_that_network() -> None:
    peer = PeerTable(SETTINGS).find("core", "10.1.2.3")
    assert isinstance(peer, MobilePeer)
    assert peer.network.name == "mno"


def test_most_specific_range_wins() -> None:
    peer = PeerTable(SETTINGS).find("core", "10.1.9.9")
    assert isinstance(peer, MobilePeer)
    assert peer.network.name == "lab"


def test_right_address_on_another_listener_is_not_configured() -> None:
    table = PeerTable(SETTINGS)
    assert table.find("pstn", "10.1.2.3") is None
    assert table.find("core", "192.0.2.7") is None
    assert isinstance(table.find("pstn", "192.0.2.7"), TrunkPeer)


def test_a_peer_is_known_on_its_other_listeners_too() -> None:
    trunk = PstnTrunk(
        name="c", listener="udp", other_listeners=("tcp",), addresses=("2001:db8:1::/64",), target="sip:x"
    )
    table = PeerTable(Settings(pstn_trunk=(trunk,)))
    assert table.find("tcp", "2001:db8:1::7") == table.find("udp", "2001:db8:1::7") == TrunkPeer(trunk)
    assert table.find("tls", "2001:db8:1::7") is None


@pytest.mark.parametrize("address", ["2001:db8::5", "::ffff:10.1.2.3", "2001:db8::5%eth0"])
def test_ipv6_and_mapped_addresses(address: str) -> None:
    assert isinstance(PeerTable(SETTINGS).find("core", address), MobilePeer)


def test_anybody_on_a_device_listener_is_a_device() -> None:
    assert PeerTable(SETTINGS).find("devices-udp", "203.0.113.4") == DevicePeer("devices-udp")


def test_garbage_address_is_nobody() -> None:
    assert PeerTable(SETTINGS).find("core", "not-an-address") is None


def test_memory_of_addresses_is_bounded() -> None:
    table = PeerTable(SETTINGS)
    table.MAX_REMEMBERED = 10  # type: ignore[misc]
    for last in range(50):
        table.find("devices-udp", f"203.0.113.{last}")
    assert len(table._remembered) == 10


def test_bad_range_in_the_settings_is_named() -> None:
    bad = Settings(pstn_trunk=(PstnTrunk(name="c", listener="pstn", addresses=("10.0.0",), target="sip:x"),))
    with pytest.raises(PeerConfigError, match=r"10\.0\.0.*pstn"):
        PeerTable(bad)


def test_carrier_known_by_name_is_whoever_the_name_leads_to_now() -> None:
    trunk = PstnTrunk(
        name="c", listener="pstn", addresses=("carrier.example", "192.0.2.7"), target="sip:carrier.example"
    )
    table = PeerTable(Settings(pstn_trunk=(trunk,)))
    assert table.find("pstn", "192.0.2.7") == TrunkPeer(trunk)
    hop = hop_of(SipUri.parse("sip:carrier.example"), (Way("udp", "pstn", 4),))
    there = ["198.51.100.1"]
    table.know_senders(
        [(trunk, hop)],
        lambda asked: tuple(Server("udp", "pstn", one, 5080) for one in there) if asked == hop else (),
    )
    assert table.find("pstn", "198.51.100.1") == TrunkPeer(trunk)
    assert table.find("pstn", "198.51.100.2") is None
    assert table.find("core", "198.51.100.1") is None
    there[:] = ["198.51.100.2"]
    assert table.find("pstn", "198.51.100.1") is None, "DNS says no longer so"
    assert table.find("pstn", "::ffff:198.51.100.2") == TrunkPeer(trunk)


def test_names_of_senders_are_resolved_by_srv_and_by_address() -> None:
    trunk = PstnTrunk(
        name="c", listener="pstn", addresses=("carrier.example", "192.0.2.7"), target="sip:192.0.2.7"
    )
    nobody: Any = None
    listeners = (SipListener(name="pstn", port=5060),)
    routing = Routing(Settings(pstn_trunk=(trunk,), sip_listener=listeners), nobody, nobody, lambda: 0.0)
    hops = [hop for _, hop in routing.senders()]
    assert [(hop.host, hop.port) for hop in hops] == [("carrier.example", None), ("carrier.example", 5060)]
    assert set(hops) <= set(routing.hops())
