"""Which number of a user: small questions that origination and termination share."""

from __future__ import annotations

from hipper.pbx.ids import SubscriptionId
from hipper.pbx.model import DeviceKind, IdentityChoice, Number, NumberKind, SubscriberContext
from hipper.telephony.numbers.e164 import E164


def first_of(context: SubscriberContext, kind: NumberKind) -> E164 | None:
    """The user's E.164 number of ``kind``, the first when there are several."""
    for number in context.numbers:
        if number.kind is kind and number.e164 is not None:
            return number.e164
    return None


def extension_of(context: SubscriberContext) -> str | None:
    for number in context.numbers:
        if number.kind is NumberKind.EXTENSION:
            return number.extension
    return None


def owned_by_extension(context: SubscriberContext, digits: str) -> Number | None:
    """The user's number whose extension is exactly ``digits``."""
    for number in context.numbers:
        if number.extension is not None and number.extension == digits:
            return number
    return None


def owned_by_e164(context: SubscriberContext, e164: E164) -> Number | None:
    for number in context.numbers:
        if number.e164 == e164:
            return number
    return None


def chosen_number(context: SubscriberContext, choice: IdentityChoice) -> E164 | None:
    """The number behind an identity choice (seed 5.1), None when it is not this user's."""
    if choice is IdentityChoice.MOBILE:
        return first_of(context, NumberKind.MOBILE)
    if choice is IdentityChoice.FIXED:
        return first_of(context, NumberKind.FIXED)
    if context.identity_alternate is None:
        return None
    number = owned_by_e164(context, context.identity_alternate)
    return None if number is None else number.e164


def network_number(context: SubscriberContext, device: DeviceKind) -> E164 | None:
    """The true number of the line a device calls from: the MSISDN of a mobile, the fixed
    number of a desk phone."""
    mobile = first_of(context, NumberKind.MOBILE)
    fixed = first_of(context, NumberKind.FIXED)
    own = (mobile or fixed) if device is DeviceKind.MOBILE else (fixed or mobile)
    return own or context.tenant_default_identity


def subscription_of(context: SubscriberContext, device: DeviceKind) -> SubscriptionId | None:
    """Who pays for what this device does (seed 5.7): a mobile leg the mobile subscription, a
    desk phone the fixed."""
    if device is DeviceKind.MOBILE:
        return context.mobile_subscription
    return context.fixed_subscription
