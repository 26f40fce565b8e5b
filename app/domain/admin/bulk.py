"""``/v1/tenants/<tenant>/imports``, ``/v1/imports/<import>``: users, numbers and telephones from a file."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack
from typing import Annotated, Any

import asyncpg
import msgspec
import structlog
from litestar import Controller, Response, get, post
from litestar.params import FromPath

from app.at_once import at_once
from app.bodies import body_of
from app.domain.admin.accounts import above
from app.domain.admin.asking import Asked, actor_of, changing, refusals_told, stores_of
from app.language import language_of
from app.operations import Access, declared
from app.problems import IN_THE_WAY, INVALID_SETTINGS, OVERLOADED, InvalidMember, ProblemError
from hipper.directory.admin import imports
from hipper.directory.admin.bulk import import_users
from hipper.directory.admin.bulk_reading import Fault, WantedUser, read_users
from hipper.directory.admin.changing import Actor
from hipper.directory.admin.imports import Import
from hipper.runtime.database import OUTAGE
from hipper.runtime.settings_model import Settings

LARGEST_FILE = 2 * 1024 * 1024
"""Bytes of the request."""
NOTE_EVERY_S = 0.5

log = structlog.get_logger("app.imports")
_CSV = "user;display_name;pack;extension;fixed;desk_phone\nhenk;Henk Mol;base_plus;208;0201234508;henk-1\n"
_IMPORT = {
    "id": "i_3c2b",
    "tenant": "t_5e1f",
    "by": "key:8f2a",
    "state": "done",
    "dry_run": False,
    "created": 1764000000.0,
    "total": 120,
    "done": 120,
    "changed": 119,
    "faults": [
        {
            "line": 17,
            "column": "fixed",
            "user": "henk",
            "text": "this number is already taken",
            "tekst": "dit nummer is al bezet",
        }
    ],
}


class ImportWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``csv``: the file as it is. Columns: user, display_name, group, pack, extension, fixed, mobile,
    language, alternate, desk_phone, label, site, password. ``dry_run``: only say what would be wrong."""

    csv: Annotated[str, msgspec.Meta(min_length=1, max_length=LARGEST_FILE)]
    dry_run: bool = False


class Imports(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[Import, ...]


class ImportController(Controller):
    """Imports of a company."""

    tags = ("imports",)

    @post(
        "/v1/tenants/{tenant:str}/imports",
        operation_id="startImport",
        summary="Import users, numbers and telephones from a CSV file",
        status_code=202,
        request_max_body_size=LARGEST_FILE,
        opt=declared(
            Access.ADMINISTRATOR,
            body=ImportWanted,
            answer=Import,
            problems=(IN_THE_WAY, OVERLOADED),
            example={
                "csv": _CSV,
                "dry_run": True,
            },
            shown={**_IMPORT, "state": "running", "done": 0, "changed": 0, "faults": []},
        ),
    )
    async def start(self, request: Asked, tenant: FromPath[str]) -> Response[Any]:
        """One line is a user; further lines of the same user add alternates and telephones. Each user is
        made or changed whole, or not at all; the others are. The same file again changes nothing. The answer
        comes at once: `GET /v1/imports/{import}` says how far it is, and what was wrong on which line."""
        wanted = await body_of(request, ImportWanted)
        found, faults = read_users(wanted.csv)
        if faults:
            raise _unreadable(request, faults[0])
        spared = await above(request, tenant)
        with ExitStack() as held:
            held.enter_context(at_once(request, "imports").turn(object()))  # one of a company: begin_import
            async with changing(request) as conn:
                begun = await imports.begin_import(
                    conn, actor_of(request), tenant, len(found), dry_run=wanted.dry_run
                )
            settings: Settings = request.app.state.settings
            pool, realm = stores_of(request).directory, settings.devices.realm
            task = asyncio.create_task(_import(pool, begun, actor_of(request), found, realm, spared))
            running: set[asyncio.Task[None]] = request.app.state.setdefault("imports", set())
            running.add(task)
            task.add_done_callback(running.discard)
            turn = held.pop_all()
            task.add_done_callback(lambda _: turn.close())
        return Response(begun, status_code=202)

    @get(
        "/v1/tenants/{tenant:str}/imports",
        operation_id="listImports",
        summary="The last imports of a company",
        opt=declared(Access.ADMINISTRATOR, answer=Imports, shown={"items": [_IMPORT]}),
    )
    async def all(self, request: Asked, tenant: FromPath[str]) -> Imports:
        """Who administers one group sees the own ones."""
        actor = actor_of(request)
        found = await imports.list_imports(stores_of(request).own, tenant)
        return Imports(items=tuple(one for one in found if actor.group is None or one.by == actor.by))

    @get(
        "/v1/imports/{import_:str}",
        operation_id="getImport",
        summary="How far an import is, and what was wrong",
        opt=declared(Access.ADMINISTRATOR, answer=Import, shown=_IMPORT),
    )
    async def one(self, request: Asked, import_: FromPath[str]) -> Import:
        with refusals_told(request):
            return await imports.get_import(stores_of(request).own, import_)


def _unreadable(request: Asked, fault: Fault) -> ProblemError:
    detail = fault.tekst if language_of(request.scope) == "nl" else fault.text
    member = InvalidMember(pointer="#/csv", detail=detail)
    return ProblemError(INVALID_SETTINGS, fault.text, fault.tekst, errors=(member,))


async def _import(
    pool: asyncpg.Pool,
    begun: Import,
    actor: Actor,
    wanted: list[WantedUser],
    realm: str | None,
    spared: frozenset[str],
) -> None:
    """To its end, saying how far it is. What ends it early is a fault of the file as a whole."""
    done = changed = 0
    faults: list[Fault] = []
    noted = time.monotonic()
    try:
        async with pool.acquire() as conn:
            progress = import_users(
                conn, actor, begun.tenant, wanted, realm=realm, dry_run=begun.dry_run, spared=spared
            )
            async for step in progress:
                done, changed = step.done, changed + step.changed
                faults += step.faults
                if time.monotonic() - noted >= NOTE_EVERY_S:
                    noted = time.monotonic()
                    await imports.note_progress(pool, begun.id, done, changed, faults, over=False)
        await imports.note_progress(pool, begun.id, done, changed, faults, over=True)
    except OUTAGE as error:  # it is seen to have stopped; the same file again goes on
        log.warning("import.stopped", error=type(error).__name__, done=done, total=begun.total)
    except Exception as error:
        log.error("import.fault", error=type(error).__name__, done=done, total=begun.total)
        raise
