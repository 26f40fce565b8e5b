"""The services a provisioning file sets for a user or a group: ``[subscriber.services.<name>]``."""

from __future__ import annotations

import difflib
from typing import Any

import msgspec

from hipper.directory.errors import InvalidSettings
from hipper.directory.provision.lines import Path
from hipper.directory.provision.problems import Problems
from hipper.directory.provision.state import Services
from hipper.directory.services import check_meaning, read_settings
from hipper.pbx.services.base import Settings
from hipper.pbx.services.registry import SERVICES, Scope

_encode = msgspec.json.Encoder(order="deterministic").encode


def read_services(
    values: dict[str, Any], scope: Scope, path: Path, problems: Problems, what: str
) -> Services:
    """What ``values`` (the table of the user or group) say of services; the rest becomes problems."""
    found = []
    for name, table in values.get("services", {}).items():
        place = (*path, "services", name)
        settings = _read(name, table, scope, place, problems, what)
        if settings is not None:
            found.append((name, spelled(settings)))
    return tuple(sorted(found))


def spelled(settings: Settings) -> str:
    """Settings as JSON in the one spelling by which states are compared."""
    return _encode(settings).decode()


def _read(name: str, table: Any, scope: Scope, place: Path, problems: Problems, what: str) -> Settings | None:
    service = SERVICES.get(name)
    if service is None or service.scope != scope:
        known = [one.name for one in SERVICES.values() if one.scope == scope]
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
        hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(known)}"
        problems.add(place, f'{what}: no service of a {scope} is named "{name}"; {hint}')
        return None
    try:
        settings = read_settings(service, table)
        check_meaning(service, settings)
        return settings
    except InvalidSettings as error:
        problems.add(place, f"{what}: {error}")
        return None
