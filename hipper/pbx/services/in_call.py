"""Services a user reaches with keys during a call (call-flows §4, "In-call digits"), for telephones
without the app."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import msgspec

from hipper.pbx.services.base import Settings

InCallCode = Annotated[str, msgspec.Meta(pattern=r"^\*[0-9*#]{1,3}(?!\n)$", examples=["*1"])]


class InCallService(str, Enum):
    """What a code stands for. ``HOLD``: and again to resume."""

    HOLD = "hold"
    TRANSFER = "transfer"
    CONSULT = "consult"
    SWAP = "swap"
    CONFERENCE = "conference"
    COMPLETE = "complete"
    CANCEL = "cancel"


NEEDS_DESTINATION = frozenset({InCallService.TRANSFER, InCallService.CONSULT})


class InCallServices(Settings, frozen=True, kw_only=True):
    """``active``: keys the user presses during a call are listened to for the codes of the group. Holds for
    the next call."""

    active: bool = False


class InCallCodes(Settings, frozen=True, kw_only=True):
    """The code of each service for users who switched in-call services on; None: the service has none. After
    ``transfer`` and ``consult`` the number follows, and ``#`` or four seconds of nothing. Keys that are no
    code go to the far party."""

    hold: InCallCode | None = "*1"
    transfer: InCallCode | None = "*2"
    consult: InCallCode | None = "*3"
    swap: InCallCode | None = "*4"
    conference: InCallCode | None = "*6"
    complete: InCallCode | None = "*7"
    cancel: InCallCode | None = "*8"


def codes_of(settings: InCallCodes) -> tuple[tuple[str, InCallService], ...]:
    """Code and service, of those that have one."""
    found = ((getattr(settings, service.value), service) for service in InCallService)
    return tuple((code, service) for code, service in found if code is not None)
