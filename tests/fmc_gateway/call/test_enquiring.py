"""Whom a user consults, or transfers to, is called by that one's own rules: as any call of the user would."""

from __future__ import annotations

import msgspec
import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.records import HIDDEN
from hipper.contracts.bus import RefusedBecause
from hipper.contracts.calls import AttemptOutcome, DeviceAttempt, LivePhase
from hipper.contracts.talks import RingNotice, RingOver
from hipper.pbx.ids import DeviceId, LegId, PairId
from hipper.pbx.model import Announcement, DivertReason, SubscriberContext, TerminationFacts
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.forwarding import CallForwardingBusy, CallForwardingNoAnswer, Voicemail
from hipper.pbx.services.reachability import (
    AssistantReason,
    DeviceDelay,
    PersonalAssistant,
    RingOrder,
    SimultaneousRingNumber,
    SimultaneousRingPersonal,
)
from hipper.pbx.services.screening import CallWaiting
from tests.fmc_gateway.call.consultations import (
    C1,
    N1,
    SUZE,
    answer,
    ask,
    bridge,
    consult,
    nothing_is_left_of_it,
    outside,
    pairs_left,
    picks_up,
    sounding,
)
from tests.fmc_gateway.call.forwards import PIET, always
from tests.fmc_gateway.call.kit import (
    B1,
    ELSEWHERE,
    M1,
    OUTSIDE,
    A,
    Ladder,
    anna,
    binding,
    desk_only,
    piet,
    sdp,
    suze,
)

C2, C3, N2 = LegId("c1-c2"), LegId("c1-c3"), PairId("c1-n2")


def calls(who: SubscriberContext, *bindings: ev.Binding, **facts: object) -> Ladder:
    """Suze, who has called outside, asks for ``who``."""
    ladder = outside()
    ladder.tell(consult())
    ladder.tell(
        ev.ContextLoaded(
            caller=suze(),
            called=who,
            bindings=bindings or (binding("piet-desk1"),),
            termination=TerminationFacts(**facts),  # type: ignore[arg-type]
        )
    )
    ladder.offers()
    return ladder


def attempts(ladder: Ladder) -> dict[DeviceId, DeviceAttempt]:
    """Of the whole call, once it is over."""
    ladder.tell(ev.HangUpRequested(by="operator"))
    ladder.tell(ev.TimerFired(name="settle"))
    return ladder.attempts()


# Which telephones ring, and when.


def test_a_telephone_with_a_delay_rings_later() -> None:
    order = RingOrder(delays=(DeviceDelay(device=DeviceId("piet-desk2"), delay_s=8),))
    who = piet(devices=piet(desk_phones=2).devices[:2], services=SubscriberServices(ring_order=order))
    ladder = calls(who, binding("piet-desk1"), binding("piet-desk2"))
    assert [one.leg for one in ladder.of(cmd.Originate)] == [B1, C1]
    assert cmd.StartTimer(name="delay c1-c2", after_s=8.0) in ladder.commands
    ladder.tell(ev.TimerFired(name="delay c1-c2"), after_s=8)
    ladder.offers()
    assert [one.leg for one in ladder.of(cmd.Originate)] == [B1, C1, C2]
    picks_up(ladder, C2)
    assert ladder.of(cmd.CancelLeg) == [cmd.CancelLeg(leg=C1, reason=ELSEWHERE)]
    assert [one.leg for one in ladder.of(cmd.Reoffer)] == [A]
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    assert sounding(ladder) == {(M1, B1, False)}


def test_number_at_home_has_the_call_when_1_is_pressed() -> None:
    home = SimultaneousRingPersonal(
        active=True, numbers=(SimultaneousRingNumber(number=OUTSIDE, confirm=True),)
    )
    ladder = calls(desk_only(piet(), simultaneous_ring_personal=home))
    picks_up(ladder, C2, "home")
    assert ladder.of(cmd.Reoffer) == [], "it may be a mailbox"
    (question,) = ladder.of(cmd.PlayAnnouncement)
    assert (question.leg, question.announcements) == (C2, (Announcement.PRESS_ONE,))
    assert sounding(ladder) == {(M1, B1, False), (M1, A, True)}
    ladder.tell(ev.DigitPressed(leg=C2, digit="1"))
    assert [one.leg for one in ladder.of(cmd.Reoffer, last=True)] == [A]
    assert [one.leg for one in ladder.of(cmd.CancelLeg, last=True)] == [C1]


def test_apps_of_the_colleague_are_told_that_it_rings_and_that_it_does_no_more() -> None:
    ladder = calls(desk_only(piet()))
    ladder.tell(ev.LegRinging(leg=C1, status=180))
    (notice,) = (one.ring for one in ladder.of(cmd.PublishRing))
    assert isinstance(notice, RingNotice)
    assert (notice.user, notice.caller.extension) == (PIET, "201"), "Suze calls, not whom she has on the line"
    picks_up(ladder)
    over = ladder.of(cmd.PublishRing)[-1].ring
    assert isinstance(over, RingOver)
    assert over.answered_on == "piet-desk1"


def test_colleague_declines_in_the_app() -> None:
    ladder = calls(desk_only(piet()))
    ladder.tell(ev.LegRinging(leg=C1, status=180))
    ladder.tell(ev.DeclineRequested(subscriber=PIET))
    assert [one.leg for one in ladder.of(cmd.CancelLeg)] == [C1]
    nothing_is_left_of_it(ladder)


def test_what_became_of_every_telephone_stands_in_the_record() -> None:
    who = piet(desk_phones=2)
    ladder = calls(msgspec.structs.replace(who, devices=who.devices[:2]), binding("piet-desk1"))
    ladder.tell(ev.LegRejected(leg=C1, status=486))
    found = attempts(ladder)
    assert found[DeviceId("piet-desk1")].outcome is AttemptOutcome.BUSY
    assert found[DeviceId("piet-desk2")].outcome is AttemptOutcome.NOT_REGISTERED


# Where the colleague sends it.


@pytest.mark.parametrize("left", [False, True])
def test_who_does_not_answer_forwards_to_a_colleague(left: bool) -> None:
    service = CallForwardingNoAnswer(active=True, destination="203", after_s=12)
    who = desk_only(piet(), call_forwarding_no_answer=service)
    ladder = calls(who)
    ladder.tell(ev.LegRinging(leg=C1, status=180))
    if left:
        ladder.tell(ask("complete"))
    ladder.tell(ev.TimerFired(name="no_answer"), after_s=12)
    (asked,) = ladder.of(cmd.LoadContext, last=True)
    assert (asked.served_subscriber, asked.dialled) == (PIET, "203")
    ladder.forward(who, desk_only(anna()), binding("anna-desk1"))
    ladder.offers()
    invited = ladder.of(cmd.Originate)[-1]
    assert [one.reason for one in invited.diverted] == [DivertReason.NO_ANSWER]
    picks_up(ladder, C2)
    if left:
        ladder.offers()
        for one, name in ((B1, "piet"), (C2, "desk")):
            ladder.tell(ev.LegReofferAnswered(leg=one, sdp=sdp(name)))
            ladder.answers()
    else:
        ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    live = ladder.live()
    assert live is not None
    assert "anna" in {live.calling.subscriber, live.called.subscriber}
    ladder.tell(ev.HangUpRequested(by="operator"))
    ladder.tell(ev.TimerFired(name="settle"))
    chain = [(one.by, one.reason, one.to) for one in ladder.record.diversions]
    assert chain == [*([(SUZE, "transfer", "202")] if left else []), (PIET, "no-answer", "203")]


def test_who_is_busy_forwards_outside_and_pays_for_it() -> None:
    busy = CallForwardingBusy(active=True, destination="0201112239")
    who = desk_only(piet(), call_forwarding_busy=busy)
    ladder = calls(who)
    ladder.tell(ev.LegRejected(leg=C1, status=486))
    ladder.forward(who, None)
    ladder.offers()
    out = ladder.of(cmd.Originate)[-1]
    assert isinstance(out.target, cmd.TrunkTarget)
    picks_up(ladder, C2)
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    shown = [one.identity for one in ladder.of(cmd.UpdateConnected) if one.leg == A]
    assert shown[-1] == HIDDEN
    ladder.tell(ask("complete"))
    ladder.offers()
    for one, name in ((C2, "desk"), (B1, "piet")):
        ladder.tell(ev.LegReofferAnswered(leg=one, sdp=sdp(name)))
        ladder.answers()
    live = ladder.live()
    assert live is not None
    assert {one.subscriber for one in live.charges} == {SUZE, PIET}, "each for the leg that was made"
    (sent,) = (one for one in (live.calling, live.called) if one.leg == C2)
    assert sent.identity == HIDDEN, "where Piet sends calls is his business"


def test_always_forwards_and_nothing_of_the_colleague_rings() -> None:
    ladder = calls(always(piet(), "203"))
    (asked,) = ladder.of(cmd.LoadContext, last=True)
    assert asked.dialled == "203"
    assert answer(ladder)[0]
    assert sounding(ladder) == {(M1, B1, False), (M1, A, True)}


def test_voicemail_of_a_colleague_is_reached() -> None:
    who = desk_only(piet(), voicemail=Voicemail(active=True))
    ladder = calls(who)
    ladder.tell(ev.LegRinging(leg=C1, status=180))
    ladder.tell(ev.TimerFired(name="no_answer"), after_s=30)
    ladder.offers()
    out = ladder.of(cmd.Originate)[-1]
    assert isinstance(out.target, cmd.VoicemailTarget)
    assert (out.target.mailbox, out.target.cause) == (PIET, 408)
    picks_up(ladder, C2, "box")
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.called.leg) == (LivePhase.ESTABLISHED, C2)


def test_group_that_takes_no_second_call_is_busy() -> None:
    """Call Waiting is off, and Piet is in a call."""
    who = desk_only(piet(), call_waiting=CallWaiting(active=False))
    ladder = calls(who, calls=1)
    assert (answer(ladder)[0], answer(ladder)[2]) == (False, RefusedBecause.NOT_REACHABLE)
    nothing_is_left_of_it(ladder)


# What is spoken instead.


def refuses() -> Ladder:
    """Piet's assistant says that he is in a meeting."""
    assistant = PersonalAssistant(active=True, reason=AssistantReason.MEETING)
    return calls(desk_only(piet(), personal_assistant=assistant))


def test_announcement_is_heard_by_the_user_alone_and_then_the_two_are_together() -> None:
    ladder = refuses()
    (speech,) = ladder.of(cmd.PlayAnnouncement)
    assert (speech.pair, speech.leg) == (M1, A)
    assert sounding(ladder) == {(M1, B1, False)}, (
        "the far party hears music, and nobody a telephone that rings"
    )
    assert answer(ladder)[0]
    ladder.spoken()
    assert ladder.of(cmd.EndLeg) == []
    nothing_is_left_of_it(ladder)


def test_user_who_leaves_while_it_is_spoken_leaves_it_to_the_far_party() -> None:
    ladder = refuses()
    ladder.tell(ask("complete"))
    assert ladder.of(cmd.StopAnnouncement) == [cmd.StopAnnouncement(pair=M1, leg=A)]
    speech = ladder.of(cmd.PlayAnnouncement)[-1]
    assert (speech.pair, speech.leg) == (M1, B1)
    ladder.tell(ev.AnnouncementEnded(pair=M1, leg=A))
    assert ladder.last == (), "that one was stopped"
    ladder.tell(ev.AnnouncementEnded(pair=M1, leg=B1))
    assert ladder.of(cmd.LoadContext, last=True)[0].served_subscriber == SUZE, "her telephones ring"
    assert sounding(ladder) == {(M1, B1, False)}


def test_user_goes_back_while_it_is_spoken() -> None:
    ladder = refuses()
    ladder.tell(ask("cancel"))
    assert ladder.of(cmd.StopAnnouncement) == [cmd.StopAnnouncement(pair=M1, leg=A)]
    assert cmd.StopTimer(name="speech") in ladder.last
    nothing_is_left_of_it(ladder)


def test_far_party_hears_it_of_a_call_that_was_given_away() -> None:
    ladder = outside()
    ladder.tell(consult())
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assistant = PersonalAssistant(active=True, reason=AssistantReason.MEETING)
    ladder.load(suze(), desk_only(piet(), personal_assistant=assistant))
    (speech,) = ladder.of(cmd.PlayAnnouncement)
    assert (speech.pair, speech.leg) == (M1, B1)
    assert sounding(ladder) == set()


def test_end_of_the_call_is_the_end_of_that_one_too() -> None:
    ladder = calls(desk_only(piet()))
    ladder.tell(ev.LegRinging(leg=C1, status=180))
    ladder.tell(ev.HangUpRequested(by="operator"))
    assert cmd.StopTimer(name="no_answer") in ladder.last
    assert isinstance(ladder.of(cmd.PublishRing, last=True)[0].ring, RingOver)
    assert [one.leg for one in ladder.of(cmd.CancelLeg, last=True)] == [C1]
    ladder.tell(ev.LegRejected(leg=C1, status=487))
    assert pairs_left(ladder) == set()
    assert {one.leg for one in ladder.record.legs} == {A, B1, C1}


# An answer of the directory that comes late.


def test_answer_to_a_question_nobody_has_any_more_means_nothing() -> None:
    ladder = calls(always(piet(), "203"))
    ladder.tell(ask("cancel"))
    assert answer(ladder)[0]
    ladder.tell(consult("204"))
    assert not answer(ladder)[0], "its answer could not be told from the one that is owed"
    ladder.forward(always(piet(), "203"), desk_only(anna()))
    assert ladder.last == ()
    nothing_is_left_of_it(ladder)


def test_time_of_a_transfer_is_over_when_that_answer_is_there() -> None:
    ladder = outside()
    transfer = ev.TransferRequested(request="r1", subscriber=SUZE, destination="202", no_answer_s=9)
    ladder.tell(transfer)
    ladder.load(suze(), always(piet(), "203"))
    ladder.tell(ev.TimerFired(name="move"), after_s=9)
    assert ladder.last == (cmd.StartTimer(name="move", after_s=1.0),)
    ladder.forward(always(piet(), "203"), desk_only(anna()), binding("anna-desk1"))
    ladder.offers()
    ladder.tell(ev.TimerFired(name="move"), after_s=1)
    assert [one.leg for one in ladder.of(cmd.CancelLeg)] == [C1]
    nothing_is_left_of_it(ladder)


# Early media.


def abroad() -> Ladder:
    """Suze consults somebody outside."""
    ladder = outside()
    ladder.tell(consult("0301112234"))
    ladder.load(suze(), None)
    ladder.offers()
    return ladder


def early(ladder: Ladder, status: int = 183) -> None:
    ladder.tell(ev.LegProgress(leg=C1, status=status, sdp=sdp("early"), to_tag="t"))
    ladder.answers()


@pytest.mark.parametrize("status", [180, 183])
def test_user_hears_early_media_and_the_far_party_music(status: int) -> None:
    ladder = abroad()
    early(ladder, status)
    assert [one.leg for one in ladder.of(cmd.Reoffer)] == [A]
    assert (M1, A, True) in sounding(ladder), "ringing until the telephone has moved"
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    assert sounding(ladder) == {(M1, B1, False)}
    ladder.tell(ev.LegSent(leg=C1, sip_call_id="x"))
    assert ladder.last == ()
    ladder.tell(ev.LegAnswered(leg=C1, sdp=sdp("early"), to_tag="t"))
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    live = ladder.live()
    assert live is not None
    assert live.called.leg == C1
    ladder.tell(ask("cancel"))
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    nothing_is_left_of_it(ladder)


def test_user_is_asked_back_when_nobody_comes() -> None:
    ladder = abroad()
    given = ladder.of(cmd.AnswerLeg)[0].sdp
    early(ladder)
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    ladder.tell(ev.LegRejected(leg=C1, status=404))
    (back,) = ladder.of(cmd.Reoffer, last=True)
    assert (back.leg, back.sdp.split("s=")[1]) == (A, (given or "").split("s=")[1])
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    nothing_is_left_of_it(ladder)


def test_user_is_asked_back_when_the_call_goes_on_to_somebody_else() -> None:
    who = desk_only(piet(), call_forwarding_busy=CallForwardingBusy(active=True, destination="203"))
    ladder = calls(who)
    early(ladder, 180)
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    ladder.tell(ev.LegRejected(leg=C1, status=486))
    assert [one.leg for one in ladder.of(cmd.Reoffer, last=True)] == [A]
    assert sounding(ladder) == {(M1, B1, False), (M1, A, True)}
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    ladder.forward(who, desk_only(anna()), binding("anna-desk1"))
    ladder.offers()
    picks_up(ladder, C2)
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    ladder.tell(ask("cancel"))
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    nothing_is_left_of_it(ladder)


def test_refusal_that_crosses_the_telephones_move_asks_it_back() -> None:
    ladder = abroad()
    early(ladder)
    ladder.tell(ev.LegRejected(leg=C1, status=404))
    assert ladder.of(cmd.Reoffer, last=True) == [], "not before it has answered the other offer"
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    assert [one.leg for one in ladder.of(cmd.Reoffer, last=True)] == [A]
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    nothing_is_left_of_it(ladder)


def test_answer_that_crosses_it_waits() -> None:
    ladder = abroad()
    early(ladder)
    ladder.tell(ev.LegAnswered(leg=C1, sdp=sdp("late"), to_tag="t"))
    ladder.answers()
    assert len(ladder.of(cmd.Reoffer)) == 1
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    assert len(ladder.of(cmd.Reoffer)) == 2
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    ladder.tell(ask("complete"))
    bridge(ladder)
    assert pairs_left(ladder) == {N2}


def test_telephone_that_does_not_move_hears_ringing_on() -> None:
    ladder = abroad()
    early(ladder)
    ladder.tell(ev.LegReofferRejected(leg=A, status=488))
    assert sounding(ladder) == {(M1, B1, False), (M1, A, True)}
    ladder.tell(ev.LegRejected(leg=C1, status=404))
    nothing_is_left_of_it(ladder)


def test_telephone_that_turns_out_to_be_gone_is_waited_for() -> None:
    ladder = abroad()
    early(ladder)
    ladder.tell(ev.LegReofferRejected(leg=A, status=481))
    assert [one.leg for one in ladder.of(cmd.CancelLeg)] == [C1]
    assert cmd.StartTimer(name="lost", after_s=20.0) in ladder.last
    assert sounding(ladder) == {(M1, B1, False)}


def test_offers_of_the_two_about_their_own_media_wait() -> None:
    ladder = abroad()
    early(ladder)
    ladder.tell(ev.LegReofferAnswered(leg=A, sdp=sdp("suze")))
    for leg in (A, B1):
        ladder.tell(ev.LegReoffered(leg=leg, sdp=sdp("x", version=2), method="INVITE"))
        assert ladder.last == (cmd.RejectReoffer(leg=leg, status=491),)


def test_user_who_has_left_hears_nothing_early() -> None:
    ladder = abroad()
    ladder.tell(ask("complete"))
    early(ladder)
    assert ladder.of(cmd.Reoffer) == []
    assert sounding(ladder) == {(M1, B1, True)}
    assert N1 in pairs_left(ladder)
