"""Forwarding: on busy, no answer, not reachable, always, on decline; to whom, at whose cost."""

from __future__ import annotations

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.calls import AttemptOutcome
from hipper.pbx.model import (
    CallerIdentity,
    DivertReason,
    Presentation,
    TariffClass,
)
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.forwarding import (
    CallForwardingAlways,
    CallForwardingBusy,
    CallForwardingNoAnswer,
    CallForwardingNotReachable,
)
from tests.fmc_gateway.call.forwards import (
    BUSY,
    PIET,
    asked,
    no_answer,
    rings,
)
from tests.fmc_gateway.call.kit import (
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
    piet,
    sdp,
    shown,
    suze,
)

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
        assert leg.diverted == (ev.Diverted(number=PIET_FIXED, reason=DivertReason.USER_BUSY),)
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
    assert out.diverted == (ev.Diverted(number=PIET_FIXED, reason=DivertReason.NO_ANSWER),)
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
