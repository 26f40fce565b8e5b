"""A dry run: what would ring if somebody called then (*what rings on Friday at 18:30?*). Pure: the
decision of :mod:`hipper.pbx.termination`, with the facts of that moment as far as they can be known."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hipper.pbx import termination
from hipper.pbx.explain import Explained, explain
from hipper.pbx.identity import to_colleague
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import (
    CallerIdentity,
    CallerList,
    ColleagueAlong,
    DeviceKind,
    Number,
    Presentation,
    SubscriberContext,
    TerminationFacts,
)
from hipper.pbx.screening import treated_as
from hipper.telephony.numbers.e164 import E164


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who would call. ``number`` None without ``colleague``: somebody who withholds the number. ``known_as``:
    which of the called user's contact lists the number stands in."""

    number: E164 | None = None
    colleague: SubscriberContext | None = None
    known_as: CallerList | None = None


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """``at``: Unix seconds. ``busy``, ``calls`` and ``silent`` (telephones not registered): as they are now,
    for a call now; of another time nobody knows them, and all telephones are there and free."""

    at: float
    busy: tuple[DeviceId, ...] = ()
    calls: int = 0
    silent: frozenset[DeviceId] = frozenset()


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """``treated_as``: a business or a private caller. ``on_net``: a colleague."""

    at: float
    treated_as: CallerList
    on_net: bool
    explained: Explained


def dry_run(
    called: SubscriberContext,
    reached: Number,
    caller: Caller,
    moment: Moment,
    colleagues: Sequence[SubscriberContext] = (),
) -> DryRun:
    """What a call by ``caller`` to ``reached`` of ``called`` would come to. ``colleagues``: who own
    numbers that ring along."""
    on_net = caller.colleague is not None
    known_as = None if on_net else caller.known_as  # as on a call: colleagues are told by the called number
    plan = termination.decide(
        called,
        _identity(caller),
        on_net=on_net,
        reached=reached,
        exclude_device=None,
        now=moment.at,
        facts=TerminationFacts(
            busy_devices=moment.busy,
            calls=moment.calls,
            caller_list=known_as,
            caller_group=None if caller.colleague is None else caller.colleague.group,
            colleagues=tuple(ColleagueAlong(context=one) for one in colleagues),
        ),
    )
    return DryRun(
        at=moment.at,
        treated_as=treated_as(known_as, reached),
        on_net=on_net,
        explained=explain(called, plan, moment.silent),
    )


def _identity(caller: Caller) -> CallerIdentity:
    if caller.colleague is not None:
        return to_colleague(caller.colleague, DeviceKind.DESK_PHONE, anonymous=False, allowed=False).identity
    hidden = caller.number is None
    return CallerIdentity(
        presentation=Presentation.RESTRICTED if hidden else Presentation.ALLOWED, number=caller.number
    )
