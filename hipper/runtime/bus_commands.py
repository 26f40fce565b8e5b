"""Commands to a live call with their replies, over ``cmd:<gateway>`` and ``reply:<request_id>``.

Generic over the envelope and reply types of the callers, which need the fields named in
:class:`Envelope` and :class:`Reply`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Generic, Protocol, TypeVar

import msgspec
import structlog

from hipper.runtime.bus import FIELD, OUTAGE, Bus, Delivery, GroupReader, Stream, outages_named
from hipper.runtime.clock import Clock, SystemClock

REPLIES_KEPT_S = 600
"""Ten minutes: a repeated request gets the same answer."""
_GROUP = "gateway"
_COMMANDS_AT_ONCE = 64
_LONGEST_BLOCK_S = 2.0
_log = structlog.get_logger("hipper.bus")


class Envelope(Protocol):
    """``deadline``: Unix seconds."""

    @property
    def request_id(self) -> str: ...
    @property
    def idempotency_key(self) -> str: ...
    @property
    def call(self) -> Any: ...
    @property
    def deadline(self) -> float: ...


class Reply(Protocol):
    @property
    def request_id(self) -> str: ...


E = TypeVar("E", bound=Envelope)
R = TypeVar("R", bound=Reply)


class CommandChannel(Generic[E, R]):
    """Both ends of the commands. ``envelope_type`` and ``reply_type`` are msgspec Structs."""

    def __init__(self, bus: Bus, envelope_type: Any, reply_type: Any, clock: Clock | None = None) -> None:
        self.expired = 0
        """Commands dropped because their deadline had passed."""
        self._bus = bus
        self._envelope_type = envelope_type
        self._replies: Stream[Any] = Stream("reply", reply_type)
        self._clock = clock or SystemClock()

    def _commands(self, gateway: str) -> Stream[Any]:
        return Stream(f"cmd:{gateway}", self._envelope_type)

    # -- who asks -------------------------------------------------------------------------------------------

    async def send(self, gateway: str, envelope: E) -> R | None:
        """Send and wait for the reply until the deadline; None: no reply came in time, and what happened is
        unknown (asking again with the same idempotency key is safe). Raises BusUnavailable."""
        await self.post(gateway, envelope)
        return await self.wait_for_reply(envelope.request_id, envelope.deadline)

    async def post(self, gateway: str, envelope: E) -> str:
        """Send; returns the id in the stream, for :meth:`withdraw`. Raises BusUnavailable."""
        return await self._bus.publish(self._commands(gateway), envelope, keep=10_000)

    async def withdraw(self, gateway: str, sent: str) -> bool:
        """Take back a command that no reply came to. True: the gateway never read it, and never will. False:
        it was read; it may have happened, or happen still. Raises BusUnavailable."""
        name = self._commands(gateway).name
        with outages_named():
            async with self._bus.redis.pipeline(transaction=True) as pipe:
                pipe.xdel(name, sent)
                pipe.xinfo_groups(name)
                _, groups = await pipe.execute()
        read = [group["last-delivered-id"].decode() for group in groups if group["name"] == _GROUP.encode()]
        return not read or parse_id(read[0]) < parse_id(sent)

    async def wait_for_reply(self, request_id: str, deadline: float) -> R | None:
        """The reply to a request, also to one sent earlier. Raises BusUnavailable."""
        name = f"reply:{request_id}"
        while (remaining := deadline - self._clock.unix()) > 0:
            block_s = max(min(remaining, _LONGEST_BLOCK_S), 0.01)
            with outages_named():
                async with asyncio.timeout(block_s + 1.0):
                    found = await self._bus.blocking.xread({name: "0"}, count=1, block=int(block_s * 1000))
            if found:
                reply: R = self._replies.decode(found[0][1][0][1])
                return reply
        return None

    # -- who answers ----------------------------------------------------------------------------------------

    async def serve(self, gateway: str, handle: Callable[[E], Awaitable[R]]) -> None:
        """Answer the commands of one gateway, forever; cancel to stop. Commands run side by side; what a
        restart left unanswered is answered first. ``handle`` always gives a reply; one that raises is logged
        and left unanswered."""
        reader = GroupReader(self._bus, self._commands(gateway), _GROUP, gateway, 3600.0, 3)
        running: dict[str, asyncio.Future[R]] = {}
        tasks: set[asyncio.Task[None]] = set()
        room = asyncio.Semaphore(_COMMANDS_AT_ONCE)
        try:
            async for delivery in reader.deliveries():
                await room.acquire()
                task = asyncio.create_task(self._serve_one(reader, delivery, handle, running))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                task.add_done_callback(lambda _: room.release())
        finally:
            for task in tasks:
                task.cancel()

    async def _serve_one(
        self,
        reader: GroupReader[Any],
        delivery: Delivery[Any],
        handle: Callable[[E], Awaitable[R]],
        running: dict[str, asyncio.Future[R]],
    ) -> None:
        envelope: E = delivery.message
        if envelope.deadline < self._clock.unix():
            self.expired += 1
            _log.warning("command_expired", call_id=str(envelope.call), request_id=envelope.request_id)
            await reader.finish(delivery.id)
            return
        try:
            reply = await self._answer(envelope, handle, running)
            await self._publish_reply(envelope, reply)
        except OUTAGE as error:
            _log.error("reply_lost", call_id=str(envelope.call), reason=str(error))
        except Exception:
            _log.exception("command_failed", call_id=str(envelope.call), request_id=envelope.request_id)
        await reader.finish(delivery.id)

    async def _answer(
        self, envelope: E, handle: Callable[[E], Awaitable[R]], running: dict[str, asyncio.Future[R]]
    ) -> R:
        """The answer that was given to this idempotency key before, or that is being worked
        out, or a new one."""
        key = _idempotency_key(envelope)
        kept = await self._bus.redis.get(key)
        if kept is not None:
            return self._same_answer(self._replies.decode({FIELD: kept}), envelope)
        if key in running:
            return self._same_answer(await asyncio.shield(running[key]), envelope)
        running[key] = asyncio.get_running_loop().create_future()
        try:
            reply = await handle(envelope)
        except BaseException as error:
            running[key].set_exception(error)
            running[key].exception()  # nobody else may be waiting
            raise
        finally:
            waiting = running.pop(key)
        waiting.set_result(reply)
        return reply

    @staticmethod
    def _same_answer(reply: Any, envelope: E) -> R:
        same: R = msgspec.structs.replace(reply, request_id=envelope.request_id)
        return same

    async def _publish_reply(self, envelope: E, reply: R) -> None:
        data = msgspec.msgpack.encode(reply)
        name = f"reply:{envelope.request_id}"
        async with self._bus.redis.pipeline(transaction=True) as pipe:
            pipe.set(_idempotency_key(envelope), data, ex=REPLIES_KEPT_S, nx=True)
            pipe.xadd(name, {FIELD: data}, maxlen=1)
            pipe.expire(name, REPLIES_KEPT_S)
            await pipe.execute()


def parse_id(text: str) -> tuple[int, int]:
    """The id of an entry of a stream; they are ordered as these pairs are."""
    milliseconds, _, number = text.partition("-")
    return int(milliseconds), int(number)


def _idempotency_key(envelope: Envelope) -> str:
    return f"answered:{envelope.call}:{envelope.idempotency_key}"
