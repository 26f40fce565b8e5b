"""Automatic Callback (seed 9): who waits for which busy colleague. Pure; the list itself is kept elsewhere.

Only colleagues can be waited for: of others the exchange does not know when they are free.
"""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

import msgspec

from hipper.pbx import rules
from hipper.pbx.dialling import as_dialled_by, dialled_number
from hipper.pbx.dialling_packs import switched_off
from hipper.pbx.ids import SubscriberId
from hipper.pbx.model import SubscriberContext
from hipper.pbx.service_packs import effective, holds
from hipper.pbx.services.calling import AutomaticCallback
from hipper.pbx.tenancy import colleague

MOST_PER_CALLER = 5
MOST_PER_CALLED = 5
"""As for call completion on mobiles and in Q.SIG (3GPP TS 22.093 §5: a queue of up to five)."""
LONGEST_WAIT_S = 10_800


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """``caller`` is called, and then ``dialled`` by it, when ``called`` is free; not after ``until`` (Unix
    seconds)."""

    caller: SubscriberId
    called: SubscriberId
    dialled: str
    until: float


class Requested(NamedTuple):
    """``waiting``: the list as it is now; unchanged when the request was refused."""

    accepted: bool
    rule: str
    waiting: tuple[Waiting, ...]


class Freed(NamedTuple):
    """``next``: who is called back first, None: nobody. ``waiting``: those who go on waiting."""

    next: Waiting | None
    waiting: tuple[Waiting, ...]


def request(
    waiting: tuple[Waiting, ...],
    caller: SubscriberContext,
    called: SubscriberContext | None,
    dialled: str,
    *,
    called_busy: bool,
    now: float,
) -> Requested:
    """``waiting``: who waits in the caller's enterprise, the longest first. ``called``: who owns ``dialled``,
    as the directory found it. Asked again for the same colleague, the wait begins anew in the same place."""
    waiting = tuple(one for one in waiting if one.until > now)
    found = dialled_number(colleague(caller, called), as_dialled_by(caller, dialled))
    problem = _problem(waiting, caller, None if found is None else found[0], called_busy=called_busy)
    if problem is not None or found is None:
        return Requested(False, problem or rules.CALLBACK_NO_COLLEAGUE, waiting)
    settings = effective(caller, "automatic_callback") or AutomaticCallback()
    new = Waiting(
        caller=caller.subscriber,
        called=found[0].subscriber,
        dialled=dialled,
        until=now + min(max(settings.wait_s, 0), LONGEST_WAIT_S),
    )
    if any(_same(one, new) for one in waiting):
        again = tuple(new if _same(one, new) else one for one in waiting)
        return Requested(True, rules.CALLBACK_WAITS, again)
    return Requested(True, rules.CALLBACK_WAITS, (*waiting, new))


def _problem(
    waiting: tuple[Waiting, ...],
    caller: SubscriberContext,
    called: SubscriberContext | None,
    *,
    called_busy: bool,
) -> str | None:
    if not holds(caller.pack, "automatic_callback") or switched_off(caller, "automatic_callback"):
        return rules.CALLBACK_NOT_ALLOWED
    if called is None or called.subscriber == caller.subscriber or not called.enabled:
        return rules.CALLBACK_NO_COLLEAGUE
    if not called_busy:
        return rules.CALLBACK_NOT_BUSY
    others = [one for one in waiting if (one.caller, one.called) != (caller.subscriber, called.subscriber)]
    of_caller = sum(one.caller == caller.subscriber for one in others)
    of_called = sum(one.called == called.subscriber for one in others)
    if of_caller >= MOST_PER_CALLER or of_called >= MOST_PER_CALLED:
        return rules.CALLBACK_TOO_MANY
    return None


def _same(one: Waiting, other: Waiting) -> bool:
    return (one.caller, one.called) == (other.caller, other.called)


def cancel(waiting: tuple[Waiting, ...], caller: SubscriberId) -> tuple[Waiting, ...]:
    """The caller waits for nobody any more (``#37#``)."""
    return tuple(one for one in waiting if one.caller != caller)


def freed(
    waiting: tuple[Waiting, ...], called: SubscriberId, busy: Container[SubscriberId], now: float
) -> Freed:
    """``called`` is free: who has waited longest and can be called back (is not in ``busy``) is next and
    leaves the list; whose time is over leaves it as well."""
    waiting = tuple(one for one in waiting if one.until > now)
    found = next((one for one in waiting if one.called == called and one.caller not in busy), None)
    return Freed(found, tuple(one for one in waiting if one is not found))
