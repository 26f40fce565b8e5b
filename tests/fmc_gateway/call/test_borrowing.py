"""The far parties of two calls are brought together, or both calls are as they were."""

from __future__ import annotations

import msgspec
import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.consulted import TRANSFERRED
from fmc_gateway.call.model import any_leg, put_any
from hipper.contracts.bus import RefusedBecause
from hipper.contracts.calls import CallOutcome, LivePhase
from hipper.contracts.talks import TalkEnded, TalkStarted
from hipper.pbx.ids import LegId, SubscriberId
from hipper.pbx.model import CallerIdentity, Presentation
from tests.fmc_gateway.call.kit import B1, M1, OUTSIDE, A, Ladder, invite, sdp, suze
from tests.fmc_gateway.call.two_calls import (
    A2,
    C1,
    C2,
    D1,
    N2,
    SUZE,
    Two,
    from_outside,
    outside,
    outside_2,
    rings,
    two,
)

TOGETHER = "c1-n1"


def answer(both: Two) -> tuple[bool, RefusedBecause]:
    (found,) = both.first.of(cmd.AnswerRequest)
    return found.done, found.because


def as_they_were(both: Two) -> None:
    """Both calls talk, nobody was asked anything that stands, and nothing is left of it."""
    assert (both.first.state, both.second.state) == ("Talking", "Talking")
    assert both.left() == {"pairs": {M1, N2}, "legs": {A, B1, A2, D1}}
    assert both.owner == {A: both.first, B1: both.first, A2: both.second, D1: both.second}
    assert not answer(both)[0]
    both.tell(ev.LegReoffered(leg=D1, sdp=sdp("far", direction="sendonly"), method="INVITE"))
    assert both.second.of(cmd.OfferMedia, last=True), "the lent leg may hold as before"
    both.tell(ev.LegReoffered(leg=A2, sdp=sdp("suze2"), method="INVITE"))
    assert [one.status for one in both.second.of(cmd.RejectReoffer)] == [491]


def test_two_far_parties_talk_and_the_user_is_out_of_both() -> None:
    both = two()
    both.join()
    assert both.second.state == "Lending"
    both.bridge()
    assert (both.first.state, both.second.state) == ("Talking", "None")
    assert both.left() == {"pairs": {TOGETHER}, "legs": {B1, D1}}
    assert answer(both)[0]
    ended = [one for one in both.first.commands + both.second.commands if isinstance(one, cmd.EndLeg)]
    assert {(one.leg, one.reason) for one in ended} == {(A, TRANSFERRED), (A2, TRANSFERRED)}
    live = both.first.live()
    assert live is not None
    assert (live.phase, {live.calling.leg, live.called.leg}) == (LivePhase.ESTABLISHED, {B1, D1})
    assert both.second.live() is None


def test_far_parties_are_asked_one_after_the_other_and_the_lent_one_last() -> None:
    both = two()
    both.join()
    both.offers()
    assert [one.leg for one in both.first.of(cmd.Reoffer)] == [B1]
    both.accepts(B1, "piet")
    both.answers()
    assert [one.leg for one in both.first.of(cmd.Reoffer)] == [B1, D1]
    assert both.second.of(cmd.EndLeg) == [], "the user is released when both are there"
    assert both.first.of(cmd.EndLeg) == []


def test_both_displays_are_told_and_the_recorder_follows() -> None:
    both = two()
    both.join()
    both.bridge()
    told = {one.leg: one.identity for one in both.first.of(cmd.UpdateConnected)}
    assert (told[D1].number, told[B1].number) == ("+31301112233", "+31207654321")
    assert told[B1].extension is None, "extensions are for colleagues"
    talks = [type(one.talk) for one in both.first.of(cmd.PublishTalk)]
    assert talks == [TalkStarted, TalkEnded, TalkStarted]
    assert [type(one.talk) for one in both.second.of(cmd.PublishTalk)] == [TalkStarted, TalkEnded]


def test_records_say_where_the_call_went_and_what_was_charged_stays_charged() -> None:
    both = two(outside_2())
    both.join()
    both.bridge()
    gone = both.second.record
    assert gone.outcome is CallOutcome.ANSWERED
    assert {leg.leg: leg.ended_by for leg in gone.legs} == {A2: "gateway", D1: f"call:{C1}"}
    assert [(one.by, one.reason, one.to) for one in gone.diversions] == [(SUZE, "transfer", "+31304445566")]
    both.tell(ev.LegEnded(leg=B1, cause="bye"))
    record = both.first.record
    assert {leg.leg for leg in record.legs} == {A, B1, D1}
    assert both.first.leg(D1).offered >= both.first.leg(A).offered
    own = [one for one in record.segments if one.calling == one.called == D1]
    assert [(one.charged, one.started == gone.ended) for one in own] == [(SUZE, False)]
    assert [(one.by, one.rule, one.to) for one in record.diversions] == [
        (SUZE, "transfer.consulted", "+31304445566")
    ]
    talk = record.segments[-1]
    assert (talk.charged, {talk.calling, talk.called}) == (SUZE, {B1, D1})


def test_caller_who_came_from_outside_costs_nobody_anything_after_it() -> None:
    """What the user's own telephone costs ends with it."""
    both = Two(outside(), from_outside())
    both.owner |= {A2: both.second}
    both.join()
    both.offers()
    both.accepts(B1, "piet")
    both.answers()
    both.accepts(A2, "caller")
    assert (both.first.state, both.second.state) == ("Talking", "None")
    live = both.first.live()
    assert live is not None
    assert live.calling.leg == A2, "who called stands where a caller does"
    both.tell(ev.LegEnded(leg=A2, cause="bye"))
    own = [one for one in both.first.record.segments if one.calling == one.called]
    assert own == []
    assert both.first.record.legs[0].leg == A, "the call stays the user's"


def test_what_the_users_own_telephone_cost_ends_with_it() -> None:
    """A number that rang along for the caller from outside."""
    both = Two(outside(), from_outside())
    call = both.second.call
    assert call is not None
    paid = msgspec.structs.replace(call.segments[-1], charged=SUZE, rate_per_minute=0.2)
    both.second.call = msgspec.structs.replace(call, segments=(paid,))
    both.join()
    both.offers()
    both.accepts(B1, "piet")
    both.answers()
    both.accepts(A2, "caller")
    both.tell(ev.LegEnded(leg=A2, cause="bye"))
    assert [one for one in both.first.record.segments if one.calling == one.called] == []


def test_nobody_changes_anything_while_a_leg_is_lent() -> None:
    both = two()
    both.join()
    both.tell(ev.LegReoffered(leg=A2, sdp=sdp("suze2", direction="sendonly"), method="INVITE"))
    assert [one.status for one in both.second.of(cmd.RejectReoffer)] == [491]
    both.tell(ev.LegReoffered(leg=D1, sdp=sdp("far", direction="sendonly"), method="INVITE"))
    assert [one.status for one in both.first.of(cmd.RejectReoffer)] == [491]
    asked = ev.HoldRequested(request="h", subscriber=SUZE, on=True)
    both.tell(asked, both.second)
    assert [one.done for one in both.second.of(cmd.AnswerRequest)] == [False]


# What cannot be.


@pytest.mark.parametrize("who", ["first", "second"])
def test_call_in_which_something_is_under_way_is_left_alone(who: str) -> None:
    both = two()
    leg = A if who == "first" else A2
    both.tell(ev.LegReoffered(leg=leg, sdp=sdp("suze", direction="sendonly"), method="INVITE"))
    both.join()
    assert answer(both) == (False, RefusedBecause.STATE)
    assert both.left() == {"pairs": {M1, N2}, "legs": {A, B1, A2, D1}}
    assert both.first.of(cmd.Reoffer) == []


@pytest.mark.parametrize("who", ["first", "second"])
def test_113_is_untouchable_in_either_call(who: str) -> None:
    def helpline(**changes: object) -> Ladder:
        ladder = Ladder()
        ladder.tell(invite("113", **changes))
        ladder.load(suze(), None)
        ladder.offers()
        found = ladder.of(cmd.Originate)[0].leg
        ladder.tell(ev.LegAnswered(leg=found, sdp=sdp("113"), to_tag="t"))
        ladder.answers()
        for one in ladder.of(cmd.AnswerMedia):
            ladder.tell(ev.MediaAnswered(pair=one.pair, sdp=sdp("for a")))
        ladder.tell(ev.LegConfirmed(leg=changes.get("leg", A)))  # type: ignore[arg-type]
        return ladder

    calls = (helpline(), outside_2()) if who == "first" else (outside(), helpline(call=C2, leg=A2))
    both = Two(*calls)
    assert (both.first.state, both.second.state) == ("Talking", "Talking")
    both.join()
    assert answer(both) == (False, RefusedBecause.EMERGENCY)
    assert both.first.of(cmd.Reoffer) == []


def test_call_that_is_over_or_somebody_elses_lends_nothing() -> None:
    both = two()
    both.tell(ev.LegEnded(leg=A2, cause="bye"))
    both.join()
    assert answer(both) == (False, RefusedBecause.STATE)
    other = two()
    wish = ev.JoinRequested(request="r1", subscriber=SUZE, other=C1)
    other.tell(wish, other.first)
    assert answer(other) == (False, RefusedBecause.STATE), "with itself"
    stranger = two()
    ask = ev.LegAsked(by=C1, subscriber=SubscriberId("kees"), request="x")
    stranger.tell(ask, stranger.second)
    assert stranger.second.state == "Talking"


# A failed step leaves both calls as they were.


def test_first_far_party_refuses() -> None:
    both = two()
    both.join()
    both.offers()
    both.tell(ev.LegReofferRejected(leg=B1, status=488))
    as_they_were(both)


def test_lent_party_refuses_and_the_other_one_is_asked_back() -> None:
    both = two()
    call = both.second.call
    assert call is not None
    lent = any_leg(call, D1)
    assert lent is not None
    both.second.call = put_any(call, msgspec.structs.replace(lent, given=sdp("before")))
    both.join()
    both.offers()
    both.accepts(B1, "piet")
    both.answers()
    both.tell(ev.LegReofferRejected(leg=D1, status=491))
    assert both.second.call is not None
    here = any_leg(both.second.call, D1)
    assert here is not None
    assert here.given == sdp("before"), "what it refused counts for nothing"
    assert both.first.of(cmd.Reoffer, last=True)[0].leg == B1
    both.accepts(B1, "piet")
    as_they_were(both)


@pytest.mark.parametrize("stage", ["offer", "answer"])
def test_rtpengine_is_lost_in_the_middle(stage: str) -> None:
    both = two()
    both.join()
    if stage == "answer":
        both.offers()
        both.accepts(B1, "piet")
    both.tell(ev.MediaFailed(pair=both.first.of(cmd.OfferMedia)[-1].pair, reason="gone"))
    for one in both.first.of(cmd.Reoffer, last=True):
        both.accepts(one.leg, "piet")
    as_they_were(both)


# Somebody goes meanwhile.


def test_lent_party_hangs_up_and_the_user_keeps_the_first_one() -> None:
    both = two()
    both.join()
    both.offers()
    both.tell(ev.LegEnded(leg=D1, cause="bye", q850=16))
    assert both.second.state == "None"
    assert both.second.leg(D1).ended_by == "called"
    both.accepts(B1, "piet")  # asked before it was known
    for one in both.first.of(cmd.Reoffer, last=True):
        both.accepts(one.leg, "piet")
    assert both.first.state == "Talking"
    assert both.left() == {"pairs": {M1}, "legs": {A, B1, D1}}
    assert not answer(both)[0]


def test_first_far_party_hangs_up_and_the_user_keeps_the_other_one() -> None:
    both = two()
    both.join()
    both.offers()
    both.tell(ev.LegEnded(leg=B1, cause="bye"))
    assert (both.first.state, both.second.state) == ("None", "Talking")
    assert both.left() == {"pairs": {N2}, "legs": {B1, A2, D1}}
    both.tell(ev.LegEnded(leg=D1, cause="bye"))
    assert both.second.state == "None"


def test_both_far_parties_hang_up() -> None:
    both = two()
    both.join()
    both.offers()
    both.tell(ev.LegEnded(leg=D1, cause="bye"))
    both.tell(ev.LegEnded(leg=B1, cause="bye"))
    assert (both.first.state, both.second.state) == ("None", "None")
    assert both.left()["pairs"] == set()


@pytest.mark.parametrize("legs", [(A,), (A2,), (A, A2)])
def test_user_who_hangs_up_meanwhile_has_completed(legs: tuple[LegId, ...]) -> None:
    both = two()
    both.join()
    for leg in legs:
        both.tell(ev.LegEnded(leg=leg, cause="bye"))
    both.bridge()
    assert (both.first.state, both.second.state) == ("Talking", "None")
    assert both.left()["pairs"] == {TOGETHER}
    ended = {one.leg for one in both.first.of(cmd.EndLeg) + both.second.of(cmd.EndLeg)}
    assert ended == {A, A2} - set(legs), "nobody is hung up twice"


@pytest.mark.parametrize("cause", ["bye", "session_expired"])
def test_user_who_hung_up_has_not_completed_when_it_fails(cause: str) -> None:
    """The party who comes back finds nobody: it is hung up, or waits for a lost handset."""
    both = two()
    both.join()
    both.offers()
    both.tell(ev.LegEnded(leg=A2, cause=cause))
    both.tell(ev.LegReofferRejected(leg=B1, status=488))
    if cause == "bye":
        assert both.second.state == "None"
        assert both.left() == {"pairs": {M1}, "legs": {A, B1, A2}}
    else:
        assert both.second.state == "Talking"
        assert [one.leg for one in both.second.of(cmd.PlayMusic)] == [D1]


def test_operator_ends_the_lender_when_it_is_known_what_becomes_of_the_leg() -> None:
    both = two()
    both.join()
    both.tell(ev.HangUpRequested(by="operator"), both.second)
    assert both.second.state == "Lending"
    both.offers()
    both.tell(ev.LegReofferRejected(leg=B1, status=488))
    assert (both.first.state, both.second.state) == ("Talking", "None")
    assert {one.leg for one in both.second.of(cmd.EndLeg)} == {A2, D1}


def test_operator_ends_the_borrower_and_the_leg_is_back() -> None:
    both = two()
    both.join()
    both.offers()
    both.tell(ev.HangUpRequested(by="operator"), both.first)
    assert (both.first.state, both.second.state) == ("None", "Talking")
    assert both.left() == {"pairs": {N2}, "legs": {A2, D1}}


def test_far_party_that_goes_at_the_last_step_takes_the_lent_one_along() -> None:
    """It had been asked over already: it is where nobody is any more."""
    both = two()
    both.join()
    both.offers()
    both.accepts(B1, "piet")
    both.answers()
    both.tell(ev.LegEnded(leg=B1, cause="bye"))
    assert (both.first.state, both.second.state) == ("None", "None")
    assert both.left() == {"pairs": set(), "legs": {B1}}


def test_borrower_that_is_never_heard_of_again_is_given_up() -> None:
    both = two()
    both.join()
    both.tell(ev.TimerFired(name="lend"), both.second)
    assert both.second.state == "None"
    assert {one.leg for one in both.second.of(cmd.EndLeg)} == {A2}, "the other leg is not its own"


def test_the_same_tap_twice_is_refused_once() -> None:
    both = two()
    both.join()
    both.tell(ev.JoinRequested(request="r2", subscriber=SUZE, other=C2), both.first)
    (no,) = both.first.of(cmd.AnswerRequest)
    assert (no.request, no.done) == ("r2", False)
    both.bridge()
    assert [one.done for one in both.first.of(cmd.AnswerRequest)] == [False, True]


def test_the_other_call_wants_the_first_one_at_the_same_time() -> None:
    both = two()
    both.join()
    both.tell(ev.JoinRequested(request="r2", subscriber=SUZE, other=C1), both.second)
    (no,) = both.second.of(cmd.AnswerRequest)
    assert not no.done
    both.bridge()
    assert answer(both)[0]


def test_where_it_still_rings_the_far_party_follows() -> None:
    """The colleague's telephone rings for the far party instead."""
    both = two(rings())
    both.join()
    assert both.second.state == "Ending"
    assert [one.leg for one in both.second.of(cmd.RejectLeg)] == [A2]
    asked = both.first.of(cmd.LoadContext)[-1]
    assert (asked.served_subscriber, asked.dialled) == (SUZE, "202")
    move = both.first.call.move  # type: ignore[union-attr]
    assert move is not None
    assert move.blind


def test_withheld_party_is_not_named_in_the_record() -> None:
    both = Two(outside(), from_outside())
    call = both.second.call
    assert call is not None
    hidden = CallerIdentity(presentation=Presentation.RESTRICTED, number=OUTSIDE)
    both.second.call = msgspec.structs.replace(
        call, calling=msgspec.structs.replace(call.calling, identity=hidden)
    )
    both.join()
    both.offers()
    both.accepts(B1, "piet")
    both.answers()
    both.accepts(A2, "caller")
    assert [one.to for one in both.second.record.diversions] == ["anonymous"]
    shown = {one.leg: one.identity for one in both.first.of(cmd.UpdateConnected)}
    assert shown[B1].presentation is Presentation.RESTRICTED
    assert both.first.call is not None
    assert [one.to for one in both.first.call.diversions] == ["anonymous"]
