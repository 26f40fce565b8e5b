"""What the user agent tells → what the engine understands. Pure; the ids of sessions and
legs are the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fmc_gateway.asserted import asserted_number
from fmc_gateway.call import events as e
from fmc_gateway.digits import read_info
from fmc_gateway.text import clean, clean_or_none
from hipper.pbx.ids import LegId
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.telephony.sip import events as sip
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.message import Response, SipMessage

MOST_CONTACTS = 10


def to_engine(event: Any, *, rang: bool, trusted: bool) -> e.AnyEvent | None:
    """None for what the engine need not know. ``rang``: the leg has been alerting; ``trusted``: the peer's
    asserted identity counts."""
    translate = _TABLE.get(type(event))
    if translate is not None:
        return translate(event)
    if isinstance(event, sip.Answered):
        return e.LegAnswered(
            leg=LegId(event.session),
            sdp=clean_or_none(event.sdp),
            to_tag=clean(event.to_tag),
            connected=_connected(event.response) if trusted else None,
        )
    if isinstance(event, sip.Rejected):
        return _rejected(event, rang)
    if isinstance(event, sip.Refreshed):
        now = _connected(event.request) if trusted else None
        return None if now is None else e.ConnectedChanged(leg=LegId(event.session), connected=now)
    if isinstance(event, sip.InfoReceived):
        digit = read_info(event.content_type, event.body)
        return None if digit is None else e.DigitPressed(leg=LegId(event.session), digit=digit)
    return None


def _rejected(event: sip.Rejected, rang: bool) -> e.LegRejected:
    response = event.response
    return e.LegRejected(
        leg=LegId(event.session),
        status=event.status,
        reason_phrase=clean(response.reason) if response is not None else "",
        q850=q850_of(response),
        after_ringing=rang,
        by_network=event.by_network,
        retry_after_s=_retry_after_s(response),
        contacts=contacts_of(response),
    )


def _ended(event: sip.Ended) -> e.LegEnded:
    return e.LegEnded(
        leg=LegId(event.session),
        cause=event.cause,
        q850=q850_of(event.request),
        reason=clean_or_none(event.request.headers.get("Reason")) if event.request is not None else None,
    )


_TABLE: dict[type, Callable[[Any], e.AnyEvent]] = {
    sip.Trying: lambda event: e.LegTrying(leg=event.session),
    sip.Ringing: lambda event: e.LegRinging(leg=event.session, status=event.status),
    sip.EarlyMedia: lambda event: e.LegProgress(
        leg=event.session, status=event.status, sdp=clean(event.sdp), to_tag=clean(event.to_tag)
    ),
    # the user agent has acknowledged and ended it already; for the engine the leg never answered
    sip.LateAnswer: lambda event: e.LegRejected(
        leg=event.session, status=487, reason_phrase="Answered while it was cancelled"
    ),
    sip.Confirmed: lambda event: e.LegConfirmed(leg=event.session, sdp=clean_or_none(event.sdp)),
    sip.Cancelled: lambda event: e.LegCancelled(leg=event.session, reason=clean_or_none(event.reason)),
    sip.Ended: _ended,
    sip.Reoffered: lambda event: e.LegReoffered(
        leg=event.session, sdp=clean_or_none(event.sdp), method=event.method
    ),
    sip.ReofferAnswered: lambda event: e.LegReofferAnswered(leg=event.session, sdp=clean_or_none(event.sdp)),
    sip.ReofferRejected: lambda event: e.LegReofferRejected(leg=event.session, status=event.status),
}


def q850_of(message: SipMessage | None) -> int | None:
    """Cause of the first ``Reason: Q.850;cause=…`` (RFC 3326)."""
    if message is None:
        return None
    for value in message.headers.values("Reason"):
        protocol, _, parameters = value.partition(";")
        if protocol.strip().upper() != "Q.850":
            continue
        for parameter in parameters.split(";"):
            name, _, cause = parameter.partition("=")
            if name.strip().lower() == "cause" and cause.strip().isdecimal():
                number = int(cause.strip()[:4])
                return number if number <= 127 else None
    return None


def contacts_of(response: Response | None) -> tuple[str, ...]:
    """Where a 3xx sends the call, by q-value, which is 1 when absent (RFC 3261 §8.1.3.4, §20.10)."""
    if response is None or not 300 <= response.status < 400:
        return ()
    try:
        found = response.contacts[:MOST_CONTACTS]
        weighed = sorted(found, key=lambda contact: -float(contact.params.get("q") or 1.0))
    except (SipParseError, ValueError):
        return ()
    return tuple(clean(str(contact.uri)) for contact in weighed)


def _retry_after_s(response: Response | None) -> int | None:
    text = response.headers.get("Retry-After") if response is not None else None
    digits = "" if text is None else text.partition(";")[0].partition("(")[0].strip()
    return int(digits) if digits.isdecimal() and len(digits) <= 6 else None


def _connected(message: SipMessage) -> CallerIdentity | None:
    """Who is at the other end, as a trusted peer asserts it."""
    number = asserted_number(message)
    if number is None:
        return None
    hidden = "id" in (message.headers.get("Privacy") or "").lower().split(";")
    return CallerIdentity(
        presentation=Presentation.RESTRICTED if hidden else Presentation.ALLOWED, number=number
    )
