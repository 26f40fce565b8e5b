"""Numbers that ring along with, or instead of, a user's own telephones: Remote Office, Anywhere, Simultaneous
Ring Personal (seed 4.3). Pure.

Each is a leg we originate for the user: the outgoing calling plan and its caps allow it or not, and the fixed
subscription pays (call-flows §2, toll fraud). Nobody who diverted this call before is rung along with it
again, so that two users who name each other ring once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from hipper.pbx import rules
from hipper.pbx.calling_plan import permits
from hipper.pbx.dialling_digits import as_dialled_by
from hipper.pbx.forwarding import exchange_pays
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import (
    DeviceKind,
    OriginationFacts,
    Payer,
    Presentation,
    RingTarget,
    SkippedDevice,
)
from hipper.pbx.numbers_of import owned_by_e164
from hipper.pbx.screening import Asked, meets, schedule_holds
from hipper.pbx.services.reachability import Anywhere, SimultaneousRingPersonal
from hipper.pbx.termination_onward import MAX_DIVERSIONS, inhibits
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.numbers.normalise import DialledForm

MAX_REMOTE = 10
"""Numbers that ring along with one call; the services hold ten each."""


class Along(NamedTuple):
    """``instead``: the numbers ring instead of the user's own telephones."""

    targets: tuple[RingTarget, ...] = ()
    skipped: tuple[SkippedDevice, ...] = ()
    instead: bool = False


class _Wish(NamedTuple):
    """A number a service names. ``silent``: the rule by which it does not ring now."""

    number: str
    rule: str
    silent: str | None = None
    confirm: bool = False
    delay_s: float = 0.0
    inhibited: bool = False


NONE = Along()


def remote_numbers(asked: Asked, devices: frozenset[str] | None) -> Along:
    """``devices``: ids that availability lets ring (``remote:<number>``), None for all. A number that more
    than one service names rings once, as the first of Remote Office, Anywhere, Simultaneous Ring says. A
    Remote Office number that may not ring leaves the user's own telephones ringing."""
    services = asked.services
    if not (services.remote_office or services.anywhere or services.simultaneous_ring_personal):
        return NONE
    targets: dict[DeviceId, RingTarget] = {}
    skipped: dict[DeviceId, SkippedDevice] = {}
    instead = False
    for wish in _wishes(asked):
        found = _target(asked, wish, devices, ringing=len(targets))
        if isinstance(found, SkippedDevice):
            skipped.setdefault(found.device, found)
        elif found.device not in targets:
            targets[found.device] = found
            instead = instead or wish.rule == rules.REMOTE_OFFICE_RINGS
    silent = tuple(one for device, one in skipped.items() if device not in targets)
    return Along(tuple(targets.values()), silent, instead)


def remote_id(number: str) -> DeviceId:
    """At most 64 characters, whatever somebody wrote for a number."""
    return DeviceId(f"remote:{number[:40]}")


def _wishes(asked: Asked) -> Iterator[_Wish]:
    services = asked.services
    office = services.remote_office
    if office is not None and office.active and office.number:
        yield _Wish(office.number, rules.REMOTE_OFFICE_RINGS, inhibited=inhibits(asked))
    if services.anywhere is not None and services.anywhere.active:
        yield from _anywhere(asked, services.anywhere)
    if services.simultaneous_ring_personal is not None and services.simultaneous_ring_personal.active:
        yield from _simultaneous(asked, services.simultaneous_ring_personal)


def _anywhere(asked: Asked, service: Anywhere) -> Iterator[_Wish]:
    for one in service.locations:
        silent = None if one.active else rules.REMOTE_SWITCHED_OFF
        if silent is None and one.during is not None and schedule_holds(asked, one.during) is not True:
            silent = rules.REMOTE_OUTSIDE_SCHEDULE
        yield _Wish(
            one.number,
            rules.ANYWHERE_RINGS,
            silent,
            confirm=one.confirm,
            delay_s=max(0.0, float(one.delay_s)),
            inhibited=one.diversion_inhibitor or inhibits(asked),
        )


def _simultaneous(asked: Asked, service: SimultaneousRingPersonal) -> Iterator[_Wish]:
    silent: str | None = None
    if service.not_while_in_call and asked.facts.calls:
        silent = rules.REMOTE_IN_CALL
    elif service.criteria and not any(meets(asked, one) for one in service.criteria):
        silent = rules.REMOTE_NO_CRITERION
    for one in service.numbers:
        inhibited = inhibits(asked)
        yield _Wish(one.number, rules.SIMULTANEOUS_RINGS, silent, confirm=one.confirm, inhibited=inhibited)


def _target(
    asked: Asked, wish: _Wish, devices: frozenset[str] | None, *, ringing: int
) -> RingTarget | SkippedDevice:
    """``ringing``: numbers that ring along already. Each of them is a call at once, as the caps count."""
    number = as_dialled_by(asked.called, wish.number)
    device = remote_id(number.e164 or wish.number)
    obstacle = wish.silent or _obstacle(asked, number.e164, number.kind, device, devices)
    if obstacle is None and ringing >= MAX_REMOTE:
        obstacle = rules.REMOTE_TOO_MANY
    if obstacle is not None or number.e164 is None:
        return SkippedDevice(device=device, rule=obstacle or rules.REMOTE_INVALID)
    permission = permits(asked.called, number, diverted=True, facts=_and(asked.facts.spending, ringing))
    if not permission.allowed:
        return SkippedDevice(device=device, rule=permission.rule)
    return RingTarget(
        device=device,
        kind=DeviceKind.REMOTE,
        remote_number=number.e164,
        delay_s=wish.delay_s,
        confirm=wish.confirm,
        inhibited=wish.inhibited,
        rate_per_minute=permission.rate_per_minute,
        max_duration_s=permission.max_duration_s,
        payer=Payer(subscription=exchange_pays(asked.called), tariff=permission.tariff),
        rule=wish.rule,
    )


def _and(facts: OriginationFacts, ringing: int) -> OriginationFacts:
    calls = facts.user_calls + ringing, facts.group_calls + ringing
    return msgspec.structs.replace(facts, user_calls=calls[0], group_calls=calls[1])


def _obstacle(
    asked: Asked, number: E164 | None, kind: DialledForm, device: DeviceId, devices: frozenset[str] | None
) -> str | None:
    facts = asked.facts
    if asked.called.subscriber in facts.diverted_by:
        return rules.DIVERT_LOOP
    if facts.diversions >= MAX_DIVERSIONS:
        return rules.DIVERT_LIMIT
    if kind is DialledForm.EMERGENCY:
        return rules.FORWARD_EMERGENCY
    if number is None or kind is not DialledForm.E164:
        return rules.REMOTE_INVALID
    if owned_by_e164(asked.called, number) is not None:
        return rules.REMOTE_OWN
    if number == asked.caller.number and asked.caller.presentation is Presentation.ALLOWED:
        return rules.REMOTE_CALLING  # of who withholds the number, explain must not tell it this way
    return rules.DEVICE_NOT_CHOSEN if devices is not None and device not in devices else None
