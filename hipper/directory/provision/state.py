"""What a tenant consists of: as a file asks for it, as the database has it, as it should become. Pure data.

In a file's state None means *the file does not say*; after settling, only what may really be absent is None.
"""

from __future__ import annotations

import msgspec

from hipper.telephony.numbers.e164 import E164


class DeskPhone(msgspec.Struct, frozen=True, kw_only=True):
    """``password``: only ever from a file, never from the database."""

    aor_user: str
    label: str | None = None
    rings: bool | None = None
    site: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"DeskPhone({self.aor_user})"


class MobilePhone(msgspec.Struct, frozen=True, kw_only=True):
    network: str | None = None
    label: str | None = None
    rings: bool | None = None


class ExchangePhone(msgspec.Struct, frozen=True, kw_only=True):
    """A telephone of another exchange. ``user``: its user part there."""

    exchange: str
    user: str
    label: str | None = None
    rings: bool | None = None

    @property
    def name(self) -> str:
        return f"{self.user} at {self.exchange}"


Services = tuple[tuple[str, str], ...]
"""Name → settings as JSON in one spelling, by name; what is not in it was never set."""


class Subscriber(msgspec.Struct, frozen=True, kw_only=True):
    user: str
    domain: str
    group: str
    display_name: str
    extension: str | None = None
    fixed: E164 | None = None
    mobile: E164 | None = None
    alternates: tuple[E164, ...] = ()
    identity: str | None = None
    identity_alternate: E164 | None = None
    withhold: bool | None = None
    no_answer_s: int | None = None
    decline_ends_ringing: bool | None = None
    language: str | None = None
    enabled: bool | None = None
    pack: str | None = None
    mobile_subscription: str | None = None
    fixed_subscription: str | None = None
    desk_phones: tuple[DeskPhone, ...] = ()
    mobile_phone: MobilePhone | None = None
    exchange_phones: tuple[ExchangePhone, ...] = ()
    services: Services = ()
    business_contacts: tuple[E164, ...] | None = None
    private_contacts: tuple[E164, ...] | None = None
    """The user's two lists of callers; a file that names one gives it whole."""

    @property
    def aor(self) -> str:
        return f"{self.user}@{self.domain}"

    @property
    def e164s(self) -> tuple[E164, ...]:
        return tuple(number for number in (self.fixed, self.mobile, *self.alternates) if number is not None)


class Group(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    display_name: str | None = None
    country: str | None = None
    area_code: str | None = None
    time_zone: str | None = None
    services: Services = ()


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    display_name: str
    kind: str
    main_number: E164 | None = None
    mobile_network: str | None = None
    domains: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()
    subscribers: tuple[Subscriber, ...] = ()
