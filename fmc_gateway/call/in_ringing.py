"""What happens while telephones ring: to those (:mod:`.ringing`), or to one that came to pick the call up
(:mod:`.picking`)."""

from __future__ import annotations

from fmc_gateway.call import holding, picking, ringing
from fmc_gateway.call.events import (
    LegCancelled,
    LegConfirmed,
    LegEnded,
    LegReofferAnswered,
    LegReoffered,
    LegReofferRejected,
    MediaAnswered,
    MediaFailed,
    MediaOffered,
)
from fmc_gateway.call.model import Ringing, Step


def media_offered(call: Ringing, event: MediaOffered, now: float) -> Step:
    if picking.has_pair(call, event.pair):
        return picking.media_offered(call, event, now)
    return ringing.media_offered(call, event, now)


def media_answered(call: Ringing, event: MediaAnswered, now: float) -> Step:
    if picking.has_pair(call, event.pair):
        return picking.media_answered(call, event, now)
    return ringing.media_answered(call, event, now)


def media_failed(call: Ringing, event: MediaFailed, now: float) -> Step:
    if picking.has_pair(call, event.pair):
        return picking.media_failed(call, event, now)
    return ringing.media_failed(call, event, now)


def leg_cancelled(call: Ringing, event: LegCancelled, now: float) -> Step:
    if picking.is_of_pickup(call, event.leg):
        return picking.left(call, event, now)
    return ringing.leg_cancelled(call, event, now)


def leg_ended(call: Ringing, event: LegEnded, now: float) -> Step:
    if picking.is_of_pickup(call, event.leg):
        return picking.left(call, event, now)
    return ringing.leg_ended(call, event, now)


def leg_confirmed(call: Ringing, event: LegConfirmed, now: float) -> Step:
    return picking.confirmed(call, event, now) if picking.is_of_pickup(call, event.leg) else (call, ())


def leg_reoffered(call: Ringing, event: LegReoffered, now: float) -> Step:
    if picking.is_of_pickup(call, event.leg):
        return picking.leg_reoffered(call, event, now)
    return holding.early_reoffer(call, event, now)


def leg_reoffer_answered(call: Ringing, event: LegReofferAnswered, now: float) -> Step:
    return picking.reoffer_answered(call, event, now) if picking.is_of_pickup(call, event.leg) else (call, ())


def leg_reoffer_rejected(call: Ringing, event: LegReofferRejected, now: float) -> Step:
    return picking.reoffer_rejected(call, event, now) if picking.is_of_pickup(call, event.leg) else (call, ())
