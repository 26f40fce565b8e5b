"""Properties of every decision: whatever is dialled by whomever, no secret shows and every rule is a listed
one."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from hipper.pbx.ids import DeviceId, GroupId, SubscriberId, SubscriptionId, TenantId
from hipper.pbx.model import (
    CallerIdentity,
    CallPlan,
    Device,
    DeviceKind,
    DivertPlan,
    DivertReason,
    ExternalPlan,
    FeaturePlan,
    IdentityChoice,
    Number,
    NumberKind,
    OnNetPlan,
    Presentation,
    RefusedPlan,
    RingPlan,
    SubscriberContext,
    TariffClass,
    TerminationPlan,
    ToVoicemail,
)
from hipper.pbx.origination import decide as originate
from hipper.pbx.rules import RULES
from hipper.pbx.termination import decide as terminate
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.numbers.emergency import is_emergency

E164S = st.integers(0, 99).map(lambda n: E164(f"+312012345{n:02}")) | st.integers(0, 99).map(
    lambda n: E164(f"+316123456{n:02}")
)
EXTENSIONS = st.integers(200, 205).map(str) | st.just("144")
NUMBERS = st.lists(
    st.one_of(
        st.builds(Number, kind=st.just(NumberKind.EXTENSION), extension=EXTENSIONS),
        st.builds(
            Number,
            kind=st.sampled_from([NumberKind.FIXED, NumberKind.MOBILE, NumberKind.ALTERNATE]),
            e164=E164S,
        ),
    ),
    max_size=5,
).map(tuple)
DEVICES = st.lists(
    st.builds(
        Device,
        id=st.sampled_from([DeviceId(f"device-{n}") for n in range(6)]),
        kind=st.sampled_from(DeviceKind),
        label=st.just("Phone"),
        aor_user=st.none() | st.just("desk"),
        mobile_network=st.none() | st.just("mvno"),
        rings=st.booleans(),
    ),
    max_size=5,
    unique_by=lambda device: device.id,
).map(tuple)
CONTEXTS = st.builds(
    SubscriberContext,
    tenant=st.sampled_from([TenantId("bakery"), TenantId("butcher")]),
    group=st.just(GroupId("g")),
    subscriber=st.sampled_from([SubscriberId("anna"), SubscriberId("bram")]),
    domain=st.just("bakery.example"),
    display_name=st.just("Somebody"),
    country=st.sampled_from(["NL", "BE"]),
    area_code=st.sampled_from([None, "20"]),
    numbers=NUMBERS,
    devices=DEVICES,
    identity=st.sampled_from(IdentityChoice),
    identity_alternate=st.none() | E164S,
    withhold=st.booleans(),
    tenant_default_identity=st.none() | st.just(E164("+31201234500")),
    mobile_subscription=st.just(SubscriptionId("mobile-plan")),
    fixed_subscription=st.just(SubscriptionId("fixed-plan")),
    enabled=st.sampled_from([True, True, True, False]),
)
DIALLED = st.one_of(
    EXTENSIONS,
    E164S,
    E164S.map(lambda number: "0" + number[3:]),
    E164S.map(lambda number: "#31#00" + number[1:]),
    st.sampled_from(["112", "113", "1233", "*11", "14020", "0800-0113", "urn:service:sos", "+31112", ""]),
    st.text(alphabet="0123456789+*#", max_size=18),
    st.text(max_size=40),
)
IDENTITIES = st.builds(
    CallerIdentity,
    presentation=st.sampled_from(Presentation),
    number=st.none() | E164S,
    extension=st.none() | EXTENSIONS,
    name=st.none() | st.just("Somebody"),
    network_number=st.none() | E164S,
)


def rules_in(plan: CallPlan | TerminationPlan) -> set[str]:
    names = {plan.rule}
    if isinstance(plan, OnNetPlan | ExternalPlan):
        assert plan.identity_rule is not None
        names.add(plan.identity_rule)
    if isinstance(plan, RingPlan):
        names |= {target.rule for target in plan.targets}
    if isinstance(plan, RingPlan | RefusedPlan):
        names |= {skip.rule for skip in plan.skipped}
    return names


@given(CONTEXTS, st.none() | CONTEXTS, DIALLED, st.booleans(), st.booleans(), st.sampled_from(DeviceKind))
@settings(max_examples=400, deadline=None)
def test_origination(
    caller: SubscriberContext,
    called: SubscriberContext | None,
    dialled: str,
    anonymous: bool,
    allowed: bool,
    device: DeviceKind,
) -> None:
    plan = originate(
        caller,
        called,
        dialled,
        anonymous_requested=anonymous,
        identity_allowed_requested=allowed,
        device_kind=device,
        now=0.0,
    )
    assert rules_in(plan) <= set(RULES)
    assert msgspec.json.decode(msgspec.json.encode(plan), type=CallPlan) == plan
    if is_emergency(dialled) or not caller.enabled:
        assert isinstance(plan, RefusedPlan)
    if isinstance(plan, RefusedPlan):
        assert plan.status in (403, 404, 480)
        return
    if isinstance(plan, FeaturePlan):
        assert plan.payer.tariff is TariffClass.FREE
        return
    if isinstance(plan, DivertPlan):
        assert plan.onward == ToVoicemail(
            mailbox=caller.subscriber, reason=DivertReason.UNCONDITIONAL, rule=plan.rule, listen=True
        )
        return
    own = {number.e164 for number in caller.numbers} | {caller.tenant_default_identity, None}
    assert plan.identity.number in own
    assert plan.identity.network_number in own
    assert plan.payer.subscription == ("mobile-plan" if device is DeviceKind.MOBILE else "fixed-plan")
    if anonymous or (caller.withhold and not allowed and "*31" not in dialled):
        assert plan.identity.number is None
    if isinstance(plan, OnNetPlan):
        assert called is not None
        assert called.tenant == caller.tenant
        assert plan.called == called.subscriber
        assert plan.called_number in called.numbers
    else:
        assert plan.identity.extension is None
        assert plan.identity.name is None


@given(
    CONTEXTS, IDENTITIES, st.booleans(), st.sampled_from([None, DeviceId("device-0"), DeviceId("device-1")])
)
@settings(max_examples=300, deadline=None)
def test_termination(
    called: SubscriberContext, caller: CallerIdentity, on_net: bool, exclude: DeviceId | None
) -> None:
    reached = Number(kind=NumberKind.FIXED, e164=E164("+31201234501"))
    plan = terminate(called, caller, on_net=on_net, reached=reached, exclude_device=exclude, now=0.0)
    assert rules_in(plan) <= set(RULES)
    assert msgspec.json.decode(msgspec.json.encode(plan), type=TerminationPlan) == plan
    if isinstance(plan, RefusedPlan):
        assert plan.status == 480
        assert not called.enabled or len(plan.skipped) == len(called.devices)
        return
    ringing = {target.device for target in plan.targets}
    silent = {skip.device for skip in plan.skipped}
    assert ringing
    assert not ringing & silent
    assert ringing | silent == {device.id for device in called.devices}
    assert exclude not in ringing
    assert all(target.payer.tariff is TariffClass.FREE for target in plan.targets)
    assert ringing <= {device.id for device in called.devices if device.rings}
    if caller.presentation is Presentation.RESTRICTED:
        assert (plan.identity.number, plan.identity.extension, plan.identity.name) == (None, None, None)
