"""Where a call goes that does not ring, or no longer: forwarding, voicemail, busy, intercept (seed 4.1, 9).
Pure.

A forward stands aside (the call rings, or is busy, as if it were off) when it has no destination, when that
is the user, an emergency number or helpline, or a feature code, and when whoever diverted the call before
inhibits it (seed 9, Diversion Inhibitor). It is refused when this user diverted the same call before, or when
it was diverted :data:`MAX_DIVERSIONS` times: to ring instead would hide a loop from those who made it.
"""

from __future__ import annotations

from typing import NamedTuple

from hipper.pbx import rules
from hipper.pbx.dialling_digits import as_dialled_by
from hipper.pbx.forwarding import destination_problem
from hipper.pbx.model import DivertReason, ForwardTo, ToVoicemail
from hipper.pbx.screening import Asked, meets, note, schedule_holds
from hipper.pbx.services.forwarding import NightMode

MAX_DIVERSIONS = 5
"""As many as the redirection counter of the fixed network allows (ITU-T Q.732.2)."""

REFUSING = (rules.DIVERT_LOOP, rules.DIVERT_LIMIT)


class Wanted(NamedTuple):
    """A forward as a service wants it, before it is known whether it may be."""

    destination: str | None
    reason: DivertReason
    rule: str


def forward(asked: Asked, wanted: Wanted) -> ForwardTo | str:
    """The forward, or the rule that stands in its way."""
    obstacle = _obstacle(asked, wanted.destination)
    if obstacle is not None or wanted.destination is None:
        return obstacle or rules.DIVERT_NO_DESTINATION
    return ForwardTo(
        destination=wanted.destination, reason=wanted.reason, rule=wanted.rule, inhibited=inhibits(asked)
    )


def inhibits(asked: Asked) -> bool:
    """Diversion Inhibitor: what this user forwards goes no further."""
    service = asked.services.diversion_inhibitor
    return service is not None and service.active


def selective(asked: Asked) -> Wanted | None:
    """The first rule whose criterion is met."""
    service = asked.services.call_forwarding_selective
    if service is not None and service.active:
        for one in service.rules:
            if meets(asked, one.criterion):
                destination = one.destination or service.destination
                return Wanted(destination, DivertReason.UNCONDITIONAL, rules.DIVERT_SELECTIVE)
    return None


def always(asked: Asked) -> Wanted | None:
    service = asked.services.call_forwarding_always
    if service is None or not service.active:
        return None
    return Wanted(service.destination, DivertReason.UNCONDITIONAL, rules.DIVERT_ALWAYS)


def at_night(asked: Asked) -> Wanted | None:
    """Night forwarding: the user's own when he decides himself (what he left open is the group's), else the
    group's (seed 4.1.1, 9)."""
    group = asked.called.group_services.group_night_forwarding
    own = asked.services.night_forwarding
    if own is None or own.follow_group:
        if group is None or not _is_night(asked, group.mode, group.open, of_group=True):
            return None
        return Wanted(group.destination, DivertReason.TIME_OF_DAY, rules.DIVERT_NIGHT_GROUP)
    opened, destination, of_group = own.open, own.destination, False
    if group is not None:
        of_group = opened is None
        opened, destination = opened or group.open, destination or group.destination
    if not _is_night(asked, own.mode, opened, of_group=of_group):
        return None
    return Wanted(destination, DivertReason.TIME_OF_DAY, rules.DIVERT_NIGHT_OWN)


def when_busy(asked: Asked, reason: DivertReason = DivertReason.USER_BUSY) -> ForwardTo | ToVoicemail | None:
    """Also for a user who declines, or does not want to be disturbed (``reason``)."""
    service, box = asked.services.call_forwarding_busy, asked.services.voicemail
    if service is not None and service.active:
        found = _conditional(asked, Wanted(service.destination, reason, rules.DIVERT_BUSY))
        if found is not None:
            return found
    return voicemail(asked, reason, rules.VOICEMAIL_BUSY) if box is not None and box.busy else None


def when_no_answer(asked: Asked) -> ForwardTo | ToVoicemail | None:
    service, box = asked.services.call_forwarding_no_answer, asked.services.voicemail
    reason = DivertReason.NO_ANSWER
    if service is not None and service.active:
        found = _conditional(asked, Wanted(service.destination, reason, rules.DIVERT_NO_ANSWER))
        if found is not None:
            return found
    return voicemail(asked, reason, rules.VOICEMAIL_NO_ANSWER) if box is not None and box.no_answer else None


def when_not_reachable(asked: Asked) -> ForwardTo | ToVoicemail | None:
    service, box = asked.services.call_forwarding_not_reachable, asked.services.voicemail
    reason, rule = DivertReason.UNAVAILABLE, rules.VOICEMAIL_NOT_REACHABLE
    if service is not None and service.active:
        found = _conditional(asked, Wanted(service.destination, reason, rules.DIVERT_NOT_REACHABLE))
        if found is not None:
            return found
    return voicemail(asked, reason, rule) if box is not None and box.not_reachable else None


def voicemail(asked: Asked, reason: DivertReason, rule: str) -> ToVoicemail | None:
    """None when the user has no box that is on, or the call may not be diverted further."""
    box = asked.services.voicemail
    if box is None or not box.active:
        return None
    if asked.facts.diversion_inhibited:
        note(asked, rule, rules.DIVERT_INHIBITED)
        return None
    return ToVoicemail(mailbox=asked.called.subscriber, reason=reason, rule=rule)


def no_answer_s(asked: Asked, onward: ForwardTo | ToVoicemail | None) -> int:
    """The time of Call Forwarding No Answer where it will forward, else the user's own."""
    service = asked.services.call_forwarding_no_answer
    if service is None or service.after_s is None or not isinstance(onward, ForwardTo):
        return asked.called.no_answer_s
    return max(1, service.after_s)


def _conditional(asked: Asked, wanted: Wanted) -> ForwardTo | None:
    """A forward that waits for its reason only notes what stands in its way: then the reason is final."""
    found = forward(asked, wanted)
    if isinstance(found, ForwardTo):
        return found
    note(asked, wanted.rule, found)
    return None


def _obstacle(asked: Asked, destination: str | None) -> str | None:
    facts = asked.facts
    if facts.diversion_inhibited:
        return rules.DIVERT_INHIBITED
    if asked.called.subscriber in facts.diverted_by:
        return rules.DIVERT_LOOP
    if facts.diversions >= MAX_DIVERSIONS:
        return rules.DIVERT_LIMIT
    if not destination:
        return rules.DIVERT_NO_DESTINATION
    return destination_problem(asked.called, as_dialled_by(asked.called, destination))


def _is_night(asked: Asked, mode: NightMode, opened: str | None, *, of_group: bool) -> bool:
    """By schedule: whenever the one of opening hours does not hold. Without one it is never night."""
    if mode is not NightMode.SCHEDULE or opened is None:
        return mode is NightMode.ON
    return schedule_holds(asked, opened, of_group=of_group) is False
