"""Which pack holds which service (seed 1.5, 4, 5.8, 9). Pure.

Seed 9 has three columns: Base+ has what VastBasis marks, Business+ and Premium+ what VastPremium marks, the
two Vast-Mobiel packs what VastMobiel marks (seed 4.1, 4.2, 5.8; Business+ and Premium+ differ in Webex only).
Voicemail and the reachability services are not in that table: by the table of seed 4, Base+ has neither.

A setting of a service the pack does not hold does nothing, whenever it was saved (a user who went back to
Base+ keeps it for the day the pack is changed again). It is named in ``considered`` of the plan.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hipper.pbx import rules
from hipper.pbx.model import NumberKind, ServicePack, SubscriberContext
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.registry import SERVICES, Level

_COLUMN = {
    ServicePack.BASE_PLUS: "basis",
    ServicePack.BUSINESS_PLUS: "premium",
    ServicePack.PREMIUM_PLUS: "premium",
    ServicePack.VAST_MOBIEL_BUSINESS_PLUS: "mobile",
    ServicePack.VAST_MOBIEL_PREMIUM_PLUS: "mobile",
}

MOBILE_PACKS = frozenset(pack for pack, column in _COLUMN.items() if column == "mobile")
"""Those that integrate a mobile subscription."""

NOT_IN_PACK = {
    "call_forwarding_selective": rules.PACK_CALL_FORWARDING_SELECTIVE,
    "voicemail": rules.PACK_VOICEMAIL,
    "selective_call_acceptance": rules.PACK_SELECTIVE_CALL_ACCEPTANCE,
    "selective_call_rejection": rules.PACK_SELECTIVE_CALL_REJECTION,
    "priority_alert": rules.PACK_PRIORITY_ALERT,
    "alternate_numbers": rules.PACK_ALTERNATE_NUMBERS,
    "busy_lamp_field": rules.PACK_BUSY_LAMP_FIELD,
    "anywhere": rules.PACK_ANYWHERE,
    "remote_office": rules.PACK_REMOTE_OFFICE,
    "simultaneous_ring_personal": rules.PACK_SIMULTANEOUS_RING_PERSONAL,
    "personal_assistant": rules.PACK_PERSONAL_ASSISTANT,
    "music_on_hold_user": rules.PACK_MUSIC_ON_HOLD_USER,
    "directed_call_pickup": rules.PACK_DIRECTED_CALL_PICKUP,
    "directed_call_pickup_with_bargein": rules.PACK_DIRECTED_CALL_PICKUP_WITH_BARGEIN,
}
"""The rule of each service that some pack does not hold."""


def _held(pack: ServicePack) -> frozenset[str]:
    def in_column(level: Level) -> bool:
        return bool(getattr(level, _COLUMN[pack]))

    return frozenset(name for name, service in SERVICES.items() if in_column(service.level))


HELD = {pack: _held(pack) for pack in ServicePack}
_LACKED = {
    pack: tuple(name for name in SubscriberServices.__struct_fields__ if name not in HELD[pack])
    for pack in ServicePack
}


def holds(pack: ServicePack, service: str) -> bool:
    """Whether ``pack`` holds ``service`` (a name of the registry; False for any other)."""
    return service in HELD[pack]


def effective(context: SubscriberContext, service: str) -> Any:
    """The settings of a subscriber's ``service``: its Struct of the registry, None when never set or not in
    the user's pack. Raises AttributeError for a name that is no service of a subscriber."""
    settings = getattr(context.services, service)
    return settings if settings is None or service in HELD[context.pack] else None


def integrated(context: SubscriberContext) -> SubscriberContext:
    """The user as calls see it. A mobile subscription belongs to the exchange in the Vast-Mobiel packs only
    (seed 1.4, 5.8): for any other its number is an outside one, its calls are the mobile network's own, and
    the handset does not ring. It is kept for the day the pack is changed again, as settings are."""
    if context.pack in MOBILE_PACKS:
        return context
    numbers = tuple(number for number in context.numbers if number.kind is not NumberKind.MOBILE)
    return context if numbers == context.numbers else msgspec.structs.replace(context, numbers=numbers)


def in_force(context: SubscriberContext) -> tuple[SubscriberServices, tuple[str, ...]]:
    """All services of the user without those the pack does not hold, and the rules of the latter."""
    lacked = _LACKED[context.pack]
    services = context.services
    dropped = [name for name in lacked if getattr(services, name) is not None] if lacked else []
    if not dropped:
        return services, ()
    kept = msgspec.structs.replace(services, **dict.fromkeys(dropped))
    return kept, tuple(NOT_IN_PACK[name] for name in dropped)
