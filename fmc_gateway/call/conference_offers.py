"""What a party of a conference offers of its own (RFC 3264 §8, call-flows §4): hold, resume, other media. It
is answered by what the room described; nobody else notices, but that a party on hold is not heard: its
telephone may send music, which is for nobody.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call.commands import AnswerMedia, AnswerReoffer, AnyCommand, OfferMedia, RejectReoffer
from fmc_gateway.call.conference import Party, PartyStage
from fmc_gateway.call.conference_room import hear, is_silent, leg_of, party_of, put_out, put_party, show
from fmc_gateway.call.descriptions import following, held, hold_answer, talk_offer
from fmc_gateway.call.events import LegReofferAnswered, LegReoffered, MediaAnswered, MediaFailed
from fmc_gateway.call.model import Conferring, Step, put_any

LOST_MEDIA = 'Q.850;cause=47;text="Media lost"'
OWN = frozenset({PartyStage.CHANGING, PartyStage.ACCEPTING, PartyStage.OFFERED})
"""It waits for our answer, or offer."""


def reoffered(call: Conferring, event: LegReoffered, now: float) -> Step:
    """§14.2: 500 while an INVITE of its own is unanswered, 491 while it is on its way in."""
    party = party_of(call, event.leg)
    if party is None:
        return call, (RejectReoffer(leg=event.leg, status=481),)
    if party.stage is not PartyStage.IN or call.before is not None:
        return call, (RejectReoffer(leg=event.leg, status=500 if party.stage in OWN else 491),)
    if event.sdp is None:
        call = put_party(call, msgspec.structs.replace(party, stage=PartyStage.OFFERED))
        ours = OfferMedia(pair=party.pair, from_leg=party.room_leg, to_leg=party.leg, sdp=party.place)
        return call, (ours,)
    party = msgspec.structs.replace(party, stage=PartyStage.CHANGING, described=event.sdp)
    theirs = OfferMedia(pair=party.pair, from_leg=party.leg, to_leg=party.room_leg, sdp=event.sdp)
    return put_party(call, party), (theirs,)


def media_offered(call: Conferring, party: Party, sdp: str) -> Step:
    if party.stage is PartyStage.CHANGING:
        call = put_party(call, msgspec.structs.replace(party, stage=PartyStage.ACCEPTING))
        answer = AnswerMedia(
            pair=party.pair, offering_leg=party.leg, answering_leg=party.room_leg, sdp=party.place
        )
        return call, (answer,)
    leg = leg_of(call, party.leg)
    given = following(leg.given, talk_offer(sdp) if held(sdp) else sdp)
    call = put_any(call, msgspec.structs.replace(leg, given=given))
    call = put_party(call, msgspec.structs.replace(party, stage=PartyStage.ACKING))
    return call, (AnswerReoffer(leg=leg.id, sdp=given),)


def acked(call: Conferring, party: Party, event: LegReofferAnswered) -> Step:
    """The ACK with the answer to our offer."""
    if event.sdp is None:
        return put_party(call, msgspec.structs.replace(party, stage=PartyStage.IN)), ()
    party = msgspec.structs.replace(party, stage=PartyStage.CLOSING, described=event.sdp)
    answer = AnswerMedia(pair=party.pair, offering_leg=party.room_leg, answering_leg=party.leg, sdp=event.sdp)
    return put_party(call, party), (answer,)


def media_answered(call: Conferring, party: Party, event: MediaAnswered, now: float) -> Step:
    """The exchange is done."""
    out: list[AnyCommand] = []
    leg, described = leg_of(call, party.leg), party.described or ""
    was = is_silent(leg, party)
    if party.stage is PartyStage.ACCEPTING:
        given = following(leg.given, hold_answer(described, event.sdp))
        out.append(AnswerReoffer(leg=leg.id, sdp=given))
        leg = msgspec.structs.replace(leg, given=given)
    leg = msgspec.structs.replace(leg, sdp=described, holds=held(described))
    party = msgspec.structs.replace(party, stage=PartyStage.IN, offered=described, described=None)
    call = put_party(put_any(call, leg), party)
    hear(party, was, is_silent(leg, party), out)
    if was != is_silent(leg, party):
        call = show(call, out)
    return call, tuple(out)


def media_failed(call: Conferring, party: Party, event: MediaFailed, now: float) -> Step:
    """Before anything was agreed its offer is refused, and it stays as it was."""
    if party.stage is PartyStage.CLOSING:
        return put_out(call, leg_of(call, party.leg), now, [], LOST_MEDIA)
    party = msgspec.structs.replace(party, stage=PartyStage.IN, described=None)
    status = 503 if event.no_rtpengine else 500
    return put_party(call, party), (RejectReoffer(leg=party.leg, status=status),)
