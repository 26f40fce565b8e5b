"""Commands in order, results as events, and a fault of the engine that stays with its call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from fmc_gateway import interpreter as module
from fmc_gateway.call import commands as c
from fmc_gateway.call import events as e
from fmc_gateway.call_run import CallRun
from fmc_gateway.interpreter import Interpreter
from fmc_gateway.records.entry import SpoolEntry
from fmc_gateway.sip_events import q850_of, to_engine
from fmc_gateway.sip_port import warning
from hipper.contracts.calls import CallOutcome, LiveCall
from hipper.contracts.talks import TalkEnded, TalkEvent, TalkStarted, TalkTag
from hipper.pbx.ids import CallId, LegId, PairId, SubscriberId
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.telephony.sip import events as sip
from hipper.telephony.sip.message import Request, Response, parse_message
from tests.fmc_gateway.call.kit import invite, joined
from tests.fmc_gateway.records_samples import record, trace
from tests.fmc_gateway.test_live import live

A, B = LegId("leg-a"), LegId("leg-b")
OFFERED = trace().steps[0].event


class World:
    """Every port at once; writes down what is asked of it."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.entries: list[SpoolEntry] = []
        self.answers: list[Callable[[e.AnyEvent], None]] = []
        self.problem: e.AnyEvent | None = None
        self.finished: list[CallOutcome | None] = []
        self.faults = 0
        self.talks: list[TalkEvent] = []

    # SIP
    def run(self, command: Any, done: Any = None) -> Any:
        self.said.append(type(command).__name__)
        if done is not None:
            self.answers.append(done)
            return None
        problem, self.problem = self.problem, None
        return problem

    def originate(self, command: c.Originate) -> e.AnyEvent:
        self.said.append("Originate")
        return e.LegSent(leg=command.leg, sip_call_id="x")

    def forget(self, leg: LegId) -> None:
        self.said.append(f"forget {leg}")

    def abandon(self, leg: LegId) -> None:
        self.said.append(f"abandon {leg}")

    def flush(self) -> None:
        self.said.append("flush")

    # hooks
    def publish_talk(self, talk: TalkEvent) -> None:
        self.talks.append(talk)

    # directory, live, records, observer
    def load(self, command: c.LoadContext, done: Callable[[e.AnyEvent], None]) -> None:
        self.said.append("LoadContext")
        self.answers.append(done)

    def publish(self, call: CallId, live: LiveCall | None) -> None:
        self.said.append("publish" if live else "withdraw")

    def over(self, last: LiveCall, outcome: str, at_unix: float) -> None:
        self.said.append(f"over {outcome}")

    def write(self, entry: SpoolEntry) -> None:
        self.entries.append(entry)

    def call_began(self) -> None:
        self.said.append("began")

    def call_finished(self, outcome: CallOutcome | None, setup_ms: float | None) -> None:
        self.finished.append(outcome)

    def engine_fault(self) -> None:
        self.faults += 1


Script = dict[type, tuple[Any, ...]]


def run_with(monkeypatch: pytest.MonkeyPatch, script: Script) -> tuple[Interpreter, World, list[e.AnyEvent]]:
    """An interpreter whose engine answers each kind of event with the commands of ``script``."""
    world, seen = World(), []
    events: list[e.AnyEvent] = seen

    def step(call: Any, event: e.AnyEvent, now: float) -> tuple[Any, tuple[Any, ...]]:
        events.append(event)
        answer = script.get(type(event), ())
        if answer and isinstance(answer[0], Exception):
            raise answer[0]
        return SimpleNamespace(emergency=False), answer

    monkeypatch.setattr(module, "step", step)
    ports: Any = world
    made = Interpreter(
        sip=ports,
        media=ports,
        directory=ports,
        live=ports,
        records=ports,
        features=ports,
        hooks=ports,
        observer=ports,
        now_unix=lambda: 5.0,
    )
    return made, world, events


async def test_commands_run_in_order_and_their_results_come_after_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script: Script = {
        e.LegOffered: (
            c.Ring(leg=A),
            c.LoadContext(dialled="1"),
            _originate(),
            c.DeleteMedia(pair=PairId("p")),
        ),
    }
    made, world, events = run_with(monkeypatch, script)
    assert isinstance(OFFERED, e.LegOffered)
    made.begin(OFFERED)
    assert world.said == ["began", "Ring", "LoadContext", "Originate", "DeleteMedia"]
    assert [type(event) for event in events] == [e.LegOffered, e.LegSent]
    assert made.run_of(A) is made.run_of(B)
    world.answers[0](e.ContextFailed(reason="away"))
    assert isinstance(events[-1], e.ContextFailed)
    assert world.said[-1] == "flush"


async def test_command_that_cannot_be_done_is_told_in_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    made, world, events = run_with(monkeypatch, {e.LegOffered: (c.Reoffer(leg=A, sdp="v=0"), c.Ring(leg=A))})
    world.problem = e.LegReofferRejected(leg=A, status=491)
    assert isinstance(OFFERED, e.LegOffered)
    made.begin(OFFERED)
    assert world.said == ["began", "Reoffer", "Ring"]
    assert isinstance(events[1], e.LegReofferRejected)


async def test_timers_fire_restart_and_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    script: Script = {
        e.LegOffered: tuple(c.StartTimer(name=name, after_s=0.01) for name in ("one", "two", "one")),
        e.LegTrying: (c.StopTimer(name="two"), c.StopTimer(name="unknown")),
    }
    made, _, events = run_with(monkeypatch, script)
    assert isinstance(OFFERED, e.LegOffered)
    made.begin(OFFERED)
    run = made.run_of(A)
    assert isinstance(run, CallRun)
    made.tell(run, e.LegTrying(leg=A))
    await asyncio.sleep(0.05)
    assert [event.name for event in events if isinstance(event, e.TimerFired)] == ["one"]


async def test_finished_call_is_forgotten_and_hears_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    script: Script = {
        e.LegOffered: (
            c.StartTimer(name="t", after_s=0.01),
            c.LoadContext(dialled="1"),
            c.PublishLive(call=CallId("call-1"), live=live()),
        ),
        e.LegEnded: (
            c.PublishLive(call=CallId("call-1"), live=None),
            c.WriteRecord(record=record()),
            c.Finish(),
        ),
    }
    made, world, events = run_with(monkeypatch, script)
    assert isinstance(OFFERED, e.LegOffered)
    made.begin(OFFERED)
    run = made.run_of(A)
    assert run is not None
    made.tell(run, e.LegEnded(leg=A, cause="bye"))
    assert (len(made), made.run_of(A), world.finished) == (0, None, [CallOutcome.ANSWERED])
    assert world.said[-3:] == ["withdraw", "over answered", "forget leg-a"]
    assert [type(step.event) for step in world.entries[0].trace.steps] == [e.LegOffered, e.LegEnded]
    before = len(events)
    world.answers[0](e.ContextFailed(reason="late"))
    await asyncio.sleep(0.03)
    assert len(events) == before


async def test_fault_of_the_engine_ends_this_call_only(monkeypatch: pytest.MonkeyPatch) -> None:
    made, world, _ = run_with(monkeypatch, {e.LegTrying: (ValueError("bug"),)})
    assert isinstance(OFFERED, e.LegOffered)
    made.begin(OFFERED)
    other = _offered_as("call-2", "leg-z")
    made.begin(other)
    run = made.run_of(A)
    assert run is not None
    made.tell(run, e.LegTrying(leg=A))
    assert "abandon leg-a" in world.said
    assert "abandon leg-z" not in world.said
    assert (world.faults, world.finished, made.calls()) == (1, [None], ("call-2",))


async def test_recorder_is_told_that_a_talk_is_over_when_the_engine_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    talk = TalkEnded(call=CallId("c"), segment=3, at=1.0)
    tag = TalkTag(leg=A, tag="a", identity=CallerIdentity(presentation=Presentation.ALLOWED))
    begun = TalkStarted(
        call=CallId("c"),
        segment=3,
        tenant=None,
        at=1.0,
        rtpengine="",
        ng_call_id=PairId("p"),
        tags=(tag, tag),
    )
    for before, told in (((begun,), 1), ((begun, talk), 0), ((), 0)):
        script: Script = {
            e.LegOffered: tuple(c.PublishTalk(talk=one) for one in before),
            e.LegTrying: (ValueError("bug"),),
        }
        made, world, _ = run_with(monkeypatch, script)
        assert isinstance(OFFERED, e.LegOffered)
        made.begin(OFFERED)
        run = made.run_of(A)
        assert run is not None
        made.tell(run, e.LegTrying(leg=A))
        ended = [one for one in world.talks[len(before) :] if isinstance(one, TalkEnded)]
        assert [(one.segment, one.at) for one in ended] == [(3, 5.0)] * told


async def test_call_ended_by_a_fault_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    ports: Any = world
    made = Interpreter(
        sip=ports,
        media=ports,
        directory=ports,
        live=ports,
        records=ports,
        features=ports,
        hooks=ports,
        observer=ports,
        now_unix=lambda: 9.0,
    )
    offered = invite()
    made.begin(offered)
    run = made.run_of(offered.leg)
    assert run is not None

    def fails(call: Any, event: Any, now: float) -> Any:
        raise ValueError("bug")

    monkeypatch.setattr(module, "step", fails)
    made.tell(run, e.LegTrying(leg=offered.leg))
    (entry,) = world.entries
    assert (entry.record.outcome, entry.record.ended) == (CallOutcome.FAILED, 9.0)
    assert entry.record.legs[0].ended_by == "fault of the gateway"
    assert world.finished == [CallOutcome.FAILED]


# A leg that goes from one call to another.


async def handed_over(
    monkeypatch: pytest.MonkeyPatch, to: str = "target", **more: tuple[Any, ...]
) -> tuple[Interpreter, World, list[e.AnyEvent]]:
    """``leg-j`` dialled ``*11`` in call ``asks``, and is handed over; ``more``: what the engine answers
    then."""
    pulls = joined("leg-j", "suze", "suze-desk1")
    script: Script = {
        e.DigitPressed: (c.HandOver(call=CallId(to), joined=pulls), c.Finish()),
        e.LegJoined: more.get("joined", ()),
    }
    made, world, events = run_with(monkeypatch, script)
    made.begin(_offered_as("target", "leg-a"))
    made.begin(_offered_as("asks", "leg-j"))
    events.clear()
    world.said.clear()
    assert made.ask(CallId("asks"), e.DigitPressed(leg=LegId("leg-j"), digit="1"))
    return made, world, events


async def test_leg_that_is_handed_over_belongs_to_the_other_call(monkeypatch: pytest.MonkeyPatch) -> None:
    made, world, events = await handed_over(monkeypatch)
    assert [type(event) for event in events] == [e.DigitPressed, e.LegJoined]
    assert made.calls() == (CallId("target"),)
    run = made.run_of("leg-j")
    assert run is not None
    assert run.id == "target"
    assert "forget leg-j" not in world.said, "its dialog goes on"
    assert world.finished == [], "it is no call that ended"
    assert world.entries == []
    made.tell(run, e.LegConfirmed(leg=LegId("leg-j")))
    assert isinstance(events[-1], e.LegConfirmed)


async def test_leg_that_cannot_be_taken_begins_a_call_of_its_own_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    returned = e.LegReturned(joined=joined("leg-j", "suze", "suze-desk1"), explanation="no")
    made, world, events = await handed_over(monkeypatch, joined=(c.ReturnLeg(returned=returned),))
    assert events[-1] == returned
    run = made.run_of("leg-j")
    assert run is not None
    assert run.id == returned.joined.offered.call
    assert set(made.calls()) == {"target", run.id}
    made.tell(made.run_of("leg-a"), e.LegEnded(leg=LegId("leg-a"), cause="bye"))  # type: ignore[arg-type]
    assert "forget leg-j" not in world.said


async def test_call_that_is_over_when_a_leg_comes_sends_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _, events = await handed_over(monkeypatch, to="gone")
    assert isinstance(events[-1], e.LegReturned)
    assert made.run_of("leg-j") is not None


async def test_which_call_is_taken_is_told_in_the_same_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = c.FindCall(subscriber=SubscriberId("suze"), device=None)
    made, _, events = run_with(monkeypatch, {e.LegOffered: (ask,)})
    made.begin(_offered_as("asks", "leg-j"))
    assert events[-1] == e.CallChosen(call=None, explanation="no call of this user can be taken over")


async def test_wish_of_the_app_is_answered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wish = e.HoldRequested(request="r1", subscriber=SubscriberId("suze"), on=True)
    answer = c.AnswerRequest(request="r1", done=True)
    made, _, _ = run_with(monkeypatch, {e.HoldRequested: (answer, answer)})
    heard: list[c.AnswerRequest] = []
    assert not made.request(CallId("target"), wish, heard.append)
    made.begin(_offered_as("target", "leg-a"))
    assert made.request(CallId("target"), wish, heard.append)
    assert heard == [answer]


async def test_hang_up_of_a_call_we_do_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _, events = run_with(monkeypatch, {})
    assert not made.hang_up(CallId("nobody"), "operator")
    assert isinstance(OFFERED, e.LegOffered)
    made.begin(OFFERED)
    assert made.hang_up(CallId("call-1"), "operator")
    assert isinstance(events[-1], e.HangUpRequested)
    assert made.state_of(CallId("nobody")) is None


def _originate() -> c.Originate:
    target = c.TrunkTarget(trunk=None, user="+31301234567")
    assert isinstance(OFFERED, e.LegOffered)
    return c.Originate(leg=B, target=target, identity=OFFERED.caller, sdp="v=0", max_forwards=69)


def _offered_as(call: str, leg: str) -> e.LegOffered:
    assert isinstance(OFFERED, e.LegOffered)
    return msgspec.structs.replace(OFFERED, call=CallId(call), leg=LegId(leg))


def message(first: str, *headers: str) -> Any:
    common = (
        "Via: SIP/2.0/UDP h;branch=z9hG4bKx",
        "From: <sip:a@b>;tag=1",
        "To: <sip:c@d>;tag=2",
        "Call-ID: i",
    )
    return parse_message("\r\n".join((first, *common, *headers, "", "")).encode())


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ('Q.850;cause=21;text="rejected"', 21),
        ("SIP;cause=200, Q.850 ;cause=17", 17),
        ("SIP;cause=200", None),
        ("Q.850;cause=x", None),
        ("Q.850;cause=999", None),
        ("garbage", None),
    ],
)
def test_q850_cause_of_a_reason_header(reason: str, cause: int | None) -> None:
    bye = message("BYE sip:x@y SIP/2.0", "CSeq: 2 BYE", f"Reason: {reason}")
    assert isinstance(bye, Request)
    assert q850_of(bye) == cause


def test_rejection_carries_what_the_engine_decides_by() -> None:
    response = message(
        "SIP/2.0 486 Busy Here", "CSeq: 1 INVITE", "Retry-After: 5 (soon)", "Reason: Q.850;cause=17"
    )
    assert isinstance(response, Response)
    event = to_engine(sip.Rejected("b", 486, response, False), rang=True, trusted=True)
    assert event == e.LegRejected(
        leg=LegId("b"),
        status=486,
        reason_phrase="Busy Here",
        q850=17,
        after_ringing=True,
        retry_after_s=5,
    )


def test_redirection_names_where_to_by_weight() -> None:
    response = message(
        "SIP/2.0 302 Moved",
        "CSeq: 1 INVITE",
        "Contact: <sip:201@a>;q=0.3, <sip:202@b;x=1>",
        "Contact: <tel:+31301234567>;q=0.7",
    )
    event = to_engine(sip.Rejected("b", 302, response, False), rang=False, trusted=False)
    assert isinstance(event, e.LegRejected)
    assert event.contacts == ("sip:202@b;x=1", "tel:+31301234567", "sip:201@a")


@pytest.mark.parametrize(
    ("line", "contact"),
    [
        ("SIP/2.0 486 Busy Here", "<sip:201@a>"),
        ("SIP/2.0 302 Moved", "<sip:201@a>;q=much"),
        ("SIP/2.0 302 Moved", "<<"),
    ],
)
def test_contacts_of_no_redirection_or_that_cannot_be_read_are_none(line: str, contact: str) -> None:
    response = message(line, "CSeq: 1 INVITE", f"Contact: {contact}")
    event = to_engine(sip.Rejected("b", response.status, response, False), rang=False, trusted=False)
    assert isinstance(event, e.LegRejected)
    assert event.contacts == ()


def test_who_answered_counts_from_trusted_peers_only() -> None:
    response = message("SIP/2.0 200 OK", "CSeq: 1 INVITE", "P-Asserted-Identity: <tel:+31301234567>")
    answered = sip.Answered("b", "v=0", "2", response)
    trusted = to_engine(answered, rang=False, trusted=True)
    assert isinstance(trusted, e.LegAnswered)
    assert trusted.connected is not None
    assert trusted.connected.number == "+31301234567"
    untrusted = to_engine(answered, rang=False, trusted=False)
    assert isinstance(untrusted, e.LegAnswered)
    assert untrusted.connected is None


def test_answer_that_crossed_our_cancel_is_no_answer_for_the_engine() -> None:
    event = to_engine(
        sip.LateAnswer("b", message("SIP/2.0 200 OK", "CSeq: 1 INVITE")), rang=True, trusted=False
    )
    assert isinstance(event, e.LegRejected)
    assert event.status == 487


def test_sdp_with_bytes_that_are_no_utf8_can_be_kept() -> None:
    event = to_engine(sip.Confirmed("b", "s=\udcff"), rang=False, trusted=False)
    assert isinstance(event, e.LegConfirmed)
    assert event.sdp == "s=?"


def test_warning_cannot_be_broken_out_of() -> None:
    assert warning("gw", 'say "hi" é\\') == "399 gw \"say 'hi' ?/\""
