"""Somebody is called into a conference (seed 9, N-Way Calling): within the moderator's calling plan and caps,
who pays as for a colleague who is consulted. Whoever answers comes into the room; the others hear nothing of
the ringing.

rtpengine makes the offer of a description that stands for the room, which nobody hears yet; the room is
entered with the answer.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import conference_lent, decisions, targets
from fmc_gateway.call.commands import (
    AnswerMedia,
    AnswerRequest,
    AnyCommand,
    BlockMedia,
    EndLeg,
    JoinRoom,
    LoadContext,
    OfferMedia,
    Originate,
    PlayAnnouncement,
    StartTimer,
    StopAnnouncement,
    StopTimer,
    UnblockMedia,
)
from fmc_gateway.call.conference import Adding, Party, PartyStage
from fmc_gateway.call.conference_called import Called, NotCalled, called
from fmc_gateway.call.conference_events import ConferenceAddRequested, PartyInRoom
from fmc_gateway.call.conference_room import (
    arrived,
    leg_of,
    put_out,
    put_party,
    refuse,
    show,
    stop_ringing,
)
from fmc_gateway.call.confirming import CONFIRM_S, NOT_CONFIRMED, TAKES_IT
from fmc_gateway.call.consulted import NOBODY_PAYS
from fmc_gateway.call.ending import ADD_TIMER, cap_timer, confirm_timer, release
from fmc_gateway.call.events import (
    ContextFailed,
    ContextLoaded,
    DigitPressed,
    LegAnswered,
    LegEnded,
    LegProgress,
    LegRejected,
    LegRinging,
    MediaAnswered,
    MediaFailed,
    MediaOffered,
)
from fmc_gateway.call.model import (
    OPEN,
    Conferring,
    Leg,
    LegPhase,
    Step,
    bridge_leg,
    bridge_pair,
    put,
    room_leg_of,
)
from fmc_gateway.call.verdict import Q850_NO_RESOURCE, Failure, failure_of, out_by
from hipper.contracts.bus import RefusedBecause
from hipper.contracts.calls import AttemptOutcome, LegRole, SegmentRecord
from hipper.pbx import dial, pack_limits
from hipper.pbx.model import Announcement

NOBODY = "nobody of the conference may call somebody into it"
ONE_AT_A_TIME = "somebody is being called into the conference already"
FULL = "the conference holds no more"
AWAY = "the directory does not answer"
ROOM = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8 0 101\r\n"
    "a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
)
"""A room as far as it is known before it is entered; port 9 discards."""


def requested(call: Conferring, event: ConferenceAddRequested, now: float) -> Step:
    if call.moderator is None or event.subscriber != call.subscriber:
        return call, (refuse(event.request, NOBODY),)
    if call.adding is not None:
        return call, (refuse(event.request, ONE_AT_A_TIME),)
    adding = Adding(destination=event.destination, request=event.request)
    look = LoadContext(served_subscriber=call.subscriber, dialled=event.destination)
    return msgspec.structs.replace(call, adding=adding), (look,)


def context_failed(call: Conferring, adding: Adding, event: ContextFailed, now: float) -> Step:
    return _given_up(call, AWAY, RefusedBecause.AWAY, now, [])


def context_loaded(call: Conferring, adding: Adding, event: ContextLoaded, now: float) -> Step:
    caller = event.caller
    user = None if call.moderator is None else leg_of(call, call.moderator)
    if caller is None or caller.subscriber != call.subscriber or user is None:
        return _given_up(call, NOBODY, RefusedBecause.STATE, now, [])
    if len(call.parties) > pack_limits.limits_of(caller.pack).conference:
        return _given_up(call, FULL, RefusedBecause.BARRED, now, [])
    if adding.lender is not None:
        return conference_lent.ask(call, adding)
    plan = dial.other_side(caller, event.called, adding.destination, now=now, facts=event.origination)
    call = decisions.of_calling(call, caller.subscriber, plan, known_as=event.origination.called_list)
    found = called(call, caller, event, plan, user, now)
    if isinstance(found, NotCalled):
        return _given_up(call, found.why, found.because, now, [])
    return _ring(call, adding, found, now)


def _ring(call: Conferring, adding: Adding, found: Called, now: float) -> Step:
    out: list[AnyCommand] = []
    for goal in found.goals:
        pair = bridge_pair(call)
        leg = msgspec.structs.replace(
            targets.make_leg(call, 0, goal, now),
            id=bridge_leg(call),
            role=LegRole.CALLED,
            phase=LegPhase.PREPARING,
            identity=found.reached,
            shown=goal.shown or found.shown,
            diverted=(),
            delay_s=0.0,
            connected_as=found.connected,
            pair=pair,
            icid=None,
        )
        out.append(OfferMedia(pair=pair, from_leg=room_leg_of(pair), to_leg=leg.id, sdp=ROOM))
        call = msgspec.structs.replace(call, called=(*call.called, leg), bridges=call.bridges + 1)
    out.append(StartTimer(name=ADD_TIMER, after_s=found.no_answer_s))
    if adding.request is not None:
        out.append(AnswerRequest(request=adding.request, done=True))
    adding = msgspec.structs.replace(adding, request=None, asked=False, payer=found.payer)
    return show(msgspec.structs.replace(call, adding=adding), out), tuple(out)


def _given_up(call: Conferring, why: str, because: RefusedBecause, now: float, out: list[AnyCommand]) -> Step:
    """The conference is what it was."""
    adding = call.adding
    if adding is None:
        return call, tuple(out)
    if adding.request is not None:
        out.append(refuse(adding.request, why, because))
    if not adding.asked:
        out.append(StopTimer(name=ADD_TIMER))
    call = conference_lent.given_up(call, out)
    return (call if adding.asked else show(call, out)), tuple(out)


# The telephones that ring.


def media_offered(call: Conferring, leg: Leg, event: MediaOffered, now: float) -> Step:
    if leg.phase is not LegPhase.PREPARING or leg.target is None:
        return call, ()
    invite = Originate(
        leg=leg.id,
        target=leg.target,
        identity=call.reached if leg.shown is None else leg.shown,
        sdp=event.sdp,
        max_forwards=max(call.offered.max_forwards - 1 - len(call.diversions), 0),
        alert=leg.alert,
    )
    invited = msgspec.structs.replace(leg, phase=LegPhase.INVITED, offered=now, sent=True, given=event.sdp)
    return put(call, invited), (invite,)


def ringing(call: Conferring, leg: Leg, event: LegRinging | LegProgress, now: float) -> Step:
    if leg.phase is not LegPhase.INVITED or event.status != 180:
        return call, ()
    return put(call, msgspec.structs.replace(leg, phase=LegPhase.RINGING, ringing=now)), ()


def answered(call: Conferring, leg: Leg, event: LegAnswered, now: float) -> Step:
    """Where a mailbox could answer, 1 is to be pressed first."""
    out: list[AnyCommand] = []
    pair = leg.pair
    if event.sdp is None or pair is None:
        out.append(EndLeg(leg=leg.id, reason='SIP;cause=488;text="Answer without SDP"'))
        return gone(call, leg, Failure(AttemptOutcome.FAILED, 488, None, "answered without SDP"), now, out)
    leg = msgspec.structs.replace(
        leg,
        phase=LegPhase.CONFIRMING,
        answered=now,
        status=200,
        sdp=event.sdp,
        connected=event.connected,
        answers_due=1,
    )
    room_leg = room_leg_of(pair)
    out.append(AnswerMedia(pair=pair, offering_leg=room_leg, answering_leg=leg.id, sdp=event.sdp))
    if leg.confirm:
        out.append(BlockMedia(pair=pair, leg=leg.id))
        out.append(StartTimer(name=confirm_timer(leg.id), after_s=CONFIRM_S))
        return put(call, leg), tuple(out)
    return _taken(put(call, leg), leg, now, out)


def media_answered(call: Conferring, leg: Leg, event: MediaAnswered) -> Step:
    """The question can be put."""
    if leg.phase is not LegPhase.CONFIRMING or not leg.answers_due:
        return call, ()
    leg = msgspec.structs.replace(leg, answers_due=0, answer=event.sdp, transcoded=event.transcoded)
    question = PlayAnnouncement(
        pair=event.pair,
        leg=leg.id,
        announcements=(Announcement.PRESS_ONE,),
        language="nl" if call.served is None else call.served.language,
        tenant=call.tenant,
        repeat=True,
    )
    return put(call, leg), (question,)


def digit_pressed(call: Conferring, leg: Leg, event: DigitPressed, now: float) -> Step:
    if leg.answer is None or leg.pair is None or event.digit != TAKES_IT:
        return call, ()
    out: list[AnyCommand] = [
        StopTimer(name=confirm_timer(leg.id)),
        StopAnnouncement(pair=leg.pair, leg=leg.id),
        UnblockMedia(pair=leg.pair, leg=leg.id),
    ]
    return _taken(call, leg, now, out)


def _taken(call: Conferring, leg: Leg, now: float, out: list[AnyCommand]) -> Step:
    """The others stop ringing; this one goes into the room."""
    adding, pair = call.adding, leg.pair
    assert adding is not None
    assert pair is not None
    out.append(StopTimer(name=ADD_TIMER))
    leg = msgspec.structs.replace(leg, phase=LegPhase.ANSWERED, outcome=AttemptOutcome.ANSWERED)
    call = stop_ringing(put(call, leg), now, out, besides=leg.id)
    if leg.max_duration_s is not None:
        out.append(StartTimer(name=cap_timer(leg.id), after_s=max(leg.max_duration_s, 1.0)))
    party = Party(
        leg=leg.id,
        room_leg=room_leg_of(pair),
        pair=pair,
        stage=PartyStage.COMING,
        offered=leg.sdp or "",
        talk=_talk_of(leg, adding, now),
        called_in=True,
    )
    call = msgspec.structs.replace(call, parties=(*call.parties, party), adding=None)
    if leg.answer is not None:
        return enter(call, party, leg.answer, out), tuple(out)
    return call, tuple(out)


def _talk_of(leg: Leg, adding: Adding, now: float) -> SegmentRecord:
    charge = leg.charge
    payer = leg.payer if leg.diverted_by is not None else adding.payer or leg.payer
    return SegmentRecord(
        calling=leg.id,
        called=leg.id,
        payer=payer or NOBODY_PAYS,
        started=now,
        charged=None if charge is None else charge.subscriber,
        charged_group=None if charge is None else charge.group,
        rate_per_minute=0.0 if charge is None else charge.rate_per_minute,
    )


def enter(call: Conferring, party: Party, sdp: str, out: list[AnyCommand]) -> Conferring:
    out.append(JoinRoom(room=call.room, leg=party.room_leg, sdp=sdp))
    return put_party(call, msgspec.structs.replace(party, stage=PartyStage.ENTERING))


def party_in_room(call: Conferring, party: Party, event: PartyInRoom) -> Step:
    """Only now rtpengine can be told where the room is."""
    party = msgspec.structs.replace(party, stage=PartyStage.PLACING, place=event.sdp)
    offer = OfferMedia(pair=party.pair, from_leg=party.room_leg, to_leg=party.leg, sdp=event.sdp)
    return put_party(call, party), (offer,)


def answer_of(call: Conferring, party: Party) -> AnswerMedia:
    sdp = leg_of(call, party.leg).sdp or ""
    return AnswerMedia(pair=party.pair, offering_leg=party.room_leg, answering_leg=party.leg, sdp=sdp)


def placed(call: Conferring, party: Party, now: float) -> Step:
    out: list[AnyCommand] = []
    party = msgspec.structs.replace(party, stage=PartyStage.IN)
    return show(arrived(put_party(call, party), party, now, out), out), tuple(out)


def not_in_room(call: Conferring, party: Party, why: str, now: float) -> Step:
    reason = f'SIP;cause=503;text="{why[:60]}"' if why.isascii() and '"' not in why else "SIP;cause=503"
    return put_out(call, leg_of(call, party.leg), now, [], reason)


# Nobody comes.


def rejected(call: Conferring, leg: Leg, event: LegRejected, now: float) -> Step:
    return gone(call, leg, failure_of(leg, event), now, [])


def ended(call: Conferring, leg: Leg, event: LegEnded, now: float) -> Step:
    out: list[AnyCommand] = []
    if leg.phase is LegPhase.CONFIRMING:
        out.append(StopTimer(name=confirm_timer(leg.id)))
        return gone(
            call,
            leg,
            Failure(AttemptOutcome.NOT_CONFIRMED, 200, event.q850, NOT_CONFIRMED, "called"),
            now,
            out,
        )
    return gone(call, leg, Failure(AttemptOutcome.UNREACHABLE, None, event.q850, event.cause), now, out)


def media_failed(call: Conferring, leg: Leg, event: MediaFailed, now: float) -> Step:
    out: list[AnyCommand] = []
    if leg.phase is LegPhase.CONFIRMING:
        out.append(StopTimer(name=confirm_timer(leg.id)))
        out.append(EndLeg(leg=leg.id, reason='Q.850;cause=47;text="No media"'))
    return gone(call, leg, Failure(AttemptOutcome.FAILED, None, Q850_NO_RESOURCE, event.reason), now, out)


def not_confirmed(call: Conferring, leg: Leg, now: float) -> Step:
    out: list[AnyCommand] = [EndLeg(leg=leg.id, reason='SIP;cause=480;text="Not confirmed"')]
    return gone(call, leg, Failure(AttemptOutcome.NOT_CONFIRMED, 200, None, NOT_CONFIRMED), now, out)


def no_answer(call: Conferring, now: float) -> Step:
    """It rang long enough."""
    out: list[AnyCommand] = []
    if call.adding is None or call.adding.asked:
        return call, ()
    call = stop_ringing(call, now, out)
    return _given_up(call, "nobody answered", RefusedBecause.NOT_REACHABLE, now, out)


def gone(call: Conferring, leg: Leg, failure: Failure, now: float, out: list[AnyCommand]) -> Step:
    failed = out_by(leg, failure, now)
    call = put(call, release(failed, out))
    if rings(call):
        return call, tuple(out)
    return _given_up(call, failure.explanation or "nobody answered", RefusedBecause.NOT_REACHABLE, now, out)


def rings(call: Conferring) -> bool:
    """Whether a telephone may still bring somebody into the conference."""
    return any(leg.phase in OPEN for leg in call.called)
