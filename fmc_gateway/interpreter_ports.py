"""What :class:`fmc_gateway.interpreter.Interpreter` carries commands out on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from fmc_gateway.call import commands as c
from fmc_gateway.call import events as e
from fmc_gateway.records.entry import SpoolEntry
from hipper.contracts.bus import NO_MIXER
from hipper.contracts.calls import CallOutcome, LiveCall
from hipper.contracts.talks import RingEvent, TalkEvent
from hipper.pbx.ids import CallId


class DirectoryPort(Protocol):
    def load(self, command: c.LoadContext, done: Callable[[e.AnyEvent], None]) -> None: ...


class MediaCommands(Protocol):
    """:class:`fmc_gateway.media_port.MediaPort`, or what stands for it."""

    def run(self, command: Any, done: Callable[[e.AnyEvent], None]) -> None: ...


class RoomCommands(Protocol):
    """:class:`fmc_gateway.rooms_port.RoomsPort`, or what stands for it."""

    def run(self, command: Any, done: Callable[[e.AnyEvent], None]) -> None: ...


class NoRooms:
    """Conferences cannot be mixed."""

    def run(self, command: Any, done: Callable[[e.AnyEvent], None]) -> None:
        if isinstance(command, c.CreateRoom):
            done(e.RoomFailed(room=command.room, reason=NO_MIXER, unavailable=True))


class LivePort(Protocol):
    def publish(self, call: CallId, live: LiveCall | None) -> None: ...
    def over(self, last: LiveCall, outcome: str, at_unix: float) -> None: ...


class RecordsPort(Protocol):
    def write(self, entry: SpoolEntry) -> None: ...


class FeaturePort(Protocol):
    def apply(self, command: c.ApplyFeature, done: Callable[[e.AnyEvent], None]) -> None: ...


class HooksPort(Protocol):
    def publish_talk(self, talk: TalkEvent) -> None: ...
    def publish_ring(self, ring: RingEvent) -> None: ...


class Observer(Protocol):
    """Metrics."""

    def call_began(self) -> None: ...
    def call_finished(self, outcome: CallOutcome | None, setup_ms: float | None) -> None: ...
    def engine_fault(self) -> None: ...
