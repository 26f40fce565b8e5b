"""Hold, resume, and other offers within a call."""

from __future__ import annotations

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.calls import LivePhase
from hipper.pbx.ids import LegId, PairId
from hipper.telephony.sdp.offer_answer import direction_of
from tests.fmc_gateway.call.kit import (
    B1,
    B2,
    M1,
    M2,
    A,
    Ladder,
    binding,
    invite,
    music_of,
    piet,
    sdp,
    suze,
)

OTHER = {A: B1, B1: A}
NAME = {A: "suze", B1: "piet"}


def talking() -> Ladder:
    ladder = Ladder()
    ladder.talk()
    return ladder


def outside() -> Ladder:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.answer()
    ladder.tell(ev.LegConfirmed(leg=A))
    return ladder


def offer(ladder: Ladder, leg: LegId, direction: str, **changes: str) -> None:
    """``leg`` re-offers its audio with ``direction``, and rtpengine does what it is asked."""
    described = sdp(NAME[leg], direction=direction, version=2, **changes)
    ladder.tell(ev.LegReoffered(leg=leg, sdp=described, method="INVITE"))
    made = ev.MediaOffered(pair=M1, from_leg=leg, to_leg=OTHER[leg], sdp=sdp("unused"))
    ladder.tell(made)
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp(f"for {leg}")))


def music(ladder: Ladder) -> list[tuple[str, str]]:
    """What was done to the sound by the last event, in order."""
    kinds = (cmd.BlockMedia, cmd.UnblockMedia, cmd.PlayMusic, cmd.StopMusic)
    return [(type(one).__name__, one.leg) for one in ladder.last if isinstance(one, kinds)]


@pytest.mark.parametrize("leg", [A, B1])
@pytest.mark.parametrize(("offered", "answered"), [("sendonly", "recvonly"), ("inactive", "inactive")])
def test_hold_is_answered_here_and_the_other_hears_music(leg: LegId, offered: str, answered: str) -> None:
    ladder = talking()
    described = sdp(NAME[leg], direction=offered, version=2)
    assert ladder.tell(ev.LegReoffered(leg=leg, sdp=described, method="INVITE")) == (
        cmd.OfferMedia(pair=M1, from_leg=leg, to_leg=OTHER[leg], sdp=described),
    )
    made = ev.MediaOffered(pair=M1, from_leg=leg, to_leg=OTHER[leg], sdp=sdp("unused"))
    assert ladder.tell(made) == (
        cmd.AnswerMedia(pair=M1, offering_leg=leg, answering_leg=OTHER[leg], sdp=sdp(NAME[OTHER[leg]])),
    )
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("answer")))
    reoffer = ladder.last[0]
    assert isinstance(reoffer, cmd.AnswerReoffer)
    assert (reoffer.leg, direction_of(reoffer.sdp)) == (leg, answered)
    assert music(ladder) == [("BlockMedia", A), ("BlockMedia", B1), ("PlayMusic", OTHER[leg])]
    live = ladder.live()
    assert live is not None
    assert live.phase is LivePhase.HELD
    assert (live.calling.holds, live.called.holds) == (leg == A, leg == B1)
    assert ladder.of(cmd.Reoffer) == []


@pytest.mark.parametrize(("leg", "holder"), [(A, "suze"), (B1, "piet")])
def test_music_is_that_of_the_one_who_holds(leg: LegId, holder: str) -> None:
    """Also when a telephone of that user takes the place of the one that holds; which recording, or none, is
    looked up then."""
    ladder = talking()
    offer(ladder, leg, "sendonly")
    (played,) = ladder.of(cmd.PlayMusic)
    assert played == cmd.PlayMusic(pair=M1, leg=OTHER[leg], music=music_of(holder))


def test_who_is_held_from_outside_hears_the_music_of_the_exchange() -> None:
    ladder = outside()
    offer(ladder, B1, "sendonly")
    assert ladder.of(cmd.PlayMusic) == [cmd.PlayMusic(pair=M1, leg=A, music=cmd.MusicSource())]


def test_hold_the_old_way_with_a_null_address() -> None:
    ladder = talking()
    offer(ladder, B1, "sendrecv", address="0.0.0.0")
    assert direction_of(ladder.of(cmd.AnswerReoffer)[0].sdp) == "recvonly"
    assert music(ladder)[-1] == ("PlayMusic", A)


@pytest.mark.parametrize("leg", [A, B1])
def test_resume_undoes_the_hold(leg: LegId) -> None:
    ladder = talking()
    offer(ladder, leg, "sendonly")
    offer(ladder, leg, "sendrecv")
    assert music(ladder) == [("StopMusic", OTHER[leg]), ("UnblockMedia", A), ("UnblockMedia", B1)]
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.calling.holds, live.called.holds) == (LivePhase.ESTABLISHED, False, False)
    assert direction_of(ladder.of(cmd.AnswerReoffer)[-1].sdp) == "sendrecv"
    assert ladder.of(cmd.Reoffer) == []


def test_answers_have_rising_versions() -> None:
    ladder = talking()
    for direction in ("sendonly", "sendrecv", "inactive"):
        offer(ladder, A, direction)
    versions = [int(one.sdp.split()[3]) for one in ladder.of(cmd.AnswerReoffer)]
    assert versions == [2, 3, 4]


def test_both_hold_and_nobody_hears_music() -> None:
    ladder = talking()
    offer(ladder, A, "sendonly")
    offer(ladder, B1, "sendonly")
    assert music(ladder) == [("StopMusic", B1)]
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.calling.holds, live.called.holds) == (LivePhase.HELD, True, True)
    offer(ladder, A, "sendrecv")
    assert music(ladder) == [("PlayMusic", A)]
    assert direction_of(ladder.of(cmd.AnswerReoffer)[-1].sdp) == "sendrecv"
    offer(ladder, B1, "sendrecv")
    assert music(ladder) == [("StopMusic", A), ("UnblockMedia", A), ("UnblockMedia", B1)]


def test_hold_repeated_changes_nothing_but_is_answered() -> None:
    ladder = talking()
    offer(ladder, A, "sendonly")
    offer(ladder, A, "inactive")
    assert music(ladder) == []
    assert direction_of(ladder.of(cmd.AnswerReoffer)[-1].sdp) == "inactive"


def test_held_party_reoffers_and_the_holder_is_not_disturbed() -> None:
    ladder = talking()
    offer(ladder, A, "sendonly")
    offer(ladder, B1, "sendrecv")
    assert ladder.of(cmd.Reoffer) == []
    assert music(ladder) == []
    assert direction_of(ladder.of(cmd.AnswerReoffer)[-1].sdp) == "sendrecv"


def test_media_timeout_is_expected_when_both_hold_and_fatal_when_one_does() -> None:
    both = talking()
    offer(both, A, "inactive")
    offer(both, B1, "inactive")
    assert both.tell(ev.MediaTimedOut(pair=M1)) == ()
    one = talking()
    offer(one, A, "sendonly")
    one.tell(ev.MediaTimedOut(pair=M1))
    assert one.call is None


def test_call_on_hold_ends_like_any_other() -> None:
    ladder = talking()
    offer(ladder, A, "sendonly")
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    assert ladder.of(cmd.EndLeg) == [cmd.EndLeg(leg=A, reason=None)]
    assert ladder.call is None


# Offers that go through.


def more(name: str) -> str:
    """The same party, and video."""
    return sdp(name, version=2) + "m=video 4000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"


@pytest.mark.parametrize("leg", [A, B1])
def test_offer_with_other_media_goes_through_and_the_answer_back(leg: LegId) -> None:
    ladder = talking()
    other = OTHER[leg]
    asked = ladder.tell(ev.LegReoffered(leg=leg, sdp=more(NAME[leg]), method="INVITE"))
    assert asked == (cmd.OfferMedia(pair=M1, from_leg=leg, to_leg=other, sdp=more(NAME[leg])),)
    passed = ladder.tell(ev.MediaOffered(pair=M1, from_leg=leg, to_leg=other, sdp=more("through")))
    assert passed == (cmd.Reoffer(leg=other, sdp=more("through")),)
    answered = ladder.tell(ev.LegReofferAnswered(leg=other, sdp=more(NAME[other])))
    assert answered == (
        cmd.AnswerMedia(pair=M1, offering_leg=leg, answering_leg=other, sdp=more(NAME[other])),
    )
    assert ladder.tell(ev.MediaAnswered(pair=M1, sdp=more("back"))) == (
        cmd.AnswerReoffer(leg=leg, sdp=more("back")),
    )
    offer(ladder, leg, "sendonly")
    # From now on the other side's new description is what a hold is answered with.
    assert ladder.of(cmd.AnswerMedia)[-1].sdp == more(NAME[other])


def test_refused_offer_is_refused_and_rtpengine_is_told_the_old_one_again() -> None:
    ladder = talking()
    ladder.tell(ev.LegReoffered(leg=A, sdp=more("suze"), method="INVITE"))
    ladder.tell(ev.MediaOffered(pair=M1, from_leg=A, to_leg=B1, sdp=more("through")))
    assert ladder.tell(ev.LegReofferRejected(leg=B1, status=488)) == (
        cmd.RejectReoffer(leg=A, status=488),
        cmd.OfferMedia(pair=M1, from_leg=A, to_leg=B1, sdp=sdp("suze")),
    )
    assert ladder.tell(ev.LegReoffered(leg=A, sdp=more("suze"), method="INVITE")) == (
        cmd.RejectReoffer(leg=A, status=491),
    )
    assert ladder.tell(ev.MediaOffered(pair=M1, from_leg=A, to_leg=B1, sdp=sdp("unused"))) == (
        cmd.AnswerMedia(pair=M1, offering_leg=A, answering_leg=B1, sdp=sdp("piet")),
    )
    assert ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("unused"))) == ()
    offer(ladder, A, "sendonly")
    assert music(ladder)[-1] == ("PlayMusic", B1)


@pytest.mark.parametrize(("leg", "status"), [(A, 481), (B1, 408)])
def test_offer_finds_the_other_dialog_dead_and_the_call_ends(leg: LegId, status: int) -> None:
    ladder = talking()
    ladder.tell(ev.LegReoffered(leg=leg, sdp=more(NAME[leg]), method="INVITE"))
    ladder.tell(ev.MediaOffered(pair=M1, from_leg=leg, to_leg=OTHER[leg], sdp=more("through")))
    ladder.tell(ev.LegReofferRejected(leg=OTHER[leg], status=status))
    assert ladder.of(cmd.RejectReoffer) == [cmd.RejectReoffer(leg=leg, status=487)]
    assert {one.leg for one in ladder.of(cmd.EndLeg)} == {A, B1}
    assert ladder.call is None


def test_offers_of_both_sides_overlap() -> None:
    ladder = talking()
    ladder.tell(ev.LegReoffered(leg=A, sdp=more("suze"), method="INVITE"))
    assert ladder.tell(ev.LegReoffered(leg=B1, sdp=more("piet"), method="INVITE")) == (
        cmd.RejectReoffer(leg=B1, status=491),
    )
    assert ladder.tell(ev.LegReoffered(leg=A, sdp=more("suze"), method="UPDATE")) == (
        cmd.RejectReoffer(leg=A, status=500),
    )


# A re-INVITE without an offer.


@pytest.mark.parametrize("leg", [A, B1])
def test_offerless_reinvite_gets_our_offer_and_the_ack_answers(leg: LegId) -> None:
    ladder = talking()
    other = OTHER[leg]
    assert ladder.tell(ev.LegReoffered(leg=leg, sdp=None, method="INVITE")) == (
        cmd.OfferMedia(pair=M1, from_leg=other, to_leg=leg, sdp=sdp(NAME[other])),
    )
    (answer,) = ladder.tell(ev.MediaOffered(pair=M1, from_leg=other, to_leg=leg, sdp=sdp("ours", version=9)))
    assert answer == cmd.AnswerReoffer(leg=leg, sdp=sdp("ours", version=9))
    assert ladder.tell(ev.LegReofferAnswered(leg=leg, sdp=sdp(NAME[leg], version=5))) == (
        cmd.AnswerMedia(pair=M1, offering_leg=other, answering_leg=leg, sdp=sdp(NAME[leg], version=5)),
    )
    assert ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("unused"))) == ()
    assert ladder.tell(ev.LegReoffered(leg=leg, sdp=None, method="INVITE")) != ()


def test_offerless_reinvite_whose_ack_holds() -> None:
    ladder = talking()
    ladder.tell(ev.LegReoffered(leg=A, sdp=None, method="INVITE"))
    ladder.tell(ev.MediaOffered(pair=M1, from_leg=B1, to_leg=A, sdp=sdp("ours")))
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze", direction="sendonly")))
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("unused")))
    assert music(ladder)[-1] == ("PlayMusic", B1)


def test_offerless_reinvite_of_a_held_party_is_offered_both_ways() -> None:
    ladder = talking()
    offer(ladder, B1, "sendonly")
    ladder.tell(ev.LegReoffered(leg=A, sdp=None, method="INVITE"))
    ladder.tell(
        ev.MediaOffered(pair=M1, from_leg=B1, to_leg=A, sdp=sdp("ours", direction="sendonly", version=9))
    )
    assert direction_of(ladder.of(cmd.AnswerReoffer)[-1].sdp) == "sendrecv"


def test_ack_without_an_answer_leaves_everything_as_it_was() -> None:
    ladder = talking()
    ladder.tell(ev.LegReoffered(leg=A, sdp=None, method="INVITE"))
    ladder.tell(ev.MediaOffered(pair=M1, from_leg=B1, to_leg=A, sdp=sdp("ours")))
    assert ladder.tell(ev.LegReofferAnswered(leg=A, sdp=None)) == ()
    offer(ladder, A, "sendonly")
    assert music(ladder)[-1] == ("PlayMusic", B1)


# rtpengine fails, parties leave.


@pytest.mark.parametrize(("gone", "status"), [(False, 500), (True, 503)])
def test_rtpengine_fails_a_hold_and_the_call_goes_on(gone: bool, status: int) -> None:
    ladder = talking()
    ladder.tell(ev.LegReoffered(leg=A, sdp=sdp("suze", direction="sendonly"), method="INVITE"))
    assert ladder.tell(ev.MediaFailed(pair=M1, reason="x", no_rtpengine=gone)) == (
        cmd.RejectReoffer(leg=A, status=status),
    )
    assert ladder.state == "Talking"
    offer(ladder, A, "sendonly")
    assert music(ladder)[-1] == ("PlayMusic", B1)


def test_rtpengine_fails_after_the_other_side_agreed_and_the_call_ends() -> None:
    ladder = talking()
    ladder.tell(ev.LegReoffered(leg=A, sdp=more("suze"), method="INVITE"))
    ladder.tell(ev.MediaOffered(pair=M1, from_leg=A, to_leg=B1, sdp=more("through")))
    assert ladder.tell(ev.MediaFailed(pair=M1, reason="x")) == ()
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=more("piet")))
    ladder.tell(ev.MediaFailed(pair=M1, reason="x"))
    assert ladder.last[0] == cmd.RejectReoffer(leg=A, status=487)
    assert {one.leg for one in ladder.of(cmd.EndLeg)} == {A, B1}
    assert ladder.call is None


def test_rtpengine_cannot_restore_the_old_media_and_the_call_ends() -> None:
    ladder = talking()
    ladder.tell(ev.LegReoffered(leg=A, sdp=more("suze"), method="INVITE"))
    ladder.tell(ev.MediaOffered(pair=M1, from_leg=A, to_leg=B1, sdp=more("through")))
    ladder.tell(ev.LegReofferRejected(leg=B1, status=488))
    ladder.tell(ev.MediaFailed(pair=M1, reason="x"))
    assert ladder.of(cmd.RejectReoffer) == [cmd.RejectReoffer(leg=A, status=488)]
    assert ladder.call is None


def test_media_failure_without_an_exchange_is_nothing() -> None:
    ladder = talking()
    assert ladder.tell(ev.MediaFailed(pair=M1, reason="x")) == ()
    assert ladder.state == "Talking"


def test_party_leaves_while_the_other_ones_offer_is_unanswered() -> None:
    ladder = talking()
    ladder.tell(ev.LegReoffered(leg=A, sdp=more("suze"), method="INVITE"))
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    assert ladder.last[:2] == (cmd.RejectReoffer(leg=A, status=487), cmd.EndLeg(leg=A, reason=None))
    own = talking()
    own.tell(ev.LegReoffered(leg=A, sdp=more("suze"), method="INVITE"))
    own.tell(ev.LegEnded(leg=A, cause="bye"))
    assert own.of(cmd.RejectReoffer) == []


def test_hang_up_is_asked_for_while_an_offer_is_unanswered() -> None:
    ladder = talking()
    ladder.tell(ev.LegReoffered(leg=B1, sdp=more("piet"), method="INVITE"))
    ladder.tell(ev.HangUpRequested(by="operator"))
    assert ladder.last[0] == cmd.RejectReoffer(leg=B1, status=487)
    offered = talking()
    offered.tell(ev.LegReoffered(leg=B1, sdp=None, method="INVITE"))
    offered.tell(ev.MediaOffered(pair=M1, from_leg=A, to_leg=B1, sdp=sdp("ours")))
    offered.tell(ev.HangUpRequested(by="operator"))
    assert offered.of(cmd.RejectReoffer) == []


def test_answers_that_belong_to_nothing_change_nothing() -> None:
    ladder = talking()
    for event in (
        ev.MediaOffered(pair=M1, from_leg=A, to_leg=B1, sdp=sdp("x")),
        ev.MediaAnswered(pair=M1, sdp=sdp("x")),
        ev.LegReofferAnswered(leg=B1, sdp=sdp("x")),
        ev.LegReofferRejected(leg=B1, status=491),
    ):
        assert ladder.tell(event) == ()
    ladder.tell(ev.LegReoffered(leg=A, sdp=more("suze"), method="INVITE"))
    before = ladder.call
    for event in (
        ev.MediaOffered(pair=PairId("x"), from_leg=A, to_leg=B1, sdp=sdp("x")),
        ev.LegReofferAnswered(leg=B1, sdp=sdp("x")),
        ev.LegReofferRejected(leg=B1, status=491),
        ev.MediaFailed(pair=PairId("x"), reason="x"),
    ):
        assert ladder.tell(event) == ()
        assert ladder.call == before
    ladder.tell(ev.MediaOffered(pair=M1, from_leg=A, to_leg=B1, sdp=more("through")))
    assert ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("x"))) == ()
    assert ladder.tell(ev.LegReofferRejected(leg=A, status=488)) == ()
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=more("piet")))
    assert ladder.tell(ev.MediaAnswered(pair=PairId("x"), sdp=sdp("x"))) == ()


def test_offer_on_a_leg_that_is_not_talking_is_481() -> None:
    ladder = talking()
    assert ladder.tell(ev.LegReoffered(leg=LegId("x"), sdp=sdp("x"), method="INVITE")) == (
        cmd.RejectReoffer(leg=LegId("x"), status=481),
    )


# UPDATE in early dialogs.


def test_update_before_the_callers_offer_is_answered_is_500() -> None:
    ladder = Ladder()
    ladder.tell(invite())
    update = ev.LegReoffered(leg=A, sdp=sdp("suze"), method="UPDATE")
    assert ladder.tell(update) == (cmd.RejectReoffer(leg=A, status=500),)
    ladder.load(suze(), piet(), binding("piet-desk1"))
    assert ladder.tell(update) == (cmd.RejectReoffer(leg=A, status=500),)


def test_update_of_the_caller_after_early_media() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("pstn"), to_tag="t"))
    ladder.tell(ev.MediaAnswered(pair=M1, sdp=sdp("for a")))
    same = sdp("suze", version=2)
    assert ladder.tell(ev.LegReoffered(leg=A, sdp=same, method="UPDATE")) == (
        cmd.AnswerReoffer(leg=A, sdp=sdp("for a")),
    )
    assert ladder.tell(ev.LegReoffered(leg=A, sdp=more("suze"), method="UPDATE")) == (
        cmd.RejectReoffer(leg=A, status=504),
    )


def test_update_of_a_called_leg() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    update = ev.LegReoffered(leg=B1, sdp=sdp("pstn", version=2), method="UPDATE")
    assert ladder.tell(update) == (cmd.RejectReoffer(leg=B1, status=491),)
    ladder.tell(ev.LegProgress(leg=B1, status=183, sdp=sdp("pstn"), to_tag="t"))
    assert ladder.tell(update) == (cmd.AnswerReoffer(leg=B1, sdp=sdp(f"for {B1}")),)
    ladder.tell(ev.LegAnswered(leg=B1, sdp=sdp("pstn"), to_tag="t"))
    assert ladder.tell(update) == (cmd.RejectReoffer(leg=B1, status=491),)


def test_update_on_an_unknown_early_leg_is_481() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    assert ladder.tell(ev.LegReoffered(leg=B2, sdp=sdp("x"), method="UPDATE")) == (
        cmd.RejectReoffer(leg=B2, status=481),
    )


def test_loser_may_not_reoffer() -> None:
    ladder = Ladder()
    ladder.ring_colleague(binding("piet-desk1"))
    ladder.answer(B2, M2)
    assert ladder.tell(ev.LegReoffered(leg=B1, sdp=sdp("x"), method="UPDATE")) == (
        cmd.RejectReoffer(leg=B1, status=481),
    )
