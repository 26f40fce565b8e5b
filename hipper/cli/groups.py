"""``hipper group``."""

from __future__ import annotations

from hipper.cli.tenants import group as app

__all__ = ["app"]
