"""A tenant as a provisioning file that applies to the same state. Passwords are not
known and so not in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import tomli_w

from hipper.directory.provision.settling import owns_choice
from hipper.directory.provision.state import Services, Subscriber, Tenant
from hipper.telephony.numbers.format import format_international


def to_toml(tenant: Tenant) -> str:
    """Written table by table, each phone below its user, as a person would write it."""
    parts = [
        _table(
            "[tenant]",
            name=tenant.name,
            display_name=tenant.display_name,
            kind=tenant.kind,
            domains=list(tenant.domains),
            main_number=_written(tenant.main_number),
            mobile_network=tenant.mobile_network,
        )
    ]
    for group in tenant.groups:
        parts.append(
            _table(
                "[[group]]",
                name=group.name,
                display_name=group.display_name,
                country=group.country,
                area_code=group.area_code,
                time_zone=group.time_zone,
            )
        )
        parts += _services("group", group.services)
    for subscriber in tenant.subscribers:
        parts += _subscriber(subscriber)
    return "\n".join(parts)


def _subscriber(one: Subscriber) -> list[str]:
    # a choice that is not the user's cannot be asked for; leaving it out keeps what is set
    chosen = owns_choice(one, one.identity, one.identity_alternate)
    parts = [
        _table(
            "[[subscriber]]",
            user=one.aor,
            display_name=one.display_name,
            group=one.group,
            extension=one.extension,
            fixed=_written(one.fixed),
            mobile=_written(one.mobile),
            alternates=[format_international(number) for number in one.alternates] or None,
            identity=one.identity if chosen else None,
            identity_alternate=_written(one.identity_alternate) if chosen else None,
            withhold=one.withhold,
            no_answer_s=one.no_answer_s,
            decline_ends_ringing=one.decline_ends_ringing,
            language=one.language,
            enabled=one.enabled,
            pack=one.pack,
            mobile_subscription=one.mobile_subscription,
            fixed_subscription=one.fixed_subscription,
        )
    ]
    if one.mobile_phone is not None:
        phone = one.mobile_phone
        parts.append(
            _table("[subscriber.mobile_phone]", network=phone.network, label=phone.label, rings=phone.rings)
        )
    parts += _tables("[[subscriber.desk_phone]]", one.desk_phones, "aor_user", "label", "rings", "site")
    parts += _tables(
        "[[subscriber.exchange_phone]]", one.exchange_phones, "exchange", "user", "label", "rings"
    )
    return parts + _contacts(one) + _services("subscriber", one.services)


def _contacts(one: Subscriber) -> list[str]:
    if not one.business_contacts and not one.private_contacts:
        return []
    lists = {"business": one.business_contacts or (), "private": one.private_contacts or ()}
    written = {name: [format_international(number) for number in numbers] for name, numbers in lists.items()}
    return [_table("[subscriber.contacts]", **written)]


def _services(owner: str, services: Services) -> list[str]:
    """Nested tables are written inline, so that each service stays below one header."""
    return [
        f"[{owner}.services.{name}]\n{_inline(msgspec.json.decode(settings))}" for name, settings in services
    ]


def _inline(values: dict[str, Any]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in values.items() if value is not None)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{key} = {_value(one)}" for key, one in value.items() if one is not None)
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(_value(one) for one in value)}]"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip()


def _table(header: str, **values: Any) -> str:
    said = {key: value for key, value in values.items() if value is not None}
    return f"{header}\n{tomli_w.dumps(said)}"


def _tables(header: str, ones: Sequence[object], *names: str) -> list[str]:
    return [_table(header, **{name: getattr(one, name) for name in names}) for one in ones]


def _written(number: str | None) -> str | None:
    return None if number is None else format_international(number)
