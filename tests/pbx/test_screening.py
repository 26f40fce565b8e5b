"""Who gets through: calling plans, anonymous and selective rejection, criteria (seed 4.2, 9)."""

from __future__ import annotations

from typing import Any

import pytest

from hipper.pbx import rules
from hipper.pbx.model import (
    Announcement,
    CallerIdentity,
    CallerList,
    Number,
    Presentation,
    RefusedPlan,
    ServicePack,
)
from hipper.pbx.services.bundles import GroupServices
from hipper.pbx.services.criteria import Callers, Criterion
from hipper.pbx.services.schedules import Schedule, Schedules
from hipper.pbx.services.screening import (
    AnonymousCallRejection,
    IncomingCallingPlan,
    SelectiveCallAcceptance,
    SelectiveCallRejection,
)
from tests.pbx.asking import (
    ALL_OF_BRAM,
    ANONYMOUS,
    BAKEHOUSE,
    COLLEAGUE,
    EVENING,
    FIXED,
    MOBILE,
    OUTSIDER,
    SHOP,
    WORKING_HOURS,
    ask,
    bram,
    refused,
    ring,
)
from tests.pbx.people import changed

UNKNOWN = CallerIdentity(presentation=Presentation.ALLOWED)


class TestIncomingCallingPlan:
    @pytest.mark.parametrize(
        ("closed", "caller", "group"),
        [
            ("external", OUTSIDER, None),
            ("within_enterprise", COLLEAGUE, SHOP),
            ("within_group", COLLEAGUE, BAKEHOUSE),
            ("within_group", COLLEAGUE, None),
        ],
    )
    def test_each_column_closes_its_own_calls_only(
        self, closed: str, caller: CallerIdentity, group: Any
    ) -> None:
        columns = {"within_group": True, "within_enterprise": True, "external": True}
        shut = bram(GroupServices(incoming_calling_plan=IncomingCallingPlan(**(columns | {closed: False}))))
        plan = refused(shut, caller, caller_group=group)
        assert (plan.status, plan.cause, plan.rule) == (403, 21, rules.INCOMING_BARRED)
        assert plan.announcement is Announcement.NO_CALLS_TAKEN
        others = {name: name == closed for name in columns}
        ring(
            bram(GroupServices(incoming_calling_plan=IncomingCallingPlan(**others))),
            caller,
            caller_group=group,
        )


class TestAnonymousCallRejection:
    ON = AnonymousCallRejection(active=True)

    def test_withheld_caller_hears_that_no_calls_are_taken(self) -> None:
        plan = refused(bram(anonymous_call_rejection=self.ON), ANONYMOUS)
        assert (plan.status, plan.cause, plan.rule) == (433, 24, rules.REJECT_ANONYMOUS)
        assert plan.announcement is Announcement.NO_CALLS_TAKEN
        assert [skip.device for skip in plan.skipped] == ALL_OF_BRAM
        assert {skip.rule for skip in plan.skipped} == {rules.REJECT_ANONYMOUS}

    def test_not_within_the_group(self) -> None:
        called = bram(anonymous_call_rejection=self.ON)
        plan = ring(called, ANONYMOUS, on_net=True, caller_group=BAKEHOUSE)
        assert plan.considered == (rules.REJECT_NOT_COLLEAGUE,)
        assert refused(called, ANONYMOUS, on_net=True, caller_group=SHOP).rule == rules.REJECT_ANONYMOUS

    @pytest.mark.parametrize("caller", [OUTSIDER, UNKNOWN])
    def test_who_withholds_nothing_gets_through(self, caller: CallerIdentity) -> None:
        """A number that is unknown (from a network that does not pass it on) was not withheld."""
        ring(bram(anonymous_call_rejection=self.ON), caller)

    def test_off(self) -> None:
        ring(bram(anonymous_call_rejection=AnonymousCallRejection()), ANONYMOUS)


def rejecting(criterion: Criterion) -> Any:
    return bram(selective_call_rejection=SelectiveCallRejection(active=True, criteria=(criterion,)))


def meets(criterion: Criterion, caller: CallerIdentity = OUTSIDER, **how: Any) -> bool:
    """By whether selective rejection turns the call away."""
    plan = ask(rejecting(criterion), caller, **how)
    if isinstance(plan, RefusedPlan):
        assert plan.rule == rules.REJECT_SELECTIVE
        return True
    return False


class TestCriteria:
    @pytest.mark.parametrize(
        ("callers", "caller", "expected"),
        [
            (Callers.ANY, OUTSIDER, True),
            (Callers.ANY, ANONYMOUS, True),
            (Callers.ANONYMOUS, ANONYMOUS, True),
            (Callers.ANONYMOUS, UNKNOWN, True),
            (Callers.ANONYMOUS, OUTSIDER, False),
            (Callers.INTERNAL, COLLEAGUE, True),
            (Callers.INTERNAL, OUTSIDER, False),
            (Callers.EXTERNAL, OUTSIDER, True),
            (Callers.EXTERNAL, COLLEAGUE, False),
        ],
    )
    def test_callers(self, callers: Callers, caller: CallerIdentity, expected: bool) -> None:
        assert meets(Criterion(name="c", callers=callers), caller) is expected

    @pytest.mark.parametrize(
        ("numbers", "caller", "expected"),
        [
            (("+31201234599",), OUTSIDER, True),
            (("+31201234598", "+31201234599"), OUTSIDER, True),
            (("+3120*",), OUTSIDER, True),
            (("*",), OUTSIDER, True),
            (("+3110*",), OUTSIDER, False),
            (("+3120123459",), OUTSIDER, False),
            ((), OUTSIDER, False),
            (("201",), COLLEAGUE, True),
            (("*",), UNKNOWN, False),
        ],
    )
    def test_numbers(self, numbers: tuple[str, ...], caller: CallerIdentity, expected: bool) -> None:
        assert meets(Criterion(name="c", callers=Callers.NUMBERS, numbers=numbers), caller) is expected

    def test_a_list_never_finds_out_who_withholds_the_number(self) -> None:
        hidden = changed_identity(OUTSIDER, presentation=Presentation.RESTRICTED)
        criterion = Criterion(name="c", callers=Callers.NUMBERS, numbers=("+31201234599", "*"))
        assert meets(criterion)
        assert not meets(criterion, hidden)

    def test_extension_of_an_outsider_is_no_colleague(self) -> None:
        outsider = changed_identity(OUTSIDER, extension="201")
        assert not meets(Criterion(name="c", callers=Callers.NUMBERS, numbers=("201",)), outsider)

    @pytest.mark.parametrize(
        ("known_as", "reached", "expected"),
        [
            (None, FIXED, CallerList.BUSINESS),
            (None, MOBILE, CallerList.PRIVATE),
            (CallerList.PRIVATE, FIXED, CallerList.PRIVATE),
            (CallerList.BUSINESS, MOBILE, CallerList.BUSINESS),
        ],
    )
    def test_business_and_private_by_the_lists_then_by_the_number(
        self, known_as: CallerList | None, reached: Number, expected: CallerList
    ) -> None:
        how = {"reached": reached, "caller_list": known_as}
        for callers in (Callers.BUSINESS, Callers.PRIVATE):
            assert meets(Criterion(name="c", callers=callers), **how) is (callers.value == expected.value)

    def test_during_and_not_during(self) -> None:
        during, outside = Criterion(name="c", during="office"), Criterion(name="c", not_during="office")
        assert (meets(during, now=WORKING_HOURS), meets(during, now=EVENING)) == (True, False)
        assert (meets(outside, now=WORKING_HOURS), meets(outside, now=EVENING)) == (False, True)

    def test_a_schedule_that_does_not_exist_never_holds_and_is_noted(self) -> None:
        plan = ring(rejecting(Criterion(name="c", during="lunch")))
        assert plan.considered == (rules.SCHEDULE_UNKNOWN,)
        assert meets(Criterion(name="c", not_during="lunch"))

    def test_the_users_schedule_hides_the_groups(self) -> None:
        own = Schedule(name="office")
        called = bram(
            schedules=Schedules(schedules=(own,)),
            selective_call_rejection=SelectiveCallRejection(
                active=True, criteria=(Criterion(name="c", during="office"),)
            ),
        )
        ring(called)

    @pytest.mark.parametrize(
        ("numbers", "expected"), [((), True), (("202",), False), (("+31201234502",), True)]
    )
    def test_reached_number(self, numbers: tuple[str, ...], expected: bool) -> None:
        assert meets(Criterion(name="c", reached=numbers)) is expected

    def test_an_inactive_criterion_means_nothing(self) -> None:
        assert not meets(Criterion(name="c", active=False))

    def test_every_part_must_hold(self) -> None:
        both = Criterion(name="c", callers=Callers.EXTERNAL, during="office")
        assert meets(both)
        assert not meets(both, now=EVENING)
        assert not meets(both, COLLEAGUE)


class TestSelective:
    def test_rejection_says_no_calls_are_taken(self) -> None:
        plan = refused(rejecting(Criterion(name="c")))
        assert (plan.status, plan.cause, plan.announcement) == (603, 21, Announcement.NO_CALLS_TAKEN)

    def test_acceptance_takes_only_what_meets_a_criterion(self) -> None:
        colleagues = Criterion(name="c", callers=Callers.INTERNAL)
        called = bram(selective_call_acceptance=SelectiveCallAcceptance(active=True, criteria=(colleagues,)))
        ring(called, COLLEAGUE)
        plan = refused(called, OUTSIDER)
        assert (plan.status, plan.rule) == (603, rules.REJECT_NOT_ACCEPTED)

    @pytest.mark.parametrize("criteria", [(), (Criterion(name="c", active=False, callers=Callers.INTERNAL),)])
    def test_acceptance_without_an_active_criterion_is_not_in_use(
        self, criteria: tuple[Criterion, ...]
    ) -> None:
        ring(bram(selective_call_acceptance=SelectiveCallAcceptance(active=True, criteria=criteria)))

    def test_rejection_goes_before_acceptance(self) -> None:
        everybody = (Criterion(name="c"),)
        called = bram(
            selective_call_acceptance=SelectiveCallAcceptance(active=True, criteria=everybody),
            selective_call_rejection=SelectiveCallRejection(active=True, criteria=everybody),
        )
        assert refused(called).rule == rules.REJECT_SELECTIVE

    def test_switched_off_services_do_nothing(self) -> None:
        nobody = (Criterion(name="c", callers=Callers.NUMBERS),)
        ring(
            bram(
                selective_call_acceptance=SelectiveCallAcceptance(criteria=nobody),
                selective_call_rejection=SelectiveCallRejection(criteria=(Criterion(name="c"),)),
            )
        )

    def test_base_plus_has_neither(self) -> None:
        plan = ring(changed(rejecting(Criterion(name="c")), pack=ServicePack.BASE_PLUS))
        assert plan.considered == (rules.PACK_SELECTIVE_CALL_REJECTION,)


def changed_identity(identity: CallerIdentity, **fields: Any) -> CallerIdentity:
    values = {name: getattr(identity, name) for name in CallerIdentity.__struct_fields__}
    return CallerIdentity(**(values | fields))
