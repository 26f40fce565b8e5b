"""The parties of a conference: found, changed, heard or not, shown to the recorder, and gone."""

from __future__ import annotations

import msgspec

from fmc_gateway.call import talks
from fmc_gateway.call.commands import (
    AnswerRequest,
    AnyCommand,
    BlockMedia,
    DeleteMedia,
    DestroyRoom,
    EndLeg,
    LeaveRoom,
    StopTimer,
    UnblockMedia,
)
from fmc_gateway.call.conference import THERE, Party
from fmc_gateway.call.ending import (
    ADD_TIMER,
    DURATION_TIMER,
    broken,
    cap_timer,
    conclude,
    end_calling,
    release,
    stop_leg,
)
from fmc_gateway.call.model import (
    OPEN,
    Conferring,
    Leg,
    LegPhase,
    Step,
    Talking,
    any_leg,
    on_hold,
    put_any,
    winner_of,
)
from fmc_gateway.call.records import publish
from hipper.contracts.bus import RefusedBecause
from hipper.contracts.calls import CallOutcome, LivePhase, SegmentRecord
from hipper.pbx.ids import LegId, PairId

OVER = "the call is over"
NOBODY_LEFT = 'SIP;cause=200;text="Nobody is left in the conference"'


def leg_of(call: Conferring, leg: LegId) -> Leg:
    """The state guarantees that it is there."""
    found = any_leg(call, leg)
    assert found is not None
    return found


def party_of(call: Conferring, leg: LegId | None) -> Party | None:
    for one in call.parties:
        if one.leg == leg:
            return one
    return None


def party_of_pair(call: Conferring, pair: PairId) -> Party | None:
    for one in call.parties:
        if one.pair == pair:
            return one
    return None


def party_of_room(call: Conferring, room_leg: LegId) -> Party | None:
    for one in call.parties:
        if one.room_leg == room_leg:
            return one
    return None


def put_party(call: Conferring, party: Party) -> Conferring:
    parties = tuple([party if one.leg == party.leg else one for one in call.parties])
    return msgspec.structs.replace(call, parties=parties)


def refuse(request: str, why: str, because: RefusedBecause = RefusedBecause.STATE) -> AnswerRequest:
    return AnswerRequest(request=request, done=False, explanation=why, because=because)


# Who is heard.


def is_silent(leg: Leg, party: Party) -> bool:
    """Muted, or on hold: then its telephone may send music, which is for nobody."""
    return party.muted or on_hold(leg)


def hear(party: Party, was: bool, silent: bool, out: list[AnyCommand]) -> None:
    """Bring rtpengine from ``was`` to ``silent``."""
    if silent and not was:
        out.append(BlockMedia(pair=party.pair, leg=party.leg))
    if was and not silent:
        out.append(UnblockMedia(pair=party.pair, leg=party.leg))


def arrived(call: Conferring, party: Party, now: float, out: list[AnyCommand]) -> Conferring:
    """``party`` is in the room: its segment begins, and its recorder is told."""
    leg = leg_of(call, party.leg)
    call = put_any(call, msgspec.structs.replace(leg, pair=party.pair))
    hear(party, False, is_silent(leg, party), out)
    if own_segment(call, party.leg) is None:
        own = msgspec.structs.replace(
            party.talk, calling=party.leg, called=party.leg, started=now, ended=None
        )
        call = msgspec.structs.replace(call, segments=(*call.segments, own))
    segment = own_segment(call, party.leg)
    assert segment is not None
    talks.entered(call, leg, party, segment, now, out)
    return call


def own_segment(call: Conferring, leg: LegId) -> int | None:
    """Which segment is that of the leg itself, and runs."""
    for index, one in enumerate(call.segments):
        if one.calling == one.called == leg and one.ended is None:
            return index
    return None


# Who goes.


def goes(call: Conferring, leg: Leg, now: float, out: list[AnyCommand], reason: str | None) -> Step:
    """``leg`` is over. The others go on while two of them are left, and the moderator, unless that one need
    not be. ``reason``: what the others are told when they do not."""
    call = without(call, leg, now, out)
    if leg.id == call.moderator:
        if not call.goes_on:
            return end_all(call, now, out, reason, _by(leg))
        call = msgspec.structs.replace(call, moderator=None)
    if len(call.parties) < 2 or all(one.lender is not None for one in call.parties):
        return end_all(call, now, out, reason or NOBODY_LEFT, _by(leg))
    call = _places(call, leg)
    return (call if call.moving else show(call, out)), tuple(out)


def _by(leg: Leg) -> str:
    return leg.ended_by or "gateway"


def without(call: Conferring, leg: Leg, now: float, out: list[AnyCommand]) -> Conferring:
    """``leg`` has left the room, and its media is gone."""
    party = party_of(call, leg.id)
    assert party is not None
    out.append(DeleteMedia(pair=party.pair))
    out.append(LeaveRoom(room=call.room, leg=party.room_leg))
    if leg.max_duration_s is not None:
        out.append(StopTimer(name=cap_timer(leg.id)))
    segment = own_segment(call, leg.id)
    if segment is not None:
        if party.stage in THERE and not call.moving:
            talks.left(call, leg, segment, now, out)
        call = msgspec.structs.replace(call, segments=_closed(call.segments, segment, now))
    call = put_any(call, msgspec.structs.replace(leg, pair=None))
    parties = tuple([one for one in call.parties if one.leg != leg.id])
    return msgspec.structs.replace(call, parties=parties)


def _closed(segments: tuple[SegmentRecord, ...], index: int, now: float) -> tuple[SegmentRecord, ...]:
    over = msgspec.structs.replace(segments[index], ended=now)
    return (*segments[:index], over, *segments[index + 1 :])


def _places(call: Conferring, gone: Leg) -> Conferring:
    """Somebody who is there stands where the one who has gone stood."""
    if gone.id == call.calling.id:
        ours = [one for one in call.parties if one.lender is None]
        first = leg_of(call, (party_of(call, call.moderator) or ours[0]).leg)
        called = tuple([one for one in call.called if one.id != first.id])
        call = msgspec.structs.replace(call, calling=first, called=called, aside=(*call.aside, call.calling))
    if call.winner == gone.id or call.winner == call.calling.id:
        others = [one.leg for one in call.parties if one.leg != call.calling.id]
        call = msgspec.structs.replace(call, winner=others[0])
    return call


def show(call: Conferring, out: list[AnyCommand]) -> Conferring:
    return publish(call, LivePhase.ESTABLISHED, out)


def put_out(call: Conferring, leg: Leg, now: float, out: list[AnyCommand], reason: str) -> Step:
    """BYE to one party."""
    out.append(EndLeg(leg=leg.id, reason=reason))
    over = msgspec.structs.replace(leg, phase=LegPhase.OVER, ended=now, ended_by="gateway")
    return goes(put_any(call, over), over, now, out, None)


# The end.


def old_pairs(before: Talking) -> tuple[PairId, ...]:
    """The media of the call that the conference is made of."""
    held = None if before.consult is None else any_leg(before, before.consult.held)
    found = (before.calling.pair, winner_of(before).pair, None if held is None else held.pair)
    return tuple(dict.fromkeys([pair for pair in found if pair is not None]))


def end_all(call: Conferring, now: float, out: list[AnyCommand], reason: str | None, by: str) -> Step:
    """BYE to everybody."""
    if call.request is not None:
        out.append(refuse(call.request, OVER))
    call = stop_adding(call, now, out)
    for party in call.parties:
        if party.lender is not None:
            call = _give_back(call, party, out)
    out.extend(_timers(call))
    if call.before is not None:
        talks.ended(call.before, now, out)
        out.extend(DeleteMedia(pair=pair) for pair in old_pairs(call.before))
        out.extend(DeleteMedia(pair=party.pair) for party in call.parties)
    else:
        for party in call.parties:
            segment = own_segment(call, party.leg)
            if segment is not None:
                talks.left(call, leg_of(call, party.leg), segment, now, out)
    out.append(DestroyRoom(room=call.room))
    call = end_calling(call, now, out, reason, by)
    return conclude(call, now, out, CallOutcome.ANSWERED, broken(reason, reason or "ended"), by)


def _give_back(call: Conferring, party: Party, out: list[AnyCommand]) -> Conferring:
    from fmc_gateway.call.conference_lent import give_back

    return give_back(call, party, out)


def _timers(call: Conferring) -> list[AnyCommand]:
    legs = [call.calling, *call.called, *call.aside]
    capped = [leg.id for leg in legs if leg.max_duration_s is not None]
    names = [DURATION_TIMER] if capped else []
    return [StopTimer(name=name) for name in (*names, *[cap_timer(leg) for leg in capped])]


NOT_ADDED = broken('SIP;cause=480;text="Not wanted any more"', "the conference goes on without")


def stop_adding(call: Conferring, now: float, out: list[AnyCommand]) -> Conferring:
    """Nobody is being called into the conference any more."""
    if call.adding is None:
        return call
    if call.adding.request is not None:
        out.append(refuse(call.adding.request, OVER))
    if not call.adding.asked:
        out.append(StopTimer(name=ADD_TIMER))
    return msgspec.structs.replace(stop_ringing(call, now, out), adding=None)


def stop_ringing(
    call: Conferring, now: float, out: list[AnyCommand], besides: LegId | None = None
) -> Conferring:
    """No telephone rings for the conference any more, but ``besides``."""
    called = []
    for leg in call.called:
        rings = leg.phase in OPEN and leg.id != besides
        called.append(stop_leg(leg, now, NOT_ADDED, "gateway", out) if rings else leg)
    return msgspec.structs.replace(call, called=tuple(called))


def dropped_media(leg: Leg, out: list[AnyCommand]) -> Leg:
    """A telephone that never came into the room."""
    return release(leg, out)
