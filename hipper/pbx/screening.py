"""Which calls a called user's services mean, and which are turned away (seed 4.2, 9). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from hipper.pbx import rules, schedules
from hipper.pbx.model import (
    CallerIdentity,
    CallerList,
    Number,
    NumberKind,
    Presentation,
    SubscriberContext,
    TerminationFacts,
)
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.criteria import Callers, Criterion


class Asked(NamedTuple):
    """One decision while it is made. ``services``: those in force. ``considered``: rules that had a say so
    far; the only thing that changes, and nobody keeps it."""

    called: SubscriberContext
    services: SubscriberServices
    caller: CallerIdentity
    on_net: bool
    reached: Number
    now: float
    facts: TerminationFacts
    considered: list[str]


def note(asked: Asked, *names: str) -> None:
    """A rule that had a say without deciding. Each stands once."""
    for name in names:
        if name not in asked.considered:
            asked.considered.append(name)


def schedule_holds(asked: Asked, name: str, *, of_group: bool = False) -> bool | None:
    """None, and a note, when there is no schedule of that name. ``of_group``: a setting of the group means
    the group's schedules, whatever the user calls his own."""
    found = schedules.named(asked.called, name, asked.now, of_group=of_group)
    if found is None:
        note(asked, rules.SCHEDULE_UNKNOWN)
    return found


def within_group(asked: Asked) -> bool:
    return asked.on_net and asked.facts.caller_group in (None, asked.called.group)


def kind_of_caller(asked: Asked) -> CallerList:
    """By the user's two contact lists, else by the called number: who calls the mobile number calls
    privately (seed 4.7.1, 5.6)."""
    return treated_as(asked.facts.caller_list, asked.reached)


def treated_as(known_as: CallerList | None, reached: Number) -> CallerList:
    """``known_as``: which of the user's contact lists the caller stands in."""
    if known_as is not None:
        return known_as
    return CallerList.PRIVATE if reached.kind is NumberKind.MOBILE else CallerList.BUSINESS


def meets(asked: Asked, criterion: Criterion) -> bool:
    """Whether every part of an active ``criterion`` holds. A schedule that does not exist never holds."""
    if not criterion.active or not _calls(asked, criterion):
        return False
    if criterion.reached and not {asked.reached.e164, asked.reached.extension} & set(criterion.reached):
        return False
    if criterion.during is not None and schedule_holds(asked, criterion.during) is not True:
        return False
    return criterion.not_during is None or schedule_holds(asked, criterion.not_during) is not True


def is_one_of(asked: Asked, numbers: Iterable[str]) -> bool:
    """Whether the caller's number is among ``numbers`` (E.164, ``*`` for any rest; extensions of colleagues).
    A number that is withheld is among none: a list must not find out whose it is."""
    caller = asked.caller
    if caller.presentation is Presentation.RESTRICTED:
        return False
    for wanted in numbers:
        if wanted.endswith("*"):
            if caller.number is not None and caller.number.startswith(wanted[:-1]):
                return True
        elif wanted == caller.number or (asked.on_net and wanted == caller.extension):
            return True
    return False


def barred_from_group(asked: Asked) -> bool:
    """Incoming Calling Plan."""
    plan = asked.called.group_services.incoming_calling_plan
    if plan is None:
        return False
    if within_group(asked):
        return not plan.within_group
    return not (plan.within_enterprise if asked.on_net else plan.external)


def turned_away(asked: Asked) -> str | None:
    """The rule by which the user does not take this call, None when he does.

    Rejection goes before acceptance. Acceptance without an active criterion is not in use yet, rather than
    a wish to hear nobody.
    """
    services = asked.services
    anonymous = services.anonymous_call_rejection
    if anonymous is not None and anonymous.active and _withheld(asked):
        if not within_group(asked):
            return rules.REJECT_ANONYMOUS
        note(asked, rules.REJECT_NOT_COLLEAGUE)
    reject = services.selective_call_rejection
    if reject is not None and reject.active and any(meets(asked, one) for one in reject.criteria):
        return rules.REJECT_SELECTIVE
    accept = services.selective_call_acceptance
    if accept is not None and accept.active:
        criteria = [one for one in accept.criteria if one.active]
        if criteria and not any(meets(asked, one) for one in criteria):
            return rules.REJECT_NOT_ACCEPTED
    return None


def _withheld(asked: Asked) -> bool:
    return asked.caller.presentation is Presentation.RESTRICTED


def _calls(asked: Asked, criterion: Criterion) -> bool:
    callers = criterion.callers
    if callers is Callers.ANY:
        return True
    if callers is Callers.NUMBERS:
        return is_one_of(asked, criterion.numbers)
    if callers is Callers.ANONYMOUS:
        return _withheld(asked) or (asked.caller.number is None and asked.caller.extension is None)
    if callers is Callers.INTERNAL:
        return asked.on_net
    if callers is Callers.EXTERNAL:
        return not asked.on_net
    return kind_of_caller(asked) == CallerList(callers.value)
