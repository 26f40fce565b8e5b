"""``*11``: a telephone of the user takes the call over, or hears why not; the other side stays."""

from __future__ import annotations

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.choosing import BEING_MOVED, SAME_DEVICE, UNTOUCHABLE
from fmc_gateway.call.moving import NO_MEDIA, REFUSED
from hipper.contracts.calls import AttemptOutcome, CallOutcome, LegRole, LivePhase
from hipper.contracts.talks import TalkEnded, TalkMoved, TalkStarted
from hipper.pbx.ids import LegId, PairId
from hipper.pbx.model import Announcement, TariffClass
from hipper.telephony.sdp.offer_answer import direction_of
from tests.fmc_gateway.call.kit import (
    B1,
    M1,
    A,
    Ladder,
    binding,
    invite,
    joined,
    music_of,
    piet,
    sdp,
    suze,
)

J, J2 = LegId("j1"), LegId("j2")
N1, N2 = PairId("c1-n1"), PairId("c1-n2")


def outside() -> Ladder:
    """Suze's handset (A) talks to the PSTN (B1) in pair M1."""
    ladder = Ladder()
    ladder.ring_outside()
    ladder.answer()
    ladder.tell(ev.LegConfirmed(leg=A))
    return ladder


def pull(ladder: Ladder, leg: LegId = J, device: str = "suze-desk1", user: str = "suze") -> None:
    ladder.tell(joined(leg, user, device))


def asked(ladder: Ladder) -> LegId:
    """The one who stays was sent the re-INVITE."""
    (ask,) = ladder.of(cmd.OfferMedia, last=True)
    made = sdp(f"for {ask.to_leg} in {ask.pair}")
    ladder.tell(ev.MediaOffered(pair=ask.pair, from_leg=ask.from_leg, to_leg=ask.to_leg, sdp=made))
    (reoffer,) = ladder.of(cmd.Reoffer, last=True)
    return reoffer.leg


def bridged(ladder: Ladder, leg: LegId = J) -> LegId:
    """All goes well."""
    stays = asked(ladder)
    ladder.tell(ev.LegReofferAnswered(leg=stays, sdp=sdp("far")))
    ladder.answers()
    ladder.tell(ev.LegConfirmed(leg=leg))
    return stays


def back(ladder: Ladder) -> list[str]:
    """Why legs were handed back."""
    return [one.returned.explanation for one in ladder.of(cmd.ReturnLeg)]


def test_the_far_party_first_then_the_new_telephone_and_only_then_the_old_one() -> None:
    ladder = outside()
    pull(ladder)
    assert ladder.last == (cmd.OfferMedia(pair=N1, from_leg=J, to_leg=B1, sdp=sdp(J)),)
    ladder.offers()
    (reoffer,) = ladder.last
    assert isinstance(reoffer, cmd.Reoffer)
    assert reoffer.leg == B1
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("far")))
    assert ladder.last == (cmd.AnswerMedia(pair=N1, offering_leg=J, answering_leg=B1, sdp=sdp("far")),)
    ladder.answers()
    (answer,) = ladder.last
    assert isinstance(answer, cmd.AnswerLeg)
    assert answer.leg == J
    assert answer.connected is not None
    assert ladder.of(cmd.EndLeg) == []
    ladder.tell(ev.LegConfirmed(leg=J))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A]
    assert ladder.of(cmd.DeleteMedia) == [cmd.DeleteMedia(pair=M1)]
    live = ladder.live()
    assert live is not None
    assert (live.calling.device, live.calling.leg, live.phase) == ("suze-desk1", J, LivePhase.ESTABLISHED)
    assert ladder.of(cmd.WriteRecord) == []


def test_record_has_both_telephones_and_two_segments_with_their_payers() -> None:
    ladder = outside()
    pull(ladder)
    bridged(ladder)
    ladder.tell(ev.LegEnded(leg=J, cause="bye"), after_s=10)
    assert [(leg.leg, leg.role, leg.device) for leg in ladder.record.legs] == [
        (A, LegRole.CALLING, "suze-mobile"),
        (J, LegRole.CALLING, "suze-desk1"),
        (B1, LegRole.CALLED, None),
    ]
    first, second = ladder.record.segments
    assert (first.calling, first.called, first.payer.subscription) == (A, B1, "suze-sim")
    assert (second.calling, second.called, second.payer.subscription) == (J, B1, "suze-line")
    assert first.ended == second.started == ladder.leg(A).ended
    assert {one.payer.tariff for one in (first, second)} == {TariffClass.NATIONAL_FIXED}
    assert first.charged == second.charged == "suze", "the leg to the outside goes on costing what it did"
    assert ladder.record.started == ladder.leg(A).offered
    assert ladder.leg(A).ended_by == "gateway"
    assert ladder.record.outcome is CallOutcome.ANSWERED


def test_pulled_back_to_the_mobile_the_mobile_pays_again() -> None:
    ladder = outside()
    pull(ladder)
    bridged(ladder)
    pull(ladder, J2, "suze-mobile")
    bridged(ladder, J2)
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A, J]
    assert ladder.of(cmd.DeleteMedia) == [cmd.DeleteMedia(pair=M1), cmd.DeleteMedia(pair=N1)]
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    payers = [one.payer.subscription for one in ladder.record.segments]
    assert payers == ["suze-sim", "suze-line", "suze-sim"]


def test_called_user_pulls_and_the_colleague_who_called_stays_and_pays() -> None:
    ladder = Ladder()
    ladder.talk()
    pull(ladder, J, "piet-mobile", "piet")
    assert bridged(ladder) == A
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert [(one.calling, one.called, one.payer.subscription) for one in ladder.record.segments] == [
        (A, B1, "suze-sim"),
        (A, J, "suze-sim"),
    ]
    assert ladder.leg(J).payer is not None
    assert ladder.leg(J).role is LegRole.CALLED
    assert ladder.attempts()["piet-mobile"].outcome is AttemptOutcome.ANSWERED


def test_the_talk_moves_for_the_recorder() -> None:
    ladder = outside()
    pull(ladder)
    bridged(ladder)
    ladder.tell(ev.LegEnded(leg=J, cause="bye"))
    started, moved, ended = (one.talk for one in ladder.of(cmd.PublishTalk))
    assert isinstance(started, TalkStarted)
    assert isinstance(moved, TalkMoved)
    assert isinstance(ended, TalkEnded)
    assert (moved.ng_call_id, moved.segment, [tag.leg for tag in moved.tags]) == (N1, 1, [J, B1])
    assert ended.segment == 1


# Who may not.


@pytest.mark.parametrize(
    ("user", "device", "why"),
    [
        ("suze", "suze-mobile", SAME_DEVICE),
        ("piet", "piet-desk1", "no call of this user can be taken over"),
    ],
)
def test_who_cannot_have_it_is_handed_back(user: str, device: str, why: str) -> None:
    ladder = outside()
    ladder.tell(joined(J, user, device))
    assert back(ladder) == [why]
    assert len(ladder.last) == 1


def test_emergency_calls_are_left_alone() -> None:
    ladder = Ladder()
    ladder.tell(invite("112"))
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("112"), to_tag="t"))
    pull(ladder)
    assert back(ladder) == [UNTOUCHABLE]
    for number in ("113", "0800-0113"):
        never = Ladder()
        never.tell(invite(number))
        never.load(suze(), None)
        never.offers()
        never.answer()
        pull(never)
        assert back(never) == [UNTOUCHABLE]


def test_call_that_rings_cannot_be_taken() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    pull(ladder)
    assert back(ladder) == ["the call that was asked for is over"]


def test_handed_back_it_hears_so_in_a_call_of_its_own() -> None:
    ladder = Ladder()
    ladder.tell(ev.LegReturned(joined=joined(J, "suze", "suze-desk1"), explanation=BEING_MOVED))
    ladder.hear()
    (spoken,) = ladder.of(cmd.PlayAnnouncement)
    assert spoken.announcements == (Announcement.NOTHING_TO_PULL,)
    (refusal,) = ladder.of(cmd.RejectLeg)
    assert (refusal.leg, refusal.status, refusal.explanation) == (J, 480, BEING_MOVED)
    assert ladder.record.outcome is CallOutcome.SERVICE


# What goes wrong leaves the two who talk as they were.


def untouched(ladder: Ladder) -> None:
    """A and B1 talk in M1, and nothing else is there."""
    deleted = {one.pair for one in ladder.of(cmd.DeleteMedia)}
    made = {one.pair for one in ladder.of(cmd.OfferMedia)} - deleted
    assert made == {M1}
    assert ladder.of(cmd.EndLeg) == []
    ladder.tell(ev.LegReoffered(leg=A, sdp=sdp("suze", direction="sendonly", version=9), method="INVITE"))
    ladder.offers()
    ladder.answers()
    assert ladder.of(cmd.AnswerReoffer, last=True)
    assert ladder.of(cmd.PlayMusic, last=True) == [cmd.PlayMusic(pair=M1, leg=B1, music=music_of("suze"))]
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.call is None
    assert len(ladder.record.segments) == 1


@pytest.mark.parametrize("status", [488, 500, 603])
def test_far_party_refuses(status: int) -> None:
    ladder = outside()
    pull(ladder)
    asked(ladder)
    ladder.tell(ev.LegReofferRejected(leg=B1, status=status))
    assert back(ladder) == [REFUSED]
    untouched(ladder)


@pytest.mark.parametrize("status", [408, 481])
def test_far_partys_dialog_turns_out_dead(status: int) -> None:
    ladder = outside()
    pull(ladder)
    asked(ladder)
    ladder.tell(ev.LegReofferRejected(leg=B1, status=status))
    assert ladder.call is None
    assert back(ladder) == ["the call is over"]
    assert {one.leg for one in ladder.of(cmd.EndLeg)} == {A, B1}


def test_rtpengine_lost_before_the_far_party_was_asked() -> None:
    ladder = outside()
    pull(ladder)
    ladder.tell(ev.MediaFailed(pair=N1, reason="gone", no_rtpengine=True))
    assert back(ladder) == [NO_MEDIA]
    assert ladder.of(cmd.Reoffer) == []
    untouched(ladder)


def test_rtpengine_lost_after_the_far_party_moved_it_is_asked_back() -> None:
    ladder = outside()
    pull(ladder)
    asked(ladder)
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("far")))
    ladder.tell(ev.MediaFailed(pair=N1, reason="gone"))
    assert back(ladder) == [NO_MEDIA]
    asked_back(ladder)
    untouched(ladder)


def asked_back(ladder: Ladder) -> None:
    """The far party goes back to where it was, in a description with a higher version."""
    there, again = (one.sdp for one in ladder.of(cmd.Reoffer)[-2:])
    (before,) = ladder.of(cmd.Originate)
    assert again.split("m=")[1] == (before.sdp or "").split("m=")[1]
    assert int(again.split()[3]) > int(there.split()[3])
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))


def test_cancel_while_the_far_party_is_asked() -> None:
    ladder = outside()
    pull(ladder)
    asked(ladder)
    ladder.tell(ev.LegCancelled(leg=J))
    assert ladder.last == (), "only its answer is awaited"
    pull(ladder, J2, "suze-desk2")
    assert back(ladder) == [BEING_MOVED]
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("far")))
    asked_back(ladder)
    untouched(ladder)
    assert ladder.leg(J).status == 487


def test_cancel_crosses_our_200() -> None:
    ladder = outside()
    pull(ladder)
    asked(ladder)
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("far")))
    ladder.answers()
    assert ladder.of(cmd.AnswerLeg, last=True)
    ladder.tell(ev.LegCancelled(leg=J))
    asked_back(ladder)
    untouched(ladder)


def test_no_ack_from_the_new_telephone() -> None:
    ladder = outside()
    pull(ladder)
    asked(ladder)
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("far")))
    ladder.answers()
    ladder.tell(ev.LegEnded(leg=J, cause="no_ack"))
    asked_back(ladder)
    untouched(ladder)


def test_who_is_asked_back_describes_something_new_and_rtpengine_is_told() -> None:
    ladder = outside()
    pull(ladder)
    asked(ladder)
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("far")))
    ladder.tell(ev.MediaFailed(pair=N1, reason="gone"))
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("elsewhere")))
    assert ladder.last == (cmd.OfferMedia(pair=M1, from_leg=B1, to_leg=A, sdp=sdp("elsewhere")),)
    ladder.offers()
    assert ladder.last == (cmd.AnswerMedia(pair=M1, offering_leg=B1, answering_leg=A, sdp=sdp("suze")),)
    ladder.answers()
    untouched(ladder)


def test_who_will_not_go_back_leaves_no_call() -> None:
    ladder = outside()
    pull(ladder)
    asked(ladder)
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("far")))
    ladder.tell(ev.MediaFailed(pair=N1, reason="gone"))
    ladder.tell(ev.LegReofferRejected(leg=B1, status=488))
    assert ladder.call is None
    assert {one.leg for one in ladder.of(cmd.EndLeg)} == {A, B1}


# Races.


def test_two_telephones_at_once_one_wins_and_the_other_hears_a_clear_no() -> None:
    ladder = outside()
    pull(ladder)
    pull(ladder, J2, "suze-desk2")
    assert back(ladder) == [BEING_MOVED]
    assert ladder.last == tuple(ladder.of(cmd.ReturnLeg))
    ladder.tell(ev.MediaOffered(pair=N1, from_leg=J, to_leg=B1, sdp=sdp("for far")))
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("far")))
    ladder.answers()
    ladder.tell(ev.LegConfirmed(leg=J))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A]


def test_the_same_tap_twice() -> None:
    ladder = outside()
    pull(ladder)
    pull(ladder, J2, "suze-desk1")
    assert back(ladder) == [BEING_MOVED]


def test_pull_waits_for_the_end_of_the_far_sides_own_offer() -> None:
    ladder = outside()
    ladder.tell(ev.LegReoffered(leg=B1, sdp=sdp("new", version=4), method="INVITE"))
    pull(ladder)
    assert ladder.last == ()
    ladder.tell(ev.MediaOffered(pair=M1, from_leg=B1, to_leg=A, sdp=sdp("for suze")))
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for far")))
    assert [type(one) for one in ladder.last] == [cmd.AnswerReoffer, cmd.OfferMedia]
    assert bridged(ladder) == B1


def test_far_side_offers_while_it_is_asked() -> None:
    ladder = outside()
    pull(ladder)
    asked(ladder)
    ladder.tell(ev.LegReoffered(leg=B1, sdp=sdp("new", version=4), method="INVITE"))
    assert ladder.last == (cmd.RejectReoffer(leg=B1, status=491),)
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("far")))
    ladder.answers()
    ladder.tell(ev.LegConfirmed(leg=J))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A]


@pytest.mark.parametrize("first", [A, B1])
def test_both_sides_hang_up_during_a_pull(first: LegId) -> None:
    ladder = outside()
    pull(ladder)
    asked(ladder)
    for leg in (first, B1 if first == A else A):
        ladder.tell(ev.LegEnded(leg=leg, cause="bye"))
    assert ladder.call is None
    assert back(ladder) == ["the call is over"]
    assert {one.pair for one in ladder.of(cmd.DeleteMedia)} == {M1, N1}
    assert len(ladder.of(cmd.DeleteMedia)) == 2


def test_old_telephone_hung_up_in_time_is_no_end_of_the_call() -> None:
    ladder = outside()
    pull(ladder)
    asked(ladder)
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.last == ()
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("far")))
    ladder.answers()
    ladder.tell(ev.LegConfirmed(leg=J))
    assert ladder.of(cmd.EndLeg) == []
    live = ladder.live()
    assert live is not None
    assert live.calling.leg == J


def test_old_telephone_hangs_up_while_the_far_side_waits_for_its_answer() -> None:
    """Nobody would ever answer that offer: the far side may make it again, and the pull has its turn."""
    ladder = outside()
    ladder.tell(ev.LegReoffered(leg=B1, sdp=sdp("new", version=4), method="INVITE"))
    ladder.offers()
    pull(ladder)
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert [type(one) for one in ladder.last] == [cmd.RejectReoffer, cmd.OfferMedia]
    assert bridged(ladder) == B1
    live = ladder.live()
    assert live is not None
    assert live.calling.leg == J


def test_old_telephone_hangs_up_in_its_own_offer_and_the_far_side_still_answers_it() -> None:
    ladder = outside()
    ladder.tell(ev.LegReoffered(leg=A, sdp=sdp("new", version=4), method="INVITE"))
    ladder.offers()
    pull(ladder)
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert ladder.last == ()
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    ladder.answers()
    assert ladder.of(cmd.OfferMedia, last=True)[0].pair == N1
    assert bridged(ladder) == B1


def test_old_telephone_hung_up_and_the_pull_fails() -> None:
    ladder = outside()
    pull(ladder)
    asked(ladder)
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    ladder.tell(ev.LegReofferRejected(leg=B1, status=488))
    assert ladder.call is None
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [B1]
    assert back(ladder) == [REFUSED]


def test_new_telephone_hangs_up_before_the_far_party_is_asked() -> None:
    ladder = outside()
    pull(ladder)
    ladder.tell(ev.LegCancelled(leg=J))
    assert ladder.of(cmd.DeleteMedia) == [cmd.DeleteMedia(pair=N1)]
    ladder.tell(ev.MediaOffered(pair=N1, from_leg=J, to_leg=B1, sdp=sdp("late")))
    assert ladder.last == ()
    untouched(ladder)


# Hold goes along.


def hold(ladder: Ladder, leg: LegId, direction: str) -> None:
    described = sdp("suze" if leg == A else "piet", direction=direction, version=5)
    ladder.tell(ev.LegReoffered(leg=leg, sdp=described, method="INVITE"))
    ladder.offers()
    ladder.answers()


def test_the_users_own_hold_ends_with_the_telephone_that_held() -> None:
    ladder = outside()
    hold(ladder, A, "sendonly")
    pull(ladder)
    bridged(ladder)
    assert ladder.of(cmd.BlockMedia, last=True) == []
    live = ladder.live()
    assert live is not None
    assert live.phase is LivePhase.ESTABLISHED


def test_far_party_that_holds_goes_on_holding_in_the_new_media() -> None:
    """It answers the re-INVITE as one who holds; the new telephone may talk all the same, and hears music."""
    ladder = outside()
    hold(ladder, B1, "sendonly")
    pull(ladder)
    asked(ladder)
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet", direction="sendonly", version=6)))
    ladder.tell(ev.MediaAnswered(pair=N1, sdp=sdp("for j1", direction="sendonly")))
    (answer,) = ladder.of(cmd.AnswerLeg, last=True)
    assert direction_of(answer.sdp or "") == "sendrecv"
    ladder.tell(ev.LegConfirmed(leg=J))
    assert {one.leg for one in ladder.of(cmd.BlockMedia, last=True)} == {J, B1}
    assert ladder.of(cmd.PlayMusic, last=True) == [cmd.PlayMusic(pair=N1, leg=J)]
    live = ladder.live()
    assert live is not None
    assert live.phase is LivePhase.HELD


def test_desk_phone_of_the_called_user_takes_it_from_the_users_mobile() -> None:
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"), devices=piet().devices)
    ladder.answer()
    pull(ladder, J, "piet-mobile", "piet")
    assert bridged(ladder) == A
