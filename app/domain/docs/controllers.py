"""``/v1/docs`` (Swagger UI of our own files) and ``/v1/problems``."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec
from litestar import Controller, Response, get

from app.operations import Access, declared
from app.problems import KINDS, WRONG_PASSWORD, ProblemKind

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of the page: nothing from anywhere else. Swagger UI writes style attributes."""
_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
_KEPT = {"Cache-Control": "public, max-age=3600", "Content-Security-Policy": PAGE_POLICY}


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """``type`` stays; ``title`` in English and ``titel`` in Dutch may be worded better some day."""

    type: str
    status: int
    title: str
    titel: str


class Kinds(msgspec.Struct, frozen=True, kw_only=True):
    """By status."""

    items: tuple[Kind, ...]


def _kind(one: ProblemKind) -> Kind:
    return Kind(type=one.type, status=one.status, title=one.title, titel=one.titel)


_ALL = Kinds(items=tuple(_kind(one) for one in sorted(KINDS, key=lambda one: (one.status, one.name))))


class DocsController(Controller):
    """For who reads about the API."""

    path = "/v1"
    tags = ("description",)

    @get(
        "/problems",
        operation_id="listProblems",
        summary="Every kind of problem",
        opt=declared(Access.OPEN, answer=Kinds, shown=Kinds(items=(_kind(WRONG_PASSWORD),))),
    )
    async def problems(self) -> Kinds:
        """What ``type`` of an error can be; programs go by it."""
        return _ALL

    @get("/docs", operation_id="readDocs", summary="This description as a page", opt=declared(Access.OPEN))
    async def page(self) -> Response[bytes]:
        """For a browser; it asks no other host for anything."""
        return _file("index.html")

    @get(
        "/docs/swagger-ui.css",
        operation_id="readDocsStyle",
        summary="A part of the page",
        opt=declared(Access.OPEN),
    )
    async def style(self) -> Response[bytes]:
        return _file("swagger-ui.css")

    @get(
        "/docs/swagger-ui-bundle.js",
        operation_id="readDocsProgram",
        summary="A part of the page",
        opt=declared(Access.OPEN),
    )
    async def program(self) -> Response[bytes]:
        return _file("swagger-ui-bundle.js")

    @get(
        "/docs/page.js", operation_id="readDocsStart", summary="A part of the page", opt=declared(Access.OPEN)
    )
    async def start(self) -> Response[bytes]:
        return _file("page.js")


def _file(name: str) -> Response[bytes]:
    return Response(_read(name), media_type=_TYPES[name.rpartition(".")[2]], headers=_KEPT)


@cache
def _read(name: str) -> bytes:
    return files("app.domain.docs").joinpath("assets", name).read_bytes()
