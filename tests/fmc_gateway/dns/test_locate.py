"""RFC 3263 §4: from a next hop to servers, by what DNS said."""

from __future__ import annotations

import pytest

from fmc_gateway.dns.choose import in_order
from fmc_gateway.dns.hop import Hop, HopError, Server, Way, hop_of
from fmc_gateway.dns.locate import locate
from fmc_gateway.dns.records import Address, Naptr, Question, Record, Srv
from hipper.telephony.sip.uri import SipUri

UDP, TCP, TLS = Way("udp", "u", 4), Way("tcp", "t", 4), Way("tls", "s", 4)
UDP6 = Way("udp", "u6", 6)
FAMILIES = {way.listener: way.family for way in (UDP, TCP, TLS, UDP6)}

Zone = dict[tuple[str, str], list[Record]]
BOX: Zone = {("a.example", "A"): [Address("192.0.2.1")], ("b.example", "A"): [Address("192.0.2.2")]}


def found(uri: str, zone: Zone, *ways: Way) -> list[tuple[str, str, int]]:
    """Servers in the order without chance: transport, address, port."""
    located = locate(
        hop_of(SipUri.parse(uri), ways or (UDP, TCP)),
        FAMILIES,
        lambda question: tuple(zone.get((question.name, question.kind), ())),
    )
    return [(x.transport, x.address, x.port) for x in in_order(located.ranks, lambda: 0.0)]


def asked(uri: str, zone: Zone, *ways: Way) -> set[Question]:
    hop = hop_of(SipUri.parse(uri), ways or (UDP, TCP))
    return set(locate(hop, FAMILIES, lambda q: tuple(zone.get((q.name, q.kind), ()))).asked)


def test_a_numeric_host_is_asked_nothing_about() -> None:
    assert found("sip:192.0.2.7", {}) == [("udp", "192.0.2.7", 5060)]
    assert asked("sip:192.0.2.7", {}) == set()


def test_an_explicit_port_skips_naptr_and_srv() -> None:
    zone = BOX | {("_sip._udp.a.example", "SRV"): [Srv(1, 1, 5099, "b.example")]}
    assert found("sip:a.example:5070", zone) == [("udp", "192.0.2.1", 5070)]
    assert asked("sip:a.example:5070", zone) == {Question("a.example", "A")}


def test_naptr_chooses_among_our_transports_by_order_and_preference() -> None:
    zone = BOX | {
        ("carrier.example", "NAPTR"): [
            Naptr(20, 1, "s", "SIP+D2U", "_sip._udp.carrier.example"),
            Naptr(10, 2, "s", "SIP+D2T", "_sip._tcp.carrier.example"),
            Naptr(10, 1, "S", "SIPS+D2T", "_sips._tcp.carrier.example"),
        ],
        ("_sip._udp.carrier.example", "SRV"): [Srv(1, 1, 5060, "a.example")],
        ("_sip._tcp.carrier.example", "SRV"): [Srv(1, 1, 5062, "b.example")],
        ("_sips._tcp.carrier.example", "SRV"): [Srv(1, 1, 5061, "a.example")],
    }
    assert found("sip:carrier.example", zone) == [("tcp", "192.0.2.2", 5062), ("udp", "192.0.2.1", 5060)]
    assert Question("_sips._tcp.carrier.example", "SRV") not in asked("sip:carrier.example", zone)
    assert found("sip:carrier.example", zone, UDP, TCP, TLS)[0] == ("tls", "192.0.2.1", 5061)
    assert found("sips:carrier.example", zone, UDP, TCP, TLS) == [("tls", "192.0.2.1", 5061)]


def test_naptr_of_other_services_and_flags_is_no_naptr() -> None:
    zone = BOX | {
        ("a.example", "NAPTR"): [
            Naptr(1, 1, "u", "E2U+sip", ""),
            Naptr(1, 1, "s", "SIP+D2S", "_sip._sctp.a.example"),
            Naptr(1, 1, "a", "SIP+D2U", "b.example"),
        ]
    }
    assert found("sip:a.example", zone) == [("udp", "192.0.2.1", 5060)]


def test_a_transport_in_the_uri_skips_naptr() -> None:
    zone = BOX | {
        ("carrier.example", "NAPTR"): [Naptr(1, 1, "s", "SIP+D2U", "_sip._udp.carrier.example")],
        ("_sip._tcp.carrier.example", "SRV"): [Srv(1, 1, 5062, "b.example")],
    }
    assert found("sip:carrier.example;transport=tcp", zone) == [("tcp", "192.0.2.2", 5062)]
    assert Question("carrier.example", "NAPTR") not in asked("sip:carrier.example;transport=tcp", zone)


def test_without_naptr_srv_of_every_transport_of_ours() -> None:
    zone = BOX | {
        ("_sip._udp.c.example", "SRV"): [Srv(10, 0, 5060, "a.example"), Srv(5, 0, 5080, "b.example")],
        ("_sip._tcp.c.example", "SRV"): [Srv(1, 1, 5062, "a.example")],
    }
    assert found("sip:c.example", zone) == [
        ("udp", "192.0.2.2", 5080),
        ("udp", "192.0.2.1", 5060),
        ("tcp", "192.0.2.1", 5062),
    ]


def test_a_service_that_is_decidedly_absent_is_not_sought_by_address() -> None:
    zone = BOX | {("_sip._udp.a.example", "SRV"): [Srv(0, 0, 0, "")]}
    assert found("sip:a.example", zone) == [("tcp", "192.0.2.1", 5060)]
    assert found("sip:a.example", zone, UDP) == []


def test_addresses_of_the_family_of_each_listener() -> None:
    zone = BOX | {("a.example", "AAAA"): [Address("2001:db8::1")]}
    both = [("udp", "2001:db8::1", 5060), ("udp", "192.0.2.1", 5060)]
    assert found("sip:a.example", zone, UDP6, UDP) == both
    assert found("sip:a.example", zone, UDP, UDP6) == both[::-1]
    assert found("sip:a.example", zone, UDP6) == both[:1]
    assert Question("a.example", "AAAA") not in asked("sip:a.example", zone, UDP)


def test_each_server_keeps_the_listener_it_is_reached_from() -> None:
    hop = hop_of(SipUri.parse("sip:[2001:db8::7]:5070"), (UDP, UDP6))
    assert hop == Hop("udp", "u6", "2001:db8::7", 5070, any_transport=True)
    located = locate(hop, FAMILIES, lambda _: ())
    assert located.ranks[0][0].servers == (Server("udp", "u6", "2001:db8::7", 5070),)


def test_maddr_is_where_to_send() -> None:
    assert found("sip:a.example;maddr=192.0.2.9", BOX) == [("udp", "192.0.2.9", 5060)]


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("sip:a.example;transport=tls", "speaks tls"),
        ("sips:a.example", "speaks tls"),
        ("sip:[2001:db8::7]", "IPv6"),
    ],
)
def test_what_no_listener_can_reach_is_said_at_the_start(uri: str, says: str) -> None:
    with pytest.raises(HopError, match=says):
        hop_of(SipUri.parse(uri), (UDP, TCP))


def test_a_name_server_out_of_its_mind_is_followed_so_far_only() -> None:
    zone: Zone = {("a.example", "A"): [Address(f"192.0.2.{n}") for n in range(200)]}
    assert len(found("sip:a.example", zone)) == 32


def test_records_turned_around_are_no_change() -> None:
    """As name servers do from answer to answer: who watches for changes must see none."""
    both: list[Record] = [Srv(10, 1, 5060, "a.example"), Srv(20, 1, 5062, "b.example")]

    def ranks(records: list[Record]) -> object:
        zone = BOX | {("_sip._udp.carrier.example", "SRV"): records}
        hop = hop_of(SipUri.parse("sip:carrier.example"), (UDP,))
        return locate(hop, FAMILIES, lambda q: tuple(zone.get((q.name, q.kind), ()))).ranks

    assert ranks(both) == ranks(both[::-1]) != ranks(both[:1])
