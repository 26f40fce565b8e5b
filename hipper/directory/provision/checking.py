"""Checks of the tenant as it would become: what one user has, no other has; what is shown is owned."""

from __future__ import annotations

from hipper.directory.errors import NotInPack
from hipper.directory.provision.lines import Path
from hipper.directory.provision.reading import WantedTenant
from hipper.directory.provision.settling import owns_choice
from hipper.directory.provision.state import Subscriber, Tenant
from hipper.directory.services import check_pack
from hipper.pbx.model import ServicePack
from hipper.pbx.pack_limits import excess
from hipper.pbx.services.registry import SERVICES


def check_whole(wanted: WantedTenant, settled: Tenant, current: Tenant | None) -> None:
    """Adds to ``wanted.problems``; raises nothing."""
    _check_kind(wanted, settled, current)
    _check_unique(wanted, settled)
    said = {subscriber.aor: subscriber for subscriber in wanted.tenant.subscribers}
    for subscriber in settled.subscribers:
        if subscriber.aor in said:
            _check_subscriber(wanted, subscriber, said[subscriber.aor])


def check_available(
    wanted: WantedTenant, settled: Tenant, taken_numbers: set[str], taken_domains: set[str]
) -> None:
    """``taken_*``: what belongs to other tenants. Who they are stays untold."""
    for domain in settled.domains:
        if domain in taken_domains:
            wanted.problems.add(("tenant", "domains"), f'domain "{domain}" is not available; choose another')
    if settled.main_number in taken_numbers:
        path: Path = ("tenant", "main_number")
        wanted.problems.add(path, f"main_number {settled.main_number} is not available; choose another")
    for subscriber in settled.subscribers:
        for key, number in _numbers(subscriber):
            if number in taken_numbers:
                text = f"subscriber {subscriber.aor}: {key} {number} is not available; choose another"
                wanted.problems.add(wanted.path_of(subscriber.aor, key), text)


def check_exchange_phones(wanted: WantedTenant, settled: Tenant, taken: set[str]) -> None:
    """``taken``: names of telephones at exchanges that are other tenants'."""
    for subscriber in settled.subscribers:
        for index, phone in enumerate(subscriber.exchange_phones):
            if phone.name in taken:
                path = wanted.path_of(subscriber.aor, "exchange_phone", index)
                text = f"subscriber {subscriber.aor}: exchange phone {phone.name} is not available"
                wanted.problems.add(path, text)


def _check_kind(wanted: WantedTenant, settled: Tenant, current: Tenant | None) -> None:
    """Seed 2.1: the architecture cannot be changed afterwards."""
    if current is not None and current.kind != settled.kind:
        text = f'tenant: kind is "{current.kind}" and cannot be changed; make a new tenant'
        wanted.problems.add(("tenant", "kind"), text)
    elif settled.kind == "group" and len(settled.groups) > 1:
        names = ", ".join(group.name for group in settled.groups)
        text = f'tenant: kind "group" has one group, this would be {names}; remove the others with --prune'
        wanted.problems.add(("tenant", "kind"), text)


def _check_unique(wanted: WantedTenant, settled: Tenant) -> None:
    owners: dict[str, str] = {}
    # those the file names come last, so that the line told is one that can be changed
    for subscriber in sorted(settled.subscribers, key=lambda one: one.aor in wanted.paths):
        for what, value, path in _unique_things(subscriber):
            if value in owners:
                text = f"subscriber {subscriber.aor}: {what} {value} {_already(wanted, owners[value])}"
                wanted.problems.add(wanted.path_of(subscriber.aor, *path), text)
            owners.setdefault(value, subscriber.aor)


def _already(wanted: WantedTenant, owner: str) -> str:
    if owner in wanted.paths:
        return f"is already that of {owner}; choose another"
    return f"is that of {owner}, who is not in this file; choose another, or remove that user with --prune"


def _unique_things(subscriber: Subscriber) -> list[tuple[str, str, Path]]:
    """``(what, value, path within the user)`` of everything that nobody else may have."""
    things: list[tuple[str, str, Path]] = []
    if subscriber.extension is not None:
        things.append(("extension", subscriber.extension, ("extension",)))
    things += [(f"{key} number", number, (key,)) for key, number in _numbers(subscriber)]
    for index, phone in enumerate(subscriber.desk_phones):
        name = f"{phone.aor_user}@{subscriber.domain}"
        things.append(("desk phone", name, ("desk_phone", index, "aor_user")))
    for index, other in enumerate(subscriber.exchange_phones):
        things.append(("exchange phone", other.name, ("exchange_phone", index, "user")))
    return things


def _numbers(subscriber: Subscriber) -> list[tuple[str, str]]:
    """``(key in the file, E.164)``."""
    single = [("fixed", subscriber.fixed), ("mobile", subscriber.mobile)]
    found: list[tuple[str, str]] = [(key, number) for key, number in single if number is not None]
    return found + [("alternates", number) for number in subscriber.alternates]


def _check_subscriber(wanted: WantedTenant, subscriber: Subscriber, file: Subscriber) -> None:
    what = f"subscriber {subscriber.aor}"
    if file.identity is not None and not owns_choice(
        subscriber, subscriber.identity, subscriber.identity_alternate
    ):
        path = wanted.path_of(subscriber.aor, "identity")
        wanted.problems.add(path, f"{what}: {_identity_problem(subscriber)}")
    if file.identity_alternate is not None and file.identity != "alternate":
        path = wanted.path_of(subscriber.aor, "identity_alternate")
        wanted.problems.add(path, f'{what}: identity_alternate goes with identity = "alternate"')
    _check_pack_limits(wanted, subscriber, what)
    for name, _ in file.services:
        try:
            check_pack(SERVICES[name], ServicePack(subscriber.pack))
        except NotInPack as error:
            wanted.problems.add(wanted.path_of(subscriber.aor, "services", name), f"{what}: {error}")
    both = set(subscriber.business_contacts or ()) & set(subscriber.private_contacts or ())
    if both:
        path = wanted.path_of(subscriber.aor, "contacts", "private")
        text = f"{what}: {', '.join(sorted(both))} is in both contact lists; a caller is in one"
        wanted.problems.add(path, text)
    if file.mobile_phone is not None and subscriber.mobile is None:
        path = wanted.path_of(subscriber.aor, "mobile_phone")
        wanted.problems.add(path, f'{what}: mobile_phone without number; add mobile = "+31 6 …"')
    if subscriber.mobile_phone is not None and subscriber.mobile_phone.network is None:
        path = wanted.path_of(subscriber.aor, "mobile")
        text = "no network for the mobile; add mobile_network to [tenant] or network to its mobile_phone"
        wanted.problems.add(path, f"{what}: {text}")


def _check_pack_limits(wanted: WantedTenant, subscriber: Subscriber, what: str) -> None:
    """The same as for users made one by one."""
    pack = ServicePack(subscriber.pack)
    counts = {"desk_phones": len(subscriber.desk_phones), "alternates": len(subscriber.alternates)}
    for one in excess(pack, mobile=subscriber.mobile is not None, **counts):
        key = "desk_phone" if one.what == "desk_phones" else one.what
        text = f"{what}: {one.has} {one.what.replace('_', ' ')}; {pack.value} has at most {one.most}"
        wanted.problems.add(wanted.path_of(subscriber.aor, key), text)


def _identity_problem(subscriber: Subscriber) -> str:
    own = [key for key in ("mobile", "fixed") if getattr(subscriber, key) is not None]
    instead = " or ".join(f'"{key}"' for key in own) if own else "nothing: leave identity out"
    if subscriber.identity != "alternate":
        kind = subscriber.identity
        return f'identity is "{kind}", but there is no {kind} number; choose {instead}'
    if subscriber.alternates:
        return "identity_alternate must be one of the user's own alternates"
    return f'identity is "alternate", but there are no alternates; choose {instead}'
