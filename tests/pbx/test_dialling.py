"""What codes stand for and what they ask of the exchange (seed 4, 5.4, 5.5, 9)."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from hipper.pbx import rules
from hipper.pbx.dialling import named, resolve
from hipper.pbx.dialling_features import WITHHOLD_SERVICE, change
from hipper.pbx.feature_codes import FEATURE_CODES, Does
from hipper.pbx.ids import TenantId
from hipper.pbx.model import (
    Announcement,
    ChangeService,
    DeviceKind,
    DivertPlan,
    DivertReason,
    ExternalPlan,
    FeaturePlan,
    OnNetPlan,
    OriginationFacts,
    Presentation,
    PullCall,
    RefusedPlan,
    RequestCallback,
    ServicePack,
    SubscriberContext,
    TariffClass,
    ToVoicemail,
)
from hipper.pbx.origination import decide
from hipper.pbx.services.bundles import GroupServices, SubscriberServices
from hipper.pbx.services.calling import (
    AutomaticCallback,
    CallClass,
    CallReturn,
    LastNumberRedial,
    OutgoingCallingPlan,
    SpeedDial8,
    SpeedDial100,
    SpeedDialEntry,
)
from hipper.pbx.services.forwarding import (
    CallForwardingAlways,
    GroupNightForwarding,
    UserNightForwarding,
)
from hipper.pbx.services.registry import SERVICES
from hipper.telephony.numbers.e164 import E164
from tests.pbx.people import ANNA, BRAM, BRAM_FIXED, changed

OUTSIDE = E164("+31301234567")
FACTS = OriginationFacts(last_dialled="0301234567", last_caller=BRAM_FIXED)


def having(caller: SubscriberContext = ANNA, **services: Any) -> SubscriberContext:
    return changed(caller, services=SubscriberServices(**services))


def speed_dials(*entries: tuple[str, str]) -> tuple[SpeedDialEntry, ...]:
    return tuple(SpeedDialEntry(code=code, destination=destination) for code, destination in entries)


def feature(dialled: str, caller: SubscriberContext = ANNA, facts: OriginationFacts = FACTS) -> FeaturePlan:
    plan = resolve(caller, dialled, facts)
    assert isinstance(plan, FeaturePlan), plan
    return plan


def refused(dialled: str, caller: SubscriberContext = ANNA, facts: OriginationFacts = FACTS) -> RefusedPlan:
    plan = resolve(caller, dialled, facts)
    assert isinstance(plan, RefusedPlan), plan
    return plan


def changes(plan: FeaturePlan) -> tuple[str, dict[str, Any]]:
    assert isinstance(plan.action, ChangeService)
    return plan.action.service, json.loads(plan.action.changes)


def call(dialled: str, caller: SubscriberContext = ANNA, called: SubscriberContext | None = None) -> Any:
    return decide(
        caller,
        called,
        dialled,
        anonymous_requested=False,
        identity_allowed_requested=False,
        device_kind=DeviceKind.DESK_PHONE,
        now=0.0,
        facts=FACTS,
    )


@pytest.mark.parametrize(
    "dialled",
    [
        "201",
        "0301234567",
        "+31301234567",
        "1233",
        "112",
        "+31112",
        "#31#112",
        "urn:service:sos",
        "#31#0301234567",
        "",
        "anna",
        "0",
        "1",
        "22",
        "9#9",
    ],
)
def test_what_is_no_code_comes_back_as_it_is(dialled: str) -> None:
    assert resolve(ANNA, dialled, FACTS) == dialled


class TestForwarding:
    @pytest.mark.parametrize(
        ("code", "service"),
        [
            ("21", "call_forwarding_always"),
            ("67", "call_forwarding_busy"),
            ("61", "call_forwarding_no_answer"),
            ("62", "call_forwarding_not_reachable"),
        ],
    )
    def test_set_switched_off_and_forgotten(self, code: str, service: str) -> None:
        set_to = feature(f"*{code}*0301234567#")
        assert changes(set_to) == (service, {"active": True, "destination": "0301234567"})
        assert (set_to.done, set_to.failed) == (Announcement.SERVICE_ON, Announcement.SERVICE_FAILED)
        off = feature(f"#{code}#")
        assert (changes(off), off.done) == ((service, {"active": False}), Announcement.SERVICE_OFF)
        assert changes(feature(f"##{code}#")) == (service, {"active": False, "destination": None})

    def test_no_answer_with_a_time(self) -> None:
        assert changes(feature("*61*0301234567**20#"))[1] == {
            "active": True,
            "destination": "0301234567",
            "after_s": 20,
        }

    def test_plus_within_a_code(self) -> None:
        assert changes(feature("*21*+31301234567#"))[1]["destination"] == "0031301234567"

    def test_without_a_number_what_is_set_counts(self) -> None:
        set_already = having(call_forwarding_always=CallForwardingAlways(destination="202"))
        assert changes(feature("*21#", set_already)) == ("call_forwarding_always", {"active": True})
        plan = refused("*21#")
        assert (plan.rule, plan.announcement) == (rules.FEATURE_NO_DESTINATION, Announcement.SERVICE_FAILED)

    @pytest.mark.parametrize(
        ("number", "rule"),
        [
            ("112", rules.FORWARD_EMERGENCY),
            ("0112", rules.FORWARD_EMERGENCY),
            ("113", rules.FORWARD_EMERGENCY),
            ("201", rules.FORWARD_ONESELF),
            ("0201234501", rules.FORWARD_ONESELF),
            ("1233", rules.FORWARD_CODE),
            ("0", rules.FORWARD_INVALID),
            ("0906123456", rules.PLAN_BARRED_DIVERTED),
            ("004930123456", rules.PLAN_BARRED_DIVERTED),
        ],
    )
    def test_to_where_no_call_may_go_is_refused_at_once(self, number: str, rule: str) -> None:
        for code in ("21", "64"):
            plan = refused(f"*{code}*{number}#")
            assert plan.rule == rule
            assert plan.announcement in (Announcement.SERVICE_FAILED, Announcement.CALL_BARRED)

    @pytest.mark.parametrize("code", ["*21*0201234502#", "**61*0612345602#", "*64*+31201234502#"])
    def test_full_number_of_a_colleague_is_no_call_outside(self, code: str) -> None:
        outside = tuple(one for one in CallClass if one is not CallClass.INTERNAL)
        anna = having(outgoing_calling_plan=OutgoingCallingPlan(forward_barred=outside))
        assert isinstance(call(code, anna, BRAM), FeaturePlan)
        for stranger in (None, changed(BRAM, tenant=TenantId("elsewhere"))):
            assert call(code, anna, stranger).rule == rules.PLAN_BARRED_DIVERTED

    @pytest.mark.parametrize(
        ("dialled", "number"),
        [
            ("*21*0201234502#", "0201234502"),
            ("*21*+31201234502#", "0031201234502"),
            ("*64*202#", "202"),
            ("*21#", None),
            ("##21#", None),
            ("*7501", None),
            ("0201234502", None),
            ("", None),
        ],
    )
    def test_number_a_code_names_is_looked_up(self, dialled: str, number: str | None) -> None:
        assert named(dialled) == number

    def test_to_an_extension_and_a_mobile(self) -> None:
        assert changes(feature("*21*202#"))[1]["destination"] == "202"
        assert changes(feature("**21*0612345699#"))[1]["destination"] == "0612345699"


class TestSwitches:
    @pytest.mark.parametrize(
        ("code", "service"),
        [("26", "do_not_disturb"), ("43", "call_waiting"), ("77", "anonymous_call_rejection")],
    )
    def test_on_and_off(self, code: str, service: str) -> None:
        assert changes(feature(f"*{code}#")) == (service, {"active": True})
        assert changes(feature(f"#{code}")) == (service, {"active": False})

    @pytest.mark.parametrize(
        ("dialled", "withheld"), [("*31#", False), ("#31#", True), ("**31#", False), ("*31", False)]
    )
    def test_show_and_withhold_for_good(self, dialled: str, withheld: bool) -> None:
        assert changes(feature(dialled)) == (WITHHOLD_SERVICE, {"active": withheld})

    def test_night_forwarding(self) -> None:
        own = having(night_forwarding=UserNightForwarding(destination="202"))
        on = {"follow_group": False, "mode": "on"}
        assert changes(feature("*64#", own)) == ("night_forwarding", on)
        assert changes(feature("*64*0612345699#")) == (
            "night_forwarding",
            on | {"destination": "0612345699"},
        )
        assert changes(feature("#64#")) == ("night_forwarding", {"follow_group": False, "mode": "off"})
        assert changes(feature("##64#"))[1]["follow_group"] is True
        assert refused("*64#").rule == rules.FEATURE_NO_DESTINATION
        group = GroupServices(group_night_forwarding=GroupNightForwarding(destination="202"))
        assert changes(feature("*64#", changed(ANNA, group_services=group)))[1] == on

    def test_every_change_fits_the_settings_of_its_service(self) -> None:
        for one in FEATURE_CODES:
            for dialled in (f"*{one.code}*0301234567#", f"*{one.code}#", f"#{one.code}#", f"##{one.code}#"):
                plan = resolve(ANNA, dialled, FACTS)
                if not isinstance(plan, FeaturePlan) or not isinstance(plan.action, ChangeService):
                    continue
                if plan.action.service != WITHHOLD_SERVICE:
                    msgspec.json.decode(plan.action.changes, type=SERVICES[plan.action.service].settings)

    def test_fields_a_service_does_not_have_are_an_error(self) -> None:
        with pytest.raises(msgspec.ValidationError):
            change("do_not_disturb", {"destination": "202"})


class TestSpeedDial:
    CALLER = having(
        speed_dial_8=SpeedDial8(
            entries=speed_dials(
                ("2", "0301234567"), ("3", "202"), ("4", "*21*202#"), ("5", "2"), ("6", "112")
            )
        ),
        speed_dial_100=SpeedDial100(entries=speed_dials(("00", "202"), ("21", "#31#0301234567"))),
    )

    @pytest.mark.parametrize(
        ("dialled", "destination"),
        [
            ("2", "0301234567"),
            ("2#", "0301234567"),
            ("3", "202"),
            ("*000", "202"),
            ("*000#", "202"),
            ("*021", "#31#0301234567"),
            ("#31#2", "#31#0301234567"),
            ("*31#2", "*31#0301234567"),
            ("6", "112"),
        ],
    )
    def test_stands_for(self, dialled: str, destination: str) -> None:
        assert resolve(self.CALLER, dialled) == destination

    @pytest.mark.parametrize("dialled", ["9", "*099", "*022"])
    def test_empty(self, dialled: str) -> None:
        plan = refused(dialled, self.CALLER)
        assert (plan.status, plan.rule) == (404, rules.SPEED_DIAL_EMPTY)

    @pytest.mark.parametrize("dialled", ["4", "5"])
    def test_never_for_another_code(self, dialled: str) -> None:
        assert refused(dialled, self.CALLER).rule == rules.NUMBER_INVALID

    def test_is_decided_as_if_dialled(self) -> None:
        outside = call("2", self.CALLER)
        assert isinstance(outside, ExternalPlan)
        assert (outside.number, outside.dialled) == (OUTSIDE, "+31301234567")
        inside = call("3", self.CALLER, BRAM)
        assert isinstance(inside, OnNetPlan)
        assert (inside.called, inside.dialled) == (BRAM.subscriber, "202")
        assert call("202", self.CALLER, BRAM).dialled is None

    def test_hides_the_number_when_asked_to(self) -> None:
        assert call("#31#2", self.CALLER).identity.presentation is Presentation.RESTRICTED
        assert call("*021", self.CALLER).identity.presentation is Presentation.RESTRICTED

    def test_emergency_number_is_told_as_such(self) -> None:
        assert call("6", self.CALLER).rule == rules.EMERGENCY_ELSEWHERE


class TestRedialAndReturn:
    def test_stand_for_the_last_ones(self) -> None:
        assert resolve(ANNA, "*66", FACTS) == "0301234567"
        assert resolve(ANNA, "*69#", FACTS) == BRAM_FIXED
        assert call("*69", ANNA, BRAM).dialled == BRAM_FIXED

    def test_a_speed_dial_dialled_last_is_what_it_stands_for_now(self) -> None:
        entries = speed_dials(("2", "202"))
        caller = having(speed_dial_8=SpeedDial8(entries=entries))
        last = OriginationFacts(last_dialled="2")
        assert resolve(caller, "*66", last) == "202"
        assert feature("*37#", caller, last).action == RequestCallback(dialled="202")
        assert refused("*66", ANNA, last).rule == rules.REDIAL_NOBODY

    @pytest.mark.parametrize(
        ("dialled", "facts", "rule"),
        [
            ("*66", OriginationFacts(), rules.REDIAL_NOBODY),
            ("*66", OriginationFacts(last_dialled="*66"), rules.NUMBER_INVALID),
            ("*69", OriginationFacts(), rules.CALL_RETURN_NOBODY),
            ("*69", OriginationFacts(last_caller_withheld=True), rules.CALL_RETURN_WITHHELD),
            (
                "*69",
                OriginationFacts(last_caller=BRAM_FIXED, last_caller_withheld=True),
                rules.CALL_RETURN_WITHHELD,
            ),
            ("*37#", OriginationFacts(), rules.REDIAL_NOBODY),
            ("#66", FACTS, rules.FEATURE_NOT_AVAILABLE),
            ("#69", FACTS, rules.FEATURE_NOT_AVAILABLE),
        ],
    )
    def test_nobody(self, dialled: str, facts: OriginationFacts, rule: str) -> None:
        assert refused(dialled, ANNA, facts).rule == rule

    @pytest.mark.parametrize(
        ("dialled", "services"),
        [
            ("*66", {"last_number_redial": LastNumberRedial(active=False)}),
            ("*69", {"call_return": CallReturn(active=False)}),
            ("*37#", {"automatic_callback": AutomaticCallback(active=False)}),
        ],
    )
    def test_switched_off(self, dialled: str, services: dict[str, Any]) -> None:
        assert refused(dialled, having(**services)).rule == rules.FEATURE_SWITCHED_OFF


class TestCallbackAndPull:
    def test_callback_of_whom_was_dialled_last(self) -> None:
        plan = feature("*37#")
        assert (plan.action, plan.done) == (
            RequestCallback(dialled="0301234567"),
            Announcement.CALLBACK_SET,
        )
        assert feature("#37#").action == RequestCallback(cancel=True)

    def test_pull(self) -> None:
        plan = feature("*11")
        assert (plan.action, plan.failed) == (PullCall(), Announcement.NOTHING_TO_PULL)
        assert refused("#11").rule == rules.FEATURE_NOT_AVAILABLE


class TestPacks:
    @pytest.mark.parametrize("pack", list(ServicePack))
    def test_code_of_a_service_the_pack_lacks_is_not_allowed(self, pack: ServicePack) -> None:
        caller = changed(ANNA, pack=pack)
        mobile = pack.value.startswith("vast_mobiel")
        for one in FEATURE_CODES:
            if one.does is Does.SPEED_DIAL:
                continue
            plan = resolve(caller, f"*{one.code}*0301234567#", FACTS)
            if isinstance(plan, RefusedPlan) and plan.rule == rules.FEATURE_NOT_AVAILABLE:
                plan = resolve(caller, f"*{one.code}#", FACTS)
            kept_away = isinstance(plan, RefusedPlan) and plan.rule == rules.FEATURE_NOT_IN_PACK
            basic = pack is ServicePack.BASE_PLUS and one.does in (Does.PICK_UP_AT, Does.BARGE_IN)
            assert kept_away is (basic or (one.does is Does.PULL and not mobile)), one
            if isinstance(plan, RefusedPlan) and kept_away:
                assert plan.announcement is Announcement.NOT_ALLOWED

    @pytest.mark.parametrize("dialled", ["1233", "+311233", "#31#1233"])
    def test_voicemail_is_listened_to_when_the_pack_holds_it(self, dialled: str) -> None:
        plan = call(dialled)
        assert isinstance(plan, DivertPlan)
        assert plan.onward == ToVoicemail(
            mailbox=ANNA.subscriber,
            reason=DivertReason.UNCONDITIONAL,
            rule=rules.FEATURE_VOICEMAIL,
            listen=True,
        )
        base = call(dialled, changed(ANNA, pack=ServicePack.BASE_PLUS))
        assert (base.rule, base.announcement) == (rules.FEATURE_NOT_IN_PACK, Announcement.NOT_ALLOWED)


def test_feature_code_costs_the_calling_device_nothing() -> None:
    plan = call("*26#")
    assert isinstance(plan, FeaturePlan)
    assert (plan.payer.subscription, plan.payer.tariff) == (ANNA.fixed_subscription, TariffClass.FREE)


def test_disabled_user_sets_nothing() -> None:
    assert call("*26#", changed(ANNA, enabled=False)).rule == rules.CALLER_DISABLED
