"""A call lends the far party's leg to another call of the same user (decision 16).

Two runs never share a leg: it is lent whole, and this call waits in :class:`.model.Lending` to hear what
became of it. *Kept*: the user is out of both, and this call is over. *Back*: it goes on as if nothing was,
and what happened to it meanwhile happens now. Who borrows is :mod:`.borrowing`, for a call of two.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import choosing, in_call, rebridging, talking
from fmc_gateway.call.commands import AnyCommand, EndLeg, RejectReoffer, StartTimer, StopTimer, TellCall
from fmc_gateway.call.consulted import TRANSFERRED
from fmc_gateway.call.descriptions import same_media
from fmc_gateway.call.ending import LEND_TIMER, broken, conclude, late_end
from fmc_gateway.call.events import (
    AnyEvent,
    HangUpRequested,
    LegAsked,
    LegBack,
    LegCancelled,
    LegEnded,
    LegKept,
    LegLent,
    LegRefused,
    LegReoffered,
    MediaTimedOut,
    TimerFired,
)
from fmc_gateway.call.exchanges import Exchange, ExchangeKind, ExchangeStage
from fmc_gateway.call.hearing import hear
from fmc_gateway.call.lending_events import back
from fmc_gateway.call.model import (
    CallState,
    Leg,
    LegPhase,
    Lending,
    Ringing,
    Step,
    Talking,
    any_leg,
    become,
    other_of,
    put_any,
    winner_of,
)
from fmc_gateway.call.payers import charged_for
from fmc_gateway.call.records import known_as
from hipper.contracts.bus import RefusedBecause
from hipper.contracts.calls import TRANSFERRED as TRANSFER
from hipper.contracts.calls import CallOutcome, DiversionRecord, SegmentRecord
from hipper.pbx import rules
from hipper.pbx.ids import CallId, LegId

NOT_FREE = "something else is under way in the other call"
OVER = "the other call is over"
GUARD_S = 180.0
"""Longer than any borrower needs: three re-INVITEs that are not answered. Then it is taken for dead."""
MOST_LATER = 8


# Asked.


def asked(call: Talking, event: LegAsked, now: float) -> Step:
    """Only a call in which nothing else is under way lends."""
    user = choosing.side_of(call, event.subscriber, None)
    refused = _refusal(call, user)
    if refused is not None or user is None:
        return call, (_no(call, event, *(refused or (choosing.NO_CALL, RefusedBecause.STATE))),)
    far = other_of(call, user.id)
    lent = LegLent(
        call=call.offered.call, request=event.request, leg=_as_lent(far, now), talk=_talk(call, far)
    )
    state = become(
        Lending, call, winner=call.winner, bridges=call.bridges, lent=far.id, to=event.by, later=()
    )
    guard = StartTimer(name=LEND_TIMER, after_s=GUARD_S)
    return state, (guard, TellCall(call=event.by, event=lent))


def _refusal(call: Talking, user: Leg | None) -> tuple[str, RefusedBecause] | None:
    if user is None:
        return choosing.NO_CALL, RefusedBecause.STATE
    if choosing.untouchable(call):
        return choosing.UNTOUCHABLE, RefusedBecause.EMERGENCY
    if not choosing.is_free(call) or not choosing.is_there(user, other_of(call, user.id)):
        return NOT_FREE, RefusedBecause.STATE
    return None


def _as_lent(far: Leg, now: float) -> Leg:
    """Without what belongs to this call: its media, and the time before."""
    left = far.max_duration_s
    if left is not None and far.answered is not None:
        left = max(left - (now - far.answered), 1.0)
    return msgspec.structs.replace(
        far, pair=None, answer=None, offered=now, ringing=None, answered=now, max_duration_s=left
    )


def _talk(call: Talking, far: Leg) -> SegmentRecord:
    """What is charged for the leg itself goes on with it; what the user's own telephone costs does not."""
    own = [one for one in call.segments if one.calling == one.called == far.id and one.ended is None]
    talk = own[-1] if own else call.segments[-1]
    return charged_for(talk, far)


def ringing_asked(call: Ringing, event: LegAsked, now: float) -> Step:
    """Nobody is there to lend. Who called may be followed to where that was."""
    mine = call.calling.subscriber == event.subscriber and not call.emergency
    if not mine or choosing.untouchable(call):
        return refuse(call, event, now)
    no = LegRefused(
        call=call.offered.call, request=event.request, explanation=NOT_FREE, dialled=call.offered.dialled
    )
    return call, (TellCall(call=event.by, event=no),)


def refuse(call: CallState | None, event: LegAsked, now: float) -> Step:
    """No leg can be had of a call in this state."""
    no = _no(call, event, OVER if call is None else NOT_FREE, RefusedBecause.STATE)
    return call, (no,)  # type: ignore[return-value]


def _no(call: CallState | None, event: LegAsked, why: str, because: RefusedBecause) -> TellCall:
    mine = CallId("") if call is None else call.offered.call
    no = LegRefused(call=mine, request=event.request, explanation=why, because=because)
    return TellCall(call=event.by, event=no)


def unheard(to: CallId, event: AnyEvent) -> LegRefused | LegBack | None:
    """What a call hears that told this to the call ``to``, which is over; None: nothing."""
    if isinstance(event, LegAsked):
        return LegRefused(call=to, request=event.request, explanation=OVER)
    return back(to, event.leg) if isinstance(event, LegLent) else None


def leg_of(event: AnyEvent) -> LegId | None:
    """The leg that changes hands with an event of another call."""
    if isinstance(event, LegLent):
        return event.leg.id
    return event.leg if isinstance(event, LegBack) else None


def lends_to(call: CallState | None, to: CallId) -> bool:
    return isinstance(call, Lending) and call.to == to


# While it is lent.


def later(
    call: Lending, event: LegEnded | LegCancelled | MediaTimedOut | TimerFired | HangUpRequested, now: float
) -> Step:
    """It cannot be dealt with before the leg is back."""
    if isinstance(event, TimerFired) and event.name == LEND_TIMER:
        return kept(call, LegKept(by=call.to, leg=call.lent), now)
    if isinstance(event, LegEnded) and event.leg not in (call.calling.id, call.winner):
        return late_end(call, event), ()
    if len(call.later) >= MOST_LATER or event in call.later:
        return call, ()
    return msgspec.structs.replace(call, later=(*call.later, event)), ()


def leg_reoffered(call: Lending, event: LegReoffered, now: float) -> Step:
    """Another offer is about to be made (RFC 3261 §14.2)."""
    here = event.leg in (call.calling.id, call.winner)
    return call, (RejectReoffer(leg=event.leg, status=491 if here else 481),)


# What becomes of it.


def kept(call: Lending, event: LegKept, now: float) -> Step:
    """The leg is another call's for good: the user's telephone is released, and the record says where the
    rest is."""
    if event.leg != call.lent:
        return call, ()
    out: list[AnyCommand] = [StopTimer(name=LEND_TIMER)]
    talk = _talking(call)
    lent = _leg(talk, call.lent)
    user = other_of(talk, call.lent)
    talk = put_any(
        talk, msgspec.structs.replace(lent, phase=LegPhase.OVER, ended=now, ended_by=gone_into(call.to))
    )
    if not _left(call, user.id):
        out.append(EndLeg(leg=user.id, reason=TRANSFERRED))
    by = "gateway" if not _left(call, user.id) else "calling" if user is talk.calling else "called"
    talk = put_any(talk, msgspec.structs.replace(user, phase=LegPhase.OVER, ended=now, ended_by=by))
    if user.subscriber is not None:
        entry = DiversionRecord(
            by=user.subscriber,
            reason=TRANSFER,
            rule=rules.TRANSFER_CONSULTED,
            to=known_as(lent),
            at=now,
        )
        talk = msgspec.structs.replace(talk, diversions=(*talk.diversions, entry))
    return conclude(talk, now, out, CallOutcome.ANSWERED, broken(TRANSFERRED, "transferred"), "gateway")


def gone_into(call: CallId) -> str:
    """``ended_by`` of a leg that goes on in another call."""
    return f"call:{call}"


def _left(call: Lending, user: LegId) -> bool:
    ended = (one for one in call.later if isinstance(one, LegEnded | LegCancelled))
    return any(one.leg == user for one in ended)


def returned(call: Lending, event: LegBack, now: float) -> Step:
    """The two go on where they were, unless one of them has gone."""
    if event.leg != call.lent:
        return call, ()
    out: list[AnyCommand] = [StopTimer(name=LEND_TIMER)]
    before = _talking(call)
    after = _described(before, event, out)
    happened = call.later
    if event.ended is not None:
        ended = LegEnded(leg=event.leg, cause=event.ended, q850=event.q850, reason=event.reason)
        happened = (ended, *happened)
    state: Step = (after, ())
    for one in happened:
        if isinstance(state[0], Talking):
            state = _happens(state[0], one, now)
            out += state[1]
    return state[0], tuple(out)


def _happens(
    call: Talking, event: LegEnded | LegCancelled | MediaTimedOut | TimerFired | HangUpRequested, now: float
) -> Step:
    match event:
        case LegEnded():
            return in_call.leg_ended(call, event, now)
        case LegCancelled():
            return in_call.leg_cancelled(call, event, now)
        case MediaTimedOut():
            return talking.media_timed_out(call, event, now)
        case TimerFired():
            return in_call.timer_fired(call, event, now)
        case HangUpRequested():
            return talking.hang_up(call, event, now)


def _described(call: Talking, event: LegBack, out: list[AnyCommand]) -> Talking:
    """What the leg says by now rtpengine is told, and hold sounds as it should."""
    leg, pair = _leg(call, event.leg), winner_of(call).pair
    assert pair is not None
    back = msgspec.structs.replace(leg, given=event.given, holds=event.holds)
    after = hear(call, put_any(call, back), pair, out)
    if event.ended is not None or event.sdp is None or same_media(leg.sdp or "", event.sdp):
        return after
    exchange = Exchange(
        kind=ExchangeKind.GO_BACK,
        stage=ExchangeStage.ASKING,
        leg=leg.id,
        sdp=leg.sdp,
        other=other_of(call, leg.id).id,
    )
    return rebridging.settle(after, exchange, pair, event.sdp, out)


def _talking(call: Lending) -> Talking:
    return become(Talking, call, winner=call.winner, bridges=call.bridges)


def _leg(call: Talking, leg: LegId) -> Leg:
    found = any_leg(call, leg)
    assert found is not None
    return found
