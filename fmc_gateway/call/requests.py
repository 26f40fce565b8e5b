"""What the app asks of a call that is answered, and every call's refusal of what its state does not allow."""

from __future__ import annotations

import msgspec

from fmc_gateway.call import choosing
from fmc_gateway.call.choosing_colleagues import NOTHING_RINGS
from fmc_gateway.call.commands import AnswerRequest, AnyCommand
from fmc_gateway.call.conference_events import ConferenceWish
from fmc_gateway.call.events import (
    ConsultRequested,
    ConsultStepRequested,
    DigitsRequested,
    HoldRequested,
    JoinRequested,
    MoveRequested,
    ParkRequested,
    PickUpRequested,
    RetrieveRequested,
    TransferRequested,
)
from fmc_gateway.call.exchanges import MoveKind
from fmc_gateway.call.hearing import hear
from fmc_gateway.call.model import CallState, Step, Talking, any_leg, put_any, winner_of
from fmc_gateway.call.pushing import NOT_YOURS
from hipper.contracts.bus import RefusedBecause

NOT_NOW = "the call is not answered, or is over"
AT_THE_TELEPHONE = "the telephone itself holds the call"


Wish = (
    MoveRequested
    | HoldRequested
    | ConsultRequested
    | TransferRequested
    | ConsultStepRequested
    | JoinRequested
    | DigitsRequested
    | PickUpRequested
    | ParkRequested
    | RetrieveRequested
    | ConferenceWish
)


def refuse(call: CallState | None, event: Wish, now: float) -> Step:
    no = AnswerRequest(request=event.request, done=False, explanation=NOT_NOW)
    return call, (no,)  # type: ignore[return-value]


def not_ringing(call: CallState | None, event: PickUpRequested, now: float) -> Step:
    no = AnswerRequest(request=event.request, done=False, explanation=NOTHING_RINGS)
    return call, (no,)  # type: ignore[return-value]


def hold_requested(call: Talking, event: HoldRequested, now: float) -> Step:
    """No telephone is asked: rtpengine drops what the two say, and the other side hears music (decision 3).
    Held or talking already: nothing changes. Of a call that is about to move the new telephone holds as
    well."""
    leg = choosing.side_of(call, event.subscriber, event.device)
    pair = winner_of(call).pair
    if leg is None or pair is None:
        return call, (_no(event, NOT_YOURS if leg is None else choosing.UNTOUCHABLE),)
    if choosing.untouchable(call):
        return call, (_no(event, choosing.UNTOUCHABLE, RefusedBecause.EMERGENCY),)
    if call.move is not None and call.move.kind in (MoveKind.CONSULT, MoveKind.TRANSFER):
        return call, (_no(event, choosing.BEING_MOVED),)
    if leg.id == call.lost or (leg.holds and not event.on):
        return call, (_no(event, NOT_NOW if leg.id == call.lost else AT_THE_TELEPHONE),)
    after = put_any(call, msgspec.structs.replace(leg, held_by_app=event.on))
    comes = None if call.move is None or call.move.leg is None else any_leg(call, call.move.leg)
    if comes is not None and call.move is not None and call.move.replaces == leg.id:
        after = put_any(after, msgspec.structs.replace(comes, held_by_app=event.on))
    out: list[AnyCommand] = []
    after = hear(call, after, pair, out)
    return after, (*out, AnswerRequest(request=event.request, done=True))


def _no(event: HoldRequested, why: str, because: RefusedBecause = RefusedBecause.STATE) -> AnswerRequest:
    return AnswerRequest(request=event.request, done=False, explanation=why, because=because)
