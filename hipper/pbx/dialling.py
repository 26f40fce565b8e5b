"""What a user dialled: read as that user means it, and codes that stand for somebody resolved."""

from __future__ import annotations

from hipper.pbx.dialling_digits import as_dialled_by

__all__ = ["as_dialled_by"]
