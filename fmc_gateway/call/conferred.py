"""Everything that happens to a conference, given to whom it concerns: the call it is being made of
(:func:`.conferencing.within`), a party on its way in, a party that is there, somebody who is called in."""

from __future__ import annotations

from typing import Any

import msgspec

from fmc_gateway.call import conference_adding as adding
from fmc_gateway.call import conference_asked as asked
from fmc_gateway.call import conference_lent as lent
from fmc_gateway.call import conference_offers as offers
from fmc_gateway.call import conference_room as room
from fmc_gateway.call import conferencing, lending, pulling, referring, requests
from fmc_gateway.call.commands import AnyCommand, EndLeg
from fmc_gateway.call.conference import THERE, Party, PartyStage
from fmc_gateway.call.conference_events import (
    ConferenceAddRequested,
    ConferenceMuteRequested,
    ConferenceRemoveRequested,
    PartyInRoom,
    PartyNotInRoom,
    RoomFailed,
    RoomMade,
)
from fmc_gateway.call.ending import (
    ADD_TIMER,
    DURATION_TIMER,
    cap_timer,
    confirm_timer,
    hung_up_by,
    late_answer,
    late_end,
    late_rejection,
)
from fmc_gateway.call.events import (
    ContextFailed,
    ContextLoaded,
    DigitPressed,
    HangUpRequested,
    HoldRequested,
    LegAnswered,
    LegAsked,
    LegCancelled,
    LegEnded,
    LegJoined,
    LegLent,
    LegProgress,
    LegRefused,
    LegRejected,
    LegReofferAnswered,
    LegReoffered,
    LegReofferRejected,
    LegRinging,
    MediaAnswered,
    MediaFailed,
    MediaOffered,
    MediaTimedOut,
    ReferRequested,
    TimerFired,
)
from fmc_gateway.call.model import (
    OPEN,
    Conferring,
    Leg,
    LegPhase,
    Step,
    any_leg,
    called_leg,
    leg_of_pair,
    on_hold,
    put_any,
)
from fmc_gateway.call.talking import CAP_REACHED, DEAD, NO_MEDIA, reason_of
from hipper.pbx.ids import LegId, PairId

WAY_IN = (PartyStage.ASKING, PartyStage.GOING_BACK)


def happened(call: Conferring, event: Any, now: float) -> Step:
    """Anything a leg, rtpengine, the directory or the clock says, or an app asks."""
    if call.before is not None and not call.moving and not _is_ours(call, event):
        return conferencing.within(call, event, now)
    match event:
        case MediaOffered() | MediaAnswered() | MediaFailed() | MediaTimedOut():
            return _media(call, event, now)
        case ContextLoaded() | ContextFailed():
            return _context(call, event, now)
        case LegReofferAnswered() | LegReofferRejected():
            return _reoffer(call, event, now)
        case LegReoffered():
            return offers.reoffered(call, event, now)
        case LegEnded() | LegCancelled():
            return _ended(call, event, now)
        case LegRinging() | LegProgress() | LegAnswered() | LegRejected() | DigitPressed():
            return _called(call, event, now)
        case TimerFired():
            return _timer(call, event, now)
        case HoldRequested():
            return asked.hold(call, event, now) if call.before is None else _not_now(call, event)
        case LegJoined():
            return call, (pulling.hand_back(event, asked.IN_CONFERENCE),)
        case LegLent():
            return lent.lent(call, event, now)
        case LegRefused():
            return lent.refused(call, event, now)
        case LegAsked():
            return lending.refuse(call, event, now)
        case ReferRequested():
            return referring.refuse(call, event, now)
    return _not_now(call, event) if isinstance(event, requests.Wish) else (call, ())


def _is_ours(call: Conferring, event: Any) -> bool:
    """While the conference is being prepared: whether it is about that."""
    media = isinstance(event, MediaOffered | MediaAnswered | MediaFailed | MediaTimedOut)
    return media and room.party_of_pair(call, event.pair) is not None


def _not_now(call: Conferring, event: Any) -> Step:
    return call, (room.refuse(event.request, asked.IN_CONFERENCE),)


# What is asked of it.


def hang_up(call: Conferring, event: HangUpRequested, now: float) -> Step:
    if call.before is not None and not call.moving:
        return conferencing.within(call, event, now)
    return room.end_all(call, now, [], None, hung_up_by(call, event))


def add(call: Conferring, event: ConferenceAddRequested, now: float) -> Step:
    return adding.requested(call, event, now) if call.before is None else _not_now(call, event)


def remove(call: Conferring, event: ConferenceRemoveRequested, now: float) -> Step:
    return asked.remove(call, event, now) if call.before is None else _not_now(call, event)


def mute(call: Conferring, event: ConferenceMuteRequested, now: float) -> Step:
    return asked.mute(call, event, now) if call.before is None else _not_now(call, event)


# The room.


def room_made(call: Conferring, event: RoomMade, now: float) -> Step:
    return conferencing.room_made(call, event, now)


def room_failed(call: Conferring, event: RoomFailed, now: float) -> Step:
    return conferencing.room_failed(call, event, now)


def party_in_room(call: Conferring, event: PartyInRoom, now: float) -> Step:
    party = room.party_of_room(call, event.leg)
    if party is None or party.stage is not PartyStage.ENTERING:
        return call, ()
    if party.called_in:
        return adding.party_in_room(call, party, event)
    return conferencing.party_in_room(call, party, event)


def party_not_in_room(call: Conferring, event: PartyNotInRoom, now: float) -> Step:
    party = room.party_of_room(call, event.leg)
    if party is None or party.stage is not PartyStage.ENTERING:
        return call, ()
    if party.called_in:
        return adding.not_in_room(call, party, event.reason, now)
    if party.lender is not None:
        return lent.goes_back(call, party, now)
    return conferencing.give_up(call, event.reason)


# rtpengine and the directory.


def _media(
    call: Conferring, event: MediaOffered | MediaAnswered | MediaFailed | MediaTimedOut, now: float
) -> Step:
    party = room.party_of_pair(call, event.pair)
    if party is None:
        leg = leg_of_pair(call, event.pair)
        return (call, ()) if leg is None or leg.phase not in OPEN else _media_of(call, leg, event, now)
    if isinstance(event, MediaTimedOut):
        leg = room.leg_of(call, party.leg)
        if party.stage not in THERE or call.before is not None or on_hold(leg):
            return call, ()
        return room.put_out(call, leg, now, [], NO_MEDIA)
    if isinstance(event, MediaFailed):
        return _media_failed(call, party.pair, event, now)
    if isinstance(event, MediaOffered):
        return _media_offered(call, party.pair, event)
    return _media_answered(call, party.pair, event, now)


def _media_of(
    call: Conferring, leg: Leg, event: MediaOffered | MediaAnswered | MediaFailed | MediaTimedOut, now: float
) -> Step:
    """Of a telephone that rings."""
    match event:
        case MediaOffered():
            return adding.media_offered(call, leg, event, now)
        case MediaAnswered():
            return adding.media_answered(call, leg, event)
        case MediaFailed():
            return adding.media_failed(call, leg, event, now)
    return call, ()


def _media_offered(call: Conferring, pair: PairId, event: MediaOffered) -> Step:
    party = room.party_of_pair(call, pair)
    assert party is not None
    match party.stage:
        case PartyStage.OFFERING:
            return conferencing.media_offered(call, party, event.sdp)
        case PartyStage.SETTLING:
            return call, (conferencing.answer_of_room(party),)
        case PartyStage.PLACING:
            return call, (adding.answer_of(call, party),)
        case PartyStage.CHANGING | PartyStage.OFFERED:
            return offers.media_offered(call, party, event.sdp)
    return call, ()


def _media_answered(call: Conferring, pair: PairId, event: MediaAnswered, now: float) -> Step:
    party = room.party_of_pair(call, pair)
    assert party is not None
    match party.stage:
        case PartyStage.ANSWERING:
            return conferencing.media_answered(call, party, event, now)
        case PartyStage.SETTLING if party.lender is not None:
            return lent.is_in(call, party, now)
        case PartyStage.SETTLING:
            return conferencing.settled(call, party, now)
        case PartyStage.COMING:
            out: list[AnyCommand] = []
            return adding.enter(call, party, event.sdp, out), tuple(out)
        case PartyStage.PLACING:
            return adding.placed(call, party, now)
        case PartyStage.ACCEPTING | PartyStage.CLOSING:
            return offers.media_answered(call, party, event, now)
    return call, ()


def _media_failed(call: Conferring, pair: PairId, event: MediaFailed, now: float) -> Step:
    party = room.party_of_pair(call, pair)
    assert party is not None
    if call.before is not None:
        return conferencing.media_failed(call, party, event, now)
    if party.lender is not None:
        return lent.goes_back(call, party, now)
    if party.stage in (PartyStage.COMING, PartyStage.PLACING):
        return adding.not_in_room(call, party, "no media", now)
    if party.stage in offers.OWN or party.stage is PartyStage.CLOSING:
        return offers.media_failed(call, party, event, now)
    return call, ()


def _context(call: Conferring, event: ContextLoaded | ContextFailed, now: float) -> Step:
    if call.adding is None or not call.adding.asked:
        return call, ()
    if isinstance(event, ContextLoaded):
        return adding.context_loaded(call, call.adding, event, now)
    return adding.context_failed(call, call.adding, event, now)


# Legs.


def _reoffer(call: Conferring, event: LegReofferAnswered | LegReofferRejected, now: float) -> Step:
    party = room.party_of(call, event.leg)
    if party is None:
        return call, ()
    if isinstance(event, LegReofferAnswered) and party.stage is PartyStage.ACKING:
        return offers.acked(call, party, event)
    if party.stage not in WAY_IN:
        return call, ()
    if party.lender is not None:
        return _lent_reoffer(call, party, event, now)
    if isinstance(event, LegReofferAnswered):
        return conferencing.reoffer_answered(call, party, event, now)
    return conferencing.reoffer_rejected(call, party, event, now)


def _lent_reoffer(
    call: Conferring, party: Party, event: LegReofferAnswered | LegReofferRejected, now: float
) -> Step:
    if isinstance(event, LegReofferAnswered):
        return lent.reoffer_answered(call, party, event, now)
    if event.status in (408, 481):
        state, commands = lent.goes_back(call, party, now, LegEnded(leg=party.leg, cause="dialog_gone"))
        return state, (EndLeg(leg=party.leg, reason=DEAD["dialog_gone"]), *commands)
    leg = msgspec.structs.replace(room.leg_of(call, party.leg), given=party.before)
    party = msgspec.structs.replace(party, stage=PartyStage.ANSWERING)
    return lent.goes_back(put_any(call, leg), party, now)


def _ended(call: Conferring, event: LegEnded | LegCancelled, now: float) -> Step:
    leg = any_leg(call, event.leg)
    if leg is None or leg.phase is LegPhase.OVER:
        return call, ()
    ended = event if isinstance(event, LegEnded) else LegEnded(leg=leg.id, cause="bye", reason=event.reason)
    party = room.party_of(call, leg.id)
    if party is None:
        if leg.phase in OPEN:
            return adding.ended(call, leg, ended, now)
        return late_end(call, ended), ()
    if call.before is not None:
        return conferencing.leaves(call, party, ended, now, [])
    if party.lender is not None:
        return lent.goes_back(call, party, now, ended)
    by = conferencing.ended_by(leg, ended)
    over = msgspec.structs.replace(leg, phase=LegPhase.OVER, ended=now, ended_by=by, q850=ended.q850)
    return room.goes(put_any(call, over), over, now, [], reason_of(ended))


def _called(
    call: Conferring,
    event: LegRinging | LegProgress | LegAnswered | LegRejected | DigitPressed,
    now: float,
) -> Step:
    """A telephone that is called into the conference, or was given up."""
    leg = called_leg(call, event.leg)
    if leg is None:
        return call, ()
    if leg.phase not in OPEN:
        return _late(call, event)
    match event:
        case LegAnswered() if leg.phase is not LegPhase.CONFIRMING:
            return adding.answered(call, leg, event, now)
        case LegRejected() if leg.phase is not LegPhase.CONFIRMING:
            return adding.rejected(call, leg, event, now)
        case LegRinging() | LegProgress():
            return adding.ringing(call, leg, event, now)
        case DigitPressed() if leg.phase is LegPhase.CONFIRMING:
            return adding.digit_pressed(call, leg, event, now)
    return call, ()


def _late(call: Conferring, event: Any) -> Step:
    out: list[AnyCommand] = []
    if isinstance(event, LegAnswered):
        return late_answer(call, event, out), tuple(out)
    return (late_rejection(call, event), ()) if isinstance(event, LegRejected) else (call, ())


def _timer(call: Conferring, event: TimerFired, now: float) -> Step:
    if event.name == DURATION_TIMER:
        return room.end_all(call, now, [], CAP_REACHED, "gateway")
    if event.name == ADD_TIMER:
        return adding.no_answer(call, now)
    for party in call.parties:
        if event.name == cap_timer(party.leg):
            return _capped(call, party.leg, now)
    for leg in call.called:
        if leg.phase is LegPhase.CONFIRMING and event.name == confirm_timer(leg.id):
            return adding.not_confirmed(call, leg, now)
    return call, ()


def _capped(call: Conferring, leg: LegId, now: float) -> Step:
    """What this party costs is not to be paid any more."""
    party, found = room.party_of(call, leg), room.leg_of(call, leg)
    assert party is not None
    if call.before is None:
        return room.put_out(call, found, now, [], CAP_REACHED)
    out: list[AnyCommand] = [EndLeg(leg=leg, reason=CAP_REACHED)]
    return conferencing.leaves(call, party, LegEnded(leg=leg, cause="cap"), now, out)
