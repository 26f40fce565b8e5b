"""Read the settings of one installation: one TOML file, then the environment on top, then frozen.

Every error is one readable line with file and line when the fault lies in the file; unknown keys are named
together with the nearest known one. Paths in the file are relative to the folder of the file.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from hipper.runtime.settings_checks import inconsistencies
from hipper.runtime.settings_model import Settings

ENVIRONMENT_PREFIX = "HIPPER__"
_PATH_KEYS = (("state_dir",), ("secret_file",), ("media", "music_on_hold"), ("mail", "ca"))
_LISTENER_PATH_KEYS = ("certificate", "private_key", "client_ca")
_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\-]+)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-]+)\s*=")


class SettingsError(Exception):
    """The settings cannot be used. ``lines``: one readable line per fault."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def default_path(environ: Mapping[str, str]) -> Path | None:
    """Where settings are looked for when none are named: ``HIPPER_SETTINGS``, ``./hipper.toml``,
    ``./deploy/hipper.toml``, ``/etc/hipper/hipper.toml``."""
    named = environ.get("HIPPER_SETTINGS")
    if named:
        return Path(named)
    candidates = (Path("hipper.toml"), Path("deploy/hipper.toml"), Path("/etc/hipper/hipper.toml"))
    return next((path for path in candidates if path.is_file()), None)


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Settings from ``path`` (None: defaults only), overridden by ``HIPPER__SECTION__KEY`` variables.

    A variable's value is taken as it is for text and read as a TOML value for everything else
    (``HIPPER__MEDIA__RTPENGINES='[{ng = "10.0.0.1:2223"}]'``). Raises SettingsError.
    """
    text = _read(path) if path else ""
    tree = _parse(text, path)
    lines = _line_numbers(text)
    faults = _unknown_keys(tree, Settings, "", lambda where: _place(path, lines, where))
    faults += _apply_environment(tree, environ)
    if faults:
        raise SettingsError(faults)
    _absolute_paths(tree, path.resolve().parent if path else Path.cwd())
    try:
        settings = msgspec.convert(tree, Settings)
    except msgspec.ValidationError as error:
        raise SettingsError([_type_fault(str(error), path, lines)]) from None
    faults = [f"{_place(path, lines, where)}{fault}" for where, fault in inconsistencies(settings)]
    if faults:
        raise SettingsError(faults)
    return settings


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError([f"{path}: no such settings file"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([f"{path}: cannot be read: {error}"]) from None


def _parse(text: str, path: Path | None) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r" \(at line (\d+), column \d+\)$", str(error))
        reason = str(error)[: at.start()] if at else str(error)
        raise SettingsError([f"{path}:{at.group(1)}: {reason}" if at else f"{path}: {reason}"]) from None


def _line_numbers(text: str) -> dict[str, int]:
    """Line of each table header and key, by its path: ``sip_listener[1].port``. Reads one-line keys only; a
    key inside an inline table is found at its parent's line."""
    lines: dict[str, int] = {}
    table = ""
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            name = header.group(2)
            table = name
            if header.group(1) == "[[":
                table = f"{name}[{counts.get(name, 0)}]"
                counts[name] = counts.get(name, 0) + 1
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines[f"{table}.{key.group(1)}" if table else key.group(1)] = number
    return lines


def _place(path: Path | None, lines: Mapping[str, int], where: str) -> str:
    if path is None:
        return ""
    while where and where not in lines:
        where = where.rpartition(".")[0] or (where[: where.rindex("[")] if where.endswith("]") else "")
    return f"{path}:{lines[where]}: " if where else f"{path}: "


def _unknown_keys(tree: Any, struct: type[msgspec.Struct], where: str, place: Any) -> list[str]:
    hints = get_type_hints(struct)
    faults: list[str] = []
    for key, value in tree.items():
        here = f"{where}.{key}" if where else key
        if key not in hints:
            section = f" in [{where}]" if where else ""
            faults.append(f"{place(here)}unknown key '{key}'{section}{_suggestion(key, hints)}")
            continue
        inner = _struct_in(hints[key])
        if inner and isinstance(value, dict):
            faults += _unknown_keys(value, inner, here, place)
        elif inner and isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, dict):
                    faults += _unknown_keys(item, inner, f"{here}[{index}]", place)
    return faults


def _struct_in(hint: Any) -> type[msgspec.Struct] | None:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint
    return next((found for part in get_args(hint) if (found := _struct_in(part))), None)


def _suggestion(key: str, known: Any) -> str:
    near = difflib.get_close_matches(key, list(known), n=1, cutoff=0.5)
    return f"; did you mean '{near[0]}'?" if near else f"; known: {', '.join(sorted(known))}"


def _apply_environment(tree: dict[str, Any], environ: Mapping[str, str]) -> list[str]:
    faults: list[str] = []
    for name in sorted(environ):
        if not name.startswith(ENVIRONMENT_PREFIX):
            continue
        fault = _apply_variable(tree, name, environ[name])
        if fault:
            faults.append(fault)
    return faults


def _apply_variable(tree: dict[str, Any], name: str, value: str) -> str | None:
    struct: type[msgspec.Struct] = Settings
    node = tree
    keys = name[len(ENVIRONMENT_PREFIX) :].lower().split("__")
    for depth, key in enumerate(keys):
        hints = get_type_hints(struct)
        if key not in hints:
            return f"environment {name}: unknown key '{key}'{_suggestion(key, hints)}"
        hint = hints[key]
        if depth == len(keys) - 1:
            node[key] = value if _takes_text(hint) else _toml_value(value)
            return None
        if not (isinstance(hint, type) and issubclass(hint, msgspec.Struct)):
            return f"environment {name}: '{key}' has no keys of its own; set it whole"
        struct = hint
        node = node.setdefault(key, {})
    return None


def _takes_text(hint: Any) -> bool:
    if hint is str:
        return True
    if get_origin(hint) in (tuple, list):
        return False
    return any(isinstance(part, str) or _takes_text(part) for part in get_args(hint))


def _toml_value(value: str) -> Any:
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except (tomllib.TOMLDecodeError, KeyError):
        return value


def _absolute_paths(tree: dict[str, Any], folder: Path) -> None:
    tree.setdefault("state_dir", "var")
    for keys in _PATH_KEYS:
        node: Any = tree
        for key in keys[:-1]:
            node = node.get(key) if isinstance(node, dict) else None
        _make_absolute(node, keys[-1], folder)
    listeners = tree.get("sip_listener")
    for listener in listeners if isinstance(listeners, list) else ():
        for key in _LISTENER_PATH_KEYS:
            _make_absolute(listener, key, folder)


def _make_absolute(node: Any, key: str, folder: Path) -> None:
    if isinstance(node, dict) and isinstance(node.get(key), str):
        node[key] = str((folder / node[key]).resolve())


def _type_fault(message: str, path: Path | None, lines: Mapping[str, int]) -> str:
    reason, _, at = message.partition(" - at `$")
    where = at.rstrip("`").lstrip(".")
    missing = re.match(r"Object missing required field `(\w+)`", reason)
    if missing:
        reason = f"missing key '{missing.group(1)}'"
    reason = reason.replace("`", "'").replace("Expected", "expected")
    return f"{_place(path, lines, where)}{where + ': ' if where else ''}{reason}"
