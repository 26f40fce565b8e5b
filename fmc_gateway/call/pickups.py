"""A telephone of a colleague that dialled a code to take the call that rings, and how far it has come
(decision 18)."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from fmc_gateway.call.wishes import LegJoined
from hipper.pbx.ids import LegId, PairId


class PickupStage(StrEnum):
    DESCRIBING = "describing"
    """rtpengine is asked what we answer the telephone with."""
    ANSWERING = "answering"
    CONFIRMING = "confirming"
    """It was answered; its ACK is awaited, before which no re-INVITE may go (RFC 3261 §14.1)."""
    OFFERING = "offering"
    """rtpengine makes an offer of what the caller described."""
    ASKING = "asking"
    """The telephone was sent that in a re-INVITE: it rings among the others from now on, and answers by
    itself."""


class Pickup(msgspec.Struct, frozen=True, kw_only=True):
    """``own``: its media with us until it has the caller's. ``pair``: with the caller."""

    leg: LegId
    joined: LegJoined
    stage: PickupStage
    own: PairId
    pair: PairId | None = None
