"""Two calls of one user beside each other, each in a world: a lent leg is one party, of one of the two."""

from __future__ import annotations

from random import Random

import msgspec

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.ending import LEND_TIMER
from fmc_gateway.call.lending import leg_of, unheard
from fmc_gateway.call.model import Lending, Talking
from hipper.pbx.ids import CallId, LegId, SubscriberId
from tests.fmc_gateway.call.kit import A, invite
from tests.property.call_wires import Party
from tests.property.call_world import Consulting


class Half(Consulting):
    """One of the two calls, as a gateway with both of them would have it."""

    def __init__(self, seed: int, call: CallId, leg: LegId, outbox: list[tuple[Half, ev.AnyEvent]]) -> None:
        super().__init__(seed)
        self.id, self.outbox, self.draining = call, outbox, False
        del self.parties[self.a]
        self.a = leg
        self.parties[leg] = Party(leg)
        self.other = self

    def _first(self) -> ev.LegOffered:
        dialled = self.rng.choice(("202", "203", "030 111 2233", "030 111 2244"))
        return msgspec.structs.replace(invite(dialled), call=self.id, leg=self.a)

    def _wish(self) -> None:
        if not isinstance(self.call, Talking):
            return
        if self.rng.random() < (0.2 if isinstance(self.other.call, Talking) else 0.95):
            super()._wish()
            return
        self.wishes += 1
        request = f"r{self.wishes}"
        user = SubscriberId("suze")
        if self.rng.random() < 0.7:
            self.requests.add(request)
            self.deliver(ev.JoinRequested(request=request, subscriber=user, other=self.other.id))
            return
        self.refers[request] = None
        here = self.call.calling.id
        self.deliver(ev.ReferRequested(request=request, leg=here, other=self.other.id))

    def deliver(self, event: ev.AnyEvent) -> None:
        """What one tells the other happens when its own commands have been carried out."""
        self.now = max(self.now, self.other.now)  # they have one clock
        super().deliver(event)
        if self.draining or self.other.draining:
            return
        self.draining = True
        while self.outbox:
            target, told = self.outbox.pop(0)
            target.deliver(told)
        self.draining = False

    def do_tell_call(self, one: cmd.TellCall) -> None:
        target = self.other if one.call == self.other.id else None
        leg = leg_of(one.event)
        if target is None or target.call is None:
            answer = unheard(one.call, one.event)
            if answer is not None:
                self.outbox.append((self, answer))
            assert answer is not None or leg is None, "a leg is given to nobody"
            return
        if leg is not None:
            assert leg in self.parties, "not its own"
            target.parties[leg] = self.parties.pop(leg)
            target.queues[leg] = self.queues.pop(leg, [])
            self.gone.add(leg)
            target.gone.discard(leg)
            if isinstance(one.event, ev.LegBack):
                self.gone.discard(leg)
        self.outbox.append((target, one.event))

    def _turn(self) -> None:
        both = isinstance(self.call, Talking) and isinstance(self.other.call, Talking)
        if both and self.call.move is None and self.rng.random() < 0.3:  # type: ignore[union-attr]
            self._wish()
        else:
            super()._turn()

    def _fire(self) -> None:
        self.timers.discard(LEND_TIMER)  # nobody dies here
        if self.timers:
            super()._fire()
        if isinstance(self.call, Lending):
            self.timers.add(LEND_TIMER)


class Pair:
    """``walk`` plays both to their end."""

    def __init__(self, seed: int) -> None:
        outbox: list[tuple[Half, ev.AnyEvent]] = []
        self.rng = Random(seed)
        self.first = Half(2 * seed, CallId("c1"), A, outbox)
        self.second = Half(2 * seed + 1, CallId("c2"), LegId("a2"), outbox)
        self.first.other, self.second.other = self.second, self.first
        self.halves = (self.first, self.second)

    def walk(self, turns: int) -> None:
        for half in self.halves:
            half.deliver(half.begin())
        for _ in range(turns):
            if (half := self._any()) is None:
                break
            half._turn()
        for _ in range(1500):
            if (half := self._any()) is None:
                break
            half._close()
        for half in self.halves:
            assert half.call is None, f"the call never ends: {half.call}"
            half.check_end()

    def _any(self) -> Half | None:
        alive = [half for half in self.halves if half.call is not None]
        return self.rng.choice(alive) if alive else None
