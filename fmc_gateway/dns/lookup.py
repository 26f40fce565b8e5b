"""One question to the name servers (dnspython), or to ``/etc/hosts``."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.name
import dns.nameserver
import dns.resolver

from fmc_gateway.dns.hop import family_of
from fmc_gateway.dns.records import Address, Naptr, Question, Record, RecordSet, Srv
from hipper.runtime.settings_checks import host_port
from hipper.runtime.settings_model import DnsSection

MAX_RECORDS = 64
"""Of one answer."""
HOSTS_TTL_S = 60.0
NEGATIVE_TTL_S = 5.0
"""When the name server does not say how long "there is none" holds: RFC 2308 §5 would not cache it at all."""
MIN_TTL_S, MAX_TTL_S = 1.0, 86_400.0


class DnsError(Exception):
    """Nobody answered, or not sensibly."""


class DnsClient:
    """Asks the servers of the settings, or the system's; ``hosts``: read before them, for addresses."""

    def __init__(self, settings: DnsSection, hosts: Path = Path("/etc/hosts")) -> None:
        self._settings = settings
        self._hosts = hosts
        self._resolver: dns.asyncresolver.Resolver | None = None

    async def ask(self, question: Question) -> RecordSet:
        """What DNS says; no records for a name that does not exist. Raises DnsError."""
        listed = self._listed(question)
        if listed:
            return RecordSet(listed, HOSTS_TTL_S)
        try:
            return await self._query(question)
        except (dns.exception.DNSException, OSError, EOFError, ValueError) as error:
            # the system's name servers may have changed meanwhile: read them again
            self._resolver = None
            raise DnsError(str(error) or type(error).__name__) from error

    async def _query(self, question: Question) -> RecordSet:
        if self._resolver is None:
            self._resolver = make_resolver(self._settings)
        try:
            answer = await self._resolver.resolve(
                dns.name.from_text(question.name), question.kind, raise_on_no_answer=False, search=False
            )
        except dns.resolver.NXDOMAIN as error:
            response = next(iter(error.kwargs.get("responses", {}).values()), None)
            return RecordSet((), _negative_ttl_s(response))
        if answer.rrset is None:
            return RecordSet((), _negative_ttl_s(answer.response))
        records = tuple(record for data in list(answer.rrset)[:MAX_RECORDS] if (record := _record(data)))
        return RecordSet(records, _within(float(answer.chaining_result.minimum_ttl)))

    def _listed(self, question: Question) -> tuple[Record, ...]:
        if question.kind not in ("A", "AAAA"):
            return ()
        wanted = 6 if question.kind == "AAAA" else 4
        lines: list[str] = []
        with contextlib.suppress(OSError):
            lines = self._hosts.read_text(errors="replace").splitlines()
        rows = [line.partition("#")[0].lower().split() for line in lines]
        found = [row[0] for row in rows if question.name in row[1:] and family_of(row[0]) == wanted]
        return tuple(Address(address) for address in dict.fromkeys(found[:MAX_RECORDS]))


def make_resolver(settings: DnsSection) -> dns.asyncresolver.Resolver:
    """Raises DNSException when the system names no servers that can be read."""
    resolver = dns.asyncresolver.Resolver(configure=not settings.servers)
    if settings.servers:
        resolver.nameservers = _servers(settings.servers)
    resolver.lifetime = settings.timeout_s
    resolver.timeout = settings.timeout_s / max(1, min(2, len(resolver.nameservers)))
    return resolver


def _servers(named: Sequence[str]) -> list[Any]:
    return [dns.nameserver.Do53Nameserver(*host_port(text)) for text in named]


def _record(data: Any) -> Record | None:
    kind = type(data).__name__
    if kind == "NAPTR":
        return Naptr(
            data.order,
            data.preference,
            data.flags.decode("ascii", "replace"),
            data.service.decode("ascii", "replace"),
            _plain(data.replacement),
        )
    if kind == "SRV":
        return Srv(data.priority, data.weight, data.port, _plain(data.target))
    return Address(data.address) if kind in ("A", "AAAA") else None


def _plain(name: dns.name.Name) -> str:
    """Lower case, without the dot at the end; the root is empty."""
    return name.to_text(omit_final_dot=True).lower() if name != dns.name.root else ""


def _negative_ttl_s(response: Any) -> float:
    """RFC 2308 §5: the smaller of the SOA's own TTL and its last field."""
    for rrset in response.authority if response is not None else ():
        for data in rrset:
            if type(data).__name__ == "SOA":
                return _within(float(min(rrset.ttl, data.minimum)))
    return NEGATIVE_TTL_S


def _within(ttl_s: float) -> float:
    return min(max(ttl_s, MIN_TTL_S), MAX_TTL_S)
