"""Ladders of a user who consults a colleague, or transfers to one, while a far party outside waits."""

from __future__ import annotations

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.bus import RefusedBecause
from hipper.contracts.calls import LivePhase
from hipper.pbx.ids import LegId, PairId, SubscriberId
from tests.fmc_gateway.call.kit import (
    B1,
    M1,
    A,
    Ladder,
    binding,
    piet,
    sdp,
    suze,
)

C1, N1, N2 = LegId("c1-c1"), PairId("c1-n1"), PairId("c1-n2")
SUZE = SubscriberId("suze")
DESK = {"devices": piet().devices[:1]}


def outside() -> Ladder:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.answer()
    ladder.tell(ev.LegConfirmed(leg=A))
    return ladder


def consult(destination: str = "202") -> ev.ConsultRequested:
    return ev.ConsultRequested(request="r1", subscriber=SUZE, destination=destination)


def ask(step: str, who: SubscriberId = SUZE) -> ev.ConsultStepRequested:
    return ev.ConsultStepRequested(request="r2", subscriber=who, step=ev.ConsultStep(step))


def ringing() -> Ladder:
    """Suze's mobile called outside, and Piet's desk phone rings for her."""
    ladder = outside()
    ladder.tell(consult())
    ladder.load(suze(), piet(**DESK), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=C1, status=180))
    return ladder


def consulting() -> Ladder:
    ladder = ringing()
    picks_up(ladder)
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    return ladder


HERE = {A: "suze", B1: "piet", C1: "desk"}
"""What each describes."""


def bridge(ladder: Ladder) -> None:
    """rtpengine and both parties do what they are asked."""
    ladder.offers()
    for _ in range(2):
        for one in ladder.of(cmd.Reoffer, last=True):
            ladder.tell(ev.LegReofferAnswered(leg=one.leg, sdp=sdp(HERE[one.leg])))
        ladder.answers()


def answer(ladder: Ladder) -> tuple[bool, str | None, RefusedBecause]:
    found = ladder.of(cmd.AnswerRequest)[-1]
    return found.done, found.explanation, found.because


def pairs_left(ladder: Ladder) -> set[str]:
    made = {one.pair for one in ladder.of(cmd.OfferMedia)}
    return made - {one.pair for one in ladder.of(cmd.DeleteMedia)}


def sounding(ladder: Ladder) -> set[tuple[str, str, bool]]:
    """Who hears music (False) or ringing (True), and on which pair."""
    heard: set[tuple[str, str, bool]] = set()
    for one in ladder.commands:
        if isinstance(one, cmd.PlayMusic):
            heard.add((one.pair, one.leg, one.ringing))
        elif isinstance(one, cmd.StopMusic):
            heard = {entry for entry in heard if entry[:2] != (one.pair, one.leg)}
        elif isinstance(one, cmd.DeleteMedia):
            heard = {entry for entry in heard if entry[0] != one.pair}
    return heard


def picks_up(ladder: Ladder, leg: LegId = C1, name: str = "desk") -> None:
    """Whoever is called answers."""
    ladder.tell(ev.LegAnswered(leg=leg, sdp=sdp(name), to_tag="t"))
    ladder.answers()


def transferred(ladder: Ladder) -> None:
    """Far party and colleague talk, and the user is free."""
    assert sounding(ladder) == set()
    assert pairs_left(ladder) == {N2}
    live = ladder.live()
    assert live is not None
    assert (live.phase, {live.calling.leg, live.called.leg}) == (LivePhase.ESTABLISHED, {B1, C1})
    assert live.others == ()
    assert SUZE not in {live.calling.subscriber, live.called.subscriber}
    shown = {one.leg: one.identity for one in ladder.of(cmd.UpdateConnected)}
    assert shown[C1].number == "+31301112233"
    assert (shown[B1].number, shown[B1].extension, shown[B1].name) == ("+31207654321", None, None)


def nothing_is_left_of_it(ladder: Ladder) -> None:
    """The user and the far party talk as before, and may try again."""
    assert sounding(ladder) == set()
    assert pairs_left(ladder) == {M1}
    blocked, free = ladder.of(cmd.BlockMedia), ladder.of(cmd.UnblockMedia)
    assert len([one for one in blocked if one.pair == M1]) == len(free)
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.calling.leg, live.called.leg, live.others) == (
        LivePhase.ESTABLISHED,
        A,
        B1,
        (),
    )
    ladder.tell(consult())
    assert ladder.of(cmd.LoadContext, last=True)
