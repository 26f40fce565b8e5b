"""What is under way in an established call: an offer/answer exchange, and a telephone that takes a party's
place."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from fmc_gateway.call.events import LegJoined
from hipper.contracts.bus import KeepUntil
from hipper.contracts.calls import SegmentRecord
from hipper.pbx.ids import CallId, DeviceId, GroupId, LegId, PairId, SubscriberId
from hipper.pbx.model import Payer


class ExchangeKind(StrEnum):
    """How a re-offer is dealt with (RFC 3264 §8)."""

    LOCAL = "local"
    """Hold and resume: answered by us with the other side's last description."""
    THROUGH = "through"
    """The other side is asked."""
    OFFERLESS = "offerless"
    """A re-INVITE without SDP: we offer, the ACK answers."""
    FIRST = "first"
    """The INVITE was without SDP: the called side offered in its 200, the caller's ACK answers."""
    JOIN = "join"
    """The calling side, which has an answer already, is brought to the other side's media by a re-INVITE: the
    user's telephone in a call dialled from the app, a caller who was given early media."""
    RESTORE = "restore"
    """The other side refused: rtpengine is told the old description again."""
    REBRIDGE = "rebridge"
    """Two parties get a media pair of their own, ``pair`` (call-flows §4): see :mod:`.rebridging`."""
    GO_BACK = "go_back"
    """A rebridge failed after the one who was asked had moved: it is asked back to the old media."""
    EARLY = "early"
    """The user of a consultation is brought to the early media of who is called (:mod:`.early`)."""
    SWITCH = "switch"
    """The user of a consultation goes over to the one who waits: see :mod:`.switching`."""


class ExchangeStage(StrEnum):
    CONFIRMING = "confirming"
    """JOIN: the ACK of our 200 is awaited; before it no re-INVITE may go (RFC 3261 §14.1)."""
    OFFERING = "offering"
    """OfferMedia is out."""
    ASKING = "asking"
    """A party's answer is awaited: to our re-INVITE (THROUGH), or in the ACK (OFFERLESS)."""
    ANSWERING = "answering"
    """AnswerMedia is out."""
    JOINING = "joining"
    """REBRIDGE: who offered was told the answer, and has to confirm it: by ACK, or by its answer to a
    re-INVITE."""
    SETTLING = "settling"
    """REBRIDGE, GO_BACK: that answer describes something new, and rtpengine is told."""


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One offer/answer exchange in an established call; never two at a time (RFC 3261 §14.1)."""

    kind: ExchangeKind
    stage: ExchangeStage
    leg: LegId
    """Who offered, or asked for an offer."""
    sdp: str | None
    """What it offered, or answered in the ACK."""
    answer_sdp: str | None = None
    """THROUGH: what the other side answered."""
    other: LegId | None = None
    """REBRIDGE, GO_BACK: the other party of ``pair``."""
    pair: PairId | None = None
    before: str | None = None
    """REBRIDGE, GO_BACK: what the staying party had been given before."""


class MoveKind(StrEnum):
    """Why somebody takes a party's place."""

    PULL = "pull"
    """``*11``: the user called from the telephone that takes the call."""
    PUSH = "push"
    """The app asked: a telephone of the user rings."""
    LOST = "lost"
    """The user's telephone is gone, and the others ring."""
    CONSULT = "consult"
    """A colleague comes in the far party's place, who waits until the consultation is over."""
    TRANSFER = "transfer"
    """The one who waits, or who answers, comes in the user's place: far party and colleague are brought
    together."""
    RETURN = "return"
    """Nobody took a call that the user had transferred already: the user's telephones ring for it."""


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One party of the call, ``replaces``, is about to be replaced by another telephone of the same user;
    ``stays``: the other party. Until that is done the two go on as they are."""

    kind: MoveKind
    replaces: LegId
    stays: LegId
    subscriber: SubscriberId
    leg: LegId | None = None
    """Who comes; None while nobody has answered."""
    joined: LegJoined | None = None
    """PULL: with what it came."""
    device: DeviceId | None = None
    """PUSH: which telephone rings."""
    request: str | None = None
    """PUSH, CONSULT, TRANSFER: whom to tell, until told."""
    offered: str | None = None
    """PUSH, LOST, CONSULT: what ``stays`` described when the others were offered the call."""
    given_up: str | None = None
    """It will not be, for this reason; only the answer of ``stays`` is awaited, which then is asked back."""
    destination: str | None = None
    """CONSULT: who was asked for, as dialled."""
    payer: Payer | None = None
    """CONSULT, TRANSFER: who pays for the talk with the colleague."""
    to: str = ""
    """CONSULT, TRANSFER: the same as it was decided, for the record."""
    chain: int = 0
    """CONSULT, TRANSFER: how many diversions the call had before."""
    blind: bool = False
    """CONSULT: the user leaves without a word to whoever answers, as soon as ``keep_until`` says."""
    keep_until: KeepUntil = KeepUntil.RINGING
    early: str | None = None
    """CONSULT: ``stays`` hears early media of who is called, and had been given this before."""
    spoken: bool = False
    """CONSULT, TRANSFER: an announcement is spoken to who waits for an answer, instead of ringing."""
    returns: bool = True
    """CONSULT, TRANSFER: to the user, when nobody takes it."""
    no_answer_s: int | None = None
    """CONSULT: how long it may ring; None: as any call."""
    left: bool = False
    """TRANSFER: the user has gone, and whoever answers has the call."""
    lender: CallId | None = None
    """TRANSFER: the other call of the user, who comes from it (:mod:`.borrowing`)."""
    talk: SegmentRecord | None = None
    """TRANSFER: how who comes from another call was paid there."""
    given: str | None = None
    """TRANSFER: what it was given last in that call."""


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """The call waits at extension ``at`` for anybody of ``group``; ``by``: who parked it, and is rung for it
    every ``recall_s``."""

    at: str
    group: GroupId
    by: SubscriberId
    since: float
    recall_s: float
    talk: SegmentRecord
    """The talk that was, as it is paid."""
    recalls: int = 0


class Consultation(msgspec.Struct, frozen=True, kw_only=True):
    """A user (``user``) has two to talk to (call-flows §4): one in the call, and ``held``, who stands aside
    and hears music on the media it has with the user."""

    user: LegId
    held: LegId
    far: LegId
    """Of the two the one who was in the call first."""
    subscriber: SubscriberId
    given: str | None
    """What the user was given last with ``held``."""
    described: str | None
    """What the user said there."""
    with_far: SegmentRecord
    """The talk with the far party, as it is paid."""
    with_colleague: SegmentRecord
    to: str = ""
    """Who was asked for, as it was decided."""
    chain: int = 0
    """How many diversions the call had before."""
    request: str | None = None
    """Whom to tell when the user has gone over."""
    ends: bool = False
    """The consultation is over once the user has."""


class Refer(msgspec.Struct, frozen=True, kw_only=True):
    """A telephone asked for the transfer that is under way, and is told how it goes (:mod:`.referring`)."""

    request: str
    leg: LegId
    """Who asked."""
    since: float
    accepted: bool = False
    rang: bool = False
    """It was told so."""
