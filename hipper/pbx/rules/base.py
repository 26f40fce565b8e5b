"""The shape of a rule."""

from __future__ import annotations

import msgspec


class Rule(msgspec.Struct, frozen=True):
    """One rule: what it means, in Dutch and in English, each a whole sentence."""

    nl: str
    en: str
