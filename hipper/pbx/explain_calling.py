"""A dry run of a call the user would make: *what happens if I call this number then?* Pure: the decisions of
:mod:`hipper.pbx.origination` and :mod:`hipper.pbx.dial`, and :mod:`hipper.pbx.termination` for a colleague,
with the facts of that moment as far as they can be known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from hipper.pbx import dial, origination, rules, termination
from hipper.pbx.calling_plan import permits
from hipper.pbx.dial import DialPlan
from hipper.pbx.dialling import as_dialled_by, code_in, dialled_number, resolve
from hipper.pbx.emergency_zones import emergency_zone
from hipper.pbx.explain import WouldRing, explained_target, said
from hipper.pbx.explain_calling_shapes import (
    CallRun,
    Goes,
    Shows,
    Wish,
    WouldAlarm,
    WouldCost,
    WouldMean,
    WouldShow,
)
from hipper.pbx.explain_dry import Moment
from hipper.pbx.explain_heard import Heard, heard_of
from hipper.pbx.feature_codes import FEATURE_CODES, DialledCode, Does, FeatureCode, Operation
from hipper.pbx.ids import DeviceId
from hipper.pbx.model import (
    CallerIdentity,
    CallPlan,
    ChangeService,
    ColleagueAlong,
    Device,
    DeviceKind,
    DivertPlan,
    ExternalPlan,
    FeaturePlan,
    NumberKind,
    OnNetPlan,
    OriginationFacts,
    Payer,
    Presentation,
    RefusedPlan,
    SubscriberContext,
    TariffClass,
    TerminationFacts,
)
from hipper.pbx.numbers_of import network_number, owned_by_e164, subscription_of
from hipper.pbx.service_packs import MOBILE_PACKS
from hipper.pbx.services.registry import SERVICES
from hipper.pbx.tenancy import colleague
from hipper.telephony.numbers.digits import PrivacyCode, read_dial_string
from hipper.telephony.numbers.emergency import is_emergency
from hipper.telephony.numbers.normalise import Dialled, DialledForm

NO_FACTS = OriginationFacts()
_USUAL = (DeviceKind.MOBILE, DeviceKind.DESK_PHONE, DeviceKind.EXCHANGE)
_NOBODY_DIALLED = frozenset({DialledForm.FEATURE_CODE, DialledForm.INVALID})
_SHOW = next(one for one in FEATURE_CODES if one.does is Does.SHOW_NUMBER)


class _Asked(NamedTuple):
    caller: SubscriberContext
    called: SubscriberContext | None
    wish: Wish
    device: Device | None
    facts: OriginationFacts

    @property
    def kind(self) -> DeviceKind:
        return DeviceKind.DESK_PHONE if self.device is None else self.device.kind


def dry_call(
    caller: SubscriberContext,
    called: SubscriberContext | None,
    wish: Wish,
    there: Moment,
    facts: OriginationFacts = NO_FACTS,
    colleagues: Sequence[SubscriberContext] = (),
) -> CallRun:
    """``called``: who owns what is dialled, as for :func:`hipper.pbx.origination.decide`. ``there``: when,
    and how the telephones of ``called`` are then. ``colleagues``: who own numbers that ring along there.
    Never raises."""
    asked = _Asked(caller, called, wish, device_of(caller, wish.device), facts)
    plan = _by_app(asked, there.at) if wish.from_app else _by_telephone(asked, there.at)
    if not wish.from_app and (is_emergency(wish.dialled) or plan.rule == rules.EMERGENCY_ELSEWHERE):
        return _emergency(asked, there.at)
    return _explained(asked, plan, there, colleagues)


def _by_telephone(asked: _Asked, at: float) -> CallPlan:
    return origination.decide(
        asked.caller,
        asked.called,
        asked.wish.dialled,
        anonymous_requested=asked.wish.anonymous,
        identity_allowed_requested=False,
        device_kind=asked.kind,
        now=at,
        facts=asked.facts,
    )


def _by_app(asked: _Asked, at: float) -> DialPlan | RefusedPlan:
    return dial.decide(
        asked.caller,
        asked.called,
        asked.wish.dialled,
        asked.wish.device,
        anonymous_requested=asked.wish.anonymous,
        now=at,
        facts=asked.facts,
    )


def device_of(caller: SubscriberContext, wanted: DeviceId | None) -> Device | None:
    """The telephone a call is made from: the usual one is the mobile, else a desk phone. None: no call of it
    passes the exchange, as those of a mobile that is not integrated (seed 5.8)."""
    mobile = caller.pack in MOBILE_PACKS
    own = [one for one in caller.devices if mobile or one.kind is not DeviceKind.MOBILE]
    if wanted is not None:
        return next((one for one in own if one.id == wanted), None)
    return next((one for kind in _USUAL for one in own if one.kind is kind), None)


def _explained(
    asked: _Asked, plan: CallPlan | DialPlan, there: Moment, colleagues: Sequence[SubscriberContext]
) -> CallRun:
    target = resolve(asked.caller, asked.wish.dialled, asked.facts, asked.called)
    number = as_dialled_by(asked.caller, target) if isinstance(target, str) else None
    first: tuple[WouldRing, ...] = ()
    if isinstance(plan, DialPlan):
        first = tuple(explained_target(asked.caller, one) for one in plan.first)
        plan = plan.then
    found = CallRun(
        at=there.at,
        goes=_goes(plan),
        device=None if asked.device is None else asked.device.id,
        dialled=_digits(asked, number),
        decided=said(plan.rule),
        calling_plan=None if number is None else _cost(asked, number),
        meaning=_meaning(asked, plan, target if isinstance(target, str) else None),
        first=first,
    )
    if isinstance(plan, RefusedPlan):
        spoken = () if plan.announcement is None else (plan.announcement,)
        return msgspec.structs.replace(found, announcements=spoken)
    if isinstance(plan, FeaturePlan):
        return msgspec.structs.replace(found, payer=plan.payer, announcements=(plan.done,))
    if isinstance(plan, DivertPlan):
        payer = Payer(subscription=subscription_of(asked.caller, asked.kind), tariff=TariffClass.VOICEMAIL)
        return msgspec.structs.replace(found, payer=payer, calling_plan=None)
    shown = _shown(asked.caller, plan.identity, plan.identity_rule)
    found = msgspec.structs.replace(found, shown=shown, payer=plan.payer)
    if isinstance(plan, ExternalPlan) or asked.called is None:
        return found
    return msgspec.structs.replace(found, there=_there(asked, asked.called, plan, there, colleagues))


def _goes(plan: CallPlan) -> Goes:
    if isinstance(plan, OnNetPlan):
        return Goes.COLLEAGUE
    if isinstance(plan, ExternalPlan):
        return Goes.OUTSIDE
    if isinstance(plan, FeaturePlan):
        return Goes.CODE
    return Goes.VOICEMAIL if isinstance(plan, DivertPlan) else Goes.REFUSED


def _digits(asked: _Asked, number: Dialled | None) -> str:
    if number is None or number.kind in _NOBODY_DIALLED:
        return asked.wish.dialled
    if dialled_number(colleague(asked.caller, asked.called), number) is not None and number.extension:
        return number.extension
    return number.e164 or number.digits


def _cost(asked: _Asked, number: Dialled) -> WouldCost | None:
    """As :mod:`hipper.pbx.origination` asks the calling plan. None: it has nothing to say of such digits."""
    on_net = dialled_number(colleague(asked.caller, asked.called), number) is not None
    permission = permits(asked.caller, number, diverted=False, facts=asked.facts, on_net=on_net)
    if permission.rule == rules.PLAN_INVALID:
        return None
    return WouldCost(
        allowed=permission.allowed,
        why=said(permission.rule),
        tariff=permission.tariff,
        rate_per_minute=permission.rate_per_minute,
        max_duration_s=permission.max_duration_s,
    )


# --- who is shown, and what a code means ----------------------------------------------------------


def _shown(caller: SubscriberContext, identity: CallerIdentity, rule: str | None) -> WouldShow:
    why = None if rule is None else said(rule)
    if identity.presentation is Presentation.RESTRICTED:
        return WouldShow(shows=Shows.WITHHELD, why=why)
    return WouldShow(
        shows=_kind_shown(caller, identity),
        number=identity.number,
        extension=identity.extension,
        name=identity.name,
        why=why,
    )


def _kind_shown(caller: SubscriberContext, identity: CallerIdentity) -> Shows:
    if identity.number is None:
        return Shows.NOTHING if identity.extension is None else Shows.INTERNAL
    owned = owned_by_e164(caller, identity.number)
    return Shows.MAIN if owned is None or owned.kind is NumberKind.EXTENSION else Shows(owned.kind.value)


def _meaning(asked: _Asked, plan: CallPlan | None, target: str | None) -> WouldMean | None:
    code = _code(asked.caller, asked.wish.dialled, target)
    if code is None:
        return None
    change = plan.action if isinstance(plan, FeaturePlan) and isinstance(plan.action, ChangeService) else None
    return WouldMean(
        code=code.feature.code,
        operation=code.operation,
        nl=code.feature.nl,
        en=code.feature.en,
        service=code.feature.service if change is None else change.service,
        changes=None if change is None else msgspec.json.decode(change.changes),
        stands_for=None if target == asked.wish.dialled else target,
    )


def _code(caller: SubscriberContext, dialled: str, target: str | None) -> DialledCode | None:
    """A key of Speed Dial 8 is a code too, and so is showing or hiding the number for this call."""
    code = code_in(dialled, caller)
    if code is not None:
        return code
    dial_string = read_dial_string(dialled)
    if dial_string is None:
        return None
    if target is not None and target != dialled:
        key = dial_string.digits.removesuffix("#")
        service = SERVICES["speed_dial_8"]
        feature = FeatureCode(key, Does.SPEED_DIAL, service.name, _SHOW.follows, service.nl, service.en)
        return DialledCode(feature, Operation.ON)
    if dial_string.privacy is None:
        return None
    return DialledCode(_SHOW, Operation.ON if dial_string.privacy is PrivacyCode.SHOW else Operation.OFF)


def _emergency(asked: _Asked, at: float) -> CallRun:
    """As the gateway sends it: before anything is decided, and never withheld (call-flows §5)."""
    zone = None if asked.device is None else emergency_zone(asked.caller, asked.device.id)
    target = resolve(asked.caller, asked.wish.dialled, asked.facts)
    dialled = target if isinstance(target, str) else asked.wish.dialled
    line = network_number(asked.caller, asked.kind)
    number = line if zone is None or zone.number is None else zone.number
    own = None if line is None or number != line else owned_by_e164(asked.caller, line)
    shows = Shows.NOTHING if number is None else Shows.MAIN if own is None else Shows(own.kind.value)
    return CallRun(
        at=at,
        goes=Goes.EMERGENCY,
        device=None if asked.device is None else asked.device.id,
        dialled=as_dialled_by(asked.caller, dialled).digits,
        decided=said("emergency"),
        shown=WouldShow(shows=shows, number=number),
        calling_plan=_cost(asked, as_dialled_by(asked.caller, dialled)),
        payer=Payer(subscription=None, tariff=TariffClass.EMERGENCY),
        meaning=_meaning(asked, None, dialled),
        emergency=WouldAlarm(
            site=None if zone is None else zone.name,
            number=number,
            route=None if zone is None else zone.route,
        ),
    )


# --- what is heard of a colleague ---------------------------------------------------------------------


def _there(
    asked: _Asked,
    called: SubscriberContext,
    plan: OnNetPlan,
    there: Moment,
    colleagues: Sequence[SubscriberContext],
) -> tuple[Heard, ...]:
    own = asked.device
    found = termination.decide(
        called,
        plan.identity,
        on_net=True,
        reached=plan.called_number,
        exclude_device=None if own is None else own.id,
        now=there.at,
        facts=TerminationFacts(
            busy_devices=there.busy,
            calls=there.calls,
            caller_group=asked.caller.group,
            colleagues=tuple(ColleagueAlong(context=one) for one in colleagues),
        ),
    )
    return heard_of(found, there.silent)
