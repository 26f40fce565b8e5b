"""Where a call of a user goes, what it shows and who pays (seed 5.1, 5.2, 5.7; call-flows §2). Pure."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from hipper.pbx import rules
from hipper.pbx.calling_plan import permits
from hipper.pbx.dialling import as_dialled_by, dialled_number, is_voicemail, resolve
from hipper.pbx.identity import to_colleague, to_outside
from hipper.pbx.model import (
    CallPlan,
    DeviceKind,
    DivertPlan,
    DivertReason,
    ExternalPlan,
    FeaturePlan,
    Number,
    NumberKind,
    OnNetPlan,
    OriginationFacts,
    Payer,
    RefusedPlan,
    SubscriberContext,
    TariffClass,
    ToVoicemail,
)
from hipper.pbx.numbers_of import subscription_of
from hipper.pbx.origination_refused import refused, refused_by_plan
from hipper.pbx.service_packs import holds
from hipper.pbx.tenancy import colleague
from hipper.telephony.numbers.digits import PrivacyCode
from hipper.telephony.numbers.normalise import Dialled, DialledForm

_EXTERNAL_RULE = {DialledForm.E164: rules.EXTERNAL_NUMBER, DialledForm.SHORT: rules.EXTERNAL_SHORT}
ON_NET_RULE = {
    NumberKind.EXTENSION: rules.ON_NET_EXTENSION,
    NumberKind.FIXED: rules.ON_NET_FIXED,
    NumberKind.MOBILE: rules.ON_NET_MOBILE,
    NumberKind.ALTERNATE: rules.ON_NET_ALTERNATE,
}

NO_FACTS = OriginationFacts()


def decide(
    caller: SubscriberContext,
    called: SubscriberContext | None,
    dialled: str,
    *,
    anonymous_requested: bool,
    identity_allowed_requested: bool,
    device_kind: DeviceKind,
    now: float,
    facts: OriginationFacts = NO_FACTS,
) -> CallPlan:
    """Decide on a call of ``caller`` to ``dialled`` (raw digits, as the leg carried them).

    ``called``: who owns the dialled number, as the directory found it; None when no user of ours does. After
    a speed dial, redial or call return: who owns what that stood for
    (:func:`hipper.pbx.dialling.resolve`); of a code that names a number: who owns that
    (:func:`hipper.pbx.dialling.named`). A user of another tenant, or one who does not own what was dialled,
    is no colleague: the call goes outside. ``anonymous_requested`` and ``identity_allowed_requested``: this
    call's privacy (RFC 3323), before the user's own setting; the codes ``#31#`` and ``*31#`` before the
    number say the same. ``now``: Unix seconds; nothing here depends on it. ``facts``: what is known at this
    moment beside settings. Never raises on what was dialled: what cannot be called is a RefusedPlan.

    A RefusedPlan by ``emergency.not-decided-here`` says that the call is an emergency call after all, by a
    speed dial or redial: the engine routes it as one.
    """
    number = as_dialled_by(caller, dialled)
    if number.kind is DialledForm.EMERGENCY:
        return refused(rules.EMERGENCY_ELSEWHERE, caller)
    if not caller.enabled:
        return refused(rules.CALLER_DISABLED, caller)
    target = resolve(caller, dialled, facts, called)
    if isinstance(target, RefusedPlan):
        return target
    if isinstance(target, FeaturePlan):
        payer = Payer(subscription=subscription_of(caller, device_kind), tariff=TariffClass.FREE)
        return msgspec.structs.replace(target, payer=payer)
    stood_for = None
    if target != dialled:
        number, stood_for = as_dialled_by(caller, target), target
        if number.kind is DialledForm.EMERGENCY:
            return refused(rules.EMERGENCY_ELSEWHERE, caller)
    call = _Call(
        caller=caller,
        number=number,
        stood_for=stood_for,
        device=device_kind,
        anonymous=anonymous_requested or number.privacy is PrivacyCode.HIDE,
        allowed=identity_allowed_requested or number.privacy is PrivacyCode.SHOW,
        facts=facts,
    )
    if is_voicemail(number, caller.country):
        return _voicemail(call)
    found = dialled_number(colleague(caller, called), number)
    return _outside(call) if found is None else _on_net(call, *found)


class _Call(NamedTuple):
    """One call as it is decided. ``stood_for``: what a code stood for."""

    caller: SubscriberContext
    number: Dialled
    stood_for: str | None
    device: DeviceKind
    anonymous: bool
    allowed: bool
    facts: OriginationFacts

    def payer(self, tariff: TariffClass) -> Payer:
        """The calling device's subscription (seed 5.7)."""
        return Payer(subscription=subscription_of(self.caller, self.device), tariff=tariff)


def _voicemail(call: _Call) -> DivertPlan | RefusedPlan:
    """1233: the user listens to the one box (seed 5.4)."""
    caller = call.caller
    if not holds(caller.pack, "voicemail"):
        return refused(rules.FEATURE_NOT_IN_PACK, caller)
    onward = ToVoicemail(
        mailbox=caller.subscriber,
        reason=DivertReason.UNCONDITIONAL,
        rule=rules.FEATURE_VOICEMAIL,
        listen=True,
    )
    shown = to_colleague(caller, call.device, anonymous=False, allowed=True)
    return DivertPlan(onward=onward, identity=shown.identity, rule=rules.FEATURE_VOICEMAIL)


def _on_net(call: _Call, called: SubscriberContext, number: Number) -> OnNetPlan | RefusedPlan:
    """A call between colleagues is charged to the calling device's subscription all the same: on-net is a
    class of that subscription's tariff, not a word for free (seed 5.7)."""
    permission = permits(call.caller, call.number, diverted=False, facts=call.facts, on_net=True)
    if not permission.allowed:
        return refused_by_plan(permission, call.caller)
    shown = to_colleague(
        call.caller,
        call.device,
        anonymous=call.anonymous,
        allowed=call.allowed,
        known_as=call.facts.called_list,
    )
    return OnNetPlan(
        called=called.subscriber,
        called_number=number,
        identity=shown.identity,
        payer=call.payer(permission.tariff),
        rule=ON_NET_RULE[number.kind],
        identity_rule=shown.rule,
        dialled=call.stood_for,
    )


def _outside(call: _Call) -> ExternalPlan | RefusedPlan:
    number = call.number
    if number.kind is DialledForm.EXTENSION_CANDIDATE:
        return refused(rules.EXTENSION_UNKNOWN, call.caller)
    rule = _EXTERNAL_RULE.get(number.kind)
    if rule is None:
        return refused(rules.NUMBER_INVALID, call.caller)
    permission = permits(call.caller, number, diverted=False, facts=call.facts)
    if not permission.allowed:
        return refused_by_plan(permission, call.caller)
    shown = to_outside(
        call.caller,
        call.device,
        anonymous=call.anonymous,
        allowed=call.allowed,
        known_as=call.facts.called_list,
    )
    return ExternalPlan(
        number=number.e164,
        dialled=number.digits,
        identity=shown.identity,
        payer=call.payer(permission.tariff),
        rule=rule,
        identity_rule=shown.rule,
        max_duration_s=permission.max_duration_s,
        rate_per_minute=permission.rate_per_minute,
    )
