from __future__ import annotations

from typing import get_args

from fmc_gateway.call.commands import (
    AcknowledgeLeg,
    AnswerRefer,
    AnyCommand,
    BlockMedia,
    CancelLeg,
    JoinRoom,
    LeaveRoom,
    Originate,
    PlayAnnouncement,
    PlayKeys,
    PlayMusic,
    Ring,
    StopAnnouncement,
    StopMusic,
    TrunkTarget,
    UnblockMedia,
    WatchKeys,
)
from fmc_gateway.call.events import (
    AnnouncementEnded,
    AnyEvent,
    ConferenceMuteRequested,
    ConferenceRemoveRequested,
    DialRequested,
    LegBack,
    LegEnded,
    LegKept,
    LegLent,
    LegRejected,
    LegRinging,
    LegSent,
    PartyInRoom,
    PartyNotInRoom,
    ReferRequested,
    ServiceAnswered,
    TimerFired,
)
from fmc_gateway.call.replay import TraceStep
from fmc_gateway.records.ladder import _SIP, ladder
from hipper.pbx.ids import LegId
from tests.fmc_gateway.records_samples import ANNA, trace

A, B, C = LegId("leg-a"), LegId("leg-b"), LegId("leg-c")


def originate(leg: LegId, user: str) -> Originate:
    return Originate(
        leg=leg, target=TrunkTarget(trunk="pstn", user=user), identity=ANNA, sdp="v=0", max_forwards=69
    )


def steps() -> tuple[TraceStep, ...]:
    offered = trace().steps[0].event
    return (
        TraceStep(at=10.0, event=offered, commands=(originate(B, "0301234567"), originate(C, "0401234567"))),
        TraceStep(at=10.2, event=LegRinging(leg=C, status=180), commands=(Ring(leg=A),)),
        TraceStep(at=10.4, event=LegRejected(leg=B, status=486, reason_phrase="Busy Here"), commands=()),
        TraceStep(
            at=40.0, event=TimerFired(name="no_answer"), commands=(CancelLeg(leg=C, reason="SIP;cause=408"),)
        ),
        TraceStep(at=41.0, event=LegEnded(leg=A, cause="bye"), commands=()),
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


def test_everything_said_to_or_by_a_leg_is_drawn() -> None:
    """But for what is said to rtpengine and to the room of a conference about it, what an app asks of it, and
    that an INVITE, drawn already, has left."""
    of_legs = {
        kind for kind in (*get_args(AnyEvent), *get_args(AnyCommand)) if "leg" in kind.__struct_fields__
    }
    to_rtpengine = {BlockMedia, UnblockMedia, PlayMusic, StopMusic, PlayAnnouncement, StopAnnouncement}
    to_rtpengine |= {PlayKeys, WatchKeys, ServiceAnswered}  # the last is the engine's own answer
    to_room = {JoinRoom, LeaveRoom, PartyInRoom, PartyNotInRoom}
    wishes = {DialRequested, ConferenceMuteRequested, ConferenceRemoveRequested}
    asked = {ReferRequested, AnswerRefer}  # the REFER is a request of its own
    among_calls = {LegLent, LegKept, LegBack}
    of_ours = to_rtpengine | to_room | wishes | asked | among_calls
    assert of_legs - set(_SIP) == of_ours | {LegSent, AnnouncementEnded}


def test_ack_with_the_answer_is_drawn() -> None:
    answered = TraceStep(
        at=11.0, event=LegRinging(leg=B, status=180), commands=(AcknowledgeLeg(leg=B, sdp="v=0"),)
    )
    assert any("- ACK -" in line for line in ladder((*steps(), answered)))
