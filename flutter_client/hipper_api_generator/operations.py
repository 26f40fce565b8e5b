"""Operations as methods: one class for each tag."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from hipper_api_generator.schemas import Schema, docstring, member_name, name_of, type_of

_JSON = "application/json"
_STREAM = "text/event-stream"
_PROBLEM = "application/problem+json"


class Operation(NamedTuple):
    method: str
    path: str
    described: Schema

    @property
    def name(self) -> str:
        """``getMyVoicemail`` -> ``get_my_voicemail``."""
        words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", str(self.described["operationId"]))
        return member_name(words.lower())

    @property
    def tag(self) -> str:
        return str((self.described.get("tags") or ["other"])[0])

    def parameters(self, where: str) -> list[Schema]:
        return [one for one in self.described.get("parameters", ()) if one["in"] == where]

    @property
    def answer(self) -> tuple[str, Schema] | None:
        """Media type and schema of what comes back when it goes well."""
        for status, response in sorted(self.described["responses"].items()):
            if status < "300":
                for media, content in response.get("content", {}).items():
                    return media, content.get("schema", {})
        return None

    @property
    def body(self) -> tuple[str, Schema] | None:
        for media, content in self.described.get("requestBody", {}).get("content", {}).items():
            return media, content.get("schema", {})
        return None

    @property
    def versioned(self) -> bool:
        return any("ETag" in one.get("headers", {}) for one in self.described["responses"].values())

    @property
    def is_open(self) -> bool:
        return self.described.get("security") == [{}]

    def problems(self) -> list[str]:
        """Kinds it may end with."""
        return [kind for kind, _, _ in problems_in(self.described)]


def operations_of(document: Schema) -> list[Operation]:
    found = []
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            found.append(Operation(method.upper(), path, described))
    return sorted(found, key=lambda one: one.name)


def problems_in(described: Schema) -> Iterable[tuple[str, int, str]]:
    """Kind, status and title of each problem that an operation may end with."""
    for response in described["responses"].values():
        examples = response.get("content", {}).get(_PROBLEM, {}).get("examples", {})
        for kind, example in examples.items():
            yield kind, example["value"]["status"], example["value"]["title"]


def module_name(tag: str) -> str:
    return re.sub(r"\W+", "_", tag.lower())


def class_of(tag: str) -> str:
    return "".join(word.capitalize() for word in re.split(r"\W+", tag))


def method_of(one: Operation, schemas: dict[str, Schema], changes: set[str], settings: set[str]) -> list[str]:
    """The lines of a method. ``changes``: schemas that PATCH has a class of its own for; ``settings``: those
    that live in that module."""
    return _Method(one, schemas, changes, settings).lines()


class _Method:
    def __init__(
        self, one: Operation, schemas: dict[str, Schema], changes: set[str], settings: set[str]
    ) -> None:
        self._one = one
        self._schemas = schemas
        self._changes = changes
        self._settings = settings
        self._headers = {one["name"] for one in one.parameters("header")}

    def lines(self) -> list[str]:
        answer = self._one.answer
        if answer is not None and answer[0] == _STREAM:
            return self._stream()
        lines = [f"    async def {self._one.name}({self._signature()}) -> {self._returns()}:", *self._words()]
        lines += [f"        answer = await self._api.ask({self._asked()})"] if answer else []
        lines += [] if answer else [f"        await self._api.ask({self._asked()})"]
        lines += self._returned()
        if self._page() is not None:
            lines += ["", *self._each()]
        return lines

    # --- what goes in -----------------------------------------------------------------------------

    def _signature(self, *, without: tuple[str, ...] = ()) -> str:
        parts = ["self", *(f"{member_name(one['name'])}: str" for one in self._one.parameters("path"))]
        if self._one.body is not None:
            parts.append(f"body: {self._body_type()}")
        options = [
            f"{member_name(one['name'])}: {self._typed(one['schema'])} | None = None"
            for one in self._one.parameters("query")
            if one["name"] not in without
        ]
        options += self._header_options()
        return ", ".join([*parts, *(["*", *options] if options else [])])

    def _header_options(self) -> list[str]:
        options = [
            f"{_option(name)}: str | None = None" for name in sorted(self._headers - {"If-None-Match"})
        ]
        if self._gives_known:
            options.append(f"known: {self._returns()} | None = None")
        return options

    @property
    def _gives_known(self) -> bool:
        return "If-None-Match" in self._headers and self._one.versioned and self._is_json

    @property
    def _is_json(self) -> bool:
        return self._one.answer is not None and self._one.answer[0] == _JSON

    def _body_type(self) -> str:
        assert self._one.body is not None
        media, schema = self._one.body
        if media != _JSON:
            return "bytes"
        if self._one.method == "PATCH" and "$ref" in schema and name_of(schema["$ref"]) in self._changes:
            return self._typed(schema) + "Change"
        return self._typed(schema)

    def _typed(self, schema: Schema) -> str:
        """With the module each class lives in."""
        return re.sub(
            r"models\.(\w+)",
            lambda found: f"{'settings' if found[1] in self._settings else 'models'}.{found[1]}",
            type_of(schema, "models."),
        )

    def _asked(self) -> str:
        path = re.sub(r"\{(\w+)\}", lambda part: f"{{quoted({member_name(part[1])})}}", self._one.path)
        parts = [repr(self._one.method), f'f"{path}"' if "{" in path else f'"{path}"']
        if self._one.is_open:
            parts.append("open_to_all=True")
        query = self._one.parameters("query")
        if query:
            pairs = ", ".join(f'"{one["name"]}": {member_name(one["name"])}' for one in query)
            parts.append(f"query={{{pairs}}}")
        if self._one.body is not None:
            parts.append("body=body")
            if self._one.body[0] != _JSON:
                parts.append(f'media="{self._one.body[0]}"')
        headers = [f'"{name}": {_option(name)}' for name in sorted(self._headers - {"If-None-Match"})]
        if self._gives_known:
            headers.append('"If-None-Match": known.etag if known else None')
        if headers:
            parts.append(f"headers={{{', '.join(headers)}}}")
        return ", ".join(parts)

    # --- what comes out ---------------------------------------------------------------------------

    def _answer_type(self) -> str:
        assert self._one.answer is not None
        media, schema = self._one.answer
        return self._typed(schema) if media == _JSON else "bytes"

    def _returns(self) -> str:
        if self._one.answer is None:
            return "None"
        kind = self._answer_type()
        return f"Versioned[{kind}]" if self._one.versioned and self._is_json else kind

    def _returned(self) -> list[str]:
        if self._one.answer is None:
            return []
        if not self._is_json:
            return ["        return answer.content"]
        kind = self._answer_type()
        if self._one.versioned:
            known = ", known" if self._gives_known else ""
            return [f"        return versioned(answer, {kind}{known})"]
        return [f"        found: {kind} = decoded(answer, {kind})", "        return found"]

    def _words(self) -> list[str]:
        described = self._one.described
        text = f"{described.get('summary') or self._one.name}.\n\n{described.get('description', '')}".strip()
        kinds = ", ".join(sorted(set(self._one.problems())))
        return docstring(f"{text}\n\nProblems: {kinds}." if kinds else text, "        ")

    # --- lists and streams ------------------------------------------------------------------------

    def _page(self) -> Schema | None:
        """Schema of the items, of a list by cursor."""
        queries = {one["name"] for one in self._one.parameters("query")}
        if self._one.answer is None or not {"after"} <= queries or "$ref" not in self._one.answer[1]:
            return None
        members = self._schemas[name_of(self._one.answer[1]["$ref"])].get("properties", {})
        if {"items", "next"} <= set(members):
            items: Schema = members["items"]["items"]
            return items
        return None

    def _each(self) -> list[str]:
        items, name = self._page(), self._one.name
        assert items is not None
        given = [member_name(one["name"]) for one in self._one.parameters("path")]
        given += [
            f"{member_name(one['name'])}={member_name(one['name'])}"
            for one in self._one.parameters("query")
            if one["name"] != "after"
        ]
        asked = ", ".join([*given, "after=after"])
        return [
            f"    async def each_{name.removeprefix('list_')}({self._signature(without=('after',))}) -> "
            f"AsyncIterator[{self._typed(items)}]:",
            f'        """All of :meth:`{name}`, page after page."""',
            "        after: str | None = None",
            "        while True:",
            f"            page = await self.{name}({asked})",
            "            for one in page.items:",
            "                yield one",
            "            if page.next is None:",
            "                return",
            "            after = page.next",
        ]

    def _stream(self) -> list[str]:
        query = [one for one in self._one.parameters("query") if one["name"] not in ("after", "cursor")]
        options = [f"{member_name(one['name'])}: {self._typed(one['schema'])} | None = None" for one in query]
        pairs = ", ".join(f'"{one["name"]}": {member_name(one["name"])}' for one in query)
        return [
            f"    def {self._one.name}({', '.join(['self', 'after: str | None = None', *options])}) -> "
            "AsyncIterator[Event]:",
            *self._words(),
            f'        return self._api.stream("{self._one.path}", query={{{pairs}}}, after=after)',
        ]


def _option(header: str) -> str:
    return re.sub(r"\W", "_", header.lower())
