"""The users these tests call and call with: Anna with all three numbers and two telephones, Bram at a
desk."""

from __future__ import annotations

from typing import Any

import msgspec

from hipper.pbx.ids import DeviceId, GroupId, SubscriberId, SubscriptionId, TenantId
from hipper.pbx.model import Device, DeviceKind, IdentityChoice, Number, NumberKind, SubscriberContext
from hipper.telephony.numbers.e164 import E164

MAIN = E164("+31201234500")
ANNA_FIXED = E164("+31201234501")
ANNA_MOBILE = E164("+31612345601")
BRAM_FIXED = E164("+31201234502")
BRAM_MOBILE = E164("+31612345602")

ANNA = SubscriberContext(
    tenant=TenantId("bakery"),
    group=GroupId("shop"),
    subscriber=SubscriberId("anna"),
    domain="bakery.example",
    display_name="Anna de Vries",
    country="NL",
    area_code="20",
    numbers=(
        Number(kind=NumberKind.EXTENSION, extension="201"),
        Number(kind=NumberKind.FIXED, e164=ANNA_FIXED),
        Number(kind=NumberKind.MOBILE, e164=ANNA_MOBILE),
    ),
    devices=(
        Device(id=DeviceId("anna-desk"), kind=DeviceKind.DESK_PHONE, label="Desk", aor_user="anna-desk"),
        Device(id=DeviceId("anna-mobile"), kind=DeviceKind.MOBILE, label="Mobile", mobile_network="mvno"),
    ),
    identity=IdentityChoice.FIXED,
    tenant_default_identity=MAIN,
    mobile_subscription=SubscriptionId("anna-mobile-plan"),
    fixed_subscription=SubscriptionId("anna-fixed-plan"),
)

BRAM = SubscriberContext(
    tenant=TenantId("bakery"),
    group=GroupId("bakehouse"),
    subscriber=SubscriberId("bram"),
    domain="bakery.example",
    display_name="Bram Jansen",
    country="NL",
    area_code="20",
    numbers=(
        Number(kind=NumberKind.EXTENSION, extension="202"),
        Number(kind=NumberKind.FIXED, e164=BRAM_FIXED),
        Number(kind=NumberKind.MOBILE, e164=BRAM_MOBILE),
    ),
    devices=(
        Device(id=DeviceId("bram-desk"), kind=DeviceKind.DESK_PHONE, label="Desk", aor_user="bram-desk"),
        Device(id=DeviceId("bram-oven"), kind=DeviceKind.DESK_PHONE, label="Oven", aor_user="bram-oven"),
        Device(id=DeviceId("bram-mobile"), kind=DeviceKind.MOBILE, label="Mobile", mobile_network="mvno"),
    ),
    identity=IdentityChoice.MOBILE,
    mobile_subscription=SubscriptionId("bram-mobile-plan"),
    fixed_subscription=SubscriptionId("bram-fixed-plan"),
)


def changed(context: SubscriberContext, **settings: Any) -> SubscriberContext:
    """The same user with other settings."""
    return msgspec.structs.replace(context, **settings)
