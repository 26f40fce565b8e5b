"""The user of a consultation goes over to the one who waits (call-flows §4): the user's telephone alone is
asked, back to the media it has with that party, who notices nothing but the end of the music.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import consulted
from fmc_gateway.call.commands import AnswerMedia, AnswerRequest, AnyCommand, OfferMedia, Reoffer
from fmc_gateway.call.consulted import leg_of
from fmc_gateway.call.descriptions import following, same_media
from fmc_gateway.call.ending import broken, stop_leg
from fmc_gateway.call.events import (
    LegReofferAnswered,
    LegReofferRejected,
    MediaAnswered,
    MediaFailed,
    MediaOffered,
)
from fmc_gateway.call.exchanges import Consultation, Exchange, ExchangeKind, ExchangeStage
from fmc_gateway.call.model import LegPhase, Step, Talking, other_of, put_any
from fmc_gateway.call.records import publish
from fmc_gateway.call.talking import DEAD, end_both
from hipper.contracts.calls import LivePhase
from hipper.pbx.ids import PairId

ENDED = broken('SIP;cause=200;text="Consultation ended"', "the consultation is over")
LOST_MEDIA = 'Q.850;cause=47;text="Media lost"'
REFUSED = "the telephone refused to go over"


def begin(call: Talking, consult: Consultation, out: list[AnyCommand]) -> Talking:
    """Nobody offers anything now."""
    user, waits = leg_of(call, consult.user), leg_of(call, consult.held)
    given = following(user.given, consult.given or "")
    out.append(Reoffer(leg=user.id, sdp=given))
    exchange = Exchange(
        kind=ExchangeKind.SWITCH,
        stage=ExchangeStage.ASKING,
        leg=user.id,
        sdp=consult.described,
        other=waits.id,
        pair=waits.pair,
        before=user.given,
    )
    call = put_any(call, msgspec.structs.replace(user, given=given))
    return msgspec.structs.replace(call, exchange=exchange, consult=consult)


def reoffer_answered(call: Talking, exchange: Exchange, event: LegReofferAnswered, now: float) -> Step:
    if event.leg != exchange.leg or exchange.stage is not ExchangeStage.ASKING:
        return call, ()
    out: list[AnyCommand] = []
    if event.sdp is None or same_media(exchange.sdp or "", event.sdp):
        return _done(call, exchange, now, out)
    waits = leg_of(call, exchange.other)
    exchange = msgspec.structs.replace(
        exchange, stage=ExchangeStage.SETTLING, sdp=event.sdp, answer_sdp=waits.sdp
    )
    pair = exchange.pair or PairId("")
    out.append(OfferMedia(pair=pair, from_leg=exchange.leg, to_leg=waits.id, sdp=event.sdp))
    return msgspec.structs.replace(call, exchange=exchange), tuple(out)


def media_offered(call: Talking, exchange: Exchange, event: MediaOffered) -> Step:
    if event.pair != exchange.pair or exchange.stage is not ExchangeStage.SETTLING:
        return call, ()
    waits = leg_of(call, exchange.other)
    sdp = exchange.answer_sdp or ""
    return call, (AnswerMedia(pair=event.pair, offering_leg=exchange.leg, answering_leg=waits.id, sdp=sdp),)


def media_answered(call: Talking, exchange: Exchange, event: MediaAnswered, now: float) -> Step:
    if event.pair != exchange.pair or exchange.stage is not ExchangeStage.SETTLING:
        return call, ()
    return _done(call, exchange, now, [])


def media_failed(call: Talking, exchange: Exchange, event: MediaFailed, now: float) -> Step:
    if event.pair != exchange.pair or exchange.stage is not ExchangeStage.SETTLING:
        return call, ()
    return end_both(call, now, [], LOST_MEDIA, "gateway")


def rejected(call: Talking, exchange: Exchange, event: LegReofferRejected, now: float) -> Step:
    """The user stays where it is; when nobody is there (any more), it is over."""
    if event.leg != exchange.leg or exchange.stage is not ExchangeStage.ASKING:
        return call, ()
    if event.status in (408, 481):
        return end_both(call, now, [], DEAD["dialog_gone"], "gateway")
    if other_of(call, exchange.leg).phase is not LegPhase.ANSWERED:
        return end_both(call, now, [], LOST_MEDIA, "gateway")
    consult = call.consult
    assert consult is not None
    out: list[AnyCommand] = []
    if consult.request is not None:
        out.append(AnswerRequest(request=consult.request, done=False, explanation=REFUSED))
    consult = msgspec.structs.replace(consult, request=None, ends=False)
    user = msgspec.structs.replace(leg_of(call, exchange.leg), given=exchange.before)
    call = msgspec.structs.replace(put_any(call, user), exchange=None, consult=consult)
    if leg_of(call, consult.held).phase is not LegPhase.ANSWERED:
        call = dropped(call, now, out)
    return call, tuple(out)


def _done(call: Talking, exchange: Exchange, now: float, out: list[AnyCommand]) -> Step:
    consult = call.consult
    assert consult is not None
    goes = other_of(call, consult.user)
    request, ends = consult.request, consult.ends
    consult = msgspec.structs.replace(consult, request=None, ends=False)
    call = consulted.switched(call, consult, exchange.sdp, exchange.before, now, out)
    if ends and goes.phase is LegPhase.ANSWERED:
        call = dropped(call, now, out)
        call = publish(call, call.live or LivePhase.ESTABLISHED, out)
    if request is not None:
        out.append(AnswerRequest(request=request, done=True))
    return _unless_left(call, now, out)


def _unless_left(call: Talking, now: float, out: list[AnyCommand]) -> Step:
    """Who waited may have gone meanwhile: back to the other one, if that one is still there."""
    consult = call.consult
    user = call.calling.id if consult is None else consult.user
    gone = any(leg.phase is not LegPhase.ANSWERED for leg in (call.calling, other_of(call, call.calling.id)))
    if not gone:
        return call, tuple(out)
    if consult is None or leg_of(call, user).phase is not LegPhase.ANSWERED:
        return end_both(call, now, out, LOST_MEDIA, "gateway")
    return begin(call, consult, out), tuple(out)


def dropped(call: Talking, now: float, out: list[AnyCommand]) -> Talking:
    """The one who waits is sent away, or is gone."""
    consult = call.consult
    assert consult is not None
    waits = leg_of(call, consult.held)
    call = put_any(call, stop_leg(waits, now, ENDED, "gateway", out))
    return consulted.alone(call, now)
