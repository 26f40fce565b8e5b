"""Somebody goes, or media fails, in the middle of a transfer: who is left talks to whom they would expect."""

from __future__ import annotations

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.bus import KeepUntil
from hipper.contracts.calls import LivePhase
from hipper.pbx.ids import LegId, PairId
from tests.fmc_gateway.call.consultations import (
    C1,
    HERE,
    N1,
    N2,
    SUZE,
    answer,
    ask,
    bridge,
    consult,
    consulting,
    nothing_is_left_of_it,
    outside,
    pairs_left,
    picks_up,
    ringing,
    sounding,
    transferred,
)
from tests.fmc_gateway.call.kit import B1, M1, A, Ladder, binding, desk_only, piet, sdp, suze

N3 = PairId("c1-n3")
LOST = ev.LegEnded(leg=A, cause="session_expired")


def gone(leg: LegId) -> ev.LegEnded:
    return ev.LegEnded(leg=leg, cause="bye")


def together(ladder: Ladder, one: LegId, other: LegId, pair: PairId) -> None:
    """The two talk, on that pair alone, and nobody else is there."""
    live = ladder.live()
    assert live is not None
    assert {live.calling.leg, live.called.leg} == {one, other}
    assert (live.phase, live.others) == (LivePhase.ESTABLISHED, ())
    assert sounding(ladder) == set()
    assert pairs_left(ladder) == {pair}


def waits_for_the_users_telephones(ladder: Ladder) -> None:
    """The far party hears music, and the directory is asked which telephones of the user ring."""
    (asked,) = ladder.of(cmd.LoadContext, last=True)
    assert asked.served_subscriber == SUZE
    before = {one.leg for one in ladder.of(cmd.Originate)}
    ladder.load(suze(), None, binding("suze-desk1"))
    ladder.offers()
    assert B1 not in {one.leg for one in ladder.of(cmd.EndLeg)}
    back = [one.leg for one in ladder.of(cmd.Originate) if one.leg not in before]
    assert back
    ladder.tell(ev.LegAnswered(leg=back[0], sdp=sdp("back"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    ladder.answers()
    live = ladder.live()
    assert live is not None
    assert {live.calling.leg, live.called.leg} == {B1, back[0]}
    assert sounding(ladder) == set()
    assert len(pairs_left(ladder)) == 1


# While the colleague rings.


def test_user_who_hangs_up_while_the_colleague_rings_has_left_it_to_the_two() -> None:
    ladder = ringing()
    ladder.tell(gone(A))
    assert ladder.of(cmd.EndLeg) == []
    assert sounding(ladder) == {(M1, B1, True)}
    picks_up(ladder)
    bridge(ladder)
    transferred(ladder)


def test_user_who_is_lost_then_has_not() -> None:
    ladder = ringing()
    ladder.tell(LOST)
    assert [one.leg for one in ladder.of(cmd.CancelLeg)] == [C1]
    assert cmd.StartTimer(name="lost", after_s=20.0) in ladder.last
    assert sounding(ladder) == {(M1, B1, False)}


def test_user_who_hangs_up_before_anybody_is_called_has_asked_for_it_all_the_same() -> None:
    ladder = outside()
    ladder.tell(consult())
    ladder.tell(gone(A))
    assert answer(ladder)[0]
    assert sounding(ladder) == {(M1, B1, True)}
    ladder.load(suze(), desk_only(piet()), binding("piet-desk1"))
    ladder.offers()
    picks_up(ladder)
    bridge(ladder)
    transferred(ladder)


def test_nobody_is_behind_what_the_user_asked_for_and_left() -> None:
    ladder = outside()
    ladder.tell(consult("112"))
    ladder.tell(gone(A))
    ladder.load(suze(), None)
    waits_for_the_users_telephones(ladder)


def test_user_hangs_up_while_an_offer_to_the_far_party_is_unanswered() -> None:
    """The far party's answer is awaited before it is asked anything else."""
    ladder = ringing()
    ladder.tell(ev.LegReoffered(leg=A, sdp=sdp("suze", version=2) + VIDEO, method="INVITE"))
    ladder.offers()
    assert [one.leg for one in ladder.of(cmd.Reoffer)] == [B1]
    ladder.tell(gone(A))
    picks_up(ladder)
    assert len(ladder.of(cmd.Reoffer)) == 1
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    ladder.answers()
    bridge(ladder)
    transferred(ladder)


VIDEO = "m=video 4000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"


def test_far_party_of_a_transfer_without_consultation_hangs_up_and_it_is_over() -> None:
    ladder = outside()
    ladder.tell(ev.TransferRequested(request="r1", subscriber=SUZE, destination="202"))
    ladder.load(suze(), desk_only(piet()), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(gone(B1))
    assert {one.leg for one in ladder.of(cmd.CancelLeg)} == {C1}
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A]
    assert pairs_left(ladder) == set()


# Two things at once.


def test_colleague_answers_while_the_user_gives_it_up() -> None:
    """Our CANCEL and the 200 cross (RFC 3261 §9.1)."""
    ladder = ringing()
    ladder.tell(ask("cancel"))
    assert [one.leg for one in ladder.of(cmd.CancelLeg, last=True)] == [C1]
    ladder.tell(ev.LegAnswered(leg=C1, sdp=sdp("desk"), to_tag="t"))
    assert ladder.last == (cmd.EndLeg(leg=C1),)
    nothing_is_left_of_it(ladder)


def test_user_gives_it_up_while_rtpengine_is_asked_for_the_colleagues_answer() -> None:
    ladder = ringing()
    ladder.tell(ev.LegAnswered(leg=C1, sdp=sdp("desk"), to_tag="t"))
    ladder.tell(ask("cancel"))
    assert [one.leg for one in ladder.of(cmd.EndLeg, last=True)] == [C1]
    ladder.tell(ev.MediaAnswered(pair=N1, sdp=sdp("x")))
    assert ladder.last == ()
    nothing_is_left_of_it(ladder)


def test_user_gives_it_up_when_the_colleague_is_being_brought() -> None:
    ladder = joining()
    ladder.tell(ask("cancel"))
    assert not answer(ladder)[0]
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    ladder.tell(ask("cancel"))
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    nothing_is_left_of_it(ladder)


@pytest.mark.parametrize("step", ["consult", "complete", "cancel", "swap"])
def test_the_same_tap_twice_is_done_once(step: str) -> None:
    ladder = outside() if step == "consult" else consulting()
    for _ in range(2):
        ladder.tell(consult() if step == "consult" else ask(step))
    assert [one.done for one in ladder.of(cmd.AnswerRequest, last=True)] == [False]
    asked = (
        [cmd.LoadContext] if step == "consult" else [cmd.OfferMedia] if step == "complete" else [cmd.Reoffer]
    )
    twice = [one for kind in asked for one in ladder.of(kind, last=True)]
    assert twice == []


def test_user_leaves_twice_while_it_rings() -> None:
    ladder = ringing()
    ladder.tell(ask("complete"))
    ladder.tell(gone(A))
    assert ladder.last == ()
    ladder.tell(ask("complete"))
    assert not answer(ladder)[0]
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A]
    picks_up(ladder)
    bridge(ladder)
    transferred(ladder)


# While the colleague, who has answered, is brought to the user.


def joining() -> Ladder:
    ladder = ringing()
    picks_up(ladder)
    assert [one.leg for one in ladder.of(cmd.Reoffer, last=True)] == [A]
    return ladder


def test_user_hangs_up_then_and_has_completed() -> None:
    ladder = joining()
    ladder.tell(gone(A))
    bridge(ladder)
    transferred(ladder)


def test_user_is_lost_then_and_the_far_party_waits() -> None:
    ladder = joining()
    ladder.tell(LOST)
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [C1]
    assert cmd.StartTimer(name="lost", after_s=20.0) in ladder.last
    assert sounding(ladder) == {(M1, B1, False)}
    assert pairs_left(ladder) == {M1}


def test_colleague_hangs_up_then_and_the_two_are_as_before() -> None:
    ladder = joining()
    ladder.tell(gone(C1))
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    nothing_is_left_of_it(ladder)


# While far party and colleague are brought together.

STEPS = ("asked", "answered", "joining", "settling")


def completing(step: str, *, left: bool = False) -> Ladder:
    """C1, who talked to the user, is asked, has answered, or the far party is told the answer. ``left``: the
    user has hung up."""
    ladder = consulting()
    ladder.tell(gone(A) if left else ask("complete"))
    ladder.offers()
    if step == "asked":
        return ladder
    ladder.tell(ev.LegReofferAnswered(leg=C1, sdp=sdp("desk")))
    if step == "answered":
        return ladder
    ladder.answers()
    if step == "settling":
        ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("elsewhere")))
    return ladder


@pytest.mark.parametrize("step", STEPS)
def test_colleague_hangs_up_and_the_far_party_is_back_with_the_user(step: str) -> None:
    ladder = completing(step)
    ladder.tell(gone(C1))
    assert ladder.of(cmd.EndLeg) == []
    if step == "joining":
        assert ladder.last == (), "what the far party was asked it has to answer first"
        ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    assert not answer(ladder)[0]
    moved = step in ("joining", "settling")
    ladder.offers()
    assert [one.leg for one in ladder.of(cmd.Reoffer, last=True)] == [A]
    bridge(ladder)
    together(ladder, A, B1, N3 if moved else M1)
    ladder.tell(gone(B1))
    assert pairs_left(ladder) == set()


def test_far_party_that_refuses_to_go_where_nobody_is_stays_with_the_user() -> None:
    ladder = completing("joining")
    ladder.tell(gone(C1))
    ladder.tell(ev.LegReofferRejected(leg=B1, status=488))
    bridge(ladder)
    together(ladder, A, B1, M1)


@pytest.mark.parametrize("step", STEPS)
def test_colleague_hangs_up_when_the_user_has_left_and_the_users_telephones_ring(step: str) -> None:
    ladder = completing(step, left=True)
    ladder.tell(gone(C1))
    if step == "joining":
        ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    waits_for_the_users_telephones(ladder)


@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("step", STEPS)
def test_far_party_hangs_up_and_the_others_talk_on_if_there_are_two(step: str, left: bool) -> None:
    ladder = completing(step, left=left)
    ladder.tell(gone(B1))
    if step == "asked":
        ladder.tell(ev.LegReofferAnswered(leg=C1, sdp=sdp("desk")))
    for _ in range(2):
        for one in ladder.of(cmd.Reoffer, last=True):
            ladder.tell(ev.LegReofferAnswered(leg=one.leg, sdp=sdp(HERE[one.leg])))
    if left:
        assert [one.leg for one in ladder.of(cmd.EndLeg)] == [C1]
        assert pairs_left(ladder) == set()
    else:
        together(ladder, A, C1, N1)


@pytest.mark.parametrize("step", ["offered", "answered", "settling"])
@pytest.mark.parametrize("left", [False, True])
def test_media_fails_and_the_far_party_is_back_with_the_user_or_waits_for_it(step: str, left: bool) -> None:
    ladder = consulting() if step == "offered" else completing(step, left=left)
    if step == "offered":
        ladder.tell(gone(A) if left else ask("complete"))
    ladder.tell(ev.MediaFailed(pair=N2, reason="no rtpengine", no_rtpengine=True))
    if left:
        if step == "answered":  # the colleague, who is let go
            assert [one.leg for one in ladder.of(cmd.EndLeg)] == [C1]
        return waits_for_the_users_telephones(ladder)
    assert not answer(ladder)[0]
    ladder.offers()
    bridge(ladder)
    if step == "settling":
        return together(ladder, A, B1, N3)
    assert pairs_left(ladder) == {M1, N1}
    assert sounding(ladder) == {(M1, B1, False)}, "the user talks to the colleague as before"
    return None


def test_colleague_outside_who_hung_up_costs_nothing_any_more() -> None:
    ladder = outside()
    ladder.tell(consult("0301112234"))
    ladder.load(suze(), None)
    ladder.offers()
    picks_up(ladder)
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    ladder.tell(ask("complete"))
    ladder.offers()
    ladder.tell(ev.LegReofferAnswered(leg=C1, sdp=sdp("desk")))
    ladder.answers()
    ladder.tell(gone(C1))
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    ladder.offers()
    bridge(ladder)
    together(ladder, A, B1, N3)
    ladder.tell(gone(B1), after_s=60)
    to_the_end = [one for one in ladder.record.segments if one.ended is None or one.ended > ladder.now - 50]
    assert [(one.calling, one.called, one.charged) for one in to_the_end] == [(A, B1, SUZE)]
    assert ladder.record.diversions == (), "nobody was given the call"


# When nobody consulted.


@pytest.mark.parametrize("step", ["offered", "asked", "answered", "joining", "settling"])
@pytest.mark.parametrize("how", ["hangs up", "media"])
def test_who_takes_a_call_that_was_given_away_does_not_get_it_and_it_comes_back(step: str, how: str) -> None:
    ladder = ringing()
    ladder.tell(ask("complete"))
    picks_up(ladder)
    if step != "offered":
        ladder.offers()
    if step in ("answered", "joining", "settling"):
        ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    if step in ("joining", "settling"):
        ladder.answers()
    if step == "settling":
        ladder.tell(ev.LegReofferAnswered(leg=C1, sdp=sdp("elsewhere")))
    if how == "media" and step in ("asked", "joining"):
        return  # rtpengine is asked nothing
    ladder.tell(gone(C1) if how == "hangs up" else ev.MediaFailed(pair=N2, reason="x"))
    if step == "asked":
        ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    if step != "offered":
        assert [one.leg for one in ladder.of(cmd.Reoffer, last=True)] == [B1], "back to the music"
        question = ladder.of(cmd.LoadContext, last=True)
        ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
        assert question
        ladder.last = tuple(question)
    waits_for_the_users_telephones(ladder)


def until_answered() -> Ladder:
    """Suze stays until Piet has answered, and he does."""
    ladder = outside()
    ladder.tell(
        ev.TransferRequested(request="r1", subscriber=SUZE, destination="202", keep_until=KeepUntil.ANSWER)
    )
    ladder.load(suze(), desk_only(piet()), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=C1, status=180))
    assert ladder.of(cmd.EndLeg) == []
    assert sounding(ladder) == {(M1, B1, False), (M1, A, True)}
    picks_up(ladder)
    assert ladder.of(cmd.EndLeg) == []
    return ladder


def test_user_stays_until_the_two_are_there_when_that_was_asked() -> None:
    ladder = until_answered()
    bridge(ladder)
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A]
    transferred(ladder)


def test_transfer_that_fails_then_costs_nothing() -> None:
    ladder = until_answered()
    ladder.offers()
    ladder.tell(ev.LegReofferRejected(leg=B1, status=488))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [C1]
    nothing_is_left_of_it(ladder)


def test_user_may_hang_up_before_and_has_left() -> None:
    ladder = until_answered()
    ladder.offers()
    ladder.tell(gone(A))
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    ladder.answers()
    ladder.tell(ev.LegReofferAnswered(leg=C1, sdp=sdp("desk")))
    transferred(ladder)


# In a consultation, while an offer is unanswered.


def test_user_hangs_up_while_the_colleague_has_an_offer_to_answer() -> None:
    ladder = consulting()
    ladder.tell(ev.LegReoffered(leg=A, sdp=sdp("suze", version=2) + VIDEO, method="INVITE"))
    ladder.offers()
    assert [one.leg for one in ladder.of(cmd.Reoffer, last=True)] == [C1]
    ladder.tell(gone(A))
    assert ladder.of(cmd.EndLeg) == []
    ladder.tell(ev.LegReofferAnswered(leg=C1, sdp=sdp("desk")))
    ladder.answers()
    bridge(ladder)
    transferred(ladder)


def test_colleague_hangs_up_while_the_user_has_an_offer_to_answer() -> None:
    ladder = consulting()
    ladder.tell(ev.LegReoffered(leg=C1, sdp=sdp("desk", version=2) + VIDEO, method="INVITE"))
    ladder.offers()
    ladder.tell(gone(C1))
    assert ladder.of(cmd.EndLeg) == []
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    ladder.answers()
    bridge(ladder)
    together(ladder, A, B1, M1)


def test_handset_is_lost_in_the_middle_of_its_own_hold_and_the_far_party_waits() -> None:
    ladder = outside()
    ladder.tell(ev.LegReoffered(leg=A, sdp=sdp("suze", direction="sendonly"), method="INVITE"))
    ladder.tell(LOST)
    assert ladder.of(cmd.EndLeg) == []
    assert cmd.StartTimer(name="lost", after_s=20.0) in ladder.last
    assert sounding(ladder) == {(M1, B1, False)}
