"""Who is shown to the other side (seed 5.1, 9; call-flows §2)."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from hipper.pbx import rules
from hipper.pbx.model import (
    CallerIdentity,
    CallerList,
    DeviceKind,
    IdentityChoice,
    Number,
    NumberKind,
    Presentation,
    SubscriberContext,
)
from hipper.pbx.numbers_of import chosen_number, extension_of, first_of, network_number
from hipper.pbx.service_packs import holds
from hipper.pbx.services.calling import ShownTo
from hipper.telephony.numbers.e164 import E164

_RULE_OF_CHOICE = {
    IdentityChoice.MOBILE: rules.IDENTITY_MOBILE,
    IdentityChoice.FIXED: rules.IDENTITY_FIXED,
    IdentityChoice.ALTERNATE: rules.IDENTITY_ALTERNATE,
}
_RULE_OF_LIST = {
    CallerList.BUSINESS: rules.IDENTITY_BUSINESS_LIST,
    CallerList.PRIVATE: rules.IDENTITY_PRIVATE_LIST,
}

MOST_ALTERNATES = 10


class ShownIdentity(NamedTuple):
    identity: CallerIdentity
    rule: str


def withheld_by(
    context: SubscriberContext, *, anonymous: bool, allowed: bool, known_as: CallerList | None = None
) -> str | None:
    """The rule that withholds the number, None when it is shown. Asked to hide and to show at
    once, it is hidden. What the user chose for a contact list goes before what is for everybody."""
    if anonymous:
        return rules.IDENTITY_WITHHELD_THIS_CALL
    shown_to = _shown_to(context, known_as)
    if shown_to is not None and shown_to.hide is not None:
        return rules.IDENTITY_WITHHELD_LIST if shown_to.hide and not allowed else None
    if context.withhold and not allowed:
        return rules.IDENTITY_WITHHELD
    return None


def _shown_to(context: SubscriberContext, known_as: CallerList | None) -> ShownTo | None:
    lists = context.services.contact_list_identity
    if lists is None or known_as is None:
        return None
    return lists.business if known_as is CallerList.BUSINESS else lists.private


def number_to_show(context: SubscriberContext, known_as: CallerList | None = None) -> tuple[E164 | None, str]:
    """The user's choice when that number is the user's, else the tenant's main number,
    else any own number. ``known_as``: the contact list whoever is called stands in, for which the user may
    have chosen another one; when that is not the user's (any more), the choice for everybody holds."""
    shown_to = _shown_to(context, known_as)
    if shown_to is not None and known_as is not None and shown_to.choice is not None:
        alternate = None if shown_to.alternate is None else E164(shown_to.alternate)
        choosing = msgspec.structs.replace(context, identity=shown_to.choice, identity_alternate=alternate)
        number = chosen_number(choosing, shown_to.choice)
        if number is not None and _obstacle(choosing, number) is None:
            return number, _RULE_OF_LIST[known_as]
    chosen = chosen_number(context, context.identity)
    obstacle = None if chosen is None else _obstacle(context, chosen)
    if chosen is not None and obstacle is None:
        return chosen, _RULE_OF_CHOICE[context.identity]
    if context.tenant_default_identity is not None:
        return context.tenant_default_identity, obstacle or rules.IDENTITY_TENANT_DEFAULT
    other = first_of(context, NumberKind.FIXED) or first_of(context, NumberKind.MOBILE)
    return other, rules.IDENTITY_OTHER_OWN if other is not None else rules.IDENTITY_UNKNOWN


def _obstacle(context: SubscriberContext, number: E164) -> str | None:
    """Why the chosen number is not shown, though it is the user's: an alternate number takes that service,
    which is for ten (seed 9)."""
    if context.identity is not IdentityChoice.ALTERNATE:
        return None
    alternates = [one.e164 for one in context.numbers if one.kind is NumberKind.ALTERNATE]
    if number not in alternates:
        return None
    if not holds(context.pack, "alternate_numbers"):
        return rules.IDENTITY_NOT_IN_PACK
    return None if number in alternates[:MOST_ALTERNATES] else rules.IDENTITY_TENANT_DEFAULT


def to_outside(
    context: SubscriberContext,
    device: DeviceKind,
    *,
    anonymous: bool,
    allowed: bool,
    known_as: CallerList | None = None,
) -> ShownIdentity:
    """What the PSTN sees. Withheld: no number at all, only for carriers trusted
    with it (RFC 3325)."""
    true_number = network_number(context, device)
    number, rule = number_to_show(context, known_as)
    withheld = withheld_by(context, anonymous=anonymous, allowed=allowed, known_as=known_as)
    if withheld is not None:
        hidden = CallerIdentity(
            presentation=Presentation.RESTRICTED, network_number=true_number, withheld_number=number
        )
        return ShownIdentity(hidden, withheld)
    identity = CallerIdentity(presentation=Presentation.ALLOWED, number=number, network_number=true_number)
    return ShownIdentity(identity, rule)


def to_colleague(
    context: SubscriberContext,
    device: DeviceKind,
    *,
    anonymous: bool,
    allowed: bool,
    known_as: CallerList | None = None,
) -> ShownIdentity:
    """What a colleague sees: extension and name, unless the user hides the internal line (seed 9).

    The seed has two services: *Calling Line ID Delivery Blocking* withholds "het telefoonnummer", permanently
    or by code, and *Internal Calling Line ID Delivery* passes the line on inside the company. So blocking
    takes the E.164 number away from colleagues as well, while the internal line stays shown; switched off,
    Internal Calling Line ID Delivery makes the call anonymous to colleagues, unless the user shows the number
    for this call. A user without extension has no internal line to show: then a withheld call is anonymous to
    colleagues too.
    """
    true_number = network_number(context, device)
    extension = extension_of(context)
    withheld = withheld_by(context, anonymous=anonymous, allowed=allowed, known_as=known_as)
    hides_line = _hides_internal_line(context) and (anonymous or not allowed)
    if hides_line or (withheld is not None and extension is None):
        hidden = CallerIdentity(presentation=Presentation.RESTRICTED, network_number=true_number)
        return ShownIdentity(hidden, withheld or rules.IDENTITY_INTERNAL_HIDDEN)
    number, rule = (None, rules.IDENTITY_INTERNAL_LINE) if withheld else number_to_show(context, known_as)
    identity = CallerIdentity(
        presentation=Presentation.ALLOWED,
        number=number,
        extension=extension,
        name=context.display_name,
        network_number=true_number,
    )
    return ShownIdentity(identity, rule)


def _hides_internal_line(context: SubscriberContext) -> bool:
    delivery = context.services.internal_calling_line_id_delivery
    return delivery is not None and not delivery.active


def of_diverted(caller: CallerIdentity, forwarder: SubscriberContext, *, on_net: bool) -> ShownIdentity:
    """What the one a call is diverted to sees: who called in the first place, never the forwarder. Withheld
    stays withheld.

    A colleague (``on_net``) sees what the forwarder would have seen. Outside, the line the leg leaves from is
    the forwarder's: that is the number asserted to a carrier that wants one of ours, and the caller's own
    goes along as ``withheld_number`` for carriers trusted with it.
    """
    hidden = caller.presentation is Presentation.RESTRICTED
    rule = rules.IDENTITY_ORIGINAL_WITHHELD if hidden else rules.IDENTITY_ORIGINAL_CALLER
    true_number = caller.network_number or caller.withheld_number or caller.number
    line = true_number if on_net else network_number(forwarder, DeviceKind.DESK_PHONE)
    if hidden:
        identity = CallerIdentity(
            presentation=Presentation.RESTRICTED,
            network_number=line,
            withheld_number=None if on_net else true_number,
        )
        return ShownIdentity(identity, rule)
    identity = CallerIdentity(
        presentation=Presentation.ALLOWED,
        number=caller.number,
        extension=caller.extension if on_net else None,
        name=caller.name if on_net else None,
        network_number=line,
    )
    return ShownIdentity(identity, rule)


def connected_identity(
    called: SubscriberContext, *, caller_on_net: bool, dialled: Number | None, device: DeviceKind
) -> CallerIdentity:
    """What a caller sees when ``called`` answers (COLP; seed 9, Connected Line Identification Presentation
    and Restriction).

    ``dialled``: the number of ``called`` that the caller dialled; None when the call was diverted here.
    ``device``: what was answered on; which telephone that is shows nowhere. The caller goes on seeing the
    number it dialled, not the mobile behind it. Restricted (COLR): nothing but the true number for trusted
    peers. A user who withholds the number withholds it here too, but for what the caller knows already.
    """
    if _restricts_connected_line(called):
        return CallerIdentity(
            presentation=Presentation.RESTRICTED, network_number=network_number(called, device)
        )
    reached = None if dialled is None else dialled.e164
    if caller_on_net:
        shown = to_colleague(called, device, anonymous=False, allowed=False).identity
        if shown.presentation is Presentation.RESTRICTED or reached is None:
            return shown
        return CallerIdentity(
            presentation=Presentation.ALLOWED,
            number=reached,
            extension=shown.extension,
            name=shown.name,
            network_number=shown.network_number,
        )
    if reached is None:
        return to_outside(called, device, anonymous=False, allowed=False).identity
    return CallerIdentity(
        presentation=Presentation.ALLOWED, number=reached, network_number=network_number(called, device)
    )


def _restricts_connected_line(called: SubscriberContext) -> bool:
    restriction = called.services.connected_line_identification_restriction
    return restriction is not None and restriction.active
