"""The files of the generated client, as text."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from hipper_api_generator.operations import (
    Operation,
    class_of,
    method_of,
    module_name,
    operations_of,
    problems_in,
)
from hipper_api_generator.schemas import (
    Schema,
    change_class,
    class_name,
    enum_class,
    name_of,
    references_in,
    struct_class,
    tags_of,
)

_WRITTEN = "Written by hipper_api_generator: change the API instead."
_HEAD = f'"""{{what}} {_WRITTEN}"""\n\nfrom __future__ import annotations\n'


def files_of(document: Schema) -> dict[str, str]:
    """Path below ``hipper_api`` -> content, formatted."""
    schemas = {class_name(name): schema for name, schema in document["components"]["schemas"].items()}
    every = operations_of(document)
    settings = _settings_of(schemas, every)
    changes = _changes_of(schemas, every)
    tags = tags_of(document)
    files = {
        "models.py": _models(schemas, {n for n in schemas if n not in settings}, changes, tags, False),
        "settings.py": _models(schemas, settings, changes, tags, True),
        "problems.py": _problems(every),
        "operations/__init__.py": '"""Operations of the API, a module for each of its parts."""\n',
        "client.py": _client(sorted({one.tag for one in every})),
    }
    for tag in sorted({one.tag for one in every}):
        methods = [one for one in every if one.tag == tag]
        files[f"operations/{module_name(tag)}.py"] = _operations(tag, methods, schemas, changes, settings)
    return {name: formatted(text) for name, text in files.items()}


def _settings_of(schemas: dict[str, Schema], every: list[Operation]) -> set[str]:
    """What only the services of users and groups are set by."""
    inside, outside = set[str](), set[str]()
    for one in every:
        found = _closed(
            schemas, references_in([part[1] for part in (one.answer, one.body) if part is not None])
        )
        (inside if "/services/" in one.path else outside).update(found)
    return inside - outside


def _closed(schemas: dict[str, Schema], names: Any) -> set[str]:
    found, left = set[str](), list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += references_in(schemas[name])
    return found


def _changes_of(schemas: dict[str, Schema], every: list[Operation]) -> set[str]:
    """Schemas whose members have defaults, which a PATCH must not send."""
    found = set()
    for one in every:
        if one.method == "PATCH" and one.body is not None and "$ref" in one.body[1]:
            name = name_of(one.body[1]["$ref"])
            members = schemas[name].get("properties", {}).values()
            if schemas[name].get("required") or any("default" in member for member in members):
                found.add(name)
    return found


def _models(
    schemas: dict[str, Schema],
    names: set[str],
    changes: set[str],
    tags: dict[str, tuple[str, str]],
    are_settings: bool,
) -> str:
    what = "What services of users and groups are set to." if are_settings else "What goes in and out."
    text = [
        _HEAD.format(what=what),
        "from typing import Any, Literal",
        "import msgspec",
        "from msgspec import UNSET, UnsetType, field",
        "from hipper_api.enums import OpenEnum",
    ]
    if are_settings:
        needed = {one for name in names for one in references_in(schemas[name])} - names
        if needed:
            text.append(f"from hipper_api.models import {', '.join(sorted(needed))}")
    enums = [name for name in sorted(names) if "enum" in schemas[name]]
    for name in enums:
        text += ["", "", *enum_class(name, schemas[name])]
    for name in sorted(names - set(enums)):
        text += ["", "", *struct_class(name, schemas[name], schemas, tags.get(name))]
        if name in changes:
            text += ["", "", *change_class(name, schemas[name])]
    return "\n".join(text) + "\n"


def _problems(every: list[Operation]) -> str:
    known: dict[str, tuple[int, str]] = {}
    for one in every:
        for kind, status, title in problems_in(one.described):
            known[kind] = (status, title)
    text = [
        _HEAD.format(what="Kinds of problems, an exception each."),
        "from hipper_api.errors import ProblemError",
    ]
    for kind, (status, title) in sorted(known.items()):
        text += ["", "", f"class {_exception(kind)}(ProblemError):"]
        text += [f'    """{status}: {title}."""', "", f'    KIND = "{kind}"']
    listed = ", ".join(_exception(kind) for kind in sorted(known))
    text += ["", "", f"KINDS: dict[str, type[ProblemError]] = {{one.KIND: one for one in ({listed})}}"]
    return "\n".join(text) + "\n"


def _exception(kind: str) -> str:
    return class_name(kind)


def _operations(
    tag: str, methods: list[Operation], schemas: dict[str, Schema], changes: set[str], settings: set[str]
) -> str:
    text = [
        _HEAD.format(what=f"Operations of the API: {tag}."),
        "from collections.abc import AsyncIterator",
        "from typing import Any, Literal",
        "from hipper_api import models, settings",
        "from hipper_api.streams import Event",
        "from hipper_api.transport import Transport, Versioned, decoded, quoted, versioned",
        "",
        "",
        f"class {class_of(tag)}:",
        "    def __init__(self, api: Transport) -> None:",
        "        self._api = api",
    ]
    for one in methods:
        text += ["", *method_of(one, schemas, changes, settings)]
    return "\n".join(text) + "\n"


def _client(tags: list[str]) -> str:
    text = [_HEAD.format(what="The whole API."), "from types import TracebackType"]
    text += [f"from hipper_api.operations.{module_name(tag)} import {class_of(tag)}" for tag in tags]
    text += [
        "from hipper_api.transport import Transport",
        "",
        "",
        "class Hipper(Transport):",
        '    """Everything the API offers, by its parts. Used with ``async with``."""',
        "",
        "    async def __aenter__(self) -> Hipper:",
        "        return self",
        "",
        "    async def __aexit__(",
        "        self,",
        "        kind: type[BaseException] | None,",
        "        error: BaseException | None,",
        "        trace: TracebackType | None,",
        "    ) -> None:",
        "        await self.aclose()",
    ]
    for tag in tags:
        text += ["", "    @property", f"    def {module_name(tag)}(self) -> {class_of(tag)}:"]
        text.append(f"        return {class_of(tag)}(self)")
    return "\n".join(text) + "\n"


def formatted(source: str) -> str:
    """As the rest of the project, without imports that are not used. Needs ruff."""
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--isolated", "--line-length=110", "--target-version=py311", "-"]
    ours = ["--config", 'lint.isort.known-first-party = ["hipper_api"]']
    select = ["--select=F401,I,UP", "--fix", "--quiet", "--exit-zero"]
    mended = _through([*ruff, "check", *select, *ours, *options], source)
    return _through([*ruff, "format", "--quiet", *options], mended)


def _through(command: list[str], text: str) -> str:
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
