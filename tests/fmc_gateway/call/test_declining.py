"""The app declines: one telephone as by its reject button, or the user everywhere (call-flows §3)."""

from __future__ import annotations

from typing import Any

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.contracts.calls import AttemptOutcome, CallOutcome
from hipper.pbx.ids import DeviceId, LegId, SubscriberId
from hipper.pbx.services.forwarding import CallForwardingBusy
from tests.fmc_gateway.call.kit import B1, B2, Ladder, anna, binding, invite, piet, suze

PIET = SubscriberId("piet")
DESK, MOBILE = DeviceId("piet-desk1"), DeviceId("piet-mobile")
DECLINE = 'SIP;cause=603;text="Decline"'


def ringing(**changes: Any) -> Ladder:
    """Suze calls Piet; desk phone (B1) and mobile (B2) ring."""
    ladder = Ladder()
    ladder.ring_colleague(binding(DESK), **changes)
    for leg in (B1, B2):
        ladder.tell(ev.LegRinging(leg=leg, status=180))
    return ladder


def decline(ladder: Ladder, device: DeviceId | None = None, user: SubscriberId = PIET) -> None:
    ladder.tell(ev.DeclineRequested(subscriber=user, device=device))


def gone(ladder: Ladder, *legs: LegId) -> None:
    for leg in legs:
        ladder.tell(ev.LegRejected(leg=leg, status=487))


def test_user_declines_and_every_telephone_stops_without_a_missed_call() -> None:
    ladder = ringing(decline_ends_ringing=False)
    live = ladder.live()
    assert live is not None
    assert live.called.ringing == (DESK, MOBILE)
    decline(ladder)
    assert [(one.leg, one.reason) for one in ladder.of(cmd.CancelLeg)] == [(B1, DECLINE), (B2, DECLINE)]
    assert [one.status for one in ladder.of(cmd.RejectLeg)] == [603]
    gone(ladder, B1, B2)
    assert ladder.record.outcome is CallOutcome.DECLINED
    assert {one.outcome for one in ladder.attempts().values()} == {AttemptOutcome.DECLINED}
    assert ladder.leg(B1).ended_by == "called"
    assert ladder.call is None


@pytest.mark.parametrize(("ends", "left"), [(True, ()), (False, (MOBILE,))])
def test_one_telephone_declines_as_its_reject_button_would(ends: bool, left: tuple[DeviceId, ...]) -> None:
    ladder = ringing(decline_ends_ringing=ends)
    decline(ladder, DESK)
    live = ladder.live()
    assert (live.called.ringing if live is not None else ()) == left
    assert [one.leg for one in ladder.of(cmd.CancelLeg)] == ([B1] if left else [B1, B2])
    by_button = ringing(decline_ends_ringing=ends)
    by_button.tell(ev.LegRejected(leg=B1, status=603))
    assert ladder.state == by_button.state
    assert [one.status for one in ladder.of(cmd.RejectLeg)] == [
        one.status for one in by_button.of(cmd.RejectLeg)
    ]


def test_the_other_telephone_still_answers() -> None:
    ladder = ringing(decline_ends_ringing=False)
    decline(ladder, DESK)
    ladder.tell(ev.LegAnswered(leg=B2, sdp="v=0", to_tag="t"))
    assert ladder.state == "Answering"
    gone(ladder, B1)
    assert ladder.state == "Answering"


def test_answer_that_crossed_the_decline_is_hung_up() -> None:
    ladder = ringing()
    decline(ladder)
    ladder.tell(ev.LegAnswered(leg=B1, sdp="v=0", to_tag="t"))
    assert [one.leg for one in ladder.of(cmd.EndLeg, last=True)] == [B1]


def test_declined_call_goes_where_busy_calls_go() -> None:
    busy = CallForwardingBusy(active=True, destination="203")
    services = piet().services
    ladder = ringing(services=type(services)(call_forwarding_busy=busy))
    decline(ladder)
    assert ladder.state == "Diverting"
    gone(ladder, B1, B2)
    ladder.forward(piet(), anna(), binding("anna-desk1"))
    assert ladder.state == "Ringing"
    decline(ladder)  # it is Anna's now
    assert ladder.last == ()


@pytest.mark.parametrize(
    ("user", "device"),
    [(SubscriberId("suze"), None), (SubscriberId("eve"), None), (PIET, DeviceId("suze-desk1"))],
)
def test_who_does_not_ring_declines_nothing(user: SubscriberId, device: DeviceId | None) -> None:
    ladder = ringing()
    before = ladder.call
    decline(ladder, device, user)
    assert (ladder.call, ladder.last) == (before, ())


def test_talking_call_is_not_declined() -> None:
    ladder = Ladder()
    ladder.talk()
    before = ladder.call
    decline(ladder)
    assert (ladder.call, ladder.last) == (before, ())


def test_second_decline_finds_nothing_left() -> None:
    ladder = ringing()
    decline(ladder)
    decline(ladder)
    assert ladder.last == ()


# Whose is nobody's to touch.


@pytest.mark.parametrize(
    ("dialled", "untouchable"),
    [("113", True), ("0800 0113", True), ("030 111 2233", False), ("1233", False)],
)
def test_calls_to_the_helpline_are_shown_as_untouchable(dialled: str, untouchable: bool) -> None:
    ladder = Ladder()
    ladder.tell(invite(dialled))
    ladder.load(suze(), None)
    shown = [one.live.untouchable for one in ladder.of(cmd.PublishLive) if one.live is not None]
    assert all(one is untouchable for one in shown)
    assert shown or dialled == "1233"
