"""How many calls a user may be in at once: by the pack, or fewer when an administrator says so. Pure.

A call that is moved, pulled, consulted about or transferred is the call it was, and what a code does to one
is none; 112 is never counted and never refused. Who has as many as may be is busy for the next caller.
"""

from __future__ import annotations

from collections.abc import Iterator

from hipper.pbx import rules
from hipper.pbx.model import ExternalPlan, OnNetPlan, OriginationFacts, RefusedPlan, SubscriberContext
from hipper.pbx.origination_refused import refused
from hipper.pbx.pack_limits import limits_of
from hipper.pbx.services.at_once import SimultaneousCalls
from hipper.pbx.services.base import Settings

FEWEST = 1


def most_calls(user: SubscriberContext) -> int:
    """By the pack and the user's own setting."""
    allowed = limits_of(user.pack).calls
    service = user.services.simultaneous_calls
    return allowed if service is None or service.most is None else min(allowed, service.most)


def one_too_many(
    caller: SubscriberContext, plan: OnNetPlan | ExternalPlan, facts: OriginationFacts
) -> RefusedPlan | None:
    """Whether ``plan`` would be a call too many. Asked of calls that begin, by whatever telephone or from the
    app."""
    return refused(rules.CALLS_AT_ONCE, caller) if facts.calls >= most_calls(caller) else None


def problems(settings: Settings) -> Iterator[str]:
    if isinstance(settings, SimultaneousCalls) and settings.most is not None and settings.most < FEWEST:
        yield f"most is {settings.most}, and has to be {FEWEST} or more"
