"""Other exchanges (Asterisk, BroadWorks) at which devices of our users live (seed 2.1): what comes from them
and how their devices are called.

The exchange, not its devices, proves who it is, by address and listener. A call from it is an originating
call of one of our users: of whoever has the device that P-Asserted-Identity (or From, of an exchange that is
not trusted with identities) names.
"""

from __future__ import annotations

import msgspec

from fmc_gateway.asserted import is_anonymous
from fmc_gateway.call.events import LegDirection, LegOffered, LegSource
from fmc_gateway.edge import Offer, Refusal, offer_from_trunk
from fmc_gateway.identity_headers import Shown, toward_phone
from fmc_gateway.peers import ExchangePeer, TrunkPeer
from fmc_gateway.text import clean
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.runtime.settings_model import ExchangeTrunk
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.uri import SipUri, TelUri, Uri


def offer_from_exchange(offer: Offer, peer: ExchangePeer) -> LegOffered | Refusal:
    """A call of a device at another exchange. 403 when nothing in it names a device; an emergency call is
    taken from anybody."""
    trunk = peer.trunk
    user = device_user(offer.request, trusted=trunk.trusted)
    if user is None and not offer.emergency:
        return Refusal(403, "neither P-Asserted-Identity nor From names a device of this exchange")
    # read as a call from a trunk; only who is served differs
    offered = offer_from_trunk(offer, TrunkPeer(trunk))  # type: ignore[arg-type]
    return msgspec.structs.replace(
        offered,
        source=LegSource.EXCHANGE,
        direction=LegDirection.ORIGINATING,
        served_number=None,
        exchange_user=user,
    )


def device_user(request: Request, *, trusted: bool) -> str | None:
    """User part of the device at its exchange: asserted, else From unless that is anonymous."""
    for value in request.headers.values("P-Asserted-Identity") if trusted else ():
        try:
            user = _user(NameAddr.parse(value).uri)
        except SipParseError:
            continue
        if user:
            return user
    return None if is_anonymous(request.from_) else _user(request.from_.uri)


def _user(uri: Uri) -> str | None:
    if isinstance(uri, TelUri):
        return clean(uri.number)
    return clean((uri.user or "").partition(";")[0]) or None if isinstance(uri, SipUri) else None


def toward_exchange(identity: CallerIdentity, trunk: ExchangeTrunk, host: str) -> Shown:
    """As toward a desk phone; an exchange in our trust domain is told a withheld number beside ``Privacy:
    id`` (RFC 3325 §7)."""
    shown = toward_phone(identity, host)
    number = identity.network_number or identity.number or identity.withheld_number
    if identity.presentation is Presentation.RESTRICTED and trunk.trusted and number is not None:
        asserted = ("P-Asserted-Identity", f"<sip:{number}@{host}>")
        return Shown(shown.from_, (asserted, *shown.headers))
    return shown
