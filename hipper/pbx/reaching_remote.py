"""Numbers that ring along with, or instead of, a user's own telephones: Remote Office, Anywhere, Simultaneous
Ring Personal (seed 4.3). Pure.

Each is a leg we originate for the user: the outgoing calling plan and its caps allow it or not, and the fixed
subscription pays (call-flows §2, toll fraud). Nobody who diverted this call before is rung along with it
again, so that two users who name each other ring once. A number of a colleague is no call outside: that
user's own telephones ring (:mod:`hipper.pbx.termination`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from hipper.pbx import rules
from hipper.pbx.calling_plan import permits
from hipper.pbx.dialling_digits import as_dialled_by, dialled_number
from hipper.pbx.forwarding import exchange_pays
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import (
    CallerIdentity,
    ColleagueAlong,
    DeviceKind,
    OriginationFacts,
    Payer,
    Presentation,
    RingTarget,
    SkippedDevice,
    SubscriberContext,
)
from hipper.pbx.numbers_of import extension_of, owned_by_e164
from hipper.pbx.screening import Asked, meets, schedule_holds
from hipper.pbx.service_packs import effective
from hipper.pbx.services.reachability import Anywhere, SimultaneousRingPersonal
from hipper.pbx.tenancy import colleague
from hipper.pbx.termination_onward import MAX_DIVERSIONS, inhibits
from hipper.telephony.numbers.normalise import Dialled, DialledForm

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


def named(called: SubscriberContext) -> tuple[str, ...]:
    """The numbers that may ring along with this user's telephones, as the user dials them: the directory is
    asked which of them are colleagues'."""
    office, anywhere = effective(called, "remote_office"), effective(called, "anywhere")
    simultaneous = effective(called, "simultaneous_ring_personal")
    found: list[str] = []
    if office is not None and office.active and office.number:
        found.append(office.number)
    if anywhere is not None and anywhere.active:
        found += [one.number for one in anywhere.locations if one.active]
    if simultaneous is not None and simultaneous.active:
        found += [one.number for one in simultaneous.numbers]
    return tuple(dict.fromkeys(found))


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
    owner = _owner(asked, number)
    obstacle = wish.silent or _obstacle(asked, number, owner, device, devices)
    if obstacle is None and ringing >= MAX_REMOTE:
        obstacle = rules.REMOTE_TOO_MANY
    if obstacle is not None:
        return SkippedDevice(device=device, rule=obstacle)
    facts = _and(asked.facts.spending, ringing)
    permission = permits(asked.called, number, diverted=True, facts=facts, on_net=owner is not None)
    if not permission.allowed:
        return SkippedDevice(device=device, rule=permission.rule)
    return RingTarget(
        device=device,
        kind=DeviceKind.REMOTE,
        remote_number=number.e164,
        delay_s=wish.delay_s,
        confirm=wish.confirm,
        inhibited=wish.inhibited,
        colleague=None if owner is None else owner.subscriber,
        rate_per_minute=permission.rate_per_minute,
        max_duration_s=permission.max_duration_s,
        payer=Payer(subscription=exchange_pays(asked.called), tariff=permission.tariff),
        rule=wish.rule,
    )


def _and(facts: OriginationFacts, ringing: int) -> OriginationFacts:
    calls = facts.user_calls + ringing, facts.group_calls + ringing
    return msgspec.structs.replace(facts, user_calls=calls[0], group_calls=calls[1])


def _owner(asked: Asked, number: Dialled) -> SubscriberContext | None:
    """The colleague whose number that is."""
    for one in asked.facts.colleagues:
        if dialled_number(colleague(asked.called, one.context), number) is not None:
            return one.context
    return None


def along(asked: Asked, target: RingTarget) -> ColleagueAlong | None:
    """The colleague behind a number that rings along, None when it is nobody's of the enterprise."""
    if target.colleague is None:
        return None
    return next(one for one in asked.facts.colleagues if one.context.subscriber == target.colleague)


def _is_calling(caller: CallerIdentity, owner: SubscriberContext) -> bool:
    if caller.presentation is not Presentation.ALLOWED:
        return False  # of who withholds the number, explain must not tell it this way
    if caller.extension is not None and caller.extension == extension_of(owner):
        return True
    return caller.number is not None and owned_by_e164(owner, caller.number) is not None


def _obstacle(
    asked: Asked,
    number: Dialled,
    owner: SubscriberContext | None,
    device: DeviceId,
    devices: frozenset[str] | None,
) -> str | None:
    facts = asked.facts
    if asked.called.subscriber in facts.diverted_by:
        return rules.DIVERT_LOOP
    if facts.diversions >= MAX_DIVERSIONS:
        return rules.DIVERT_LIMIT
    if number.kind is DialledForm.EMERGENCY:
        return rules.FORWARD_EMERGENCY
    if owner is not None:
        if owner.subscriber in facts.diverted_by:
            return rules.DIVERT_LOOP
        if _is_calling(asked.caller, owner):
            return rules.REMOTE_CALLING
    elif number.e164 is None or number.kind is not DialledForm.E164:
        return rules.REMOTE_INVALID
    elif owned_by_e164(asked.called, number.e164) is not None:
        return rules.REMOTE_OWN
    elif number.e164 == asked.caller.number and asked.caller.presentation is Presentation.ALLOWED:
        return rules.REMOTE_CALLING
    return rules.DEVICE_NOT_CHOSEN if devices is not None and device not in devices else None
