"""The far parties of two calls of one user are brought together (call-flows §4; seed 4.7.3): a second call
made in the native dialler, or on another telephone.

This call asks the other one for its far party (:mod:`.lending`), who comes in the user's place as one who
was consulted does (:mod:`.moving`, ``MoveKind.TRANSFER``). It is asked last: whatever fails before costs it
nothing, and it is given back to where it is. Once it has moved it stays.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import choosing, consulting, moving
from fmc_gateway.call.commands import AnswerRequest, AnyCommand, TellCall
from fmc_gateway.call.events import HangUpRequested as HangUp
from fmc_gateway.call.events import (
    JoinRequested,
    LegAsked,
    LegEnded,
    LegLent,
    LegRefused,
    TransferRequested,
)
from fmc_gateway.call.exchanges import Move, MoveKind
from fmc_gateway.call.lending_events import back
from fmc_gateway.call.model import CallState, Leg, Step, Talking, other_of
from fmc_gateway.call.pushing import NOT_YOURS
from fmc_gateway.call.records import known_as
from hipper.contracts.bus import KeepUntil, RefusedBecause
from hipper.contracts.calls import AttemptOutcome
from hipper.pbx.ids import CallId

SAME_CALL = "a call cannot be joined with itself"


def requested(call: Talking, event: JoinRequested, now: float) -> Step:
    """What the other call has to say comes as LegLent or LegRefused."""
    user = choosing.side_of(call, event.subscriber, None)
    if user is None:
        return call, (_no(event.request, NOT_YOURS),)
    if choosing.untouchable(call):
        return call, (_no(event.request, choosing.UNTOUCHABLE, RefusedBecause.EMERGENCY),)
    if event.other == call.offered.call:
        return call, (_no(event.request, SAME_CALL),)
    far = other_of(call, user.id)
    if not choosing.is_free(call) or not choosing.is_there(user, far):
        return call, (_no(event.request, consulting.BUSY),)
    move = Move(
        kind=MoveKind.TRANSFER,
        replaces=user.id,
        stays=far.id,
        subscriber=event.subscriber,
        request=event.request,
        lender=event.other,
    )
    ask = LegAsked(by=call.offered.call, subscriber=event.subscriber, request=event.request)
    return msgspec.structs.replace(call, move=move), (TellCall(call=event.other, event=ask),)


def _no(request: str, why: str, because: RefusedBecause = RefusedBecause.STATE) -> AnswerRequest:
    return AnswerRequest(request=request, done=False, explanation=why, because=because)


def refused(call: Talking, event: LegRefused, now: float) -> Step:
    """Nothing was touched. Where nobody has answered yet, this call follows without consultation."""
    move = call.move
    if move is None or move.lender != event.call or move.leg is not None or move.request is None:
        return call, ()
    call = msgspec.structs.replace(call, move=None)
    out: list[AnyCommand] = []
    if event.dialled is None or call.exchange is not None:
        out.append(_no(move.request, event.explanation, event.because))
        return moving.next_one(call, now, out), tuple(out)
    follow = TransferRequested(
        request=move.request,
        subscriber=move.subscriber,
        destination=event.dialled,
        keep_until=KeepUntil.RINGING if call.refer is None else KeepUntil.ANSWER,
    )
    out.append(TellCall(call=event.call, event=HangUp(by=f"user:{move.subscriber}")))
    state, commands = consulting.requested(call, follow, now)
    return state, (*out, *commands)


def lent(call: Talking, event: LegLent, now: float) -> Step:
    move = call.move
    if move is None or move.lender != event.call or move.leg is not None or move.request != event.request:
        return not_wanted(call, event, now)
    comes = msgspec.structs.replace(event.leg, outcome=AttemptOutcome.ANSWERED, sent=True)
    move = msgspec.structs.replace(
        move,
        leg=comes.id,
        talk=event.talk,
        given=comes.given,
        to=known_as(comes),
        chain=len(call.diversions),
    )
    call = msgspec.structs.replace(call, aside=(*call.aside, comes), move=move)
    out: list[AnyCommand] = []
    return moving.next_one(call, now, out), tuple(out)


def not_wanted(call: CallState | None, event: LegLent, now: float) -> Step:
    """Nobody waits for it (any more)."""
    mine = CallId("") if call is None else call.offered.call
    return call, (TellCall(call=event.call, event=back(mine, event.leg)),)  # type: ignore[return-value]


def lent_leg_left(call: Talking, leg: Leg, event: LegEnded, now: float) -> Step:
    """It hung up before the two were brought together: that is the other call's business."""
    assert call.move is not None
    assert call.move.lender is not None
    gone = msgspec.structs.replace(
        back(call.offered.call, leg, event.cause), q850=event.q850, reason=event.reason
    )
    out: list[AnyCommand] = [TellCall(call=call.move.lender, event=gone)]
    return moving.give_up(without(call, leg), moving.HUNG_UP, now, out)


def without(call: Talking, leg: Leg) -> Talking:
    return msgspec.structs.replace(call, aside=tuple(one for one in call.aside if one.id != leg.id))
