"""Two calls of one user beside each other, which may tell each other something and lend each other a leg."""

from __future__ import annotations

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.lending import leg_of, unheard
from hipper.pbx.ids import CallId, LegId, PairId, SubscriberId
from tests.fmc_gateway.call.kit import (
    B1,
    SUZE_FIXED,
    A,
    Cmd,
    Ladder,
    binding,
    invite,
    invite_from_pstn,
    piet,
    sdp,
    suze,
)

C1, C2 = CallId("c1"), CallId("c2")
A2, D1, N2 = LegId("a2"), LegId("c2-b1"), PairId("c2-m1")
SUZE = SubscriberId("suze")


class Two:
    """``first`` asks, ``second`` lends. Events go to whoever has the leg."""

    def __init__(self, first: Ladder, second: Ladder) -> None:
        self.first, self.second = first, second
        self.calls = {C1: first, C2: second}
        self.done: dict[type, int] = {kind: len(first.of(kind)) for kind in (cmd.OfferMedia, cmd.AnswerMedia)}
        self.owner: dict[str, Ladder] = {A: first, B1: first, A2: second, D1: second}

    def tell(self, event: ev.AnyEvent, to: Ladder | None = None) -> None:
        """What happens to a leg happens in its call; anything else in ``to``, the first one."""
        leg = getattr(event, "leg", None)
        run = to or (self.first if leg is None else self.owner[leg])
        self._told(run, event)

    def _told(self, run: Ladder, event: ev.AnyEvent) -> None:
        if run.call is None:
            answer = unheard(C1 if run is self.first else C2, event)
            if answer is not None:
                self._told(self.second if run is self.first else self.first, answer)
            return
        for one in run.tell(event):
            if not isinstance(one, cmd.TellCall):
                continue
            other = self.calls[one.call]
            leg = leg_of(one.event)
            if leg is not None and other.call is not None:
                self.owner[leg] = other
            self._told(other, one.event)

    def _new(self, kind: type[Cmd]) -> list[Cmd]:
        """What the first call asked of rtpengine, and has no answer to."""
        asked = self.first.of(kind)
        done, self.done[kind] = self.done.get(kind, 0), len(asked)
        return asked[done:]

    def offers(self) -> None:
        for ask in self._new(cmd.OfferMedia):
            made = ev.MediaOffered(
                pair=ask.pair, from_leg=ask.from_leg, to_leg=ask.to_leg, sdp=sdp(f"for {ask.to_leg}")
            )
            self.tell(made)

    def answers(self) -> None:
        for ask in self._new(cmd.AnswerMedia):
            self.tell(ev.MediaAnswered(pair=ask.pair, sdp=sdp(f"for {ask.offering_leg}")))

    def accepts(self, leg: LegId, described: str) -> None:
        self.tell(ev.LegReofferAnswered(leg=leg, sdp=sdp(described)))

    def join(self) -> None:
        wish = ev.JoinRequested(request="r1", subscriber=SUZE, other=C2)
        self.tell(wish, self.first)

    def bridge(self) -> None:
        """Both far parties and rtpengine do what they are asked."""
        self.offers()
        self.accepts(B1, "piet")
        self.answers()
        self.accepts(D1, "far")

    def left(self) -> dict[str, set[str]]:
        """What nobody ended: legs, and media pairs."""
        commands = self.first.commands + self.second.commands
        made = {one.pair for one in commands if isinstance(one, cmd.OfferMedia)}
        gone = {one.pair for one in commands if isinstance(one, cmd.DeleteMedia)}
        ended = {one.leg for one in commands if isinstance(one, cmd.EndLeg)}
        return {"pairs": made - gone, "legs": {A, B1, A2, D1} - ended}


def outside() -> Ladder:
    """Suze's mobile has called a number of the PSTN (A, B1, M1)."""
    ladder = Ladder()
    ladder.ring_outside()
    ladder.answer()
    ladder.tell(ev.LegConfirmed(leg=A))
    return ladder


def colleague_talks() -> Ladder:
    """Suze's mobile has called Piet's desk phone in a second call (A2, D1, N2)."""
    ladder = rings()
    ladder.tell(ev.LegAnswered(leg=D1, sdp=sdp("far"), to_tag="t"))
    ladder.tell(ev.MediaAnswered(pair=N2, sdp=sdp("for a2")))
    ladder.tell(ev.LegConfirmed(leg=A2))
    return ladder


def rings() -> Ladder:
    ladder = Ladder()
    ladder.tell(invite("202", call=C2, leg=A2, sip_call_id="call-id-a2", icid="icid-2", sdp=sdp("suze2")))
    ladder.load(suze(), piet(devices=piet().devices[:1]), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=D1, status=180))
    return ladder


def outside_2() -> Ladder:
    """A second call to the PSTN, which Suze pays."""
    ladder = Ladder()
    ladder.tell(
        invite("030 444 5566", call=C2, leg=A2, sip_call_id="call-id-a2", icid="icid-2", sdp=sdp("suze2"))
    )
    ladder.load(suze(), None)
    ladder.offers()
    ladder.tell(ev.LegAnswered(leg=D1, sdp=sdp("far"), to_tag="t"))
    ladder.tell(ev.MediaAnswered(pair=N2, sdp=sdp("for a2")))
    ladder.tell(ev.LegConfirmed(leg=A2))
    return ladder


def from_outside() -> Ladder:
    """A2 is a caller from the PSTN, D1 Suze's desk phone."""
    ladder = Ladder()
    ladder.tell(invite_from_pstn(SUZE_FIXED, call=C2, leg=A2, sip_call_id="call-id-a2", sdp=sdp("caller")))
    ladder.load(None, suze(devices=suze().devices[:1]), binding("suze-desk1"))
    ladder.offers()
    ladder.tell(ev.LegAnswered(leg=D1, sdp=sdp("far"), to_tag="t"))
    ladder.tell(ev.MediaAnswered(pair=N2, sdp=sdp("for a2")))
    ladder.tell(ev.LegConfirmed(leg=A2))
    return ladder


def two(second: Ladder | None = None) -> Two:
    return Two(outside(), second or colleague_talks())
