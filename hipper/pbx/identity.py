"""Who is shown to the other side (seed 5.1, 9; call-flows §2)."""

from __future__ import annotations

from typing import NamedTuple

from hipper.pbx import rules
from hipper.pbx.model import (
    CallerIdentity,
    DeviceKind,
    IdentityChoice,
    NumberKind,
    Presentation,
    SubscriberContext,
)
from hipper.pbx.numbers_of import chosen_number, extension_of, first_of, network_number
from hipper.telephony.numbers.e164 import E164

_RULE_OF_CHOICE = {
    IdentityChoice.MOBILE: rules.IDENTITY_MOBILE,
    IdentityChoice.FIXED: rules.IDENTITY_FIXED,
    IdentityChoice.ALTERNATE: rules.IDENTITY_ALTERNATE,
}


class ShownIdentity(NamedTuple):
    identity: CallerIdentity
    rule: str


def withheld_by(context: SubscriberContext, *, anonymous: bool, allowed: bool) -> str | None:
    """The rule that withholds the number, None when it is shown. Asked to hide and to show at
    once, it is hidden."""
    if anonymous:
        return rules.IDENTITY_WITHHELD_THIS_CALL
    if context.withhold and not allowed:
        return rules.IDENTITY_WITHHELD
    return None


def number_to_show(context: SubscriberContext) -> tuple[E164 | None, str]:
    """The user's choice when that number is the user's, else the tenant's main number,
    else any own number."""
    chosen = chosen_number(context, context.identity)
    if chosen is not None:
        return chosen, _RULE_OF_CHOICE[context.identity]
    if context.tenant_default_identity is not None:
        return context.tenant_default_identity, rules.IDENTITY_TENANT_DEFAULT
    other = first_of(context, NumberKind.FIXED) or first_of(context, NumberKind.MOBILE)
    return other, rules.IDENTITY_OTHER_OWN if other is not None else rules.IDENTITY_UNKNOWN


def to_outside(
    context: SubscriberContext, device: DeviceKind, *, anonymous: bool, allowed: bool
) -> ShownIdentity:
    """What the PSTN sees. Withheld: no number at all, only for carriers trusted
    with it (RFC 3325)."""
    true_number = network_number(context, device)
    number, rule = number_to_show(context)
    withheld = withheld_by(context, anonymous=anonymous, allowed=allowed)
    if withheld is not None:
        hidden = CallerIdentity(
            presentation=Presentation.RESTRICTED, network_number=true_number, withheld_number=number
        )
        return ShownIdentity(hidden, withheld)
    identity = CallerIdentity(presentation=Presentation.ALLOWED, number=number, network_number=true_number)
    return ShownIdentity(identity, rule)


def to_colleague(
    context: SubscriberContext, device: DeviceKind, *, anonymous: bool, allowed: bool
) -> ShownIdentity:
    """What a colleague sees: extension and name, always (seed 9, Internal Calling Line ID Delivery).

    The seed has two services: *Calling Line ID Delivery Blocking* withholds "het telefoonnummer", permanently
    or by code, and *Internal Calling Line ID Delivery* passes the line on inside the company. So blocking
    takes the E.164 number away from colleagues as well, while the internal line stays shown. A user without
    extension has no internal line to show: then a withheld call is anonymous to colleagues too.
    """
    true_number = network_number(context, device)
    extension = extension_of(context)
    withheld = withheld_by(context, anonymous=anonymous, allowed=allowed)
    if withheld is not None and extension is None:
        return ShownIdentity(
            CallerIdentity(presentation=Presentation.RESTRICTED, network_number=true_number), withheld
        )
    number, rule = (None, rules.IDENTITY_INTERNAL_LINE) if withheld else number_to_show(context)
    identity = CallerIdentity(
        presentation=Presentation.ALLOWED,
        number=number,
        extension=extension,
        name=context.display_name,
        network_number=true_number,
    )
    return ShownIdentity(identity, rule)
