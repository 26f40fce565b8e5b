"""A conference as data: where each party stands on its way into the room, and who is being called into it.

Each party has a media pair of its own with the room (call-flows §4), so that codecs, hold and recording work
as for any pair. The room's end of it is a leg by name only.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from hipper.contracts.calls import SegmentRecord
from hipper.pbx.ids import CallId, LegId, PairId
from hipper.pbx.model import Payer


class PartyStage(StrEnum):
    """On the way in; then what of its own it offers in the conference (RFC 3264 §8)."""

    OFFERING = "offering"
    """rtpengine is told what the party described."""
    ENTERING = "entering"
    """The room is asked to take it."""
    ANSWERING = "answering"
    """rtpengine is told where the room hears it."""
    READY = "ready"
    """All is prepared, and its telephone knows nothing yet."""
    ASKING = "asking"
    """Its telephone is asked over by a re-INVITE."""
    SETTLING = "settling"
    """It described itself anew in its answer, and rtpengine is told."""
    GOING_BACK = "going_back"
    """It is asked back to the media it had."""
    COMING = "coming"
    """It was called into the conference and has answered: rtpengine makes an answer for the room."""
    PLACING = "placing"
    """And is told where the room hears it."""
    IN = "in"
    CHANGING = "changing"
    """It offers something new: rtpengine is told."""
    ACCEPTING = "accepting"
    """And makes the answer."""
    OFFERED = "offered"
    """It asked for an offer of ours (a re-INVITE without one): rtpengine makes it."""
    ACKING = "acking"
    """The answer in its ACK is awaited."""
    CLOSING = "closing"
    """And told to rtpengine."""


THERE = frozenset(
    {
        *(PartyStage.IN, PartyStage.CHANGING, PartyStage.ACCEPTING),
        *(PartyStage.OFFERED, PartyStage.ACKING, PartyStage.CLOSING),
    }
)
"""It hears the others, and they hear it."""


class Party(msgspec.Struct, frozen=True, kw_only=True):
    leg: LegId
    room_leg: LegId
    pair: PairId
    stage: PartyStage
    offered: str
    """What the leg described that rtpengine was told."""
    talk: SegmentRecord
    """How its part of the conference is paid."""
    place: str = ""
    """What the room described."""
    answer: str | None = None
    """What rtpengine made of that for the leg."""
    before: str | None = None
    """What the leg had been given last when it was asked over."""
    described: str | None = None
    """What it offers now."""
    muted: bool = False
    called_in: bool = False
    lender: CallId | None = None
    """The call whose leg it is until it is in the room."""


class Adding(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody is called into the conference; one at a time."""

    destination: str
    request: str | None = None
    """Whom to tell that telephones ring, until told."""
    asked: bool = True
    """The directory has not answered."""
    payer: Payer | None = None
    lender: CallId | None = None
    """Nobody is called: that call is asked for its far party."""
