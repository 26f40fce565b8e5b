"""A call record in words and lines, numbers as people write them."""

from __future__ import annotations

from datetime import UTC, datetime

from hipper.contracts.calls import CallRecord, DeviceAttempt, DiversionRecord, LegRecord, SegmentRecord
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.telephony.numbers.format import format_number


def who(identity: CallerIdentity) -> str:
    """``Anna (201)``, ``020 123 4567``, ``withheld``."""
    number = format_number(identity.number) if identity.number else None
    parts = [identity.name or "", identity.extension or number or ""]
    text = " ".join(part for part in parts if part)
    if identity.presentation is Presentation.RESTRICTED:
        return f"withheld ({text})" if text else "withheld"
    return text or "unknown"


def summary(record: CallRecord) -> list[str]:
    began = datetime.fromtimestamp(record.started, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
    setup = f", first INVITE out after {record.setup_ms:.1f} ms" if record.setup_ms is not None else ""
    talked = f", talked {record.ended - record.answered:.1f} s" if record.answered is not None else ""
    return [
        f"call {record.call} on {record.gateway}, tenant {record.tenant or '-'}"
        + (", EMERGENCY" if record.emergency else ""),
        f"began {began}, dialled {format_number(record.dialled)}{setup}",
        f"{record.outcome.value.replace('_', ' ')} by rule {record.rule}{talked}",
    ]


def leg_lines(leg: LegRecord, started: float) -> list[str]:
    """One leg: who, over what, when, how it ended, who pays."""
    times = [
        f"{name} {moment - started:+.3f} s"
        for name, moment in (
            ("offered", leg.offered),
            ("rang", leg.ringing),
            ("answered", leg.answered),
            ("ended", leg.ended),
        )
        if moment is not None
    ]
    seen = "shown as" if leg.role.value == "calling" else "reached"
    end = [f"status {leg.status}"] if leg.status is not None else []
    end += [f"Q.850 {leg.q850}"] if leg.q850 is not None else []
    end += [f"ended by {leg.ended_by}"] if leg.ended_by else []
    end += ["transcoded"] if leg.transcoded else []
    payer = leg.payer
    pays = f"{payer.subscription or 'nobody of ours'}, {payer.tariff.value}" if payer else "-"
    return [
        f"{leg.role.value} leg over {leg.peer}"
        + (f", {leg.subscriber}" if leg.subscriber else "")
        + (f" on {leg.device}" if leg.device else "")
        + f": {seen} {who(leg.identity_shown)}",
        f"  {', '.join(times)}",
        f"  {', '.join(end) or 'no final status'}; pays: {pays}"
        + (f"; ICID {leg.icid}" if leg.icid else "")
        + (f"; network's reference {leg.network_reference}" if leg.network_reference else "")
        + (f"; diverted by {leg.diverted_by}" if leg.diverted_by else "")
        + (f"; Call-ID {leg.sip_call_id}" if leg.sip_call_id else ""),
    ]


def segment_line(segment: SegmentRecord, record: CallRecord) -> str:
    """Who paid for which part of the call."""
    ended = record.ended if segment.ended is None else segment.ended
    seconds = ended - segment.started
    cost = segment.rate_per_minute * seconds / 60
    return (
        f"{segment.started - record.started:+.3f} s for {seconds:.1f} s: "
        f"{segment.payer.subscription or 'nobody of ours'} pays, {segment.payer.tariff.value}"
        + (f", {cost:.2f} euro by the calling plan of {segment.charged}" if segment.charged else "")
    )


def diversion_line(diversion: DiversionRecord, record: CallRecord) -> str:
    """Why the call went on to somebody else."""
    to = format_number(diversion.to)
    when = f"{diversion.at - record.started:+.3f} s"
    return f"{when}: {diversion.by} to {to}, {diversion.reason} ({diversion.rule})"


def attempt_line(attempt: DeviceAttempt) -> str:
    """Why one device did or did not ring."""
    why = [attempt.rule]
    why += [f"status {attempt.status}"] if attempt.status is not None else []
    why += [f"Q.850 {attempt.q850}"] if attempt.q850 is not None else []
    why += [attempt.explanation] if attempt.explanation else []
    outcome = attempt.outcome.value.replace("_", " ")
    return f"{attempt.device} of {attempt.subscriber}: {outcome} ({', '.join(why)})"
