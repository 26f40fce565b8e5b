"""From the text of a provisioning file to the state it asks for. Reports every problem with its line."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import phonenumbers

from hipper.directory.provision import schema
from hipper.directory.provision.lines import LineIndex, Path
from hipper.directory.provision.problems import Problem, Problems, ProvisioningError
from hipper.directory.provision.schema import checked
from hipper.directory.provision.services_reading import read_services
from hipper.directory.provision.state import (
    DeskPhone,
    ExchangePhone,
    Group,
    MobilePhone,
    Subscriber,
    Tenant,
)
from hipper.pbx.pack_limits import MOST_ALTERNATES
from hipper.telephony.numbers.classify import NumberType, classify
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.numbers.extensions import extension_problem
from hipper.telephony.numbers.normalise import normalise_e164

_SERVICE_TYPES = (NumberType.SERVICE_FREE, NumberType.SERVICE_PAID, NumberType.PAGER)


class WantedTenant:
    """A file's tenant, and where in the file each user stands."""

    def __init__(self, tenant: Tenant, problems: Problems, paths: dict[str, Path]) -> None:
        self.tenant = tenant
        self.problems = problems
        self.paths = paths

    def path_of(self, aor: str, *keys: str | int) -> Path:
        """Where ``keys`` of the user ``aor`` stand; the whole file for a user it does not name."""
        return (*self.paths[aor], *keys) if aor in self.paths else ()


def read_document(text: str, file: str) -> WantedTenant:
    """Raises ProvisioningError when the text is no TOML or has keys and values that cannot be."""
    document = _toml(text, file)
    problems = Problems(file, LineIndex(text))
    wanted = _Reader(document, problems).read()
    problems.raise_if_any()
    return wanted


def _toml(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column \d+\)", str(error))
        line = int(found[1]) if found else len(text.splitlines())
        reason = re.sub(r" \(at .*\)$", "", str(error))
        raise ProvisioningError(file, [Problem(line, f"this is not TOML: {reason}")]) from None


class _Reader:
    def __init__(self, document: dict[str, Any], problems: Problems) -> None:
        self._document = checked(document, schema.FILE, (), problems, "file")
        self._problems = problems
        self._countries: dict[str, str] = {}
        self._paths: dict[str, Path] = {}

    def read(self) -> WantedTenant:
        values = checked(
            self._document.get("tenant", {}), schema.TENANT, ("tenant",), self._problems, "tenant"
        )
        groups = tuple(
            group
            for index, table in enumerate(self._document.get("group", []))
            if (group := self._group(table, ("group", index))) is not None
        )
        groups = groups or (Group(name="main"),)
        self._countries = {group.name: group.country or "NL" for group in groups}
        if values.get("kind") == "group" and len(groups) > 1:
            text = 'a tenant of kind "group" has one [[group]]; several groups make an "enterprise"'
            self._problems.add(("group", 1), text)
        domains = tuple(values.get("domains", ()))
        tenant = Tenant(
            name=values.get("name", ""),
            display_name=values.get("display_name", ""),
            kind=values.get("kind", ""),
            main_number=self._number(values, "main_number", groups[0].name, ("tenant",), "tenant"),
            mobile_network=values.get("mobile_network"),
            domains=domains,
            groups=groups,
            subscribers=self._subscribers(groups, domains),
        )
        if "domains" in values and not domains:
            self._problems.add(("tenant", "domains"), "tenant: domains must name at least one domain")
        return WantedTenant(tenant, self._problems, self._paths)

    def _group(self, table: Any, path: Path) -> Group | None:
        values = checked(table, schema.GROUP, path, self._problems, "group")
        country = values.get("country")
        if country is not None and not phonenumbers.country_code_for_region(country):
            self._problems.add((*path, "country"), f'group: there is no country "{country}"; write "NL"')
            country = None
        if "name" not in values:
            return None
        if values["name"] in self._countries:
            self._problems.add((*path, "name"), f'group: "{values["name"]}" is there twice')
        self._countries[values["name"]] = country or "NL"
        return Group(
            name=values["name"],
            display_name=values.get("display_name"),
            country=country,
            area_code=values.get("area_code"),
            time_zone=values.get("time_zone"),
            services=read_services(values, "group", path, self._problems, f"group {values['name']}"),
        )

    def _subscribers(self, groups: tuple[Group, ...], domains: tuple[str, ...]) -> tuple[Subscriber, ...]:
        found = []
        for index, table in enumerate(self._document.get("subscriber", [])):
            subscriber = self._subscriber(table, ("subscriber", index), groups, domains)
            if subscriber is None:
                continue
            path: Path = ("subscriber", index)
            if subscriber.aor in self._paths:
                self._problems.add((*path, "user"), f"subscriber {subscriber.aor} is there twice")
            self._paths[subscriber.aor] = path
            found.append(subscriber)
        return tuple(found)

    def _subscriber(
        self, table: Any, path: Path, groups: tuple[Group, ...], domains: tuple[str, ...]
    ) -> Subscriber | None:
        name = table.get("user", "without user") if isinstance(table, dict) else ""
        what = f"subscriber {name}"
        values = checked(table, schema.SUBSCRIBER, path, self._problems, what)
        if not {"user", "display_name"} <= set(values) or not domains:
            return None
        user, _, domain = values["user"].partition("@")
        group = self._group_of(values, groups, path, what)
        settings = (
            "identity",
            "withhold",
            "no_answer_s",
            "decline_ends_ringing",
            "language",
            "enabled",
            "pack",
        )
        paid_by = ("mobile_subscription", "fixed_subscription")
        return Subscriber(
            user=user,
            domain=self._domain_of(domain, domains, path, what),
            group=group,
            display_name=values["display_name"],
            extension=self._extension(values, group, path, what),
            fixed=self._number(values, "fixed", group, path, what),
            mobile=self._number(values, "mobile", group, path, what),
            alternates=self._alternates(values, group, path, what),
            identity_alternate=self._number(values, "identity_alternate", group, path, what),
            desk_phones=self._desk_phones(values, path, what),
            mobile_phone=self._mobile_phone(values, path, what),
            exchange_phones=self._exchange_phones(values, path, what),
            services=read_services(values, "subscriber", path, self._problems, what),
            business_contacts=self._contacts(values, "business", group, path, what),
            private_contacts=self._contacts(values, "private", group, path, what),
            **{key: values.get(key) for key in (*settings, *paid_by)},
        )

    def _group_of(self, values: dict[str, Any], groups: tuple[Group, ...], path: Path, what: str) -> str:
        name = values.get("group", groups[0].name if len(groups) == 1 else None)
        known = ", ".join(group.name for group in groups)
        if name is None:
            self._problems.add(path, f'{what}: "group" is missing; groups are {known}')
        elif name not in self._countries:
            self._problems.add((*path, "group"), f'{what}: there is no group "{name}"; groups are {known}')
        return name or groups[0].name

    def _domain_of(self, domain: str, domains: tuple[str, ...], path: Path, what: str) -> str:
        if domain and domain not in domains:
            known = ", ".join(domains)
            self._problems.add(
                (*path, "user"), f'{what}: domain "{domain}" is not the tenant\'s; it has {known}'
            )
        return domain or domains[0]

    def _extension(self, values: dict[str, Any], group: str, path: Path, what: str) -> str | None:
        extension = values.get("extension")
        if extension is None:
            return None
        wrong = extension_problem(extension, self._countries.get(group, "NL"))
        if wrong is not None:
            text = f'{what}: extension "{extension}" {wrong}; choose 2 to 6 digits such as "201"'
            self._problems.add((*path, "extension"), text)
        return str(extension)

    def _number(self, values: dict[str, Any], key: str, group: str, path: Path, what: str) -> E164 | None:
        if key not in values:
            return None
        return self._e164(values[key], key, group, (*path, key), what)

    def _alternates(self, values: dict[str, Any], group: str, path: Path, what: str) -> tuple[E164, ...]:
        texts = values.get("alternates", [])
        if len(texts) > MOST_ALTERNATES:
            self._problems.add((*path, "alternates"), f"{what}: at most {MOST_ALTERNATES} alternates")
        numbers = [self._e164(text, "alternates", group, (*path, "alternates"), what) for text in texts]
        return tuple(number for number in numbers if number is not None)

    def _e164(self, text: str, key: str, group: str, path: Path, what: str) -> E164 | None:
        country = self._countries.get(group, "NL")
        number = normalise_e164(text, country)
        if number is None:
            example = "+31 6 12345678" if key == "mobile" else "+31 20 123 4567"
            self._problems.add(
                path, f'{what}: {key} "{text}" is not a telephone number; write it like "{example}"'
            )
            return None
        kind = classify(number, country)
        if key == "mobile" and kind in (NumberType.NATIONAL_FIXED, NumberType.NATIONAL, *_SERVICE_TYPES):
            self._problems.add(path, f'{what}: mobile "{text}" is not a mobile number')
        if key == "fixed" and kind in (NumberType.MOBILE, *_SERVICE_TYPES):
            self._problems.add(path, f'{what}: fixed "{text}" is not a fixed number')
        return number

    def _desk_phones(self, values: dict[str, Any], path: Path, what: str) -> tuple[DeskPhone, ...]:
        phones = []
        for index, table in enumerate(values.get("desk_phone", [])):
            place = (*path, "desk_phone", index)
            phone = checked(table, schema.DESK_PHONE, place, self._problems, f"{what}: desk_phone")
            if "aor_user" in phone:
                phones.append(DeskPhone(**phone))
        return tuple(phones)

    def _exchange_phones(self, values: dict[str, Any], path: Path, what: str) -> tuple[ExchangePhone, ...]:
        phones = []
        for index, table in enumerate(values.get("exchange_phone", [])):
            place = (*path, "exchange_phone", index)
            phone = checked(table, schema.EXCHANGE_PHONE, place, self._problems, f"{what}: exchange_phone")
            if {"exchange", "user"} <= set(phone):
                phones.append(ExchangePhone(**phone))
        return tuple(phones)

    def _contacts(
        self, values: dict[str, Any], which: str, group: str, path: Path, what: str
    ) -> tuple[E164, ...] | None:
        place = (*path, "contacts")
        lists = checked(
            values.get("contacts", {}), schema.CONTACTS, place, self._problems, f"{what}: contacts"
        )
        if which not in lists:
            return None
        numbers = [
            self._e164(text, f"contacts {which}", group, (*place, which), what) for text in lists[which]
        ]
        return tuple(sorted({number for number in numbers if number is not None}))

    def _mobile_phone(self, values: dict[str, Any], path: Path, what: str) -> MobilePhone | None:
        if "mobile_phone" not in values:
            return None
        place = (*path, "mobile_phone")
        phone = checked(
            values["mobile_phone"], schema.MOBILE_PHONE, place, self._problems, f"{what}: mobile_phone"
        )
        return MobilePhone(**phone)
