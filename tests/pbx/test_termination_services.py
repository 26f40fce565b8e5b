"""Forwarding, voicemail, Do Not Disturb and what else takes a call before it rings; and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from hipper.pbx import rules
from hipper.pbx.ids import SubscriberId
from hipper.pbx.model import (
    Announcement,
    DivertReason,
    ForwardTo,
    OriginationFacts,
    Presentation,
    ServicePack,
    ToVoicemail,
)
from hipper.pbx.services.bundles import GroupServices
from hipper.pbx.services.calling import CallCapacityManagement
from hipper.pbx.services.criteria import Callers, Criterion
from hipper.pbx.services.forwarding import (
    CallForwardingAlways,
    CallForwardingBusy,
    CallForwardingNoAnswer,
    CallForwardingNotReachable,
    CallForwardingSelective,
    DiversionInhibitor,
    GroupNightForwarding,
    InterceptGroup,
    InterceptUser,
    NightMode,
    SelectiveForward,
    UserNightForwarding,
    Voicemail,
)
from hipper.pbx.services.reachability import AssistantReason, PersonalAssistant
from hipper.pbx.services.schedules import Schedule, Schedules, Weekday, Weekly
from hipper.pbx.services.screening import (
    CallWaiting,
    DoNotDisturb,
)
from tests.pbx.asking import (
    ALL_OF_BRAM,
    ANNA_ID,
    ANONYMOUS,
    BOX,
    BRAM_ID,
    COLLEAGUE,
    EVENING,
    OFFICE,
    OUTSIDER,
    WORKING_HOURS,
    ask,
    bram,
    diverted,
    forwarded,
    refused,
    ring,
    spoken,
    to_voicemail,
)
from tests.pbx.people import BRAM, changed

ALWAYS = CallForwardingAlways(active=True, destination="201")
BUSY = CallForwardingBusy(active=True, destination="0201234510")
NO_ANSWER = CallForwardingNoAnswer(active=True, destination="0201234511", after_s=12)
NOT_REACHABLE = CallForwardingNotReachable(active=True, destination="0612345699")
DND = DoNotDisturb(active=True)
INHIBITOR = DiversionInhibitor(active=True)


def selective(*criteria: Criterion, destination: str | None = "0201234512") -> CallForwardingSelective:
    rules_ = tuple(SelectiveForward(criterion=one) for one in criteria)
    return CallForwardingSelective(active=True, destination=destination, rules=rules_)


class TestCapacityOfTheGroup:
    """Of calls from outside; colleagues, and a call that is in already, need no line."""

    @pytest.mark.parametrize(
        ("capacity", "full"),
        [
            (CallCapacityManagement(max_incoming=2), True),
            (CallCapacityManagement(max_incoming=3), False),
            (CallCapacityManagement(max_calls=5), True),
            (CallCapacityManagement(max_calls=6), False),
            (CallCapacityManagement(max_outgoing=0), False),
        ],
    )
    def test_limits_calls_that_come_in(self, capacity: CallCapacityManagement, full: bool) -> None:
        called = bram(GroupServices(call_capacity_management=capacity))
        facts = OriginationFacts(group_calls=3, group_incoming=2)
        if not full:
            ring(called, spending=facts)
            return
        plan = refused(called, spending=facts)
        assert (plan.status, plan.rule) == (486, rules.INCOMING_CAPACITY)
        ring(called, COLLEAGUE, spending=facts, on_net=True)
        ring(called, spending=facts, diverted_by=(ANNA_ID,))
        ring(called, spending=facts, emergency_callback=True)


class TestForwarding:
    def test_always(self) -> None:
        plan = diverted(bram(call_forwarding_always=ALWAYS), COLLEAGUE)
        assert plan.onward == ForwardTo(
            destination="201", reason=DivertReason.UNCONDITIONAL, rule=rules.DIVERT_ALWAYS
        )
        assert [skip.device for skip in plan.skipped] == ALL_OF_BRAM
        assert {skip.rule for skip in plan.skipped} == {rules.DIVERT_ALWAYS}
        assert plan.identity == COLLEAGUE

    def test_the_next_one_is_shown_as_little_as_this_one(self) -> None:
        plan = diverted(bram(call_forwarding_always=ALWAYS), ANONYMOUS)
        assert plan.identity.presentation is Presentation.RESTRICTED
        assert plan.identity.number is None

    def test_switched_off_or_without_destination_rings(self) -> None:
        ring(bram(call_forwarding_always=CallForwardingAlways(destination="201")))
        plan = ring(bram(call_forwarding_always=CallForwardingAlways(active=True)))
        assert plan.considered == (rules.DIVERT_ALWAYS, rules.DIVERT_NO_DESTINATION)

    def test_selective_the_first_rule_that_is_met(self) -> None:
        service = CallForwardingSelective(
            active=True,
            destination="0201234512",
            rules=(
                SelectiveForward(
                    criterion=Criterion(name="a", callers=Callers.INTERNAL), destination="0201234513"
                ),
                SelectiveForward(criterion=Criterion(name="b", not_during="office")),
            ),
        )
        called = bram(call_forwarding_selective=service)
        assert forwarded(called, COLLEAGUE, now=EVENING).destination == "0201234513"
        assert forwarded(called, OUTSIDER, now=EVENING).destination == "0201234512"
        ring(called, OUTSIDER, now=WORKING_HOURS)

    def test_selective_goes_before_always(self) -> None:
        called = bram(
            call_forwarding_always=ALWAYS,
            call_forwarding_selective=selective(Criterion(name="a", callers=Callers.INTERNAL)),
        )
        assert forwarded(called, COLLEAGUE).rule == rules.DIVERT_SELECTIVE
        assert forwarded(called, OUTSIDER).rule == rules.DIVERT_ALWAYS

    def test_selective_is_not_in_base_plus(self) -> None:
        called = bram(call_forwarding_selective=selective(Criterion(name="a")), call_forwarding_always=ALWAYS)
        plan = diverted(changed(called, pack=ServicePack.BASE_PLUS))
        assert plan.rule == rules.DIVERT_ALWAYS
        assert plan.considered == (rules.PACK_CALL_FORWARDING_SELECTIVE,)

    def test_for_a_reason(self) -> None:
        plan = ring(
            bram(
                call_forwarding_busy=BUSY,
                call_forwarding_no_answer=NO_ANSWER,
                call_forwarding_not_reachable=NOT_REACHABLE,
            )
        )
        assert plan.on_busy == plan.on_decline
        found = [plan.on_busy, plan.on_no_answer, plan.on_not_reachable]
        assert [(one.destination, one.reason, one.rule) for one in found if isinstance(one, ForwardTo)] == [
            ("0201234510", DivertReason.USER_BUSY, rules.DIVERT_BUSY),
            ("0201234511", DivertReason.NO_ANSWER, rules.DIVERT_NO_ANSWER),
            ("0612345699", DivertReason.UNAVAILABLE, rules.DIVERT_NOT_REACHABLE),
        ]
        assert plan.no_answer_s == 12

    def test_time_of_no_answer_is_the_users_own_when_nothing_is_forwarded(self) -> None:
        late = CallForwardingNoAnswer(active=False, destination="201", after_s=12)
        assert ring(bram(call_forwarding_no_answer=late)).no_answer_s == BRAM.no_answer_s
        own = CallForwardingNoAnswer(active=True, destination="201")
        assert ring(bram(call_forwarding_no_answer=own)).no_answer_s == BRAM.no_answer_s
        at_once = CallForwardingNoAnswer(active=True, destination="201", after_s=0)
        assert ring(bram(call_forwarding_no_answer=at_once)).no_answer_s == 1

    def test_nothing_that_can_ring_is_not_reachable(self) -> None:
        called = changed(bram(call_forwarding_not_reachable=NOT_REACHABLE), devices=())
        assert forwarded(called).rule == rules.DIVERT_NOT_REACHABLE
        silent = tuple(changed(device, rings=False) for device in BRAM.devices)
        plan = diverted(changed(bram(voicemail=BOX), devices=silent))
        assert plan.rule == rules.VOICEMAIL_NOT_REACHABLE
        assert {skip.rule for skip in plan.skipped} == {rules.DEVICE_SWITCHED_OFF}

    def test_what_had_a_say_is_named_when_nothing_rings(self) -> None:
        plan = refused(changed(bram(voicemail=BOX), devices=(), pack=ServicePack.BASE_PLUS))
        assert (plan.rule, plan.considered) == (rules.CALLED_NO_DEVICE, (rules.PACK_VOICEMAIL,))


class TestForwardThatMayNotBe:
    @pytest.mark.parametrize(
        ("destination", "rule"),
        [
            ("112", rules.FORWARD_EMERGENCY),
            ("+31112", rules.FORWARD_EMERGENCY),
            ("#31#112", rules.FORWARD_EMERGENCY),
            ("113", rules.FORWARD_EMERGENCY),
            ("0800-0113", rules.FORWARD_EMERGENCY),
            ("202", rules.FORWARD_ONESELF),
            ("020 123 4502", rules.FORWARD_ONESELF),
            ("+31612345602", rules.FORWARD_ONESELF),
            ("*21*0201234510#", rules.FORWARD_CODE),
            ("1233", rules.FORWARD_CODE),
            ("anna", rules.FORWARD_INVALID),
            ("", rules.DIVERT_NO_DESTINATION),
        ],
    )
    def test_stands_aside(self, destination: str, rule: str) -> None:
        forward = {"active": True, "destination": destination}
        plan = ring(bram(call_forwarding_always=CallForwardingAlways(**forward)))
        assert plan.considered == (rules.DIVERT_ALWAYS, rule)
        plan = ring(bram(call_forwarding_busy=CallForwardingBusy(**forward)))
        assert (plan.on_busy, plan.considered) == (None, (rules.DIVERT_BUSY, rule))

    def test_nobody_forwards_a_call_twice(self) -> None:
        plan = refused(bram(call_forwarding_always=ALWAYS), diverted_by=(BRAM_ID, ANNA_ID), diversions=2)
        assert (plan.status, plan.cause, plan.rule) == (482, 25, rules.DIVERT_LOOP)
        assert plan.considered == (rules.DIVERT_ALWAYS,)
        assert forwarded(bram(call_forwarding_always=ALWAYS), diverted_by=(ANNA_ID,)).destination == "201"

    def test_a_loop_over_busy_ends_in_busy(self) -> None:
        plan = ring(bram(call_forwarding_busy=BUSY), diverted_by=(BRAM_ID,))
        assert plan.on_busy is None
        assert plan.considered == (rules.DIVERT_BUSY, rules.DIVERT_LOOP)

    @pytest.mark.parametrize(("diversions", "goes_on"), [(4, True), (5, False), (99, False)])
    def test_five_diversions_are_enough(self, diversions: int, goes_on: bool) -> None:
        plan = ask(bram(call_forwarding_always=ALWAYS), diversions=diversions)
        assert plan.rule == (rules.DIVERT_ALWAYS if goes_on else rules.DIVERT_LIMIT)

    def test_a_call_to_a_ring_of_forwards_ends(self) -> None:
        """Anna to Bram, Bram to Anna: whoever is called, the third decision refuses."""
        called, diverted_by = bram(call_forwarding_always=ALWAYS), tuple[SubscriberId, ...]()
        people = [called, changed(called, subscriber=ANNA_ID, numbers=BRAM.numbers[1:])]
        for step in range(3):
            plan = ask(people[step % 2], diverted_by=diverted_by, diversions=step)
            diverted_by += (people[step % 2].subscriber,)
        assert plan.rule == rules.DIVERT_LOOP


class TestDiversionInhibitor:
    def test_what_this_user_forwards_is_marked(self) -> None:
        called = bram(call_forwarding_always=ALWAYS, diversion_inhibitor=INHIBITOR)
        assert forwarded(called).inhibited
        assert not forwarded(bram(call_forwarding_always=ALWAYS)).inhibited

    def test_whom_a_marked_call_reaches_rings_and_sends_it_nowhere(self) -> None:
        called = bram(
            call_forwarding_always=ALWAYS,
            call_forwarding_busy=BUSY,
            voicemail=Voicemail(active=True, always=True),
        )
        plan = ring(called, diversion_inhibited=True)
        assert (plan.on_busy, plan.on_no_answer, plan.on_not_reachable) == (None, None, None)
        assert plan.considered[:2] == (rules.DIVERT_ALWAYS, rules.DIVERT_INHIBITED)


class TestVoicemail:
    def test_after_forwarding_for_the_same_reason(self) -> None:
        plan = ring(bram(call_forwarding_busy=BUSY, voicemail=BOX))
        assert isinstance(plan.on_busy, ForwardTo)
        assert plan.on_no_answer == ToVoicemail(
            mailbox=BRAM_ID, reason=DivertReason.NO_ANSWER, rule=rules.VOICEMAIL_NO_ANSWER
        )
        assert isinstance(plan.on_not_reachable, ToVoicemail)
        assert plan.on_not_reachable.reason is DivertReason.UNAVAILABLE

    @pytest.mark.parametrize("reason", ["busy", "no_answer", "not_reachable"])
    def test_each_reason_can_be_switched_off(self, reason: str) -> None:
        plan = ring(bram(voicemail=Voicemail(active=True, **{reason: False})))
        found = {name: getattr(plan, f"on_{name}") for name in ("busy", "no_answer", "not_reachable")}
        assert {name for name, onward in found.items() if onward is None} == {reason}

    def test_always_after_forwarding_and_before_the_night(self) -> None:
        always = Voicemail(active=True, always=True)
        night = GroupServices(
            group_night_forwarding=GroupNightForwarding(mode=NightMode.ON, destination="201")
        )
        assert to_voicemail(bram(night, voicemail=always)).rule == rules.VOICEMAIL_ALWAYS
        called = bram(voicemail=always, call_forwarding_always=ALWAYS)
        assert forwarded(called).rule == rules.DIVERT_ALWAYS

    def test_off_or_not_in_the_pack(self) -> None:
        assert ring(bram(voicemail=Voicemail(active=False, always=True))).on_busy is None
        plan = ring(changed(bram(voicemail=BOX), pack=ServicePack.BASE_PLUS))
        assert (plan.on_busy, plan.considered) == (None, (rules.PACK_VOICEMAIL,))

    def test_takes_over_where_the_forward_stands_aside(self) -> None:
        plan = ring(bram(call_forwarding_busy=CallForwardingBusy(active=True), voicemail=BOX))
        assert isinstance(plan.on_busy, ToVoicemail)


class TestNightForwarding:
    @staticmethod
    def night(**settings: Any) -> GroupServices:
        return GroupServices(
            group_night_forwarding=GroupNightForwarding(destination="0201234520", **settings),
            group_schedules=Schedules(schedules=(OFFICE,)),
        )

    def test_by_hand(self) -> None:
        assert forwarded(bram(self.night(mode=NightMode.ON))).reason is DivertReason.TIME_OF_DAY
        ring(bram(self.night(mode=NightMode.OFF)))

    def test_whenever_the_opening_hours_do_not_hold(self) -> None:
        called = bram(self.night(mode=NightMode.SCHEDULE, open="office"))
        assert forwarded(called, now=EVENING).rule == rules.DIVERT_NIGHT_GROUP
        ring(called, now=WORKING_HOURS)

    @pytest.mark.parametrize("opened", [None, "lunch"])
    def test_without_opening_hours_it_is_never_night(self, opened: str | None) -> None:
        ring(bram(self.night(mode=NightMode.SCHEDULE, open=opened)), now=EVENING)

    def test_the_users_schedule_is_not_the_groups_opening_hours(self) -> None:
        all_day = Schedule(name="office", weekly=(Weekly(days=tuple(Weekday)),))
        group = self.night(mode=NightMode.SCHEDULE, open="office")
        called = bram(group, schedules=Schedules(schedules=(all_day,)))
        assert forwarded(called, now=EVENING).rule == rules.DIVERT_NIGHT_GROUP

    def test_the_user_decides_when(self) -> None:
        on = UserNightForwarding(follow_group=False, mode=NightMode.ON, destination="0201234521")
        onward = forwarded(bram(self.night(mode=NightMode.OFF), night_forwarding=on))
        assert (onward.destination, onward.rule) == ("0201234521", rules.DIVERT_NIGHT_OWN)
        off = UserNightForwarding(follow_group=False, mode=NightMode.OFF)
        ring(bram(self.night(mode=NightMode.ON), night_forwarding=off))

    def test_what_the_user_leaves_open_is_the_groups(self) -> None:
        own = UserNightForwarding(follow_group=False, mode=NightMode.SCHEDULE)
        called = bram(self.night(open="office"), night_forwarding=own)
        assert forwarded(called, now=EVENING).destination == "0201234520"
        ring(called, now=WORKING_HOURS)

    def test_the_groups_opening_hours_stay_the_groups_for_a_user_who_decides_himself(self) -> None:
        all_day = Schedule(name="office", weekly=(Weekly(days=tuple(Weekday)),))
        own = UserNightForwarding(follow_group=False, mode=NightMode.SCHEDULE)
        schedules = Schedules(schedules=(all_day,))
        called = bram(self.night(open="office"), night_forwarding=own, schedules=schedules)
        forwarded(called, now=EVENING)
        named = UserNightForwarding(follow_group=False, mode=NightMode.SCHEDULE, open="office")
        ring(bram(self.night(), night_forwarding=named, schedules=schedules), now=EVENING)

    def test_following_the_group_the_users_own_part_counts_for_nothing(self) -> None:
        own = UserNightForwarding(mode=NightMode.ON, destination="0201234521")
        ring(bram(self.night(mode=NightMode.OFF), night_forwarding=own))

    def test_who_answers_at_night_is_rung(self) -> None:
        group = GroupServices(
            group_night_forwarding=GroupNightForwarding(mode=NightMode.ON, destination="202")
        )
        assert ring(bram(group)).considered == (rules.DIVERT_NIGHT_GROUP, rules.FORWARD_ONESELF)


class TestIntercept:
    @pytest.mark.parametrize("who", ["group", "user"])
    def test_every_call_goes_elsewhere(self, who: str) -> None:
        settings = {"active": True, "destination": "0201234530"}
        if who == "group":
            called = bram(GroupServices(intercept_group=InterceptGroup(**settings)))
        else:
            called = bram(intercept_user=InterceptUser(**settings))
        assert forwarded(called, COLLEAGUE).rule == f"intercept.{who}"

    def test_without_destination_no_calls_are_taken(self) -> None:
        plan = refused(bram(intercept_user=InterceptUser(active=True)))
        assert (plan.status, plan.announcement) == (603, Announcement.NO_CALLS_TAKEN)

    def test_who_answers_for_the_group_is_rung(self) -> None:
        ring(bram(GroupServices(intercept_group=InterceptGroup(active=True, destination="202"))))


class TestDoNotDisturb:
    def test_caller_hears_busy(self) -> None:
        plan = refused(bram(do_not_disturb=DND))
        assert (plan.status, plan.cause, plan.rule) == (486, 17, rules.BUSY_DO_NOT_DISTURB)
        assert {skip.rule for skip in plan.skipped} == {rules.BUSY_DO_NOT_DISTURB}

    def test_busy_forwarding_and_voicemail_count(self) -> None:
        onward = forwarded(bram(do_not_disturb=DND, call_forwarding_busy=BUSY, voicemail=BOX))
        assert (onward.destination, onward.reason) == ("0201234510", DivertReason.DO_NOT_DISTURB)
        plan = diverted(bram(do_not_disturb=DND, voicemail=BOX))
        assert plan.rule == rules.VOICEMAIL_BUSY
        assert plan.considered == (rules.BUSY_DO_NOT_DISTURB,)
        refused(bram(do_not_disturb=DND, voicemail=Voicemail(active=True, busy=False)))

    def test_forwarding_goes_before(self) -> None:
        forwarded(bram(do_not_disturb=DND, call_forwarding_always=ALWAYS))

    def test_off(self) -> None:
        ring(bram(do_not_disturb=DoNotDisturb()))


class TestCallWaiting:
    OFF = CallWaiting(active=False)

    def test_off_and_in_a_call_is_busy(self) -> None:
        plan = refused(bram(call_waiting=self.OFF), calls=1)
        assert (plan.status, plan.cause, plan.rule) == (486, 17, rules.BUSY_NO_CALL_WAITING)
        assert to_voicemail(bram(call_waiting=self.OFF, voicemail=BOX), calls=1).rule == rules.VOICEMAIL_BUSY

    def test_off_and_in_no_call_rings(self) -> None:
        ring(bram(call_waiting=self.OFF))

    def test_on_unless_switched_off(self) -> None:
        ring(bram(), calls=3)
        ring(bram(call_waiting=CallWaiting()), calls=3)


class TestPersonalAssistant:
    @pytest.mark.parametrize(
        ("reason", "announcement"),
        [
            (AssistantReason.UNAVAILABLE, Announcement.USER_UNAVAILABLE),
            (AssistantReason.MEETING, Announcement.BUSY_IN_MEETING),
            (AssistantReason.OUT_OF_OFFICE, Announcement.OUT_OF_OFFICE),
            (AssistantReason.HOLIDAY, Announcement.ON_HOLIDAY),
        ],
    )
    def test_says_why(self, reason: AssistantReason, announcement: Announcement) -> None:
        onward = spoken(bram(personal_assistant=PersonalAssistant(active=True, reason=reason)))
        assert (onward.announcements, onward.spoken_time, onward.then) == ((announcement,), None, None)
        assert (onward.status, onward.cause) == (480, 20)

    def test_says_until_when_and_is_over_then(self) -> None:
        called = bram(personal_assistant=PersonalAssistant(active=True, until=EVENING))
        onward = spoken(called, now=EVENING - 1)
        assert onward.announcements == (Announcement.USER_UNAVAILABLE, Announcement.BACK_AT)
        assert onward.spoken_time == EVENING
        ring(called, now=EVENING)

    def test_then_a_colleague_the_box_or_the_end(self) -> None:
        assistant = PersonalAssistant(active=True, transfer_to="201", to_voicemail=True)
        assert isinstance(spoken(bram(personal_assistant=assistant, voicemail=BOX)).then, ForwardTo)
        box = PersonalAssistant(active=True, to_voicemail=True)
        assert isinstance(spoken(bram(personal_assistant=box, voicemail=BOX)).then, ToVoicemail)
        assert spoken(bram(personal_assistant=box)).then is None
        to_112 = PersonalAssistant(active=True, transfer_to="112", to_voicemail=True)
        assert isinstance(spoken(bram(personal_assistant=to_112, voicemail=BOX)).then, ToVoicemail)

    def test_some_get_through(self) -> None:
        called = bram(personal_assistant=PersonalAssistant(active=True, exclude=("+31201234599",)))
        assert ring(called, OUTSIDER).considered == (rules.ASSISTANT_LETS_THROUGH,)
        spoken(called, COLLEAGUE)
        spoken(called, ANONYMOUS)
