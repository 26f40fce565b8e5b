"""The keys of a provisioning file, and the checks that need no meaning: unknown keys,
types, shape of text."""

from __future__ import annotations

import difflib
import re
import zoneinfo
from collections.abc import Callable
from typing import Any, NamedTuple

from hipper.directory.provision.lines import Path
from hipper.directory.provision.problems import Problems
from hipper.pbx.model import ServicePack


class Key(NamedTuple):
    """``kind``: text, flag, seconds, texts (list of text), table, tables. ``check``: what is wrong with a
    text, or None."""

    kind: str
    required: bool = False
    check: Callable[[str], str | None] | None = None


def _pattern(regex: str, hint: str) -> Callable[[str], str | None]:
    compiled = re.compile(regex)
    return lambda text: None if compiled.fullmatch(text) else hint


def _one_of(*allowed: str) -> Callable[[str], str | None]:
    return lambda text: None if text in allowed else _choices(text, allowed)


def _choices(text: str, allowed: tuple[str, ...]) -> str:
    return "must be " + " or ".join(f'"{value}"' for value in allowed) + _suggestion(text, allowed)


def _display_name(text: str) -> str | None:
    """It stands in SIP headers: no control characters, so that nothing is smuggled in."""
    return None if 0 < len(text) <= 120 and text.isprintable() else "must be 1 to 120 printable characters"


def _password(text: str) -> str | None:
    good = 8 <= len(text) <= 128 and text.isascii() and text.isprintable()
    return None if good else "must be 8 to 128 ASCII characters"


def _time_zone(text: str) -> str | None:
    known = zoneinfo.available_timezones()
    if text in known:
        return None
    near = difflib.get_close_matches(text, known, n=1, cutoff=0.6)
    return 'must be a time zone such as "Europe/Amsterdam"' + (f'; did you mean "{near[0]}"?' if near else "")


_DOMAIN = r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+"
_NAME = _pattern(
    r"[a-z0-9][a-z0-9-]{0,62}", 'must be lower-case letters, digits and "-", such as "head-office"'
)
_USER = _pattern(
    rf"[a-z0-9][a-z0-9._-]{{0,63}}(@{_DOMAIN})?",
    'must be a user name such as "anna" or "anna@company.example"',
)
_AOR_USER = _pattern(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", 'must be letters, digits, ".", "_" or "-"')
_SUBSCRIPTION = _pattern(r"[!-~]{1,64}", "must be 1 to 64 visible ASCII characters without spaces")
_AREA_CODE = _pattern(r"[1-9][0-9]{0,5}", 'must be digits without the leading 0, such as "20"')
DOMAIN = _pattern(_DOMAIN, 'must be a lower-case domain name such as "company.example"')

FILE = {"tenant": Key("table", required=True), "group": Key("tables"), "subscriber": Key("tables")}
TENANT = {
    "name": Key("text", True, _NAME),
    "display_name": Key("text", True, _display_name),
    "kind": Key("text", True, _one_of("enterprise", "group")),
    "domains": Key("texts", True, DOMAIN),
    "main_number": Key("text"),
    "mobile_network": Key("text", False, _display_name),
}
GROUP = {
    "name": Key("text", True, _NAME),
    "display_name": Key("text", False, _display_name),
    "country": Key("text", False, _pattern(r"[A-Z]{2}", 'must be a country code such as "NL"')),
    "area_code": Key("text", False, _AREA_CODE),
    "time_zone": Key("text", False, _time_zone),
    "services": Key("table"),
}
SUBSCRIBER = {
    "user": Key("text", True, _USER),
    "display_name": Key("text", True, _display_name),
    "group": Key("text"),
    "extension": Key("text"),
    "fixed": Key("text"),
    "mobile": Key("text"),
    "alternates": Key("texts"),
    "identity": Key("text", False, _one_of("mobile", "fixed", "alternate")),
    "identity_alternate": Key("text"),
    "withhold": Key("flag"),
    "no_answer_s": Key("seconds"),
    "decline_ends_ringing": Key("flag"),
    "language": Key("text", False, _one_of("nl", "en")),
    "enabled": Key("flag"),
    "pack": Key("text", False, _one_of(*(pack.value for pack in ServicePack))),
    "mobile_subscription": Key("text", False, _SUBSCRIPTION),
    "fixed_subscription": Key("text", False, _SUBSCRIPTION),
    "desk_phone": Key("tables"),
    "mobile_phone": Key("table"),
    "exchange_phone": Key("tables"),
    "services": Key("table"),
    "contacts": Key("table"),
}
CONTACTS = {"business": Key("texts"), "private": Key("texts")}
EXCHANGE_PHONE = {
    "exchange": Key("text", True, _NAME),
    "user": Key("text", True, _AOR_USER),
    "label": Key("text", False, _display_name),
    "rings": Key("flag"),
}
DESK_PHONE = {
    "aor_user": Key("text", True, _AOR_USER),
    "label": Key("text", False, _display_name),
    "password": Key("text", False, _password),
    "site": Key("text", False, _display_name),
    "rings": Key("flag"),
}
MOBILE_PHONE = {
    "network": Key("text", False, _display_name),
    "label": Key("text", False, _display_name),
    "rings": Key("flag"),
}

_KINDS: dict[str, tuple[type[Any], str]] = {
    "text": (str, 'text in quotes, such as "201"'),
    "flag": (bool, "true or false, without quotes"),
    "seconds": (int, "a number of seconds from 5 to 180, without quotes"),
    "texts": (list, 'a list of texts, such as ["company.example"]'),
    "table": (dict, "a table"),
    "tables": (list, "a list of tables, each opened with [[name]]"),
}


def checked(table: Any, keys: dict[str, Key], path: Path, problems: Problems, what: str) -> dict[str, Any]:
    """The keys of ``table`` that are as they should be; everything else becomes a problem."""
    if not isinstance(table, dict):
        problems.add(path, f"{what} must be a table")
        return {}
    good = {}
    for name, value in table.items():
        if name not in keys:
            problems.add((*path, name), f'{what}: unknown key "{name}"{_suggestion(name, tuple(keys))}')
        elif (wrong := _wrong(value, keys[name])) is not None:
            problems.add((*path, name), f"{what}: {name} {wrong}")
        else:
            good[name] = value
    for name, key in keys.items():
        if key.required and name not in table:
            problems.add(path, f'{what}: "{name}" is missing')
    return good


def _wrong(value: Any, key: Key) -> str | None:
    wanted, description = _KINDS[key.kind]
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        return f"must be {description}"
    if isinstance(value, int) and key.kind == "seconds" and not 5 <= value <= 180:
        return f"must be {description}"
    if isinstance(value, list) and key.kind == "texts" and not all(isinstance(text, str) for text in value):
        return f"must be {description}"
    if key.check is None:
        return None
    texts: list[str] = value if isinstance(value, list) else [str(value)]
    return next((wrong for text in texts if (wrong := key.check(text)) is not None), None)


def _suggestion(name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f'; did you mean "{near[0]}"?' if near else f"; known are {', '.join(known)}"
