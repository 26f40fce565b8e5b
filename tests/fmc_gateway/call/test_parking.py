"""A parked call waits with music, is taken by somebody of the group, or goes back to who parked it."""

from __future__ import annotations

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.choosing import BEING_MOVED, UNTOUCHABLE, Chosen
from fmc_gateway.call.choosing_colleagues import NOT_PARKED, parked_at, to_park, to_retrieve
from fmc_gateway.call.model import Talking
from fmc_gateway.call.parking import BUSY, FULL, MOST_RECALLS, OCCUPIED, PARKED_REASON
from hipper.contracts.calls import AttemptOutcome, CallOutcome, LegRole, LivePhase
from hipper.contracts.talks import TalkEnded, TalkStarted
from hipper.pbx import rules
from hipper.pbx.ids import CallId, DeviceId, GroupId, LegId, PairId, SubscriberId
from hipper.pbx.model import Announcement, ParkCall
from hipper.pbx.services import colleagues as co
from hipper.pbx.services.bundles import GroupServices
from tests.fmc_gateway.call.kit import (
    ANNA_FIXED,
    B1,
    M1,
    A,
    Ladder,
    anna,
    binding,
    invite,
    joined,
    piet,
    sdp,
    shown,
    suze,
)

J, J2, C1 = LegId("j1"), LegId("j2"), LegId("c1-c1")
N1 = PairId("c1-n1")
HQ = GroupId("hq")
ANNA_SEEN = shown(ANNA_FIXED, extension="203", name="Anna")


def outside() -> Ladder:
    """Suze's handset (A) talks to the PSTN (B1) in pair M1."""
    ladder = Ladder()
    ladder.ring_outside()
    ladder.answer()
    ladder.tell(ev.LegConfirmed(leg=A))
    return ladder


def called() -> Ladder:
    """Suze talks to Piet's desk phone (B1)."""
    ladder = Ladder()
    ladder.talk()
    return ladder


def park(ladder: Ladder, user: str = "suze", at: str = "201", **changes: object) -> None:
    wanted = ParkCall(group=HQ, on=at, recall_s=60, most=3)
    ladder.tell(
        ev.ParkRequested(request="p1", subscriber=SubscriberId(user), wanted=wanted, **changes)  # type: ignore[arg-type]
    )


def answer_of(ladder: Ladder, request: str) -> tuple[bool, str | None]:
    (found,) = [one for one in ladder.of(cmd.AnswerRequest) if one.request == request]
    return found.done, found.explanation


def comes(leg: LegId = J, user: str = "anna", device: str = "anna-desk1", at: str = "201") -> ev.LegJoined:
    """``user`` dialled ``*88``, and the leg was handed over."""
    return joined(
        leg,
        user,
        device,
        wants=ev.Wants.RETRIEVE,
        group=HQ,
        at=at,
        rule=rules.PARK_RETRIEVED,
        seen_by_colleagues=ANNA_SEEN,
        seen_outside=shown(ANNA_FIXED),
    )


def bridged(ladder: Ladder, leg: LegId = J) -> None:
    """All goes well."""
    ladder.offers()
    (reoffer,) = ladder.of(cmd.Reoffer, last=True)
    ladder.tell(ev.LegReofferAnswered(leg=reoffer.leg, sdp=sdp("far")))
    ladder.answers()
    ladder.tell(ev.LegConfirmed(leg=leg))


def answers(ladder: Ladder, leg: LegId = C1) -> None:
    """The telephone that rings is picked up, and the one who waits goes along."""
    ladder.tell(ev.LegAnswered(leg=leg, sdp=sdp("anna"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("far")))
    ladder.offers()
    ladder.answers()


def back(ladder: Ladder) -> list[str]:
    return [one.returned.explanation for one in ladder.of(cmd.ReturnLeg)]


def no_media_left(ladder: Ladder) -> None:
    offered = {one.pair for one in ladder.of(cmd.OfferMedia)}
    assert sorted(one.pair for one in ladder.of(cmd.DeleteMedia)) == sorted(offered)


# It is parked.


def test_the_user_is_released_and_the_other_side_hears_the_users_music() -> None:
    ladder = outside()
    park(ladder)
    assert ladder.of(cmd.EndLeg) == [cmd.EndLeg(leg=A, reason=PARKED_REASON)]
    (music,) = ladder.of(cmd.PlayMusic)
    assert (music.pair, music.leg) == (M1, B1)
    assert music.music is not None
    assert music.music.holder == "suze"
    assert cmd.StartTimer(name="park", after_s=60.0) in ladder.last
    assert answer_of(ladder, "p1") == (True, None)
    live = ladder.live()
    assert live is not None
    assert live.phase is LivePhase.HELD
    assert live.parked is not None
    assert (live.parked.at, live.parked.by, live.parked.group) == ("201", "suze", "hq")
    assert live.calling.subscriber is None, "nobody is busy with it"


def test_a_call_that_is_held_already_goes_on_hearing_music() -> None:
    ladder = outside()
    ladder.tell(ev.HoldRequested(request="h", subscriber=SubscriberId("suze"), on=True))
    park(ladder)
    assert len(ladder.of(cmd.PlayMusic)) == 1
    assert ladder.of(cmd.StopMusic) == []
    live = ladder.live()
    assert live is not None
    assert live.parked is not None


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"parked": ("201",)}, OCCUPIED), ({"parked": ("202", "203", "204")}, FULL)],
)
def test_an_extension_holds_one_call_and_the_group_so_many(changes: dict[str, object], why: str) -> None:
    ladder = outside()
    park(ladder, **changes)
    assert answer_of(ladder, "p1") == (False, why)
    assert ladder.of(cmd.EndLeg) == []


def test_who_is_not_in_the_call_and_what_is_under_way_is_not_parked() -> None:
    ladder = outside()
    park(ladder, user="piet")
    assert answer_of(ladder, "p1")[0] is False
    ladder = outside()
    ladder.tell(ev.ConsultRequested(request="c", subscriber=SubscriberId("suze"), destination="202"))
    park(ladder)
    assert answer_of(ladder, "p1") == (False, BUSY)
    ladder = outside()
    park(ladder)
    park(ladder, parked=("201",))
    assert [one.done for one in ladder.of(cmd.AnswerRequest)] == [True, False]


def test_calls_to_113_are_left_alone() -> None:
    ladder = Ladder()
    ladder.tell(invite("113"))
    ladder.load(suze(), None)
    ladder.offers()
    ladder.answer()
    park(ladder)
    assert answer_of(ladder, "p1") == (False, UNTOUCHABLE)


# Somebody takes it.


def test_somebody_of_the_group_takes_it_by_code() -> None:
    ladder = outside()
    park(ladder)
    ladder.tell(comes())
    bridged(ladder)
    assert isinstance(ladder.call, Talking)
    assert (ladder.call.parked, ladder.call.lost) == (None, None)
    assert cmd.StopTimer(name="park") in ladder.commands
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.parked, live.calling.subscriber) == (LivePhase.ESTABLISHED, None, "anna")
    (update,) = ladder.of(cmd.UpdateConnected)
    assert (update.leg, update.identity) == (B1, shown(ANNA_FIXED)), "who is outside sees the number alone"
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"), after_s=10)
    no_media_left(ladder)


def test_the_record_says_who_parked_where_and_who_took_it_and_the_parker_pays() -> None:
    ladder = outside()
    ladder.now += 5
    park(ladder)
    ladder.now += 20
    ladder.tell(comes())
    bridged(ladder)
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"), after_s=10)
    record = ladder.record
    assert [(leg.leg, leg.role, leg.subscriber) for leg in record.legs] == [
        (A, LegRole.CALLING, "suze"),
        (J, LegRole.CALLING, "anna"),
        (B1, LegRole.CALLED, None),
    ]
    took = ladder.attempts()["anna-desk1"]
    assert (took.outcome, took.rule) == (AttemptOutcome.ANSWERED, rules.PARK_RETRIEVED)
    (parked,) = record.diversions
    assert (parked.by, parked.reason, parked.rule, parked.to) == ("suze", "park", rules.PARK, "201")
    first, waits, last = record.segments
    assert (first.calling, first.called, first.ended) == (A, B1, ladder.leg(A).ended)
    assert (waits.calling, waits.called) == (B1, B1)
    assert waits.started == first.ended
    assert waits.ended == last.started
    assert (last.calling, last.called) == (J, B1)
    assert {one.payer.subscription for one in record.segments} == {"suze-sim"}
    assert {one.charged for one in record.segments} == {"suze"}


def test_a_colleague_who_waits_costs_nobody_and_sees_who_took_the_call() -> None:
    ladder = called()
    park(ladder, user="piet", at="202")
    ladder.tell(comes(at="202"))
    bridged(ladder)
    (update,) = ladder.of(cmd.UpdateConnected)
    assert (update.leg, update.identity) == (A, ANNA_SEEN)
    ladder.tell(ev.LegEnded(leg=J, cause="bye"))
    assert ladder.record.outcome is CallOutcome.ANSWERED
    assert ladder.attempts()["anna-desk1"].rule == rules.PARK_RETRIEVED


def test_the_recorder_is_told_of_two_talks() -> None:
    ladder = outside()
    park(ladder)
    ladder.tell(comes())
    bridged(ladder)
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    kinds = [type(one.talk) for one in ladder.of(cmd.PublishTalk)]
    assert kinds == [TalkStarted, TalkEnded, TalkStarted, TalkEnded]


def test_who_parked_it_takes_it_on_another_telephone_which_pays() -> None:
    ladder = outside()
    park(ladder)
    ladder.tell(comes(J, "suze", "suze-desk1"))
    bridged(ladder)
    assert ladder.of(cmd.UpdateConnected) == [], "the same user is there as before"
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    assert ladder.record.segments[-1].payer.subscription == "suze-line"


def test_in_the_app_a_telephone_rings_and_takes_it() -> None:
    ladder = outside()
    park(ladder)
    ladder.tell(wishes())
    assert answer_of(ladder, "r1") == (True, None)
    live = ladder.live()
    assert live is not None
    assert (live.calling.subscriber, live.calling.ringing) == ("anna", ("anna-desk1",))
    ladder.offers()
    (invited,) = ladder.of(cmd.Originate, last=True)
    assert invited.leg == C1
    answers(ladder)
    assert isinstance(ladder.call, Talking)
    assert ladder.call.parked is None
    assert ladder.call.calling.id == C1
    (update,) = ladder.of(cmd.UpdateConnected)
    assert update.leg == B1
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    assert ladder.attempts()["anna-desk1"].rule == rules.PARK_RETRIEVED
    no_media_left(ladder)


def wishes(**changes: object) -> ev.RetrieveRequested:
    fields = {
        "request": "r1",
        "subscriber": SubscriberId("anna"),
        "user": anna(),
        "device": DeviceId("anna-desk1"),
        "bindings": (binding("anna-desk1"),),
    }
    return ev.RetrieveRequested(**(fields | changes))  # type: ignore[arg-type]


def test_nobody_picks_up_in_the_app_and_it_waits_on() -> None:
    ladder = outside()
    park(ladder)
    ladder.tell(wishes())
    ladder.offers()
    ladder.tell(ev.LegRejected(leg=C1, status=486))
    assert isinstance(ladder.call, Talking)
    assert ladder.call.parked is not None
    ladder.tell(comes())
    bridged(ladder)
    assert isinstance(ladder.call, Talking)
    assert ladder.call.parked is None


@pytest.mark.parametrize(
    "changes",
    [
        {"user": anna(group=GroupId("depot"))},
        {"user": anna(group_services=GroupServices(call_park=co.CallPark(active=False)))},
        {"bindings": ()},
        {"device": DeviceId("piet-desk1")},
    ],
)
def test_who_may_not_take_it_is_told_so_and_it_waits_on(changes: dict[str, object]) -> None:
    ladder = outside()
    park(ladder)
    ladder.tell(wishes(**changes))
    assert answer_of(ladder, "r1")[0] is False
    assert isinstance(ladder.call, Talking)
    assert ladder.call.parked is not None
    assert ladder.call.move is None


def test_a_call_that_is_not_parked_is_not_retrieved() -> None:
    ladder = outside()
    ladder.tell(wishes())
    assert answer_of(ladder, "r1") == (False, NOT_PARKED)
    ladder.tell(comes())
    assert back(ladder) == [NOT_PARKED]


# Races.


def test_two_come_for_it_and_the_second_hears_a_clear_no() -> None:
    ladder = outside()
    park(ladder)
    ladder.tell(comes())
    ladder.tell(comes(J2, "kees", "kees-desk1"))
    assert back(ladder) == [BEING_MOVED]


def test_the_parked_party_hangs_up_as_it_is_retrieved() -> None:
    ladder = outside()
    park(ladder)
    ladder.tell(comes())
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    assert len(back(ladder)) == 1
    assert ladder.call is None
    no_media_left(ladder)


def test_the_parked_party_hangs_up() -> None:
    ladder = outside()
    park(ladder)
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    assert ladder.call is None
    assert cmd.StopTimer(name="park") in ladder.last
    kinds = [type(one.talk) for one in ladder.of(cmd.PublishTalk)]
    assert kinds == [TalkStarted, TalkEnded], "the talk was over when the call was parked"
    assert ladder.record.outcome is CallOutcome.ANSWERED
    no_media_left(ladder)


def test_who_came_for_it_hangs_up_and_it_waits_on() -> None:
    ladder = outside()
    park(ladder)
    ladder.tell(comes())
    ladder.offers()
    ladder.tell(ev.LegCancelled(leg=J, reason=None))
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("far")))
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("far")))
    assert isinstance(ladder.call, Talking)
    assert ladder.call.parked is not None
    assert ladder.call.move is None


# Nobody takes it.


def recalled(ladder: Ladder) -> None:
    ladder.tell(ev.TimerFired(name="park"), after_s=60)


def test_the_telephones_of_who_parked_it_ring_after_a_while() -> None:
    ladder = outside()
    park(ladder)
    recalled(ladder)
    assert ladder.of(cmd.LoadContext, last=True)[0].served_subscriber == "suze"
    assert cmd.StartTimer(name="park", after_s=60.0) in ladder.last, "and again when nobody takes it there"
    ladder.load(suze(), None, binding("suze-desk1"))
    ladder.offers()
    assert [one.target for one in ladder.of(cmd.Originate)][-1] is not None
    answers(ladder)
    assert isinstance(ladder.call, Talking)
    assert ladder.call.parked is None
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))


def test_nobody_takes_the_recall_and_it_waits_on_for_somebody() -> None:
    ladder = outside()
    park(ladder)
    recalled(ladder)
    ladder.load(suze(), None, binding("suze-desk1"))
    ladder.offers()
    ladder.tell(ev.TimerFired(name="move"), after_s=25)
    assert isinstance(ladder.call, Talking)
    assert ladder.call.parked is not None
    ladder.tell(comes())
    bridged(ladder)
    assert isinstance(ladder.call, Talking)
    assert ladder.call.parked is None


def test_somebody_comes_while_the_parker_is_rung() -> None:
    ladder = outside()
    park(ladder)
    recalled(ladder)
    ladder.load(suze(), None, binding("suze-desk1"))
    ladder.offers()
    ladder.tell(comes())
    assert ladder.of(cmd.CancelLeg, last=True)
    bridged(ladder)
    assert isinstance(ladder.call, Talking)
    assert ladder.call.calling.id == J


def test_after_so_many_recalls_the_call_is_over() -> None:
    ladder = outside()
    park(ladder)
    for _ in range(MOST_RECALLS):
        recalled(ladder)
        ladder.tell(ev.ContextFailed(reason="away"))
    assert ladder.call is not None
    recalled(ladder)
    assert ladder.call is None
    no_media_left(ladder)


# Which call, and where.


def test_which_call_is_parked_and_which_is_taken() -> None:
    talks, waits = called(), outside()
    park(waits)
    calls = [talks.call, waits.call]
    assert parked_at(calls, HQ) == ("201",)  # type: ignore[arg-type]
    assert parked_at(calls, GroupId("depot")) == ()  # type: ignore[arg-type]
    assert to_retrieve(calls, HQ, "201") == Chosen(CallId("c1"))  # type: ignore[arg-type]
    assert to_retrieve(calls, HQ, "202") == Chosen(None, NOT_PARKED)  # type: ignore[arg-type]
    assert to_retrieve(calls, GroupId("depot"), "201").call is None  # type: ignore[arg-type]
    suzes = SubscriberId("suze")
    assert to_park(calls, suzes, None) == "c1"  # type: ignore[arg-type]
    assert to_park([waits.call], suzes, None) is None, "it is parked already"  # type: ignore[list-item]


def test_the_call_that_is_held_on_the_asking_telephone_is_parked() -> None:
    talks = outside()
    held = Ladder()
    held.tell(invite("030 111 2233", call=CallId("c2"), leg=LegId("a2")))
    held.load(suze(), None)
    held.offers()
    held.answer(LegId("c2-b1"), PairId("c2-m1"))
    held.tell(ev.HoldRequested(request="h", subscriber=SubscriberId("suze"), on=True))
    both = [talks.call, held.call]
    assert to_park(both, SubscriberId("suze"), DeviceId("suze-mobile")) == "c2"  # type: ignore[arg-type]


# The code.


def dial(dialled: str) -> Ladder:
    ladder = Ladder()
    ladder.tell(invite(dialled))
    ladder.load(suze(), piet())
    return ladder


def test_what_became_of_the_parking_is_spoken() -> None:
    for done, said in ((True, Announcement.CALL_PARKED), (False, Announcement.NOT_PARKED)):
        ladder = dial("*68202")
        (ask,) = ladder.of(cmd.AskToPark)
        assert ask.wanted == ParkCall(group=HQ, on="202", recall_s=60, most=10)
        ladder.tell(ev.FeatureDone(done=done))
        ladder.hear()
        assert ladder.of(cmd.PlayAnnouncement)[0].announcements == (said,)
        assert ladder.record.rule == rules.PARK


def test_the_code_to_retrieve_says_where() -> None:
    ladder = dial("*88202")
    (ask,) = ladder.of(cmd.FindCall)
    assert (ask.wants, ask.group, ask.at) == (ev.Wants.RETRIEVE, "hq", "202")
    ladder.tell(ev.CallChosen(call=None, explanation=NOT_PARKED))
    ladder.offers()
    ladder.answers()
    assert ladder.of(cmd.PlayAnnouncement)[0].announcements == (Announcement.NOTHING_PARKED,)
