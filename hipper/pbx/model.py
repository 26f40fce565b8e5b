"""What the exchange knows of a user when it decides, and what a decision looks like. Pure data.

The gateway loads a :class:`SubscriberContext` with one SQL round trip per call
(``hipper.directory.contexts``) and hands it to :func:`hipper.pbx.origination.decide` or
:func:`hipper.pbx.termination.decide`.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from hipper.pbx.ids import DeviceId, GroupId, SubscriberId, SubscriptionId, TenantId
from hipper.telephony.numbers.e164 import E164


class NumberKind(str, Enum):
    """The three numbers of a user (seed 5.3); ``alternate`` comes with the
    alternate-numbers service (seed 9)."""

    EXTENSION = "extension"
    FIXED = "fixed"
    MOBILE = "mobile"
    ALTERNATE = "alternate"


class DeviceKind(str, Enum):
    DESK_PHONE = "desk_phone"
    MOBILE = "mobile"


class IdentityChoice(str, Enum):
    """Which of the user's numbers outgoing calls show (seed 5.1). Holds for the next INVITE."""

    MOBILE = "mobile"
    FIXED = "fixed"
    ALTERNATE = "alternate"


class Number(msgspec.Struct, frozen=True, kw_only=True):
    """A number of a subscriber. ``e164`` is None for an extension; ``extension`` is None for the others."""

    kind: NumberKind
    e164: E164 | None = None
    extension: str | None = None


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """One telephone. ``aor_user`` (desk phones): user part of its address-of-record, also its digest
    username. ``mobile_network`` (mobiles): name of the network in the installation's settings. ``rings``:
    False while the user switched it off for incoming calls (seed 5.3)."""

    id: DeviceId
    kind: DeviceKind
    label: str
    aor_user: str | None = None
    mobile_network: str | None = None
    rings: bool = True


class SubscriberContext(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a decision about one subscriber reads. Never holds a secret: it stands in call traces."""

    tenant: TenantId
    group: GroupId
    subscriber: SubscriberId
    domain: str
    display_name: str
    country: str
    """ISO 3166 alpha-2; how dialled digits are read."""
    area_code: str | None
    """Without trunk prefix, e.g. ``20``: for local dialling without area code."""
    numbers: tuple[Number, ...]
    devices: tuple[Device, ...]
    identity: IdentityChoice
    identity_alternate: E164 | None = None
    withhold: bool = False
    """Calling Line ID Delivery Blocking (seed 9), permanent."""
    tenant_default_identity: E164 | None = None
    """Shown when the chosen number does not exist: the tenant's main number."""
    no_answer_s: int = 30
    decline_ends_ringing: bool = True
    mobile_subscription: SubscriptionId | None = None
    fixed_subscription: SubscriptionId | None = None
    language: str = "nl"
    enabled: bool = True


class Presentation(str, Enum):
    ALLOWED = "allowed"
    RESTRICTED = "restricted"


class CallerIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """Who is shown. ``number``: E.164, or None when unknown. On-net also ``extension`` and
    ``name``. ``network_number`` is the caller's true number for P-Asserted-Identity toward trusted
    peers; never shown. ``withheld_number``, with RESTRICTED: the number that would be shown, asserted
    toward trusted carriers that screen presented numbers; never shown either."""

    presentation: Presentation
    number: E164 | None = None
    extension: str | None = None
    name: str | None = None
    network_number: E164 | None = None
    withheld_number: E164 | None = None


class TariffClass(str, Enum):
    """What a leg costs by (seed 5.7, 7.1). ``free`` is an answered mobile or desk phone:
    receiving costs nothing."""

    ON_NET = "on_net"
    NATIONAL_FIXED = "national_fixed"
    NATIONAL_MOBILE = "national_mobile"
    SERVICE_FREE = "service_free"
    SERVICE_PAID = "service_paid"
    INTERNATIONAL = "international"
    EMERGENCY = "emergency"
    VOICEMAIL = "voicemail"
    FREE = "free"


class Payer(msgspec.Struct, frozen=True, kw_only=True):
    """Which subscription pays the leg, by which class. ``subscription`` None: nobody on our side."""

    subscription: SubscriptionId | None
    tariff: TariffClass


class OnNetPlan(msgspec.Struct, frozen=True, kw_only=True, tag="on_net"):
    """The dialled number is a colleague: that user's termination rules run next."""

    called: SubscriberId
    called_number: Number
    identity: CallerIdentity
    payer: Payer
    rule: str
    """Machine name of the rule that decided, e.g. ``on-net.extension``; stands in the record."""
    identity_rule: str | None = None
    """Why this identity is shown, e.g. ``identity.fixed`` (:mod:`hipper.pbx.rules`)."""


class ExternalPlan(msgspec.Struct, frozen=True, kw_only=True, tag="external"):
    """Out to the PSTN."""

    number: E164 | None
    """None for national short numbers (14020, 1233…) which have no E.164 form: then ``dialled`` is sent."""
    dialled: str
    identity: CallerIdentity
    payer: Payer
    rule: str
    identity_rule: str | None = None


class SkippedDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A device that will not ring, with the rule that says why (for the record and for explain)."""

    device: DeviceId
    rule: str


class RefusedPlan(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """The call is refused: SIP status, Q.850 cause, and a sentence for Warning and the record."""

    status: int
    cause: int
    explanation: str
    rule: str
    skipped: tuple[SkippedDevice, ...] = ()
    """Termination where nothing rings: why not, for each device."""


CallPlan = OnNetPlan | ExternalPlan | RefusedPlan


class RingTarget(msgspec.Struct, frozen=True, kw_only=True):
    """One device to ring, with the payer of that leg should it answer."""

    device: DeviceId
    kind: DeviceKind
    aor_user: str | None = None
    mobile_network: str | None = None
    mobile_number: E164 | None = None
    payer: Payer
    rule: str


class RingPlan(msgspec.Struct, frozen=True, kw_only=True, tag="ring"):
    targets: tuple[RingTarget, ...]
    skipped: tuple[SkippedDevice, ...]
    no_answer_s: int
    decline_ends_ringing: bool
    identity: CallerIdentity
    """What the called devices show."""
    rule: str


TerminationPlan = RingPlan | RefusedPlan
