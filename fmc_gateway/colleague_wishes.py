"""What users ask of calls of colleagues in the app (seed 9): the command with what the directory knows of who
asks, as the engine wants it, or why not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from fmc_gateway.call.commands import LoadContext
from fmc_gateway.call.events import (
    AnyEvent,
    ContextLoaded,
    ParkRequested,
    PickUpRequested,
    RetrieveRequested,
)
from hipper.contracts.bus import Park, PickUp, RefusedBecause, Retrieve
from hipper.contracts.calls import LiveCall
from hipper.pbx import colleagues, rules
from hipper.pbx.ids import SubscriberId
from hipper.pbx.model import RefusedPlan, SubscriberContext

OfColleagues = PickUp | Park | Retrieve
Wish = ParkRequested | PickUpRequested | RetrieveRequested
Refusal = tuple[RefusedBecause, str]

LOOK_UP_S = 1.5
AWAY = "the directory does not answer"
NO_SUCH_USER = "this user is gone"
NO_BARGE_IN = "this gateway cannot join a call that is answered yet"


class LooksUp(Protocol):
    """The engine (:class:`fmc_gateway.interpreter.Interpreter`)."""

    def look_up(self, command: LoadContext, done: Callable[[AnyEvent], None]) -> None: ...


async def wish_of(calls: LooksUp, request: str, command: OfColleagues, live: LiveCall) -> Wish | Refusal:
    """``request``: what the answer names. ``live``: the call that is meant."""
    dialled = command.on or "" if isinstance(command, Park) else ""
    found = await _context(calls, command.user, dialled)
    if found is None:
        return RefusedBecause.AWAY, AWAY
    if found.caller is None or found.caller.tenant != command.tenant:
        return RefusedBecause.BARRED, NO_SUCH_USER
    if isinstance(command, Park):
        return _park(request, command, found.caller, found.called)
    if isinstance(command, PickUp) and command.barge_in and live.answered is not None:
        return await _barge_in(calls, found.caller, live)
    kind: type[PickUpRequested | RetrieveRequested] = (
        PickUpRequested if isinstance(command, PickUp) else RetrieveRequested
    )
    return kind(
        request=request,
        subscriber=command.user,
        user=found.caller,
        device=command.device,
        bindings=found.bindings,
        facts=found.origination,
    )


def _park(
    request: str, command: Park, user: SubscriberContext, owner: SubscriberContext | None
) -> ParkRequested | Refusal:
    elsewhere = None if command.on is None else colleagues.at(user, owner, command.on)
    wanted = elsewhere or colleagues.park(user, command.on)
    if isinstance(wanted, RefusedPlan):
        return RefusedBecause.BARRED, wanted.explanation
    return ParkRequested(request=request, subscriber=command.user, wanted=wanted)


async def _barge_in(calls: LooksUp, user: SubscriberContext, live: LiveCall) -> Refusal:
    """Whoever is exempt is said to be, also while nobody can be joined."""
    for party in (live.called, live.calling):
        found = None if party.subscriber is None else await _context(calls, party.subscriber, "")
        if found is None or found.caller is None:
            continue
        wanted = colleagues.pick_up(user, found.caller, directed=True, barge_in=True)
        if isinstance(wanted, RefusedPlan):
            return RefusedBecause.BARRED, wanted.explanation
        if colleagues.is_exempt(found.caller):
            return RefusedBecause.BARRED, rules.sentence(rules.PICK_UP_EXEMPT, user.language)
    return RefusedBecause.NOT_AVAILABLE, NO_BARGE_IN


async def _context(calls: LooksUp, user: SubscriberId, dialled: str) -> ContextLoaded | None:
    told: asyncio.Future[AnyEvent] = asyncio.get_running_loop().create_future()

    def done(event: AnyEvent) -> None:
        if not told.done():
            told.set_result(event)

    calls.look_up(LoadContext(served_subscriber=user, dialled=dialled), done)
    try:
        found = await asyncio.wait_for(told, LOOK_UP_S)
    except TimeoutError:
        return None
    return found if isinstance(found, ContextLoaded) else None
