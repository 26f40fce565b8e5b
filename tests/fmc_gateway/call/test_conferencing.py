"""A call with a consultation becomes a conference, or is what it was; who is in it comes and goes."""

from __future__ import annotations

from typing import Any

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.bus import RefusedBecause
from hipper.contracts.calls import LivePhase
from hipper.contracts.talks import TalkEnded, TalkStarted
from hipper.pbx.ids import CallId, LegId, RoomId, SubscriberId
from hipper.pbx.model import ServicePack, TariffClass
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.reachability import SimultaneousRingNumber, SimultaneousRingPersonal
from tests.fmc_gateway.call.consultations import C1, SUZE, consult, consulting, outside
from tests.fmc_gateway.call.kit import (
    B1,
    M1,
    OUTSIDE,
    A,
    Ladder,
    anna,
    binding,
    joined,
    kees,
    sdp,
    suze,
)

ROOM_PLACE = sdp("room", address="127.0.0.1")


def confer(**changes: Any) -> ev.ConferenceRequested:
    return ev.ConferenceRequested(**({"request": "r9", "subscriber": SUZE} | changes))


def room_of(ladder: Ladder) -> RoomId:
    return ladder.of(cmd.CreateRoom)[-1].room


def wanted() -> Ladder:
    """Suze's mobile consults Piet while the far party waits, and wants all three together."""
    ladder = consulting()
    ladder.tell(confer())
    return ladder


def entered(ladder: Ladder) -> None:
    """rtpengine and Janus do as they are asked, for everybody."""
    offers = ladder.of(cmd.OfferMedia, last=True)
    for ask in offers:
        made = sdp(f"for {ask.to_leg}")
        ladder.tell(ev.MediaOffered(pair=ask.pair, from_leg=ask.from_leg, to_leg=ask.to_leg, sdp=made))
        for join in ladder.of(cmd.JoinRoom, last=True):
            ladder.tell(ev.PartyInRoom(room=join.room, leg=join.leg, sdp=ROOM_PLACE))
            for answer in ladder.of(cmd.AnswerMedia, last=True):
                ladder.tell(ev.MediaAnswered(pair=answer.pair, sdp=sdp(f"for {answer.offering_leg}")))


HERE = {A: "suze", B1: "piet", C1: "desk"}


def moved(ladder: Ladder, *legs: LegId) -> None:
    """Each telephone goes over when it is asked, in this order."""
    for leg in legs:
        (asked,) = ladder.of(cmd.Reoffer, last=True)
        assert asked.leg == leg
        ladder.tell(ev.LegReofferAnswered(leg=leg, sdp=sdp(HERE[leg])))


def prepared() -> Ladder:
    ladder = wanted()
    ladder.tell(ev.RoomMade(room=room_of(ladder)))
    entered(ladder)
    return ladder


def conference(**changes: Any) -> Ladder:
    """Suze (A), whom she called (B1) and Piet (C1)."""
    ladder = consulting()
    ladder.tell(confer(**changes))
    ladder.tell(ev.RoomMade(room=room_of(ladder)))
    entered(ladder)
    moved(ladder, B1, C1, A)
    return ladder


def answer(ladder: Ladder) -> tuple[bool, RefusedBecause]:
    found = ladder.of(cmd.AnswerRequest)[-1]
    return found.done, found.because


def pairs_left(ladder: Ladder) -> set[str]:
    made = {one.pair for one in ladder.of(cmd.OfferMedia)}
    return made - {one.pair for one in ladder.of(cmd.DeleteMedia)}


def rooms_left(ladder: Ladder) -> set[str]:
    made = [one.room for one in ladder.of(cmd.CreateRoom)]
    gone = [one.room for one in ladder.of(cmd.DestroyRoom)]
    assert len(gone) == len(set(gone))
    return set(made) - set(gone)


def silent(ladder: Ladder) -> set[str]:
    """Whose media rtpengine drops, on a pair that is left."""
    blocked: set[tuple[str, str]] = set()
    for one in ladder.commands:
        if isinstance(one, cmd.BlockMedia):
            blocked.add((one.pair, one.leg))
        elif isinstance(one, cmd.UnblockMedia):
            blocked.remove((one.pair, one.leg))
    return {leg for pair, leg in blocked if pair in pairs_left(ladder)}


def in_it(ladder: Ladder) -> set[str]:
    live = ladder.live()
    assert live is not None
    return {party.leg for party in (live.calling, live.called, *live.others)}


def everybody_left(ladder: Ladder) -> None:
    """Nobody is there, and nothing is left."""
    assert ladder.state == "None"
    assert pairs_left(ladder) == set()
    assert rooms_left(ladder) == set()


# It is made.


def test_telephones_are_asked_over_one_by_one_and_who_waits_is_first() -> None:
    ladder = prepared()
    assert [one.leg for one in ladder.of(cmd.Reoffer, last=True)] == [B1]
    moved(ladder, B1, C1, A)
    assert ladder.state == "Conferring"
    assert answer(ladder) == (True, RefusedBecause.STATE)
    assert len(pairs_left(ladder)) == 3
    assert M1 not in pairs_left(ladder)
    assert silent(ladder) == set()
    live = ladder.live()
    assert live is not None
    assert (live.phase, live.conference, live.moderator) == (LivePhase.ESTABLISHED, True, A)
    assert in_it(ladder) == {A, B1, C1}


def test_nobody_is_asked_anything_before_everybody_has_media() -> None:
    ladder = wanted()
    ladder.tell(ev.RoomMade(room=room_of(ladder)))
    assert len(ladder.of(cmd.OfferMedia, last=True)) == 3
    before = len(ladder.of(cmd.Reoffer))
    first, second, third = ladder.of(cmd.OfferMedia, last=True)
    ladder.last = (first, second)
    entered(ladder)
    assert len(ladder.of(cmd.Reoffer)) == before
    ladder.last = (third,)
    entered(ladder)
    assert len(ladder.of(cmd.Reoffer)) == before + 1


def test_recorder_hears_each_user_in_the_room_and_legs_go_on_costing() -> None:
    ladder = conference()
    talks = [one.talk for one in ladder.of(cmd.PublishTalk)][-3:]
    assert [type(one) for one in talks] == [TalkEnded, TalkStarted, TalkStarted]
    started = [one for one in talks if isinstance(one, TalkStarted)]
    assert {tag.user for one in started for tag in one.tags} == {"piet", "suze", None}
    assert len({one.segment for one in started}) == 2
    live = ladder.live()
    assert live is not None
    assert [charge.subscriber for charge in live.charges] == ["suze"], "the leg outside"
    ladder.tell(ev.HangUpRequested(by="user:suze"))
    everybody_left(ladder)
    own = {one.called: one for one in ladder.record.segments if one.calling == one.called}
    assert set(own) == {A, B1, C1}
    assert own[B1].payer.subscription == "suze-sim"
    assert own[A].payer.subscription is None
    assert {leg.leg for leg in ladder.record.legs} == {A, B1, C1}


def test_two_who_talk_make_a_conference_of_two() -> None:
    ladder = outside()
    ladder.tell(confer())
    ladder.tell(ev.RoomMade(room=room_of(ladder)))
    entered(ladder)
    moved(ladder, B1, A)
    assert in_it(ladder) == {A, B1}
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    everybody_left(ladder)


# It is not.


@pytest.mark.parametrize(
    ("event", "because"),
    [
        (ev.RoomFailed(room=RoomId("c1-room4"), reason="no Janus", unavailable=True), "not_available"),
        (ev.RoomFailed(room=RoomId("c1-room4"), reason="refused"), "state"),
    ],
)
def test_without_a_mixer_the_call_is_as_it_was(event: ev.AnyEvent, because: str) -> None:
    ladder = wanted()
    before = pairs_left(ladder)
    event = ev.RoomFailed(room=room_of(ladder), reason="x", unavailable=because == "not_available")
    ladder.tell(event)
    assert ladder.state == "Talking"
    assert answer(ladder) == (False, RefusedBecause(because))
    assert pairs_left(ladder) == before
    assert rooms_left(ladder) == set()
    ladder.tell(ev.ConsultStepRequested(request="r5", subscriber=SUZE, step=ev.ConsultStep.SWAP))
    assert [one.leg for one in ladder.of(cmd.Reoffer, last=True)] == [A]


def test_a_party_that_cannot_enter_leaves_the_call_as_it_was() -> None:
    ladder = wanted()
    before = pairs_left(ladder)
    ladder.tell(ev.RoomMade(room=room_of(ladder)))
    ask = ladder.of(cmd.OfferMedia, last=True)[0]
    ladder.tell(ev.MediaOffered(pair=ask.pair, from_leg=ask.from_leg, to_leg=ask.to_leg, sdp=sdp("x")))
    (join,) = ladder.of(cmd.JoinRoom, last=True)
    ladder.tell(ev.PartyNotInRoom(room=join.room, leg=join.leg, reason="no ports"))
    assert ladder.state == "Talking"
    assert pairs_left(ladder) == before
    assert rooms_left(ladder) == set()


def test_rtpengine_fails_and_the_call_is_as_it_was() -> None:
    ladder = wanted()
    before = pairs_left(ladder)
    ladder.tell(ev.RoomMade(room=room_of(ladder)))
    ladder.tell(ev.MediaFailed(pair=ladder.of(cmd.OfferMedia)[-1].pair, reason="x"))
    assert ladder.state == "Talking"
    assert pairs_left(ladder) == before


def test_telephone_that_refuses_to_go_over_brings_the_others_back() -> None:
    ladder = prepared()
    before = [one.sdp for one in ladder.of(cmd.Originate)]
    moved(ladder, B1)
    ladder.tell(ev.LegReofferRejected(leg=C1, status=488))
    (back,) = ladder.of(cmd.Reoffer, last=True)
    assert back.leg == B1
    assert back.sdp.split("s=")[1] == (before[0] or "").split("s=")[1], "where it was"
    ladder.tell(ev.LegReofferAnswered(leg=B1, sdp=sdp("piet")))
    assert ladder.state == "Talking"
    assert answer(ladder) == (False, RefusedBecause.STATE)
    assert rooms_left(ladder) == set()
    assert len(pairs_left(ladder)) == 2
    assert ladder.of(cmd.EndLeg) == []


def test_first_telephone_refuses_and_nobody_moved() -> None:
    ladder = prepared()
    ladder.tell(ev.LegReofferRejected(leg=B1, status=500))
    assert ladder.state == "Talking"
    assert ladder.of(cmd.Reoffer, last=True) == []


def test_who_hangs_up_while_the_others_go_back_is_gone_there() -> None:
    ladder = prepared()
    moved(ladder, B1)
    ladder.tell(ev.LegReofferRejected(leg=C1, status=488))
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    assert ladder.state == "Talking"
    live = ladder.live()
    assert live is not None
    assert (live.called.leg, live.others) == (C1, ())


@pytest.mark.parametrize("event", [ev.LegEnded(leg=C1, cause="bye"), consult("203")])
def test_call_changes_while_the_room_is_made(event: ev.AnyEvent) -> None:
    """The colleague hangs up: the user goes back to the far party; or something else is begun."""
    ladder = wanted()
    ladder.tell(event)
    if isinstance(event, ev.LegEnded):
        assert ladder.state == "Talking"
        assert rooms_left(ladder) == set()
        assert [one.leg for one in ladder.of(cmd.Reoffer, last=True)] == [A]
    else:
        assert ladder.state == "Conferring", "refused: a consultation runs"
    ladder.tell(ev.RoomMade(room=room_of(ladder)))


def test_user_with_a_small_pack_has_three_way_and_no_more() -> None:
    ladder = conference()
    ladder.tell(ev.ConferenceAddRequested(request="r10", subscriber=SUZE, destination="203"))
    ladder.load(suze(pack=ServicePack.BASE_PLUS), anna(), binding("anna-desk1"))
    assert answer(ladder) == (False, RefusedBecause.BARRED)
    assert in_it(ladder) == {A, B1, C1}


def test_somebody_else_cannot_make_a_conference_of_it() -> None:
    ladder = consulting()
    ladder.tell(confer(subscriber=SubscriberId("kees")))
    assert answer(ladder) == (False, RefusedBecause.STATE)
    assert ladder.state == "Talking"


# Coming and going.


def test_two_go_on_when_the_third_hangs_up_and_then_it_is_over() -> None:
    ladder = conference()
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    assert in_it(ladder) == {A, C1}
    assert len(pairs_left(ladder)) == 2
    assert len(ladder.of(cmd.LeaveRoom)) == 1
    ladder.tell(ev.LegEnded(leg=C1, cause="bye"))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A]
    everybody_left(ladder)


def test_moderator_leaves_and_it_is_over() -> None:
    ladder = conference()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert {one.leg for one in ladder.of(cmd.EndLeg)} == {B1, C1}
    everybody_left(ladder)


def test_moderator_leaves_and_the_others_go_on_as_set() -> None:
    ladder = conference(goes_on=True)
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert in_it(ladder) == {B1, C1}
    live = ladder.live()
    assert live is not None
    assert (live.conference, live.moderator) == (True, None)
    ladder.tell(ev.ConferenceAddRequested(request="r10", subscriber=SUZE, destination="203"))
    assert answer(ladder)[0] is False
    ladder.tell(ev.LegEnded(leg=C1, cause="bye"))
    everybody_left(ladder)
    assert len(ladder.record.legs) == 3


def test_room_is_lost_and_nobody_is_left_in_silence() -> None:
    ladder = conference()
    ladder.tell(ev.RoomFailed(room=room_of(ladder), reason="gone", unavailable=True))
    assert {one.leg for one in ladder.of(cmd.EndLeg)} == {A, B1, C1}
    everybody_left(ladder)


def test_who_is_muted_or_on_hold_is_not_heard() -> None:
    ladder = conference()
    mute = ev.ConferenceMuteRequested(request="r1", subscriber=SUZE, leg=B1, muted=True)
    ladder.tell(mute)
    ladder.tell(mute)
    assert silent(ladder) == {B1}
    live = ladder.live()
    assert live is not None
    assert [party.leg for party in (live.calling, live.called, *live.others) if party.muted] == [B1]
    ladder.tell(ev.LegReoffered(leg=C1, sdp=sdp("desk", direction="sendonly", version=2), method="INVITE"))
    ladder.offers()
    ladder.answers()
    (held,) = ladder.of(cmd.AnswerReoffer)
    assert "a=recvonly" in held.sdp
    assert silent(ladder) == {B1, C1}
    assert ladder.of(cmd.PlayMusic, last=True) == []
    ladder.tell(ev.ConferenceMuteRequested(request="r2", subscriber=SUZE, leg=B1, muted=False))
    assert silent(ladder) == {C1}
    ladder.tell(ev.HoldRequested(request="r3", subscriber=SUZE, on=True))
    assert silent(ladder) == {A, C1}
    ladder.tell(ev.LegReoffered(leg=C1, sdp=sdp("desk", version=3), method="INVITE"))
    ladder.offers()
    ladder.answers()
    ladder.tell(ev.HoldRequested(request="r4", subscriber=SUZE, on=False))
    assert silent(ladder) == set()


def test_colleague_mutes_only_itself_and_puts_nobody_out() -> None:
    ladder = conference()
    piet = SubscriberId("piet")
    ladder.tell(ev.ConferenceMuteRequested(request="r1", subscriber=piet, leg=B1, muted=True))
    assert answer(ladder)[0] is False
    ladder.tell(ev.ConferenceRemoveRequested(request="r2", subscriber=piet, leg=B1))
    assert answer(ladder)[0] is False
    ladder.tell(ev.ConferenceMuteRequested(request="r3", subscriber=piet, leg=C1, muted=True))
    assert answer(ladder)[0] is True
    assert silent(ladder) == {C1}


def test_moderator_puts_somebody_out() -> None:
    ladder = conference()
    ladder.tell(ev.ConferenceRemoveRequested(request="r1", subscriber=SUZE, leg=LegId("x")))
    assert answer(ladder)[0] is False
    ladder.tell(ev.ConferenceRemoveRequested(request="r2", subscriber=SUZE, leg=C1))
    assert answer(ladder)[0] is True
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [C1]
    assert in_it(ladder) == {A, B1}


# Called in.


def adding(destination: str = "203", who: Any = None) -> Ladder:
    ladder = conference()
    ladder.tell(ev.ConferenceAddRequested(request="r10", subscriber=SUZE, destination=destination))
    phones = () if who is None else (binding(f"{who.subscriber}-desk1"),)
    ladder.load(suze(), who, *phones)
    return ladder


NEW = LegId("c1-c6")


def desk_of_anna() -> Any:
    return anna(devices=anna().devices[:1])


def test_colleague_is_called_in_and_heard_once_there() -> None:
    ladder = adding(who=desk_of_anna())
    assert answer(ladder)[0] is True
    ladder.offers()
    (invite,) = ladder.of(cmd.Originate, last=True)
    assert (invite.identity.extension, "PCMA" in (invite.sdp or "")) == ("201", True)
    live = ladder.live()
    assert live is not None
    assert [one.ringing for one in live.others if one.ringing] == [("anna-desk1",)]
    ladder.tell(ev.LegRinging(leg=invite.leg, status=180))
    ladder.tell(ev.LegAnswered(leg=invite.leg, sdp=sdp("anna"), to_tag="t"))
    ladder.answers()
    (join,) = ladder.of(cmd.JoinRoom, last=True)
    ladder.tell(ev.PartyInRoom(room=join.room, leg=join.leg, sdp=ROOM_PLACE))
    (offer,) = ladder.of(cmd.OfferMedia, last=True)
    assert (offer.from_leg, offer.sdp) == (join.leg, ROOM_PLACE)
    ladder.offers()
    ladder.answers()
    assert in_it(ladder) == {A, B1, C1, invite.leg}
    assert ladder.of(cmd.Reoffer, last=True) == []
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    everybody_left(ladder)
    assert len(ladder.record.legs) == 4


def test_number_outside_is_paid_by_the_moderator() -> None:
    ladder = adding("030 111 2244")
    ladder.offers()
    (invite,) = ladder.of(cmd.Originate, last=True)
    live = ladder.live()
    assert live is not None
    assert [(one.subscriber, one.since) for one in live.charges][1:] == [("suze", None)]
    ladder.tell(ev.LegAnswered(leg=invite.leg, sdp=sdp("new"), to_tag="t"))
    ladder.answers()
    (join,) = ladder.of(cmd.JoinRoom, last=True)
    ladder.tell(ev.PartyInRoom(room=join.room, leg=join.leg, sdp=ROOM_PLACE))
    ladder.offers()
    ladder.answers()
    ladder.tell(ev.LegEnded(leg=invite.leg, cause="bye"))
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    (own,) = [one for one in ladder.record.segments if one.called == invite.leg]
    assert (own.charged, own.payer.subscription, own.ended is not None) == ("suze", "suze-line", True)


def test_number_that_rings_along_with_a_colleague_is_paid_by_that_colleague() -> None:
    home = SimultaneousRingPersonal(
        active=True, numbers=(SimultaneousRingNumber(number=OUTSIDE, confirm=False),)
    )
    ladder = adding(who=anna(devices=(), services=SubscriberServices(simultaneous_ring_personal=home)))
    ladder.offers()
    (invite,) = ladder.of(cmd.Originate, last=True)
    ladder.tell(ev.LegAnswered(leg=invite.leg, sdp=sdp("home"), to_tag="t"))
    ladder.answers()
    (join,) = ladder.of(cmd.JoinRoom, last=True)
    ladder.tell(ev.PartyInRoom(room=join.room, leg=join.leg, sdp=ROOM_PLACE))
    ladder.offers()
    ladder.answers()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    (own,) = [one for one in ladder.record.segments if one.called == invite.leg]
    assert own.charged == "anna", "whose caps count"
    assert (own.payer.subscription, own.payer.tariff) == ("anna-line", TariffClass.NATIONAL_FIXED)


@pytest.mark.parametrize(
    ("destination", "because"),
    [
        ("112", RefusedBecause.EMERGENCY),
        ("0800 0113", RefusedBecause.EMERGENCY),
        ("113", RefusedBecause.EMERGENCY),
        ("299", RefusedBecause.NOT_REACHABLE),
        ("*11", RefusedBecause.BARRED),
    ],
)
def test_who_may_not_be_called_in(destination: str, because: RefusedBecause) -> None:
    ladder = adding(destination)
    assert answer(ladder) == (False, because)
    assert in_it(ladder) == {A, B1, C1}


@pytest.mark.parametrize("how", ["declines", "no answer", "fails", "moderator leaves"])
def test_who_does_not_come_changes_nothing(how: str) -> None:
    ladder = adding(who=desk_of_anna())
    ladder.offers()
    (invite,) = ladder.of(cmd.Originate, last=True)
    events = {
        "declines": ev.LegRejected(leg=invite.leg, status=603),
        "no answer": ev.TimerFired(name="add"),
        "fails": ev.LegEnded(leg=invite.leg, cause="transport"),
        "moderator leaves": ev.LegEnded(leg=A, cause="bye"),
    }
    ladder.tell(events[how])
    if how == "moderator leaves":
        ladder.tell(ev.LegRejected(leg=invite.leg, status=487))
        return everybody_left(ladder)
    assert in_it(ladder) == {A, B1, C1}
    assert len(pairs_left(ladder)) == 3
    ladder.tell(ev.ConferenceAddRequested(request="r11", subscriber=SUZE, destination="204"))
    assert ladder.of(cmd.LoadContext, last=True)
    return None


def test_room_takes_nobody_more_and_who_was_called_in_hears_so() -> None:
    ladder = adding(who=desk_of_anna())
    ladder.offers()
    (invite,) = ladder.of(cmd.Originate, last=True)
    ladder.tell(ev.LegAnswered(leg=invite.leg, sdp=sdp("anna"), to_tag="t"))
    ladder.answers()
    (join,) = ladder.of(cmd.JoinRoom, last=True)
    ladder.tell(ev.PartyNotInRoom(room=join.room, leg=join.leg, reason="no ports"))
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [invite.leg]
    assert in_it(ladder) == {A, B1, C1}
    assert len(pairs_left(ladder)) == 3


def test_fifteen_others_and_no_more() -> None:
    ladder = conference()
    for n in range(13):
        ladder.tell(ev.ConferenceAddRequested(request=f"a{n}", subscriber=SUZE, destination="030 111 2244"))
        ladder.load(suze(), None)
        ladder.offers()
        (invite,) = ladder.of(cmd.Originate, last=True)
        ladder.tell(ev.LegAnswered(leg=invite.leg, sdp=sdp("new"), to_tag="t"))
        ladder.answers()
        (join,) = ladder.of(cmd.JoinRoom, last=True)
        ladder.tell(ev.PartyInRoom(room=join.room, leg=join.leg, sdp=ROOM_PLACE))
        ladder.offers()
        ladder.answers()
    assert len(in_it(ladder)) == 16
    ladder.tell(ev.ConferenceAddRequested(request="last", subscriber=SUZE, destination="030 111 2244"))
    ladder.load(suze(), None)
    assert answer(ladder) == (False, RefusedBecause.BARRED)


def test_pull_is_handed_back_and_other_wishes_are_refused() -> None:
    ladder = conference()
    ladder.tell(joined("j1", "suze", "suze-desk1"))
    assert len(ladder.of(cmd.ReturnLeg)) == 1
    ladder.tell(consult("203"))
    assert answer(ladder) == (False, RefusedBecause.STATE)
    ladder.tell(confer(calls=(CallId("other"),)))
    assert answer(ladder)[0] is False
    assert kees() is not None
