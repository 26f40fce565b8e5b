"""What hold sounds like: whose media rtpengine drops, and who hears music (call-flows §4)."""

from __future__ import annotations

from typing import NamedTuple

from fmc_gateway.call.commands import AnyCommand, BlockMedia, MusicSource, PlayMusic, StopMusic, UnblockMedia
from fmc_gateway.call.exchanges import MoveKind
from fmc_gateway.call.model import CallState, Leg, LegPhase, Talking, on_hold, other_of, winner_of
from fmc_gateway.call.records import publish
from hipper.contracts.calls import LivePhase
from hipper.pbx.ids import LegId, PairId, SubscriberId


class Sound(NamedTuple):
    """What rtpengine does with a pair: is everything dropped, and who hears music."""

    blocked: bool
    music: LegId | None
    ringing: LegId | None = None
    """Who hears that a telephone rings."""
    holder: SubscriberId | None = None
    """Whose music it is; None: of nobody of ours."""
    hushed: LegId | None = None
    """Who alone is not heard."""


SILENCE = Sound(False, None)
"""A pair as it begins: nothing is dropped, nothing is played."""


def hear(before: Talking, after: Talking, pair: PairId, out: list[AnyCommand]) -> Talking:
    """Bring rtpengine from what ``before`` sounds like to what ``after`` does."""
    old, new = sound(before), sound(after)
    change(after, old, new, pair, out)
    shown = old._replace(hushed=None) != new._replace(hushed=None)
    return publish(after, phase_of(new), out) if shown else after


def hear_anew(call: Talking, pair: PairId, out: list[AnyCommand]) -> Talking:
    """The same on a pair that has just been made."""
    new = sound(call)
    change(call, SILENCE, new, pair, out)
    return publish(call, phase_of(new), out)


def change(call: Talking, old: Sound, new: Sound, pair: PairId, out: list[AnyCommand]) -> None:
    """``pair`` is that of the two who talk in ``call``."""
    # what the parties send is dropped before music starts, or the two would mix
    if old.music is not None and old.music != new.music:
        out.append(StopMusic(pair=pair, leg=old.music))
    if old.ringing is not None and old.ringing != new.ringing:
        out.append(StopMusic(pair=pair, leg=old.ringing))
    was, dropped = _dropped(call, old), _dropped(call, new)
    out.extend(BlockMedia(pair=pair, leg=leg) for leg in dropped if leg not in was)
    out.extend(UnblockMedia(pair=pair, leg=leg) for leg in was if leg not in dropped)
    if new.music is not None and old.music != new.music:
        out.append(PlayMusic(pair=pair, leg=new.music, music=music_of(call, new.holder)))
    if new.ringing is not None and old.ringing != new.ringing:
        out.append(PlayMusic(pair=pair, leg=new.ringing, ringing=True))


def _dropped(call: Talking, heard: Sound) -> tuple[LegId, ...]:
    if heard.blocked:
        return (call.calling.id, call.winner)
    return () if heard.hushed is None else (heard.hushed,)


def phase_of(heard: Sound) -> LivePhase:
    return LivePhase.HELD if heard.blocked else LivePhase.ESTABLISHED


def sound(call: Talking) -> Sound:
    """One side holds: the other hears music, that of the one who holds. Both hold: nobody does. While a
    colleague is called the user hears ringing, and the far party music."""
    move = call.move
    tone = move is not None and not move.spoken and move.early is None
    if move is not None and move.left:
        return Sound(True, None, ringing=move.stays if tone else None)
    if move is not None and move.offered is not None and move.kind in (MoveKind.CONSULT, MoveKind.TRANSFER):
        of_user = move.stays if move.kind is MoveKind.CONSULT else move.replaces
        user, far = _who(call, of_user), other_of(call, of_user)
        return waiting(user, far)._replace(ringing=user.id if tone else None)
    calling, called = call.calling, winner_of(call)
    calling_holds = on_hold(calling)
    if calling_holds == on_hold(called):
        return Sound(calling_holds, None, hushed=None if calling_holds else _hushed(call))
    holder, held = (calling, called) if calling_holds else (called, calling)
    return Sound(True, held.id, holder=holder.subscriber)


def _hushed(call: Talking) -> LegId | None:
    """Who keys a number hears what to do and not the far party, who goes on hearing the user: rtpengine tells
    of the keys of a party that is blocked too late."""
    if call.keying is None or call.keying not in (call.calling.id, call.winner):
        return None
    return other_of(call, call.keying).id


def _who(call: Talking, leg: LegId) -> Leg:
    return other_of(call, other_of(call, leg).id)


def waiting(user: Leg, held: Leg) -> Sound:
    """On the pair of a user who talks to somebody else with the one who waits."""
    gone = held.phase is LegPhase.OVER
    return Sound(True, None if gone else held.id, holder=user.subscriber)


def music_of(call: CallState, holder: SubscriberId | None) -> MusicSource:
    """What is heard by whom ``holder`` put on hold; None: somebody outside did, who has no music here."""
    return MusicSource() if holder is None else MusicSource(tenant=call.tenant, holder=holder)
