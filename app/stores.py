"""What a route asks: PostgreSQL by three roles, Redis, and who may ask how much."""

from __future__ import annotations

from typing import Any, NamedTuple

import asyncpg

from app.askers import Askers
from app.domain.signing_in.services import SigningIn
from app.domain.signing_in.tokens import AccessTokens
from app.rate_limit import Buckets
from hipper.runtime.bus import Bus


class Stores(NamedTuple):
    """``own``: the pool of role ``hipper_app``, which reads the directory too. ``directory``: that of
    ``hipper_directory``, for changes through the library of that name. ``records``: that of
    ``hipper_gateway``, for what :mod:`fmc_gateway.records` does. ``gateway``: whose calls and registrations
    Redis shows."""

    own: asyncpg.Pool
    directory: asyncpg.Pool
    records: asyncpg.Pool
    bus: Bus
    gateway: str
    tokens: AccessTokens
    signing_in: SigningIn
    buckets: Buckets
    askers: Askers[Any]
    """Of :class:`app.access.Principal`."""
