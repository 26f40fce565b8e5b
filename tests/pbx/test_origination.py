"""Where a user's call goes, what it shows, who pays (seed 5.1, 5.2, 5.7, 9; call-flows §2)."""

from __future__ import annotations

from typing import Any

import pytest

from hipper.pbx import rules
from hipper.pbx.ids import SubscriptionId, TenantId
from hipper.pbx.model import (
    CallPlan,
    DeviceKind,
    ExternalPlan,
    IdentityChoice,
    Number,
    NumberKind,
    OnNetPlan,
    Presentation,
    RefusedPlan,
    SubscriberContext,
    TariffClass,
)
from hipper.pbx.origination import decide
from hipper.telephony.numbers.e164 import E164
from tests.pbx.people import (
    ANNA,
    ANNA_FIXED,
    ANNA_MOBILE,
    BRAM,
    BRAM_FIXED,
    BRAM_MOBILE,
    MAIN,
    changed,
)


def call(
    dialled: str, called: SubscriberContext | None = None, caller: SubscriberContext = ANNA, **how: Any
) -> CallPlan:
    options: dict[str, Any] = {
        "anonymous_requested": False,
        "identity_allowed_requested": False,
        "device_kind": DeviceKind.MOBILE,
        "now": 1_800_000_000.0,
    }
    return decide(caller, called, dialled, **(options | how))


def on_net(*args: Any, **how: Any) -> OnNetPlan:
    plan = call(*args, **how)
    assert isinstance(plan, OnNetPlan), plan
    return plan


def external(*args: Any, **how: Any) -> ExternalPlan:
    plan = call(*args, **how)
    assert isinstance(plan, ExternalPlan), plan
    return plan


def refused(*args: Any, **how: Any) -> RefusedPlan:
    plan = call(*args, **how)
    assert isinstance(plan, RefusedPlan), plan
    return plan


class TestColleague:
    @pytest.mark.parametrize(
        ("dialled", "kind", "rule"),
        [
            ("202", NumberKind.EXTENSION, rules.ON_NET_EXTENSION),
            ("0201234502", NumberKind.FIXED, rules.ON_NET_FIXED),
            ("+31 20 123 4502", NumberKind.FIXED, rules.ON_NET_FIXED),
            ("0031201234502", NumberKind.FIXED, rules.ON_NET_FIXED),
            ("1234502", NumberKind.FIXED, rules.ON_NET_FIXED),
            ("0612345602", NumberKind.MOBILE, rules.ON_NET_MOBILE),
            ("+31612345602", NumberKind.MOBILE, rules.ON_NET_MOBILE),
        ],
    )
    def test_dialled_by_extension_fixed_and_mobile_number(
        self, dialled: str, kind: NumberKind, rule: str
    ) -> None:
        plan = on_net(dialled, BRAM)
        assert plan.called == BRAM.subscriber
        assert plan.called_number.kind is kind
        assert plan.rule == rule

    def test_in_another_group_of_the_enterprise_is_on_net(self) -> None:
        assert ANNA.group != BRAM.group
        assert on_net("202", BRAM).called == BRAM.subscriber

    def test_of_another_tenant_is_an_outsider_by_number(self) -> None:
        stranger = changed(BRAM, tenant=TenantId("butcher"))
        plan = external("0201234502", stranger)
        assert plan.number == BRAM_FIXED
        assert plan.identity.extension is None
        assert plan.identity.name is None

    def test_of_another_tenant_does_not_exist_by_extension(self) -> None:
        stranger = changed(BRAM, tenant=TenantId("butcher"))
        plan = refused("202", stranger)
        assert plan == refused("202", None)
        assert (plan.status, plan.rule) == (404, rules.EXTENSION_UNKNOWN)

    def test_who_does_not_own_the_dialled_number_is_not_called(self) -> None:
        assert external("0201234599", BRAM).number == "+31201234599"
        assert refused("299", BRAM).rule == rules.EXTENSION_UNKNOWN

    def test_extension_comes_before_a_short_number_spelled_the_same(self) -> None:
        bram = changed(BRAM, numbers=(Number(kind=NumberKind.EXTENSION, extension="144"),))
        assert on_net("144", bram).rule == rules.ON_NET_EXTENSION
        assert external("144", None).rule == rules.EXTERNAL_SHORT

    def test_alternate_number(self) -> None:
        other = E164("+31201234577")
        bram = changed(BRAM, numbers=(*BRAM.numbers, Number(kind=NumberKind.ALTERNATE, e164=other)))
        assert on_net("0201234577", bram).rule == rules.ON_NET_ALTERNATE

    def test_sees_extension_name_and_the_chosen_number(self) -> None:
        identity = on_net("202", BRAM).identity
        assert identity.presentation is Presentation.ALLOWED
        assert (identity.extension, identity.name, identity.number) == ("201", "Anna de Vries", ANNA_FIXED)

    @pytest.mark.parametrize("how", [{"anonymous_requested": True}, {"caller": changed(ANNA, withhold=True)}])
    def test_sees_extension_and_name_but_no_number_when_it_is_withheld(self, how: dict[str, Any]) -> None:
        plan = on_net("202", BRAM, **how)
        assert plan.identity.presentation is Presentation.ALLOWED
        assert (plan.identity.extension, plan.identity.name) == ("201", "Anna de Vries")
        assert plan.identity.number is None
        assert plan.identity_rule == rules.IDENTITY_INTERNAL_LINE

    def test_sees_nobody_when_a_user_without_extension_withholds(self) -> None:
        anna = changed(ANNA, numbers=ANNA.numbers[1:])
        identity = on_net("202", BRAM, anna, anonymous_requested=True).identity
        assert identity.presentation is Presentation.RESTRICTED
        assert (identity.number, identity.extension, identity.name) == (None, None, None)

    def test_own_number_is_on_net_too(self) -> None:
        assert on_net("0201234501", ANNA).called == ANNA.subscriber


class TestIdentity:
    """Per-call privacy, else the user's choice, else the tenant's default (seed 5.1; call-flows §2)."""

    @pytest.mark.parametrize("device", list(DeviceKind))
    @pytest.mark.parametrize(
        ("choice", "number", "rule"),
        [
            (IdentityChoice.FIXED, ANNA_FIXED, rules.IDENTITY_FIXED),
            (IdentityChoice.MOBILE, ANNA_MOBILE, rules.IDENTITY_MOBILE),
        ],
    )
    def test_choice_is_shown_from_either_device(
        self, device: DeviceKind, choice: IdentityChoice, number: E164, rule: str
    ) -> None:
        plan = external("0201234599", caller=changed(ANNA, identity=choice), device_kind=device)
        assert plan.identity.number == number
        assert plan.identity_rule == rule

    def test_alternate_is_shown_when_it_is_the_users(self) -> None:
        other = E164("+31201234577")
        numbers = (*ANNA.numbers, Number(kind=NumberKind.ALTERNATE, e164=other))
        anna = changed(ANNA, numbers=numbers, identity=IdentityChoice.ALTERNATE, identity_alternate=other)
        plan = external("0201234599", caller=anna)
        assert (plan.identity.number, plan.identity_rule) == (other, rules.IDENTITY_ALTERNATE)

    @pytest.mark.parametrize("alternate", [None, BRAM_FIXED, E164("+31201234577")])
    def test_alternate_of_somebody_else_is_never_shown(self, alternate: E164 | None) -> None:
        anna = changed(ANNA, identity=IdentityChoice.ALTERNATE, identity_alternate=alternate)
        plan = external("0201234599", caller=anna)
        assert (plan.identity.number, plan.identity_rule) == (MAIN, rules.IDENTITY_TENANT_DEFAULT)

    def test_choice_the_user_does_not_have_falls_to_the_main_number(self) -> None:
        anna = changed(ANNA, numbers=ANNA.numbers[:1] + ANNA.numbers[2:])
        plan = external("0201234599", caller=anna)
        assert (plan.identity.number, plan.identity_rule) == (MAIN, rules.IDENTITY_TENANT_DEFAULT)

    def test_without_main_number_another_own_number_is_shown(self) -> None:
        anna = changed(ANNA, numbers=ANNA.numbers[2:], tenant_default_identity=None)
        plan = external("0201234599", caller=anna)
        assert (plan.identity.number, plan.identity_rule) == (ANNA_MOBILE, rules.IDENTITY_OTHER_OWN)

    def test_user_without_any_number_shows_none(self) -> None:
        anna = changed(ANNA, numbers=ANNA.numbers[:1], tenant_default_identity=None)
        plan = external("0201234599", caller=anna)
        assert (plan.identity.number, plan.identity_rule) == (None, rules.IDENTITY_UNKNOWN)

    @pytest.mark.parametrize(
        ("withhold", "how", "dialled", "rule"),
        [
            (True, {}, "0201234599", rules.IDENTITY_WITHHELD),
            (False, {"anonymous_requested": True}, "0201234599", rules.IDENTITY_WITHHELD_THIS_CALL),
            (False, {}, "#31#0201234599", rules.IDENTITY_WITHHELD_THIS_CALL),
            (
                True,
                {"anonymous_requested": True, "identity_allowed_requested": True},
                "0201234599",
                rules.IDENTITY_WITHHELD_THIS_CALL,
            ),
            (
                False,
                {"anonymous_requested": True},
                "*31#0201234599",
                rules.IDENTITY_WITHHELD_THIS_CALL,
            ),
        ],
    )
    def test_withheld_shows_no_number_outside_and_keeps_the_true_one_for_trusted_carriers(
        self, withhold: bool, how: dict[str, Any], dialled: str, rule: str
    ) -> None:
        plan = external(dialled, caller=changed(ANNA, withhold=withhold), **how)
        assert plan.identity.presentation is Presentation.RESTRICTED
        assert (plan.identity.number, plan.identity.extension, plan.identity.name) == (None, None, None)
        assert plan.identity.network_number == ANNA_MOBILE
        assert plan.identity_rule == rule
        assert plan.number == "+31201234599"

    @pytest.mark.parametrize(
        ("dialled", "how"), [("0201234599", {"identity_allowed_requested": True}), ("*31#0201234599", {})]
    )
    def test_shown_for_this_call_although_withheld_permanently(
        self, dialled: str, how: dict[str, Any]
    ) -> None:
        plan = external(dialled, caller=changed(ANNA, withhold=True), **how)
        assert plan.identity.presentation is Presentation.ALLOWED
        assert plan.identity.number == ANNA_FIXED

    @pytest.mark.parametrize(
        ("device", "number"), [(DeviceKind.MOBILE, ANNA_MOBILE), (DeviceKind.DESK_PHONE, ANNA_FIXED)]
    )
    def test_network_number_is_that_of_the_line(self, device: DeviceKind, number: E164) -> None:
        assert external("0201234599", device_kind=device).identity.network_number == number

    def test_network_number_of_a_line_without_number_is_another_own_number(self) -> None:
        anna = changed(ANNA, numbers=ANNA.numbers[:2])
        assert external("0201234599", caller=anna).identity.network_number == ANNA_FIXED

    def test_outside_sees_no_extension_and_no_name(self) -> None:
        identity = external("0201234599").identity
        assert (identity.extension, identity.name) == (None, None)


class TestPayer:
    """The device that calls pays (seed 5.7)."""

    @pytest.mark.parametrize(
        ("device", "subscription"),
        [
            (DeviceKind.MOBILE, SubscriptionId("anna-mobile-plan")),
            (DeviceKind.DESK_PHONE, SubscriptionId("anna-fixed-plan")),
        ],
    )
    def test_on_net_is_paid_as_outside_is(self, device: DeviceKind, subscription: SubscriptionId) -> None:
        inside, outside = on_net("202", BRAM, device_kind=device), external("0201234599", device_kind=device)
        assert inside.payer.subscription == outside.payer.subscription == subscription
        assert (inside.payer.tariff, outside.payer.tariff) == (TariffClass.ON_NET, TariffClass.NATIONAL_FIXED)

    def test_each_leg_names_its_tariff_class(self) -> None:
        assert external("0612345699").payer.tariff is TariffClass.NATIONAL_MOBILE
        assert external("+4930123456").payer.tariff is TariffClass.INTERNATIONAL
        assert external("0800-1234").payer.tariff is TariffClass.SERVICE_FREE


class TestOutside:
    @pytest.mark.parametrize(
        ("dialled", "number"),
        [
            ("0201234599", "+31201234599"),
            ("0031 20 123 4599", "+31201234599"),
            ("0851234567", "+31851234567"),
            ("+4930123456", "+4930123456"),
            ("004930123456", "+4930123456"),
        ],
    )
    def test_number_goes_out_in_e164(self, dialled: str, number: str) -> None:
        plan = external(dialled)
        assert (plan.number, plan.rule) == (number, rules.EXTERNAL_NUMBER)

    @pytest.mark.parametrize("dialled", ["14020", "116111", "113"])
    def test_short_number_goes_out_as_dialled(self, dialled: str) -> None:
        plan = external(dialled)
        assert (plan.number, plan.dialled, plan.rule) == (None, dialled, rules.EXTERNAL_SHORT)


class TestRefused:
    @pytest.mark.parametrize("dialled", ["299", "99", "2010"])
    def test_unknown_extension_404(self, dialled: str) -> None:
        plan = refused(dialled)
        assert (plan.status, plan.cause, plan.rule) == (404, 1, rules.EXTENSION_UNKNOWN)
        assert plan.explanation == "Dit verkorte nummer bestaat niet."

    @pytest.mark.parametrize("dialled", ["", "   ", "0", "anna", "+", "+312012", "0201", "12*4", "9" * 200])
    def test_invalid_number_404(self, dialled: str) -> None:
        plan = refused(dialled)
        assert (plan.status, plan.rule) == (404, rules.NUMBER_INVALID)

    @pytest.mark.parametrize("dialled", ["*99#", "#99#", "*21*0612345678*20#", "#66#", "*", "#", "***"])
    def test_unknown_feature_code_480(self, dialled: str) -> None:
        plan = refused(dialled)
        assert (plan.status, plan.rule) == (480, rules.FEATURE_NOT_AVAILABLE)

    @pytest.mark.parametrize("dialled", ["201", "0201234502", "299", "*11"])
    def test_disabled_user_403(self, dialled: str) -> None:
        plan = refused(dialled, BRAM, changed(ANNA, enabled=False))
        assert (plan.status, plan.rule) == (403, rules.CALLER_DISABLED)

    @pytest.mark.parametrize("dialled", ["112", "+31112", "0031112", "#31#112", "urn:service:sos"])
    @pytest.mark.parametrize("enabled", [True, False])
    def test_emergency_never_becomes_an_ordinary_call(self, dialled: str, enabled: bool) -> None:
        mimic = changed(BRAM, numbers=(Number(kind=NumberKind.EXTENSION, extension="112"),))
        plan = refused(dialled, mimic, changed(ANNA, enabled=enabled))
        assert plan.rule == rules.EMERGENCY_ELSEWHERE

    def test_explanation_is_in_the_users_language_and_holds_no_number(self) -> None:
        plan = refused("299", caller=changed(ANNA, language="en"))
        assert plan.explanation == "This extension does not exist."


def test_other_country_reads_its_own_digits() -> None:
    anna = changed(ANNA, country="BE", area_code="2")
    assert external("025550123", caller=anna).number == "+3225550123"
    assert external("+31201234599", caller=anna).payer.tariff is TariffClass.INTERNATIONAL


def test_bram_is_reached_by_the_mobile_number_he_was_given() -> None:
    assert on_net("0612345602", BRAM).called_number == Number(kind=NumberKind.MOBILE, e164=BRAM_MOBILE)
