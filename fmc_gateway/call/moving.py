"""One party of a call is replaced by another telephone of the same user, and the call stays the call
(call-flows §4, "\\*11 pull").

The one who comes and the one who stays get a media pair of their own (:mod:`.rebridging`); only when both
are there is the old telephone released. Whatever goes wrong before leaves the two who talk as they were. Who
comes is :mod:`.pulling`'s or :mod:`.pushing`'s.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import consulted, early, enquiring, leaving, rebridging, retrieved, talks
from fmc_gateway.call.commands import (
    AnswerRequest,
    AnyCommand,
    DeleteMedia,
    EndLeg,
    LoadContext,
    ReturnLeg,
    StopTimer,
    TellCall,
)
from fmc_gateway.call.descriptions import held, same_media
from fmc_gateway.call.ending import LOST_TIMER, MOVE_TIMER, broken, release, stop_leg
from fmc_gateway.call.events import (
    LegConfirmed,
    LegReofferAnswered,
    LegReofferRejected,
    LegReturned,
    MediaAnswered,
    MediaFailed,
    MediaOffered,
)
from fmc_gateway.call.exchanges import Exchange, ExchangeKind, ExchangeStage, Move, MoveKind
from fmc_gateway.call.hearing import hear, hear_anew
from fmc_gateway.call.lending_events import back
from fmc_gateway.call.model import (
    OPEN,
    Leg,
    LegPhase,
    Step,
    Talking,
    any_leg,
    other_of,
    put_any,
    winner_of,
)
from fmc_gateway.call.payers import moved_segments
from fmc_gateway.call.rebridging import Bridge
from fmc_gateway.call.records import publish
from fmc_gateway.call.talking import DEAD, end_both
from hipper.contracts.calls import AttemptOutcome, LivePhase
from hipper.pbx import rules
from hipper.pbx.ids import CallId, LegId
from hipper.pbx.model import CallerIdentity

MOVED = 'SIP;cause=200;text="Call moved to another device"'
NOT_MOVED = 'SIP;cause=480;text="Not moved"'
NOBODY = 'Q.850;cause=19;text="No answer"'
STOPPED = broken(NOT_MOVED, "the call goes on where it was")
LOST_MEDIA = 'Q.850;cause=47;text="Media lost"'
REFUSED = "the other side refused to be moved"
NO_MEDIA = "no media could be set up"
HUNG_UP = "hung up before the call was moved"


def is_bridging(call: Talking) -> bool:
    return call.exchange is not None and call.exchange.kind is ExchangeKind.REBRIDGE


def next_one(call: Talking, now: float, out: list[AnyCommand]) -> Talking:
    """Nobody offers anything: whoever has come and waits is brought together with who stays."""
    move = call.move
    if call.exchange is not None or move is None or move.leg is None or move.given_up is not None:
        return call
    stays, comes = any_leg(call, move.stays), any_leg(call, move.leg)
    assert stays is not None
    assert comes is not None
    if comes.sdp is None and comes.phase is LegPhase.OFFERED:
        return rebridging.begin_late(call, stays, comes, out)
    if move.kind in (MoveKind.PULL, MoveKind.TRANSFER):
        return rebridging.begin(call, comes, stays, out)
    pair = comes.pair
    assert pair is not None
    call = put_any(call, msgspec.structs.replace(comes, pair=None))
    call = rebridging.begin_answered(call, stays, move.offered or "", comes, pair, out)
    if move.early is None or call.exchange is None:
        return call
    return msgspec.structs.replace(call, exchange=msgspec.structs.replace(call.exchange, before=move.early))


# The exchange goes on.


def media_offered(
    call: Talking, exchange: Exchange, event: MediaOffered, now: float, connected: CallerIdentity | None
) -> Step:
    if event.pair != exchange.pair:
        return call, ()
    if exchange.stage not in (ExchangeStage.OFFERING, ExchangeStage.SETTLING):
        return call, ()
    out: list[AnyCommand] = []
    return rebridging.media_offered(call, exchange, event.sdp, now, out, connected), tuple(out)


def reoffer_answered(call: Talking, exchange: Exchange, event: LegReofferAnswered, now: float) -> Step:
    """The one who stays took the re-INVITE; or the one who comes, being established, took its answer."""
    move = call.move
    assert move is not None
    if not _joins(exchange, move, event.leg) and (event.leg != move.stays or not _is_asked(exchange, move)):
        return call, ()
    out: list[AnyCommand] = []
    if move.given_up is not None and leaving.stays_alone(call, move):
        return leaving.without_stays(call, exchange, now, out)
    if move.given_up is not None:
        return ask_back(call, exchange, move, now, out)
    call, bridge = rebridging.reoffer_answered(call, exchange, event.sdp, out)
    return _made(call, now, out) if bridge is Bridge.MADE else (call, tuple(out))


def reoffer_rejected(call: Talking, exchange: Exchange, event: LegReofferRejected, now: float) -> Step:
    """The one who stays refused, and nothing was touched, unless its dialog turned out dead."""
    move = call.move
    assert move is not None
    if _joins(exchange, move, event.leg):
        gone: list[AnyCommand] = []
        if event.status in (408, 481):
            gone.append(EndLeg(leg=event.leg, reason=DEAD["dialog_gone"]))
            comes = _leg(call, event.leg)
            comes = msgspec.structs.replace(comes, phase=LegPhase.OVER, ended=now, ended_by="gateway")
            call = put_any(call, comes)
        elif leaving.stays_alone(call, move):
            return leaving.not_moved(call, exchange, now)
        return give_up(call, REFUSED, now, gone)
    if event.leg != move.stays or not _is_asked(exchange, move):
        return call, ()
    if event.status in (408, 481):
        return end_both(call, now, [], DEAD["dialog_gone"], "gateway")
    out: list[AnyCommand] = []
    stays = _leg(call, move.stays)
    call = rebridging.refused(call, exchange, stays)
    return _drop(call, exchange, move, move.given_up or REFUSED, now, out)


def media_answered(
    call: Talking, exchange: Exchange, event: MediaAnswered, now: float, connected: CallerIdentity | None
) -> Step:
    if event.pair != exchange.pair:
        return call, ()
    if exchange.stage not in (ExchangeStage.ANSWERING, ExchangeStage.SETTLING):
        return call, ()
    out: list[AnyCommand] = []
    call = _transcoded(call, exchange, event.transcoded)
    call, bridge = rebridging.media_answered(call, exchange, event.sdp, now, out, connected)
    return _made(call, now, out) if bridge is Bridge.MADE else (call, tuple(out))


def _transcoded(call: Talking, exchange: Exchange, transcoded: bool) -> Talking:
    for one in (exchange.leg, exchange.other):
        leg = None if one is None else any_leg(call, one)
        if leg is not None and leg.transcoded != transcoded:
            call = put_any(call, msgspec.structs.replace(leg, transcoded=leg.transcoded or transcoded))
    return call


def media_failed(call: Talking, exchange: Exchange, event: MediaFailed, now: float) -> Step:
    if event.pair != exchange.pair or exchange.stage in (ExchangeStage.ASKING, ExchangeStage.JOINING):
        return call, ()
    move = call.move
    settles = move is not None and move.kind is MoveKind.TRANSFER and exchange.stage is ExchangeStage.SETTLING
    if settles and call.consult is not None:
        return leaving.media_lost(call, exchange, now)
    return give_up(call, NO_MEDIA, now, [])


def confirmed(call: Talking, exchange: Exchange, event: LegConfirmed, now: float) -> Step:
    """The ACK of the one who came: only now is the old telephone released. One who left the offer to us
    answers in it, and only then is the one who stays asked."""
    if event.leg == exchange.other and exchange.stage is ExchangeStage.ASKING:
        late: list[AnyCommand] = []
        if event.sdp is None:
            return give_up(call, NO_MEDIA, now, late)
        return rebridging.late_answered(call, exchange, event.sdp, late), tuple(late)
    if event.leg != exchange.leg or exchange.stage is not ExchangeStage.JOINING:
        return call, ()
    return _made(call, now, [])


# It is done.


def _made(call: Talking, now: float, out: list[AnyCommand]) -> Step:
    move, exchange = call.move, call.exchange
    assert move is not None
    assert exchange is not None
    assert move.leg is not None
    if move.kind is MoveKind.CONSULT:
        state, commands = consulted.begun(call, move, exchange, now, out)
        if not move.blind or not isinstance(state, Talking) or state.consult is None:
            return state, commands
        out = list(commands)
        return consulted.complete(state, None, out), tuple(out)
    if move.kind is MoveKind.TRANSFER:
        return consulted.completed(call, move, exchange, now, out)
    call = _described(call, exchange)
    old = _leg(call, move.replaces)
    if old.phase is LegPhase.ANSWERED:
        out.append(EndLeg(leg=old.id, reason=MOVED))
        old = msgspec.structs.replace(old, phase=LegPhase.OVER, ended=now, ended_by="gateway")
    for pair in dict.fromkeys((winner_of(call).pair, old.pair)):
        if pair is not None:  # who dialled from the app and was not joined yet has one of its own
            out.append(DeleteMedia(pair=pair))
    parked = call.parked
    if parked is not None:
        call = _in_place(call, msgspec.structs.replace(old, pair=None), move, exchange)
        return retrieved.taken(call, parked, _leg(call, move.leg), exchange, now, out)
    segments = moved_segments(call, move, _leg(call, move.leg), _leg(call, move.stays), now)
    call = _in_place(call, msgspec.structs.replace(old, pair=None), move, exchange)
    if call.lost is not None:
        out.append(StopTimer(name=LOST_TIMER))
    call = msgspec.structs.replace(call, segments=segments, exchange=None, move=None, lost=None)
    assert exchange.pair is not None
    call = hear_anew(call, exchange.pair, out)
    talks.moved(call, now, out)
    return call, tuple(out)


def _described(call: Talking, exchange: Exchange) -> Talking:
    """These are the descriptions now in force."""
    for one, sdp in ((exchange.leg, exchange.sdp), (exchange.other, exchange.answer_sdp)):
        leg = _leg(call, one)
        call = put_any(call, msgspec.structs.replace(leg, sdp=sdp, holds=held(sdp or "")))
    return call


def _in_place(call: Talking, old: Leg, move: Move, exchange: Exchange) -> Talking:
    """Who came stands where the old telephone stood."""
    new = _leg(call, move.leg)
    aside = tuple(one for one in call.aside if one.id != new.id)
    if old.id == call.calling.id:
        called = tuple(
            msgspec.structs.replace(one, pair=exchange.pair) if one.id == call.winner else one
            for one in call.called
            if one.id != new.id
        )
        return msgspec.structs.replace(call, calling=new, called=called, aside=(*aside, old))
    new = msgspec.structs.replace(
        new,
        pair=exchange.pair,
        sent=True,
        outcome=AttemptOutcome.ANSWERED,
        rule=new.rule or rules.FEATURE_PULL,
    )
    called = tuple(old if one.id == old.id else one for one in call.called if one.id != new.id)
    return msgspec.structs.replace(call, called=(*called, new), aside=aside, winner=new.id)


# It will not be.


def give_up(call: Talking, why: str, now: float, out: list[AnyCommand]) -> Step:
    """Whoever came does not get the call; the two who talk do not notice, or are brought together again."""
    move, exchange = call.move, call.exchange
    assert move is not None
    if leaving.is_nobodys(call, move):
        return end_both(call, now, out, NOT_MOVED, "gateway")
    if exchange is None or exchange.kind is not ExchangeKind.REBRIDGE:
        return _drop(call, None, move, why, now, out)
    if _is_asked(exchange, move):
        call = _dismiss(call, move, why, now, out)
        return msgspec.structs.replace(call, move=msgspec.structs.replace(move, given_up=why)), tuple(out)
    if _has_moved(exchange, move):
        call = _dismiss(call, move, why, now, out)
        return ask_back(call, exchange, move, now, out)
    return _drop(call, exchange, move, why, now, out)


def _joins(exchange: Exchange, move: Move, leg: LegId) -> bool:
    """Whether ``leg``, who comes, was told the answer by a re-INVITE."""
    established = move.kind is MoveKind.TRANSFER and leg == move.leg == exchange.leg
    return established and exchange.stage is ExchangeStage.JOINING


def _is_asked(exchange: Exchange, move: Move) -> bool:
    """A re-INVITE to the one who stays is on its way."""
    asks_other = exchange.stage is ExchangeStage.ASKING and exchange.other == move.stays
    return asks_other or (exchange.stage is ExchangeStage.JOINING and exchange.leg == move.stays)


def _has_moved(exchange: Exchange, move: Move) -> bool:
    if exchange.other == move.stays:
        return exchange.stage in (ExchangeStage.ANSWERING, ExchangeStage.JOINING, ExchangeStage.SETTLING)
    return exchange.stage is ExchangeStage.SETTLING


def _drop(
    call: Talking, exchange: Exchange | None, move: Move, why: str, now: float, out: list[AnyCommand]
) -> Step:
    """The one who stays never moved."""
    call = _dismiss(call, move, why, now, out)
    if exchange is not None and exchange.pair is not None:
        out.append(DeleteMedia(pair=exchange.pair))
        call = msgspec.structs.replace(call, exchange=None)
    call = _refused(call, move, why, out)
    call = stop_ringing(without_move(call, out), now, out)
    return _unless_alone(call, move, now, out)


def ask_back(call: Talking, exchange: Exchange, move: Move, now: float, out: list[AnyCommand]) -> Step:
    if exchange.pair is not None:
        out.append(DeleteMedia(pair=exchange.pair))
    call = _refused(call, move, move.given_up or REFUSED, out)
    move = msgspec.structs.replace(move, early=None)
    call = without_move(msgspec.structs.replace(call, exchange=None, move=move), out)
    if _leg(call, move.stays).phase is not LegPhase.ANSWERED:
        return end_both(call, now, out, NOT_MOVED, "gateway")
    partner = _leg(call, move.replaces)
    is_far = move.kind is MoveKind.TRANSFER and (call.consult is None or call.consult.far == move.stays)
    if not _is_there(call, partner):  # the far party at least hears music there
        call = rebridging.ask_back(call, exchange, _leg(call, move.stays), partner, out) if is_far else call
        return _unless_alone(call, move, now, out)
    return rebridging.ask_back(call, exchange, _leg(call, move.stays), partner, out), tuple(out)


def without_move(call: Talking, out: list[AnyCommand]) -> Talking:
    """Nobody comes any more: who was to wait for that hears the other one again."""
    move = call.move
    after = msgspec.structs.replace(call, move=None)
    pair = winner_of(call).pair
    after = after if pair is None else hear(call, after, pair, out)
    if move is None or move.early is None or call.exchange is not None:
        return after
    return early.back(after, move.stays, move.early, out)


def _refused(call: Talking, move: Move, why: str, out: list[AnyCommand]) -> Talking:
    if move.request is None or move.kind is not MoveKind.TRANSFER:
        return call
    out.append(AnswerRequest(request=move.request, done=False, explanation=why))
    return msgspec.structs.replace(call, move=msgspec.structs.replace(move, request=None))


def _unless_alone(call: Talking, move: Move, now: float, out: list[AnyCommand]) -> Step:
    """The old telephone may have been hung up meanwhile: then there is no call to go on with. The far party
    of a user who has transferred the call waits for that user's telephones."""
    if _is_there(call, _leg(call, move.replaces)):
        return call, tuple(out)
    if move.kind is MoveKind.TRANSFER and _leg(call, move.replaces).subscriber == move.subscriber:
        return leaving.come_back(call, move, now, out)
    return end_both(call, now, out, NOT_MOVED, "gateway")


def _is_there(call: Talking, leg: Leg) -> bool:
    return leg.phase is LegPhase.ANSWERED or call.lost == leg.id


def _dismiss(call: Talking, move: Move, why: str, now: float, out: list[AnyCommand]) -> Talking:
    """The one who came: it hears why in a call of its own, or was answered and is sent BYE."""
    leg = None if move.leg is None else any_leg(call, move.leg)
    if leg is None:
        return call
    if move.lender is not None:
        return _returned(call, leg, move, move.lender, out)
    if move.kind is MoveKind.TRANSFER and call.consult is not None:  # who waits goes on waiting, unless gone
        if leg.phase is not LegPhase.OVER:
            return call
        call = consulted.alone(put_any(call, release(leg, out)), now)
        return publish(call, call.live or LivePhase.ESTABLISHED, out)
    if leg.phase is LegPhase.OFFERED and move.joined is not None:
        out.append(ReturnLeg(returned=LegReturned(joined=move.joined, explanation=why)))
        return msgspec.structs.replace(call, aside=tuple(one for one in call.aside if one.id != leg.id))
    return put_any(call, stop_leg(leg, now, STOPPED, "gateway", out))


def _returned(call: Talking, leg: Leg, move: Move, lender: CallId, out: list[AnyCommand]) -> Talking:
    """Who came from another call was not moved, and is there again."""
    ended = None if leg.phase is LegPhase.ANSWERED else "dialog_gone"
    leg = msgspec.structs.replace(leg, given=move.given)
    out.append(TellCall(call=lender, event=back(call.offered.call, leg, ended)))
    return msgspec.structs.replace(call, aside=tuple(one for one in call.aside if one.id != leg.id))


def stop_ringing(call: Talking, now: float, out: list[AnyCommand]) -> Talking:
    """No telephone rings for the call any more."""
    call = enquiring.stopped(call, now, STOPPED, out)
    if not any(leg.phase in OPEN for leg in call.called):
        return call
    out.append(StopTimer(name=MOVE_TIMER))
    called = tuple(
        stop_leg(leg, now, STOPPED, "gateway", out) if leg.phase in OPEN else leg for leg in call.called
    )
    return msgspec.structs.replace(call, called=called)


def ask(call: Talking, move: Move) -> Step:
    """Which telephones ring for ``move`` the directory knows."""
    call = msgspec.structs.replace(call, move=move, asked=True)
    return call, (LoadContext(served_subscriber=move.subscriber, dialled=""),)


def returned(call: Talking, move: Move, now: float, out: list[AnyCommand]) -> Step:
    """Nobody took a call that the user gave away: the far party hears music until the user's telephones
    have it, if that is wanted."""
    user = call.calling if call.calling.phase is LegPhase.OVER else winner_of(call)
    far = other_of(call, user.id)
    pair = winner_of(call).pair
    if not move.returns or far.phase is not LegPhase.ANSWERED or pair is None:
        return end_both(call, now, out, NOBODY, "gateway")
    after = put_any(call, msgspec.structs.replace(user, held_by_app=True))
    after = hear(call, after, pair, out)
    again = Move(kind=MoveKind.RETURN, replaces=user.id, stays=far.id, subscriber=move.subscriber)
    state, commands = ask(after, again)
    return state, (*out, *commands)


# Back to the old media.


def went_back(call: Talking, exchange: Exchange, event: LegReofferAnswered, now: float) -> Step:
    """Who was asked back is there; what it describes anew rtpengine is told."""
    if event.leg != exchange.leg or exchange.stage is not ExchangeStage.ASKING:
        return call, ()
    out: list[AnyCommand] = []
    pair = winner_of(call).pair
    if event.sdp is None or pair is None or same_media(exchange.sdp or "", event.sdp):
        return msgspec.structs.replace(call, exchange=None), tuple(out)
    return rebridging.settle(call, exchange, pair, event.sdp, out), tuple(out)


def settled_back(call: Talking, exchange: Exchange) -> Talking:
    leg = msgspec.structs.replace(_leg(call, exchange.leg), sdp=exchange.sdp)
    return msgspec.structs.replace(put_any(call, leg), exchange=None)


def did_not_go_back(call: Talking, exchange: Exchange, event: LegReofferRejected, now: float) -> Step:
    """It is where nobody is any more."""
    if event.leg != exchange.leg:
        return call, ()
    return end_both(call, now, [], LOST_MEDIA, "gateway")


def _leg(call: Talking, leg: LegId | None) -> Leg:
    found = None if leg is None else any_leg(call, leg)
    assert found is not None
    return found
