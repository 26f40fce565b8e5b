"""What users change themselves: identity, withholding, which devices ring (seed 5.1, 5.3, 9).

Each change is one transaction with its audit row and holds for the next INVITE, since contexts are read at
call time. ``conn``: a connection of role ``hipper_directory``. ``by``: see
:class:`hipper.directory.audit.AuditEntry`. Each function returns whether anything changed; saving what
already holds writes nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import asyncpg

from hipper.directory.audit import AuditEntry, write_audit
from hipper.directory.errors import NotTheUsersNumber, UnknownDevice, UnknownSubscriber
from hipper.directory.told import tell
from hipper.pbx.ids import DeviceId, SubscriberId
from hipper.pbx.model import IdentityChoice
from hipper.telephony.numbers.e164 import E164


async def find_subscriber(conn: asyncpg.Connection, aor: str) -> SubscriberId:
    """The user named ``user@domain``. Raises UnknownSubscriber."""
    user, _, domain = aor.rpartition("@")
    found = await conn.fetchval(
        "SELECT subscriber_id FROM directory.subscribers WHERE domain = $1 AND user_name = $2",
        domain.lower(),
        user.lower(),
    )
    if found is None:
        raise UnknownSubscriber(f"there is no user {aor}; users are named user@domain")
    return SubscriberId(found)


class Identity(NamedTuple):
    """What others see of a user. ``alternate``: which number, with IdentityChoice.ALTERNATE."""

    choice: IdentityChoice
    alternate: E164 | None
    withhold: bool


async def get_identity(conn: asyncpg.Connection, subscriber: SubscriberId) -> Identity:
    """As it is now, and nobody else changes it before the transaction of ``conn`` ends. Raises
    UnknownSubscriber."""
    row = await _locked(conn, subscriber)
    return Identity(IdentityChoice(row["identity"]), row["identity_alternate"], row["withhold"])


async def set_identity(
    conn: asyncpg.Connection,
    subscriber: SubscriberId,
    choice: IdentityChoice,
    by: str,
    *,
    alternate: E164 | None = None,
) -> bool:
    """Show this number from the next call on. ``alternate``: which one, with IdentityChoice.ALTERNATE.

    Raises NotTheUsersNumber when the user has no such number, UnknownSubscriber.
    """
    async with conn.transaction():
        before = await _locked(conn, subscriber)
        number = await _own_number(conn, subscriber, choice, alternate)
        if number is None:
            raise NotTheUsersNumber(_no_such_number(before["aor"], choice))
        chosen = number if choice is IdentityChoice.ALTERNATE else None
        if (before["identity"], before["identity_alternate"]) == (choice.value, chosen):
            return False
        await conn.execute(
            """UPDATE directory.subscribers SET identity = $2, identity_alternate = $3
               WHERE subscriber_id = $1""",
            subscriber,
            choice.value,
            chosen,
        )
        await _audit(conn, before, by, f"identity {before['identity']} -> {choice.value}")
        await tell(conn, before["tenant_id"], subscriber, "identity", by)
    return True


async def set_withhold(conn: asyncpg.Connection, subscriber: SubscriberId, withhold: bool, by: str) -> bool:
    """Withhold the number on every call, or show it. Raises UnknownSubscriber."""
    async with conn.transaction():
        before = await _locked(conn, subscriber)
        if before["withhold"] == withhold:
            return False
        await conn.execute(
            "UPDATE directory.subscribers SET withhold = $2 WHERE subscriber_id = $1", subscriber, withhold
        )
        await _audit(conn, before, by, f"number {'withheld' if withhold else 'shown'}")
        await tell(conn, before["tenant_id"], subscriber, "identity", by)
    return True


async def set_device_rings(
    conn: asyncpg.Connection, subscriber: SubscriberId, device: DeviceId, rings: bool, by: str
) -> bool:
    """Let one device of this user ring, or not. Raises UnknownDevice (also for a device of somebody else)."""
    async with conn.transaction():
        before = await _locked(conn, subscriber)
        row = await conn.fetchrow(
            """SELECT label, rings FROM directory.devices
               WHERE device_id = $1 AND subscriber_id = $2 FOR UPDATE""",
            device,
            subscriber,
        )
        if row is None:
            raise UnknownDevice(f"{before['aor']} has no such device")
        if row["rings"] == rings:
            return False
        await conn.execute("UPDATE directory.devices SET rings = $2 WHERE device_id = $1", device, rings)
        await _audit(conn, before, by, f"device {row['label']} {'rings' if rings else 'does not ring'}")
        await tell(conn, before["tenant_id"], subscriber, f"devices/{device}", by)
    return True


async def _locked(conn: asyncpg.Connection, subscriber: SubscriberId) -> asyncpg.Record:
    row = await conn.fetchrow(
        """SELECT tenant_id, user_name || '@' || domain AS aor, identity, identity_alternate, withhold
           FROM directory.subscribers WHERE subscriber_id = $1 FOR UPDATE""",
        subscriber,
    )
    if row is None:
        raise UnknownSubscriber("there is no such user")
    return row


async def _own_number(
    conn: asyncpg.Connection, subscriber: SubscriberId, choice: IdentityChoice, alternate: E164 | None
) -> E164 | None:
    """The number behind a choice, when it is this user's."""
    number: E164 | None = await conn.fetchval(
        """SELECT e164 FROM directory.numbers
           WHERE subscriber_id = $1 AND kind = $2 AND ($2 <> 'alternate' OR e164 = $3)""",
        subscriber,
        choice.value,
        alternate,
    )
    return number


def _no_such_number(aor: str, choice: IdentityChoice) -> str:
    if choice is IdentityChoice.ALTERNATE:
        return f"this is not one of the alternate numbers of {aor}"
    return f"{aor} has no {choice.value} number to show; choose another identity"


async def _audit(conn: asyncpg.Connection, before: asyncpg.Record, by: str, change: str) -> None:
    entry = AuditEntry(
        tenant=before["tenant_id"], by=by, subject=f"subscriber {before['aor']}", change=change
    )
    await write_audit(conn, [entry])
