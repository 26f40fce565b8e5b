"""Keys in a call that is answered: those of the app, and the services a user reaches with codes
(:mod:`.digit_services`). What a code stands for is asked of the call as the app would ask it.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.call import choosing, conferencing, consulting, requests
from fmc_gateway.call.commands import AnswerRequest, AnyCommand, PlayAnnouncement, StopAnnouncement
from fmc_gateway.call.events import (
    ConferenceRequested,
    ConsultRequested,
    ConsultStep,
    ConsultStepRequested,
    HoldRequested,
    TransferRequested,
)
from fmc_gateway.call.hearing import hear, sound
from fmc_gateway.call.key_commands import PlayKeys, WatchKeys
from fmc_gateway.call.key_events import (
    DigitsRequested,
    KeyHeard,
    KeysPassed,
    ServiceAnswered,
    ServiceBegun,
    ServiceGivenUp,
    ServiceKeyed,
)
from fmc_gateway.call.legs import InCall, Leg, LegPhase
from fmc_gateway.call.model import CallState, Step, Talking, any_leg, winner_of
from fmc_gateway.call.pushing import NOT_YOURS
from hipper.contracts.bus import RefusedBecause
from hipper.pbx.ids import LegId
from hipper.pbx.model import Announcement
from hipper.pbx.services.in_call import InCallService

ON_HOLD = "the far party is on hold"
PRESSED = "a key was pressed on the telephone itself: press the others there too"
NO_CODES = InCall(codes=())
BY_KEYS = "keys "
"""Begins the id of a wish that was keyed; the leg's follows."""
STEPS = {
    InCallService.SWAP: ConsultStep.SWAP,
    InCallService.COMPLETE: ConsultStep.COMPLETE,
    InCallService.CANCEL: ConsultStep.CANCEL,
}


# From the app.


def digits_requested(call: Talking, event: DigitsRequested, now: float) -> Step:
    """Not while the far party is on hold: rtpengine would keep the keys until it is not. The keys of the
    telephone are played by us as well from then on. One that was pressed before leaves us no way."""
    leg = choosing.side_of(call, event.subscriber, event.device)
    pair = winner_of(call).pair
    if leg is None or pair is None or leg.id == call.lost:
        return call, (_no(event.request, NOT_YOURS),)
    if choosing.untouchable(call):
        return call, (_no(event.request, choosing.UNTOUCHABLE, RefusedBecause.EMERGENCY),)
    if sound(call).blocked:
        return call, (_no(event.request, ON_HOLD),)
    where, out = (pair, leg.id), list[AnyCommand]()
    if where not in call.watched:
        if where in call.pressed:
            return call, (_no(event.request, PRESSED),)
        out.append(WatchKeys(pair=pair, leg=leg.id))
        call = msgspec.structs.replace(call, watched=(*call.watched, where))
    out.append(PlayKeys(pair=pair, leg=leg.id, keys=event.keys))
    return call, (*out, AnswerRequest(request=event.request, done=True))


def _no(request: str, why: str, because: RefusedBecause = RefusedBecause.STATE) -> AnswerRequest:
    return AnswerRequest(request=request, done=False, explanation=why, because=because)


# Whose keys are told apart.


def watched(step: Step) -> Step:
    """``step``, and the telephones whose user has switched the services on are watched in the media they talk
    in. Never in a call to 112 or 113."""
    call, commands = step
    if not isinstance(call, Talking):
        return step
    winner = winner_of(call)
    if call.calling.in_call is None and winner.in_call is None:
        return step
    pair = winner.pair
    if pair is None or choosing.untouchable(call):
        return step
    fresh = tuple(
        (pair, leg.id)
        for leg in (call.calling, winner)
        if leg.in_call is not None and leg.phase is LegPhase.ANSWERED and (pair, leg.id) not in call.watched
    )
    if not fresh:
        return step
    call = msgspec.structs.replace(call, watched=(*call.watched, *fresh))
    return call, (*commands, *(WatchKeys(pair=where, leg=leg) for where, leg in fresh))


def is_asked(call: CallState | None, leg: LegId) -> bool:
    """Whether ``leg`` is to press 1 before it takes the call, or one that is made within the call."""
    within = call.enquiry if isinstance(call, Talking) else None
    found = [any_leg(one, leg) for one in (call, within) if one is not None]
    return any(one is not None and one.phase is LegPhase.CONFIRMING for one in found)


def is_unheard(call: object, leg: LegId) -> bool:
    """Whether the engine wants to be told that ``leg``, whose keys are nothing to us, has pressed one."""
    if not isinstance(call, Talking) or _party(call, leg) is None:
        return False
    return all(known != leg or pair != winner_of(call).pair for pair, known in call.pressed)


def heard(call: Talking, event: KeyHeard, now: float) -> Step:
    pair = winner_of(call).pair
    if pair is None or not is_unheard(call, event.leg):
        return call, ()
    return msgspec.structs.replace(call, pressed=(*call.pressed, (pair, event.leg))), ()


def in_call_of(call: object, leg: LegId) -> InCall | None:
    """What the user of ``leg`` can key now; None: the keys of that telephone are not told apart."""
    if not isinstance(call, Talking) or (winner_of(call).pair, leg) not in call.watched:
        return None
    found = _party(call, leg)
    return None if found is None else found.in_call or NO_CODES


def _party(call: Talking, leg: LegId) -> Leg | None:
    """One of the two who talk."""
    for one in (call.calling, winner_of(call)):
        if one.id == leg and one.phase is LegPhase.ANSWERED:
            return one
    return None


def _user(call: Talking, leg: LegId) -> Leg | None:
    """The same, with services."""
    found = _party(call, leg)
    return None if found is None or found.in_call is None else found


def passed(call: Talking, event: KeysPassed, now: float) -> Step:
    """While the far party is on hold nothing of this side reaches it, keys neither."""
    pair = winner_of(call).pair
    if _party(call, event.leg) is None or pair is None or sound(call).blocked:
        return call, ()
    return call, (PlayKeys(pair=pair, leg=event.leg, keys=event.keys),)


# Services.


def begun(call: Talking, event: ServiceBegun, now: float) -> Step:
    """The number comes; the user hears what to do."""
    user = _user(call, event.leg)
    if user is None:
        return call, ()
    if not choosing.is_free(call) or not choosing.is_there(call.calling, winner_of(call)):
        return call, _say(call, user, Announcement.NOT_DONE)
    out: list[AnyCommand] = []
    after = _heard(call, msgspec.structs.replace(call, keying=user.id), out)
    return after, (*out, *_say(call, user, Announcement.DIAL_DESTINATION))


def given_up(call: Talking, event: ServiceGivenUp, now: float) -> Step:
    out = [*_quiet(call, event.leg)]
    return _no_number(call, event.leg, out), tuple(out)


def keyed(call: Talking, event: ServiceKeyed, now: float) -> Step:
    user = _user(call, event.leg)
    if user is None or user.subscriber is None:
        return call, ()
    who, request = user.subscriber, BY_KEYS + user.id
    if event.service is InCallService.HOLD:
        on = not user.held_by_app
        wish = HoldRequested(request=request, subscriber=who, on=on, device=user.device)
        return requests.hold_requested(call, wish, now)
    if event.service in STEPS:
        step = ConsultStepRequested(request=request, subscriber=who, step=STEPS[event.service])
        return consulting.step_requested(call, step, now)
    if event.service is InCallService.CONFERENCE:
        return conferencing.requested(call, ConferenceRequested(request=request, subscriber=who), now)
    out, to = [*_quiet(call, event.leg)], event.destination or ""
    call = _no_number(call, event.leg, out)
    wanted: ConsultRequested | TransferRequested
    if event.service is InCallService.CONSULT:
        wanted = ConsultRequested(request=request, subscriber=who, destination=to)
    else:
        wanted = TransferRequested(request=request, subscriber=who, destination=to)
    state, commands = consulting.requested(call, wanted, now)
    return state, (*out, *commands)


def answered(call: Talking, event: ServiceAnswered, now: float) -> Step:
    """The user hears what could not be done."""
    user = None if event.done else _user(call, event.leg)
    return call, () if user is None else _say(call, user, Announcement.NOT_DONE)


def _no_number(call: Talking, leg: LegId, out: list[AnyCommand]) -> Talking:
    """No number of ``leg`` is awaited any more."""
    if call.keying != leg:
        return call
    return _heard(call, msgspec.structs.replace(call, keying=None), out)


def _heard(before: Talking, after: Talking, out: list[AnyCommand]) -> Talking:
    pair = winner_of(after).pair
    return after if pair is None else hear(before, after, pair, out)


def _say(call: Talking, user: Leg, what: Announcement) -> tuple[AnyCommand, ...]:
    pair = winner_of(call).pair
    if pair is None or user.in_call is None:
        return ()
    said = PlayAnnouncement(
        pair=pair,
        leg=user.id,
        announcements=(what,),
        language=user.in_call.language,
        tenant=call.tenant,
    )
    return (said,)


def _quiet(call: Talking, leg: LegId) -> tuple[AnyCommand, ...]:
    pair = winner_of(call).pair
    return () if pair is None else (StopAnnouncement(pair=pair, leg=leg),)
