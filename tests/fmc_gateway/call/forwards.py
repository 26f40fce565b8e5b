"""Piet, who forwards, and what to ask of a ladder of his calls."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fmc_gateway.call import commands as cmd
from fmc_gateway.call import events as ev
from hipper.pbx import termination
from hipper.pbx.ids import SubscriberId
from hipper.pbx.model import (
    DivertReason,
    ForwardTo,
    SubscriberContext,
)
from hipper.pbx.services.calling import CallClass, OutgoingCallingPlan
from hipper.pbx.services.forwarding import (
    CallForwardingAlways,
    CallForwardingBusy,
    CallForwardingNoAnswer,
    Voicemail,
)
from tests.fmc_gateway.call.kit import (
    B1,
    Ladder,
    binding,
    desk_only,
    invite,
    piet,
    suze,
)

PIET = SubscriberId("piet")
BUSY = {"call_forwarding_busy": CallForwardingBusy(active=True, destination="203")}
BOX = {"voicemail": Voicemail(active=True)}
BARS_OUTSIDE = {"outgoing_calling_plan": OutgoingCallingPlan(barred=tuple(CallClass)[1:])}


def rings(who: SubscriberContext) -> Ladder:
    """Suze calls Piet, whose one desk phone rings (leg B1, pair M1)."""
    ladder = Ladder()
    ladder.tell(invite())
    ladder.load(suze(), who, binding("piet-desk1"))
    ladder.offers()
    ladder.tell(ev.LegRinging(leg=B1, status=180))
    return ladder


def no_answer(destination: str, **services: Any) -> tuple[Ladder, SubscriberContext]:
    """Nobody takes it, and Piet forwards such calls; the directory is asked."""
    service = CallForwardingNoAnswer(active=True, destination=destination, after_s=12)
    who = desk_only(piet(), call_forwarding_no_answer=service, **services)
    ladder = rings(who)
    assert cmd.StartTimer(name="no_answer", after_s=12.0) in ladder.commands
    ladder.tell(ev.TimerFired(name="no_answer"), after_s=12)
    return ladder, who


def asked(ladder: Ladder) -> cmd.LoadContext:
    (ask,) = ladder.of(cmd.LoadContext, last=True)
    return ask


def rejected(ladder: Ladder) -> tuple[int, int | None]:
    (reject,) = ladder.of(cmd.RejectLeg)
    return reject.status, reject.q850


# Chains.


def always(who: SubscriberContext, destination: str, **services: Any) -> SubscriberContext:
    service = CallForwardingAlways(active=True, destination=destination)
    return desk_only(who, call_forwarding_always=service, **services)


def plan_forwards_busy_calls(monkeypatch: pytest.MonkeyPatch, destination: str) -> None:
    """A decision that knows no limits."""
    decide = termination.decide

    def wrong(*arguments: Any, **named: Any) -> Any:
        to = ForwardTo(destination=destination, reason=DivertReason.USER_BUSY, rule="divert.busy")
        return msgspec.structs.replace(decide(*arguments, **named), on_busy=to)

    monkeypatch.setattr(termination, "decide", wrong)
