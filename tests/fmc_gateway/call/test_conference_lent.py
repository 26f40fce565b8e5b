"""The far party of another call of the moderator comes into the conference, or stays where it was."""

from __future__ import annotations

from typing import Any

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.conference_commands import CreateRoom, JoinRoom
from tests.fmc_gateway.call.kit import B1, A, sdp, suze
from tests.fmc_gateway.call.test_conferencing import in_it, rooms_left
from tests.fmc_gateway.call.two_calls import A2, C2, D1, SUZE, Two, colleague_talks, outside

DESCRIBED = {A: "suze", B1: "piet", D1: "far"}


class Meeting(Two):
    """The first call becomes a conference; rtpengine, Janus and telephones do as they are asked."""

    def __init__(self) -> None:
        super().__init__(outside(), colleague_talks())
        self.joined = self.moved = 0

    def made(self) -> None:
        wish = ev.ConferenceRequested(request="r1", subscriber=SUZE, calls=(C2,))
        self.tell(wish, self.first)
        (made,) = self.first.of(CreateRoom)
        self.tell(ev.RoomMade(room=made.room), self.first)
        self.enters()
        self.moves(B1)
        self.moves(A)

    def enters(self) -> None:
        self.offers()
        joins = self.first.of(JoinRoom)
        for one in joins[self.joined :]:
            self.tell(ev.PartyInRoom(room=one.room, leg=one.leg, sdp=sdp("room")), self.first)
        self.joined = len(joins)
        self.answers()

    def moves(self, leg: Any) -> None:
        asked = self.first.of(cmd.Reoffer)
        assert [one.leg for one in asked[self.moved :]] == [leg]
        self.moved = len(asked)
        self.accepts(leg, DESCRIBED[leg])

    def knows(self, **changes: Any) -> None:
        self.tell(ev.ContextLoaded(caller=suze(**changes), called=None), self.first)


def asking() -> Meeting:
    """The far party of the other call is being asked over."""
    two = Meeting()
    two.made()
    assert in_it(two.first) == {A, B1}
    assert two.first.of(cmd.AnswerRequest)[-1].done
    two.knows()
    assert two.second.state == "Lending"
    two.enters()
    return two


def test_far_party_of_another_call_comes_in_and_that_call_is_over() -> None:
    two = asking()
    two.moves(D1)
    assert in_it(two.first) == {A, B1, D1}
    assert two.second.state == "None"
    assert [one.leg for one in two.second.of(cmd.EndLeg)] == [A2], "the user is out of it"
    two.tell(ev.HangUpRequested(by="user:suze"), self_of(two))
    assert two.left() == {"pairs": set(), "legs": set()}
    assert rooms_left(two.first) == set()
    assert {leg.leg for leg in two.first.record.legs} == {A, B1, D1}


def self_of(two: Meeting) -> Any:
    return two.first


@pytest.mark.parametrize("how", ["refuses", "not in room", "no media", "lost", "moderator leaves"])
def test_far_party_that_does_not_come_is_where_it_was(how: str) -> None:
    two = Meeting()
    two.made()
    two.knows()
    if how == "refuses":
        two.enters()
        two.tell(ev.LegReofferRejected(leg=D1, status=488))
    elif how == "no media":
        two.tell(ev.MediaFailed(pair=two.first.of(cmd.OfferMedia)[-1].pair, reason="x"), two.first)
    elif how == "not in room":
        two.offers()
        join = two.first.of(JoinRoom)[-1]
        two.tell(ev.PartyNotInRoom(room=join.room, leg=join.leg, reason="x"), two.first)
    elif how == "lost":
        (made,) = two.first.of(CreateRoom)
        two.tell(ev.RoomFailed(room=made.room, reason="x"), two.first)
    else:
        two.tell(ev.LegEnded(leg=A, cause="bye"))
    assert two.second.state == "Talking"
    assert two.owner[D1] is two.second
    over = how in ("lost", "moderator leaves")
    assert two.first.state == ("None" if over else "Conferring")
    two.tell(ev.HangUpRequested(by="user:suze"), two.second)
    if not over:
        two.tell(ev.HangUpRequested(by="user:suze"), two.first)
    assert two.left()["pairs"] == set()
    assert rooms_left(two.first) == set()


@pytest.mark.parametrize("asked_over", [False, True])
def test_far_party_hangs_up_on_its_way_and_its_own_call_is_over(asked_over: bool) -> None:
    two = Meeting()
    two.made()
    two.knows()
    if asked_over:
        two.enters()
    two.tell(ev.LegEnded(leg=D1, cause="bye"))
    assert in_it(two.first) == {A, B1}
    assert two.second.state == "None"
    assert [one.leg for one in two.second.of(cmd.EndLeg)] == [A2]


def test_conference_ends_while_it_is_asked_over_and_it_is_hung_up() -> None:
    two = asking()
    two.tell(ev.LegEnded(leg=A, cause="bye"))
    assert [one.leg for one in two.first.of(cmd.EndLeg)].count(D1) == 1
    assert (two.first.state, two.second.state) == ("None", "None")
    assert two.left()["pairs"] == set()


def test_call_that_cannot_lend_is_left_alone() -> None:
    two = Meeting()
    two.tell(ev.ConsultRequested(request="r7", subscriber=SUZE, destination="203"), two.second)
    two.made()
    two.knows()
    assert two.second.state == "Talking"
    assert in_it(two.first) == {A, B1}
    two.tell(ev.ConferenceAddRequested(request="r8", subscriber=SUZE, destination="204"), two.first)
    assert two.first.of(cmd.LoadContext, last=True), "the next may be called in"
