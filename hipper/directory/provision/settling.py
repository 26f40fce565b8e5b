"""What a tenant should become: the file's word, else what is set, else the default. Pure.

What a file leaves out stays. Things it does not name (users, phones, numbers, groups, domains) stay too
unless ``prune`` is set; a number or phone that the file gives to somebody else moves.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import msgspec

from hipper.directory.admin.subscriptions import made_up
from hipper.directory.provision.state import (
    DeskPhone,
    ExchangePhone,
    Group,
    MobilePhone,
    Services,
    Subscriber,
    Tenant,
)
from hipper.pbx.model import ServicePack

_Thing = TypeVar("_Thing", bound=msgspec.Struct)


class Settled(NamedTuple):
    """``kept``: what the file does not name and only pruning would remove, one readable line each."""

    tenant: Tenant
    kept: tuple[str, ...]


class _Claims(NamedTuple):
    """What the file gives to somebody: nobody else keeps it."""

    extensions: frozenset[str]
    e164s: frozenset[str]
    phones: frozenset[tuple[str, str]]
    exchange_phones: frozenset[tuple[str, str]]


def settle(wanted: Tenant, current: Tenant | None, *, prune: bool) -> Settled:
    kept: list[str] = []
    claims = _claims(wanted)
    before = {} if current is None else {subscriber.aor: subscriber for subscriber in current.subscribers}
    subscribers = [
        _subscriber(subscriber, before.get(subscriber.aor), wanted, current, claims, prune, kept)
        for subscriber in wanted.subscribers
    ]
    domains, groups = list(wanted.domains), [_group(group, current, prune, kept) for group in wanted.groups]
    if current is not None and not prune:
        subscribers += _unnamed_subscribers(wanted, current, kept)
        groups += _unnamed_groups(wanted, current, kept)
        domains += _unnamed_domains(wanted, current, kept)
    tenant = msgspec.structs.replace(
        wanted,
        main_number=wanted.main_number or (current.main_number if current else None),
        mobile_network=_network(wanted, current),
        domains=tuple(domains),
        groups=tuple(groups),
        subscribers=tuple(subscribers),
    )
    return Settled(tenant, tuple(kept))


def _claims(wanted: Tenant) -> _Claims:
    return _Claims(
        frozenset(s.extension for s in wanted.subscribers if s.extension is not None),
        frozenset(number for s in wanted.subscribers for number in s.e164s),
        frozenset((s.domain, phone.aor_user) for s in wanted.subscribers for phone in s.desk_phones),
        frozenset((phone.exchange, phone.user) for s in wanted.subscribers for phone in s.exchange_phones),
    )


def _said(wanted: _Thing, current: _Thing | None, defaults: dict[str, Any]) -> _Thing:
    """``wanted`` with what it does not say filled in."""
    filled = {}
    for key, default in defaults.items():
        if getattr(wanted, key) is None:
            known = None if current is None else getattr(current, key)
            filled[key] = default if known is None else known
    return msgspec.structs.replace(wanted, **filled)


def _group(wanted: Group, current: Tenant | None, prune: bool, kept: list[str]) -> Group:
    known = None if current is None else next((g for g in current.groups if g.name == wanted.name), None)
    defaults = {
        "display_name": wanted.name,
        "country": "NL",
        "area_code": None,
        "time_zone": "Europe/Amsterdam",
    }
    settled = _said(wanted, known, defaults)
    before = () if known is None else known.services
    return msgspec.structs.replace(
        settled, services=_services(wanted.services, before, f"group {wanted.name}", prune, kept)
    )


def _network(wanted: Tenant, current: Tenant | None) -> str | None:
    return wanted.mobile_network or (current.mobile_network if current else None)


def _subscriber(
    wanted: Subscriber,
    known: Subscriber | None,
    tenant: Tenant,
    current: Tenant | None,
    claims: _Claims,
    prune: bool,
    kept: list[str],
) -> Subscriber:
    settled = _said(
        wanted,
        known,
        {
            "withhold": False,
            "no_answer_s": 30,
            "decline_ends_ringing": True,
            "language": "nl",
            "enabled": True,
            "pack": ServicePack.VAST_MOBIEL_PREMIUM_PLUS.value,
            "business_contacts": (),
            "private_contacts": (),
            "fixed_subscription": made_up("fixed", wanted.aor),
        },
    )
    if known is not None and not prune:
        settled = _with_unnamed_numbers(settled, known, claims, kept)
    settled = msgspec.structs.replace(
        settled,
        desk_phones=_desk_phones(wanted, known, claims, prune, kept),
        mobile_phone=_mobile_phone(settled, known, _network(tenant, current)),
        exchange_phones=_exchange_phones(wanted, known, claims, prune, kept),
        services=_services(wanted.services, () if known is None else known.services, wanted.aor, prune, kept),
    )
    settled = msgspec.structs.replace(settled, alternates=tuple(sorted(settled.alternates)))
    if settled.mobile is not None:
        default = {"mobile_subscription": made_up("mobile", wanted.aor)}
        settled = _said(settled, known, default)
    return _with_identity(settled, known)


def _with_unnamed_numbers(
    settled: Subscriber, known: Subscriber, claims: _Claims, kept: list[str]
) -> Subscriber:
    """Numbers the user has and the file does not name stay, unless the file gives them to somebody."""
    changes: dict[str, Any] = {}
    for kind in ("extension", "fixed", "mobile"):
        number = getattr(known, kind)
        claimed = claims.extensions if kind == "extension" else claims.e164s
        if getattr(settled, kind) is None and number is not None and number not in claimed:
            changes[kind] = number
            kept.append(f"{kind} {number} of {known.aor}")
    extra = tuple(number for number in known.alternates if number not in claims.e164s)
    if extra:
        changes["alternates"] = settled.alternates + extra
        kept += [f"alternate {number} of {known.aor}" for number in extra]
    return msgspec.structs.replace(settled, **changes)


def _desk_phones(
    wanted: Subscriber, known: Subscriber | None, claims: _Claims, prune: bool, kept: list[str]
) -> tuple[DeskPhone, ...]:
    before = {} if known is None else {phone.aor_user: phone for phone in known.desk_phones}
    phones = [
        _said(phone, before.get(phone.aor_user), {"label": phone.aor_user, "rings": True, "site": None})
        for phone in wanted.desk_phones
    ]
    for phone in before.values():
        if not prune and (wanted.domain, phone.aor_user) not in claims.phones:
            phones.append(phone)
            kept.append(f"desk phone {phone.aor_user}@{wanted.domain}")
    return tuple(phones)


def _exchange_phones(
    wanted: Subscriber, known: Subscriber | None, claims: _Claims, prune: bool, kept: list[str]
) -> tuple[ExchangePhone, ...]:
    before = {} if known is None else {phone.name: phone for phone in known.exchange_phones}
    phones = [
        _said(phone, before.pop(phone.name, None), {"label": phone.name, "rings": True})
        for phone in wanted.exchange_phones
    ]
    for phone in before.values():
        if not prune and (phone.exchange, phone.user) not in claims.exchange_phones:
            phones.append(phone)
            kept.append(f"exchange phone {phone.name} of {wanted.aor}")
    return tuple(sorted(phones, key=lambda phone: phone.name))


def _services(wanted: Services, before: Services, owner: str, prune: bool, kept: list[str]) -> Services:
    """A service the file names is as the file says, whole; one it does not name stays as it is set."""
    named = dict(wanted)
    unnamed = {} if prune else {name: text for name, text in before if name not in named}
    kept += [f"service {name} of {owner}" for name in unnamed]
    return tuple(sorted((unnamed | named).items()))


def _mobile_phone(settled: Subscriber, known: Subscriber | None, network: str | None) -> MobilePhone | None:
    """Whoever has a mobile number has a mobile phone; whoever loses the number loses the phone with it."""
    before = None if known is None else known.mobile_phone
    if settled.mobile is None and settled.mobile_phone is None:
        return None
    wanted = settled.mobile_phone or MobilePhone()
    return _said(wanted, before, {"network": network, "label": "Mobile", "rings": True})


def _with_identity(settled: Subscriber, known: Subscriber | None) -> Subscriber:
    """What the user chose stays while that number is the user's. A file that chooses
    wrongly is checked later."""
    if settled.identity is not None:
        alternate = settled.identity_alternate if settled.identity == "alternate" else None
        if settled.identity == "alternate" and alternate is None and len(settled.alternates) == 1:
            alternate = settled.alternates[0]
        return msgspec.structs.replace(settled, identity_alternate=alternate)
    default = "mobile" if settled.fixed is None and settled.mobile is not None else "fixed"
    if known is not None and owns_choice(settled, known.identity, known.identity_alternate):
        return msgspec.structs.replace(
            settled, identity=known.identity, identity_alternate=known.identity_alternate
        )
    return msgspec.structs.replace(settled, identity=default, identity_alternate=None)


def owns_choice(subscriber: Subscriber, identity: str | None, alternate: str | None) -> bool:
    """Whether the number behind an identity choice is this user's."""
    if identity == "alternate":
        return alternate in subscriber.alternates
    return (subscriber.mobile if identity == "mobile" else subscriber.fixed) is not None


def _unnamed_subscribers(wanted: Tenant, current: Tenant, kept: list[str]) -> list[Subscriber]:
    """Users the file does not name stay whole, also with a number it gives away: that is a
    problem to report."""
    named = {subscriber.aor for subscriber in wanted.subscribers}
    unnamed = [subscriber for subscriber in current.subscribers if subscriber.aor not in named]
    kept += [f"subscriber {subscriber.aor}" for subscriber in unnamed]
    return unnamed


def _unnamed_groups(wanted: Tenant, current: Tenant, kept: list[str]) -> list[Group]:
    named = {group.name for group in wanted.groups}
    unnamed = [group for group in current.groups if group.name not in named]
    kept += [f"group {group.name}" for group in unnamed]
    return unnamed


def _unnamed_domains(wanted: Tenant, current: Tenant, kept: list[str]) -> list[str]:
    unnamed = [domain for domain in current.domains if domain not in wanted.domains]
    kept += [f"domain {domain}" for domain in unnamed]
    return unnamed
