"""Redis commands that travel as one, by a script: a pipeline of redis-py packs every command and reads every
answer by itself, which cost more than making them."""

from __future__ import annotations

from typing import Any

import msgspec

_CARRY_OUT = """
local fault = false
for _, command in ipairs(cmsgpack.unpack(ARGV[1])) do
    local reply = redis.pcall(unpack(command))
    if type(reply) == 'table' and reply.err and not fault then fault = reply end
end
return fault
"""
"""Like a pipeline: every command is carried out, the first error is told."""


class Batch:
    """Commands in the order they were added."""

    __slots__ = ("_commands",)

    PART = 500
    """Commands of one script: how long, in the end, others wait for Redis after an outage."""

    def __init__(self) -> None:
        self._commands: list[tuple[str | msgspec.Raw | int, ...]] = []

    def add(self, *command: str | bytes | int) -> None:
        self._commands.append(tuple([_raw(word) if isinstance(word, bytes) else word for word in command]))

    async def send(self, redis: Any) -> None:
        """Raises what the client does, and the error of the first command that failed."""
        for start in range(0, len(self._commands), self.PART):
            part = msgspec.msgpack.encode(self._commands[start : start + self.PART])
            await redis.execute_command("EVAL", _CARRY_OUT, 0, part)


def _raw(data: bytes) -> msgspec.Raw:
    """Bytes as a MessagePack string (str 32): Redis' cmsgpack knows no "bin", and Lua's strings are bytes."""
    return msgspec.Raw(b"\xdb" + len(data).to_bytes(4, "big") + data)
