"""JSON Schemas as Python: types of annotations, Structs, enums."""

from __future__ import annotations

import keyword
import re
import textwrap
from collections.abc import Iterable
from typing import Any

Schema = dict[str, Any]
_WIDTH = 102
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def name_of(reference: str) -> str:
    """``#/components/schemas/Me`` -> ``Me``."""
    return class_name(reference.rpartition("/")[2])


def class_name(name: str) -> str:
    """Names of generic types have signs that Python names have not."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name) if part)


def member_name(name: str) -> str:
    plain = re.sub(r"\W", "_", name)
    return f"{plain}_" if keyword.iskeyword(plain) else plain


def type_of(schema: Schema, prefix: str = "") -> str:
    """The annotation. ``prefix``: of the classes, ``models.``."""
    if "$ref" in schema:
        return prefix + name_of(schema["$ref"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " | ".join(dict.fromkeys(type_of(one, prefix) for one in schema[several]))
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    if "enum" in schema:
        return f"Literal[{', '.join(repr(one) for one in schema['enum'])}]"
    kind = schema.get("type")
    if isinstance(kind, list):
        return " | ".join(_PLAIN[one] for one in kind)
    if kind == "array":
        return f"tuple[{type_of(schema['items'], prefix) if schema.get('items') else 'Any'}, ...]"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"dict[str, {type_of(values, prefix) if isinstance(values, dict) and values else 'Any'}]"
    return _PLAIN.get(str(kind), "Any")


def references_in(schema: Any) -> Iterable[str]:
    """Names of every component it needs, directly."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield name_of(schema["$ref"])
        for value in schema.values():
            yield from references_in(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from references_in(value)


def tags_of(document: Schema) -> dict[str, tuple[str, str]]:
    """Of members of tagged unions: their tag field and tag."""
    found: dict[str, tuple[str, str]] = {}

    def walk(schema: Any) -> None:
        if isinstance(schema, dict):
            for tag, reference in schema.get("discriminator", {}).get("mapping", {}).items():
                found[name_of(reference)] = (schema["discriminator"]["propertyName"], tag)
            for value in schema.values():
                walk(value)
        elif isinstance(schema, list):
            for value in schema:
                walk(value)

    walk(document)
    return found


def docstring(text: str, indent: str = "    ") -> list[str]:
    """Wrapped, paragraph by paragraph."""
    plain = text.strip().replace("\\", "\\\\").replace('"""', "'''")
    lines = list[str]()
    for paragraph in re.split(r"\n\s*\n", plain):
        words = " ".join(paragraph.split())
        lines += ["", *textwrap.wrap(words, _WIDTH - len(indent), break_long_words=False)]
    if lines[1:] == []:
        return []
    if len(lines) == 2:
        return [f'{indent}"""{lines[1]}"""']
    return [
        f'{indent}"""{lines[1]}',
        *(f"{indent}{line}" if line else "" for line in lines[2:]),
        f'{indent}"""',
    ]


def enum_class(name: str, schema: Schema) -> list[str]:
    lines = [f"class {name}(OpenEnum):", *docstring(schema.get("description", ""))]
    lines += [f"    {_constant(value)} = {value!r}" for value in schema["enum"]]
    return lines


def _constant(value: object) -> str:
    name = re.sub(r"\W", "_", str(value)).upper()
    return f"_{name}" if name[:1].isdigit() or not name else name


def struct_class(
    name: str, schema: Schema, schemas: dict[str, Schema], tag: tuple[str, str] | None
) -> list[str]:
    """What is sent and what comes are one class: unknown members of an answer are passed over."""
    settings = f', tag_field="{tag[0]}", tag="{tag[1]}"' if tag else ""
    lines = [f"class {name}(msgspec.Struct, frozen=True, kw_only=True{settings}):"]
    lines += docstring(schema.get("description", ""))
    required = set(schema.get("required", ()))
    for member, kind in schema.get("properties", {}).items():
        if tag is None or member != tag[0]:
            lines.append("    " + _member(member, kind, member in required, schemas))
    return [*lines, "    pass"] if len(lines) == 1 else lines


def change_class(name: str, schema: Schema) -> list[str]:
    """Of PATCH: what is absent stays."""
    lines = [f"class {name}Change(msgspec.Struct, frozen=True, kw_only=True):"]
    lines.append(f'    """Some of :class:`{name}`; what is left out stays."""')
    for member, kind in schema.get("properties", {}).items():
        lines.append("    " + _unset(member, kind))
    return lines


def _unset(member: str, kind: Schema) -> str:
    named = member_name(member)
    default = "UNSET" if named == member else f'field(default=UNSET, name="{member}")'
    annotation = type_of(kind).removesuffix(" | None")
    nullable = "" if annotation == type_of(kind) else " | None"
    return f"{named}: {annotation} | UnsetType{nullable} = {default}"


def _member(member: str, kind: Schema, required: bool, schemas: dict[str, Schema]) -> str:
    named, annotation = member_name(member), type_of(kind)
    renamed = "" if named == member else f'name="{member}"'
    if required:
        return f"{named}: {annotation}" + (f" = field({renamed})" if renamed else "")
    if "default" not in kind:
        return _unset(member, kind)
    default = _default(kind, schemas)
    made = default.startswith("lambda") or default == "dict"
    if made or renamed:
        word = "default_factory" if made else "default"
        default = f"field({', '.join(part for part in (f'{word}={default}', renamed) if part)})"
    return f"{named}: {annotation} = {default}"


def _default(kind: Schema, schemas: dict[str, Schema]) -> str:
    """An expression; of what can change, a lambda that makes it."""
    value = kind["default"]
    if "$ref" in kind:
        name = name_of(kind["$ref"])
        if "enum" in schemas[name]:
            return f"{name}({value!r})"
        return f"lambda: msgspec.convert({value!r}, {name})" if value else f"lambda: {name}()"
    if isinstance(value, list):
        return f"lambda: msgspec.convert({value!r}, {type_of(kind)})" if value else "()"
    if isinstance(value, dict):
        return f"lambda: {value!r}" if value else "dict"
    return repr(value)
