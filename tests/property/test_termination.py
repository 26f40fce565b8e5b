"""Properties of every decision on a call to a user, whatever is set and whoever calls."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from hipper.pbx import service_packs
from hipper.pbx.ids import DeviceId, GroupId, SubscriberId
from hipper.pbx.model import (
    CallerIdentity,
    CallerList,
    DeviceKind,
    DivertPlan,
    DivertReason,
    ForwardTo,
    Number,
    NumberKind,
    Onward,
    OriginationFacts,
    Presentation,
    RefusedPlan,
    RingPlan,
    ServicePack,
    SubscriberContext,
    TariffClass,
    TerminationFacts,
    TerminationPlan,
    ToAnnouncement,
)
from hipper.pbx.rules import RULES
from hipper.pbx.services.bundles import GroupServices, SubscriberServices
from hipper.pbx.services.forwarding import CallForwardingAlways, CallForwardingBusy, Voicemail
from hipper.pbx.services.screening import DoNotDisturb
from hipper.pbx.termination import decide
from hipper.pbx.termination_onward import MAX_DIVERSIONS
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.numbers.emergency import is_never_recorded
from tests.property.any_services import GROUP_SERVICES, NUMBERS, SUBSCRIBER_SERVICES
from tests.property.test_decisions import CONTEXTS, IDENTITIES

SERVED = st.builds(
    lambda context, services, group, pack, zone: msgspec.structs.replace(
        context, services=services, group_services=group, pack=pack, time_zone=zone
    ),
    CONTEXTS,
    SUBSCRIBER_SERVICES,
    GROUP_SERVICES,
    st.sampled_from(ServicePack),
    st.sampled_from(["Europe/Amsterdam", "America/New_York", "Nowhere"]),
)
REACHED = st.sampled_from(
    [
        Number(kind=NumberKind.EXTENSION, extension="202"),
        Number(kind=NumberKind.FIXED, e164=E164("+31201234501")),
        Number(kind=NumberKind.MOBILE, e164=E164("+31612345601")),
        Number(kind=NumberKind.ALTERNATE, e164=E164("+31201234577")),
    ]
)
PEOPLE = st.sampled_from([SubscriberId("anna"), SubscriberId("bram"), SubscriberId("carla")])
FACTS = st.builds(
    TerminationFacts,
    calls=st.integers(0, 3),
    diverted_by=st.lists(PEOPLE, max_size=2).map(tuple),
    diversions=st.integers(0, 7),
    diversion_inhibited=st.booleans(),
    caller_list=st.none() | st.sampled_from(CallerList),
    emergency_callback=st.sampled_from([False, False, False, True]),
    caller_group=st.sampled_from([None, GroupId("g"), GroupId("other")]),
    spending=st.builds(OriginationFacts, user_spent_today=st.sampled_from([0.0, 60.0])),
)
EXCLUDED = st.sampled_from([None, DeviceId("device-0"), DeviceId("device-1")])
NOW = st.sampled_from([0.0, 1_763_640_000.0, 1_795_000_000.0]) | st.floats(0, 2e9)


class Question(msgspec.Struct):
    called: SubscriberContext
    caller: CallerIdentity
    on_net: bool
    reached: Number
    exclude_device: DeviceId | None
    now: float
    facts: TerminationFacts

    def ask(self, **other: Any) -> TerminationPlan:
        how = {name: getattr(self, name) for name in self.__struct_fields__} | other
        return decide(how.pop("called"), how.pop("caller"), **how)


QUESTIONS = st.builds(
    Question,
    called=SERVED,
    caller=IDENTITIES,
    on_net=st.booleans(),
    reached=REACHED,
    exclude_device=EXCLUDED,
    now=NOW,
    facts=FACTS,
)


def onwards(plan: TerminationPlan) -> list[Onward]:
    """Everywhere the call may go on to."""
    found: list[Onward | None] = []
    if isinstance(plan, DivertPlan):
        found = [plan.onward]
    if isinstance(plan, RingPlan):
        found = [plan.on_busy, plan.on_no_answer, plan.on_not_reachable, plan.on_decline]
    found += [one.then for one in found if isinstance(one, ToAnnouncement)]
    return [one for one in found if one is not None]


def rules_of(plan: TerminationPlan) -> set[str]:
    names = {plan.rule, *plan.considered} | {skip.rule for skip in plan.skipped}
    names |= {onward.rule for onward in onwards(plan)}
    if isinstance(plan, RingPlan):
        names |= {target.rule for target in plan.targets}
    return names


@given(QUESTIONS)
@settings(max_examples=400, deadline=None)
def test_every_plan_is_whole(question: Question) -> None:
    plan = question.ask()
    assert rules_of(plan) <= set(RULES)
    assert msgspec.json.decode(msgspec.json.encode(plan), type=TerminationPlan) == plan
    assert question.ask() == plan
    assert len(set(plan.considered)) == len(plan.considered)
    own = {device.id for device in question.called.devices}
    silent = [skip.device for skip in plan.skipped if not skip.device.startswith("remote:")]
    rung: list[DeviceId] = []
    if isinstance(plan, RingPlan):
        rung = [target.device for target in plan.targets if target.kind is not DeviceKind.REMOTE]
        assert plan.targets
        assert plan.no_answer_s > 0
        assert len({target.device for target in plan.targets}) == len(plan.targets)
        assert all(0 <= target.delay_s < plan.no_answer_s for target in plan.targets)
    if question.called.enabled or question.facts.emergency_callback:
        assert sorted([*silent, *rung]) == sorted(own)
    if not question.facts.emergency_callback:
        assert question.exclude_device not in rung
        assert set(rung) <= {device.id for device in question.called.devices if device.rings}


@given(QUESTIONS, NUMBERS)
@settings(max_examples=400, deadline=None)
def test_no_call_goes_where_it_must_not(question: Question, destination: str) -> None:
    facts = question.facts
    services = msgspec.structs.replace(
        question.called.services,
        call_forwarding_always=CallForwardingAlways(active=True, destination=destination),
    )
    plan = question.ask(called=msgspec.structs.replace(question.called, services=services))
    for onward in onwards(plan):
        assert not facts.diversion_inhibited or isinstance(onward, ToAnnouncement)
        if isinstance(onward, ForwardTo):
            assert not is_never_recorded(onward.destination)
            assert question.called.subscriber not in facts.diverted_by
            assert facts.diversions < MAX_DIVERSIONS
    for target in plan.targets if isinstance(plan, RingPlan) else ():
        if target.kind is DeviceKind.REMOTE:
            assert target.remote_number is not None
            assert not is_never_recorded(target.remote_number)
            assert question.called.subscriber not in facts.diverted_by
            assert target.payer.subscription == "fixed-plan"
        else:
            assert target.payer.tariff is TariffClass.FREE


@given(QUESTIONS)
@settings(max_examples=300, deadline=None)
def test_a_withheld_number_is_shown_to_nobody(question: Question) -> None:
    hidden = msgspec.structs.replace(question.caller, presentation=Presentation.RESTRICTED)
    plan = question.ask(caller=hidden)
    if isinstance(plan, RefusedPlan):
        return
    shown = [plan.identity, getattr(plan, "passed_on", None)]
    for identity in shown:
        if identity is not None:
            assert identity.presentation is Presentation.RESTRICTED
            assert (identity.number, identity.extension, identity.name) == (None, None, None)


@given(QUESTIONS)
@settings(max_examples=300, deadline=None)
def test_who_does_not_want_to_be_disturbed_never_rings(question: Question) -> None:
    services = msgspec.structs.replace(question.called.services, do_not_disturb=DoNotDisturb(active=True))
    quiet = msgspec.structs.replace(question.called, services=services)
    plan = question.ask(called=quiet)
    assert question.facts.emergency_callback or not isinstance(plan, RingPlan)
    back = question.ask(called=quiet, facts=msgspec.structs.replace(question.facts, emergency_callback=True))
    assert onwards(back) == []
    if isinstance(back, RefusedPlan):
        assert all(skip.rule == "device.no-address" for skip in back.skipped)


@given(QUESTIONS)
@settings(max_examples=300, deadline=None)
def test_busy_is_busy_whether_of_quiet_or_of_a_call(question: Question) -> None:
    """With nothing else set, Do Not Disturb goes where a busy user's calls go."""
    services = SubscriberServices(
        do_not_disturb=DoNotDisturb(active=True),
        call_forwarding_busy=CallForwardingBusy(active=True, destination="0201234510"),
        voicemail=Voicemail(active=True),
    )
    called = msgspec.structs.replace(
        question.called,
        services=services,
        group_services=GroupServices(),
        enabled=True,
    )
    facts = msgspec.structs.replace(question.facts, emergency_callback=False)
    quiet = question.ask(called=called, facts=facts)
    rings = msgspec.structs.replace(called, services=msgspec.structs.replace(services, do_not_disturb=None))
    plan = question.ask(called=rings, facts=facts)
    if isinstance(plan, RingPlan):
        if plan.on_busy is None or isinstance(plan.on_busy, ToAnnouncement):
            assert isinstance(quiet, RefusedPlan)
            assert quiet.status == 486
        else:
            assert isinstance(quiet, DivertPlan)
            expected = msgspec.structs.replace(plan.on_busy, reason=DivertReason.DO_NOT_DISTURB)
            assert quiet.onward == expected


@given(QUESTIONS)
@settings(max_examples=300, deadline=None)
def test_who_set_nothing_is_rung_as_by_all_the_steps(question: Question) -> None:
    """The short way and the long one come to the same plan."""
    none = SubscriberServices()
    long = SubscriberServices(do_not_disturb=DoNotDisturb())
    plans = [
        question.ask(
            called=msgspec.structs.replace(question.called, services=one, group_services=GroupServices())
        )
        for one in (none, long)
    ]
    assert plans[0] == plans[1]


@given(QUESTIONS)
@settings(max_examples=300, deadline=None)
def test_what_the_pack_does_not_hold_changes_nothing(question: Question) -> None:
    base = msgspec.structs.replace(question.called, pack=ServicePack.BASE_PLUS)
    held = service_packs.HELD[ServicePack.BASE_PLUS]
    lacked = [name for name in SubscriberServices.__struct_fields__ if name not in held]
    kept = msgspec.structs.replace(base.services, **dict.fromkeys(lacked))
    ignored = {service_packs.NOT_IN_PACK[name] for name in lacked if getattr(base.services, name) is not None}
    without = question.ask(called=msgspec.structs.replace(base, services=kept))
    plan = question.ask(called=base)
    considered = {*without.considered, *ignored} if without.rule != "called.disabled" else set()
    assert msgspec.structs.replace(plan, considered=()) == msgspec.structs.replace(without, considered=())
    assert set(plan.considered) == considered
