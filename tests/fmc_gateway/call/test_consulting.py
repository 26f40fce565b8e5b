"""A user with one telephone talks to a colleague while the far party waits, and brings the two together."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.bus import RefusedBecause
from hipper.contracts.calls import LivePhase
from hipper.contracts.talks import TalkEnded, TalkStarted
from hipper.pbx.ids import LegId, PairId, SubscriberId
from hipper.pbx.services.bundles import GroupServices
from hipper.pbx.services.calling import OutgoingCallingPlan
from tests.fmc_gateway.call.kit import (
    B1,
    M1,
    A,
    Ladder,
    binding,
    invite,
    joined,
    kees,
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
    ladder.tell(ev.LegAnswered(leg=C1, sdp=sdp("desk"), to_tag="t"))
    ladder.answers()
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


# The colleague is called.


def test_far_party_hears_music_and_the_user_ringing_while_the_colleague_is_called() -> None:
    ladder = ringing()
    assert sounding(ladder) == {(M1, B1, False), (M1, A, True)}
    assert {one.leg for one in ladder.of(cmd.BlockMedia)} == {A, B1}
    invited = ladder.of(cmd.Originate)[-1]
    assert (invited.identity.extension, invited.identity.name) == ("201", "Suze"), "as any call of hers"
    assert ladder.of(cmd.OfferMedia)[-1].from_leg == A
    assert answer(ladder)[0]
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.called.leg) == (LivePhase.HELD, B1)
    assert [(one.subscriber, one.ringing) for one in live.others] == [("piet", ("piet-desk1",))]
    assert ladder.of(cmd.Reoffer) == []


def test_colleague_answers_and_talks_to_the_user_while_the_far_party_waits() -> None:
    ladder = consulting()
    assert sounding(ladder) == {(M1, B1, False)}
    assert [one.leg for one in ladder.of(cmd.Reoffer)] == [A], "the far party is not disturbed"
    assert ladder.of(cmd.EndLeg) == []
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.called.subscriber) == (LivePhase.ESTABLISHED, "piet")
    assert [one.leg for one in live.others] == [B1]
    assert [type(one.talk) for one in ladder.of(cmd.PublishTalk)] == [TalkStarted, TalkEnded, TalkStarted]
    talk = ladder.of(cmd.PublishTalk)[-1].talk
    assert isinstance(talk, TalkStarted)
    assert (talk.ng_call_id, {tag.leg for tag in talk.tags}) == (N1, {A, C1})
    (shown,) = ladder.of(cmd.UpdateConnected)
    assert (shown.leg, shown.identity.extension) == (A, "202")


@pytest.mark.parametrize(
    ("destination", "because"),
    [
        ("112", RefusedBecause.EMERGENCY),
        ("+31112", RefusedBecause.EMERGENCY),
        ("*21*203#", RefusedBecause.BARRED),
        ("0900 123456", RefusedBecause.BARRED),
    ],
)
def test_what_the_user_may_not_dial_is_refused_and_nothing_was_touched(
    destination: str, because: RefusedBecause
) -> None:
    ladder = outside()
    ladder.tell(consult(destination))
    plan = OutgoingCallingPlan(barred_prefixes=("+31900",))
    ladder.load(suze(group_services=GroupServices(group_outgoing_calling_plan=plan)), None)
    assert (answer(ladder)[0], answer(ladder)[2]) == (False, because)
    nothing_is_left_of_it(ladder)


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


@pytest.mark.parametrize(
    "event",
    [
        ev.LegRejected(leg=C1, status=486),
        ev.LegRejected(leg=C1, status=603),
        ev.LegEnded(leg=C1, cause="transport"),
        ev.TimerFired(name="move"),
        ask("cancel"),
    ],
)
def test_colleague_does_not_come_and_the_far_party_is_back(event: ev.AnyEvent) -> None:
    ladder = ringing()
    ladder.tell(event)
    assert ladder.of(cmd.Reoffer) == []
    nothing_is_left_of_it(ladder)


def test_far_party_hangs_up_while_the_colleague_rings_and_the_two_talk_on() -> None:
    ladder = ringing()
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    assert sounding(ladder) == {(M1, A, True)}
    ladder.tell(ev.LegAnswered(leg=C1, sdp=sdp("desk"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    assert pairs_left(ladder) == {N1}
    live = ladder.live()
    assert live is not None
    assert (live.called.leg, live.others) == (C1, ())
    ladder.tell(ev.LegEnded(leg=C1, cause="bye"))
    assert pairs_left(ladder) == set()
    assert {one.leg for one in ladder.record.legs} == {A, B1, C1}


# Back, and to and fro.


def test_user_goes_back_to_the_far_party() -> None:
    ladder = consulting()
    ladder.tell(ask("cancel"))
    assert [one.leg for one in ladder.of(cmd.Reoffer, last=True)] == [A]
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [C1]
    assert answer(ladder)[0]
    nothing_is_left_of_it(ladder)


def test_colleague_hangs_up_and_the_far_party_is_back() -> None:
    ladder = consulting()
    ladder.tell(ev.LegEnded(leg=C1, cause="bye"))
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    assert ladder.of(cmd.EndLeg) == []
    nothing_is_left_of_it(ladder)


def test_user_swaps_and_only_one_of_the_two_hears_the_user() -> None:
    ladder = consulting()
    for waits, pair in ((C1, N1), (B1, M1), (C1, N1)):
        ladder.tell(ask("swap"))
        ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
        assert sounding(ladder) == {(pair, waits, False)}
        blocked = {(one.pair, one.leg) for one in ladder.of(cmd.BlockMedia, last=True)}
        assert blocked == {(pair, A), (pair, waits)}
        live = ladder.live()
        assert live is not None
        assert [one.leg for one in live.others] == [waits]
    assert {one.leg for one in ladder.of(cmd.Reoffer)} == {A}


def test_user_who_describes_something_new_is_put_right_at_rtpengine() -> None:
    ladder = consulting()
    ladder.tell(ask("swap"))
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("elsewhere")))
    assert ladder.last == (cmd.OfferMedia(pair=M1, from_leg=A, to_leg=B1, sdp=sdp("elsewhere")),)
    ladder.offers()
    ladder.answers()
    assert sounding(ladder) == {(N1, C1, False)}


def test_telephone_that_refuses_to_go_over_stays_where_it_is() -> None:
    ladder = consulting()
    ladder.tell(ask("swap"))
    ladder.tell(ev.LegReofferRejected(leg=A, status=488))
    assert not answer(ladder)[0]
    assert sounding(ladder) == {(M1, B1, False)}
    ladder.tell(ask("swap"))
    assert ladder.of(cmd.Reoffer, last=True)


def test_who_waits_hangs_up_and_the_others_talk_on() -> None:
    ladder = consulting()
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    assert pairs_left(ladder) == {N1}
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.others) == (LivePhase.ESTABLISHED, ())
    assert ladder.of(cmd.EndLeg) == []


# Completed.


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


@pytest.mark.parametrize("swaps", [0, 1])
def test_far_party_and_colleague_are_brought_together(swaps: int) -> None:
    ladder = consulting()
    for _ in range(swaps):
        ladder.tell(ask("swap"))
        ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    ladder.tell(ask("complete"))
    assert ladder.of(cmd.EndLeg) == [], "the user is let go when the two are there"
    bridge(ladder)
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A]
    assert answer(ladder)[0]
    transferred(ladder)


def test_user_who_hangs_up_has_completed() -> None:
    ladder = consulting()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    bridge(ladder)
    assert ladder.of(cmd.EndLeg) == []
    transferred(ladder)
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    assert ladder.record.outcome == "answered"
    assert ladder.record.legs[0].leg == A


@pytest.mark.parametrize("swaps", [0, 1])
def test_user_who_is_lost_has_not_completed(swaps: int) -> None:
    """The far party waits for the user, the colleague does not."""
    ladder = consulting()
    for _ in range(swaps):
        ladder.tell(ask("swap"))
        ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    ladder.tell(ev.LegEnded(leg=A, cause="session_expired"))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [C1]
    assert cmd.StartTimer(name="lost", after_s=20.0) in ladder.last
    assert sounding(ladder) == {(M1, B1, False)}
    assert pairs_left(ladder) == {M1}
    ladder.tell(joined("j1", "suze", "suze-desk1"))
    assert [one.from_leg for one in ladder.of(cmd.OfferMedia, last=True)] == ["j1"]


def test_far_party_refuses_to_be_moved_and_the_user_is_where_it_was() -> None:
    ladder = consulting()
    ladder.tell(ask("complete"))
    ladder.offers()
    ladder.tell(ev.LegReofferRejected(leg=C1, status=488))
    assert not answer(ladder)[0]
    assert pairs_left(ladder) == {M1, N1}
    assert sounding(ladder) == {(M1, B1, False)}
    ladder.tell(ask("cancel"))
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    assert sounding(ladder) == set()


def test_the_leg_that_costs_goes_on_costing_who_made_it() -> None:
    """Suze's call outside is hers to the end, also while it waits and after she has left."""
    ladder = consulting()
    ladder.tell(ask("complete"), after_s=60)
    bridge(ladder)
    ladder.tell(ev.LegEnded(leg=C1, cause="bye"), after_s=60)
    ladder.tell(ev.TimerFired(name="settle"), after_s=4)
    charged = [one for one in ladder.record.segments if one.charged == SUZE]
    assert [(one.calling, one.called) for one in charged] == [(A, B1), (B1, B1), (B1, C1)]
    for one, following in pairwise(charged):
        assert one.ended == following.started, "not a second twice, none for nothing"
    talks = [(one.calling, one.called) for one in ladder.record.segments if one.calling != one.called]
    assert talks == [(A, B1), (A, C1), (B1, C1)]
    live = [one.live for one in ladder.of(cmd.PublishLive) if one.live is not None][-1]
    assert [one.subscriber for one in live.charges] == [SUZE]


# Left to ring.


def left() -> Ladder:
    """The user has completed while Piet's desk phone rings."""
    ladder = ringing()
    ladder.tell(ask("complete"))
    return ladder


def test_user_leaves_while_the_colleague_rings_and_is_free() -> None:
    ladder = left()
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A]
    assert answer(ladder)[0]
    assert sounding(ladder) == {(M1, B1, True)}, "the far party hears ringing"
    live = ladder.live()
    assert live is not None
    assert (live.calling.subscriber, live.calling.ringing) == ("piet", ("piet-desk1",))
    assert SUZE not in {live.called.subscriber, *(one.subscriber for one in live.others)}


def test_colleague_answers_the_far_party_when_the_user_has_left() -> None:
    ladder = left()
    ladder.tell(ev.LegAnswered(leg=C1, sdp=sdp("desk"), to_tag="t"))
    bridge(ladder)
    transferred(ladder)
    ladder.tell(ev.LegEnded(leg=C1, cause="bye"))
    assert {one.leg for one in ladder.record.legs} == {A, B1, C1}
    talks = [(one.calling, one.called) for one in ladder.record.segments if one.calling != one.called]
    assert talks == [(A, B1), (C1, B1)]


@pytest.mark.parametrize("event", [ev.LegRejected(leg=C1, status=486), ev.TimerFired(name="move")])
def test_nobody_answers_and_the_users_telephones_ring_for_the_far_party(event: ev.AnyEvent) -> None:
    ladder = left()
    ladder.tell(event)
    assert ladder.of(cmd.LoadContext, last=True)[0].served_subscriber == SUZE
    ladder.load(suze(), None, binding("suze-desk1"))
    assert sounding(ladder) == {(M1, B1, False)}, "the far party waits with music"
    ladder.offers()
    back = [one for one in ladder.of(cmd.Originate) if one.leg not in (B1, C1)]
    assert [one.leg for one in back] == ["c1-c2", "c1-c3"], "also the telephone the call was on"
    desk = LegId("c1-c2")
    ladder.tell(ev.LegAnswered(leg=desk, sdp=sdp("desk"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.calling.device, live.called.leg) == (LivePhase.ESTABLISHED, "suze-desk1", B1)
    assert sounding(ladder) == set()


def test_nobody_takes_it_back_and_it_is_over() -> None:
    ladder = left()
    ladder.tell(ev.LegRejected(leg=C1, status=486))
    ladder.tell(ev.ContextFailed(reason="away"))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A, B1]
    assert pairs_left(ladder) == set()


# Without consultation.


def transfer(**more: Any) -> Ladder:
    """Suze sends her call outside on to Piet, whose INVITE is out."""
    ladder = outside()
    ladder.tell(ev.TransferRequested(request="r1", subscriber=SUZE, destination="202", **more))
    ladder.load(suze(), piet(**DESK), binding("piet-desk1"))
    ladder.offers()
    return ladder


def test_user_is_let_go_when_it_rings_and_the_far_party_hears_that() -> None:
    ladder = transfer()
    assert answer(ladder)[0]
    assert ladder.of(cmd.EndLeg) == []
    ladder.tell(ev.LegRinging(leg=C1, status=180))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A]
    assert sounding(ladder) == {(M1, B1, True)}
    ladder.tell(ev.LegAnswered(leg=C1, sdp=sdp("desk"), to_tag="t"))
    bridge(ladder)
    transferred(ladder)


def test_who_answers_at_once_has_the_far_party() -> None:
    ladder = transfer()
    ladder.tell(ev.LegAnswered(leg=C1, sdp=sdp("desk"), to_tag="t"))
    bridge(ladder)
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A]
    transferred(ladder)


def test_user_may_hang_up_before_it_rings() -> None:
    ladder = transfer()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.of(cmd.EndLeg) == []
    assert sounding(ladder) == {(M1, B1, True)}
    ladder.tell(ev.LegAnswered(leg=C1, sdp=sdp("desk"), to_tag="t"))
    bridge(ladder)
    transferred(ladder)


def test_refused_before_it_rings_and_the_user_is_there_still() -> None:
    ladder = transfer()
    ladder.tell(ev.LegRejected(leg=C1, status=486))
    nothing_is_left_of_it(ladder)


@pytest.mark.parametrize("returns", [True, False])
def test_nobody_answers_and_the_call_comes_back_if_wanted(returns: bool) -> None:
    ladder = transfer(returns=returns, no_answer_s=12)
    assert cmd.StartTimer(name="move", after_s=12.0) in ladder.commands
    ladder.tell(ev.LegRinging(leg=C1, status=180))
    ladder.tell(ev.TimerFired(name="move"))
    assert bool(ladder.of(cmd.LoadContext, last=True)) == returns
    assert (B1 in {one.leg for one in ladder.of(cmd.EndLeg)}) != returns


# Refused.


def test_what_the_state_does_not_allow_is_refused() -> None:
    ladder = outside()
    for step in ("complete", "cancel", "swap"):
        ladder.tell(ask(step))
        assert not answer(ladder)[0]
    ladder.tell(ev.ConsultRequested(request="r3", subscriber=SubscriberId("kees"), destination="202"))
    assert not answer(ladder)[0]
    ladder = ringing()
    for event in (consult(), ask("swap"), ask("cancel", SubscriberId("piet"))):
        ladder.tell(event)
        assert not answer(ladder)[0]
        assert len(ladder.last) == 1
    ladder = consulting()
    for event in (consult(), ask("complete", SubscriberId("piet"))):
        ladder.tell(event)
        assert not answer(ladder)[0]
    ladder.tell(joined("j1", "suze", "suze-desk1"))
    assert ladder.of(cmd.ReturnLeg, last=True)


def test_113_is_not_put_aside() -> None:
    ladder = Ladder()
    ladder.tell(invite("113"))
    ladder.load(suze(), None)
    ladder.offers()
    ladder.answer()
    ladder.tell(consult())
    assert (answer(ladder)[0], answer(ladder)[2]) == (False, RefusedBecause.EMERGENCY)


def test_a_user_who_was_called_consults_as_well() -> None:
    """Piet was called by Suze; Kees talks to Suze in the end."""
    ladder = Ladder()
    ladder.talk()
    who = SubscriberId("piet")
    ladder.tell(ev.ConsultRequested(request="r1", subscriber=who, destination="204"))
    ladder.load(piet(**DESK), kees(devices=kees().devices[:1]), binding("kees-desk1"))
    ladder.offers()
    ladder.tell(ev.LegAnswered(leg=C1, sdp=sdp("desk"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    assert sounding(ladder) == {(M1, A, False)}
    ladder.tell(ask("complete", who))
    bridge(ladder)
    live = ladder.live()
    assert live is not None
    assert (live.calling.subscriber, live.called.subscriber) == ("suze", "kees")
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert {one.leg for one in ladder.record.legs} == {A, B1, C1}
    assert ladder.record.legs[0].leg == A
