"""What rings when a user is called (seed 5.3, 5.7; call-flows §3)."""

from __future__ import annotations

from typing import Any

import pytest

from hipper.pbx import rules
from hipper.pbx.ids import DeviceId, SubscriptionId
from hipper.pbx.model import (
    CallerIdentity,
    Device,
    DeviceKind,
    Number,
    NumberKind,
    Presentation,
    RefusedPlan,
    RingPlan,
    SubscriberContext,
    TariffClass,
    TerminationPlan,
)
from hipper.pbx.termination import decide
from hipper.telephony.numbers.e164 import E164
from tests.pbx.people import BRAM, BRAM_MOBILE, changed

OUTSIDER = CallerIdentity(
    presentation=Presentation.ALLOWED, number=E164("+31201234599"), network_number=E164("+31201234599")
)
ALL_OF_BRAM = ["bram-desk", "bram-oven", "bram-mobile"]


def ring(called: SubscriberContext = BRAM, caller: CallerIdentity = OUTSIDER, **how: Any) -> RingPlan:
    plan = decide_on(called, caller, **how)
    assert isinstance(plan, RingPlan), plan
    return plan


def refused(called: SubscriberContext, **how: Any) -> RefusedPlan:
    plan = decide_on(called, OUTSIDER, **how)
    assert isinstance(plan, RefusedPlan), plan
    return plan


def decide_on(called: SubscriberContext, caller: CallerIdentity, **how: Any) -> TerminationPlan:
    options: dict[str, Any] = {
        "on_net": False,
        "reached": called.numbers[0],
        "exclude_device": None,
        "now": 1_800_000_000.0,
    }
    return decide(called, caller, **(options | how))


def switched_off(called: SubscriberContext, *labels: str) -> SubscriberContext:
    devices = tuple(
        Device(
            id=device.id,
            kind=device.kind,
            label=device.label,
            aor_user=device.aor_user,
            mobile_network=device.mobile_network,
            rings=device.id not in labels,
        )
        for device in called.devices
    )
    return changed(called, devices=devices)


class TestEverythingRings:
    @pytest.mark.parametrize(
        ("number", "rule"),
        [
            (BRAM.numbers[0], rules.RING_EXTENSION),
            (BRAM.numbers[1], rules.RING_FIXED),
            (BRAM.numbers[2], rules.RING_MOBILE),
            (Number(kind=NumberKind.ALTERNATE, e164=E164("+31201234577")), rules.RING_ALTERNATE),
        ],
    )
    def test_for_a_call_to_any_of_the_numbers(self, number: Number, rule: str) -> None:
        plan = ring(reached=number)
        assert [target.device for target in plan.targets] == ALL_OF_BRAM
        assert plan.skipped == ()
        assert plan.rule == rule

    def test_each_target_says_how_it_is_reached(self) -> None:
        desk, _oven, mobile = ring().targets
        assert (desk.kind, desk.aor_user, desk.mobile_network) == (DeviceKind.DESK_PHONE, "bram-desk", None)
        assert (mobile.kind, mobile.mobile_network, mobile.mobile_number) == (
            DeviceKind.MOBILE,
            "mvno",
            BRAM_MOBILE,
        )
        assert mobile.aor_user is None

    def test_answering_is_free_on_every_device(self) -> None:
        payers = {target.device: target.payer for target in ring().targets}
        assert {payer.tariff for payer in payers.values()} == {TariffClass.FREE}
        assert payers[DeviceId("bram-desk")].subscription == SubscriptionId("bram-fixed-plan")
        assert payers[DeviceId("bram-mobile")].subscription == SubscriptionId("bram-mobile-plan")

    def test_time_and_decline_are_the_users_settings(self) -> None:
        plan = ring(changed(BRAM, no_answer_s=12, decline_ends_ringing=False))
        assert (plan.no_answer_s, plan.decline_ends_ringing) == (12, False)


class TestSkipped:
    def test_switched_off_device_stays_silent_and_says_why(self) -> None:
        plan = ring(switched_off(BRAM, "bram-mobile"), reached=BRAM.numbers[2])
        assert [target.device for target in plan.targets] == ["bram-desk", "bram-oven"]
        assert [(skip.device, skip.rule) for skip in plan.skipped] == [
            ("bram-mobile", rules.DEVICE_SWITCHED_OFF)
        ]

    def test_calling_device_is_not_rung_by_its_own_call(self) -> None:
        plan = ring(exclude_device=DeviceId("bram-oven"), on_net=True)
        assert [target.device for target in plan.targets] == ["bram-desk", "bram-mobile"]
        assert [(skip.device, skip.rule) for skip in plan.skipped] == [("bram-oven", rules.DEVICE_CALLING)]

    def test_mobile_without_number_or_network_cannot_ring(self) -> None:
        no_number = ring(changed(BRAM, numbers=BRAM.numbers[:2]))
        assert [(skip.device, skip.rule) for skip in no_number.skipped] == [
            ("bram-mobile", rules.DEVICE_NO_ADDRESS)
        ]
        mobile = Device(id=DeviceId("m"), kind=DeviceKind.MOBILE, label="Mobile")
        assert refused(changed(BRAM, devices=(mobile,))).skipped[0].rule == rules.DEVICE_NO_ADDRESS

    def test_desk_phone_without_address_cannot_ring(self) -> None:
        desk = Device(id=DeviceId("d"), kind=DeviceKind.DESK_PHONE, label="Desk")
        assert refused(changed(BRAM, devices=(desk,))).skipped[0].rule == rules.DEVICE_NO_ADDRESS


class TestNothingRings:
    def test_all_switched_off_480_with_the_reason_of_each(self) -> None:
        plan = refused(switched_off(BRAM, *ALL_OF_BRAM))
        assert (plan.status, plan.cause, plan.rule) == (480, 20, rules.CALLED_NOTHING_RINGS)
        assert [skip.device for skip in plan.skipped] == ALL_OF_BRAM
        assert plan.explanation == "Geen van de toestellen van de gebelde gebruiker gaat nu over."

    def test_no_device_480(self) -> None:
        plan = refused(changed(BRAM, devices=()))
        assert (plan.status, plan.rule) == (480, rules.CALLED_NO_DEVICE)

    def test_only_the_calling_device_480(self) -> None:
        plan = refused(changed(BRAM, devices=BRAM.devices[:1]), exclude_device=DeviceId("bram-desk"))
        assert (plan.status, plan.rule) == (480, rules.CALLED_NOTHING_RINGS)

    def test_disabled_user_480(self) -> None:
        plan = refused(changed(BRAM, enabled=False))
        assert (plan.status, plan.rule) == (480, rules.CALLED_DISABLED)


class TestShownToTheCalled:
    def test_colleague_keeps_extension_and_name(self) -> None:
        caller = CallerIdentity(presentation=Presentation.ALLOWED, extension="201", name="Anna de Vries")
        assert ring(caller=caller, on_net=True).identity == caller

    def test_extension_of_an_outsider_means_nothing_here(self) -> None:
        caller = CallerIdentity(presentation=Presentation.ALLOWED, extension="201", name="Shop")
        identity = ring(caller=caller).identity
        assert (identity.extension, identity.name) == (None, "Shop")

    def test_withheld_stays_withheld_on_every_path(self) -> None:
        caller = CallerIdentity(
            presentation=Presentation.RESTRICTED, number=E164("+31201234599"), extension="201", name="Anna"
        )
        for on_net in (True, False):
            identity = ring(caller=caller, on_net=on_net).identity
            assert identity.presentation is Presentation.RESTRICTED
            assert (identity.number, identity.extension, identity.name) == (None, None, None)
            assert identity.network_number == "+31201234599"
