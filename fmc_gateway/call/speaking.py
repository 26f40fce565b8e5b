"""State Announcing: feature codes, and what is spoken to the caller before a final response or before the
call goes on. Whatever fails, the caller gets the status."""

from __future__ import annotations

import msgspec

from fmc_gateway.call import announcing, coming, holding
from fmc_gateway.call.commands import (
    AnswerLeg,
    AnswerMedia,
    AnyCommand,
    ApplyFeature,
    AskToPark,
    Finish,
    HandOver,
    PlayMusic,
    Progress,
    RejectReoffer,
    StartTimer,
    StopAnnouncement,
    StopTimer,
)
from fmc_gateway.call.diverting import go_on
from fmc_gateway.call.ending import (
    SPEECH_TIMER,
    broken,
    calling_over,
    conclude,
    end_calling,
    gave_up,
    late_answer,
    late_end,
    late_rejection,
    refuse,
    release,
)
from fmc_gateway.call.events import (
    AnnouncementEnded,
    CallChosen,
    FeatureDone,
    LegAnswered,
    LegCancelled,
    LegEnded,
    LegRejected,
    LegReoffered,
    MediaAnswered,
    MediaFailed,
    MediaOffered,
    TimerFired,
    Wants,
)
from fmc_gateway.call.model import (
    Announcing,
    Deciding,
    Leg,
    LegPhase,
    SpeechStage,
    Step,
    Verdict,
    become,
)
from fmc_gateway.call.records import publish
from fmc_gateway.call.rounds import tell_caller
from hipper.contracts.calls import CallOutcome, LivePhase
from hipper.pbx.ids import DeviceId, PairId
from hipper.pbx.model import (
    ChangeService,
    FeatureAction,
    FeaturePlan,
    ParkCall,
    RequestCallback,
    SubscriberContext,
)

FEATURE_S = 5.0
"""How long a feature code may take to be carried out."""
DONE_UNHEARD = Verdict(
    480, 31, "the feature code was carried out, but nothing can be spoken", CallOutcome.SERVICE
)
FAILED = Verdict(480, 31, "the feature code was not carried out", CallOutcome.SERVICE)


# Feature codes.


def feature(
    call: Deciding, plan: FeaturePlan, caller: SubscriberContext, device: DeviceId | None, now: float
) -> Step:
    """The exchange does something, and says what became of it."""
    call = msgspec.structs.replace(call, service=True)
    joins = coming.coming(call, plan, caller)
    if joins is not None and call.offered.sdp is None and joins.wants is not Wants.PULL:
        return refuse(call, now, 488, "the call cannot be moved to a telephone that offers no media")
    state = become(
        Announcing,
        call,
        stage=SpeechStage.APPLYING,
        announcements=(),
        language=caller.language,
        time_zone=caller.time_zone,
        verdict=FAILED,
        feature=plan,
        joins=joins,
    )
    if joins is not None:  # nothing is shown of it: it is no call of its own
        return state, (coming.question(joins),)
    out: list[AnyCommand] = [
        _carry_out(call, plan.action, caller, device),
        StartTimer(name=SPEECH_TIMER, after_s=FEATURE_S),
    ]
    return publish(state, LivePhase.SETTING_UP, out), tuple(out)


def _carry_out(
    call: Deciding, action: FeatureAction, caller: SubscriberContext, device: DeviceId | None
) -> AnyCommand:
    if isinstance(action, ParkCall):
        request = f"{call.offered.call}-park"
        return AskToPark(request=request, subscriber=caller.subscriber, device=device, wanted=action)
    assert isinstance(action, ChangeService | RequestCallback)
    return ApplyFeature(subscriber=caller.subscriber, device=device, action=action)


def call_chosen(call: Announcing, event: CallChosen, now: float) -> Step:
    """``*11`` and the like: the leg goes over to the call that was found, and with it everything this one
    was."""
    plan, joins = call.feature, call.joins
    if call.stage is not SpeechStage.APPLYING or plan is None or joins is None:
        return call, ()
    if event.call is None:
        found = Verdict(480, 31, event.explanation, CallOutcome.SERVICE)
        return announcing.refuse_aloud(call, plan.failed, found, now, [], language=call.language)
    return None, (HandOver(call=event.call, joined=joins), Finish())


def feature_done(call: Announcing, event: FeatureDone, now: float) -> Step:
    if call.stage is not SpeechStage.APPLYING or call.feature is None:
        return call, ()
    return _applied(call, call.feature, event.done, now)


def _applied(call: Announcing, plan: FeaturePlan, done: bool, now: float) -> Step:
    out: list[AnyCommand] = [StopTimer(name=SPEECH_TIMER)]
    verdict = DONE_UNHEARD if done else FAILED
    call = msgspec.structs.replace(call, announcements=(plan.done if done else plan.failed,), verdict=verdict)
    if not announcing.can_hear(call):
        return tell_caller(call, verdict, broken(None, verdict.explanation), now, out)
    return announcing.open_pair(call, now, out), tuple(out)


# The media of an announcement.


def media_offered(call: Announcing, event: MediaOffered, now: float) -> Step:
    """We answer with G.711, or there is nothing to be heard."""
    speaker = _speaker(call, event.pair)
    if speaker is None or call.stage is not SpeechStage.OFFERING:
        return call, ()
    ours = announcing.our_description(event.sdp)
    if ours is None:
        return _finish(call, now, [])
    answer = AnswerMedia(pair=event.pair, offering_leg=call.calling.id, answering_leg=speaker.id, sdp=ours)
    return msgspec.structs.replace(call, stage=SpeechStage.ANSWERING), (answer,)


def media_answered(call: Announcing, event: MediaAnswered, now: float) -> Step:
    """The caller is told where to listen, and rtpengine speaks."""
    if _speaker(call, event.pair) is None or call.stage is not SpeechStage.ANSWERING:
        return call, ()
    out: list[AnyCommand] = []
    calling = msgspec.structs.replace(call.calling, given=event.sdp, transcoded=event.transcoded)
    call = msgspec.structs.replace(call, calling=calling, stage=SpeechStage.SPEAKING)
    if call.feature is not None:
        call = _answer(call, event.sdp, now, out)
    else:
        out.append(Progress(leg=calling.id, status=183, sdp=event.sdp))
    out += (announcing.speech(call, event.pair), StartTimer(name=SPEECH_TIMER, after_s=announcing.SPEECH_S))
    return call, tuple(out)


def _answer(call: Announcing, sdp: str, now: float, out: list[AnyCommand]) -> Announcing:
    calling = msgspec.structs.replace(call.calling, phase=LegPhase.ANSWERED, answered=now, status=200)
    out.append(AnswerLeg(leg=calling.id, sdp=sdp))
    call = msgspec.structs.replace(call, calling=calling, answered=now)
    return publish(call, LivePhase.ESTABLISHED, out)


def _speaker(call: Announcing, pair: PairId) -> Leg | None:
    """Our end, when that is its pair."""
    last = call.called[-1] if call.called else None
    if last is None or last.phase is not LegPhase.SPEAKER or last.pair != pair:
        return None
    return last


def media_failed(call: Announcing, event: MediaFailed, now: float) -> Step:
    """Nothing can be heard: what was to come after the announcement comes now."""
    waiting = call.stage in (SpeechStage.OFFERING, SpeechStage.ANSWERING)
    return _finish(call, now, []) if waiting and _speaker(call, event.pair) is not None else (call, ())


# After it.


def announcement_ended(call: Announcing, event: AnnouncementEnded, now: float) -> Step:
    heard = call.stage is SpeechStage.SPEAKING and event.leg == call.calling.id
    if not heard or (_speaker(call, event.pair) is None and event.pair != call.calling.pair):
        return call, ()
    return _finish(call, now, [])


def timer_fired(call: Announcing, event: TimerFired, now: float) -> Step:
    """Somebody owes us an answer and does not give it."""
    if event.name != SPEECH_TIMER:
        return call, ()
    if call.stage is SpeechStage.APPLYING and call.feature is not None:
        return _applied(call, call.feature, False, now)
    out: list[AnyCommand] = []
    if call.calling.pair is not None:  # that media stays, and something else may have to be heard there
        out.append(StopAnnouncement(pair=call.calling.pair, leg=call.calling.id))
    return _finish(call, now, out)


def _finish(call: Announcing, now: float, out: list[AnyCommand]) -> Step:
    """BYE after a feature code, else the call goes on, else the final response."""
    stop = broken(None, call.verdict.explanation)
    if call.answered is not None:
        call = end_calling(call, now, out, None, "gateway")
        return conclude(call, now, out, CallOutcome.ANSWERED, stop, "gateway")
    if call.then is None:
        return tell_caller(call, call.verdict, stop, now, out)
    out.append(StopTimer(name=SPEECH_TIMER))
    if call.calling.pair is not None:
        out.append(PlayMusic(pair=call.calling.pair, leg=call.calling.id, ringing=True))
    called = tuple(release(leg, out) for leg in call.called)
    return go_on(msgspec.structs.replace(call, called=called), call.then, call.verdict, now, out)


# The parties meanwhile.


def leg_cancelled(call: Announcing, event: LegCancelled, now: float) -> Step:
    """Also a CANCEL that crossed the 200 of a feature code."""
    if event.leg != call.calling.id:
        return call, ()
    call = msgspec.structs.replace(calling_over(call, now, "calling", status=487), answered=None)
    return conclude(call, now, [], CallOutcome.CANCELLED, gave_up(event.reason), "calling")


def leg_ended(call: Announcing, event: LegEnded, now: float) -> Step:
    """The caller hung up, or its connection is gone; or the last word of a leg that was given up."""
    if event.leg != call.calling.id:
        return late_end(call, event), ()
    outcome = CallOutcome.CANCELLED if call.answered is None else CallOutcome.ANSWERED
    call = calling_over(call, now, "calling", q850=event.q850)
    return conclude(call, now, [], outcome, broken(event.reason, event.cause), "calling")


def leg_answered(call: Announcing, event: LegAnswered, now: float) -> Step:
    """A 200 that crossed our CANCEL."""
    out: list[AnyCommand] = []
    return late_answer(call, event, out), tuple(out)


def leg_rejected(call: Announcing, event: LegRejected, now: float) -> Step:
    """The 487 of a leg that was given up."""
    return late_rejection(call, event), ()


def leg_reoffered(call: Announcing, event: LegReoffered, now: float) -> Step:
    """Nobody holds an announcement."""
    if event.leg == call.calling.id and call.calling.phase is LegPhase.ANSWERED:
        return call, (RejectReoffer(leg=event.leg, status=488),)
    return holding.early_reoffer(call, event, now)
