"""Who calls, as the peer says it, and how much of that is believed (RFC 3323, RFC 3325 §5, call-flows §1)."""

from __future__ import annotations

from typing import NamedTuple

from fmc_gateway.dialled import number_of
from fmc_gateway.text import clean, clean_or_none
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.headers import ChargingVector, NameAddr
from hipper.telephony.sip.message import Request, SipMessage
from hipper.telephony.sip.uri import OpaqueUri, SipUri

_HIDING = frozenset({"id", "user", "header"})


class Asserted(NamedTuple):
    """``caller``: what is believed. ``anonymous_requested``/``identity_allowed_requested``:
    privacy for this call."""

    caller: CallerIdentity
    anonymous_requested: bool
    identity_allowed_requested: bool


def read_asserted(request: Request, *, trusted: bool) -> Asserted:
    """The caller of ``request``. An untrusted peer's P-Asserted-Identity is not read: then From is the
    claim; its Privacy stays, because hiding a number harms nobody."""
    from_ = request.from_
    privacy = read_privacy(request)
    anonymous_from = is_anonymous(from_)
    anonymous = bool(privacy & _HIDING) or anonymous_from
    asserted = asserted_number(request) if trusted else None
    claimed = None if anonymous_from else number_of(from_.uri)
    caller = CallerIdentity(
        presentation=Presentation.RESTRICTED if anonymous else Presentation.ALLOWED,
        number=claimed or asserted,
        name=None if anonymous_from else clean_or_none(from_.display_name) or None,
        network_number=asserted,
    )
    return Asserted(caller, anonymous, "none" in privacy and not anonymous)


def asserted_number(request: SipMessage) -> E164 | None:
    """The first P-Asserted-Identity that is a telephone number (RFC 3325 §9.1 allows one
    sip and one tel URI)."""
    for value in request.headers.values("P-Asserted-Identity"):
        try:
            number = number_of(NameAddr.parse(value).uri)
        except SipParseError:
            continue
        if number is not None:
            return number
    return None


def read_privacy(request: Request) -> frozenset[str]:
    """Values of all Privacy headers, lower case. The grammar separates by ``;``, some peers write commas."""
    text = ";".join(request.headers.get_all("Privacy")).replace(",", ";")
    return frozenset(part.strip().lower() for part in text.split(";") if part.strip())


def is_anonymous(from_: NameAddr) -> bool:
    """An anonymous From (RFC 3323 §4.1.1.3): host ``anonymous.invalid`` or user ``anonymous``."""
    uri = from_.uri
    if isinstance(uri, SipUri):
        return uri.host.lower() == "anonymous.invalid" or (uri.user or "").lower() == "anonymous"
    return isinstance(uri, OpaqueUri)


def read_icid(request: SipMessage) -> str | None:
    """``icid-value`` of P-Charging-Vector (RFC 7315 §4.6), without quotes; at most 128 characters."""
    try:
        vector = ChargingVector.parse(request.headers.get("P-Charging-Vector") or "")
    except SipParseError:
        return None
    return clean(vector.icid)[:128]
