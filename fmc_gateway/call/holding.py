"""Offers within a call: hold, resume, and what the other side must be asked (RFC 3264 §8, call-flows §4).

Hold and resume are answered here: rtpengine makes the answer from what the other side last described, and the
other side hears music without a re-INVITE. An offer that changes more goes through, and the answer back. One
exchange at a time (RFC 3261 §14.1). An emergency call has no media pair: there every offer goes through.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import early, joining, late_offer, leaving, moving, pulling, pushing, switching
from fmc_gateway.call.commands import (
    AnswerMedia,
    AnswerReoffer,
    AnyCommand,
    OfferMedia,
    RejectReoffer,
    Reoffer,
)
from fmc_gateway.call.descriptions import following, held, hold_answer, same_media, talk_offer
from fmc_gateway.call.events import (
    LegConfirmed,
    LegReofferAnswered,
    LegReoffered,
    LegReofferRejected,
    MediaAnswered,
    MediaFailed,
    MediaOffered,
)
from fmc_gateway.call.exchanges import Exchange, ExchangeKind, ExchangeStage
from fmc_gateway.call.hearing import hear
from fmc_gateway.call.model import (
    OPEN,
    Announcing,
    Answering,
    CallState,
    Deciding,
    Diverting,
    EmergencyRouting,
    Leg,
    LegPhase,
    Ringing,
    Step,
    Talking,
    any_leg,
    called_leg,
    leg_of_pair,
    on_hold,
    put,
    winner_of,
)
from fmc_gateway.call.talking import DEAD, OURS, end_both
from hipper.pbx.ids import LegId, PairId
from hipper.pbx.model import CallerIdentity

BROKEN_MEDIA = 'Q.850;cause=47;text="Media lost"'
MOVING = frozenset({ExchangeKind.REBRIDGE, ExchangeKind.GO_BACK})
Early = Deciding | Ringing | Diverting | Announcing | EmergencyRouting | Answering


# A new offer.


def leg_reoffered(call: Talking, event: LegReoffered, now: float) -> Step:
    """re-INVITE or UPDATE in an established call. While one of the two is at early media of somebody else
    neither can be heard about the media they have with each other."""
    if call.move is not None and call.move.early is not None:
        return call, (RejectReoffer(leg=event.leg, status=491),)
    if event.leg not in (call.calling.id, call.winner):
        waits = any(leg.id == event.leg and leg.phase is LegPhase.ANSWERED for leg in call.aside)
        return call, (RejectReoffer(leg=event.leg, status=491 if waits else 481),)
    exchange = call.exchange
    if exchange is not None:
        # §14.2: 500 while an INVITE of the same side is unanswered, 491 while one of ours is on its way.
        own = exchange.leg == event.leg and exchange.kind not in OURS
        return call, (RejectReoffer(leg=event.leg, status=500 if own else 491),)
    return _open(call, event)


def _open(call: Talking, event: LegReoffered) -> Step:
    party, other, pair = _sides(call, event.leg)
    if event.sdp is None:
        return _offer_ourselves(call, party, other, pair)
    kind = ExchangeKind.LOCAL if _is_hold_or_resume(party, other, event.sdp) else ExchangeKind.THROUGH
    if pair is None:
        call = _set(call, ExchangeKind.THROUGH, ExchangeStage.ASKING, event)
        return call, (Reoffer(leg=other.id, sdp=event.sdp),)
    call = _set(call, kind, ExchangeStage.OFFERING, event)
    return call, (OfferMedia(pair=pair, from_leg=party.id, to_leg=other.id, sdp=event.sdp),)


def _is_hold_or_resume(party: Leg, other: Leg, sdp: str) -> bool:
    """Also whatever a held party offers: the other one must not be disturbed for it."""
    return on_hold(party) or on_hold(other) or held(sdp)


def _offer_ourselves(call: Talking, party: Leg, other: Leg, pair: PairId | None) -> Step:
    """A re-INVITE without SDP: our offer is what the other side last described (RFC 3261 §14.2)."""
    event = LegReoffered(leg=party.id, sdp=None, method="INVITE")
    if other.sdp is None:
        return call, (RejectReoffer(leg=party.id, status=488),)
    if pair is None:
        call = _set(call, ExchangeKind.OFFERLESS, ExchangeStage.ASKING, event)
        return call, (AnswerReoffer(leg=party.id, sdp=other.sdp),)
    call = _set(call, ExchangeKind.OFFERLESS, ExchangeStage.OFFERING, event)
    return call, (OfferMedia(pair=pair, from_leg=other.id, to_leg=party.id, sdp=other.sdp),)


def _set(call: Talking, kind: ExchangeKind, stage: ExchangeStage, event: LegReoffered) -> Talking:
    exchange = Exchange(kind=kind, stage=stage, leg=event.leg, sdp=event.sdp)
    return msgspec.structs.replace(call, exchange=exchange)


def _sides(call: Talking, leg: LegId) -> tuple[Leg, Leg, PairId | None]:
    """Who re-offered, the other one, and their media."""
    winner = winner_of(call)
    if leg == winner.id:
        return winner, call.calling, winner.pair
    return call.calling, winner, winner.pair


# The exchange goes on.


def media_offered(call: Talking, event: MediaOffered, now: float) -> Step:
    exchange = call.exchange
    if call.move is not None and (
        exchange is None or event.pair not in (exchange.pair, winner_of(call).pair)
    ):
        return pushing.media_offered(call, event, now)
    if exchange is not None and exchange.kind in MOVING:
        return moving.media_offered(call, exchange, event, now, _seen(call))
    if exchange is not None and exchange.kind is ExchangeKind.SWITCH:
        return switching.media_offered(call, exchange, event)
    if exchange is None or exchange.stage is not ExchangeStage.OFFERING:
        return call, ()
    party, other, pair = _sides(call, exchange.leg)
    if pair is None or event.pair != pair:
        return call, ()
    if exchange.kind is ExchangeKind.THROUGH:
        call, sdp = _give(_stage(call, ExchangeStage.ASKING), other, event.sdp)
        return call, (Reoffer(leg=other.id, sdp=sdp),)
    if exchange.kind is ExchangeKind.OFFERLESS:
        offer = talk_offer(event.sdp) if other.holds else event.sdp
        call, sdp = _give(_stage(call, ExchangeStage.ASKING), party, offer)
        return call, (AnswerReoffer(leg=party.id, sdp=sdp),)
    answer = AnswerMedia(pair=pair, offering_leg=party.id, answering_leg=other.id, sdp=other.sdp or "")
    return _stage(call, ExchangeStage.ANSWERING), (answer,)


def leg_reoffer_answered(call: Talking, event: LegReofferAnswered, now: float) -> Step:
    """The other side's answer to an offer that went through, or the caller's ACK with the answer to ours."""
    exchange = call.exchange
    if exchange is not None and exchange.kind is ExchangeKind.REBRIDGE:
        return moving.reoffer_answered(call, exchange, event, now)
    if exchange is not None and exchange.kind is ExchangeKind.SWITCH:
        return switching.reoffer_answered(call, exchange, event, now)
    if exchange is not None and exchange.kind is ExchangeKind.GO_BACK:
        return _then(moving.went_back(call, exchange, event, now), now)
    if exchange is not None and exchange.kind is ExchangeKind.EARLY:
        return _then(early.answered(call, exchange, event), now)
    if exchange is None or exchange.stage is not ExchangeStage.ASKING:
        return call, ()
    return _then(_reoffer_answered(call, exchange, event), now)


def _reoffer_answered(call: Talking, exchange: Exchange, event: LegReofferAnswered) -> Step:
    party, other, pair = _sides(call, exchange.leg)
    if exchange.kind is ExchangeKind.OFFERLESS and event.leg == party.id:
        return _acked(call, party, other, pair, event.sdp)
    if exchange.kind is ExchangeKind.JOIN and event.leg == party.id:
        return joining.answered(call, exchange, event)
    if exchange.kind is not ExchangeKind.THROUGH or event.leg != other.id:
        return call, ()
    sdp = event.sdp or other.sdp or ""
    if pair is None:
        call = _close(call, party, exchange.sdp, other, sdp)
        return call, (AnswerReoffer(leg=party.id, sdp=sdp),)
    answering = msgspec.structs.replace(exchange, stage=ExchangeStage.ANSWERING, answer_sdp=sdp)
    answer = AnswerMedia(pair=pair, offering_leg=party.id, answering_leg=other.id, sdp=sdp)
    return msgspec.structs.replace(call, exchange=answering), (answer,)


def leg_confirmed(call: Talking, event: LegConfirmed, now: float) -> Step:
    """The ACK of a caller whose INVITE had no offer: its answer goes to the one who answered."""
    exchange = call.exchange
    if exchange is not None and exchange.kind is ExchangeKind.REBRIDGE:
        return moving.confirmed(call, exchange, event, now)
    if exchange is None or event.leg != call.calling.id:
        return call, ()
    if exchange.kind is ExchangeKind.JOIN and exchange.stage is ExchangeStage.CONFIRMING:
        return joining.confirmed(call, exchange)
    if exchange.kind is not ExchangeKind.FIRST:
        return call, ()
    return _then(late_offer.confirmed(call, exchange, event, now), now)


def _acked(call: Talking, party: Leg, other: Leg, pair: PairId | None, sdp: str | None) -> Step:
    """The ACK of a re-INVITE that had no offer."""
    if sdp is None:
        return msgspec.structs.replace(call, exchange=None), ()
    if pair is None:
        changed = party.sdp is None or not same_media(party.sdp, sdp)
        call = _close(call, party, sdp, other, other.sdp)
        return call, (Reoffer(leg=other.id, sdp=sdp),) if changed else ()
    exchange = Exchange(kind=ExchangeKind.OFFERLESS, stage=ExchangeStage.ANSWERING, leg=party.id, sdp=sdp)
    answer = AnswerMedia(pair=pair, offering_leg=other.id, answering_leg=party.id, sdp=sdp)
    return msgspec.structs.replace(call, exchange=exchange), (answer,)


def media_answered(call: Talking, event: MediaAnswered, now: float) -> Step:
    """rtpengine has the answer: the exchange is done."""
    exchange = call.exchange
    if call.move is not None and (asked := _ringing_of(call, event)) is not None:
        return pushing.media_answered(call, asked, event)
    if exchange is not None and exchange.kind is ExchangeKind.REBRIDGE:
        return moving.media_answered(call, exchange, event, now, _seen(call))
    if exchange is not None and exchange.kind is ExchangeKind.SWITCH:
        return switching.media_answered(call, exchange, event, now)
    if exchange is not None and exchange.kind is ExchangeKind.GO_BACK:
        settled = exchange.stage is ExchangeStage.SETTLING and event.pair == exchange.pair
        return _then((moving.settled_back(call, exchange), ()), now) if settled else (call, ())
    if exchange is None or exchange.stage is not ExchangeStage.ANSWERING:
        return call, ()
    return _then(_media_answered(call, exchange, event), now)


def _ringing_of(call: Talking, event: MediaAnswered | MediaFailed) -> Leg | None:
    """The telephone that rings for the call with that pair."""
    leg = leg_of_pair(call, event.pair)
    return leg if leg is not None and leg.phase in OPEN else None


def _seen(call: Talking) -> CallerIdentity | None:
    """Whom the telephone that takes the call has at the other end."""
    old = None if call.move is None else any_leg(call, call.move.replaces)
    return None if old is None else pulling.seen_by(call, old)


def _then(step: Step, now: float) -> Step:
    """Whoever waited for the end of the exchange goes on."""
    call, commands = step
    if not isinstance(call, Talking) or call.exchange is not None:
        return step
    out = list(commands)
    if call.move is None:
        return leaving.next_one(call, now, out), tuple(out)
    return moving.next_one(call, now, out), tuple(out)


def _media_answered(call: Talking, exchange: Exchange, event: MediaAnswered) -> Step:
    party, other, pair = _sides(call, exchange.leg)
    if pair is None or event.pair != pair:
        return call, ()
    if exchange.kind is ExchangeKind.RESTORE:
        return msgspec.structs.replace(call, exchange=None), ()
    if exchange.kind is ExchangeKind.JOIN:
        return joining.done(call)
    if exchange.kind is ExchangeKind.FIRST:
        return late_offer.media_answered(call, event)
    if exchange.kind is ExchangeKind.THROUGH:
        closed, sdp = _give(_close(call, party, exchange.sdp, other, exchange.answer_sdp), party, event.sdp)
        return closed, (AnswerReoffer(leg=party.id, sdp=sdp),)
    out: list[AnyCommand] = []
    holds = msgspec.structs.replace(party, holds=held(exchange.sdp or ""))
    closed = _close(call, holds, exchange.sdp, other, other.sdp)
    if exchange.kind is ExchangeKind.LOCAL:
        closed, sdp = _give(closed, party, hold_answer(exchange.sdp or "", event.sdp))
        out.append(AnswerReoffer(leg=party.id, sdp=sdp))
    return hear(call, closed, pair, out), tuple(out)


def leg_reoffer_rejected(call: Talking, event: LegReofferRejected, now: float) -> Step:
    """Refused: the party that offered hears so and nothing has changed, unless the dialog turned out dead
    (RFC 3261 §12.2.1.2: 481, 408)."""
    exchange = call.exchange
    if exchange is not None and exchange.kind is ExchangeKind.REBRIDGE:
        return _then(moving.reoffer_rejected(call, exchange, event, now), now)
    if exchange is not None and exchange.kind is ExchangeKind.GO_BACK:
        return moving.did_not_go_back(call, exchange, event, now)
    if exchange is not None and exchange.kind is ExchangeKind.EARLY:
        return _then(leaving.early_refused(call, exchange, event, now), now)
    if exchange is not None and exchange.kind is ExchangeKind.SWITCH:
        return switching.rejected(call, exchange, event, now)
    if exchange is not None and exchange.kind is ExchangeKind.JOIN and event.leg == exchange.leg:
        return end_both(call, now, [], joining.NOT_JOINED, "gateway")
    if exchange is None or exchange.kind is not ExchangeKind.THROUGH:
        return call, ()
    party, other, pair = _sides(call, exchange.leg)
    if exchange.stage is not ExchangeStage.ASKING or event.leg != other.id:
        return call, ()
    if event.status in (408, 481):
        return end_both(call, now, [], DEAD["dialog_gone"], "gateway")
    refusal = RejectReoffer(leg=party.id, status=event.status if event.status >= 400 else 488)
    if pair is None or party.sdp is None:
        return _then((msgspec.structs.replace(call, exchange=None), (refusal,)), now)
    restore = Exchange(kind=ExchangeKind.RESTORE, stage=ExchangeStage.OFFERING, leg=party.id, sdp=party.sdp)
    offer = OfferMedia(pair=pair, from_leg=party.id, to_leg=other.id, sdp=party.sdp)
    return msgspec.structs.replace(call, exchange=restore), (refusal, offer)


def media_failed(call: Talking, event: MediaFailed, now: float) -> Step:
    """rtpengine failed an exchange. Before anybody agreed to anything it is refused and the call goes on as
    before; after that the two sides no longer mean the same, and the call ends."""
    exchange = call.exchange
    if call.move is not None and (asked := _ringing_of(call, event)) is not None:
        return pushing.media_failed(call, asked, event, now)
    if exchange is not None and exchange.kind is ExchangeKind.REBRIDGE:
        return _then(moving.media_failed(call, exchange, event, now), now)
    if exchange is not None and exchange.kind is ExchangeKind.SWITCH:
        return switching.media_failed(call, exchange, event, now)
    if exchange is None or exchange.stage is ExchangeStage.ASKING or event.pair != winner_of(call).pair:
        return call, ()
    agreed = exchange.stage is ExchangeStage.ANSWERING and exchange.kind is not ExchangeKind.LOCAL
    if agreed or exchange.kind in OURS:
        return end_both(call, now, [], BROKEN_MEDIA, "gateway")
    status = 503 if event.no_rtpengine else 500
    call = msgspec.structs.replace(call, exchange=None)
    return _then((call, (RejectReoffer(leg=exchange.leg, status=status),)), now)


def _stage(call: Talking, stage: ExchangeStage) -> Talking:
    assert call.exchange is not None
    return msgspec.structs.replace(call, exchange=msgspec.structs.replace(call.exchange, stage=stage))


def _close(call: Talking, party: Leg, sdp: str | None, other: Leg, other_sdp: str | None) -> Talking:
    """The exchange is over, and these are the descriptions now in force."""
    call = msgspec.structs.replace(call, exchange=None)
    call = _put_side(call, msgspec.structs.replace(party, sdp=sdp))
    return call if other.sdp == other_sdp else _put_side(call, msgspec.structs.replace(other, sdp=other_sdp))


def _give(call: Talking, party: Leg, sdp: str) -> tuple[Talking, str]:
    """``sdp`` as it may be given to that side, which is remembered."""
    sdp = following(party.given, sdp)
    now_given = call.calling if party.id == call.calling.id else winner_of(call)
    return _put_side(call, msgspec.structs.replace(now_given, given=sdp)), sdp


def _put_side(call: Talking, leg: Leg) -> Talking:
    return msgspec.structs.replace(call, calling=leg) if leg.id == call.calling.id else put(call, leg)


# Before the answer.


def early_reoffer(call: Early, event: LegReoffered, now: float) -> Step:
    """UPDATE in an early dialog (RFC 3311 §5.2). One that changes nothing gets the description in force; one
    that comes while an offer is unanswered 500 or 491; anything else would have to wait for people: 504."""
    leg: Leg | None = call.calling if event.leg == call.calling.id else called_leg(call, event.leg)
    if leg is None:
        return call, (RejectReoffer(leg=event.leg, status=481),)
    if leg.phase is LegPhase.ANSWERED and leg is call.calling:
        # who dialled from the app has picked up, and nobody is there yet to be held
        return call, (RejectReoffer(leg=leg.id, status=488),)
    status = _too_early(call, leg)
    if status is not None:
        return call, (RejectReoffer(leg=leg.id, status=status),)
    if leg.given is None or event.sdp is None or not same_media(leg.sdp or "", event.sdp):
        return call, (RejectReoffer(leg=leg.id, status=504),)
    return call, (AnswerReoffer(leg=leg.id, sdp=leg.given),)


def _too_early(call: CallState, leg: Leg) -> int | None:
    if leg is call.calling:
        return 500 if leg.given is None else None
    return 491 if leg.sdp is None or isinstance(call, Answering) else None
