"""Which pack holds which service: the tables of seed 4 and 9."""

from __future__ import annotations

import pytest

from hipper.pbx import forwarding, rules
from hipper.pbx.model import (
    DeviceKind,
    DivertReason,
    ExternalPlan,
    ForwardTo,
    OnNetPlan,
    RefusedPlan,
    ServicePack,
)
from hipper.pbx.origination import decide
from hipper.pbx.service_packs import HELD, NOT_IN_PACK, effective, holds, in_force, integrated
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.forwarding import CallForwardingSelective, Voicemail
from hipper.pbx.services.reachability import Anywhere
from hipper.pbx.services.screening import DoNotDisturb
from tests.pbx.asking import OUTSIDER, ring
from tests.pbx.people import ANNA, BRAM, changed

PREMIUM = [pack for pack in ServicePack if pack is not ServicePack.BASE_PLUS]
NOT_IN_BASE = [
    "voicemail", "anywhere", "remote_office", "simultaneous_ring_personal", "personal_assistant",
    "call_forwarding_selective", "selective_call_acceptance", "selective_call_rejection", "priority_alert",
    "alternate_numbers", "busy_lamp_field", "music_on_hold_user",
]  # fmt: skip
IN_BASE = [
    "do_not_disturb", "call_forwarding_always", "call_forwarding_busy", "call_forwarding_no_answer",
    "call_forwarding_not_reachable", "call_waiting", "anonymous_call_rejection", "speed_dial_8",
    "speed_dial_100", "night_forwarding", "intercept_user", "diversion_inhibitor", "last_number_redial",
]  # fmt: skip


@pytest.mark.parametrize("service", NOT_IN_BASE)
def test_premium_service_is_in_every_pack_but_base(service: str) -> None:
    assert not holds(ServicePack.BASE_PLUS, service)
    assert all(holds(pack, service) for pack in PREMIUM)


@pytest.mark.parametrize("service", IN_BASE)
def test_basic_service_is_in_every_pack(service: str) -> None:
    assert all(holds(pack, service) for pack in ServicePack)


def test_every_service_that_a_pack_lacks_has_its_rule() -> None:
    services = set(SubscriberServices.__struct_fields__)
    assert services <= set().union(*HELD.values())
    assert set(NOT_IN_PACK) == {s for s in services for pack in ServicePack if not holds(pack, s)}
    assert not holds(ServicePack.PREMIUM_PLUS, "telepathy")


def test_settings_outside_the_pack_are_kept_but_do_nothing() -> None:
    services = SubscriberServices(
        voicemail=Voicemail(active=True),
        anywhere=Anywhere(active=True),
        do_not_disturb=DoNotDisturb(active=True),
    )
    base = changed(BRAM, pack=ServicePack.BASE_PLUS, services=services)
    assert effective(base, "voicemail") is None
    assert effective(base, "do_not_disturb") == DoNotDisturb(active=True)
    kept, ignored = in_force(base)
    assert kept == SubscriberServices(do_not_disturb=DoNotDisturb(active=True))
    assert set(ignored) == {rules.PACK_VOICEMAIL, rules.PACK_ANYWHERE}
    assert base.services.voicemail == Voicemail(active=True)


def test_settings_in_the_pack_all_count() -> None:
    services = SubscriberServices(call_forwarding_selective=CallForwardingSelective(active=True))
    for pack in PREMIUM:
        user = changed(BRAM, pack=pack, services=services)
        assert in_force(user) == (services, ())
        assert effective(user, "call_forwarding_selective") == CallForwardingSelective(active=True)


def test_never_set_is_none_in_every_pack() -> None:
    assert all(effective(changed(BRAM, pack=pack), "voicemail") is None for pack in ServicePack)


FIXED_PACKS = [ServicePack.BASE_PLUS, ServicePack.BUSINESS_PLUS, ServicePack.PREMIUM_PLUS]


@pytest.mark.parametrize("pack", ServicePack)
def test_mobile_belongs_to_the_exchange_in_the_vast_mobiel_packs_only(pack: ServicePack) -> None:
    """Seed 1.4, 5.8. The handset does not ring, and its number is one outside."""
    bram = integrated(changed(BRAM, pack=pack))
    plan = ring(bram)
    colleague = decide(
        ANNA,
        bram,
        "0612345602",
        anonymous_requested=False,
        identity_allowed_requested=False,
        device_kind=DeviceKind.DESK_PHONE,
        now=0.0,
    )
    if pack in FIXED_PACKS:
        assert [target.device for target in plan.targets] == ["bram-desk", "bram-oven"]
        assert [(one.device, one.rule) for one in plan.skipped] == [("bram-mobile", rules.DEVICE_NOT_IN_PACK)]
        assert isinstance(colleague, ExternalPlan)
    else:
        assert bram == changed(BRAM, pack=pack)
        assert "bram-mobile" in [target.device for target in plan.targets]
        assert isinstance(colleague, OnNetPlan)


def test_user_of_a_fixed_pack_may_forward_to_the_mobile_number_as_to_any_other() -> None:
    bram = integrated(changed(BRAM, pack=ServicePack.PREMIUM_PLUS))
    to = ForwardTo(destination="0612345602", reason=DivertReason.UNCONDITIONAL, rule=rules.DIVERT_ALWAYS)
    assert isinstance(forwarding.decide(bram, None, to, OUTSIDER, now=0.0), ExternalPlan)
    own = forwarding.decide(BRAM, None, to, OUTSIDER, now=0.0)
    assert isinstance(own, RefusedPlan)
    assert own.rule == rules.FORWARD_ONESELF
