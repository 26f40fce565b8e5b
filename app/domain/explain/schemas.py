"""What is asked of explain, and what it answers beside :mod:`fmc_gateway.records.explain` and
:mod:`hipper.pbx.explain`."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import msgspec

from hipper.pbx.explain import Explained
from hipper.pbx.model import CallerList

Digits = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]


class WouldCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``called``: a number or extension of the user. ``caller``: of anybody; null: somebody who withholds
    the number. ``at``: ``2026-11-27T18:30``, local to the user, or with an offset; null: now."""

    called: Digits
    caller: Digits | None = None
    at: Annotated[str, msgspec.Meta(min_length=10, max_length=40)] | None = None


class Assumed(str, Enum):
    """What is not known of that moment."""

    REGISTERED = "registered"
    """All desk phones are."""
    FREE = "free"
    """The user is in no call."""
    WITHIN_CAPS = "within_caps"
    """No spend or concurrency cap is reached."""


class WouldHappen(msgspec.Struct, frozen=True, kw_only=True):
    """``at``: Unix seconds. ``on_net``: the caller is a colleague. ``treated_as``: how availability and
    selective services see the caller."""

    at: float
    now: bool
    on_net: bool
    withheld: bool
    treated_as: CallerList
    assumed: tuple[Assumed, ...]
    explained: Explained
