"""Who pays from the moment on at which a user's side went on on another telephone (seed 5.7; call-flows
§2)."""

from __future__ import annotations

import msgspec

from fmc_gateway.call.exchanges import Move, Parked
from fmc_gateway.call.model import (
    Leg,
    Talking,
    other_of,
)
from hipper.contracts.calls import SegmentRecord
from hipper.pbx.model import Payer, TariffClass


def moved_segments(call: Talking, move: Move, new: Leg, stays: Leg, now: float) -> tuple[SegmentRecord, ...]:
    """The segment that ran ends, and one with ``new`` begins. What the other party's leg costs it goes on
    costing; a telephone that costs something of its own (a number outside) has a segment for that."""
    last = call.segments[-1]
    closed = tuple(_closed(one, move, now) for one in call.segments)
    calling, called = (new.id, last.called) if move.replaces == call.calling.id else (last.calling, new.id)
    talk = msgspec.structs.replace(
        last,
        calling=calling,
        called=called,
        payer=payer_after(last.payer, new, stays),
        started=now,
        ended=None,
    )
    return (*closed, *_own(new), talk)


def _closed(segment: SegmentRecord, move: Move, now: float) -> SegmentRecord:
    if segment.ended is not None or move.replaces not in (segment.calling, segment.called):
        return segment
    return msgspec.structs.replace(segment, ended=now)


def payer_after(before: Payer, new: Leg, stays: Leg) -> Payer:
    """A mobile leg is paid by the mobile subscription, a fixed one by the fixed one, by the class of the
    call; a call that had cost nobody anything is one of the exchange's own from then on. Whoever pays at the
    other end goes on paying."""
    own = new.payer
    if own is None:
        return before
    if before.subscription is None:
        return Payer(subscription=own.subscription, tariff=TariffClass.ON_NET)
    if stays.payer is not None and stays.payer.subscription == before.subscription:
        return before
    return Payer(subscription=own.subscription, tariff=before.tariff)


def _own(new: Leg) -> tuple[SegmentRecord, ...]:
    charge = new.charge
    if charge is None or new.payer is None or new.answered is None:
        return ()
    own = SegmentRecord(
        calling=new.id,
        called=new.id,
        payer=new.payer,
        started=new.answered,
        charged=charge.subscriber,
        charged_group=charge.group,
        rate_per_minute=charge.rate_per_minute,
    )
    return (own,)


def charged_for(talk: SegmentRecord, leg: Leg) -> SegmentRecord:
    """``talk`` as it goes on without the user's telephone: what ``leg`` costs, and no more."""
    if leg.charge is not None:
        return talk
    return msgspec.structs.replace(talk, charged=None, charged_group=None, rate_per_minute=0.0)


def parked_segments(call: Talking, parked: Parked, new: Leg, now: float) -> tuple[SegmentRecord, ...]:
    """The talk goes on with ``new``, who stands in its place already. Who parked the call goes on paying for
    it, by the telephone that took it when that is the same user's."""
    payer = parked.talk.payer
    if new.subscriber == parked.by:
        payer = payer_after(payer, new, other_of(call, new.id))
    closed = tuple(
        one if one.ended is not None else msgspec.structs.replace(one, ended=now) for one in call.segments
    )
    talk = msgspec.structs.replace(
        parked.talk, calling=call.calling.id, called=call.winner, payer=payer, started=now, ended=None
    )
    return (*closed, *_own(new), talk)
