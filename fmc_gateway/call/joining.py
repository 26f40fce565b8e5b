"""The calling side is brought to the other side's media by a re-INVITE.

A caller who was given an answer early (an announcement, early media of somebody else) keeps to that: whatever
another answer says in the 200 is ignored (RFC 3261 §13.2.1), and after a PRACK none may be there (RFC 6337
§3.1). So the 200 repeats it, and once the ACK is there the caller is offered where the other side is.

Dial from the app, both sides picked up: the user's telephone is brought there in the same way.

rtpengine has a pair of the two by then, made of what the telephone described when it was picked up. A
re-INVITE tells it where that pair is (RFC 3725 §4.1); after its 200 the media it rang on is deleted. A
telephone that describes itself anew in the 200 is put right at rtpengine, which the other side does not
notice.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call.commands import AnyCommand, OfferMedia, Reoffer, StopMusic
from fmc_gateway.call.descriptions import following, same_media
from fmc_gateway.call.ending import release
from fmc_gateway.call.events import LegReofferAnswered
from fmc_gateway.call.exchanges import Exchange, ExchangeKind, ExchangeStage
from fmc_gateway.call.model import (
    Leg,
    Step,
    Talking,
    winner_of,
)

NOT_JOINED = 'SIP;cause=488;text="Not joined"'


def is_bound(calling: Leg, sdp: str | None) -> bool:
    """Whether the caller was given another answer before, to which it keeps."""
    return calling.given is not None and sdp is not None and not same_media(calling.given, sdp)


def after_ack(calling: Leg, sdp: str | None) -> Exchange:
    """The caller gets ``sdp`` in a re-INVITE, as soon as there may be one."""
    return Exchange(kind=ExchangeKind.JOIN, stage=ExchangeStage.CONFIRMING, leg=calling.id, sdp=sdp)


def confirmed(call: Talking, exchange: Exchange) -> Step:
    """The caller's ACK."""
    out: list[AnyCommand] = []
    calling, asking = reoffer(call.calling, exchange.sdp or "", out)
    return msgspec.structs.replace(call, calling=calling, exchange=asking), tuple(out)


def reoffer(calling: Leg, sdp: str, out: list[AnyCommand]) -> tuple[Leg, Exchange]:
    """``sdp``: what rtpengine made for the calling side of the answer."""
    given = following(calling.given, sdp)
    if calling.pair is not None:
        out.append(StopMusic(pair=calling.pair, leg=calling.id))
    out.append(Reoffer(leg=calling.id, sdp=given))
    exchange = Exchange(kind=ExchangeKind.JOIN, stage=ExchangeStage.ASKING, leg=calling.id, sdp=None)
    return msgspec.structs.replace(calling, given=given), exchange


def answered(call: Talking, exchange: Exchange, event: LegReofferAnswered) -> Step:
    """The telephone has moved."""
    calling, winner = call.calling, winner_of(call)
    if event.sdp is None or winner.pair is None or same_media(calling.sdp or "", event.sdp):
        return done(call)
    calling = msgspec.structs.replace(calling, sdp=event.sdp)
    exchange = msgspec.structs.replace(exchange, stage=ExchangeStage.OFFERING, sdp=event.sdp)
    offer = OfferMedia(pair=winner.pair, from_leg=calling.id, to_leg=winner.id, sdp=event.sdp)
    return msgspec.structs.replace(call, calling=calling, exchange=exchange), (offer,)


def done(call: Talking) -> Step:
    out: list[AnyCommand] = []
    calling = release(call.calling, out)
    return msgspec.structs.replace(call, calling=calling, exchange=None), tuple(out)
