"""Forwarding: on busy, no answer, not reachable, always, on decline; chains; what is left when it fails."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.calls import AttemptOutcome, CallOutcome
from hipper.pbx import termination
from hipper.pbx.ids import LegId, SubscriberId
from hipper.pbx.model import (
    CallerIdentity,
    DivertReason,
    ForwardTo,
    OriginationFacts,
    Presentation,
    SubscriberContext,
    TariffClass,
)
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.calling import CallClass, OutgoingCallingPlan
from hipper.pbx.services.forwarding import (
    CallForwardingAlways,
    CallForwardingBusy,
    CallForwardingNoAnswer,
    CallForwardingNotReachable,
    DiversionInhibitor,
    Voicemail,
)
from tests.fmc_gateway.call.kit import (
    ANNA_FIXED,
    B1,
    B2,
    M1,
    M2,
    OUTSIDE,
    PIET_FIXED,
    SUZE_FIXED,
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
    shown,
    suze,
)

PIET = SubscriberId("piet")
BUSY = {"call_forwarding_busy": CallForwardingBusy(active=True, destination="203")}
BOX = {"voicemail": Voicemail(active=True)}
BARS_OUTSIDE = {"outgoing_calling_plan": OutgoingCallingPlan(barred=tuple(CallClass)[1:])}


def rings(who: SubscriberContext) -> Ladder:
    """Suze calls Piet, whose one desk phone rings (leg B1, pair M1)."""
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), who, binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    return ladder


def no_answer(destination: str, **services: Any) -> tuple[Ladder, SubscriberContext]:
    """Nobody takes it, and Piet forwards such calls; the directory is asked."""
    service = CallForwardingNoAnswer(active=True, destination=destination, after_s=12)
    who = desk_only(piet(), call_forwarding_no_answer=service, **services)
    ladder = rings(who)
    assert cmd.StartTimer(name="no_answer", after_s=12.0) in ladder.commands
    ladder.tell(ev.TimerFired(name="no_answer"), after_s=12)
    return ladder, who


def asked(ladder: Ladder) -> cmd.LoadContext:
    (ask,) = ladder.of(cmd.LoadContext, last=True)
    return ask


def rejected(ladder: Ladder) -> tuple[int, int | None]:
    (reject,) = ladder.of(cmd.RejectLeg)
    return reject.status, reject.q850


# To a colleague.


def test_busy_goes_on_to_a_colleague_whose_own_devices_ring() -> None:
    who = desk_only(piet(), **BUSY)
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), who, binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRejected(leg=B1, status=486))
    assert ladder.state == "Diverting"
    assert asked(ladder) == cmd.LoadContext(served_subscriber=PIET, dialled="203")
    assert cmd.DeleteMedia(pair=M1) in ladder.last
    assert ladder.of(cmd.RejectLeg) == []
    ladder.forward(who, anna(), binding("anna-desk1"))
    assert [one.pair for one in ladder.of(cmd.OfferMedia, last=True)] == [M2, "c1-m3"]
    ladder.offers()
    desk, mobile = ladder.of(cmd.Originate)[-2:]
    assert desk.target == cmd.BindingTarget(binding=binding("anna-desk1"))
    assert isinstance(mobile.target, cmd.MobileTarget)
    for leg in (desk, mobile):
        assert leg.diverted == (cmd.Diverted(number=PIET_FIXED, reason=DivertReason.USER_BUSY),)
        assert (leg.identity.number, leg.identity.extension) == (SUZE_FIXED, "201")
        assert leg.max_forwards == 68


def test_who_answers_a_forwarded_call_is_shown_and_the_forwarder_pays() -> None:
    who = desk_only(piet(), **BUSY)
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), who, binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRejected(leg=B1, status=486))
    ladder.forward(who, desk_only(anna()), binding("anna-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=B2, status=180))
    assert ladder.of(cmd.Ring) == [cmd.Ring(leg=A)]
    ladder.answer(B2, M2)
    answer = ladder.of(cmd.AnswerLeg)[0]
    assert answer.connected is not None
    assert (answer.connected.extension, answer.connected.name) == ("203", "Anna")
    live = ladder.live()
    assert live is not None
    assert live.called.subscriber == "anna"
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    (diversion,) = ladder.record.diversions
    assert (diversion.by, diversion.reason, diversion.rule, diversion.to) == (
        "piet",
        "user-busy",
        "divert.busy",
        "203",
    )
    (segment,) = ladder.record.segments
    assert (segment.calling, segment.called) == (A, B2)
    assert (segment.payer.subscription, segment.payer.tariff) == ("piet-line", TariffClass.ON_NET)
    assert ladder.leg(A).payer is not None
    assert ladder.leg(A).payer.subscription == "suze-sim"  # type: ignore[union-attr]
    assert ladder.record.rule == "divert.busy"
    assert ladder.attempts()["piet-desk1"].outcome is AttemptOutcome.BUSY
    assert ladder.attempts()["anna-desk1"].outcome is AttemptOutcome.ANSWERED


def test_plain_call_has_one_segment_that_the_caller_pays() -> None:
    ladder = Ladder()
    ladder.talk()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    (segment,) = ladder.record.segments
    assert segment.payer.subscription == "suze-sim"
    assert segment.started == ladder.record.answered
    assert ladder.record.diversions == ()


def test_call_nobody_answered_has_no_segment() -> None:
    ladder = rings(desk_only(piet()))
    ladder.tell(ev.LegCancelled(leg=A))
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    assert ladder.record.segments == ()


def test_outside_caller_does_not_learn_extension_or_name_of_whom_it_was_forwarded_to() -> None:
    who = desk_only(piet(), **BUSY)
    ladder = Ladder()
    ladder.tell(invite_from_pstn())
    ladder.load(None, who, binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRejected(leg=B1, status=486))
    ladder.forward(who, desk_only(anna()), binding("anna-desk1"))
    ladder.offers()
    assert ladder.of(cmd.Originate)[-1].identity.number == OUTSIDE
    ladder.answer(B2, M2)
    connected = ladder.of(cmd.AnswerLeg)[0].connected
    assert connected is not None
    assert (connected.extension, connected.name) == (None, None)


# To the outside.


def test_no_answer_goes_on_to_a_number_outside_at_the_forwarders_cost() -> None:
    ladder, who = no_answer("030 111 2233")
    reason = 'Q.850;cause=19;text="No answer"'
    assert ladder.of(cmd.CancelLeg) == [cmd.CancelLeg(leg=B1, reason=reason)]
    assert asked(ladder).dialled == "030 111 2233"
    ladder.forward(who, None)
    ladder.offers()
    out = ladder.of(cmd.Originate)[-1]
    assert out.target == cmd.TrunkTarget(trunk=None, user=OUTSIDE)
    assert out.diverted == (cmd.Diverted(number=PIET_FIXED, reason=DivertReason.NO_ANSWER),)
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("pstn"), to_tag="t", connected=shown(OUTSIDE)))
    ladder.tell(ev.MediaAnswered(pair=M2, sdp=sdp("for a")))
    assert ladder.of(cmd.AnswerLeg)[0].connected is None
    live = ladder.live()
    assert live is not None
    (charge,) = live.charges
    assert (charge.subscriber, charge.since) == ("piet", pytest.approx(ladder.now - 0.1))
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    leg = ladder.leg(B2)
    assert leg.payer is not None
    assert (leg.payer.subscription, leg.payer.tariff) == ("piet-line", TariffClass.NATIONAL_FIXED)
    assert leg.diverted_by == "piet"
    (segment,) = ladder.record.segments
    assert (segment.payer.subscription, segment.charged) == ("piet-line", "piet")
    assert ladder.record.diversions[0].to == OUTSIDE
    assert ladder.leg(B1).status == 487


def test_withheld_caller_stays_withheld_when_forwarded_outside() -> None:
    service = CallForwardingAlways(active=True, destination="030 111 2233")
    who = desk_only(piet(), call_forwarding_always=service)
    ladder = Ladder()
    ladder.tell(invite(anonymous_requested=True))
    ladder.load(suze(), who)
    ladder.forward(who, None)
    ladder.offers()
    identity = ladder.of(cmd.Originate)[0].identity
    assert (identity.number, identity.name, identity.extension) == (None, None, None)


def test_outside_caller_who_withholds_stays_withheld_when_forwarded() -> None:
    hidden = CallerIdentity(presentation=Presentation.RESTRICTED, network_number=OUTSIDE)
    service = CallForwardingAlways(active=True, destination="030 111 2299")
    who = desk_only(piet(), call_forwarding_always=service)
    ladder = Ladder()
    ladder.tell(invite_from_pstn(caller=hidden))
    ladder.load(None, who)
    ladder.forward(who, None)
    ladder.offers()
    identity = ladder.of(cmd.Originate)[0].identity
    assert (identity.presentation, identity.number) == (Presentation.RESTRICTED, None)


def test_forwarder_who_withholds_is_marked_so() -> None:
    service = CallForwardingAlways(active=True, destination="030 111 2233")
    who = desk_only(piet(withhold=True), call_forwarding_always=service)
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), who)
    ladder.forward(who, None)
    ladder.offers()
    assert ladder.of(cmd.Originate)[0].diverted[0].restricted


@pytest.mark.parametrize("network", [True, False])
def test_forward_of_a_user_of_the_network_goes_back_into_it_out_of_the_blue(network: bool) -> None:
    service = CallForwardingAlways(active=True, destination="030 111 2233")
    who = piet(services=SubscriberServices(call_forwarding_always=service))
    ladder = Ladder()
    ladder.tell(invite(outgoing_network=network, return_route=("<sip:odi@scscf;lr;orig>",)))
    ladder.load(suze(), who)
    ladder.forward(who, None)
    ladder.offers()
    target = ladder.of(cmd.Originate)[0].target
    if not network:
        assert target == cmd.TrunkTarget(trunk=None, user=OUTSIDE)
        return
    assert isinstance(target, cmd.NetworkTarget)
    assert (target.network, target.user, target.route) == ("mno", OUTSIDE, ())
    assert (target.served, target.diverted) == ("+31687654321", True)


def test_own_call_of_a_user_of_the_network_goes_on_in_its_session() -> None:
    ladder = Ladder()
    route = ("<sip:odi@scscf;lr;orig>",)
    ladder.tell(invite("030 111 2233", outgoing_network=True, return_route=route))
    ladder.load(suze(), None)
    ladder.offers()
    target = ladder.of(cmd.Originate)[0].target
    assert isinstance(target, cmd.NetworkTarget)
    assert (target.network, target.route, target.diverted) == ("mno", route, False)


# Always, not reachable, declined.


def test_always_rings_no_device_and_says_why() -> None:
    service = CallForwardingAlways(active=True, destination="203")
    who = desk_only(piet(), call_forwarding_always=service)
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), who, binding("piet-desk1"))
    assert asked(ladder).served_subscriber == "piet"
    live = ladder.live()
    assert live is not None
    assert live.phase == "setting_up"
    ladder.forward(who, desk_only(anna()), binding("anna-desk1"))
    ladder.offers()
    assert [one.target for one in ladder.of(cmd.Originate)] == [
        cmd.BindingTarget(binding=binding("anna-desk1"))
    ]
    assert ladder.of(cmd.Originate)[0].diverted[0].reason is DivertReason.UNCONDITIONAL
    ladder.answer()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    silent = ladder.attempts()["piet-desk1"]
    assert (silent.outcome, silent.rule, silent.leg) == (
        AttemptOutcome.SWITCHED_OFF,
        "divert.always",
        None,
    )


def test_nobody_registered_counts_as_not_reachable() -> None:
    service = CallForwardingNotReachable(active=True, destination="203")
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), desk_only(piet(), call_forwarding_not_reachable=service))
    assert asked(ladder).dialled == "203"
    assert ladder.of(cmd.OfferMedia) == []


def test_mobile_that_is_switched_off_is_not_reachable_rather_than_busy() -> None:
    services = SubscriberServices(
        call_forwarding_busy=CallForwardingBusy(active=True, destination="204"),
        call_forwarding_not_reachable=CallForwardingNotReachable(active=True, destination="203"),
    )
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), piet(devices=piet().devices[1:], services=services))
    ladder.offers()
    ladder.tell(ev.LegRejected(leg=B1, status=480, q850=20))
    assert asked(ladder).dialled == "203"


def test_decline_ends_the_ringing_and_goes_where_busy_calls_go() -> None:
    who = piet(services=SubscriberServices(**BUSY))
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), who, binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=B2, status=180))
    ladder.tell(ev.LegRejected(leg=B2, status=486, after_ringing=True))
    assert ladder.of(cmd.CancelLeg) == [cmd.CancelLeg(leg=B1, reason='SIP;cause=603;text="Decline"')]
    assert asked(ladder).dialled == "203"


def test_decline_that_ends_nothing_counts_as_no_answer_in_the_end() -> None:
    service = CallForwardingNoAnswer(active=True, destination="204")
    who = desk_only(piet(decline_ends_ringing=False), call_forwarding_no_answer=service, **BUSY)
    ladder = rings(who)
    ladder.tell(ev.LegRejected(leg=B1, status=603))
    assert asked(ladder).dialled == "204"


def test_refusal_of_a_handset_before_it_rang_is_the_networks() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), piet(), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRejected(leg=B2, status=603))
    assert ladder.of(cmd.CancelLeg) == []
    assert ladder.of(cmd.RejectLeg) == []


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


# Chains.


def always(who: SubscriberContext, destination: str, **services: Any) -> SubscriberContext:
    service = CallForwardingAlways(active=True, destination=destination)
    return desk_only(who, call_forwarding_always=service, **services)


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


def plan_forwards_busy_calls(monkeypatch: pytest.MonkeyPatch, destination: str) -> None:
    """A decision that knows no limits."""
    decide = termination.decide

    def wrong(*arguments: Any, **named: Any) -> Any:
        to = ForwardTo(destination=destination, reason=DivertReason.USER_BUSY, rule="divert.busy")
        return msgspec.structs.replace(decide(*arguments, **named), on_busy=to)

    monkeypatch.setattr(termination, "decide", wrong)


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
