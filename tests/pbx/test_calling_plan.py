"""The outgoing calling plan: classes, prefixes, caps (seed 9; call-flows §2, toll fraud)."""

from __future__ import annotations

from typing import Any

import pytest

from hipper.pbx import rules
from hipper.pbx.calling_plan import Permission, permits
from hipper.pbx.calling_plan_default import DEFAULT_PLAN, effective_plan
from hipper.pbx.model import Announcement, OriginationFacts, ServicePack, SubscriberContext, TariffClass
from hipper.pbx.services.bundles import GroupServices, SubscriberServices
from hipper.pbx.services.calling import (
    CallCapacityManagement,
    CallClass,
    CountryRate,
    OutgoingCallingPlan,
    Rates,
)
from tests.pbx.people import ANNA, changed

DESTINATIONS = {
    CallClass.NATIONAL_FIXED: ["0301234567", "0881234567", "14020", "144"],
    CallClass.NATIONAL_MOBILE: ["0612345699", "+31612345699"],
    CallClass.SERVICE_FREE: ["0800-1234", "116111"],
    CallClass.SERVICE_PAID: ["0900-1234", "0906123456", "1888", "+881612345678", "+449098790000"],
    CallClass.INTERNATIONAL: ["+4930123456", "0044 20 7946 0018"],
}
EACH = [(call_class, digits) for call_class, listed in DESTINATIONS.items() for digits in listed]
OPEN = OutgoingCallingPlan()


def with_plan(
    plan: OutgoingCallingPlan | None = None, user: OutgoingCallingPlan | None = None, **group: Any
) -> SubscriberContext:
    return changed(
        ANNA,
        services=SubscriberServices(outgoing_calling_plan=user),
        group_services=GroupServices(group_outgoing_calling_plan=plan, **group),
    )


def ask(context: SubscriberContext, destination: str, **how: Any) -> Permission:
    return permits(context, destination, **({"diverted": False} | how))


class TestClasses:
    @pytest.mark.parametrize(("call_class", "digits"), EACH)
    def test_a_barred_class_is_refused_and_no_other_is(self, call_class: CallClass, digits: str) -> None:
        barred = ask(with_plan(OutgoingCallingPlan(barred=(call_class,))), digits)
        assert (barred.allowed, barred.rule) == (False, rules.PLAN_BARRED_CLASS)
        assert (barred.status, barred.cause, barred.announcement) == (403, 52, Announcement.CALL_BARRED)
        others = tuple(one for one in CallClass if one is not call_class)
        assert ask(with_plan(OutgoingCallingPlan(barred=others)), digits).rule == rules.PLAN_ALLOWED

    def test_colleagues_are_internal_whatever_their_number(self) -> None:
        plan = with_plan(OutgoingCallingPlan(barred=(CallClass.INTERNAL,)))
        for digits in ("202", "0201234502"):
            assert not ask(plan, digits, on_net=True).allowed
        plan = with_plan(OutgoingCallingPlan(barred=(CallClass.NATIONAL_FIXED,)))
        assert ask(plan, "0201234502", on_net=True).allowed

    @pytest.mark.parametrize("digits", ["299", "1233", "*21*0612345678#", "", "anna", "9" * 200, "+"])
    def test_what_names_nobody_outside_is_invalid(self, digits: str) -> None:
        permission = ask(with_plan(OPEN), digits)
        assert (permission.allowed, permission.status, permission.rule) == (False, 404, rules.PLAN_INVALID)

    @pytest.mark.parametrize(
        "number",
        [
            "+870773123456",  # Inmarsat
            "+881612345678",  # Iridium, Globalstar
            "+88213123456",
            "+883510012345",
            "+878101234567890",
            "+979123456789",  # international premium rate
            "+19005551234",
            "+449098790000",
            "+447012345678",  # personal numbers
            "+23221234567",  # no range of Sierra Leone
        ],
    )
    def test_satellites_and_premium_ranges_abroad_are_paid_services(self, number: str) -> None:
        assert ask(with_plan(OPEN), number).tariff is TariffClass.SERVICE_PAID
        assert not ask(with_plan(OutgoingCallingPlan(barred=(CallClass.SERVICE_PAID,))), number).allowed


class TestPrefixes:
    def test_the_longest_counts_and_goes_before_the_class(self) -> None:
        plan = with_plan(
            OutgoingCallingPlan(
                barred=(CallClass.INTERNATIONAL,),
                allowed_prefixes=("+49", "+49301"),
                barred_prefixes=("+4930", "+4930123"),
            )
        )
        verdicts = {
            "+498912345678": (True, rules.PLAN_ALLOWED_PREFIX),
            "+4930223456": (False, rules.PLAN_BARRED_PREFIX),
            "+493019876": (True, rules.PLAN_ALLOWED_PREFIX),
            "+4930123456": (False, rules.PLAN_BARRED_PREFIX),
            "+3225550123": (False, rules.PLAN_BARRED_CLASS),
        }
        for number, verdict in verdicts.items():
            permission = ask(plan, number)
            assert (permission.allowed, permission.rule) == verdict, number

    def test_colleagues_are_asked_for_their_class_alone(self) -> None:
        plan = with_plan(OutgoingCallingPlan(barred_prefixes=("+31", "2")))
        assert ask(plan, "0201234502", on_net=True).rule == rules.PLAN_ALLOWED
        assert ask(plan, "202", on_net=True).rule == rules.PLAN_ALLOWED
        assert not ask(plan, "0201234502").allowed

    def test_of_the_same_length_the_bar_wins(self) -> None:
        plan = with_plan(OutgoingCallingPlan(allowed_prefixes=("+49",), barred_prefixes=("+49",)))
        assert ask(plan, "+4930123456").rule == rules.PLAN_BARRED_PREFIX

    def test_short_numbers_are_meant_without_plus(self) -> None:
        plan = with_plan(OutgoingCallingPlan(barred_prefixes=("18",)))
        assert not ask(plan, "1888").allowed
        assert ask(plan, "0182123456").allowed
        assert ask(with_plan(OutgoingCallingPlan(barred_prefixes=("+3118",))), "1888").allowed


class TestDiverted:
    @pytest.mark.parametrize(("call_class", "digits"), EACH)
    def test_class_barred_for_diverted_legs_may_still_be_dialled(
        self, call_class: CallClass, digits: str
    ) -> None:
        plan = with_plan(OutgoingCallingPlan(forward_barred=(call_class,)))
        assert ask(plan, digits).allowed
        assert ask(plan, digits, diverted=True).rule == rules.PLAN_BARRED_DIVERTED

    def test_no_prefix_lifts_it(self) -> None:
        plan = OutgoingCallingPlan(forward_barred=(CallClass.INTERNATIONAL,), allowed_prefixes=("+4930",))
        assert not ask(with_plan(plan), "+4930123456", diverted=True).allowed

    def test_what_may_not_be_dialled_is_not_diverted_to(self) -> None:
        plan = with_plan(OutgoingCallingPlan(barred=(CallClass.NATIONAL_MOBILE,)))
        assert ask(plan, "0612345699", diverted=True).rule == rules.PLAN_BARRED_CLASS


class TestAlways:
    @pytest.mark.parametrize("digits", ["112", "+31112", "#31#112", "113", "0113", "0800-0113", "+318000113"])
    def test_112_and_113_pass_every_bar_and_cap_but_no_call_is_diverted_there(self, digits: str) -> None:
        plan = OutgoingCallingPlan(
            barred=tuple(CallClass),
            barred_prefixes=("+31", "1", "0"),
            max_calls_user=0,
            spend_cap_user_day=0.0,
        )
        context = with_plan(plan, call_capacity_management=CallCapacityManagement(max_calls=0))
        assert ask(context, digits, facts=OriginationFacts(user_calls=99)).allowed
        assert not ask(with_plan(OPEN), digits, diverted=True).allowed


class TestCalls:
    FACTS = OriginationFacts(user_calls=2, group_calls=5)

    @pytest.mark.parametrize(
        ("plan", "capacity", "rule"),
        [
            (OutgoingCallingPlan(max_calls_user=2), None, rules.PLAN_CALLS_USER),
            (OutgoingCallingPlan(max_calls_group=5), None, rules.PLAN_CALLS_GROUP),
            (OPEN, CallCapacityManagement(max_calls=5), rules.PLAN_CAPACITY),
            (OPEN, CallCapacityManagement(max_outgoing=5), rules.PLAN_CAPACITY),
        ],
    )
    @pytest.mark.parametrize("diverted", [False, True])
    def test_cap_reached(
        self, plan: OutgoingCallingPlan, capacity: CallCapacityManagement | None, rule: str, diverted: bool
    ) -> None:
        context = with_plan(plan, call_capacity_management=capacity)
        permission = ask(context, "0301234567", facts=self.FACTS, diverted=diverted)
        assert (permission.allowed, permission.rule) == (False, rule)
        assert (permission.status, permission.announcement) == (403, Announcement.LIMIT_REACHED)

    @pytest.mark.parametrize(
        ("plan", "capacity"),
        [
            (OutgoingCallingPlan(max_calls_user=3), None),
            (OutgoingCallingPlan(max_calls_group=6), None),
            (OPEN, CallCapacityManagement(max_calls=6, max_outgoing=6, max_incoming=0)),
        ],
    )
    def test_one_below_passes(
        self, plan: OutgoingCallingPlan, capacity: CallCapacityManagement | None
    ) -> None:
        context = with_plan(plan, call_capacity_management=capacity)
        assert ask(context, "0301234567", facts=self.FACTS).allowed

    def test_free_numbers_take_lines_but_no_money_and_colleagues_neither(self) -> None:
        context = with_plan(OutgoingCallingPlan(max_calls_user=0, max_calls_group=0))
        assert ask(context, "0800-1234", facts=self.FACTS).allowed
        context = with_plan(OPEN, call_capacity_management=CallCapacityManagement(max_calls=5))
        assert not ask(context, "0800-1234", facts=self.FACTS).allowed
        assert ask(context, "202", facts=self.FACTS, on_net=True).allowed

    def test_calls_that_came_in_take_of_what_the_group_may_have_in_all(self) -> None:
        facts = OriginationFacts(group_calls=1, group_incoming=4)
        for capacity, allowed in (
            (CallCapacityManagement(max_calls=5), False),
            (CallCapacityManagement(max_calls=6, max_outgoing=2), True),
        ):
            context = with_plan(OPEN, call_capacity_management=capacity)
            assert ask(context, "0301234567", facts=facts).allowed is allowed


class TestSpending:
    @pytest.mark.parametrize(
        ("plan", "facts", "rule"),
        [
            (
                OutgoingCallingPlan(spend_cap_user_day=10.0),
                OriginationFacts(user_spent_today=10.0),
                rules.PLAN_SPENT_USER_DAY,
            ),
            (
                OutgoingCallingPlan(spend_cap_user_month=10.0),
                OriginationFacts(user_spent_month=12.0),
                rules.PLAN_SPENT_USER_MONTH,
            ),
            (
                OutgoingCallingPlan(spend_cap_group_month=10.0),
                OriginationFacts(group_spent_month=9.999),
                rules.PLAN_SPENT_GROUP_MONTH,
            ),
        ],
    )
    def test_spent(self, plan: OutgoingCallingPlan, facts: OriginationFacts, rule: str) -> None:
        permission = ask(with_plan(plan), "+4930123456", facts=facts)
        assert (permission.allowed, permission.rule, permission.status) == (False, rule, 403)
        assert permission.announcement is Announcement.LIMIT_REACHED
        assert ask(with_plan(plan), "0301234567", facts=facts).allowed, "what costs nothing goes on"

    def test_what_is_left_is_how_long_the_call_may_last(self) -> None:
        plan = OutgoingCallingPlan(
            spend_cap_user_day=10.0, spend_cap_user_month=100.0, rates=Rates(international=0.5)
        )
        facts = OriginationFacts(user_spent_today=9.0, user_spent_month=50.0)
        permission = ask(with_plan(plan), "+4930123456", facts=facts)
        assert (permission.rate_per_minute, permission.max_duration_s) == (0.5, 120.0)

    def test_calls_that_are_up_share_what_is_left(self) -> None:
        plan = OutgoingCallingPlan(spend_cap_user_day=10.0, rates=Rates(international=1.0))
        facts = OriginationFacts(user_calls=3)
        assert ask(with_plan(plan), "+4930123456", facts=facts).max_duration_s == 150.0

    def test_without_cap_no_end(self) -> None:
        assert ask(with_plan(OPEN), "+4930123456").max_duration_s is None

    def test_rates_by_class_and_by_the_longest_calling_code(self) -> None:
        rates = Rates(
            national_fixed=0.01,
            national_mobile=0.05,
            service_paid=0.9,
            international=0.4,
            countries=(
                CountryRate(calling_code="1", rate=0.02),
                CountryRate(calling_code="1876", rate=0.7),
                CountryRate(calling_code="881", rate=6.0),
            ),
        )
        context = with_plan(OutgoingCallingPlan(rates=rates))
        costs = {
            "0301234567": 0.01,
            "0612345699": 0.05,
            "0900-1234": 0.9,
            "0800-1234": 0.0,
            "+4930123456": 0.4,
            "+12025550123": 0.02,
            "+18765230123": 0.7,
            "+881612345678": 6.0,
            "+449098790000": 0.9,
        }
        assert {digits: ask(context, digits).rate_per_minute for digits in costs} == costs

    def test_an_amount_that_is_no_number_is_spent(self) -> None:
        plan = with_plan(OutgoingCallingPlan(spend_cap_user_day=10.0))
        assert not ask(plan, "+4930123456", facts=OriginationFacts(user_spent_today=float("nan"))).allowed


class TestWhosePlan:
    def test_the_users_stands_in_place_of_the_groups(self) -> None:
        group = OutgoingCallingPlan(barred=(CallClass.INTERNATIONAL,), max_calls_user=1)
        context = with_plan(group, user=OPEN)
        assert ask(context, "+4930123456", facts=OriginationFacts(user_calls=5)).allowed

    def test_what_counts_for_the_group_stays_the_groups(self) -> None:
        group = OutgoingCallingPlan(
            max_calls_group=2, spend_cap_group_month=5.0, rates=Rates(international=2.0)
        )
        user = OutgoingCallingPlan(
            max_calls_group=99, spend_cap_group_month=9999.0, rates=Rates(international=0.0)
        )
        context = with_plan(group, user=user)
        assert not ask(context, "0301234567", facts=OriginationFacts(group_calls=2)).allowed
        assert not ask(context, "+4930123456", facts=OriginationFacts(group_spent_month=5.0)).allowed
        assert ask(context, "+4930123456").rate_per_minute == 2.0

    @pytest.mark.parametrize("pack", list(ServicePack))
    def test_holds_for_every_pack(self, pack: ServicePack) -> None:
        context = changed(with_plan(OutgoingCallingPlan(barred=(CallClass.INTERNATIONAL,))), pack=pack)
        assert not ask(context, "+4930123456").allowed
        barred = OutgoingCallingPlan(barred=(CallClass.NATIONAL_MOBILE,))
        assert not ask(changed(with_plan(user=barred), pack=pack), "0612345699").allowed


class TestDefault:
    """What holds when nobody set a plan."""

    def test_holds_without_a_plan(self) -> None:
        assert effective_plan(ANNA) == DEFAULT_PLAN

    @pytest.mark.parametrize(
        ("digits", "dialled", "diverted"),
        [
            ("0301234567", True, True),
            ("0612345699", True, True),
            ("0800-1234", True, True),
            ("+4930123456", True, False),
            ("0900-8844", True, False),
            ("1888", True, False),
            ("0906123456", False, False),
            ("0909123456", False, False),
            ("+881612345678", False, False),
            ("+449098790000", False, False),
            ("+19005551234", False, False),
        ],
    )
    def test_what_it_allows(self, digits: str, dialled: bool, diverted: bool) -> None:
        assert ask(ANNA, digits).allowed is dialled
        assert ask(ANNA, digits, diverted=True).allowed is diverted

    def test_what_slips_through_stays_small(self) -> None:
        assert not ask(ANNA, "0301234567", facts=OriginationFacts(user_calls=8)).allowed
        assert not ask(ANNA, "+4930123456", facts=OriginationFacts(user_spent_today=50.0)).allowed
        assert ask(ANNA, "+4930123456").max_duration_s == 6000.0
