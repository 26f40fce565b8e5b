"""Who talks to whom has changed within a consultation (call-flows §4; seed 4.7.3): the parties in their
places, the recorder, both displays, and a segment for each stretch.

The far party's leg costs whom it cost before, also while it waits; the colleague's costs the user who made
it, also after the user has left (call-flows §2).
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import rebridging, talks
from fmc_gateway.call.commands import (
    AnswerRequest,
    AnyCommand,
    DeleteMedia,
    EndLeg,
    StartTimer,
    TellCall,
    UpdateConnected,
)
from fmc_gateway.call.descriptions import held
from fmc_gateway.call.ending import cap_timer, release
from fmc_gateway.call.events import LegKept
from fmc_gateway.call.exchanges import Consultation, Exchange, Move, MoveKind
from fmc_gateway.call.hearing import SILENCE, Sound, change, hear_anew, phase_of, sound, waiting
from fmc_gateway.call.model import (
    Leg,
    LegPhase,
    Step,
    Talking,
    any_leg,
    put_any,
    winner_of,
)
from fmc_gateway.call.records import HIDDEN, is_sent_outside, live_identity, publish
from hipper.contracts.calls import TRANSFERRED as TRANSFER
from hipper.contracts.calls import AttemptOutcome, DiversionRecord, LegRole, SegmentRecord
from hipper.pbx import rules
from hipper.pbx.ids import LegId, PairId
from hipper.pbx.model import CallerIdentity, Payer, Presentation, TariffClass

TRANSFERRED = 'SIP;cause=200;text="Call transferred"'
NOBODY_PAYS = Payer(subscription=None, tariff=TariffClass.FREE)


def leg_of(call: Talking, leg: LegId | None) -> Leg:
    """The state guarantees that it is there."""
    found = None if leg is None else any_leg(call, leg)
    assert found is not None
    return found


def begun(call: Talking, move: Move, exchange: Exchange, now: float, out: list[AnyCommand]) -> Step:
    """The colleague has answered and talks to the user; the far party goes aside with its media."""
    user, far, colleague = leg_of(call, move.stays), leg_of(call, move.replaces), leg_of(call, move.leg)
    pair = winner_of(call).pair
    assert pair is not None
    talks.ended(call, now, out)
    change(call, sound(call), waiting(user, far), pair, out)
    consult = Consultation(
        user=user.id,
        held=far.id,
        far=far.id,
        subscriber=move.subscriber,
        given=exchange.before,
        described=user.sdp,
        with_far=call.segments[-1],
        with_colleague=_segment_with(colleague, user, move, now),
        to=move.to,
        chain=move.chain,
    )
    far = msgspec.structs.replace(far, pair=pair)
    if far.phase is LegPhase.OVER:
        far = release(far, out)
    call = _described(call, exchange)
    colleague = msgspec.structs.replace(
        leg_of(call, colleague.id), sent=True, outcome=AttemptOutcome.ANSWERED, pair=None
    )
    call = _into_place(call, far, colleague, exchange.pair)
    call = msgspec.structs.replace(call, exchange=None, move=None, consult=consult)
    if colleague.max_duration_s is not None:
        out.append(StartTimer(name=cap_timer(colleague.id), after_s=max(colleague.max_duration_s, 1.0)))
    if far.phase is LegPhase.OVER:
        call = alone(call, now)
    call = _talk(call, user.id, consult.with_colleague, SILENCE, now, out)
    _tell(leg_of(call, user.id), leg_of(call, colleague.id), out)
    return call, tuple(out)


def switched(
    call: Talking,
    consult: Consultation,
    described: str | None,
    before: str | None,
    now: float,
    out: list[AnyCommand],
) -> Talking:
    """The user is with the one who waited; who talked to the user waits. ``before``: what the user was given
    there, ``described``: what the user says now."""
    user, comes = leg_of(call, consult.user), leg_of(call, consult.held)
    goes = _other(call, user.id)
    pair = winner_of(call).pair
    assert pair is not None
    assert comes.pair is not None
    talks.ended(call, now, out)
    change(call, sound(call), waiting(user, goes), pair, out)
    heard = waiting(user, comes)
    call = put_any(
        call,
        msgspec.structs.replace(user, sdp=described, holds=held(described or ""), held_by_app=False),
    )
    call = _into_place(call, msgspec.structs.replace(goes, pair=pair), comes, comes.pair)
    consult = msgspec.structs.replace(consult, held=goes.id, given=before, described=user.sdp)
    call = msgspec.structs.replace(call, exchange=None, consult=consult)
    if goes.phase is LegPhase.OVER:
        call = put_any(call, release(leg_of(call, goes.id), out))
        call = alone(call, now)
    talk = consult.with_far if comes.id == consult.far else consult.with_colleague
    call = _talk(call, user.id, talk, heard, now, out)
    _tell(leg_of(call, user.id), leg_of(call, comes.id), out)
    return call


def complete(call: Talking, request: str | None, out: list[AnyCommand]) -> Talking:
    """The one who waits comes in the user's place."""
    consult = call.consult
    assert consult is not None
    comes, stays = leg_of(call, consult.held), _other(call, consult.user)
    move = Move(
        kind=MoveKind.TRANSFER,
        to=consult.to,
        chain=consult.chain,
        replaces=consult.user,
        stays=stays.id,
        subscriber=consult.subscriber,
        leg=comes.id,
        request=request,
    )
    call = msgspec.structs.replace(call, move=move)
    return call if call.exchange is not None else rebridging.begin(call, comes, stays, out)


def completed(call: Talking, move: Move, exchange: Exchange, now: float, out: list[AnyCommand]) -> Step:
    """Far party and colleague talk, and the user is out of it."""
    consult = call.consult
    assert exchange.pair is not None
    talks.ended(call, now, out)
    call = _described(call, exchange)
    user, comes = leg_of(call, move.replaces), leg_of(call, move.leg)
    if consult is None:  # the colleague answered when the user had gone
        talk, far = call.segments[-1], move.stays
        with_colleague = move.talk or _segment_with(comes, user, move, now)
        comes = msgspec.structs.replace(comes, outcome=AttemptOutcome.ANSWERED)
        if comes.max_duration_s is not None:
            out.append(StartTimer(name=cap_timer(comes.id), after_s=max(comes.max_duration_s, 1.0)))
    else:
        talk, far, with_colleague = consult.with_far, consult.far, consult.with_colleague
    back = consult is not None and move.replaces != consult.user
    if back and comes.id != far:
        talk = with_colleague
    if user.phase is LegPhase.ANSWERED:
        out.append(EndLeg(leg=user.id, reason=TRANSFERRED))
        user = msgspec.structs.replace(user, phase=LegPhase.OVER, ended=now, ended_by="gateway")
    for pair in dict.fromkeys((winner_of(call).pair, comes.pair)):
        if pair is not None:
            out.append(DeleteMedia(pair=pair))
    comes = msgspec.structs.replace(comes, pair=None)
    call = _into_place(call, msgspec.structs.replace(user, pair=None), comes, exchange.pair)
    call = _caller_first(call)
    segments = tuple(_closed(one, now) for one in call.segments)
    own = () if back else _own(with_colleague, _colleague(call, far), now)
    if not back and move.to:
        asked = consult is not None or move.lender is not None
        call = _in_the_chain(call, move, asked, _colleague(call, far), now)
    talk = msgspec.structs.replace(talk, calling=call.calling.id, called=call.winner, started=now, ended=None)
    call = msgspec.structs.replace(
        call, segments=(*segments, *own, talk), exchange=None, move=None, consult=None
    )
    call = hear_anew(call, exchange.pair, out)
    talks.started(call, now, out)
    _tell(call.calling, winner_of(call), out)
    _tell(winner_of(call), call.calling, out)
    if move.lender is not None:
        out.append(TellCall(call=move.lender, event=LegKept(by=call.offered.call, leg=comes.id)))
    if move.request is not None:
        out.append(AnswerRequest(request=move.request, done=True))
    return call, tuple(out)


def _in_the_chain(call: Talking, move: Move, asked: bool, colleague: LegId, now: float) -> Talking:
    """The record says who gave the call to whom, before where that one had sent it on."""
    rule = rules.TRANSFER_CONSULTED if asked else rules.TRANSFER_BLIND
    entry = DiversionRecord(by=move.subscriber, reason=TRANSFER, rule=rule, to=move.to, at=now)
    chain = (*call.diversions[: move.chain], entry, *call.diversions[move.chain :])
    leg = leg_of(call, colleague)
    if leg.subscriber is not None and leg.diverted_by is None:
        call = put_any(call, msgspec.structs.replace(leg, diverted_by=move.subscriber))
    return msgspec.structs.replace(call, diversions=chain)


def _colleague(call: Talking, far: LegId) -> LegId:
    winner = winner_of(call).id
    return call.calling.id if winner == far else winner


def _described(call: Talking, exchange: Exchange) -> Talking:
    """These are the descriptions now in force."""
    for one, sdp in ((exchange.leg, exchange.sdp), (exchange.other, exchange.answer_sdp)):
        leg = leg_of(call, one)
        call = put_any(call, msgspec.structs.replace(leg, sdp=sdp, holds=held(sdp or ""), held_by_app=False))
    return call


def _into_place(call: Talking, goes: Leg, comes: Leg, pair: PairId | None) -> Talking:
    """``comes`` stands where ``goes`` stood, who goes aside; ``pair``: of those who talk from now on."""
    aside = (*(one for one in call.aside if one.id not in (goes.id, comes.id)), goes)
    called = tuple(one for one in call.called if one.id not in (goes.id, comes.id))
    if goes.id == call.calling.id:
        comes = msgspec.structs.replace(comes, pair=None)
        called = tuple(
            msgspec.structs.replace(one, pair=pair) if one.id == call.winner else one for one in called
        )
        return msgspec.structs.replace(call, calling=comes, called=called, aside=aside)
    comes = msgspec.structs.replace(comes, pair=pair, sent=True)
    return msgspec.structs.replace(call, called=(*called, comes), aside=aside, winner=comes.id)


def _caller_first(call: Talking) -> Talking:
    """Who called stands where a caller does."""
    called, caller = call.calling, winner_of(call)
    if caller.role is not LegRole.CALLING or called.role is LegRole.CALLING:
        return call
    others = tuple(one for one in call.called if one.id != caller.id)
    called = msgspec.structs.replace(called, pair=caller.pair, sent=True)
    caller = msgspec.structs.replace(caller, pair=None)
    return msgspec.structs.replace(call, calling=caller, called=(*others, called), winner=called.id)


def _other(call: Talking, user: LegId) -> Leg:
    return winner_of(call) if user == call.calling.id else call.calling


# What it costs.


def _segment_with(colleague: Leg, user: Leg, move: Move, now: float) -> SegmentRecord:
    charge = colleague.charge
    return SegmentRecord(
        calling=user.id,
        called=colleague.id,
        payer=move.payer or NOBODY_PAYS,
        started=now,
        charged=None if charge is None else charge.subscriber,
        charged_group=None if charge is None else charge.group,
        rate_per_minute=0.0 if charge is None else charge.rate_per_minute,
    )


def _closed(segment: SegmentRecord, now: float) -> SegmentRecord:
    return segment if segment.ended is not None else msgspec.structs.replace(segment, ended=now)


def _own(segment: SegmentRecord, leg: LegId, now: float) -> tuple[SegmentRecord, ...]:
    """The leg of somebody who is in no talk of the one who pays for it."""
    if segment.charged is None:
        return ()
    own = msgspec.structs.replace(segment, calling=leg, called=leg, started=now, ended=None)
    return (own,)


def _segments(call: Talking, talk: SegmentRecord, user: LegId, now: float) -> tuple[SegmentRecord, ...]:
    """The user talks to one; what the other one's leg costs, and the user's own, goes on."""
    consult = call.consult
    closed = tuple(one if _is_own(one, user) else _closed(one, now) for one in call.segments)
    own: tuple[SegmentRecord, ...] = ()
    if consult is not None:
        waits = consult.with_far if consult.held == consult.far else consult.with_colleague
        own = _own(waits, consult.held, now)
    return (*closed, *own, msgspec.structs.replace(talk, started=now, ended=None))


def _is_own(segment: SegmentRecord, user: LegId) -> bool:
    return segment.calling == segment.called == user


def _talk(
    call: Talking, user: LegId, talk: SegmentRecord, heard: Sound, now: float, out: list[AnyCommand]
) -> Talking:
    """``user`` talks to somebody else from now on; ``heard``: what rtpengine does with that pair so far."""
    pair = winner_of(call).pair
    assert pair is not None
    call = msgspec.structs.replace(call, segments=_segments(call, talk, user, now))
    new = sound(call)
    change(call, heard, new, pair, out)
    call = publish(call, phase_of(new), out)
    talks.started(call, now, out)
    return call


def alone(call: Talking, now: float) -> Talking:
    """Nobody waits any more: a call of two again."""
    consult = call.consult
    assert consult is not None
    segments = tuple(_closed(one, now) if _is_own(one, consult.held) else one for one in call.segments)
    return msgspec.structs.replace(call, consult=None, segments=segments)


# Displays.


def identity_of(leg: Leg) -> CallerIdentity:
    """Who is at ``leg``, by that user's own rules (COLP, COLR). Where a user sends calls outside is that
    user's business."""
    if leg.connected_as is not None:
        return leg.connected_as
    return HIDDEN if is_sent_outside(leg) else live_identity(leg)


def _tell(leg: Leg, other: Leg, out: list[AnyCommand]) -> None:
    """Extension and name are for colleagues; who hides the number among them is nobody to anybody else."""
    if leg.phase is not LegPhase.ANSWERED:
        return
    seen = identity_of(other)
    if leg.subscriber is None:
        allowed = seen.presentation is Presentation.ALLOWED and seen.number is not None
        seen = CallerIdentity(
            presentation=Presentation.ALLOWED if allowed else Presentation.RESTRICTED,
            number=seen.number if allowed else None,
            network_number=seen.network_number,
        )
    out.append(UpdateConnected(leg=leg.id, identity=seen))
