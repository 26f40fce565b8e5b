"""Asking what becomes of a call to Bram, whatever services he and his group have."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hipper.pbx.ids import GroupId, SubscriberId
from hipper.pbx.model import (
    CallerIdentity,
    DivertPlan,
    ForwardTo,
    Number,
    NumberKind,
    Presentation,
    RefusedPlan,
    RingPlan,
    SubscriberContext,
    TerminationFacts,
    TerminationPlan,
    ToAnnouncement,
    ToVoicemail,
)
from hipper.pbx.services.bundles import GroupServices, SubscriberServices
from hipper.pbx.services.forwarding import Voicemail
from hipper.pbx.services.schedules import Schedule, Schedules, Weekday, Weekly
from hipper.pbx.termination import decide
from hipper.telephony.numbers.e164 import E164
from tests.pbx.people import ANNA_FIXED, BRAM, changed

OUTSIDER = CallerIdentity(
    presentation=Presentation.ALLOWED, number=E164("+31201234599"), network_number=E164("+31201234599")
)
ANONYMOUS = CallerIdentity(presentation=Presentation.RESTRICTED, network_number=E164("+31201234599"))
COLLEAGUE = CallerIdentity(
    presentation=Presentation.ALLOWED, number=ANNA_FIXED, extension="201", name="Anna de Vries"
)
EXTENSION, FIXED, MOBILE = BRAM.numbers
ALTERNATE = Number(kind=NumberKind.ALTERNATE, e164=E164("+31201234577"))
SHOP = GroupId("shop")
BAKEHOUSE = GroupId("bakehouse")
"""Bram's own group."""
ANNA_ID, BRAM_ID = SubscriberId("anna"), SubscriberId("bram")
BOX = Voicemail(active=True)

OFFICE = Schedule(
    name="office",
    weekly=(
        Weekly(
            days=(Weekday.MON, Weekday.TUE, Weekday.WED, Weekday.THU, Weekday.FRI), start="09:00", end="17:00"
        ),
    ),
)
WORKING_HOURS = datetime(2026, 11, 20, 12, tzinfo=ZoneInfo("Europe/Amsterdam")).timestamp()
EVENING = datetime(2026, 11, 20, 20, tzinfo=ZoneInfo("Europe/Amsterdam")).timestamp()
ALL_OF_BRAM = ["bram-desk", "bram-oven", "bram-mobile"]


def bram(group: GroupServices | None = None, /, **services: Any) -> SubscriberContext:
    """Bram with these services. The schedule ``office`` is the group's unless ``group`` says otherwise."""
    group = group or GroupServices(group_schedules=Schedules(schedules=(OFFICE,)))
    return changed(BRAM, services=SubscriberServices(**services), group_services=group)


def ask(called: SubscriberContext, caller: CallerIdentity = OUTSIDER, **how: Any) -> TerminationPlan:
    """``how``: arguments of ``decide``; whatever is no argument of it is one of the facts."""
    names = ("on_net", "reached", "exclude_device", "now")
    options: dict[str, Any] = {
        "on_net": caller is COLLEAGUE,
        "reached": FIXED,
        "exclude_device": None,
        "now": WORKING_HOURS,
    } | {name: how.pop(name) for name in names if name in how}
    return decide(called, caller, facts=TerminationFacts(**how), **options)


def ring(called: SubscriberContext, caller: CallerIdentity = OUTSIDER, **how: Any) -> RingPlan:
    plan = ask(called, caller, **how)
    assert isinstance(plan, RingPlan), plan
    return plan


def refused(called: SubscriberContext, caller: CallerIdentity = OUTSIDER, **how: Any) -> RefusedPlan:
    plan = ask(called, caller, **how)
    assert isinstance(plan, RefusedPlan), plan
    return plan


def diverted(called: SubscriberContext, caller: CallerIdentity = OUTSIDER, **how: Any) -> DivertPlan:
    plan = ask(called, caller, **how)
    assert isinstance(plan, DivertPlan), plan
    return plan


def forwarded(called: SubscriberContext, caller: CallerIdentity = OUTSIDER, **how: Any) -> ForwardTo:
    plan = diverted(called, caller, **how)
    assert isinstance(plan.onward, ForwardTo), plan
    assert plan.rule == plan.onward.rule
    return plan.onward


def to_voicemail(called: SubscriberContext, caller: CallerIdentity = OUTSIDER, **how: Any) -> ToVoicemail:
    plan = diverted(called, caller, **how)
    assert isinstance(plan.onward, ToVoicemail), plan
    assert plan.onward.mailbox == called.subscriber
    return plan.onward


def spoken(called: SubscriberContext, caller: CallerIdentity = OUTSIDER, **how: Any) -> ToAnnouncement:
    plan = diverted(called, caller, **how)
    assert isinstance(plan.onward, ToAnnouncement), plan
    return plan.onward
