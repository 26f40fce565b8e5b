"""What the generator makes of a description."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from hipper_api_generator.__main__ import differences, write
from hipper_api_generator.schemas import type_of
from hipper_api_generator.writing import files_of

SCHEMAS: dict[str, Any] = {
    "Colour": {"title": "Colour", "enum": ["red", "dark-blue", "112"]},
    "Leaf": {"type": "object", "properties": {"kind": {"enum": ["leaf"]}}, "required": ["kind"]},
    "Node": {
        "type": "object",
        "properties": {"kind": {"enum": ["node"]}, "left": {"$ref": "#/components/schemas/Leaf"}},
        "required": ["kind", "left"],
    },
    "Thing": {
        "type": "object",
        "description": 'Says """this""" and \\that.',
        "properties": {
            "from": {"type": "string"},
            "colour": {"$ref": "#/components/schemas/Colour", "default": "dark-blue"},
            "sizes": {"type": "array", "items": {"type": "integer"}, "default": [1, 2]},
            "size": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
            "maybe": {"type": "boolean"},
            "tree": {
                "anyOf": [{"$ref": "#/components/schemas/Leaf"}, {"$ref": "#/components/schemas/Node"}],
                "discriminator": {
                    "propertyName": "kind",
                    "mapping": {
                        "leaf": "#/components/schemas/Leaf",
                        "node": "#/components/schemas/Node",
                    },
                },
            },
        },
        "required": ["from", "tree"],
    },
}
THING = {"$ref": "#/components/schemas/Thing"}
DOCUMENT: dict[str, Any] = {
    "paths": {
        "/v1/things/{class}": {
            "patch": {
                "operationId": "changeThing",
                "summary": "Change it",
                "tags": ["some things"],
                "parameters": [{"name": "if", "in": "query", "schema": {"type": "integer"}}],
                "requestBody": {"content": {"application/json": {"schema": THING}}},
                "responses": {"200": {"content": {"application/json": {"schema": THING}}}},
            }
        },
        "/v1/events": {
            "get": {
                "operationId": "listen",
                "tags": ["events"],
                "parameters": [{"name": "after", "in": "query", "schema": {"type": "string"}}],
                "responses": {"200": {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
            }
        },
        "/v1/picture": {
            "get": {
                "operationId": "getPicture",
                "responses": {"200": {"content": {"image/svg+xml": {"schema": {"type": "string"}}}}},
            }
        },
    },
    "components": {"schemas": SCHEMAS},
}


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return files_of(DOCUMENT)


@pytest.fixture(scope="module")
def models(files: dict[str, str]) -> ModuleType:
    module = ModuleType("made_models")
    sys.modules[module.__name__] = module  # msgspec looks annotations up there
    exec(compile(files["models.py"], "models.py", "exec"), module.__dict__)
    return module


def test_members_defaults_and_tags(models: ModuleType) -> None:
    thing = msgspec.json.decode(b'{"from": "x", "tree": {"kind": "node", "left": {}}}', type=models.Thing)
    assert (thing.from_, thing.colour, thing.sizes, thing.size) == ("x", "dark-blue", (1, 2), None)
    assert thing.maybe is msgspec.UNSET
    assert isinstance(thing.tree, models.Node)
    assert thing.colour is models.Colour.DARK_BLUE
    assert models.Colour._112 == "112"
    sent = msgspec.json.decode(msgspec.json.encode(thing))
    assert sent["from"] == "x"
    assert sent["tree"] == {"kind": "node", "left": {"kind": "leaf"}}
    assert "maybe" not in sent


def test_change_sends_what_is_given_only(models: ModuleType) -> None:
    assert msgspec.json.encode(models.ThingChange(size=None)) == b'{"size":null}'
    assert msgspec.json.encode(models.ThingChange(from_="y")) == b'{"from":"y"}'


def test_methods(files: dict[str, str]) -> None:
    things = files["operations/some_things.py"]
    assert "def change_thing(self, class: str" not in things  # no Python
    compile(things, "some_things.py", "exec")
    assert "body: models.ThingChange" in things
    assert "-> models.Thing:" in things
    assert (
        "def listen(self, after: str | None = None) -> AsyncIterator[Event]" in files["operations/events.py"]
    )
    assert "-> bytes:" in files["operations/other.py"]


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({}, "Any"),
        ({"type": ["string", "null"]}, "str | None"),
        ({"const": 3}, "Literal[3]"),
        ({"type": "array"}, "tuple[Any, ...]"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "dict[str, float]"),
    ],
)
def test_annotations(schema: dict[str, Any], text: str) -> None:
    assert type_of(schema) == text


def test_files_are_written_replaced_and_removed(tmp_path: Path) -> None:
    (tmp_path / "transport.py").write_text("by hand")
    (tmp_path / "old.py").write_text("of an operation that is gone")
    new = {"models.py": "x = 1\n", "operations/a.py": "y = 2\n"}
    assert differences(new, tmp_path) == ["models.py", "old.py", "operations/a.py"]
    write(new, tmp_path)
    assert differences(new, tmp_path) == []
    assert sorted(path.name for path in tmp_path.rglob("*.py")) == ["a.py", "models.py", "transport.py"]
