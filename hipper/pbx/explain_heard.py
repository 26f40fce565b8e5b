"""What who calls a colleague hears, and nothing of why: what was set there, which telephones there are, and
where calls go from there is the colleague's business (call-flows §7). Pure."""

from __future__ import annotations

from enum import Enum

import msgspec

from hipper.pbx.ids import DeviceId
from hipper.pbx.model import (
    Announcement,
    DivertPlan,
    ForwardTo,
    Onward,
    RefusedPlan,
    TerminationPlan,
    ToVoicemail,
)

_BUSY = 486


class Hears(str, Enum):
    RINGING = "ringing"
    BUSY = "busy"
    ANNOUNCEMENT = "announcement"
    VOICEMAIL = "voicemail"
    ELSEWHERE = "elsewhere"
    """The call goes on to somebody else: who that is, is not told."""
    UNAVAILABLE = "unavailable"
    """The call ends, and nobody was there."""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """``for_s``: of RINGING, how long at most."""

    hears: Hears
    for_s: int | None = None
    announcements: tuple[Announcement, ...] = ()


def heard_of(plan: TerminationPlan, silent: frozenset[DeviceId] = frozenset()) -> tuple[Heard, ...]:
    """What who calls hears one after the other while nobody answers. ``silent``: telephones that are not
    registered."""
    if isinstance(plan, RefusedPlan):
        if plan.announcement is not None:
            return (Heard(hears=Hears.ANNOUNCEMENT, announcements=(plan.announcement,)),)
        return (Heard(hears=Hears.BUSY if plan.status == _BUSY else Hears.UNAVAILABLE),)
    if isinstance(plan, DivertPlan):
        return _heard(plan.onward)
    if all(one.device in silent for one in plan.targets):
        return _heard(plan.on_not_reachable)
    return (Heard(hears=Hears.RINGING, for_s=plan.no_answer_s), *_heard(plan.on_no_answer))


def _heard(onward: Onward | None) -> tuple[Heard, ...]:
    if onward is None:
        return (Heard(hears=Hears.UNAVAILABLE),)
    if isinstance(onward, ForwardTo):
        return (Heard(hears=Hears.ELSEWHERE),)
    if isinstance(onward, ToVoicemail):
        return (Heard(hears=Hears.VOICEMAIL),)
    spoken = Heard(hears=Hears.ANNOUNCEMENT, announcements=onward.announcements)
    return (spoken,) if onward.then is None else (spoken, *_heard(onward.then))
