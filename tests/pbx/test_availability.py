"""Availability per number and by profile, for business and private callers (seed 4.7.1, 5.3, 5.6)."""

from __future__ import annotations

from typing import Any

import pytest

from hipper.pbx import rules
from hipper.pbx.model import Announcement, CallerList, DivertReason, Number, SubscriberContext
from hipper.pbx.services.availability import (
    Action,
    Availability,
    NumberAvailability,
    Profile,
    ProfileBySchedule,
    RejectAnnouncement,
    Treatment,
)
from hipper.pbx.services.forwarding import CallForwardingAlways, Voicemail
from tests.pbx.asking import (
    ALL_OF_BRAM,
    ALTERNATE,
    BOX,
    EVENING,
    EXTENSION,
    FIXED,
    MOBILE,
    WORKING_HOURS,
    bram,
    forwarded,
    refused,
    ring,
    to_voicemail,
)

REJECT = Treatment(action=Action.REJECT)
TO_BOX = Treatment(action=Action.VOICEMAIL)
TO_DESK = Treatment(action=Action.FORWARD, destination="201")


def office_hours(outside: Treatment = REJECT, number: str = "fixed", **more: Any) -> SubscriberContext:
    """The number is answered during office hours only."""
    one = NumberAvailability(number=number, schedule="office", outside=outside)
    return bram(availability=Availability(numbers=(one,)), **more)


def with_profile(profile: Profile, **more: Any) -> SubscriberContext:
    return bram(availability=Availability(profiles=(profile,), active_profile=profile.name), **more)


class TestPerNumber:
    def test_fixed_number_in_office_hours_only_while_the_mobile_number_always_rings(self) -> None:
        """The example of seed 5.6."""
        ring(office_hours(), reached=FIXED, now=WORKING_HOURS)
        plan = refused(office_hours(), reached=FIXED, now=EVENING)
        assert (plan.status, plan.cause, plan.rule) == (603, 21, rules.AVAILABILITY_REJECT)
        assert plan.announcement is Announcement.NO_CALLS_TAKEN
        ring(office_hours(), reached=MOBILE, now=EVENING)

    @pytest.mark.parametrize(
        ("name", "number"),
        [("extension", EXTENSION), ("fixed", FIXED), ("mobile", MOBILE), ("+31201234577", ALTERNATE)],
    )
    def test_each_number_has_its_own(self, name: str, number: Number) -> None:
        called = office_hours(number=name)
        assert refused(called, reached=number, now=EVENING).rule == rules.AVAILABILITY_REJECT
        for other in (EXTENSION, FIXED, MOBILE, ALTERNATE):
            if other is not number:
                ring(called, reached=other, now=EVENING)

    def test_outside_to_voicemail(self) -> None:
        onward = to_voicemail(office_hours(TO_BOX, voicemail=BOX), now=EVENING)
        assert (onward.reason, onward.rule) == (DivertReason.TIME_OF_DAY, rules.AVAILABILITY_VOICEMAIL)

    def test_voicemail_that_is_off_takes_no_call(self) -> None:
        plan = refused(office_hours(TO_BOX, voicemail=Voicemail()), now=EVENING)
        assert (plan.status, plan.rule) == (480, rules.VOICEMAIL_OFF)
        assert plan.announcement is Announcement.USER_UNAVAILABLE
        assert plan.considered == (rules.AVAILABILITY_VOICEMAIL,)

    def test_outside_forward(self) -> None:
        onward = forwarded(office_hours(TO_DESK), now=EVENING)
        assert (onward.destination, onward.reason) == ("201", DivertReason.TIME_OF_DAY)
        assert onward.rule == rules.AVAILABILITY_FORWARD

    @pytest.mark.parametrize("facts", [{"diversion_inhibited": True}, {"destination": "112"}])
    def test_a_forward_that_may_not_be_does_not_make_it_ring(self, facts: dict[str, Any]) -> None:
        destination = facts.pop("destination", "201")
        outside = Treatment(action=Action.FORWARD, destination=destination)
        plan = refused(office_hours(outside), now=EVENING, **facts)
        assert (plan.status, plan.rule) == (603, rules.AVAILABILITY_FORWARD)

    def test_only_these_devices(self) -> None:
        called = office_hours(Treatment(devices=("bram-mobile",)))
        plan = ring(called, now=EVENING)
        assert [target.device for target in plan.targets] == ["bram-mobile"]
        assert {skip.rule for skip in plan.skipped} == {rules.DEVICE_NOT_CHOSEN}
        assert plan.considered == (rules.AVAILABILITY_RINGS,)
        assert [target.device for target in ring(called, now=WORKING_HOURS).targets] == ALL_OF_BRAM

    def test_without_schedule_inside_always_holds(self) -> None:
        one = NumberAvailability(number="fixed", inside=REJECT, outside=Treatment())
        called = bram(availability=Availability(numbers=(one,)))
        assert refused(called, now=WORKING_HOURS).rule == rules.AVAILABILITY_REJECT

    def test_a_schedule_that_does_not_exist_keeps_the_number_open(self) -> None:
        one = NumberAvailability(number="fixed", schedule="lunch")
        plan = ring(bram(availability=Availability(numbers=(one,))))
        assert plan.considered == (rules.SCHEDULE_UNKNOWN,)

    def test_goes_before_the_users_forwarding(self) -> None:
        called = office_hours(call_forwarding_always=CallForwardingAlways(active=True, destination="201"))
        assert refused(called, now=EVENING).rule == rules.AVAILABILITY_REJECT


class TestProfiles:
    MEETING = Profile(name="meeting", business=TO_DESK, private=TO_BOX)

    def test_business_and_private_callers_apart(self) -> None:
        called = with_profile(self.MEETING, voicemail=BOX)
        assert forwarded(called, caller_list=CallerList.BUSINESS).rule == rules.PROFILE_FORWARD
        assert to_voicemail(called, caller_list=CallerList.PRIVATE).rule == rules.PROFILE_VOICEMAIL

    def test_in_neither_list_the_called_number_tells(self) -> None:
        called = with_profile(self.MEETING, voicemail=BOX)
        assert forwarded(called, reached=FIXED).destination == "201"
        assert forwarded(called, reached=EXTENSION).destination == "201"
        to_voicemail(called, reached=MOBILE)

    def test_rejecting_profile(self) -> None:
        plan = refused(with_profile(Profile(name="quiet", business=REJECT)))
        assert (plan.status, plan.rule) == (603, rules.PROFILE_REJECT)

    @pytest.mark.parametrize("announcement", list(RejectAnnouncement))
    def test_rejecting_says_what_was_chosen(self, announcement: RejectAnnouncement) -> None:
        why = Treatment(action=Action.REJECT, announcement=announcement)
        plan = refused(with_profile(Profile(name="quiet", business=why)))
        assert plan.announcement is not None
        assert plan.announcement.value == announcement.value
        one = NumberAvailability(number="fixed", inside=why)
        plan = refused(bram(availability=Availability(numbers=(one,))))
        assert plan.announcement is not None
        assert plan.announcement.value == announcement.value

    def test_chosen_by_hand_until(self) -> None:
        chosen = Availability(
            profiles=(Profile(name="quiet", business=REJECT),), active_profile="quiet", active_until=EVENING
        )
        refused(bram(availability=chosen), now=EVENING - 1)
        ring(bram(availability=chosen), now=EVENING)

    def test_by_schedule_the_first_that_holds(self) -> None:
        profiles = (Profile(name="work", business=TO_DESK), Profile(name="home", business=REJECT))
        by_schedule = (
            ProfileBySchedule(schedule="lunch", profile="home"),
            ProfileBySchedule(schedule="office", profile="work"),
            ProfileBySchedule(schedule="office", profile="home"),
        )
        called = bram(availability=Availability(profiles=profiles, by_schedule=by_schedule))
        assert forwarded(called, now=WORKING_HOURS).reason is DivertReason.TIME_OF_DAY
        ring(called, now=EVENING)

    def test_by_hand_goes_before_by_schedule(self) -> None:
        profiles = (Profile(name="work", business=TO_DESK), Profile(name="home", business=REJECT))
        both = Availability(
            profiles=profiles,
            active_profile="home",
            by_schedule=(ProfileBySchedule(schedule="office", profile="work"),),
        )
        assert refused(bram(availability=both)).rule == rules.PROFILE_REJECT

    def test_a_profile_that_does_not_exist_counts_for_nothing(self) -> None:
        plan = ring(bram(availability=Availability(active_profile="away")))
        assert plan.considered == (rules.PROFILE_UNKNOWN,)


class TestProfileNarrowsTheNumber:
    def both(self, number: Treatment, profile: Treatment) -> SubscriberContext:
        one = NumberAvailability(number="fixed", inside=number)
        everybody = Profile(name="p", business=profile, private=profile)
        return bram(availability=Availability(numbers=(one,), profiles=(everybody,), active_profile="p"))

    def test_what_the_number_does_not_let_through_no_profile_does(self) -> None:
        assert refused(self.both(REJECT, Treatment())).rule == rules.AVAILABILITY_REJECT

    def test_what_the_number_lets_through_a_profile_may_turn_away(self) -> None:
        assert refused(self.both(Treatment(), REJECT)).rule == rules.PROFILE_REJECT

    def test_devices_that_both_name_ring(self) -> None:
        called = self.both(
            Treatment(devices=("bram-desk", "bram-mobile")), Treatment(devices=("bram-mobile", "bram-oven"))
        )
        assert [target.device for target in ring(called).targets] == ["bram-mobile"]

    @pytest.mark.parametrize("number", [Treatment(), Treatment(devices=("bram-desk",))])
    @pytest.mark.parametrize("profile", [Treatment(), Treatment(devices=("bram-desk",))])
    def test_who_names_none_names_all(self, number: Treatment, profile: Treatment) -> None:
        named = number.devices or profile.devices
        expected = ["bram-desk"] if named else ALL_OF_BRAM
        assert [target.device for target in ring(self.both(number, profile)).targets] == expected

    def test_no_device_that_both_name_is_not_reachable(self) -> None:
        plan = refused(self.both(Treatment(devices=("bram-desk",)), Treatment(devices=("bram-mobile",))))
        assert (plan.status, plan.rule) == (480, rules.CALLED_NOTHING_RINGS)
