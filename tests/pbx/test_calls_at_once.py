"""How many calls a user may be in at once: by the pack, or fewer; the next one hears busy."""

from __future__ import annotations

import msgspec
import pytest

from hipper.pbx import rules
from hipper.pbx.calls_at_once import most_calls, one_too_many, problems
from hipper.pbx.model import (
    DeviceKind,
    DivertPlan,
    OnNetPlan,
    OriginationFacts,
    RefusedPlan,
    RingPlan,
    ServicePack,
    SubscriberContext,
    TerminationFacts,
    TerminationPlan,
)
from hipper.pbx.origination import decide as originate
from hipper.pbx.services.at_once import SimultaneousCalls
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.forwarding import CallForwardingBusy
from hipper.pbx.services.screening import CallWaiting
from hipper.pbx.termination import decide as terminate
from tests.fmc_gateway.call.kit import OUTSIDE, piet, shown, suze


def user(pack: ServicePack = ServicePack.BASE_PLUS, **services: object) -> SubscriberContext:
    return piet(pack=pack, services=SubscriberServices(**services))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pack", "most", "allowed"),
    [
        (ServicePack.BASE_PLUS, None, 2),
        (ServicePack.PREMIUM_PLUS, None, 10),
        (ServicePack.PREMIUM_PLUS, 3, 3),
        (ServicePack.BASE_PLUS, 9, 2),
        (ServicePack.VAST_MOBIEL_PREMIUM_PLUS, 1, 1),
    ],
)
def test_the_pack_says_how_many_and_the_setting_fewer(
    pack: ServicePack, most: int | None, allowed: int
) -> None:
    assert most_calls(user(pack, simultaneous_calls=SimultaneousCalls(most=most))) == allowed


def test_who_has_as_many_as_may_be_makes_no_other() -> None:
    caller = user()
    plan = originate(
        caller,
        suze(),
        "201",
        anonymous_requested=False,
        identity_allowed_requested=False,
        device_kind=DeviceKind.DESK_PHONE,
        now=0.0,
    )
    assert isinstance(plan, OnNetPlan)
    assert one_too_many(caller, plan, OriginationFacts(calls=1)) is None
    found = one_too_many(caller, plan, OriginationFacts(calls=2))
    assert found is not None
    assert (found.rule, found.status) == (rules.CALLS_AT_ONCE, 403)


def called(who: SubscriberContext, calls: int, *, emergency: bool = False) -> TerminationPlan:
    return terminate(
        who,
        shown(OUTSIDE),
        on_net=False,
        reached=who.numbers[1],
        exclude_device=None,
        now=0.0,
        facts=TerminationFacts(calls=calls, emergency_callback=emergency),
    )


@pytest.mark.parametrize("services", [{}, {"call_waiting": CallWaiting(active=True)}])
def test_the_next_caller_hears_busy(services: dict[str, object]) -> None:
    who = user(**services)
    assert isinstance(called(who, 1), RingPlan)
    busy = called(who, 2)
    assert isinstance(busy, RefusedPlan)
    assert (busy.rule, busy.status) == (rules.BUSY_CALLS_AT_ONCE, 486)


def test_forwarding_when_busy_takes_the_next_call() -> None:
    forward = CallForwardingBusy(active=True, destination="201")
    assert isinstance(called(user(call_forwarding_busy=forward), 2), DivertPlan)


def test_call_waiting_switched_off_makes_the_second_call_busy() -> None:
    who = user(call_waiting=CallWaiting(active=False))
    assert isinstance(called(who, 0), RingPlan)
    busy = called(who, 1)
    assert isinstance(busy, RefusedPlan)
    assert busy.rule == rules.BUSY_NO_CALL_WAITING


def test_the_emergency_centre_always_gets_through() -> None:
    assert isinstance(called(user(), 9, emergency=True), RingPlan)


def test_none_at_all_is_no_setting() -> None:
    assert len(list(problems(SimultaneousCalls(most=0)))) == 1
    assert list(problems(SimultaneousCalls(most=1))) == []
    assert list(problems(CallWaiting())) == []
    assert msgspec.structs.asdict(SimultaneousCalls()) == {"most": None}
