"""Commands to live calls from app and operators, and the wish to begin one: ``cmd:<gateway>`` in, *done*,
*refused* or *unknown* out.

Whose call it is, is judged here: one that is not the user's is *unknown*. Nothing touches 112 and 113.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

import msgspec

from fmc_gateway.call.commands import AnswerDial, AnswerRequest
from fmc_gateway.call.conference_events import ConferenceWish
from fmc_gateway.call.events import (
    AnyEvent,
    ConferenceAddRequested,
    ConferenceMuteRequested,
    ConferenceRemoveRequested,
    ConferenceRequested,
    ConsultRequested,
    ConsultStep,
    ConsultStepRequested,
    DeclineRequested,
    DialRequested,
    DigitsRequested,
    HangUpRequested,
    HoldRequested,
    JoinRequested,
    MoveRequested,
    TransferRequested,
)
from fmc_gateway.call.requests import Wish
from fmc_gateway.colleague_wishes import LooksUp, OfColleagues, wish_of
from fmc_gateway.records.explain import ExplainedCall
from hipper.contracts.bus import (
    Alternate,
    CallCommand,
    CommandEnvelope,
    CommandReply,
    Conference,
    ConferenceAdd,
    ConferenceMute,
    ConferenceRemove,
    Consult,
    ConsultCancel,
    ConsultComplete,
    ConsultSwap,
    Decline,
    Dial,
    Digits,
    Explain,
    HangUp,
    Hold,
    Join,
    PickUp,
    Pull,
    Push,
    RefusedBecause,
    ReplyStatus,
    Resume,
    Retrieve,
    TransferBlind,
)
from hipper.contracts.calls import LiveCall
from hipper.pbx.ids import CallId, GatewayId, LegId, SubscriberId
from hipper.runtime.bus import Bus
from hipper.runtime.bus_commands import CommandChannel

ALREADY_ENDING = frozenset({"ending"})
"""States of the engine in which there is nothing left to hang up."""
LONGEST_WAIT_S = 10.0
"""For the directory to say whether the call may be made."""
NO_ROOM = "this gateway takes no new calls"
NOT_KNOWN = "the call could not be begun"
NO_SUCH_CALL = "this gateway holds no such call"
EMERGENCY = "calls to 112 and 113 are left alone"
NOT_AVAILABLE = "this gateway cannot do that yet"
NO_OTHER_CALL = "this gateway holds no such other call of the user"
GOES_ON, STILL_HELD = "this one goes on", "this one is on hold"


Answer = TypeVar("Answer")


CONSULT_STEPS = {
    ConsultComplete: ConsultStep.COMPLETE,
    ConsultCancel: ConsultStep.CANCEL,
    ConsultSwap: ConsultStep.SWAP,
}


class Calls(LooksUp, Protocol):
    """The engine (:class:`fmc_gateway.interpreter.Interpreter`)."""

    def state_of(self, call: CallId) -> str | None: ...
    def live_of(self, call: CallId) -> LiveCall | None: ...
    def is_emergency(self, call: CallId) -> bool: ...
    def explain(self, call: CallId, user: SubscriberId, now: float) -> ExplainedCall | None: ...
    def ask(self, call: CallId, event: AnyEvent) -> bool: ...
    def request(
        self,
        call: CallId,
        event: Wish,
        replied: Callable[[AnswerRequest], None],
    ) -> bool: ...
    def forget_request(self, request: str) -> None: ...
    def dial(self, requested: DialRequested, told: Callable[[AnswerDial], None] | None = None) -> None: ...


class Room(Protocol):
    @property
    def has_room(self) -> bool: ...


class CommandReader:
    """Answers every command this gateway is asked; expired and repeated ones are the channel's business.
    ``room``: whether new calls are taken; ``now``: Unix seconds."""

    def __init__(
        self,
        gateway: GatewayId,
        bus: Bus,
        calls: Calls,
        room: Room,
        now: Callable[[], float],
    ) -> None:
        self._gateway = gateway
        self._channel: CommandChannel[CommandEnvelope, CommandReply] = CommandChannel(
            bus, CommandEnvelope, CommandReply
        )
        self._calls = calls
        self._room = room
        self._now = now
        self._handlers: Mapping[type, Callable[[CommandEnvelope, Any, str], CommandReply]] = {
            HangUp: self._hang_up,
            Decline: self._decline,
        }

    async def run(self) -> None:
        """Until cancelled; outages of Redis are waited out."""
        await self._channel.serve(self._gateway, self.handle)

    async def handle(self, envelope: CommandEnvelope) -> CommandReply:
        command = envelope.command
        state = self._calls.state_of(envelope.call)
        if isinstance(command, Dial):
            return await self._dial(envelope, command, state)
        live = self._calls.live_of(envelope.call)
        if state is None or not may_ask(command, live):
            return _reply(envelope, ReplyStatus.UNKNOWN, explanation=NO_SUCH_CALL)
        if isinstance(command, Explain):
            return self._explain(envelope, command)
        if self._calls.is_emergency(envelope.call) or (live is not None and live.untouchable):
            return _refused(envelope, RefusedBecause.EMERGENCY, EMERGENCY, state)
        if state in ALREADY_ENDING:
            return _refused(envelope, RefusedBecause.STATE, "the call is ending already", state)
        if isinstance(command, OfColleagues) and live is not None:
            return await self._of_colleagues(envelope, command, live, state)
        if isinstance(command, Alternate) and live is not None:
            return await self._alternate(envelope, command, live, state)
        wish = _wish(envelope)
        if wish is not None:
            return await self._ask(envelope, wish)
        handler = self._handlers.get(type(command))
        if handler is None:
            return _refused(envelope, RefusedBecause.NOT_AVAILABLE, NOT_AVAILABLE, state)
        return handler(envelope, command, state)

    async def _of_colleagues(
        self, envelope: CommandEnvelope, command: OfColleagues, live: LiveCall, state: str
    ) -> CommandReply:
        wish = await wish_of(self._calls, envelope.request_id, command, live)
        if isinstance(wish, tuple):
            return _refused(envelope, wish[0], wish[1], state)
        return await self._ask(envelope, wish)

    def _explain(self, envelope: CommandEnvelope, command: Explain) -> CommandReply:
        explained = self._calls.explain(envelope.call, command.user, self._now())
        if explained is None:
            return _reply(envelope, ReplyStatus.UNKNOWN, explanation=NO_SUCH_CALL)
        answer = msgspec.json.encode(explained)
        return msgspec.structs.replace(_reply(envelope, ReplyStatus.DONE), explained=answer)

    async def _alternate(
        self, envelope: CommandEnvelope, command: Alternate, live: LiveCall, state: str
    ) -> CommandReply:
        """Two calls, one after the other. When the other one cannot be resumed this one goes on as it was,
        and the answer says what is so."""
        user, other = command.user, command.other
        there = self._calls.live_of(other)
        if other == envelope.call or there is None or not may_ask(command, there):
            return _refused(envelope, RefusedBecause.STATE, NO_OTHER_CALL, state)
        if self._calls.is_emergency(other) or there.untouchable:
            return _refused(envelope, RefusedBecause.EMERGENCY, EMERGENCY, state)
        held = any(party.subscriber == user and party.holds for party in (live.calling, live.called))
        first = await self._holds(envelope, envelope.call, user, on=True)
        if first.status is not ReplyStatus.DONE:
            return first
        second = await self._holds(envelope, other, user, on=False)
        if second.status is ReplyStatus.DONE:
            return second
        back = None if held else await self._holds(envelope, envelope.call, user, on=False)
        now = STILL_HELD if back is None or back.status is not ReplyStatus.DONE else GOES_ON
        because = second.because or RefusedBecause.STATE
        why = f"the other call is not resumed: {second.explanation or NO_SUCH_CALL}; {now}"
        return _refused(envelope, because, why, self._calls.state_of(envelope.call))

    async def _holds(
        self, envelope: CommandEnvelope, call: CallId, user: SubscriberId, *, on: bool
    ) -> CommandReply:
        """A hold, or the end of one, that is part of what ``envelope`` asks."""
        part = f"{envelope.request_id} {call} {on}"
        wish = HoldRequested(request=part, subscriber=user, on=on)
        return await self._ask(msgspec.structs.replace(envelope, call=call), wish)

    def _hang_up(self, envelope: CommandEnvelope, command: HangUp, state: str) -> CommandReply:
        by = "operator" if command.user is None else f"user:{command.user}"
        self._calls.ask(envelope.call, HangUpRequested(by=by))
        return _reply(envelope, ReplyStatus.DONE)

    def _decline(self, envelope: CommandEnvelope, command: Decline, state: str) -> CommandReply:
        """Done again for who declined already: the call itself has gone on, or is somebody else's by then."""
        live = self._calls.live_of(envelope.call)
        if state != "ringing" or live is None or live.called.subscriber != command.user:
            return _refused(envelope, RefusedBecause.STATE, "it does not ring", state)
        if command.device is not None and command.device not in live.called.ringing:
            return _refused(envelope, RefusedBecause.STATE, "that telephone does not ring", state)
        self._calls.ask(envelope.call, DeclineRequested(subscriber=command.user, device=command.device))
        return _reply(envelope, ReplyStatus.DONE)

    async def _ask(self, envelope: CommandEnvelope, wish: Wish) -> CommandReply:
        """*Done* when it is done, or the telephone that takes the call is about to ring; else what the engine
        says. The state told is that of the call when it refused."""
        told: asyncio.Future[AnswerRequest] = asyncio.get_running_loop().create_future()
        if not self._calls.request(envelope.call, wish, lambda answer: _settle(told, answer)):
            return _reply(envelope, ReplyStatus.UNKNOWN, explanation=NO_SUCH_CALL)
        try:
            wait_s = min(envelope.deadline - self._now(), LONGEST_WAIT_S)
            answer = await asyncio.wait_for(told, max(wait_s, 0.0))
        except TimeoutError:
            self._calls.forget_request(wish.request)
            return _reply(envelope, ReplyStatus.DONE)
        if answer.done:
            return _reply(envelope, ReplyStatus.DONE)
        state = self._calls.state_of(envelope.call)
        return _refused(envelope, answer.because, answer.explanation or NOT_KNOWN, state)

    async def _dial(self, envelope: CommandEnvelope, command: Dial, state: str | None) -> CommandReply:
        """*Done* when the user's telephone is about to ring, *refused* with the rule's sentence. Not decided
        by the deadline, it is done for the one who asks: user events tell the rest."""
        if state is not None:
            return _refused(envelope, RefusedBecause.STATE, "a call of this id exists already", state)
        if not self._room.has_room:
            return _refused(envelope, RefusedBecause.FULL, NO_ROOM)
        told: asyncio.Future[AnswerDial] = asyncio.get_running_loop().create_future()
        self._calls.dial(self._requested(envelope.call, command), lambda answer: _settle(told, answer))
        try:
            wait_s = min(envelope.deadline - self._now(), LONGEST_WAIT_S)
            answer = await asyncio.wait_for(told, max(wait_s, 0.0))
        except TimeoutError:
            return _reply(envelope, ReplyStatus.DONE)
        if answer.accepted:
            return _reply(envelope, ReplyStatus.DONE)
        because = RefusedBecause(answer.because)
        return _refused(envelope, because, answer.explanation or NOT_KNOWN)

    def _requested(self, call: CallId, command: Dial) -> DialRequested:
        return DialRequested(
            call=call,
            leg=LegId(f"{call}-a"),
            subscriber=command.user,
            tenant=command.tenant,
            destination=command.destination,
            device=command.device,
            anonymous=command.anonymous,
            gateway=self._gateway,
        )


def may_ask(command: CallCommand, live: LiveCall | None) -> bool:
    """Whether the call is that of who asks, or one of the own company that somebody of the group may take. A
    call nobody is shown yet is an operator's alone."""
    if isinstance(command, HangUp) and command.user is None:
        return command.tenant is None or (live is not None and live.tenant == command.tenant)
    if live is None or live.tenant != command.tenant:
        return False
    if isinstance(command, Retrieve) and live.parked is not None:
        return True
    if isinstance(command, PickUp) and (command.barge_in or live.answered is None):
        return True
    return any(party.subscriber == command.user for party in (live.calling, live.called, *live.others))


def _wish(envelope: CommandEnvelope) -> Wish | None:
    """What the engine answers itself, None for any other command. The app's pull and push are the same: it
    names the telephone that is to ring."""
    command, request = envelope.command, envelope.request_id
    match command:
        case Hold() | Resume():
            on = isinstance(command, Hold)
            return HoldRequested(request=request, subscriber=command.user, on=on, device=command.device)
        case Push():
            return MoveRequested(
                request=request,
                subscriber=command.user,
                device=command.to,
                from_device=command.device,
            )
        case Pull():
            return MoveRequested(request=request, subscriber=command.user, device=command.to)
        case Consult():
            to = command.destination
            return ConsultRequested(request=request, subscriber=command.user, destination=to)
        case TransferBlind():
            return TransferRequested(
                request=request,
                subscriber=command.user,
                destination=command.destination,
                returns=command.return_on_failure,
                no_answer_s=command.no_answer_s,
                keep_until=command.keep_until,
            )
        case Digits():
            keys, device = command.digits, command.device
            return DigitsRequested(request=request, subscriber=command.user, keys=keys, device=device)
        case ConsultComplete() | ConsultCancel() | ConsultSwap():
            step = CONSULT_STEPS[type(command)]
            return ConsultStepRequested(request=request, subscriber=command.user, step=step)
        case Conference() | ConferenceAdd() | ConferenceRemove() | ConferenceMute():
            return _conference(request, command)
        case Join():
            return JoinRequested(request=request, subscriber=command.user, other=command.other)
    return None


def _conference(
    request: str, command: Conference | ConferenceAdd | ConferenceRemove | ConferenceMute
) -> ConferenceWish:
    user = command.user
    match command:
        case Conference():
            return ConferenceRequested(
                request=request, subscriber=user, calls=command.calls, goes_on=command.goes_on
            )
        case ConferenceAdd():
            return ConferenceAddRequested(request=request, subscriber=user, destination=command.destination)
        case ConferenceRemove():
            return ConferenceRemoveRequested(request=request, subscriber=user, leg=command.leg)
    return ConferenceMuteRequested(request=request, subscriber=user, leg=command.leg, muted=command.muted)


def _settle(told: asyncio.Future[Answer], answer: Answer) -> None:
    if not told.done():
        told.set_result(answer)


def _refused(
    envelope: CommandEnvelope, because: RefusedBecause, explanation: str, state: str | None = None
) -> CommandReply:
    return CommandReply(
        request_id=envelope.request_id,
        status=ReplyStatus.REFUSED,
        because=because,
        state=state,
        explanation=explanation,
    )


def _reply(
    envelope: CommandEnvelope, status: ReplyStatus, state: str | None = None, explanation: str | None = None
) -> CommandReply:
    return CommandReply(request_id=envelope.request_id, status=status, state=state, explanation=explanation)
