"""What an operator reads when something is wrong: one line, and an exit status."""

from __future__ import annotations

import sys

import asyncpg

from hipper.directory.errors import DirectoryError
from hipper.runtime.bus import BusUnavailable
from hipper.runtime.embedded import EmbeddedError
from hipper.runtime.migrations import MigrationError
from hipper.runtime.ports import ListenError
from hipper.runtime.secret import SecretError
from hipper.runtime.settings import SettingsError
from hipper.runtime.supervisor import ProcessFailed


class CliError(Exception):
    """Something the operator can put right. ``str`` is the line; ``status`` the exit status."""

    def __init__(self, line: str, status: int = 1) -> None:
        super().__init__(line)
        self.status = status


READABLE: tuple[type[Exception], ...] = (
    CliError,
    SettingsError,
    SecretError,
    EmbeddedError,
    MigrationError,
    ListenError,
    ProcessFailed,
    BusUnavailable,
    DirectoryError,
)
"""Their text says what is wrong and what to do."""


def explain(error: BaseException) -> tuple[list[str], int] | None:
    """Lines and exit status for what is not a fault of the program; None for what is."""
    if isinstance(error, CliError):
        return [str(error)], error.status
    if isinstance(error, READABLE):
        return str(error).splitlines(), 1
    if isinstance(error, asyncpg.InvalidPasswordError | asyncpg.InvalidAuthorizationSpecificationError):
        return [f"the database refuses the login: {error}; check database.url and database.role_password"], 1
    if isinstance(error, asyncpg.InvalidCatalogNameError | asyncpg.UndefinedTableError):
        return [f"the database is not set up: {error}; run 'hipper migrate' first"], 1
    if isinstance(error, ConnectionError | FileNotFoundError) and "PGSQL" in str(error):
        return [
            "the embedded database does not run; start 'make run' in another terminal, or set database.url"
        ], 1
    if isinstance(error, PermissionError):
        return [f"{error.filename or 'a file'}: permission denied; run as the user that owns it"], 1
    if isinstance(error, ConnectionError | asyncpg.PostgresConnectionError | asyncpg.CannotConnectNowError):
        return [f"the database does not answer: {error}"], 1
    return None


def report(error: BaseException) -> int:
    """Print the lines and return the exit status; raises what is a fault of the program."""
    explained = explain(error)
    if explained is None:
        raise error
    lines, status = explained
    for line in lines:
        print(f"hipper: {line}", file=sys.stderr)
    return status
