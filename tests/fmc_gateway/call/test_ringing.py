"""Ringing all devices: every target by itself, and the first answer wins."""

from __future__ import annotations

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.calls import AttemptOutcome, CallOutcome, LivePhase
from hipper.contracts.talks import RingOver
from hipper.pbx.ids import CallId, LegId, SubscriberId
from tests.fmc_gateway.call.kit import (
    B1,
    B2,
    B3,
    ELSEWHERE,
    M1,
    M2,
    M3,
    OUTSIDE,
    PIET_FIXED,
    A,
    Ladder,
    binding,
    invite,
    invite_from_pstn,
    piet,
    sdp,
    shown,
    suze,
)
from tests.fmc_gateway.call.three_phones import (
    DESK_2,
    desk_only,
    finals,
    one_rings,
    three_ring,
)

# Getting out.


def test_every_target_has_its_own_leg_and_its_own_media() -> None:
    ladder = three_ring()
    assert [(offer.pair, offer.to_leg) for offer in ladder.of(cmd.OfferMedia)] == [
        (M1, B1),
        (M2, B2),
        (M3, B3),
    ]
    assert [(leg.leg, leg.sdp) for leg in ladder.of(cmd.Originate)] == [
        (B1, sdp(f"for {B1}")),
        (B2, sdp(f"for {B2}")),
        (B3, sdp(f"for {B3}")),
    ]


def test_invite_leaves_when_its_own_offer_is_made_and_not_before() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), piet(), binding("piet-desk1"))
    assert ladder.of(cmd.Originate) == []
    ladder.tell(ev.MediaOffered(pair=M2, from_leg=A, to_leg=B2, sdp=sdp("two")))
    assert [leg.leg for leg in ladder.of(cmd.Originate)] == [B2]
    assert ladder.tell(ev.MediaOffered(pair=M2, from_leg=A, to_leg=B2, sdp=sdp("two"))) == ()


def test_phone_registered_twice_gets_two_legs() -> None:
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1", 1), binding("piet-desk1", 2), devices=piet().devices[:1])
    targets = [leg.target for leg in ladder.of(cmd.Originate)]
    assert targets == [
        cmd.BindingTarget(binding=binding("piet-desk1", 1)),
        cmd.BindingTarget(binding=binding("piet-desk1", 2)),
    ]
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("piet"), to_tag="t"))
    assert ladder.of(cmd.CancelLeg) == [cmd.CancelLeg(leg=B1, reason=ELSEWHERE)]


def test_unregistered_phone_is_in_the_record_and_the_mobile_rings() -> None:
    ladder = Ladder()
    ladder.ring_colleague()
    (leg,) = ladder.of(cmd.Originate)
    assert isinstance(leg.target, cmd.MobileTarget)
    ladder.answer()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.attempts()["piet-desk1"].outcome is AttemptOutcome.NOT_REGISTERED
    assert ladder.attempts()["piet-mobile"].outcome is AttemptOutcome.ANSWERED


def test_no_answer_timer_is_the_users() -> None:
    ladder = three_ring(no_answer_s=18)
    assert ladder.of(cmd.StartTimer) == [cmd.StartTimer(name="no_answer", after_s=18.0)]


def test_call_id_of_a_leg_stands_in_the_record() -> None:
    ladder = one_rings()
    ladder.tell(ev.LegSent(leg=B1, sip_call_id="call-id-b"))
    ladder.tell(ev.LegSent(leg=LegId("other"), sip_call_id="x"))
    ladder.answer()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.leg(B1).sip_call_id == "call-id-b"


# First answer wins.


def test_first_answer_wins_and_the_others_are_cancelled_elsewhere() -> None:
    ladder = three_ring()
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("piet"), to_tag="t"))
    assert ladder.last == (
        cmd.StopTimer(name="no_answer"),
        cmd.AnswerMedia(pair=M2, offering_leg=A, answering_leg=B2, sdp=sdp("piet")),
        cmd.CancelLeg(leg=B1, reason=ELSEWHERE),
        cmd.DeleteMedia(pair=M1),
        cmd.CancelLeg(leg=B3, reason=ELSEWHERE),
        cmd.DeleteMedia(pair=M3),
        cmd.PublishRing(
            ring=RingOver(call=CallId("c1"), user=SubscriberId("piet"), at=ladder.now, answered_on=DESK_2)
        ),
    )
    ladder.tell(ev.MediaAnswered(pair=M2, sdp=sdp("for a"), transcoded=True))
    (answer,) = ladder.of(cmd.AnswerLeg)
    assert (answer.leg, answer.sdp) == (A, sdp("for a"))
    assert answer.connected is not None
    assert answer.connected.extension == "202"
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.called.device) == (LivePhase.ESTABLISHED, "piet-desk2")


def test_two_answers_in_a_row_one_wins_and_the_other_is_ended() -> None:
    ladder = three_ring()
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("piet"), to_tag="t"))
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("piet2"), to_tag="t"))
    assert ladder.last == (cmd.EndLeg(leg=B2, reason=ELSEWHERE),)
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    ladder.tell(ev.LegAnswered(leg=B3, sdp=sdp("piet3"), to_tag="t"))
    assert ladder.last == (cmd.EndLeg(leg=B3, reason=ELSEWHERE),)
    assert len(ladder.of(cmd.AnswerLeg)) == 1


def test_losers_stand_in_the_record_as_answered_elsewhere() -> None:
    ladder = three_ring()
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("piet"), to_tag="t"))
    ladder.tell(ev.MediaAnswered(pair=M2, sdp=sdp("for a"), transcoded=True))
    finals(ladder)
    ladder.tell(ev.LegEnded(leg=B2, cause="bye", q850=16))
    outcomes = {device: one.outcome for device, one in ladder.attempts().items()}
    assert outcomes == {
        "piet-desk1": AttemptOutcome.ANSWERED_ELSEWHERE,
        "piet-desk2": AttemptOutcome.ANSWERED,
        "piet-mobile": AttemptOutcome.ANSWERED_ELSEWHERE,
    }
    assert ladder.leg(B1).status == 487
    assert (ladder.leg(B2).status, ladder.leg(B2).q850, ladder.leg(B2).transcoded) == (200, 16, True)
    assert ladder.record.outcome is CallOutcome.ANSWERED


def test_target_still_in_preparation_is_dropped_when_another_answers() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), piet(), binding("piet-desk1"))
    ladder.tell(ev.MediaOffered(pair=M1, from_leg=A, to_leg=B1, sdp=sdp("one")))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("piet"), to_tag="t"))
    assert ladder.of(cmd.CancelLeg) == []
    assert cmd.DeleteMedia(pair=M2) in ladder.last
    assert ladder.tell(ev.MediaOffered(pair=M2, from_leg=A, to_leg=B2, sdp=sdp("two"))) == ()


def test_answer_without_any_sdp_is_ended_and_the_others_go_on() -> None:
    ladder = three_ring()
    ladder.tell(ev.LegAnswered(leg=B1, sdp=None, to_tag="t"))
    assert [type(one) for one in ladder.last] == [cmd.EndLeg, cmd.DeleteMedia, cmd.PublishLive]
    ladder.answer(B2, M2)
    assert ladder.state == "Talking"


def test_pstn_caller_sees_the_number_called_and_not_the_extension() -> None:
    ladder = Ladder()
    ladder.tell(invite_from_pstn())
    ladder.load(None, desk_only(), binding("piet-desk1"))
    ladder.offers()
    ladder.answer()
    connected = ladder.of(cmd.AnswerLeg)[0].connected
    assert connected is not None
    assert (connected.number, connected.extension, connected.name) == (PIET_FIXED, None, None)


def test_who_answered_outside_is_shown_as_the_peer_says() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("pstn"), to_tag="t", connected=shown(OUTSIDE)))
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    assert ladder.of(cmd.AnswerLeg)[0].connected == shown(OUTSIDE)


# The caller gives up.


def test_caller_cancels_while_three_devices_ring() -> None:
    ladder = three_ring()
    ladder.tell(ev.LegCancelled(leg=A, reason="Q.850;cause=16"))
    assert ladder.of(cmd.CancelLeg) == [
        cmd.CancelLeg(leg=leg, reason="Q.850;cause=16") for leg in (B1, B2, B3)
    ]
    assert {one.pair for one in ladder.of(cmd.DeleteMedia)} == {M1, M2, M3}
    assert ladder.of(cmd.RejectLeg) == []
    assert ladder.live() is None
    finals(ladder)
    assert ladder.call is None
    assert ladder.record.outcome is CallOutcome.CANCELLED
    assert {one.outcome for one in ladder.record.attempts} == {AttemptOutcome.RANG}
    assert (ladder.leg(A).status, ladder.leg(A).ended_by) == (487, "calling")


def test_caller_cancels_before_rtpengine_made_an_offer() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), piet(), binding("piet-desk1"))
    ladder.tell(ev.LegCancelled(leg=A))
    assert ladder.call is None
    assert ladder.of(cmd.CancelLeg) == []
    assert {one.pair for one in ladder.of(cmd.DeleteMedia)} == {M1, M2}
    assert {one.outcome for one in ladder.record.attempts} == {AttemptOutcome.FAILED}


def test_cancel_and_200_cross_and_the_phone_that_answered_is_ended() -> None:
    ladder = one_rings()
    ladder.tell(ev.LegCancelled(leg=A))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("piet"), to_tag="t"))
    assert ladder.of(cmd.EndLeg) == [cmd.EndLeg(leg=B1, reason=None)]
    assert ladder.call is None
    assert ladder.of(cmd.AnswerLeg) == []
    assert ladder.leg(B1).status == 200


def test_callers_connection_breaks_while_a_phone_rings() -> None:
    ladder = one_rings()
    ladder.tell(ev.LegEnded(leg=A, cause="transport"))
    assert [one.leg for one in ladder.of(cmd.CancelLeg)] == [B1]
    assert ladder.of(cmd.RejectLeg) == []
