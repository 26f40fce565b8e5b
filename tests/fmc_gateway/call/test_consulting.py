"""A user with one telephone talks to a colleague while the far party waits, and brings the two together."""

from __future__ import annotations

from itertools import pairwise

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.bus import RefusedBecause
from hipper.contracts.calls import LivePhase
from hipper.contracts.talks import TalkEnded, TalkStarted
from hipper.pbx.ids import LegId
from hipper.pbx.model import CallerIdentity, Presentation, SubscriberContext
from hipper.pbx.services.bundles import GroupServices, SubscriberServices
from hipper.pbx.services.calling import ConnectedLineIdentificationRestriction, OutgoingCallingPlan
from tests.fmc_gateway.call.consultations import (
    C1,
    DESK,
    N1,
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
from tests.fmc_gateway.call.kit import (
    B1,
    M1,
    OUTSIDE,
    PIET_FIXED,
    SUZE_FIXED,
    A,
    Ladder,
    binding,
    invite_from_pstn,
    joined,
    piet,
    sdp,
    suze,
)

# The colleague is called.


def test_far_party_hears_music_and_the_user_ringing_while_the_colleague_is_called() -> None:
    ladder = ringing()
    assert sounding(ladder) == {(M1, B1, False), (M1, A, True)}
    assert {one.leg for one in ladder.of(cmd.BlockMedia)} == {A, B1}
    invited = ladder.of(cmd.Originate)[-1]
    assert (invited.identity.extension, invited.identity.name) == ("201", "Suze"), "as any call of hers"
    assert ladder.of(cmd.OfferMedia)[-1].from_leg == A
    assert answer(ladder)[0]
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.called.leg) == (LivePhase.HELD, B1)
    assert [(one.subscriber, one.ringing) for one in live.others] == [("piet", ("piet-desk1",))]
    assert ladder.of(cmd.Reoffer) == []


def test_colleague_answers_and_talks_to_the_user_while_the_far_party_waits() -> None:
    ladder = consulting()
    assert sounding(ladder) == {(M1, B1, False)}
    assert [one.leg for one in ladder.of(cmd.Reoffer)] == [A], "the far party is not disturbed"
    assert ladder.of(cmd.EndLeg) == []
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.called.subscriber) == (LivePhase.ESTABLISHED, "piet")
    assert [one.leg for one in live.others] == [B1]
    assert [type(one.talk) for one in ladder.of(cmd.PublishTalk)] == [TalkStarted, TalkEnded, TalkStarted]
    talk = ladder.of(cmd.PublishTalk)[-1].talk
    assert isinstance(talk, TalkStarted)
    assert (talk.ng_call_id, {tag.leg for tag in talk.tags}) == (N1, {A, C1})
    (shown,) = ladder.of(cmd.UpdateConnected)
    assert (shown.leg, shown.identity.extension) == (A, "202")


@pytest.mark.parametrize(
    ("destination", "because"),
    [
        ("112", RefusedBecause.EMERGENCY),
        ("+31112", RefusedBecause.EMERGENCY),
        ("*21*203#", RefusedBecause.BARRED),
        ("0900 123456", RefusedBecause.BARRED),
    ],
)
def test_what_the_user_may_not_dial_is_refused_and_nothing_was_touched(
    destination: str, because: RefusedBecause
) -> None:
    ladder = outside()
    ladder.tell(consult(destination))
    plan = OutgoingCallingPlan(barred_prefixes=("+31900",))
    ladder.load(suze(group_services=GroupServices(group_outgoing_calling_plan=plan)), None)
    assert (answer(ladder)[0], answer(ladder)[2]) == (False, because)
    nothing_is_left_of_it(ladder)


@pytest.mark.parametrize(
    "event",
    [
        ev.LegRejected(leg=C1, status=486),
        ev.LegRejected(leg=C1, status=603),
        ev.LegEnded(leg=C1, cause="transport"),
        ev.TimerFired(name="no_answer"),
        ask("cancel"),
    ],
)
def test_colleague_does_not_come_and_the_far_party_is_back(event: ev.AnyEvent) -> None:
    ladder = ringing()
    ladder.tell(event)
    assert ladder.of(cmd.Reoffer) == []
    nothing_is_left_of_it(ladder)


def test_far_party_hangs_up_while_the_colleague_rings_and_the_two_talk_on() -> None:
    ladder = ringing()
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    assert sounding(ladder) == {(M1, A, True)}
    picks_up(ladder)
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    assert pairs_left(ladder) == {N1}
    live = ladder.live()
    assert live is not None
    assert (live.called.leg, live.others) == (C1, ())
    ladder.tell(ev.LegEnded(leg=C1, cause="bye"))
    assert pairs_left(ladder) == set()
    assert {one.leg for one in ladder.record.legs} == {A, B1, C1}


# Back, and to and fro.


def test_user_goes_back_to_the_far_party() -> None:
    ladder = consulting()
    ladder.tell(ask("cancel"))
    assert [one.leg for one in ladder.of(cmd.Reoffer, last=True)] == [A]
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [C1]
    assert answer(ladder)[0]
    nothing_is_left_of_it(ladder)


def test_colleague_hangs_up_and_the_far_party_is_back() -> None:
    ladder = consulting()
    ladder.tell(ev.LegEnded(leg=C1, cause="bye"))
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    assert ladder.of(cmd.EndLeg) == []
    nothing_is_left_of_it(ladder)


def test_user_swaps_and_only_one_of_the_two_hears_the_user() -> None:
    ladder = consulting()
    for waits, pair in ((C1, N1), (B1, M1), (C1, N1)):
        ladder.tell(ask("swap"))
        ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
        assert sounding(ladder) == {(pair, waits, False)}
        blocked = {(one.pair, one.leg) for one in ladder.of(cmd.BlockMedia, last=True)}
        assert blocked == {(pair, A), (pair, waits)}
        live = ladder.live()
        assert live is not None
        assert [one.leg for one in live.others] == [waits]
    assert {one.leg for one in ladder.of(cmd.Reoffer)} == {A}


def test_user_who_describes_something_new_is_put_right_at_rtpengine() -> None:
    ladder = consulting()
    ladder.tell(ask("swap"))
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("elsewhere")))
    assert ladder.last == (cmd.OfferMedia(pair=M1, from_leg=A, to_leg=B1, sdp=sdp("elsewhere")),)
    ladder.offers()
    ladder.answers()
    assert sounding(ladder) == {(N1, C1, False)}


def test_telephone_that_refuses_to_go_over_stays_where_it_is() -> None:
    ladder = consulting()
    ladder.tell(ask("swap"))
    ladder.tell(ev.LegReofferRejected(leg=A, status=488))
    assert not answer(ladder)[0]
    assert sounding(ladder) == {(M1, B1, False)}
    ladder.tell(ask("swap"))
    assert ladder.of(cmd.Reoffer, last=True)


def test_who_waits_hangs_up_and_the_others_talk_on() -> None:
    ladder = consulting()
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    assert pairs_left(ladder) == {N1}
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.others) == (LivePhase.ESTABLISHED, ())
    assert ladder.of(cmd.EndLeg) == []


# Completed.


@pytest.mark.parametrize("swaps", [0, 1])
def test_far_party_and_colleague_are_brought_together(swaps: int) -> None:
    ladder = consulting()
    for _ in range(swaps):
        ladder.tell(ask("swap"))
        ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    ladder.tell(ask("complete"))
    assert ladder.of(cmd.EndLeg) == [], "the user is let go when the two are there"
    bridge(ladder)
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A]
    assert answer(ladder)[0]
    transferred(ladder)


def test_user_who_hangs_up_has_completed() -> None:
    ladder = consulting()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    bridge(ladder)
    assert ladder.of(cmd.EndLeg) == []
    transferred(ladder)
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    assert ladder.record.outcome == "answered"
    assert ladder.record.legs[0].leg == A


@pytest.mark.parametrize("swaps", [0, 1])
def test_user_who_is_lost_has_not_completed(swaps: int) -> None:
    """The far party waits for the user, the colleague does not."""
    ladder = consulting()
    for _ in range(swaps):
        ladder.tell(ask("swap"))
        ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    ladder.tell(ev.LegEnded(leg=A, cause="session_expired"))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [C1]
    assert cmd.StartTimer(name="lost", after_s=20.0) in ladder.last
    assert sounding(ladder) == {(M1, B1, False)}
    assert pairs_left(ladder) == {M1}
    ladder.tell(joined("j1", "suze", "suze-desk1"))
    assert [one.from_leg for one in ladder.of(cmd.OfferMedia, last=True)] == ["j1"]


def test_far_party_refuses_to_be_moved_and_the_user_is_where_it_was() -> None:
    ladder = consulting()
    ladder.tell(ask("complete"))
    ladder.offers()
    ladder.tell(ev.LegReofferRejected(leg=C1, status=488))
    assert not answer(ladder)[0]
    assert pairs_left(ladder) == {M1, N1}
    assert sounding(ladder) == {(M1, B1, False)}
    ladder.tell(ask("cancel"))
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    assert sounding(ladder) == set()


def test_the_leg_that_costs_goes_on_costing_who_made_it() -> None:
    """Suze's call outside is hers to the end, also while it waits and after she has left."""
    ladder = consulting()
    ladder.tell(ask("complete"), after_s=60)
    bridge(ladder)
    ladder.tell(ev.LegEnded(leg=C1, cause="bye"), after_s=60)
    ladder.tell(ev.TimerFired(name="settle"), after_s=4)
    charged = [one for one in ladder.record.segments if one.charged == SUZE]
    assert [(one.calling, one.called) for one in charged] == [(A, B1), (B1, B1), (B1, C1)]
    for one, following in pairwise(charged):
        assert one.ended == following.started, "not a second twice, none for nothing"
    talks = [(one.calling, one.called) for one in ladder.record.segments if one.calling != one.called]
    assert talks == [(A, B1), (A, C1), (B1, C1)]
    live = [one.live for one in ladder.of(cmd.PublishLive) if one.live is not None][-1]
    assert [one.subscriber for one in live.charges] == [SUZE]


# Who is shown to whom.


def told(ladder: Ladder, leg: LegId) -> CallerIdentity:
    """What the display of ``leg`` was told last."""
    return [one.identity for one in ladder.of(cmd.UpdateConnected) if one.leg == leg][-1]


def shown_after(who: SubscriberContext) -> tuple[CallerIdentity, CallerIdentity]:
    """To Suze, who consults, and then to whom she had on the line outside."""
    ladder = outside()
    ladder.tell(consult())
    ladder.load(suze(), who, binding("piet-desk1"))
    ladder.offers()
    picks_up(ladder)
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    ladder.tell(ask("complete"))
    bridge(ladder)
    return told(ladder, A), told(ladder, B1)


def test_colleague_who_restricts_the_connected_line_is_shown_to_nobody() -> None:
    service = ConnectedLineIdentificationRestriction(active=True)
    services = SubscriberServices(connected_line_identification_restriction=service)
    for seen in shown_after(piet(services=services, **DESK)):
        assert seen.presentation is Presentation.RESTRICTED
        assert (seen.number, seen.extension, seen.name) == (None, None, None)
        assert seen.network_number == PIET_FIXED, "for peers that are trusted with it"


def test_colleague_who_withholds_the_number_has_a_name_among_colleagues_alone() -> None:
    to_suze, to_outside = shown_after(piet(withhold=True, **DESK))
    assert (to_suze.number, to_suze.extension, to_suze.name) == (None, "202", "Piet")
    assert to_outside.presentation is Presentation.RESTRICTED
    assert (to_outside.number, to_outside.extension, to_outside.name) == (None, None, None)


def test_caller_who_withholds_the_number_is_hidden_from_the_colleague_too() -> None:
    """Somebody outside calls Suze without a number, and she gives the call to Piet."""
    ladder = Ladder()
    hidden = CallerIdentity(presentation=Presentation.RESTRICTED, network_number=OUTSIDE)
    ladder.tell(invite_from_pstn(SUZE_FIXED, caller=hidden))
    ladder.load(None, suze(), binding("suze-desk1"))
    ladder.offers()
    ladder.answer()
    ladder.tell(ev.LegConfirmed(leg=A))
    ladder.tell(consult())
    ladder.load(suze(), piet(**DESK), binding("piet-desk1"))
    ladder.offers()
    picks_up(ladder)
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    ladder.tell(ask("complete"))
    ladder.offers()
    for leg, name in ((C1, "desk"), (A, "suze")):
        ladder.tell(ev.LegReofferAnswered(leg=leg, sdp=sdp(name)))
        ladder.answers()
    seen = told(ladder, C1)
    assert seen.presentation is Presentation.RESTRICTED
    assert (seen.number, seen.name) == (None, None)


# What stands in the record.


def test_record_says_who_gave_the_call_to_whom() -> None:
    ladder = consulting()
    ladder.tell(ask("complete"))
    bridge(ladder)
    ladder.tell(ev.LegEnded(leg=C1, cause="bye"))
    (given,) = ladder.record.diversions
    assert (given.by, given.reason, given.rule, given.to) == (SUZE, "transfer", "transfer.consulted", "202")
    assert ladder.leg(C1).diverted_by == SUZE, "the history of the colleague says by whom it came"
