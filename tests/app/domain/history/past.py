"""Past calls for tests of lists: records as the gateway writes them, into its schema as it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg

from fmc_gateway.call.replay import Trace
from fmc_gateway.records.entry import SpoolEntry, encode_entry
from fmc_gateway.records.store import insert_entries
from hipper.contracts.calls import (
    AttemptOutcome,
    CallOutcome,
    CallRecord,
    DeviceAttempt,
    DiversionRecord,
    LegRecord,
    LegRole,
)
from hipper.pbx.ids import CallId, DeviceId, GatewayId, LegId, SubscriberId, SubscriptionId, TenantId
from hipper.pbx.model import CallerIdentity, Payer, Presentation, TariffClass
from hipper.telephony.numbers.e164 import E164

STARTED = 1_790_000_000.0
OUTSIDE = "+31301234567"


def shown(
    number: str | None = None, extension: str | None = None, name: str | None = None, **more: Any
) -> CallerIdentity:
    return CallerIdentity(
        presentation=Presentation.ALLOWED,
        number=E164(number) if number else None,
        extension=extension,
        name=name,
        **more,
    )


def withheld(true_number: str) -> CallerIdentity:
    return CallerIdentity(
        presentation=Presentation.RESTRICTED,
        network_number=E164(true_number),
        withheld_number=E164(true_number),
    )


def leg(
    number: int, who: CallerIdentity, subscriber: str | None = None, device: str | None = None, **more: Any
) -> LegRecord:
    """The first leg calls. ``more``: ``answered`` as seconds after the start, and other fields."""
    answered = more.pop("answered", None)
    return LegRecord(
        leg=LegId(f"leg-{number}"),
        role=LegRole.CALLED if number else LegRole.CALLING,
        peer=more.pop("peer", "somewhere"),
        subscriber=SubscriberId(subscriber) if subscriber else None,
        device=DeviceId(device) if device else None,
        identity_shown=who,
        payer=Payer(
            subscription=SubscriptionId(more.pop("payer", None) or "somebody-elses"),
            tariff=TariffClass.NATIONAL_FIXED,
        ),
        offered=STARTED,
        answered=None if answered is None else STARTED + answered,
        ended=STARTED + 60,
        **more,
    )


def attempt(subscriber: str, device: str, outcome: AttemptOutcome) -> DeviceAttempt:
    return DeviceAttempt(
        device=DeviceId(device),
        subscriber=SubscriberId(subscriber),
        outcome=outcome,
        rule="ring.desk-phone",
        explanation=None,
    )


def diversion(by: str, to: str) -> DiversionRecord:
    return DiversionRecord(
        by=SubscriberId(by), reason="no-answer", rule="divert.no-answer", to=to, at=STARTED + 20
    )


def call(
    name: str,
    legs: Sequence[LegRecord],
    attempts: Sequence[DeviceAttempt] = (),
    *,
    later_s: float = 0.0,
    outcome: CallOutcome = CallOutcome.ANSWERED,
    dialled: str = "+31201232010",
    **more: Any,
) -> CallRecord:
    answered = next((one.answered for one in legs[1:] if one.answered is not None), None)
    return CallRecord(
        call=CallId(name),
        gateway=GatewayId("gw1"),
        tenant=TenantId(more.pop("tenant", "acme")),
        dialled=dialled,
        rule=more.pop("rule", "ring.devices"),
        outcome=outcome,
        started=STARTED + later_s,
        answered=answered,
        ended=STARTED + 60,
        legs=tuple(legs),
        attempts=tuple(attempts),
        **more,
    )


async def happened(url: str, *records: CallRecord) -> None:
    """They are over, and in the database."""
    connection = await asyncpg.connect(url)
    try:
        await insert_entries(
            connection, [encode_entry(SpoolEntry(one, Trace(call=one.call, steps=()))) for one in records]
        )
    finally:
        await connection.close()
