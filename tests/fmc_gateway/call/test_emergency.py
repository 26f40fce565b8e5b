"""112 first: no look-up, no rtpengine, next route on failure, never withheld."""

from __future__ import annotations

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.calls import CallOutcome, LivePhase
from hipper.pbx.model import CallerIdentity, Presentation, TariffClass
from hipper.telephony.numbers.e164 import E164
from tests.fmc_gateway.call.kit import (
    B1,
    B2,
    SUZE_FIXED,
    SUZE_MOBILE,
    A,
    Ladder,
    invite,
    invite_from_desk,
    invite_from_pstn,
    sdp,
    shown,
)

OTHER = {A: B1, B1: A}
CALLS_NOTHING = (
    cmd.LoadContext,
    cmd.OfferMedia,
    cmd.AnswerMedia,
    cmd.DeleteMedia,
    cmd.BlockMedia,
    cmd.PlayMusic,
)


def calling_112(**changes: object) -> Ladder:
    ladder = Ladder()
    ladder.tell(invite("112", **changes))
    return ladder


def talking_to_112() -> Ladder:
    ladder = calling_112()
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("112"), to_tag="t"))
    return ladder


def test_invite_leaves_in_the_first_step_and_before_anything_else() -> None:
    ladder = calling_112()
    first = ladder.last[0]
    assert isinstance(first, cmd.Originate)
    assert first.target == cmd.EmergencyTarget(route_index=0, dialled="112")
    assert first.sdp == sdp("suze")
    assert [type(one) for one in ladder.last] == [cmd.Originate, cmd.StartTimer, cmd.PublishLive]


@pytest.mark.parametrize("dialled", ["112", "+31112", "0031112", "#31#112", "urn:service:sos", "0112"])
def test_any_spelling_from_mobiles_and_desk_phones_is_an_emergency(dialled: str) -> None:
    for event in (invite(dialled), invite_from_desk(dialled), invite_from_desk(dialled, device=None)):
        ladder = Ladder()
        ladder.tell(event)
        assert isinstance(ladder.last[0], cmd.Originate)


def test_terminating_spelling_from_a_mobile_network_is_an_emergency_too() -> None:
    ladder = Ladder()
    ladder.tell(invite("112", direction=ev.LegDirection.TERMINATING))
    assert isinstance(ladder.last[0], cmd.Originate)


def test_nobody_reaches_112_through_us_from_the_pstn() -> None:
    ladder = Ladder()
    ladder.tell(invite_from_pstn(E164("112")))
    ladder.load(None, None)
    assert ladder.of(cmd.RejectLeg)[0].status == 404
    assert ladder.of(cmd.Originate) == []


def test_true_number_is_shown_though_the_caller_withholds_it() -> None:
    hidden = CallerIdentity(presentation=Presentation.RESTRICTED, network_number=SUZE_MOBILE)
    ladder = calling_112(caller=hidden, anonymous_requested=True)
    identity = ladder.of(cmd.Originate)[0].identity
    assert (identity.presentation, identity.number) == (Presentation.ALLOWED, SUZE_MOBILE)
    desk = Ladder()
    desk.tell(invite_from_desk("112", caller=shown(SUZE_FIXED)))
    assert desk.of(cmd.Originate)[0].identity.number == SUZE_FIXED


def test_location_and_body_go_through_untouched() -> None:
    headers = (("Geolocation", "<cid:loc@suze>"), ("P-Access-Network-Info", "3GPP-E-UTRAN-FDD"))
    ladder = calling_112(passthrough_headers=headers, body_type="multipart/mixed;boundary=b", body="--b--")
    (leg,) = ladder.of(cmd.Originate)
    assert (leg.passthrough_headers, leg.body_type, leg.body) == (
        headers,
        "multipart/mixed;boundary=b",
        "--b--",
    )
    assert (leg.icid, leg.max_forwards) == ("icid-1", 69)


def test_call_is_answered_without_directory_or_rtpengine_and_recorded() -> None:
    ladder = talking_to_112()
    assert ladder.of(cmd.AnswerLeg) == [cmd.AnswerLeg(leg=A, sdp=sdp("112"))]
    assert ladder.of(cmd.Ring) == [cmd.Ring(leg=A)]
    phases = [one.live.phase for one in ladder.of(cmd.PublishLive) if one.live]
    assert phases == [LivePhase.SETTING_UP, LivePhase.RINGING, LivePhase.ESTABLISHED]
    ladder.tell(ev.LegEnded(leg=B1, cause="bye", reason="Q.850;cause=16"))
    assert ladder.of(cmd.EndLeg) == [cmd.EndLeg(leg=A, reason="Q.850;cause=16")]
    assert not [one for one in ladder.commands if isinstance(one, CALLS_NOTHING)]
    record = ladder.record
    assert (record.emergency, record.rule, record.setup_ms) == (True, "emergency", 0.0)
    assert [leg.payer.tariff for leg in record.legs if leg.payer] == [TariffClass.EMERGENCY] * 2
    assert ladder.call is None


def test_caller_hangs_up() -> None:
    ladder = talking_to_112()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.of(cmd.EndLeg) == [cmd.EndLeg(leg=B1, reason=None)]


def test_early_media_passes_as_it_is() -> None:
    ladder = calling_112()
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("112"), to_tag="t"))
    assert ladder.last[0] == cmd.Progress(leg=A, status=183, sdp=sdp("112"))
    assert cmd.StopTimer(name="route") in ladder.last
    assert ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("112"), to_tag="t")) == ()
    ladder.tell(ev.LegAnswered(leg=B1, sdp=None, to_tag="t"))
    assert ladder.of(cmd.AnswerLeg)[0].sdp == sdp("112")


def test_early_media_and_then_180_is_shown_as_ringing_once() -> None:
    ladder = calling_112()
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("112"), to_tag="t"))
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    assert ladder.last == (cmd.Ring(leg=A),)
    update = ev.LegReoffered(leg=A, sdp=sdp("suze", version=2), method="UPDATE")
    assert ladder.tell(update) == (cmd.AnswerReoffer(leg=A, sdp=sdp("112")),)


@pytest.mark.parametrize("status", [404, 486, 500, 503, 603])
def test_failed_route_is_followed_by_the_next(status: int) -> None:
    ladder = calling_112()
    ladder.tell(ev.LegRejected(leg=B1, status=status))
    second = ladder.last[0]
    assert isinstance(second, cmd.Originate)
    assert (second.leg, second.target) == (B2, cmd.EmergencyTarget(route_index=1, dialled="112"))
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("112"), to_tag="t"))
    assert ladder.state == "Talking"
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert (ladder.leg(B1).status, ladder.leg(B2).status) == (status, 200)


def test_silent_route_is_followed_by_the_next_and_its_late_200_is_ended() -> None:
    ladder = calling_112()
    assert ladder.of(cmd.StartTimer)[0] == cmd.StartTimer(name="route", after_s=4.0)
    ladder.tell(ev.TimerFired(name="route"), after_s=4)
    assert [type(one) for one in ladder.last] == [cmd.CancelLeg, cmd.Originate, cmd.StartTimer]
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("late"), to_tag="t"))
    assert ladder.last == (cmd.EndLeg(leg=B1, reason=None),)
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("112"), to_tag="t"))
    assert ladder.of(cmd.AnswerLeg)[0].sdp == sdp("112")


def test_route_that_says_100_gets_more_time_and_one_that_rings_all_it_needs() -> None:
    ladder = calling_112()
    ladder.tell(ev.LegTrying(leg=B1))
    assert ladder.last == (cmd.StartTimer(name="route", after_s=12.0),)
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    assert cmd.StopTimer(name="route") in ladder.last
    assert ladder.tell(ev.LegTrying(leg=B1)) == ()
    assert ladder.tell(ev.TimerFired(name="route")) == ()


def test_every_route_fails_and_the_caller_hears_the_last_status() -> None:
    ladder = calling_112()
    ladder.tell(ev.LegRejected(leg=B1, status=404))
    ladder.tell(ev.LegRejected(leg=B2, status=503, q850=34))
    (reject,) = ladder.of(cmd.RejectLeg)
    assert (reject.status, reject.q850) == (503, 34)
    assert ladder.call is None
    assert ladder.record.outcome is CallOutcome.FAILED


def test_every_route_stays_silent() -> None:
    ladder = calling_112()
    ladder.tell(ev.TimerFired(name="route"), after_s=4)
    ladder.tell(ev.TimerFired(name="route"), after_s=4)
    assert ladder.of(cmd.RejectLeg)[0].status == 503
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    ladder.tell(ev.LegRejected(leg=B2, status=487))
    assert ladder.call is None


def test_route_whose_connection_breaks_is_followed_by_the_next() -> None:
    ladder = calling_112()
    ladder.tell(ev.LegEnded(leg=B1, cause="transport"))
    assert isinstance(ladder.last[0], cmd.Originate)
    assert ladder.tell(ev.LegEnded(leg=B1, cause="transport")) == ()


def test_caller_cancels_while_112_rings() -> None:
    ladder = calling_112()
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(ev.LegCancelled(leg=A, reason="SIP;cause=487"))
    assert ladder.of(cmd.CancelLeg) == [cmd.CancelLeg(leg=B1, reason="SIP;cause=487")]
    ladder.tell(ev.LegRejected(leg=B1, status=487))
    assert ladder.record.outcome is CallOutcome.CANCELLED


def test_callers_connection_breaks_while_112_rings() -> None:
    ladder = calling_112()
    ladder.tell(ev.LegEnded(leg=A, cause="transport"))
    assert [one.leg for one in ladder.of(cmd.CancelLeg)] == [B1]
    assert ladder.of(cmd.RejectLeg) == []


def test_own_emergency_call_that_comes_back_is_refused_so_that_its_route_fails() -> None:
    assert calling_112(loop_guard=True).of(cmd.RejectLeg)[0].status == 482
    assert calling_112(max_forwards=0).of(cmd.RejectLeg)[0].status == 483


def test_no_route_configured_is_503() -> None:
    assert calling_112(emergency_routes=0).of(cmd.RejectLeg)[0].status == 503


# An INVITE without SDP: the route offers, the ACK answers (RFC 3261 §13.2.1).


def test_late_offer_goes_through_and_the_ack_carries_the_answer() -> None:
    ladder = calling_112(sdp=None)
    (invited,) = ladder.of(cmd.Originate)
    assert invited.sdp is None
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("112"), to_tag="t"))
    assert ladder.of(cmd.AnswerLeg) == [cmd.AnswerLeg(leg=A, sdp=sdp("112"))]
    assert ladder.tell(ev.LegConfirmed(leg=A, sdp=sdp("suze"))) == (
        cmd.AcknowledgeLeg(leg=B1, sdp=sdp("suze")),
    )
    assert ladder.tell(ev.LegConfirmed(leg=A, sdp=sdp("suze"))) == ()
    assert not [one for one in ladder.commands if isinstance(one, CALLS_NOTHING)]
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.of(cmd.EndLeg) == [cmd.EndLeg(leg=B1, reason=None)]
    assert ladder.record.outcome is CallOutcome.ANSWERED


def test_only_the_callers_first_ack_answers_and_only_a_late_offer() -> None:
    ladder = calling_112(sdp=None)
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("112"), to_tag="t"))
    assert ladder.tell(ev.LegConfirmed(leg=B1, sdp=sdp("x"))) == ()
    assert ladder.tell(ev.LegConfirmed(leg=A, sdp=sdp("suze"))) != ()
    assert talking_to_112().tell(ev.LegConfirmed(leg=A, sdp=sdp("suze"))) == ()


def test_descriptions_of_a_late_offer_are_in_force_after_the_ack() -> None:
    ladder = calling_112(sdp=None)
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("112"), to_tag="t"))
    ladder.tell(ev.LegConfirmed(leg=A, sdp=sdp("suze")))
    assert ladder.tell(ev.LegReoffered(leg=A, sdp=None, method="INVITE")) == (
        cmd.AnswerReoffer(leg=A, sdp=sdp("112")),
    )
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=None))
    assert ladder.tell(ev.LegReoffered(leg=B1, sdp=None, method="INVITE")) == (
        cmd.AnswerReoffer(leg=B1, sdp=sdp("suze")),
    )


def test_caller_whose_ack_does_not_answer_stays_connected() -> None:
    """Its offer may stand in a body that only the route can read."""
    ladder = calling_112(sdp=None, body_type="multipart/mixed;boundary=b", body="--b--")
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("112"), to_tag="t"))
    assert ladder.tell(ev.LegConfirmed(leg=A)) == (cmd.AcknowledgeLeg(leg=B1, sdp=None),)
    assert ladder.state == "Talking"


def test_offer_before_the_ack_of_a_late_offer_has_to_wait() -> None:
    ladder = calling_112(sdp=None)
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("112"), to_tag="t"))
    early = ev.LegReoffered(leg=A, sdp=sdp("suze"), method="UPDATE")
    assert ladder.tell(early) == (cmd.RejectReoffer(leg=A, status=491),)


@pytest.mark.parametrize("leg", [A, B1])
def test_late_offer_that_is_never_answered_ends_both_sides(leg: str) -> None:
    """Neither side has a re-offer out that would have to be refused."""
    ladder = calling_112(sdp=None)
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("112"), to_tag="t"))
    ladder.tell(ev.LegEnded(leg=A if leg == A else B1, cause="no_ack"))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [OTHER[A if leg == A else B1]]
    assert ladder.of(cmd.RejectReoffer) == []
    assert ladder.call is None


def test_early_media_of_a_late_offer_is_ringing() -> None:
    ladder = calling_112(sdp=None)
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("112"), to_tag="t"))
    assert ladder.last[:2] == (cmd.Ring(leg=A), cmd.StopTimer(name="route"))
    assert ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("more"), to_tag="t")) == ()
    ladder.tell(ev.LegRejected(leg=B1, status=503))
    ladder.tell(ev.LegProgress(leg=B2, status=183, sdp=sdp("112"), to_tag="t"))
    assert cmd.StopTimer(name="route") in ladder.last
    assert ladder.of(cmd.Progress) == []


def test_route_that_answers_a_late_offer_with_nothing_is_followed_by_the_next() -> None:
    ladder = calling_112(sdp=None)
    ladder.tell(ev.LegAnswered(leg=B1, sdp=None, to_tag="t"))
    end, invited, _ = ladder.last
    assert isinstance(end, cmd.EndLeg)
    assert (end.leg, end.reason) == (B1, 'SIP;cause=488;text="Answer without SDP"')
    assert isinstance(invited, cmd.Originate)
    assert (invited.leg, invited.sdp) == (B2, None)
    ladder.tell(ev.LegAnswered(leg=B2, sdp=None, to_tag="t"))
    assert ladder.of(cmd.RejectLeg)[0].status == 503
    assert ladder.call is None


def test_what_others_say_changes_nothing() -> None:
    ladder = calling_112()
    for event in (
        ev.LegTrying(leg=B2),
        ev.LegRinging(leg=B2, status=180),
        ev.LegRinging(leg=B1, status=183),
        ev.LegProgress(leg=B2, status=183, sdp=sdp("x"), to_tag="t"),
        ev.LegAnswered(leg=B2, sdp=sdp("x"), to_tag="t"),
        ev.LegRejected(leg=B2, status=486),
        ev.LegCancelled(leg=B1),
        ev.LegEnded(leg=B2, cause="bye"),
        ev.TimerFired(name="other"),
    ):
        assert ladder.tell(event) == ()
    assert ladder.state == "EmergencyRouting"


# Established: offers go end to end.


@pytest.mark.parametrize("leg", [A, B1])
@pytest.mark.parametrize("direction", ["sendrecv", "sendonly"])
def test_reinvite_passes_end_to_end_and_so_does_the_answer(leg: str, direction: str) -> None:
    ladder = talking_to_112()
    other = B1 if leg == A else A
    mine = A if leg == A else B1
    offer = sdp("new", direction=direction)
    assert ladder.tell(ev.LegReoffered(leg=mine, sdp=offer, method="INVITE")) == (
        cmd.Reoffer(leg=other, sdp=offer),
    )
    assert ladder.tell(ev.LegReofferAnswered(leg=other, sdp=sdp("answer"))) == (
        cmd.AnswerReoffer(leg=mine, sdp=sdp("answer")),
    )
    assert not [one for one in ladder.commands if isinstance(one, CALLS_NOTHING)]


def test_refused_reinvite_is_refused() -> None:
    ladder = talking_to_112()
    ladder.tell(ev.LegReoffered(leg=A, sdp=sdp("new"), method="INVITE"))
    assert ladder.tell(ev.LegReofferRejected(leg=B1, status=488)) == (cmd.RejectReoffer(leg=A, status=488),)
    assert ladder.tell(ev.LegReoffered(leg=A, sdp=sdp("new"), method="INVITE")) != ()


def test_offerless_reinvite_is_offered_what_the_other_side_described() -> None:
    ladder = talking_to_112()
    assert ladder.tell(ev.LegReoffered(leg=A, sdp=None, method="INVITE")) == (
        cmd.AnswerReoffer(leg=A, sdp=sdp("112")),
    )
    assert ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze", version=2))) == ()
    ladder.tell(ev.LegReoffered(leg=A, sdp=None, method="INVITE"))
    assert ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("moved"))) == (
        cmd.Reoffer(leg=B1, sdp=sdp("moved")),
    )


def test_offerless_reinvite_when_nothing_is_known_is_488() -> None:
    ladder = calling_112(sdp=None, body_type="multipart/mixed;boundary=b", body="--b--")
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("112"), to_tag="t"))
    ladder.tell(ev.LegConfirmed(leg=A))
    assert ladder.tell(ev.LegReoffered(leg=B1, sdp=None, method="INVITE")) == (
        cmd.RejectReoffer(leg=B1, status=488),
    )


def test_drain_ends_an_emergency_call_last_but_ends_it() -> None:
    ladder = talking_to_112()
    ladder.tell(ev.HangUpRequested(by="drain"))
    assert {one.leg for one in ladder.of(cmd.EndLeg)} == {A, B1}
