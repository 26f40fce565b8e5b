"""What is left when forwarding fails or is not allowed; chains and loops; calls that end meanwhile."""

from __future__ import annotations

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.calls import CallOutcome
from hipper.pbx.ids import LegId, SubscriberId
from hipper.pbx.model import (
    CallerIdentity,
    DivertReason,
    OriginationFacts,
    Presentation,
)
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.calling import OutgoingCallingPlan
from hipper.pbx.services.forwarding import (
    CallForwardingNotReachable,
    DiversionInhibitor,
)
from tests.fmc_gateway.call.forwards import (
    BARS_OUTSIDE,
    BOX,
    BUSY,
    PIET,
    always,
    asked,
    no_answer,
    plan_forwards_busy_calls,
    rejected,
    rings,
)
from tests.fmc_gateway.call.kit import (
    ANNA_FIXED,
    B1,
    B2,
    M1,
    M2,
    OUTSIDE,
    PIET_FIXED,
    A,
    Ladder,
    anna,
    binding,
    desk_only,
    invite,
    invite_from_pstn,
    kees,
    piet,
    sdp,
    suze,
)

# What stands in the way.


def test_forward_the_calling_plan_bars_leaves_the_caller_with_the_verdict() -> None:
    ladder, who = no_answer("030 111 2233", **BARS_OUTSIDE)
    ladder.forward(who, None)
    assert ladder.of(cmd.Originate)[1:] == []
    assert rejected(ladder) == (480, 19)
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    assert ladder.record.outcome is CallOutcome.NO_ANSWER
    assert ladder.record.rule == "plan.barred-class"
    assert ladder.record.diversions == ()


def test_forward_over_a_cap_is_not_made() -> None:
    plan = OutgoingCallingPlan(max_calls_user=1)
    ladder, who = no_answer("030 111 2233", outgoing_calling_plan=plan)
    ladder.tell(ev.ContextLoaded(caller=who, called=None, origination=OriginationFacts(user_calls=1)))
    assert len(ladder.of(cmd.Originate)) == 1
    assert rejected(ladder) == (480, 19)


def test_barred_forward_falls_to_the_voicemail_box() -> None:
    ladder, who = no_answer("030 111 2233", **BARS_OUTSIDE, **BOX)
    ladder.forward(who, None)
    ladder.offers()
    target = ladder.of(cmd.Originate)[-1].target
    assert target == cmd.VoicemailTarget(mailbox=PIET, cause=408)


def test_forward_whose_target_does_not_answer_falls_to_the_voicemail_box() -> None:
    ladder, who = no_answer("203", **BOX)
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    ladder.forward(who, desk_only(anna()), binding("anna-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=B2, status=180))
    ladder.tell(ev.TimerFired(name="no_answer"), after_s=25)
    ladder.offers()
    box = ladder.of(cmd.Originate)[-1]
    assert box.target == cmd.VoicemailTarget(mailbox=PIET, cause=408)
    assert ladder.of(cmd.RejectLeg) == []


def test_forward_outside_that_is_busy_passes_that_on_when_there_is_no_box() -> None:
    ladder, who = no_answer("030 111 2233")
    ladder.forward(who, None)
    ladder.offers()
    ladder.tell(ev.LegRejected(leg=B2, status=486, q850=17))
    assert rejected(ladder) == (486, 17)


@pytest.mark.parametrize(
    "event", [ev.ContextFailed(reason="away"), ev.ContextLoaded(caller=None, called=None)]
)
def test_directory_that_does_not_know_leaves_the_caller_with_the_verdict(event: ev.AnyEvent) -> None:
    ladder, _ = no_answer("203")
    ladder.tell(event)
    assert rejected(ladder) == (480, 19)


def test_answer_about_another_user_is_no_answer() -> None:
    ladder, _ = no_answer("203")
    ladder.forward(kees(), anna(), binding("anna-desk1"))
    assert ladder.of(cmd.Originate)[1:] == []
    assert rejected(ladder) == (480, 19)


def test_no_forwarding_without_media() -> None:
    who = desk_only(
        piet(), call_forwarding_not_reachable=CallForwardingNotReachable(active=True, destination="203")
    )
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), who, binding("piet-desk1"))
    ladder.tell(ev.MediaFailed(pair=M1, reason="none", no_rtpengine=True))
    assert rejected(ladder) == (503, 47)


def test_chain_of_two_names_both_the_first_first() -> None:
    ladder = Ladder()
    first, second = always(piet(), "203"), always(anna(), "204")
    ladder.tell(invite())
    ladder.load(suze(), first)
    ladder.forward(first, second)
    assert asked(ladder) == cmd.LoadContext(served_subscriber=SubscriberId("anna"), dialled="204")
    ladder.forward(second, desk_only(kees()), binding("kees-desk1"))
    ladder.offers()
    out = ladder.of(cmd.Originate)[0]
    assert [one.number for one in out.diverted] == [PIET_FIXED, ANNA_FIXED]
    assert out.max_forwards == 67
    ladder.answer()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert [one.by for one in ladder.record.diversions] == ["piet", "anna"]
    assert ladder.record.segments[0].payer.subscription == "anna-line"


def test_two_who_forward_to_each_other_make_no_loop() -> None:
    ladder = Ladder()
    first, second = always(piet(), "203"), always(anna(), "202")
    ladder.tell(invite())
    ladder.load(suze(), first)
    ladder.forward(first, second)
    ladder.forward(second, first)
    assert ladder.call is None
    assert rejected(ladder)[0] == 482
    assert ladder.of(cmd.Originate) == []


def test_call_that_was_diverted_often_enough_goes_no_further() -> None:
    ladder = Ladder()
    who = desk_only(piet(), **BUSY)
    ladder.tell(invite(diversions=5))
    ladder.load(suze(), who, binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRejected(leg=B1, status=486))
    assert len(ladder.of(cmd.LoadContext)) == 1
    assert rejected(ladder) == (486, 17)


def test_call_that_comes_back_over_another_exchange_is_refused_as_a_loop() -> None:
    """The number diverted it before, as the carrier says: no second leg leaves."""
    ladder = Ladder()
    back = ev.Diverted(number=PIET_FIXED, reason=DivertReason.UNCONDITIONAL)
    other = ev.Diverted(number=None, reason=DivertReason.UNCONDITIONAL)
    ladder.tell(invite_from_pstn(diverted=(back, other), diversions=2))
    ladder.load(None, always(piet(), OUTSIDE))
    assert rejected(ladder)[0] == 482
    assert ladder.of(cmd.LoadContext, last=True) == []


def test_who_diverted_the_call_before_it_came_stands_in_every_leg() -> None:
    ladder = Ladder()
    before = ev.Diverted(number=ANNA_FIXED, reason=DivertReason.USER_BUSY, restricted=True, counter=2)
    who = always(piet(), OUTSIDE, diversion_inhibitor=DiversionInhibitor(active=True))
    ladder.tell(invite_from_pstn(diverted=(before,), diversions=2))
    ladder.load(None, who)
    ladder.forward(who, None)
    ladder.offers()
    (leg,) = ladder.of(cmd.Originate)
    piets = ev.Diverted(number=PIET_FIXED, reason=DivertReason.UNCONDITIONAL, final=True)
    assert leg.diverted == (before, piets)


@pytest.mark.parametrize("to", [OUTSIDE, "203"])
def test_caller_is_not_shown_where_a_user_sends_calls_outside(to: str) -> None:
    """Neither while it rings nor when it is answered; a colleague it went to is shown."""
    ladder = Ladder()
    who = always(piet(), to)
    ladder.tell(invite())
    ladder.load(suze(), who)
    colleague = desk_only(anna()) if to == "203" else None
    ladder.forward(who, colleague, *([binding("anna-desk1")] if colleague else []))
    ladder.offers()
    ladder.answer()
    after = [one.live for one in ladder.of(cmd.PublishLive) if one.live is not None][1:]
    assert len(after) >= 2
    hidden = CallerIdentity(presentation=Presentation.RESTRICTED)
    assert {live.called.identity == hidden for live in after} == {to == OUTSIDE}


def test_another_exchange_may_forbid_that_a_call_goes_further() -> None:
    ladder = Ladder()
    final = ev.Diverted(number=None, reason=DivertReason.UNCONDITIONAL, final=True)
    ladder.tell(invite_from_pstn(diverted=(final,), diversions=1))
    ladder.load(None, desk_only(always(piet(), OUTSIDE)), binding("piet-desk1"))
    ladder.offers()
    (leg,) = ladder.of(cmd.Originate)
    assert isinstance(leg.target, cmd.BindingTarget)


@pytest.mark.parametrize("inhibits", [False, True])
def test_who_inhibits_further_diversion_is_obeyed(inhibits: bool) -> None:
    ladder = Ladder()
    first = always(piet(), "203", diversion_inhibitor=DiversionInhibitor(active=inhibits))
    second = desk_only(anna(), **BOX)
    ladder.tell(invite())
    ladder.load(suze(), first)
    ladder.forward(first, second, binding("anna-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRejected(leg=B1, status=486))
    ladder.offers()
    boxes = [one for one in ladder.of(cmd.Originate) if isinstance(one.target, cmd.VoicemailTarget)]
    assert len(boxes) == (0 if inhibits else 1)


@pytest.mark.parametrize("destination", ["112", "+31112", "#31#112"])
def test_nobody_forwards_to_an_emergency_number(destination: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a plan says."""
    plan_forwards_busy_calls(monkeypatch, destination)
    ladder = rings(desk_only(piet()))
    ladder.tell(ev.LegRejected(leg=B1, status=486))
    assert len(ladder.of(cmd.LoadContext)) == 1
    assert rejected(ladder) == (486, 17)


@pytest.mark.parametrize(("before", "asked_again"), [(4, True), (5, False)])
def test_limit_of_diversions_holds_whatever_a_plan_says(
    before: int, asked_again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_forwards_busy_calls(monkeypatch, "203")
    ladder = Ladder()
    ladder.tell(invite(diversions=before))
    ladder.load(suze(), desk_only(piet()), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRejected(leg=B1, status=486))
    assert (len(ladder.of(cmd.LoadContext)) == 2) is asked_again


# While the directory is asked.


def test_caller_gives_up_while_the_directory_is_asked() -> None:
    ladder, _ = no_answer("203")
    ladder.tell(ev.LegCancelled(leg=LegId("other")))
    ladder.tell(ev.LegCancelled(leg=A))
    assert ladder.state == "Ending"
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    assert ladder.record.outcome is CallOutcome.CANCELLED
    assert ladder.forward(piet(), anna()) == ()


@pytest.mark.parametrize("by", ["user:suze", "operator"])
def test_call_is_ended_on_request_while_the_directory_is_asked(by: str) -> None:
    ladder, _ = no_answer("203")
    ladder.tell(ev.HangUpRequested(by=by))
    assert rejected(ladder) == (480, 31)


def test_callers_connection_breaks_while_the_directory_is_asked() -> None:
    ladder, _ = no_answer("203")
    ladder.tell(ev.LegEnded(leg=A, cause="transport"))
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    assert (ladder.call, ladder.of(cmd.RejectLeg)) == (None, [])


def test_phone_that_was_given_up_and_answers_after_all_is_ended() -> None:
    ladder, who = no_answer("203")
    assert ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("late"), to_tag="t")) == (cmd.EndLeg(leg=B1),)
    ladder.forward(who, desk_only(anna()), binding("anna-desk1"))
    ladder.offers()
    ladder.answer(B2, M2)
    assert ladder.state == "Talking"


def test_phone_that_was_given_up_answers_while_the_next_one_rings() -> None:
    ladder, who = no_answer("203")
    ladder.forward(who, desk_only(anna()), binding("anna-desk1"))
    ladder.offers()
    assert ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("late"), to_tag="t")) == (cmd.EndLeg(leg=B1),)
    assert ladder.state == "Ringing"


# Early media.


def test_network_that_says_nobody_is_there_is_not_heard_when_the_call_goes_on() -> None:
    services = SubscriberServices(
        call_forwarding_not_reachable=CallForwardingNotReachable(active=True, destination="203")
    )
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), piet(devices=piet().devices[1:], services=services))
    ladder.offers()
    assert ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("not here"), to_tag="t")) == ()


def test_early_media_of_a_forward_outside_passes() -> None:
    ladder, who = no_answer("030 111 2233")
    ladder.forward(who, None)
    ladder.offers()
    ladder.tell(ev.LegProgress(leg=B2, status=183, sdp=sdp("pstn"), to_tag="t"))
    ladder.tell(ev.MediaAnswered(pair=M2, sdp=sdp("for a")))
    assert ladder.last == (cmd.Progress(leg=A, status=183, sdp=sdp("for a")),)


def test_spend_cap_ends_the_call() -> None:
    plan = OutgoingCallingPlan(spend_cap_user_day=1.0)
    ladder = Ladder()
    ladder.tell(invite("0900 1234"))
    who = suze(services=SubscriberServices(outgoing_calling_plan=plan))
    ladder.load(who, None)
    ladder.hear()
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("pstn"), to_tag="t"))
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    (timer,) = [one for one in ladder.of(cmd.StartTimer) if one.name == "duration"]
    assert timer.after_s == pytest.approx(60.0)
    ladder.tell(ev.TimerFired(name="other"))
    ladder.tell(ev.TimerFired(name="duration"), after_s=60)
    assert {one.leg for one in ladder.of(cmd.EndLeg)} == {A, B1}
    assert ladder.leg(A).ended_by == "gateway"
