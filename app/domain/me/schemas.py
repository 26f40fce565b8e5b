"""Who I am, as the app shows it."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import msgspec

from hipper.pbx.ids import DeviceId, GroupId, SubscriberId
from hipper.pbx.model import DeviceKind, IdentityChoice, NumberKind, ServicePack

E164_PATTERN = r"^\+[1-9][0-9]{6,14}(?!\n)$"


PACK_NAMES = {
    ServicePack.BASE_PLUS: "Base+",
    ServicePack.BUSINESS_PLUS: "Business+",
    ServicePack.PREMIUM_PLUS: "Premium+",
    ServicePack.VAST_MOBIEL_BUSINESS_PLUS: "Vast-Mobiel Business+",
    ServicePack.VAST_MOBIEL_PREMIUM_PLUS: "Vast-Mobiel Premium+",
}
"""As seed 1.5 and 5.8 call them, in both languages."""


class DeviceState(str, Enum):
    """The first that holds."""

    IN_CALL = "in_call"
    SWITCHED_OFF = "switched_off"
    """Does not ring, by its user's choice."""
    REGISTERED = "registered"
    NOT_REGISTERED = "not_registered"
    IN_NETWORK = "in_network"
    """A mobile, or a telephone of another exchange: whether it is on only its network knows."""
    UNKNOWN = "unknown"
    """Redis, which shows what is live, does not answer."""


class OwnNumber(msgspec.Struct, frozen=True, kw_only=True):
    """``text``: as people write it. ``e164`` None: an extension."""

    kind: NumberKind
    text: str
    e164: str | None = None
    extension: str | None = None


class OwnDevice(msgspec.Struct, frozen=True, kw_only=True):
    """``registered`` None: not ours to know. ``calls``: how many calls it is in."""

    id: DeviceId
    kind: DeviceKind
    label: str
    site: str | None
    rings: bool
    state: DeviceState
    registered: bool | None
    calls: int


class PackFunction(msgspec.Struct, frozen=True, kw_only=True):
    """A service of the pack, as people call it. ``active``: switched on; None: it has no switch."""

    name: str
    nl: str
    en: str
    active: bool | None


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """``services``: those of the pack, by name; settings at ``/v1/me/services/<name>``. ``functions``: the
    same in words. ``pack_name``: as the service description calls it. ``live``: whether the states of the
    devices are known now."""

    id: SubscriberId
    user: str
    display_name: str
    language: str
    role: str
    company: str
    group: GroupId
    group_name: str
    numbers: tuple[OwnNumber, ...]
    devices: tuple[OwnDevice, ...]
    live: bool
    pack: ServicePack
    pack_name: str
    services: tuple[str, ...]
    functions: tuple[PackFunction, ...]


class DeviceChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is absent stays."""

    rings: bool | msgspec.UnsetType = msgspec.UNSET


class NumberToShow(msgspec.Struct, frozen=True, kw_only=True):
    """One of the numbers that may be chosen."""

    choice: IdentityChoice
    alternate: str | None
    text: str


class ShownToList(msgspec.Struct, frozen=True, kw_only=True):
    """What the people of one contact list see. ``choice`` None: the number everybody sees; ``hide`` None: as
    for everybody. ``number``, ``text``: what is shown to them, hidden or not."""

    choice: IdentityChoice | None
    alternate: str | None
    hide: bool | None
    number: str | None
    text: str | None


class IdentityShown(msgspec.Struct, frozen=True, kw_only=True):
    """``number``: what is shown as E.164, ``text``: as people write it; both None when the user has no such
    number any more. ``hide``: the number is withheld on every call. ``business``, ``private``: for contacts
    of that list; None: as for everybody."""

    choice: IdentityChoice
    alternate: str | None
    hide: bool
    number: str | None
    text: str | None
    business: ShownToList | None
    private: ShownToList | None
    choices: tuple[NumberToShow, ...]


E164Text = Annotated[str, msgspec.Meta(pattern=E164_PATTERN)]


class WantedForList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As :class:`ShownToList`."""

    choice: IdentityChoice | None = None
    alternate: E164Text | None = None
    hide: bool | None = None


class IdentityWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``alternate``: which of the user's alternate numbers, with ``choice`` alternate. ``business``,
    ``private``: absent stays as it is, null is as for everybody."""

    choice: IdentityChoice
    alternate: E164Text | None = None
    hide: bool = False
    business: WantedForList | msgspec.UnsetType | None = msgspec.UNSET
    private: WantedForList | msgspec.UnsetType | None = msgspec.UNSET
