"""Automatic Callback (seed 9): who waits for which busy colleague, and the call back when that one is free.

Kept in memory: the wait is half an hour as a rule, and a gateway that starts anew has forgotten it, as
callers of an exchange are used to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import structlog

from hipper.pbx import callback, rules
from hipper.pbx.callback import Waiting
from hipper.pbx.ids import SubscriberId, TenantId
from hipper.pbx.model import SubscriberContext

Dial = Callable[[Waiting], None]
"""Rings the one who waits, and then the colleague."""

log = structlog.get_logger("fmc_gateway.callbacks")


class Live(Protocol):
    def calls_of(self, subscriber: SubscriberId) -> int: ...


class Callbacks:
    """``now``: Unix seconds. ``dial``: see :data:`Dial`."""

    def __init__(self, live: Live, dial: Dial, now: Callable[[], float]) -> None:
        self._live = live
        self._dial = dial
        self._now = now
        self._waiting: dict[TenantId, tuple[Waiting, ...]] = {}
        self._tenants: dict[SubscriberId, TenantId] = {}
        """Of those somebody waits for, and of those who wait."""

    def __len__(self) -> int:
        return sum(len(waiting) for waiting in self._waiting.values())

    def request(
        self, caller: SubscriberContext, called: SubscriberContext | None, dialled: str
    ) -> str | None:
        """None: the caller is called back. Else why not, in the caller's language."""
        busy = called is not None and self._live.calls_of(called.subscriber) > 0
        waiting = self._waiting.get(caller.tenant, ())
        asked = callback.request(waiting, caller, called, dialled, called_busy=busy, now=self._now())
        self._keep(caller.tenant, asked.waiting)
        return None if asked.accepted else rules.sentence(asked.rule, caller.language)

    def cancel(self, caller: SubscriberId) -> None:
        """Wait for nobody any more."""
        tenant = self._tenants.get(caller)
        if tenant is not None:
            self._keep(tenant, callback.cancel(self._waiting.get(tenant, ()), caller))

    def freed(self, subscriber: SubscriberId) -> None:
        """``subscriber`` is in no call any more: who waits for this user is called back, and who waited
        while being in a call may be now."""
        tenant = self._tenants.get(subscriber)
        if tenant is None:
            return
        waiting = self._waiting.get(tenant, ())
        awaited = [subscriber, *(one.called for one in waiting if one.caller == subscriber)]
        for called in dict.fromkeys(awaited):
            if self._live.calls_of(called) == 0:
                self._call_back(tenant, called)

    def _call_back(self, tenant: TenantId, called: SubscriberId) -> None:
        waiting = self._waiting.get(tenant, ())
        busy = frozenset(one.caller for one in waiting if self._live.calls_of(one.caller) > 0)
        found = callback.freed(waiting, called, busy, self._now())
        self._keep(tenant, found.waiting)
        if found.next is not None:
            log.info("callback.due", caller=found.next.caller, called=called)
            self._dial(found.next)

    def _keep(self, tenant: TenantId, waiting: tuple[Waiting, ...]) -> None:
        for one in self._waiting.pop(tenant, ()):
            self._tenants.pop(one.caller, None)
            self._tenants.pop(one.called, None)
        if waiting:
            self._waiting[tenant] = waiting
        for one in waiting:
            self._tenants[one.caller] = self._tenants[one.called] = tenant
