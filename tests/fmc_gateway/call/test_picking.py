"""A colleague picks up a call that rings: one telephone has it, the others are told, and whoever comes too
late hears a clear no."""

from __future__ import annotations

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.choosing import UNTOUCHABLE, Chosen
from fmc_gateway.call.choosing_colleagues import (
    BEING_PICKED_UP,
    NO_OFFER,
    NOTHING_RINGS,
    ONES_OWN,
    Asks,
    to_pick_up,
)
from fmc_gateway.call.model import Talking
from fmc_gateway.call.picking import NO_MEDIA, REFUSED
from hipper.contracts.calls import AttemptOutcome, CallOutcome, LegRole, LivePhase
from hipper.pbx import rules
from hipper.pbx.ids import CallId, DeviceId, GroupId, LegId, PairId, SubscriberId
from hipper.pbx.model import Announcement, Presentation
from hipper.pbx.services import colleagues as co
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.forwarding import CallForwardingNoAnswer
from hipper.pbx.services.screening import DoNotDisturb
from tests.fmc_gateway.call.kit import (
    ANNA_FIXED,
    B1,
    B2,
    ELSEWHERE,
    M1,
    A,
    Ladder,
    anna,
    binding,
    invite,
    invite_from_pstn,
    joined,
    kees,
    piet,
    sdp,
    shown,
    suze,
)
from tests.fmc_gateway.call.three_phones import finals, one_rings, three_ring

J, J2 = LegId("j1"), LegId("j2")
K1, K2 = PairId("c1-k1"), PairId("c1-k2")
HQ = GroupId("hq")


def comes(leg: LegId = J, user: str = "anna", device: str = "anna-desk1", **changes: object) -> ev.LegJoined:
    """``user`` dialled ``*98``, and the leg was handed over."""
    fields = {
        "wants": ev.Wants.PICK_UP,
        "group": HQ,
        "rule": rules.PICK_UP_GROUP,
        "seen_by_colleagues": shown(ANNA_FIXED, extension="203", name="Anna"),
        "seen_outside": shown(ANNA_FIXED),
    }
    return joined(leg, user, device, **(fields | changes))


def answered_by_us(ladder: Ladder, leg: LegId = J) -> None:
    """It has media with us, and its ACK is there."""
    ladder.offers()
    ladder.answers()
    ladder.tell(ev.LegConfirmed(leg=leg))


def asked(ladder: Ladder, leg: LegId = J) -> None:
    """It was sent the caller's media."""
    answered_by_us(ladder, leg)
    ladder.offers()


def picked_up(ladder: Ladder, leg: LegId = J) -> None:
    asked(ladder, leg)
    ladder.tell(ev.LegReofferAnswered(leg=leg, sdp=sdp("picker")))
    ladder.answers()


def back(ladder: Ladder) -> list[str]:
    return [one.returned.explanation for one in ladder.of(cmd.ReturnLeg)]


def no_media_left(ladder: Ladder) -> None:
    offered = {one.pair for one in ladder.of(cmd.OfferMedia)}
    assert sorted(one.pair for one in ladder.of(cmd.DeleteMedia)) == sorted(offered)


# It is picked up.


def test_the_picker_is_answered_by_us_and_then_asked_what_the_caller_offers() -> None:
    ladder = three_ring()
    ladder.tell(comes())
    assert ladder.last == (cmd.OfferMedia(pair=K1, from_leg=J, to_leg=LegId("c1-k1"), sdp=sdp(J)),)
    ladder.offers()
    (ours,) = ladder.last
    assert isinstance(ours, cmd.AnswerMedia)
    assert (ours.pair, ours.offering_leg) == (K1, J)
    ladder.answers()
    (answer,) = ladder.last
    assert isinstance(answer, cmd.AnswerLeg)
    assert answer.leg == J
    assert answer.connected is not None
    assert answer.connected.extension == "201", "the picker sees who calls"
    assert ladder.of(cmd.CancelLeg) == [], "the others ring on"
    ladder.tell(ev.LegConfirmed(leg=J))
    assert ladder.last == (cmd.OfferMedia(pair=K2, from_leg=A, to_leg=J, sdp=sdp("suze")),)
    ladder.offers()
    (reoffer,) = ladder.last
    assert isinstance(reoffer, cmd.Reoffer)
    assert reoffer.leg == J
    ladder.tell(ev.LegReofferAnswered(leg=J, sdp=sdp("picker")))
    assert ladder.of(cmd.AnswerMedia, last=True) == [
        cmd.AnswerMedia(pair=K2, offering_leg=A, answering_leg=J, sdp=sdp("picker"))
    ]
    assert [one.reason for one in ladder.of(cmd.CancelLeg, last=True)] == [ELSEWHERE] * 3
    ladder.answers()
    (caller,) = ladder.of(cmd.AnswerLeg, last=True)
    assert caller.leg == A
    assert caller.connected is not None
    assert (caller.connected.extension, caller.connected.name) == ("203", "Anna")
    assert isinstance(ladder.call, Talking)
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.called.subscriber, live.called.device) == (
        LivePhase.ESTABLISHED,
        "anna",
        "anna-desk1",
    )


def test_the_record_says_who_answered_and_by_which_rule_and_the_caller_pays() -> None:
    ladder = three_ring()
    ladder.tell(comes())
    picked_up(ladder)
    finals(ladder)
    ladder.tell(ev.LegEnded(leg=A, cause="bye"), after_s=10)
    assert ladder.record.outcome is CallOutcome.ANSWERED
    attempts = ladder.attempts()
    assert {device: one.outcome for device, one in attempts.items()} == {
        "piet-desk1": AttemptOutcome.ANSWERED_ELSEWHERE,
        "piet-desk2": AttemptOutcome.ANSWERED_ELSEWHERE,
        "piet-mobile": AttemptOutcome.ANSWERED_ELSEWHERE,
        "anna-desk1": AttemptOutcome.ANSWERED,
    }
    assert attempts["anna-desk1"].rule == rules.PICK_UP_GROUP
    assert (ladder.leg(J).role, ladder.leg(J).subscriber) == (LegRole.CALLED, "anna")
    (segment,) = ladder.record.segments
    assert (segment.calling, segment.called, segment.payer.subscription) == (A, J, "suze-sim")
    no_media_left(ladder)


def test_an_outsider_sees_who_picked_up_as_outsiders_do() -> None:
    ladder = Ladder()
    ladder.tell(invite_from_pstn())
    ladder.load(None, piet(devices=piet().devices[:1]), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(comes())
    picked_up(ladder)
    (caller,) = ladder.of(cmd.AnswerLeg, last=True)
    assert caller.connected == shown(ANNA_FIXED)


def test_a_caller_who_dialled_from_the_app_is_brought_to_the_picker() -> None:
    ladder = Ladder()
    ladder.tell(
        ev.DialRequested(call=CallId("c1"), leg=A, subscriber=SubscriberId("suze"), destination="202")
    )
    ladder.load(suze(devices=suze().devices[:1]), piet(devices=piet().devices[:1]), binding("suze-desk1"))
    ladder.offers()
    ladder.tell(ev.LegAnswered(leg=LegId("c1-a1"), sdp=sdp("suze"), to_tag="t"))
    ladder.answers()
    ladder.load(suze(), piet(devices=piet().devices[:1]), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(comes())
    picked_up(ladder)
    (reoffer,) = ladder.of(cmd.Reoffer, last=True)
    assert reoffer.leg == "c1-a1"
    assert isinstance(ladder.call, Talking)


# Races.


def test_a_telephone_that_answers_before_the_picker_is_answered_has_the_call() -> None:
    ladder = one_rings()
    ladder.tell(comes())
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("piet"), to_tag="t"))
    assert len(back(ladder)) == 1
    assert cmd.DeleteMedia(pair=K1) in ladder.last
    ladder.tell(ev.MediaOffered(pair=K1, from_leg=J, to_leg=LegId("c1-k1"), sdp=sdp("late")))
    assert ladder.last == ()
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert [leg.leg for leg in ladder.record.legs] == [A, B1], "the picker has a call of its own again"
    no_media_left(ladder)


@pytest.mark.parametrize("far", [answered_by_us, asked])
def test_a_telephone_that_answers_as_it_is_picked_up_has_the_call(far: object) -> None:
    ladder = one_rings()
    ladder.tell(comes())
    far(ladder)  # type: ignore[operator]
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("piet"), to_tag="t"))
    assert ladder.of(cmd.EndLeg) == [cmd.EndLeg(leg=J, reason=ELSEWHERE)]
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    ladder.tell(ev.LegReofferAnswered(leg=J, sdp=sdp("picker")))
    assert ladder.last == ()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.attempts()["piet-desk1"].outcome is AttemptOutcome.ANSWERED
    assert ladder.attempts()["anna-desk1"].outcome is AttemptOutcome.ANSWERED_ELSEWHERE
    no_media_left(ladder)


def test_a_200_that_crosses_the_pickup_is_ended_at_once() -> None:
    ladder = one_rings()
    ladder.tell(comes())
    picked_up(ladder)
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("piet"), to_tag="t"))
    assert ladder.last == (cmd.EndLeg(leg=B1, reason=ELSEWHERE),)
    assert isinstance(ladder.call, Talking)
    assert ladder.call.winner == J


def test_two_pick_up_at_once_and_the_second_hears_a_clear_no() -> None:
    ladder = one_rings()
    ladder.tell(comes())
    asked(ladder)
    ladder.tell(comes(J2, "kees", "kees-desk1"))
    assert back(ladder) == [BEING_PICKED_UP]
    ladder.tell(ev.LegReofferAnswered(leg=J, sdp=sdp("picker")))
    ladder.answers()
    assert isinstance(ladder.call, Talking)
    assert ladder.call.winner == J


@pytest.mark.parametrize("far", [lambda ladder: None, answered_by_us, asked])
def test_the_caller_gives_up_as_the_picker_comes(far: object) -> None:
    ladder = one_rings()
    ladder.tell(comes())
    far(ladder)  # type: ignore[operator]
    answered = bool(ladder.of(cmd.AnswerLeg))
    ladder.tell(ev.LegCancelled(leg=A, reason=None))
    assert (len(back(ladder)), len(ladder.of(cmd.EndLeg))) == ((0, 1) if answered else (1, 0))
    finals(ladder)
    assert ladder.call is None
    assert ladder.record.outcome is CallOutcome.CANCELLED
    no_media_left(ladder)


@pytest.mark.parametrize("far", [lambda ladder: None, answered_by_us, asked])
def test_the_picker_hangs_up_and_the_others_ring_on(far: object) -> None:
    ladder = one_rings()
    ladder.tell(comes())
    far(ladder)  # type: ignore[operator]
    answered = bool(ladder.of(cmd.AnswerLeg))
    ladder.tell(ev.LegEnded(leg=J, cause="bye") if answered else ev.LegCancelled(leg=J, reason=None))
    assert ladder.of(cmd.CancelLeg) == ladder.of(cmd.EndLeg) == ladder.of(cmd.ReturnLeg) == []
    assert ladder.state == "Ringing"
    ladder.tell(comes(J2, "kees", "kees-desk1"))
    picked_up(ladder, J2)
    finals(ladder)
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.attempts()["kees-desk1"].outcome is AttemptOutcome.ANSWERED
    no_media_left(ladder)


def test_nobody_answers_in_time_and_the_picker_goes_without() -> None:
    ladder = one_rings()
    ladder.tell(comes())
    answered_by_us(ladder)
    ladder.tell(ev.TimerFired(name="no_answer"))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [J]
    finals(ladder)
    assert ladder.call is None
    no_media_left(ladder)


def test_a_telephone_that_refuses_the_callers_media_does_not_pick_up() -> None:
    ladder = one_rings()
    ladder.tell(comes())
    asked(ladder)
    ladder.tell(ev.LegReofferRejected(leg=J, status=488))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [J]
    assert ladder.state == "Ringing"
    ladder.answer()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    no_media_left(ladder)


@pytest.mark.parametrize("pair", [K1, K2])
def test_rtpengine_fails_the_pickup_and_not_the_call(pair: PairId) -> None:
    ladder = one_rings()
    ladder.tell(comes())
    if pair == K2:
        answered_by_us(ladder)
    ladder.tell(ev.MediaFailed(pair=pair, reason="gone"))
    assert back(ladder) == ([NO_MEDIA] if pair == K1 else [])
    assert ladder.state == "Ringing"


def test_the_picker_may_not_change_its_media_meanwhile() -> None:
    ladder = one_rings()
    ladder.tell(comes())
    asked(ladder)
    ladder.tell(ev.LegReoffered(leg=J, sdp=sdp("hold", direction="sendonly"), method="INVITE"))
    assert ladder.last == (cmd.RejectReoffer(leg=J, status=491),)
    assert REFUSED != NO_MEDIA


# Which call.


def ringing(number: int, *, since_s: float = 0.0, called: object = None, **changes: object) -> Ladder:
    """Call ``c<number>`` of Suze rings at Piet, ``since_s`` later."""
    ladder = Ladder()
    ladder.now += since_s
    user = called or piet(devices=piet().devices[:1])
    extension = user.numbers[0].extension  # type: ignore[attr-defined]
    ladder.tell(invite(extension, call=CallId(f"c{number}"), leg=LegId(f"a{number}"), **changes))
    ladder.load(suze(), user, binding(f"{user.subscriber}-desk1"))  # type: ignore[attr-defined]
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=LegId(f"c{number}-b1"), status=180))
    return ladder


ANYBODY = Asks(SubscriberId("anna"), HQ, None)


def test_of_several_the_one_that_has_rung_longest() -> None:
    calls = [ringing(1, since_s=5).call, ringing(2).call, ringing(3, since_s=9).call]
    assert to_pick_up(calls, ANYBODY) == Chosen(CallId("c2"))  # type: ignore[arg-type]


def test_directed_only_that_of_the_colleague() -> None:
    at_kees = ringing(2, since_s=5, called=kees(devices=kees().devices[:1]))
    calls = [ringing(1).call, at_kees.call]
    asks = Asks(SubscriberId("anna"), HQ, SubscriberId("kees"))
    assert to_pick_up(calls, asks).call == "c2"  # type: ignore[arg-type]
    nobody = Asks(SubscriberId("anna"), HQ, SubscriberId("anna"))
    assert to_pick_up(calls, nobody) == Chosen(None, NOTHING_RINGS)  # type: ignore[arg-type]


def test_calls_of_another_group_answered_ones_and_ones_own_are_not_taken() -> None:
    other = ringing(1, called=piet(group=GroupId("depot"), devices=piet().devices[:1]))
    talking = Ladder()
    talking.talk()
    assert to_pick_up([other.call, talking.call], ANYBODY).explanation == NOTHING_RINGS  # type: ignore[list-item]
    own = Asks(SubscriberId("suze"), HQ, None)
    assert to_pick_up([ringing(1).call], own) == Chosen(None, ONES_OWN)  # type: ignore[list-item]


def test_what_the_emergency_centre_began_is_taken_by_the_one_it_calls_alone() -> None:
    calls = Ladder()
    calls.tell(invite_from_pstn(emergency_callback=True))
    calls.load(None, piet(devices=piet().devices[:1]), binding("piet-desk1"))
    calls.offers()
    assert to_pick_up([calls.call], ANYBODY) == Chosen(None, UNTOUCHABLE)  # type: ignore[list-item]
    own = Asks(SubscriberId("piet"), HQ, SubscriberId("piet"))
    assert to_pick_up([calls.call], own) == Chosen(CallId("c1"))  # type: ignore[list-item]
    calls.tell(comes())
    assert back(calls) == [UNTOUCHABLE]


def test_a_caller_without_an_offer_is_not_picked_up_by_code() -> None:
    assert to_pick_up([ringing(1, sdp=None).call], ANYBODY) == Chosen(None, NO_OFFER)  # type: ignore[list-item]


def test_a_pull_does_not_pick_up() -> None:
    ladder = one_rings()
    ladder.tell(joined(J, "piet", "piet-mobile"))
    assert len(back(ladder)) == 1
    assert ladder.state == "Ringing"


# The code.


def dial(dialled: str, **changes: object) -> Ladder:
    """Anna's desk phone dials, in a call of its own."""
    ladder = Ladder()
    ladder.tell(
        invite(
            dialled,
            source=ev.LegSource.DESK_PHONE,
            peer="anna1",
            served_number=None,
            device=DeviceId("anna-desk1"),
            **changes,
        )
    )
    return ladder


@pytest.mark.parametrize(
    ("dialled", "called", "wants"),
    [
        ("*98", None, ev.Wants.PICK_UP),
        ("*97202", "piet", ev.Wants.PICK_UP),
        ("*33202", "piet", ev.Wants.BARGE_IN),
    ],
)
def test_the_leg_goes_over_with_what_it_came_for(dialled: str, called: str | None, wants: ev.Wants) -> None:
    ladder = dial(dialled)
    ladder.load(anna(), None if called is None else piet())
    (ask,) = ladder.of(cmd.FindCall)
    assert (ask.wants, ask.group, ask.called) == (wants, "hq", called)
    ladder.tell(ev.CallChosen(call=CallId("c9")))
    (over,) = ladder.of(cmd.HandOver)
    assert (over.call, over.joined.wants, over.joined.called) == ("c9", wants, called)
    seen = over.joined.seen_by_colleagues
    assert seen is not None
    assert (seen.extension, seen.name, seen.presentation) == ("203", "Anna", Presentation.ALLOWED)
    assert over.joined.seen_outside == shown(ANNA_FIXED, network_number=ANNA_FIXED)
    assert ladder.call is None
    assert ladder.of(cmd.PublishLive) == ladder.of(cmd.WriteRecord) == []


def test_nothing_to_pick_up_is_spoken_and_then_480() -> None:
    ladder = dial("*98")
    ladder.load(anna(), None)
    ladder.tell(ev.CallChosen(call=None, explanation=NOTHING_RINGS))
    ladder.offers()
    ladder.answers()
    (speech,) = ladder.of(cmd.PlayAnnouncement)
    assert speech.announcements == (Announcement.NOTHING_TO_PICK_UP,)
    ladder.spoken()
    assert [one.status for one in ladder.of(cmd.RejectLeg)] == [480]
    assert ladder.record.rule == rules.PICK_UP_GROUP
    assert ladder.record.outcome is CallOutcome.SERVICE


def test_who_is_handed_back_hears_so_by_the_rule_of_the_code() -> None:
    ladder = Ladder()
    ladder.tell(ev.LegReturned(joined=comes(), explanation=BEING_PICKED_UP))
    ladder.hear()
    assert ladder.of(cmd.PlayAnnouncement)[0].announcements == (Announcement.NOTHING_TO_PICK_UP,)
    assert (ladder.record.rule, ladder.record.outcome) == (rules.PICK_UP_GROUP, CallOutcome.SERVICE)


# From the app.


def wishes(**changes: object) -> ev.PickUpRequested:
    fields = {
        "request": "r1",
        "subscriber": SubscriberId("anna"),
        "user": anna(),
        "device": DeviceId("anna-desk1"),
        "bindings": (binding("anna-desk1"),),
    }
    return ev.PickUpRequested(**(fields | changes))  # type: ignore[arg-type]


def told(ladder: Ladder) -> tuple[bool, str | None]:
    (answer,) = ladder.of(cmd.AnswerRequest)
    return answer.done, answer.explanation


def test_the_named_telephone_rings_with_the_others_and_has_the_call_when_it_answers_first() -> None:
    ladder = one_rings()
    ladder.tell(wishes())
    assert told(ladder) == (True, None)
    ladder.offers()
    (invited,) = ladder.of(cmd.Originate, last=True)
    assert invited.leg == B2
    assert invited.identity.extension == "201", "it is shown who calls"
    assert ladder.of(cmd.CancelLeg) == []
    ladder.answer(B2, PairId("c1-m2"))
    (caller,) = ladder.of(cmd.AnswerLeg, last=True)
    assert caller.connected is not None
    assert caller.connected.extension == "203"
    finals(ladder)
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    attempts = ladder.attempts()
    assert (attempts["anna-desk1"].outcome, attempts["anna-desk1"].rule) == (
        AttemptOutcome.ANSWERED,
        rules.PICK_UP_GROUP,
    )
    assert attempts["piet-desk1"].outcome is AttemptOutcome.ANSWERED_ELSEWHERE
    assert ladder.record.segments[0].payer.subscription == "suze-sim"


def test_declined_on_the_pickers_telephone_the_others_ring_on() -> None:
    ladder = one_rings()
    ladder.tell(wishes())
    ladder.offers()
    ladder.tell(ev.LegRejected(leg=B2, status=603))
    assert ladder.state == "Ringing"
    assert ladder.of(cmd.CancelLeg) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"user": anna(group=GroupId("depot"))},
        {"user": anna(services=SubscriberServices(call_pickup=co.CallPickup(active=False)))},
        {"device": DeviceId("piet-desk1")},
        {"bindings": ()},
        {"user": suze(), "subscriber": SubscriberId("suze")},
    ],
)
def test_who_may_not_is_told_so_and_nothing_changes(changes: dict[str, object]) -> None:
    ladder = one_rings()
    before = ladder.call
    ladder.tell(wishes(**changes))
    assert told(ladder)[0] is False
    assert ladder.call == before


def test_a_wish_for_a_call_that_is_answered_is_refused() -> None:
    ladder = Ladder()
    ladder.talk()
    ladder.tell(wishes())
    assert told(ladder) == (False, NOTHING_RINGS)


def test_do_not_disturb_of_the_picker_does_not_matter() -> None:
    ladder = one_rings()
    ladder.tell(wishes(user=anna(services=SubscriberServices(do_not_disturb=DoNotDisturb(active=True)))))
    assert told(ladder) == (True, None)


def test_the_call_goes_on_to_somebody_else_and_the_picker_goes_without() -> None:
    forward = CallForwardingNoAnswer(active=True, destination="204")
    ladder = one_rings(services=SubscriberServices(call_forwarding_no_answer=forward))
    ladder.tell(comes())
    answered_by_us(ladder)
    ladder.tell(ev.TimerFired(name="no_answer"))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [J]
    assert ladder.state == "Diverting"
    ladder.tell(ev.LegCancelled(leg=A, reason=None))
    finals(ladder)
    no_media_left(ladder)
