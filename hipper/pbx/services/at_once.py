"""How many calls a user may be in at once."""

from __future__ import annotations

from hipper.pbx.services.base import Settings


class SimultaneousCalls(Settings, frozen=True, kw_only=True):
    """``most``: calls of the user at once, made and received, held ones too; None: as many as the pack
    allows, which is the most in any case."""

    most: int | None = None
