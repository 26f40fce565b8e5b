"""Who is called when a call comes in over a trunk we registered with: the Request-URI is then our own Contact
(RFC 3261 §10), and the number stands in P-Called-Party-ID (RFC 7315 §4.2) or To."""

from __future__ import annotations

from fmc_gateway.dialled import e164_of, read_dialled
from fmc_gateway.edge import Offer, cleaned
from hipper.runtime.settings_model import PstnTrunk
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.uri import SipUri, Uri


def with_called_number(offer: Offer, trunk: PstnTrunk) -> Offer:
    """``offer`` with what was dialled, when its Request-URI is the Contact we registered. As it is when no
    number is named anywhere: then the Request-URI may be one."""
    if trunk.registration is None or not _is_our_contact(offer.request.uri, trunk.registration.aor):
        return offer
    for uri in _called_uris(offer.request, trusted=trunk.trusted):
        dialled = read_dialled(uri)
        if e164_of(dialled.text) is not None:
            return offer._replace(dialled=cleaned(dialled))
    return offer


def _is_our_contact(uri: Uri, aor: str) -> bool:
    """The user part of our Contact is that of the address-of-record."""
    return isinstance(uri, SipUri) and uri.user == SipUri.parse(aor).user


def _called_uris(request: Request, *, trusted: bool) -> list[Uri]:
    found: list[Uri] = []
    for value in request.headers.get_all("P-Called-Party-ID") if trusted else ():
        try:
            found.append(NameAddr.parse(value).uri)
        except SipParseError:
            continue
    return [*found, request.to.uri]
