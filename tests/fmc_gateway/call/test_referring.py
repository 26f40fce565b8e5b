"""REFER from a telephone: what it is told at every turn, whatever happens to the call meanwhile."""

from __future__ import annotations

import msgspec
import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.pbx.ids import LegId
from tests.fmc_gateway.call.kit import B1, A, Ladder, binding, invite, piet, sdp, suze
from tests.fmc_gateway.call.two_calls import A2, C2, D1, Two, colleague_talks, outside, rings, two

C1 = LegId("c1-c1")
DESK = {"devices": piet().devices[:1]}


def refer(destination: str | None = "202", **changes: object) -> ev.ReferRequested:
    fields = {"request": "t1", "leg": A, "destination": destination} | changes
    return ev.ReferRequested(**fields)  # type: ignore[arg-type]


def told(ladder: Ladder, request: str = "t1") -> list[int]:
    """The response and what the NOTIFYs said after it."""
    both = (one for one in ladder.commands if isinstance(one, cmd.AnswerRefer | cmd.NotifyRefer))
    return [one.status for one in both if one.request == request]


def called() -> Ladder:
    """Piet's desk phone rings for the far party."""
    ladder = outside()
    ladder.tell(refer())
    ladder.load(suze(), piet(**DESK), binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=C1, status=180))
    return ladder


def bridged(ladder: Ladder) -> None:
    """Everybody does what is asked, until nothing more is."""
    described = {B1: "piet", C1: "desk", A: "suze"}
    for _ in range(6):
        ladder.answers()
        ladder.offers()
        for one in ladder.of(cmd.Reoffer, last=True):
            ladder.tell(ev.LegReofferAnswered(leg=one.leg, sdp=sdp(described[one.leg])))


def test_telephone_stays_until_somebody_has_the_call() -> None:
    ladder = called()
    assert told(ladder) == [202, 180]
    assert ladder.of(cmd.EndLeg) == []
    ladder.tell(ev.LegAnswered(leg=C1, sdp=sdp("desk"), to_tag="t"))
    bridged(ladder)
    assert told(ladder) == [202, 180, 200]
    assert [one.leg for one in ladder.of(cmd.EndLeg)] == [A]
    order = [type(one) for one in ladder.commands]
    assert order.index(cmd.EndLeg) > max(i for i, kind in enumerate(order) if kind is cmd.NotifyRefer)
    assert ladder.of(cmd.AnswerRequest) == [], "no app asked"


def test_telephone_that_hangs_up_first_is_told_all_the_same() -> None:
    ladder = called()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    ladder.tell(ev.LegAnswered(leg=C1, sdp=sdp("desk"), to_tag="t"))
    bridged(ladder)
    assert told(ladder) == [202, 180, 200]
    assert ladder.of(cmd.EndLeg) == []


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (ev.LegRejected(leg=C1, status=486), 486),
        (ev.LegRejected(leg=C1, status=603), 603),
        (ev.LegRejected(leg=C1, status=408, by_network=True), 408),
        (ev.TimerFired(name="no_answer"), 480),
    ],
)
def test_nobody_takes_it_and_the_telephone_talks_on(event: ev.AnyEvent, status: int) -> None:
    ladder = called()
    ladder.tell(event)
    assert told(ladder) == [202, 180, status]
    assert ladder.of(cmd.Reoffer) == []
    assert (ladder.state, ladder.of(cmd.EndLeg)) == ("Talking", [])


def test_nobody_takes_it_and_who_has_hung_up_is_called_back() -> None:
    ladder = called()
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    ladder.tell(ev.LegRejected(leg=C1, status=486))
    assert told(ladder) == [202, 180, 486]
    assert ladder.of(cmd.LoadContext, last=True), "whose telephones ring"


def test_far_party_hangs_up_before_anybody_has_it() -> None:
    ladder = called()
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    ladder.tell(ev.LegEnded(leg=A, cause="bye"))
    assert told(ladder)[:2] == [202, 180]
    assert told(ladder)[2] >= 300
    assert len(told(ladder)) == 3


@pytest.mark.parametrize("destination", ["112", "+31112", "*21*203#"])
def test_what_the_user_may_not_dial_is_403(destination: str) -> None:
    ladder = outside()
    ladder.tell(refer(destination))
    ladder.load(suze(), None)
    assert told(ladder) == [403]
    (answer,) = ladder.of(cmd.AnswerRefer)
    assert answer.explanation
    assert ladder.state == "Talking"


def test_directory_away_is_503() -> None:
    ladder = outside()
    ladder.tell(refer())
    ladder.tell(ev.ContextFailed(reason="away"))
    assert told(ladder) == [503]


def test_call_is_over_before_the_directory_answers() -> None:
    ladder = outside()
    ladder.tell(refer())
    ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    assert len(told(ladder)) == 1
    assert told(ladder)[0] >= 400


def test_the_same_twice_is_refused_while_it_lasts() -> None:
    ladder = called()
    ladder.tell(refer(request="t2"))
    ladder.tell(refer(None, request="t4", other=C2))
    assert (told(ladder, "t2"), told(ladder, "t4"), told(ladder)) == ([491], [491], [202, 180])
    ladder.tell(ev.LegRejected(leg=C1, status=486))
    assert told(ladder) == [202, 180, 486]
    ladder.tell(refer(request="t3"))
    ladder.load(suze(), piet(**DESK), binding("piet-desk1"))
    assert told(ladder, "t3") == [202]


@pytest.mark.parametrize("leg", [B1, LegId("stranger")])
def test_nobody_else_may(leg: LegId) -> None:
    ladder = outside()
    ladder.tell(refer(leg=leg))
    assert told(ladder) == [403]
    assert ladder.of(cmd.LoadContext, last=True) == []


def test_number_that_rings_along_may_not() -> None:
    """It is in the PSTN, and the user's all the same."""
    ladder = outside()
    assert ladder.call is not None
    calling = ladder.call.calling
    ladder.call = msgspec.structs.replace(
        ladder.call, calling=msgspec.structs.replace(calling, device="remote:+31301112233")
    )
    ladder.tell(refer())
    assert told(ladder) == [403]


@pytest.mark.parametrize("dialled", ["113", "0800 0113"])
def test_helpline_is_untouchable(dialled: str) -> None:
    ladder = Ladder()
    ladder.tell(invite(dialled))
    ladder.load(suze(), None)
    ladder.offers()
    ladder.answer()
    assert ladder.state == "Talking"
    ladder.tell(refer())
    assert told(ladder) == [403]


def test_before_the_answer_there_is_nothing_to_transfer() -> None:
    ladder = Ladder()
    ladder.ring_outside()
    ladder.tell(refer())
    assert told(ladder) == [603]


# With Replaces.


def test_other_dialog_is_joined() -> None:
    both = two()
    both.tell(refer(None, other=C2))
    assert told(both.first) == [202]
    both.bridge()
    assert told(both.first) == [202, 200]
    assert (both.first.state, both.second.state) == ("Talking", "None")
    assert {one.leg for one in both.first.of(cmd.EndLeg) + both.second.of(cmd.EndLeg)} == {A, A2}


def test_other_dialog_that_is_over_is_481() -> None:
    both = two()
    both.tell(ev.LegEnded(leg=D1, cause="bye"))
    both.tell(refer(None, other=C2))
    assert told(both.first) == [202, 481]
    assert both.first.state == "Talking"


@pytest.mark.parametrize("status", [481, 486])
def test_dialog_that_is_not_there_is_told_in_a_notify(status: int) -> None:
    ladder = outside()
    ladder.tell(refer(None, status=status))
    assert told(ladder) == [202, status]


def test_far_party_refuses_to_be_moved() -> None:
    both = two()
    both.tell(refer(None, other=C2))
    both.offers()
    both.tell(ev.LegReofferRejected(leg=B1, status=488))
    assert told(both.first) == [202, 491]
    assert (both.first.state, both.second.state) == ("Talking", "Talking")


def test_telephone_hangs_up_both_and_is_told_all_the_same() -> None:
    both = Two(outside(), colleague_talks())
    both.tell(refer(None, other=C2))
    both.tell(ev.LegEnded(leg=A, cause="bye"))
    both.tell(ev.LegEnded(leg=A2, cause="bye"))
    both.bridge()
    assert told(both.first) == [202, 200]
    assert both.left()["pairs"] == {"c1-n1"}


def test_dialog_that_still_rings_is_followed() -> None:
    both = two(rings())
    both.tell(refer(None, other=C2))
    first = both.first
    assert told(first) == [202]
    first.load(suze(), piet(**DESK), binding("piet-desk1"))
    first.offers()
    first.tell(ev.LegRinging(leg=C1, status=180))
    assert told(first) == [202, 180]
    assert first.of(cmd.EndLeg) == [], "the telephone stays, as in any transfer it asks for"
    first.tell(ev.LegAnswered(leg=C1, sdp=sdp("desk"), to_tag="t"))
    bridged(first)
    assert told(first) == [202, 180, 200]
