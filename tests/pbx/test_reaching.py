"""Which telephones ring and how: own ones, delays, numbers that ring along, how it sounds (seed 4.3, 9)."""

from __future__ import annotations

from typing import Any

import pytest

from hipper.pbx import rules
from hipper.pbx.ids import DeviceId, SubscriptionId
from hipper.pbx.model import (
    CallerIdentity,
    Device,
    DeviceKind,
    OriginationFacts,
    Presentation,
    RingPlan,
    RingTarget,
    ServicePack,
    SubscriberContext,
    TariffClass,
)
from hipper.pbx.services.availability import Availability, NumberAvailability, Treatment
from hipper.pbx.services.bundles import GroupServices
from hipper.pbx.services.calling import (
    CallClass,
    ExternalCallingLineIdDelivery,
    OutgoingCallingPlan,
    Rates,
)
from hipper.pbx.services.criteria import Callers, Criterion
from hipper.pbx.services.forwarding import CallForwardingNoAnswer, DiversionInhibitor
from hipper.pbx.services.reachability import (
    Anywhere,
    AnywhereLocation,
    DeviceDelay,
    RemoteOffice,
    RingOrder,
    SimultaneousRingNumber,
    SimultaneousRingPersonal,
)
from hipper.pbx.services.screening import AlternateNumbers, DistinctiveRing, PriorityAlert
from hipper.telephony.numbers.e164 import E164
from tests.pbx.asking import (
    ALL_OF_BRAM,
    ALTERNATE,
    ANNA_ID,
    ANONYMOUS,
    BRAM_ID,
    COLLEAGUE,
    EVENING,
    FIXED,
    OUTSIDER,
    WORKING_HOURS,
    bram,
    refused,
    ring,
)
from tests.pbx.people import BRAM, changed

HOME = "+31201234560"
GSM = "+31612345660"
REMOTE_HOME = f"remote:{HOME}"


def at_home(**location: Any) -> SubscriberContext:
    one = AnywhereLocation(**({"number": HOME} | location))
    return bram(anywhere=Anywhere(active=True, locations=(one,)))


def along(*numbers: str, **settings: Any) -> SimultaneousRingPersonal:
    return SimultaneousRingPersonal(
        active=True, numbers=tuple(SimultaneousRingNumber(number=number) for number in numbers), **settings
    )


def devices(plan: RingPlan) -> list[str]:
    return [str(target.device) for target in plan.targets]


def why(plan: RingPlan, device: str) -> str:
    (found,) = [skip.rule for skip in plan.skipped if skip.device == device]
    return found


def the_remote(plan: RingPlan) -> RingTarget:
    (found,) = [target for target in plan.targets if target.kind is DeviceKind.REMOTE]
    return found


class TestOwnDevices:
    def test_a_telephone_of_another_exchange(self) -> None:
        there = Device(
            id=DeviceId("x"), kind=DeviceKind.EXCHANGE, label="Old", exchange="asterisk", aor_user="6001"
        )
        (target,) = ring(changed(BRAM, devices=(there,))).targets
        assert (target.kind, target.exchange, target.aor_user) == (DeviceKind.EXCHANGE, "asterisk", "6001")
        assert (target.mobile_network, target.mobile_number) == (None, None)
        assert target.payer.subscription == SubscriptionId("bram-fixed-plan")

    @pytest.mark.parametrize("lost", [{"exchange": None}, {"aor_user": None}])
    def test_without_an_address_there_it_cannot_ring(self, lost: dict[str, None]) -> None:
        there = {"exchange": "asterisk", "aor_user": "6001"} | lost
        device = Device(id=DeviceId("x"), kind=DeviceKind.EXCHANGE, label="Old", **there)
        assert refused(changed(BRAM, devices=(device,))).skipped[0].rule == rules.DEVICE_NO_ADDRESS

    def test_all_ring_at_once_unless_the_user_ordered_them(self) -> None:
        assert {target.delay_s for target in ring(bram()).targets} == {0.0}
        order = RingOrder(delays=(DeviceDelay(device="bram-mobile", delay_s=10),))
        plan = ring(bram(ring_order=order))
        assert [target.delay_s for target in plan.targets] == [0.0, 0.0, 10.0]

    def test_delays_count_from_the_first_that_rings(self) -> None:
        order = RingOrder(
            delays=tuple(
                DeviceDelay(device=device, delay_s=delay)
                for device, delay in [("bram-desk", 0), ("bram-oven", 5), ("bram-mobile", 15)]
            )
        )
        silent = (changed(BRAM.devices[0], rings=False), *BRAM.devices[1:])
        plan = ring(changed(bram(ring_order=order), devices=silent))
        assert [(target.device, target.delay_s) for target in plan.targets] == [
            ("bram-oven", 0.0),
            ("bram-mobile", 10.0),
        ]

    def test_who_would_begin_when_it_is_over_is_skipped(self) -> None:
        order = RingOrder(delays=(DeviceDelay(device="bram-mobile", delay_s=12),))
        after = CallForwardingNoAnswer(active=True, destination="201", after_s=12)
        plan = ring(bram(ring_order=order, call_forwarding_no_answer=after))
        assert devices(plan) == ["bram-desk", "bram-oven"]
        assert why(plan, "bram-mobile") == rules.DEVICE_TOO_LATE


class TestAnywhere:
    def test_a_location_rings_along_and_the_fixed_subscription_pays(self) -> None:
        plan = ring(at_home(confirm=True, delay_s=5))
        assert devices(plan) == [*ALL_OF_BRAM, REMOTE_HOME]
        target = the_remote(plan)
        assert target.remote_number == HOME
        assert (target.confirm, target.delay_s, target.inhibited) == (True, 5.0, True)
        assert target.payer.subscription == SubscriptionId("bram-fixed-plan")
        assert target.payer.tariff is TariffClass.NATIONAL_FIXED
        assert target.rule == rules.ANYWHERE_RINGS

    def test_by_schedule(self) -> None:
        called = at_home(during="office")
        assert REMOTE_HOME in devices(ring(called, now=WORKING_HOURS))
        assert why(ring(called, now=EVENING), REMOTE_HOME) == rules.REMOTE_OUTSIDE_SCHEDULE
        unknown = ring(at_home(during="lunch"))
        assert why(unknown, REMOTE_HOME) == rules.REMOTE_OUTSIDE_SCHEDULE
        assert unknown.considered == (rules.SCHEDULE_UNKNOWN,)

    def test_by_hand(self) -> None:
        assert why(ring(at_home(active=False)), REMOTE_HOME) == rules.REMOTE_SWITCHED_OFF
        off = bram(anywhere=Anywhere(locations=(AnywhereLocation(number=HOME),)))
        assert devices(ring(off)) == ALL_OF_BRAM

    def test_diversion_inhibitor_per_location_or_for_all(self) -> None:
        open_location = AnywhereLocation(number=HOME, diversion_inhibitor=False)
        service = Anywhere(active=True, locations=(open_location,))
        assert not the_remote(ring(bram(anywhere=service))).inhibited
        both = bram(anywhere=service, diversion_inhibitor=DiversionInhibitor(active=True))
        assert the_remote(ring(both)).inhibited

    def test_not_in_base_plus(self) -> None:
        plan = ring(changed(at_home(), pack=ServicePack.BASE_PLUS))
        assert devices(plan) == ["bram-desk", "bram-oven"]
        assert plan.considered == (rules.PACK_ANYWHERE,)


class TestSimultaneousRing:
    def test_rings_along(self) -> None:
        plan = ring(bram(simultaneous_ring_personal=along(HOME, GSM)))
        assert devices(plan) == [*ALL_OF_BRAM, REMOTE_HOME, f"remote:{GSM}"]
        tariffs = [target.payer.tariff for target in plan.targets[3:]]
        assert tariffs == [TariffClass.NATIONAL_FIXED, TariffClass.NATIONAL_MOBILE]

    def test_by_criteria_any_of_them(self) -> None:
        criteria = (
            Criterion(name="in", callers=Callers.INTERNAL),
            Criterion(name="late", not_during="office"),
        )
        called = bram(simultaneous_ring_personal=along(HOME, criteria=criteria))
        assert REMOTE_HOME in devices(ring(called, COLLEAGUE, now=WORKING_HOURS))
        assert REMOTE_HOME in devices(ring(called, OUTSIDER, now=EVENING))
        assert why(ring(called, OUTSIDER, now=WORKING_HOURS), REMOTE_HOME) == rules.REMOTE_NO_CRITERION

    def test_not_while_in_a_call(self) -> None:
        called = bram(simultaneous_ring_personal=along(HOME, not_while_in_call=True))
        assert REMOTE_HOME in devices(ring(called))
        assert why(ring(called, calls=1), REMOTE_HOME) == rules.REMOTE_IN_CALL
        plain = bram(simultaneous_ring_personal=along(HOME))
        assert REMOTE_HOME in devices(ring(plain, calls=1))

    def test_a_number_two_services_name_rings_once_as_the_first_says(self) -> None:
        called = bram(
            anywhere=Anywhere(active=True, locations=(AnywhereLocation(number=HOME, confirm=True),)),
            simultaneous_ring_personal=along(HOME),
        )
        target = the_remote(ring(called))
        assert (target.confirm, target.rule) == (True, rules.ANYWHERE_RINGS)

    def test_a_number_one_service_holds_back_rings_for_the_other(self) -> None:
        called = bram(
            anywhere=Anywhere(active=True, locations=(AnywhereLocation(number=HOME, active=False),)),
            simultaneous_ring_personal=along(HOME),
        )
        plan = ring(called)
        assert the_remote(plan).rule == rules.SIMULTANEOUS_RINGS
        assert plan.skipped == ()

    def test_ten_numbers_at_most(self) -> None:
        numbers = along(*(f"+312012345{n}" for n in range(60, 72)))
        no_caps = OutgoingCallingPlan()
        plan = ring(bram(simultaneous_ring_personal=numbers, outgoing_calling_plan=no_caps))
        assert len([target for target in plan.targets if target.kind is DeviceKind.REMOTE]) == 10
        assert {skip.rule for skip in plan.skipped} == {rules.REMOTE_TOO_MANY}
        assert len(plan.skipped) == 2


class TestRemoteOffice:
    OFFICE = RemoteOffice(active=True, number=HOME)

    def test_rings_instead_of_the_users_own_telephones(self) -> None:
        plan = ring(bram(remote_office=self.OFFICE))
        assert devices(plan) == [REMOTE_HOME]
        assert {skip.rule for skip in plan.skipped} == {rules.DEVICE_REMOTE_OFFICE}

    def test_others_ring_along_with_it(self) -> None:
        plan = ring(bram(remote_office=self.OFFICE, simultaneous_ring_personal=along(GSM)))
        assert devices(plan) == [REMOTE_HOME, f"remote:{GSM}"]

    @pytest.mark.parametrize("number", ["112", "+31612345602", "+4930123456", None])
    def test_a_number_that_may_not_ring_leaves_the_own_telephones_ringing(self, number: str | None) -> None:
        plan = ring(bram(remote_office=RemoteOffice(active=True, number=number)))
        assert devices(plan) == ALL_OF_BRAM


class TestRemoteNumberThatMayNotRing:
    @pytest.mark.parametrize(
        ("number", "rule"),
        [
            ("112", rules.FORWARD_EMERGENCY),
            ("+31112", rules.FORWARD_EMERGENCY),
            ("0800-0113", rules.PLAN_BARRED_DIVERTED),
            ("anna", rules.REMOTE_INVALID),
            ("201", rules.REMOTE_INVALID),
            ("*11", rules.REMOTE_INVALID),
            ("020 123 4502", rules.REMOTE_OWN),
            ("+31612345602", rules.REMOTE_OWN),
            ("+31201234599", rules.REMOTE_CALLING),
            ("+4930123456", rules.PLAN_BARRED_DIVERTED),
            ("+31906123456", rules.PLAN_BARRED_DIVERTED),
        ],
    )
    def test_says_why(self, number: str, rule: str) -> None:
        plan = ring(bram(simultaneous_ring_personal=along(number)))
        assert devices(plan) == ALL_OF_BRAM
        assert [skip.rule for skip in plan.skipped] == [rule]

    def test_the_calling_plan_is_asked(self) -> None:
        service = along(HOME, GSM)
        barred = OutgoingCallingPlan(barred=(CallClass.NATIONAL_MOBILE,))
        plan = ring(bram(simultaneous_ring_personal=service, outgoing_calling_plan=barred))
        assert REMOTE_HOME in devices(plan)
        assert why(plan, f"remote:{GSM}") == rules.PLAN_BARRED_CLASS

    def test_each_that_rings_along_counts_for_the_cap_on_calls_at_once(self) -> None:
        cap = OutgoingCallingPlan(max_calls_user=3)
        called = bram(simultaneous_ring_personal=along(HOME, GSM), outgoing_calling_plan=cap)
        plan = ring(called, spending=OriginationFacts(user_calls=2))
        assert REMOTE_HOME in devices(plan)
        assert why(plan, f"remote:{GSM}") == rules.PLAN_CALLS_USER
        group = GroupServices(group_outgoing_calling_plan=OutgoingCallingPlan(max_calls_group=5))
        of_group = ring(
            bram(group, simultaneous_ring_personal=along(HOME, GSM)), spending=OriginationFacts(group_calls=4)
        )
        assert why(of_group, f"remote:{GSM}") == rules.PLAN_CALLS_GROUP

    def test_caps_hold_and_the_rate_is_the_groups(self) -> None:
        rates = OutgoingCallingPlan(rates=Rates(national_fixed=0.05), spend_cap_user_day=1.0)
        group = GroupServices(group_outgoing_calling_plan=rates)
        called = bram(group, simultaneous_ring_personal=along(HOME))
        assert the_remote(ring(called)).rate_per_minute == 0.05
        assert the_remote(ring(called)).max_duration_s == pytest.approx(1200)
        spent = ring(called, spending=OriginationFacts(user_spent_today=1.0))
        assert why(spent, REMOTE_HOME) == rules.PLAN_SPENT_USER_DAY

    def test_explain_does_not_tell_who_withholds_the_number(self) -> None:
        hidden = CallerIdentity(
            presentation=Presentation.RESTRICTED, number=E164(HOME), network_number=E164(HOME)
        )
        assert REMOTE_HOME in devices(ring(bram(simultaneous_ring_personal=along(HOME)), hidden))

    def test_two_users_who_ring_each_other_along_ring_once(self) -> None:
        called = bram(simultaneous_ring_personal=along(HOME))
        plan = ring(called, diverted_by=(BRAM_ID, ANNA_ID), diversions=2)
        assert why(plan, REMOTE_HOME) == rules.DIVERT_LOOP
        assert why(ring(called, diversions=5), REMOTE_HOME) == rules.DIVERT_LIMIT
        assert REMOTE_HOME in devices(ring(called, diverted_by=(ANNA_ID,), diversions=1))

    def test_availability_names_it_like_a_device(self) -> None:
        def only(*names: str) -> SubscriberContext:
            one = NumberAvailability(number="fixed", inside=Treatment(devices=names))
            return bram(availability=Availability(numbers=(one,)), simultaneous_ring_personal=along(HOME))

        assert why(ring(only("bram-desk")), REMOTE_HOME) == rules.DEVICE_NOT_CHOSEN
        assert devices(ring(only("bram-desk", REMOTE_HOME))) == ["bram-desk", REMOTE_HOME]


class TestHowItRings:
    PRIORITY = PriorityAlert(active=True, criteria=(Criterion(name="in", callers=Callers.INTERNAL),))
    NUMBERS = AlternateNumbers(
        distinctive=(
            DistinctiveRing(number="+31201234577", ring=2),
            DistinctiveRing(number="+31201234578", ring=3),
            DistinctiveRing(number="+31201234502", ring=7),
        )
    )

    def test_priority_at_the_desk(self) -> None:
        called = bram(priority_alert=self.PRIORITY)
        plan = ring(called, COLLEAGUE)
        assert [target.alert for target in plan.targets] == ["<urn:alert:priority:high>"] * 2 + [None]
        assert plan.considered == (rules.ALERT_PRIORITY,)
        assert {target.alert for target in ring(called, OUTSIDER).targets} == {None}

    def test_second_and_third_number(self) -> None:
        called = bram(alternate_numbers=self.NUMBERS)
        second = ring(called, reached=ALTERNATE)
        assert second.targets[0].alert == "<http://127.0.0.1/Bellcore-dr2>"
        third = ring(called, reached=changed(ALTERNATE, e164=E164("+31201234578")))
        assert third.targets[0].alert == "<http://127.0.0.1/Bellcore-dr3>"
        assert ring(called, reached=FIXED).targets[0].alert is None

    def test_priority_goes_before_the_number(self) -> None:
        called = bram(priority_alert=self.PRIORITY, alternate_numbers=self.NUMBERS)
        assert ring(called, COLLEAGUE, reached=ALTERNATE).targets[0].alert == "<urn:alert:priority:high>"

    def test_neither_is_in_base_plus(self) -> None:
        called = bram(priority_alert=self.PRIORITY, alternate_numbers=self.NUMBERS)
        plan = ring(changed(called, pack=ServicePack.BASE_PLUS), COLLEAGUE, reached=ALTERNATE)
        assert {target.alert for target in plan.targets} == {None}
        assert set(plan.considered) == {rules.PACK_PRIORITY_ALERT, rules.PACK_ALTERNATE_NUMBERS}


class TestExternalCallingLineIdDelivery:
    OFF = ExternalCallingLineIdDelivery(active=False)

    def test_off_the_users_devices_do_not_show_who_calls_from_outside(self) -> None:
        plan = ring(bram(external_calling_line_id_delivery=self.OFF))
        assert plan.identity.presentation is Presentation.RESTRICTED
        assert (plan.identity.number, plan.identity.name) == (None, None)
        assert plan.passed_on == OUTSIDER
        assert plan.considered == (rules.CALLER_HIDDEN,)

    def test_colleagues_are_shown(self) -> None:
        plan = ring(bram(external_calling_line_id_delivery=self.OFF), COLLEAGUE)
        assert (plan.identity, plan.passed_on) == (COLLEAGUE, None)

    def test_who_withholds_stays_withheld_for_whoever_is_next(self) -> None:
        plan = ring(bram(external_calling_line_id_delivery=self.OFF), ANONYMOUS)
        assert (plan.identity, plan.passed_on) == (ANONYMOUS, None)

    def test_on_unless_switched_off(self) -> None:
        assert ring(bram()).identity == OUTSIDER
        assert ring(bram(external_calling_line_id_delivery=ExternalCallingLineIdDelivery())).passed_on is None
