"""A tenant as a provisioning file that applies to the same state. Passwords are not
known and so not in it."""

from __future__ import annotations

from typing import Any

import tomli_w

from hipper.directory.provision.settling import owns_choice
from hipper.directory.provision.state import Subscriber, Tenant
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
            )
        )
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
            mobile_subscription=one.mobile_subscription,
            fixed_subscription=one.fixed_subscription,
        )
    ]
    if one.mobile_phone is not None:
        phone = one.mobile_phone
        parts.append(
            _table("[subscriber.mobile_phone]", network=phone.network, label=phone.label, rings=phone.rings)
        )
    parts += [
        _table("[[subscriber.desk_phone]]", aor_user=desk.aor_user, label=desk.label, rings=desk.rings)
        for desk in one.desk_phones
    ]
    return parts


def _table(header: str, **values: Any) -> str:
    said = {key: value for key, value in values.items() if value is not None}
    return f"{header}\n{tomli_w.dumps(said)}"


def _written(number: str | None) -> str | None:
    return None if number is None else format_international(number)
