from __future__ import annotations

from fmc_gateway.call.commands import CancelLeg, Originate, Ring, TrunkTarget
from fmc_gateway.call.events import LegEnded, LegRejected, LegRinging, TimerFired
from fmc_gateway.records.entry import TraceStep
from fmc_gateway.records.ladder import ladder
from fmc_gateway.records.replay import replay
from hipper.pbx.ids import LegId
from tests.fmc_gateway.records_samples import ANNA, trace

A, B, C = LegId("leg-a"), LegId("leg-b"), LegId("leg-c")


def originate(leg: LegId, user: str) -> Originate:
    return Originate(
        leg=leg, target=TrunkTarget(trunk="pstn", user=user), identity=ANNA, sdp="v=0", max_forwards=69
    )


def steps() -> tuple[TraceStep, ...]:
    offered = trace()[0].event
    return (
        TraceStep(10.0, offered, (originate(B, "0301234567"), originate(C, "0401234567"))),
        TraceStep(10.2, LegRinging(leg=C, status=180), (Ring(leg=A),)),
        TraceStep(10.4, LegRejected(leg=B, status=486, reason_phrase="Busy Here"), ()),
        TraceStep(40.0, TimerFired(name="no_answer"), (CancelLeg(leg=C, reason="SIP;cause=408"),)),
        TraceStep(41.0, LegEnded(leg=A, cause="bye"), ()),
    )


def test_each_message_is_an_arrow_between_its_leg_and_the_gateway() -> None:
    lines = ladder(steps())
    assert lines[0].split() == ["mno", "gateway", "pstn", "0301234567", "pstn", "0401234567"]
    assert lines[1] == "+0.000    |--- INVITE 202 --->|                   |                   |"
    assert lines[2] == "          |                   |----- INVITE ----->|                   |"
    assert lines[4] == "+0.200    |                   |<---------------- 180 -----------------|"
    assert lines[5] == "          |<------ 180 -------|                   |                   |"


def test_arrow_to_a_far_column_ends_at_its_line() -> None:
    lines = ladder(steps())
    far = lines[3]
    assert far.rstrip().endswith(">|")
    assert len(far.rstrip()) == 10 + 3 * 20 + 1


def test_times_count_from_the_invite_and_thoughts_are_notes() -> None:
    text = "\n".join(ladder(steps()))
    assert "+30.000" in text
    assert "timer no_answer" in text
    assert "SIP;cause=408" in text


def test_empty_trace_draws_nothing() -> None:
    assert ladder(()) == []


def test_replay_is_silent_when_the_engine_does_the_same() -> None:
    script = {type(turn.event): turn.commands for turn in steps()}
    assert replay(steps(), lambda call, event, now: (call, script[type(event)])) is None


def test_replay_names_the_first_turn_that_differs() -> None:
    script = {type(turn.event): turn.commands for turn in steps()} | {TimerFired: ()}
    difference = replay(steps(), lambda call, event, now: (call, script[type(event)]))
    assert difference is not None
    assert (difference.turn, difference.event, difference.got) == (4, "TimerFired", ())
    assert difference.expected == steps()[3].commands
