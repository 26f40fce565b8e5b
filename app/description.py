"""The description of the API for machines: OpenAPI 3.1, of what every route declares and the types it names.

The schemas are msgspec's own, so they are as strict as what reads the bodies. Routes of services are
described one operation per service of the registry, with the settings that service really has.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from typing import Any

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from app.domain.services.examples import example_of
from app.domain.services.services import complete
from app.operations import Access, Operation, handlers, operation_of, problems_of
from app.problems import MEDIA_TYPE, Problem, ProblemKind
from hipper.pbx.model import ServicePack
from hipper.pbx.service_packs import holds
from hipper.pbx.services.base import Settings
from hipper.pbx.services.registry import SERVICES, ServiceDefinition

_SCHEMA = "#/components/schemas/{name}"
_ID_SCHEMA = {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,64}$"}
_SECURITY: dict[Access, list[dict[str, list[str]]]] = {
    Access.OPEN: [{}],
    Access.NETWORK: [{"networkKey": []}],
    Access.USER: [{"session": []}],
    Access.ADMINISTRATOR: [{"session": []}, {"apiKey": []}],
    Access.OPERATOR: [{"apiKey": []}],
}
_SCHEMES = {
    "session": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "access token of who signed in",
    },
    "apiKey": {"type": "http", "scheme": "bearer", "description": "key of a program or operator (hik_…)"},
    "networkKey": {"type": "http", "scheme": "bearer", "description": "static key of a mobile network"},
}
_VERBS = {"GET": "", "PUT": "set ", "PATCH": "change some of "}


def describe(app: Litestar, own_version: str) -> dict[str, Any]:
    """The whole document."""
    every = list(handlers(app))
    references = _references(every)
    paths: dict[str, dict[str, Any]] = {}
    for method, path, handler in every:
        for where, operation in _operations(method, path, handler, references):
            paths.setdefault(where, {})[method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hipper", "version": own_version},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": references.components, "securitySchemes": _SCHEMES},
    }


class _References:
    """Where the schema of each type is found."""

    def __init__(self, types: Iterable[Any]) -> None:
        kinds = list(dict.fromkeys(types))
        found, self.components = msgspec.json.schema_components(kinds, ref_template=_SCHEMA)
        self._of = dict(zip(kinds, found, strict=True))

    def __getitem__(self, kind: Any) -> dict[str, Any]:
        found: dict[str, Any] = self._of[kind]
        return found


def _references(every: Iterable[tuple[str, str, HTTPRouteHandler]]) -> _References:
    types: list[Any] = [Problem]
    for _, _, handler in every:
        operation = operation_of(handler)
        types += [kind for kind in (operation.answer, operation.body) if kind not in (None, Settings)]
    return _References([*types, *(service.settings for service in SERVICES.values())])


def _operations(
    method: str, path: str, handler: HTTPRouteHandler, references: _References
) -> Iterable[tuple[str, dict[str, Any]]]:
    operation = operation_of(handler)
    if Settings not in (operation.answer, operation.body):
        yield path, _operation(method, path, handler, operation, references, None)
        return
    scope = "group" if "{group}" in path else "subscriber"
    for service in SERVICES.values():
        if service.scope == scope:
            own = msgspec.structs.replace(
                operation,
                answer=service.settings,
                body=None if operation.body is None else service.settings,
                example=example_of(service),
                shown=complete(msgspec.convert(example_of(service), service.settings)),
            )
            where = path.replace("{service}", service.name)
            yield where, _operation(method, where, handler, own, references, service)


def _operation(
    method: str,
    path: str,
    handler: HTTPRouteHandler,
    operation: Operation,
    references: _References,
    service: ServiceDefinition | None,
) -> dict[str, Any]:
    description = inspect.cleandoc(handler.fn.__doc__ or "")
    name, summary = str(handler.operation_id), handler.summary
    if service is not None:
        name += "".join(word.capitalize() for word in service.name.split("_"))
        summary = f"{service.en}: {_VERBS[method]}settings"
        description = (
            f"{service.nl}. {description}\n\n{inspect.getdoc(service.settings) or ''}\n\n{_packs(service)}"
        )
    found: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "description": description.strip(),
        "tags": _tags(handler),
        "security": _SECURITY[operation.access],
        "parameters": _parameters(method, path, operation),
        "responses": _responses(method, path, handler, operation, references),
    }
    if operation.body is not None:
        content: dict[str, Any] = {"schema": references[operation.body]}
        if operation.example is not None:
            content["examples"] = {"usual": {"value": operation.example}}
        found["requestBody"] = {"required": True, "content": {"application/json": content}}
    return found


def _tags(handler: HTTPRouteHandler) -> list[str]:
    """Its own, or those of its controller."""
    layers = handler.ownership_layers
    return sorted({tag for layer in layers for tag in getattr(layer, "tags", None) or ()})


def _packs(service: ServiceDefinition) -> str:
    if service.scope == "group":
        return f"Chapter {service.seed} of the service description."
    having = ", ".join(pack.value for pack in ServicePack if holds(pack, service.name))
    return f"Chapter {service.seed} of the service description. In the packs {having}."


def _parameters(method: str, path: str, operation: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": _ID_SCHEMA}
        for name in re.findall(r"\{(\w+)\}", path)
    ]
    found += [
        {
            "name": one.name,
            "in": "query",
            "required": one.required,
            "description": one.description,
            "schema": one.schema,
        }
        for one in operation.query
    ]
    found += [
        {
            "name": one.name,
            "in": "header",
            "required": False,
            "description": one.description,
            "schema": one.schema,
        }
        for one in operation.headers
    ]
    if operation.versioned:
        name = "If-None-Match" if method == "GET" else "If-Match"
        text = (
            "ETag that is known already: 304" if method == "GET" else "ETag that was read: 412 when changed"
        )
        schema = {"type": "string"}
        found.append({"name": name, "in": "header", "required": False, "description": text, "schema": schema})
    return found


def _responses(
    method: str, path: str, handler: HTTPRouteHandler, operation: Operation, references: _References
) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "done" if method != "GET" else "as it is now"}
    if operation.answer is not None:
        of_json = operation.answer is not bytes
        content: dict[str, Any] = {"schema": references[operation.answer]} if of_json else {}
        if operation.shown is not None:
            content["examples"] = {"usual": {"value": operation.shown}}
        good["content"] = {operation.media: content}
    if operation.versioned:
        good["headers"] = {"ETag": {"schema": {"type": "string"}, "description": "version of what is stored"}}
    found = {str(status): good for status in (handler.status_code, *operation.also)}
    if operation.versioned and method == "GET":
        found["304"] = {"description": "as it was: the ETag is still the same"}
    by_status: dict[int, list[ProblemKind]] = {}
    for kind in problems_of(operation, method, path):
        by_status.setdefault(kind.status, []).append(kind)
    for status, kinds in sorted(by_status.items()):
        found[str(status)] = _problem(status, kinds, references)
    return found


def _problem(status: int, kinds: list[ProblemKind], references: _References) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": "; ".join(f"{kind.title} ({kind.name})" for kind in kinds),
        "content": {
            MEDIA_TYPE: {
                "schema": references[Problem],
                "examples": {
                    kind.name: {"value": {"type": kind.type, "title": kind.title, "status": kind.status}}
                    for kind in kinds
                },
            }
        },
    }
    if status in (429, 503):
        seconds = {"schema": {"type": "integer"}, "description": "seconds to wait"}
        answer["headers"] = {"Retry-After": seconds}
    return answer
