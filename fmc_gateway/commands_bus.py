"""Commands to live calls from app and operators: ``cmd:<gateway>`` in, *done*, *refused* or *unknown* out."""

from __future__ import annotations

from typing import Protocol

from hipper.contracts.bus import CommandEnvelope, CommandReply, HangUp, ReplyStatus
from hipper.pbx.ids import CallId, GatewayId
from hipper.runtime.bus import Bus
from hipper.runtime.bus_commands import CommandChannel

ALREADY_ENDING = frozenset({"ending"})
"""States of the engine in which there is nothing left to hang up."""


class Calls(Protocol):
    def state_of(self, call: CallId) -> str | None: ...
    def hang_up(self, call: CallId, by: str) -> bool: ...


class CommandReader:
    """Answers every command this gateway is asked; expired and repeated ones are the channel's business."""

    def __init__(self, gateway: GatewayId, bus: Bus, calls: Calls) -> None:
        self._gateway = gateway
        self._channel: CommandChannel[CommandEnvelope, CommandReply] = CommandChannel(
            bus, CommandEnvelope, CommandReply
        )
        self._calls = calls

    async def run(self) -> None:
        """Until cancelled; outages of Redis are waited out."""
        await self._channel.serve(self._gateway, self.handle)

    async def handle(self, envelope: CommandEnvelope) -> CommandReply:
        state = self._calls.state_of(envelope.call)
        if state is None:
            return _reply(envelope, ReplyStatus.UNKNOWN, explanation="this gateway holds no such call")
        if state in ALREADY_ENDING:
            return _reply(envelope, ReplyStatus.REFUSED, state, "the call is ending already")
        command = envelope.command
        if isinstance(command, HangUp):
            self._calls.hang_up(envelope.call, command.by)
        return _reply(envelope, ReplyStatus.DONE)


def _reply(
    envelope: CommandEnvelope, status: ReplyStatus, state: str | None = None, explanation: str | None = None
) -> CommandReply:
    return CommandReply(request_id=envelope.request_id, status=status, state=state, explanation=explanation)
