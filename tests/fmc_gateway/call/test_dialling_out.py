"""Dial from the app: the user's own telephone first, then the other side."""

from __future__ import annotations

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.model import DiallingOut
from hipper.contracts.calls import AttemptOutcome, CallOutcome, LivePhase
from hipper.pbx.ids import DeviceId, LegId, SubscriberId
from hipper.pbx.model import Announcement
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.reachability import Anywhere, AnywhereLocation, PersonalAssistant
from tests.fmc_gateway.call.dialled import (
    A1,
    A2,
    D1,
    DESK,
    asked,
    barred,
    calling,
    colleague,
    know,
    picked_up,
    ringing,
    wish,
)
from tests.fmc_gateway.call.kit import (
    B1,
    ELSEWHERE,
    M1,
    OUTSIDE,
    SUZE_FIXED,
    A,
    Ladder,
    desk_only,
    piet,
    sdp,
    suze,
)

# The user's own telephone.


def test_directory_is_asked_about_the_user_and_the_destination() -> None:
    ladder = Ladder()
    ladder.tell(wish("030 111 2233"))
    asked_for = cmd.LoadContext(served_subscriber=SubscriberId("suze"), dialled="030 111 2233")
    assert ladder.last == (asked_for,)


def test_own_telephone_is_offered_media_of_ours_and_shows_whom_it_will_reach() -> None:
    ladder = asked("202", colleague())
    assert ladder.of(cmd.AnswerDial) == [cmd.AnswerDial(accepted=True)]
    (offer,) = ladder.of(cmd.OfferMedia)
    assert (offer.pair, offer.from_leg, offer.to_leg) == (D1, A, A1)
    assert "PCMA/8000" in offer.sdp
    ladder.offers()
    (invite,) = ladder.of(cmd.Originate)
    assert isinstance(invite.target, cmd.BindingTarget)
    assert invite.target.binding.device == DESK
    assert (invite.sdp, invite.offerless) == (sdp(f"for {A1}"), False)
    assert (invite.identity.name, invite.identity.extension) == ("Piet", "202")
    assert asked("030 111 2233").call is not None


def test_destination_outside_is_shown_as_the_caller() -> None:
    ladder = asked("030 111 2233")
    ladder.offers()
    assert ladder.of(cmd.Originate)[0].identity.number == OUTSIDE


def test_live_call_is_the_users_from_the_wish_on_and_the_other_side_is_not_bothered() -> None:
    ladder = asked("202", colleague())
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.calling.subscriber, live.calling.device) == (LivePhase.SETTING_UP, "suze", None)
    assert live.called.subscriber is None
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=A1, status=180))
    live = ladder.live()
    assert live is not None
    assert live.phase is LivePhase.RINGING
    assert ladder.of(cmd.PublishRing) == []


def test_mobile_is_asked_to_press_1_and_only_that_goes_on() -> None:
    ladder = asked("202", colleague(), device=DeviceId("suze-mobile"))
    ladder.offers()
    (invite,) = ladder.of(cmd.Originate)
    assert isinstance(invite.target, cmd.MobileTarget)
    ladder.tell(ev.LegAnswered(leg=A1, sdp=sdp("mobile"), to_tag="t"))
    ladder.answers()
    (question,) = ladder.of(cmd.PlayAnnouncement)
    assert (question.pair, question.leg, question.announcements) == (D1, A1, (Announcement.PRESS_ONE,))
    assert question.repeat
    ladder.tell(ev.DigitPressed(leg=A1, digit="2"))
    assert len(ladder.of(cmd.LoadContext)) == 1
    ladder.tell(ev.DigitPressed(leg=A1, digit="1"))
    assert len(ladder.of(cmd.LoadContext)) == 2
    assert ladder.of(cmd.StopAnnouncement) == [cmd.StopAnnouncement(pair=D1, leg=A1)]
    assert isinstance(ladder.call, DiallingOut)
    assert ladder.call.calling.device == "suze-mobile"


def test_nobody_presses_1_on_the_mobile() -> None:
    ladder = asked("202", colleague(), device=DeviceId("suze-mobile"))
    ladder.offers()
    ladder.tell(ev.LegAnswered(leg=A1, sdp=sdp("mobile"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.TimerFired(name="confirm c1-a1"), after_s=10)
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A1]
    assert ladder.record.outcome is CallOutcome.NO_ANSWER
    assert ladder.attempts()["suze-mobile"].outcome is AttemptOutcome.NOT_CONFIRMED


def both() -> Ladder:
    """Suze's mobile and a number of hers (leg A2) ring together."""
    place = Anywhere(
        active=True, alert_all_for_dial=True, locations=(AnywhereLocation(number=OUTSIDE, active=True),)
    )
    caller = suze(services=SubscriberServices(anywhere=place))
    ladder = asked("202", colleague(), caller, device=None)
    ladder.offers()
    return ladder


def test_first_of_several_telephones_that_is_picked_up_is_the_calling_one() -> None:
    ladder = both()
    assert [one.leg for one in ladder.of(cmd.Originate)] == [A1, A2]
    ladder.tell(ev.LegAnswered(leg=A2, sdp=sdp("home"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.DigitPressed(leg=A2, digit="1"))
    assert ladder.of(cmd.CancelLeg) == [cmd.CancelLeg(leg=A1, reason=ELSEWHERE)]
    assert [one.pair for one in ladder.of(cmd.DeleteMedia)] == [D1]
    ladder.tell(ev.LegRejected(leg=A1, status=487))
    ladder.tell(ev.LegEnded(leg=A2, cause="bye"))
    outcomes = {device: one.outcome for device, one in ladder.attempts().items()}
    assert outcomes == {
        "suze-mobile": AttemptOutcome.ANSWERED_ELSEWHERE,
        f"remote:{OUTSIDE}": AttemptOutcome.ANSWERED,
    }


def test_number_outside_that_is_rung_first_is_charged_by_itself() -> None:
    ladder = both()
    ladder.tell(ev.LegAnswered(leg=A2, sdp=sdp("home"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.DigitPressed(leg=A2, digit="1"))
    live = ladder.live()
    assert live is not None
    assert [one.subscriber for one in live.charges] == ["suze"]
    ladder.tell(ev.LegRejected(leg=A1, status=487))
    know(ladder, colleague())
    ladder.offers()
    ladder.tell(ev.LegAnswered(leg=LegId("c1-b2"), sdp=sdp("piet"), to_tag="t"))
    ladder.answers()
    ladder.tell(ev.LegEnded(leg=A2, cause="bye"))
    own, talk = ladder.record.segments
    assert (own.calling, own.charged) == (A2, "suze")
    assert (talk.calling, talk.called, talk.charged) == (A2, "c1-b2", None)


# The other side.


def test_other_side_is_called_once_the_user_has_picked_up_and_hears_ringing() -> None:
    ladder = ringing("202", colleague())
    assert len(ladder.of(cmd.OfferMedia)) == 1
    ladder.tell(ev.LegAnswered(leg=A1, sdp=sdp("desk"), to_tag="t"))
    assert ladder.last == (cmd.AnswerMedia(pair=D1, offering_leg=A, answering_leg=A1, sdp=sdp("desk")),)
    ladder.answers()
    assert ladder.of(cmd.PlayMusic) == [cmd.PlayMusic(pair=D1, leg=A1, ringing=True)]
    know(ladder, colleague())
    offer = ladder.of(cmd.OfferMedia)[-1]
    assert offer == cmd.OfferMedia(pair=M1, from_leg=A1, to_leg=B1, sdp=sdp("desk"))
    ladder.offers()
    invite = ladder.of(cmd.Originate)[-1]
    assert isinstance(invite.target, cmd.BindingTarget)
    assert invite.target.binding.device == "piet-desk1"
    assert (invite.identity.name, invite.identity.extension) == ("Suze", "201")
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    assert ladder.of(cmd.Ring) == []
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.calling.device, live.called.subscriber) == (LivePhase.RINGING, DESK, "piet")


def test_call_outside_leaves_over_the_trunk_with_the_users_number() -> None:
    ladder = calling("030 111 2233")
    invite = ladder.of(cmd.Originate)[-1]
    assert invite.target == cmd.TrunkTarget(trunk=None, user=OUTSIDE)
    assert invite.identity.number == SUZE_FIXED
    assert calling("030 111 2233", anonymous=True).of(cmd.Originate)[-1].identity.number is None


def test_users_own_rules_of_the_called_one_hold() -> None:
    ladder = picked_up("202", colleague())
    know(ladder, piet(enabled=False))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A1]
    assert ladder.record.outcome is not CallOutcome.ANSWERED


def assistant(transfer_to: str | None = None) -> Ladder:
    """Piet's assistant speaks to Suze, who picked up her desk phone."""
    ladder = picked_up("202", colleague())
    says = PersonalAssistant(active=True, transfer_to=transfer_to)
    know(ladder, desk_only(piet(), personal_assistant=says))
    return ladder


def test_what_callers_are_told_is_spoken_to_who_picked_up() -> None:
    ladder = assistant()
    speech = ladder.of(cmd.PlayAnnouncement)[-1]
    assert (speech.pair, speech.leg) == (D1, A1)
    assert ladder.of(cmd.StopMusic) == [cmd.StopMusic(pair=D1, leg=A1)]
    assert ladder.of(cmd.EndLeg) == []
    ladder.spoken()
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A1]
    assert [one.pair for one in ladder.of(cmd.DeleteMedia)] == [D1]
    assert ladder.record.answered is None


def test_ringing_is_heard_again_when_the_call_goes_on_after_it() -> None:
    ladder = assistant(transfer_to="030 111 2233")
    ladder.spoken()
    assert ladder.of(cmd.EndLeg) == []
    assert ladder.of(cmd.PlayMusic)[1:] == [cmd.PlayMusic(pair=D1, leg=A1, ringing=True)]
    assert ladder.of(cmd.LoadContext)[-1].dialled == "030 111 2233"


def test_user_hangs_up_during_the_announcement() -> None:
    ladder = assistant()
    ladder.tell(ev.LegEnded(leg=A1, cause="bye"))
    assert ladder.record.outcome is CallOutcome.CANCELLED
    assert [one.pair for one in ladder.of(cmd.DeleteMedia)] == [D1]


def test_what_the_plan_allowed_at_first_may_be_refused_at_the_pick_up() -> None:
    ladder = picked_up("030 111 2233")
    know(ladder, None, barred())
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A1]
    assert ladder.record.outcome is CallOutcome.REFUSED
    assert [one.pair for one in ladder.of(cmd.DeleteMedia)] == [D1]
