"""The app moves a call to another telephone, which rings first; and holds without a word to any telephone."""

from __future__ import annotations

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.bus import RefusedBecause
from hipper.contracts.calls import LivePhase
from hipper.pbx.ids import DeviceId, LegId, PairId, SubscriberId
from hipper.pbx.model import Announcement, ServicePack, SubscriberContext
from tests.fmc_gateway.call.kit import B1, M1, A, Ladder, binding, invite, joined, sdp, suze

C1, C2, N1 = LegId("c1-c1"), LegId("c1-c2"), PairId("c1-n1")
SUZE = SubscriberId("suze")


def outside() -> Ladder:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.answer()
    ladder.tell(ev.LegConfirmed(leg=A))
    return ladder


def push(to: str = "suze-desk1", request: str = "r1") -> ev.MoveRequested:
    return ev.MoveRequested(request=request, subscriber=SUZE, device=DeviceId(to))


def ringing(to: str = "suze-desk1", who: SubscriberContext | None = None) -> Ladder:
    """The INVITE to that telephone is out."""
    ladder = outside()
    ladder.tell(push(to))
    ladder.load(who or suze(), None, binding("suze-desk1"))
    ladder.offers()
    return ladder


def answers(ladder: Ladder) -> list[tuple[bool, str | None]]:
    return [(one.done, one.explanation) for one in ladder.of(cmd.AnswerRequest)]


def test_telephone_rings_with_the_far_partys_media_while_the_two_talk_on() -> None:
    ladder = ringing()
    assert ladder.of(cmd.OfferMedia)[-1] == cmd.OfferMedia(pair=N1, from_leg=B1, to_leg=C1, sdp=sdp("piet"))
    invited = ladder.of(cmd.Originate)[-1]
    assert (invited.leg, invited.identity.number) == (C1, "+31301112233")
    assert invited.icid is None, "a session of its own"
    assert answers(ladder) == [(True, None)]
    live = ladder.live()
    assert live is not None
    assert (live.calling.device, live.calling.ringing) == ("suze-mobile", ("suze-desk1",))
    for kind in (cmd.Reoffer, cmd.EndLeg, cmd.BlockMedia):
        assert ladder.of(kind) == []


def test_it_is_picked_up_and_the_far_party_moves() -> None:
    ladder = ringing()
    ladder.tell(ev.LegRinging(leg=C1, status=180))
    ladder.tell(ev.LegAnswered(leg=C1, sdp=sdp("desk"), to_tag="t"))
    assert ladder.last[-1] == cmd.AnswerMedia(pair=N1, offering_leg=B1, answering_leg=C1, sdp=sdp("desk"))
    ladder.answers()
    assert [one.leg for one in ladder.of(cmd.Reoffer, last=True)] == [B1]
    assert ladder.of(cmd.EndLeg) == []
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A]
    assert ladder.of(cmd.DeleteMedia) == [cmd.DeleteMedia(pair=M1)]
    ladder.tell(ev.LegEnded(leg=C1, cause="bye"))
    assert [leg.leg for leg in ladder.record.legs] == [A, C1, B1]
    assert [one.payer.subscription for one in ladder.record.segments] == ["suze-sim", "suze-line"]


def test_far_party_describes_something_new_when_it_moves() -> None:
    ladder = ringing()
    ladder.tell(ev.LegAnswered(leg=C1, sdp=sdp("desk"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("elsewhere")))
    assert ladder.last == (cmd.OfferMedia(pair=N1, from_leg=B1, to_leg=C1, sdp=sdp("elsewhere")),)
    ladder.offers()
    assert ladder.last == (cmd.AnswerMedia(pair=N1, offering_leg=B1, answering_leg=C1, sdp=sdp("desk")),)
    ladder.answers()
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A]


def test_handset_is_asked_to_press_1_before_it_has_the_call() -> None:
    """Else the far party would be left with a mailbox."""
    ladder = outside()
    ladder.tell(joined("j1", "suze", "suze-desk1"))
    ladder.offers()
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    ladder.answers()
    ladder.tell(ev.LegConfirmed(leg=LegId("j1")))
    ladder.tell(push("suze-mobile"))
    ladder.load(suze(), None)
    ladder.offers()
    leg = ladder.of(cmd.Originate)[-1].leg
    ladder.tell(ev.LegAnswered(leg=leg, sdp=sdp("mailbox"), to_tag="t"))
    assert [one.leg for one in ladder.of(cmd.BlockMedia, last=True)] == [leg]
    ladder.answers()
    (question,) = ladder.of(cmd.PlayAnnouncement, last=True)
    assert question.announcements == (Announcement.PRESS_ONE,)
    ladder.tell(ev.DigitPressed(leg=leg, digit="5"))
    assert ladder.last == ()
    reoffers = len(ladder.of(cmd.Reoffer))
    ladder.tell(ev.DigitPressed(leg=leg, digit="1"))
    assert len(ladder.of(cmd.Reoffer)) == reoffers + 1
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    live = ladder.live()
    assert live is not None
    assert live.calling.device == "suze-mobile"


def nothing_was_touched(ladder: Ladder) -> None:
    for kind in (cmd.Reoffer, cmd.PlayMusic):
        assert ladder.of(kind) == []
    assert A not in {one.leg for one in ladder.of(cmd.EndLeg)}
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.calling.device, live.calling.ringing) == (
        LivePhase.ESTABLISHED,
        "suze-mobile",
        (),
    )
    ladder.tell(push(request="again"))
    assert ladder.of(cmd.LoadContext, last=True)


@pytest.mark.parametrize(
    "event",
    [
        ev.LegRejected(leg=C1, status=486),
        ev.LegRejected(leg=C1, status=603),
        ev.LegEnded(leg=C1, cause="transport"),
        ev.LegAnswered(leg=C1, sdp=None, to_tag="t"),
        ev.TimerFired(name="move"),
    ],
)
def test_nobody_answers_and_nothing_was_touched(event: ev.AnyEvent) -> None:
    ladder = ringing()
    ladder.tell(event)
    assert cmd.DeleteMedia(pair=N1) in ladder.last
    nothing_was_touched(ladder)


def test_rtpengine_cannot_make_the_offer() -> None:
    ladder = outside()
    ladder.tell(push())
    ladder.load(suze(), None, binding("suze-desk1"))
    ladder.tell(ev.MediaFailed(pair=N1, reason="full"))
    nothing_was_touched(ladder)


def test_far_party_refuses_and_the_new_telephone_is_released() -> None:
    ladder = ringing()
    ladder.tell(ev.LegAnswered(leg=C1, sdp=sdp("desk"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.LegReofferRejected(leg=B1, status=488))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [C1]
    assert ladder.of(cmd.DeleteMedia) == [cmd.DeleteMedia(pair=N1)]
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert len(ladder.record.segments) == 1


def test_new_telephone_hangs_up_while_the_far_party_moves_and_it_comes_back() -> None:
    ladder = ringing()
    ladder.tell(ev.LegAnswered(leg=C1, sdp=sdp("desk"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.LegEnded(leg=C1, cause="bye"))
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    assert [one.leg for one in ladder.of(cmd.Reoffer, last=True)] == [B1]
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    assert ladder.of(cmd.EndLeg) == []
    assert {one.pair for one in ladder.of(cmd.DeleteMedia)} == {N1}


def test_telephone_that_is_dialled_from_takes_the_call_and_the_others_stop_ringing() -> None:
    ladder = ringing()
    ladder.tell(joined("j1", "suze", "suze-desk2"))
    assert [one.leg for one in ladder.of(cmd.CancelLeg, last=True)] == [C1]
    assert ladder.of(cmd.OfferMedia, last=True)[0].from_leg == "j1"


# Refusals.


def test_what_cannot_be_is_refused() -> None:
    ladder = outside()
    ladder.tell(push("suze-mobile"))
    ladder.tell(ev.MoveRequested(request="r2", subscriber=SubscriberId("piet"), device=DeviceId("x")))
    ladder.tell(push())
    ladder.tell(push("suze-desk2", "r3"))
    assert [done for done, _ in answers(ladder)] == [False, False, False]
    ladder.tell(ev.ContextFailed(reason="away"))
    assert ladder.of(cmd.AnswerRequest)[-1].because is RefusedBecause.AWAY
    ladder.tell(push())
    ladder.load(suze(), None)
    assert ladder.of(cmd.AnswerRequest)[-1].because is RefusedBecause.NOT_REACHABLE


def test_user_whose_pack_has_no_pull_is_refused() -> None:
    ladder = outside()
    ladder.tell(push())
    ladder.load(suze(pack=ServicePack.BUSINESS_PLUS), None, binding("suze-desk1"))
    assert ladder.of(cmd.AnswerRequest)[-1].because is RefusedBecause.BARRED


def test_app_is_told_when_the_call_ends_before_it_is_decided() -> None:
    ladder = outside()
    ladder.tell(push())
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    assert answers(ladder) == [(False, "the call is over")]


def test_emergency_call_is_not_moved_and_not_held() -> None:
    ladder = Ladder()
    ladder.tell(invite("0800-0113"))
    ladder.load(suze(), None)
    ladder.offers()
    ladder.answer()
    ladder.tell(push())
    ladder.tell(ev.HoldRequested(request="r2", subscriber=SUZE, on=True))
    assert [one.because for one in ladder.of(cmd.AnswerRequest)] == [RefusedBecause.EMERGENCY] * 2


def test_call_that_rings_is_neither_moved_nor_held() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(push())
    ladder.tell(ev.HoldRequested(request="r2", subscriber=SUZE, on=True))
    assert [done for done, _ in answers(ladder)] == [False, False]


# Hold from the app.


def held(on: bool, request: str = "h", user: str = "suze") -> ev.HoldRequested:
    return ev.HoldRequested(request=request, subscriber=SubscriberId(user), on=on)


def sound(ladder: Ladder) -> list[str]:
    kinds = (cmd.BlockMedia, cmd.UnblockMedia, cmd.PlayMusic, cmd.StopMusic)
    return [f"{type(one).__name__} {one.leg}" for one in ladder.last if isinstance(one, kinds)]


def test_app_holds_and_resumes_and_no_telephone_is_asked() -> None:
    ladder = outside()
    ladder.tell(held(True))
    assert sound(ladder) == [f"BlockMedia {A}", f"BlockMedia {B1}", f"PlayMusic {B1}"]
    ladder.tell(held(True))
    assert sound(ladder) == [], "held already"
    ladder.tell(held(False))
    assert sound(ladder) == [f"StopMusic {B1}", f"UnblockMedia {A}", f"UnblockMedia {B1}"]
    ladder.tell(held(False))
    assert sound(ladder) == []
    assert [done for done, _ in answers(ladder)] == [True] * 4
    assert ladder.of(cmd.Reoffer) == []


def test_both_hold_one_in_the_app_and_one_at_the_telephone() -> None:
    ladder = outside()
    ladder.tell(held(True))
    ladder.tell(ev.LegReoffered(leg=B1, sdp=sdp("piet", direction="sendonly"), method="INVITE"))
    ladder.offers()
    ladder.answers()
    assert sound(ladder) == [f"StopMusic {B1}"]
    ladder.tell(held(False))
    assert sound(ladder) == [f"PlayMusic {A}"]
    ladder.tell(held(True, "x", "nobody"))
    assert answers(ladder)[-1][0] is False


def test_what_the_telephone_holds_the_app_cannot_resume() -> None:
    ladder = outside()
    ladder.tell(ev.LegReoffered(leg=A, sdp=sdp("suze", direction="sendonly"), method="INVITE"))
    ladder.offers()
    ladder.answers()
    ladder.tell(held(False))
    assert answers(ladder) == [(False, "the telephone itself holds the call")]
    assert sound(ladder) == []


def test_hold_during_a_pull_holds_the_new_telephone_too() -> None:
    ladder = outside()
    ladder.tell(joined("j1", "suze", "suze-desk1"))
    ladder.tell(held(True))
    assert sound(ladder) == [f"BlockMedia {A}", f"BlockMedia {B1}", f"PlayMusic {B1}"]
    ladder.tell(ev.MediaOffered(pair=N1, from_leg=LegId("j1"), to_leg=B1, sdp=sdp("for far")))
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("far")))
    ladder.answers()
    ladder.tell(ev.LegConfirmed(leg=LegId("j1")))
    assert sound(ladder) == ["BlockMedia j1", f"BlockMedia {B1}", f"PlayMusic {B1}"]
    assert {one.pair for one in ladder.of(cmd.PlayMusic, last=True)} == {N1}
