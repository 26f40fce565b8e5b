"""What two calls say to each other about a leg that one lends the other (decision 16): events that another
run of this gateway brings, by :class:`~fmc_gateway.call.commands.TellCall`.

A leg belongs to one run at each moment. It changes hands with LegLent, and with LegBack again.
"""

from __future__ import annotations

from fmc_gateway.call.legs import Leg
from fmc_gateway.call.offered import Event
from hipper.contracts.bus import RefusedBecause
from hipper.contracts.calls import SegmentRecord
from hipper.pbx.ids import CallId, LegId, SubscriberId


class LegAsked(Event, frozen=True, kw_only=True, tag="leg_asked"):
    """To the lender: call ``by`` wants whom ``subscriber`` has at the other end here. Answered by LegLent or
    LegRefused, which name ``request``."""

    by: CallId
    subscriber: SubscriberId
    request: str


class LegRefused(Event, frozen=True, kw_only=True, tag="leg_refused"):
    """To the borrower: ``call`` lends nothing, and why. ``dialled``: nobody has answered there yet, and
    what the user dialled."""

    call: CallId
    request: str
    explanation: str
    because: RefusedBecause = RefusedBecause.STATE
    dialled: str | None = None


class LegLent(Event, frozen=True, kw_only=True, tag="leg_lent"):
    """To the borrower: ``leg`` of ``call`` is yours until you say LegBack or LegKept. It has a dialog and a
    description, and still hears what it heard in ``call``; its ``offered`` and ``answered`` say when it
    came. ``talk``: how it is paid."""

    call: CallId
    request: str
    leg: Leg
    talk: SegmentRecord


class LegBack(Event, frozen=True, kw_only=True, tag="leg_back"):
    """To the lender: ``leg`` is yours again, and was asked back to your media if it had left it. ``sdp``,
    ``given``, ``holds``: as in a leg, by now. ``ended``: how it went meanwhile, None when it is there; see
    LegEnded for ``cause``, ``q850`` and ``reason``."""

    by: CallId
    leg: LegId
    sdp: str | None
    given: str | None
    holds: bool = False
    ended: str | None = None
    q850: int | None = None
    reason: str | None = None


class LegKept(Event, frozen=True, kw_only=True, tag="leg_kept"):
    """To the lender: ``leg`` stays with ``by`` for good. The user is out of it."""

    by: CallId
    leg: LegId


def back(by: CallId, leg: Leg, ended: str | None = None) -> LegBack:
    """``leg`` as it is in the call that borrowed it."""
    return LegBack(by=by, leg=leg.id, sdp=leg.sdp, given=leg.given, holds=leg.holds, ended=ended)
