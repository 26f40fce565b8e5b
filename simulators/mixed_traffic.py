"""Mixed calls by seed: handsets dial colleagues, the outside and 112, and are called; people answer, reject,
let it ring and give up.

python -m simulators.mixed_traffic --mode isc --listen 127.0.0.1:5070 --gateway 127.0.0.1:5060 \\
    --handset +31612345678 --handset +31612345679 --calls 100 --seed 7 --records cdrs.jsonl

The same seed plans the same calls. How fast they meet depends on the machine, so what a busy person does with
the second call may differ; which calls are made does not.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Any, Literal

from simulators.agent import Peer
from simulators.call import Call, CallError, CallState
from simulators.faults import BUSY, REJECTED, Fate, Faults
from simulators.network.handsets import RADIO_LOST
from simulators.network.imrn import ImrnNetwork
from simulators.network.isc import IscNetwork
from simulators.network_options import Network, add_network_options, make_network
from simulators.pstn import Pstn

Kind = Literal["dials_out", "dials_colleague", "emergency", "called_from_outside", "called_at_fixed"]
LONGEST_RING_S = 4.0
"""Nobody lets it ring longer; networks clear later still."""
SETTLED_S = 60.0
"""In which every call must be over."""


@dataclass(frozen=True, kw_only=True)
class PlannedCall:
    """One call to be made. ``at_s``: after the beginning. ``gives_up_after_s``: of ringing, None never."""

    at_s: float
    kind: Kind
    caller: str
    called: str
    talks_s: float
    caller_ends: bool
    withheld: bool
    gives_up_after_s: float | None


@dataclass(frozen=True, kw_only=True)
class Mix:
    """Shares of the kinds, and numbers to call. ``fixed``: numbers of users at the PSTN."""

    handsets: Sequence[str]
    outside: Sequence[str] = ("+31301234501", "+31301234502", "+31301234503")
    fixed: Sequence[str] = ()
    dials_out: float = 0.4
    dials_colleague: float = 0.25
    called_from_outside: float = 0.2
    called_at_fixed: float = 0.13
    emergency: float = 0.02


def plan(seed: int, count: int, mix: Mix, *, rate: float = 5.0) -> list[PlannedCall]:
    """``count`` calls, ``rate`` a second. The same arguments give the same calls."""
    chance = random.Random(seed)
    kinds: list[Kind] = ["dials_out", "emergency"]
    kinds += ["dials_colleague", "called_from_outside"] if len(mix.handsets) > 1 else ["called_from_outside"]
    if mix.fixed:
        kinds.append("called_at_fixed")
    weights = [getattr(mix, kind) for kind in kinds]
    return [_one(chance, chance.choices(kinds, weights)[0], index / rate, mix) for index in range(count)]


def _one(chance: random.Random, kind: Kind, at_s: float, mix: Mix) -> PlannedCall:
    handset, outside = chance.choice(mix.handsets), chance.choice(mix.outside)
    match kind:
        case "dials_out":
            caller, called = handset, _as_dialled(chance, outside)
        case "dials_colleague":
            caller = handset
            called = _as_dialled(chance, chance.choice([other for other in mix.handsets if other != handset]))
        case "emergency":
            caller, called = handset, "112"
        case "called_from_outside":
            caller, called = outside, handset
        case "called_at_fixed":
            caller, called = outside, chance.choice(mix.fixed)
    return PlannedCall(
        at_s=at_s,
        kind=kind,
        caller=caller,
        called=called,
        talks_s=chance.uniform(0.2, 2.0),
        caller_ends=chance.random() < 0.6,
        withheld=kind != "emergency" and chance.random() < 0.1,
        gives_up_after_s=chance.uniform(0.1, 1.5) if kind != "emergency" and chance.random() < 0.1 else None,
    )


def _as_dialled(chance: random.Random, number: str) -> str:
    """A number as people dial it."""
    national = "0" + number.removeprefix("+31")
    return chance.choice((number, national, "00" + number.removeprefix("+")))


class Traffic:
    """Makes planned calls over ``network``, and over ``pstn`` those to fixed numbers; takes what comes.

    ``tally``: how calls ended; ``stuck``: those that never did."""

    def __init__(self, network: Network, pstn: Pstn | None, seed: int) -> None:
        self.tally: Counter[str] = Counter()
        self.stuck: list[str] = []
        self._network = network
        self._pstn = pstn
        self._chance = random.Random(seed + 1)
        network.behaviour = self.receive
        if pstn is not None:
            pstn.behaviour = self.receive

    async def run(self, calls: Sequence[PlannedCall]) -> None:
        """All of them, each at its time; returns when the last is over."""
        async with asyncio.TaskGroup() as group:
            began = asyncio.get_running_loop().time()
            for planned in calls:
                await asyncio.sleep(max(0.0, began + planned.at_s - asyncio.get_running_loop().time()))
                group.create_task(self._make(planned))

    async def _make(self, planned: PlannedCall) -> None:
        call = await self._place(planned)
        if planned.gives_up_after_s is not None:
            with suppress(CallError):
                await call.ringing(LONGEST_RING_S)
                await asyncio.sleep(planned.gives_up_after_s)
            if call.state is not CallState.TALKING:
                await call.hang_up()
        try:
            await call.answered(SETTLED_S)
        except CallError:
            pass
        else:
            await self._talk(call, planned.talks_s, ends=planned.caller_ends)
        await self._settle(call, f"{planned.kind} {planned.caller} {planned.called}")
        self.tally[f"{planned.kind}: {call.cause} {call.status or ''}".strip()] += 1

    async def _place(self, planned: PlannedCall) -> Call:
        match planned.kind:
            case "called_at_fixed":
                assert self._pstn is not None, "fixed numbers are reached through the PSTN"
                return await self._pstn.call(planned.called, caller=planned.caller, withheld=planned.withheld)
            case "called_from_outside":
                return await self._network.terminate(
                    planned.called, caller=planned.caller, withheld=planned.withheld
                )
            case _:
                privacy = "id" if planned.withheld else None
                return await self._network.originate(planned.caller, planned.called, privacy=privacy)

    async def receive(self, call: Call) -> None:
        """A person somewhere is called."""
        chance = self._chance
        what = chance.choices(("answers", "rejects", "busy", "lets it ring"), (0.75, 0.1, 0.05, 0.1))[0]
        rings_s, talks_s = chance.uniform(0.05, 1.0), chance.uniform(1.0, 3.0)
        if what == "busy":
            await call.reject(BUSY.status, headers=BUSY.headers)
            return
        fate = self._network.fate
        if call.wants_resources and fate.meets("precondition"):
            with suppress(CallError):
                await call.reserve()
        await call.ring()
        with suppress(CallError):
            await call.over(LONGEST_RING_S if what == "lets it ring" else rings_s)
        if call.state is CallState.OVER:
            return
        if what != "answers" and call.state is CallState.RINGING:
            await call.reject(REJECTED.status, headers=REJECTED.headers)
            return
        if call.state is CallState.RINGING:  # else the CANCEL that comes has made it answer already
            await call.answer()
        await self._talk(call, talks_s, ends=True, fate=fate)
        await self._settle(call, f"called {call.dialled}")

    async def _talk(self, call: Call, seconds: float, *, ends: bool, fate: Fate | None = None) -> None:
        """Talk, with what the seed makes a handset do meanwhile."""
        with suppress(CallError):
            if fate is not None and fate.meets("hold"):
                await call.hold()
                await asyncio.sleep(0.1)
                await call.resume()
            if fate is not None and fate.meets("refresh") and call.state is CallState.TALKING:
                await call.refresh()
        with suppress(CallError):
            await call.over(seconds)
        if call.state is CallState.OVER or not ends:
            return
        if fate is not None and fate.meets("radio_loss"):
            await call.lose_radio()
        else:
            await call.hang_up(RADIO_LOST if fate is not None and fate.meets("bye_reason") else None)

    async def _settle(self, call: Call, what: str) -> None:
        with suppress(CallError):
            await call.over(SETTLED_S)
            return
        self.stuck.append(f"{what}: still {call.state.value}")
        await call.hang_up()


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return asyncio.run(_run(options))
    except (OSError, ValueError) as error:
        print(f"mixed_traffic: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulators.mixed_traffic", description=(__doc__ or "").partition("\n\n")[0])  # fmt: skip # noqa: E501
    peer = "ADDRESS:PORT[/udp|tcp|tls]"
    parser.add_argument("--gateway", type=Peer.parse, required=True, metavar=peer, help="its port for the network")  # fmt: skip # noqa: E501
    parser.add_argument("--listen", type=Peer.parse, required=True, metavar="ADDRESS:PORT")
    parser.add_argument("--pstn-gateway", type=Peer.parse, metavar=peer, help="its port for a PSTN trunk")
    parser.add_argument("--pstn-listen", type=Peer.parse, metavar="ADDRESS:PORT", help="where that PSTN listens")  # fmt: skip # noqa: E501
    parser.add_argument("--fixed", action="append", default=[], metavar="NUMBER", help="a fixed number of a user; may be repeated")  # fmt: skip # noqa: E501
    parser.add_argument("--calls", type=int, default=100, metavar="N", help="(100)")
    parser.add_argument("--rate", type=float, default=5.0, metavar="R", help="calls a second (5)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--faults", type=Faults.parse, default=Faults(), metavar="KIND=P,…")
    add_network_options(parser)
    return parser


async def _run(options: argparse.Namespace) -> int:
    common: dict[str, Any] = {"faults": options.faults, "seed": options.seed, "voice": False}
    async with AsyncExitStack() as stack:
        listen = {"host": options.listen.host, "port": options.listen.port}
        network = make_network(options, {**listen, **common})
        await stack.enter_async_context(network)
        pstn = None
        if options.pstn_listen is not None and options.pstn_gateway is not None:
            host, port = options.pstn_listen.host, options.pstn_listen.port
            pstn = Pstn(gateway=options.pstn_gateway, host=host, port=port, voice=False)
            await stack.enter_async_context(pstn)
        traffic = Traffic(network, pstn, options.seed)
        mix = Mix(handsets=options.handset, fixed=options.fixed if pstn is not None else ())
        await traffic.run(plan(options.seed, options.calls, mix, rate=options.rate))
    for line, count in sorted(traffic.tally.items()):
        print(f"{count:6d}  {line}")
    findings = network.findings if isinstance(network, ImrnNetwork | IscNetwork) else []
    for line in (*traffic.stuck, *findings):
        print(f"failed: {line}")
    return 1 if traffic.stuck or findings else 0


if __name__ == "__main__":
    sys.exit(main())
