"""Settings of services on calls to a user that are well-formed and yet mean nothing, or what no exchange
should do. Asked when settings are saved, never on a call: whatever is stored, a call is decided. Pure."""

from __future__ import annotations

import re as regex
from collections import Counter
from collections.abc import Iterable, Iterator

from hipper.pbx import schedules
from hipper.pbx.reaching import DISTINCTIVE_RING
from hipper.pbx.reaching_remote import MAX_REMOTE
from hipper.pbx.services import availability as av
from hipper.pbx.services import calling as ca
from hipper.pbx.services import forwarding as fw
from hipper.pbx.services import reachability as re
from hipper.pbx.services import screening as scr
from hipper.pbx.services.base import Settings
from hipper.pbx.services.criteria import Callers, Criterion
from hipper.pbx.services.schedules import Schedules
from hipper.telephony.numbers.digits import read_dial_string
from hipper.telephony.numbers.emergency import is_never_recorded

_E164 = regex.compile(r"\+[1-9][0-9]{6,14}")
MOST_SCHEDULES = 100
MOST_CRITERIA = 100
MOST_NUMBERS = 500
"""In one list; for all callers of a kind there is ``*``."""
LONGEST_S = 180
"""Rings and delays. A caller's network gives up about then (Timer C, RFC 3261 §16.6)."""

_FORWARDS = (
    fw.CallForwardingAlways,
    fw.CallForwardingBusy,
    fw.CallForwardingNoAnswer,
    fw.CallForwardingNotReachable,
)


def problems(settings: Settings) -> tuple[str, ...]:
    """What is wrong, as phrases; empty when nothing is, and for services of other areas."""
    return tuple(_all(settings))


def _all(settings: Settings) -> Iterator[str]:
    destination = getattr(settings, "destination", None) or getattr(settings, "transfer_to", None)
    if isinstance(destination, str):
        yield from _destination(destination)
    elif isinstance(settings, _FORWARDS) and settings.active:
        yield "there is no destination to forward to"
    if isinstance(settings, fw.CallForwardingNoAnswer) and settings.after_s is not None:
        yield from _seconds("after_s", settings.after_s, 1)
    if isinstance(settings, Schedules):
        yield from _of_schedules(settings)
    elif isinstance(settings, av.Availability):
        yield from _of_availability(settings)
    elif isinstance(settings, re.Anywhere | re.RemoteOffice | re.SimultaneousRingPersonal):
        yield from _of_remote(settings)
    elif isinstance(settings, ca.ContactListIdentity):
        for shown in (settings.business, settings.private):
            yield from _shown_to(shown)
    elif isinstance(settings, re.RingOrder):
        for delay in settings.delays:
            yield from _seconds(f"the delay of {delay.device[:40]!r}", delay.delay_s)
    elif isinstance(settings, scr.AlternateNumbers):
        for ring in settings.distinctive:
            if ring.ring not in DISTINCTIVE_RING:
                yield f"there is no ring {ring.ring}: there are 2 and 3"
    yield from _criteria(_criteria_of(settings))
    if isinstance(settings, fw.CallForwardingSelective):
        for one in settings.rules:
            if one.destination is not None:
                yield from _destination(one.destination)


def _destination(digits: str) -> Iterator[str]:
    dial = read_dial_string(digits)
    if is_never_recorded(digits):
        yield "no call is ever forwarded to an emergency number or 113"
    elif dial is None or not dial.digits or dial.digits[0] in "*#":
        yield f"{digits[:30]!r} is no number or extension"


def _number(number: str) -> Iterator[str]:
    """One that rings along: whoever answers there is no telephone of the exchange."""
    dial = read_dial_string(number)
    if is_never_recorded(number):
        yield "no emergency number, nor 113, rings along"
    elif dial is None or not 5 <= len(dial.digits.removeprefix("+")) <= 16 or dial.digits[0] in "*#":
        yield f"{number[:30]!r} is no telephone number"


def _shown_to(shown: ca.ShownTo | None) -> Iterator[str]:
    if shown is None:
        return
    if (shown.choice is ca.IdentityChoice.ALTERNATE) != (shown.alternate is not None):
        yield "an alternate number goes with the choice of one, and with no other"
    elif shown.alternate is not None and _E164.fullmatch(shown.alternate) is None:
        yield f"{shown.alternate[:30]!r} is no number as +31201234567"


def _seconds(what: str, value: int, least: int = 0) -> Iterator[str]:
    if not least <= value <= LONGEST_S:
        yield f"{what} is {least} to {LONGEST_S} seconds"


def _of_schedules(settings: Schedules) -> Iterator[str]:
    if len(settings.schedules) > MOST_SCHEDULES:
        yield f"there are at most {MOST_SCHEDULES} schedules"
    yield from _twice("schedules", (one.name for one in settings.schedules))
    for schedule in settings.schedules[:MOST_SCHEDULES]:
        for phrase in schedules.problems(schedule):
            yield f"schedule {schedule.name[:40]!r}: {phrase}"


def _of_availability(settings: av.Availability) -> Iterator[str]:
    yield from _twice("numbers", (one.number for one in settings.numbers))
    yield from _twice("profiles", (one.name for one in settings.profiles))
    names = {one.name for one in settings.profiles}
    wanted = [one.profile for one in settings.by_schedule]
    if settings.active_profile is not None:
        wanted.append(settings.active_profile)
    for name in wanted:
        if name not in names:
            yield f"there is no profile {name[:40]!r}"
    treatments = [one for number in settings.numbers for one in (number.inside, number.outside)]
    treatments += [one for profile in settings.profiles for one in (profile.business, profile.private)]
    for treatment in treatments:
        if treatment.action is not av.Action.FORWARD:
            continue
        if not treatment.destination:
            yield "there is no destination to forward to"
        else:
            yield from _destination(treatment.destination)


def _of_remote(settings: re.Anywhere | re.RemoteOffice | re.SimultaneousRingPersonal) -> Iterator[str]:
    if isinstance(settings, re.RemoteOffice):
        numbers = [] if settings.number is None else [settings.number]
    elif isinstance(settings, re.Anywhere):
        numbers = [one.number for one in settings.locations]
        for location in settings.locations:
            yield from _seconds(f"the delay of {location.label[:40]!r}", location.delay_s)
    else:
        numbers = [one.number for one in settings.numbers]
    if len(numbers) > MAX_REMOTE:
        yield f"there are at most {MAX_REMOTE} numbers"
    for number in numbers[:MAX_REMOTE]:
        yield from _number(number)


def _criteria_of(settings: Settings) -> tuple[Criterion, ...]:
    if isinstance(settings, fw.CallForwardingSelective):
        return tuple(one.criterion for one in settings.rules)
    found = getattr(settings, "criteria", ())
    return tuple(one for one in found if isinstance(one, Criterion))


def _criteria(criteria: tuple[Criterion, ...]) -> Iterator[str]:
    if len(criteria) > MOST_CRITERIA:
        yield f"there are at most {MOST_CRITERIA} criteria"
    for one in criteria[:MOST_CRITERIA]:
        if len(one.numbers) > MOST_NUMBERS:
            yield f"criterion {one.name[:40]!r} has at most {MOST_NUMBERS} numbers"
        if one.callers is Callers.NUMBERS and not one.numbers:
            yield f"criterion {one.name[:40]!r} names no numbers"


def _twice(what: str, names: Iterable[str]) -> Iterator[str]:
    for name, times in Counter(names).items():
        if times > 1:
            yield f"two {what} have the name {name[:40]!r}"
