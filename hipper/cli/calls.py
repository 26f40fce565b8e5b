"""``hipper calls``: what became of calls, and why. Reads records and traces; changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import asyncpg
import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fmc_gateway.call.masking import NOT_KEPT
from fmc_gateway.call.replay import Trace, TraceError, decode, replay
from fmc_gateway.records.describe import (
    attempt_line,
    diversion_line,
    leg_lines,
    segment_line,
    summary,
    who,
)
from fmc_gateway.records.entry import decode_entry
from fmc_gateway.records.ladder import ladder
from fmc_gateway.records.read import StoredCall, calls_since, fetch_call, find_call_id, latest_calls
from hipper.cli.database import SettingsFile, on_database
from hipper.cli.errors import CliError
from hipper.contracts.calls import CallRecord, LegRole
from hipper.directory.names import names_of, tenant_id
from hipper.runtime.settings_model import Settings
from hipper.telephony.numbers.format import format_number

app = App(name="calls", help="Call records and their traces: list, export, show, replay.")

SHOWN_ID = 12
"""Characters of a call's id in the list; any beginning that fits one call is enough for show and replay."""
DIFFERS = 3
"""Exit status of replay when the engine of today does something else."""

Limit = Annotated[int, Parameter(help="How many, newest first.")]
Since = Annotated[datetime | None, Parameter(help="Only calls that began since then, UTC.")]
Tenant = Annotated[str | None, Parameter(help="Only calls of this tenant, by its name.")]


@app.command(name="list")
def list_calls(
    *, limit: Limit = 20, since: Since = None, tenant: Tenant = None, settings: SettingsFile = None
) -> None:
    """The latest calls: who called whom, what came of it, who pays."""
    if limit < 1:
        raise CliError("--limit needs at least 1")
    after = None if since is None else _utc(since)

    async def latest(conn: asyncpg.Connection, _: Settings) -> tuple[list[CallRecord], dict[str, str]]:
        # a tenant that was removed has records still, under its id
        of = None if tenant is None else await tenant_id(conn, tenant) or tenant
        found = await latest_calls(conn, limit=limit, since=after, tenant=of)
        return found, await names_of(conn, {_caller(record) for record in found})

    calls, names = on_database("gateway", latest, settings)
    if not calls:
        print("no calls")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("call", "began", "from", "to", "outcome", "talked", "pays"):
        table.add_column(title, no_wrap=True)
    for record in calls:
        table.add_row(*(Text(cell) for cell in _row(record, names)))
    _console().print(table)


@app.command
def export(
    *,
    since: Annotated[datetime, Parameter(help="Calls that began since then, UTC.")],
    tenant: Tenant = None,
    format: Annotated[Literal["jsonl"], Parameter(help="One JSON object a line.")] = "jsonl",
    settings: SettingsFile = None,
) -> None:
    """Whole records on standard output, oldest first: legs, devices, segments, diversions; times in Unix
    seconds. Calls that are not over yet are not in it."""

    async def write(conn: asyncpg.Connection, _: Settings) -> None:
        of = None if tenant is None else await tenant_id(conn, tenant) or tenant
        # one moment's view: a call that is written meanwhile belongs in the next export
        async with conn.transaction(isolation="repeatable_read", readonly=True):
            async for record in calls_since(conn, _utc(since), tenant=of):
                print(msgspec.json.encode(record).decode())

    on_database("gateway", write, settings)


@app.command
def show(call: str, *, settings: SettingsFile = None) -> None:
    """The record of CALL (its id or the beginning of it), its devices, and its trace as a ladder."""
    stored, names = on_database("gateway", lambda conn, _: _fetch_with_names(conn, call), settings)
    console = _console()
    for line in _described(stored.record):
        console.print(_named(line, names))
    console.print()
    if stored.trace is None:
        console.print("the trace is gone: its retention has passed")
        return
    console.print("trace (numbers masked)")
    for line in ladder(stored.trace.steps, names):
        console.print(_named(line, names))


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def _named(line: str, names: dict[str, str]) -> str:
    for identifier, name in names.items():
        line = line.replace(identifier, name)
    return line


def _described(record: CallRecord) -> Iterator[str]:
    yield from summary(record)
    for leg in record.legs:
        yield from leg_lines(leg, record.started)
    if record.attempts:
        yield "devices"
    for attempt in record.attempts:
        yield f"  {attempt_line(attempt)}"
    if record.diversions:
        yield "diverted"
    for diversion in record.diversions:
        yield f"  {diversion_line(diversion, record)}"
    if record.segments:
        yield "paid for"
    for segment in record.segments:
        yield f"  {segment_line(segment, record)}"


async def _fetch_with_names(conn: asyncpg.Connection, beginning: str) -> tuple[StoredCall, dict[str, str]]:
    stored = await _fetch(conn, beginning)
    record = stored.record
    ids = {leg.device or "" for leg in record.legs} | {leg.subscriber or "" for leg in record.legs}
    ids |= {attempt.device for attempt in record.attempts}
    ids |= {attempt.subscriber for attempt in record.attempts}
    ids |= {diversion.by for diversion in record.diversions}
    ids |= {segment.charged or "" for segment in record.segments}
    ids |= {leg.diverted_by or "" for leg in record.legs}
    ids.add(record.tenant or "")
    return stored, await names_of(conn, ids)


@app.command(name="replay")
def replay_call(call: str, *, settings: SettingsFile = None) -> int:
    """Run the trace of CALL (an id, or a file) through the engine again; status 3 when it differs."""
    path = Path(call)
    trace = _from_file(path) if path.is_file() else _stored_trace(call, settings)
    if any(NOT_KEPT in str(step.event) for step in trace.steps[:1]):
        print("location headers and bodies were not kept: they are replayed as they stand in the trace")
    mismatches = replay(trace)
    if not mismatches:
        print(f"identical: {len(trace.steps)} steps give the same commands")
        return 0
    first = mismatches[0]
    print(f"differs at step {first.index + 1} of {len(trace.steps)}, {type(first.event).__name__}:")
    print(f"  trace: {', '.join(type(command).__name__ for command in first.recorded) or 'nothing'}")
    print(f"  now:   {', '.join(type(command).__name__ for command in first.now) or 'nothing'}")
    for old, new in zip(first.recorded, first.now, strict=False):
        if old != new:
            print(f"  - {old}\n  + {new}")
            break
    return DIFFERS


def _caller(record: CallRecord) -> str:
    """Id of the user who calls, when it is one of ours."""
    return next((leg.subscriber or "" for leg in record.legs if leg.role is LegRole.CALLING), "")


def _from(record: CallRecord, names: dict[str, str]) -> str:
    """Whom the other side saw; where nobody was to see anybody (feature codes, barred calls), whose call it
    was."""
    calling = next((leg for leg in record.legs if leg.role is LegRole.CALLING), None)
    if calling is None:
        return "?"
    shown = calling.identity_shown
    nobody = not (shown.number or shown.extension or shown.name)
    return names.get(_caller(record)) or who(shown) if nobody else who(shown)


def _row(record: CallRecord, names: dict[str, str]) -> tuple[str, ...]:
    talked = record.ended - record.answered if record.answered is not None else None
    pays = next((leg.payer for leg in record.legs if leg.payer and leg.payer.subscription), None)
    return (
        record.call[:SHOWN_ID],
        datetime.fromtimestamp(record.started, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S"),
        _from(record, names),
        format_number(record.dialled),
        record.outcome.value.replace("_", " "),
        f"{int(talked // 60)}:{int(talked % 60):02d}" if talked is not None else "-",
        f"{pays.subscription} ({pays.tariff.value})" if pays is not None else "-",
    )


def _from_file(path: Path) -> Trace:
    data = path.read_bytes()
    try:
        if b'"record"' in data[:16]:
            return decode_entry(data.splitlines()[0]).trace
        return decode(data)
    except (TraceError, ValueError) as error:
        raise CliError(f"{path}: {error}") from None


def _stored_trace(call: str, settings: Path | None) -> Trace:
    stored = on_database("gateway", lambda conn, _: _fetch(conn, call), settings)
    if stored.trace is None:
        raise CliError(f"call {call}: the trace is gone: its retention has passed")
    return stored.trace


async def _fetch(conn: asyncpg.Connection, beginning: str) -> StoredCall:
    matching = await find_call_id(conn, beginning) if beginning else []
    if not matching:
        raise CliError(f"no call has an id that begins with '{beginning}'; 'hipper calls list' shows them")
    if len(matching) > 1 and beginning not in matching:
        raise CliError(f"several calls begin with '{beginning}'; give more of the id")
    try:
        stored = await fetch_call(conn, beginning if beginning in matching else matching[0])
    except TraceError as error:
        raise CliError(f"call {matching[0]}: {error}") from None
    assert stored is not None
    return stored


def _console() -> Console:
    """Wide enough for ladders when the output is no terminal."""
    console = Console(soft_wrap=True, highlight=False, markup=False)
    return (
        console if console.is_terminal else Console(width=200, soft_wrap=True, highlight=False, markup=False)
    )
