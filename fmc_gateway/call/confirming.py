"""Answer confirmation: a telephone that may answer by itself has the call only when somebody presses 1 there
(call-flows §3). Until then the caller hears nothing of it, and the others ring on."""

from __future__ import annotations

import msgspec

from fmc_gateway.call import racing
from fmc_gateway.call.commands import (
    AnswerMedia,
    AnyCommand,
    BlockMedia,
    EndLeg,
    PlayAnnouncement,
    StartTimer,
    StopAnnouncement,
    StopTimer,
    UnblockMedia,
)
from fmc_gateway.call.ending import confirm_timer
from fmc_gateway.call.events import DigitPressed, LegAnswered, LegEnded, MediaAnswered, MediaFailed
from fmc_gateway.call.model import Leg, LegPhase, Ringing, Step, called_leg, put
from fmc_gateway.call.verdict import Q850_NO_RESOURCE, Failure
from hipper.contracts.calls import AttemptOutcome
from hipper.pbx.model import Announcement

CONFIRM_S = 10.0
TAKES_IT = "1"
NOT_CONFIRMED = "nobody pressed 1"


def answered(call: Ringing, leg: Leg, event: LegAnswered, sdp: str, now: float) -> Step:
    """It is connected to rtpengine in its own pair; what it says is dropped there, or the caller would hear
    the greeting of somebody's mailbox."""
    assert leg.pair is not None
    asked = msgspec.structs.replace(
        leg,
        phase=LegPhase.CONFIRMING,
        answered=now,
        status=200,
        sdp=sdp,
        answers_due=leg.answers_due + 1,
        connected=event.connected,
    )
    commands: tuple[AnyCommand, ...] = (
        AnswerMedia(pair=leg.pair, offering_leg=call.calling.id, answering_leg=leg.id, sdp=sdp),
        BlockMedia(pair=leg.pair, leg=leg.id),
        StartTimer(name=confirm_timer(leg.id), after_s=CONFIRM_S),
    )
    return put(call, asked), commands


def media_answered(call: Ringing, leg: Leg, event: MediaAnswered) -> Step:
    """The caller's answer is kept for when 1 is pressed, and the question is put."""
    due = leg.answers_due - 1
    leg = msgspec.structs.replace(leg, answers_due=due, answer=event.sdp, transcoded=event.transcoded)
    if due:
        return put(call, leg), ()
    question = PlayAnnouncement(
        pair=event.pair,
        leg=leg.id,
        announcements=(Announcement.PRESS_ONE,),
        language="nl" if call.served is None else call.served.language,
        tenant=call.tenant,
        repeat=True,
    )
    return put(call, leg), (question,)


def digit_pressed(call: Ringing, event: DigitPressed, now: float) -> Step:
    """1 takes the call; any other digit means nothing."""
    leg = called_leg(call, event.leg)
    if leg is None or leg.phase is not LegPhase.CONFIRMING or event.digit != TAKES_IT:
        return call, ()
    if leg.answer is None or leg.pair is None or leg.answers_due:
        return call, ()
    out: list[AnyCommand] = [
        StopTimer(name=confirm_timer(leg.id)),
        StopAnnouncement(pair=leg.pair, leg=leg.id),
        UnblockMedia(pair=leg.pair, leg=leg.id),
    ]
    won = msgspec.structs.replace(leg, phase=LegPhase.ANSWERED, outcome=AttemptOutcome.ANSWERED)
    return racing.win(call, won, None, leg.answer, now, out)


def timed_out(call: Ringing, leg: Leg, now: float) -> Step:
    """A mailbox, or somebody who does not want the call."""
    out: list[AnyCommand] = [EndLeg(leg=leg.id, reason='SIP;cause=480;text="Not confirmed"')]
    return racing.leg_out(
        call, leg, Failure(AttemptOutcome.NOT_CONFIRMED, 200, None, NOT_CONFIRMED), now, out
    )


def hung_up(call: Ringing, leg: Leg, event: LegEnded, now: float) -> Step:
    out: list[AnyCommand] = [StopTimer(name=confirm_timer(leg.id))]
    failure = Failure(AttemptOutcome.NOT_CONFIRMED, 200, event.q850, NOT_CONFIRMED, "called")
    return racing.leg_out(call, leg, failure, now, out)


def media_failed(call: Ringing, leg: Leg, event: MediaFailed, now: float) -> Step:
    """Nobody can be asked."""
    out: list[AnyCommand] = [
        StopTimer(name=confirm_timer(leg.id)),
        EndLeg(leg=leg.id, reason='Q.850;cause=47;text="No media"'),
    ]
    return racing.leg_out(
        call, leg, Failure(AttemptOutcome.FAILED, 200, Q850_NO_RESOURCE, event.reason), now, out
    )
