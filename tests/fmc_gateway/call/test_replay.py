"""Traces replay, and a changed one does not."""

from __future__ import annotations

import msgspec
import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from fmc_gateway.call.replay import Trace, TraceError, TraceStep, decode, encode, replay
from hipper.pbx.ids import CallId
from tests.fmc_gateway.call.kit import B1, A, Ladder, binding, invite, sdp
from tests.fmc_gateway.call.traces import every_trace, recording


def held_call() -> Trace:
    with recording() as steps:
        ladder = Ladder()
        ladder.ring_colleague(binding("piet-desk1"))
        ladder.answer()
        ladder.tell(ev.LegReoffered(leg=A, sdp=sdp("suze", direction="sendonly"), method="INVITE"))
        ladder.tell(ev.LegEnded(leg=B1, cause="bye"))
    return Trace(call=CallId("c1"), steps=tuple(steps))


@pytest.mark.parametrize("trace", every_trace(), ids=lambda trace: trace.call)
def test_trace_survives_encoding_and_replays_to_the_same_commands(trace: Trace) -> None:
    assert len(trace.steps) > 1
    again = decode(encode(trace))
    assert again == trace
    assert replay(again) == ()


def others(event: ev.AnyEvent) -> list[ev.AnyEvent]:
    """The event, changed in one thing that matters: whom or what it is about, or what it says."""
    changes: dict[type, list[dict[str, object]]] = {
        ev.LegOffered: [{"dialled": "299"}, {"loop_guard": True}, {"gateway": "gw2"}, {"max_forwards": 0}],
        ev.MediaAnswered: [{"sdp": sdp("other")}],
        ev.LegJoined: [{"subscriber": "nobody"}],
        ev.MoveRequested: [{"subscriber": "nobody"}],
        ev.HoldRequested: [{"subscriber": "nobody"}],
        ev.ConsultRequested: [{"subscriber": "nobody"}, {"destination": "203"}],
        ev.TransferRequested: [{"subscriber": "nobody"}, {"destination": "203"}],
        ev.ConsultStepRequested: [{"subscriber": "nobody"}, {"step": ev.ConsultStep.CANCEL}],
        ev.LegConfirmed: [{"sdp": sdp("other")}],
        ev.LegProgress: [{"sdp": sdp("other")}],
        ev.LegReoffered: [{"sdp": sdp("other")}, {"sdp": None}],
        ev.LegReofferAnswered: [{"sdp": sdp("other")}],
        ev.LegRinging: [{"status": 183}],
        ev.LegRejected: [{"status": 488}],
        ev.DigitPressed: [{"digit": "2"}],
        ev.FeatureDone: [{"done": False}],
        ev.HangUpRequested: [{"by": "drain"}],
        ev.JoinRequested: [{"other": "another"}],
        ev.LegAsked: [{"by": "another"}, {"subscriber": "kees"}],
        ev.LegRefused: [{"dialled": None}],
        ev.LegLent: [{"request": "another"}],
        ev.ContextLoaded: [{"caller": None, "called": None}],
    }
    found = [dict(one) for one in changes.get(type(event), [])]
    if isinstance(event, ev.MediaAnswered) and event.pair == "c1-d1":
        found = []  # what our own end of a first telephone's media hears matters to nobody
    if isinstance(event, ev.LegConfirmed) and event.leg.startswith("j"):
        found = []  # it offered in its INVITE: nothing is left to say in its ACK
    for field in ("leg", "pair", "name"):
        if hasattr(event, field) and not isinstance(event, ev.LegOffered | ev.LegLent):
            found.append({field: "other"})
    return [msgspec.structs.replace(event, **one) for one in found]


@pytest.mark.parametrize("trace", every_trace(), ids=lambda trace: trace.call)
def test_trace_with_one_event_changed_does_not_replay(trace: Trace) -> None:
    for index, one in enumerate(trace.steps):
        if not one.commands or isinstance(one.event, ev.ContextFailed):
            continue
        assert others(one.event), one.event
        for event in others(one.event):
            changed = msgspec.structs.replace(one, event=event)
            steps = (*trace.steps[:index], changed, *trace.steps[index + 1 :])
            assert replay(msgspec.structs.replace(trace, steps=steps)) != (), event


def test_another_answer_gives_other_commands() -> None:
    trace = held_call()
    changed = [
        msgspec.structs.replace(one, event=ev.LegRejected(leg=B1, status=486))
        if isinstance(one.event, ev.LegAnswered)
        else one
        for one in trace.steps
    ]
    (first, *_) = replay(msgspec.structs.replace(trace, steps=tuple(changed)))
    assert isinstance(first.event, ev.LegRejected)
    assert any(isinstance(one, cmd.AnswerMedia) for one in first.recorded)
    assert not any(isinstance(one, cmd.AnswerMedia) for one in first.now)


def test_changed_command_is_found_where_it_stands() -> None:
    trace = held_call()
    last = trace.steps[-1]
    changed = msgspec.structs.replace(last, commands=(*last.commands, cmd.Finish()))
    (found,) = replay(msgspec.structs.replace(trace, steps=(*trace.steps[:-1], changed)))
    assert (found.index, found.at, found.event) == (len(trace.steps) - 1, last.at, last.event)
    assert found.recorded == (*found.now, cmd.Finish())


def test_changed_time_changes_the_record() -> None:
    trace = held_call()
    first = msgspec.structs.replace(trace.steps[0], at=trace.steps[0].at - 10)
    found = replay(msgspec.structs.replace(trace, steps=(first, *trace.steps[1:])))
    assert found != ()


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b'{"v":1,"call":"c","steps":[{"at":1}]}', b"\xff"])
def test_what_is_no_trace_is_an_error(data: bytes) -> None:
    with pytest.raises(TraceError, match="not a trace"):
        decode(data)


def test_trace_of_a_later_version_is_refused() -> None:
    empty = Trace(v=2, call=CallId("c1"), steps=())
    with pytest.raises(TraceError, match="version 2"):
        decode(encode(empty))


def test_step_holds_all_that_is_needed() -> None:
    one = TraceStep(at=1.0, event=invite(), commands=())
    trace = Trace(call=CallId("c1"), steps=(one,))
    (found,) = replay(trace)
    assert isinstance(found.now[0], cmd.LoadContext)
