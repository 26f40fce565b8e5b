"""What rounds of ringing have in common: how telephones ring, what is heard twice, what a stopped gateway
records of them."""

from __future__ import annotations

import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.model import Call
from fmc_gateway.call.replay import Trace
from fmc_gateway.call.step import step
from fmc_gateway.records.unfinished import GATEWAY_STOPPED, unfinished_record
from hipper.contracts.calls import CallOutcome, LegRole
from hipper.pbx.services.criteria import Callers, Criterion
from hipper.pbx.services.forwarding import CallForwardingBusy
from hipper.pbx.services.screening import PriorityAlert
from tests.fmc_gateway.call.kit import (
    B1,
    B2,
    M2,
    A,
    Ladder,
    anna,
    binding,
    desk_only,
    invite,
    piet,
    sdp,
    suze,
)
from tests.fmc_gateway.call.traces import every_trace


@pytest.mark.parametrize("active", [True, False])
def test_telephone_is_told_to_ring_differently(active: bool) -> None:
    service = PriorityAlert(active=active, criteria=(Criterion(name="inside", callers=Callers.INTERNAL),))
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), desk_only(piet(), priority_alert=service), binding("piet-desk1"))
    ladder.offers()
    alert = ladder.of(cmd.Originate)[0].alert
    assert (alert is not None) is active


def forwarded() -> Ladder:
    """Piet's phone rang and was busy in the end; Anna's rings (leg B2)."""
    who = desk_only(piet(), call_forwarding_busy=CallForwardingBusy(active=True, destination="203"))
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), who, binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    ladder.tell(ev.LegRejected(leg=B1, status=486))
    ladder.forward(who, desk_only(anna()), binding("anna-desk1"))
    ladder.offers()
    return ladder


def test_caller_hears_ringing_once_over_all_rounds() -> None:
    ladder = forwarded()
    ladder.tell(ev.LegRinging(leg=B2, status=180))
    assert ladder.of(cmd.Ring) == [cmd.Ring(leg=A)]
    rang = [one.live.phase for one in ladder.of(cmd.PublishLive) if one.live]
    assert rang == ["setting_up", "ringing", "ringing"]


def test_apps_of_both_users_are_told_in_turn() -> None:
    ladder = forwarded()
    ladder.tell(ev.LegRinging(leg=B2, status=180))
    ladder.answer(B2, M2)
    told = [(type(one.ring).__name__, one.ring.user) for one in ladder.of(cmd.PublishRing)]
    assert told == [
        ("RingNotice", "piet"),
        ("RingOver", "piet"),
        ("RingNotice", "anna"),
        ("RingOver", "anna"),
    ]


def test_verdict_is_of_the_present_round() -> None:
    """Piet was busy, Anna's phone rang: nobody answered."""
    ladder = forwarded()
    ladder.tell(ev.LegRinging(leg=B2, status=180))
    ladder.tell(ev.TimerFired(name="no_answer"), after_s=25)
    (reject,) = ladder.of(cmd.RejectLeg)
    assert (reject.status, reject.q850) == (480, 19)
    ladder.tell(ev.LegRejected(leg=B2, status=487))
    assert ladder.record.outcome is CallOutcome.NO_ANSWER


def test_leg_of_an_earlier_round_means_nothing_in_the_next() -> None:
    ladder = forwarded()
    before = ladder.call
    for event in (
        ev.LegRinging(leg=B1, status=180),
        ev.LegProgress(leg=B1, status=183, sdp=sdp("x"), to_tag="t"),
        ev.LegRejected(leg=B1, status=486),
        ev.LegAnswered(leg=B1, sdp=sdp("x"), to_tag="t"),
    ):
        assert ladder.tell(event) == ()
    assert ladder.call == before


@pytest.mark.parametrize("trace", every_trace(), ids=lambda trace: trace.call)
def test_gateway_that_stops_at_any_moment_leaves_a_true_record(trace: Trace) -> None:
    call: Call | None = None
    for one in trace.steps:
        call, _ = step(call, one.event, one.at)
        if call is None:
            break
        found = unfinished_record(call, one.at, GATEWAY_STOPPED)
        assert found is None or found.legs[0].leg in (A, "c1-a1")
        assert found is None or found.legs[0].role is LegRole.CALLING
        running = () if found is None else [leg for leg in found.legs if leg.ended_by == GATEWAY_STOPPED]
        assert all(leg.ended is not None for leg in running)
