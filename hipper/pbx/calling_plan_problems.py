"""Settings that are well-formed and yet mean nothing: a bar that fits no number would let everything through.
Asked when settings are saved, never on a call. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipper.pbx.callback import LONGEST_WAIT_S
from hipper.pbx.services.base import Settings
from hipper.pbx.services.calling import (
    AutomaticCallback,
    CallCapacityManagement,
    EmergencyZones,
    OutgoingCallingPlan,
    SpeedDial8,
    SpeedDial100,
)
from hipper.telephony.numbers.digits import read_dial_string

MOST_PREFIXES = 1000
MOST_COUNTRIES = 400
MOST_ZONES = 200
MOST_EUROS = 1_000_000.0
_PREFIX = re.compile(r"\+[1-9][0-9]{0,14}|[1-9][0-9]{0,5}")
_CALLING_CODE = re.compile(r"[1-9][0-9]{0,6}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_KEY = re.compile(r"[2-9]")
_TWO_DIGITS = re.compile(r"[0-9]{2}")


def problems(settings: Settings) -> tuple[str, ...]:
    """What is wrong, as phrases; empty when nothing is, and for services of other areas."""
    if isinstance(settings, OutgoingCallingPlan):
        return tuple(_of_plan(settings))
    if isinstance(settings, CallCapacityManagement):
        most = (settings.max_calls, settings.max_incoming, settings.max_outgoing)
        return tuple(_negative(most))
    if isinstance(settings, SpeedDial8):
        return tuple(_of_speed_dial(settings, _KEY, "2 to 9"))
    if isinstance(settings, SpeedDial100):
        return tuple(_of_speed_dial(settings, _TWO_DIGITS, "00 to 99"))
    if isinstance(settings, AutomaticCallback) and not 0 < settings.wait_s <= LONGEST_WAIT_S:
        return (f"wait_s is 1 to {LONGEST_WAIT_S} seconds",)
    return tuple(_of_zones(settings)) if isinstance(settings, EmergencyZones) else ()


def _of_plan(plan: OutgoingCallingPlan) -> Iterator[str]:
    prefixes = plan.barred_prefixes + plan.allowed_prefixes
    if len(prefixes) > MOST_PREFIXES:
        yield f"a plan has at most {MOST_PREFIXES} prefixes"
    for prefix in prefixes[:MOST_PREFIXES]:
        if _PREFIX.fullmatch(prefix) is None:
            yield f"{prefix[:20]!r} is no prefix: +49 for numbers, 18 for national short numbers"
    yield from _negative((plan.max_calls_user, plan.max_calls_group))
    caps = (plan.spend_cap_user_day, plan.spend_cap_user_month, plan.spend_cap_group_month)
    rates = plan.rates
    per_minute = (rates.national_fixed, rates.national_mobile, rates.service_paid, rates.international)
    listed = tuple(one.rate for one in rates.countries)
    if any(euros is not None and not 0.0 <= euros <= MOST_EUROS for euros in (*caps, *per_minute, *listed)):
        yield f"amounts are 0 to {MOST_EUROS:.0f} euros"
    if len(rates.countries) > MOST_COUNTRIES:
        yield f"rates are for at most {MOST_COUNTRIES} countries"
    for one in rates.countries[:MOST_COUNTRIES]:
        if _CALLING_CODE.fullmatch(one.calling_code) is None:
            yield f"{one.calling_code[:20]!r} is no calling code such as 49"


def _negative(most: tuple[int | None, ...]) -> Iterator[str]:
    if any(calls is not None and calls < 0 for calls in most):
        yield "there cannot be fewer than 0 calls"


def _of_speed_dial(settings: SpeedDial8 | SpeedDial100, code: re.Pattern[str], codes: str) -> Iterator[str]:
    seen: set[str] = set()
    for entry in settings.entries:
        if code.fullmatch(entry.code) is None:
            yield f"{entry.code[:20]!r} is no code: they are {codes}"
        elif entry.code in seen:
            yield f"code {entry.code} stands there twice"
        seen.add(entry.code)
        dial = read_dial_string(entry.destination)
        if dial is None or not dial.digits or dial.digits[0] in "*#" or len(dial.digits) < 2:
            yield f"code {entry.code[:20]!r} stands for no number"


def _of_zones(settings: EmergencyZones) -> Iterator[str]:
    if len(settings.zones) > MOST_ZONES:
        yield f"a group has at most {MOST_ZONES} zones"
    names = [zone.name for zone in settings.zones]
    if len(set(names)) < len(names):
        yield "two zones have the same name"
    for zone in settings.zones[:MOST_ZONES]:
        if not zone.name:
            yield "a zone needs a name"
        if zone.number is not None and _E164.fullmatch(zone.number) is None:
            yield f"the number of zone {zone.name[:40]!r} is no E.164 number such as +31201234500"
