"""A call back from the emergency centre goes before everything; in which order the rest is asked."""

from __future__ import annotations

from typing import Any

import pytest

from hipper.pbx import rules
from hipper.pbx.model import (
    RingPlan,
    SubscriberContext,
)
from hipper.pbx.services.availability import Action, Availability, NumberAvailability, Treatment
from hipper.pbx.services.bundles import GroupServices
from hipper.pbx.services.criteria import Criterion
from hipper.pbx.services.forwarding import (
    CallForwardingAlways,
    CallForwardingSelective,
    GroupNightForwarding,
    InterceptGroup,
    InterceptUser,
    NightMode,
    SelectiveForward,
    UserNightForwarding,
    Voicemail,
)
from hipper.pbx.services.reachability import PersonalAssistant
from hipper.pbx.services.screening import (
    AnonymousCallRejection,
    CallWaiting,
    DoNotDisturb,
    IncomingCallingPlan,
    SelectiveCallRejection,
)
from tests.pbx.asking import (
    ALL_OF_BRAM,
    ANONYMOUS,
    COLLEAGUE,
    OUTSIDER,
    ask,
    bram,
    refused,
    ring,
)
from tests.pbx.people import BRAM, changed

ALWAYS = CallForwardingAlways(active=True, destination="201")
DND = DoNotDisturb(active=True)


class TestEmergencyCallback:
    @staticmethod
    def silenced() -> SubscriberContext:
        """Everything that can keep Bram's telephones silent."""
        group = GroupServices(
            intercept_group=InterceptGroup(active=True),
            incoming_calling_plan=IncomingCallingPlan(external=False),
            group_night_forwarding=GroupNightForwarding(mode=NightMode.ON, destination="201"),
        )
        reject = Treatment(action=Action.REJECT)
        called = bram(
            group,
            intercept_user=InterceptUser(active=True),
            availability=Availability(numbers=(NumberAvailability(number="fixed", inside=reject),)),
            anonymous_call_rejection=AnonymousCallRejection(active=True),
            selective_call_rejection=SelectiveCallRejection(active=True, criteria=(Criterion(name="c"),)),
            call_forwarding_always=ALWAYS,
            do_not_disturb=DND,
            personal_assistant=PersonalAssistant(active=True),
            call_waiting=CallWaiting(active=False),
            voicemail=Voicemail(active=True, always=True),
        )
        devices = tuple(changed(device, rings=False) for device in BRAM.devices)
        return changed(called, devices=devices, enabled=False)

    def test_rings_everything_and_goes_nowhere_else(self) -> None:
        plan = ring(self.silenced(), ANONYMOUS, emergency_callback=True, calls=2)
        assert [target.device for target in plan.targets] == ALL_OF_BRAM
        assert plan.rule == rules.EMERGENCY_CALLBACK
        assert (plan.on_busy, plan.on_no_answer, plan.on_not_reachable, plan.on_decline) == (None,) * 4
        assert plan.no_answer_s == 120
        assert not plan.decline_ends_ringing

    def test_without_it_each_of_them_keeps_bram_silent(self) -> None:
        assert not isinstance(ask(self.silenced(), ANONYMOUS), RingPlan)

    def test_a_user_who_set_nothing_but_a_silent_telephone_is_rung_too(self) -> None:
        silent = changed(BRAM, devices=tuple(changed(device, rings=False) for device in BRAM.devices))
        assert ring(silent, emergency_callback=True).rule == rules.EMERGENCY_CALLBACK

    def test_a_device_without_address_cannot_ring(self) -> None:
        broken = changed(BRAM, devices=(changed(BRAM.devices[0], aor_user=None),))
        plan = refused(broken, emergency_callback=True)
        assert plan.skipped[0].rule == rules.DEVICE_NO_ADDRESS


ORDER: list[tuple[str, dict[str, Any]]] = [
    (
        "availability.reject",
        {
            "availability": Availability(
                numbers=(NumberAvailability(number="fixed", inside=Treatment(action=Action.REJECT)),)
            )
        },
    ),
    ("reject.anonymous", {"anonymous_call_rejection": AnonymousCallRejection(active=True)}),
    (
        "reject.selective",
        {"selective_call_rejection": SelectiveCallRejection(active=True, criteria=(Criterion(name="c"),))},
    ),
    (
        "divert.selective",
        {
            "call_forwarding_selective": CallForwardingSelective(
                active=True, destination="201", rules=(SelectiveForward(criterion=Criterion(name="c")),)
            )
        },
    ),
    ("divert.always", {"call_forwarding_always": ALWAYS}),
    ("voicemail.always", {"voicemail": Voicemail(active=True, always=True, busy=False)}),
    (
        "divert.night-own",
        {"night_forwarding": UserNightForwarding(follow_group=False, mode=NightMode.ON, destination="201")},
    ),
    ("busy.do-not-disturb", {"do_not_disturb": DND}),
    ("assistant.speaks", {"personal_assistant": PersonalAssistant(active=True)}),
    ("busy.no-call-waiting", {"call_waiting": CallWaiting(active=False)}),
]
GROUP_ORDER = [
    ("incoming.barred", {"incoming_calling_plan": IncomingCallingPlan(external=False)}),
    ("intercept.group", {"intercept_group": InterceptGroup(active=True, destination="201")}),
]


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_order_of_the_users_services(first: int) -> None:
    """With all services from one on, that one decides."""
    services: dict[str, Any] = {}
    for _, settings in ORDER[first:]:
        services |= settings
    assert ask(bram(**services), ANONYMOUS, calls=1).rule == ORDER[first][0]


@pytest.mark.parametrize("first", range(len(GROUP_ORDER)))
def test_the_groups_services_go_before(first: int) -> None:
    group: dict[str, Any] = {}
    for _, settings in GROUP_ORDER[first:]:
        group |= settings
    called = bram(GroupServices(**group), intercept_user=InterceptUser(active=True), **ORDER[0][1])
    assert ask(called, ANONYMOUS).rule == GROUP_ORDER[first][0]
    assert ask(bram(intercept_user=InterceptUser(active=True), **ORDER[0][1])).rule == rules.INTERCEPT_USER


def test_the_same_question_has_the_same_answer() -> None:
    called = TestEmergencyCallback.silenced()
    before = ask(called, ANONYMOUS)
    ask(called, COLLEAGUE, emergency_callback=True)
    ask(changed(called, enabled=True), OUTSIDER)
    assert ask(called, ANONYMOUS) == before
