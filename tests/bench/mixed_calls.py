"""Mixed calls planned by seed over three networks, of which it is known how each ends and who pays it.

Everybody a call needs is free when it begins and does what was planned: so every record has one right
outcome, whatever the machine makes of the times.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulators.agent import Agent, Peer
from simulators.call import Call, CallError, CallState
from simulators.faults import NO_FAULTS, REJECTED, Faults
from simulators.mobile_network import MobileNetwork
from simulators.network.imrn import ImrnNetwork
from simulators.network.isc import IscNetwork
from simulators.network_options import Network
from simulators.pstn import Pstn
from tests.bench.three_networks import FORWARDED_TO, KEY, MODES, Mode, Staff, ThreeNetworks
from tests.interop.company import Person, national

SETTLED_S = 40.0
"""In which every call is over."""
PATIENCE_S = 5.0
"""Whoever hears nothing so long hangs up."""
RING_S = (0.05, 0.4)
TALK_S = (0.1, 1.0)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of call. ``called``: does what with it. ``inward``: somebody outside calls. ``weight``: how
    often, relative to the others. ``outcome``: of the record."""

    name: str
    weight: int
    outcome: str
    called: str = "answers"
    inward: bool = False


KINDS = {
    kind.name: kind
    for kind in (
        Kind(name="to outside", weight=6, outcome="answered"),
        Kind(name="to outside, withheld", weight=2, outcome="answered"),
        Kind(name="to outside, busy", weight=2, outcome="busy", called="is busy"),
        Kind(name="to outside, cancelled", weight=2, outcome="cancelled", called="lets it ring"),
        Kind(name="to a colleague", weight=3, outcome="answered"),
        Kind(name="to an extension", weight=3, outcome="answered"),
        Kind(name="colleague declines", weight=2, outcome="declined", called="declines"),
        Kind(name="colleague does not answer", weight=1, outcome="no_answer", called="lets it ring"),
        Kind(name="colleague forwards", weight=2, outcome="answered"),
        Kind(name="terminating", weight=3, outcome="answered", inward=True),
        Kind(name="terminating, withheld", weight=2, outcome="answered", inward=True),
        Kind(name="terminating, declined", weight=1, outcome="declined", called="declines", inward=True),
        Kind(name="terminating, forwarded", weight=1, outcome="answered", inward=True),
        Kind(name="to the fixed number", weight=2, outcome="answered", inward=True),
        Kind(name="112", weight=1, outcome="answered"),
    )
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One call. ``outside``: a number that is in no other call. ``caller_ends``: who hangs up."""

    index: int
    mode: Mode
    kind: Kind
    outside: str
    rings_s: float
    talks_s: float
    caller_ends: bool


def plan(seed: int, count: int, modes: Sequence[Mode] = MODES) -> list[Plan]:
    """The same arguments give the same calls. Every kind comes once in each mode before chance decides."""
    chance = random.Random(seed)
    kinds = list(KINDS.values())
    every = [(mode, kind) for kind in kinds for mode in modes][:count]
    more = chance.choices(kinds, [kind.weight for kind in kinds], k=max(0, count - len(every)))
    every += [(chance.choice(modes), kind) for kind in more]
    chance.shuffle(every)
    return [
        Plan(
            index=index, mode=mode, kind=kind, outside=f"+31301{index:06d}", rings_s=chance.uniform(*RING_S),
            talks_s=chance.uniform(*TALK_S), caller_ends=chance.random() < 0.6,
        )
        for index, (mode, kind) in enumerate(every)
    ]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Made:
    """A call as it was made. ``payers``: subscriptions that pay its legs, by the plan."""

    plan: Plan
    call: Call
    call_id: str
    payers: frozenset[str]


@dataclass
class Pool:
    """People who are in no call."""

    free: list[Person]
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self) -> Person:
        async with self.changed:
            await self.changed.wait_for(lambda: self.free)
            return self.free.pop(0)

    async def give(self, person: Person) -> None:
        async with self.changed:
            self.free.append(person)
            self.changed.notify()


class MixedCalls:
    """The networks, the carrier, the emergency centre and everybody's fingers. ``stuck``: calls that never
    ended; ``made``: all others."""

    def __init__(
        self,
        gateway: ThreeNetworks,
        staff: dict[Mode, Staff],
        records: Path | None,
        *,
        faults: Faults = NO_FAULTS,
        seed: int = 0,
    ) -> None:
        self.gateway = gateway
        unreliable: dict[str, Any] = {"faults": faults, "seed": seed, "voice": False}
        self.networks: dict[Mode, Network] = {
            mode: _network(gateway, mode, None if records is None else records / f"{mode}.jsonl", unreliable)
            for mode in staff
        }
        self.pstn = Pstn(gateway=Peer("127.0.0.1", gateway.pstn), port=gateway.carrier, **unreliable)
        self.psap = Pstn(gateway=Peer("127.0.0.1", gateway.pstn), port=gateway.psap, voice=False)
        self.made: list[Made] = []
        self.stuck: list[str] = []
        self.tally: Counter[str] = Counter()
        self._staff = staff
        self._pools = {
            (mode, group): Pool(list(getattr(one, group)))
            for mode, one in staff.items()
            for group in ("people", "forwarders", "silent")
        }
        self._expected: dict[str, Plan] = {}
        """What whoever has this number does with the next call."""

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[MixedCalls]:
        async with AsyncExitStack() as stack:
            agents: list[Agent] = [*self.networks.values(), self.pstn, self.psap]
            for agent in agents:
                agent.behaviour = self._receive
                await stack.enter_async_context(agent)
            for mode, network in self.networks.items():
                for person in self._staff[mode].everyone:
                    network.handset(person.mobile or "")
            yield self

    async def run(self, plans: Sequence[Plan], *, at_once: int, rate: float = 12.0) -> None:
        """Make these calls, no more than ``rate`` a second and ``at_once`` at a time."""
        room = asyncio.Semaphore(at_once)

        async def one(planned: Plan) -> None:
            async with room:
                await self._make(planned)

        async with asyncio.TaskGroup() as group:
            for planned in plans:
                group.create_task(one(planned))
                await asyncio.sleep(1 / rate)

    # -- the caller -----------------------------------------------------------------------------------------

    async def _make(self, planned: Plan) -> None:
        taken = await self._take(planned)
        try:
            made = await self._place(planned, [person for _, person in taken])
            await self._follow(made)
        finally:
            for pool, person in taken:
                await pool.give(person)

    async def _take(self, planned: Plan) -> list[tuple[Pool, Person]]:
        """Everybody of ours in this call, the caller first."""
        name, pools = planned.kind.name, []
        if not planned.kind.inward or "forwarded" not in name:
            pools.append("people")
        if "forward" in name:
            pools.append("forwarders")
        elif name == "colleague does not answer":
            pools.append("silent")
        elif name in ("to a colleague", "to an extension", "colleague declines"):
            pools.append("people")
        return [
            (self._pools[planned.mode, one], await self._pools[planned.mode, one].take()) for one in pools
        ]

    async def _place(self, planned: Plan, people: list[Person]) -> Made:
        called = people[-1]
        network = self.networks[planned.mode]
        payers = self._payers(planned, people)
        withheld = "withheld" in planned.kind.name
        for number in (planned.outside, called.mobile or ""):
            self._expected[number] = planned
        if planned.kind.name == "to the fixed number":
            call = await self.pstn.call(called.fixed, caller=planned.outside)
        elif planned.kind.inward:
            call = await network.terminate(called.mobile or "", caller=planned.outside, withheld=withheld)
        else:
            dialled = self._dialled(planned, called)
            privacy = "id" if withheld else None
            call = await network.originate(people[0].mobile or "", dialled, privacy=privacy)
        return Made(plan=planned, call=call, call_id=_call_id(call), payers=payers)

    def _dialled(self, planned: Plan, called: Person) -> str:
        name = planned.kind.name
        if name == "112":
            return "112"
        if name.startswith("to outside"):
            return national(planned.outside)
        return called.extension if name == "to an extension" else national(called.mobile or "")

    def _payers(self, planned: Plan, people: list[Person]) -> frozenset[str]:
        """The caller's mobile subscription; for the way on, the fixed one of who forwards. 112 is free."""
        if planned.kind.name == "112":
            return frozenset()
        paying = set() if planned.kind.inward else {f"MOB-{people[0].mobile}"}
        if "forward" in planned.kind.name:
            paying.add(f"FIX-{people[-1].fixed}")
        return frozenset(paying)

    async def _follow(self, made: Made) -> None:
        planned, call = made.plan, made.call
        try:
            if "cancelled" in planned.kind.name:
                with suppress(CallError):  # the 180 may be lost: nobody sends it again
                    await call.ringing(PATIENCE_S)
                await asyncio.sleep(planned.rings_s)
                await call.hang_up()
            else:
                with suppress(CallError):
                    await call.answered(SETTLED_S)
                await self._talk(call, planned, ends=planned.caller_ends)
            await call.over(SETTLED_S)
        except CallError as error:
            self.stuck.append(f"{planned.mode} {planned.kind.name}: {error}")
            await call.hang_up()
        self.tally[f"{planned.kind.name}: {call.cause} {call.status or ''}".strip()] += 1
        self.made.append(made)

    # -- the called -----------------------------------------------------------------------------------------

    async def _receive(self, call: Call) -> None:
        number = call.number or call.dialled
        planned = self._expected.get(number)
        if planned is None and number not in ("112", FORWARDED_TO):
            self.stuck.append(f"nobody calls {number}, and yet it rings")
            await call.reject(404)
            return
        doing = "answers" if planned is None else planned.kind.called
        if doing == "is busy":
            await call.reject(486)
            return
        await call.ring()
        if doing == "lets it ring":
            return
        with suppress(CallError):
            await call.over(RING_S[0] if planned is None else planned.rings_s)
            return
        if doing == "declines":
            await call.reject(REJECTED.status, headers=REJECTED.headers)
            return
        await call.answer()
        if planned is not None:
            await self._talk(call, planned, ends=not planned.caller_ends)
        else:
            with suppress(CallError):
                await call.over(SETTLED_S)

    async def _talk(self, call: Call, planned: Plan, *, ends: bool) -> None:
        """Whoever does not end it, ends it later all the same: the other one may be an emergency centre."""
        with suppress(CallError):
            await call.over(planned.talks_s if ends else planned.talks_s + 1.0)
        if call.state is CallState.TALKING:
            await call.hang_up()


def _network(gateway: ThreeNetworks, mode: Mode, records: Path | None, unreliable: dict[str, Any]) -> Network:
    common: dict[str, Any] = {
        "gateway": Peer("127.0.0.1", gateway.asks_at[mode]), "port": gateway.answers_at[mode],
        "domain": "ims.example" if mode == "isc" else f"{mode}.example", "records": records, **unreliable,
    }  # fmt: skip
    if mode == "isc":
        return IscNetwork(**common)
    if mode == "imrn":
        return ImrnNetwork(imrn_url=gateway.imrn_url, imrn_key=KEY, ask_timeout_s=5.0, **common)
    return MobileNetwork(**common)


def _call_id(call: Call) -> str:
    """Of our own INVITE."""
    return str(call._agent._core._sessions[call.session].invite.call_id)
