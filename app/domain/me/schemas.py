"""Who I am, as the app shows it."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import msgspec

from hipper.pbx.ids import DeviceId, GroupId, SubscriberId
from hipper.pbx.model import DeviceKind, IdentityChoice, NumberKind, ServicePack

E164_PATTERN = r"^\+[1-9][0-9]{6,14}(?!\n)$"


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


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """``services``: those of the pack, by name; settings at ``/v1/me/services/<name>``. ``live``: whether the
    states of the devices are known now."""

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
    services: tuple[str, ...]


class DeviceChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is absent stays."""

    rings: bool | msgspec.UnsetType = msgspec.UNSET


class IdentityShown(msgspec.Struct, frozen=True, kw_only=True):
    """``number``: what is shown as E.164, ``text``: as people write it; both None when the user has no such
    number any more. ``hide``: the number is withheld on every call."""

    choice: IdentityChoice
    alternate: str | None
    hide: bool
    number: str | None
    text: str | None


class IdentityWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``alternate``: which of the user's alternate numbers, with ``choice`` alternate."""

    choice: IdentityChoice
    alternate: Annotated[str, msgspec.Meta(pattern=E164_PATTERN)] | None = None
    hide: bool = False
