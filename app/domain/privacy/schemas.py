"""Everything about a user, in files for a while."""

from __future__ import annotations

from enum import Enum

import msgspec


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    """A change of the user's settings. ``at``: Unix seconds."""

    at: float
    by: str
    subject: str
    change: str


class ExportState(str, Enum):
    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


class ExportFault(str, Enum):
    TOO_LARGE = "too_large"
    GIVEN_UP = "given_up"


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """``done`` of ``total`` files are in the ZIP; ``size``: its bytes so far. ``expires``: it is erased then.
    Times: Unix seconds."""

    id: str
    state: ExportState
    done: int
    total: int
    size: int
    created: float
    expires: float
    fault: ExportFault | None = None
