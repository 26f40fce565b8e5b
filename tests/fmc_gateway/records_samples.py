"""A finished call, as the engine writes it; for the tests of records."""

from __future__ import annotations

from typing import Any

from fmc_gateway.call.commands import Ring
from fmc_gateway.call.events import LegDirection, LegOffered, LegSource, TimerFired
from fmc_gateway.call.replay import Trace, TraceStep
from fmc_gateway.records.entry import SpoolEntry
from hipper.contracts.calls import (
    AttemptOutcome,
    CallOutcome,
    CallRecord,
    DecisionKind,
    DecisionRecord,
    DeviceAttempt,
    DiversionRecord,
    LegRecord,
    LegRole,
    SegmentRecord,
)
from hipper.pbx.ids import (
    CallId,
    DeviceId,
    GatewayId,
    GroupId,
    LegId,
    SubscriberId,
    SubscriptionId,
    TenantId,
)
from hipper.pbx.model import CallerIdentity, CallerList, Payer, Presentation, TariffClass
from hipper.telephony.numbers.e164 import E164

STARTED = 1_800_000_000.0
ANNA = CallerIdentity(
    presentation=Presentation.ALLOWED,
    number=E164("+31201234567"),
    extension="201",
    name="Anna",
    network_number=E164("+31612345678"),
)


def record(call: str = "call-1", **changes: Any) -> CallRecord:
    values: dict[str, Any] = {
        "call": CallId(call),
        "gateway": GatewayId("gw1"),
        "tenant": TenantId("acme"),
        "dialled": "202",
        "rule": "on-net.extension",
        "outcome": CallOutcome.ANSWERED,
        "started": STARTED,
        "answered": STARTED + 2,
        "ended": STARTED + 65,
        "setup_ms": 7.5,
        "legs": (calling_leg(), called_leg()),
        "attempts": (attempt(), skipped()),
        "segments": (segment(),),
        "diversions": (diversion(),),
        "decisions": (decision(),),
    }
    return CallRecord(**{**values, **changes})


def calling_leg() -> LegRecord:
    return LegRecord(
        leg=LegId("leg-a"),
        role=LegRole.CALLING,
        peer="mno",
        subscriber=SubscriberId("anna"),
        device=DeviceId("anna-mobile"),
        identity_shown=ANNA,
        payer=Payer(subscription=SubscriptionId("mob-1"), tariff=TariffClass.ON_NET),
        sip_call_id="abc@10.0.0.1",
        icid="icid-1",
        network_reference="ref-1",
        offered=STARTED,
        answered=STARTED + 2,
        ended=STARTED + 65,
        status=200,
        ended_by="calling",
    )


def called_leg() -> LegRecord:
    return LegRecord(
        leg=LegId("leg-b"),
        role=LegRole.CALLED,
        peer="202-desk",
        diverted_by=SubscriberId("chantal"),
        subscriber=SubscriberId("bram"),
        device=DeviceId("bram-desk"),
        identity_shown=CallerIdentity(presentation=Presentation.ALLOWED, extension="202", name="Bram"),
        payer=Payer(subscription=SubscriptionId("fix-2"), tariff=TariffClass.FREE),
        offered=STARTED + 0.01,
        ringing=STARTED + 0.1,
        answered=STARTED + 2,
        ended=STARTED + 65,
        status=200,
    )


def attempt() -> DeviceAttempt:
    return DeviceAttempt(
        device=DeviceId("bram-desk"),
        subscriber=SubscriberId("bram"),
        leg=LegId("leg-b"),
        outcome=AttemptOutcome.ANSWERED,
        rule="ring.desk-phone",
        status=200,
    )


def segment() -> SegmentRecord:
    return SegmentRecord(
        calling=LegId("leg-a"),
        called=LegId("leg-b"),
        payer=Payer(subscription=SubscriptionId("mob-1"), tariff=TariffClass.NATIONAL_MOBILE),
        started=STARTED + 2,
        ended=STARTED + 65,
        charged=SubscriberId("anna"),
        charged_group=GroupId("shop"),
        rate_per_minute=0.1,
    )


def diversion() -> DiversionRecord:
    return DiversionRecord(
        by=SubscriberId("bram"),
        reason="no-answer",
        rule="forward.no-answer",
        to="+31201234599",
        at=STARTED + 1,
    )


def decision() -> DecisionRecord:
    return DecisionRecord(
        kind=DecisionKind.CALLED,
        subscriber=SubscriberId("bram"),
        rule="ring.extension",
        considered=("profile.rings",),
        list=CallerList.PRIVATE,
    )


def skipped() -> DeviceAttempt:
    return DeviceAttempt(
        device=DeviceId("bram-desk-2"),
        subscriber=SubscriberId("bram"),
        outcome=AttemptOutcome.NOT_REGISTERED,
        rule="ring.desk-phone",
        explanation="no registration",
    )


def trace(call: str = "call-1") -> Trace:
    offered = LegOffered(
        call=CallId(call),
        leg=LegId("leg-a"),
        source=LegSource.MOBILE_NETWORK,
        direction=LegDirection.ORIGINATING,
        peer="mno",
        trusted=True,
        dialled="202",
        caller=ANNA,
        sip_call_id="abc@10.0.0.1",
    )
    return Trace(
        call=CallId(call),
        steps=(
            TraceStep(at=10.0, event=offered, commands=()),
            TraceStep(at=10.25, event=TimerFired(name="no_answer"), commands=(Ring(leg=LegId("leg-a")),)),
        ),
    )


def entry(call: str = "call-1", **changes: Any) -> SpoolEntry:
    return SpoolEntry(record(call, **changes), trace(call))
