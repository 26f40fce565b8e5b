"""A colleague picks up a call that rings (seed 9, Call Pickup and Directed Call Pickup; decision 18).

By code the colleague's telephone has offered media, and so has the caller. It is answered with media of our
own, and after its ACK offered the caller's in a re-INVITE; whatever happens before its answer to that, the
others ring on. In the app the colleague names a telephone, which rings as one more.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import announcing, pulling, racing, rounds
from fmc_gateway.call.choosing_colleagues import Asks, problem_of
from fmc_gateway.call.commands import (
    AnswerLeg,
    AnswerMedia,
    AnswerRequest,
    AnyCommand,
    DeleteMedia,
    OfferMedia,
    RejectReoffer,
    Reoffer,
)
from fmc_gateway.call.descriptions import following, held, talk_offer
from fmc_gateway.call.diverting import is_on_net
from fmc_gateway.call.events import (
    LegCancelled,
    LegConfirmed,
    LegEnded,
    LegJoined,
    LegReofferAnswered,
    LegReoffered,
    LegReofferRejected,
    MediaAnswered,
    MediaFailed,
    MediaOffered,
    PickUpRequested,
    Wants,
)
from fmc_gateway.call.model import (
    Leg,
    LegPhase,
    Ringing,
    Step,
    any_leg,
    put_any,
)
from fmc_gateway.call.pickup_over import without_picker
from fmc_gateway.call.pickups import Pickup, PickupStage
from fmc_gateway.call.targets import Goal, of_devices
from hipper.contracts.bus import RefusedBecause
from hipper.contracts.calls import AttemptOutcome, LegRole
from hipper.pbx import colleagues, dial, rules
from hipper.pbx.identity import connected_identity
from hipper.pbx.ids import LegId, PairId
from hipper.pbx.model import (
    CallerIdentity,
    DeviceKind,
    RefusedPlan,
    RingPlan,
    RingTarget,
    SubscriberContext,
)

HUNG_UP = "hung up before the call was picked up"
NO_MEDIA = "no media could be set up"
REFUSED = "the telephone refused the caller's media"
NOTHING_RINGS_THERE = "no telephone of the user can be reached"
FAILED_REASON = 'SIP;cause=488;text="Not picked up"'
PICKS_UP = (Wants.PICK_UP, Wants.BARGE_IN)


# By code.


def leg_joined(call: Ringing, event: LegJoined, now: float) -> Step:
    """The first one is dealt with; a second one is told so."""
    problem = pulling.GONE if event.wants not in PICKS_UP else problem_of(call, _asks(event))
    if problem is not None:
        return call, (pulling.hand_back(event, problem),)
    picks = call.picks + 1
    own = PairId(f"{call.offered.call}-k{picks}")
    pickup = Pickup(leg=event.leg, joined=event, stage=PickupStage.DESCRIBING, own=own)
    ask = OfferMedia(pair=own, from_leg=event.leg, to_leg=_speaker(own), sdp=event.offered.sdp or "")
    aside = (*call.aside, _picker(call, event, now))
    return msgspec.structs.replace(call, aside=aside, pickup=pickup, picks=picks), (ask,)


def _asks(event: LegJoined) -> Asks:
    return Asks(event.subscriber, event.group, event.called)


def _speaker(own: PairId) -> LegId:
    """Our end of the media the telephone is answered with."""
    return LegId(own)


def _picker(call: Ringing, event: LegJoined, now: float) -> Leg:
    """It stands for the one who was called, and pays nothing."""
    offered = event.offered
    seen = event.seen_by_colleagues if is_on_net(call) else event.seen_outside
    return Leg(
        id=event.leg,
        role=LegRole.CALLED,
        phase=LegPhase.OFFERED,
        peer=offered.peer,
        identity=call.reached,
        subscriber=event.subscriber,
        device=event.device,
        payer=event.payer,
        rule=event.rule,
        connected_as=seen,
        in_call=event.in_call,
        radio=event.radio,
        sdp=offered.sdp,
        sip_call_id=offered.sip_call_id,
        icid=offered.icid,
        network_reference=offered.network_reference,
        offered=now,
        sent=True,
    )


def is_of_pickup(call: Ringing, leg: LegId) -> bool:
    return call.pickup is not None and call.pickup.leg == leg


def has_pair(call: Ringing, pair: PairId) -> bool:
    return call.pickup is not None and pair in (call.pickup.own, call.pickup.pair)


def media_offered(call: Ringing, event: MediaOffered, now: float) -> Step:
    """Our own description answers the telephone; the caller's goes to it in a re-INVITE."""
    pickup, leg = _of(call)
    if pickup.stage is PickupStage.DESCRIBING and event.pair == pickup.own:
        ours = announcing.our_description(event.sdp)
        if ours is None:
            return failed(call, NO_MEDIA, now)
        ask = AnswerMedia(pair=pickup.own, offering_leg=leg.id, answering_leg=_speaker(pickup.own), sdp=ours)
        return _stage(call, PickupStage.ANSWERING), (ask,)
    if pickup.stage is not PickupStage.OFFERING or event.pair != pickup.pair:
        return call, ()
    given = following(leg.given, talk_offer(event.sdp) if held(event.sdp) else event.sdp)
    call = put_any(call, msgspec.structs.replace(leg, given=given))
    return _stage(call, PickupStage.ASKING), (Reoffer(leg=leg.id, sdp=given),)


def media_answered(call: Ringing, event: MediaAnswered, now: float) -> Step:
    """The telephone is told who is there."""
    pickup, leg = _of(call)
    if pickup.stage is not PickupStage.ANSWERING or event.pair != pickup.own:
        return call, ()
    leg = msgspec.structs.replace(
        leg, phase=LegPhase.ANSWERED, answered=now, status=200, given=event.sdp, transcoded=event.transcoded
    )
    answer = AnswerLeg(leg=leg.id, sdp=event.sdp, connected=call.calling.identity)
    return _stage(put_any(call, leg), PickupStage.CONFIRMING), (answer,)


def confirmed(call: Ringing, event: LegConfirmed, now: float) -> Step:
    """Its ACK: now it may be offered the caller's media."""
    pickup, leg = _of(call)
    if pickup.stage is not PickupStage.CONFIRMING:
        return call, ()
    pair = PairId(f"{call.offered.call}-k{call.picks + 1}")
    pickup = msgspec.structs.replace(pickup, stage=PickupStage.OFFERING, pair=pair)
    ask = OfferMedia(pair=pair, from_leg=call.calling.id, to_leg=leg.id, sdp=call.calling.sdp or "")
    return msgspec.structs.replace(call, pickup=pickup, picks=call.picks + 1), (ask,)


def reoffer_answered(call: Ringing, event: LegReofferAnswered, now: float) -> Step:
    """It has the call, as any telephone that answers."""
    pickup, leg = _of(call)
    sdp = event.sdp or leg.sdp
    if pickup.stage is not PickupStage.ASKING or pickup.pair is None or sdp is None:
        return call, ()
    won = msgspec.structs.replace(
        leg, pair=pickup.pair, sdp=sdp, answers_due=1, outcome=AttemptOutcome.ANSWERED
    )
    out: list[AnyCommand] = [DeleteMedia(pair=pickup.own)]
    call = msgspec.structs.replace(
        call,
        called=(*call.called, won),
        aside=tuple(one for one in call.aside if one.id != leg.id),
        pickup=None,
    )
    ask = AnswerMedia(pair=pickup.pair, offering_leg=call.calling.id, answering_leg=leg.id, sdp=sdp)
    return racing.win(call, won, ask, None, now, out)


# It does not get it; the others ring on.


def reoffer_rejected(call: Ringing, event: LegReofferRejected, now: float) -> Step:
    return failed(call, REFUSED, now)


def media_failed(call: Ringing, event: MediaFailed, now: float) -> Step:
    return failed(call, NO_MEDIA, now)


def failed(call: Ringing, why: str, now: float) -> Step:
    out: list[AnyCommand] = []
    return without_picker(call, now, out, why, FAILED_REASON), tuple(out)


def left(call: Ringing, event: LegCancelled | LegEnded, now: float) -> Step:
    """Who came to pick it up hung up."""
    _, leg = _of(call)
    out: list[AnyCommand] = []
    cancelled = isinstance(event, LegCancelled)
    leg = msgspec.structs.replace(
        leg,
        phase=LegPhase.OVER,
        ended=now,
        ended_by="called",
        status=487 if cancelled else leg.status,
        explanation=HUNG_UP,
    )
    return without_picker(put_any(call, leg), now, out), tuple(out)


def leg_reoffered(call: Ringing, event: LegReoffered, now: float) -> Step:
    """It is being asked something itself (RFC 3261 §14.2)."""
    return call, (RejectReoffer(leg=event.leg, status=491),)


def _of(call: Ringing) -> tuple[Pickup, Leg]:
    """The caller has asked whether there is one."""
    assert call.pickup is not None
    leg = any_leg(call, call.pickup.leg)
    assert leg is not None
    return call.pickup, leg


def _stage(call: Ringing, stage: PickupStage) -> Ringing:
    assert call.pickup is not None
    return msgspec.structs.replace(call, pickup=msgspec.structs.replace(call.pickup, stage=stage))


# In the app.


def requested(call: Ringing, event: PickUpRequested, now: float) -> Step:
    """The telephone rings with the others, shown who calls; whichever answers first has the call."""
    user = event.user
    wanted = colleagues.pick_up(user, None, directed=False)
    if isinstance(wanted, RefusedPlan):
        return call, (_no(event, wanted.explanation, RefusedBecause.BARRED),)
    problem = problem_of(call, Asks(user.subscriber, user.group, None))
    if problem is not None:
        return call, (_no(event, problem, RefusedBecause.STATE),)
    rings = dial.to_take(user, event.device, facts=event.facts)
    if isinstance(rings, RefusedPlan):
        return call, (_no(event, rings.explanation, RefusedBecause.NOT_REACHABLE),)
    goals = _goals(call, user, event, rings)
    if not goals:
        return call, (_no(event, NOTHING_RINGS_THERE, RefusedBecause.NOT_REACHABLE),)
    out: list[AnyCommand] = [AnswerRequest(request=event.request, done=True)]
    return rounds.add_legs(call, goals, now, out), tuple(out)


def _goals(
    call: Ringing, user: SubscriberContext, event: PickUpRequested, rings: tuple[RingTarget, ...]
) -> list[Goal]:
    """One telephone that rings for the call already is not rung again."""
    ringing = {leg.device for leg in call.called[call.round_from :] if leg.phase is not LegPhase.OVER}
    plan = RingPlan(
        targets=tuple(one for one in rings if one.device not in ringing),
        skipped=(),
        no_answer_s=user.no_answer_s,
        decline_ends_ringing=False,
        identity=call.reached,
        rule=rules.PICK_UP_GROUP,
    )
    goals, _ = of_devices(call, user, event.bindings, plan)
    seen = {target.device: _seen(call, user, target.kind) for target in rings}
    return [
        goal._replace(rule=rules.PICK_UP_GROUP, delay_s=0.0, connected_as=seen[goal.device])
        for goal in goals
        if goal.device is not None
    ]


def _seen(call: Ringing, user: SubscriberContext, kind: DeviceKind) -> CallerIdentity:
    return connected_identity(user, caller_on_net=is_on_net(call), dialled=None, device=kind)


def _no(event: PickUpRequested, why: str, because: RefusedBecause) -> AnswerRequest:
    return AnswerRequest(request=event.request, done=False, explanation=why, because=because)
