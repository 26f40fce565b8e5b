"""Who changes, which version they saw, and what the audit says of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

import asyncpg
import msgspec

from hipper.directory.admin.refused import NotThere
from hipper.directory.audit import AuditEntry, write_audit
from hipper.pbx.ids import GroupId, TenantId

Check = Callable[[str], object]
"""Given the version of what is stored, once nobody else can change it: raises when the writer saw another."""


class Actor(NamedTuple):
    """``by``: as the audit calls who changes. ``tenant`` None: an operator. ``group``: only this group."""

    by: str
    tenant: TenantId | None = None
    group: GroupId | None = None

    @property
    def is_operator(self) -> bool:
        return self.tenant is None

    def may_use(self, tenant: str, group: str) -> bool:
        """Whether ``group`` of ``tenant`` is theirs to administer."""
        return self.tenant in (None, tenant) and self.group in (None, group)


OPERATOR = Actor("operator")


def version_of(shown: msgspec.Struct) -> str:
    """Of an ETag: things of administration have no counter of their own, and are small."""
    return hashlib.sha256(msgspec.json.encode(shown)).hexdigest()[:16]


def any_version(_version: str) -> None:
    """The :data:`Check` of a writer who saw none."""


async def tell(
    conn: asyncpg.Connection,
    tenant: str,
    actor: Actor,
    subject: str,
    before: msgspec.Struct | None,
    after: msgspec.Struct | None,
    change: str | None = None,
) -> None:
    """Write the audit row of one change, with what was and what is: there is no secret in what is shown.
    ``change``: the readable line, made from the two when left out."""
    entry = AuditEntry(
        tenant=TenantId(tenant),
        by=actor.by,
        subject=subject,
        change=change or difference(before, after),
        before=None if before is None else msgspec.json.encode(before).decode(),
        after=None if after is None else msgspec.json.encode(after).decode(),
    )
    await write_audit(conn, [entry])


def difference(before: msgspec.Struct | None, after: msgspec.Struct | None) -> str:
    """``display_name "Anna" -> "Anne", enabled yes -> no``."""
    if before is None:
        return "made"
    if after is None:
        return "removed"
    told = [
        f"{name} {_shown(getattr(before, name))} -> {_shown(getattr(after, name))}"
        for name in before.__struct_fields__
        if getattr(before, name) != getattr(after, name)
    ]
    return ", ".join(told) or "nothing"


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return msgspec.json.encode(value).decode()


def given(change: msgspec.Struct) -> dict[str, Any]:
    """The members a request names; those it leaves out stay."""
    values = {name: getattr(change, name) for name in change.__struct_fields__}
    return {name: value for name, value in values.items() if value is not msgspec.UNSET}


def not_there(what: str, wat: str, pointer: str = "#") -> NotThere:
    return NotThere(f"there is no such {what}", f"{wat} bestaat niet", pointer)
