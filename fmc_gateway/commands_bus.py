"""Commands to live calls from app and operators, and the wish to begin one: ``cmd:<gateway>`` in, *done*,
*refused* or *unknown* out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from fmc_gateway.call.commands import AnswerDial
from fmc_gateway.call.events import DialRequested
from hipper.contracts.bus import CommandEnvelope, CommandReply, Dial, HangUp, ReplyStatus
from hipper.pbx.ids import CallId, GatewayId, LegId
from hipper.runtime.bus import Bus
from hipper.runtime.bus_commands import CommandChannel

ALREADY_ENDING = frozenset({"ending"})
"""States of the engine in which there is nothing left to hang up."""
LONGEST_WAIT_S = 10.0
"""For the directory to say whether the call may be made."""
NO_ROOM = "this gateway takes no new calls"
NOT_KNOWN = "the call could not be begun"


class Calls(Protocol):
    def state_of(self, call: CallId) -> str | None: ...
    def hang_up(self, call: CallId, by: str) -> bool: ...
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

    async def run(self) -> None:
        """Until cancelled; outages of Redis are waited out."""
        await self._channel.serve(self._gateway, self.handle)

    async def handle(self, envelope: CommandEnvelope) -> CommandReply:
        state = self._calls.state_of(envelope.call)
        command = envelope.command
        if isinstance(command, Dial):
            return await self._dial(envelope, command, state)
        if state is None:
            return _reply(envelope, ReplyStatus.UNKNOWN, explanation="this gateway holds no such call")
        if state in ALREADY_ENDING:
            return _reply(envelope, ReplyStatus.REFUSED, state, "the call is ending already")
        if isinstance(command, HangUp):
            self._calls.hang_up(envelope.call, command.by)
        return _reply(envelope, ReplyStatus.DONE)

    async def _dial(self, envelope: CommandEnvelope, command: Dial, state: str | None) -> CommandReply:
        """*Done* when the user's telephone is about to ring, *refused* with the rule's sentence. Not decided
        by the deadline, it is done for the one who asks: user events tell the rest."""
        if state is not None:
            return _reply(envelope, ReplyStatus.REFUSED, state, "a call of this id exists already")
        if not self._room.has_room:
            return _reply(envelope, ReplyStatus.REFUSED, explanation=NO_ROOM)
        told: asyncio.Future[AnswerDial] = asyncio.get_running_loop().create_future()
        self._calls.dial(self._requested(envelope.call, command), lambda answer: _settle(told, answer))
        try:
            wait_s = min(envelope.deadline - self._now(), LONGEST_WAIT_S)
            answer = await asyncio.wait_for(told, max(wait_s, 0.0))
        except TimeoutError:
            return _reply(envelope, ReplyStatus.DONE)
        if answer.accepted:
            return _reply(envelope, ReplyStatus.DONE)
        return _reply(envelope, ReplyStatus.REFUSED, explanation=answer.explanation or NOT_KNOWN)

    def _requested(self, call: CallId, command: Dial) -> DialRequested:
        return DialRequested(
            call=call,
            leg=LegId(f"{call}-a"),
            subscriber=command.subscriber,
            destination=command.destination,
            device=command.device,
            anonymous=command.anonymous,
            gateway=self._gateway,
        )


def _settle(told: asyncio.Future[AnswerDial], answer: AnswerDial) -> None:
    if not told.done():
        told.set_result(answer)


def _reply(
    envelope: CommandEnvelope, status: ReplyStatus, state: str | None = None, explanation: str | None = None
) -> CommandReply:
    return CommandReply(request_id=envelope.request_id, status=status, state=state, explanation=explanation)
