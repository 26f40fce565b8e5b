"""Where a call of a user goes, what it shows and who pays (seed 5.1, 5.2, 5.7; call-flows §2). Pure."""

from __future__ import annotations

from hipper.pbx import rules
from hipper.pbx.dialling import as_dialled_by
from hipper.pbx.identity import to_colleague, to_outside
from hipper.pbx.model import (
    CallPlan,
    DeviceKind,
    ExternalPlan,
    Number,
    NumberKind,
    OnNetPlan,
    OriginationFacts,
    Payer,
    RefusedPlan,
    SubscriberContext,
    TariffClass,
)
from hipper.pbx.numbers_of import owned_by_e164, owned_by_extension, subscription_of
from hipper.pbx.tariffs import tariff_of_number, tariff_of_short_number
from hipper.pbx.tenancy import colleague
from hipper.telephony.numbers.digits import PrivacyCode
from hipper.telephony.numbers.normalise import Dialled, DialledForm
from hipper.telephony.numbers.short_numbers import ShortKind, short_kind

ON_NET_RULE = {
    NumberKind.EXTENSION: rules.ON_NET_EXTENSION,
    NumberKind.FIXED: rules.ON_NET_FIXED,
    NumberKind.MOBILE: rules.ON_NET_MOBILE,
    NumberKind.ALTERNATE: rules.ON_NET_ALTERNATE,
}

# SIP status and Q.850 cause of a refusal (RFC 3398 §8.2.6.1: 404 is 1, 484 is 28, 403 is 21; 69: facility not
# implemented).
_REFUSAL = {
    rules.CALLER_DISABLED: (403, 21),
    rules.EXTENSION_UNKNOWN: (404, 1),
    rules.NUMBER_INVALID: (404, 28),
    rules.EMERGENCY_ELSEWHERE: (403, 21),
    rules.FEATURE_NOT_AVAILABLE: (480, 69),
}


_NOTHING_KNOWN = OriginationFacts()


def decide(
    caller: SubscriberContext,
    called: SubscriberContext | None,
    dialled: str,
    *,
    anonymous_requested: bool,
    identity_allowed_requested: bool,
    device_kind: DeviceKind,
    now: float,
    facts: OriginationFacts = _NOTHING_KNOWN,
) -> CallPlan:
    """Decide on a call of ``caller`` to ``dialled`` (raw digits, as the leg carried them).

    ``called``: who owns the dialled number, as the directory found it; None when no user of ours does. A
    user of another tenant, or one who does not own what was dialled, is no colleague: the call goes outside.
    ``anonymous_requested`` and ``identity_allowed_requested``: this call's privacy (RFC 3323), before the
    user's own setting; the codes ``#31#`` and ``*31#`` before the number say the same. ``now``: Unix
    seconds. ``facts``: what is known at this moment beside settings. Never raises on what was dialled: what
    cannot be called is a RefusedPlan.
    """
    number = as_dialled_by(caller, dialled)
    if number.kind is DialledForm.EMERGENCY:
        return _refused(rules.EMERGENCY_ELSEWHERE, caller)
    if not caller.enabled:
        return _refused(rules.CALLER_DISABLED, caller)
    if is_feature_code(number, caller.country):
        return _refused(rules.FEATURE_NOT_AVAILABLE, caller)
    anonymous = anonymous_requested or number.privacy is PrivacyCode.HIDE
    allowed = identity_allowed_requested or number.privacy is PrivacyCode.SHOW
    found = dialled_number(colleague(caller, called), number)
    if found is not None:
        return _on_net(caller, *found, device_kind, anonymous=anonymous, allowed=allowed)
    return _outside(caller, number, device_kind, anonymous=anonymous, allowed=allowed)


def is_feature_code(dialled: Dialled, country: str) -> bool:
    """Whether the exchange is asked for a service rather than for somebody (``*11``, ``#21#``,
    1233 for voicemail)."""
    if dialled.kind is DialledForm.FEATURE_CODE:
        return True
    return dialled.kind is DialledForm.SHORT and short_kind(dialled.digits, country) is ShortKind.VOICEMAIL


def dialled_number(
    called: SubscriberContext | None, dialled: Dialled
) -> tuple[SubscriberContext, Number] | None:
    """The colleague and which of that user's numbers was dialled, None when ``called`` owns no such number.
    An extension comes before a short or local number that is spelled the same."""
    if called is None:
        return None
    number = None if dialled.extension is None else owned_by_extension(called, dialled.extension)
    if number is None and dialled.e164 is not None:
        number = owned_by_e164(called, dialled.e164)
    return None if number is None else (called, number)


def _on_net(
    caller: SubscriberContext,
    called: SubscriberContext,
    number: Number,
    device: DeviceKind,
    *,
    anonymous: bool,
    allowed: bool,
) -> OnNetPlan:
    """A call between colleagues is charged to the calling device's subscription all the same: on-net is a
    class of that subscription's tariff, not a word for free (seed 5.7)."""
    shown = to_colleague(caller, device, anonymous=anonymous, allowed=allowed)
    return OnNetPlan(
        called=called.subscriber,
        called_number=number,
        identity=shown.identity,
        payer=Payer(subscription=subscription_of(caller, device), tariff=TariffClass.ON_NET),
        rule=ON_NET_RULE[number.kind],
        identity_rule=shown.rule,
    )


def _outside(
    caller: SubscriberContext, number: Dialled, device: DeviceKind, *, anonymous: bool, allowed: bool
) -> CallPlan:
    if number.kind is DialledForm.EXTENSION_CANDIDATE:
        return _refused(rules.EXTENSION_UNKNOWN, caller)
    if number.kind is DialledForm.E164 and number.e164 is not None:
        rule, tariff = rules.EXTERNAL_NUMBER, tariff_of_number(number.e164, caller.country)
    elif number.kind is DialledForm.SHORT:
        rule, tariff = rules.EXTERNAL_SHORT, tariff_of_short_number(number.digits, caller.country)
    else:
        return _refused(rules.NUMBER_INVALID, caller)
    shown = to_outside(caller, device, anonymous=anonymous, allowed=allowed)
    return ExternalPlan(
        number=number.e164,
        dialled=number.digits,
        identity=shown.identity,
        payer=Payer(subscription=subscription_of(caller, device), tariff=tariff),
        rule=rule,
        identity_rule=shown.rule,
    )


def _refused(rule: str, caller: SubscriberContext) -> RefusedPlan:
    status, cause = _REFUSAL[rule]
    explanation = rules.sentence(rule, caller.language)
    return RefusedPlan(status=status, cause=cause, explanation=explanation, rule=rule)
