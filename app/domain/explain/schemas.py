"""What is asked of explain, and what it answers beside :mod:`fmc_gateway.records.explain` and
:mod:`hipper.pbx.explain`."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import msgspec

from app.domain.calls.schemas import Direction, Id
from hipper.pbx.explain import Explained
from hipper.pbx.explain_calling_shapes import CallRun
from hipper.pbx.model import CallerList

Digits = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]


class WouldCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``incoming``: somebody calls the user. ``called``: a number or extension of the user. ``caller``: of
    anybody; null: somebody who withholds the number.

    ``outgoing``: the user calls. ``called``: as the user would dial it, codes too. ``device``: the telephone
    of the user it is dialled on, null: the usual one; with ``from_app`` the one that would ring first.
    ``anonymous``: without the number, for this call.

    ``at``: ``2026-11-27T18:30``, local to the user, or with an offset; null: now."""

    called: Digits
    direction: Direction = Direction.INCOMING
    caller: Digits | None = None
    at: Annotated[str, msgspec.Meta(min_length=10, max_length=40)] | None = None
    device: Id | None = None
    anonymous: bool = False
    from_app: bool = False


class Assumed(str, Enum):
    """What is not known of that moment."""

    REGISTERED = "registered"
    """All desk phones are."""
    FREE = "free"
    """The user who is called is in no call."""
    WITHIN_CAPS = "within_caps"
    """No spend or concurrency cap is reached."""


class WouldHappen(msgspec.Struct, frozen=True, kw_only=True, tag_field="direction", tag="incoming"):
    """``at``: Unix seconds. ``on_net``: the caller is a colleague. ``treated_as``: how availability and
    selective services see the caller."""

    at: float
    now: bool
    on_net: bool
    withheld: bool
    treated_as: CallerList
    assumed: tuple[Assumed, ...]
    explained: Explained


class WouldGo(msgspec.Struct, frozen=True, kw_only=True, tag_field="direction", tag="outgoing"):
    """``at``: Unix seconds. ``on_net``: a colleague is called. ``there_hidden``: nothing is told of what is
    heard there, since the colleague stays out of the company's list."""

    at: float
    now: bool
    on_net: bool
    there_hidden: bool
    assumed: tuple[Assumed, ...]
    explained: CallRun


Would = WouldHappen | WouldGo
