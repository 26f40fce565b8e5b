"""Two parties of a call get a media pair of their own (call-flows §4, "Media").

``leg`` of the exchange offers, ``other`` is asked: rtpengine makes an offer of what ``leg`` described,
``other`` answers it, and rtpengine makes the answer for ``leg``, which gets it in its 200 when it still
waits for that, else in a re-INVITE. Whoever moves puts the call together when it is made (:mod:`.moving`);
until then nobody is released, and a failure costs no more than the new pair, and asking the one who stays
back when it had moved.

Who asks for the pair owns it through ``Exchange.pair`` while this goes on.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from fmc_gateway.call.commands import AnswerLeg, AnswerMedia, AnyCommand, OfferMedia, Reoffer
from fmc_gateway.call.descriptions import following, held, hold_answer, same_media, talk_offer
from fmc_gateway.call.exchanges import Exchange, ExchangeKind, ExchangeStage
from fmc_gateway.call.model import (
    Leg,
    LegPhase,
    Talking,
    any_leg,
    bridge_pair,
    put_any,
)
from hipper.pbx.ids import PairId
from hipper.pbx.model import CallerIdentity


class Bridge(StrEnum):
    """How far it came with one event."""

    GOING = "going"
    MADE = "made"
    REFUSED = "refused"
    """The one who stays refused, and is where it was."""


def begin(call: Talking, offering: Leg, asked: Leg, out: list[AnyCommand]) -> Talking:
    """``offering`` has a description of its own; ``asked`` is established and gets a re-INVITE."""
    pair, sdp = bridge_pair(call), offering.sdp or ""
    out.append(OfferMedia(pair=pair, from_leg=offering.id, to_leg=asked.id, sdp=sdp))
    exchange = Exchange(
        kind=ExchangeKind.REBRIDGE,
        stage=ExchangeStage.OFFERING,
        leg=offering.id,
        sdp=sdp,
        other=asked.id,
        pair=pair,
        before=asked.given,
    )
    return msgspec.structs.replace(call, exchange=exchange, bridges=call.bridges + 1)


def begin_answered(
    call: Talking, offering: Leg, offered: str, answered: Leg, pair: PairId, out: list[AnyCommand]
) -> Talking:
    """``answered`` was called with an offer made in ``pair`` of what ``offering`` described (``offered``),
    and has answered; ``offering`` is established and gets a re-INVITE."""
    if answered.answer is None:
        sdp = answered.sdp or ""
        ask = AnswerMedia(pair=pair, offering_leg=offering.id, answering_leg=answered.id, sdp=sdp)
        out.append(ask)
    exchange = Exchange(
        kind=ExchangeKind.REBRIDGE,
        stage=ExchangeStage.ANSWERING,
        leg=offering.id,
        sdp=offered,
        answer_sdp=answered.sdp,
        other=answered.id,
        pair=pair,
        before=offering.given,
    )
    call = msgspec.structs.replace(call, exchange=exchange)
    return call if answered.answer is None else _join(call, exchange, answered.answer, None, 0.0, out)


def begin_late(call: Talking, offering: Leg, comes: Leg, out: list[AnyCommand]) -> Talking:
    """``comes`` leaves the offer to us (RFC 3261 §13.2.1): it is made of what ``offering``, who is
    established, described last, and stands in the 200."""
    pair, sdp = bridge_pair(call), talk_offer(offering.sdp or "")
    out.append(OfferMedia(pair=pair, from_leg=offering.id, to_leg=comes.id, sdp=sdp))
    exchange = Exchange(
        kind=ExchangeKind.REBRIDGE,
        stage=ExchangeStage.OFFERING,
        leg=offering.id,
        sdp=offering.sdp,
        other=comes.id,
        pair=pair,
        before=offering.given,
    )
    return msgspec.structs.replace(call, exchange=exchange, bridges=call.bridges + 1)


def late_answered(call: Talking, exchange: Exchange, sdp: str, out: list[AnyCommand]) -> Talking:
    """The ACK of the one who comes has its answer; who is established gets a re-INVITE."""
    comes = msgspec.structs.replace(_leg(call, exchange.other), sdp=sdp)
    pair = exchange.pair or PairId("")
    out.append(AnswerMedia(pair=pair, offering_leg=exchange.leg, answering_leg=comes.id, sdp=sdp))
    exchange = msgspec.structs.replace(exchange, stage=ExchangeStage.ANSWERING, answer_sdp=sdp)
    return msgspec.structs.replace(put_any(call, comes), exchange=exchange)


def media_offered(
    call: Talking,
    exchange: Exchange,
    sdp: str,
    now: float,
    out: list[AnyCommand],
    connected: CallerIdentity | None,
) -> Talking:
    """The offer is made for whom it is for; or rtpengine knows what the one who offered says now.
    ``connected``: who is at the other end, for a leg that gets its 200 now."""
    other = _leg(call, exchange.other)
    if exchange.stage is ExchangeStage.SETTLING:
        out.append(
            AnswerMedia(
                pair=exchange.pair or PairId(""),
                offering_leg=exchange.leg,
                answering_leg=other.id,
                sdp=exchange.answer_sdp or "",
            )
        )
        return call
    given = following(other.given, talk_offer(sdp) if held(sdp) else sdp)
    if other.phase is LegPhase.OFFERED:
        out.append(AnswerLeg(leg=other.id, sdp=given, connected=connected))
        other = msgspec.structs.replace(other, phase=LegPhase.ANSWERED, answered=now, status=200)
    else:
        out.append(Reoffer(leg=other.id, sdp=given))
    call = put_any(call, msgspec.structs.replace(other, given=given))
    return _stage(call, exchange, ExchangeStage.ASKING)


def reoffer_answered(
    call: Talking, exchange: Exchange, sdp: str | None, out: list[AnyCommand]
) -> tuple[Talking, Bridge]:
    """The one who was asked is on the new pair; or the one who offered has taken the answer."""
    if exchange.stage is ExchangeStage.JOINING:
        return _joined(call, exchange, sdp, out)
    other = _leg(call, exchange.other)
    answer = sdp or other.sdp or ""
    out.append(
        AnswerMedia(
            pair=exchange.pair or PairId(""), offering_leg=exchange.leg, answering_leg=other.id, sdp=answer
        )
    )
    exchange = msgspec.structs.replace(exchange, stage=ExchangeStage.ANSWERING, answer_sdp=answer)
    return msgspec.structs.replace(call, exchange=exchange), Bridge.GOING


def media_answered(
    call: Talking,
    exchange: Exchange,
    sdp: str,
    now: float,
    out: list[AnyCommand],
    connected: CallerIdentity | None,
) -> tuple[Talking, Bridge]:
    """``connected``: who is at the other end, for a leg that gets its 200 now."""
    if exchange.stage is ExchangeStage.SETTLING:
        return call, Bridge.MADE
    return _join(call, exchange, sdp, connected, now, out), Bridge.GOING


def _join(
    call: Talking,
    exchange: Exchange,
    sdp: str,
    connected: CallerIdentity | None,
    now: float,
    out: list[AnyCommand],
) -> Talking:
    """Who offered is told the answer."""
    leg = _leg(call, exchange.leg)
    if leg.phase is LegPhase.OFFERED:
        given = _answer_of(leg.sdp or "", sdp)
        out.append(AnswerLeg(leg=leg.id, sdp=given, connected=connected))
        leg = msgspec.structs.replace(leg, phase=LegPhase.ANSWERED, answered=now, status=200, given=given)
    else:
        given = following(leg.given, talk_offer(sdp) if held(sdp) else sdp)
        out.append(Reoffer(leg=leg.id, sdp=given))
        leg = msgspec.structs.replace(leg, given=given)
    return _stage(put_any(call, leg), exchange, ExchangeStage.JOINING)


def _answer_of(offer: str, answer: str) -> str:
    """Somebody who holds is answered as hold is; anybody else may talk, also to one who holds: resuming is
    answered here, and nobody would tell it (decision 3)."""
    if held(offer):
        return hold_answer(offer, answer)
    return talk_offer(answer) if held(answer) else answer


def _joined(
    call: Talking, exchange: Exchange, sdp: str | None, out: list[AnyCommand]
) -> tuple[Talking, Bridge]:
    """rtpengine was offered what ``exchange.sdp`` says."""
    if sdp is None or exchange.pair is None or same_media(exchange.sdp or "", sdp):
        return call, Bridge.MADE
    out.append(
        OfferMedia(pair=exchange.pair, from_leg=exchange.leg, to_leg=exchange.other or exchange.leg, sdp=sdp)
    )
    exchange = msgspec.structs.replace(exchange, stage=ExchangeStage.SETTLING, sdp=sdp)
    return msgspec.structs.replace(call, exchange=exchange), Bridge.GOING


def refused(call: Talking, exchange: Exchange, stays: Leg) -> Talking:
    """``stays`` refused the re-INVITE: what it was given before is what counts."""
    return put_any(call, msgspec.structs.replace(stays, given=exchange.before))


def ask_back(call: Talking, exchange: Exchange, stays: Leg, partner: Leg, out: list[AnyCommand]) -> Talking:
    """``stays`` has moved for nothing: back to the media it has with ``partner``."""
    given = following(stays.given, exchange.before or "")
    out.append(Reoffer(leg=stays.id, sdp=given))
    back = Exchange(
        kind=ExchangeKind.GO_BACK,
        stage=ExchangeStage.ASKING,
        leg=stays.id,
        sdp=stays.sdp,
        other=partner.id,
    )
    call = put_any(call, msgspec.structs.replace(stays, given=given))
    return msgspec.structs.replace(call, exchange=back)


def settle(call: Talking, exchange: Exchange, pair: PairId, sdp: str, out: list[AnyCommand]) -> Talking:
    """Who came back describes something new."""
    partner = _leg(call, exchange.other)
    out.append(OfferMedia(pair=pair, from_leg=exchange.leg, to_leg=partner.id, sdp=sdp))
    exchange = msgspec.structs.replace(
        exchange, stage=ExchangeStage.SETTLING, sdp=sdp, answer_sdp=partner.sdp, pair=pair
    )
    return msgspec.structs.replace(call, exchange=exchange)


def _leg(call: Talking, leg_id: str | None) -> Leg:
    found = None if leg_id is None else any_leg(call, leg_id)  # type: ignore[arg-type]
    assert found is not None
    return found


def _stage(call: Talking, exchange: Exchange, stage: ExchangeStage) -> Talking:
    return msgspec.structs.replace(call, exchange=msgspec.structs.replace(exchange, stage=stage))
