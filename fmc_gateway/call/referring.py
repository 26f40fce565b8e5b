"""REFER from a telephone of a user (RFC 3515, RFC 5589): a transfer as the app asks for it, of which the
telephone is told (call-flows §4).

Without Replaces it is one without consultation (:mod:`.consulting`), with Replaces the other dialog's call is
joined (:mod:`.borrowing`). Neither knows who asked: what they answer and where they have come is told here,
after every step of a call with a :class:`.exchanges.Refer`.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import borrowing, choosing, consulting
from fmc_gateway.call.commands import AnswerRefer, AnswerRequest, AnyCommand, NotifyRefer
from fmc_gateway.call.events import JoinRequested, ReferRequested, TransferRequested
from fmc_gateway.call.exchanges import MoveKind, Refer
from fmc_gateway.call.lending import OVER
from fmc_gateway.call.model import CallState, Leg, LegPhase, Step, Talking, any_leg
from hipper.contracts.bus import KeepUntil, RefusedBecause

NOT_A_USERS = "only a telephone of a user may transfer"
NOT_NOW = "the call is not answered, or is over"
ALONG = "remote:"
"""A number outside that rings along is nobody's telephone."""
ACCEPTED, RINGS, DONE = 202, 180, 200
GONE = 487
"""The other party hung up before anybody took the call."""
NOBODY = 480

STATUS = {
    RefusedBecause.STATE: 491,
    RefusedBecause.NOT_AVAILABLE: 603,
    RefusedBecause.EMERGENCY: 403,
    RefusedBecause.BARRED: 403,
    RefusedBecause.NOT_REACHABLE: 480,
    RefusedBecause.FULL: 503,
    RefusedBecause.AWAY: 503,
}
"""What a telephone is told instead of the reason the app is told."""


def refuse(call: CallState | None, event: ReferRequested, now: float) -> Step:
    """Nobody talks."""
    no = AnswerRefer(request=event.request, leg=event.leg, status=603, explanation=NOT_NOW)
    return call, (no,)  # type: ignore[return-value]


def requested(call: Talking, event: ReferRequested, now: float) -> Step:
    leg = any_leg(call, event.leg)
    if leg is None or not _may_transfer(call, leg) or leg.subscriber is None:
        return call, (_refused(event, 403, NOT_A_USERS),)
    if choosing.untouchable(call):
        return call, (_refused(event, 403, choosing.UNTOUCHABLE),)
    if call.refer is not None:
        return call, (_refused(event, 491, consulting.BUSY),)
    refer = Refer(request=event.request, leg=leg.id, since=now)
    if event.destination is not None:
        wish = TransferRequested(
            request=event.request,
            subscriber=leg.subscriber,
            destination=event.destination,
            keep_until=KeepUntil.ANSWER,  # until then the telephone hangs up when it wants to (RFC 5589 §6.1)
        )
        return reported(refer, consulting.requested(_of(call, refer), wish, now))
    accepted = AnswerRefer(request=event.request, leg=leg.id, status=ACCEPTED)
    if event.other is None:
        return call, (accepted, NotifyRefer(request=event.request, status=event.status))
    refer = msgspec.structs.replace(refer, accepted=True)
    join = JoinRequested(request=event.request, subscriber=leg.subscriber, other=event.other)
    state, commands = reported(refer, borrowing.requested(_of(call, refer), join, now))
    return state, (accepted, *commands)


def _of(call: Talking, refer: Refer) -> Talking:
    return msgspec.structs.replace(call, refer=refer)


def _refused(event: ReferRequested, status: int, why: str) -> AnswerRefer:
    return AnswerRefer(request=event.request, leg=event.leg, status=status, explanation=why)


def _may_transfer(call: Talking, leg: Leg) -> bool:
    """One of the two who talk, on a telephone that is the user's own."""
    here = leg.id in (call.calling.id, call.winner) and leg.phase is LegPhase.ANSWERED
    return here and leg.device is not None and not leg.device.startswith(ALONG)


# What has become of it.


def reported(refer: Refer, step: Step) -> Step:
    """The same step, and what the telephone is told of it instead of the app; before its BYE, after which it
    may not listen any more."""
    call, commands = step
    told: list[AnyCommand] = []
    going: Refer | None = refer
    for one in commands:
        if isinstance(one, AnswerRequest) and one.request == refer.request and going is not None:
            going = _answered(going, call, one, told)
    if going is not None:
        going = _progress(going, call, told)
    if isinstance(call, Talking):
        call = msgspec.structs.replace(call, refer=going)
    rest = (one for one in commands if not (isinstance(one, AnswerRequest) and one.request == refer.request))
    return call, (*told, *rest)


def _answered(
    refer: Refer, call: CallState | None, answer: AnswerRequest, out: list[AnyCommand]
) -> Refer | None:
    """None: that was the last of it."""
    status = 481 if answer.explanation == OVER else STATUS[answer.because]
    if refer.accepted and not answer.done:
        out.append(NotifyRefer(request=refer.request, status=status))
        return None
    if not refer.accepted:
        status, why = (ACCEPTED, None) if answer.done else (status, answer.explanation)
        out.append(AnswerRefer(request=refer.request, leg=refer.leg, status=status, explanation=why))
        if not answer.done:
            return None
    refer = msgspec.structs.replace(refer, accepted=True)
    if _is_under_way(call):
        return refer
    out.append(NotifyRefer(request=refer.request, status=DONE))
    return None


def _is_under_way(call: CallState | None) -> bool:
    """Not when the call rings at the user's telephones again."""
    return isinstance(call, Talking) and call.move is not None and call.move.kind is not MoveKind.RETURN


def _progress(refer: Refer, call: CallState | None, out: list[AnyCommand]) -> Refer | None:
    """Nobody asked for an answer, but something may have happened."""
    if not isinstance(call, Talking):
        told = (
            NotifyRefer(request=refer.request, status=GONE)
            if refer.accepted
            else AnswerRefer(request=refer.request, leg=refer.leg, status=GONE, explanation=NOT_NOW)
        )
        out.append(told)
        return None
    if _is_under_way(call):
        rings = refer.accepted and call.enquiry is not None and call.enquiry.rung
        if refer.rang or not rings:
            return refer
        out.append(NotifyRefer(request=refer.request, status=RINGS))
        return msgspec.structs.replace(refer, rang=True)
    out.append(NotifyRefer(request=refer.request, status=_outcome(refer, call)))
    return None


def _outcome(refer: Refer, call: Talking) -> int:
    """Who asked is out of it, or is still there because nobody took the call."""
    if refer.leg not in (call.calling.id, call.winner):
        return DONE
    failed = [leg for leg in call.called if leg.offered >= refer.since and (leg.status or 0) >= 300]
    return (failed[-1].status or NOBODY) if failed else NOBODY
