"""Diversion (RFC 5806) and History-Info (RFC 7044): who sent the call on, and why. Both ways.

Carriers and other exchanges read the one, IMS the other; legs of ours carry both. What an untrusted peer says
is not read (RFC 3325 §5).
"""

from __future__ import annotations

from collections.abc import Sequence

from fmc_gateway.call.commands import Diverted
from fmc_gateway.dialled import number_of
from hipper.pbx.model import DivertReason
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.message import Request

MOST_READ = 20
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
    return f"<{_uri(one, host, trusted)}>;reason={one.reason.value};counter=1;privacy={privacy}"


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


def read_diverted(request: Request) -> tuple[E164, ...]:
    """Numbers of those who diverted the call before it came, the first first, each once. Diversion lists the
    latest first; without it, the entries of History-Info that were left again count."""
    latest_first = _numbers(request.headers.values("Diversion")[:MOST_READ])
    if latest_first:
        return tuple(dict.fromkeys(reversed(latest_first)))
    history = request.headers.values("History-Info")[:MOST_READ]
    return tuple(dict.fromkeys(_numbers(history[:-1])))


def _numbers(values: Sequence[str]) -> list[E164]:
    found = []
    for value in values:
        try:
            number = number_of(NameAddr.parse(value).uri)
        except SipParseError:
            continue
        if number is not None:
            found.append(number)
    return found
