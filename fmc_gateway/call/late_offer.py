"""A caller that leaves the offer to the other side (RFC 3261 §13.2.1): so do we.

Every target gets an INVITE without SDP. Who answers first offers in its 200; rtpengine makes that an offer to
the caller, which goes into the caller's 200; the caller's ACK answers, and the answer goes into our ACK. A
description that comes before the 200 cannot be answered, since the caller has none to give: the caller hears
that it rings. Nobody can be asked to press 1 either, so telephones that may answer by themselves do not ring.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import answering, racing
from fmc_gateway.call.commands import AcknowledgeLeg, AnswerMedia, AnyCommand, EndLeg, OfferMedia
from fmc_gateway.call.events import LegAnswered, LegConfirmed, MediaAnswered, MediaOffered
from fmc_gateway.call.exchanges import Exchange, ExchangeKind, ExchangeStage
from fmc_gateway.call.model import (
    Answering,
    Leg,
    LegPhase,
    Ringing,
    Step,
    Talking,
    pair_id,
    put,
    winner_of,
)
from fmc_gateway.call.talking import end_both
from fmc_gateway.call.verdict import Failure
from hipper.contracts.calls import AttemptOutcome

NOTHING_OFFERED = 'SIP;cause=488;text="Answer without SDP"'
NOTHING_ANSWERED = 'SIP;cause=488;text="ACK without SDP"'


def answered(call: Ringing, leg: Leg, event: LegAnswered, now: float) -> Step:
    """The first 200 wins, and offers."""
    out: list[AnyCommand] = []
    if event.sdp is None:
        out.append(EndLeg(leg=leg.id, reason=NOTHING_OFFERED))
        failure = Failure(AttemptOutcome.FAILED, 488, None, "answered without SDP")
        return racing.leg_out(call, leg, failure, now, out)
    pair = pair_id(call, call.called.index(leg) + 1)
    won = msgspec.structs.replace(
        leg,
        phase=LegPhase.ANSWERED,
        answered=now,
        status=200,
        sdp=event.sdp,
        pair=pair,
        answers_due=1,
        outcome=AttemptOutcome.ANSWERED,
        connected=event.connected,
    )
    ask = OfferMedia(pair=pair, from_leg=leg.id, to_leg=call.calling.id, sdp=event.sdp)
    return racing.win(call, won, ask, None, now, out)


def media_offered(call: Answering, event: MediaOffered, now: float) -> Step:
    """The caller is answered with the offer."""
    winner = winner_of(call)
    if event.pair != winner.pair or winner.answers_due == 0 or call.calling.sdp is not None:
        return call, ()
    call = put(call, msgspec.structs.replace(winner, answers_due=0))
    state, commands = answering.establish(call, event.sdp, now, [])
    assert isinstance(state, Talking)
    first = Exchange(kind=ExchangeKind.FIRST, stage=ExchangeStage.ASKING, leg=winner.id, sdp=winner.sdp)
    return msgspec.structs.replace(state, exchange=first), commands


def confirmed(call: Talking, exchange: Exchange, event: LegConfirmed, now: float) -> Step:
    """The caller's ACK, with the answer. Without a media pair it goes on as it is."""
    winner = winner_of(call)
    calling = msgspec.structs.replace(call.calling, sdp=event.sdp)
    call = msgspec.structs.replace(call, calling=calling)
    if winner.pair is None:
        call = put(call, msgspec.structs.replace(winner, given=event.sdp))
        call = msgspec.structs.replace(call, exchange=None)
        return call, (AcknowledgeLeg(leg=winner.id, sdp=event.sdp),)
    if event.sdp is None:
        return end_both(call, now, [], NOTHING_ANSWERED, "gateway")
    answering_now = msgspec.structs.replace(exchange, stage=ExchangeStage.ANSWERING, answer_sdp=event.sdp)
    ask = AnswerMedia(pair=winner.pair, offering_leg=winner.id, answering_leg=calling.id, sdp=event.sdp)
    return msgspec.structs.replace(call, exchange=answering_now), (ask,)


def media_answered(call: Talking, event: MediaAnswered) -> Step:
    """Who answered gets the ACK it has waited for."""
    winner = msgspec.structs.replace(winner_of(call), given=event.sdp, transcoded=event.transcoded)
    calling = msgspec.structs.replace(call.calling, transcoded=event.transcoded)
    call = msgspec.structs.replace(put(call, winner), calling=calling, exchange=None)
    return call, (AcknowledgeLeg(leg=winner.id, sdp=event.sdp),)
