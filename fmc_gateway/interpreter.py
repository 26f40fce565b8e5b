"""Run the engine: events in, commands carried out in order, results back as events (architecture,
"Decide, then do").

Everything of one call happens in the order it came: while commands are carried out, new events wait. SIP
commands act at once on the user agent; look-ups and rtpengine answer later and come back through
:meth:`Interpreter.tell`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import msgspec
import structlog

from fmc_gateway.call import choosing, choosing_colleagues, lending
from fmc_gateway.call import commands as c
from fmc_gateway.call import events as e
from fmc_gateway.call.keying import BY_KEYS
from fmc_gateway.call.replay import Trace, TraceStep
from fmc_gateway.call.requests import Wish
from fmc_gateway.call.step import step
from fmc_gateway.call_run import CallRun, Replied, Told
from fmc_gateway.explaining import explain_live
from fmc_gateway.interpreter_ports import (
    DirectoryPort,
    FeaturePort,
    HooksPort,
    LivePort,
    MediaCommands,
    NoRooms,
    Observer,
    RecordsPort,
    RoomCommands,
)
from fmc_gateway.keyed import pressed
from fmc_gateway.records.entry import SpoolEntry
from fmc_gateway.records.explain import ExplainedCall
from fmc_gateway.records.unfinished import GATEWAY_FAULT, unfinished_record
from fmc_gateway.sip_port import SipPort
from hipper.contracts.calls import LiveCall
from hipper.contracts.talks import TalkEnded, TalkMoved
from hipper.pbx.ids import CallId, LegId, SubscriberId

MAX_TRACE = 2000
"""Turns kept of one call: hours of holding and resuming."""

DIVERTED = "diverted"
"""What the app of a user is told about a call that went on to somebody else."""

PARKED = "parked"
"""The same, to who parked it."""

log = structlog.get_logger("fmc_gateway.call")


class Interpreter:
    """``now_unix``: the engine's clock, seconds since the epoch that never step backwards."""

    def __init__(
        self,
        *,
        sip: SipPort,
        media: MediaCommands,
        directory: DirectoryPort,
        live: LivePort,
        records: RecordsPort,
        features: FeaturePort,
        hooks: HooksPort,
        observer: Observer,
        now_unix: Callable[[], float],
        rooms: RoomCommands | None = None,
    ) -> None:
        self._rooms = NoRooms() if rooms is None else rooms
        self._sip = sip
        self._media = media
        self._directory = directory
        self._live = live
        self._records = records
        self._features = features
        self._hooks = hooks
        self._observer = observer
        self._now = now_unix
        self.on_emergency: Callable[[e.LegOffered], None] = lambda offered: None
        """Told when a call to an emergency service begins, and when it is over."""
        self._runs: dict[CallId, CallRun] = {}
        self._of_leg: dict[LegId, CallRun] = {}
        self._replied: dict[str, Replied] = {}
        self._handlers: dict[type, Callable[[CallRun, Any], None]] = {
            c.LoadContext: self._load_context,
            c.Originate: self._originate,
            c.StartTimer: self._start_timer,
            c.StopTimer: self._stop_timer,
            c.PublishLive: self._publish_live,
            c.WriteRecord: self._write_record,
            c.ApplyFeature: self._apply_feature,
            c.AnswerDial: self._answer_dial,
            c.FindCall: self._find_call,
            c.AskToPark: self._ask_to_park,
            c.HandOver: self._hand_over,
            c.ReturnLeg: self._return_leg,
            c.TellCall: self._tell_call,
            c.AnswerRequest: self._answer_request,
            c.PublishTalk: self._publish_talk,
            c.PublishRing: self._publish_ring,
            c.Finish: self._finish,
        }
        media_commands = (c.OfferMedia, c.AnswerMedia, c.DeleteMedia, c.BlockMedia, c.UnblockMedia)
        for kind in (*media_commands, c.PlayMusic, c.StopMusic, c.PlayAnnouncement, c.StopAnnouncement):
            self._handlers[kind] = self._run_media
        self._handlers[c.PlayKeys] = self._handlers[c.WatchKeys] = self._run_media
        for room_kind in (c.CreateRoom, c.JoinRoom, c.LeaveRoom, c.DestroyRoom):
            self._handlers[room_kind] = self._run_room

    def __len__(self) -> int:
        return len(self._runs)

    def calls(self) -> Sequence[CallId]:
        return tuple(self._runs)

    def traces(self) -> Sequence[tuple[CallId, Sequence[TraceStep]]]:
        """Every live call with what happened to it so far."""
        return [(run.id, run.trace) for run in self._runs.values()]

    def run_of(self, leg: str) -> CallRun | None:
        """The call a leg belongs to, None when it is over or was never ours."""
        return self._of_leg.get(LegId(leg))

    def state_of(self, call: CallId) -> str | None:
        """Name of the engine's state, None for a call this gateway does not hold."""
        run = self._runs.get(call)
        return None if run is None else type(run.call).__name__.lower()

    def live_of(self, call: CallId) -> LiveCall | None:
        """The call as it was shown last, None while it is not shown (any more)."""
        run = self._runs.get(call)
        return None if run is None else run.last_live

    def explain(self, call: CallId, user: SubscriberId, now: float) -> ExplainedCall | None:
        """The call so far, as ``user`` may read it (:mod:`fmc_gateway.explaining`). ``now``: Unix seconds."""
        run = self._runs.get(call)
        if run is None or run.call is None or run.last_live is None:
            return None
        return explain_live(run.call, run.last_live, user, now)

    def holds(self, call: CallId) -> bool:
        return call in self._runs

    def is_emergency(self, call: CallId) -> bool:
        """Whether this gateway holds the call and it is an emergency call."""
        run = self._runs.get(call)
        return run is not None and run.call is not None and run.call.emergency

    def begin(self, offered: e.LegOffered) -> None:
        """A new call."""
        run = self._runs[offered.call] = CallRun(offered.call)
        self._own(run, offered.leg)
        self._observer.call_began()
        self.tell(run, offered)

    def dial(self, requested: e.DialRequested, told: Told | None = None) -> None:
        """A call nobody is in yet: the app asks for it, or an automatic callback is due. ``told``: what
        became of it, once."""
        run = self._runs[requested.call] = CallRun(requested.call)
        run.answer_dial = told
        self._own(run, requested.leg)
        self._observer.call_began()
        self._later(run, requested)

    def digit(self, leg: LegId, digit: str, *, by_info: bool = False) -> None:
        """A telephone-event of ``leg``, or a digit it sent by INFO; of a leg that is no more it means
        nothing."""
        run = self._of_leg.get(leg)
        if run is not None:
            pressed(run, leg, digit, by_info, partial(self._later, run), partial(self._run_media, run))

    def hang_up(self, call: CallId, by: str) -> bool:
        """False: this gateway does not hold the call."""
        return self.ask(call, e.HangUpRequested(by=by))

    def ask(self, call: CallId, event: e.AnyEvent) -> bool:
        """A wish about a call, from app or operator. False: this gateway does not hold the call."""
        run = self._runs.get(call)
        if run is None:
            return False
        self._later(run, event)
        return True

    def request(self, call: CallId, event: Wish, replied: Replied) -> bool:
        """A wish the engine answers, now or later. False: this gateway does not hold the call."""
        if call not in self._runs:
            return False
        if isinstance(event, e.ParkRequested):
            taken = choosing_colleagues.parked_at(self._others(None), event.wanted.group)
            event = msgspec.structs.replace(event, parked=taken)
        self._replied[event.request] = replied
        return self.ask(call, event)

    def look_up(self, command: c.LoadContext, done: Callable[[e.AnyEvent], None]) -> None:
        """For a wish that comes with what the directory knows of who asks."""
        self._directory.load(command, done)

    def forget_request(self, request: str) -> None:
        """Nobody waits for the answer any more."""
        self._replied.pop(request, None)

    def tell(self, run: CallRun, event: e.AnyEvent) -> None:
        """``event`` happened to ``run``; what the engine answers is carried out before this returns, unless
        it happened while the engine's last answer is being carried out."""
        if run.over:
            return
        run.queue.append(event)
        if run.running:
            return
        run.running = True
        try:
            while run.queue and not run.over:
                self._turn(run, run.queue.pop(0))
        finally:
            run.running = False

    def _turn(self, run: CallRun, event: e.AnyEvent) -> None:
        now = self._now()
        try:
            call, commands = step(run.call, event, now)
        except Exception:
            self._fault(run, event)
            return
        self._tell_of_emergency(run.call, call)
        run.call = call
        if len(run.trace) < MAX_TRACE:
            run.trace.append(TraceStep(at=now, event=event, commands=commands))
        for command in commands:
            handler = self._handlers.get(type(command))
            if handler is not None:
                handler(run, command)
                continue
            problem = self._sip.run(command)
            if problem is not None:
                run.queue.append(problem)

    def _tell_of_emergency(self, before: Any, after: Any) -> None:
        """It became an emergency call, by what was dialled or what that stood for, or it was one."""
        if (before is not None and before.emergency) != (after is not None and after.emergency):
            self.on_emergency((after if after is not None else before).offered)

    def _fault(self, run: CallRun, event: e.AnyEvent) -> None:
        """The engine raised: its own fault. End every leg and pair of this call, and
        leave the others alone."""
        log.exception("engine.fault", call_id=run.id, gateway_event=type(event).__name__)
        self._observer.engine_fault()
        for leg in run.legs:
            self._sip.abandon(leg)
        if run.last_live is not None:
            self._live.publish(run.id, None)
        for segment in run.talks:
            self._hooks.publish_talk(TalkEnded(call=run.id, segment=segment, at=self._now()))
        for room in run.rooms:
            self._rooms.run(c.DestroyRoom(room=room), lambda event: None)
        self._record_fault(run)
        self._finish(run, c.Finish())
        for lender in [other for other in self._runs.values() if lending.lends_to(other.call, run.id)]:
            self.tell(lender, e.LegKept(by=run.id, leg=lender.call.lent))

    def _record_fault(self, run: CallRun) -> None:
        """What is known of the call stays in the records; the state may be the very thing that is wrong."""
        try:
            record = unfinished_record(run.call, self._now(), GATEWAY_FAULT)
        except Exception:
            log.exception("engine.fault_not_recorded", call_id=run.id)
            return
        if record is not None:
            self._write_record(run, c.WriteRecord(record=record))

    def _later(self, run: CallRun, event: e.AnyEvent) -> None:
        """A result that came outside a SIP event: tell it, then send what came of it."""
        self.tell(run, event)
        self._sip.flush()

    def _own(self, run: CallRun, leg: LegId) -> None:
        run.legs.append(leg)
        self._of_leg[leg] = run

    # -- commands
    # -----------------------------------------------------------------------------------------------

    def _load_context(self, run: CallRun, command: c.LoadContext) -> None:
        self._directory.load(command, lambda event: self._later(run, event))

    def _run_media(self, run: CallRun, command: Any) -> None:
        self._media.run(command, lambda event: self._later(run, event))

    def _run_room(self, run: CallRun, command: Any) -> None:
        if isinstance(command, c.DestroyRoom):
            run.rooms.discard(command.room)
        else:
            run.rooms.add(command.room)
        self._rooms.run(command, lambda event: self._later(run, event))

    def _originate(self, run: CallRun, command: c.Originate) -> None:
        self._own(run, command.leg)
        event = self._sip.originate(command)
        if event is not None:
            run.queue.append(event)

    def _start_timer(self, run: CallRun, command: c.StartTimer) -> None:
        self._stop_timer(run, command)
        loop = asyncio.get_running_loop()
        run.timers[command.name] = loop.call_later(command.after_s, self._timer_fired, run, command.name)

    def _stop_timer(self, run: CallRun, command: c.StartTimer | c.StopTimer) -> None:
        timer = run.timers.pop(command.name, None)
        if timer is not None:
            timer.cancel()

    def _timer_fired(self, run: CallRun, name: str) -> None:
        run.timers.pop(name, None)
        self._later(run, e.TimerFired(name=name))

    def _apply_feature(self, run: CallRun, command: c.ApplyFeature) -> None:
        self._features.apply(command, lambda event: self._later(run, event))

    def _answer_dial(self, run: CallRun, command: c.AnswerDial) -> None:
        told, run.answer_dial = run.answer_dial, None
        if told is not None:
            told(command)

    def _answer_request(self, run: CallRun, command: c.AnswerRequest) -> None:
        if command.request.startswith(BY_KEYS):
            leg = LegId(command.request.removeprefix(BY_KEYS))
            run.queue.append(e.ServiceAnswered(leg=leg, done=command.done))
            return
        replied = self._replied.pop(command.request, None)
        if replied is not None:
            replied(command)

    def _find_call(self, run: CallRun, command: c.FindCall) -> None:
        found = choosing_colleagues.find(self._others(run), command)
        run.queue.append(e.CallChosen(call=found.call, explanation=found.explanation))

    def _others(self, run: CallRun | None) -> Iterator[Any]:
        return (one.call for one in self._runs.values() if one is not run and one.call is not None)

    def _ask_to_park(self, run: CallRun, command: c.AskToPark) -> None:
        """What becomes of it the asking call is told as of any other feature code."""
        call = choosing_colleagues.to_park(self._others(run), command.subscriber, command.device)
        wish = e.ParkRequested(request=command.request, subscriber=command.subscriber, wanted=command.wanted)
        if call is None or not self.request(call, wish, lambda told: self._done(run, told)):
            run.queue.append(e.FeatureDone(done=False, explanation=choosing.NO_CALL))

    def _done(self, run: CallRun, told: c.AnswerRequest) -> None:
        self._later(run, e.FeatureDone(done=told.done, explanation=told.explanation))

    def _hand_over(self, run: CallRun, command: c.HandOver) -> None:
        """What has happened to the leg meanwhile happens to the other call."""
        run.handed_over = True
        target, leg = self._runs.get(command.call), command.joined.leg
        run.legs.remove(leg)
        log.info("call.handed_over", call_id=run.id, leg=leg, to=command.call)
        if target is None:
            self._give_back(e.LegReturned(joined=command.joined, explanation=choosing.GONE))
            return
        self._own(target, leg)
        waiting = tuple(run.queue)
        run.queue.clear()
        for event in (command.joined, *waiting):
            self.tell(target, event)

    def _return_leg(self, run: CallRun, command: c.ReturnLeg) -> None:
        run.legs.remove(command.returned.joined.leg)
        self._give_back(command.returned)

    def _give_back(self, returned: e.LegReturned) -> None:
        """A call of its own again, by the name it had."""
        offered = returned.joined.offered
        run = self._runs[offered.call] = CallRun(offered.call)
        self._own(run, returned.joined.leg)
        self.tell(run, returned)

    def _tell_call(self, run: CallRun, command: c.TellCall) -> None:
        """Between two calls; a leg that is lent or given back changes hands, with what has happened to it."""
        target, event = self._runs.get(command.call), command.event
        leg = lending.leg_of(event)
        if target is None:
            self._not_told(run, command)
            return
        waiting: tuple[e.AnyEvent, ...] = ()
        if leg is not None and self._of_leg.get(leg) is run:
            run.legs.remove(leg)
            self._own(target, leg)
            waiting = tuple(one for one in run.queue if getattr(one, "leg", None) == leg)
            run.queue = [one for one in run.queue if one not in waiting]
            log.info("call.leg_lent", call_id=run.id, leg=leg, to=command.call)
        for one in (event, *waiting):
            self.tell(target, one)

    def _not_told(self, run: CallRun, command: c.TellCall) -> None:
        answer = lending.unheard(command.call, command.event)
        if answer is not None:
            run.queue.append(answer)
        elif (leg := lending.leg_of(command.event)) is not None:
            log.warning("call.lender_gone", call_id=run.id, leg=leg, to=command.call)
            self._sip.abandon(leg)

    def _publish_talk(self, run: CallRun, command: c.PublishTalk) -> None:
        if isinstance(command.talk, TalkEnded):
            run.talks.discard(command.talk.segment)
        elif isinstance(command.talk, TalkMoved):  # in a call of two
            run.talks = {command.talk.segment}
        else:
            run.talks.add(command.talk.segment)
        self._hooks.publish_talk(command.talk)

    def _publish_ring(self, run: CallRun, command: c.PublishRing) -> None:
        self._hooks.publish_ring(command.ring)

    def _publish_live(self, run: CallRun, command: c.PublishLive) -> None:
        if command.live is not None:
            self._tell_who_left(run.last_live, command.live)
            run.last_live = command.live
        self._live.publish(command.call, command.live)

    def _tell_who_left(self, before: LiveCall | None, after: LiveCall) -> None:
        """For a user whose calls go on to somebody else this one is over, and for one who transferred it."""
        if before is None or _same_users(before, after):
            return
        here = {party.subscriber for party in (after.calling, after.called, *after.others)}
        left = {
            name: party if party.subscriber not in here else msgspec.structs.replace(party, subscriber=None)
            for name, party in (("calling", before.calling), ("called", before.called))
        }
        others = tuple(party for party in before.others if party.subscriber not in here)
        if others or any(party.subscriber is not None for party in left.values()):
            last = msgspec.structs.replace(before, others=others, **left)
            self._live.over(last, DIVERTED if after.parked is None else PARKED, self._now())

    def _write_record(self, run: CallRun, command: c.WriteRecord) -> None:
        record = command.record
        run.outcome, run.setup_ms = record.outcome, record.setup_ms
        self._records.write(SpoolEntry(record, Trace(call=run.id, steps=tuple(run.trace))))
        if run.last_live is not None:
            self._live.over(run.last_live, record.outcome.value, record.ended)

    def _finish(self, run: CallRun, command: c.Finish) -> None:
        run.over = True
        self._answer_dial(run, c.AnswerDial(accepted=False))  # unless it was told
        for timer in run.timers.values():
            timer.cancel()
        run.timers.clear()
        run.queue.clear()
        for leg in run.legs:
            self._of_leg.pop(leg, None)
            self._sip.forget(leg)
        self._runs.pop(run.id, None)
        if run.handed_over:
            return
        self._observer.call_finished(run.outcome, run.setup_ms)


def _same_users(before: LiveCall, after: LiveCall) -> bool:
    """Nobody can have left: what most showings of a call say."""
    return (
        before.calling.subscriber == after.calling.subscriber
        and before.called.subscriber == after.called.subscriber
        and before.others == after.others
    )
