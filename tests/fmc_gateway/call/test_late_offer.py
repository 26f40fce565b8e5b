"""An INVITE without SDP: the called side offers, the caller's ACK answers (RFC 3261 §13.2.1)."""

from __future__ import annotations

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.model import Talking
from hipper.contracts.calls import AttemptOutcome, CallOutcome
from hipper.contracts.talks import TalkStarted
from hipper.pbx.ids import LegId
from hipper.pbx.services.reachability import SimultaneousRingNumber, SimultaneousRingPersonal
from tests.fmc_gateway.call.kit import (
    B1,
    B2,
    B3,
    ELSEWHERE,
    M2,
    OUTSIDE,
    A,
    Ladder,
    binding,
    desk_only,
    invite,
    piet,
    sdp,
    suze,
)


def ringing() -> Ladder:
    """Suze calls without an offer; Piet's two desk phones (B1, B2) and his mobile (B3) are invited."""
    ladder = Ladder()
    ladder.tell(invite(sdp=None))
    ladder.load(suze(), piet(desk_phones=2), binding("piet-desk1"), binding("piet-desk2"))
    return ladder


def answered() -> Ladder:
    """Piet's second desk phone answered and offers; rtpengine has made the caller's offer of it."""
    ladder = ringing()
    ladder.tell(ev.LegRinging(leg=B2, status=180))
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("piet"), to_tag="t"))
    ladder.offers()
    return ladder


def talking() -> Ladder:
    ladder = answered()
    ladder.tell(ev.LegConfirmed(leg=A, sdp=sdp("suze")))
    ladder.answers()
    return ladder


def test_every_target_is_invited_without_an_offer_and_rtpengine_is_not_asked() -> None:
    ladder = ringing()
    invites = ladder.of(cmd.Originate)
    assert [(one.leg, one.sdp, one.offerless) for one in invites] == [
        (B1, None, True),
        (B2, None, True),
        (B3, None, True),
    ]
    assert ladder.of(cmd.OfferMedia) == []
    ordinary = Ladder()
    ordinary.ring_outside()
    assert not ordinary.of(cmd.Originate)[0].offerless


def test_winner_offers_caller_answers_and_only_then_the_winner_is_acknowledged() -> None:
    ladder = ringing()
    ladder.tell(ev.LegRinging(leg=B2, status=180))
    assert ladder.of(cmd.Ring) == [cmd.Ring(leg=A)]
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("piet"), to_tag="t"))
    assert ladder.of(cmd.OfferMedia) == [cmd.OfferMedia(pair=M2, from_leg=B2, to_leg=A, sdp=sdp("piet"))]
    assert {one.leg: one.reason for one in ladder.of(cmd.CancelLeg)} == {B1: ELSEWHERE, B3: ELSEWHERE}
    assert ladder.of(cmd.AnswerLeg) == []
    ladder.offers()
    (answer,) = ladder.of(cmd.AnswerLeg)
    assert (answer.leg, answer.sdp) == (A, sdp(f"for {A}"))
    ladder.tell(ev.LegConfirmed(leg=A, sdp=sdp("suze")))
    asked = cmd.AnswerMedia(pair=M2, offering_leg=B2, answering_leg=A, sdp=sdp("suze"))
    assert asked in ladder.last
    assert ladder.of(cmd.AcknowledgeLeg) == []
    ladder.answers()
    assert ladder.of(cmd.AcknowledgeLeg) == [cmd.AcknowledgeLeg(leg=B2, sdp=sdp(f"for {B2}"))]
    assert isinstance(ladder.call, Talking)
    assert ladder.call.exchange is None


def test_talk_and_record_are_as_of_any_call() -> None:
    ladder = answered()
    ladder.tell(ev.LegConfirmed(leg=A, sdp=sdp("suze")))
    (ask,) = ladder.of(cmd.AnswerMedia)
    ladder.tell(ev.MediaAnswered(pair=ask.pair, sdp=sdp("for piet"), transcoded=True))
    (talk,) = [one.talk for one in ladder.of(cmd.PublishTalk)]
    assert isinstance(talk, TalkStarted)
    assert talk.ng_call_id == M2
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    for leg in (B1, B3):
        ladder.tell(ev.LegRejected(leg=leg, status=487))
    assert ladder.record.outcome is CallOutcome.ANSWERED
    assert ladder.leg(B2).transcoded
    assert ladder.leg(A).transcoded
    assert [one.pair for one in ladder.of(cmd.DeleteMedia)] == [M2]


@pytest.mark.parametrize("party", [A, B2])
def test_either_side_holds_and_resumes_afterwards(party: LegId) -> None:
    ladder = talking()
    ladder.tell(ev.LegReoffered(leg=party, sdp=sdp("x", direction="sendonly", version=2), method="INVITE"))
    ladder.offers()
    ladder.answers()
    assert [one.leg for one in ladder.of(cmd.AnswerReoffer)] == [party]
    assert [one.leg for one in ladder.of(cmd.PlayMusic)] == [{A: B2, B2: A}[party]]
    ladder.tell(ev.LegReoffered(leg=party, sdp=sdp("x", version=3), method="INVITE"))
    ladder.offers()
    ladder.answers()
    assert len(ladder.of(cmd.StopMusic)) == 1


def test_ack_without_an_answer_ends_the_call() -> None:
    ladder = answered()
    ladder.tell(ev.LegConfirmed(leg=A, sdp=None))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A, B2]


def test_answer_without_an_offer_is_ended_and_the_others_ring_on() -> None:
    ladder = ringing()
    ladder.tell(ev.LegAnswered(leg=B1, sdp=None, to_tag="t"))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [B1]
    assert ladder.state == "Ringing"


def test_early_description_cannot_be_answered_so_the_caller_hears_ringing() -> None:
    ladder = ringing()
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("early"), to_tag="t"))
    assert ladder.of(cmd.Ring) == [cmd.Ring(leg=A)]
    assert ladder.of(cmd.AnswerMedia) == []
    assert ladder.of(cmd.Progress) == []


def test_caller_gives_up_between_the_200_and_its_own() -> None:
    ladder = ringing()
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("piet"), to_tag="t"))
    ladder.tell(ev.LegCancelled(leg=A))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [B1]
    assert len(ladder.of(cmd.DeleteMedia)) == 1


def test_rtpengine_fails_the_offer_or_the_answer() -> None:
    ladder = ringing()
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("piet"), to_tag="t"))
    ladder.tell(ev.MediaFailed(pair=M2, reason="x", no_rtpengine=True))
    assert ladder.of(cmd.RejectLeg)[0].status == 503
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [B2]
    ladder = answered()
    ladder.tell(ev.LegConfirmed(leg=A, sdp=sdp("suze")))
    ladder.tell(ev.MediaFailed(pair=M2, reason="x"))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A, B2]


def test_hang_up_before_the_ack_ends_both_without_a_refusal_of_nothing() -> None:
    ladder = answered()
    ladder.tell(ev.LegEnded(leg=B2, cause="bye"))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A]
    assert ladder.of(cmd.RejectReoffer) == []


def test_number_that_must_confirm_does_not_ring_and_the_record_says_why() -> None:
    home = SimultaneousRingPersonal(
        active=True, numbers=(SimultaneousRingNumber(number=OUTSIDE, confirm=True),)
    )
    ladder = Ladder()
    ladder.tell(invite(sdp=None))
    ladder.load(suze(), desk_only(piet(), simultaneous_ring_personal=home), binding("piet-desk1"))
    assert [one.leg for one in ladder.of(cmd.Originate)] == [B1]
    ladder.tell(ev.LegRejected(leg=B1, status=486))
    silent = ladder.attempts()[f"remote:{OUTSIDE}"]
    assert silent.outcome is AttemptOutcome.FAILED
    assert silent.explanation is not None
    assert "press 1" in silent.explanation
