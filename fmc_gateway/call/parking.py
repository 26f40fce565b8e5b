"""Call Park (seed 9; decision 18): the user leaves, and the far party waits with music at an extension until
somebody of the group comes (:mod:`.retrieving`). After a while the telephones of who parked it ring; when
nobody takes it there, it waits on.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import choosing, moving, talks
from fmc_gateway.call.commands import AnswerRequest, AnyCommand, EndLeg, StartTimer
from fmc_gateway.call.ending import PARK_TIMER
from fmc_gateway.call.events import ParkRequested
from fmc_gateway.call.exchanges import Move, MoveKind, Parked
from fmc_gateway.call.hearing import hear
from fmc_gateway.call.legs import VoicemailTarget
from fmc_gateway.call.model import Leg, LegPhase, Step, Talking, other_of, put_any, winner_of
from fmc_gateway.call.pushing import NOT_YOURS
from fmc_gateway.call.records import publish
from fmc_gateway.call.talking import end_both
from hipper.contracts.bus import RefusedBecause
from hipper.contracts.calls import DiversionRecord, LegRole, LivePhase, SegmentRecord
from hipper.pbx import rules
from hipper.pbx.ids import LegId

AGAIN_S = 5.0
"""When somebody is about to take the call: look again after that."""
MOST_RECALLS = 5
"""After so many that nobody took, the call is over."""
PARKED_REASON = 'SIP;cause=200;text="Call parked"'
NOBODY = 'Q.850;cause=19;text="No answer"'
REASON = "park"
"""In the record's chain of who gave the call to whom."""
BUSY = "something else is under way in this call"
OCCUPIED = "a call is parked at this extension already"
FULL = "no more calls of this group can be parked"
NOBODY_THERE = "there is nobody who could be parked"


def requested(call: Talking, event: ParkRequested, now: float) -> Step:
    """The user's telephone is released at once."""
    leg = choosing.side_of(call, event.subscriber, event.device)
    if leg is None:
        return call, (_no(event, NOT_YOURS),)
    if choosing.untouchable(call):
        return call, (_no(event, choosing.UNTOUCHABLE, RefusedBecause.EMERGENCY),)
    far = other_of(call, leg.id)
    if not choosing.is_free(call) or call.keying is not None or call.refer is not None:
        return call, (_no(event, BUSY),)
    if not choosing.is_there(leg, far) or isinstance(far.target, VoicemailTarget):
        return call, (_no(event, NOBODY_THERE),)
    if event.wanted.on in event.parked:
        return call, (_no(event, OCCUPIED),)
    if len(event.parked) >= event.wanted.most:
        return call, (_no(event, FULL),)
    return _park(call, leg, far, event, now)


def _no(event: ParkRequested, why: str, because: RefusedBecause = RefusedBecause.STATE) -> AnswerRequest:
    return AnswerRequest(request=event.request, done=False, explanation=why, because=because)


def _park(call: Talking, leg: Leg, far: Leg, event: ParkRequested, now: float) -> Step:
    pair = winner_of(call).pair
    assert pair is not None
    wanted = event.wanted
    out: list[AnyCommand] = [EndLeg(leg=leg.id, reason=PARKED_REASON)]
    talks.ended(call, now, out)
    gone = msgspec.structs.replace(leg, phase=LegPhase.OVER, ended=now, ended_by=_side(leg), held_by_app=True)
    parked = Parked(
        at=wanted.on,
        group=wanted.group,
        by=event.subscriber,
        since=now,
        recall_s=float(wanted.recall_s),
        talk=call.segments[-1],
    )
    entry = DiversionRecord(by=event.subscriber, reason=REASON, rule=rules.PARK, to=wanted.on, at=now)
    after = msgspec.structs.replace(
        put_any(call, gone),
        lost=leg.id,
        parked=parked,
        segments=_waits(call, far.id, now),
        diversions=(*call.diversions, entry),
    )
    heard = hear(call, after, pair, out)
    after = publish(heard, LivePhase.HELD, out) if heard is after else heard
    out.append(StartTimer(name=PARK_TIMER, after_s=parked.recall_s))
    out.append(AnswerRequest(request=event.request, done=True))
    return after, tuple(out)


def _side(leg: Leg) -> str:
    return "calling" if leg.role is LegRole.CALLING else "called"


def _waits(call: Talking, far: LegId, now: float) -> tuple[SegmentRecord, ...]:
    """Nobody talks; what the far party's leg costs it goes on costing."""
    last = call.segments[-1]
    closed = tuple(_closed(one, now) for one in call.segments)
    if last.payer.subscription is None and last.charged is None:
        return closed
    return (*closed, msgspec.structs.replace(last, calling=far, called=far, started=now, ended=None))


def _closed(segment: SegmentRecord, now: float) -> SegmentRecord:
    return segment if segment.ended is not None else msgspec.structs.replace(segment, ended=now)


# It waits.


def recall(call: Talking, now: float) -> Step:
    """The telephones of who parked it ring, every time it has waited long enough."""
    parked, gone = call.parked, call.lost
    if parked is None or gone is None:
        return call, ()
    if call.move is not None or call.asked or call.exchange is not None:
        return call, (StartTimer(name=PARK_TIMER, after_s=AGAIN_S),)
    if parked.recalls >= MOST_RECALLS:
        return end_both(call, now, [], NOBODY, "gateway")
    again = msgspec.structs.replace(parked, recalls=parked.recalls + 1)
    call = msgspec.structs.replace(call, parked=again)
    stays = other_of(call, gone).id
    move = Move(kind=MoveKind.RETURN, replaces=gone, stays=stays, subscriber=parked.by)
    state, commands = moving.ask(call, move)
    return state, (*commands, StartTimer(name=PARK_TIMER, after_s=parked.recall_s))
