"""What separates a tenant from what it should become, as things to write and as lines to read. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from hipper.directory.credentials import hashed
from hipper.directory.provision.state import DeskPhone, Services, Subscriber, Tenant
from hipper.directory.provision.stored import Credential


class Secret(NamedTuple):
    """A desk phone whose digest secret is to be set. ``password`` None: one is to be made."""

    aor_user: str
    domain: str
    password: str | None


class Change(NamedTuple):
    """``sign``: ``+`` new, ``~`` changed, ``-`` removed. ``subject``: a thing as an operator names it."""

    sign: str
    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.sign} {self.subject}: {self.text}" if self.text else f"{self.sign} {self.subject}"


class Difference(NamedTuple):
    """``changes``: to read. ``subscribers``: to write (new or changed). ``secrets``: to set."""

    changes: tuple[Change, ...]
    subscribers: tuple[Subscriber, ...]
    secrets: tuple[Secret, ...]


def compare(
    current: Tenant | None, settled: Tenant, credentials: dict[str, Credential], realm: str | None
) -> Difference:
    """``realm``: of the installation's registrar; None: each phone's domain."""
    changes: list[Change] = _tenant_changes(current, settled)
    before = {} if current is None else {subscriber.aor: subscriber for subscriber in current.subscribers}
    after = {subscriber.aor for subscriber in settled.subscribers}
    touched: list[Subscriber] = []
    secrets: list[Secret] = []
    changes += [Change("-", f"subscriber {aor}", "") for aor in before if aor not in after]
    for subscriber in settled.subscribers:
        found = _subscriber_changes(before.get(subscriber.aor), subscriber)
        if found:
            touched.append(subscriber)
        for phone in subscriber.desk_phones:
            secret = _secret(phone, subscriber.domain, credentials, realm)
            if secret is not None:
                secrets.append(secret)
                _tell_secret(secret, found)
        changes += found
    return Difference(tuple(changes), tuple(touched), tuple(secrets))


def _tenant_changes(current: Tenant | None, settled: Tenant) -> list[Change]:
    subject = f"tenant {settled.name}"
    shown = ("display_name", "kind", "main_number", "mobile_network")
    changes = _changed(subject, current, settled, shown)
    domains = () if current is None else current.domains
    changes += [Change("+", f"domain {name}", "") for name in settled.domains if name not in domains]
    changes += [Change("-", f"domain {name}", "") for name in domains if name not in settled.domains]
    before = {} if current is None else {group.name: group for group in current.groups}
    for group in settled.groups:
        known = before.pop(group.name, None)
        keys = ("display_name", "country", "area_code", "time_zone")
        changes += _changed(f"group {group.name}", known, group, keys)
        changes += _service_changes(f"group {group.name}", known.services if known else (), group.services)
    return changes + [Change("-", f"group {name}", "") for name in before]


_NOT_IN_ITS_LINE = (
    *("user", "domain", "desk_phones", "mobile_phone"),
    *("exchange_phones", "services", "business_contacts", "private_contacts"),
)


def _subscriber_changes(before: Subscriber | None, after: Subscriber) -> list[Change]:
    keys = tuple(field for field in Subscriber.__struct_fields__ if field not in _NOT_IN_ITS_LINE)
    changes = _changed(f"subscriber {after.aor}", before, after, keys)
    phones = {} if before is None else {phone.aor_user: phone for phone in before.desk_phones}
    for phone in after.desk_phones:
        subject = f"desk phone {phone.aor_user}@{after.domain}"
        changes += _changed(
            subject, phones.pop(phone.aor_user, None), phone, ("label", "rings", "site"), of=after.aor
        )
    changes += [Change("-", f"desk phone {name}@{after.domain}", f"of {after.aor}") for name in phones]
    subject = f"mobile phone of {after.aor}"
    mobile = None if before is None else before.mobile_phone
    if after.mobile_phone is not None:
        changes += _changed(subject, mobile, after.mobile_phone, ("network", "label", "rings"))
    elif mobile is not None:
        changes.append(Change("-", subject, ""))
    changes += _exchange_changes(before, after)
    changes += _service_changes(f"{after.aor}", before.services if before else (), after.services)
    for which in ("business_contacts", "private_contacts"):
        changes += _contact_changes(which, before, after)
    return changes


def _exchange_changes(before: Subscriber | None, after: Subscriber) -> list[Change]:
    known = {} if before is None else {phone.name: phone for phone in before.exchange_phones}
    changes: list[Change] = []
    for phone in after.exchange_phones:
        subject = f"exchange phone {phone.name}"
        changes += _changed(subject, known.pop(phone.name, None), phone, ("label", "rings"), of=after.aor)
    return changes + [Change("-", f"exchange phone {name}", f"of {after.aor}") for name in known]


def _service_changes(owner: str, before: Services, after: Services) -> list[Change]:
    known = dict(before)
    changes = []
    for name, text in after:
        old = known.pop(name, None)
        subject = f"service {name} of {owner}"
        if old is None:
            changes.append(Change("+", subject, text))
        elif old != text:
            changes.append(Change("~", subject, f"{old} -> {text}"))
    return changes + [Change("-", f"service {name} of {owner}", "") for name in known]


def _contact_changes(which: str, before: Subscriber | None, after: Subscriber) -> list[Change]:
    """How many, not which: whom a user calls privately is nobody else's business (call-flows §7)."""
    old = set(getattr(before, which) or ()) if before is not None else set()
    new = set(getattr(after, which) or ())
    if old == new:
        return []
    subject = f"{which.replace('_', ' ')} of {after.aor}"
    return [Change("~", subject, f"{len(new - old)} added, {len(old - new)} removed, {len(new)} in all")]


def _changed(
    subject: str,
    before: msgspec.Struct | None,
    after: msgspec.Struct,
    keys: Iterable[str],
    of: str | None = None,
) -> list[Change]:
    """One ``+`` line for a new thing, one ``~`` line for all that changed of a known one."""
    if before is None:
        told = [f"of {of}"] if of else []
        told += [f"{key} {_shown(value)}" for key in keys if (value := getattr(after, key)) not in (None, ())]
        return [Change("+", subject, ", ".join(told))]
    told = [
        f"{key} {_shown(getattr(before, key))} -> {_shown(getattr(after, key))}"
        for key in keys
        if getattr(before, key) != getattr(after, key)
    ]
    return [Change("~", subject, ", ".join(told))] if told else []


def _shown(value: Any) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(value)
    return f'"{value}"' if isinstance(value, str) and " " in value else str(value)


def _secret(
    phone: DeskPhone, domain: str, credentials: dict[str, Credential], realm: str | None
) -> Secret | None:
    """A password in the file that is not the one set; or none anywhere. One that is set for another realm
    cannot be carried over, since only its hash is known: a new one is made."""
    known = credentials.get(f"{phone.aor_user}@{domain}")
    wanted_realm = realm or domain
    usable = known if known is not None and known.realm == wanted_realm else None
    if phone.password is None:
        return None if usable else Secret(phone.aor_user, domain, None)
    if usable and (usable.ha1_md5, usable.ha1_sha256) == hashed(phone.aor_user, wanted_realm, phone.password):
        return None
    return Secret(phone.aor_user, domain, phone.password)


def _tell_secret(secret: Secret, found: list[Change]) -> None:
    """In the line of a new or changed phone, else in one of its own."""
    subject = f"desk phone {secret.aor_user}@{secret.domain}"
    told = "new password, shown once when applied" if secret.password is None else "password of the file"
    for index, change in enumerate(found):
        if change.subject == subject and change.sign != "-":
            found[index] = change._replace(text=f"{change.text}, {told}")
            return
    found.append(Change("~", subject, told))
