"""A handset is lost without having hung up (call-flows §4; seed 4.7.3): the far party waits with music for a
``*11`` from another telephone of that user, then the others ring, then it is over. An ordinary BYE ends the
call.
"""

from __future__ import annotations

import re

import msgspec

from fmc_gateway.call import choosing, moving
from fmc_gateway.call.commands import AnyCommand, MobileTarget, StartTimer
from fmc_gateway.call.ending import LOST_TIMER, release
from fmc_gateway.call.events import LegEnded
from fmc_gateway.call.exchanges import Move, MoveKind
from fmc_gateway.call.hearing import hear
from fmc_gateway.call.interrupted import owes_answer
from fmc_gateway.call.model import (
    Leg,
    LegPhase,
    Step,
    Talking,
    any_leg,
    other_of,
    put_any,
    winner_of,
)
from fmc_gateway.call.talking import drop_exchange

WAITS_S = 20.0
AGAIN_S = 5.0
"""When somebody is about to take the call: look again after that."""
DEAD_CAUSES = frozenset({"session_expired", "dialog_gone", "transport"})

_LOST = re.compile(
    r"^\s*(?:RELEASE_CAUSE\s*;\s*cause\s*=\s*[2345]\b|SIP\s*;\s*cause\s*=\s*503\b|Q\.850\s*;\s*cause\s*=\s*(?:27|38|41)\b)",
    re.IGNORECASE,
)
"""What a network says when it lost the handset: RTP time-out, bearer loss or no answer (3GPP TS 24.229
§7.2A.18), media or signalling lost at the P-CSCF (§5.2.8.1.2), out of order and temporary failure of an MSC
(Q.850)."""


def is_lost(call: Talking, leg: Leg, event: LegEnded) -> bool:
    """Whether ``leg`` ended as a lost handset does, in a call that can be taken up again."""
    if call.move is not None or owes_answer(call, other_of(call, leg.id).id):
        return False
    return may_wait(call, leg) and was_lost(leg, event)


def may_wait(call: Talking, leg: Leg) -> bool:
    """Whether there is somebody to wait for the user on ``leg``."""
    other = other_of(call, leg.id)
    alive = call.lost is None and other.phase is LegPhase.ANSWERED and winner_of(call).pair is not None
    return alive and not choosing.untouchable(call)


def was_lost(leg: Leg, event: LegEnded) -> bool:
    """Whether it ended as a lost handset of a user does."""
    if not _is_handset(leg) or leg.subscriber is None:
        return False
    if event.cause == "bye":
        return event.reason is not None and _LOST.match(event.reason) is not None
    return event.cause in DEAD_CAUSES


def _is_handset(leg: Leg) -> bool:
    return leg.radio or isinstance(leg.target, MobileTarget)


def lost(call: Talking, leg: Leg, event: LegEnded, now: float) -> Step:
    """The dead leg stands for the user until somebody takes its place."""
    out: list[AnyCommand] = []
    dead = msgspec.structs.replace(
        leg, phase=LegPhase.OVER, ended=now, ended_by="gateway", q850=event.q850, held_by_app=True
    )
    drop_exchange(call, leg.id, out)
    if leg.id == call.calling.id:  # it had media of its own while it dialled from the app
        dead = release(dead, out)
    after = msgspec.structs.replace(put_any(call, dead), lost=leg.id, exchange=None)
    pair = winner_of(call).pair
    assert pair is not None
    after = hear(call, after, pair, out)
    out.append(StartTimer(name=LOST_TIMER, after_s=WAITS_S))
    return after, tuple(out)


def nobody_came(call: Talking, now: float) -> Step:
    """The user's other telephones ring."""
    gone = None if call.lost is None else any_leg(call, call.lost)
    if gone is None or gone.subscriber is None:
        return call, ()
    if call.move is not None or call.asked or call.exchange is not None:
        return call, (StartTimer(name=LOST_TIMER, after_s=AGAIN_S),)
    move = Move(
        kind=MoveKind.LOST,
        replaces=gone.id,
        stays=other_of(call, gone.id).id,
        subscriber=gone.subscriber,
    )
    return moving.ask(call, move)
