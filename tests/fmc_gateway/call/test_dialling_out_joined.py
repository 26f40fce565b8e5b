"""A dialled call once the other side has answered: both joined, re-offers, the record, the end."""

from __future__ import annotations

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.model import Talking
from fmc_gateway.call.talking import CAP_REACHED
from hipper.contracts.calls import CallOutcome, LegRole
from hipper.contracts.talks import TalkEnded, TalkStarted
from hipper.pbx.ids import DeviceId, LegId
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.calling import OutgoingCallingPlan
from tests.fmc_gateway.call.dialled import (
    A1,
    D1,
    DESK,
    answered,
    asked,
    calling,
    colleague,
    joined,
    know,
)
from tests.fmc_gateway.call.kit import (
    B1,
    M1,
    sdp,
    suze,
)

# Together.


def test_both_sides_are_joined_by_a_re_invite_and_the_first_media_goes() -> None:
    ladder = answered("202", colleague())
    assert ladder.of(cmd.AnswerLeg) == []
    (reoffer,) = ladder.of(cmd.Reoffer)
    assert reoffer.leg == A1
    assert "s=for a" in reoffer.sdp
    assert "o=- 77 2 " in reoffer.sdp  # the telephone's session goes on, one version further
    assert ladder.of(cmd.StopMusic) == [cmd.StopMusic(pair=D1, leg=A1)]
    assert ladder.of(cmd.DeleteMedia) == []
    ladder.tell(ev.LegReofferAnswered(leg=A1, sdp=sdp("desk")))
    assert ladder.last == (cmd.DeleteMedia(pair=D1),)
    assert isinstance(ladder.call, Talking)
    assert ladder.call.exchange is None


def test_telephone_that_moves_its_media_with_the_re_invite_is_put_right_at_rtpengine() -> None:
    ladder = answered("202", colleague())
    ladder.tell(ev.LegReofferAnswered(leg=A1, sdp=sdp("moved")))
    moved = cmd.OfferMedia(pair=M1, from_leg=A1, to_leg=B1, sdp=sdp("moved"))
    assert ladder.of(cmd.OfferMedia, last=True) == [moved]
    ladder.offers()
    assert ladder.last == (cmd.AnswerMedia(pair=M1, offering_leg=A1, answering_leg=B1, sdp=sdp("piet")),)
    assert ladder.of(cmd.DeleteMedia) == []
    ladder.answers()
    assert ladder.of(cmd.DeleteMedia) == [cmd.DeleteMedia(pair=D1)]
    assert len(ladder.of(cmd.Reoffer)) == 1


@pytest.mark.parametrize("party", [A1, B1])
def test_re_offer_meanwhile_is_glare(party: LegId) -> None:
    ladder = answered("202", colleague())
    ladder.tell(ev.LegReoffered(leg=party, sdp=sdp("x", direction="sendonly"), method="INVITE"))
    assert ladder.last == (cmd.RejectReoffer(leg=party, status=491),)


@pytest.mark.parametrize("party", [A1, B1])
def test_either_side_holds_once_joined(party: LegId) -> None:
    ladder = joined()
    ladder.tell(ev.LegReoffered(leg=party, sdp=sdp("x", direction="sendonly", version=2), method="INVITE"))
    ladder.offers()
    ladder.answers()
    assert [one.leg for one in ladder.of(cmd.AnswerReoffer)] == [party]
    assert ladder.of(cmd.PlayMusic)[-1].leg == {A1: B1, B1: A1}[party]


def test_telephone_that_refuses_the_re_invite_ends_both() -> None:
    ladder = answered("202", colleague())
    ladder.tell(ev.LegReofferRejected(leg=A1, status=488))
    assert {one.leg for one in ladder.of(cmd.EndLeg)} == {A1, B1}
    assert sorted(one.pair for one in ladder.of(cmd.DeleteMedia)) == [D1, M1]


def test_rtpengine_fails_while_joining_and_both_are_ended() -> None:
    ladder = answered("202", colleague())
    ladder.tell(ev.LegReofferAnswered(leg=A1, sdp=sdp("moved")))
    ladder.tell(ev.MediaFailed(pair=M1, reason="x"))
    assert {one.leg for one in ladder.of(cmd.EndLeg)} == {A1, B1}
    assert ladder.of(cmd.RejectReoffer) == []


def test_record_is_true() -> None:
    ladder = joined()
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"), after_s=60)
    record = ladder.record
    assert (record.outcome, record.dialled, record.tenant, record.gateway) == (
        CallOutcome.ANSWERED,
        "202",
        "acme",
        "gw1",
    )
    first, second = record.legs
    assert (first.leg, first.role, first.subscriber, first.device) == (A1, LegRole.CALLING, "suze", DESK)
    assert (second.leg, second.role, second.subscriber, second.device) == (
        B1,
        LegRole.CALLED,
        "piet",
        "piet-desk1",
    )
    assert first.answered is not None
    assert record.answered is not None
    assert first.answered < record.answered
    assert record.setup_ms is not None
    (segment,) = record.segments
    assert (segment.calling, segment.called) == (A1, B1)
    assert segment.payer.subscription == "suze-line"
    assert ladder.live() is None


def test_fixed_line_pays_although_the_mobile_was_picked_up() -> None:
    ladder = asked("030 111 2233", device=DeviceId("suze-mobile"))
    ladder.offers()
    ladder.tell(ev.LegAnswered(leg=A1, sdp=sdp("mobile"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.DigitPressed(leg=A1, digit="1"))
    know(ladder)
    ladder.offers()
    ladder.answer()
    ladder.tell(ev.LegReofferAnswered(leg=A1, sdp=sdp("mobile")))
    ladder.tell(ev.LegEnded(leg=A1, cause="bye"))
    (segment,) = ladder.record.segments
    assert segment.payer.subscription == "suze-line"
    assert segment.charged == "suze"
    assert ladder.leg(A1).payer is not None


def test_recorder_is_told_of_the_pair_they_talk_in() -> None:
    ladder = joined()
    ladder.tell(ev.LegEnded(leg=A1, cause="bye"))
    started, ended = [one.talk for one in ladder.of(cmd.PublishTalk)]
    assert isinstance(started, TalkStarted)
    assert isinstance(ended, TalkEnded)
    assert (started.ng_call_id, [tag.tag for tag in started.tags]) == (M1, [A1, B1])


@pytest.mark.parametrize("gone", [A1, B1])
@pytest.mark.parametrize("cause", ["session_expired", "dialog_gone", "no_ack"])
def test_dead_dialog_of_either_leg_ends_the_other(gone: LegId, cause: str) -> None:
    ladder = joined()
    ladder.tell(ev.LegEnded(leg=gone, cause=cause))
    (end,) = ladder.of(cmd.EndLeg)
    assert end.leg == {A1: B1, B1: A1}[gone]
    assert end.reason is not None


def test_media_that_stops_ends_both_and_silence_of_the_first_media_does_not() -> None:
    ladder = calling("202", colleague())
    assert ladder.tell(ev.MediaTimedOut(pair=D1)) == ()
    ladder.answer()
    assert ladder.tell(ev.MediaTimedOut(pair=D1)) == ()
    ladder.tell(ev.MediaTimedOut(pair=M1))
    assert {one.leg for one in ladder.of(cmd.EndLeg)} == {A1, B1}


def test_spend_cap_ends_a_call_that_was_dialled() -> None:
    plan = OutgoingCallingPlan(spend_cap_user_day=1.0)
    caller = suze(services=SubscriberServices(outgoing_calling_plan=plan))
    ladder = asked("0900 1234", None, caller)
    ladder.offers()
    ladder.tell(ev.LegAnswered(leg=A1, sdp=sdp("desk"), to_tag="t"))
    ladder.answers()
    know(ladder, None, caller)
    ladder.offers()
    ladder.answer()
    (timer,) = [one for one in ladder.of(cmd.StartTimer) if one.name == "duration"]
    ladder.tell(ev.LegReofferAnswered(leg=A1, sdp=sdp("desk")))
    ladder.tell(ev.TimerFired(name="duration"), after_s=timer.after_s)
    assert {(one.leg, one.reason) for one in ladder.of(cmd.EndLeg)} == {(A1, CAP_REACHED), (B1, CAP_REACHED)}
