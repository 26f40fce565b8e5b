"""Whatever is set, known and dialled: nothing raises, and no leg leaves that the calling plan bars."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from hipper.pbx import dial, forwarding
from hipper.pbx.calling_plan_default import DEFAULT_PLAN
from hipper.pbx.dialling import resolve
from hipper.pbx.identity import connected_identity
from hipper.pbx.ids import DeviceId, TenantId
from hipper.pbx.model import (
    CallerIdentity,
    CallPlan,
    DeviceKind,
    DivertReason,
    ExternalPlan,
    FeaturePlan,
    ForwardTo,
    OnNetPlan,
    OriginationFacts,
    Presentation,
    RefusedPlan,
    ServicePack,
    SubscriberContext,
    TariffClass,
)
from hipper.pbx.origination import decide
from hipper.pbx.rules import RULES
from hipper.pbx.services.bundles import GroupServices, SubscriberServices
from hipper.pbx.services.calling import (
    CallCapacityManagement,
    CallClass,
    CountryRate,
    InternalCallingLineIdDelivery,
    OutgoingCallingPlan,
    Rates,
    SpeedDial8,
    SpeedDial100,
    SpeedDialEntry,
)
from hipper.pbx.services.reachability import Anywhere, AnywhereLocation, RemoteOffice
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.numbers.emergency import is_emergency, is_never_recorded
from tests.pbx.people import ANNA, BRAM, changed

NUMBERS = [
    "201",
    "202",
    "0201234501",
    "0201234502",
    "0301234567",
    "0612345699",
    "+4930123456",
    "004930123456",
    "+881612345678",
    "+449098790000",
    "+12025550123",
    "0900-8844",
    "0906123456",
    "0800-1234",
    "0800-0113",
    "1888",
    "14020",
    "112",
    "113",
    "1233",
    "urn:service:sos",
]
CODES = [
    "2",
    "*000",
    "*042#",
    "*66",
    "*69",
    "*11",
    "*37#",
    "#37#",
    "*21#",
    "*26",
    "*31#",
    "#31#2",
    "*64#",
    "*61*0301234567**20#",
]
DIGITS = st.one_of(
    st.sampled_from(NUMBERS),
    st.sampled_from(NUMBERS).map(lambda number: "#31#" + number),
    st.sampled_from(CODES),
    st.builds(
        lambda code, number: f"*{code}*{number}#",
        st.sampled_from(["21", "61", "64"]),
        st.sampled_from(NUMBERS),
    ),
    st.text(alphabet="0123456789+*#", max_size=18),
    st.text(max_size=30),
)
CLASSES = st.lists(st.sampled_from(CallClass), max_size=3).map(tuple)
PREFIXES = st.lists(st.sampled_from(["+31", "+319", "+3190", "+49", "+88", "18", "14", "", "x"]), max_size=3)
MOST = st.none() | st.integers(0, 4)
EUROS = st.none() | st.floats(0.0, 100.0)
PLANS = st.none() | st.builds(
    OutgoingCallingPlan,
    barred=CLASSES,
    forward_barred=CLASSES,
    barred_prefixes=PREFIXES.map(tuple),
    allowed_prefixes=PREFIXES.map(tuple),
    max_calls_user=MOST,
    max_calls_group=MOST,
    spend_cap_user_day=EUROS,
    spend_cap_user_month=EUROS,
    spend_cap_group_month=EUROS,
    rates=st.builds(
        Rates,
        international=st.floats(0.0, 5.0),
        countries=st.just((CountryRate(calling_code="49", rate=0.1),)),
    ),
)
ENTRIES = st.builds(
    lambda eight, hundred: {
        "speed_dial_8": SpeedDial8(entries=(SpeedDialEntry(code="2", destination=eight),)),
        "speed_dial_100": SpeedDial100(
            entries=(
                SpeedDialEntry(code="00", destination=hundred),
                SpeedDialEntry(code="42", destination=eight),
            )
        ),
    },
    DIGITS,
    DIGITS,
)


@st.composite
def callers(draw: st.DrawFn) -> SubscriberContext:
    location = AnywhereLocation(number=draw(DIGITS))
    services: dict[str, Any] = draw(ENTRIES) | {
        "outgoing_calling_plan": draw(PLANS),
        "internal_calling_line_id_delivery": InternalCallingLineIdDelivery(active=draw(st.booleans())),
        "anywhere": Anywhere(active=True, alert_all_for_dial=draw(st.booleans()), locations=(location,)),
        "remote_office": RemoteOffice(active=draw(st.booleans()), number=draw(DIGITS)),
    }
    return changed(
        ANNA,
        pack=draw(st.sampled_from(ServicePack)),
        enabled=draw(st.sampled_from([True, True, True, False])),
        country=draw(st.sampled_from(["NL", "NL", "BE"])),
        withhold=draw(st.booleans()),
        services=SubscriberServices(**services),
        group_services=GroupServices(
            group_outgoing_calling_plan=draw(PLANS),
            call_capacity_management=draw(
                st.none() | st.builds(CallCapacityManagement, max_calls=MOST, max_outgoing=MOST)
            ),
        ),
    )


CALLED = st.sampled_from([None, BRAM, ANNA, changed(BRAM, tenant=TenantId("butcher"))])
FACTS = st.builds(
    OriginationFacts,
    last_dialled=st.none() | DIGITS,
    last_caller=st.none() | st.sampled_from([E164("+31201234502"), E164("+4930123456")]),
    last_caller_withheld=st.booleans(),
    user_calls=st.integers(0, 4),
    group_calls=st.integers(0, 6),
    user_spent_today=st.floats(0.0, 120.0),
    user_spent_month=st.floats(0.0, 120.0),
    group_spent_month=st.floats(0.0, 120.0),
)
IDENTITIES = st.builds(
    CallerIdentity,
    presentation=st.sampled_from(Presentation),
    number=st.none() | st.just(E164("+31301234500")),
    extension=st.none() | st.just("250"),
    name=st.none() | st.just("Somebody"),
    network_number=st.none() | st.just(E164("+31301234500")),
)

_CLASS_OF = {tariff: CallClass(tariff.value) for tariff in TariffClass if tariff.value in list(CallClass)}


def plan_of(caller: SubscriberContext) -> OutgoingCallingPlan:
    group = caller.group_services.group_outgoing_calling_plan or DEFAULT_PLAN
    return caller.services.outgoing_calling_plan or group


def assert_leg_may_leave(
    caller: SubscriberContext,
    leg: ExternalPlan | OnNetPlan,
    facts: OriginationFacts,
    *,
    diverted: bool,
) -> None:
    """The rules told once more, as short as they can be."""
    plan = plan_of(caller)
    group = caller.group_services.group_outgoing_calling_plan or DEFAULT_PLAN
    if isinstance(leg, OnNetPlan):
        assert CallClass.INTERNAL not in plan.barred
        assert not diverted or CallClass.INTERNAL not in plan.forward_barred
        return
    assert not is_emergency(leg.dialled)
    if is_never_recorded(leg.dialled):
        assert not diverted
        return
    call_class = _CLASS_OF[leg.payer.tariff]
    assert not diverted or call_class not in plan.forward_barred
    fits = [
        (len(prefix), verdict)
        for prefixes, verdict in ((plan.allowed_prefixes, 0), (plan.barred_prefixes, 1))
        for prefix in prefixes
        if prefix and leg.dialled.startswith(prefix)
    ]
    assert max(fits)[1] == 0 if fits else call_class not in plan.barred
    capacity = caller.group_services.call_capacity_management
    if capacity is not None:
        for most in (capacity.max_calls, capacity.max_outgoing):
            assert most is None or facts.group_calls < most
    if call_class is CallClass.SERVICE_FREE:
        return
    assert plan.max_calls_user is None or facts.user_calls < plan.max_calls_user
    assert group.max_calls_group is None or facts.group_calls < group.max_calls_group
    for cap, spent in (
        (plan.spend_cap_user_day, facts.user_spent_today),
        (plan.spend_cap_user_month, facts.user_spent_month),
        (group.spend_cap_group_month, facts.group_spent_month),
    ):
        if cap is None or not leg.rate_per_minute:
            continue
        assert leg.max_duration_s is not None
        assert spent + leg.max_duration_s / 60.0 * leg.rate_per_minute <= cap + 1e-6


def assert_explained(plan: CallPlan) -> None:
    assert plan.rule in RULES
    assert msgspec.json.decode(msgspec.json.encode(plan), type=CallPlan) == plan


@given(callers(), CALLED, DIGITS, st.booleans(), st.booleans(), st.sampled_from(DeviceKind), FACTS)
@settings(max_examples=500, deadline=None)
def test_dialled(
    caller: SubscriberContext,
    called: SubscriberContext | None,
    dialled: str,
    anonymous: bool,
    allowed: bool,
    device: DeviceKind,
    facts: OriginationFacts,
) -> None:
    plan = decide(
        caller,
        called,
        dialled,
        anonymous_requested=anonymous,
        identity_allowed_requested=allowed,
        device_kind=device,
        now=0.0,
        facts=facts,
    )
    assert_explained(plan)
    resolved = resolve(caller, dialled, facts)
    if isinstance(plan, FeaturePlan):
        assert isinstance(resolved, FeaturePlan)
        assert resolved.action == plan.action
    if isinstance(plan, ExternalPlan | OnNetPlan):
        assert caller.enabled
        assert_leg_may_leave(caller, plan, facts, diverted=False)
        if anonymous:
            assert plan.identity.number is None
    if isinstance(plan, OnNetPlan):
        assert plan.dialled == (None if resolved == dialled else resolved)


@given(callers(), CALLED, DIGITS, st.sampled_from(DivertReason), IDENTITIES, FACTS)
@settings(max_examples=500, deadline=None)
def test_diverted(
    forwarder: SubscriberContext,
    called: SubscriberContext | None,
    destination: str,
    reason: DivertReason,
    caller: CallerIdentity,
    facts: OriginationFacts,
) -> None:
    onward = ForwardTo(destination=destination, reason=reason, rule="forward.always")
    plan = forwarding.decide(forwarder, called, onward, caller, now=0.0, facts=facts)
    assert_explained(plan)
    if isinstance(plan, RefusedPlan):
        return
    assert_leg_may_leave(forwarder, plan, facts, diverted=True)
    assert plan.payer.subscription == forwarder.fixed_subscription
    assert plan.identity.presentation is caller.presentation
    assert plan.identity.number == (caller.number if caller.presentation is Presentation.ALLOWED else None)
    assert not isinstance(plan, OnNetPlan) or plan.called != forwarder.subscriber


@given(
    callers(),
    CALLED,
    DIGITS,
    st.sampled_from([None, "anna-desk", "anna-mobile", "bram-desk", "remote:+31301234567", "remote:x"]),
    FACTS,
)
@settings(max_examples=300, deadline=None)
def test_dial_from_the_app(
    caller: SubscriberContext,
    called: SubscriberContext | None,
    destination: str,
    device: str | None,
    facts: OriginationFacts,
) -> None:
    chosen = None if device is None else DeviceId(device)
    plan = dial.decide(caller, called, destination, chosen, now=0.0, facts=facts)
    assert plan.rule in RULES
    if isinstance(plan, RefusedPlan):
        return
    assert_leg_may_leave(caller, plan.then, facts, diverted=False)
    assert plan.first
    for first in plan.first:
        if first.kind is not DeviceKind.REMOTE:
            assert first.device in {one.id for one in caller.devices}
            continue
        assert not is_never_recorded(first.remote_number or "")
        assert _CLASS_OF[first.payer.tariff] not in plan_of(caller).forward_barred


@given(callers(), st.booleans(), st.sampled_from([None, *ANNA.numbers]), st.sampled_from(DeviceKind))
@settings(max_examples=100, deadline=None)
def test_connected(called: SubscriberContext, on_net: bool, dialled: Any, device: DeviceKind) -> None:
    shown = connected_identity(called, caller_on_net=on_net, dialled=dialled, device=device)
    if shown.presentation is Presentation.RESTRICTED:
        assert (shown.number, shown.extension, shown.name) == (None, None, None)
    if not on_net:
        assert (shown.extension, shown.name) == (None, None)
