"""Diversion (RFC 5806) and History-Info (RFC 7044): who sent the call on, and why. Both ways.

Carriers and other exchanges read the one, IMS the other; legs of ours carry both. What an untrusted peer says
is not read (RFC 3325 §5).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from fmc_gateway.call.events import Diverted
from fmc_gateway.dialled import number_of
from hipper.pbx.model import DivertReason
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.uri import SipUri

MOST_READ = 10
"""Entries of a message that are looked at."""
ANONYMOUS = "sip:anonymous@anonymous.invalid"

CAUSES = {
    DivertReason.USER_BUSY: 486,
    DivertReason.DO_NOT_DISTURB: 486,
    DivertReason.NO_ANSWER: 408,
    DivertReason.UNAVAILABLE: 503,
    DivertReason.DEFLECTION: 480,
}
"""cause of RFC 4458 §2, for History-Info; any other reason is 302, unconditional."""
UNCONDITIONAL = 302
_REASONS = {reason.value: reason for reason in DivertReason}
_BY_CAUSE = {
    "486": DivertReason.USER_BUSY,
    "408": DivertReason.NO_ANSWER,
    "503": DivertReason.UNAVAILABLE,
    "480": DivertReason.DEFLECTION,
}


def diversion_headers(
    diverted: Sequence[Diverted], target: str, host: str, *, trusted: bool
) -> tuple[tuple[str, str], ...]:
    """For a leg to ``target`` (its Request-URI). ``diverted``: the first first. ``trusted``: the other side
    may see who wants to stay hidden."""
    if not diverted:
        return ()
    newest_first = ", ".join(_diversion(one, host, trusted) for one in reversed(diverted))
    return (("Diversion", newest_first), ("History-Info", _history(diverted, target, host, trusted)))


def _diversion(one: Diverted, host: str, trusted: bool) -> str:
    privacy = "full" if one.restricted or one.number is None else "off"
    limit = ";limit=0" if one.final else ""
    told = f"reason={one.reason.value};counter={one.counter};privacy={privacy}{limit}"
    return f"<{_uri(one, host, trusted)}>;{told}"


def _history(diverted: Sequence[Diverted], target: str, host: str, trusted: bool) -> str:
    """Each entry is where the call was sent; why it did not stay stands in the Reason of that entry, by what
    it was diverted in the cause of the next (RFC 7044 §5.2, RFC 4458)."""
    entries: list[str] = []
    index, cause = "1", ""
    for one in diverted:
        number = CAUSES.get(one.reason, UNCONDITIONAL)
        reason = f"Reason=SIP%3Bcause%3D{number}"
        hidden = "&Privacy=history" if one.restricted else ""
        entries.append(f"<{_uri(one, host, trusted)}{cause}?{reason}{hidden}>;index={index}{_came(index)}")
        index, cause = f"{index}.1", f";cause={number}"
    entries.append(f"<{target.partition('?')[0]}{cause}>;index={index}{_came(index)}")
    return ", ".join(entries)


def _came(index: str) -> str:
    """``mp``: another target was made of that entry's."""
    return f";mp={index.rpartition('.')[0]}" if "." in index else ""


def _uri(one: Diverted, host: str, trusted: bool) -> str:
    if one.number is None or (one.restricted and not trusted):
        return ANONYMOUS
    return f"sip:{one.number}@{host};user=phone"


def read_diverted(request: Request) -> tuple[Diverted, ...]:
    """Those who diverted the call before it came, the first first. Diversion lists the latest first; without
    it, the entries of History-Info that were left again count, each number once: a number that was only
    written differently was not diverted."""
    diversion = _read(request.headers.values("Diversion"))
    if diversion:
        return tuple(_from_diversion(one) for one in reversed(diversion))
    history = _read(request.headers.values("History-Info"))
    found: dict[E164 | int, Diverted] = {}
    for index, (left, next_one) in enumerate(pairwise(history)):
        number = _number(left)
        found.setdefault(number or index, _from_history(left, next_one))
    return tuple(found.values())


def _read(values: Sequence[str]) -> list[NameAddr]:
    found = []
    for value in values[:MOST_READ]:
        try:
            found.append(NameAddr.parse(value))
        except SipParseError:
            continue
    return found


def _from_diversion(entry: NameAddr) -> Diverted:
    """RFC 5806 §6."""
    return Diverted(
        number=_number(entry),
        reason=_REASONS.get(str(entry.params.get("reason") or "").lower(), DivertReason.UNCONDITIONAL),
        restricted=str(entry.params.get("privacy") or "off").lower() != "off",
        counter=_counter(str(entry.params.get("counter") or "")),
        final=str(entry.params.get("limit") or "").strip() == "0",
    )


def _from_history(left: NameAddr, next_one: NameAddr) -> Diverted:
    """Why it was left stands in the cause of where it went (RFC 4458 §2)."""
    headers = left.uri.headers if isinstance(left.uri, SipUri) else ()
    cause = next_one.uri.params.get("cause") if isinstance(next_one.uri, SipUri) else None
    return Diverted(
        number=_number(left),
        reason=_BY_CAUSE.get(cause or "", DivertReason.UNCONDITIONAL),
        restricted=any(name.lower() == "privacy" and "none" not in value.lower() for name, value in headers),
    )


def _counter(text: str) -> int:
    """1 to 99 (RFC 5806 §6 has two digits)."""
    return max(int(text), 1) if text.isascii() and text.isdecimal() and len(text) <= 2 else 1


def _number(entry: NameAddr) -> E164 | None:
    try:
        return number_of(entry.uri)
    except SipParseError:
        return None
