"""Toll fraud: each way to originate a leg for a user is stopped by the calling plan and the caps (call-flows
§2). What each way would do unhindered is tried first, so that no test passes because nothing works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from hipper.pbx import dial, forwarding, rules
from hipper.pbx.dialling import resolve
from hipper.pbx.model import (
    CallerIdentity,
    DeviceKind,
    DivertReason,
    ExternalPlan,
    FeaturePlan,
    ForwardTo,
    OriginationFacts,
    Presentation,
    RefusedPlan,
    RingPlan,
    SubscriberContext,
    TerminationFacts,
)
from hipper.pbx.origination import decide
from hipper.pbx.services.bundles import GroupServices, SubscriberServices
from hipper.pbx.services.calling import (
    CallCapacityManagement,
    CallClass,
    OutgoingCallingPlan,
    Rates,
    SpeedDial8,
    SpeedDial100,
    SpeedDialEntry,
)
from hipper.pbx.services.reachability import (
    Anywhere,
    AnywhereLocation,
    RemoteOffice,
    SimultaneousRingNumber,
    SimultaneousRingPersonal,
)
from hipper.pbx.termination import decide as terminate
from hipper.telephony.numbers.e164 import E164
from tests.pbx.people import ANNA, changed

TARGET = E164("+4930123456")
STRANGER = CallerIdentity(presentation=Presentation.ALLOWED, number=E164("+31301234567"))
EXPENSIVE = Rates(international=2.0)

USED = OriginationFacts(
    last_dialled=TARGET,
    last_caller=TARGET,
    user_calls=3,
    group_calls=7,
    user_spent_today=20.0,
    user_spent_month=90.0,
    group_spent_month=400.0,
)


class Bar(NamedTuple):
    rule: str
    plan: OutgoingCallingPlan
    capacity: CallCapacityManagement | None = None


BARS = (
    Bar(rules.PLAN_BARRED_CLASS, OutgoingCallingPlan(barred=(CallClass.INTERNATIONAL,))),
    Bar(rules.PLAN_BARRED_PREFIX, OutgoingCallingPlan(barred_prefixes=("+49",))),
    Bar(rules.PLAN_CALLS_USER, OutgoingCallingPlan(max_calls_user=3)),
    Bar(rules.PLAN_CALLS_GROUP, OutgoingCallingPlan(max_calls_group=7)),
    Bar(rules.PLAN_CAPACITY, OutgoingCallingPlan(), CallCapacityManagement(max_outgoing=7)),
    Bar(rules.PLAN_SPENT_USER_DAY, OutgoingCallingPlan(spend_cap_user_day=20.0, rates=EXPENSIVE)),
    Bar(rules.PLAN_SPENT_USER_MONTH, OutgoingCallingPlan(spend_cap_user_month=90.0, rates=EXPENSIVE)),
    Bar(rules.PLAN_SPENT_GROUP_MONTH, OutgoingCallingPlan(spend_cap_group_month=400.0, rates=EXPENSIVE)),
)
OPEN = Bar("", OutgoingCallingPlan())

Stopped = str | None
"""The rule that stopped it, None when the leg leaves."""


def under(bar: Bar, **services: Any) -> SubscriberContext:
    return changed(
        ANNA,
        services=SubscriberServices(**services),
        group_services=GroupServices(
            group_outgoing_calling_plan=bar.plan, call_capacity_management=bar.capacity
        ),
    )


def verdict(plan: object) -> Stopped:
    if isinstance(plan, RefusedPlan):
        return plan.rule
    assert isinstance(plan, ExternalPlan), plan
    assert plan.number == TARGET
    return None


def dialled(caller: SubscriberContext, digits: str, device: DeviceKind) -> Stopped:
    plan = decide(
        caller,
        None,
        digits,
        anonymous_requested=False,
        identity_allowed_requested=False,
        device_kind=device,
        now=0.0,
        facts=USED,
    )
    return verdict(plan)


def handset(bar: Bar) -> Stopped:
    return dialled(under(bar), "004930123456", DeviceKind.MOBILE)


def desk_phone(bar: Bar) -> Stopped:
    return dialled(under(bar), TARGET, DeviceKind.DESK_PHONE)


def other_exchange(bar: Bar) -> Stopped:
    return dialled(under(bar), TARGET, DeviceKind.EXCHANGE)


def hidden_number(bar: Bar) -> Stopped:
    return dialled(under(bar), f"#31#{TARGET}", DeviceKind.DESK_PHONE)


def speed_dial_8(bar: Bar) -> Stopped:
    entries = (SpeedDialEntry(code="2", destination=TARGET),)
    return dialled(under(bar, speed_dial_8=SpeedDial8(entries=entries)), "2", DeviceKind.MOBILE)


def speed_dial_100(bar: Bar) -> Stopped:
    entries = (SpeedDialEntry(code="42", destination="#31#004930123456"),)
    caller = under(bar, speed_dial_100=SpeedDial100(entries=entries))
    return dialled(caller, "*042#", DeviceKind.MOBILE)


def redial(bar: Bar) -> Stopped:
    return dialled(under(bar), "*66", DeviceKind.DESK_PHONE)


def call_return(bar: Bar) -> Stopped:
    return dialled(under(bar), "*69", DeviceKind.DESK_PHONE)


def dial_command(bar: Bar) -> Stopped:
    plan = dial.decide(under(bar), None, TARGET, None, now=0.0, facts=USED)
    return verdict(plan.then if isinstance(plan, dial.DialPlan) else plan)


def dial_command_from_remote_office(bar: Bar) -> Stopped:
    caller = under(bar, remote_office=RemoteOffice(active=True, number=TARGET))
    plan = dial.decide(caller, None, "112233", None, now=0.0, facts=USED)
    assert isinstance(plan, RefusedPlan), "the other side is nobody"
    plan = dial.decide(caller, ANNA, "201", None, now=0.0, facts=USED)
    if isinstance(plan, RefusedPlan):
        return plan.rule
    (first,) = plan.first
    assert first.remote_number == TARGET
    return None


def diverted(bar: Bar, reason: DivertReason) -> Stopped:
    onward = ForwardTo(destination="004930123456", reason=reason, rule="forward.always")
    return verdict(forwarding.decide(under(bar), None, onward, STRANGER, now=0.0, facts=USED))


def forward(bar: Bar) -> Stopped:
    return diverted(bar, DivertReason.UNCONDITIONAL)


def redirect_302(bar: Bar) -> Stopped:
    return diverted(bar, DivertReason.DEFLECTION)


def follow_me(bar: Bar) -> Stopped:
    return diverted(bar, DivertReason.FOLLOW_ME)


def ringing_along(bar: Bar, **services: Any) -> Stopped:
    plan = terminate(
        under(bar, **services),
        STRANGER,
        on_net=False,
        reached=ANNA.numbers[1],
        exclude_device=None,
        now=0.0,
        facts=TerminationFacts(spending=USED),
    )
    assert isinstance(plan, RingPlan), plan
    if any(one.remote_number == TARGET for one in plan.targets):
        return None
    (skipped,) = [one for one in plan.skipped if one.device == f"remote:{TARGET}"]
    return skipped.rule


def anywhere(bar: Bar) -> Stopped:
    locations = (AnywhereLocation(number=TARGET),)
    return ringing_along(bar, anywhere=Anywhere(active=True, locations=locations))


def remote_office(bar: Bar) -> Stopped:
    return ringing_along(bar, remote_office=RemoteOffice(active=True, number=TARGET))


def simultaneous_ring(bar: Bar) -> Stopped:
    numbers = (SimultaneousRingNumber(number=TARGET),)
    service = SimultaneousRingPersonal(active=True, numbers=numbers)
    return ringing_along(bar, simultaneous_ring_personal=service)


DIALLED: tuple[Callable[[Bar], Stopped], ...] = (
    handset,
    desk_phone,
    other_exchange,
    hidden_number,
    speed_dial_8,
    speed_dial_100,
    redial,
    call_return,
    dial_command,
)
DIVERTED: tuple[Callable[[Bar], Stopped], ...] = (
    forward,
    redirect_302,
    follow_me,
    anywhere,
    remote_office,
    simultaneous_ring,
    dial_command_from_remote_office,
)


@pytest.mark.parametrize("way", DIALLED + DIVERTED)
def test_nothing_stops_a_leg_the_plan_allows(way: Callable[[Bar], Stopped]) -> None:
    assert way(OPEN) is None


@pytest.mark.parametrize("bar", BARS, ids=lambda bar: bar.rule)
@pytest.mark.parametrize("way", DIALLED + DIVERTED)
def test_every_way_is_stopped_by_every_bar_and_cap(way: Callable[[Bar], Stopped], bar: Bar) -> None:
    assert way(bar) == bar.rule


@pytest.mark.parametrize("way", DIVERTED)
def test_diverted_legs_are_stopped_by_what_is_barred_for_them(way: Callable[[Bar], Stopped]) -> None:
    only_diverted = Bar("", OutgoingCallingPlan(forward_barred=(CallClass.INTERNATIONAL,)))
    assert way(only_diverted) == rules.PLAN_BARRED_DIVERTED


@pytest.mark.parametrize("way", DIALLED)
def test_dialled_legs_are_not(way: Callable[[Bar], Stopped]) -> None:
    assert way(Bar("", OutgoingCallingPlan(forward_barred=(CallClass.INTERNATIONAL,)))) is None


def test_forward_to_a_barred_number_cannot_even_be_set_by_code() -> None:
    assert isinstance(resolve(under(OPEN), "*21*004930123456#"), FeaturePlan)
    for bar in BARS[:2]:
        plan = resolve(under(bar), "*21*004930123456#")
        assert isinstance(plan, RefusedPlan)
        assert plan.rule == bar.rule


@pytest.mark.parametrize("kind", list(DeviceKind))
def test_which_device_calls_changes_the_payer_and_never_the_plan(kind: DeviceKind) -> None:
    assert dialled(under(BARS[0]), TARGET, kind) == rules.PLAN_BARRED_CLASS
