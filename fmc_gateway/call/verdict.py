"""What a refusal of one target means, and what the caller is told when every target
refused (call-flows §3)."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from fmc_gateway.call.commands import MobileTarget, NetworkTarget, TrunkTarget
from fmc_gateway.call.events import LegRejected
from fmc_gateway.call.model import CallState, Leg, LegPhase, Verdict, present
from hipper.contracts.calls import AttemptOutcome, CallOutcome

RETRY_AFTER_S = 10
"""What a caller is told to wait when the directory or every rtpengine is away (RFC 3261 §21.5.4)."""

Q850_BUSY = 17
Q850_NO_RESPONSE = 18
Q850_NO_ANSWER = 19
Q850_ABSENT = 20
Q850_REJECTED = 21
Q850_NO_RESOURCE = 47

BY_CAUSE = {
    Q850_REJECTED: AttemptOutcome.DECLINED,
    Q850_BUSY: AttemptOutcome.BUSY,
    Q850_NO_RESPONSE: AttemptOutcome.UNREACHABLE,
    Q850_NO_ANSWER: AttemptOutcome.RANG,
    Q850_ABSENT: AttemptOutcome.UNREACHABLE,
}
"""Q.850 causes that say it better than the status does."""
BY_STATUS = {
    404: AttemptOutcome.UNREACHABLE,
    408: AttemptOutcome.UNREACHABLE,
    410: AttemptOutcome.UNREACHABLE,
    430: AttemptOutcome.UNREACHABLE,
    480: AttemptOutcome.UNREACHABLE,
    486: AttemptOutcome.BUSY,
    500: AttemptOutcome.UNREACHABLE,
    502: AttemptOutcome.UNREACHABLE,
    503: AttemptOutcome.UNREACHABLE,
    504: AttemptOutcome.UNREACHABLE,
    600: AttemptOutcome.BUSY,
    603: AttemptOutcome.DECLINED,
    604: AttemptOutcome.UNREACHABLE,
}
"""What a status from a device means; any other is a failure."""


class Failure(NamedTuple):
    """Why one leg is out."""

    outcome: AttemptOutcome
    status: int | None
    q850: int | None
    explanation: str
    ended_by: str = "gateway"


def out_by(leg: Leg, failure: Failure, now: float) -> Leg:
    """``leg`` as the record will say of it that it is out."""
    return msgspec.structs.replace(
        leg,
        phase=LegPhase.OVER,
        ended=now,
        ended_by=failure.ended_by,
        status=failure.status,
        q850=failure.q850,
        outcome=failure.outcome,
        explanation=failure.explanation,
    )


def failure_of(leg: Leg, event: LegRejected) -> Failure:
    """What the final response of ``leg`` means. A status made on the way is never the
    user's, whatever it says."""
    ended_by = "gateway" if event.by_network else "called"
    return Failure(_outcome(leg, event), event.status, event.q850, _sentence(event), ended_by)


def _outcome(leg: Leg, event: LegRejected) -> AttemptOutcome:
    if event.by_network:
        return AttemptOutcome.UNREACHABLE
    rang = event.after_ringing or leg.phase is LegPhase.RINGING
    if isinstance(leg.target, MobileTarget) or (leg.device is not None and _is_outside(leg)):
        told = _from_afar(event, rang)
        if told is not None:
            return told
    if event.q850 in BY_CAUSE:
        return BY_CAUSE[event.q850]
    if event.status in (408, 480) and rang:
        return AttemptOutcome.RANG
    return BY_STATUS.get(event.status, AttemptOutcome.FAILED)


def _from_afar(event: LegRejected, rang: bool) -> AttemptOutcome | None:
    """Of a telephone behind another network, where not every word is the user's: None when the status says
    all. A refusal before it rang is the network's; 486 after it is the reject button of a handset, often with
    cause 17 (TS 24.229)."""
    if event.status == 486 and rang:
        return AttemptOutcome.DECLINED
    declined = event.status == 603 if event.q850 is None else event.q850 == Q850_REJECTED
    return AttemptOutcome.UNREACHABLE if declined and not rang else None


def _is_outside(leg: Leg) -> bool:
    return isinstance(leg.target, TrunkTarget | NetworkTarget)


def _sentence(event: LegRejected) -> str:
    by = "made on the way" if event.by_network else "by the peer"
    return f"{event.status} {event.reason_phrase}".rstrip() + f" ({by})"


def verdict(call: CallState) -> Verdict:
    """The answer to the caller once no target can answer any more."""
    legs = present(call)
    if len(legs) == 1 and legs[0].device is None and _is_outside(legs[0]):
        return _from_outside(legs[0])
    return _from_devices(legs)


OUTSIDE = {
    AttemptOutcome.BUSY: CallOutcome.BUSY,
    AttemptOutcome.DECLINED: CallOutcome.DECLINED,
    AttemptOutcome.RANG: CallOutcome.NO_ANSWER,
    AttemptOutcome.UNREACHABLE: CallOutcome.UNREACHABLE,
}


def _from_outside(leg: Leg) -> Verdict:
    """A failure of the PSTN passes through with its Q.850 cause, except what concerns only us and the trunk:
    a redirection or a challenge."""
    status = leg.status or 480
    if status < 400:
        status = 480
    elif status in (401, 407):
        status = 500
    outcome = OUTSIDE.get(leg.outcome, CallOutcome.FAILED) if leg.outcome else CallOutcome.FAILED
    cause = Q850_NO_ANSWER if leg.status is None else leg.q850
    return Verdict(status, cause, leg.explanation or "", outcome, _retry_after(leg))


def _retry_after(leg: Leg) -> int | None:
    """Only when the 503 is our own: that of another would keep the caller off us (RFC 3261 §16.7 step 6)."""
    return RETRY_AFTER_S if leg.status == 503 and not leg.sent else None


def _from_devices(legs: tuple[Leg, ...]) -> Verdict:
    """No answer before declined, before busy, before failed, before unreachable: a phone that rang was
    reached, and busy is said only when every phone that could be reached is busy."""
    by_outcome = {leg.outcome: leg for leg in reversed(legs)}
    if AttemptOutcome.RANG in by_outcome or AttemptOutcome.NOT_CONFIRMED in by_outcome:
        return Verdict(480, Q850_NO_ANSWER, "nobody answered", CallOutcome.NO_ANSWER)
    if AttemptOutcome.DECLINED in by_outcome:
        return DECLINE
    if AttemptOutcome.BUSY in by_outcome:
        return BUSY
    failed = by_outcome.get(AttemptOutcome.FAILED)
    if failed is not None:
        return _failed(failed)
    return UNREACHABLE


def _failed(leg: Leg) -> Verdict:
    status = leg.status or 500
    if status < 400 or status in (401, 407, 487):
        status = 480
    return Verdict(status, leg.q850, leg.explanation or "", CallOutcome.FAILED, _retry_after(leg))


BUSY = Verdict(486, Q850_BUSY, "every device that can be reached is busy", CallOutcome.BUSY)
UNREACHABLE = Verdict(480, Q850_ABSENT, "no device can be reached", CallOutcome.UNREACHABLE)
DECLINE = Verdict(603, Q850_REJECTED, "the user declined", CallOutcome.DECLINED)
