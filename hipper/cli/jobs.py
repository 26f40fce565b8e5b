"""``hipper jobs``: what the job queue gave up."""

from __future__ import annotations

from typing import Literal

import asyncpg
from cyclopts import App
from rich.console import Console
from rich.table import Table

from hipper.cli.database import SettingsFile, on_database
from hipper.cli.errors import CliError
from hipper.runtime.jobs import DEAD, FORGET, REVIVE
from hipper.runtime.settings_model import Settings

app = App(name="jobs", help="Jobs that were given up: mail that nobody took, for example.")
Owner = Literal["directory", "gateway", "voicemail", "recorder", "push", "app"]
_MOST = 200


@app.command(name="list")
def list_(*, owner: Owner = "app", settings: SettingsFile = None) -> None:
    """The last 200 given up by OWNER's workers, and why."""

    async def work(conn: asyncpg.Connection, _installation: Settings) -> list[asyncpg.Record]:
        return list(await conn.fetch(DEAD, owner, _MOST))

    table = Table("job", "kind", "put", "given up", "starts", "why", box=None)
    for row in on_database(owner, work, settings):
        put, died = f"{row['enqueued_at']:%Y-%m-%d %H:%M}", f"{row['died_at']:%Y-%m-%d %H:%M}"
        table.add_row(str(row["job_id"]), row["kind"], put, died, str(row["starts"]), row["last_error"])
    Console().print(table)


@app.command
def again(job: int, *, owner: Owner = "app", settings: SettingsFile = None) -> None:
    """Try JOB again, from the beginning."""
    _change(REVIVE, job, owner, settings)
    print(f"job {job} is tried again")


@app.command
def forget(job: int, *, owner: Owner = "app", settings: SettingsFile = None) -> None:
    """Throw JOB away."""
    _change(FORGET, job, owner, settings)
    print(f"job {job} is gone")


def _change(statement: str, job: int, owner: Owner, settings: SettingsFile) -> None:
    async def work(conn: asyncpg.Connection, _installation: Settings) -> str:
        return str(await conn.execute(statement, job))

    if on_database(owner, work, settings).endswith(" 0"):
        raise CliError(f"no job {job} was given up; 'hipper jobs list' names them")
