"""Passwords and roles, changed in one transaction with the audit row and with what has to end with the old
one: by the user, by who administers the user, on the command line.

``conn``: of role ``hipper_app``. ``by``: see :class:`hipper.directory.audit.AuditEntry`.
"""

from __future__ import annotations

import asyncpg

from app.domain.signing_in import account_statements, statements
from hipper.directory.accounts import Account
from hipper.directory.audit import AuditEntry, write_audit
from hipper.directory.told import tell


async def replace_password(
    conn: asyncpg.Connection, account: Account, password_hash: str, by: str, change: str, *, keep: str = ""
) -> None:
    """Sessions other than ``keep`` end, and codes that were mailed to choose a password open nothing any
    more."""
    async with conn.transaction():
        await conn.execute(statements.SET_HASH, account.subscriber, password_hash)
        await conn.execute(statements.END_SESSIONS, account.subscriber, "password", keep)
        await conn.execute(account_statements.FORGET_RESETS, account.subscriber)
        await write_audit(conn, [account_entry(account, by, change)])
        await tell(conn, account.tenant, account.subscriber, "sessions", by)


async def replace_role(conn: asyncpg.Connection, account: Account, role: str, by: str, change: str) -> None:
    """Holds for the next request."""
    async with conn.transaction():
        await conn.execute(statements.SET_ROLE, account.subscriber, role)
        await write_audit(conn, [account_entry(account, by, change)])


def account_entry(account: Account, by: str, change: str) -> AuditEntry:
    return AuditEntry(account.tenant, by, f"subscriber {account.aor}", change)
