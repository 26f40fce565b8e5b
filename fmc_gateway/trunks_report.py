"""What an operator is told of networks, trunks and exchanges: ``/health/trunks`` and ``hipper trunks``."""

from __future__ import annotations

import msgspec


class ServerReport(msgspec.Struct, frozen=True, kw_only=True):
    """``well``: nothing is known against it."""

    address: str
    well: bool


class TrunkReport(msgspec.Struct, frozen=True, kw_only=True):
    """One line of ``hipper trunks``. ``registered_until``: Unix seconds; None: not registered, or it does
    not register (then ``registration`` is None as well)."""

    name: str
    kind: str
    next_hop: str
    servers: tuple[ServerReport, ...]
    options: str
    registration: str | None = None
    registered_until: float | None = None
    last_error: str | None = None
