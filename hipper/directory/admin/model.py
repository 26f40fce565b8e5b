"""What administrators see and say. Ids are ours and opaque; numbers are E.164."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from hipper.pbx.model import ServicePack

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f-\x9f]+(?!\n)$")]
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}(?!\n)$")]
UserName = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}(@[a-z0-9.-]{1,253})?(?!\n)$")]
Domain = Annotated[
    str,
    msgspec.Meta(
        max_length=253, pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+(?!\n)$"
    ),
]
Number = Annotated[str, msgspec.Meta(pattern=r"^\+[1-9][0-9]{6,14}(?!\n)$", examples=["+31201234501"])]
Extension = Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]{1,5}(?!\n)$", examples=["201"])]
AorUser = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}(?!\n)$")]
SubscriptionId = Annotated[str, msgspec.Meta(pattern=r"^[!-~]{1,64}(?!\n)$")]
Country = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}(?!\n)$")]
AreaCode = Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]{0,5}(?!\n)$")]
Seconds = Annotated[int, msgspec.Meta(ge=5, le=180)]
BlockSize = Literal[1, 10, 100, 1000, 10000]
Reference = Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[ -~]*(?!\n)$")]


class _Shown(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: every member is there."""


class _Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request. What is absent from a change stays."""


class Tenant(_Shown, frozen=True, kw_only=True):
    """A company. ``kind`` cannot change (seed 2.1). ``main_number``: shown by users without a number."""

    id: str
    name: str
    display_name: str
    kind: Literal["enterprise", "group"]
    domains: tuple[str, ...]
    main_number: str | None
    mobile_network: str | None


class NewTenant(_Said, frozen=True, kw_only=True):
    """``group``: name of its first group."""

    name: Name
    display_name: _Text
    kind: Literal["enterprise", "group"]
    domains: Annotated[tuple[Domain, ...], msgspec.Meta(min_length=1, max_length=100)]
    mobile_network: _Text | None = None
    group: Name = "main"


class TenantChange(_Said, frozen=True, kw_only=True):
    """``domains`` and ``mobile_network`` are for operators."""

    display_name: _Text | UnsetType = UNSET
    main_number: Number | UnsetType | None = UNSET
    mobile_network: _Text | UnsetType | None = UNSET
    domains: Annotated[tuple[Domain, ...], msgspec.Meta(min_length=1, max_length=100)] | UnsetType = UNSET


class Group(_Shown, frozen=True, kw_only=True):
    id: str
    tenant: str
    name: str
    display_name: str
    country: str
    area_code: str | None
    time_zone: str


class NewGroup(_Said, frozen=True, kw_only=True):
    name: Name
    display_name: _Text | None = None
    country: Country = "NL"
    area_code: AreaCode | None = None
    time_zone: _Text = "Europe/Amsterdam"


class GroupChange(_Said, frozen=True, kw_only=True):
    display_name: _Text | UnsetType = UNSET
    area_code: AreaCode | UnsetType | None = UNSET
    time_zone: _Text | UnsetType = UNSET


class User(_Shown, frozen=True, kw_only=True):
    """``user``: ``user@domain``, what people sign in with (seed 2.2)."""

    id: str
    tenant: str
    group: str
    user: str
    display_name: str
    language: str
    enabled: bool
    pack: ServicePack
    extension: str | None
    fixed: str | None
    mobile: str | None
    alternates: tuple[str, ...]
    no_answer_s: int
    decline_ends_ringing: bool
    mobile_subscription: str | None
    fixed_subscription: str | None


class NewUser(_Said, frozen=True, kw_only=True):
    """``user``: without a domain, in the company's first. Numbers are free ones of the company."""

    user: UserName
    display_name: _Text
    pack: ServicePack
    extension: Extension | None = None
    fixed: Number | None = None
    mobile: Number | None = None
    alternates: Annotated[tuple[Number, ...], msgspec.Meta(max_length=10)] = ()
    language: Literal["nl", "en"] = "nl"
    no_answer_s: Seconds = 30
    decline_ends_ringing: bool = True
    enabled: bool = True


class UserChange(_Said, frozen=True, kw_only=True):
    """Numbers and the pack have routes of their own, since they may be refused."""

    display_name: _Text | UnsetType = UNSET
    group: Annotated[str, msgspec.Meta(max_length=64)] | UnsetType = UNSET
    extension: Extension | UnsetType | None = UNSET
    language: Literal["nl", "en"] | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    no_answer_s: Seconds | UnsetType = UNSET
    decline_ends_ringing: bool | UnsetType = UNSET
    fixed_subscription: SubscriptionId | UnsetType = UNSET


class Block(_Shown, frozen=True, kw_only=True):
    """``used``: how many of its numbers somebody has. ``split_from``: the block it was part of."""

    id: str
    tenant: str
    first: str
    last: str
    size: BlockSize
    kind: Literal["geographic", "085", "088", "other", "international"]
    reference: str
    split_from: str | None
    used: int


class NewBlock(_Said, frozen=True, kw_only=True):
    """``first``: ends with as many noughts as ``size`` has. ``reference``: the order; of an 088 block the
    regulator's allocation, which must be there (seed 8)."""

    first: Number
    size: BlockSize
    reference: Reference = ""


class Split(_Said, frozen=True, kw_only=True):
    """``parts``: ten new blocks, or a multiple of ten (seed 8)."""

    parts: Literal[10, 100, 1000, 10000] = 10


class NumberUse(_Shown, frozen=True, kw_only=True):
    """A number of the company. ``kind`` None: free. ``user`` None too, or not in the reach of who asks."""

    number: str
    text: str
    kind: Literal["fixed", "mobile", "alternate", "main"] | None
    user: str | None
    block: str | None


class NumberWanted(_Said, frozen=True, kw_only=True):
    kind: Literal["fixed", "mobile", "alternate"]


class Telephone(_Shown, frozen=True, kw_only=True):
    """``aor``: of desk phones, ``aor_user@domain``. ``site``: the emergency zone it stands in (seed 9)."""

    id: str
    user: str
    kind: Literal["desk_phone", "mobile", "exchange"]
    label: str
    aor: str | None
    mobile_network: str | None
    exchange: str | None
    site: str | None
    rings: bool


class NewTelephone(_Said, frozen=True, kw_only=True):
    """A desk phone. ``aor_user``: its user part and digest user name; left out, one is made of the user's."""

    label: _Text
    aor_user: AorUser | None = None
    site: _Text | None = None
    rings: bool = True


class TelephoneChange(_Said, frozen=True, kw_only=True):
    label: _Text | UnsetType = UNSET
    site: _Text | UnsetType | None = UNSET
    rings: bool | UnsetType = UNSET


class Licence(_Shown, frozen=True, kw_only=True):
    """``licences`` None: as many as the group likes."""

    pack: ServicePack
    licences: int | None
    users: int


class Licences(_Shown, frozen=True, kw_only=True):
    items: tuple[Licence, ...]


class LicencesWanted(_Said, frozen=True, kw_only=True):
    """How many users of each pack a group may have; ``null`` or absent: no limit. Not fewer than it has."""

    base_plus: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None = None
    business_plus: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None = None
    premium_plus: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None = None
    vast_mobiel_business_plus: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None = None
    vast_mobiel_premium_plus: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None = None


class PackWanted(_Said, frozen=True, kw_only=True):
    pack: ServicePack


class PackChange(_Shown, frozen=True, kw_only=True):
    """What changing the pack does. ``lost``: services the user set and the new pack does not hold; their
    settings are kept and do nothing. ``stays``: services that are set and go on. ``gained``: services that
    come with it. ``obstacles``: what must go first."""

    pack: ServicePack
    before: ServicePack
    lost: tuple[str, ...]
    stays: tuple[str, ...]
    gained: tuple[str, ...]
    obstacles: tuple[str, ...]


class Subscription(_Shown, frozen=True, kw_only=True):
    """What calls are charged to (seed 5.7). ``number``: of a mobile subscription. ``users``: who has it."""

    id: str
    kind: Literal["mobile", "fixed"]
    number: str | None
    mobile_network: str | None
    users: tuple[str, ...]


class NewSubscription(_Said, frozen=True, kw_only=True):
    """``number`` and ``mobile_network``: of a mobile subscription, both or neither."""

    id: SubscriptionId
    kind: Literal["mobile", "fixed"]
    number: Number | None = None
    mobile_network: _Text | None = None
