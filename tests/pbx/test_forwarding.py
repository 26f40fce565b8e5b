"""Legs a call is diverted over: originated for the forwarder (call-flows §2, §3)."""

from __future__ import annotations

from typing import Any

import pytest

from hipper.pbx import rules
from hipper.pbx.forwarding import decide
from hipper.pbx.ids import SubscriptionId, TenantId
from hipper.pbx.model import (
    CallerIdentity,
    DivertReason,
    ExternalPlan,
    ForwardTo,
    OnNetPlan,
    OriginationFacts,
    Presentation,
    RefusedPlan,
    SubscriberContext,
    TariffClass,
)
from hipper.pbx.services.bundles import GroupServices
from hipper.pbx.services.calling import CallClass, OutgoingCallingPlan, Rates
from hipper.telephony.numbers.e164 import E164
from tests.pbx.people import ANNA, BRAM, changed

STRANGER = CallerIdentity(presentation=Presentation.ALLOWED, number=E164("+31301234567"))


def forward(
    destination: str,
    called: SubscriberContext | None = None,
    forwarder: SubscriberContext = ANNA,
    reason: DivertReason = DivertReason.UNCONDITIONAL,
    caller: CallerIdentity = STRANGER,
    **how: Any,
) -> OnNetPlan | ExternalPlan | RefusedPlan:
    onward = ForwardTo(destination=destination, reason=reason, rule="forward.always")
    return decide(forwarder, called, onward, caller, now=0.0, **how)


def refused(*args: Any, **how: Any) -> RefusedPlan:
    plan = forward(*args, **how)
    assert isinstance(plan, RefusedPlan), plan
    return plan


@pytest.mark.parametrize("destination", ["202", "0201234502", "+31 6 12345602", "1234502"])
def test_to_a_colleague_is_on_net_and_shows_the_caller(destination: str) -> None:
    plan = forward(destination, BRAM)
    assert isinstance(plan, OnNetPlan)
    assert (plan.called, plan.rule) == (BRAM.subscriber, rules.FORWARD_ON_NET)
    assert plan.identity.number == STRANGER.number
    assert (plan.payer.subscription, plan.payer.tariff) == (ANNA.fixed_subscription, TariffClass.ON_NET)


def test_outside_the_forwarders_fixed_subscription_pays() -> None:
    plan = forward("0612345699")
    assert isinstance(plan, ExternalPlan)
    assert (plan.number, plan.rule) == ("+31612345699", rules.FORWARD_EXTERNAL)
    assert plan.payer.subscription == SubscriptionId("anna-fixed-plan")
    assert plan.payer.tariff is TariffClass.NATIONAL_MOBILE
    assert plan.identity.number == STRANGER.number
    assert plan.identity_rule == rules.IDENTITY_ORIGINAL_CALLER
    mobile_only = changed(ANNA, fixed_subscription=None)
    paid = forward("0612345699", forwarder=mobile_only)
    assert isinstance(paid, ExternalPlan)
    assert paid.payer.subscription == SubscriptionId("anna-mobile-plan")


def test_digits_are_the_forwarders() -> None:
    belgian = changed(ANNA, country="BE", area_code="2")
    plan = forward("025550123", forwarder=belgian)
    assert isinstance(plan, ExternalPlan)
    assert plan.number == "+3225550123"


def test_a_code_in_the_destination_says_nothing_about_the_callers_number() -> None:
    plan = forward("#31#0612345699")
    assert isinstance(plan, ExternalPlan)
    assert plan.identity.presentation is Presentation.ALLOWED
    hidden = CallerIdentity(presentation=Presentation.RESTRICTED, network_number=STRANGER.number)
    plan = forward("*31#0612345699", caller=hidden)
    assert isinstance(plan, ExternalPlan)
    assert (plan.identity.presentation, plan.identity.number) == (Presentation.RESTRICTED, None)


@pytest.mark.parametrize("reason", list(DivertReason))
@pytest.mark.parametrize(
    ("destination", "rule"),
    [
        ("112", rules.FORWARD_EMERGENCY),
        ("+31112", rules.FORWARD_EMERGENCY),
        ("0112", rules.FORWARD_EMERGENCY),
        ("#31#112", rules.FORWARD_EMERGENCY),
        ("urn:service:sos", rules.FORWARD_EMERGENCY),
        ("113", rules.FORWARD_EMERGENCY),
        ("0800-0113", rules.FORWARD_EMERGENCY),
        ("*21*0612345699#", rules.FORWARD_CODE),
        ("*66", rules.FORWARD_CODE),
        ("*11", rules.FORWARD_CODE),
        ("1233", rules.FORWARD_CODE),
        ("2", rules.FORWARD_INVALID),
        ("", rules.FORWARD_INVALID),
        ("anna", rules.FORWARD_INVALID),
        ("299", rules.FORWARD_UNKNOWN),
        ("201", rules.FORWARD_ONESELF),
        ("0201234501", rules.FORWARD_ONESELF),
        ("0612345601", rules.FORWARD_ONESELF),
    ],
)
def test_refused(reason: DivertReason, destination: str, rule: str) -> None:
    for called in (None, ANNA):
        assert refused(destination, called, reason=reason).rule == rule


def test_disabled_user_diverts_nothing() -> None:
    assert refused("0612345699", forwarder=changed(ANNA, enabled=False)).rule == rules.FORWARD_DISABLED


def test_user_of_another_tenant_is_an_outsider() -> None:
    stranger = changed(BRAM, tenant=TenantId("butcher"))
    assert isinstance(forward("0201234502", stranger), ExternalPlan)
    assert refused("202", stranger).rule == rules.FORWARD_UNKNOWN


def test_calling_plan_and_caps_of_the_forwarder_hold() -> None:
    plan = OutgoingCallingPlan(
        forward_barred=(CallClass.NATIONAL_MOBILE,),
        max_calls_user=2,
        spend_cap_user_day=1.0,
        rates=Rates(national_fixed=0.1),
    )
    anna = changed(ANNA, group_services=GroupServices(group_outgoing_calling_plan=plan))
    assert refused("0612345699", forwarder=anna).rule == rules.PLAN_BARRED_DIVERTED
    busy = OriginationFacts(user_calls=2)
    assert refused("0301234599", forwarder=anna, facts=busy).rule == rules.PLAN_CALLS_USER
    spent = OriginationFacts(user_spent_today=1.0)
    assert refused("0301234599", forwarder=anna, facts=spent).rule == rules.PLAN_SPENT_USER_DAY
    left = forward("0301234599", forwarder=anna, facts=OriginationFacts(user_spent_today=0.5))
    assert isinstance(left, ExternalPlan)
    assert (left.rate_per_minute, left.max_duration_s) == (0.1, 300.0)
    internal = OutgoingCallingPlan(forward_barred=(CallClass.INTERNAL,))
    anna = changed(ANNA, group_services=GroupServices(group_outgoing_calling_plan=internal))
    assert refused("202", BRAM, anna).rule == rules.PLAN_BARRED_DIVERTED
