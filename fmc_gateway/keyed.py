"""Keys of the telephones of a call, from rtpengine and by INFO: to the engine as they are, or told apart by
:mod:`fmc_gateway.call.digit_services` first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Protocol

from fmc_gateway.call import digit_services as ds
from fmc_gateway.call import events as e
from fmc_gateway.call.key_commands import ListenKeys
from fmc_gateway.call.keying import in_call_of, is_asked, is_unheard
from fmc_gateway.call.model import Call, Talking, winner_of
from hipper.pbx.ids import LegId, PairId

TWICE_WITHIN_S = 1.0
"""Some telephones tell of a key by INFO as well: the same key by another way is the same press."""


class Run(Protocol):
    """:class:`fmc_gateway.interpreter.CallRun`."""

    call: Call | None
    over: bool
    timers: dict[str, asyncio.TimerHandle]
    typed: dict[LegId, Telephone]


class Telephone:
    """What is known of the keys of one leg. ``heard_in``: the media in which its next key is awaited."""

    __slots__ = ("heard_in", "last", "typed")

    def __init__(self) -> None:
        self.typed = ds.NOTHING
        self.heard_in: PairId | None = None
        self.last: tuple[str, bool, float] | None = None

    def is_new(self, digit: str, by_info: bool, now: float) -> bool:
        """``now``: seconds of the loop."""
        before, self.last = self.last, (digit, by_info, now)
        if before is None or before[:2] != (digit, not by_info) or now - before[2] > TWICE_WITHIN_S:
            return True
        self.last = None
        return False


Tell = Callable[[e.AnyEvent], None]
Listen = Callable[[ListenKeys], None]


def pressed(run: Run, leg: LegId, digit: str, by_info: bool, tell: Tell, listen: Listen) -> None:
    """What a key is to the engine: nothing but of a telephone that is being asked for one, or whose keys are
    told apart. Nobody else's are kept in traces."""
    call = run.call
    in_call = in_call_of(call, leg)
    if in_call is None:
        if is_asked(call, leg):
            tell(e.DigitPressed(leg=leg, digit=digit))
        if not by_info and is_unheard(call, leg):
            tell(e.KeyHeard(leg=leg))
        return
    telephone = run.typed.setdefault(leg, Telephone())
    if telephone.is_new(digit, by_info, asyncio.get_running_loop().time()):
        telephone.typed, outcomes = ds.pressed(telephone.typed, in_call.codes, digit)
        _await_more(run, leg, telephone, tell, listen)
        _tell(leg, outcomes, tell)


def _await_more(run: Run, leg: LegId, telephone: Telephone, tell: Tell, listen: Listen) -> None:
    name = f"keys {leg}"
    timer = run.timers.pop(name, None)
    if timer is not None:
        timer.cancel()
    wait_s = ds.waits_s(telephone.typed)
    if wait_s is not None:
        waited = partial(_waited, run, leg, telephone, tell, listen)
        run.timers[name] = asyncio.get_running_loop().call_later(wait_s, waited)
    _listen(run, leg, telephone, listen)


def _listen(run: Run, leg: LegId, telephone: Telephone, listen: Listen) -> None:
    pair = None
    if telephone.typed != ds.NOTHING and isinstance(run.call, Talking):
        pair = winner_of(run.call).pair
    if pair == telephone.heard_in:
        return
    if telephone.heard_in is not None:
        listen(ListenKeys(pair=telephone.heard_in, leg=leg, on=False))
    if pair is not None:
        listen(ListenKeys(pair=pair, leg=leg, on=True))
    telephone.heard_in = pair


def _waited(run: Run, leg: LegId, telephone: Telephone, tell: Tell, listen: Listen) -> None:
    run.timers.pop(f"keys {leg}", None)
    if not run.over:
        telephone.typed, outcomes = ds.timed_out(telephone.typed)
        _listen(run, leg, telephone, listen)
        _tell(leg, outcomes, tell)


def _tell(leg: LegId, outcomes: ds.Outcomes, tell: Tell) -> None:
    for outcome in outcomes:
        tell(_event(leg, outcome))


def _event(leg: LegId, outcome: ds.Outcome) -> e.AnyEvent:
    match outcome:
        case ds.Passed(keys):
            return e.KeysPassed(leg=leg, keys=keys)
        case ds.Begun(service):
            return e.ServiceBegun(leg=leg, service=service)
        case ds.Keyed(service, number):
            return e.ServiceKeyed(leg=leg, service=service, destination=number)
    return e.ServiceGivenUp(leg=leg)
