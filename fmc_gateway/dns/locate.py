"""From a next hop to servers, by what is in memory (RFC 3263 §4). Pure: nothing is asked here.

What memory does not hold counts as absent, so that one record type a name server never answers for does not
hide the others; ``Located.asked`` says what memory should hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from fmc_gateway.dns.hop import Family, Hop, Server, Way, family_of
from fmc_gateway.dns.records import Address, Naptr, Question, Record, Srv
from hipper.telephony.sip.flow import DEFAULT_PORT, Transport

MAX_SERVERS = 32
"""Of one hop; a name server that lists more is out of its mind."""
MAX_RANKS = 8
SERVICES: dict[str, Transport] = {"SIP+D2U": "udp", "SIP+D2T": "tcp", "SIPS+D2T": "tls"}
"""NAPTR services (RFC 3263 §4.1)."""
PREFIXES: dict[Transport, str] = {"udp": "_sip._udp.", "tcp": "_sip._tcp.", "tls": "_sips._tcp."}
"""SRV names (RFC 3263 §4.2)."""

Known = Callable[[Question], tuple[Record, ...]]
"""What memory holds for a question; empty when there is nothing."""


class Weighted(NamedTuple):
    """The servers behind one SRV record, in the order of their addresses."""

    priority: int
    weight: int
    servers: tuple[Server, ...]


class Located(NamedTuple):
    """``ranks``: alternatives in order of preference, each to be ordered by priority and weight."""

    ranks: tuple[tuple[Weighted, ...], ...]
    asked: frozenset[Question]


def locate(hop: Hop, families: Mapping[str, Family], known: Known) -> Located:
    """families: listener name → address family it can reach."""
    search = _Search(hop, families, known)
    return Located(search.ranks(), frozenset(search.asked))


class _Search:
    def __init__(self, hop: Hop, families: Mapping[str, Family], known: Known) -> None:
        self._hop = hop
        self._ways = (Way(hop.transport, hop.listener, families.get(hop.listener, 4)), *hop.others)
        self._known = known
        self.asked: set[Question] = set()

    def ranks(self) -> tuple[tuple[Weighted, ...], ...]:
        hop = self._hop
        family = family_of(hop.host)
        if family is not None:
            way = next((way for way in self._ways if way.family == family), self._ways[0])
            port = hop.port or DEFAULT_PORT[way.transport]
            return _single((Server(way.transport, way.listener, hop.host, port),))
        if hop.port is not None:
            return _single(self._servers(hop.host, hop.port, hop.transport))
        by_naptr = self._by_naptr() if hop.any_transport else ()
        return by_naptr or self._by_srv() or self._by_address()

    def _transports(self) -> list[Transport]:
        """Ours for this hop, preferred first."""
        return list(dict.fromkeys(way.transport for way in self._ways))

    def _ask(self, question: Question) -> tuple[Record, ...]:
        self.asked.add(question)
        return self._known(question)

    def _by_naptr(self) -> tuple[tuple[Weighted, ...], ...]:
        """§4.1: records we have no listener for are discarded; the others are tried in their order."""
        records = self._ask(Question(self._hop.host, "NAPTR"))
        usable = [
            (SERVICES[record.service.upper()], record)
            for record in records
            if isinstance(record, Naptr)
            and record.flags.lower() == "s"
            and record.service.upper() in SERVICES
        ]
        usable = [entry for entry in usable if entry[0] in self._transports()]
        usable.sort(key=lambda entry: (entry[1].order, entry[1].preference))
        ranks = (self._services(record.replacement, transport) for transport, record in usable[:MAX_RANKS])
        return tuple(rank for rank in ranks if rank)

    def _by_srv(self) -> tuple[tuple[Weighted, ...], ...]:
        """§4.2: without NAPTR, SRV of each transport of ours, in the order of our preference."""
        ranks = (
            self._services(PREFIXES[transport] + self._hop.host, transport)
            for transport in self._transports()
        )
        return tuple(rank for rank in ranks if rank)

    def _by_address(self) -> tuple[tuple[Weighted, ...], ...]:
        """§4.2: no SRV either. A name whose SRV says "." has no addresses to be tried instead (RFC 2782)."""
        transports = [transport for transport in self._transports() if not self._is_denied(transport)]
        if not transports:
            return ()
        return _single(self._servers(self._hop.host, DEFAULT_PORT[transports[0]], transports[0]))

    def _is_denied(self, transport: Transport) -> bool:
        records = self._known(Question(PREFIXES[transport] + self._hop.host, "SRV"))
        return bool(records) and all(isinstance(record, Srv) and not record.target for record in records)

    def _services(self, name: str, transport: Transport) -> tuple[Weighted, ...]:
        found = []
        for record in self._ask(Question(name, "SRV"))[:MAX_SERVERS]:
            if isinstance(record, Srv) and record.target:
                servers = self._servers(record.target, record.port, transport)
                if servers:
                    found.append(Weighted(record.priority, record.weight, servers))
        # name servers turn records around from answer to answer: that is no change
        return tuple(sorted(found))

    def _servers(self, name: str, port: int, transport: Transport) -> tuple[Server, ...]:
        """An SRV target may be an address: forbidden (RFC 2782), and seen."""
        literal = family_of(name)
        found: list[Server] = []
        for way in self._ways:
            if way.transport != transport or (literal is not None and literal != way.family):
                continue
            if literal is not None:
                found.append(Server(way.transport, way.listener, name, port))
                continue
            for record in self._ask(Question(name, "AAAA" if way.family == 6 else "A")):
                if isinstance(record, Address):
                    found.append(Server(way.transport, way.listener, record.address, port))
        return tuple(found[:MAX_SERVERS])


def _single(servers: tuple[Server, ...]) -> tuple[tuple[Weighted, ...], ...]:
    return ((Weighted(0, 0, servers),),) if servers else ()
