"""Which codes a user may dial: by service pack, and by what the user switched off. Pure."""

from __future__ import annotations

from hipper.pbx.feature_codes import Does, FeatureCode
from hipper.pbx.model import ServicePack, SubscriberContext
from hipper.pbx.service_packs import effective, holds

_MOBILE = frozenset({ServicePack.VAST_MOBIEL_BUSINESS_PLUS, ServicePack.VAST_MOBIEL_PREMIUM_PLUS})


def may_use(context: SubscriberContext, feature: FeatureCode) -> bool:
    """By the user's pack. Pulling a call over belongs to the integration of fixed and mobile (seed 5.5),
    showing the number to everybody (seed 9)."""
    if feature.does is Does.PULL:
        return may_move(context)
    return feature.service is None or holds(context.pack, feature.service)


def may_move(context: SubscriberContext) -> bool:
    """Whether the user may take a running call to another telephone, by ``*11`` or in the app (seed 5.5)."""
    return context.pack in _MOBILE


def switched_off(context: SubscriberContext, service: str) -> bool:
    """Whether the user switched off a service that is on unless that is done."""
    return getattr(effective(context, service), "active", True) is False
