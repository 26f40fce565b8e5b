"""``hipper user export`` and ``hipper user erase``: what the law lets a user ask for."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, TypeVar

import asyncpg
from cyclopts import Parameter

from app.domain.privacy import services
from app.domain.privacy.files import Connections, files_of, zipped
from hipper.cli.database import SettingsFile
from hipper.cli.errors import CliError
from hipper.directory.accounts import Account, account_with, find_account
from hipper.pbx.ids import SubscriberId
from hipper.runtime.bus import Bus
from hipper.runtime.servers import owner_url, redis_url
from hipper.runtime.settings import default_path, load
from hipper.runtime.settings_model import Settings

_T = TypeVar("_T")
_CONNECT_WITHIN_S = 5.0


def export(user: str, file: Path, *, settings: SettingsFile = None) -> None:
    """Everything that is known about USER (user@domain), as a ZIP of JSON files.

    Parameters
    ----------
    file
        Where to write it, readable by you alone.
    """

    async def work(conns: Connections, _installation: Settings, account: Account) -> None:
        now = time.time()
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as written:
            async for piece in zipped(files_of(conns, account, now), now, sys.maxsize):
                written.write(piece.data)

    _of_user(user, work, settings)
    print(f"everything about {user} is in {file}")


def erase(
    user: str,
    *,
    yes: Annotated[bool, Parameter(negative=(), help="Do not ask.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Erase everything personal of USER (user@domain, or its id when erased before). It cannot be undone.

    Name, address, numbers, telephones, settings, contacts and lists go; of calls stays what was billed,
    without the person.
    """
    if not yes and not _confirmed(user):
        raise CliError("nothing was erased")

    async def work(conns: Connections, installation: Settings, account: Account) -> bool:
        bus = Bus(redis_url(installation))
        try:
            return await services.erase_user(conns, bus, account.subscriber, "operator")
        finally:
            await bus.close()

    done = _of_user(user, work, settings)
    print(f"{user} is erased" if done else f"{user} was erased before; what came after it is gone too")


def _confirmed(user: str) -> bool:
    if not sys.stdin.isatty():
        raise CliError("this cannot be undone; say --yes to do it without being asked")
    return input(f"erase {user}, which cannot be undone? Type the user's name again: ") == user


def _of_user(
    user: str, work: Callable[[Connections, Settings, Account], Awaitable[_T]], path: Path | None
) -> _T:
    installation = load(path or default_path(os.environ), os.environ)

    async def connected() -> _T:
        async with AsyncExitStack() as open_:
            opened = [
                await _connection(installation, owner, open_) for owner in ("app", "directory", "gateway")
            ]
            conns = Connections(*opened)
            account = await find_account(conns.directory, user) or await account_with(
                conns.directory, SubscriberId(user)
            )
            if account is None:
                raise CliError(f"there is no user {user}; users are named user@domain")
            return await work(conns, installation, account)

    return asyncio.run(connected())


async def _connection(installation: Settings, owner: str, open_: AsyncExitStack) -> asyncpg.Connection:
    try:
        connection = await asyncpg.connect(owner_url(installation, owner), timeout=_CONNECT_WITHIN_S)
    except (OSError, TimeoutError):
        raise CliError(
            "the database does not answer; start 'make run' in another terminal, or check database.url"
        ) from None
    open_.push_async_callback(connection.close)
    return connection
