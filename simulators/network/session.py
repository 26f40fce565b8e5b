"""What an S-CSCF keeps of a session (3GPP TS 24.229 §5.4.3): filter criteria, case, identifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.headers import ChargingVector, NameAddr
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.uri import SipUri, TelUri, Uri
from simulators.network.charging import NetworkRecord

Case = Literal["orig", "term"]
ODI = "odi_"
"""User part of our own URI in Route begins with it: an Original Dialog Identifier (TS 24.229 §5.4.3.4)."""


@dataclass(frozen=True, kw_only=True)
class FilterCriterion:
    """An initial filter criterion (TS 29.228 annex B): who gets the INVITEs of which session cases."""

    server: str
    """URI of the application server, with ``lr``."""
    cases: frozenset[Case] = frozenset({"orig", "term"})


@dataclass(eq=False, kw_only=True)
class Session:
    """One session case of one served user. ``next_criterion``: index of the first not evaluated yet.
    ``sent``: the INVITE as it went to the application server."""

    odi: str
    case: Case
    served: str
    other: str
    icid: str
    record: NetworkRecord
    next_criterion: int = 0
    sent: Request | None = None

    @property
    def setting_up(self) -> bool:
        return self.record.open and self.record.answer is None


def number_of(uri: Uri) -> str:
    """The digits of a sip or tel URI without parameters, any other URI whole."""
    if isinstance(uri, SipUri):
        return (uri.user or uri.host).partition(";")[0]
    return uri.number if isinstance(uri, TelUri) else str(uri)


def international(number: str) -> str:
    """As the network's own number analysis reads Dutch digits; others stay."""
    digits = "".join(character for character in number if character not in " -()")
    if digits.startswith("00"):
        return "+" + digits[2:]
    return "+31" + digits[1:] if digits.startswith("0") and len(digits) == 10 else digits


def caller_of(request: Request) -> str:
    """The asserted number, else that of From."""
    asserted = next(iter(request.asserted_identities), request.from_)
    return number_of(asserted.uri)


def icid_of(request: Request) -> str | None:
    """From P-Charging-Vector; None without one or when nobody can read it."""
    text = request.headers.get("P-Charging-Vector")
    try:
        return None if text is None else ChargingVector.parse(text).icid.strip('"')
    except SipParseError:
        return None


def served_user(request: Request) -> NameAddr | None:
    """P-Served-User (RFC 5502). None without one or when nobody can read it."""
    text = request.headers.get("P-Served-User")
    try:
        return None if text is None else NameAddr.parse(text)
    except SipParseError:
        return None
