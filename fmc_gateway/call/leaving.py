"""Somebody goes while one user has two to talk to, or is about to (call-flows §4, seed 4.7.3).

The user who hangs up has completed the transfer, whether the colleague has answered or still rings; one who
is lost has not. Whoever else goes leaves two who talk on. When nobody is left for a far party whom the user
gave away, the user's telephones ring for it.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import consulted, consulting, early, losing, moving, switching, talking
from fmc_gateway.call.commands import AnswerRequest, AnyCommand, DeleteMedia, EndLeg
from fmc_gateway.call.consulted import leg_of
from fmc_gateway.call.ending import stop_leg
from fmc_gateway.call.events import LegEnded, LegReofferRejected
from fmc_gateway.call.exchanges import Exchange, ExchangeKind, ExchangeStage, Move, MoveKind
from fmc_gateway.call.hearing import hear
from fmc_gateway.call.interrupted import owes_answer, without_exchange
from fmc_gateway.call.model import Leg, LegPhase, Step, Talking, other_of, put_any, winner_of
from fmc_gateway.call.records import publish
from fmc_gateway.call.talking import drop_exchange
from hipper.contracts.calls import LegRole, LivePhase


def _over(leg: Leg, event: LegEnded, now: float) -> Leg:
    by = "gateway" if event.cause != "bye" else "calling" if leg.role is LegRole.CALLING else "called"
    return msgspec.structs.replace(leg, phase=LegPhase.OVER, ended=now, ended_by=by, q850=event.q850)


def _refused(request: str) -> AnswerRequest:
    return AnswerRequest(request=request, done=False, explanation=moving.HUNG_UP)


# While somebody is called.


def of_called(call: Talking, move: Move, leg: Leg, event: LegEnded, now: float) -> Step | None:
    """The user or the far party goes, and nobody has answered. None: it ends the call, as it does when the
    one who was to be given to somebody is gone."""
    if leg.phase is not LegPhase.ANSWERED or move.kind is not MoveKind.CONSULT:
        return None
    if leg.id == move.replaces:
        return None if move.blind else _far_left(call, leg, event, now)
    if leg.id != move.stays or leg_of(call, move.replaces).phase is not LegPhase.ANSWERED:
        return None
    if losing.may_wait(call, leg) and losing.was_lost(leg, event):
        return _lost(call, leg, event, now)
    out: list[AnyCommand] = []
    gone = put_any(call, _over(leg, event, now))
    return consulting.left_to_ring(gone, move, now, out), tuple(out)


def _far_left(call: Talking, leg: Leg, event: LegEnded, now: float) -> Step:
    """The user calls on alone."""
    out: list[AnyCommand] = []
    gone = _over(leg, event, now)
    after = without_exchange(put_any(call, gone), gone, out)
    return heard_without(call, after, out), tuple(out)


def heard_without(before: Talking, after: Talking, out: list[AnyCommand]) -> Talking:
    """Who has left while a colleague is called hears nothing any more."""
    pair = winner_of(after).pair
    return after if pair is None else hear(before, after, pair, out)


def _lost(call: Talking, leg: Leg, event: LegEnded, now: float) -> Step:
    """Nobody is there any more for whom the colleague is called."""
    move = call.move
    assert move is not None
    out: list[AnyCommand] = []
    if move.request is not None:
        out.append(_refused(move.request))
    call = moving.stop_ringing(put_any(call, _over(leg, event, now)), now, out)
    call = moving.without_move(without_exchange(call, leg_of(call, leg.id), out), out)
    state, commands = losing.lost(call, leg_of(call, leg.id), event, now)
    return state, (*out, *commands)


# While who has answered is brought to the user.


def of_joining(call: Talking, move: Move, leg: Leg, event: LegEnded, now: float) -> Step | None:
    """The user goes when the colleague has answered already. None: it ends the call."""
    far, comes = leg_of(call, move.replaces), leg_of(call, move.leg)
    if move.kind is not MoveKind.CONSULT or leg.id != move.stays or leg.phase is not LegPhase.ANSWERED:
        return None
    if far.phase is not LegPhase.ANSWERED or comes.phase is not LegPhase.ANSWERED:
        return None
    out: list[AnyCommand] = []
    exchange = call.exchange
    if exchange is not None and exchange.kind is ExchangeKind.REBRIDGE:
        comes = msgspec.structs.replace(comes, pair=exchange.pair)
        call = msgspec.structs.replace(put_any(call, comes), exchange=None)
    lost = losing.was_lost(leg, event)
    call = put_any(call, _over(leg, event, now))
    if not lost:
        call = consulting.left_to_ring(call, move, now, out)
        return moving.next_one(call, now, out), tuple(out)
    call = put_any(call, stop_leg(comes, now, switching.ENDED, "gateway", out))
    call = without_exchange(call, leg_of(call, leg.id), out)
    call = moving.without_move(call, out)
    state, commands = losing.lost(call, leg_of(call, leg.id), event, now)
    return state, (*out, *commands)


# While the user has two.


def leg_ended(call: Talking, leg: Leg, event: LegEnded, now: float) -> Step | None:
    """None: it ends the call."""
    consult = call.consult
    if consult is None or leg.phase is not LegPhase.ANSWERED:
        return None
    switches = call.exchange is not None and call.exchange.kind is ExchangeKind.SWITCH
    after = put_any(call, _over(leg, event, now))
    if leg.id == consult.held:
        return (after, ()) if switches else _who_waits_left(after, now)
    other = other_of(call, leg.id)
    if leg_of(call, consult.held).phase is not LegPhase.ANSWERED or other.phase is not LegPhase.ANSWERED:
        return None
    if leg.id != consult.user and switches:
        return after, ()
    if leg.id != consult.user:
        return _who_talks_left(after, leg, now)
    return _user_left(after, leg_of(after, leg.id), event, now)


def _who_waits_left(call: Talking, now: float) -> Step:
    out: list[AnyCommand] = []
    call = switching.dropped(call, now, out)
    return publish(call, call.live or LivePhase.ESTABLISHED, out), tuple(out)


def _who_talks_left(call: Talking, leg: Leg, now: float) -> Step:
    """The user goes over to the one who waits; once an offer that the user was made is answered."""
    consult = call.consult
    assert consult is not None
    if owes_answer(call, consult.user):
        return call, ()
    out: list[AnyCommand] = []
    drop_exchange(call, leg.id, out)
    return switching.begin(msgspec.structs.replace(call, exchange=None), consult, out), tuple(out)


def _user_left(call: Talking, user: Leg, event: LegEnded, now: float) -> Step:
    """Hung up: completed, once an offer that the other one was made is answered. Lost: not completed."""
    consult = call.consult
    assert consult is not None
    out: list[AnyCommand] = []
    if consult.request is not None:
        out.append(_refused(consult.request))
        call = msgspec.structs.replace(call, consult=msgspec.structs.replace(consult, request=None))
    if losing.was_lost(user, event):
        drop_exchange(call, user.id, out)
        return _user_lost(msgspec.structs.replace(call, exchange=None), event, now, out)
    call = without_exchange(call, user, out)
    return consulted.complete(call, None, out), tuple(out)


def _user_lost(call: Talking, event: LegEnded, now: float, out: list[AnyCommand]) -> Step:
    """The far party waits for the user; the colleague does not."""
    call = _far_alone(call, now, out)
    assert call.consult is None
    (user,) = (leg for leg in (call.calling, winner_of(call)) if leg.phase is LegPhase.OVER)
    state, commands = losing.lost(call, user, event, now)
    return state, (*out, *commands)


def _far_alone(call: Talking, now: float, out: list[AnyCommand]) -> Talking:
    """The far party stands opposite the user's telephone, which is gone; the colleague is sent away."""
    consult = call.consult
    assert consult is not None
    if consult.held == consult.far:
        given = leg_of(call, consult.user).given
        call = consulted.switched(call, consult, consult.described, given, now, out)
    return call if call.consult is None else switching.dropped(call, now, out)


# While far party and colleague are brought together.


def who_comes_left(call: Talking, leg: Leg, event: LegEnded, now: float) -> Step:
    """Who waited, or who has answered, hung up before the transfer was complete."""
    if leg.phase is LegPhase.OVER:
        return call, ()
    call = put_any(call, _over(leg, event, now))
    return moving.give_up(call, moving.HUNG_UP, now, [])


def who_stays_left(call: Talking, leg: Leg, event: LegEnded, now: float) -> Step | None:
    """The one whom the user talked to hung up: the user has the one who waited, who may have moved already.
    None: it ends the call."""
    move, exchange = call.move, call.exchange
    assert move is not None
    if call.consult is None or leg.phase is not LegPhase.ANSWERED or move.replaces != call.consult.user:
        return None
    if leg_of(call, move.leg).phase is not LegPhase.ANSWERED:
        return None
    call = put_any(call, _over(leg, event, now))
    if exchange is not None and exchange.kind is not ExchangeKind.REBRIDGE:
        drop: list[AnyCommand] = []
        drop_exchange(call, leg.id, drop)
        return without_stays(msgspec.structs.replace(call, exchange=None), None, now, drop)
    if exchange is not None and exchange.stage is ExchangeStage.JOINING:
        waits = msgspec.structs.replace(move, given_up=moving.HUNG_UP)
        return msgspec.structs.replace(call, move=waits), ()
    return without_stays(call, exchange, now, [])


def without_stays(call: Talking, exchange: Exchange | None, now: float, out: list[AnyCommand]) -> Step:
    """Nobody is there whom the one who comes could be brought to, but the user, or that one's telephones."""
    move, consult = call.move, call.consult
    assert move is not None
    assert consult is not None
    moved = exchange is not None and exchange.stage in (ExchangeStage.JOINING, ExchangeStage.SETTLING)
    if exchange is not None and exchange.pair is not None:
        out.append(DeleteMedia(pair=exchange.pair))
    if move.request is not None:
        out.append(_refused(move.request))
    call = msgspec.structs.replace(call, exchange=None, move=None)
    if leg_of(call, consult.user).phase is not LegPhase.ANSWERED:
        return come_back(call, move, now, out)
    if not moved:
        return switching.begin(call, consult, out), tuple(out)
    again = Move(
        kind=MoveKind.TRANSFER,
        replaces=move.stays,
        stays=consult.user,
        subscriber=move.subscriber,
        leg=move.leg,
    )
    return moving.next_one(msgspec.structs.replace(call, move=again), now, out), tuple(out)


def come_back(call: Talking, move: Move, now: float, out: list[AnyCommand]) -> Step:
    """The user has left, and nobody took the call: the far party waits for the user's telephones."""
    if call.consult is not None:
        call = _far_alone(call, now, out)
    return moving.returned(call, move, now, out)


def stays_alone(call: Talking, move: Move) -> bool:
    """Whether the one to whom somebody is brought has hung up meanwhile."""
    if move.kind is not MoveKind.TRANSFER or call.consult is None or move.replaces != call.consult.user:
        return False
    return leg_of(call, move.stays).phase is LegPhase.OVER


def is_nobodys(call: Talking, move: Move) -> bool:
    """Whether of a consultation only the colleague is left."""
    consult = call.consult
    if move.kind is not MoveKind.TRANSFER or consult is None or move.leg != consult.far:
        return False
    gone = (leg_of(call, consult.far), leg_of(call, consult.user))
    return all(leg.phase is LegPhase.OVER for leg in gone)


def not_moved(call: Talking, exchange: Exchange, now: float) -> Step:
    """Nor did the one who was to come move."""
    return without_stays(call, msgspec.structs.replace(exchange, stage=ExchangeStage.ASKING), now, [])


def media_lost(call: Talking, exchange: Exchange, now: float) -> Step:
    """Both have moved, and rtpengine has nothing for them: the far party goes back to the user, or to the
    user's telephones; the colleague does not."""
    consult, move = call.consult, call.move
    assert consult is not None
    assert move is not None
    out: list[AnyCommand] = []
    if move.leg == consult.far:
        out.append(EndLeg(leg=move.stays, reason=switching.ENDED.reason))
        colleague = leg_of(call, move.stays)
        colleague = msgspec.structs.replace(colleague, phase=LegPhase.OVER, ended=now, ended_by="gateway")
        return without_stays(put_any(call, colleague), exchange, now, out)
    call = put_any(call, stop_leg(leg_of(call, move.leg), now, switching.ENDED, "gateway", out))
    return moving.ask_back(consulted.alone(call, now), exchange, move, now, out)


def next_one(call: Talking, now: float, out: list[AnyCommand]) -> Talking:
    """An offer was answered that the user had to answer first, to go over to the one who waits."""
    consult = call.consult
    if consult is None or call.exchange is not None:
        return call
    user, waits = leg_of(call, consult.user), leg_of(call, consult.held)
    gone = other_of(call, user.id).phase is LegPhase.OVER
    if not gone or user.phase is not LegPhase.ANSWERED or waits.phase is not LegPhase.ANSWERED:
        return call
    return switching.begin(call, consult, out)


def early_refused(call: Talking, exchange: Exchange, event: LegReofferRejected, now: float) -> Step:
    """The user's telephone does not go to what could be heard early; or it turns out to be gone."""
    if event.leg != exchange.leg:
        return call, ()
    call = early.refused(call, exchange)
    if event.status not in (408, 481):
        return call, ()
    gone = LegEnded(leg=event.leg, cause="dialog_gone")
    bye = EndLeg(leg=event.leg, reason=talking.DEAD["dialog_gone"])
    done = None if call.move is None else of_called(call, call.move, leg_of(call, event.leg), gone, now)
    state, commands = talking.leg_ended(call, gone, now) if done is None else done
    return state, (bye, *commands)
