"""Numbers that ring along and are a colleague's: that user's telephones ring, on-net (seed 4.3, 5.7)."""

from __future__ import annotations

from typing import Any

import pytest

from hipper.pbx import rules
from hipper.pbx.explain_dry import Caller, Moment, dry_run
from hipper.pbx.ids import SubscriptionId, TenantId
from hipper.pbx.model import (
    CallerIdentity,
    ColleagueAlong,
    DeviceKind,
    Presentation,
    RingPlan,
    SubscriberContext,
    TariffClass,
)
from hipper.pbx.reaching_remote import named
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.calling import CallClass, OutgoingCallingPlan
from hipper.pbx.services.forwarding import CallForwardingAlways
from hipper.pbx.services.reachability import (
    Anywhere,
    AnywhereLocation,
    RemoteOffice,
    SimultaneousRingNumber,
    SimultaneousRingPersonal,
)
from hipper.pbx.services.screening import CallWaiting, DoNotDisturb
from tests.pbx.asking import (
    ALL_OF_BRAM,
    ANNA_ID,
    COLLEAGUE,
    FIXED,
    OUTSIDER,
    WORKING_HOURS,
    bram,
    ring,
)
from tests.pbx.people import ANNA, ANNA_FIXED, ANNA_MOBILE, changed

NOTHING_OUTSIDE = OutgoingCallingPlan(
    barred=tuple(one for one in CallClass if one is not CallClass.INTERNAL),
    forward_barred=tuple(one for one in CallClass if one is not CallClass.INTERNAL),
)


def with_anna(number: str, **services: Any) -> SubscriberContext:
    """Bram, with whom a number of Anna rings."""
    along = SimultaneousRingPersonal(active=True, numbers=(SimultaneousRingNumber(number=number),))
    return bram(simultaneous_ring_personal=along, **services)


def anna(**services: Any) -> SubscriberContext:
    return changed(ANNA, services=SubscriberServices(**services))


def asked(
    called: SubscriberContext,
    who: SubscriberContext = ANNA,
    caller: CallerIdentity = OUTSIDER,
    calls: int = 0,
    **facts: Any,
) -> RingPlan:
    return ring(called, caller, colleagues=(ColleagueAlong(context=who, calls=calls),), **facts)


def devices(plan: RingPlan) -> list[str]:
    return [str(target.device) for target in plan.targets]


def silent(plan: RingPlan) -> dict[str, str]:
    return {str(one.device): one.rule for one in plan.skipped}


@pytest.mark.parametrize("number", ["0201234501", ANNA_FIXED, ANNA_MOBILE, "201"])
def test_her_telephones_ring_and_no_number_outside_is_called(number: str) -> None:
    plan = asked(with_anna(number))
    assert devices(plan) == [*ALL_OF_BRAM, "anna-desk", "anna-mobile"]
    hers = [target for target in plan.targets if target.colleague == ANNA_ID]
    assert [target.kind for target in hers] == [DeviceKind.DESK_PHONE, DeviceKind.MOBILE]
    assert all(target.payer.tariff is TariffClass.ON_NET for target in hers)
    assert all(target.payer.subscription == SubscriptionId("bram-fixed-plan") for target in hers)
    assert {target.rule for target in hers} == {rules.SIMULTANEOUS_RINGS}


def test_dry_run_names_the_number_that_rings_along() -> None:
    stranger = Caller(number=OUTSIDER.number)
    found = dry_run(with_anna(ANNA_FIXED), FIXED, stranger, Moment(at=WORKING_HOURS), (ANNA,)).explained
    along = [one for one in found.devices if one.rings][len(ALL_OF_BRAM) :]
    assert [(one.device, one.label, one.number) for one in along] == [
        ("anna-desk", ANNA_FIXED, ANNA_FIXED),
        ("anna-mobile", ANNA_FIXED, ANNA_FIXED),
    ]


def test_calling_plan_judges_it_as_a_call_within_the_enterprise() -> None:
    called = with_anna(ANNA_FIXED, outgoing_calling_plan=NOTHING_OUTSIDE)
    assert "anna-desk" in devices(asked(called))
    assert silent(ring(called)) == {f"remote:{ANNA_FIXED}": rules.PLAN_BARRED_DIVERTED}


def test_delay_and_confirmation_are_those_of_the_entry() -> None:
    home = AnywhereLocation(number="201", confirm=True, delay_s=7)
    plan = asked(bram(anywhere=Anywhere(active=True, locations=(home,))))
    hers = [target for target in plan.targets if target.colleague]
    assert [(target.delay_s, target.confirm) for target in hers] == [(7.0, True), (7.0, True)]


def test_remote_office_at_a_colleagues_desk_rings_instead() -> None:
    plan = asked(bram(remote_office=RemoteOffice(active=True, number="0201234501")))
    assert devices(plan) == ["anna-desk", "anna-mobile"]


@pytest.mark.parametrize(
    ("who", "calls", "rule"),
    [
        (anna(do_not_disturb=DoNotDisturb(active=True)), 0, rules.BUSY_DO_NOT_DISTURB),
        (anna(call_waiting=CallWaiting(active=False)), 1, rules.BUSY_NO_CALL_WAITING),
        (
            anna(call_forwarding_always=CallForwardingAlways(active=True, destination="0612345699")),
            0,
            rules.DIVERT_LIMIT,
        ),
        (changed(ANNA, enabled=False), 0, rules.CALLED_DISABLED),
    ],
)
def test_her_own_rules_keep_her_telephones_silent(who: SubscriberContext, calls: int, rule: str) -> None:
    plan = asked(with_anna(ANNA_FIXED), who, calls=calls)
    assert devices(plan) == ALL_OF_BRAM
    assert silent(plan) == {f"remote:{ANNA_FIXED}": rule}


def test_numbers_that_ring_along_with_her_do_not_ring_for_him() -> None:
    hers = SimultaneousRingPersonal(active=True, numbers=(SimultaneousRingNumber(number="0612345699"),))
    plan = asked(with_anna(ANNA_FIXED), anna(simultaneous_ring_personal=hers))
    assert devices(plan) == [*ALL_OF_BRAM, "anna-desk", "anna-mobile"]


def test_who_calls_is_not_rung_along() -> None:
    plan = asked(with_anna("201"), caller=COLLEAGUE)
    assert devices(plan) == ALL_OF_BRAM
    assert silent(plan) == {"remote:201": rules.REMOTE_CALLING}


def test_who_diverted_the_call_is_not_rung_along() -> None:
    plan = asked(with_anna(ANNA_FIXED), diverted_by=(ANNA_ID,))
    assert silent(plan) == {f"remote:{ANNA_FIXED}": rules.DIVERT_LOOP}


def test_user_of_another_enterprise_is_called_outside() -> None:
    plan = asked(with_anna(ANNA_FIXED), changed(ANNA, tenant=TenantId("elsewhere")))
    (outside,) = [target for target in plan.targets if target.kind is DeviceKind.REMOTE]
    assert (outside.remote_number, outside.colleague) == (ANNA_FIXED, None)
    assert outside.payer.tariff is TariffClass.NATIONAL_FIXED


def test_caller_who_withholds_is_not_told_of_by_what_rings() -> None:
    hidden = CallerIdentity(presentation=Presentation.RESTRICTED, network_number=ANNA_MOBILE)
    assert "anna-desk" in devices(asked(with_anna(ANNA_FIXED), caller=hidden))


def test_directory_is_asked_about_the_numbers_in_force_once_each() -> None:
    along = SimultaneousRingPersonal(
        active=True, numbers=(SimultaneousRingNumber(number="201"), SimultaneousRingNumber(number="203"))
    )
    off = AnywhereLocation(number="204", active=False)
    called = bram(
        simultaneous_ring_personal=along,
        anywhere=Anywhere(active=True, locations=(AnywhereLocation(number="203"), off)),
        remote_office=RemoteOffice(active=False, number="205"),
    )
    assert sorted(named(called)) == ["201", "203"]
    assert named(bram()) == ()
