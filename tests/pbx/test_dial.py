"""Dial from the app (call-flows §2; RFC 3725)."""

from __future__ import annotations

from typing import Any

import pytest

from hipper.pbx import rules
from hipper.pbx.dial import DialPlan, decide
from hipper.pbx.ids import DeviceId, SubscriptionId
from hipper.pbx.model import (
    Device,
    DeviceKind,
    ExternalPlan,
    OnNetPlan,
    OriginationFacts,
    Presentation,
    RefusedPlan,
    ServicePack,
    SubscriberContext,
    TariffClass,
)
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.calling import SpeedDial8, SpeedDialEntry
from hipper.pbx.services.reachability import Anywhere, AnywhereLocation, RemoteOffice
from tests.pbx.people import ANNA, ANNA_FIXED, ANNA_MOBILE, BRAM, changed

DESK, MOBILE = DeviceId("anna-desk"), DeviceId("anna-mobile")
HOME = "+31301234567"


def dial(
    destination: str,
    device: DeviceId | None = None,
    called: SubscriberContext | None = None,
    caller: SubscriberContext = ANNA,
    **how: Any,
) -> DialPlan | RefusedPlan:
    return decide(caller, called, destination, device, now=0.0, **how)


def planned(*args: Any, **how: Any) -> DialPlan:
    plan = dial(*args, **how)
    assert isinstance(plan, DialPlan), plan
    return plan


def refused(*args: Any, **how: Any) -> RefusedPlan:
    plan = dial(*args, **how)
    assert isinstance(plan, RefusedPlan), plan
    return plan


def having(**services: Any) -> SubscriberContext:
    return changed(ANNA, services=SubscriberServices(**services))


def test_the_chosen_device_rings_first_and_the_fixed_subscription_pays_the_other_side() -> None:
    for device, kind in ((DESK, DeviceKind.DESK_PHONE), (MOBILE, DeviceKind.MOBILE)):
        plan = planned("0301234599", device)
        (first,) = plan.first
        assert (first.device, first.kind, first.payer.tariff) == (device, kind, TariffClass.FREE)
        assert isinstance(plan.then, ExternalPlan)
        assert plan.then.payer.subscription == SubscriptionId("anna-fixed-plan")
        assert plan.then.identity.number == ANNA_FIXED


def test_a_mobile_confirms_since_a_mailbox_could_answer() -> None:
    (mobile,) = planned("202", MOBILE, BRAM).first
    assert (mobile.confirm, mobile.mobile_number, mobile.mobile_network) == (True, ANNA_MOBILE, "mvno")
    (desk,) = planned("202", DESK, BRAM).first
    assert (desk.confirm, desk.aor_user) == (False, "anna-desk")


def test_to_a_colleague() -> None:
    plan = planned("202", None, BRAM)
    assert isinstance(plan.then, OnNetPlan)
    assert (plan.then.called, plan.rule) == (BRAM.subscriber, rules.ON_NET_EXTENSION)


def test_anonymous() -> None:
    plan = planned("0301234599", anonymous_requested=True)
    assert plan.then.identity.presentation is Presentation.RESTRICTED


def test_speed_dial_and_redial_stand_for_somebody() -> None:
    entry = SpeedDialEntry(code="2", destination="0301234599")
    plan = planned("2", caller=having(speed_dial_8=SpeedDial8(entries=(entry,))))
    assert isinstance(plan.then, ExternalPlan)
    assert plan.then.number == "+31301234599"
    assert planned("*66", facts=OriginationFacts(last_dialled="202"), called=BRAM).then.dialled == "202"


@pytest.mark.parametrize("destination", ["112", "+31112", "0112", "#31#112", "urn:service:sos", "2"])
def test_112_is_for_the_native_dialler(destination: str) -> None:
    entry = SpeedDialEntry(code="2", destination="112")
    caller = having(speed_dial_8=SpeedDial8(entries=(entry,)))
    for enabled in (True, False):
        plan = refused(destination, caller=changed(caller, enabled=enabled))
        assert (plan.status, plan.rule) == (403, rules.DIAL_EMERGENCY)


@pytest.mark.parametrize("destination", ["*21*0612345699#", "#26#", "*11", "*37#", "1233", "*31#"])
def test_no_feature_codes(destination: str) -> None:
    plan = refused(destination, facts=OriginationFacts(last_dialled="202"))
    assert plan.rule == rules.DIAL_CODE


@pytest.mark.parametrize(
    ("destination", "rule"),
    [
        ("299", rules.EXTENSION_UNKNOWN),
        ("0", rules.NUMBER_INVALID),
        ("*99", rules.FEATURE_NOT_AVAILABLE),
        ("+881612345678", rules.PLAN_BARRED_CLASS),
    ],
)
def test_same_checks_as_a_dialled_call(destination: str, rule: str) -> None:
    assert refused(destination).rule == rule


def test_disabled_user() -> None:
    assert refused("202", None, BRAM, changed(ANNA, enabled=False)).rule == rules.CALLER_DISABLED


@pytest.mark.parametrize("device", ["bram-desk", "", "remote:+31301234567", "remote:"])
def test_a_device_that_is_not_the_users(device: str) -> None:
    assert refused("202", DeviceId(device), BRAM).rule == rules.DIAL_DEVICE_UNKNOWN


def test_which_device_rings_when_none_is_chosen() -> None:
    assert [one.device for one in planned("202", None, BRAM).first] == [MOBILE]
    desk_only = changed(ANNA, devices=ANNA.devices[:1])
    assert [one.device for one in planned("202", None, BRAM, desk_only).first] == [DESK]
    silent = changed(
        ANNA, devices=(Device(id=DESK, kind=DeviceKind.DESK_PHONE, label="", aor_user="a", rings=False),)
    )
    assert [one.device for one in planned("202", None, BRAM, silent).first] == [DESK]
    assert refused("202", None, BRAM, changed(ANNA, devices=())).rule == rules.DIAL_NO_DEVICE


def test_telephone_of_another_exchange() -> None:
    device = Device(
        id=DeviceId("x"), kind=DeviceKind.EXCHANGE, label="", aor_user="2001", exchange="asterisk"
    )
    (first,) = planned("202", None, BRAM, changed(ANNA, devices=(device,))).first
    assert (first.exchange, first.aor_user, first.confirm) == ("asterisk", "2001", False)


class TestRemote:
    OFFICE = having(remote_office=RemoteOffice(active=True, number=HOME))
    ANYWHERE = having(
        anywhere=Anywhere(
            active=True,
            alert_all_for_dial=True,
            locations=(
                AnywhereLocation(number=HOME),
                AnywhereLocation(number="+31301234568", active=False),
                AnywhereLocation(number="+881612345678"),
                AnywhereLocation(number="112"),
            ),
        )
    )

    def test_remote_office_rings_and_is_paid_for(self) -> None:
        (first,) = planned("202", None, BRAM, self.OFFICE).first
        assert (first.kind, first.remote_number, first.confirm) == (DeviceKind.REMOTE, HOME, True)
        assert first.payer.subscription == SubscriptionId("anna-fixed-plan")
        assert first.payer.tariff is TariffClass.NATIONAL_FIXED
        assert planned("202", DeviceId(f"remote:{HOME}"), BRAM, self.OFFICE).first == (first,)
        as_people_write = having(remote_office=RemoteOffice(active=True, number="030 123 45 67"))
        assert planned("202", DeviceId(f"remote:{HOME}"), BRAM, as_people_write).first == (first,)

    def test_anywhere_rings_every_location_the_calling_plan_allows(self) -> None:
        first = planned("202", None, BRAM, self.ANYWHERE).first
        assert [one.remote_number or one.device for one in first] == [MOBILE, HOME]

    @pytest.mark.parametrize("number", ["+881612345678", "112"])
    def test_barred_location_is_refused(self, number: str) -> None:
        plan = refused("202", DeviceId(f"remote:{number}"), BRAM, self.ANYWHERE)
        assert plan.rule == rules.PLAN_BARRED_DIVERTED

    def test_a_pack_without_the_service_does_not_ring_it(self) -> None:
        for caller in (self.OFFICE, self.ANYWHERE):
            base = changed(caller, pack=ServicePack.BASE_PLUS)
            assert [one.device for one in planned("202", None, BRAM, base).first] == [MOBILE]
