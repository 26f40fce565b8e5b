"""A call becomes a conference (call-flows §4, "Three-way and N-way"; seed 9): a room is made, each party gets
a media pair with it, and only when all of that stands are the telephones asked over, one after the other,
whoever waits first.

Until the first is asked the call goes on as it was, inside (``Conferring.before``): what happens to it then
is that call's business, and if it does not fit any more the conference is given up. A telephone that refuses
to go over gives it up too: the others are asked back. Whoever hangs up meanwhile is simply not in it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from fmc_gateway.call import choosing, conference_lent, talks
from fmc_gateway.call.commands import (
    AnswerMedia,
    AnswerRequest,
    AnyCommand,
    CreateRoom,
    DeleteMedia,
    DestroyRoom,
    EndLeg,
    JoinRoom,
    OfferMedia,
    Reoffer,
)
from fmc_gateway.call.conference import Party, PartyStage
from fmc_gateway.call.conference_events import ConferenceRequested, PartyInRoom, RoomFailed, RoomMade
from fmc_gateway.call.conference_room import (
    arrived,
    end_all,
    goes,
    leg_of,
    old_pairs,
    put_party,
    refuse,
    show,
)
from fmc_gateway.call.consulted import NOBODY_PAYS
from fmc_gateway.call.descriptions import following, held, same_media, talk_offer
from fmc_gateway.call.events import (
    LegEnded,
    LegReofferAnswered,
    LegReofferRejected,
    MediaAnswered,
    MediaFailed,
)
from fmc_gateway.call.model import (
    Conferring,
    Leg,
    LegPhase,
    Step,
    Talking,
    any_leg,
    become,
    bridge_pair,
    other_of,
    put_any,
    room_leg_of,
    winner_of,
)
from fmc_gateway.call.pushing import NOT_YOURS
from fmc_gateway.call.talking import DEAD
from hipper.contracts.bus import RefusedBecause
from hipper.contracts.calls import SegmentRecord
from hipper.pbx.ids import LegId, RoomId

BUSY = "something else is under way in this call"
GIVEN_UP = "the call has changed meanwhile"
REFUSED = "one of the telephones refused to go over"
LOST_MEDIA = 'Q.850;cause=47;text="Media lost"'
OTHER_MEDIA = 'SIP;cause=488;text="Other media than before"'


# Asked for.


def requested(call: Talking, event: ConferenceRequested, now: float) -> Step:
    """Three-way is in every pack (seed 9), and more than two others a call has not."""
    problem = _problem(call, event)
    if problem is not None:
        return call, (problem,)
    user = choosing.side_of(call, event.subscriber, None)
    assert user is not None
    before = msgspec.structs.replace(call, bridges=call.bridges + 1)
    made = become(
        Conferring,
        before,
        winner=before.winner,
        bridges=before.bridges,
        room=RoomId(f"{call.offered.call}-room{before.bridges}"),
        subscriber=event.subscriber,
        moderator=user.id,
        goes_on=event.goes_on,
        before=before,
        request=event.request,
        calls=tuple([one for one in event.calls if one != call.offered.call]),
    )
    return made, (CreateRoom(room=made.room),)


def _problem(call: Talking, event: ConferenceRequested) -> AnswerRequest | None:
    user = choosing.side_of(call, event.subscriber, None)
    consult = call.consult
    if user is None or (consult is not None and consult.subscriber != event.subscriber):
        return refuse(event.request, NOT_YOURS)
    if any([choosing.untouchable(call), *[talks.never_recorded(call, leg) for leg in legs_of(call)]]):
        return refuse(event.request, choosing.UNTOUCHABLE, RefusedBecause.EMERGENCY)
    if not _is_free(call) or call.refer is not None or call.service or winner_of(call).pair is None:
        return refuse(event.request, BUSY)
    if not all(_is_there(leg) for leg in legs_of(call)):
        return refuse(event.request, BUSY)
    return None


def _is_free(call: Talking) -> bool:
    none = call.exchange is None and call.move is None and call.lost is None and call.keying is None
    return none and not call.asked


def _is_there(leg: Leg) -> bool:
    return leg.phase is LegPhase.ANSWERED and leg.sdp is not None


def legs_of(call: Talking) -> list[Leg]:
    """Who would be in it: who waits first, then who talks, the user last."""
    consult = call.consult
    if consult is None:
        return [winner_of(call), call.calling]
    waits, user = any_leg(call, consult.held), any_leg(call, consult.user)
    assert waits is not None
    assert user is not None
    return [waits, other_of(call, user.id), user]


# The call goes on inside while nobody was asked over.


def within(call: Conferring, event: Any, now: float) -> Step:
    """What happens to the call that it is made of."""
    from fmc_gateway.call.step import step

    before = call.before
    assert before is not None
    state, commands = step(before, event, now)
    if state is before:
        return call, commands
    if isinstance(state, Talking) and _fits(before, state):
        return _around(call, state), commands
    out: list[AnyCommand] = []
    _abandon(call, GIVEN_UP, RefusedBecause.STATE, out)
    return state, (*out, *commands)


def _fits(before: Talking, after: Talking) -> bool:
    """It can be made of ``after`` just as well."""
    if not _is_free(after) or after.refer is not None:
        return False
    if after.consult != before.consult or after.winner != before.winner:
        return False
    legs = zip(legs_of(before), legs_of(after), strict=True)
    return all(old.id == new.id and old.sdp == new.sdp and _is_there(new) for old, new in legs)


def _around(call: Conferring, before: Talking) -> Conferring:
    own = {
        name: getattr(call, name)
        for name in ("room", "subscriber", "moderator", "goes_on", "parties", "adding", "calls")
    }
    before = msgspec.structs.replace(before, bridges=call.bridges)
    return become(
        Conferring,
        before,
        winner=before.winner,
        bridges=call.bridges,
        before=before,
        request=call.request,
        **own,
    )


def _abandon(call: Conferring, why: str, because: RefusedBecause, out: list[AnyCommand]) -> None:
    """Nothing is left of what was prepared."""
    out.extend([DeleteMedia(pair=party.pair) for party in call.parties])
    out.append(DestroyRoom(room=call.room))
    if call.request is not None:
        out.append(refuse(call.request, why, because))


def give_up(call: Conferring, why: str, because: RefusedBecause = RefusedBecause.STATE) -> Step:
    """The call is as it was."""
    out: list[AnyCommand] = []
    _abandon(call, why, because, out)
    return call.before, tuple(out)


# The room, and a pair for each.


def room_made(call: Conferring, event: RoomMade, now: float) -> Step:
    before = call.before
    if before is None or event.room != call.room or call.parties:
        return call, ()
    out: list[AnyCommand] = []
    for leg in legs_of(before):
        pair = bridge_pair(call)
        asked = talk_offer(leg.sdp or "") if held(leg.sdp or "") else leg.sdp or ""
        party = Party(
            leg=leg.id,
            room_leg=room_leg_of(pair),
            pair=pair,
            stage=PartyStage.OFFERING,
            offered=leg.sdp or "",
            talk=_talk_of(before, leg, call.moderator),
        )
        out.append(OfferMedia(pair=pair, from_leg=leg.id, to_leg=party.room_leg, sdp=asked))
        call = msgspec.structs.replace(call, parties=(*call.parties, party), bridges=call.bridges + 1)
    before = msgspec.structs.replace(before, bridges=call.bridges)
    return msgspec.structs.replace(call, before=before), tuple(out)


def _talk_of(before: Talking, leg: Leg, moderator: LegId | None) -> SegmentRecord:
    """What its part costs, and whom; the moderator's own costs nothing more."""
    consult, last = before.consult, before.segments[-1]
    if leg.id == moderator:
        free = msgspec.structs.replace(last, payer=NOBODY_PAYS, charged=None, charged_group=None)
        return msgspec.structs.replace(free, rate_per_minute=0.0)
    if consult is None:
        return last
    return consult.with_far if leg.id == consult.far else consult.with_colleague


def room_failed(call: Conferring, event: RoomFailed, now: float) -> Step:
    if event.room != call.room:
        return call, ()
    if call.before is not None and not call.moving:
        because = RefusedBecause.NOT_AVAILABLE if event.unavailable else RefusedBecause.STATE
        return give_up(call, event.reason, because)
    return end_all(call, now, [], LOST_MEDIA, "gateway")


def media_offered(call: Conferring, party: Party, sdp: str) -> Step:
    """rtpengine says where it wants to hear the room."""
    party = msgspec.structs.replace(party, stage=PartyStage.ENTERING)
    return put_party(call, party), (JoinRoom(room=call.room, leg=party.room_leg, sdp=sdp),)


def party_in_room(call: Conferring, party: Party, event: PartyInRoom) -> Step:
    party = msgspec.structs.replace(party, stage=PartyStage.ANSWERING, place=event.sdp)
    return put_party(call, party), (answer_of_room(party),)


def answer_of_room(party: Party) -> AnswerMedia:
    return AnswerMedia(pair=party.pair, offering_leg=party.leg, answering_leg=party.room_leg, sdp=party.place)


def media_answered(call: Conferring, party: Party, event: MediaAnswered, now: float) -> Step:
    """Its media stands. When everybody's does, the telephones are asked over."""
    party = msgspec.structs.replace(party, stage=PartyStage.READY, answer=event.sdp)
    call = put_party(call, party)
    leg = leg_of(call, party.leg)
    if event.transcoded and not leg.transcoded and call.before is not None:
        marked = put_any(call.before, msgspec.structs.replace(leg, transcoded=True))
        call = _around(call, marked)
    out: list[AnyCommand] = []
    if call.before is None:
        return _ask(call, party, out), tuple(out)
    if any(one.stage is not PartyStage.READY for one in call.parties):
        return call, ()
    return ask_next(_begun(call), now, out)


def _begun(call: Conferring) -> Conferring:
    """From here on ``before`` is what was: whoever waited stands with the others, and the media of each is
    the room's."""
    before = call.before
    assert before is not None
    bare = [msgspec.structs.replace(leg, pair=None) for leg in call.called]
    calling = msgspec.structs.replace(call.calling, pair=None)
    aside = call.aside
    if before.consult is not None:
        waits = leg_of(call, before.consult.held)
        bare.append(msgspec.structs.replace(waits, pair=None, sent=True))
        aside = tuple([leg for leg in aside if leg.id != waits.id])
    return msgspec.structs.replace(call, calling=calling, called=tuple(bare), aside=aside, moving=True)


# The telephones are asked over.


def ask_next(call: Conferring, now: float, out: list[AnyCommand]) -> Step:
    asked = (PartyStage.ASKING, PartyStage.SETTLING)
    if any(one.stage in asked for one in call.parties):
        return call, tuple(out)
    for party in call.parties:
        if party.stage is PartyStage.READY:
            return _ask(call, party, out), tuple(out)
    return _made(call, now, out)


def _ask(call: Conferring, party: Party, out: list[AnyCommand]) -> Conferring:
    leg, answer = leg_of(call, party.leg), party.answer or ""
    given = following(leg.given, talk_offer(answer) if held(answer) else answer)
    out.append(Reoffer(leg=leg.id, sdp=given))
    party = msgspec.structs.replace(party, stage=PartyStage.ASKING, before=leg.given)
    return put_party(put_any(call, msgspec.structs.replace(leg, given=given)), party)


def reoffer_answered(call: Conferring, party: Party, event: LegReofferAnswered, now: float) -> Step:
    out: list[AnyCommand] = []
    leg = leg_of(call, party.leg)
    if party.stage is PartyStage.GOING_BACK:
        return _went_back(call, party, leg, event, now, out)
    sdp = event.sdp or leg.sdp or ""
    call = put_any(call, msgspec.structs.replace(leg, sdp=sdp, holds=held(sdp)))
    if same_media(party.offered, sdp):
        call = put_party(call, msgspec.structs.replace(party, stage=PartyStage.IN))
        return ask_next(call, now, out)
    party = msgspec.structs.replace(party, stage=PartyStage.SETTLING, offered=sdp)
    out.append(OfferMedia(pair=party.pair, from_leg=leg.id, to_leg=party.room_leg, sdp=sdp))
    return put_party(call, party), tuple(out)


def settled(call: Conferring, party: Party, now: float) -> Step:
    return ask_next(put_party(call, msgspec.structs.replace(party, stage=PartyStage.IN)), now, [])


def reoffer_rejected(call: Conferring, party: Party, event: LegReofferRejected, now: float) -> Step:
    """A dialog that is dead leaves; a telephone that will not go over gives the conference up."""
    out: list[AnyCommand] = []
    leg = leg_of(call, party.leg)
    if event.status in (408, 481) or party.stage is PartyStage.GOING_BACK:
        out.append(EndLeg(leg=leg.id, reason=DEAD["dialog_gone"]))
        return leaves(call, party, LegEnded(leg=leg.id, cause="dialog_gone"), now, out)
    call = put_any(call, msgspec.structs.replace(leg, given=party.before))
    call = put_party(call, msgspec.structs.replace(party, stage=PartyStage.READY))
    return _go_back(msgspec.structs.replace(call, given_up=REFUSED), now, out)


def leaves(call: Conferring, party: Party, event: LegEnded, now: float, out: list[AnyCommand]) -> Step:
    """Somebody hangs up while telephones are asked over: whether it is made or not, that one is gone."""
    leg = leg_of(call, party.leg)
    over = msgspec.structs.replace(
        leg, phase=LegPhase.OVER, ended=now, ended_by=ended_by(leg, event), q850=event.q850
    )
    call = msgspec.structs.replace(put_any(call, over), left=(*call.left, event))
    if call.given_up is None:
        state, _ = goes(call, over, now, out, event.reason)
        return ask_next(state, now, out) if isinstance(state, Conferring) else (state, tuple(out))
    out.append(DeleteMedia(pair=party.pair))
    parties = tuple([one for one in call.parties if one.leg != leg.id])
    return _back_when_all_are(msgspec.structs.replace(call, parties=parties), now, out)


def ended_by(leg: Leg, event: LegEnded) -> str:
    if event.cause != "bye":
        return "gateway"
    return "calling" if leg.role == "calling" else "called"


def _made(call: Conferring, now: float, out: list[AnyCommand]) -> Step:
    """Everybody who is left hears everybody else."""
    before = call.before
    assert before is not None
    talks.ended(before, now, out)
    out.extend([DeleteMedia(pair=pair) for pair in old_pairs(before)])
    here = [one.leg for one in call.parties]
    segments = tuple([_closed(one, here, now) for one in call.segments])
    call = msgspec.structs.replace(call, segments=segments, before=None, moving=False)
    for party in call.parties:
        call = arrived(call, party, now, out)
    call = show(call, out)
    if call.request is not None:
        out.append(AnswerRequest(request=call.request, done=True))
    call = msgspec.structs.replace(call, request=None, left=())
    return conference_lent.next_call(call, out), tuple(out)


def _closed(segment: SegmentRecord, here: list[LegId], now: float) -> SegmentRecord:
    """What a leg costs by itself goes on."""
    own = segment.calling == segment.called and segment.called in here
    return segment if segment.ended is not None or own else msgspec.structs.replace(segment, ended=now)


# It will not be, and some have moved.


def _go_back(call: Conferring, now: float, out: list[AnyCommand]) -> Step:
    for party in call.parties:
        if party.stage is PartyStage.IN:
            leg = leg_of(call, party.leg)
            given = following(leg.given, party.before or "")
            out.append(Reoffer(leg=leg.id, sdp=given))
            call = put_any(call, msgspec.structs.replace(leg, given=given))
            call = put_party(call, msgspec.structs.replace(party, stage=PartyStage.GOING_BACK))
    return _back_when_all_are(call, now, out)


def _went_back(
    call: Conferring, party: Party, leg: Leg, event: LegReofferAnswered, now: float, out: list[AnyCommand]
) -> Step:
    """One that describes other media than it had there is not what the other one's telephone knows."""
    assert call.before is not None
    was = any_leg(call.before, leg.id)
    if event.sdp is not None and was is not None and not same_media(was.sdp or "", event.sdp):
        out.append(EndLeg(leg=leg.id, reason=OTHER_MEDIA))
        return leaves(call, party, LegEnded(leg=leg.id, cause="transport"), now, out)
    call = put_party(call, msgspec.structs.replace(party, stage=PartyStage.READY))
    return _back_when_all_are(call, now, out)


def _back_when_all_are(call: Conferring, now: float, out: list[AnyCommand]) -> Step:
    """The call is as it was, but for those who went meanwhile."""
    from fmc_gateway.call.step import step

    if any(one.stage is PartyStage.GOING_BACK for one in call.parties):
        return call, tuple(out)
    state: Any = call.before
    for leg in legs_of(state):
        given = leg_of(call, leg.id).given
        state = put_any(state, msgspec.structs.replace(leg, given=given))
    _abandon(call, call.given_up or GIVEN_UP, RefusedBecause.STATE, out)
    for event in call.left:
        state, commands = step(state, event, now)
        out.extend(commands)
    return state, tuple(out)


def media_failed(call: Conferring, party: Party, event: MediaFailed, now: float) -> Step:
    if not call.moving:
        return give_up(call, event.reason)
    if party.stage is not PartyStage.SETTLING:
        return call, ()
    out: list[AnyCommand] = [EndLeg(leg=party.leg, reason=LOST_MEDIA)]
    return leaves(call, party, LegEnded(leg=party.leg, cause="transport"), now, out)
