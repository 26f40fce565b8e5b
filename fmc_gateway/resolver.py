"""Next hops → servers (RFC 3263), from memory: a call never waits for DNS.

Questions are put in the background, again ahead of their TTL; while DNS is away the last answers hold, also
over a restart. A hop that DNS no longer knows keeps the servers it had.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

import structlog

from fmc_gateway.dns.choose import Chance, in_order
from fmc_gateway.dns.hop import Family, Hop, Server
from fmc_gateway.dns.locate import Located, locate
from fmc_gateway.dns.lookup import DnsClient, DnsError
from fmc_gateway.dns.memory import Memory, load, save
from fmc_gateway.dns.records import Question, RecordSet
from fmc_gateway.dns.resting import Resting
from fmc_gateway.routing import Routing
from hipper.runtime.settings_model import Settings

AT_ONCE = 16
"""Questions under way at a time."""
ROUNDS = 4
"""NAPTR leads to SRV, SRV to addresses."""
SHORTEST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 30.0
MAX_LEARNED = 256
"""Hops beyond the configured ones, e.g. of a Route, that are kept resolved."""

log = structlog.get_logger("fmc_gateway.resolver")


class Client(Protocol):
    async def ask(self, question: Question) -> RecordSet: ...


class Resolver:
    """``hops``: the configured ones; ``families``: listener → address family; ``now``: monotonic seconds;
    ``snapshot``: file of the last answers, None: not kept."""

    def __init__(
        self,
        hops: Iterable[Hop],
        families: Mapping[str, Family],
        client: Client,
        *,
        now: Callable[[], float],
        chance: Chance,
        snapshot: Path | None = None,
    ) -> None:
        self.resting = Resting()
        self.failures = 0
        """Questions nobody answered, since the start."""
        self._hops = dict.fromkeys(hops)
        self._configured = len(self._hops)
        self._families = families
        self._client = client
        self._now = now
        self._chance = chance
        self._snapshot = snapshot
        self._memory = Memory(load(snapshot) if snapshot is not None else ())
        self._located: dict[Hop, Located] = {}
        self._good: dict[Hop, Located] = {}
        self._vanished: set[Hop] = set()
        self._woken = asyncio.Event()
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._locate_all()

    @classmethod
    def from_settings(
        cls, settings: Settings, routing: Routing, now: Callable[[], float], chance: Chance
    ) -> Resolver:
        return cls(
            routing.hops(),
            routing.families,
            DnsClient(settings.dns),
            now=now,
            chance=chance,
            snapshot=Path(settings.state_dir) / "dns.json",
        )

    # -- for calls ------------------------------------------------------------------------------------------

    def servers(self, hop: Hop, *, whatever: bool = False) -> tuple[Server, ...]:
        """Where to send, in the order to try; empty for a name nobody knows (yet). ``whatever``: for an
        emergency call, also servers that asked for rest."""
        return self.resting.in_order(self._drawn(hop), self._now(), whatever=whatever)

    def all_servers(self, hop: Hop) -> tuple[Server, ...]:
        """Every server of ``hop``, resting ones too."""
        return tuple(server for rank in self._of(hop).ranks for entry in rank for server in entry.servers)

    def hops_at(self, server: Server) -> tuple[Hop, ...]:
        """The hops, configured or learned, that this server is one of."""
        return tuple(hop for hop in self._hops if server in self.all_servers(hop))

    def retry_after_s(self, hop: Hop) -> float | None:
        """How long all servers of ``hop`` asked to be left alone; None: at least one did not."""
        return self.resting.barred_for_s(self.all_servers(hop), self._now())

    def is_well(self, hop: Hop) -> bool:
        """Whether a server of it is there, as far as anybody knows."""
        now = self._now()
        return any(self.resting.is_well(server, now) for server in self.all_servers(hop))

    def failed(self, server: Server, retry_after_s: float | None = None) -> None:
        """A request to it timed out, could not be sent, or was answered 503."""
        self.resting.failed(server, self._now(), retry_after_s)

    @property
    def complete(self) -> bool:
        """Every hop has a server."""
        return all(located.ranks for located in self._good.values())

    @property
    def stale(self) -> int:
        """Answers past their TTL that are used nevertheless."""
        return self._memory.stale(self._now())

    def _drawn(self, hop: Hop) -> tuple[Server, ...]:
        return in_order(self._of(hop).ranks, self._chance)

    def _of(self, hop: Hop) -> Located:
        found = self._good.get(hop)
        return found if found is not None else self._learn(hop)

    def _learn(self, hop: Hop) -> Located:
        """A hop that is in no settings: resolved from now on."""
        located = locate(hop, self._families, self._memory.known)
        if hop not in self._hops and located.asked and len(self._hops) < self._configured + MAX_LEARNED:
            self._hops[hop] = None
            self._located[hop] = self._good[hop] = located
            self._woken.set()
        return located

    # -- in the background ----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.refresh()
            except Exception:
                # without this loop every name would stay as it is, for ever
                log.exception("resolver.fault")
            pause = self._pause_s()
            self._woken.clear()
            try:
                await asyncio.wait_for(self._woken.wait(), pause)
            except TimeoutError:
                pass

    async def refresh(self) -> None:
        """Ask what is due, until every hop is followed to its addresses."""
        changed = False
        for _ in range(ROUNDS):
            due = self._memory.due(self._asked(), self._now())
            if not due:
                break
            changed |= any(await asyncio.gather(*(self._ask(question) for question in due)))
            self._locate_all()
        if changed:
            self._keep()

    async def _ask(self, question: Question) -> bool:
        async with self._gate:
            try:
                answer = await self._client.ask(question)
            except DnsError as error:
                self.failures += 1
                log.warning("dns.failed", name=question.name, kind=question.kind, error=str(error))
                self._memory.failed(question, self._now())
                return False
        return self._memory.learned(question, answer, self._now())

    def _asked(self) -> frozenset[Question]:
        return frozenset().union(*(located.asked for located in self._located.values()))

    def _locate_all(self) -> None:
        for hop in self._hops:
            located = self._located[hop] = locate(hop, self._families, self._memory.known)
            before = self._good.get(hop)
            if located.ranks or before is None:
                self._good[hop] = located
                self._vanished.discard(hop)
            elif before.ranks and hop not in self._vanished:
                self._vanished.add(hop)
                log.warning("dns.hop_vanished", host=hop.host)
            if before is not None and located.ranks and before.ranks != located.ranks:
                log.info("dns.hop_changed", host=hop.host, servers=len(self.all_servers(hop)))

    def _pause_s(self) -> float:
        due = self._memory.next_due(self._asked())
        if due is None:
            return LONGEST_PAUSE_S
        return min(max(due - self._now(), SHORTEST_PAUSE_S), LONGEST_PAUSE_S)

    def _keep(self) -> None:
        """On disk, unless a hop has just vanished: then what is there is better."""
        if self._vanished:
            return
        self._memory.keep_only(self._asked())
        if self._snapshot is None:
            return
        try:
            save(self._snapshot, self._memory.kept())
        except OSError as error:
            log.warning("dns.not_kept", error=str(error))
