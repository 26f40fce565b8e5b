"""The far parties of other calls of the moderator come into the conference, one call after the other: each
call *lends* its far party's leg (decision 16, :mod:`.lending`), which is the conference's for good once it is
in the room. A call that cannot lend, or whose far party will not come, goes on as it was.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import borrowing
from fmc_gateway.call.commands import (
    AnyCommand,
    DeleteMedia,
    EndLeg,
    LeaveRoom,
    LoadContext,
    OfferMedia,
    StartTimer,
    TellCall,
)
from fmc_gateway.call.conference import Adding, Party, PartyStage
from fmc_gateway.call.conference_room import (
    arrived,
    end_all,
    leg_of,
    put_party,
    show,
)
from fmc_gateway.call.descriptions import held, same_media, talk_offer
from fmc_gateway.call.ending import cap_timer
from fmc_gateway.call.events import (
    LegAsked,
    LegBack,
    LegEnded,
    LegKept,
    LegLent,
    LegRefused,
    LegReofferAnswered,
)
from fmc_gateway.call.lending_events import back
from fmc_gateway.call.model import Conferring, Leg, Step, bridge_pair, put_any, room_leg_of
from hipper.contracts.calls import AttemptOutcome
from hipper.pbx.ids import CallId

NOT_COMING = 'SIP;cause=487;text="The conference is over"'
UNTOUCHED = (PartyStage.OFFERING, PartyStage.ENTERING, PartyStage.ANSWERING)
"""Its telephone knows nothing yet."""


def next_call(call: Conferring, out: list[AnyCommand]) -> Conferring:
    """How many others the moderator may have the directory knows."""
    if call.adding is not None or not call.calls or call.moderator is None:
        return call
    out.append(LoadContext(served_subscriber=call.subscriber, dialled=""))
    adding = Adding(destination="", lender=call.calls[0])
    return msgspec.structs.replace(call, adding=adding, calls=call.calls[1:])


def ask(call: Conferring, adding: Adding) -> Step:
    assert adding.lender is not None
    wanted = LegAsked(by=call.offered.call, subscriber=call.subscriber, request=_name(call, adding.lender))
    call = msgspec.structs.replace(call, adding=msgspec.structs.replace(adding, asked=False))
    return call, (TellCall(call=adding.lender, event=wanted),)


def _name(call: Conferring, lender: CallId) -> str:
    return f"{call.room} {lender}"


def given_up(call: Conferring, out: list[AnyCommand]) -> Conferring:
    return next_call(msgspec.structs.replace(call, adding=None), out)


def refused(call: Conferring, event: LegRefused, now: float) -> Step:
    adding = call.adding
    if adding is None or adding.lender is None or event.request != _name(call, adding.lender):
        return call, ()
    out: list[AnyCommand] = []
    return given_up(call, out), tuple(out)


def lent(call: Conferring, event: LegLent, now: float) -> Step:
    adding = call.adding
    if adding is None or adding.lender != event.call or event.request != _name(call, event.call):
        return borrowing.not_wanted(call, event, now)
    leg = msgspec.structs.replace(event.leg, outcome=AttemptOutcome.ANSWERED, sent=True)
    pair, sdp = bridge_pair(call), leg.sdp or ""
    party = Party(
        leg=leg.id,
        room_leg=room_leg_of(pair),
        pair=pair,
        stage=PartyStage.OFFERING,
        offered=sdp,
        talk=event.talk,
        lender=event.call,
    )
    call = msgspec.structs.replace(
        call, called=(*call.called, leg), parties=(*call.parties, party), bridges=call.bridges + 1
    )
    asked = talk_offer(sdp) if held(sdp) else sdp
    return call, (OfferMedia(pair=pair, from_leg=leg.id, to_leg=party.room_leg, sdp=asked),)


def reoffer_answered(call: Conferring, party: Party, event: LegReofferAnswered, now: float) -> Step:
    leg = leg_of(call, party.leg)
    sdp = event.sdp or leg.sdp or ""
    call = put_any(call, msgspec.structs.replace(leg, sdp=sdp, holds=held(sdp)))
    if same_media(party.offered, sdp):
        return is_in(call, party, now)
    party = msgspec.structs.replace(party, stage=PartyStage.SETTLING, offered=sdp)
    offer = OfferMedia(pair=party.pair, from_leg=leg.id, to_leg=party.room_leg, sdp=sdp)
    return put_party(call, party), (offer,)


def is_in(call: Conferring, party: Party, now: float) -> Step:
    """Its leg is ours for good, and the moderator is out of the other call."""
    assert party.lender is not None
    out: list[AnyCommand] = [TellCall(call=party.lender, event=LegKept(by=call.offered.call, leg=party.leg))]
    party = msgspec.structs.replace(party, stage=PartyStage.IN, lender=None)
    capped = leg_of(call, party.leg).max_duration_s
    if capped is not None:
        out.append(StartTimer(name=cap_timer(party.leg), after_s=max(capped, 1.0)))
    call = arrived(put_party(call, party), party, now, out)
    return show(given_up(call, out), out), tuple(out)


# It does not come.


def goes_back(call: Conferring, party: Party, now: float, ended: LegEnded | None = None) -> Step:
    """Its call goes on with it, or learns that it has gone."""
    out: list[AnyCommand] = []
    call = given_up(give_back(call, party, out, ended), out)
    if len(call.parties) < 2:
        return end_all(call, now, out, NOT_COMING, "gateway")
    return call, tuple(out)


def give_back(
    call: Conferring, party: Party, out: list[AnyCommand], ended: LegEnded | None = None
) -> Conferring:
    """A leg that was asked over already has no way back: it ends."""
    assert party.lender is not None
    leg = leg_of(call, party.leg)
    if ended is None and party.stage not in UNTOUCHED:
        out.append(EndLeg(leg=leg.id, reason=NOT_COMING))
        ended = LegEnded(leg=leg.id, cause="bye")
    out.append(DeleteMedia(pair=party.pair))
    out.append(LeaveRoom(room=call.room, leg=party.room_leg))
    out.append(TellCall(call=party.lender, event=_back(call, leg, ended)))
    call = msgspec.structs.replace(
        call,
        called=tuple([one for one in call.called if one.id != leg.id]),
        parties=tuple([one for one in call.parties if one.leg != leg.id]),
    )
    if call.winner == leg.id:
        others = [one.leg for one in call.parties if one.leg != call.calling.id]
        call = msgspec.structs.replace(call, winner=others[0] if others else call.winner)
    return call


def _back(call: Conferring, leg: Leg, ended: LegEnded | None) -> LegBack:
    if ended is None:
        return back(call.offered.call, leg)
    gone = back(call.offered.call, leg, ended.cause)
    return msgspec.structs.replace(gone, q850=ended.q850, reason=ended.reason)
