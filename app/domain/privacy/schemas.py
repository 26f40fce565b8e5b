"""Everything about a user, in one document."""

from __future__ import annotations

from typing import Any

import msgspec

from app.domain.history.schemas import HistoryEntry


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    """A change by the user or of the user's settings. ``at``: Unix seconds."""

    at: float
    by: str
    subject: str
    change: str


class UserExport(msgspec.Struct, frozen=True, kw_only=True):
    """``made``: Unix seconds. ``tables``: rows about the user as they are stored, but for hashes and secrets.
    ``calls``: as in the history; of a number that was withheld from the user there is nothing in it."""

    made: float
    user: str
    tables: dict[str, tuple[dict[str, Any], ...]]
    calls: tuple[HistoryEntry, ...]
    audit: tuple[AuditLine, ...]
