"""Calls of colleagues, taken, joined or left to them (seed 9), and how the codes for it are spelled."""

from __future__ import annotations

from hipper.pbx.services.base import Settings

RECALL_S = 60
MOST_PARKED = 10


class CallPickup(Settings, frozen=True, kw_only=True):
    """The user may take the call that has rung longest at anybody of the group."""

    active: bool = True


class DirectedCallPickup(Settings, frozen=True, kw_only=True):
    """The user may take a call that rings at a colleague of the group, by that colleague's extension."""

    active: bool = True


class DirectedCallPickupWithBargein(Settings, frozen=True, kw_only=True):
    """As Directed Call Pickup; a call that is answered already is joined. ``warning_tone``: the parties hear
    that somebody comes in."""

    active: bool = True
    warning_tone: bool = True


class BargeinExempt(Settings, frozen=True, kw_only=True):
    """Nobody joins calls of this user unasked."""

    active: bool = False


class CallPark(Settings, frozen=True, kw_only=True):
    """Calls wait at an extension until somebody of the group takes them. ``recall_s``: after so long the
    telephones of the one who parked it ring. ``most``: calls that wait in the group at once."""

    active: bool = True
    recall_s: int = RECALL_S
    most: int = MOST_PARKED


class FeatureCodes(Settings, frozen=True, kw_only=True):
    """What stands after the star or hash of each code; None: as everywhere. ``show_number`` (31) and
    the speed dials (0) are spelled the same everywhere."""

    call_forwarding_always: str | None = None
    call_forwarding_busy: str | None = None
    call_forwarding_no_answer: str | None = None
    call_forwarding_not_reachable: str | None = None
    do_not_disturb: str | None = None
    call_waiting: str | None = None
    anonymous_call_rejection: str | None = None
    night_forwarding: str | None = None
    automatic_callback: str | None = None
    last_number_redial: str | None = None
    call_return: str | None = None
    pull: str | None = None
    call_pickup: str | None = None
    directed_call_pickup: str | None = None
    directed_call_pickup_with_bargein: str | None = None
    call_park: str | None = None
    call_park_retrieve: str | None = None
