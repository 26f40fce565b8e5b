"""Live calls and records, with those who want to know of them: what calls cost, who is free again, whose lamp
goes on."""

from __future__ import annotations

from collections.abc import Callable

from fmc_gateway.live import LiveCalls
from fmc_gateway.records.entry import SpoolEntry
from fmc_gateway.records.writer import RecordWriter
from fmc_gateway.spending import Spending
from hipper.contracts.calls import LiveCall
from hipper.pbx.ids import CallId, SubscriberId

Changed = Callable[[SubscriberId], None]
"""A user's calls changed: one came, went, or moved on."""


class WatchedLive:
    """As :class:`~fmc_gateway.live.LiveCalls` to the interpreter. ``watchers`` are told after each change."""

    def __init__(self, live: LiveCalls, spending: Spending, watchers: tuple[Changed, ...] = ()) -> None:
        self._live = live
        self._spending = spending
        self._watchers = watchers
        self._users: dict[CallId, tuple[SubscriberId, ...]] = {}

    def publish(self, call: CallId, live: LiveCall | None) -> None:
        self._live.publish(call, live)
        if live is None:
            self._spending.up(call, ())
        else:
            self._spending.up(call, live.charges, live.incoming_group)
        before = self._users.pop(call, ())
        now = () if live is None else users_of(live)
        if now:
            self._users[call] = now
        for subscriber in dict.fromkeys((*before, *now)):
            for watcher in self._watchers:
                watcher(subscriber)

    def over(self, last: LiveCall, outcome: str, at_unix: float) -> None:
        self._live.over(last, outcome, at_unix)


class WatchedRecords:
    """As :class:`~fmc_gateway.records.writer.RecordWriter` to the interpreter."""

    def __init__(self, records: RecordWriter, spending: Spending) -> None:
        self._records = records
        self._spending = spending

    def write(self, entry: SpoolEntry) -> None:
        self._spending.over(entry.record)
        self._records.write(entry)


def users_of(live: LiveCall) -> tuple[SubscriberId, ...]:
    """The users of ours in a call."""
    found = (live.calling.subscriber, live.called.subscriber)
    return tuple(dict.fromkeys(one for one in found if one is not None))
