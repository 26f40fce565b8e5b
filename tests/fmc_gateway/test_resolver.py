"""Names resolved in the background; calls read memory."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fmc_gateway.dns.hop import Hop, Server, Way, hop_of
from fmc_gateway.dns.lookup import DnsClient, DnsError
from fmc_gateway.dns.records import Address, Question, Record, RecordSet, Srv
from fmc_gateway.resolver import Resolver
from hipper.runtime.settings_model import DnsSection
from hipper.telephony.sip.uri import SipUri

UDP = Way("udp", "u", 4)
CARRIER = hop_of(SipUri.parse("sip:carrier.example"), (UDP,))
SRV = ("_sip._udp.carrier.example", "SRV")


class Names:
    """A name server: ``zone`` may change, ``away`` makes it silent. ``asked``: what it heard."""

    def __init__(self, **ttl: float) -> None:
        self.zone: dict[tuple[str, str], list[Record]] = {}
        self.asked: list[tuple[str, str]] = []
        self.away = False
        self.ttl_s = 100.0

    async def ask(self, question: Question) -> RecordSet:
        self.asked.append(tuple(question))
        await asyncio.sleep(0)
        if self.away:
            raise DnsError("timeout")
        return RecordSet(tuple(self.zone.get(tuple(question), ())), self.ttl_s)


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def resolver(names: Names, clock: Clock, *hops: Hop, snapshot: Path | None = None) -> Resolver:
    return Resolver(hops or (CARRIER,), {"u": 4}, names, now=clock, chance=lambda: 0.0, snapshot=snapshot)


def carrier(names: Names) -> None:
    names.zone[SRV] = [Srv(1, 0, 5060, "a.example"), Srv(2, 0, 5062, "b.example")]
    names.zone[("a.example", "A")] = [Address("192.0.2.1")]
    names.zone[("b.example", "A")] = [Address("192.0.2.2")]


def addresses(found: tuple[Server, ...]) -> list[tuple[str, int]]:
    return [(server.address, server.port) for server in found]


BOTH = [("192.0.2.1", 5060), ("192.0.2.2", 5062)]


async def test_one_refresh_follows_a_name_to_its_addresses() -> None:
    names, clock = Names(), Clock()
    carrier(names)
    made = resolver(names, clock)
    assert made.servers(CARRIER) == ()
    assert not made.complete
    await made.refresh()
    assert addresses(made.servers(CARRIER)) == BOTH
    assert made.complete


async def test_a_call_asks_nothing_and_neither_does_a_refresh_before_the_ttl() -> None:
    names, clock = Names(), Clock()
    carrier(names)
    made = resolver(names, clock)
    await made.refresh()
    names.asked.clear()
    for _ in range(50):
        made.servers(CARRIER)
    clock.at += 79
    await made.refresh()
    assert names.asked == []
    clock.at += 1
    await made.refresh()
    assert SRV in names.asked


async def test_a_change_is_there_after_the_ttl() -> None:
    names, clock = Names(), Clock()
    carrier(names)
    made = resolver(names, clock)
    await made.refresh()
    names.zone[("a.example", "A")] = [Address("192.0.2.9")]
    clock.at += 81
    await made.refresh()
    assert addresses(made.servers(CARRIER))[0] == ("192.0.2.9", 5060)


async def test_with_dns_away_the_last_answers_hold_and_are_asked_for_again() -> None:
    names, clock = Names(), Clock()
    carrier(names)
    made = resolver(names, clock)
    await made.refresh()
    names.away = True
    clock.at += 86_400
    await made.refresh()
    assert addresses(made.servers(CARRIER)) == BOTH
    assert made.stale > 0
    assert made.failures > 0
    names.away = False
    clock.at += 60
    await made.refresh()
    assert made.stale == 0


async def test_a_cold_start_without_dns_knows_what_the_last_process_knew(tmp_path: Path) -> None:
    names, clock = Names(), Clock()
    carrier(names)
    snapshot = tmp_path / "dns.json"
    await resolver(names, clock, snapshot=snapshot).refresh()
    names.away = True
    names.asked.clear()
    cold = resolver(names, Clock(), snapshot=snapshot)
    assert cold.complete
    assert addresses(cold.servers(CARRIER)) == BOTH
    assert names.asked == []


async def test_a_hop_that_vanishes_from_dns_keeps_its_servers_also_on_disk(tmp_path: Path) -> None:
    names, clock = Names(), Clock()
    carrier(names)
    snapshot = tmp_path / "dns.json"
    made = resolver(names, clock, snapshot=snapshot)
    await made.refresh()
    names.zone.clear()
    clock.at += 101
    await made.refresh()
    assert addresses(made.servers(CARRIER)) == BOTH
    assert resolver(names, clock, snapshot=snapshot).complete


async def test_a_failed_server_is_tried_behind_the_other() -> None:
    names, clock = Names(), Clock()
    carrier(names)
    made = resolver(names, clock)
    await made.refresh()
    made.failed(made.servers(CARRIER)[0])
    assert addresses(made.servers(CARRIER)) == BOTH[::-1]
    clock.at += 30
    assert addresses(made.servers(CARRIER)) == BOTH


async def test_all_servers_asked_for_rest() -> None:
    names, clock = Names(), Clock()
    carrier(names)
    made = resolver(names, clock)
    await made.refresh()
    for server, seconds in zip(made.servers(CARRIER), (30, 20), strict=True):
        made.failed(server, retry_after_s=seconds)
    assert made.servers(CARRIER) == ()
    assert made.retry_after_s(CARRIER) == 20
    assert len(made.servers(CARRIER, whatever=True)) == 2
    assert not made.is_well(CARRIER)


async def test_a_name_in_no_settings_is_resolved_from_its_first_use_on() -> None:
    names, clock = Names(), Clock()
    names.zone[("scscf.example", "A")] = [Address("192.0.2.5")]
    made = resolver(names, clock, hop_of(SipUri.parse("sip:192.0.2.1"), (UDP,)))
    route = hop_of(SipUri.parse("sip:scscf.example"), (UDP,))
    running = asyncio.create_task(made.run())
    await asyncio.sleep(0.01)
    assert made.servers(route) == ()
    for _ in range(200):
        if made.servers(route):
            break
        await asyncio.sleep(0.01)
    running.cancel()
    assert addresses(made.servers(route)) == [("192.0.2.5", 5060)]


async def test_a_fault_of_ours_does_not_end_the_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    names, clock = Names(), Clock()
    carrier(names)
    made = resolver(names, clock)
    answers = iter([RuntimeError("fault")])

    async def ask(question: Question) -> RecordSet:
        for error in answers:
            raise error
        return await Names.ask(names, question)

    monkeypatch.setattr(names, "ask", ask)
    running = asyncio.create_task(made.run())
    for _ in range(200):
        if made.complete:
            break
        await asyncio.sleep(0.01)
    running.cancel()
    assert addresses(made.servers(CARRIER)) == BOTH


async def test_etc_hosts_comes_before_dns(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("192.0.2.3 sbc.example other # comment\n2001:db8::3\tsbc.example\nrubbish\n")
    client = DnsClient(DnsSection(servers=("127.0.0.1:9",), timeout_s=0.2), hosts)
    assert (await client.ask(Question("sbc.example", "A"))).records == (Address("192.0.2.3"),)
    assert (await client.ask(Question("sbc.example", "AAAA"))).records == (Address("2001:db8::3"),)
