"""A call record in a few readable lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hipper.contracts.calls import CallRecord, LegRecord
from hipper.pbx.ids import LegId
from hipper.pbx.model import CallerIdentity, Payer, Presentation
from hipper.pbx.rules import sentence
from hipper.telephony.numbers.format import format_number


def describe(record: CallRecord, names: Mapping[str, str]) -> Iterator[str]:
    """Lines: the call, each leg with who was shown, where it went on and why, who pays, each device with
    why it rang or not. ``names``: of devices and subscribers, by id."""
    talked = 0.0 if record.answered is None else record.ended - record.answered
    setup = "" if record.setup_ms is None else f", {record.setup_ms:.1f} ms from INVITE in to INVITE out"
    yield f"{record.call}: {record.outcome.value}, {talked:.1f} s of talk, rule {record.rule}{setup}"
    for leg in record.legs:
        yield f"{leg.role.value:8} {leg.peer:16} {_leg(leg)}"
    for diversion in record.diversions:
        by, why = names.get(diversion.by, diversion.by), sentence(diversion.rule, "en")
        yield f"diverted by {by} to {diversion.to} ({diversion.reason}): {why}"
    peers = {leg.leg: leg.peer for leg in record.legs}
    for segment in record.segments:
        until = record.ended if segment.ended is None else segment.ended
        yield f"segment  {until - segment.started:.1f} s of talk; {_paid(segment.payer)}"
    for attempt in record.attempts:
        name = names.get(attempt.device) or peers.get(attempt.leg or LegId(""), attempt.device)
        why = attempt.explanation or sentence(attempt.rule, "en")
        yield f"device   {name:20} {attempt.outcome.value}: {why}"


def _leg(leg: LegRecord) -> str:
    return f"shown {_shown(leg.identity_shown)}; {_paid(leg.payer)}"


def _paid(payer: Payer | None) -> str:
    if payer is None:
        return "nobody pays here"
    return f"{payer.subscription or 'nobody'} pays, {payer.tariff.value}"


def _shown(identity: CallerIdentity) -> str:
    if identity.presentation is Presentation.RESTRICTED:
        return "withheld"
    number = format_number(identity.number) if identity.number else identity.extension or "unknown"
    return f"{identity.name} ({number})" if identity.name else number
