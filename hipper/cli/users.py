"""``hipper user``: what an operator changes for one user. Holds for the next call."""

from __future__ import annotations

import sys
from getpass import getpass
from typing import Annotated, Literal

import asyncpg
import msgspec
from cyclopts import App, Parameter

from app.domain.signing_in import account_statements
from app.domain.signing_in.account_schemas import fits
from app.domain.signing_in.account_writing import account_entry, replace_password, replace_role
from app.domain.signing_in.mailed import masked
from app.domain.signing_in.passwords import fault_of, hashed_password, made_up
from hipper.cli.database import SettingsFile, on_database
from hipper.cli.errors import CliError
from hipper.cli.people import add_to
from hipper.cli.privacy import erase, export
from hipper.directory.accounts import Account, find_account
from hipper.directory.audit import write_audit
from hipper.directory.errors import InvalidSettings
from hipper.directory.services import change_user_service, get_service, service_named
from hipper.directory.settings import find_subscriber, set_identity
from hipper.pbx.model import IdentityChoice
from hipper.pbx.services.registry import SERVICES
from hipper.runtime.settings_model import Settings

app = App(name="user", help="Users, and what an operator changes for one.")
add_to(app)
app.command(export)
app.command(erase)


@app.command
def identity(user: str, choice: Literal["mobile", "fixed"], *, settings: SettingsFile = None) -> None:
    """Show this number of USER (user@domain) from the next call on."""

    async def work(conn: asyncpg.Connection, _installation: Settings) -> bool:
        subscriber = await find_subscriber(conn, user)
        return await set_identity(conn, subscriber, IdentityChoice(choice), "operator")

    changed = on_database("directory", work, settings)
    print(f"{user} shows the {choice} number from the next call on" if changed else "nothing changed")


@app.command
def services(user: str, *, settings: SettingsFile = None) -> None:
    """What is set of each service of USER; services that were never set are left out."""

    async def work(conn: asyncpg.Connection, _installation: Settings) -> list[str]:
        subscriber = await find_subscriber(conn, user)
        lines = []
        for name in sorted(one.name for one in SERVICES.values() if one.scope == "subscriber"):
            stored = await get_service(conn, "subscriber", subscriber, name)
            if stored.version:
                lines.append(f"{name} {msgspec.json.encode(stored.settings).decode()}")
        return lines

    lines = on_database("directory", work, settings)
    print("\n".join(lines) or "nothing is set: every service is as it is by default")


@app.command
def service(user: str, name: str, changes: str | None = None, *, settings: SettingsFile = None) -> None:
    """Show service NAME of USER, or change some of its settings: ``'{"active": true}'`` (JSON)."""
    service_named(name, "subscriber")

    async def work(conn: asyncpg.Connection, _installation: Settings) -> str:
        subscriber = await find_subscriber(conn, user)
        if changes is not None:
            await change_user_service(conn, subscriber, name, _read(changes), "operator")
        stored = await get_service(conn, "subscriber", subscriber, name)
        return msgspec.json.format(
            msgspec.json.encode(msgspec.structs.asdict(stored.settings)), indent=2
        ).decode()

    print(on_database("directory", work, settings))


@app.command
def password(
    user: str,
    *,
    make: Annotated[bool, Parameter(negative=(), help="Make one, and show it once.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Set the password of USER for the app and the HTTP API; asked for, unless --make. Ends the user's
    sessions."""
    chosen = made_up() if make else _asked()
    fault = fault_of(chosen, user.lower())
    if fault is not None:
        raise CliError(fault[0])

    async def work(conn: asyncpg.Connection, installation: Settings) -> None:
        account = await _account(conn, user)
        known = hashed_password(chosen, installation.api)
        await replace_password(conn, account, known, "operator", "password set")

    on_database("app", work, settings)
    print(f"password of {user}: {chosen}  (shown once)" if make else f"the password of {user} is set")


@app.command
def role(
    user: str,
    role: Literal["user", "group_administrator", "enterprise_administrator"],
    *,
    settings: SettingsFile = None,
) -> None:
    """Make USER an administrator of the own group or enterprise, or a plain user again."""

    async def work(conn: asyncpg.Connection, _installation: Settings) -> None:
        await replace_role(conn, await _account(conn, user), role, "operator", f"role {role}")

    on_database("app", work, settings)
    print(f"{user} is {role.replace('_', ' ')} from the next request on")


@app.command
def email(
    user: str,
    address: str | None = None,
    *,
    none: Annotated[bool, Parameter(negative=(), help="Send USER no mail any more.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Have mail for USER (password resets) go to ADDRESS."""
    if (address is None) is not none:
        raise CliError("name an address, or --none")
    if address is not None and not fits(address):
        raise CliError(f"{address!r} is no e-mail address")
    change = f"e-mail address set to {masked(address)}"

    async def work(conn: asyncpg.Connection, _installation: Settings) -> None:
        account = await _account(conn, user)
        async with conn.transaction():
            await conn.execute(account_statements.FORGET_WANTED_EMAIL, account.subscriber)
            await conn.execute(account_statements.FORGET_RESETS, account.subscriber)
            await conn.execute(account_statements.SET_EMAIL, account.subscriber, address)
            await write_audit(conn, [account_entry(account, "operator", change)])

    on_database("app", work, settings)
    print(f"mail for {user} goes to {address}" if address else f"{user} gets no mail")


@app.command(name="second-factor")
def second_factor(
    user: str,
    *,
    remove: Annotated[bool, Parameter(negative=(), help="Let USER sign in with the password alone.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Whether USER needs a code to sign in; take that off for who lost telephone and recovery codes."""

    async def state(conn: asyncpg.Connection, _installation: Settings) -> bool:
        row = await conn.fetchrow(account_statements.FACTOR, (await _account(conn, user)).subscriber)
        return row is not None and row["confirmed_at"] is not None

    if not on_database("app", state, settings):
        print(f"{user} signs in with the password alone")
        return
    if not remove:
        print(f"{user} needs a code to sign in")
        return

    async def work(conn: asyncpg.Connection, _installation: Settings) -> None:
        account = await _account(conn, user)
        async with conn.transaction():
            await conn.execute(account_statements.TAKE_OFF, account.subscriber)
            await write_audit(conn, [account_entry(account, "operator", "second factor switched off")])

    on_database("app", work, settings)
    print(f"{user} signs in with the password alone from now on")


async def _account(conn: asyncpg.Connection, user: str) -> Account:
    found = await find_account(conn, user)
    if found is None:
        raise CliError(f"there is no user {user}; users are named user@domain")
    return found


def _asked() -> str:
    """Twice from a terminal; else one line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass("password: ")
    if getpass("once more: ") != first:
        raise CliError("these differ; nothing was changed")
    return first


def _read(text: str) -> dict[str, object]:
    try:
        return msgspec.json.decode(text, type=dict[str, object])
    except msgspec.DecodeError as error:
        raise InvalidSettings(f"{text!r} is no JSON object ({error}); write '{{\"active\": true}}'") from None
