"""An INVITE at the edge → ``LegOffered``, or the reason why not (call-flows §1, §5, §7).

Where it came from decides what it may say: see :mod:`fmc_gateway.peers`. Emergency calls are recognised
here, before anything is looked up, and are never challenged.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from fmc_gateway.asserted import asserted_number, is_anonymous, read_asserted, read_icid, read_privacy
from fmc_gateway.call.emergency import CARRIED
from fmc_gateway.call.events import LegDirection, LegOffered, LegSource
from fmc_gateway.dialled import Dialled, e164_of, number_of, read_dialled
from fmc_gateway.diversion import read_diverted
from fmc_gateway.loop_guard import LoopGuard
from fmc_gateway.peers import MobilePeer, TrunkPeer
from fmc_gateway.text import clean, clean_or_none
from hipper.pbx.ids import CallId, DeviceId, GatewayId, LegId
from hipper.pbx.model import CallerIdentity, Presentation
from hipper.runtime.settings_model import MobileNetwork
from hipper.telephony.numbers.e164 import E164
from hipper.telephony.numbers.emergency import is_emergency
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.uri import SipUri, TelUri

LONGEST_SPEED_DIAL = 2
"""Digits of a Speed Dial 8 key, with the ``#`` some people end it with."""


def may_stand_for_another(dialled: str) -> bool:
    """Whether the digits may be a speed dial, a redial or another code: 112 among what they stand for."""
    return bool(dialled) and (dialled[0] in "*#" or len(dialled) <= LONGEST_SPEED_DIAL)


class Offer(NamedTuple):
    """What is known of an INVITE before anybody is asked. ``sdp``: of the body, also inside a multipart.
    ``emergency_routes``: how many the settings hold."""

    gateway: GatewayId
    emergency_routes: int
    call: CallId
    leg: LegId
    request: Request
    sdp: str | None
    dialled: Dialled

    @property
    def emergency(self) -> bool:
        return is_emergency(self.dialled.text)

    @property
    def may_be_emergency(self) -> bool:
        return self.emergency or may_stand_for_another(self.dialled.text)


class Phone(NamedTuple):
    """An authenticated desk phone. ``aor``: ``user@domain``, the only From it may use."""

    device: DeviceId
    aor: str


class Refusal(NamedTuple):
    """A final answer before the engine is asked. ``explanation`` becomes Warning 399."""

    status: int
    explanation: str
    headers: tuple[tuple[str, str], ...] = ()


def cleaned(dialled: Dialled) -> Dialled:
    """Fit for JSON and logs."""
    return Dialled(clean(dialled.text), dialled.trunk_group)


def offer_from_network(offer: Offer, peer: MobilePeer, guard: LoopGuard, now_unix: float) -> LegOffered:
    """A leg of a mobile network in ``trunk`` mode. Originating: the user is the asserted MSISDN.
    Terminating (marked by prefix or trunk group): the user is in the Request-URI and the asserted identity
    is the *caller*."""
    network = peer.network
    marked, number_text = _own_prefix(network, offer.dialled.text)
    terminating, number_text = _terminating(network, offer, number_text)
    terminating = terminating or marked
    called = e164_of(number_text)
    mark = offer.request.headers.get(network.loop_guard_header)
    guarded = marked or (mark is not None and guard.verify(mark, network.name, called, now_unix))
    if terminating or guarded:
        return offered_leg(
            offer,
            source=LegSource.MOBILE_NETWORK,
            direction=LegDirection.TERMINATING,
            peer=network.name,
            trusted=network.trusted,
            dialled=number_text,
            served=called,
            loop_guard=guarded,
        )
    leg = offered_leg(
        offer,
        source=LegSource.MOBILE_NETWORK,
        direction=LegDirection.ORIGINATING,
        peer=network.name,
        trusted=network.trusted,
        dialled=number_text,
        served=_msisdn(offer.request, network),
    )
    return msgspec.structs.replace(leg, outgoing_network=network.outgoing == "network")


def offer_from_trunk(offer: Offer, peer: TrunkPeer) -> LegOffered:
    """A call from the PSTN: somebody of ours is called."""
    return offered_leg(
        offer,
        source=LegSource.PSTN,
        direction=LegDirection.TERMINATING,
        peer=peer.trunk.name,
        trusted=peer.trunk.trusted,
        dialled=offer.dialled.text,
        served=e164_of(offer.dialled.text),
    )


def offer_from_phone(offer: Offer, phone: Phone | None) -> LegOffered | Refusal:
    """A call of a desk phone. ``phone`` None: an emergency call, taken from anybody; nothing it
    claims is believed."""
    from_ = offer.request.from_
    if phone is not None and not _is_own_aor(offer.request, phone):
        return Refusal(403, "From is not the address this telephone may use")
    privacy = read_privacy(offer.request)
    anonymous = bool(privacy & {"id", "user", "header"}) or is_anonymous(from_)
    user = from_.uri.user if isinstance(from_.uri, SipUri) else None
    return offered_leg(
        offer,
        source=LegSource.DESK_PHONE,
        direction=LegDirection.ORIGINATING,
        peer=phone.aor.partition("@")[0] if phone else clean(user or "unknown"),
        trusted=False,
        dialled=offer.dialled.text,
        device=phone.device if phone else None,
        caller=CallerIdentity(presentation=Presentation.RESTRICTED if anonymous else Presentation.ALLOWED),
        anonymous=anonymous,
        allowed="none" in privacy and not anonymous,
    )


def offered_leg(
    offer: Offer,
    *,
    source: LegSource,
    direction: LegDirection,
    peer: str,
    trusted: bool,
    dialled: str,
    served: E164 | None = None,
    device: DeviceId | None = None,
    loop_guard: bool = False,
    caller: CallerIdentity | None = None,
    anonymous: bool = False,
    allowed: bool = False,
) -> LegOffered:
    """What the legs of all peers have in common."""
    request = offer.request
    if caller is None:
        asserted = read_asserted(request, trusted=trusted)
        caller, anonymous, allowed = asserted
    body_type, body = _whole_body(request)
    diverted = read_diverted(request)
    max_forwards = request.max_forwards
    return LegOffered(
        call=offer.call,
        leg=offer.leg,
        source=source,
        direction=direction,
        peer=peer,
        trusted=trusted,
        served_number=served,
        device=device,
        dialled=dialled,
        caller=caller,
        anonymous_requested=anonymous,
        identity_allowed_requested=allowed,
        sdp=clean_or_none(offer.sdp),
        icid=read_icid(request) if trusted else None,
        sip_call_id=clean(request.call_id),
        max_forwards=70 if max_forwards is None else max_forwards,
        loop_guard=loop_guard,
        passthrough_headers=kept_headers(request, CARRIED) if offer.may_be_emergency else (),
        body_type=body_type if offer.may_be_emergency else None,
        body=body if offer.may_be_emergency else None,
        gateway=offer.gateway,
        emergency_routes=offer.emergency_routes,
        emergency_callback=trusted and _is_callback(request),
        diverted=diverted if trusted else (),
        diversions=sum(one.counter for one in diverted),
    )


def _is_callback(request: Request) -> bool:
    """The emergency centre calls back (RFC 7090 §4)."""
    return (request.headers.get("Priority") or "").strip().lower() == "psap-callback"


def _own_prefix(network: MobileNetwork, dialled: str) -> tuple[bool, str]:
    prefix = network.loop_guard_prefix
    if prefix and dialled.startswith(prefix):
        return True, dialled.removeprefix(prefix)
    return False, dialled


def _terminating(network: MobileNetwork, offer: Offer, dialled: str) -> tuple[bool, str]:
    group = network.terminating_trunk_group
    if group and _trunk_group(offer) == group:
        return True, dialled
    prefix = network.terminating_prefix
    if prefix and dialled.removeprefix("+").startswith(prefix):
        return True, dialled.removeprefix("+").removeprefix(prefix)
    return False, dialled


def _trunk_group(offer: Offer) -> str | None:
    """RFC 4904 §5: the terminating group stands in the Request-URI; some networks only tell the originating
    one, in Contact."""
    if offer.dialled.trunk_group is not None:
        return offer.dialled.trunk_group
    for contact in offer.request.contacts:
        if isinstance(contact.uri, SipUri | TelUri):
            return read_dialled(contact.uri).trunk_group
    return None


def _msisdn(request: Request, network: MobileNetwork) -> E164 | None:
    """The served user of an originating leg: asserted, else From; of an untrusted network From only."""
    if network.trusted:
        number = asserted_number(request)
        if number is not None:
            return number
    return None if is_anonymous(request.from_) else number_of(request.from_.uri)


def _is_own_aor(request: Request, phone: Phone) -> bool:
    """From is the AOR of the credentials; an anonymous one is a request for privacy and
    allowed (RFC 3323 §4.1)."""
    uri = request.from_.uri
    if is_anonymous(request.from_):
        return True
    if not isinstance(uri, SipUri):
        return False
    user, _, domain = phone.aor.partition("@")
    return uri.user == user and uri.host.lower() == domain.lower()


def kept_headers(request: Request, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Every header of these names, as it came. Of calls that are none of an emergency and stay here location
    is not even read, because cell locations are never logged (call-flows §7)."""
    return tuple((name, clean(value)) for name in names for value in request.headers.get_all(name))


def _whole_body(request: Request) -> tuple[str | None, str | None]:
    text = request.headers.get("Content-Type")
    if not request.body or text is None or text.partition(";")[0].strip().lower() == "application/sdp":
        return None, None
    return clean(text), request.body.decode("latin-1")
