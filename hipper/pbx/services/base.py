"""The base of every service's settings: immutable, closed to unknown keys, switched off by default."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a user or administrator set for one service."""
