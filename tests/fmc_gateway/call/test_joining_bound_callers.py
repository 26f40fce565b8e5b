"""A caller who was given an answer early keeps to it (RFC 3261 §13.2.1): the 200 repeats it, and a re-INVITE
after the ACK brings the caller to who answered."""

from __future__ import annotations

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.pbx.services.forwarding import CallForwardingNoAnswer
from hipper.pbx.services.reachability import AssistantReason, PersonalAssistant
from hipper.telephony.sdp import offer_answer
from tests.fmc_gateway.call.kit import (
    B1,
    B2,
    M1,
    M2,
    A,
    Ladder,
    anna,
    binding,
    desk_only,
    invite,
    piet,
    sdp,
    suze,
)

FIRST, THEN = sdp("announcement"), sdp("colleague")
"""What rtpengine tells the caller of its first pair, and of the one in which they talk."""


def after_announcement() -> Ladder:
    """The assistant of Piet has spoken in a 183, and Anna's desk phone rings (B2)."""
    service = PersonalAssistant(active=True, reason=AssistantReason.MEETING, transfer_to="203")
    who = desk_only(piet(), personal_assistant=service)
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), who)
    ladder.offers()
    for ask in ladder.of(cmd.AnswerMedia, last=True):
        ladder.tell(ev.MediaAnswered(pair=ask.pair, sdp=FIRST))
    assert ladder.of(cmd.Progress) == [cmd.Progress(leg=A, status=183, sdp=FIRST)]
    ladder.spoken()
    ladder.forward(who, desk_only(anna()), binding("anna-desk1"))
    ladder.offers()
    return ladder


def answered() -> Ladder:
    ladder = after_announcement()
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("anna"), to_tag="t"))
    ladder.tell(ev.MediaAnswered(pair=M2, sdp=THEN))
    return ladder


def joined() -> Ladder:
    ladder = answered()
    ladder.tell(ev.LegConfirmed(leg=A))
    return ladder


def test_200_repeats_the_first_answer_and_the_re_invite_waits_for_the_ack() -> None:
    ladder = answered()
    (answer,) = ladder.of(cmd.AnswerLeg)
    assert answer.sdp == FIRST
    assert ladder.of(cmd.Reoffer) == []
    ladder.tell(ev.LegConfirmed(leg=B2))
    assert ladder.of(cmd.Reoffer) == [], "that is the ACK of the other side"
    ladder.tell(ev.LegConfirmed(leg=A))
    (reoffer,) = ladder.of(cmd.Reoffer)
    assert reoffer.leg == A
    assert offer_answer.same_media(reoffer.sdp or "", THEN)
    origins = [offer_answer.as_description(text or "").origin for text in (FIRST, reoffer.sdp)]
    assert int(origins[1].version) > int(origins[0].version), (
        "a new version of the same session (RFC 3264 §8)"
    )


def test_once_the_caller_has_moved_they_talk_like_any_two() -> None:
    ladder = joined()
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    assert ladder.state == "Talking"
    ladder.tell(ev.LegReoffered(leg=B2, sdp=sdp("anna", direction="sendonly", version=2), method="INVITE"))
    assert ladder.of(cmd.RejectReoffer) == []
    assert [one.pair for one in ladder.of(cmd.OfferMedia, last=True)] == [M2]


def test_caller_that_moves_its_media_with_the_re_invite_is_put_right_at_rtpengine() -> None:
    ladder = joined()
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze elsewhere")))
    assert ladder.of(cmd.OfferMedia, last=True) == [
        cmd.OfferMedia(pair=M2, from_leg=A, to_leg=B2, sdp=sdp("suze elsewhere"))
    ]


@pytest.mark.parametrize("leg", [A, B2])
def test_re_offer_meanwhile_is_glare(leg: str) -> None:
    for ladder in (answered(), joined()):
        ladder.tell(ev.LegReoffered(leg=leg, sdp=sdp("x", version=2), method="INVITE"))  # type: ignore[arg-type]
        assert ladder.last == (cmd.RejectReoffer(leg=leg, status=491),)  # type: ignore[arg-type]


def test_caller_that_refuses_the_re_invite_would_hear_nobody() -> None:
    ladder = joined()
    ladder.tell(ev.LegReofferRejected(leg=A, status=488))
    assert {one.leg for one in ladder.of(cmd.EndLeg)} == {A, B2}


def test_either_side_may_hang_up_before_the_ack() -> None:
    ladder = answered()
    ladder.tell(ev.LegEnded(leg=B2, cause="bye"))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A]
    assert ladder.of(cmd.RejectReoffer) == []


def test_same_media_needs_no_re_invite() -> None:
    ladder = after_announcement()
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("anna"), to_tag="t"))
    ladder.tell(ev.MediaAnswered(pair=M2, sdp=sdp("announcement", version=2)))
    ladder.tell(ev.LegConfirmed(leg=A))
    assert ladder.of(cmd.Reoffer) == []


# Early media of a telephone whose calls may go on.


def one_phone() -> Ladder:
    """Piet's one telephone; when nobody takes the call it goes on to 203."""
    service = CallForwardingNoAnswer(active=True, destination="203", after_s=12)
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), desk_only(piet(), call_forwarding_no_answer=service), binding("piet-desk1"))
    ladder.offers()
    return ladder


def test_ringback_of_the_far_side_passes_although_the_call_may_go_on() -> None:
    ladder = one_phone()
    ladder.tell(ev.LegProgress(leg=B1, status=180, sdp=sdp("ringback"), to_tag="t"))
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=FIRST))
    assert ladder.last == (cmd.Progress(leg=A, status=180, sdp=FIRST),)


def test_after_it_the_forward_is_joined_and_its_early_media_is_not_heard() -> None:
    ladder = one_phone()
    ladder.tell(ev.LegProgress(leg=B1, status=180, sdp=sdp("ringback"), to_tag="t"))
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=FIRST))
    ladder.tell(ev.TimerFired(name="no_answer"), after_s=12)
    ladder.forward(desk_only(piet()), desk_only(anna()), binding("anna-desk1"))
    ladder.offers()
    assert ladder.tell(ev.LegProgress(leg=B2, status=183, sdp=sdp("more"), to_tag="t")) == ()
    ladder.tell(ev.LegAnswered(leg=B2, sdp=sdp("anna"), to_tag="t"))
    ladder.tell(ev.MediaAnswered(pair=M2, sdp=THEN))
    assert [one.sdp for one in ladder.of(cmd.AnswerLeg)] == [FIRST]
    ladder.tell(ev.LegConfirmed(leg=A))
    assert [one.leg for one in ladder.of(cmd.Reoffer)] == [A]
