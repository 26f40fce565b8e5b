"""Dial from the app: the exchange rings the user first, then the other side (call-flows §2; RFC 3725). Pure.

The same checks as on a call the user dials, and besides: no emergency call is made this way, since it would
come from the exchange and not from where the user is, and no feature code, for which the app has settings.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hipper.pbx import origination, rules
from hipper.pbx.calling_plan import permits
from hipper.pbx.dialling import as_dialled_by, is_voicemail, resolve
from hipper.pbx.dialling_packs import may_move
from hipper.pbx.forwarding import exchange_pays
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import (
    Device,
    DeviceKind,
    ExternalPlan,
    NumberKind,
    OnNetPlan,
    OriginationFacts,
    Payer,
    RefusedPlan,
    RingTarget,
    SubscriberContext,
    TariffClass,
)
from hipper.pbx.numbers_of import first_of, subscription_of
from hipper.pbx.origination_refused import refused, refused_by_plan
from hipper.pbx.service_packs import effective
from hipper.pbx.services.reachability import RemoteOffice
from hipper.telephony.numbers.normalise import DialledForm

NO_FACTS = OriginationFacts()
REMOTE = "remote:"
"""Begins the id of a device that is a number ringing along (:class:`~hipper.pbx.model.RingTarget`)."""

_PREFERENCE = (DeviceKind.MOBILE, DeviceKind.DESK_PHONE, DeviceKind.EXCHANGE)


class DialPlan(msgspec.Struct, frozen=True, kw_only=True):
    """``first``: what rings so that the user picks up; whichever answers first (after pressing 1, where
    ``confirm`` says so) is connected to ``then``."""

    first: tuple[RingTarget, ...]
    then: OnNetPlan | ExternalPlan
    rule: str


def decide(
    caller: SubscriberContext,
    called: SubscriberContext | None,
    destination: str,
    device: DeviceId | None,
    *,
    anonymous_requested: bool = False,
    now: float,
    facts: OriginationFacts = NO_FACTS,
) -> DialPlan | RefusedPlan:
    """``called``: who owns ``destination``, as for a call that is dialled. ``device``: which of the user's
    telephones rings first, or ``remote:<E.164>`` for a location of Anywhere or the Remote Office; None: the
    Remote Office when it is on, else the mobile, else a desk phone, and every location of Anywhere along with
    it when the user wants that.

    Both legs are the exchange's: on a mobile the user only answers, which is free (seed 5.7), so the fixed
    subscription pays for the other side whichever telephone was chosen. Never raises.
    """
    then = other_side(caller, called, destination, anonymous=anonymous_requested, now=now, facts=facts)
    if isinstance(then, RefusedPlan):
        return then
    first = _chosen(caller, device, facts) if device is not None else _usual(caller, facts)
    if isinstance(first, RefusedPlan):
        return first
    return DialPlan(first=first, then=then, rule=then.rule)


def other_side(
    caller: SubscriberContext,
    called: SubscriberContext | None,
    destination: str,
    *,
    anonymous: bool = False,
    now: float,
    facts: OriginationFacts = NO_FACTS,
) -> OnNetPlan | ExternalPlan | RefusedPlan:
    """Whom the exchange calls for ``caller``, who need not be rung for it. Never raises."""
    target = resolve(caller, destination, facts)
    if isinstance(target, RefusedPlan):
        return target
    number = as_dialled_by(caller, target) if isinstance(target, str) else None
    if number is None or is_voicemail(number, caller.country):
        return refused(rules.DIAL_CODE, caller)
    if number.kind is DialledForm.EMERGENCY:
        return refused(rules.DIAL_EMERGENCY, caller)
    plan = origination.decide(
        caller,
        called,
        destination,
        anonymous_requested=anonymous,
        identity_allowed_requested=False,
        device_kind=DeviceKind.DESK_PHONE,
        now=now,
        facts=facts,
    )
    if isinstance(plan, OnNetPlan | ExternalPlan):
        payer = Payer(subscription=exchange_pays(caller), tariff=plan.payer.tariff)
        return msgspec.structs.replace(plan, payer=payer)
    return plan if isinstance(plan, RefusedPlan) else refused(rules.DIAL_CODE, caller)


def _chosen(
    caller: SubscriberContext, device: DeviceId, facts: OriginationFacts
) -> tuple[RingTarget, ...] | RefusedPlan:
    if device.startswith(REMOTE):
        listed = (*_locations(caller), _remote_office(caller) or "")
        number = next((one for one in listed if one and _remote_id(caller, one) == device), None)
        if number is None:
            return refused(rules.DIAL_DEVICE_UNKNOWN, caller)
        target = _remote(caller, number, facts)
        return target if isinstance(target, RefusedPlan) else (target,)
    ring = _own(caller, (one for one in caller.devices if one.id == device))
    return (ring,) if ring is not None else refused(rules.DIAL_DEVICE_UNKNOWN, caller)


def telephones(
    user: SubscriberContext,
    device: DeviceId | None,
    *,
    besides: DeviceId | None = None,
    facts: OriginationFacts = NO_FACTS,
) -> tuple[RingTarget, ...] | RefusedPlan:
    """What rings to take over a call of ``user`` that runs: ``device``, as for a call from the app; None:
    every telephone of the user that is switched on, but the one the call ran on (``besides``). Never
    raises."""
    if device is not None:
        return _chosen(user, device, facts) if may_move(user) else refused(rules.FEATURE_NOT_IN_PACK, user)
    own = (one for one in user.devices if one.id != besides and one.rings)
    rings = (_own(user, (one,)) for one in own)
    return tuple(one for one in rings if one is not None) or refused(rules.DIAL_NO_DEVICE, user)


def to_take(
    user: SubscriberContext, device: DeviceId | None, *, facts: OriginationFacts = NO_FACTS
) -> tuple[RingTarget, ...] | RefusedPlan:
    """What rings so that ``user`` takes a call of a colleague: ``device``, None: the usual one. Never
    raises."""
    return _usual(user, facts) if device is None else _chosen(user, device, facts)


def _usual(caller: SubscriberContext, facts: OriginationFacts) -> tuple[RingTarget, ...] | RefusedPlan:
    office = _remote_office(caller)
    if office is not None:
        target = _remote(caller, office, facts)
        return target if isinstance(target, RefusedPlan) else (target,)
    ring = _own(caller, (one for kind in _PREFERENCE for one in caller.devices if one.kind is kind))
    first: tuple[RingTarget, ...] = () if ring is None else (ring,)
    anywhere = effective(caller, "anywhere")
    if anywhere is not None and anywhere.alert_all_for_dial:
        along = (_remote(caller, number, facts) for number in _locations(caller))
        first += tuple(target for target in along if isinstance(target, RingTarget))
    return first or refused(rules.DIAL_NO_DEVICE, caller)


def _locations(caller: SubscriberContext) -> tuple[str, ...]:
    """Numbers of Anywhere. Their hours are those of calls that come in: here the user asks for them."""
    anywhere = effective(caller, "anywhere")
    if anywhere is None or not anywhere.active:
        return ()
    return tuple(location.number for location in anywhere.locations if location.active)


def _remote_office(caller: SubscriberContext) -> str | None:
    office: RemoteOffice | None = effective(caller, "remote_office")
    return office.number if office is not None and office.active else None


def _own(caller: SubscriberContext, devices: Iterable[Device]) -> RingTarget | None:
    """The first of ``devices`` that can be reached. One that is switched off for calls that come in rings
    all the same: the user asks for it."""
    mobile_number = first_of(caller, NumberKind.MOBILE)
    for device in devices:
        mobile = device.kind is DeviceKind.MOBILE
        address = device.mobile_network and mobile_number if mobile else device.aor_user
        if address is None or (device.kind is DeviceKind.EXCHANGE and device.exchange is None):
            continue
        return RingTarget(
            device=device.id,
            kind=device.kind,
            aor_user=None if mobile else device.aor_user,
            mobile_network=device.mobile_network if mobile else None,
            mobile_number=mobile_number if mobile else None,
            exchange=device.exchange,
            confirm=mobile,
            payer=Payer(subscription=subscription_of(caller, device.kind), tariff=TariffClass.FREE),
            rule=rules.DIAL_RINGS,
        )
    return None


def _remote_id(caller: SubscriberContext, number: str) -> str:
    return REMOTE + (as_dialled_by(caller, number).e164 or number)


def _remote(caller: SubscriberContext, number: str, facts: OriginationFacts) -> RingTarget | RefusedPlan:
    """A number outside is a leg like any other: calling plan and caps hold."""
    permission = permits(caller, number, diverted=True, facts=facts)
    e164 = as_dialled_by(caller, number).e164
    if not permission.allowed:
        return refused_by_plan(permission, caller)
    if e164 is None:
        return refused(rules.DIAL_DEVICE_UNKNOWN, caller)
    return RingTarget(
        device=DeviceId(_remote_id(caller, number)),
        kind=DeviceKind.REMOTE,
        remote_number=e164,
        confirm=True,
        rate_per_minute=permission.rate_per_minute,
        payer=Payer(subscription=exchange_pays(caller), tariff=permission.tariff),
        rule=rules.DIAL_RINGS,
    )
