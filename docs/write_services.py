"""Write docs/services/settings.md from the registry of services: ``python docs/write_services.py``."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from hipper.pbx.service_packs import HELD
from hipper.pbx.services.base import Settings
from hipper.pbx.services.registry import SERVICES, ServiceDefinition

TARGET = Path(__file__).with_name("services") / "settings.md"
HEAD = """# Services and their settings

Written from `hipper/pbx/services` (`make docs`). A user's services stand in
`[subscriber.services.<name>]` of a provisioning file, a group's in `[group.services.<name>]`; every key may
be left out. Times are local to the group's time zone unless they are Unix seconds; numbers that calls go to
are written as the user would dial them, others as E.164. A service that the user's pack does not hold cannot
be set, and does nothing when the pack changes later.
"""


def written() -> str:
    """The page as the registry says it now."""
    parts = [HEAD, *(_service(one) for one in SERVICES.values()), _nested()]
    return "\n".join(parts)


def _service(one: ServiceDefinition) -> str:
    packs = [pack.value for pack, held in HELD.items() if one.name in held]
    holders = "every pack" if len(packs) == len(HELD) else ", ".join(f"`{pack}`" for pack in packs)
    lines = [f"## `{one.name}`", "", f"{one.en} / {one.nl}. Of a {one.scope}; in {holders}."]
    return "\n".join([*lines, *_described(one.settings), *_fields(one.settings)]) + "\n"


def _described(kind: type[Settings]) -> list[str]:
    text = kind.__dict__.get("__doc__")
    return ["", inspect.cleandoc(text)] if text else []


def _fields(kind: type[Settings]) -> list[str]:
    hints = get_type_hints(kind)
    lines = ["", "| key | value | default |", "|---|---|---|"]
    for field in msgspec.structs.fields(kind):
        lines.append(f"| `{field.name}` | {_type(hints[field.name])} | {_default(field)} |")
    return lines


def _type(hint: Any) -> str:
    arguments = get_args(hint)
    if get_origin(hint) is tuple:
        return f"list of {_type(arguments[0])}"
    if arguments:
        return " or ".join(_type(one) for one in arguments if one not in (type(None), ...))
    if issubclass(hint, Settings):
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    members = getattr(hint, "__members__", None)
    if members:
        return ", ".join(f'`"{member.value}"`' for member in members.values())
    return {str: "text", bool: "`true`, `false`", int: "whole number", float: "number"}[hint]


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    value = field.default
    if value is msgspec.NODEFAULT or value is None or value == () or isinstance(value, Settings):
        return ""
    return f"`{msgspec.json.encode(value).decode()}`"


def _nested() -> str:
    """The tables that services are made of."""
    found: dict[str, type[Settings]] = {}
    for one in SERVICES.values():
        _collect(one.settings, found)
    parts = ["## Tables within"]
    for name in sorted(found):
        parts.append("\n".join([f"### {name}", *_described(found[name]), *_fields(found[name])]))
    return "\n\n".join(parts) + "\n"


def _collect(kind: type[Settings], found: dict[str, type[Settings]]) -> None:
    for hint in get_type_hints(kind).values():
        for part in (hint, *get_args(hint), *(sub for one in get_args(hint) for sub in get_args(one))):
            if isinstance(part, type) and issubclass(part, Settings) and part.__name__ not in found:
                found[part.__name__] = part
                _collect(part, found)


if __name__ == "__main__":
    TARGET.write_text(written())
